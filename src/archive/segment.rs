//! Segments: the records and deliveries of one commit as Parquet files.

pub(super) mod search;
mod table;
mod values;

use std::{path::Path, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryArray, FixedSizeBinaryBuilder, Int64Array,
        ListBuilder, RecordBatch, StringArray, StringBuilder, UInt64Array,
    },
    datatypes::{Int64Type, UInt64Type},
};
use rayon::prelude::*;

use super::{
    erase::RowEffect,
    rows::{ArchivedDelivery, RawObject, RecordOrigin, StoredRecord},
    store::{self, ArchiveError},
};
use crate::{
    ingest::{self, SourceMapping},
    record::{ArchivedRecord, Digest, PackedContent, Packer, Surroundings},
    symbol::Symbol,
    time::Moment,
};
use table::{BATCH, GROUP, Segment, batch};
use values::{definition_text, read_definition, read_mode, read_state, state_text};

/// Columns of a record without its content.
const RECORD: [&str; 15] = [
    "source",
    "key",
    "state",
    "content",
    "version",
    "object_time",
    "mode",
    "markings",
    "defines",
    REVOKES,
    "surroundings",
    "holder",
    "delivery",
    "path",
    "position",
];
/// Column of rows that revoke their key. Segments of earlier versions do not have it.
const REVOKES: &str = "revokes";
/// Columns of the content.
const CONTENT: [&str; 3] = ["format", "object", "context"];
/// Columns of the bytes of an object. Segments of earlier versions do not have them.
const RAW: [&str; 2] = ["raw", "own_time"];
/// Columns of a delivery.
const DELIVERY: [&str; 5] = ["source", "delivery", "path", "format", "recorded_at"];

/// Writes records, in order of source, key and variant; returns the digest of the segment, or `None` if there
/// are no records.
pub(super) fn write_records(folder: &Path, records: &[StoredRecord]) -> Result<Option<String>, ArchiveError> {
    if records.is_empty() {
        return Ok(None);
    }
    let groups: Vec<&[StoredRecord]> = records.chunks(GROUP).collect();
    let schema = record_batch(&[]).schema();
    let bytes = table::encode(&schema, records.len(), &groups, |group| group.chunks(BATCH).map(record_batch));
    store::write_named(folder, store::SEGMENT, &bytes).map(Some)
}

fn record_batch(rows: &[StoredRecord]) -> RecordBatch {
    let texts = |value: &dyn Fn(&StoredRecord) -> Option<&str>| -> ArrayRef {
        Arc::new(rows.iter().map(value).collect::<StringArray>())
    };
    let made_texts = |value: &dyn Fn(&ArchivedRecord) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(|row| value(&row.record)).collect::<StringArray>())
    };
    let object_times: Int64Array = rows.iter().map(|row| Some(row.record.object_time?.micros())).collect();
    let own_times: Int64Array = rows.iter().map(|row| Some(row.raw?.own_time?.micros())).collect();
    let digests = |value: fn(&Surroundings) -> u64| -> ArrayRef {
        let digests =
            rows.iter().map(|row| Some(value(&row.record.surroundings)).filter(|digest| *digest != 0));
        Arc::new(digests.collect::<UInt64Array>())
    };
    let mut markings = ListBuilder::new(StringBuilder::new());
    for row in rows {
        markings.append_value(row.record.markings.iter().map(|marking| Some(&**marking)));
    }
    batch(vec![
        ("source", texts(&|row| Some(&*row.record.source))),
        ("key", texts(&|row| Some(&*row.record.key))),
        ("state", texts(&|row| Some(state_text(row.record.state)))),
        ("content", made_texts(&|record| record.content().map(|digest| format!("{digest:?}")))),
        ("version", texts(&|row| row.record.version.as_deref())),
        ("object_time", Arc::new(object_times)),
        ("mode", made_texts(&|record| Some(record.mode.to_string()))),
        ("markings", Arc::new(markings.finish())),
        ("defines", made_texts(&|record| record.defines.map(definition_text))),
        (REVOKES, Arc::new(rows.iter().map(|row| Some(row.record.revokes)).collect::<BooleanArray>())),
        ("surroundings", digests(|surroundings| surroundings.digest)),
        ("holder", digests(|surroundings| surroundings.holder)),
        ("delivery", texts(&|row| Some(&*row.origin.delivery))),
        ("path", texts(&|row| Some(&*row.origin.path))),
        ("position", texts(&|row| Some(&*row.origin.position))),
        ("format", texts(&|row| row.format)),
        ("object", texts(&|row| row.object.as_deref())),
        ("context", texts(&|row| row.context.as_deref())),
        ("raw", Arc::new(raw_digests(rows))),
        ("own_time", Arc::new(own_times)),
    ])
}

