//! # Definition
//! New reports, indicators, campaigns, malware or tools that name infrastructure of an established group, which no
//! record named for at least 28 days before the recent window. Infrastructure is a host, an address or a certificate; a
//! registrable domain or a network of 256 addresses counts less. At most two groups used it before.
//!
//! # Rationale
//! Actors return to infrastructure that they own or rent. A new name on an old host shows who is behind it.
//!
//! # Chance
//! Unrelated groups share some keys (hosts, domains and networks): the share of keys with two or more groups is
//! measured for each kind of key. Each new key hits an earlier one by accident at that rate, and the hit falls on a group
//! in proportion to its keys. The expected number is the number of groups, times the Poisson tails of the hits.
//!
//! # False positives
//! A host that another customer rents now; a sinkhole or a parked domain; a list that copies an old report; a network of
//! a large hosting company.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{
        FlagTitle,
        known_keys::{Key, Keys, KnownKey, owners},
    },
    Null, Pattern, label, limit_to_leads, poisson_tail,
};
use crate::{
    analysis::{Analysis, Class},
    features::Candidate,
    index::{EntityIndex, LinkIndex},
    reporting::attribution::{KeyKind, texts},
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "known infrastructure",
    about: "New reports, indicators, campaigns, malware or tools that name infrastructure of an established group, which was not reported for weeks.",
    rationale: "Actors return to infrastructure that they own or rent, and a new name on an old host shows who is behind it.",
    false_positives: "A host with a new owner, a sinkhole or a parked domain, a list that copies an old report, or a network of a large hosting company.",
    unit: "rare hosts, domains and networks that are named again",
    find,
    null: Null::Closed,
    title: "{new} new {new:entity|entities} named infrastructure of {name} after at least {days} days without a report: \
            [hosts>0?{hosts} {hosts:host or other value|hosts or other values}]\
            [domains>0?, {domains} other {domains:domain|domains}]\
            [networks>0?, {networks} other {networks:network|networks}].",
    title_of,
};

/// Days before the recent window without a record of a key.
const QUIET_DAYS: i64 = 28;
/// Largest number of groups that used a rare key.
const OWNERS_MAX: usize = 2;
/// Fewest networks, where no host or domain is named again.
const NETWORKS_MIN: usize = 2;
/// Kinds of observables that are infrastructure.
const INFRASTRUCTURE: [&str; 6] =
    ["domain-name", "hostname", "ipv4-addr", "ipv6-addr", "url", "x509-certificate"];
/// Kinds of keys, with the strength of a key that is named again.
const KINDS: [(KeyKind, f64); 3] = [(KeyKind::Host, 1.0), (KeyKind::Domain, 0.5), (KeyKind::Network, 0.3)];

/// A key of an established group that a new entity names.
struct Hit {
    key: Key,
    carrier: EntityIndex,
    value: EntityIndex,
    link: LinkIndex,
}

fn is_infrastructure(kind: &str) -> bool {
    INFRASTRUCTURE.contains(&kind)
}

fn find(analysis: &Analysis) -> Vec<Candidate> {
    let Some(cut) = analysis.recent.cut else { return Vec::new() };
    let mut keys = Keys::new(is_infrastructure);
    let mentions = new_mentions(analysis, &mut keys);
    if mentions.is_empty() {
        return Vec::new();
    }
    keys.learn(analysis);
    let quiet_since = cut.days_earlier(QUIET_DAYS);
    let is_quiet = |key: &KnownKey| key.last.is_some_and(|last| last <= quiet_since);
    let is_rare = |key: &KnownKey| (1..=OWNERS_MAX).contains(&key.owners.len());
    let mut by_owner: BTreeMap<EntityIndex, Vec<Hit>> = BTreeMap::new();
    for mention in &mentions {
        // A host that was named lately does not return, whatever its domain and network.
        let known = mention.keys.iter().find(|key| keys.known[**key as usize].last.is_some());
        let Some(&key) = known.filter(|key| is_quiet(&keys.known[**key as usize])) else { continue };
        if !is_rare(&keys.known[key as usize]) {
            continue;
        }
        for &owner in &keys.known[key as usize].owners {
            let Mention { carrier, value, link, .. } = *mention;
            by_owner.entry(owner).or_default().push(Hit { key, carrier, value, link });
        }
    }
    let accidents = Accidents::of(&keys, &mentions);
    let mut candidates: Vec<Candidate> = by_owner
        .iter()
        .filter_map(|(owner, hits)| candidate(analysis, *owner, hits, &keys, &accidents))
        .collect();
    limit_to_leads(analysis, &mut candidates);
    candidates
}

