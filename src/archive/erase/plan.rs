//! Plan of an erasure: its selection, and everything that it removes.

use std::collections::{BTreeMap, BTreeSet};

use crate::{archive::rows::StoredRecord, record::RecordId, time::Moment};

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
pub(in crate::archive) enum RowEffect {
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
    pub(super) rows: Vec<Vec<RowEffect>>,
    /// Sources whose files are read again, because an earlier report may count a removed object.
    pub(super) sources: BTreeSet<String>,
    /// Source and path of files of which no record is left.
    pub(super) gone: BTreeSet<(String, String)>,
    /// Source and last name of these files. A later file of this name may have had the same objects again.
    pub(super) gone_names: BTreeSet<(String, String)>,
    /// Source and path of the other files that have a record.
    pub(super) kept: BTreeSet<(String, String)>,
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
pub(super) type Rows = Vec<Vec<StoredRecord>>;

impl ErasurePlan {
    /// Returns whether nothing matches the selection.
    pub fn is_empty(&self) -> bool {
        self.earliest.is_none()
    }

    /// Returns whether a row of a commit is removed.
    pub(crate) fn has_row(&self, commit: u32, row: usize) -> bool {
        let effect = self.rows.get(commit as usize).and_then(|rows| rows.get(row));
        effect.is_some_and(|effect| *effect != RowEffect::Kept)
    }

    pub(super) fn set(&mut self, rows: &Rows, (commit, row): (usize, usize), effect: RowEffect) {
        let effects = &mut self.rows[commit];
        effects.resize(rows[commit].len(), RowEffect::Kept);
        effects[row] = effect;
    }

    pub(super) fn note(&mut self, time: Moment) {
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

pub(super) fn last_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

pub(super) fn is_of(only: Option<&str>, source: &str) -> bool {
    only.is_none_or(|only| only == source)
}

/// Returns whether a person means an id. UUIDs are archived in lower case.
pub(super) fn is_named(wanted: &str, id: &str) -> bool {
    wanted == id || wanted.to_ascii_lowercase() == id
}

/// Returns every row with its commit.
pub(super) fn each_row(rows: &Rows) -> impl Iterator<Item = (usize, usize, &StoredRecord)> {
    let of_commit = |(commit, rows): (usize, &'_ Vec<StoredRecord>)| (commit, rows.len());
    let places = rows.iter().enumerate().map(of_commit);
    places.flat_map(move |(commit, count)| (0..count).map(move |row| (commit, row, &rows[commit][row])))
}