fn raw_digests(rows: &[StoredRecord]) -> FixedSizeBinaryArray {
    let mut digests = FixedSizeBinaryBuilder::with_capacity(rows.len(), RAW_SIZE);
    for row in rows {
        match row.raw {
            Some(raw) => digests.append_value(raw.digest.0).expect("a digest has 16 bytes"),
            None => digests.append_null(),
        }
    }
    digests.finish()
}

/// Bytes of a digest of bytes as delivered.
const RAW_SIZE: i32 = 16;

/// Reads the bytes of each object of one commit, which must be verified before. Rows without an object, and those of
/// earlier versions, have none.
pub(super) fn read_raw_objects(folder: &Path, digest: &str) -> Result<Vec<Option<RawObject>>, ArchiveError> {
    let segment = Segment { folder, digest };
    segment.decode_verified(&RAW, |_, batch| {
        let Some(digests) = batch.column_by_name("raw") else { return Ok(vec![None; batch.num_rows()]) };
        let digests = digests.as_fixed_size_binary_opt().ok_or_else(|| segment.damaged())?;
        let own_times = segment.numbers::<Int64Type>(batch, "own_time")?;
        let raw = |row: usize| {
            let digest = digests.is_valid(row).then(|| digests.value(row).try_into().ok()).flatten()?;
            let own_time = own_times.is_valid(row).then(|| Moment::from_micros(own_times.value(row)));
            Some(RawObject { digest: Digest(digest), own_time })
        };
        Ok((0..batch.num_rows()).map(raw).collect())
    })
}

/// Writes deliveries; returns the digest of the segment, or `None` if there are no deliveries.
pub(super) fn write_deliveries(
    folder: &Path,
    deliveries: &[ArchivedDelivery],
) -> Result<Option<String>, ArchiveError> {
    if deliveries.is_empty() {
        return Ok(None);
    }
    let texts = |value: &dyn Fn(&ArchivedDelivery) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(deliveries.iter().map(value)))
    };
    let times = deliveries.iter().map(|delivery| delivery.recorded_at.micros());
    let batch = batch(vec![
        ("source", texts(&|delivery| &delivery.source)),
        ("delivery", texts(&|delivery| &delivery.delivery)),
        ("path", texts(&|delivery| &delivery.path)),
        ("format", texts(&|delivery| &delivery.format)),
        ("recorded_at", Arc::new(Int64Array::from_iter_values(times))),
    ]);
    let bytes =
        table::encode(&batch.schema(), deliveries.len(), &[batch], |batch| std::iter::once(batch.clone()));
    store::write_named(folder, store::SEGMENT, &bytes).map(Some)
}

/// Reads the records of one commit without their content. `commit` is the position of the commit in the archive.
pub(super) fn read_records(
    folder: &Path,
    digest: &str,
    run: Moment,
    commit: u32,
) -> Result<Vec<StoredRecord>, ArchiveError> {
    let segment = Segment { folder, digest };
    segment.decode(&RECORD, None, |_, batch| records(segment, batch, run, commit))
}

