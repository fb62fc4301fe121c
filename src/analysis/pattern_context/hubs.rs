//! Hubs: entities with links to so many actors that two of these actors need not belong together.

use std::collections::BTreeSet;

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
    let round_ups = (0..class.len()).map(|entity| {
        let named = neighbours[entity].iter().map(|(other, _)| *other);
        class[entity] == Class::Report && count_actors(class, named) >= ROUND_UP_MIN
    });
    let links = EarlierLinks { class, neighbours, link_is_new, is_round_up: round_ups.collect() };
    (0..class.len())
        .map(|entity| match class[entity] {
            Class::Report => links.is_round_up[entity],
            Class::Actor | Class::Activity | Class::Capability => {
                count_actors(class, links.of(entity).filter(|other| other.index() != entity)) >= HUB_MIN
            }
            Class::Observable | Class::Indicator => links.owners(entity).len() >= HUB_MIN,
            Class::Context => false,
        })
        .collect()
}

fn count_actors(class: &[Class], entities: impl Iterator<Item = EntityIndex>) -> usize {
    let actors: BTreeSet<EntityIndex> =
        entities.filter(|entity| class[entity.index()] == Class::Actor).collect();
    actors.len()
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
    /// indicator or a report that is not a round-up.
    fn owners(&self, entity: usize) -> BTreeSet<EntityIndex> {
        let mut owners = BTreeSet::new();
        for neighbour in self.of(entity) {
            match self.class[neighbour.index()] {
                Class::Actor | Class::Activity | Class::Capability => {
                    owners.insert(neighbour);
                }
                Class::Indicator | Class::Report if !self.is_round_up[neighbour.index()] => {
                    let beyond = self.of(neighbour.index());
                    owners.extend(beyond.filter(|owner| self.class[owner.index()].is_principal()));
                }
                _ => {}
            }
        }
        owners
    }
}
