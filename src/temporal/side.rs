//! One side of a comparison, as columns: everything that a comparison of two runs asks of a run.
//!
//! A run stores its side, and the next run compares itself with the stored side instead of resolving the earlier records
//! again. A side holds no content of records. So it takes about a hundred bytes a row.

mod columns;
mod entities;
mod links;
mod records;
mod storage;
#[cfg(test)]
mod tests;

pub(super) use columns::Names;
pub(super) use entities::{EntityId, IdentifierIndex, SideEntities};
pub(super) use links::SideLinks;
pub(super) use records::{SideRecords, in_order};

use rayon::prelude::*;

use super::ResolvedView;
use crate::time::Moment;

/// Records, entities and links of a resolved view, each table in order of its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// Time at which validity is judged.
    pub(super) valid_at: Moment,
    /// Kinds and sources, which the tables name by number.
    pub(super) names: Names,
    pub(super) records: SideRecords,
    pub(super) entities: SideEntities,
    pub(super) links: SideLinks,
}

impl Side {
    /// Returns the columns of a resolved view.
    pub fn of(resolved: ResolvedView<'_>) -> Self {
        let mut names = Names::default();
        let (records, rows) = SideRecords::of(resolved.view, &mut names);
        let entities = SideEntities::of(&resolved.resolution.entities, &rows, &mut names);
        let links = SideLinks::of(&resolved.resolution.links, &rows, &mut names);
        Self { valid_at: resolved.view.as_of().valid_at, names, records, entities, links }
    }

    /// Returns the side of a first run's predecessor: no record, entity or link.
    pub fn empty(valid_at: Moment) -> Self {
        Self {
            valid_at,
            names: Names::default(),
            records: SideRecords::default(),
            entities: SideEntities::default(),
            links: SideLinks::default(),
        }
    }

    /// Moves the time at which validity is judged. Returns whether it could: no record may be expired at one of the two
    /// times only.
    #[must_use]
    pub fn advance(&mut self, valid_at: Moment) -> bool {
        let was = self.valid_at;
        let is_still = self
            .records
            .rows()
            .all(|row| self.records.is_retired(row, was) == self.records.is_retired(row, valid_at));
        if is_still {
            self.valid_at = valid_at;
        }
        is_still
    }

    /// Returns whether a record is revoked, deprecated or no longer valid.
    pub(super) fn is_retired(&self, row: u32) -> bool {
        self.records.is_retired(row, self.valid_at)
    }
}

/// Returns a value for each element, in order.
fn in_parallel<T: Sync, R: Send>(elements: &[T], value: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
    elements.par_iter().map(value).collect()
}
