//! Tables as folders of Parquet parts, and the canonical file of a result.
//!
//! The parts of a table and the order of their rows depend on the partitioning. [`publish`] therefore sorts all rows
//! and writes one file with fixed settings: equal rows give equal bytes.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray},
    compute::{BatchCoalescer, SortColumn, cast, concat_batches, lexsort_to_indices, take_record_batch},
    datatypes::{DataType, Field, Int64Type, Schema, SchemaRef},
};
use datafusion::{
    error::DataFusionError,
    execution::{SendableRecordBatchStream, options::ParquetReadOptions, runtime_env::RuntimeEnvBuilder},
    prelude::{SessionConfig, SessionContext, ident},
};
use futures::StreamExt;
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::{Compression, ZstdLevel},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        reader::{FileReader, SerializedFileReader},
    },
};

use crate::error::{ClusterError, disk};

/// Schema of a table: the name and the type of each column.
#[derive(Debug)]
pub(crate) struct TableSchema {
    /// Name of the table.
    pub(crate) name: &'static str,
    /// Columns in order. `true` is a text, `false` a whole number.
    pub(crate) columns: &'static [(&'static str, bool)],
}

/// Text ids with their numbers from 0, in the byte order of the ids.
pub(crate) const NODES: TableSchema =
    TableSchema { name: "nodes", columns: &[("id", true), ("node", false)] };
/// Distinct text ids.
pub(crate) const IDS: TableSchema = TableSchema { name: "ids", columns: &[("id", true)] };
/// Number of ids of a bucket.
pub(crate) const BUCKETS: TableSchema =
    TableSchema { name: "buckets", columns: &[("bucket", false), ("ids", false)] };
/// Link claims with numbered ends. The weight has 20 binary places.
pub(crate) const CLAIMS: TableSchema =
    TableSchema { name: "claims", columns: &[("source", false), ("target", false), ("weight", false)] };
/// Links: one row for each source and target, with the number of claims and the sum of their weights.
pub(crate) const LINKS: TableSchema = TableSchema {
    name: "links",
    columns: &[("source", false), ("target", false), ("claims", false), ("weight", false)],
};
/// Both directions of each link: one row for each node and each node that it is linked with.
pub(crate) const NEIGHBOURS: TableSchema = TableSchema {
    name: "neighbours",
    columns: &[
        ("node", false),
        ("other", false),
        ("outgoing", false),
        ("incoming", false),
        ("weight", false),
    ],
};
/// Degrees of each node.
pub(crate) const DEGREES: TableSchema = TableSchema {
    name: "degrees",
    columns: &[
        ("node", false),
        ("degree", false),
        ("neighbours", false),
        ("out_degree", false),
        ("in_degree", false),
        ("strength", false),
    ],
};
/// Pairs of nodes that are linked.
pub(crate) const EDGES: TableSchema =
    TableSchema { name: "edges", columns: &[("source", false), ("target", false)] };
/// A node of the same component for each node.
pub(crate) const PARENTS: TableSchema =
    TableSchema { name: "parents", columns: &[("node", false), ("parent", false)] };
/// The least node of the component of each node.
pub(crate) const COMPONENTS: TableSchema =
    TableSchema { name: "components", columns: &[("node", false), ("component", false)] };
/// Rank of each node in units of 2^-60, with the length of its row of links.
pub(crate) const RANKS: TableSchema =
    TableSchema { name: "ranks", columns: &[("node", false), ("rank", false), ("links", false)] };
/// Sum of the ranks of dead ends: one row.
pub(crate) const DEAD_ENDS: TableSchema = TableSchema { name: "dead_ends", columns: &[("rank", false)] };

/// Identifiers that records name.
pub(crate) const MEMBERS: TableSchema =
    TableSchema { name: "members", columns: &[("identifier", true), ("record", true)] };
/// Distinct identifiers, each with the number of its records.
pub(crate) const KEYS: TableSchema =
    TableSchema { name: "keys", columns: &[("identifier", true), ("records", false)] };
/// Pairs of records with the number of identifiers that both name.
pub(crate) const PAIRS: TableSchema =
    TableSchema { name: "pairs", columns: &[("one", true), ("other", true), ("shared", false)] };

