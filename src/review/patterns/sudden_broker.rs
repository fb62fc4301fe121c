//! # Definition
//! One entity with its first links to three or more established groups, all in the recent window. Its constraint
//! falls (Burt 1992, "Structural Holes") if its new neighbours are not linked to each other.
//!
//! # Rationale
//! A seller of access, hosts or tools, or a go-between of several groups, has links to these groups before the groups
//! are seen together.
//!
//! # False positives
//! A tool or technique that a bulk edit links to many groups; a vulnerability that everybody uses;
//! a round-up report; a shared value that is on a warning list.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{
        FlagTitle,
        null_models::{
            EarlierEnds, Ends, Instance, InstanceKey, RecentLinks, Search, Searched, VULNERABILITY,
        },
    },
    Null, Pattern, label,
};
use crate::{
    analysis::{Analysis, Class},
    features::Candidate,
    index::{EntityIndex, GroupIndex, LinkIndex},
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "sudden broker",
    about: "One entity with its first links to three or more established groups, all in the recent window.",
    rationale: "A seller of access, hosts or tools has links to several groups before the groups are seen together.",
    false_positives: "A common tool that a bulk edit links to many groups, a vulnerability that everybody uses, or a round-up report.",
    unit: "groups newly linked, weighted by evidence",
    find,
    null: Null::Drawn(Ends::OrVulnerabilities, Search { key, measure, at_risk, run }),
    title: "{name}[entries=1?| ({entries} entries of one name)] has its first links to {groups} established groups\
            [indirect>0? ([direct>0?{direct} directly, {indirect} through one entity between\
            |all through one entity between])]: those around {names}.",
    title_of,
};

/// Smallest number of newly linked groups.
const GROUPS_MIN: usize = 3;
/// Smallest number of recent links of a broker.
const LINKS_MIN: usize = 2;

/// Weight and links of each group that an entity has its first links to.
type Joined = BTreeMap<GroupIndex, (f64, Vec<LinkIndex>)>;

/// Returns the groups that an entity has its first links to by recent links.
fn joined(analysis: &Analysis, entity: EntityIndex, recent_links: &RecentLinks) -> Joined {
    let of_recent = links_by_group(analysis, recent_links, entity);
    let mut joined = Joined::new();
    if of_recent.is_empty() {
        return joined;
    }
    let before = groups_before(analysis, recent_links, entity);
    for (group, weight, link) in of_recent.into_iter().filter(|(group, ..)| !before.contains(group)) {
        let of_group = joined.entry(group).or_default();
        of_group.0 += weight;
        of_group.1.push(link);
    }
    joined
}

/// Returns the groups that an entity has earlier links to, and its own group. Random runs change no earlier link, and ask for
/// the same entities again and again. So only the paths through intermediate entities are followed each time.
fn groups_before(
    analysis: &Analysis,
    recent_links: &RecentLinks,
    entity: EntityIndex,
) -> BTreeSet<GroupIndex> {
    let context = &analysis.context;
    let earlier = recent_links.earlier_ends(entity, || {
        let links = context
            .named(entity)
            .flat_map(|namesake| links_of(analysis, recent_links, namesake, false))
            .map(|(other, _)| other);
        let mut ends = EarlierEnds::default();
        for other in links {
            match context.group_of[other.index()] {
                Some(group) => ends.groups.push(group),
                None if is_intermediate(analysis, other) => ends.intermediates.push(other),
                None => {}
            }
        }
        ends.in_order()
    });
    let through = |intermediate: &EntityIndex| onward_links(analysis, recent_links, entity, *intermediate);
    let onward = earlier.intermediates.iter().flat_map(through).map(|(group, _)| group);
    earlier.groups.iter().copied().chain(context.group_of[entity.index()]).chain(onward).collect()
}

/// Returns whether paths to groups may lead through an entity without a group.
fn is_intermediate(analysis: &Analysis, entity: EntityIndex) -> bool {
    matches!(analysis.context.class[entity.index()], Class::Activity | Class::Indicator | Class::Report)
}

/// Largest number of groups that an activity, indicator or report may connect an entity with. One with more groups
/// represents none of them.
const GROUPS_MAX: usize = 2;

/// Returns an entity's recent links to established groups, in order of group and link. Direct links have their weight. A path
/// through an activity, indicator or report without a group has half of the smaller weight; its second link has weight 0. New
/// entities of the same name count as one entity.
fn links_by_group(
    analysis: &Analysis,
    recent_links: &RecentLinks,
    entity: EntityIndex,
) -> Vec<(GroupIndex, f64, LinkIndex)> {
    let context = &analysis.context;
    let weight = |link: LinkIndex| analysis[link].weight;
    let mut group_links = Vec::new();
    for namesake in context.named(entity) {
        for (other, link) in links_of(analysis, recent_links, namesake, true) {
            if let Some(group) = context.group_of[other.index()] {
                group_links.push((group, weight(link), link));
            } else if is_intermediate(analysis, other) {
                for (group, onward) in onward_links(analysis, recent_links, entity, other) {
                    group_links.push((group, 0.5 * weight(link).min(weight(onward)), link));
                    group_links.push((group, 0.0, onward));
                }
            }
        }
    }
    group_links.sort_by(|a, b| (a.0, a.2).cmp(&(b.0, b.2)).then_with(|| a.1.total_cmp(&b.1)));
    group_links
}

/// Returns the recent or the earlier links of an entity to others that can connect, each with its other end.
fn links_of(
    analysis: &Analysis,
    recent_links: &RecentLinks,
    entity: EntityIndex,
    is_recent: bool,
) -> Vec<(EntityIndex, LinkIndex)> {
    let context = &analysis.context;
    if is_recent {
        let links = recent_links.links_of(entity).map(|(other, link)| (other, link.link));
        return links.filter(|(other, _)| context.can_connect(*other)).collect();
    }
    let links = context.neighbours[entity.index()].iter().copied();
    links
        .filter(|(other, link)| {
            recent_links.is_earlier(*link) && context.can_connect(*other) && !analysis[*link].is_event()
        })
        .collect()
}

