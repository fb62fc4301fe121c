//! # Definition
//! An entity that newly joins two or more connected components, and is the only path between them. The components are
//! those of the links before the recent window, among entities that can connect others. Each has at least four entities, and is of
//! more than one account. A known entity joins its own component with another one. A new one joins several. At least two accounts
//! (see `accounts`) have recent news about each joined component except the entity's own or nearest one. They link the entity with
//! different members, directly or through a new indicator or report. The records that one source writes on one day outside of reports
//! are one account here, because an edit of a list links a name to many members at once. Without the entity, no
//! path of present links joins the components. So it is an articulation point of the present graph.
//!
//! # Rationale
//! A supplier, a courier or a common account is often the only link between groups that otherwise avoid each other. If it is
//! lost, they are apart again. Tarjan (1972) and Hopcroft and Tarjan (1973) define articulation points. Burt (1992) describes the
//! advantage of the one who bridges two groups.
//!
//! # Chance
//! Joining is not rare: in most inputs one large component contains nearly all entities, and rewired links join nearly all
//! components. Concentration is rare: several accounts independently lead from one entity to the same small component.
//! The number of an entity's accounts that lead to a component is compared with two binomial distributions. In the first one, each account
//! draws its far end by degree among all far ends of its class. In the second one, an account leads out of the nearest component of
//! the entity as often as those of other entities do. Only components that are no larger count. All such accounts of one entity lead
//! to the same component, because accounts of one entity resemble each other. The expected number is the larger of the two tails, times
//! the number of entities with at least two accounts (Tarone 1990), and in the first case of components. The nearest component of a
//! new entity is the one that chance explains least, and counts nothing.
//!
//! # False positives
//! A common service that no list contains yet; two customers of one supplier; a known path between the groups that no source
//! delivers; a name that two unrelated entities have.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{
        FlagTitle,
        accounts::{AccountsOfLinks, Key},
    },
    Null, Pattern, label, limit_to_leads,
};
use crate::{
    analysis::{Analysis, Class},
    features::Candidate,
    flow::ln_binomial_tail,
    index::{EntityIndex, GroupIndex, LinkIndex},
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "new cut vertex",
    about: "An entity that several accounts newly link to members of two or more components that had no path to each other, and have none without it.",
    rationale: "A supplier, a courier or a common account is often the only link between groups that otherwise avoid each other.",
    false_positives: "A common service that no list contains yet, two customers of one supplier, or a name that two unrelated entities have.",
    unit: "accounts that link it to the component that chance explains least",
    find,
    null: Null::Closed,
    title: "{name} alone joins {components} components that had no path to each other[components>2?, among them|:] those \
            around {first} and {second}. Without it, {entities} entities around {second} have no path to the others.",
    title_of,
};

/// Fewest entities of a component. A smaller one is one or two claims about one subject, so its loss parts little.
const ENTITIES_MIN: usize = 4;
/// Fewest accounts that link an entity to a component, besides its own or nearest one.
const ACCOUNTS_MIN: usize = 2;
/// Most entities that the search for other paths reaches. Beyond it, the candidate is dropped. Chance often leads to components of this size.
const REACH_MAX: usize = 10_000;
/// Expected number from which an instance is not listed.
const EXPECTED_MAX: f64 = 1.0;
/// Most members of components that an indicator or report names. One with more is a list, and shows no link between what it names.
const NAMED_MAX: usize = 50;
/// Pseudo-observation for the rate at which accounts lead out of the nearest component.
const PRIOR_ACCOUNTS: f64 = 0.5;

/// Connected component of the links before the recent window, by its number.
type Component = u32;

/// Connected components of the earlier links.
struct Components {
    /// Component of each entity; `None` for an entity without earlier links to others that can connect.
    of_entity: Vec<Option<Component>>,
    /// Number of entities of each component.
    sizes: Vec<usize>,
}

