//! Limits of columnar files, checked before anything is unpacked.
//!
//! The libraries that read such files allocate as much memory as a length says. A few altered bytes can be
//! any length, and a failed allocation would end the program. So lengths are checked first: lists of a
//! Parquet footer, pages of its columns, and buffers of Arrow's messages.

use std::collections::BTreeSet;

use arrow::ipc::{self, Message, RecordBatch, root_as_footer, root_as_message};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};

use super::cells::CellError;

/// Deepest nesting of a footer's structures.
const DEPTH_MAX: usize = 64;
/// Bytes at the end of a Parquet file: its footer's length and its mark.
const PARQUET_END: usize = 8;

/// Checks that no list of a Parquet file's footer is longer than the footer itself.
pub(super) fn footer(bytes: &[u8]) -> Result<(), CellError> {
    let end = bytes.len().checked_sub(PARQUET_END).ok_or(CellError::Damaged)?;
    let length = u32::from_le_bytes([bytes[end], bytes[end + 1], bytes[end + 2], bytes[end + 3]]) as usize;
    let start = end.checked_sub(length).ok_or(CellError::Damaged)?;
    Compact { rest: &bytes[start..end] }.skip(STRUCT, DEPTH_MAX).ok_or(CellError::Damaged)
}

/// Checks that the pages of a Parquet file unpack to no more bytes than a limit; each cell counts at least
/// one byte, as in CSV.
pub(super) fn pages(bytes: &[u8], metadata: &ParquetMetaData, limit: u64) -> Result<(), CellError> {
    let mut total = 0_u64;
    for group in metadata.row_groups() {
        let rows = u64::try_from(group.num_rows()).map_err(|_| CellError::Damaged)?;
        total = total.saturating_add(rows.saturating_mul(group.num_columns().max(1) as u64));
    }
    if total > limit {
        return Err(CellError::Size);
    }
    total = 0;
    for column in metadata.row_groups().iter().flat_map(RowGroupMetaData::columns) {
        let (start, length) = column.byte_range();
        let end = start.checked_add(length).ok_or(CellError::Damaged)?;
        let mut rest = bytes.get(start as usize..end as usize).ok_or(CellError::Damaged)?;
        while !rest.is_empty() {
            let mut header = Compact { rest };
            let page = header.page().ok_or(CellError::Damaged)?;
            total = total.saturating_add(page.unpacked);
            if total > limit {
                return Err(CellError::Size);
            }
            rest = header.rest.get(page.stored..).ok_or(CellError::Damaged)?;
        }
    }
    Ok(())
}

/// Types of values in Thrift's compact protocol.
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;

/// Sizes in a page's header.
struct ParquetPage {
    stored: usize,
    unpacked: u64,
}

/// Reader of Thrift's compact protocol, only for its lengths
/// (<https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>).
struct Compact<'a> {
    rest: &'a [u8],
}

impl Compact<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    fn pass(&mut self, bytes: u64) -> Option<()> {
        self.rest = self.rest.get(usize::try_from(bytes).ok()?..)?;
        Some(())
    }

    /// Returns the next field's number and type; type 0 ends the structure.
    fn field(&mut self, before: i64) -> Option<(i64, u8)> {
        let head = self.byte()?;
        let kind = head & 0x0f;
        let number = match head >> 4 {
            0 if kind != 0 => self.zigzag()?,
            delta => before.checked_add(i64::from(delta))?,
        };
        Some((number, kind))
    }

    /// Skips a value; `None` if its length exceeds the remaining bytes.
    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match kind {
            1 | 2 => Some(()),
            3 => self.pass(1),
            4..=6 => self.varint().map(|_| ()),
            7 => self.pass(8),
            8 => {
                let length = self.varint()?;
                self.pass(length)
            }
            LIST | SET => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                // A truth value in a list takes a byte, like any other value at least.
                let item = if matches!(head & 0x0f, 1 | 2) { 3 } else { head & 0x0f };
                (count <= self.rest.len() as u64).then_some(())?;
                (0..count).try_for_each(|_| self.skip(item, depth))
            }
            MAP => {
                let count = self.varint()?;
                (count <= self.rest.len() as u64).then_some(())?;
                let kinds = if count == 0 { 0 } else { self.byte()? };
                (0..count).try_for_each(|_| {
                    self.skip(kinds >> 4, depth)?;
                    self.skip(kinds & 0x0f, depth)
                })
            }
            STRUCT => {
                let mut number = 0;
                loop {
                    let kind;
                    (number, kind) = self.field(number)?;
                    if kind == 0 {
                        return Some(());
                    }
                    self.skip(kind, depth)?;
                }
            }
            _ => None,
        }
    }

    /// Reads a page's header, and stops after it (parquet.thrift, `PageHeader`).
    fn page(&mut self) -> Option<ParquetPage> {
        let (mut number, mut stored, mut unpacked) = (0, None, None);
        loop {
            let kind;
            (number, kind) = self.field(number)?;
            match (number, kind) {
                (_, 0) => break,
                (2, 5) => unpacked = u64::try_from(self.zigzag()?).ok(),
                (3, 5) => stored = usize::try_from(self.zigzag()?).ok(),
                _ => self.skip(kind, DEPTH_MAX)?,
            }
        }
        Some(ParquetPage { stored: stored?, unpacked: unpacked? })
    }
}

