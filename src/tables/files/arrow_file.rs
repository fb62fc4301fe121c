//! Arrow IPC files. They express every column. The buffers of large tables are compressed by Zstandard.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Seek},
};

use arrow::{
    array::{Array, RecordBatch},
    datatypes::SchemaRef,
    ipc::{
        CompressionType,
        reader::FileReader,
        writer::{FileWriter, IpcWriteOptions},
    },
};

use super::{Batches, TableFile, TableFileError, guarded, positions};

/// Bytes of the first batch from which the buffers of a table are compressed. A smaller table can be mapped into memory.
const COMPRESSED_BYTES: usize = 1 << 20;
/// Level of Zstandard. Ids are most of the bytes, and a higher level makes the files no smaller.
const LEVEL: i32 = 1;

pub(super) const TABLE_FILE: TableFile = TableFile {
    name: "arrow",
    about: "Arrow IPC files. The buffers of tables of 1 MiB and more are compressed by Zstandard; readers can map smaller tables into memory.",
    suffix: "arrow",
    write,
    read: Some(read),
    scan: Some(scan),
};

fn write(
    file: BufWriter<File>,
    schema: &SchemaRef,
    batches: &mut dyn Iterator<Item = RecordBatch>,
) -> Result<(), TableFileError> {
    // Every batch but the last is full, so the first one shows if the table is large.
    let mut batches = batches.peekable();
    let is_large = match batches.peek() {
        Some(batch) => bytes(batch)? >= COMPRESSED_BYTES,
        None => false,
    };
    let mut writer = FileWriter::try_new_with_options(file, schema, options(is_large)?)?;
    for batch in batches {
        writer.write(&batch)?;
    }
    writer.finish()?;
    // Flushes the buffer and reports a full disk, which dropping it would hide.
    writer.into_inner()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    Ok(())
}

/// Returns the bytes of the values of a batch, which do not depend on the capacity of its buffers.
fn bytes(batch: &RecordBatch) -> Result<usize, TableFileError> {
    let sizes = batch.columns().iter().map(|column| column.to_data().get_slice_memory_size());
    let sizes: Result<Vec<usize>, _> = sizes.collect();
    Ok(sizes?.into_iter().sum())
}

fn options(is_compressed: bool) -> Result<IpcWriteOptions, TableFileError> {
    let plain = IpcWriteOptions::default();
    if !is_compressed {
        return Ok(plain);
    }
    let compressed = plain.try_with_compression(Some(CompressionType::ZSTD))?;
    Ok(compressed.try_with_compression_level(Some(LEVEL))?)
}

fn read(file: File) -> Result<Batches, TableFileError> {
    guarded(|| {
        let reader = FileReader::try_new_buffered(file, None)?;
        Ok::<_, TableFileError>((reader.schema(), reader.collect::<Result<Vec<_>, _>>()?))
    })
}

fn scan(
    file: File,
    columns: &[&str],
    read: &mut dyn FnMut(&RecordBatch) -> Result<(), TableFileError>,
) -> Result<(), TableFileError> {
    let mut batches = guarded(|| {
        let schema = FileReader::try_new_buffered(file.try_clone()?, None)?.schema();
        let mut file = BufReader::new(file);
        file.rewind()?;
        Ok::<_, TableFileError>(FileReader::try_new(file, Some(positions(&schema, columns)))?)
    })?;
    while let Some(batch) = guarded(|| batches.next().transpose())? {
        read(&batch)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::super::{Folder, read_table, table, write_table};
    use super::*;
    use crate::columns::{Column, Columns};

    fn written(rows: usize) -> Vec<u8> {
        let folder = tempfile::tempdir().expect("a folder");
        let text =
            |prefix: &str| Column::Text((0..rows).map(|row| Some(format!("{prefix} {row}"))).collect());
        let weights = Column::Number(vec![Some(1.0); rows]);
        let columns = Columns::new([
            ("community_id", text("community")),
            ("entity_id", text("entity")),
            ("weight", weights),
        ]);
        let members = table(Folder::Audience, "members");
        let path = write_table(folder.path(), members, &[], &columns, &TABLE_FILE).expect("written");
        assert_eq!(read_table(&path).expect("read"), columns);
        fs::read(path).expect("a file")
    }

    #[test]
    fn large_tables_are_compressed_and_small_ones_can_be_mapped() {
        // A row has about 43 bytes: 8 of a number, and two texts with their offsets.
        for (rows, is_compressed) in [(20_000, false), (30_000, true), (300_000, true)] {
            let bytes = written(rows);
            let has_plain = bytes.windows(13).any(|window| window == b"entity 4242en");
            assert_eq!(has_plain, !is_compressed, "{rows}");
            assert_eq!(bytes.len() < rows * 30, is_compressed, "{rows} rows in {} bytes", bytes.len());
            assert_eq!(bytes, written(rows), "equal bytes for equal columns");
        }
    }
}
