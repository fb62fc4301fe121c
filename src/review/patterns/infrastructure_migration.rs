//! # Definition
//! Three or more hosts of an actor, campaign or malware that are newly recorded in one network of 256 addresses, which the
//! subject did not use before. They are at least half of its new hosts, and no new host is in a network that it used
//! before. The subject had at least three hosts in other networks. The network of a name is that of its address.
//!
//! # Rationale
//! An actor that loses a server, or fears to, moves everything to another hosting company at once.
//!
//! # Chance
//! The hosts of all other subjects show how often a host is in a network. The number of new hosts in one of the networks
//! follows a Poisson distribution at that rate. The expected number is the sum over all networks, times the number of
//! subjects with new hosts.
//!
//! Only the recent window counts. Windows of 7, 30, 90 and 180 days flagged a look-alike and hid true cases.
//!
//! # False positives
//! A network of a large hosting company; a scan of one network that a source reports whole; a sinkhole that takes over the
//! names of the subject.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::FlagTitle, Null, Pattern, label, limit_to_leads, poisson_tail};
use crate::{
    analysis::{Analysis, Class},
    features::Candidate,
    index::{EntityIndex, LinkIndex},
    reporting::attribution::Network,
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "infrastructure migration",
    about: "Hosts of an actor, campaign or malware that newly appear together in one network, while none appears in those it used before.",
    rationale: "An actor that loses a server, or fears to, moves everything to another hosting company at once.",
    false_positives: "A network of a large hosting company, a scan of one network that a source reports whole, or a sinkhole.",
    unit: "new hosts in one network",
    find,
    null: Null::Closed,
    title: "{hosts} new hosts of {name} are in one network that it did not use before; {before} earlier ones are in other networks.",
    title_of,
};

/// Fewest new hosts in one network, and fewest earlier hosts in others.
const HOSTS_MIN: usize = 3;

/// Hosts of a subject by network: the new ones, each with a new link, and the earlier ones.
#[derive(Default)]
struct Hosts {
    new: BTreeMap<Network, BTreeMap<EntityIndex, LinkIndex>>,
    before: BTreeMap<Network, BTreeSet<EntityIndex>>,
}

fn network_of_address(analysis: &Analysis, entity: EntityIndex) -> Option<Network> {
    let entity = &analysis[entity];
    Network::of_value(&entity.kind, &entity.label)
}

/// Returns the network of an address, or that of the first address of a name; `None` if no record states one.
fn network(analysis: &Analysis, host: EntityIndex) -> Option<Network> {
    network_of_address(analysis, host).or_else(|| {
        let neighbours = analysis.context.neighbours[host.index()].iter();
        let addresses = neighbours.filter(|(_, link)| analysis[*link].kind == "resolves-to");
        addresses.filter_map(|(address, _)| network_of_address(analysis, *address)).min()
    })
}

/// Returns the subjects that a host has a link to, with the link at the host: directly, or through an indicator.
fn subjects(analysis: &Analysis, host: EntityIndex, is_new: bool) -> Vec<(EntityIndex, LinkIndex)> {
    let context = &analysis.context;
    let mut subjects = Vec::new();
    for (other, link) in context.links_of(host, is_new) {
        match context.class[other.index()] {
            class if class.is_principal() => subjects.push((context.main_of(other), link)),
            Class::Indicator => {
                let detected = context.neighbours[other.index()].iter().map(|(at, _)| *at);
                let principals = detected.filter(|at| context.class[at.index()].is_principal());
                subjects.extend(principals.map(|at| (context.main_of(at), link)));
            }
            _ => {}
        }
    }
    subjects.sort_unstable();
    subjects.dedup_by_key(|(subject, _)| *subject);
    subjects
}

fn find(analysis: &Analysis) -> Vec<Candidate> {
    if analysis.recent.cut.is_none() {
        return Vec::new();
    }
    let context = &analysis.context;
    let mut by_subject: BTreeMap<EntityIndex, Hosts> = BTreeMap::new();
    for host in EntityIndex::first(context.class.len()) {
        if context.class[host.index()] != Class::Observable || !context.can_connect(host) {
            continue;
        }
        let Some(network) = network(analysis, host) else { continue };
        let before = subjects(analysis, host, false);
        for (subject, link) in subjects(analysis, host, true) {
            if before.iter().all(|(known, _)| *known != subject) {
                let of_subject = by_subject.entry(subject).or_default();
                of_subject.new.entry(network).or_default().insert(host, link);
            }
        }
        for (subject, _) in before {
            by_subject.entry(subject).or_default().before.entry(network).or_default().insert(host);
        }
    }
    let with_news = by_subject.values().filter(|hosts| !hosts.new.is_empty()).count() as f64;
    let usual = hosts_by_network(&by_subject);
    let mut candidates: Vec<Candidate> = by_subject
        .iter()
        .filter_map(|(subject, hosts)| candidate(analysis, *subject, hosts, &usual, with_news))
        .collect();
    limit_to_leads(analysis, &mut candidates);
    candidates
}

/// Returns the number of hosts in each network, one that several subjects use counted once for each of them.
fn hosts_by_network(by_subject: &BTreeMap<EntityIndex, Hosts>) -> BTreeMap<Network, usize> {
    let mut count: BTreeMap<Network, usize> = BTreeMap::new();
    for hosts in by_subject.values() {
        for (network, new) in &hosts.new {
            *count.entry(*network).or_default() += new.len();
        }
        for (network, before) in &hosts.before {
            *count.entry(*network).or_default() += before.len();
        }
    }
    count
}

fn candidate(
    analysis: &Analysis,
    subject: EntityIndex,
    hosts: &Hosts,
    usual: &BTreeMap<Network, usize>,
    with_news: f64,
) -> Option<Candidate> {
    let before: usize = hosts.before.values().map(BTreeSet::len).sum();
    let new: usize = hosts.new.values().map(BTreeMap::len).sum();
    let stays = hosts.new.keys().any(|network| hosts.before.contains_key(network));
    let (_, moved) =
        hosts.new.iter().max_by_key(|(network, hosts)| (hosts.len(), std::cmp::Reverse(*network)))?;
    if stays || before < HOSTS_MIN || moved.len() < HOSTS_MIN || moved.len() * 2 < new {
        return None;
    }
    let of_others = |network: &Network| {
        let own = hosts.new.get(network).map_or(0, BTreeMap::len)
            + hosts.before.get(network).map_or(0, BTreeSet::len);
        usual[network] - own
    };
    let total: usize = usual.keys().map(of_others).sum();
    // Each network has one host more, so that none is impossible by chance.
    let all = (total + usual.len()) as f64;
    let tail =
        |network: &Network| poisson_tail(moved.len(), new as f64 * (of_others(network) + 1) as f64 / all);
    let expected = with_news * usual.keys().map(tail).sum::<f64>();
    let members = moved.keys().chain(hosts.before.values().flatten()).copied();
    let support = moved.values().copied();
    let groups = analysis.context.group_of[subject.index()].into_iter().collect();
    let mut candidate = Candidate::new(analysis, PATTERN.name, vec![subject], members, groups, support);
    candidate.statistic = moved.len() as f64;
    candidate.expected = Some(expected);
    candidate.counts = vec![moved.len(), before];
    Some(candidate)
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let title = FlagTitle::new(PATTERN.name).label("name", label(analysis, candidate.anchors[0]));
    let names = ["hosts", "before"];
    names.into_iter().zip(&candidate.counts).fold(title, |title, (name, count)| title.count(name, *count))
}