impl Components {
    fn of(analysis: &Analysis) -> Self {
        let context = &analysis.context;
        let mut components = Self { of_entity: vec![None; context.class.len()], sizes: Vec::new() };
        let mut pending = Vec::new();
        for start in EntityIndex::first(context.class.len()) {
            let has_links = || context.links_of(start, false).any(|(other, _)| other != start);
            if components.of_entity[start.index()].is_some() || !context.can_connect(start) || !has_links() {
                continue;
            }
            let number = components.sizes.len() as Component;
            components.of_entity[start.index()] = Some(number);
            components.sizes.push(0);
            pending.push(start);
            while let Some(entity) = pending.pop() {
                components.sizes[number as usize] += 1;
                for (other, _) in context.links_of(entity, false) {
                    if components.of_entity[other.index()].is_none() {
                        components.of_entity[other.index()] = Some(number);
                        pending.push(other);
                    }
                }
            }
        }
        components
    }

    fn size(&self, component: Component) -> usize {
        self.sizes[component as usize]
    }

    /// Returns the component of an entity; `None` if it has fewer than [`ENTITIES_MIN`] entities.
    fn at(&self, entity: EntityIndex) -> Option<Component> {
        self.of_entity[entity.index()].filter(|component| self.size(*component) >= ENTITIES_MIN)
    }

    /// Returns the number of components with at least [`ENTITIES_MIN`] entities.
    fn count(&self) -> usize {
        self.sizes.iter().filter(|size| **size >= ENTITIES_MIN).count()
    }
}

/// Members of components that new indicators and reports name, in the order of these: the indicator or report, the member, the link.
struct Statements(Vec<(EntityIndex, EntityIndex, LinkIndex)>);

impl Statements {
    fn of(analysis: &Analysis, components: &Components) -> Self {
        let context = &analysis.context;
        let is_statement = |at: &EntityIndex| {
            matches!(context.class[at.index()], Class::Indicator | Class::Report)
                && components.of_entity[at.index()].is_none()
                && context.can_connect(*at)
        };
        let statements = EntityIndex::first(context.class.len()).filter(is_statement);
        let named =
            statements.flat_map(|at| context.links_of(at, true).map(move |(to, link)| (at, to, link)));
        Self(named.filter(|(_, to, _)| components.at(*to).is_some()).collect())
    }

    /// Returns the members that an indicator or report names; none if it names more than [`NAMED_MAX`].
    fn named_by(&self, statement: EntityIndex) -> &[(EntityIndex, EntityIndex, LinkIndex)] {
        let start = self.0.partition_point(|(at, ..)| *at < statement);
        let end = self.0.partition_point(|(at, ..)| *at <= statement);
        if end - start > NAMED_MAX { &[] } else { &self.0[start..end] }
    }
}

/// Recent news that links an entity to the members of one component.
#[derive(Default)]
struct Ties<'a> {
    /// Members of the component that each account leads to.
    members: BTreeMap<Key<'a>, BTreeSet<EntityIndex>>,
    links: BTreeSet<LinkIndex>,
}

impl Ties<'_> {
    /// Returns the largest number of accounts that lead to as many different members: a maximum matching by augmenting paths.
    fn independent(&self) -> usize {
        let accounts: Vec<&BTreeSet<EntityIndex>> = self.members.values().collect();
        let mut account_of: BTreeMap<EntityIndex, usize> = BTreeMap::new();
        (0..accounts.len())
            .filter(|at| augment(*at, &accounts, &mut account_of, &mut BTreeSet::new()))
            .count()
    }
}

/// Gives an account a member of its own, and moves other accounts to other members where it must. Returns whether it could.
fn augment(
    account: usize,
    accounts: &[&BTreeSet<EntityIndex>],
    account_of: &mut BTreeMap<EntityIndex, usize>,
    tried: &mut BTreeSet<EntityIndex>,
) -> bool {
    for member in accounts[account] {
        if tried.insert(*member) {
            let current = account_of.get(member).copied();
            if current.is_none_or(|other| augment(other, accounts, account_of, tried)) {
                account_of.insert(*member, account);
                return true;
            }
        }
    }
    false
}

