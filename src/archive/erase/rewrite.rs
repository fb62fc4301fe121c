//! Segments and manifest of an archive without the removed rows.

use rayon::prelude::*;

use super::plan::{ErasurePlan, Selector};
use crate::archive::{
    Archive,
    manifest::{CommitEntry, Manifest},
    report, segment,
    store::{self, ArchiveError},
};

impl Archive {
    /// Writes the segments, the reports and the manifest of the archive without the removed rows. The archive does not name
    /// them yet. Returns the digest of the manifest.
    pub(super) fn write_without(&self, plan: &ErasurePlan) -> Result<String, ArchiveError> {
        let rewrite = |(position, commit): (usize, &CommitEntry)| self.commit_without(commit, position, plan);
        let commits: Vec<CommitEntry> =
            self.manifest.commits.par_iter().enumerate().map(rewrite).collect::<Result<_, _>>()?;
        store::prepare_manifest(&self.folder, &Manifest::of(&commits).bytes())
    }

    fn commit_without(
        &self,
        commit: &CommitEntry,
        position: usize,
        plan: &ErasurePlan,
    ) -> Result<CommitEntry, ArchiveError> {
        let mut commit = commit.clone();
        if let (Some(digest), false) = (&commit.records, plan.rows[position].is_empty()) {
            commit.records = segment::write_without(&self.folder, digest, &plan.rows[position])?;
        }
        if let Some(digest) = &commit.deliveries {
            let all = segment::read_deliveries(&self.folder, digest)?;
            let is_kept = |delivery: &&_| {
                let crate::archive::ArchivedDelivery { source, path, delivery, .. } = delivery;
                !plan.removes_file(source, path, Some(delivery))
            };
            let kept: Vec<_> = all.iter().filter(is_kept).cloned().collect();
            if kept.len() < all.len() {
                commit.deliveries = segment::write_deliveries(&self.folder, &kept)?;
            }
        }
        if let Some(digest) = &commit.reports {
            let all = report::read(&self.folder, digest)?;
            let mut kept = all.clone();
            kept.retain(|report| !plan.removes_file(&report.source, &report.path, report.digest.as_deref()));
            for report in kept.iter_mut().filter(|report| plan.sources.contains(&report.source)) {
                // The file may contain a removed object, so the next run reads it again.
                report.reading = None;
                let count = report.rejects.len();
                let source = &report.source;
                report.rejects.retain(|reject| !plan.removes_reject(source, reject.object_id.as_deref()));
                let removed = (count - report.rejects.len()) as u64;
                report.counts.delivered -= removed;
                report.counts.rejected -= removed;
            }
            if kept != all {
                commit.reports = report::write(&self.folder, &kept)?;
            }
        }
        if plan.discards_held() {
            // A held file may contain a removed object. It is held again if its source delivers it again.
            commit.held.retain(|source, _| !plan.sources.contains(source));
        }
        let is_erased = |name: &String| plan.removes_source(name);
        commit.replaced.retain(|name| !is_erased(name));
        Ok(commit)
    }
}

impl ErasurePlan {
    /// Returns whether held files of the sources go, too. The retention of an agreement concerns records only.
    fn discards_held(&self) -> bool {
        let is_of_person = |selector: &Selector| !matches!(selector, Selector::Expired { .. });
        self.selectors.iter().any(is_of_person)
    }

    fn removes_source(&self, name: &str) -> bool {
        self.selectors.iter().any(|selector| *selector == Selector::Source(name.to_owned()))
    }
}
