//! Statements and deliveries as Parquet: what is kept of each object, and how it is read back.

use std::{ops::Range, path::Path, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder,
        UInt64Array,
    },
    datatypes::{Int64Type, SchemaRef, UInt64Type},
};
use parquet::{
    arrow::{
        ArrowWriter, ProjectionMask,
        arrow_reader::{
            ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
            RowSelector,
        },
        arrow_writer::{ArrowColumnChunk, compute_leaves},
    },
    basic::{Compression, ZstdLevel},
    file::properties::{EnabledStatistics, WriterProperties},
    schema::types::ColumnPath,
};
use rayon::prelude::*;

use super::{
    Origin,
    store::{self, ArchiveError},
};
use crate::{
    ingest,
    marking::Marking,
    record::{Content, Definition, Digest, Found, Mode, Statement, Surroundings},
    time::Moment,
};

/// A statement with all that is kept of it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Who said what when.
    pub statement: Statement,
    /// Where it was read; of a withdrawal all parts are empty.
    pub origin: Origin,
    /// Name of the format.
    pub format: Option<&'static str>,
    /// The object's JSON, as delivered.
    pub object: Option<Arc<str>>,
    /// What its meaning needs of the document around it.
    pub context: Option<String>,
}

/// One delivery that was ever read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveryFact {
    /// Who delivered.
    pub source: String,
    /// blake3 of the bytes as stored.
    pub delivery: String,
    /// Path as given.
    pub path: String,
    /// Name of the format, empty where none was found.
    pub format: String,
    /// When it was first read.
    pub told: Moment,
}

/// Rows that are written, or read, together.
const BATCH: usize = 16_384;
/// Rows of a row group: each is packed and unpacked by one thread.
const GROUP: usize = 131_072;

/// Columns that say what a statement means without its content.
const OUTLINE: [&str; 14] = [
    "source",
    "key",
    "found",
    "content",
    "version",
    "own_time",
    "mode",
    "markings",
    "defines",
    "surroundings",
    "holder",
    "delivery",
    "path",
    "position",
];
/// Columns that hold the content.
const CONTENT: [&str; 3] = ["format", "object", "context"];

/// Columns in which hardly two rows hold the same: a dictionary would be made in vain.
const OWN: [&str; 4] = ["key", "content", "position", "object"];

/// Names of what a run found, in the column `found`.
const FOUND: [&str; 3] = ["object", "rejected", "withdrawn"];

/// Writes statements, in order of source, key and content; `None` if there are none.
pub(super) fn write_statements(folder: &Path, kept: &[Kept]) -> Result<Option<String>, ArchiveError> {
    if kept.is_empty() {
        return Ok(None);
    }
    let groups: Vec<&[Kept]> = kept.chunks(GROUP).collect();
    let bytes =
        parquet_bytes(&statements(&[]).schema(), &groups, |group| group.chunks(BATCH).map(statements));
    store::write_named(folder, store::SEGMENT, &bytes).map(Some)
}

fn statements(kept: &[Kept]) -> RecordBatch {
    let of = |read: &dyn Fn(&Kept) -> Option<&str>| -> ArrayRef {
        Arc::new(kept.iter().map(read).collect::<StringArray>())
    };
    let spelled = |read: &dyn Fn(&Kept) -> Option<String>| -> ArrayRef {
        Arc::new(kept.iter().map(read).collect::<StringArray>())
    };
    let own_times: Int64Array = kept.iter().map(|kept| Some(kept.statement.own_time?.micros())).collect();
    let digests = |read: fn(&Surroundings) -> u64| -> ArrayRef {
        let digests =
            kept.iter().map(|kept| Some(read(&kept.statement.surroundings)).filter(|digest| *digest != 0));
        Arc::new(digests.collect::<UInt64Array>())
    };
    let mut markings = ListBuilder::new(StringBuilder::new());
    for kept in kept {
        markings.append_value(kept.statement.markings.iter().map(|marking| Some(&**marking)));
    }
    batch(vec![
        ("source", of(&|kept| Some(&*kept.statement.source))),
        ("key", of(&|kept| Some(&*kept.statement.key))),
        ("found", of(&|kept| Some(found_text(kept.statement.found)))),
        ("content", spelled(&|kept| kept.statement.content().map(|digest| format!("{digest:?}")))),
        ("version", of(&|kept| kept.statement.version.as_deref())),
        ("own_time", Arc::new(own_times)),
        ("mode", spelled(&|kept| Some(kept.statement.mode.to_string()))),
        ("markings", Arc::new(markings.finish())),
        ("defines", spelled(&|kept| kept.statement.defines.map(definition_text))),
        ("surroundings", digests(|surroundings| surroundings.digest)),
        ("holder", digests(|surroundings| surroundings.holder)),
        ("delivery", of(&|kept| Some(&*kept.origin.delivery))),
        ("path", of(&|kept| Some(&*kept.origin.path))),
        ("position", of(&|kept| Some(&*kept.origin.position))),
        ("format", of(&|kept| kept.format)),
        ("object", of(&|kept| kept.object.as_deref())),
        ("context", of(&|kept| kept.context.as_deref())),
    ])
}

