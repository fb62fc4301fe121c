//! Rejects that an earlier run of their source had, too.

use std::collections::HashSet;

use super::{Archive, ArchiveError, Reading, Refused, reading};
use crate::time::Moment;

/// What makes two rejects one: source, rule, and what was rejected.
type Key = (String, String, What);

#[derive(PartialEq, Eq, Hash)]
enum What {
    /// An object, by its id.
    Object(String),
    /// An object without an id, by its position and the reason.
    Place { position: String, reason: String },
    /// A whole file: the same bytes at the same path. Without either, it may be any file.
    File { path: String, digest: Option<String>, reason: String },
}

/// The path of standard input, which names no file: what it brought is never what an earlier run read.
const STANDARD_INPUT: &str = "-";

fn key(reading: &Reading, reject: &Refused) -> Option<Key> {
    let reason = || reject.reason.clone();
    // Where a whole file broke may be known, too.
    let is_whole = matches!(reading.status.as_str(), "rejected" | "failed");
    let what = match (&reject.object_id, &reject.position) {
        (Some(id), _) => What::Object(id.clone()),
        (None, Some(position)) if !is_whole => What::Place { position: position.clone(), reason: reason() },
        (None, _) if reading.path == STANDARD_INPUT => return None,
        (None, _) => {
            What::File { path: reading.path.clone(), digest: reading.digest.clone(), reason: reason() }
        }
    };
    Some((reading.source.clone(), reject.rule.clone(), what))
}

fn keys(readings: &[Reading]) -> impl Iterator<Item = Key> {
    readings.iter().flat_map(|reading| reading.rejects.iter().filter_map(move |reject| key(reading, reject)))
}

impl Archive {
    /// Marks the rejects of a run that a run of an earlier as-of time had.
    ///
    /// Earlier runs are read from the last one back, until nothing is left to be found: most rejects that are
    /// known were there in the run before.
    pub fn mark_known_rejects(&self, readings: &mut [Reading], moment: Moment) -> Result<(), ArchiveError> {
        let mut missing: HashSet<Key> = keys(readings).collect();
        let mut known: HashSet<Key> = HashSet::new();
        let mut earlier: Vec<_> =
            self.manifest.commits.iter().filter(|commit| commit.moment < moment).collect();
        earlier.sort_by_key(|commit| commit.moment);
        for digest in earlier.into_iter().rev().filter_map(|commit| commit.readings.as_ref()) {
            if missing.is_empty() {
                break;
            }
            for key in keys(&reading::read(&self.folder, digest)?) {
                if missing.remove(&key) {
                    known.insert(key);
                }
            }
        }
        for reading in readings {
            let found: Vec<bool> = reading
                .rejects
                .iter()
                .map(|reject| key(reading, reject).is_some_and(|key| known.contains(&key)))
                .collect();
            for (reject, known) in reading.rejects.iter_mut().zip(found) {
                reject.known = known;
            }
        }
        Ok(())
    }
}
