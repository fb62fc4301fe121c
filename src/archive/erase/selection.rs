//! Selection of the rows that an erasure removes.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::{
    plan::{ErasurePlan, RowEffect, Rows, Selector, each_row, is_named, is_of, last_name},
    settle::settle_keys,
};
use crate::{
    archive::{
        Archive,
        report::{self, DeliveryReport, StoredReject},
        rows::StoredRecord,
        segment::{self, search},
        store::ArchiveError,
    },
    record::{ArchivedRecord, RecordId},
    time::Moment,
};

impl Archive {
    /// Finds everything that a selection removes; changes nothing.
    ///
    /// # Errors
    /// If a segment or a report is damaged or cannot be read.
    pub fn plan_erasure(&self, selectors: &[Selector]) -> Result<ErasurePlan, ArchiveError> {
        let commits = &self.manifest.commits;
        let rows: Rows = commits
            .par_iter()
            .enumerate()
            .map(|(position, commit)| match &commit.records {
                Some(digest) => segment::read_records(&self.folder, digest, commit.as_of, position as u32),
                None => Ok(Vec::new()),
            })
            .collect::<Result<_, _>>()?;
        let mut plan = ErasurePlan { selectors: selectors.to_vec(), ..ErasurePlan::default() };
        plan.rows = vec![Vec::new(); commits.len()];
        for (position, rows) in rows.iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
            let digest = commits[position].records.as_deref().unwrap_or_default();
            self.select_rows(digest, rows, position, &mut plan)?;
        }
        settle_keys(&rows, commits, &mut plan);
        count_rows(&rows, &mut plan);
        let reports: Vec<Vec<DeliveryReport>> = commits
            .par_iter()
            .map(|commit| match &commit.reports {
                Some(digest) => report::read(&self.folder, digest),
                None => Ok(Vec::new()),
            })
            .collect::<Result<_, _>>()?;
        for reports in &reports {
            add_rejected_files(reports, &mut plan);
        }
        for (commit, reports) in commits.iter().zip(&reports) {
            count_reports(reports, commit.as_of, &mut plan);
            let deliveries = match &commit.deliveries {
                Some(digest) => segment::read_deliveries(&self.folder, digest)?,
                None => Vec::new(),
            };
            for delivery in deliveries {
                if plan.removes_file(&delivery.source, &delivery.path, Some(&delivery.delivery)) {
                    plan.deliveries += 1;
                    plan.note(commit.as_of);
                }
            }
        }
        Ok(plan)
    }

    /// Returns the records that stay and name a selected id in their objects.
    ///
    /// # Errors
    /// If a segment is damaged or cannot be read.
    pub fn mentions(&self, plan: &ErasurePlan) -> Result<BTreeSet<RecordId>, ArchiveError> {
        let ids: Vec<&str> = plan
            .selectors
            .iter()
            .filter_map(|selector| match selector {
                Selector::Id { id, .. } => Some(id.as_str()),
                _ => None,
            })
            .collect();
        let mut mentions = BTreeSet::new();
        if ids.is_empty() {
            return Ok(mentions);
        }
        for (position, commit) in self.manifest.commits.iter().enumerate() {
            let Some(digest) = &commit.records else { continue };
            let names = search::rows_with_text(&self.folder, digest, &ids)?;
            if !names.contains(&true) {
                continue;
            }
            let rows = segment::read_records(&self.folder, digest, commit.as_of, position as u32)?;
            for (row, stored) in rows.iter().enumerate() {
                let ArchivedRecord { source, key, .. } = &stored.record;
                let content =
                    stored.record.content().filter(|_| names[row] && !plan.has_row(position as u32, row));
                mentions.extend(content.map(|content| RecordId::new(source, key, &content)));
            }
        }
        Ok(mentions)
    }

    /// Marks the selected rows of one commit.
    fn select_rows(
        &self,
        digest: &str,
        rows: &[StoredRecord],
        position: usize,
        plan: &mut ErasurePlan,
    ) -> Result<(), ArchiveError> {
        let ids: Vec<(&str, Option<&str>)> = plan
            .selectors
            .iter()
            .filter_map(|selector| match selector {
                Selector::Id { id, source } => Some((id.as_str(), source.as_deref())),
                _ => None,
            })
            .collect();
        let is_wanted = |id: &str| ids.iter().any(|(wanted, _)| is_named(wanted, id));
        let named_by = if ids.is_empty() {
            Vec::new()
        } else {
            search::rows_with_ids(&self.folder, digest, &is_wanted)?
        };
        let mut selected = vec![RowEffect::Kept; rows.len()];
        for (row, stored) in rows.iter().enumerate() {
            let record = &stored.record;
            let (source, key) = (&*record.source, &*record.key);
            let by_id = named_by.get(row).cloned().unwrap_or_default();
            for selector in plan.selectors.clone() {
                let is_selected = match &selector {
                    Selector::Id { id, source: only } => {
                        let is_own = is_named(id, key) || by_id.own.iter().any(|own| is_named(id, own));
                        let is_around = by_id.around.iter().any(|around| is_named(id, around));
                        let is_selected = is_of(only.as_deref(), source) && (is_own || is_around);
                        if is_selected {
                            let mut blocked = vec![id.clone(), id.to_ascii_lowercase()];
                            // An object inside the named one may be delivered elsewhere, too.
                            if is_own {
                                blocked.push(key.to_owned());
                            }
                            plan.blocked.extend(blocked.into_iter().map(|id| (source.to_owned(), id)));
                        }
                        is_selected
                    }
                    Selector::Record(id) => {
                        let record_id = record.content().map(|content| RecordId::new(source, key, &content));
                        let is_selected = record_id.is_some_and(|known| known.to_string() == *id);
                        if is_selected {
                            plan.blocked_records.extend(record_id);
                        }
                        is_selected
                    }
                    Selector::Source(name) => name == source,
                    Selector::Delivery { digest, source: only } => {
                        is_of(only.as_deref(), source)
                            && !stored.origin.delivery.is_empty()
                            && stored.origin.delivery.starts_with(&**digest)
                    }
                    Selector::Expired { source: name, before } => {
                        name == source && record.earliest() < *before
                    }
                };
                if is_selected {
                    selected[row] = RowEffect::Removed;
                }
            }
        }
        if selected.contains(&RowEffect::Removed) {
            plan.rows[position] = selected;
        }
        Ok(())
    }
}