/// An entity at risk, with its recent news by component.
struct Joiner<'a> {
    entity: EntityIndex,
    /// Its own earlier component.
    own: Option<Component>,
    ties: BTreeMap<Component, Ties<'a>>,
    /// Components to which it has a recent link without news.
    known: BTreeSet<Component>,
    /// Number of its accounts that lead to any component.
    accounts: usize,
}

impl<'a> Joiner<'a> {
    /// Returns `None` without accounts.
    fn of(
        analysis: &'a Analysis,
        components: &Components,
        (statements, accounts): (&Statements, &AccountsOfLinks<'a>),
        entity: EntityIndex,
    ) -> Option<Self> {
        let context = &analysis.context;
        let own = components.at(entity);
        let mut joiner = Self { entity, own, ties: BTreeMap::new(), known: BTreeSet::new(), accounts: 0 };
        for namesake in context.named(entity) {
            for (other, link) in
                context.links_of(namesake, true).filter(|(_, link)| !analysis[*link].is_event())
            {
                if components.of_entity[other.index()].is_some() {
                    joiner.add(analysis, components, accounts, (other, link), link);
                } else {
                    for (_, member, onward) in statements.named_by(other) {
                        joiner.add(analysis, components, accounts, (*member, *onward), link);
                    }
                }
            }
        }
        let all: BTreeSet<Key<'_>> =
            joiner.ties.values().flat_map(|ties| ties.members.keys().copied()).collect();
        joiner.accounts = all.len();
        (joiner.accounts > 0).then_some(joiner)
    }

    /// Adds a path that ends at a member of a component by its last link. `first` is the link at the entity itself.
    fn add(
        &mut self,
        analysis: &'a Analysis,
        components: &Components,
        accounts: &AccountsOfLinks<'a>,
        (member, last): (EntityIndex, LinkIndex),
        first: LinkIndex,
    ) {
        let context = &analysis.context;
        let Some(component) = components.at(member) else { return };
        if context.news[first.index()] <= 0.0 || context.news[last.index()] <= 0.0 {
            self.known.insert(component);
            return;
        }
        let ties = self.ties.entry(component).or_default();
        for account in accounts.by_day(analysis, first) {
            ties.members.entry(account).or_default().insert(member);
        }
        ties.links.extend([first, last]);
    }

    /// Returns the component that it belongs to: its own, or the one that most accounts lead to, the largest of several.
    fn nearest(&self, components: &Components) -> Option<Component> {
        let most = self.ties.iter().max_by_key(|(component, ties)| {
            (ties.members.len(), components.size(**component), std::cmp::Reverse(**component))
        });
        self.own.or(most.map(|(component, _)| *component))
    }

    /// Returns the number of accounts by which others lead out of their nearest component to this entity alone, if its own component
    /// has at most this size.
    fn mirrored(
        &self,
        components: &Components,
        joiners: &BTreeMap<EntityIndex, Joiner<'_>>,
        size: usize,
    ) -> usize {
        let Some(own) = self.own.filter(|own| components.size(*own) <= size) else { return 0 };
        let ends: BTreeSet<EntityIndex> =
            self.ties.values().flat_map(|ties| ties.members.values().flatten().copied()).collect();
        let others = ends.iter().filter_map(|end| joiners.get(end));
        let leaving = others.filter(|other| other.nearest(components) != Some(own));
        let accounts =
            leaving.filter_map(|other| other.ties.get(&own)).flat_map(|ties| ties.members.values());
        accounts.filter(|members| members.iter().all(|member| *member == self.entity)).count()
    }

    /// Returns the size and the number of accounts of each component besides the nearest one.
    fn outward(&self, components: &Components) -> impl Iterator<Item = (usize, usize)> {
        let nearest = self.nearest(components);
        let others = self.ties.iter().filter(move |(component, _)| Some(**component) != nearest);
        others.map(|(component, ties)| (components.size(*component), ties.members.len()))
    }
}

/// Counts from which the expected number of instances follows.
struct Chance {
    /// Number of entities with at least [`ACCOUNTS_MIN`] accounts.
    entities: usize,
    /// Number of components.
    components: usize,
    /// Number of accounts of all entities.
    accounts: usize,
    /// Accounts that lead out of the nearest component of their entity, ascending by the size of the component that they lead to. Each
    /// row has the size, and the number of accounts that lead to one of at most this size.
    outward: Vec<(usize, usize)>,
    /// Number of link ends of each class.
    ends: BTreeMap<Class, usize>,
}

impl Chance {
    /// Counts the components and their link ends.
    fn of(analysis: &Analysis, components: &Components) -> Self {
        let mut ends: BTreeMap<Class, usize> = BTreeMap::new();
        for entity in EntityIndex::first(components.of_entity.len()) {
            if components.of_entity[entity.index()].is_some() {
                let class = analysis.context.class[entity.index()];
                *ends.entry(class).or_default() += degree(analysis, entity);
            }
        }
        Self { entities: 0, components: components.count(), accounts: 0, outward: Vec::new(), ends }
    }

