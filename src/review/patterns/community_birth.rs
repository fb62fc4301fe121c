//! # Definition
//! A community of entities first recorded in the recent window. The entities are densely linked to each other and
//! hardly to known actors. The communities are those of the constant Potts model (Traag, Van Dooren and
//! Nesterov 2011) on the recent links between new entities. Each has at least one actor, campaign, malware or tool.
//!
//! # Rationale
//! A new group first appears as a few names, samples and hosts that several partners begin to report.
//!
//! # False positives
//! A large delivery of one source; old reports delivered late; one report that many sources repeat; an
//! exercise; a known group under a name that no list contains yet.

use std::collections::BTreeSet;

use super::{
    super::{FlagTitle, null_models::RecentLinks},
    Null, Pattern, label,
};
use crate::{
    analysis::{Analysis, Class, members_by_community, weighted_graph},
    community::{self, Method},
    features::Candidate,
    index::EntityIndex,
    progress::Progress,
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "community birth",
    about: "Entities first recorded in the recent window that are densely linked to each other and hardly to known actors.",
    rationale: "A new group first appears as a few linked names, samples and hosts.",
    false_positives: "A large delivery of one source, one report that many sources repeat, an exercise, or a known group under a new name.",
    unit: "evidence weight of the new links among its members",
    find,
    null: Null::Rewired(measure),
    title: "New group with {name}[entries=1?| ({entries} entries of one name)]: {entities} new {entities:entity|entities} \
            with {links} new {links:link|links} among them, [links_at_name>0?{links_at_name} of these|none] at {name}\
            [reports>0?; {reports} new {reports:report|reports} linked to {reported} of them].",
    title_of,
};

/// Density, in evidence weight for each pair, from which entities belong together.
const RESOLUTION: f64 = 0.02;
/// Fewest members, reports not counted.
const MEMBERS_MIN: usize = 4;
/// Largest share of the link weight of a group's actors, campaigns, malware and tools that leads to known actors.
const OUTFLOW_MAX: f64 = 0.5;

fn find(analysis: &Analysis) -> Vec<Candidate> {
    let context = &analysis.context;
    let recent_links = RecentLinks::of(analysis, &context.link_is_new);
    let inner: Vec<_> = recent_links
        .all
        .iter()
        .filter(|link| context.is_new[link.from.index()] && context.is_new[link.to.index()])
        .collect();
    if inner.is_empty() {
        return Vec::new();
    }
    let edges = inner.iter().map(|link| (link.from, link.to, link.weight));
    let weighted_graph = weighted_graph(analysis.resolution.entities.len(), false, edges);
    let config = community::DetectionConfig {
        resolution: RESOLUTION,
        start: Some(weighted_graph.graph().vertices().collect()),
        ..community::DetectionConfig::new(Method::LeidenCpm)
    };
    let Some(found) = community::find(&weighted_graph, &config, &Progress::silent()) else {
        return Vec::new();
    };
    let groups = members_by_community(found.partition());
    let mut candidates: Vec<Candidate> =
        groups.iter().filter_map(|members| candidate(analysis, &recent_links, members)).collect();
    let statistics = measure(analysis, &candidates, &recent_links);
    for (candidate, statistic) in candidates.iter_mut().zip(statistics) {
        candidate.statistic = statistic;
    }
    candidates
}

fn candidate(analysis: &Analysis, recent_links: &RecentLinks, members: &[EntityIndex]) -> Option<Candidate> {
    let context = &analysis.context;
    let class = |at: EntityIndex| context.class[at.index()];
    if members.iter().filter(|at| class(**at) != Class::Report).count() < MEMBERS_MIN {
        return None;
    }
    let inside: BTreeSet<EntityIndex> = members.iter().copied().collect();
    let principals: Vec<EntityIndex> =
        members.iter().copied().filter(|at| class(*at).is_principal()).collect();
    let (mut kept, mut left) = (0.0, 0.0);
    for &principal in &principals {
        for (other, link) in recent_links.links_of(principal) {
            if inside.contains(&other) {
                kept += link.weight;
            } else if !context.is_new[other.index()] && class(other) == Class::Actor {
                left += link.weight;
            }
        }
    }
    if left > OUTFLOW_MAX * (kept + left) {
        return None;
    }
    // The anchor is the most specific entity: first an actor, then an activity, then a capability; the first recorded.
    let anchor = principals.into_iter().min_by_key(|&at| {
        let entity = &analysis[at];
        (class(at), entity.recorded_first, &entity.id)
    })?;
    let support = recent_links
        .all
        .iter()
        .filter(|link| inside.contains(&link.from) && inside.contains(&link.to))
        .map(|link| link.link);
    Some(Candidate::new(analysis, PATTERN.name, vec![anchor], members.iter().copied(), Vec::new(), support))
}

/// Adds up the weight of the recent links among the members of each candidate.
fn measure(_: &Analysis, candidates: &[Candidate], recent_links: &RecentLinks) -> Vec<f64> {
    let is_in = |members: &[EntityIndex], at: EntityIndex| members.binary_search(&at).is_ok();
    candidates
        .iter()
        .map(|candidate| {
            let members = &candidate.members;
            let from_members = members.iter().flat_map(|&member| recent_links.links_of(member));
            // Each link inside is counted from both of its ends.
            from_members.filter(|(other, _)| is_in(members, *other)).map(|(_, link)| link.weight).sum::<f64>()
                / 2.0
        })
        .collect()
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let is_report = |entity: &EntityIndex| analysis.context.class[entity.index()] == Class::Report;
    // Several new entities may have one name: a reader cannot distinguish them in a sentence.
    let name = label(analysis, candidate.anchors[0]);
    let (mut among, mut at_anchor, mut reports, mut reported) = (0, 0, BTreeSet::new(), BTreeSet::new());
    for &link in &candidate.support {
        let ends = [analysis[link].from, analysis[link].to];
        match ends.map(|end| is_report(&end)) {
            _ if ends[0] == ends[1] => {}
            [false, false] => {
                among += 1;
                at_anchor += usize::from(ends.iter().any(|end| name == label(analysis, *end)));
            }
            [true, true] => reports.extend(ends),
            [is_first, _] => {
                let [report, entity] = if is_first { ends } else { [ends[1], ends[0]] };
                reports.insert(report);
                reported.insert(entity);
            }
        }
    }
    let entities = || candidate.members.iter().filter(|member| !is_report(member));
    FlagTitle::new(PATTERN.name)
        .label("name", name)
        .count("entries", entities().filter(|entity| label(analysis, **entity) == name).count())
        .count("entities", entities().count())
        .count("links", among)
        .count("links_at_name", at_anchor)
        .count("reports", reports.len())
        .count("reported", reported.len())
}
