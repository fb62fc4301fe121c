//! Stored columns of contents. A run reads them instead of the objects of a segment, which it would have to interpret again.
//!
//! They are run state: a missing file is made again, with the same contents.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    io::{self, Read, Write},
    path::Path,
    sync::Arc,
};

use rayon::prelude::*;

use super::{
    keyed,
    run_state::CHANGED,
    store::{self, ArchiveError},
};
use crate::{
    compact::stored::{invalid, read, write},
    record::{ContentColumns, ContentWriter, Digest, PackedContent},
};

/// Fewest contents of one segment and one mapping for which columns are stored. A file costs more than it saves for fewer.
const CONTENTS_MIN: usize = 1_024;
/// Contents of a block. One thread packs or unpacks a block.
const BLOCK: usize = 16_384;
/// Blocks that are in memory at once.
const BLOCKS_AT_ONCE: usize = 8;
/// Columns are stored again if they lack more than this part of the contents that a run needs.
const LACKING_PART: usize = 10;

/// Columns that a run stores, and those of earlier runs.
#[derive(Debug)]
pub(super) struct StoredColumns {
    /// Versions of everything that decides contents.
    version: String,
    /// Keys of the columns that the run needed.
    used: RefCell<BTreeSet<String>>,
}

/// A block of a file: contents, and rows that columns do not hold.
#[derive(Default)]
struct Block {
    rows: Vec<u32>,
    left_out: Vec<u32>,
    columns: ContentColumns,
}

impl StoredColumns {
    pub(super) fn new(version: String) -> Self {
        Self { version, used: RefCell::default() }
    }

    /// Returns the keys of the columns that the run needed.
    pub(super) fn used(&self) -> Vec<String> {
        self.used.borrow().iter().cloned().collect()
    }

    fn key(&self, segment: &str, mapping: Option<Digest>) -> String {
        let mapping = mapping.map(|digest| format!("{digest:?}")).unwrap_or_default();
        let parts = format!("contents {} {segment} {mapping}", self.version);
        format!("{}{}", blake3::hash(parts.as_bytes()).to_hex(), keyed::COLUMNS)
    }

    /// Returns the contents of rows of a segment, which must be ascending and have one mapping. `interpret` returns the contents
    /// of rows without columns.
    pub(super) fn contents(
        &self,
        folder: &Path,
        (segment, mapping): (&str, Option<Digest>),
        rows: &[usize],
        interpret: impl Fn(&[usize]) -> Result<Vec<Arc<PackedContent>>, ArchiveError>,
    ) -> Result<Vec<Arc<PackedContent>>, ArchiveError> {
        if rows.len() < CONTENTS_MIN {
            return interpret(rows);
        }
        let key = self.key(segment, mapping);
        let path = keyed::path(&folder.join(store::RUN_STATE), &key);
        let mut stored = read_stored(&path, &key)?;
        let place = |row: usize| stored.contents.binary_search_by_key(&row, |(row, _)| *row).ok();
        let lacking: Vec<usize> = rows.iter().copied().filter(|row| place(*row).is_none()).collect();
        let unknown = lacking.iter().filter(|row| stored.left_out.binary_search(row).is_err()).count();
        let interpreted = interpret(&lacking)?;
        stored.contents.extend(lacking.into_iter().zip(interpreted));
        stored.contents.sort_unstable_by_key(|(row, _)| *row);
        if unknown > rows.len() / LACKING_PART {
            keyed::write_with(&path, &key, &mut |out| stored.write(out))?;
        }
        self.used.borrow_mut().insert(key);
        let mut wanted = rows.iter().peekable();
        stored.contents.retain(|(row, _)| wanted.next_if_eq(&row).is_some());
        Ok(stored.contents.into_iter().map(|(_, content)| content).collect())
    }
}

/// Contents and left-out rows of a file, in ascending order of rows.
#[derive(Default)]
struct Stored {
    contents: Vec<(usize, Arc<PackedContent>)>,
    /// Rows that columns do not hold.
    left_out: Vec<usize>,
}

/// Reads a file; returns nothing if there is none.
fn read_stored(path: &Path, key: &str) -> Result<Stored, ArchiveError> {
    let damaged = |_| ArchiveError::Damaged { path: path.to_owned(), what: CHANGED };
    let mut stored = Stored::default();
    let Some(mut file) = keyed::open(path, key, CHANGED)? else { return Ok(stored) };
    let mut count = read::<u32>(&mut file).map_err(damaged)?.first().copied().unwrap_or_default() as usize;
    while count > 0 {
        let together = count.min(BLOCKS_AT_ONCE);
        let blocks: Vec<Block> =
            (0..together).map(|_| Block::read(&mut file)).collect::<io::Result<_>>().map_err(damaged)?;
        stored
            .left_out
            .extend(blocks.iter().flat_map(|block| block.left_out.iter().map(|row| *row as usize)));
        stored.contents.par_extend(blocks.into_par_iter().flat_map_iter(Block::contents));
        count -= together;
    }
    // Rows may be in several blocks, because a file that is made again has those of the earlier one.
    stored.left_out.sort_unstable();
    stored.left_out.dedup();
    Ok(stored)
}

impl Stored {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        // Rows that an earlier file left out are in a block of their own.
        let known =
            Block { left_out: self.left_out.iter().map(|row| short(*row)).collect(), ..Block::default() };
        write(&[1 + self.contents.len().div_ceil(BLOCK) as u32], out)?;
        known.write(out)?;
        for contents in self.contents.chunks(BLOCK * BLOCKS_AT_ONCE) {
            let blocks: Vec<Block> = contents.par_chunks(BLOCK).map(Block::of).collect();
            blocks.into_iter().try_for_each(|block| block.write(out))?;
        }
        Ok(())
    }
}

fn short(row: usize) -> u32 {
    u32::try_from(row).expect("a segment has fewer than 2^32 rows")
}

impl Block {
    fn of(contents: &[(usize, Arc<PackedContent>)]) -> Self {
        let mut block = Self::default();
        let mut writer = ContentWriter::default();
        for (row, content) in contents {
            let held = if writer.push(content) { &mut block.rows } else { &mut block.left_out };
            held.push(short(*row));
        }
        block.columns = writer.finish();
        block
    }

    fn write(self, out: &mut dyn Write) -> io::Result<()> {
        write(&self.rows, out)?;
        write(&self.left_out, out)?;
        self.columns.write(out)
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        let block = Self { rows: read(from)?, left_out: read(from)?, columns: ContentColumns::read(from)? };
        if block.rows.len() == block.columns.len() { Ok(block) } else { Err(invalid()) }
    }

    /// Returns the contents with their rows.
    fn contents(self) -> impl Iterator<Item = (usize, Arc<PackedContent>)> {
        let rows = self.rows.into_iter().map(|row| row as usize);
        rows.zip(self.columns.contents().into_iter().map(Arc::new))
    }
}

#[cfg(test)]
mod tests;