/// Unpacked size of the batches of an Arrow file.
#[derive(Default)]
struct SizeTally {
    bytes: u64,
    cells: u64,
}

impl SizeTally {
    /// Adds a batch or a dictionary; any other message contains no data.
    fn add(&mut self, message: &Message<'_>, body: &[u8], limit: u64) -> Result<(), CellError> {
        let batch = message.header_as_record_batch();
        let batch = batch.or_else(|| message.header_as_dictionary_batch()?.data());
        let Some(batch) = batch else { return Ok(()) };
        self.bytes = self.bytes.saturating_add(unpacked(&batch, body).ok_or(CellError::Damaged)?);
        let columns = batch.nodes().map_or(0, |nodes| nodes.len()).max(1) as u64;
        let length = u64::try_from(batch.length()).map_err(|_| CellError::Damaged)?;
        self.cells = self.cells.saturating_add(length.saturating_mul(columns));
        if self.bytes.max(self.cells) > limit { Err(CellError::Size) } else { Ok(()) }
    }
}

/// Checks the messages of an Arrow stream: each is complete, and their buffers unpack to no more bytes or
/// cells than a limit.
pub(super) fn messages(mut rest: &[u8], limit: u64) -> Result<(), CellError> {
    let mut tally = SizeTally::default();
    while !rest.is_empty() {
        let head = rest.get(4..8).filter(|_| rest.starts_with(&CONTINUES)).ok_or(CellError::Damaged)?;
        let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
        if length == 0 {
            return Ok(());
        }
        let (metadata, body) = rest[8..].split_at_checked(length).ok_or(CellError::Damaged)?;
        let message = root_as_message(metadata).map_err(|_| CellError::Damaged)?;
        let size = usize::try_from(message.bodyLength()).map_err(|_| CellError::Damaged)?;
        let (body, after) = body.split_at_checked(size).ok_or(CellError::Damaged)?;
        tally.add(&message, body, limit)?;
        rest = after;
    }
    Ok(())
}

/// Bytes before a message's length since format version 0.15.
const CONTINUES: [u8; 4] = [0xff; 4];
/// Bytes at the end of an Arrow file: its footer's length and its mark.
const ARROW_END: usize = 10;

/// Checks the messages in the footer of an Arrow file in the same way. A dictionary must not be defined
/// twice: unlike a stream, a file has one for all its batches.
pub(super) fn blocks(bytes: &[u8], limit: u64) -> Result<(), CellError> {
    listed_blocks(bytes, limit).unwrap_or(Err(CellError::Damaged))
}

fn listed_blocks(bytes: &[u8], limit: u64) -> Option<Result<(), CellError>> {
    let end = bytes.len().checked_sub(ARROW_END)?;
    let length = u32::from_le_bytes(*bytes[end..].first_chunk()?) as usize;
    let footer = root_as_footer(&bytes[end.checked_sub(length)?..end]).ok()?;
    let blocks = [footer.dictionaries(), footer.recordBatches()];
    let (mut tally, mut defined) = (SizeTally::default(), BTreeSet::new());
    for block in blocks.into_iter().flatten().flatten() {
        let start = usize::try_from(block.offset()).ok()?;
        let body = start.checked_add(usize::try_from(block.metaDataLength()).ok()?)?;
        let metadata = bytes.get(start..body)?;
        let metadata = metadata.strip_prefix(&CONTINUES).unwrap_or(metadata).get(4..)?;
        let message = root_as_message(metadata).ok()?;
        let body = bytes.get(body..body.checked_add(usize::try_from(block.bodyLength()).ok()?)?)?;
        let dictionary = message.header_as_dictionary_batch().filter(|dictionary| !dictionary.isDelta());
        if dictionary.is_some_and(|dictionary| !defined.insert(dictionary.id())) {
            return None;
        }
        if let Err(why) = tally.add(&message, body, limit) {
            return Some(Err(why));
        }
    }
    Some(Ok(()))
}

/// Returns the number of bytes that the buffers of a batch unpack to; `None` if they are not inside it.
fn unpacked(batch: &RecordBatch<'_>, body: &[u8]) -> Option<u64> {
    let is_packed = batch.compression().is_some();
    let size = |buffer: &ipc::Buffer| {
        let (start, length) =
            (usize::try_from(buffer.offset()).ok()?, usize::try_from(buffer.length()).ok()?);
        let stored = body.get(start..start.checked_add(length)?)?;
        match stored.first_chunk() {
            // Not packed: without its prefix of minus one, or in a batch without compression.
            _ if !is_packed => Some(length as u64),
            None => (length == 0).then_some(0),
            Some(prefix) => match i64::from_le_bytes(*prefix) {
                -1 => Some(length as u64),
                size => u64::try_from(size).ok(),
            },
        }
    };
    let buffers = batch.buffers();
    buffers.iter().flatten().try_fold(0_u64, |total, buffer| total.checked_add(size(buffer)?))
}
