//! Shape features: size and cohesion of a candidate.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fact, Feature, FeatureFamily, FeatureInput, Meaning, Scale, Unit, share};
use crate::{
    graph::{Graph, connected_components},
    index::EntityIndex,
};

pub(super) const MEMBERS: Feature = Feature {
    name: "members",
    about: "Number of members, reports not counted.",
    family: FeatureFamily::Shape,
    scale: Scale::Log,
    unit: Unit::Number,
    message: "it has {} [member|members]",
    message_zero: None,
    meaning: Meaning::Undecided,
    fact: None,
    compute: |input| input.members().count() as f64,
};

pub(super) const LINKS: Feature = Feature {
    name: "recent_links",
    about: "Number of recent links that support it.",
    family: FeatureFamily::Shape,
    scale: Scale::Log,
    unit: Unit::Number,
    message: "{} recent [link supports|links support] it",
    message_zero: None,
    meaning: Meaning::High,
    fact: Some(Fact::Evidence),
    compute: |input| input.candidate.support.len() as f64,
};

pub(super) const DENSITY: Feature = Feature {
    name: "density",
    about: "Linked pairs of members over all pairs of members, from 0 to 1.",
    family: FeatureFamily::Shape,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of the pairs of its members are linked",
    message_zero: Some("no two of its members are linked"),
    meaning: Meaning::High,
    fact: Some(Fact::Cohesion),
    compute: |input| {
        let pairs = pairs(input).len() as f64;
        let members = input.candidate.members.len() as f64;
        share(2.0 * pairs, members * (members - 1.0))
    },
};

pub(super) const NEW_MEMBER_SHARE: Feature = Feature {
    name: "new_member_share",
    about: "Share of its members that were first recorded in the recent window, from 0 to 1.",
    family: FeatureFamily::Shape,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its members are new to the archive",
    message_zero: Some("none of its members is new to the archive"),
    meaning: Meaning::Undecided,
    fact: None,
    compute: |input| {
        let is_new = |member: &EntityIndex| input.analysis.context.is_new[member.index()];
        share(input.members().filter(is_new).count() as f64, input.members().count() as f64)
    },
};

pub(super) const CONNECTED_SHARE: Feature = Feature {
    name: "connected_share",
    about: "Share of its members in the largest connected component of its recent links, from 0 to 1.",
    family: FeatureFamily::Shape,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its members are connected by recent links alone",
    message_zero: None,
    meaning: Meaning::High,
    fact: Some(Fact::Cohesion),
    compute: connected_share,
};

pub(super) const INWARD_SHARE: Feature = Feature {
    name: "inward_share",
    about: "Share of its members\u{2019} recent links that lead to other members, from 0 to 1.",
    family: FeatureFamily::Shape,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its members\u{2019} recent links lead to other members",
    message_zero: Some("none of its members\u{2019} recent links leads to another member"),
    meaning: Meaning::Undecided,
    fact: None,
    compute: |input| {
        let (mut inside, mut all) = (0.0, 0.0);
        for member in input.members() {
            let links = input.facts.recent_links(member);
            for (other, _) in links.iter().filter(|(other, _)| input.analysis.context.can_connect(*other)) {
                all += 1.0;
                inside += f64::from(u8::from(input.is_member(*other)));
            }
        }
        share(inside, all)
    },
};

/// Returns the linked pairs of members, earlier and recent, each once.
pub(super) fn pairs(input: &FeatureInput<'_>) -> BTreeSet<(EntityIndex, EntityIndex)> {
    let (_, members) = input.without_largest(input.candidate.members.iter().copied());
    members
        .iter()
        .flat_map(|&member| input.all_links_of(member).iter().map(move |(other, _)| (member, *other)))
        .filter(|(member, other)| member != other && input.is_member(*other))
        .map(|(member, other)| (member.min(other), member.max(other)))
        .collect()
}

fn connected_share(input: &FeatureInput<'_>) -> f64 {
    let members = &input.candidate.members;
    let vertex = |entity: EntityIndex| members.binary_search(&entity).ok().map(|position| position as u32);
    let links: Vec<(u32, u32)> =
        input.support().filter_map(|link| vertex(link.from).zip(vertex(link.to))).collect();
    let (graph, _) = Graph::build(members.len() as u32, false, &links, None);
    let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
    for component in connected_components(&graph).component_of {
        *sizes.entry(component).or_default() += 1;
    }
    share(sizes.values().copied().max().unwrap_or(0) as f64, members.len() as f64)
}
