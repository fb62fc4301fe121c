//! Parquet files, compressed by Zstandard. They express every column.

use std::{fs::File, io::BufWriter, sync::Arc};

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use parquet::{
    arrow::{ArrowWriter, ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::{Compression, ZstdLevel},
    file::{metadata::KeyValue, properties::WriterProperties},
};

use super::{BATCH_ROWS, Batches, TableFile, TableFileError, guarded, positions};

pub(super) const TABLE_FILE: TableFile = TableFile {
    name: "parquet",
    about: "Parquet files, compressed by Zstandard.",
    suffix: "parquet",
    write,
    read: Some(read),
    scan: Some(scan),
};

fn write(
    file: BufWriter<File>,
    schema: &SchemaRef,
    batches: &mut dyn Iterator<Item = RecordBatch>,
) -> Result<(), TableFileError> {
    // Ids are most of the bytes, and a higher level makes the files no smaller.
    let level = ZstdLevel::try_new(1).expect("1 is a level of zstd");
    let about = schema.metadata().get("description").cloned();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(BATCH_ROWS))
        .set_key_value_metadata(Some(vec![KeyValue::new("description".to_owned(), about)]))
        .build();
    let mut writer = ArrowWriter::try_new(file, Arc::clone(schema), Some(properties))?;
    for batch in batches {
        writer.write(&batch)?;
    }
    writer.into_inner()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    Ok(())
}

fn read(file: File) -> Result<Batches, TableFileError> {
    guarded(|| {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
        let schema = Arc::clone(builder.schema());
        let reader = builder.with_batch_size(BATCH_ROWS).build()?;
        Ok::<_, TableFileError>((schema, reader.collect::<Result<Vec<_>, _>>()?))
    })
}

fn scan(
    file: File,
    columns: &[&str],
    read: &mut dyn FnMut(&RecordBatch) -> Result<(), TableFileError>,
) -> Result<(), TableFileError> {
    let mut batches = guarded(|| {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
        let mask = ProjectionMask::roots(builder.parquet_schema(), positions(builder.schema(), columns));
        builder.with_projection(mask).with_batch_size(BATCH_ROWS).build()
    })?;
    while let Some(batch) = guarded(|| batches.next().transpose())? {
        read(&batch)?;
    }
    Ok(())
}
