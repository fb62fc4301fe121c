//! Places of archived records: in their deliveries and in the archive's segments, as columns.

use std::{cmp::Ordering, collections::HashMap, fmt, sync::Arc};

use super::rows::RecordOrigin;
use crate::columns::PackedTexts;

/// Place of each record, in the order of the records.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Digest and path of each delivered file.
    files: Vec<(Arc<str>, Arc<str>)>,
    file_of: HashMap<(Arc<str>, Arc<str>), u32>,
    file: Vec<u32>,
    position: PackedTexts,
    segments: Vec<Arc<str>>,
    segment: Vec<u32>,
    row: Vec<u32>,
}

fn short(number: usize) -> u32 {
    u32::try_from(number).expect("an archive has fewer than 2^32 rows")
}

impl Places {
    /// Adds the place of the next record.
    pub(super) fn push(&mut self, origin: RecordOrigin, segment: Arc<str>, row: usize) {
        if self.segments.last() != Some(&segment) {
            self.segments.push(segment);
        }
        self.segment.push(short(self.segments.len() - 1));
        self.row.push(short(row));
        let RecordOrigin { delivery, path, position } = origin;
        self.position.push(position);
        let file = (delivery, path);
        let number = match self.file.last() {
            Some(&last) if self.files[last as usize] == file => last,
            _ => *self.file_of.entry(file.clone()).or_insert_with(|| {
                self.files.push(file);
                short(self.files.len() - 1)
            }),
        };
        self.file.push(number);
    }

    /// Returns the segment that contains a record, and its row.
    pub(super) fn segment(&self, record: usize) -> (&Arc<str>, usize) {
        (&self.segments[self.segment[record] as usize], self.row[record] as usize)
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
        &self.places.files[self.places.file[self.record] as usize]
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
        self.places.position.get(self.record).unwrap_or_default()
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
        for record in 0..60 {
            let segment = format!("segment {}", record / 20);
            places.push(origin(record % 3, record), segment.into(), record % 20);
        }
        for record in 0..60 {
            let (segment, row) = places.segment(record);
            assert_eq!((&**segment, row), (&*format!("segment {}", record / 20), record % 20));
            assert_eq!(places.origin(record).to_origin(), origin(record % 3, record));
        }
        assert_eq!((places.files.len(), places.segments.len()), (3, 3));
        let mut sorted: Vec<_> = (0..60).map(|record| places.origin(record)).collect();
        sorted.sort();
        assert!(sorted.is_sorted_by_key(|origin| origin.to_origin()));
    }
}
