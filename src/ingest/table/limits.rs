//! What a file of columns would unpack to, read off before anything is unpacked.
//!
//! The libraries that read such files make room for what a length says; a few altered bytes
//! can say anything, and where there is no such room the program would end. So lengths are
//! looked at first: lists of a Parquet footer, pages of its columns, buffers of Arrow's messages.

use std::collections::BTreeSet;

use arrow::ipc::{self, Message, RecordBatch, root_as_footer, root_as_message};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};

use super::cells::Unspelled;

/// Deepest nesting of a footer's structures.
const DEPTH_MAX: usize = 64;
/// A Parquet file ends with its footer's length and its mark.
const PARQUET_END: usize = 8;

/// Checks that no list of a Parquet file's footer is longer than the footer itself.
pub(super) fn footer(bytes: &[u8]) -> Result<(), Unspelled> {
    let end = bytes.len().checked_sub(PARQUET_END).ok_or(Unspelled::Damaged)?;
    let length = u32::from_le_bytes([bytes[end], bytes[end + 1], bytes[end + 2], bytes[end + 3]]) as usize;
    let start = end.checked_sub(length).ok_or(Unspelled::Damaged)?;
    Compact { rest: &bytes[start..end] }.skip(STRUCT, DEPTH_MAX).ok_or(Unspelled::Damaged)
}

/// Checks that the pages of a Parquet file unpack to no more than so many bytes, where a cell
/// counts one at least, as in CSV.
pub(super) fn pages(bytes: &[u8], metadata: &ParquetMetaData, limit: u64) -> Result<(), Unspelled> {
    let mut total = 0_u64;
    for group in metadata.row_groups() {
        let rows = u64::try_from(group.num_rows()).map_err(|_| Unspelled::Damaged)?;
        total = total.saturating_add(rows.saturating_mul(group.num_columns().max(1) as u64));
    }
    if total > limit {
        return Err(Unspelled::Size);
    }
    total = 0;
    for column in metadata.row_groups().iter().flat_map(RowGroupMetaData::columns) {
        let (start, length) = column.byte_range();
        let end = start.checked_add(length).ok_or(Unspelled::Damaged)?;
        let mut rest = bytes.get(start as usize..end as usize).ok_or(Unspelled::Damaged)?;
        while !rest.is_empty() {
            let mut header = Compact { rest };
            let page = header.page().ok_or(Unspelled::Damaged)?;
            total = total.saturating_add(page.unpacked);
            if total > limit {
                return Err(Unspelled::Size);
            }
            rest = header.rest.get(page.stored..).ok_or(Unspelled::Damaged)?;
        }
    }
    Ok(())
}

/// Kinds of values in Thrift's compact protocol.
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;

/// Sizes that a page's header says.
struct Page {
    stored: usize,
    unpacked: u64,
}

/// Bytes in Thrift's compact protocol, as far as lengths are to be found in them
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

    /// Returns the next field's number and kind; a kind of 0 ends the structure.
    fn field(&mut self, before: i64) -> Option<(i64, u8)> {
        let head = self.byte()?;
        let kind = head & 0x0f;
        let number = match head >> 4 {
            0 if kind != 0 => self.zigzag()?,
            delta => before.checked_add(i64::from(delta))?,
        };
        Some((number, kind))
    }

    /// Passes over a value; one that says it holds more than there is stops it.
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
                // Truth in a list takes a byte, as everything else does at least.
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

    /// Reads a page's header, and stops behind it (parquet.thrift, `PageHeader`).
    fn page(&mut self) -> Option<Page> {
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
        Some(Page { stored: stored?, unpacked: unpacked? })
    }
}

/// What the batches of an Arrow file unpack to.
#[derive(Default)]
struct Tally {
    bytes: u64,
    cells: u64,
}

impl Tally {
    /// Adds a batch, or a dictionary; any other message holds nothing.
    fn add(&mut self, message: &Message<'_>, body: &[u8], limit: u64) -> Result<(), Unspelled> {
        let batch = message.header_as_record_batch();
        let batch = batch.or_else(|| message.header_as_dictionary_batch()?.data());
        let Some(batch) = batch else { return Ok(()) };
        self.bytes = self.bytes.saturating_add(unpacked(&batch, body).ok_or(Unspelled::Damaged)?);
        let columns = batch.nodes().map_or(0, |nodes| nodes.len()).max(1) as u64;
        let length = u64::try_from(batch.length()).map_err(|_| Unspelled::Damaged)?;
        self.cells = self.cells.saturating_add(length.saturating_mul(columns));
        if self.bytes.max(self.cells) > limit { Err(Unspelled::Size) } else { Ok(()) }
    }
}

/// Checks the messages of an Arrow stream: that each stands in it whole, and that their buffers
/// unpack to no more than so many bytes, and hold no more cells.
pub(super) fn messages(mut rest: &[u8], limit: u64) -> Result<(), Unspelled> {
    let mut tally = Tally::default();
    while !rest.is_empty() {
        let head = rest.get(4..8).filter(|_| rest.starts_with(&CONTINUES)).ok_or(Unspelled::Damaged)?;
        let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
        if length == 0 {
            return Ok(());
        }
        let (metadata, body) = rest[8..].split_at_checked(length).ok_or(Unspelled::Damaged)?;
        let message = root_as_message(metadata).map_err(|_| Unspelled::Damaged)?;
        let size = usize::try_from(message.bodyLength()).map_err(|_| Unspelled::Damaged)?;
        let (body, after) = body.split_at_checked(size).ok_or(Unspelled::Damaged)?;
        tally.add(&message, body, limit)?;
        rest = after;
    }
    Ok(())
}

/// What stands before a message's length since format version 0.15.
const CONTINUES: [u8; 4] = [0xff; 4];
/// An Arrow file ends with its footer's length and its mark.
const ARROW_END: usize = 10;

/// Checks the same of the messages that the footer of an Arrow file lists; and that no dictionary
/// is defined twice, since a file, unlike a stream, has each for all of its batches.
pub(super) fn blocks(bytes: &[u8], limit: u64) -> Result<(), Unspelled> {
    listed_blocks(bytes, limit).unwrap_or(Err(Unspelled::Damaged))
}

fn listed_blocks(bytes: &[u8], limit: u64) -> Option<Result<(), Unspelled>> {
    let end = bytes.len().checked_sub(ARROW_END)?;
    let length = u32::from_le_bytes(*bytes[end..].first_chunk()?) as usize;
    let footer = root_as_footer(&bytes[end.checked_sub(length)?..end]).ok()?;
    let blocks = [footer.dictionaries(), footer.recordBatches()];
    let (mut tally, mut defined) = (Tally::default(), BTreeSet::new());
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

/// Returns how many bytes the buffers of a batch unpack to; `None` where they are not in it.
fn unpacked(batch: &RecordBatch<'_>, body: &[u8]) -> Option<u64> {
    let is_packed = batch.compression().is_some();
    let size = |buffer: &ipc::Buffer| {
        let (start, length) =
            (usize::try_from(buffer.offset()).ok()?, usize::try_from(buffer.length()).ok()?);
        let stored = body.get(start..start.checked_add(length)?)?;
        match stored.first_chunk() {
            // Stored as it is: without its prefix of minus one, or not packed at all.
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
