//! The records that give a flag its marking.

use std::collections::BTreeSet;

use crate::{
    analysis::Analysis,
    features::{self, Candidate},
    index::RecordIndex,
    marking::Marking,
};

/// Returns the records whose marking is the one of the flag, ascending: among those of the flag's entities, of its
/// recent links, and of payments at its members. All are records of the view, which its audience may read.
pub fn marked_by(analysis: &Analysis, candidate: &Candidate, marking: Marking) -> BTreeSet<RecordIndex> {
    let entities = candidate.members.iter().map(|&member| &analysis[member].records);
    let links = candidate.support.iter().map(|&link| &analysis[link].records);
    let payments = features::payments(analysis, candidate).into_iter().map(|link| &link.records);
    let records = entities.chain(links).chain(payments).flatten().copied();
    records.filter(|&record| analysis[record].marking == marking).collect()
}
