//! Compressed and columnar files for the tests of workers.

use std::{
    io::{Cursor, Write},
    sync::Arc,
};

use arrow::array::{ArrayRef, BinaryArray, Int64Array, RecordBatch, StringArray};
use parquet::{arrow::ArrowWriter, basic::Compression, file::properties::WriterProperties};

/// Returns bytes as gzip.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("writes to memory");
    encoder.finish().expect("writes to memory")
}

/// Returns bytes as Zstandard.
pub(super) fn zstandard(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("compresses")
}

/// Returns a zip archive of members.
pub(super) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let packed =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, bytes) in members {
        archive.start_file(*name, packed).expect("begins a member");
        archive.write_all(bytes).expect("writes to memory");
    }
    archive.finish().expect("writes to memory").into_inner()
}

fn parquet_of(columns: Vec<(&str, ArrayRef)>, group: usize) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let settings = WriterProperties::builder()
        .set_compression(Compression::ZSTD(parquet::basic::ZstdLevel::default()))
        .set_dictionary_enabled(false)
        .set_max_row_group_row_count(Some(group))
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(settings)).expect("a schema");
    writer.write(&batch).expect("writes to memory");
    writer.close().expect("writes to memory");
    bytes
}

/// Returns a table of indicators, in groups of rows.
pub(super) fn parquet_rows(rows: i64) -> Vec<u8> {
    let values: StringArray = (0..rows).map(|row| Some(format!("b{row}.example"))).collect();
    let numbers: Int64Array = (0..rows).map(|row| (row % 7 != 0).then_some(row)).collect();
    parquet_of(vec![("value", Arc::new(values)), ("number", Arc::new(numbers))], 25_000)
}

/// Returns a table whose texts have a number of bytes together. Incompressible bytes keep its ratio within the limit.
pub(super) fn bomb_parquet(filler: &[u8], bytes: usize) -> Vec<u8> {
    let rows = 64;
    let text = "x".repeat(bytes / rows);
    let values: StringArray = (0..rows).map(|_| Some(text.as_str())).collect();
    let fillers: BinaryArray = filler.chunks_exact(filler.len() / rows).take(rows).map(Some).collect();
    parquet_of(vec![("value", Arc::new(values)), ("filler", Arc::new(fillers))], rows)
}