/// Rows, objects and withdrawals of each key in each run.
pub(crate) const STATES: TableSchema = TableSchema { name: "states", columns: KEY_COLUMNS };
/// Rows, objects and withdrawals of each key in its last run.
pub(crate) const LIVENESS: TableSchema = TableSchema { name: "liveness", columns: KEY_COLUMNS };
const KEY_COLUMNS: &[(&str, bool)] = &[
    ("source", true),
    ("key", true),
    ("run", false),
    ("total", false),
    ("objects", false),
    ("withdrawals", false),
];

/// Keys, each with its position in a list of the run.
pub(crate) const KEYED: TableSchema =
    TableSchema { name: "keyed", columns: &[("position", false), ("key", false)] };
/// For each position, the first position with the same key.
pub(crate) const FIRST: TableSchema =
    TableSchema { name: "first", columns: &[("position", false), ("first", false)] };
/// Members of blocks, with the kind of their key as a bit.
pub(crate) const BLOCKS: TableSchema =
    TableSchema { name: "blocks", columns: &[("block", false), ("kind", false), ("member", false)] };
/// Pairs of members, with the kinds of their blocks as bits and the number of blocks.
pub(crate) const MEMBER_PAIRS: TableSchema = TableSchema {
    name: "member_pairs",
    columns: &[("one", false), ("other", false), ("kinds", false), ("blocks", false)],
};
/// Links with a number for their kind and layer.
pub(crate) const KINDS: TableSchema =
    TableSchema { name: "kinds", columns: &[("source", false), ("target", false), ("kind", false)] };
/// Numbers of links from and to each node.
pub(crate) const DIRECTIONS: TableSchema =
    TableSchema { name: "directions", columns: &[("node", false), ("outgoing", false), ("incoming", false)] };

impl TableSchema {
    /// Returns the Arrow schema. All columns may be null for the engine, and none is.
    pub(crate) fn arrow(&self) -> SchemaRef {
        let field = |(name, is_text): &(&str, bool)| {
            Field::new(*name, if *is_text { DataType::Utf8 } else { DataType::Int64 }, true)
        };
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }

    /// Returns a batch of number columns.
    pub(crate) fn batch(&self, columns: Vec<Vec<i64>>) -> RecordBatch {
        let columns = columns.into_iter().map(|column| Arc::new(Int64Array::from(column)) as ArrayRef);
        RecordBatch::try_new(self.arrow(), columns.collect()).expect("columns of equal length")
    }
}

/// Most rows of a part that the client writes.
const PART_ROWS: usize = 1 << 20;

/// A table on the disk: a folder of Parquet files.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    /// Folder of the files.
    pub(crate) folder: PathBuf,
    /// Number of rows, as the footers of the files say.
    pub(crate) rows: u64,
}

/// Returns the Parquet files below a folder, or the file itself, in the order of their paths.
pub(crate) fn parquet_files(path: &Path) -> Result<Vec<PathBuf>, ClusterError> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(disk("list", path))? {
        let entry = entry.map_err(disk("list", path))?.path();
        if entry.is_dir() {
            files.extend(parquet_files(&entry)?);
        } else if entry.extension().is_some_and(|suffix| suffix == "parquet") {
            files.push(entry);
        }
    }
    files.sort();
    Ok(files)
}

fn unreadable(path: &Path) -> impl Fn(String) -> ClusterError {
    let path = path.to_owned();
    move |cause| ClusterError::Table { path: path.clone(), cause }
}

/// Returns the number of rows of a table, from the footers of its files.
pub(crate) fn count_rows(folder: &Path) -> Result<u64, ClusterError> {
    let mut rows = 0;
    for path in parquet_files(folder)? {
        let file = File::open(&path).map_err(disk("open", &path))?;
        let reader = SerializedFileReader::new(file).map_err(|error| unreadable(&path)(error.to_string()))?;
        rows += u64::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or_default();
    }
    Ok(rows)
}

