//! Records of a side, in order of source and key.

use super::columns::Names;
use crate::{
    compact::stored::Texts,
    record::{LentClaim, Record, RecordId, digest},
    time::Moment,
    view::View,
};

/// The source revoked or deprecated the object.
const RETRACTED: u8 = 1;
/// The key was withdrawn and came back.
const RETURNED: u8 = 2;
/// The object gives its entity a name.
const NAMED: u8 = 4;
/// The object has a version field.
const VERSIONED: u8 = 8;

/// Expiry of a record that does not expire.
const NEVER: i64 = i64::MAX;

/// Columns of records. They include the revoked and expired records of the view.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::temporal) struct SideRecords {
    pub(super) ids: Vec<RecordId>,
    /// Number of the source's name.
    pub(super) sources: Vec<u32>,
    pub(super) keys: Texts,
    /// Number of the kind's name.
    pub(super) kinds: Vec<u32>,
    /// Name that the object gives its entity; empty without one.
    pub(super) entity_names: Texts,
    pub(super) flags: Vec<u8>,
    pub(super) markings: Vec<u8>,
    pub(super) surroundings: Vec<u64>,
    /// Microseconds of the time after which the record is no longer valid.
    pub(super) expiries: Vec<i64>,
    /// Digest of the version field.
    pub(super) versions: Vec<u64>,
    /// Digest of the claims.
    pub(super) claims: Vec<u64>,
}

/// Returns all records of a view in order of source and key, with the position of each among the live records; `None` for
/// a revoked or expired record.
fn with_positions(view: &View) -> Vec<(&Record, Option<usize>)> {
    let (mut live, mut retired) =
        (view.records().iter().enumerate().peekable(), view.retired().iter().peekable());
    let mut records = Vec::with_capacity(view.records().len() + view.retired().len());
    loop {
        let is_retired_next = match (live.peek(), retired.peek()) {
            (None, None) => return records,
            (Some((_, next)), Some(retired)) => key(retired) < key(next),
            (live, _) => live.is_none(),
        };
        if is_retired_next {
            records.extend(retired.next().map(|record| (record, None)));
        } else {
            records.extend(live.next().map(|(position, record)| (record, Some(position))));
        }
    }
}

/// Returns all records of a view in the order of the rows of its side.
pub(in crate::temporal) fn in_order(view: &View) -> Vec<&Record> {
    with_positions(view).into_iter().map(|(record, _)| record).collect()
}

fn key(record: &Record) -> (&str, &str) {
    (&record.source, &record.key)
}

impl SideRecords {
    /// Returns the records of a view, and the row of each live one.
    pub(super) fn of(view: &View, names: &mut Names) -> (Self, Vec<u32>) {
        let records = with_positions(view);
        let count = records.len();
        let mut rows = vec![0; view.records().len()];
        let mut side = Self {
            keys: Texts::with_capacity(count),
            entity_names: Texts::with_capacity(count),
            claims: super::in_parallel(&records, |(record, _)| record.content.claim_digest()),
            ids: records.iter().map(|(record, _)| record.id).collect(),
            surroundings: records.iter().map(|(record, _)| record.surroundings).collect(),
            markings: records.iter().map(|(record, _)| record.marking as u8).collect(),
            flags: Vec::with_capacity(count),
            sources: Vec::with_capacity(count),
            kinds: Vec::with_capacity(count),
            expiries: Vec::with_capacity(count),
            versions: Vec::with_capacity(count),
        };
        for (row, (record, position)) in (0..).zip(&records) {
            if let Some(position) = position {
                rows[*position] = row;
            }
            side.push(record, names);
        }
        (side, rows)
    }

    fn push(&mut self, record: &Record, names: &mut Names) {
        let content = &record.content;
        let name = content.claims().find_map(|claim| match claim {
            LentClaim::Entity { name, .. } => name,
            LentClaim::Link { .. } => None,
        });
        let flags = [
            (RETRACTED, content.is_retracted()),
            (RETURNED, record.returned),
            (NAMED, name.is_some()),
            (VERSIONED, record.version.is_some()),
        ];
        self.flags.push(flags.iter().filter(|(_, is_set)| *is_set).fold(0, |flags, (flag, _)| flags | flag));
        self.sources.push(names.number(&record.source));
        self.kinds.push(names.number(&content.kind));
        self.keys.push(&record.key);
        self.entity_names.push(name.unwrap_or_default());
        self.expiries.push(content.expires().map_or(NEVER, Moment::micros));
        self.versions.push(record.version.as_deref().map_or(0, digest));
    }

    pub(in crate::temporal) fn rows(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.ids.len()).expect("fewer than 2^32 records")
    }

    pub(in crate::temporal) fn id(&self, row: u32) -> RecordId {
        self.ids[row as usize]
    }

    /// Returns the source's identifier of the object.
    pub(in crate::temporal) fn key(&self, row: u32) -> &str {
        self.keys.get(row)
    }

    pub(in crate::temporal) fn source<'n>(&self, row: u32, names: &'n Names) -> &'n str {
        names.get(self.sources[row as usize])
    }

    pub(in crate::temporal) fn kind<'n>(&self, row: u32, names: &'n Names) -> &'n str {
        names.get(self.kinds[row as usize])
    }

    /// Returns the label: the name of the record's entity, or the key without a name.
    pub(in crate::temporal) fn label(&self, row: u32, names: &Names) -> String {
        if self.has(row, NAMED) {
            format!("{} ({})", self.entity_names.get(row), self.kind(row, names))
        } else {
            self.key(row).to_owned()
        }
    }

    pub(in crate::temporal) fn is_retired(&self, row: u32, at: Moment) -> bool {
        // A record without an expiry never expires, also at the end of all times.
        let expires = self.expiries[row as usize];
        self.is_retracted(row) || (expires != NEVER && expires <= at.micros())
    }

    pub(in crate::temporal) fn is_retracted(&self, row: u32) -> bool {
        self.has(row, RETRACTED)
    }

    /// Returns whether the key was withdrawn and came back.
    pub(in crate::temporal) fn is_returned(&self, row: u32) -> bool {
        self.has(row, RETURNED)
    }

    /// Returns marking and surroundings, which may change under one id.
    pub(in crate::temporal) fn place(&self, row: u32) -> (u8, u64) {
        (self.markings[row as usize], self.surroundings[row as usize])
    }

    /// Returns a digest of the version field; `None` without one.
    pub(in crate::temporal) fn version(&self, row: u32) -> Option<u64> {
        self.has(row, VERSIONED).then(|| self.versions[row as usize])
    }

    /// Returns a digest of the claims.
    pub(in crate::temporal) fn claims(&self, row: u32) -> u64 {
        self.claims[row as usize]
    }

    fn has(&self, row: u32, flag: u8) -> bool {
        self.flags[row as usize] & flag != 0
    }
}