    /// Counts an entity. Returns whether one of its accounts leads out of its nearest component.
    fn add(&mut self, components: &Components, joiner: &Joiner<'_>) -> bool {
        let before = self.outward.len();
        self.entities += usize::from(joiner.accounts >= ACCOUNTS_MIN);
        self.accounts += joiner.accounts;
        self.outward.extend(joiner.outward(components));
        self.outward.len() > before
    }

    /// Replaces the accounts of each size by those of at most this size.
    fn sum_outward(&mut self) {
        self.outward.sort_unstable();
        let mut sum = 0;
        for (_, accounts) in &mut self.outward {
            sum += *accounts;
            *accounts = sum;
        }
    }

    /// Returns the rate at which accounts of other entities lead to a component of at most this size that is not the nearest one.
    /// The accounts that link the entity itself do not count from their other ends either.
    fn outward_rate(
        &self,
        components: &Components,
        joiner: &Joiner<'_>,
        size: usize,
        mirrored: usize,
    ) -> f64 {
        let at = self.outward.partition_point(|(other, _)| *other <= size);
        let all = at.checked_sub(1).map_or(0, |last| self.outward[last].1);
        let smaller = joiner.outward(components).filter(|(other, _)| *other <= size);
        let own: usize = smaller.map(|(_, accounts)| accounts).sum();
        let outward = (all - own).saturating_sub(mirrored) as f64 + PRIOR_ACCOUNTS;
        let accounts =
            (self.accounts - joiner.accounts).saturating_sub(mirrored) as f64 + 2.0 * PRIOR_ACCOUNTS;
        (outward / accounts).min(1.0)
    }

    /// Returns the share of a component among the link ends of a class, the largest over the classes of the linked members.
    fn share(&self, analysis: &Analysis, ties: &Ties<'_>, component: &Joinable) -> f64 {
        let class = |entity: &EntityIndex| analysis.context.class[entity.index()];
        let linked: BTreeSet<Class> = ties.members.values().flatten().map(class).collect();
        let count = |ends: &BTreeMap<Class, usize>, of: &Class| ends.get(of).copied().unwrap_or(0) as f64;
        let share = |of: &Class| count(&component.ends, of) / count(&self.ends, of).max(1.0);
        linked.iter().map(share).fold(0.0, f64::max)
    }

