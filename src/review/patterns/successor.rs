//! # Definition
//! A new actor, campaign or malware that uses at least three members or values of one established group, which no other
//! actor or campaign used before. The group was recorded in the year before, and has no other news in the recent window.
//! No record links the new entity with the main entity of the group.
//!
//! # Rationale
//! A group that changes its name keeps its people, tools and hosts. The old name becomes silent when the new one appears.
//!
//! # Chance
//! Other new entities lead to members of the group, too: their share is the rate at which one leads there by chance. The
//! expected number is the number of pairs of a new entity and a group, times the Poisson tail of the shared entities.
//!
//! # False positives
//! Two customers of one supplier; stolen or published tools; a source that gives its own name to a known group; hosts with
//! a new owner.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::FlagTitle, Null, Pattern, label, limit_to_leads, poisson_tail};
use crate::{
    analysis::{Analysis, Class},
    features::Candidate,
    index::{EntityIndex, GroupIndex, LinkIndex},
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "successor",
    about: "A new actor, campaign or malware that uses members and values that only one established group used, which has no other news.",
    rationale: "A group that changes its name keeps its people, tools and hosts, and the old name becomes silent.",
    false_positives: "Two customers of one supplier, stolen or published tools, or a source that has its own name for a known group.",
    unit: "members and values of the group that the new entity uses",
    find,
    null: Null::Closed,
    title: "{name} uses {shared} members and values that only the group around {group} used before, which has no other news.",
    title_of,
};

/// Fewest members and values of the group that the new entity uses.
const SHARED_MIN: usize = 3;
/// Days before the recent window in which the group was recorded.
const ALIVE_DAYS: i64 = 365;
/// Pseudo-observations: so many links of new entities, and so many accidents of all groups together.
const PRIOR_LINKS: f64 = 10.0;
const PRIOR_ACCIDENTS: f64 = 0.5;

/// Entities of one group that a new entity uses, with the link at the new entity.
type Used = BTreeMap<GroupIndex, BTreeMap<EntityIndex, LinkIndex>>;

/// Returns the known entities of groups that a new entity leads to: directly, or through a new indicator.
fn used(analysis: &Analysis, entity: EntityIndex) -> Used {
    let context = &analysis.context;
    let mut used = Used::new();
    let mut add = |at: EntityIndex, link: LinkIndex| {
        let own = context.group_of[at.index()];
        let only = match context.associated_groups[at.index()][..] {
            [group] => Some(group),
            _ => None,
        };
        let is_known = !context.is_new[at.index()] && context.is_characteristic(at);
        let group = own.or(only).filter(|group| is_known && is_own(analysis, at, *group));
        if let Some(group) = group {
            used.entry(group).or_default().entry(at).or_insert(link);
        }
    };
    for (other, link) in context.links_of(entity, true) {
        if context.class[other.index()] == Class::Indicator && context.is_new[other.index()] {
            for (value, _) in context.links_of(other, true) {
                add(value, link);
            }
        } else {
            add(other, link);
        }
    }
    used
}

/// Returns whether only the main actor and the activities of this group used an entity before the recent window. Tools that
/// are for sale have several users, who may be in one group because of them.
fn is_own(analysis: &Analysis, entity: EntityIndex, group: GroupIndex) -> bool {
    let context = &analysis.context;
    context.links_of(entity, false).all(|(user, _)| match context.class[user.index()] {
        Class::Actor => user == context[group].anchor,
        Class::Activity => context.group_of[user.index()] == Some(group),
        _ => true,
    })
}

fn find(analysis: &Analysis) -> Vec<Candidate> {
    let context = &analysis.context;
    let new = EntityIndex::first(context.class.len()).filter(|&at| {
        context.is_new[at.index()] && context.class[at.index()].is_principal() && context.can_connect(at)
    });
    let new: Vec<(EntityIndex, Used)> =
        new.map(|at| (at, used(analysis, at))).filter(|(_, used)| !used.is_empty()).collect();
    let mut of_group: BTreeMap<GroupIndex, usize> = BTreeMap::new();
    for (group, entities) in new.iter().flat_map(|(_, used)| used) {
        *of_group.entry(*group).or_default() += entities.len();
    }
    let all: usize = of_group.values().sum();
    let pairs = new.len() as f64 * context.groups.len() as f64;
    let mut candidates = Vec::new();
    for (entity, used) in &new {
        let own: usize = used.values().map(BTreeMap::len).sum();
        for (group, shared) in used.iter().filter(|(_, shared)| shared.len() >= SHARED_MIN) {
            if !is_replaced(analysis, *entity, *group, shared) {
                continue;
            }
            let of_others = (of_group[group] - shared.len()) as f64;
            let prior = PRIOR_ACCIDENTS / context.groups.len() as f64;
            let rate = (of_others + prior) / ((all - own) as f64 + PRIOR_LINKS);
            let anchors = vec![*entity, context[*group].anchor];
            let members = shared.keys().copied();
            let support = shared.values().copied();
            let mut candidate =
                Candidate::new(analysis, PATTERN.name, anchors, members, vec![*group], support);
            candidate.statistic = shared.len() as f64;
            candidate.expected = Some(pairs * poisson_tail(shared.len(), rate * own as f64));
            candidates.push(candidate);
        }
    }
    limit_to_leads(analysis, &mut candidates);
    candidates
}

/// Returns whether a group was recorded in the year before the recent window, and has recent links only to the new
/// entity and its new neighbours. Its main entity has no link to these.
fn is_replaced(
    analysis: &Analysis,
    entity: EntityIndex,
    group: GroupIndex,
    shared: &BTreeMap<EntityIndex, LinkIndex>,
) -> bool {
    let context = &analysis.context;
    let Some(cut) = analysis.recent.cut else { return false };
    let (anchor, members) = (context[group].anchor, &context[group].members);
    let neighbours = context.links_of(entity, true).map(|(other, _)| other);
    let own: BTreeSet<EntityIndex> =
        neighbours.filter(|at| context.is_new[at.index()]).chain([entity]).collect();
    if shared.contains_key(&anchor)
        || context.neighbours[anchor.index()].iter().any(|(at, _)| own.contains(at))
    {
        return false;
    }
    let recent = |at: &EntityIndex| context.links_of(*at, true).all(|(other, _)| own.contains(&other));
    let since = cut.days_earlier(ALIVE_DAYS);
    let is_alive = |at: &EntityIndex| {
        let mut earlier = context.links_of(*at, false);
        earlier.any(|(_, link)| analysis[link].recorded_first > since)
    };
    members.iter().all(recent) && members.iter().any(is_alive)
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let [name, group] = [candidate.anchors[0], candidate.anchors[1]];
    FlagTitle::new(PATTERN.name)
        .label("name", label(analysis, name))
        .label("group", label(analysis, group))
        .count("shared", candidate.members.len() - candidate.anchors.len())
}
