//! Associations of entities: the groups that an entity leads to, and new entities with one name.

use std::collections::BTreeMap;

use super::PatternContext;
use crate::{
    analysis::class::Class,
    compact::{ListsByPosition, SparseLists},
    index::{EntityIndex, GroupIndex},
    resolve::Resolution,
};

/// Most new entities that may share a name and still count as one.
const NAMESAKES_MAX: usize = 3;
/// Most groups that an entity may be associated with; with more it is associated with none.
const ASSOCIATED_MAX: usize = 2;

/// Returns, for each new principal entity, the other new entities of its kind and name.
pub(super) fn namesakes(context: &PatternContext, resolution: &Resolution) -> SparseLists<EntityIndex> {
    let mut by_name: BTreeMap<(&str, String), Vec<EntityIndex>> = BTreeMap::new();
    for (index, entity) in EntityIndex::enumerate(&resolution.entities) {
        if context.is_new[index.index()] && context.class[index.index()].is_principal() {
            by_name.entry((&entity.kind, entity.label.to_lowercase())).or_default().push(index);
        }
    }
    let mut namesakes = SparseLists::default();
    for same_name in by_name.into_values().filter(|same| (2..=NAMESAKES_MAX).contains(&same.len())) {
        for &entity in &same_name {
            let others = same_name.iter().copied().filter(|other| *other != entity);
            namesakes.insert(entity.index(), others.collect());
        }
    }
    namesakes
}

/// Returns the groups that each entity is associated with, ascending; at most [`ASSOCIATED_MAX`].
pub(super) fn associated_groups(context: &PatternContext) -> ListsByPosition<GroupIndex> {
    let associations = Associations { context };
    let mut lists = ListsByPosition::default();
    let mut groups = Vec::new();
    for entity in EntityIndex::first(context.class.len()) {
        groups.clear();
        associations.add(entity, &mut groups);
        groups.sort_unstable();
        groups.dedup();
        let is_few = groups.len() <= ASSOCIATED_MAX;
        lists.push(groups.iter().copied().filter(|_| is_few));
    }
    lists
}

/// Reads the groups of entities. Each function adds groups to a list, in any order and several times.
struct Associations<'a> {
    context: &'a PatternContext,
}

impl Associations<'_> {
    fn class(&self, entity: EntityIndex) -> Class {
        self.context.class[entity.index()]
    }

    fn neighbours(&self, entity: EntityIndex) -> impl Iterator<Item = EntityIndex> {
        let links = self.context.neighbours[entity.index()].iter().map(|(other, _)| *other);
        links.filter(|other| self.context.can_connect(*other))
    }

    fn neighbours_of_class(&self, entity: EntityIndex, class: Class) -> impl Iterator<Item = EntityIndex> {
        self.neighbours(entity).filter(move |other| self.class(*other) == class)
    }

    /// Adds the groups of one entity by its class.
    fn add(&self, entity: EntityIndex, groups: &mut Vec<GroupIndex>) {
        if !self.context.can_connect(entity) {
            return;
        }
        match self.class(entity) {
            class if class.is_principal() => self.add_of_principal(entity, groups),
            Class::Observable => self.add_of_observable(entity, groups),
            _ => self.add_of_carrier(entity, groups),
        }
    }

    /// Adds the group of a principal entity; without one the groups of the actors it has links to.
    fn add_of_principal(&self, entity: EntityIndex, groups: &mut Vec<GroupIndex>) {
        let group = |entity: EntityIndex| self.context.group_of[entity.index()];
        match group(entity) {
            Some(group) => groups.push(group),
            None => groups.extend(self.neighbours_of_class(entity, Class::Actor).filter_map(group)),
        }
    }

    /// Adds the groups of the principal entities that an entity has links to.
    fn add_of_principal_neighbours(&self, entity: EntityIndex, groups: &mut Vec<GroupIndex>) {
        for principal in self.neighbours(entity).filter(|other| self.class(*other).is_principal()) {
            self.add_of_principal(principal, groups);
        }
    }

    /// Adds the groups of an indicator or a report: those of its principal neighbours; without such groups
    /// those that its reports name, if a report names few.
    fn add_of_carrier(&self, entity: EntityIndex, groups: &mut Vec<GroupIndex>) {
        let before = groups.len();
        self.add_of_principal_neighbours(entity, groups);
        if groups.len() > before {
            return;
        }
        for report in self.neighbours_of_class(entity, Class::Report) {
            let mut named = Vec::new();
            self.add_of_principal_neighbours(report, &mut named);
            named.sort_unstable();
            named.dedup();
            if named.len() <= ASSOCIATED_MAX {
                groups.append(&mut named);
            }
        }
    }

    /// Adds the groups of an observable: those of its principal neighbours and of its indicators' principal
    /// neighbours. Reports count only if there are no such groups.
    fn add_of_observable(&self, entity: EntityIndex, groups: &mut Vec<GroupIndex>) {
        let before = groups.len();
        let indicators = || self.neighbours_of_class(entity, Class::Indicator);
        self.add_of_principal_neighbours(entity, groups);
        for indicator in indicators() {
            self.add_of_principal_neighbours(indicator, groups);
        }
        if groups.len() > before {
            return;
        }
        for carrier in indicators().chain(self.neighbours_of_class(entity, Class::Report)) {
            self.add_of_carrier(carrier, groups);
        }
    }
}