/// Returns the links from an intermediate entity to established groups, each with its group; empty if there are more
/// groups than [`GROUPS_MAX`].
fn onward_links(
    analysis: &Analysis,
    recent_links: &RecentLinks,
    entity: EntityIndex,
    intermediate: EntityIndex,
) -> Vec<(GroupIndex, LinkIndex)> {
    let context = &analysis.context;
    let is_other = |third: EntityIndex| context.named(entity).all(|namesake| namesake != third);
    let links: Vec<(GroupIndex, LinkIndex)> = context
        .named(intermediate)
        .flat_map(|namesake| {
            [false, true].map(|is_recent| links_of(analysis, recent_links, namesake, is_recent))
        })
        .flatten()
        .filter(|(third, _)| is_other(*third) && context.class[third.index()].is_principal())
        .filter_map(|(third, onward)| Some((context.group_of[third.index()]?, onward)))
        .collect();
    let groups: BTreeSet<GroupIndex> = links.iter().map(|(group, _)| *group).collect();
    if groups.len() > GROUPS_MAX { Vec::new() } else { links }
}

fn strength(joined: &Joined) -> f64 {
    joined.values().map(|(weight, _)| weight.min(1.0)).sum()
}

/// Returns the entities that may be brokers.
fn at_risk(analysis: &Analysis) -> Vec<EntityIndex> {
    let context = &analysis.context;
    EntityIndex::first(analysis.resolution.entities.len())
        .filter(|&at| {
            let may_broker = context.class[at.index()].is_principal() || analysis[at].kind == VULNERABILITY;
            // The first of several new entities with one name represents all of them.
            let is_first = context.namesakes[at.index()].iter().all(|other| *other > at);
            may_broker && is_first && !context.is_hub[at.index()]
        })
        .collect()
}

/// Returns the brokers among some entities, with the groups that each has its first links to.
fn brokers(
    analysis: &Analysis,
    at_risk: &[EntityIndex],
    recent_links: &RecentLinks,
) -> Vec<(EntityIndex, Joined)> {
    let degree =
        |at: EntityIndex| analysis.context.named(at).map(|one| recent_links.degree(one)).sum::<usize>();
    let linked = at_risk.iter().copied().filter(|at| degree(*at) >= LINKS_MIN);
    linked
        .map(|at| (at, joined(analysis, at, recent_links)))
        .filter(|(_, joined)| joined.len() >= GROUPS_MIN)
        .collect()
}

fn find(analysis: &Analysis) -> Vec<Candidate> {
    let recent_links = RecentLinks::between(analysis, &analysis.context.link_is_new, Ends::OrVulnerabilities);
    let candidate = |(at, joined): (EntityIndex, Joined)| {
        let support: Vec<LinkIndex> = joined.values().flat_map(|(_, links)| links.iter().copied()).collect();
        let ends = support.iter().flat_map(|&link| {
            let link = &analysis[link];
            [link.from, link.to]
        });
        let groups = joined.keys().copied().collect();
        let anchors = analysis.context.named(at).collect();
        let mut candidate = Candidate::new(analysis, PATTERN.name, anchors, ends, groups, support.clone());
        candidate.statistic = strength(&joined);
        candidate
    };
    brokers(analysis, &at_risk(analysis), &recent_links).into_iter().map(candidate).collect()
}

fn key(candidate: &Candidate) -> InstanceKey {
    InstanceKey::Entity(candidate.anchors[0])
}

fn measure(analysis: &Analysis, candidates: &[Candidate], recent_links: &RecentLinks) -> Vec<f64> {
    candidates
        .iter()
        .map(|candidate| strength(&joined(analysis, candidate.anchors[0], recent_links)))
        .collect()
}

fn instances(analysis: &Analysis, at_risk: &[EntityIndex], recent_links: &RecentLinks) -> Vec<Instance> {
    let instance = |(at, joined): (EntityIndex, Joined)| Instance {
        key: InstanceKey::Entity(at),
        strength: strength(&joined),
        mean: None,
    };
    brokers(analysis, at_risk, recent_links).into_iter().map(instance).collect()
}

fn run(
    analysis: &Analysis,
    candidates: &[Candidate],
    at_risk: &[EntityIndex],
    recent_links: &RecentLinks,
) -> Searched {
    Searched {
        strengths: measure(analysis, candidates, recent_links),
        instances: instances(analysis, at_risk, recent_links),
    }
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let context = &analysis.context;
    let names = candidate.groups.iter().map(|&group| label(analysis, context[group].anchor));
    // The other ends of new links at the broker itself.
    let neighbours = candidate.support.iter().filter_map(|&link| {
        let link = &analysis[link];
        match (candidate.anchors.contains(&link.from), candidate.anchors.contains(&link.to)) {
            (true, false) => Some(link.to),
            (false, true) => Some(link.from),
            _ => None,
        }
    });
    let direct: BTreeSet<GroupIndex> =
        neighbours.filter_map(|neighbour| context.group_of[neighbour.index()]).collect();
    let direct = candidate.groups.iter().filter(|group| direct.contains(group)).count();
    FlagTitle::new(PATTERN.name)
        .label("name", label(analysis, candidate.anchors[0]))
        .count("entries", candidate.anchors.len())
        .count("groups", candidate.groups.len())
        .count("direct", direct)
        .count("indirect", candidate.groups.len() - direct)
        .labels("names", names)
}
