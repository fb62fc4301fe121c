//! Selection of the rows that an erasure removes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;

use crate::{
    archive::{
        Archive,
        report::{self, DeliveryReport},
        rows::StoredRecord,
        segment,
        store::ArchiveError,
    },
    record::{RecordId, RecordState},
    time::Moment,
};

/// What an erasure removes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selector {
    /// Every version of an object in all its places, by an id of the object; with the objects that it contains.
    Id {
        /// Id as delivered.
        id: String,
        /// The only source concerned; `None` for all.
        source: Option<String>,
    },
    /// One version of an object, by the id of its record.
    Record(String),
    /// Everything of a source.
    Source(String),
    /// Everything that was first recorded from a delivery, by its digest.
    Delivery {
        /// blake3 digest of the file as stored, or the beginning of it.
        digest: String,
        /// The only source concerned; `None` for all.
        source: Option<String>,
    },
    /// Records of a source with a recorded time before a time.
    Expired {
        /// Name of the source.
        source: String,
        /// Records before this time are removed.
        before: Moment,
    },
}

impl Selector {
    /// Returns the name of its kind, as a tombstone has it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Id { .. } => "id",
            Self::Record(_) => "record",
            Self::Source(_) => "source",
            Self::Delivery { .. } => "delivery",
            Self::Expired { .. } => "retention",
        }
    }
}

/// Everything that an erasure removes from the segments.
#[derive(Debug, Default)]
pub struct ErasurePlan {
    /// For each commit whether each row is removed; empty for a commit that keeps all.
    pub(super) rows: Vec<Vec<bool>>,
    /// Sources whose files are read again, because an earlier report may count a removed object.
    pub(super) sources: BTreeSet<String>,
    /// Source and path of files of which no record is left.
    pub(super) gone: BTreeSet<(String, String)>,
    pub(super) selectors: Vec<Selector>,
    /// Source and id of the objects whose later deliveries are rejected.
    pub(super) blocked: BTreeSet<(String, String)>,
    /// Records whose later deliveries are rejected.
    pub(super) blocked_records: BTreeSet<RecordId>,
    /// Ids of the removed records.
    pub records: BTreeSet<RecordId>,
    /// Number of removed records by source.
    pub by_source: BTreeMap<String, u64>,
    /// Number of removed rows, also of withdrawals.
    pub row_count: u64,
    /// Number of removed rejects.
    pub rejects: u64,
    /// Number of removed deliveries.
    pub deliveries: u64,
    /// Earliest recorded time of anything removed; `None` if nothing is.
    pub earliest: Option<Moment>,
}

/// Rows of all commits.
type Rows = Vec<Vec<StoredRecord>>;

impl ErasurePlan {
    /// Returns whether nothing matches the selection.
    pub fn is_empty(&self) -> bool {
        self.earliest.is_none()
    }

    /// Returns whether a row of a commit is removed.
    pub(crate) fn has_row(&self, commit: u32, row: usize) -> bool {
        self.rows.get(commit as usize).and_then(|rows| rows.get(row)).copied().unwrap_or_default()
    }

    fn note(&mut self, time: Moment) {
        self.earliest = Some(self.earliest.map_or(time, |earliest| earliest.min(time)));
    }

    /// Returns whether a report, or the delivery of the same file, is removed.
    pub(super) fn removes_file(&self, source: &str, path: &str, digest: Option<&str>) -> bool {
        let is_selected = |selector: &Selector| match selector {
            Selector::Source(name) => name == source,
            Selector::Delivery { digest: wanted, source: only } => {
                is_of(only.as_deref(), source) && digest.is_some_and(|digest| digest.starts_with(&**wanted))
            }
            Selector::Id { .. } | Selector::Record(_) | Selector::Expired { .. } => false,
        };
        self.gone.contains(&(source.to_owned(), path.to_owned())) || self.selectors.iter().any(is_selected)
    }

    /// Returns whether a reject of a source with this object id is removed.
    pub(super) fn removes_reject(&self, source: &str, object_id: Option<&str>) -> bool {
        let Some(object_id) = object_id else { return false };
        self.selectors.iter().any(|selector| match selector {
            Selector::Id { id, source: only } => is_of(only.as_deref(), source) && is_named(id, object_id),
            _ => false,
        })
    }
}

fn is_of(only: Option<&str>, source: &str) -> bool {
    only.is_none_or(|only| only == source)
}

/// Returns whether a person means an id. UUIDs are archived in lower case.
fn is_named(wanted: &str, id: &str) -> bool {
    wanted == id || wanted.to_ascii_lowercase() == id
}

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
        extend_to_keys(&rows, &mut plan);
        count_rows(&rows, &mut plan);
        for commit in commits {
            let reports = match &commit.reports {
                Some(digest) => report::read(&self.folder, digest)?,
                None => Vec::new(),
            };
            count_reports(&reports, commit.as_of, &mut plan);
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
            segment::rows_with_ids(&self.folder, digest, &is_wanted)?
        };
        let mut selected = vec![false; rows.len()];
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
                selected[row] |= is_selected;
            }
        }
        if selected.contains(&true) {
            plan.rows[position] = selected;
        }
        Ok(())
    }
}

/// Removes the withdrawals and rejects of each key that has no object left.
fn extend_to_keys(rows: &Rows, plan: &mut ErasurePlan) {
    let is_removed = |plan: &ErasurePlan, commit: usize, row: usize| plan.has_row(commit as u32, row);
    // True as soon as an object of the key stays.
    let mut keys: HashMap<(&str, &str), bool> = HashMap::new();
    for (commit, rows) in rows.iter().enumerate().filter(|(commit, _)| !plan.rows[*commit].is_empty()) {
        for (row, stored) in rows.iter().enumerate() {
            if is_removed(plan, commit, row) {
                keys.insert((&stored.record.source, &stored.record.key), false);
            }
        }
    }
    if keys.is_empty() {
        return;
    }
    for (commit, rows) in rows.iter().enumerate() {
        for (row, stored) in rows.iter().enumerate() {
            let is_object = matches!(stored.record.state, RecordState::Object(_));
            if is_object
                && !is_removed(plan, commit, row)
                && let Some(stays) = keys.get_mut(&(&*stored.record.source, &*stored.record.key))
            {
                *stays = true;
            }
        }
    }
    for (commit, rows) in rows.iter().enumerate() {
        for (row, stored) in rows.iter().enumerate() {
            if keys.get(&(&*stored.record.source, &*stored.record.key)) == Some(&false) {
                let removed = &mut plan.rows[commit];
                removed.resize(rows.len(), false);
                removed[row] = true;
            }
        }
    }
}

/// Counts the removed rows, and finds the files of which no record is left.
fn count_rows(rows: &Rows, plan: &mut ErasurePlan) {
    let (mut touched, mut kept) = (BTreeSet::new(), BTreeSet::new());
    for (commit, rows) in rows.iter().enumerate() {
        for (row, stored) in rows.iter().enumerate() {
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
    }
    let gone = touched.difference(&kept).map(|(source, path)| ((*source).to_owned(), (*path).to_owned()));
    plan.gone = gone.collect();
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