/// An observable that a new entity names.
struct Mention {
    carrier: EntityIndex,
    value: EntityIndex,
    link: LinkIndex,
    keys: Vec<Key>,
}

/// Returns the infrastructure that new entities name.
fn new_mentions(analysis: &Analysis, keys: &mut Keys) -> Vec<Mention> {
    let context = &analysis.context;
    let mut mentions = Vec::new();
    for carrier in EntityIndex::first(context.class.len()) {
        let class = context.class[carrier.index()];
        let is_carrier = class.is_principal() || matches!(class, Class::Report | Class::Indicator);
        if !is_carrier || !context.is_new[carrier.index()] || !context.can_connect(carrier) {
            continue;
        }
        for (value, link) in context.links_of(carrier, true) {
            let value_keys = match context.class[value.index()] {
                Class::Observable => keys.of(analysis, value),
                _ => Vec::new(),
            };
            if !value_keys.is_empty() {
                mentions.push(Mention { carrier, value, link, keys: value_keys });
            }
        }
    }
    mentions
}

/// Keys of groups, and the number of new keys that hit an earlier key by accident.
struct Accidents {
    owners: f64,
    /// For each of [`KINDS`] the keys of each owner.
    keys_of: Vec<BTreeMap<EntityIndex, usize>>,
    /// For each of [`KINDS`] the number of keys with an owner.
    all: Vec<usize>,
    /// For each of [`KINDS`] the number of accidental hits that the new keys give.
    hits: Vec<f64>,
}

impl Accidents {
    fn of(keys: &Keys, mentions: &[Mention]) -> Self {
        let named: BTreeSet<Key> = mentions.iter().flat_map(|mention| mention.keys.iter().copied()).collect();
        let mut accidents = Self { owners: 0.0, keys_of: Vec::new(), all: Vec::new(), hits: Vec::new() };
        let mut owners: BTreeSet<EntityIndex> = BTreeSet::new();
        for (kind, _) in KINDS {
            let (mut keys_of, mut all, mut shared) = (BTreeMap::new(), 0, 0);
            for key in keys.known.iter().filter(|key| key.kind == kind && !key.owners.is_empty()) {
                all += 1;
                shared += usize::from(key.owners.len() > 1);
                for owner in &key.owners {
                    *keys_of.entry(*owner).or_insert(0) += 1;
                }
            }
            let new = named.iter().filter(|key| keys.known[**key as usize].kind == kind).count();
            owners.extend(keys_of.keys());
            accidents.keys_of.push(keys_of);
            accidents.all.push(all);
            accidents.hits.push(new as f64 * (shared as f64 + 0.5) / (all as f64 + 1.0));
        }
        accidents.owners = owners.len() as f64;
        accidents
    }

    /// Returns the number of groups that chance gives at least so many hits of each kind.
    fn expected(&self, owner: EntityIndex, hits: [usize; KINDS.len()]) -> f64 {
        let tail = |kind: usize| {
            let own = self.keys_of[kind].get(&owner).copied().unwrap_or(0) as f64;
            poisson_tail(hits[kind], self.hits[kind] * own / self.all[kind].max(1) as f64)
        };
        // The best of all combinations of kinds was taken.
        (0..KINDS.len()).map(tail).product::<f64>() * self.owners * KINDS.len() as f64
    }
}

