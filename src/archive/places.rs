//! Places of archived records: in their deliveries and in the archive's segments, as columns.

use std::{cmp::Ordering, collections::HashMap, fmt, sync::Arc};

use super::rows::RecordOrigin;

/// Place of each record, in the order of the records.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Digest and path of each delivered file.
    files: Vec<(Arc<str>, Arc<str>)>,
    file_of: HashMap<(Arc<str>, Arc<str>), u32>,
    /// First record of each run of records of one file, and the number of the file.
    file_runs: Vec<(u32, u32)>,
    segments: Vec<Arc<str>>,
    /// Runs of records in consecutive rows of one segment.
    segment_runs: Vec<SegmentRun>,
    /// Positions in the files, one block after the other.
    positions: Vec<PositionBlock>,
    count: usize,
}

/// Records in consecutive rows of one segment.
#[derive(Clone, Copy, Debug)]
struct SegmentRun {
    first: u32,
    segment: u32,
    first_row: u32,
}

/// Positions of [`BLOCK`] records in their files. Blocks do not move when further records follow.
#[derive(Debug, Default)]
struct PositionBlock {
    text: String,
    /// End of each position in the text.
    ends: Vec<u32>,
}

/// Records of a block.
const BLOCK: usize = 1 << 16;

fn short(number: usize) -> u32 {
    u32::try_from(number).expect("an archive has fewer than 2^32 rows")
}

impl PositionBlock {
    fn push(&mut self, position: &str) {
        self.text.push_str(position);
        let end = u32::try_from(self.text.len()).expect("the positions of a block have less than 4 GB");
        self.ends.push(end);
        if self.ends.len() == BLOCK {
            self.text.shrink_to_fit();
        }
    }

    fn get(&self, number: usize) -> &str {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start as usize..self.ends[number] as usize]
    }
}

impl Places {
    /// Adds the place of the next record.
    pub(super) fn push(&mut self, origin: RecordOrigin, segment: Arc<str>, row: usize) {
        let (record, row) = (short(self.count), short(row));
        if self.segments.last() != Some(&segment) {
            self.segments.push(segment);
        }
        let segment = short(self.segments.len() - 1);
        let is_next = self.segment_runs.last().is_some_and(|run| {
            run.segment == segment && row.checked_sub(run.first_row) == Some(record - run.first)
        });
        if !is_next {
            self.segment_runs.push(SegmentRun { first: record, segment, first_row: row });
        }
        let RecordOrigin { delivery, path, position } = origin;
        if self.count.is_multiple_of(BLOCK) {
            self.positions.push(PositionBlock::default());
        }
        if let Some(block) = self.positions.last_mut() {
            block.push(&position);
        }
        let file = (delivery, path);
        match self.file_runs.last() {
            Some(&(_, last)) if self.files[last as usize] == file => {}
            _ => {
                let number = *self.file_of.entry(file.clone()).or_insert_with(|| {
                    self.files.push(file);
                    short(self.files.len() - 1)
                });
                self.file_runs.push((record, number));
            }
        }
        self.count += 1;
    }

    /// Returns the segment that contains a record, and its row.
    pub(super) fn segment(&self, record: usize) -> (&Arc<str>, usize) {
        let record = short(record);
        let run = self.segment_runs[self.segment_runs.partition_point(|run| run.first <= record) - 1];
        (&self.segments[run.segment as usize], (run.first_row + record - run.first) as usize)
    }

    /// Returns the place of a record in its delivery.
    pub(super) fn origin(&self, record: usize) -> ArchivedOrigin<'_> {
        ArchivedOrigin { places: self, record }
    }
}

/// Place of an archived record in its delivery. Places are in order of delivery, path and position.
#[derive(Clone, Copy)]
pub struct ArchivedOrigin<'a> {
    places: &'a Places,
    record: usize,
}

impl<'a> ArchivedOrigin<'a> {
    fn file(self) -> &'a (Arc<str>, Arc<str>) {
        let runs = &self.places.file_runs;
        let (_, file) = runs[runs.partition_point(|(first, _)| *first as usize <= self.record) - 1];
        &self.places.files[file as usize]
    }

    /// Returns the blake3 digest of the file as stored; empty for a withdrawal.
    pub fn delivery(self) -> &'a str {
        &self.file().0
    }

    /// Returns the path of the file as given.
    pub fn path(self) -> &'a str {
        &self.file().1
    }

    /// Returns the JSON pointer or line number.
    pub fn position(self) -> &'a str {
        self.places.positions[self.record / BLOCK].get(self.record % BLOCK)
    }

    /// Returns the place with texts of its own.
    pub(super) fn to_origin(self) -> RecordOrigin {
        let (delivery, path) = self.file();
        RecordOrigin {
            delivery: Arc::clone(delivery),
            path: Arc::clone(path),
            position: self.position().into(),
        }
    }

    fn texts(self) -> (&'a str, &'a str, &'a str) {
        (self.delivery(), self.path(), self.position())
    }
}

impl fmt::Debug for ArchivedOrigin<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.texts().fmt(formatter)
    }
}

impl PartialEq for ArchivedOrigin<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.texts() == other.texts()
    }
}

impl Eq for ArchivedOrigin<'_> {}

impl PartialOrd for ArchivedOrigin<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ArchivedOrigin<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.texts().cmp(&other.texts())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_several_files_and_segments_are_kept() {
        let mut places = Places::default();
        let origin = |file: usize, position: usize| RecordOrigin {
            delivery: format!("digest {file}").into(),
            path: format!("path {}", file / 2).into(),
            position: format!("/{position}").into(),
        };
        // A replaced snapshot leaves out rows of a segment.
        let row = |record: usize| record % 20 + usize::from(record % 20 > 7);
        let file = |record: usize| record / 7 % 3;
        for record in 0..60 {
            let segment = format!("segment {}", record / 20);
            places.push(origin(file(record), record), segment.into(), row(record));
        }
        for record in 0..60 {
            let (segment, found) = places.segment(record);
            assert_eq!((&**segment, found), (&*format!("segment {}", record / 20), row(record)));
            assert_eq!(places.origin(record).to_origin(), origin(file(record), record));
        }
        assert_eq!((places.files.len(), places.segments.len(), places.segment_runs.len()), (3, 3, 6));
        let mut sorted: Vec<_> = (0..60).map(|record| places.origin(record)).collect();
        sorted.sort();
        assert!(sorted.is_sorted_by_key(|origin| origin.to_origin()));
    }
}
