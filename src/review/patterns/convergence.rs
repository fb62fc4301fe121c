//! # Definition
//! Two established groups with new links between them: links between their members, or links of one entity
//! outside both groups to both of them. Observables belong to shared-infrastructure convergence.
//!
//! # Rationale
//! Groups that share people, malware or campaigns may plan together, merge, or be one group.
//!
//! # False positives
//! Tools that everybody uses; a yearly report that names both groups; a wrong attribution.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{
        FlagTitle,
        null_models::{Instance, InstanceKey, RecentLinks, Search, Searched},
    },
    Null, Pattern, label, no_entities,
};
use crate::{
    analysis::{Analysis, Class},
    features::Candidate,
    index::{EntityIndex, GroupIndex, LinkIndex},
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "convergence",
    about: "Two established groups with new links between them, directly or through an entity outside both.",
    rationale: "Groups that share people, malware or campaigns may plan together, merge, or be one group.",
    false_positives: "Tools that everybody uses, a yearly report that names both groups, or a wrong attribution.",
    unit: "evidence weight of the new links between the two groups",
    find,
    null: Null::Rewired(Search { key, measure, at_risk: no_entities, run }),
    title: "New connections between the groups around {first} and {second}: \
            [links>0?{links} direct {links:link|links}]\
            [entities>0?; {entities} other {entities:entity|entities} linked to both]\
            [reports>0?; {reports} {reports:report|reports} linked to both].",
    title_of,
};

/// Least weight between two groups, and the weight from which a single link is enough.
const WEIGHT_MIN: f64 = 0.5;
const WEIGHT_OF_ONE: f64 = 1.2;
const LINKS_MIN: usize = 2;
/// Largest number of groups of a bridge; an entity with links to more groups is a broker.
const BRIDGED_MAX: usize = 3;

/// Connections between two groups.
#[derive(Default)]
struct Crossing {
    weight: f64,
    links: BTreeSet<LinkIndex>,
    entities: BTreeSet<EntityIndex>,
}

impl Crossing {
    fn is_instance(&self) -> bool {
        self.weight >= WEIGHT_OF_ONE || (self.weight >= WEIGHT_MIN && self.links.len() >= LINKS_MIN)
    }
}

/// Connections of each pair of groups.
type Crossings = BTreeMap<(GroupIndex, GroupIndex), Crossing>;

/// Connections of an entity outside all groups to one group.
#[derive(Default)]
struct Side {
    weight: f64,
    /// Each link with the member at its end.
    links: Vec<(LinkIndex, EntityIndex)>,
}

fn crossings(analysis: &Analysis, recent_links: &RecentLinks) -> Crossings {
    let context = &analysis.context;
    let group = |entity: EntityIndex| context.group_of[entity.index()];
    let is_observable = |entity: EntityIndex| context.class[entity.index()] == Class::Observable;
    let mut crossings = Crossings::new();
    // Groups that each entity outside all groups has links to.
    let mut bridges: BTreeMap<EntityIndex, BTreeMap<GroupIndex, Side>> = BTreeMap::new();
    for link in recent_links.all.iter().filter(|link| !is_observable(link.from) && !is_observable(link.to)) {
        match (group(link.from), group(link.to)) {
            (Some(a), Some(b)) if a != b => {
                let crossing = crossings.entry((a.min(b), a.max(b))).or_default();
                crossing.weight += link.weight;
                crossing.links.insert(link.link);
                crossing.entities.extend([link.from, link.to]);
            }
            (Some(grouped), None) | (None, Some(grouped)) => {
                let (bridge, member) =
                    if group(link.from).is_none() { (link.from, link.to) } else { (link.to, link.from) };
                let side = bridges.entry(bridge).or_default().entry(grouped).or_default();
                side.weight += link.weight;
                side.links.push((link.link, member));
            }
            _ => {}
        }
    }
    for (bridge, sides) in bridges.iter().filter(|(_, sides)| (2..=BRIDGED_MAX).contains(&sides.len())) {
        for (a, one) in sides {
            for (b, other) in sides.range(*a..).skip(1) {
                let crossing = crossings.entry((*a, *b)).or_default();
                crossing.weight += one.weight.min(other.weight) / (sides.len() - 1) as f64;
                for (link, member) in one.links.iter().chain(&other.links) {
                    crossing.links.insert(*link);
                    crossing.entities.extend([*bridge, *member]);
                }
            }
        }
    }
    crossings
}

fn find(analysis: &Analysis) -> Vec<Candidate> {
    let recent_links = RecentLinks::of(analysis, &analysis.context.link_is_new);
    crossings(analysis, &recent_links)
        .into_iter()
        .filter(|(_, crossing)| crossing.is_instance())
        .map(|((a, b), Crossing { weight, links, entities })| {
            let anchors = [a, b].map(|group| analysis.context[group].anchor).to_vec();
            let mut candidate = Candidate::new(analysis, PATTERN.name, anchors, entities, vec![a, b], links);
            candidate.statistic = weight;
            candidate
        })
        .collect()
}

fn key(candidate: &Candidate) -> InstanceKey {
    InstanceKey::Groups(candidate.groups[0], candidate.groups[1])
}

fn measure(analysis: &Analysis, candidates: &[Candidate], recent_links: &RecentLinks) -> Vec<f64> {
    strengths(candidates, &crossings(analysis, recent_links))
}

fn strengths(candidates: &[Candidate], by_pair: &Crossings) -> Vec<f64> {
    let weight = |candidate: &Candidate| {
        by_pair.get(&(candidate.groups[0], candidate.groups[1])).map_or(0.0, |crossing| crossing.weight)
    };
    candidates.iter().map(weight).collect()
}

fn run(
    analysis: &Analysis,
    candidates: &[Candidate],
    _: &[EntityIndex],
    recent_links: &RecentLinks,
) -> Searched {
    let by_pair = crossings(analysis, recent_links);
    let strengths = strengths(candidates, &by_pair);
    let found = by_pair.into_iter().filter(|(_, crossing)| crossing.is_instance());
    let instances = found.map(|((a, b), crossing)| Instance {
        key: InstanceKey::Groups(a, b),
        strength: crossing.weight,
        mean: None,
    });
    Searched { strengths, instances: instances.collect() }
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let is_inside = |entity: EntityIndex| {
        analysis.context.group_of[entity.index()].is_some_and(|group| candidate.groups.contains(&group))
    };
    let is_report = |entity: &EntityIndex| analysis.context.class[entity.index()] == Class::Report;
    let (mut direct, mut between) = (0, BTreeSet::new());
    for &link in &candidate.support {
        let ends = [analysis[link].from, analysis[link].to];
        direct += usize::from(ends.into_iter().all(is_inside));
        between.extend(ends.into_iter().filter(|end| !is_inside(*end)));
    }
    let reports = between.iter().filter(|entity| is_report(entity)).count();
    FlagTitle::new(PATTERN.name)
        .label("first", label(analysis, candidate.anchors[0]))
        .label("second", label(analysis, candidate.anchors[1]))
        .count("links", direct)
        .count("entities", between.len() - reports)
        .count("reports", reports)
}