/// Reads columns of all files of a table into one batch, with the names and types of `schema`.
///
/// `columns` has the name in the files of each column of `schema`.
pub(crate) fn read_columns(
    path: &Path,
    schema: &SchemaRef,
    columns: &[&str],
) -> Result<RecordBatch, ClusterError> {
    let mut batches = Vec::new();
    for file_path in parquet_files(path)? {
        let fail = unreadable(&file_path);
        let file = File::open(&file_path).map_err(disk("open", &file_path))?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(file)
            .and_then(|builder| builder.with_batch_size(65_536).build())
            .map_err(|error| fail(error.to_string()))?;
        for batch in reader {
            let batch = batch.map_err(|error| fail(error.to_string()))?;
            let column = |(name, field): (&&str, &Arc<Field>)| {
                let array = batch.column_by_name(name).ok_or_else(|| fail(format!("no column `{name}`")))?;
                cast(array, field.data_type()).map_err(|error| fail(error.to_string()))
            };
            let arrays = columns.iter().zip(schema.fields()).map(column).collect::<Result<Vec<_>, _>>()?;
            batches.push(
                RecordBatch::try_new(Arc::clone(schema), arrays).map_err(|error| fail(error.to_string()))?,
            );
        }
    }
    concat_batches(schema, &batches).map_err(|error| unreadable(path)(error.to_string()))
}

/// Returns at most `count` texts of a column, from the first rows of a file.
pub(crate) fn first_texts(path: &Path, column: &str, count: usize) -> Result<Vec<String>, ClusterError> {
    let fail = unreadable(path);
    let file = File::open(path).map_err(disk("open", path))?;
    let mut reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(|builder| builder.with_batch_size(count).with_limit(count).build())
        .map_err(|error| fail(error.to_string()))?;
    let Some(batch) = reader.next() else { return Ok(Vec::new()) };
    let batch = batch.map_err(|error| fail(error.to_string()))?;
    let array = batch.column_by_name(column).ok_or_else(|| fail(format!("no column `{column}`")))?;
    let texts = cast(array, &DataType::Utf8).map_err(|error| fail(error.to_string()))?;
    Ok(texts.as_string::<i32>().iter().flatten().map(str::to_owned).collect())
}

/// Reads a whole table.
pub(crate) fn read(parts: &Parts, schema: &TableSchema) -> Result<RecordBatch, ClusterError> {
    let names: Vec<&str> = schema.columns.iter().map(|(name, _)| *name).collect();
    read_columns(&parts.folder, &schema.arrow(), &names)
}

/// Returns a number column without nulls.
///
/// # Panics
/// If the column does not exist or has another type.
pub(crate) fn numbers<'a>(batch: &'a RecordBatch, name: &str) -> &'a [i64] {
    let column = batch.column_by_name(name).expect("the schema has the column");
    column.as_primitive::<Int64Type>().values()
}

/// Returns a text column.
///
/// # Panics
/// If the column does not exist or is not a text column.
pub(crate) fn texts<'a>(batch: &'a RecordBatch, name: &str) -> &'a StringArray {
    batch.column_by_name(name).expect("the schema has the column").as_string::<i32>()
}

fn write(path: &Path, batch: &RecordBatch) -> Result<(), ClusterError> {
    let mut writer = writer(path, batch.schema())?;
    let written = writer.write(batch).and_then(|()| writer.into_inner());
    let file = written.map_err(|error| write_error(path, &error.to_string()))?;
    file.sync_all().map_err(disk("flush", path))
}

/// Begins a Parquet file with the settings of all tables.
fn writer(path: &Path, schema: SchemaRef) -> Result<ArrowWriter<File>, ClusterError> {
    let fail = unreadable(path);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).map_err(|error| fail(error.to_string()))?))
        .set_created_by("araneus".to_owned())
        .build();
    let file = File::create(path).map_err(disk("create", path))?;
    ArrowWriter::try_new(file, schema, Some(properties))
        .map_err(|error| write_error(path, &error.to_string()))
}

/// Returns the error of a failed write. A full disk has the error of the operating system.
fn write_error(path: &Path, cause: &str) -> ClusterError {
    if is_full_disk(cause) {
        let source = std::io::ErrorKind::StorageFull.into();
        return ClusterError::Disk { doing: "write", path: path.to_owned(), source };
    }
    unreadable(path)(cause.to_owned())
}

/// Returns whether a message says that a disk is full. The engine hands errors of executors on as texts.
pub(crate) fn is_full_disk(message: &str) -> bool {
    ["No space left on device", "StorageFull", "Disk quota exceeded", "os error 28", "os error 122"]
        .iter()
        .any(|sign| message.contains(sign))
}

