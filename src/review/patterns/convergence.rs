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
    super::{FlagTitle, null_models::RecentLinks},
    Null, Pattern, label,
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
    null: Null::Rewired(measure),
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

/// Connections of each pair of groups: weight, links and entities.
type Crossings = BTreeMap<(GroupIndex, GroupIndex), (f64, BTreeSet<LinkIndex>, BTreeSet<EntityIndex>)>;

/// Connections of an entity to one group: weight, and each link with the member at its end.
type Side = (f64, Vec<(LinkIndex, EntityIndex)>);

fn crossings(analysis: &Analysis, ties: &RecentLinks) -> Crossings {
    let context = &analysis.context;
    let group = |at: EntityIndex| context.group_of[at.index()];
    let is_fact = |at: EntityIndex| context.class[at.index()] == Class::Observable;
    let mut found = Crossings::new();
    // Groups that each entity outside all groups has links to.
    let mut bridges: BTreeMap<EntityIndex, BTreeMap<GroupIndex, Side>> = BTreeMap::new();
    for tie in ties.all.iter().filter(|tie| !is_fact(tie.from) && !is_fact(tie.to)) {
        match (group(tie.from), group(tie.to)) {
            (Some(a), Some(b)) if a != b => {
                let crossing = found.entry((a.min(b), a.max(b))).or_default();
                crossing.0 += tie.weight;
                crossing.1.insert(tie.link);
                crossing.2.extend([tie.from, tie.to]);
            }
            (Some(of), None) | (None, Some(of)) => {
                let (bridge, member) =
                    if group(tie.from).is_none() { (tie.from, tie.to) } else { (tie.to, tie.from) };
                let side = bridges.entry(bridge).or_default().entry(of).or_default();
                side.0 += tie.weight;
                side.1.push((tie.link, member));
            }
            _ => {}
        }
    }
    for (bridge, sides) in bridges.iter().filter(|(_, sides)| (2..=BRIDGED_MAX).contains(&sides.len())) {
        for (a, one) in sides {
            for (b, other) in sides.range(*a..).skip(1) {
                let crossing = found.entry((*a, *b)).or_default();
                crossing.0 += one.0.min(other.0) / (sides.len() - 1) as f64;
                for (link, member) in one.1.iter().chain(&other.1) {
                    crossing.1.insert(*link);
                    crossing.2.extend([*bridge, *member]);
                }
            }
        }
    }
    found
}

fn find(analysis: &Analysis) -> Vec<Candidate> {
    let ties = RecentLinks::of(analysis, &analysis.context.link_is_new);
    let found = crossings(analysis, &ties);
    let strong = found.into_iter().filter(|(_, (weight, links, _))| {
        *weight >= WEIGHT_OF_ONE || (*weight >= WEIGHT_MIN && links.len() >= LINKS_MIN)
    });
    strong
        .map(|((a, b), (weight, links, members))| {
            let anchors = [a, b].map(|group| analysis.context[group].anchor).to_vec();
            let mut candidate = Candidate::new(analysis, PATTERN.name, anchors, members, vec![a, b], links);
            candidate.statistic = weight;
            candidate
        })
        .collect()
}

fn measure(analysis: &Analysis, candidates: &[Candidate], ties: &RecentLinks) -> Vec<f64> {
    let found = crossings(analysis, ties);
    candidates
        .iter()
        .map(|candidate| {
            found.get(&(candidate.groups[0], candidate.groups[1])).map_or(0.0, |crossing| crossing.0)
        })
        .collect()
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