fn candidate(
    analysis: &Analysis,
    owner: EntityIndex,
    hits: &[Hit],
    keys: &Keys,
    accidents: &Accidents,
) -> Option<Candidate> {
    let context = &analysis.context;
    let distinct: BTreeSet<Key> = hits.iter().map(|hit| hit.key).collect();
    let count = |kind: KeyKind| distinct.iter().filter(|key| keys.known[**key as usize].kind == kind).count();
    let counts = KINDS.map(|(kind, _)| count(kind));
    if counts[0] + counts[1] == 0 && counts[2] < NETWORKS_MIN {
        return None;
    }
    // The new campaign, malware or tool that an indicator or a report names is a member.
    let carriers: BTreeSet<EntityIndex> = hits.iter().map(|hit| hit.carrier).collect();
    let named = carriers.iter().flat_map(|carrier| context.links_of(*carrier, true));
    let named: Vec<(EntityIndex, LinkIndex)> = named
        .filter(|(at, _)| context.is_new[at.index()] && context.class[at.index()].is_principal())
        .collect();
    let members = hits.iter().flat_map(|hit| [hit.carrier, hit.value]).chain(named.iter().map(|(at, _)| *at));
    let groups = context.group_of[owner.index()].into_iter().collect();
    let support = hits.iter().map(|hit| hit.link).chain(named.iter().map(|(_, link)| *link));
    let mut candidate = Candidate::new(analysis, PATTERN.name, vec![owner], members, groups, support);
    let rarity = |key: &Key| {
        let known = &keys.known[*key as usize];
        let weight = KINDS.iter().find(|(kind, _)| *kind == known.kind).map_or(0.0, |(_, weight)| *weight);
        weight / known.owners.len() as f64
    };
    candidate.statistic = distinct.iter().map(rarity).sum();
    candidate.expected = Some(accidents.expected(owner, counts));
    Some(candidate)
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let owner = candidate.anchors[0];
    let mut hosts: BTreeSet<String> = BTreeSet::new();
    let mut domains: BTreeSet<String> = BTreeSet::new();
    let mut networks: BTreeSet<String> = BTreeSet::new();
    let mut carriers: BTreeSet<EntityIndex> = BTreeSet::new();
    let class = |entity: EntityIndex| analysis.context.class[entity.index()];
    let known = earlier_texts(analysis, owner);
    for &link in &candidate.support {
        let ends = [analysis[link].from, analysis[link].to];
        let [carrier, value] = if class(ends[0]) == Class::Observable { [ends[1], ends[0]] } else { ends };
        if class(value) != Class::Observable {
            continue;
        }
        carriers.insert(carrier);
        let entity = &analysis[value];
        let named = texts(&entity.kind, &entity.label, &entity.id).into_iter();
        match named.into_iter().find(|key| known.contains(key)) {
            Some((KeyKind::Host, text)) => hosts.insert(text),
            Some((KeyKind::Domain, text)) => domains.insert(text),
            Some((KeyKind::Network, text)) => networks.insert(text),
            None => false,
        };
    }
    FlagTitle::new(PATTERN.name)
        .label("name", label(analysis, owner))
        .count("new", carriers.len())
        .count("days", QUIET_DAYS as usize)
        .count("hosts", hosts.len())
        .count("domains", domains.len())
        .count("networks", networks.len())
}

/// Returns the texts of the keys that a group used before the recent window.
fn earlier_texts(analysis: &Analysis, owner: EntityIndex) -> BTreeSet<(KeyKind, String)> {
    let context = &analysis.context;
    let observables = EntityIndex::first(context.class.len())
        .filter(|at| context.class[at.index()] == Class::Observable && context.can_connect(*at))
        .filter(|at| owners(context, *at).contains(&owner));
    let keys = |observable: EntityIndex| {
        let entity = &analysis[observable];
        texts(&entity.kind, &entity.label, &entity.id)
    };
    observables.flat_map(keys).collect()
}
