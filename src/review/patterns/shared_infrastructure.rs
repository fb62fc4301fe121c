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
    name: "shared-infrastructure convergence",
    about: "Two established groups that newly share rare observables: hosts, addresses, certificates or files.",
    rationale: "Shared hosts show a common supplier, or that two groups are one, before any source reports it.",
    false_positives: "Content delivery networks, sinkholes and parked domains, a list that one partner copies from another, or one shared hosting address.",
    unit: "newly shared observables, weighted by rarity",
    find,
    null: Null::Rewired(Search { key, measure, at_risk: no_entities, run }),
    title: "The groups around {first} and {second} newly share {observables} {observables:observable|observables}; \
            {observables:it|each of them} is associated with at most {groups_max} groups.",
    title_of,
};

/// Smallest number of newly shared observables.
const SHARED_MIN: usize = 2;
/// Largest number of groups of a rare observable.
const OWNERS_MAX: usize = 4;

/// Observables that two groups share.
#[derive(Default)]
struct Shared {
    /// Sum of the rarities.
    weight: f64,
    observables: BTreeSet<EntityIndex>,
    links: BTreeSet<LinkIndex>,
}

impl Shared {
    fn is_instance(&self) -> bool {
        self.observables.len() >= SHARED_MIN
    }
}

/// Shared observables of each pair of groups.
type SharedByPair = BTreeMap<(GroupIndex, GroupIndex), Shared>;

fn shared(analysis: &Analysis, recent_links: &RecentLinks) -> SharedByPair {
    let context = &analysis.context;
    let is_observable = |entity: EntityIndex| context.class[entity.index()] == Class::Observable;
    let mut recent_by_observable: BTreeMap<EntityIndex, Vec<(EntityIndex, LinkIndex)>> = BTreeMap::new();
    for link in &recent_links.all {
        // A link between two observables leads from one to the other, as from a name to its address.
        let ends = match (is_observable(link.from), is_observable(link.to)) {
            (_, true) => Some((link.to, link.from)),
            (true, false) => Some((link.from, link.to)),
            (false, false) => None,
        };
        if let Some((observable, carrier)) = ends {
            recent_by_observable.entry(observable).or_default().push((carrier, link.link));
        }
    }
    let leads_here = |observable: EntityIndex, other: EntityIndex, link: LinkIndex| {
        !is_observable(other) || analysis[link].to == observable
    };
    let mut by_pair = SharedByPair::new();
    for (observable, recent) in recent_by_observable {
        let before: BTreeSet<GroupIndex> = context
            .links_of(observable, false)
            .filter(|(other, link)| leads_here(observable, *other, *link))
            .flat_map(|(carrier, _)| context.associated_groups[carrier.index()].iter().copied())
            .collect();
        let mut recent_by_group: BTreeMap<GroupIndex, Vec<LinkIndex>> = BTreeMap::new();
        for (carrier, link) in recent {
            for group in context.associated_groups[carrier.index()].iter().copied() {
                recent_by_group.entry(group).or_default().push(link);
            }
        }
        let all: BTreeSet<GroupIndex> = before.iter().chain(recent_by_group.keys()).copied().collect();
        if all.len() < 2 || all.len() > OWNERS_MAX {
            continue;
        }
        let rarity = 1.0 / (all.len() as f64).ln_1p();
        for (a, b) in all.iter().flat_map(|a| all.range(*a..).skip(1).map(move |b| (*a, *b))) {
            if before.contains(&a) && before.contains(&b) {
                continue;
            }
            let shared = by_pair.entry((a, b)).or_default();
            shared.weight += rarity;
            shared.observables.insert(observable);
            shared.links.extend([a, b].iter().filter_map(|group| recent_by_group.get(group)).flatten());
        }
    }
    by_pair
}

fn find(analysis: &Analysis) -> Vec<Candidate> {
    let recent_links = RecentLinks::of(analysis, &analysis.context.link_is_new);
    shared(analysis, &recent_links)
        .into_iter()
        .filter(|(_, shared)| shared.is_instance())
        .map(|((a, b), Shared { weight, observables, links })| {
            let anchors = [a, b].map(|group| analysis.context[group].anchor).to_vec();
            let mut candidate =
                Candidate::new(analysis, PATTERN.name, anchors, observables, vec![a, b], links);
            candidate.statistic = weight;
            candidate
        })
        .collect()
}

fn key(candidate: &Candidate) -> InstanceKey {
    InstanceKey::Groups(candidate.groups[0], candidate.groups[1])
}

fn measure(analysis: &Analysis, candidates: &[Candidate], recent_links: &RecentLinks) -> Vec<f64> {
    strengths(candidates, &shared(analysis, recent_links))
}

fn strengths(candidates: &[Candidate], by_pair: &SharedByPair) -> Vec<f64> {
    let weight = |candidate: &Candidate| {
        by_pair.get(&(candidate.groups[0], candidate.groups[1])).map_or(0.0, |shared| shared.weight)
    };
    candidates.iter().map(weight).collect()
}

fn run(
    analysis: &Analysis,
    candidates: &[Candidate],
    _: &[EntityIndex],
    recent_links: &RecentLinks,
) -> Searched {
    let by_pair = shared(analysis, recent_links);
    let strengths = strengths(candidates, &by_pair);
    let found = by_pair.into_iter().filter(|(_, shared)| shared.is_instance());
    let instances = found.map(|((a, b), shared)| Instance {
        key: InstanceKey::Groups(a, b),
        strength: shared.weight,
        mean: None,
    });
    Searched { strengths, instances: instances.collect() }
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let is_observable = |entity: &&EntityIndex| analysis.context.class[entity.index()] == Class::Observable;
    FlagTitle::new(PATTERN.name)
        .label("first", label(analysis, candidate.anchors[0]))
        .label("second", label(analysis, candidate.anchors[1]))
        .count("observables", candidate.members.iter().filter(is_observable).count())
        .count("groups_max", OWNERS_MAX)
}
