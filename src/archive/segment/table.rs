//! Parquet files of the archive: encoding and decoding by row groups on all cores.

use std::{
    fs::File,
    ops::Range,
    panic::{self, AssertUnwindSafe},
    path::Path,
    sync::Arc,
};

use arrow::{
    array::{
        Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, ListArray, ListBuilder, PrimitiveArray,
        RecordBatch, StringArray, StringBuilder,
    },
    compute::{concat_batches, filter_record_batch, nullif},
    datatypes::{FieldRef, SchemaRef},
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
    file::{
        properties::{EnabledStatistics, WriterProperties},
        reader::ChunkReader,
    },
    schema::types::ColumnPath,
};
use rayon::prelude::*;

use super::values::state_text;
use crate::{
    archive::{
        erase::RowEffect,
        store::{self, ArchiveError},
    },
    record::RecordState,
};

/// Rows that are encoded or decoded at once.
pub(super) const BATCH: usize = 16_384;
/// Rows of a row group. One thread encodes or decodes a row group.
pub(super) const GROUP: usize = 131_072;

/// Rows up to which a file is small. Its columns are not compressed, except the texts of objects. Each compressed column needs
/// a decoder with tables of its own, and their creation takes most of the time of reading many small commits.
const SMALL: usize = 1_024;
/// Columns that are compressed in a small file, too.
const COMPRESSED: [&str; 2] = ["object", "context"];

/// Columns whose values are nearly all distinct. A dictionary would not make them smaller.
const WITHOUT_DICTIONARY: [&str; 5] = ["key", "content", "position", "object", "raw"];

/// Returns a batch of named columns.
pub(super) fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    RecordBatch::try_from_iter_with_nullable(columns).expect("columns of equal length")
}

/// Encodes row groups, each from its batches. `rows` is the number of rows in all of them.
pub(super) fn encode<T: Sync, B: Iterator<Item = RecordBatch>>(
    schema: &SchemaRef,
    rows: usize,
    groups: &[T],
    batches: impl Fn(&T) -> B + Sync,
) -> Vec<u8> {
    let compression = Compression::ZSTD(ZstdLevel::try_new(3).expect("a level that exists"));
    let mut properties = WriterProperties::builder()
        .set_compression(if rows <= SMALL { Compression::UNCOMPRESSED } else { compression })
        // The archive never searches by value.
        .set_statistics_enabled(EnabledStatistics::None)
        .set_created_by("araneus".to_owned());
    for name in COMPRESSED {
        properties = properties.set_column_compression(ColumnPath::from(name), compression);
    }
    for name in WITHOUT_DICTIONARY {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(name), false);
    }
    let properties = properties.build();
    let mut bytes = Vec::new();
    let writer =
        ArrowWriter::try_new(&mut bytes, Arc::clone(schema), Some(properties)).expect("a plain schema");
    let (mut file, factory) = writer.into_serialized_writer().expect("writing to memory");
    let encode_group = |(position, group)| {
        let mut columns = factory.create_column_writers(position).expect("a plain schema");
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
    let encoded: Vec<Vec<ArrowColumnChunk>> = groups.par_iter().enumerate().map(encode_group).collect();
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

/// A segment in the archive, by its digest.
#[derive(Clone, Copy)]
pub(super) struct Segment<'a> {
    pub(super) folder: &'a Path,
    pub(super) digest: &'a str,
}

