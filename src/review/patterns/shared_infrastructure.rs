//! # Definition
//! Two established groups that newly share rare observables: hosts, addresses, certificates or files. Indicators,
//! reports or members of both groups name them, at least one of the two for the first time in the recent window.
//!
//! # Rationale
//! Infrastructure is bought, rented and lent: shared hosts show a common supplier, or that
//! two groups are one, before any source reports it.
//!
//! # False positives
//! Content delivery networks, sinkholes, parked domains and gateways of private networks; a list that one partner
//! copies from another; one shared hosting address; old values delivered late.

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
    name: "shared-infrastructure convergence",
    about: "Two established groups that newly share rare observables: hosts, addresses, certificates or files.",
    rationale: "Shared hosts show a common supplier, or that two groups are one, before any source reports it.",
    false_positives: "Content delivery networks, sinkholes and parked domains, a list that one partner copies from another, or one shared hosting address.",
    unit: "newly shared observables, weighted by rarity",
    find,
    null: Null::Rewired(measure),
    title: "The groups around {first} and {second} newly share {observables} {observables:observable|observables}; \
            {observables:it|each of them} is associated with at most {groups_max} groups.",
    title_of,
};

/// Smallest number of newly shared observables.
const SHARED_MIN: usize = 2;
/// Largest number of groups of a rare observable.
const OWNERS_MAX: usize = 4;

/// Shared observables of each pair of groups: weight by rarity, observables and links.
type Shared = BTreeMap<(GroupIndex, GroupIndex), (f64, BTreeSet<EntityIndex>, BTreeSet<LinkIndex>)>;

fn shared(analysis: &Analysis, ties: &RecentLinks) -> Shared {
    let context = &analysis.context;
    let is_fact = |at: EntityIndex| context.class[at.index()] == Class::Observable;
    let mut told: BTreeMap<EntityIndex, Vec<(EntityIndex, LinkIndex)>> = BTreeMap::new();
    for tie in &ties.all {
        // Of two facts the one leads to the other: a name to its address.
        let ways = match (is_fact(tie.from), is_fact(tie.to)) {
            (_, true) => Some((tie.to, tie.from)),
            (true, false) => Some((tie.from, tie.to)),
            (false, false) => None,
        };
        if let Some((fact, carrier)) = ways {
            told.entry(fact).or_default().push((carrier, tie.link));
        }
    }
    let leads_here =
        |fact: EntityIndex, other: EntityIndex, link: LinkIndex| !is_fact(other) || analysis[link].to == fact;
    let mut found = Shared::new();
    for (fact, recent) in told {
        let before: BTreeSet<GroupIndex> = context
            .links_of(fact, false)
            .filter(|(other, link)| leads_here(fact, *other, *link))
            .flat_map(|(carrier, _)| context.associated_groups[carrier.index()].iter().copied())
            .collect();
        let mut by: BTreeMap<GroupIndex, Vec<LinkIndex>> = BTreeMap::new();
        for (carrier, link) in recent {
            for group in context.associated_groups[carrier.index()].iter().copied() {
                by.entry(group).or_default().push(link);
            }
        }
        let all: BTreeSet<GroupIndex> = before.iter().chain(by.keys()).copied().collect();
        if all.len() < 2 || all.len() > OWNERS_MAX {
            continue;
        }
        let rarity = 1.0 / (all.len() as f64).ln_1p();
        for (a, b) in all.iter().flat_map(|a| all.range(*a..).skip(1).map(move |b| (*a, *b))) {
            if before.contains(&a) && before.contains(&b) {
                continue;
            }
            let pair = found.entry((a, b)).or_default();
            pair.0 += rarity;
            pair.1.insert(fact);
            pair.2.extend([a, b].iter().filter_map(|group| by.get(group)).flatten());
        }
    }
    found
}

fn find(analysis: &Analysis) -> Vec<Candidate> {
    let ties = RecentLinks::of(analysis, &analysis.context.link_is_new);
    let found = shared(analysis, &ties);
    found
        .into_iter()
        .filter(|(_, (_, facts, _))| facts.len() >= SHARED_MIN)
        .map(|((a, b), (weight, facts, links))| {
            let anchors = [a, b].map(|group| analysis.context[group].anchor).to_vec();
            let mut candidate = Candidate::new(analysis, PATTERN.name, anchors, facts, vec![a, b], links);
            candidate.statistic = weight;
            candidate
        })
        .collect()
}

fn measure(analysis: &Analysis, candidates: &[Candidate], ties: &RecentLinks) -> Vec<f64> {
    let found = shared(analysis, ties);
    candidates
        .iter()
        .map(|candidate| found.get(&(candidate.groups[0], candidate.groups[1])).map_or(0.0, |pair| pair.0))
        .collect()
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let is_observable = |entity: &&EntityIndex| analysis.context.class[entity.index()] == Class::Observable;
    FlagTitle::new(PATTERN.name)
        .label("first", label(analysis, candidate.anchors[0]))
        .label("second", label(analysis, candidate.anchors[1]))
        .count("observables", candidate.members.iter().filter(is_observable).count())
        .count("groups_max", OWNERS_MAX)
}
