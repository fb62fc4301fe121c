//! The records that give a flag its marking.

use std::collections::BTreeSet;

use crate::{
    features::{self, Candidate},
    marking::Marking,
    record::RecordIndex,
    survey::Survey,
};

/// Returns the records whose marking is the one of the flag, ascending: among those of the flag's entities, of its
/// recent links, and of payments at its members. All are records of the view, which its audience may read.
pub fn marked_by(survey: &Survey, candidate: &Candidate, marking: Marking) -> BTreeSet<RecordIndex> {
    let entities = candidate.members.iter().map(|&at| &survey.resolution.entities[at as usize].records);
    let links = candidate.support.iter().map(|&at| &survey.resolution.links[at as usize].records);
    let payments = features::payments(survey, candidate).into_iter().map(|link| &link.records);
    let records = entities.chain(links).chain(payments).flatten().copied();
    records.filter(|&at| survey.view.records()[at as usize].marking == marking).collect()
}