    /// Returns the number of instances that chance gives with at least as many accounts. `share` is that of the component among the
    /// link ends of its class.
    fn expected(&self, accounts: (usize, usize), share: f64, rate: f64) -> f64 {
        let (independent, all) = accounts;
        let tail = |chance: f64| ln_binomial_tail(independent, all, chance).exp();
        let by_degree = self.components as f64 * tail(share);
        self.entities as f64 * by_degree.max(tail(rate))
    }
}

/// Returns the number of an entity's links before the recent window. Recent links would count the instance itself.
fn degree(analysis: &Analysis, entity: EntityIndex) -> usize {
    analysis.context.links_of(entity, false).count()
}

fn find(analysis: &Analysis) -> Vec<Candidate> {
    if analysis.recent.cut.is_none() {
        return Vec::new();
    }
    let components = Components::of(analysis);
    let accounts = AccountsOfLinks::recent(analysis);
    let statements = Statements::of(analysis, &components);
    let mut chance = Chance::of(analysis, &components);
    // Only those that lead out of their nearest component are kept. The others are many.
    let mut joiners: BTreeMap<EntityIndex, Joiner<'_>> = BTreeMap::new();
    for entity in at_risk(analysis) {
        let joiner = Joiner::of(analysis, &components, (&statements, &accounts), entity);
        if let Some(joiner) = joiner.filter(|joiner| chance.add(&components, joiner)) {
            joiners.insert(entity, joiner);
        }
    }
    chance.sum_outward();
    let joining: Vec<&Joiner<'_>> = joiners.values().filter(|joiner| joins(joiner)).collect();
    if joining.is_empty() {
        return Vec::new();
    }
    let joinable = joinable(analysis, &components, &joining);
    let mut candidates: Vec<Candidate> = joining
        .into_iter()
        .filter_map(|joiner| candidate(analysis, &components, &joinable, joiner, (&joiners, &chance)))
        .collect();
    limit_to_leads(analysis, &mut candidates);
    candidates
}

/// Returns the entities that may join components: actors, activities, capabilities and observables.
fn at_risk(analysis: &Analysis) -> impl Iterator<Item = EntityIndex> {
    let context = &analysis.context;
    EntityIndex::first(context.class.len()).filter(|&at| {
        let class = context.class[at.index()];
        // The first of several new entities with one name represents all of them.
        let is_first = context.namesakes[at.index()].iter().all(|other| *other > at);
        (class.is_principal() || class == Class::Observable) && is_first && context.can_connect(at)
    })
}

/// Returns whether an entity has news from several accounts about a component besides its own, and two components.
fn joins(joiner: &Joiner<'_>) -> bool {
    let others = joiner.ties.iter().filter(|(component, _)| Some(**component) != joiner.own);
    let several = others.clone().filter(|(_, ties)| ties.members.len() >= ACCOUNTS_MIN).count();
    several > 0 && others.count() + usize::from(joiner.own.is_some()) > 1
}

/// A component that an entity may join with another one.
#[derive(Default)]
struct Joinable {
    /// Its entities, ascending.
    members: Vec<EntityIndex>,
    /// Number of its link ends of each class.
    ends: BTreeMap<Class, usize>,
}

/// Returns the components that entities may join.
fn joinable(
    analysis: &Analysis,
    components: &Components,
    joining: &[&Joiner<'_>],
) -> BTreeMap<Component, Joinable> {
    let joined = joining.iter().flat_map(|joiner| joiner.ties.keys().copied().chain(joiner.own));
    let mut joinable: BTreeMap<Component, Joinable> =
        joined.map(|component| (component, Joinable::default())).collect();
    for entity in EntityIndex::first(analysis.context.class.len()) {
        if let Some(one) = components.at(entity).and_then(|component| joinable.get_mut(&component)) {
            one.members.push(entity);
            *one.ends.entry(analysis.context.class[entity.index()]).or_default() += degree(analysis, entity);
        }
    }
    joinable
}

/// A component that an entity joins with its nearest one.
struct Joined {
    component: Component,
    /// Independent accounts that lead there.
    accounts: usize,
    expected: f64,
    /// Number of entities that have no path to the other components without the entity.
    parted: usize,
}

fn candidate(
    analysis: &Analysis,
    components: &Components,
    joinable: &BTreeMap<Component, Joinable>,
    joiner: &Joiner<'_>,
    (joiners, chance): (&BTreeMap<EntityIndex, Joiner<'_>>, &Chance),
) -> Option<Candidate> {
    let (nearest, mut joined) = joined(analysis, components, joinable, joiner, (joiners, chance))?;
    let others: BTreeSet<Component> = joined.iter().map(|one| one.component).chain([nearest]).collect();
    let has_accounts =
        |component: Component| has_accounts(analysis, components, &joinable[&component].members);
    joined.retain_mut(|one| {
        let parted = parted(analysis, components, joiner.entity, &joinable[&one.component].members, &others);
        one.parted = parted.unwrap_or(0);
        parted.is_some() && has_accounts(one.component)
    });
    let first = joined.first().filter(|_| has_accounts(nearest))?;
    let all = joined.iter().map(|one| one.component).chain([nearest]);
    let ties = all.filter_map(|component| joiner.ties.get(&component));
    let support: BTreeSet<LinkIndex> = ties.flat_map(|ties| ties.links.iter().copied()).collect();
    let ends: BTreeSet<EntityIndex> =
        support.iter().flat_map(|link| [analysis[*link].from, analysis[*link].to]).collect();
    let groups: BTreeSet<GroupIndex> =
        ends.iter().filter_map(|end| analysis.context.group_of[end.index()]).collect();
    let main = |component: Component| main_of(analysis, joiner.entity, &joinable[&component].members);
    let anchors = vec![joiner.entity, main(nearest)?, main(first.component)?];
    let groups = groups.into_iter().collect();
    let mut candidate = Candidate::new(analysis, PATTERN.name, anchors, ends, groups, support);
    candidate.statistic = first.accounts as f64;
    candidate.expected = Some(first.expected);
    candidate.counts = vec![joined.len() + 1, first.parted];
    Some(candidate)
}

/// Returns the nearest component of an entity, and the others that it joins, the one that chance explains least first; `None` if
/// there is no other that chance seldom explains.
fn joined(
    analysis: &Analysis,
    components: &Components,
    joinable: &BTreeMap<Component, Joinable>,
    joiner: &Joiner<'_>,
    (joiners, chance): (&BTreeMap<EntityIndex, Joiner<'_>>, &Chance),
) -> Option<(Component, Vec<Joined>)> {
    let others = joiner.ties.iter().filter(|(component, _)| Some(**component) != joiner.own);
    let mut all: Vec<Joined> = others
        .filter(|(component, _)| !joiner.known.contains(component))
        .map(|(&component, ties)| {
            let accounts = ties.independent();
            let share = chance.share(analysis, ties, &joinable[&component]);
            let size = components.size(component);
            let mirrored = joiner.mirrored(components, joiners, size);
            let rate = chance.outward_rate(components, joiner, size, mirrored);
            let expected = chance.expected((accounts, joiner.accounts), share, rate);
            Joined { component, accounts, expected, parted: 0 }
        })
        .collect();
    all.sort_by(|a, b| a.expected.total_cmp(&b.expected).then(a.component.cmp(&b.component)));
    let nearest = match joiner.own {
        Some(own) => own,
        None if all.is_empty() => return None,
        None => all.remove(0).component,
    };
    all.retain(|one| one.accounts >= ACCOUNTS_MIN && one.expected < EXPECTED_MAX);
    (!all.is_empty()).then_some((nearest, all))
}

/// Returns the number of entities that a component's members have a present path to, without an entity. Returns `None` if one of
/// them is in another of the joined components, or if there are more than [`REACH_MAX`].
fn parted(
    analysis: &Analysis,
    components: &Components,
    without: EntityIndex,
    members: &[EntityIndex],
    joined: &BTreeSet<Component>,
) -> Option<usize> {
    let context = &analysis.context;
    let own = components.of_entity[members[0].index()];
    let removed: BTreeSet<EntityIndex> = context.named(without).collect();
    let is_other = |entity: EntityIndex| {
        let component = components.of_entity[entity.index()].filter(|component| joined.contains(component));
        component.is_some() && component != own
    };
    let mut reached: BTreeSet<EntityIndex> = members.iter().copied().collect();
    let mut pending = members.to_vec();
    while let Some(entity) = pending.pop() {
        if reached.len() > REACH_MAX {
            return None;
        }
        for (other, _) in &context.neighbours[entity.index()] {
            if removed.contains(other) || !context.can_connect(*other) || !reached.insert(*other) {
                continue;
            }
            if is_other(*other) {
                return None;
            }
            pending.push(*other);
        }
    }
    Some(reached.len())
}

/// Returns whether the links of a component are of several accounts. A component beyond [`REACH_MAX`] is not searched.
fn has_accounts(analysis: &Analysis, components: &Components, members: &[EntityIndex]) -> bool {
    if components.of_entity[members[0].index()]
        .is_some_and(|component| components.size(component) > REACH_MAX)
    {
        return true;
    }
    let links = members.iter().flat_map(|member| analysis.context.links_of(*member, false));
    let links: Vec<LinkIndex> = links.map(|(_, link)| link).collect();
    let accounts = AccountsOfLinks::among(analysis, &links);
    let mut all = links.iter().flat_map(|link| accounts.of(analysis, *link));
    let first = all.next();
    all.any(|account| Some(account) != first)
}

/// Returns the entity that names a component: an actor before an activity and so on, then the one with the most links; `None` if
/// `without` is its only one.
fn main_of(analysis: &Analysis, without: EntityIndex, members: &[EntityIndex]) -> Option<EntityIndex> {
    let context = &analysis.context;
    let others = members.iter().copied().filter(|member| *member != without);
    others.min_by_key(|at| (context.class[at.index()], std::cmp::Reverse(degree(analysis, *at)), *at))
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let names = ["name", "first", "second"];
    let title = FlagTitle::new(PATTERN.name);
    let title = names
        .into_iter()
        .zip(&candidate.anchors)
        .fold(title, |title, (name, anchor)| title.label(name, label(analysis, *anchor)));
    let counts = ["components", "entities"];
    counts.into_iter().zip(&candidate.counts).fold(title, |title, (name, count)| title.count(name, *count))
}

#[cfg(test)]
mod tests {
    use super::{super::super::accounts::Part, *};
    use crate::time::Moment;

    fn ties(accounts: &[&[usize]]) -> Ties<'static> {
        const SOURCES: [&str; 4] = ["harbour", "kestrel", "lanternfish", "northwind"];
        let entity = |number: &usize| EntityIndex::new(*number);
        let members = SOURCES.iter().zip(accounts).map(|(source, members)| {
            let account = (*source, Part::Run(Moment::from_micros(0)));
            (account, members.iter().map(entity).collect())
        });
        Ties { members: members.collect(), links: BTreeSet::new() }
    }

    #[test]
    fn independent_accounts_lead_to_different_members() {
        assert_eq!(ties(&[]).independent(), 0);
        assert_eq!(ties(&[&[1], &[1], &[1]]).independent(), 1, "one member");
        assert_eq!(ties(&[&[1, 2, 3]]).independent(), 1, "one account");
        assert_eq!(ties(&[&[1, 2], &[1], &[3]]).independent(), 3, "the first one gives way");
        assert_eq!(ties(&[&[1], &[1], &[1], &[1, 2, 3]]).independent(), 2);
    }

    #[test]
    fn the_expected_number_is_the_larger_of_two_tails() {
        let chance = Chance {
            entities: 10,
            components: 20,
            accounts: 100,
            outward: Vec::new(),
            ends: BTreeMap::new(),
        };
        // Two of three accounts: 3 p^2 (1 - p) + p^3.
        let tail = |p: f64| 3.0 * p * p * (1.0 - p) + p * p * p;
        let by_degree = chance.expected((2, 3), 0.01, 0.001);
        assert!((by_degree / (200.0 * tail(0.01)) - 1.0).abs() < 1e-9, "{by_degree}");
        let by_rate = chance.expected((2, 3), 0.0001, 0.1);
        assert!((by_rate / (10.0 * tail(0.1)) - 1.0).abs() < 1e-9, "{by_rate}");
    }
}
