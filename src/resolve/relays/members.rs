//! Members of reports that repeat another report.

use std::collections::HashMap;

use super::{
    attribution::Attribution,
    evidence::CopyEvidence,
    units::{Batch, Unit, Units},
};
use crate::{entity::Entity, index::EntityIndex, resolve::link_claims::LinkClaim};

/// Members of reports that repeat a report, by batch and member: the record that they repeat, with the evidence.
pub(super) type RepeatedMembers = HashMap<(Batch, EntityIndex), (u32, CopyEvidence)>;

/// Notes a report that repeats another one, with its members. A member with values of which the other report has none is
/// a finding of its own.
pub(super) fn repeat_members(
    units: &Units,
    (later, earlier): (&Unit, &Unit),
    repeated: (u32, CopyEvidence),
    members: &mut RepeatedMembers,
) {
    let Some(report) = later.container.filter(|container| !units.is_named(*container)) else { return };
    let known = &units.namings[earlier.namings.clone()];
    let is_known = |value: &EntityIndex| known.binary_search_by_key(value, |naming| naming.value).is_ok();
    members.entry((later.batch, report)).or_insert(repeated);
    for (_, batch, member) in units.members_of(report, Some(later.batch)) {
        let values = units.values_of(member);
        if values.is_empty() || values.iter().any(is_known) {
            members.entry((*batch, *member)).or_insert(repeated);
        }
    }
}

/// Adds the records about members of a repeated report, and about links between two of them.
pub(super) fn same_reports(
    units: &Units,
    members: &RepeatedMembers,
    (entities, links): (&[Entity], &[&[LinkClaim]]),
    attribution: &mut Attribution<'_>,
) {
    let repeated =
        |record: u32, entity: EntityIndex| members.get(&(units.recorded_batch[record as usize], entity));
    let mut of_members: Vec<EntityIndex> = members.keys().map(|(_, entity)| *entity).collect();
    of_members.sort_unstable();
    of_members.dedup();
    for member in of_members {
        for record in entities[member.index()].records.iter().map(|record| record.index() as u32) {
            if let Some(&(other, evidence)) = repeated(record, member) {
                attribution.add(record, other, evidence);
            }
        }
    }
    for claims in links {
        let (from, to, ..) = claims[0].key;
        for record in claims.iter().map(|claim| claim.record.index() as u32) {
            if let (Some(&(other, evidence)), Some(_)) = (repeated(record, from), repeated(record, to)) {
                attribution.add(record, other, evidence);
            }
        }
    }
}
