//! Arrow IPC files without compression, which readers can map into memory. They express every column.

use std::{fs::File, io::BufWriter};

use arrow::{
    array::RecordBatch,
    datatypes::SchemaRef,
    ipc::{reader::FileReader, writer::FileWriter},
};

use super::{Batches, TableFile, TableFileError};

pub(super) const TABLE_FILE: TableFile = TableFile {
    name: "arrow",
    about: "Arrow IPC files without compression, which readers can map into memory.",
    suffix: "arrow",
    write,
    read: Some(read),
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