impl Segment<'_> {
    /// Returns the error of a segment whose digest is right and whose content is not.
    pub(super) fn damaged(self) -> ArchiveError {
        ArchiveError::Damaged {
            path: store::named_path(self.folder, store::SEGMENT, self.digest),
            what: "cannot be read as a segment",
        }
    }

    /// Returns a text column of a batch.
    pub(super) fn texts<'b>(
        self,
        batch: &'b RecordBatch,
        name: &str,
    ) -> Result<&'b StringArray, ArchiveError> {
        batch.column_by_name(name).and_then(|array| array.as_string_opt()).ok_or_else(|| self.damaged())
    }

    /// Returns a number column of a batch.
    pub(super) fn numbers<'b, T: ArrowPrimitiveType>(
        self,
        batch: &'b RecordBatch,
        name: &str,
    ) -> Result<&'b PrimitiveArray<T>, ArchiveError> {
        batch.column_by_name(name).and_then(|array| array.as_primitive_opt()).ok_or_else(|| self.damaged())
    }

    /// Returns a list column of a batch.
    pub(super) fn lists<'b>(self, batch: &'b RecordBatch, name: &str) -> Result<&'b ListArray, ArchiveError> {
        batch.column_by_name(name).and_then(|array| array.as_list_opt()).ok_or_else(|| self.damaged())
    }

    /// Decodes columns of all rows, or of the given rows in ascending order. `read` receives batches, each with
    /// the position of its first row among the decoded rows.
    pub(super) fn decode<T: Send>(
        self,
        columns: &[&str],
        rows: Option<&[usize]>,
        read: impl Fn(usize, &RecordBatch) -> Result<Vec<T>, ArchiveError> + Sync,
    ) -> Result<Vec<T>, ArchiveError> {
        let path = store::named_path(self.folder, store::SEGMENT, self.digest);
        let bytes = bytes::Bytes::from(store::read_verified(&path, self.digest)?);
        self.decode_from(|| Ok(bytes.clone()), columns, rows, read)
    }

    /// Decodes columns of the given rows like [`Segment::decode`], without a check of the digest: only the pages of these rows
    /// are read. For callers that have verified the segment before.
    pub(super) fn decode_few<T: Send>(
        self,
        columns: &[&str],
        rows: &[usize],
        read: impl Fn(usize, &RecordBatch) -> Result<Vec<T>, ArchiveError> + Sync,
    ) -> Result<Vec<T>, ArchiveError> {
        let path = store::named_path(self.folder, store::SEGMENT, self.digest);
        self.decode_from(|| File::open(&path).map_err(store::disk("read", &path)), columns, Some(rows), read)
    }

    /// Decodes columns of all rows like [`Segment::decode`], without a check of the digest. For callers that have verified
    /// the segment before.
    pub(super) fn decode_verified<T: Send>(
        self,
        columns: &[&str],
        read: impl Fn(usize, &RecordBatch) -> Result<Vec<T>, ArchiveError> + Sync,
    ) -> Result<Vec<T>, ArchiveError> {
        let path = store::named_path(self.folder, store::SEGMENT, self.digest);
        self.decode_from(|| File::open(&path).map_err(store::disk("read", &path)), columns, None, read)
    }

    /// Encodes the rows that are not removed, in the same batches and row groups as rows that were written at once. `None` if
    /// no row is left. The file has these columns, or the first of them.
    pub(super) fn without(
        self,
        columns: &[&str],
        effects: &[RowEffect],
    ) -> Result<Option<Vec<u8>>, ArchiveError> {
        let kept: Vec<RecordBatch> = self.decode(columns, None, |first, batch| {
            let effects = effects.get(first..first + batch.num_rows()).ok_or_else(|| self.damaged())?;
            let has = |effect: RowEffect| effects.iter().map(move |known| Some(*known == effect)).collect();
            let withdrawn: BooleanArray = has(RowEffect::Withdrawn);
            let batch = if withdrawn.has_true() { self.withdrawn(batch, &withdrawn)? } else { batch.clone() };
            let mask: BooleanArray =
                effects.iter().map(|effect| Some(*effect != RowEffect::Removed)).collect();
            Ok(vec![filter_record_batch(&batch, &mask).map_err(|_| self.damaged())?])
        })?;
        let mut batches = Vec::new();
        let mut pending: Vec<RecordBatch> = Vec::new();
        let mut count = 0;
        for mut rest in kept {
            while rest.num_rows() > 0 {
                let taken = rest.num_rows().min(BATCH - count);
                pending.push(rest.slice(0, taken));
                rest = rest.slice(taken, rest.num_rows() - taken);
                count += taken;
                if count == BATCH {
                    batches.push(self.joined(&pending)?);
                    pending.clear();
                    count = 0;
                }
            }
        }
        if count > 0 {
            batches.push(self.joined(&pending)?);
        }
        let Some(first) = batches.first() else { return Ok(None) };
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        let groups: Vec<&[RecordBatch]> = batches.chunks(GROUP / BATCH).collect();
        Ok(Some(encode(&first.schema(), rows, &groups, |group| group.iter().cloned())))
    }

    /// Returns a batch in which some rows are withdrawals: only source, key and mode stay.
    fn withdrawn(self, rows: &RecordBatch, is_withdrawn: &BooleanArray) -> Result<RecordBatch, ArchiveError> {
        let schema = rows.schema();
        let column = |(field, array): (&FieldRef, &ArrayRef)| -> Result<ArrayRef, ArchiveError> {
            let with_text = |text: &str| -> Result<ArrayRef, ArchiveError> {
                let texts = self.texts(rows, field.name())?.iter();
                let changed = texts
                    .zip(is_withdrawn.values())
                    .map(|(known, is_withdrawn)| if is_withdrawn { Some(text) } else { known });
                Ok(Arc::new(changed.collect::<StringArray>()))
            };
            match field.name().as_str() {
                "source" | "key" | "mode" => Ok(Arc::clone(array)),
                "state" => with_text(state_text(RecordState::Withdrawn)),
                "delivery" | "path" | "position" => with_text(""),
                "markings" => {
                    let lists = self.lists(rows, "markings")?;
                    let mut markings = ListBuilder::new(StringBuilder::new());
                    for (row, is_withdrawn) in is_withdrawn.values().iter().enumerate() {
                        let known = lists.value(row);
                        let known = known.as_string_opt::<i32>().ok_or_else(|| self.damaged())?;
                        let kept = if is_withdrawn { 0 } else { known.len() };
                        markings.append_value(known.iter().take(kept));
                    }
                    Ok(Arc::new(markings.finish()))
                }
                _ => nullif(array, is_withdrawn).map_err(|_| self.damaged()),
            }
        };
        let columns = schema.fields().iter().zip(rows.columns()).map(|pair| {
            let array = column(pair)?;
            Ok((pair.0.name().as_str(), array))
        });
        Ok(batch(columns.collect::<Result<_, ArchiveError>>()?))
    }

    /// Returns one batch of several, with arrays of its own: a slice keeps the removed rows in its buffers.
    fn joined(self, batches: &[RecordBatch]) -> Result<RecordBatch, ArchiveError> {
        let joined = concat_batches(&batches[0].schema(), batches).map_err(|_| self.damaged())?;
        let schema = joined.schema();
        let columns = schema.fields().iter().zip(joined.columns());
        Ok(batch(columns.map(|(field, array)| (field.name().as_str(), Arc::clone(array))).collect()))
    }

    /// Runs a step of the decoder. Bytes that no writer makes can make it panic; then the segment is damaged, too.
    fn guarded<T, E>(self, step: impl FnOnce() -> Result<T, E>) -> Result<T, ArchiveError> {
        match panic::catch_unwind(AssertUnwindSafe(step)) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(_)) | Err(_) => Err(self.damaged()),
        }
    }

    fn decode_from<T: Send, R: ChunkReader + 'static>(
        self,
        open: impl Fn() -> Result<R, ArchiveError> + Sync,
        columns: &[&str],
        rows: Option<&[usize]>,
        read: impl Fn(usize, &RecordBatch) -> Result<Vec<T>, ArchiveError> + Sync,
    ) -> Result<Vec<T>, ArchiveError> {
        let file = open()?;
        let metadata = self.guarded(|| ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()))?;
        let mask = ProjectionMask::columns(metadata.parquet_schema(), columns.iter().copied());
        let decode_group = |(position, group): (usize, &Range<usize>)| {
            let position_of = |row| rows.map_or(row, |rows| rows.partition_point(|wanted| *wanted < row));
            let (mut next, end) = (position_of(group.start), position_of(group.end));
            // A damaged file can announce any number of rows.
            let mut decoded = Vec::with_capacity((end - next).min(GROUP));
            if next == end {
                return Ok(decoded);
            }
            let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(open()?, metadata.clone())
                .with_row_groups(vec![position])
                .with_projection(mask.clone())
                .with_batch_size(BATCH);
            if let Some(rows) = rows {
                builder = builder.with_row_selection(selection(group.start, &rows[next..end]));
            }
            let mut batches = self.guarded(|| builder.build())?;
            while let Some(batch) = self.guarded(|| batches.next().transpose())? {
                decoded.extend(read(next, &batch)?);
                next += batch.num_rows();
            }
            Ok(decoded)
        };
        let groups = row_groups(&metadata).ok_or_else(|| self.damaged())?;
        let decoded: Vec<Vec<T>> =
            groups.par_iter().enumerate().map(decode_group).collect::<Result<_, ArchiveError>>()?;
        // Rows of most segments are in one group, and are not moved then.
        let left: usize = decoded.iter().skip(1).map(Vec::len).sum();
        let mut groups = decoded.into_iter();
        let mut all = groups.next().unwrap_or_default();
        all.reserve_exact(left);
        for group in groups {
            all.extend(group);
        }
        Ok(all)
    }
}

/// Returns the row numbers of each row group; `None` if the file announces a negative number, or more rows than can be counted.
fn row_groups(metadata: &ArrowReaderMetadata) -> Option<Vec<Range<usize>>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    for group in metadata.metadata().row_groups() {
        let start = groups.last().map_or(0, |last| last.end);
        groups.push(start..start.checked_add(usize::try_from(group.num_rows()).ok()?)?);
    }
    Some(groups)
}

/// Returns the selection of ascending row numbers of a row group that starts at row `next`.
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
