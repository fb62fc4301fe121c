//! Rejects that an earlier run of their source had, too.

use std::collections::HashSet;

use super::{Archive, ArchiveError, Reading, Refused, reading};
use crate::time::Moment;

/// What makes two rejects one: source, rule, and the object's id, else position and reason.
type Key = (String, String, Result<String, (Option<String>, String)>);

fn key(source: &str, reject: &Refused) -> Key {
    let object = reject.object_id.clone().ok_or_else(|| (reject.position.clone(), reject.reason.clone()));
    (source.to_owned(), reject.rule.clone(), object)
}

fn keys(readings: &[Reading]) -> impl Iterator<Item = Key> {
    let rejects = |reading: &Reading| -> Vec<Key> {
        reading.rejects.iter().map(|reject| key(&reading.source, reject)).collect()
    };
    readings.iter().flat_map(rejects)
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
            for reject in &mut reading.rejects {
                reject.known = known.contains(&key(&reading.source, reject));
            }
        }
        Ok(())
    }
}
