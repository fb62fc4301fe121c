//! Hubs: entities with links to so many actors that two of these actors need not belong together.

use super::NeighbourLists;
use crate::{analysis::class::Class, index::EntityIndex};

/// Fewest actors, or other owners, that make a shared entity a hub.
const HUB_MIN: usize = 5;
/// Fewest actors that make a report a round-up.
const ROUND_UP_MIN: usize = 3;

/// Returns, for each entity, whether it is a hub.
///
/// A report is a hub if it names [`ROUND_UP_MIN`] actors. For the other classes only the links before the recent
/// window count, so that a sudden rise in links stays visible.
pub(super) fn hubs(class: &[Class], neighbours: &NeighbourLists, link_is_new: &[bool]) -> Vec<bool> {
    // One buffer for the distinct entities of each list.
    let distinct = &mut Vec::new();
    let is_actor = |entity: &EntityIndex| class[entity.index()] == Class::Actor;
    let mut is_round_up = vec![false; class.len()];
    for entity in (0..class.len()).filter(|entity| class[*entity] == Class::Report) {
        let actors = neighbours[entity].iter().map(|(other, _)| *other).filter(is_actor);
        is_round_up[entity] = has_distinct(ROUND_UP_MIN, distinct, actors);
    }
    let links = EarlierLinks { class, neighbours, link_is_new, is_round_up };
    (0..class.len())
        .map(|entity| match class[entity] {
            Class::Report => links.is_round_up[entity],
            Class::Actor | Class::Activity | Class::Capability => {
                let actors = links.of(entity).filter(|other| other.index() != entity).filter(is_actor);
                has_distinct(HUB_MIN, distinct, actors)
            }
            Class::Observable | Class::Indicator => has_distinct(HUB_MIN, distinct, links.owners(entity)),
            Class::Context => false,
        })
        .collect()
}

/// Returns whether at least `count` of some entities are distinct.
fn has_distinct(
    count: usize,
    buffer: &mut Vec<EntityIndex>,
    entities: impl Iterator<Item = EntityIndex>,
) -> bool {
    buffer.clear();
    buffer.extend(entities);
    if buffer.len() < count {
        return false;
    }
    buffer.sort_unstable();
    buffer.dedup();
    buffer.len() >= count
}

/// Links before the recent window.
struct EarlierLinks<'a> {
    class: &'a [Class],
    neighbours: &'a NeighbourLists,
    link_is_new: &'a [bool],
    is_round_up: Vec<bool>,
}

impl EarlierLinks<'_> {
    /// Returns the other ends of an entity's links.
    fn of(&self, entity: usize) -> impl Iterator<Item = EntityIndex> {
        let links = self.neighbours[entity].iter();
        links.filter(|(_, link)| !self.link_is_new[link.index()]).map(|(other, _)| *other)
    }

    /// Returns the principal entities that an observable or indicator leads to: directly, or through an
    /// indicator or a report that is not a round-up. An entity may occur several times.
    fn owners(&self, entity: usize) -> impl Iterator<Item = EntityIndex> {
        let is_principal = |entity: &EntityIndex| self.class[entity.index()].is_principal();
        self.of(entity).flat_map(move |neighbour| {
            let is_carrier = matches!(self.class[neighbour.index()], Class::Indicator | Class::Report)
                && !self.is_round_up[neighbour.index()];
            let beyond = is_carrier.then(|| self.of(neighbour.index()).filter(is_principal));
            let itself = Some(neighbour).filter(is_principal);
            itself.into_iter().chain(beyond.into_iter().flatten())
        })
    }
}
