//! Rows that stay, and what they mean without the removed ones.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{ErasurePlan, RowEffect, Rows, each_row};
use crate::{
    archive::manifest::{self, CommitEntry},
    record::{Mode, RecordState},
};

/// Gives the remaining rows of each concerned key the meaning that they have without the removed ones.
///
/// A withdrawal or a reject of a key that was never there has no row. A complete snapshot whose only rows of a key are
/// removed does not have the key, so the key is withdrawn there, if it was there before.
pub(super) fn settle_keys(rows: &Rows, commits: &[CommitEntry], plan: &mut ErasurePlan) {
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
            plan.set(rows, group[0], RowEffect::Withdrawn);
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
        for place in kept {
            plan.set(rows, place, RowEffect::Removed);
        }
        return presence;
    }
    if is_withdrawal { Presence::Withdrawn } else { Presence::Present }
}
