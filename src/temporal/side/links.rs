//! Links of a side, in order of their lasting ids.

use super::{columns::Names, entities::EntityId};
use crate::{compact::stored::Lists, link::Link, resolve::lasting_digits, time::Moment};

/// Time that is not known. No time in a calendar has this number.
const UNKNOWN: i64 = i64::MIN;

/// Columns of links.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::temporal) struct SideLinks {
    pub(super) ids: Vec<EntityId>,
    /// Rows of the two entities.
    pub(super) from: Vec<u32>,
    pub(super) to: Vec<u32>,
    /// Number of the kind's name.
    pub(super) kinds: Vec<u32>,
    pub(super) layers: Vec<u8>,
    /// Bits of the weight.
    pub(super) weights: Vec<u64>,
    pub(super) source_counts: Vec<u32>,
    pub(super) markings: Vec<u8>,
    /// Microseconds of the first and the last time at which it held.
    pub(super) first_seen: Vec<i64>,
    pub(super) last_seen: Vec<i64>,
    /// Rows of the records, in the order of the view.
    pub(super) records: Lists<u32>,
}

/// Properties of a link that are compared, without its weight and its records.
pub(in crate::temporal) type LinkState = (i64, i64, u8, u32);

impl SideLinks {
    /// Returns the columns of links. `rows` has the row of each record of the view.
    pub(super) fn of(links: &[Link], rows: &[u32], names: &mut Names) -> Self {
        let time = |time: Option<Moment>| time.map_or(UNKNOWN, Moment::micros);
        let mut side = Self {
            ids: super::in_parallel(links, |link| lasting_digits(&link.id)),
            from: links.iter().map(|link| link.from.node()).collect(),
            to: links.iter().map(|link| link.to.node()).collect(),
            kinds: links.iter().map(|link| names.number(&link.kind)).collect(),
            layers: links.iter().map(|link| link.layer as u8).collect(),
            weights: links.iter().map(|link| link.weight.to_bits()).collect(),
            source_counts: links.iter().map(|link| link.source_count).collect(),
            markings: links.iter().map(|link| link.marking as u8).collect(),
            first_seen: links.iter().map(|link| time(link.seen.start)).collect(),
            last_seen: links.iter().map(|link| time(link.seen.end)).collect(),
            records: Lists::with_capacity(links.len()),
        };
        for link in links {
            side.records.push(link.records.iter().map(|record| rows[record.index()]));
        }
        side
    }

    pub(in crate::temporal) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(in crate::temporal) fn id(&self, row: u32) -> EntityId {
        self.ids[row as usize]
    }

    /// Returns the rows of the two entities.
    pub(in crate::temporal) fn ends(&self, row: u32) -> [u32; 2] {
        [self.from[row as usize], self.to[row as usize]]
    }

    pub(in crate::temporal) fn kind<'n>(&self, row: u32, names: &'n Names) -> &'n str {
        names.get(self.kinds[row as usize])
    }

    pub(in crate::temporal) fn layer(&self, row: u32) -> u8 {
        self.layers[row as usize]
    }

    /// Returns the bits of the weight.
    pub(in crate::temporal) fn weight(&self, row: u32) -> u64 {
        self.weights[row as usize]
    }

    /// Returns the properties that are compared.
    pub(in crate::temporal) fn state(&self, row: u32) -> LinkState {
        let row = row as usize;
        (self.first_seen[row], self.last_seen[row], self.markings[row], self.source_counts[row])
    }

    /// Returns the rows of its records.
    pub(in crate::temporal) fn records(&self, row: u32) -> &[u32] {
        self.records.get(row)
    }
}
