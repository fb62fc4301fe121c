//! Selection of the rows that an erasure removes.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::{
    archive::{
        Archive,
        manifest::{self, CommitEntry},
        report::{self, DeliveryReport, StoredReject},
        rows::StoredRecord,
        segment,
        store::ArchiveError,
    },
    record::{ArchivedRecord, Mode, RecordId, RecordState},
    time::Moment,
};

/// Selection of records that an erasure removes.
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
    /// Returns the name of its kind, for the tombstone.
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

/// Effect of an erasure on a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::archive) enum RowFate {
    /// The row stays.
    #[default]
    Kept,
    /// The row goes.
    Removed,
    /// The row becomes a withdrawal of its key.
    Withdrawn,
}

/// Everything that an erasure removes from the segments.
#[derive(Debug, Default)]
pub struct ErasurePlan {
    /// Effect on each row of each commit; empty for a commit that keeps all.
    pub(super) rows: Vec<Vec<RowFate>>,
    /// Sources whose files are read again, because an earlier report may count a removed object.
    pub(super) sources: BTreeSet<String>,
    /// Source and path of files of which no record is left.
    gone: BTreeSet<(String, String)>,
    /// Source and last name of these files. A later file of this name may have had the same objects again.
    gone_names: BTreeSet<(String, String)>,
    /// Source and path of the other files that have a record.
    kept: BTreeSet<(String, String)>,
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
        let fate = self.rows.get(commit as usize).and_then(|rows| rows.get(row));
        fate.is_some_and(|fate| *fate != RowFate::Kept)
    }

    fn set(&mut self, rows: &Rows, (commit, row): (usize, usize), fate: RowFate) {
        let fates = &mut self.rows[commit];
        fates.resize(rows[commit].len(), RowFate::Kept);
        fates[row] = fate;
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
        let file = (source.to_owned(), path.to_owned());
        let is_gone = || {
            let name = (source.to_owned(), last_name(path).to_owned());
            self.gone.contains(&file) || (self.gone_names.contains(&name) && !self.kept.contains(&file))
        };
        is_gone() || self.selectors.iter().any(is_selected)
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

fn last_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
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
        settle_keys(&rows, commits, &mut plan);
        count_rows(&rows, &mut plan);
        let reports: Vec<Vec<DeliveryReport>> = commits
            .par_iter()
            .map(|commit| match &commit.reports {
                Some(digest) => report::read(&self.folder, digest),
                None => Ok(Vec::new()),
            })
            .collect::<Result<_, _>>()?;
        reports.iter().for_each(|reports| add_rejected_files(reports, &mut plan));
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
            let names = segment::rows_with_text(&self.folder, digest, &ids)?;
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
            segment::rows_with_ids(&self.folder, digest, &is_wanted)?
        };
        let mut selected = vec![RowFate::Kept; rows.len()];
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
                    selected[row] = RowFate::Removed;
                }
            }
        }
        if selected.contains(&RowFate::Removed) {
            plan.rows[position] = selected;
        }
        Ok(())
    }
}

/// Gives the remaining rows of each concerned key the meaning that they have without the removed ones.
///
/// A withdrawal or a reject of a key that was never there has no row. A complete snapshot whose only rows of a key are
/// removed does not have the key, so the key is withdrawn there, if it was there before.
fn settle_keys(rows: &Rows, commits: &[CommitEntry], plan: &mut ErasurePlan) {
    let mut places: BTreeMap<(&str, &str), Vec<(usize, usize)>> = BTreeMap::new();
    for (commit, row, stored) in each_row(rows) {
        if plan.has_row(commit as u32, row) {
            places.entry((&stored.record.source, &stored.record.key)).or_default();
        }
    }
    if places.is_empty() {
        return;
    }
    let replaced: Vec<BTreeSet<&str>> =
        (0..commits.len()).map(|position| manifest::replaced(commits, position)).collect();
    for (commit, row, stored) in each_row(rows) {
        let (source, key) = (&*stored.record.source, &*stored.record.key);
        if !replaced[commit].contains(source)
            && let Some(places) = places.get_mut(&(source, key))
        {
            places.push((commit, row));
        }
    }
    for places in places.into_values() {
        let mut presence = Presence::Unknown;
        for group in places.chunk_by(|a, b| a.0 == b.0) {
            presence = settle_group(rows, group, presence, plan);
        }
    }
}

/// State of a key after a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Unknown,
    Present,
    Withdrawn,
}

/// Settles the rows of one key in one commit. Returns the state of the key after it.
fn settle_group(
    rows: &Rows,
    group: &[(usize, usize)],
    presence: Presence,
    plan: &mut ErasurePlan,
) -> Presence {
    let record = |(commit, row): (usize, usize)| &rows[commit][row].record;
    let kept: Vec<(usize, usize)> =
        group.iter().copied().filter(|(commit, row)| !plan.has_row(*commit as u32, *row)).collect();
    if kept.is_empty() {
        let was_delivered = group.iter().any(|place| record(*place).state != RecordState::Withdrawn);
        let is_absent = was_delivered && record(group[0]).mode == Mode::Snapshot;
        if is_absent && presence == Presence::Present {
            plan.set(rows, group[0], RowFate::Withdrawn);
            return Presence::Withdrawn;
        }
        return presence;
    }
    if kept.iter().any(|place| record(*place).content().is_some()) {
        return Presence::Present;
    }
    let is_withdrawal = kept.iter().all(|place| record(*place).state == RecordState::Withdrawn);
    let has_no_meaning = match presence {
        Presence::Unknown => true,
        Presence::Withdrawn => is_withdrawal,
        Presence::Present => false,
    };
    if has_no_meaning {
        kept.iter().for_each(|place| plan.set(rows, *place, RowFate::Removed));
        return presence;
    }
    if is_withdrawal { Presence::Withdrawn } else { Presence::Present }
}

fn each_row(rows: &Rows) -> impl Iterator<Item = (usize, usize, &StoredRecord)> {
    let of_commit = |(commit, rows): (usize, &'_ Vec<StoredRecord>)| (commit, rows.len());
    let places = rows.iter().enumerate().map(of_commit);
    places.flat_map(move |(commit, count)| (0..count).map(move |row| (commit, row, &rows[commit][row])))
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