/// Writes delivery facts; `None` if there are none.
pub(super) fn write_deliveries(
    folder: &Path,
    facts: &[DeliveryFact],
) -> Result<Option<String>, ArchiveError> {
    if facts.is_empty() {
        return Ok(None);
    }
    let of = |read: &dyn Fn(&DeliveryFact) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(facts.iter().map(read)))
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("source", of(&|fact| &fact.source)),
        ("delivery", of(&|fact| &fact.delivery)),
        ("path", of(&|fact| &fact.path)),
        ("format", of(&|fact| &fact.format)),
        ("told", Arc::new(Int64Array::from_iter_values(facts.iter().map(|fact| fact.told.micros())))),
    ];
    let batch = batch(columns);
    let bytes = parquet_bytes(&batch.schema(), &[batch], |batch| std::iter::once(batch.clone()));
    store::write_named(folder, store::SEGMENT, &bytes).map(Some)
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    RecordBatch::try_from_iter_with_nullable(columns).expect("columns of one length")
}

/// Writes row groups, each of its batches.
fn parquet_bytes<T: Sync, B: Iterator<Item = RecordBatch>>(
    schema: &SchemaRef,
    groups: &[T],
    batches: impl Fn(&T) -> B + Sync,
) -> Vec<u8> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).expect("a level that exists")))
        // Nothing is looked for by its size.
        .set_statistics_enabled(EnabledStatistics::None)
        .set_created_by("araneus".to_owned());
    for own in OWN {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(own), false);
    }
    let properties = properties.build();
    let mut bytes = Vec::new();
    let writer =
        ArrowWriter::try_new(&mut bytes, Arc::clone(schema), Some(properties)).expect("a plain schema");
    let (mut file, factory) = writer.into_serialized_writer().expect("writing to memory");
    let encode = |(at, group)| {
        let mut columns = factory.create_column_writers(at).expect("a plain schema");
        for batch in batches(group) {
            let leaves = schema.fields().iter().zip(batch.columns());
            let leaves =
                leaves.flat_map(|(field, array)| compute_leaves(field, array).expect("a plain column"));
            for (column, leaf) in columns.iter_mut().zip(leaves) {
                column.write(&leaf).expect("writing to memory");
            }
        }
        columns.into_iter().map(|column| column.close().expect("writing to memory")).collect()
    };
    let encoded: Vec<Vec<ArrowColumnChunk>> = groups.par_iter().enumerate().map(encode).collect();
    for columns in encoded {
        let mut group = file.next_row_group().expect("writing to memory");
        for column in columns {
            column.append_to_row_group(&mut group).expect("writing to memory");
        }
        group.close().expect("writing to memory");
    }
    file.close().expect("writing to memory");
    bytes
}