/// Writes a batch as the only part of a new table.
pub(crate) fn write_parts(folder: &Path, batch: &RecordBatch) -> Result<Parts, ClusterError> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(disk("remove", folder))?;
    }
    fs::create_dir_all(folder).map_err(disk("create", folder))?;
    write(&folder.join("part.parquet"), batch)?;
    Ok(Parts { folder: folder.to_owned(), rows: batch.num_rows() as u64 })
}

/// Writes rows of whole numbers as the parts of a new table. `row` returns the row at a position.
pub(crate) fn write_rows<const COLUMNS: usize>(
    folder: &Path,
    schema: &TableSchema,
    count: usize,
    row: impl Fn(usize) -> [i64; COLUMNS],
) -> Result<Parts, ClusterError> {
    fs::create_dir_all(folder).map_err(disk("create", folder))?;
    // An empty table has one part, so that its schema can be read.
    for (number, start) in (0..count.max(1)).step_by(PART_ROWS).enumerate() {
        let rows = start..count.min(start + PART_ROWS);
        let mut columns: Vec<Vec<i64>> = vec![Vec::with_capacity(rows.len()); COLUMNS];
        for position in rows {
            columns.iter_mut().zip(row(position)).for_each(|(column, value)| column.push(value));
        }
        write(&folder.join(format!("part-{number:06}.parquet")), &schema.batch(columns))?;
    }
    Ok(Parts { folder: folder.to_owned(), rows: count as u64 })
}

/// Calls `take` with the number columns of each batch of a table. The parts and their rows have no order.
pub(crate) fn for_each_row<const COLUMNS: usize>(
    parts: &Parts,
    schema: &TableSchema,
    mut take: impl FnMut([i64; COLUMNS]),
) -> Result<(), ClusterError> {
    for path in parquet_files(&parts.folder)? {
        let names: Vec<&str> = schema.columns.iter().map(|(name, _)| *name).collect();
        let batch = read_columns(&path, &schema.arrow(), &names)?;
        if batch.columns().iter().any(|column| column.null_count() > 0) {
            return Err(unreadable(&path)("a value is null".to_owned()));
        }
        let columns: Vec<&[i64]> = names.iter().map(|name| numbers(&batch, name)).collect();
        for row in 0..batch.num_rows() {
            take(std::array::from_fn(|column| columns[column][row]));
        }
    }
    Ok(())
}

/// Returns a batch with its rows in ascending order of all columns.
pub(crate) fn sorted(batch: &RecordBatch, folder: &Path) -> Result<RecordBatch, ClusterError> {
    let fail = |error: arrow::error::ArrowError| unreadable(folder)(error.to_string());
    let keys: Vec<SortColumn> =
        batch.columns().iter().map(|array| SortColumn { values: Arc::clone(array), options: None }).collect();
    let order = lexsort_to_indices(&keys, None).map_err(fail)?;
    take_record_batch(batch, &order).map_err(fail)
}

/// Memory of the sort of a published table; the rest waits on the disk.
const SORT_MEMORY: usize = 1 << 30;
/// Rows of a batch of the canonical file. Other batches would give other pages.
const CANONICAL_ROWS: usize = 65_536;

/// Writes the canonical file of a table: its first `columns` columns, with the rows in ascending order. Returns the
/// BLAKE3 digest of the file in hexadecimal digits. The file appears under its name only when it is complete.
pub(crate) async fn publish(
    parts: &Parts,
    schema: &TableSchema,
    columns: usize,
    path: &Path,
) -> Result<String, ClusterError> {
    let unfinished = path.with_extension("unfinished");
    let fail = |error: DataFusionError| write_error(&unfinished, &error.to_string());
    let mut rows = in_order(parts, schema, columns, SORT_MEMORY).await.map_err(fail)?;
    let mut batches = BatchCoalescer::new(rows.schema(), CANONICAL_ROWS);
    let mut writer = writer(&unfinished, rows.schema())?;
    let fail_to_write = |error: ParquetError| write_error(&unfinished, &error.to_string());
    while let Some(batch) = rows.next().await {
        batches.push_batch(batch.map_err(fail)?).map_err(|error| fail(error.into()))?;
        while let Some(batch) = batches.next_completed_batch() {
            writer.write(&batch).map_err(fail_to_write)?;
        }
    }
    batches.finish_buffered_batch().map_err(|error| fail(error.into()))?;
    while let Some(batch) = batches.next_completed_batch() {
        writer.write(&batch).map_err(fail_to_write)?;
    }
    let file = writer.into_inner().map_err(fail_to_write)?;
    file.sync_all().map_err(disk("flush", &unfinished))?;
    let mut digest = blake3::Hasher::new();
    let file = File::open(&unfinished).map_err(disk("open", &unfinished))?;
    digest.update_reader(file).map_err(disk("read", &unfinished))?;
    fs::rename(&unfinished, path).map_err(disk("rename", &unfinished))?;
    Ok(digest.finalize().to_hex().to_string())
}