/// Reads some records of one commit like [`read_records`]; `rows` must be ascending, and the segment verified before.
pub(super) fn read_some_records(
    folder: &Path,
    digest: &str,
    rows: &[usize],
    run: Moment,
    commit: u32,
) -> Result<Vec<StoredRecord>, ArchiveError> {
    let segment = Segment { folder, digest };
    segment.decode_few(&RECORD, rows, |_, batch| records(segment, batch, run, commit))
}

fn records(
    segment: Segment<'_>,
    batch: &RecordBatch,
    run: Moment,
    commit: u32,
) -> Result<Vec<StoredRecord>, ArchiveError> {
    let texts = |name| segment.texts(batch, name);
    let (source, key, version) = (texts("source")?, texts("key")?, texts("version")?);
    let (state, content) = (texts("state")?, texts("content")?);
    let (mode, defines) = (texts("mode")?, texts("defines")?);
    let (delivery, path, position) = (texts("delivery")?, texts("path")?, texts("position")?);
    let object_time = segment.numbers::<Int64Type>(batch, "object_time")?;
    let surroundings = segment.numbers::<UInt64Type>(batch, "surroundings")?;
    let holder = segment.numbers::<UInt64Type>(batch, "holder")?;
    let markings = segment.lists(batch, "markings")?;
    let revokes = batch.column_by_name(REVOKES).and_then(|array| array.as_boolean_opt());
    let damaged = || segment.damaged();
    let mut shared = SharedTexts::default();
    let record = |row: usize| {
        let text = |array: &StringArray| array.is_valid(row).then(|| array.value(row).to_owned());
        let digest = |array: &UInt64Array| if array.is_valid(row) { array.value(row) } else { 0 };
        let row_markings = markings.value(row);
        let row_markings = row_markings.as_string_opt::<i32>().ok_or_else(damaged)?;
        let record = ArchivedRecord {
            source: shared.symbol(source.value(row)),
            key: key.value(row).into(),
            state: read_state(state.value(row), text(content).as_deref()).ok_or_else(damaged)?,
            version: text(version).map(Into::into),
            object_time: object_time.is_valid(row).then(|| Moment::from_micros(object_time.value(row))),
            run,
            commit,
            mode: read_mode(mode.value(row)).ok_or_else(damaged)?,
            markings: row_markings.iter().flatten().map(Symbol::of).collect(),
            defines: text(defines).map(|text| read_definition(&text)),
            revokes: revokes.is_some_and(|revokes| revokes.value(row)),
            surroundings: Surroundings { digest: digest(surroundings), holder: digest(holder) },
        };
        let origin = RecordOrigin {
            delivery: shared.text(1, delivery.value(row)),
            path: shared.text(2, path.value(row)),
            position: position.value(row).into(),
        };
        Ok(StoredRecord { record, origin, format: None, object: None, context: None, raw: None })
    };
    (0..batch.num_rows()).map(record).collect()
}

/// Texts that are equal in consecutive rows, in memory once.
#[derive(Default)]
struct SharedTexts {
    last: [Option<Arc<str>>; 3],
    symbol: Symbol,
}

impl SharedTexts {
    fn symbol(&mut self, text: &str) -> Symbol {
        if self.symbol != *text {
            self.symbol = Symbol::of(text);
        }
        self.symbol
    }

    fn text(&mut self, column: usize, text: &str) -> Arc<str> {
        match &self.last[column] {
            Some(last) if **last == *text => Arc::clone(last),
            _ => Arc::clone(self.last[column].insert(text.into())),
        }
    }
}

