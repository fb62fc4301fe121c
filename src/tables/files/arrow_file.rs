//! Arrow IPC files without compression, which readers can map into memory. They express every column.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Seek},
};

use arrow::{
    array::RecordBatch,
    datatypes::SchemaRef,
    ipc::{reader::FileReader, writer::FileWriter},
};

use super::{Batches, TableFile, TableFileError, positions};

pub(super) const TABLE_FILE: TableFile = TableFile {
    name: "arrow",
    about: "Arrow IPC files without compression, which readers can map into memory.",
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
    let mut writer = FileWriter::try_new(file, schema)?;
    for batch in batches {
        writer.write(&batch)?;
    }
    writer.finish()?;
    // Flushes the buffer and reports a full disk, which dropping it would hide.
    writer.into_inner()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    Ok(())
}

fn read(file: File) -> Result<Batches, TableFileError> {
    let reader = FileReader::try_new_buffered(file, None)?;
    Ok((reader.schema(), reader.collect::<Result<Vec<_>, _>>()?))
}

fn scan(
    file: File,
    columns: &[&str],
    read: &mut dyn FnMut(&RecordBatch) -> Result<(), TableFileError>,
) -> Result<(), TableFileError> {
    let schema = FileReader::try_new_buffered(file.try_clone()?, None)?.schema();
    let mut file = BufReader::new(file);
    file.rewind()?;
    for batch in FileReader::try_new(file, Some(positions(&schema, columns)))? {
        read(&batch?)?;
    }
    Ok(())
}