/// Sorts the first `columns` columns of a table with DataFusion in this process, in at most `memory` bytes.
async fn in_order(
    parts: &Parts,
    schema: &TableSchema,
    columns: usize,
    memory: usize,
) -> Result<SendableRecordBatchStream, DataFusionError> {
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(memory, 1.0);
    let spilled = parts.folder.parent().unwrap_or(&parts.folder);
    let runtime = runtime.with_temp_file_path(spilled).build_arc()?;
    let config = SessionConfig::new()
        .with_target_partitions(2)
        .set_bool("datafusion.execution.parquet.schema_force_view_types", false);
    let context = SessionContext::new_with_config_rt(config, runtime);
    let read_as = schema.arrow();
    let options = ParquetReadOptions { schema: Some(&read_as), ..ParquetReadOptions::default() };
    let end = if parts.folder.is_dir() { "/" } else { "" };
    let table = context.read_parquet(format!("{}{end}", parts.folder.display()), options).await?;
    let names: Vec<&str> = schema.columns[..columns].iter().map(|(name, _)| *name).collect();
    let order = names.iter().map(|name| ident(*name).sort(true, true)).collect();
    table.select_columns(&names)?.sort(order)?.execute_stream().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_in_other_parts_and_orders_give_equal_bytes() {
        let place = tempfile::tempdir().expect("a folder");
        let one = LINKS.batch(vec![vec![3, 1], vec![4, 2], vec![1, 5], vec![7, 9]]);
        let one = write_parts(&place.path().join("one"), &one).expect("written");
        let folder = place.path().join("two");
        fs::create_dir_all(&folder).expect("created");
        for (name, row) in [("b", [1, 2, 5, 9]), ("a", [3, 4, 1, 7])] {
            let batch = LINKS.batch(row.map(|value| vec![value]).to_vec());
            write(&folder.join(format!("{name}.parquet")), &batch).expect("written");
        }
        write(&folder.join("c.parquet"), &LINKS.batch(vec![vec![]; 4])).expect("written");
        let two = Parts { rows: count_rows(&folder).expect("counted"), folder };
        assert_eq!(two.rows, 2);
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let published = |parts, columns| {
            let out = place.path().join("out.parquet");
            runtime.block_on(publish(parts, &LINKS, columns, &out)).expect("published")
        };
        assert_eq!(published(&one, 4), published(&two, 4));
        assert_ne!(published(&one, 4), published(&one, 3));
    }

    #[test]
    fn a_sort_beyond_its_memory_has_every_row_in_order() {
        let place = tempfile::tempdir().expect("a folder");
        let mixed = |row: usize| (row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).cast_signed() >> 1;
        let count = PART_ROWS + 7;
        let row = |row| [mixed(row).rem_euclid(1_000), mixed(row)];
        let parts = write_rows(&place.path().join("rows"), &EDGES, count, row).expect("written");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        // The rows have 16 MB.
        let found: Vec<RecordBatch> = runtime.block_on(async {
            let rows = in_order(&parts, &EDGES, 2, 40 << 20).await.expect("a plan");
            rows.map(|batch| batch.expect("a batch")).collect().await
        });
        let found = concat_batches(&EDGES.arrow(), &found).expect("one schema");
        let found = numbers(&found, "source").iter().copied().zip(numbers(&found, "target").iter().copied());
        let mut expected: Vec<(i64, i64)> = (0..count).map(|at| row(at).into()).collect();
        expected.sort_unstable();
        assert!(found.eq(expected));
    }

    #[test]
    fn a_full_disk_is_known_by_its_message() {
        assert!(is_full_disk(
            "IoError(Os { code: 28, kind: StorageFull, message: \"No space left on device\" })"
        ));
        assert!(!is_full_disk("connection refused"));
    }
}