/// Counts the removed rows, and finds the files of which no record is left.
fn count_rows(rows: &Rows, plan: &mut ErasurePlan) {
    let (mut touched, mut kept) = (BTreeSet::new(), BTreeSet::new());
    for (commit, row, stored) in each_row(rows) {
        let (record, path) = (&stored.record, &stored.origin.path);
        let file = (&*record.source, &**path);
        if !plan.has_row(commit as u32, row) {
            kept.insert(file);
            continue;
        }
        plan.row_count += 1;
        plan.note(record.earliest());
        plan.sources.insert(record.source.to_string());
        if let Some(content) = record.content() {
            touched.insert(file);
            if plan.records.insert(RecordId::new(&record.source, &record.key, &content)) {
                *plan.by_source.entry(record.source.to_string()).or_default() += 1;
            }
        }
    }
    let owned = |(source, path): (&str, &str)| (source.to_owned(), path.to_owned());
    plan.gone = touched.difference(&kept).copied().map(owned).collect();
    plan.gone_names =
        plan.gone.iter().map(|(source, path)| (source.clone(), last_name(path).to_owned())).collect();
    plan.kept = kept.into_iter().map(owned).collect();
}

/// Adds the files of a run in which nothing but removed rejects was.
fn add_rejected_files(reports: &[DeliveryReport], plan: &mut ErasurePlan) {
    for report in reports {
        let is_removed =
            |reject: &StoredReject| plan.removes_reject(&report.source, reject.object_id.as_deref());
        let file = (report.source.clone(), report.path.clone());
        let has_nothing_else = report.counts.delivered == report.counts.rejected
            && report.rejects.len() as u64 == report.counts.rejected
            && report.rejects.iter().all(is_removed);
        if has_nothing_else && !report.rejects.is_empty() && !plan.kept.contains(&file) {
            plan.gone_names.insert((report.source.clone(), last_name(&report.path).to_owned()));
            plan.gone.insert(file);
        }
    }
}

/// Counts the removed rejects of a commit.
fn count_reports(reports: &[DeliveryReport], as_of: Moment, plan: &mut ErasurePlan) {
    for report in reports {
        let is_removed = plan.removes_file(&report.source, &report.path, report.digest.as_deref());
        let rejects = report.rejects.iter();
        let named = rejects
            .filter(|reject| plan.removes_reject(&report.source, reject.object_id.as_deref()))
            .filter_map(|reject| reject.object_id.clone());
        let ids: Vec<String> = named.collect();
        plan.rejects += ids.len() as u64;
        if is_removed || !ids.is_empty() {
            plan.note(as_of);
            plan.sources.insert(report.source.clone());
        }
        plan.blocked.extend(ids.into_iter().map(|id| (report.source.clone(), id)));
    }
}