/// Reads deliveries.
pub(super) fn read_deliveries(folder: &Path, digest: &str) -> Result<Vec<ArchivedDelivery>, ArchiveError> {
    let segment = Segment { folder, digest };
    segment.decode(&DELIVERY, None, |_, batch| {
        let texts = |name| segment.texts(batch, name);
        let (source, delivery, path, format) =
            (texts("source")?, texts("delivery")?, texts("path")?, texts("format")?);
        let recorded_at = segment.numbers::<Int64Type>(batch, "recorded_at")?;
        let archived = |row: usize| ArchivedDelivery {
            source: source.value(row).to_owned(),
            delivery: delivery.value(row).to_owned(),
            path: path.value(row).to_owned(),
            format: format.value(row).to_owned(),
            recorded_at: Moment::from_micros(recorded_at.value(row)),
        };
        Ok((0..batch.num_rows()).map(archived).collect())
    })
}

/// Source, key and definition of a row: what a search for a record needs.
pub(super) struct RowKey {
    pub(super) source: Arc<str>,
    pub(super) key: String,
    /// Is true if the row defines a marking.
    pub(super) defines: bool,
}

/// Reads the keys of all rows of one commit, and verifies the segment.
pub(super) fn read_keys(folder: &Path, digest: &str) -> Result<Vec<RowKey>, ArchiveError> {
    let segment = Segment { folder, digest };
    segment.decode(&["source", "key", "defines"], None, |_, batch| {
        let (source, key, defines) =
            (segment.texts(batch, "source")?, segment.texts(batch, "key")?, segment.texts(batch, "defines")?);
        let mut shared = SharedTexts::default();
        let row_key = |row: usize| RowKey {
            source: shared.text(0, source.value(row)),
            key: key.value(row).to_owned(),
            defines: defines.is_valid(row),
        };
        Ok((0..batch.num_rows()).map(row_key).collect())
    })
}

/// Reads format and text of the objects in the given rows, as delivered; `rows` must be ascending, and the segment verified
/// before.
pub(super) fn read_objects(
    folder: &Path,
    digest: &str,
    rows: &[usize],
) -> Result<Vec<(String, String)>, ArchiveError> {
    let segment = Segment { folder, digest };
    segment.decode_few(&["format", "object"], rows, |_, batch| {
        let (format, object) = (segment.texts(batch, "format")?, segment.texts(batch, "object")?);
        let texts = |row: usize| (format.value(row).to_owned(), object.value(row).to_owned());
        Ok((0..batch.num_rows()).map(texts).collect())
    })
}

/// Writes a segment again without the removed rows, as if they had never been in it. Returns the digest of the new segment; `None`
/// if no row is left.
pub(super) fn write_without(
    folder: &Path,
    digest: &str,
    effects: &[RowEffect],
) -> Result<Option<String>, ArchiveError> {
    let columns: Vec<&str> = RECORD.iter().chain(&CONTENT).chain(&RAW).copied().collect();
    match (Segment { folder, digest }).without(&columns, effects)? {
        Some(bytes) => store::write_named(folder, store::SEGMENT, &bytes).map(Some),
        None => Ok(None),
    }
}

/// Reads and interprets the contents of the given rows, which must be in ascending order. `mapping` is that of the rows; only rows
/// of tables use it.
pub(super) fn read_contents(
    folder: &Path,
    digest: &str,
    rows: &[usize],
    mapping: Option<&SourceMapping>,
) -> Result<Vec<Arc<PackedContent>>, ArchiveError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let segment = Segment { folder, digest };
    let contents = segment.decode(&CONTENT, Some(rows), |_, batch| {
        let texts = |name| segment.texts(batch, name);
        let (format, object, context) = (texts("format")?, texts("object")?, texts("context")?);
        let content = |packer: &mut Packer, row: usize| {
            let context = context.is_valid(row).then(|| context.value(row));
            let content = ingest::interpret(format.value(row), object.value(row), context, mapping);
            Arc::new(content.packed_by(packer))
        };
        Ok((0..batch.num_rows()).into_par_iter().map_init(Packer::default, content).collect())
    })?;
    if contents.len() == rows.len() { Ok(contents) } else { Err(segment.damaged()) }
}

#[cfg(test)]
mod tests;
