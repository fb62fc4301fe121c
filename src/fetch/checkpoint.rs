//! The checkpoint of a source: which fetched files form its deliveries, and where the next fetch begins.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::time::Moment;

/// Layout of the checkpoint that this version writes. A checkpoint of another layout is not used: the fetch starts again.
pub(super) const LAYOUT: u32 = 1;

/// Checkpoint of a source. Files have numbers in the order of their download.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Checkpoint {
    pub(super) layout: u32,
    /// Place, collection and mode: the checkpoint of another place is not used.
    pub(super) identity: String,
    /// Number of the first file of this place.
    pub(super) begins: u64,
    /// Number of the next file. Increments consist of all files before it.
    pub(super) next_number: u64,
    /// Files of the last complete snapshot; `None` before the first.
    pub(super) complete: Option<Vec<Range<u64>>>,
    /// Files of the snapshot after it, which is not complete.
    pub(super) partial: Vec<Range<u64>>,
    /// Position in a collection that is not fetched whole.
    pub(super) position: Option<Position>,
    /// Time in the collection after which the next increment begins.
    pub(super) added_after: Option<String>,
    /// Validators of the last file: headers of HTTP.
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    /// Digest of the last file.
    pub(super) digest: Option<String>,
    /// Time of the last fetch.
    pub(super) fetched_at: Option<Moment>,
    /// Reason why the last fetch is not complete, as a sentence; `None` if it is.
    pub(super) failure: Option<String>,
}

/// Position in a collection that is not fetched whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Position {
    /// Time of the first page.
    pub(super) began: Moment,
    /// Time in the collection after which the fetch continues.
    pub(super) added_after: Option<String>,
    /// Token of the next page, for servers that send no times.
    pub(super) next: Option<String>,
}

impl Checkpoint {
    /// Returns the first checkpoint of a place. Files of an earlier place keep their numbers, and a snapshot of it
    /// stays until the first one of the new place.
    pub(super) fn first(identity: String, next_number: u64, earlier: Option<Self>) -> Self {
        let complete = earlier.and_then(|earlier| earlier.complete);
        Self { layout: LAYOUT, identity, begins: next_number, next_number, complete, ..Self::default() }
    }

    /// Takes the number of a file of a snapshot that is under way.
    pub(super) fn add_partial(&mut self, number: u64) {
        match self.partial.last_mut() {
            Some(range) if range.end == number => range.end += 1,
            _ => self.partial.push(number..number + 1),
        }
    }

    /// Returns whether a file is part of a snapshot, or of one that a killed fetch did not note.
    pub(super) fn has_in_snapshot(&self, number: u64) -> bool {
        let ranges = || self.complete.iter().flatten().chain(&self.partial);
        let end = ranges().map(|range| range.end).max().unwrap_or(0);
        number >= end || ranges().any(|range| range.contains(&number))
    }
}

/// Returns sorted numbers as ranges.
pub(super) fn ranges(mut numbers: Vec<u64>) -> Vec<Range<u64>> {
    numbers.sort_unstable();
    numbers.dedup();
    let mut checkpoint = Checkpoint::default();
    for number in numbers {
        checkpoint.add_partial(number);
    }
    checkpoint.partial
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_ranges() {
        assert_eq!(ranges(vec![4, 1, 2, 2, 7]), [1..3, 4..5, 7..8]);
        assert_eq!(ranges(Vec::new()), Vec::<Range<u64>>::new());
    }

    #[test]
    fn another_place_starts_again_and_leaves_the_last_snapshot() {
        let earlier = Checkpoint {
            complete: Some(ranges(vec![3, 4])),
            partial: ranges(vec![5]),
            added_after: Some("2026-01-01T00:00:00Z".to_owned()),
            ..Checkpoint::default()
        };
        let first = Checkpoint::first("file https://feeds.example/a".to_owned(), 6, Some(earlier));
        assert_eq!((first.next_number, first.complete), (6, Some(ranges(vec![3, 4]))));
        assert_eq!((first.partial.len(), first.added_after), (0, None));
    }
}