/// Reads the rows of one commit, without their content; `commit` is its position among all.
pub(super) fn read_statements(
    folder: &Path,
    digest: &str,
    run: Moment,
    commit: u32,
) -> Result<Vec<Kept>, ArchiveError> {
    read_columns(folder, digest, &OUTLINE, None, |_, batch| {
        let mut kept = Vec::with_capacity(batch.num_rows());
        let column = |name: &str| batch.column_by_name(name).ok_or_else(|| damaged(folder, digest));
        let texts = |name: &str| {
            column(name).and_then(|array| array.as_string_opt::<i32>().ok_or_else(|| damaged(folder, digest)))
        };
        let (source, key, version) = (texts("source")?, texts("key")?, texts("version")?);
        let (found, content) = (texts("found")?, texts("content")?);
        let (mode, defines) = (texts("mode")?, texts("defines")?);
        let (delivery, path, position) = (texts("delivery")?, texts("path")?, texts("position")?);
        let own_time =
            column("own_time")?.as_primitive_opt::<Int64Type>().ok_or_else(|| damaged(folder, digest))?;
        let digests = |name: &str| {
            column(name).and_then(|array| {
                array.as_primitive_opt::<UInt64Type>().ok_or_else(|| damaged(folder, digest))
            })
        };
        let (surroundings, holder) = (digests("surroundings")?, digests("holder")?);
        let markings = column("markings")?.as_list_opt::<i32>().ok_or_else(|| damaged(folder, digest))?;
        let mut shared = Shared::default();
        for row in 0..batch.num_rows() {
            let some = |array: &StringArray| array.is_valid(row).then(|| array.value(row).to_owned());
            let of_row = markings.value(row);
            let of_row = of_row.as_string_opt::<i32>().ok_or_else(|| damaged(folder, digest))?;
            kept.push(Kept {
                statement: Statement {
                    source: shared.text(0, source.value(row)),
                    key: key.value(row).into(),
                    found: read_found(found.value(row), some(content).as_deref())
                        .ok_or_else(|| damaged(folder, digest))?,
                    version: some(version).map(Into::into),
                    own_time: own_time.is_valid(row).then(|| Moment::from_micros(own_time.value(row))),
                    run,
                    commit,
                    mode: read_mode(mode.value(row)).ok_or_else(|| damaged(folder, digest))?,
                    markings: of_row.iter().flatten().map(|marking| shared.text(1, marking)).collect(),
                    defines: some(defines).map(|text| read_definition(&text)),
                    surroundings: Surroundings {
                        digest: if surroundings.is_valid(row) { surroundings.value(row) } else { 0 },
                        holder: if holder.is_valid(row) { holder.value(row) } else { 0 },
                    },
                },
                origin: Origin {
                    delivery: shared.text(2, delivery.value(row)),
                    path: shared.text(3, path.value(row)),
                    position: position.value(row).into(),
                },
                format: None,
                object: None,
                context: None,
            });
        }
        Ok(kept)
    })
}

/// Texts that stand in many rows in a row, held once.
#[derive(Default)]
struct Shared {
    last: [Option<Arc<str>>; 4],
}

impl Shared {
    fn text(&mut self, slot: usize, text: &str) -> Arc<str> {
        match &self.last[slot] {
            Some(last) if **last == *text => Arc::clone(last),
            _ => Arc::clone(self.last[slot].insert(text.into())),
        }
    }
}

/// Reads delivery facts.
pub(super) fn read_deliveries(folder: &Path, digest: &str) -> Result<Vec<DeliveryFact>, ArchiveError> {
    read_columns(folder, digest, &["source", "delivery", "path", "format", "told"], None, |_, batch| {
        let column = |name: &str| batch.column_by_name(name).ok_or_else(|| damaged(folder, digest));
        let texts = |name: &str| {
            column(name).and_then(|array| array.as_string_opt::<i32>().ok_or_else(|| damaged(folder, digest)))
        };
        let (source, delivery, path, format) =
            (texts("source")?, texts("delivery")?, texts("path")?, texts("format")?);
        let told = column("told")?.as_primitive_opt::<Int64Type>().ok_or_else(|| damaged(folder, digest))?;
        let fact = |row: usize| DeliveryFact {
            source: source.value(row).to_owned(),
            delivery: delivery.value(row).to_owned(),
            path: path.value(row).to_owned(),
            format: format.value(row).to_owned(),
            told: Moment::from_micros(told.value(row)),
        };
        Ok((0..batch.num_rows()).map(fact).collect())
    })
}

/// Reads and interprets the content of some rows, given in ascending order; rows of tables by
/// the mapping at their place.
pub(super) fn read_contents(
    folder: &Path,
    digest: &str,
    rows: &[usize],
    mappings: &[Option<&ingest::SourceMapping>],
) -> Result<Vec<Arc<Content>>, ArchiveError> {
    let contents = read_columns(folder, digest, &CONTENT, Some(rows), |place, batch| {
        let column = |name: &str| batch.column_by_name(name).and_then(|array| array.as_string_opt::<i32>());
        let (Some(format), Some(object), Some(context)) =
            (column("format"), column("object"), column("context"))
        else {
            return Err(damaged(folder, digest));
        };
        let mappings =
            mappings.get(place..place + batch.num_rows()).ok_or_else(|| damaged(folder, digest))?;
        Ok((0..batch.num_rows())
            .into_par_iter()
            .map(|row| {
                let context = context.is_valid(row).then(|| context.value(row));
                let (format, object) = (format.value(row), object.value(row));
                let content = ingest::interpret(format, object, context, mappings[row]);
                Arc::new(content.shrunk())
            })
            .collect())
    })?;
    if contents.len() == rows.len() { Ok(contents) } else { Err(damaged(folder, digest)) }
}

