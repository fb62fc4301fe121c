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

use super::{super::ties::Ties, Null, Pattern, counted, label, plural};
use crate::{
    community::{self, Method},
    entity::EntityIndex,
    features::Candidate,
    graph::{Graph, Shape},
    survey::{Class, Survey},
    watch::Watch,
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "community birth",
    about: "Entities first recorded in the recent window that are densely linked to each other and hardly to known actors.",
    rationale: "A new group first appears as a few linked names, samples and hosts.",
    false_positives: "A large delivery of one source, one report that many sources repeat, an exercise, or a known group under a new name.",
    unit: "evidence weight of the new links among its members",
    find,
    null: Null::Rewired(measure),
    title,
};

/// Density, in evidence weight for each pair, from which entities belong together.
const RESOLUTION: f64 = 0.02;
/// Fewest members, reports not counted.
const MEMBERS_MIN: usize = 4;
/// Most of a group's principal ties that may lead to actors known before, as a share.
const OUTFLOW_MAX: f64 = 0.5;

fn find(survey: &Survey) -> Vec<Candidate> {
    let scene = &survey.scene;
    let ties = Ties::of(survey, &scene.link_is_new);
    let inner: Vec<_> = ties
        .all
        .iter()
        .filter(|tie| scene.is_new[tie.from as usize] && scene.is_new[tie.to as usize])
        .collect();
    if inner.is_empty() {
        return Vec::new();
    }
    let ends: Vec<(u32, u32)> = inner.iter().map(|tie| (tie.from, tie.to)).collect();
    let weights: Vec<f64> = inner.iter().map(|tie| tie.weight).collect();
    let (graph, weights) =
        Graph::build(survey.resolution.entities.len() as u32, false, &ends, Some(&weights));
    let shape = Shape::new(graph, weights);
    let config = community::Config {
        resolution: RESOLUTION,
        start: Some(shape.graph().vertices().collect()),
        ..community::Config::new(Method::LeidenCpm)
    };
    let Some(found) = community::find(&shape, &config, &Watch::new()) else { return Vec::new() };
    let mut groups: Vec<Vec<EntityIndex>> = vec![Vec::new(); found.partition().count()];
    for (entity, &group) in found.partition().of().iter().enumerate() {
        groups[group as usize].push(entity as EntityIndex);
    }
    let mut candidates: Vec<Candidate> =
        groups.iter().filter_map(|members| candidate(survey, &ties, members)).collect();
    let statistics = measure(survey, &candidates, &ties);
    for (candidate, statistic) in candidates.iter_mut().zip(statistics) {
        candidate.statistic = statistic;
    }
    candidates
}

fn candidate(survey: &Survey, ties: &Ties, members: &[EntityIndex]) -> Option<Candidate> {
    let scene = &survey.scene;
    let class = |at: EntityIndex| scene.class[at as usize];
    if members.iter().filter(|at| class(**at) != Class::Container).count() < MEMBERS_MIN {
        return None;
    }
    let inside: BTreeSet<EntityIndex> = members.iter().copied().collect();
    let principals: Vec<EntityIndex> =
        members.iter().copied().filter(|at| class(*at).is_principal()).collect();
    let (mut kept, mut left) = (0.0, 0.0);
    for &principal in &principals {
        for (other, tie) in ties.near(principal) {
            if inside.contains(&other) {
                kept += tie.weight;
            } else if !scene.is_new[other as usize] && class(other) == Class::Actor {
                left += tie.weight;
            }
        }
    }
    if left > OUTFLOW_MAX * (kept + left) {
        return None;
    }
    // Named by whom it is about: an actor before an operation before means, the first told of.
    let anchor = principals.into_iter().min_by_key(|&at| {
        let entity = &survey.resolution.entities[at as usize];
        (class(at), entity.told_first, &entity.id)
    })?;
    let support = ties
        .all
        .iter()
        .filter(|tie| inside.contains(&tie.from) && inside.contains(&tie.to))
        .map(|tie| tie.link);
    Some(Candidate::new(survey, PATTERN.name, vec![anchor], members.iter().copied(), Vec::new(), support))
}

/// Adds up the weight of the recent ties among the members of each candidate.
fn measure(_: &Survey, candidates: &[Candidate], ties: &Ties) -> Vec<f64> {
    let is_in = |members: &[EntityIndex], at: EntityIndex| members.binary_search(&at).is_ok();
    candidates
        .iter()
        .map(|candidate| {
            let members = &candidate.members;
            let from_members = members.iter().flat_map(|&member| ties.near(member));
            // Each tie inside is met from both of its ends.
            from_members.filter(|(other, _)| is_in(members, *other)).map(|(_, tie)| tie.weight).sum::<f64>()
                / 2.0
        })
        .collect()
}

fn title(survey: &Survey, candidate: &Candidate) -> String {
    let is_report = |at: &EntityIndex| survey.scene.class[*at as usize] == Class::Container;
    // Several new entities may have one name: a reader cannot tell them apart in a sentence.
    let name = label(survey, candidate.anchors[0]);
    let (mut among, mut at_anchor, mut reports, mut reported) = (0, 0, BTreeSet::new(), BTreeSet::new());
    for &at in &candidate.support {
        let ends = [survey.resolution.links[at as usize].from, survey.resolution.links[at as usize].to];
        match ends.map(|end| is_report(&end)) {
            _ if ends[0] == ends[1] => {}
            [false, false] => {
                among += 1;
                at_anchor += usize::from(ends.iter().any(|end| name == label(survey, *end)));
            }
            [true, true] => reports.extend(ends),
            [is_first, _] => {
                let [report, entity] = if is_first { ends } else { [ends[1], ends[0]] };
                reports.insert(report);
                reported.insert(entity);
            }
        }
    }
    let entities = || candidate.members.iter().filter(|at| !is_report(at));
    let entries = match entities().filter(|at| label(survey, **at) == name).count() {
        1 => String::new(),
        count => format!(" ({count} entries of one name)"),
    };
    let named = match reports.len() {
        0 => String::new(),
        count => format!("; {} linked to {} of them", plural(count, "new report"), reported.len()),
    };
    let at_anchor = if at_anchor == 0 { "none".to_owned() } else { format!("{at_anchor} of these") };
    format!(
        "New group with {name}{entries}: {} with {} among them, {at_anchor} at {name}{named}.",
        counted(entities().count(), "new entity", "new entities"),
        plural(among, "new link"),
    )
}
