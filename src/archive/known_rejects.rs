//! Rejects that an earlier run of their source had, too.

use std::collections::HashSet;

use super::{
    Archive,
    report::{self, DeliveryReport, StoredReject},
    store::ArchiveError,
};
use crate::time::Moment;

/// Identity of a reject: source, rule, and rejected object.
type RejectKey = (String, String, Rejected);

#[derive(PartialEq, Eq, Hash)]
enum Rejected {
    /// An object, by its id.
    Object(String),
    /// An object without an id, by its position and the reason.
    Position { position: String, reason: String },
    /// A whole file: the same bytes at the same path.
    File { path: String, digest: Option<String>, reason: String },
}

/// Path of standard input. It does not name a file, so its content is never that of an earlier run.
const STANDARD_INPUT: &str = "-";

fn key(report: &DeliveryReport, reject: &StoredReject) -> Option<RejectKey> {
    let reason = || reject.reason.clone();
    // A rejected file may have a position, too.
    let is_whole = matches!(report.status.as_str(), "rejected" | "failed");
    let rejected = match (&reject.object_id, &reject.position) {
        (Some(id), _) => Rejected::Object(id.clone()),
        (None, Some(position)) if !is_whole => {
            Rejected::Position { position: position.clone(), reason: reason() }
        }
        (None, _) if report.path == STANDARD_INPUT => return None,
        (None, _) => {
            Rejected::File { path: report.path.clone(), digest: report.digest.clone(), reason: reason() }
        }
    };
    Some((report.source.clone(), reject.rule.clone(), rejected))
}

fn keys(reports: &[DeliveryReport]) -> impl Iterator<Item = RejectKey> {
    reports.iter().flat_map(|report| report.rejects.iter().filter_map(move |reject| key(report, reject)))
}

impl Archive {
    /// Marks the rejects that a run of an earlier as-of time had, too.
    ///
    /// Earlier runs are read from the last one backwards, until every reject is known: most of them occur in the
    /// previous run.
    ///
    /// # Errors
    /// If the reports of an earlier run are damaged or cannot be read.
    pub fn mark_known_rejects(
        &self,
        reports: &mut [DeliveryReport],
        as_of: Moment,
    ) -> Result<(), ArchiveError> {
        let mut missing: HashSet<RejectKey> = keys(reports).collect();
        let mut known: HashSet<RejectKey> = HashSet::new();
        let mut earlier: Vec<_> =
            self.manifest.commits.iter().filter(|commit| commit.as_of < as_of).collect();
        earlier.sort_by_key(|commit| commit.as_of);
        for digest in earlier.into_iter().rev().filter_map(|commit| commit.reports.as_ref()) {
            if missing.is_empty() {
                break;
            }
            for key in keys(&report::read(&self.folder, digest)?) {
                if missing.remove(&key) {
                    known.insert(key);
                }
            }
        }
        for report in reports {
            let are_known: Vec<bool> = report
                .rejects
                .iter()
                .map(|reject| key(report, reject).is_some_and(|key| known.contains(&key)))
                .collect();
            for (reject, is_known) in report.rejects.iter_mut().zip(are_known) {
                reject.known = is_known;
            }
        }
        Ok(())
    }
}