/// Reads columns, row group by row group on all cores; of the rows given, in ascending order, or
/// of all. `read` is handed batches, each with the place of its first row among those.
fn read_columns<T: Send>(
    folder: &Path,
    digest: &str,
    names: &[&str],
    rows: Option<&[usize]>,
    read: impl Fn(usize, &RecordBatch) -> Result<Vec<T>, ArchiveError> + Sync,
) -> Result<Vec<T>, ArchiveError> {
    let bytes = store::read_verified(&store::named_path(folder, store::SEGMENT, digest), digest)?;
    let bytes = bytes::Bytes::from(bytes);
    let broken = |_| damaged(folder, digest);
    let metadata = ArrowReaderMetadata::load(&bytes, ArrowReaderOptions::new()).map_err(broken)?;
    let mask = ProjectionMask::columns(metadata.parquet_schema(), names.iter().copied());
    let mut groups: Vec<Range<usize>> = Vec::new();
    for group in metadata.metadata().row_groups() {
        let start = groups.last().map_or(0, |last| last.end);
        groups.push(start..start + group.num_rows() as usize);
    }
    let of_group = |(at, group): (usize, &Range<usize>)| {
        let place = |row: usize| rows.map_or(row, |rows| rows.partition_point(|wanted| *wanted < row));
        let (mut place, end) = (place(group.start), place(group.end));
        let mut found = Vec::with_capacity(end - place);
        if place == end {
            return Ok(found);
        }
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes.clone(), metadata.clone())
            .with_row_groups(vec![at])
            .with_projection(mask.clone())
            .with_batch_size(BATCH);
        if let Some(rows) = rows {
            builder = builder.with_row_selection(selection(group.start, &rows[place..end]));
        }
        for batch in builder.build().map_err(broken)? {
            let batch = batch.map_err(|_| damaged(folder, digest))?;
            found.extend(read(place, &batch)?);
            place += batch.num_rows();
        }
        Ok(found)
    };
    let found: Vec<Vec<T>> =
        groups.par_iter().enumerate().map(of_group).collect::<Result<_, ArchiveError>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// Turns ascending row numbers, from `next` on, into runs to skip and to read.
fn selection(mut next: usize, rows: &[usize]) -> RowSelection {
    let mut selectors = Vec::new();
    for run in rows.chunk_by(|a, b| a + 1 == *b) {
        if run[0] > next {
            selectors.push(RowSelector::skip(run[0] - next));
        }
        selectors.push(RowSelector::select(run.len()));
        next = run[0] + run.len();
    }
    RowSelection::from(selectors)
}

fn damaged(folder: &Path, digest: &str) -> ArchiveError {
    ArchiveError::Damaged {
        path: store::named_path(folder, store::SEGMENT, digest),
        what: "cannot be read as a segment",
    }
}

fn definition_text(definition: Definition) -> String {
    match definition {
        Definition::Statement => "statement".to_owned(),
        Definition::Level(marking) => marking.to_string(),
    }
}

fn read_definition(text: &str) -> Definition {
    match text {
        "statement" => Definition::Statement,
        text => Definition::Level(Marking::parse(text).unwrap_or(Marking::Unknown)),
    }
}

fn found_text(found: Found) -> &'static str {
    let [object, rejected, withdrawn] = FOUND;
    match found {
        Found::Object(_) => object,
        Found::Rejected => rejected,
        Found::Withdrawn => withdrawn,
    }
}

fn read_found(text: &str, content: Option<&str>) -> Option<Found> {
    let [object, rejected, withdrawn] = FOUND;
    match content {
        Some(content) if text == object => read_digest(content).map(Found::Object),
        None if text == rejected => Some(Found::Rejected),
        None if text == withdrawn => Some(Found::Withdrawn),
        _ => None,
    }
}

fn read_mode(text: &str) -> Option<Mode> {
    [Mode::Snapshot, Mode::Partial, Mode::Increment].into_iter().find(|mode| mode.to_string() == text)
}

fn read_digest(text: &str) -> Option<Digest> {
    let mut digest = [0; 16];
    if text.len() != 32 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(Digest(digest))
}
