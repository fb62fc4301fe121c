//! # Definition
//! Three or more hosts of an actor, campaign or malware that are new in one network of 256 addresses, which the subject did not
//! use before. New means within one of the windows of `windows.rs`. They are at least half of its new hosts, and no new host is in a network that it used
//! before. The subject had at least three hosts in other networks. The network of a name is that of its address.
//!
//! # Rationale
//! An actor that loses a server, or fears to, moves everything to another hosting company at once.
//!
//! # Chance
//! The hosts of all other subjects show how often a host is in a network. The number of new hosts in one of the networks
//! follows a Poisson distribution at that rate. The expected number is the sum over all networks, times the number of
//! subjects with new hosts and the number of windows.
//!
//! # False positives
//! A network of a large hosting company; a scan of one network that a source reports whole; a sinkhole that takes over the
//! names of the subject.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::FlagTitle,
    Null, Pattern, label, limit_to_leads, poisson_tail,
    windows::{Window, least_expected},
};
use crate::{
    analysis::{Analysis, Class},
    features::Candidate,
    index::{EntityIndex, LinkIndex},
    reporting::attribution::{KeyKind, texts},
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

/// Number of a network among those of all hosts.
type NetworkIndex = u32;

/// Hosts of a subject by network: the new ones, each with its first link, and the earlier ones.
#[derive(Default)]
struct Hosts {
    new: BTreeMap<NetworkIndex, BTreeMap<EntityIndex, LinkIndex>>,
    before: BTreeMap<NetworkIndex, BTreeSet<EntityIndex>>,
}

fn network_of_address(analysis: &Analysis, entity: EntityIndex) -> Option<String> {
    let entity = &analysis[entity];
    let keys = texts(&entity.kind, &entity.label, &entity.id);
    keys.into_iter().find(|(kind, _)| *kind == KeyKind::Network).map(|(_, network)| network)
}

/// Returns the network of an address, or that of the first address of a name; `None` if no record states one.
fn network(analysis: &Analysis, host: EntityIndex) -> Option<String> {
    network_of_address(analysis, host).or_else(|| {
        let neighbours = analysis.context.neighbours[host.index()].iter();
        let addresses = neighbours.filter(|(_, link)| analysis[*link].kind == "resolves-to");
        addresses.filter_map(|(address, _)| network_of_address(analysis, *address)).min()
    })
}

/// A host of a subject, with the links at the host.
struct HostUse {
    subject: EntityIndex,
    network: NetworkIndex,
    host: EntityIndex,
    links: Vec<LinkIndex>,
}

/// Returns the subjects that a host has a link to, with the link at the host: directly, or through an indicator.
fn subjects(analysis: &Analysis, host: EntityIndex) -> Vec<(EntityIndex, LinkIndex)> {
    let context = &analysis.context;
    let mut subjects = Vec::new();
    let others = context.neighbours[host.index()].iter().filter(|(other, _)| context.can_connect(*other));
    for &(other, link) in others {
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
    subjects.dedup();
    subjects
}

/// Returns the hosts of all subjects, subject by subject, and the number of uses in each network.
fn host_uses(analysis: &Analysis) -> (Vec<HostUse>, Vec<usize>) {
    let context = &analysis.context;
    let is_host =
        |host: &EntityIndex| context.class[host.index()] == Class::Observable && context.can_connect(*host);
    let with_network = EntityIndex::first(context.class.len()).filter(is_host).filter_map(|host| {
        let subjects = subjects(analysis, host);
        if subjects.is_empty() { None } else { Some((network(analysis, host)?, host, subjects)) }
    });
    // Networks have numbers in the order of their texts.
    let mut hosts: Vec<(String, EntityIndex, Vec<(EntityIndex, LinkIndex)>)> = with_network.collect();
    hosts.sort_unstable();
    let (mut uses, mut usual) = (Vec::new(), Vec::new());
    for (number, of_network) in hosts.chunk_by(|one, other| one.0 == other.0).enumerate() {
        let before = uses.len();
        for (_, host, subjects) in of_network {
            for links in subjects.chunk_by(|one, other| one.0 == other.0) {
                uses.push(HostUse {
                    subject: links[0].0,
                    network: number as NetworkIndex,
                    host: *host,
                    links: links.iter().map(|(_, link)| *link).collect(),
                });
            }
        }
        usual.push(uses.len() - before);
    }
    uses.sort_unstable_by_key(|host| (host.subject, host.network, host.host));
    (uses, usual)
}

fn find(analysis: &Analysis) -> Vec<Candidate> {
    if analysis.recent.cut.is_none() {
        return Vec::new();
    }
    let (uses, usual) = host_uses(analysis);
    let mut candidates = least_expected(analysis, |window| of_window(analysis, window, &uses, &usual));
    limit_to_leads(analysis, &mut candidates);
    candidates
}

fn of_window(analysis: &Analysis, window: &Window, uses: &[HostUse], usual: &[usize]) -> Vec<Candidate> {
    let is_new = |host: &HostUse| host.links.iter().all(|link| window.is_new(analysis, *link));
    let is_recent = |host: &HostUse| host.links.iter().any(|link| analysis.context.link_is_new[link.index()]);
    let subjects = || uses.chunk_by(|one, other| one.subject == other.subject);
    let with_news = subjects().filter(|hosts| hosts.iter().any(is_new)).count() as f64;
    let of_subject = |of_subject: &[HostUse]| {
        let mut hosts = Hosts::default();
        for host in of_subject {
            if is_new(host) {
                hosts.new.entry(host.network).or_default().insert(host.host, host.links[0]);
            } else {
                hosts.before.entry(host.network).or_default().insert(host.host);
            }
        }
        candidate(analysis, of_subject[0].subject, &hosts, usual, window.corrected(with_news))
    };
    // A subject without a recent link has no news.
    subjects().filter(|hosts| hosts.iter().any(is_recent)).filter_map(of_subject).collect()
}

fn candidate(
    analysis: &Analysis,
    subject: EntityIndex,
    hosts: &Hosts,
    usual: &[usize],
    trials: f64,
) -> Option<Candidate> {
    let before: usize = hosts.before.values().map(BTreeSet::len).sum();
    let new: usize = hosts.new.values().map(BTreeMap::len).sum();
    let stays = hosts.new.keys().any(|network| hosts.before.contains_key(network));
    let (_, moved) =
        hosts.new.iter().max_by_key(|(network, hosts)| (hosts.len(), std::cmp::Reverse(*network)))?;
    if stays || before < HOSTS_MIN || moved.len() < HOSTS_MIN || moved.len() * 2 < new {
        return None;
    }
    let of_others = |network: usize| {
        let number = network as NetworkIndex;
        let own = hosts.new.get(&number).map_or(0, BTreeMap::len)
            + hosts.before.get(&number).map_or(0, BTreeSet::len);
        usual[network] - own
    };
    let total: usize = (0..usual.len()).map(of_others).sum();
    // Each network has one host more, so that none is impossible by chance.
    let all = (total + usual.len()) as f64;
    let tail = |network: usize| poisson_tail(moved.len(), new as f64 * (of_others(network) + 1) as f64 / all);
    let expected = trials * (0..usual.len()).map(tail).sum::<f64>();
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
