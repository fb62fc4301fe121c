//! Tables: rows with columns, and the mapping that defines their meaning.
//!
//! A row is stored as delivered: an object of its cells by column. The mapping defines how a file is read, and which
//! claims a row has. A run uses the mapping of its own configuration, also for rows of earlier runs: a corrected mapping
//! applies to the whole archive.

mod attributes;
mod cells;
mod columnar;
mod columns;
mod interpret;
mod keys;
mod limits;
mod load;
mod mapping;
mod pseudonyms;
mod row;
mod rows;
pub(in crate::ingest) mod source_mapping;
mod template;
#[cfg(test)]
mod tests;
mod times;

use std::borrow::Cow;

use rayon::prelude::*;

pub(super) use columnar::{
    MappedRows, PartKind, decode as decode_columnar, decode_part, encode_part, format_of as columnar_format,
};
pub use keys::{MappingKey, mapping_keys, time_forms};
pub use load::{MAPPINGS, MappingError, read_mapping};
pub use mapping::Mapping;
pub use source_mapping::mappings;

use self::{
    columns::MappedColumns,
    row::{Cell, Cells},
    rows::Rows,
    source_mapping::SourceMapping,
};
use super::{
    format::{Delivery, Format, PLAIN, StoredFile},
    reject::{Reject, RejectRule, RejectedObject},
};
use crate::record::Content;

/// Tables as text.
pub(super) const CSV: Format = Format {
    name: "csv",
    about: "Tables as text (CSV, TSV), read by the mapping of their source.",
    sniff: |file| file.mapping.is_some() && columnar::format_of(&file.bytes).is_none(),
    read_file: read_text,
    interpret_mapped: Some(interpret_row),
    ..PLAIN
};

/// Tables as Parquet.
pub(super) const PARQUET: Format = Format {
    name: "parquet",
    about: "Tables as Parquet, read by the same mapping.",
    sniff: |file| file.mapping.is_some() && columnar::format_of(&file.bytes) == Some("parquet"),
    read_file: read_columns,
    interpret_mapped: Some(interpret_row),
    ..PLAIN
};

/// Tables as Arrow IPC.
pub(super) const ARROW: Format = Format {
    name: "arrow",
    about: "Tables as Arrow IPC, a file (Feather) or a stream, read by the same mapping.",
    sniff: |file| file.mapping.is_some() && columnar::format_of(&file.bytes) == Some("arrow"),
    ..PARQUET
};

/// Names of the formats of columnar files.
pub(super) const COLUMNAR: [&str; 2] = [PARQUET.name, ARROW.name];

/// Rows that are interpreted together.
const CHUNK: usize = 16_384;

/// Returns the content of an archived row by a mapping; a row that the mapping does not fit claims nothing.
fn interpret_row(mapping: &SourceMapping, object: &str) -> Content {
    let Ok(cells) = serde_json::from_str::<Cells<'_>>(object) else { return Content::default() };
    let row = mapping.mapping.row(&cells);
    interpret::interpret(mapping, row).map(|interpreted| interpreted.content).unwrap_or_default()
}

/// First bytes of files that are not text and cannot be read, whatever their name.
const NOT_TEXT: [(&[u8], &str); 3] = [
    (b"PARE", "Parquet with an encrypted footer"),
    (b"FEA1", "Feather of version 1"),
    (b"PK\x03\x04", "a zip archive within another"),
];

/// Reads a file of columns into a delivery.
fn read_columns(
    format: &Format,
    file: StoredFile<'_>,
    delivery: &mut Delivery,
) -> Result<(), RejectedObject> {
    delivery.format = Some(format.name);
    let Some(mapping) = file.mapping else { return Ok(()) };
    columnar::read(file.bytes, mapping, delivery)
}

/// Reads a table that is text into a delivery.
fn read_text(format: &Format, file: StoredFile<'_>, delivery: &mut Delivery) -> Result<(), RejectedObject> {
    let StoredFile { bytes, mapping: Some(mapping) } = file else { return Ok(()) };
    if let Some((_, description)) = NOT_TEXT.iter().find(|(beginning, _)| bytes.starts_with(beginning)) {
        let reason = format!("{description}, which cannot be read");
        return Err(Reject::new(RejectRule::UnknownFormat, reason).into());
    }
    delivery.format = Some(format.name);
    let table = &mapping.mapping.table;
    let decoded = rows::decode(&bytes, table);
    let mut rows = Rows::new(&decoded, table);
    let columns = if mapping.mapping.has_header() {
        header(&mut rows, mapping)?
    } else {
        MappedColumns::numbered(mapping)
    };
    let text = (decoded.encoding, char::from(rows.delimiter()));
    delivery.table = Some(columns.reading(mapping, Some(text)));
    let accept = |(line, row): &rows::Line<'_>| {
        let row = row.as_ref().map_err(Reject::clone);
        let cells = row.and_then(|row| row.cells(|cell| Cell::Text(Cow::Borrowed(cell))));
        columns.accept(mapping, format!("line {line}"), cells)
    };
    // Buffers keep their memory from chunk to chunk.
    let (mut chunk, mut following, mut results) =
        (Vec::with_capacity(CHUNK), Vec::with_capacity(CHUNK), Vec::new());
    chunk.extend(rows.by_ref().take(CHUNK));
    while !chunk.is_empty() {
        // Finding rows is sequential: the next chunk is found while this one is interpreted.
        rayon::join(
            || chunk.par_iter().map(accept).collect_into_vec(&mut results),
            || following.extend(rows.by_ref().take(CHUNK)),
        );
        if delivery.accepted.is_empty() {
            delivery.accepted.reserve(rows.estimate(results.len()));
        }
        delivery.add(results.drain(..));
        chunk.clear();
        std::mem::swap(&mut chunk, &mut following);
    }
    Ok(())
}

/// Returns the cells of a single line; blanks may surround a quoted cell.
pub(crate) fn cells_of_line(line: &[u8], delimiter: u8) -> csv::ByteRecord {
    rows::one_row(line, 0, delimiter).cells
}

/// Calls `row` with each row of a table that needs no mapping, and with its line.
pub(super) fn each_plain_row(bytes: &[u8], mut each: impl FnMut(u64, Result<Vec<&str>, Reject>)) {
    let table = mapping::Table::default();
    for (line, row) in Rows::new(&rows::decode(bytes, &table), &table) {
        match &row {
            Ok(row) => each(line, row.cells(|cell| cell)),
            Err(reject) => each(line, Err(reject.clone())),
        }
    }
}

/// Reads the header.
fn header(rows: &mut Rows<'_>, mapping: &SourceMapping) -> Result<MappedColumns, RejectedObject> {
    let at_line = |line: u64, cause: Reject| RejectedObject::at(format!("line {line}"), cause);
    let Some((line, cells)) = rows.next() else {
        let reason = "an empty file, without the header that its mapping needs";
        return Err(Reject::new(RejectRule::MissingColumn, reason).into());
    };
    let row = cells.map_err(|cause| at_line(line, cause))?;
    let names = row.cells(|cell| cell).map_err(|cause| at_line(line, cause))?;
    MappedColumns::named(&names, mapping).map_err(|cause| at_line(line, cause))
}
