//! Pairs of entities that are linked in finance or in another layer, and the pairs in which both layers meet.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    analysis::{Analysis, Class},
    index::{EntityIndex, GroupIndex, LinkIndex},
    link::Layer,
};

/// Layers that are compared: finance, and the other ones.
pub(super) const LAYERS: [(Layer, &str); 3] = [
    (Layer::Finance, "finance"),
    (Layer::Communication, "communication"),
    (Layer::Infrastructure, "infrastructure"),
];
/// Largest number of entities that use a rare observable.
const USERS_MAX: usize = 3;

/// Side of the comparison: finance is 0, and the other layers are 1.
pub(super) type Side = usize;

/// The other end of a subject's links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Party {
    Entity(EntityIndex),
    Group(GroupIndex),
}

/// Links between two entities in one layer.
#[derive(Default)]
pub(super) struct LinkedPair {
    pub(super) links: BTreeSet<LinkIndex>,
    pub(super) is_direct: bool,
    /// Observables that both entities use.
    pub(super) shared: BTreeSet<EntityIndex>,
    /// Is true if all links of one connection are older than the recent window.
    pub(super) is_old: bool,
}

/// Linked pairs by their ends, the lower one first, and by their layer.
pub(super) type LinkedPairs = BTreeMap<(EntityIndex, EntityIndex, Layer), LinkedPair>;

/// Linked pairs of a subject and a party on each side: the other end, the layer and the pair.
pub(super) type Meeting<'a> = [Vec<(EntityIndex, Layer, &'a LinkedPair)>; 2];

/// Returns whether an entity occurs in the null model. Hubs do, because their links are part of each layer.
fn is_counted(analysis: &Analysis, entity: EntityIndex) -> bool {
    match analysis.context.class[entity.index()] {
        Class::Actor | Class::Activity | Class::Capability => !analysis[entity].is_common(),
        Class::Observable => analysis.context.can_connect(entity),
        Class::Indicator | Class::Report | Class::Context => false,
    }
}

pub(super) fn is_subject(analysis: &Analysis, entity: EntityIndex) -> bool {
    analysis.context.class[entity.index()].is_principal() && analysis.context.can_connect(entity)
}

/// Returns the group of an entity, or the entity itself.
fn party(analysis: &Analysis, entity: EntityIndex) -> Party {
    analysis.context.group_of[entity.index()].map_or(Party::Entity(entity), Party::Group)
}

/// Returns the linked pairs on each side, whose parties occur on both sides.
pub(super) fn linked_pairs(analysis: &Analysis) -> [LinkedPairs; 2] {
    let links = |side: Side| {
        LinkIndex::enumerate(&analysis.resolution.links).filter(move |(_, link)| {
            let is_of_side = LAYERS.iter().any(|(layer, _)| *layer == link.layer)
                && usize::from(link.layer != Layer::Finance) == side;
            let ends = [link.from, link.to];
            is_of_side
                && link.weight > 0.0
                && ends[0] != ends[1]
                && ends.iter().all(|end| is_counted(analysis, *end))
        })
    };
    let ends = links(0).flat_map(|(_, link)| [link.from, link.to]);
    let in_finance: BTreeSet<Party> = ends.map(|end| party(analysis, end)).collect();
    let mut other = LinkedPairs::new();
    let mut users: BTreeMap<EntityIndex, BTreeMap<EntityIndex, BTreeSet<LinkIndex>>> = BTreeMap::new();
    if in_finance.is_empty() {
        return [LinkedPairs::new(), other];
    }
    for (index, link) in links(1) {
        let ends = [link.from, link.to];
        let is_known = ends.map(|end| in_finance.contains(&party(analysis, end)));
        if is_known == [true, true] {
            add(analysis, &mut other, (ends, link.layer), &[index].into(), None);
        } else if link.layer == Layer::Infrastructure && is_known != [false, false] {
            let [user, value] = if is_known[0] { ends } else { [ends[1], ends[0]] };
            if analysis.context.class[value.index()] == Class::Observable {
                users.entry(value).or_default().entry(user).or_default().insert(index);
            }
        }
    }
    for (value, users) in users.iter().filter(|(value, _)| is_rare(analysis, **value)) {
        let users: Vec<_> = users.iter().collect();
        for (at, (one, links_of_one)) in users.iter().enumerate() {
            for (two, links_of_two) in &users[at + 1..] {
                let links = links_of_one.union(links_of_two).copied().collect();
                add(analysis, &mut other, ([**one, **two], Layer::Infrastructure), &links, Some(*value));
            }
        }
    }
    let in_both: BTreeSet<Party> =
        other.keys().flat_map(|(one, two, _)| [*one, *two]).map(|end| party(analysis, end)).collect();
    let mut finance = LinkedPairs::new();
    for (index, link) in links(0) {
        let ends = [link.from, link.to];
        if ends.iter().all(|end| in_both.contains(&party(analysis, *end))) {
            add(analysis, &mut finance, (ends, link.layer), &[index].into(), None);
        }
    }
    [finance, other]
}

/// Returns whether at most [`USERS_MAX`] actors, activities and capabilities use an observable.
fn is_rare(analysis: &Analysis, value: EntityIndex) -> bool {
    let context = &analysis.context;
    let ends = context.neighbours[value.index()].iter().map(|(end, _)| *end);
    ends.filter(|end| context.class[end.index()].is_principal()).collect::<BTreeSet<_>>().len() <= USERS_MAX
}

/// Adds one connection of two entities: a link, or links to an observable that both use.
fn add(
    analysis: &Analysis,
    linked: &mut LinkedPairs,
    ([one, two], layer): ([EntityIndex; 2], Layer),
    links: &BTreeSet<LinkIndex>,
    shared: Option<EntityIndex>,
) {
    let pair = linked.entry((one.min(two), one.max(two), layer)).or_default();
    pair.links.extend(links);
    pair.is_direct |= shared.is_none();
    pair.shared.extend(shared);
    pair.is_old |= links.iter().all(|link| !analysis.context.link_is_new[link.index()]);
}

/// Returns the linked pairs of each subject and each party. Of two subjects that are linked, the first one is the subject.
pub(super) fn meetings<'a>(
    analysis: &Analysis,
    linked: &'a [LinkedPairs; 2],
) -> BTreeMap<(EntityIndex, Party), Meeting<'a>> {
    let context = &analysis.context;
    let mut meetings: BTreeMap<(EntityIndex, Party), Meeting<'a>> = BTreeMap::new();
    for (side, linked) in linked.iter().enumerate() {
        for ((one, two, layer), pair) in linked {
            for [subject, other] in [[*one, *two], [*two, *one]] {
                if !is_subject(analysis, subject) || !context.can_connect(other) {
                    continue;
                }
                let mut push = |party| {
                    let meeting: &mut Meeting<'a> = meetings.entry((subject, party)).or_default();
                    meeting[side].push((other, *layer, pair));
                };
                if subject < other || !is_subject(analysis, other) {
                    push(Party::Entity(other));
                }
                match context.group_of[other.index()] {
                    Some(group) if context.group_of[subject.index()] != Some(group) => {
                        push(Party::Group(group));
                    }
                    _ => {}
                }
            }
        }
    }
    meetings
}
