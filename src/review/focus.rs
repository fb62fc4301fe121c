//! Focus of an audience: it orders and cuts the review queue, and changes nothing that is computed.

use std::collections::BTreeSet;

use super::Flag;
use crate::{
    analysis::Analysis, canonical, entity::Entity, features::Candidate, index::EntityIndex, view::Focus,
};

/// Kinds of entities that are a sector, and those that are a region.
const SECTOR_KIND: &str = "identity";
const REGION_KIND: &str = "location";

/// Returns the number of criteria of a focus that each flag meets: a sector, a region, a kind. `None` without a focus, and
/// for a flag without a candidate in this run.
///
/// A flag meets a sector or a region if one of its entities is that sector or region, or has a link to it. A name matches
/// if it contains the words of the criterion.
pub(super) fn criteria_met(
    focus: &Focus,
    analysis: &Analysis,
    flags: &[Flag],
    candidates: &[Candidate],
) -> Vec<Option<u32>> {
    if focus.is_empty() {
        return vec![None; flags.len()];
    }
    let sectors = entities_at(analysis, SECTOR_KIND, &focus.sectors);
    let regions = entities_at(analysis, REGION_KIND, &focus.regions);
    let has_kind = |entity: EntityIndex| focus.kinds.iter().any(|kind| analysis[entity].kind == *kind);
    let count = |flag: &Flag| {
        let members = &candidates[flag.candidate?].members;
        let is_met = |test: &dyn Fn(EntityIndex) -> bool| members.iter().any(|&member| test(member));
        let met = [
            is_met(&|member| sectors.contains(&member)),
            is_met(&|member| regions.contains(&member)),
            is_met(&has_kind),
        ];
        Some(met.into_iter().filter(|is_met| *is_met).count() as u32)
    };
    flags.iter().map(count).collect()
}

/// Returns the entities of a kind with one of these names, and the entities with a link to one of them.
fn entities_at(analysis: &Analysis, kind: &str, names: &[String]) -> BTreeSet<EntityIndex> {
    let names: Vec<String> = names.iter().map(|name| padded(name)).collect();
    let is_named = |entity: &Entity| {
        entity.kind == kind
            && entity.names().map(padded).any(|text| names.iter().any(|name| text.contains(name)))
    };
    let entities = EntityIndex::enumerate(&analysis.resolution.entities);
    let named: BTreeSet<EntityIndex> =
        entities.filter(|(_, entity)| is_named(entity)).map(|(index, _)| index).collect();
    let mut at = named.clone();
    for link in &analysis.resolution.links {
        if named.contains(&link.from) {
            at.insert(link.to);
        }
        if named.contains(&link.to) {
            at.insert(link.from);
        }
    }
    at
}

/// Returns the words of a name between blanks, so that only whole words match.
fn padded(text: &str) -> String {
    format!(" {} ", canonical::name(text))
}
