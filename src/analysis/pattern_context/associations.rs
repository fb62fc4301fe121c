//! Associations of entities: the groups that an entity leads to, and new entities with one name.

use std::collections::{BTreeMap, BTreeSet};

use super::PatternContext;
use crate::{
    analysis::class::Class,
    index::{EntityIndex, GroupIndex},
    resolve::Resolution,
};

/// Most new entities that may share a name and still count as one.
const NAMESAKES_MAX: usize = 3;
/// Most groups that an entity may be associated with; with more it is associated with none.
const ASSOCIATED_MAX: usize = 2;

/// Returns, for each new principal entity, the other new entities of its kind and name.
pub(super) fn namesakes(context: &PatternContext, resolution: &Resolution) -> Vec<Vec<EntityIndex>> {
    let mut by_name: BTreeMap<(&str, String), Vec<EntityIndex>> = BTreeMap::new();
    for (index, entity) in EntityIndex::enumerate(&resolution.entities) {
        if context.is_new[index.index()] && context.class[index.index()].is_principal() {
            by_name.entry((&entity.kind, entity.label.to_lowercase())).or_default().push(index);
        }
    }
    let mut namesakes = vec![Vec::new(); resolution.entities.len()];
    for same_name in by_name.into_values().filter(|same| (2..=NAMESAKES_MAX).contains(&same.len())) {
        for &entity in &same_name {
            namesakes[entity.index()] = same_name.iter().copied().filter(|other| *other != entity).collect();
        }
    }
    namesakes
}

/// Returns the groups that each entity is associated with, ascending; at most [`ASSOCIATED_MAX`].
pub(super) fn associated_groups(context: &PatternContext) -> Vec<Vec<GroupIndex>> {
    let associations = Associations { context };
    let groups = EntityIndex::first(context.class.len()).map(|entity| associations.of(entity));
    groups
        .map(|groups| if groups.len() <= ASSOCIATED_MAX { groups.into_iter().collect() } else { Vec::new() })
        .collect()
}

type GroupSet = BTreeSet<GroupIndex>;

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

    /// Returns the groups of one entity by its class.
    fn of(&self, entity: EntityIndex) -> GroupSet {
        if !self.context.can_connect(entity) {
            return GroupSet::new();
        }
        match self.class(entity) {
            class if class.is_principal() => self.of_principal(entity),
            Class::Observable => self.of_observable(entity),
            _ => self.of_carrier(entity),
        }
    }

    /// Returns the group of a principal entity; without one the groups of the actors it has links to.
    fn of_principal(&self, entity: EntityIndex) -> GroupSet {
        let group = |entity: EntityIndex| self.context.group_of[entity.index()];
        match group(entity) {
            Some(group) => [group].into(),
            None => self.neighbours_of_class(entity, Class::Actor).filter_map(group).collect(),
        }
    }

    /// Returns the groups of the principal entities that an entity has links to.
    fn of_principal_neighbours(&self, entity: EntityIndex) -> GroupSet {
        let principals = self.neighbours(entity).filter(|other| self.class(*other).is_principal());
        principals.flat_map(|principal| self.of_principal(principal)).collect()
    }

    /// Returns the groups of an indicator or a report: those of its principal neighbours; without such groups
    /// those that its reports name, if a report names few.
    fn of_carrier(&self, entity: EntityIndex) -> GroupSet {
        let groups = self.of_principal_neighbours(entity);
        if !groups.is_empty() {
            return groups;
        }
        let reports = self.neighbours_of_class(entity, Class::Report);
        let named = reports.map(|report| self.of_principal_neighbours(report));
        named.filter(|groups| groups.len() <= ASSOCIATED_MAX).flatten().collect()
    }

    /// Returns the groups of an observable: those of its principal neighbours and of its indicators' principal
    /// neighbours. Reports count only if there are no such groups.
    fn of_observable(&self, entity: EntityIndex) -> GroupSet {
        let indicators = || self.neighbours_of_class(entity, Class::Indicator);
        let mut groups = self.of_principal_neighbours(entity);
        groups.extend(indicators().flat_map(|indicator| self.of_principal_neighbours(indicator)));
        if groups.is_empty() {
            let carriers = indicators().chain(self.neighbours_of_class(entity, Class::Report));
            groups = carriers.flat_map(|carrier| self.of_carrier(carrier)).collect();
        }
        groups
    }
}
