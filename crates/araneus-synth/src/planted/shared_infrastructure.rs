//! Shared-infrastructure convergence: actors start to share rare hosts; and six look-alikes.

use super::{
    coverage::{
        Coverage, DrawTime, actor_entities, choose_actors, old_time, publish_single_report, recent_time,
        report_case,
    },
    variant::Variant,
};
use crate::{
    calendar::DAY,
    entities::{EntityId, EntityKind},
    hidden_world::HiddenWorld,
    random::{RandomStream, between, chance, pick, sample},
    report::{Link, LinkKind, link},
};

pub(super) const VARIANTS: &[Variant] = &[
    Variant::pattern("same-hosts", "Indicators of both actors match the same rare hosts.", same_hosts),
    Variant::pattern("certificates", "Hosts of both actors have the same certificates.", certificates),
    Variant::pattern(
        "same-addresses",
        "New domains of both actors resolve to the same rare addresses.",
        same_addresses,
    ),
    Variant::pattern("same-samples", "The same samples indicate malware of both actors.", same_samples),
    Variant::pattern("handed-over", "One actor uses hosts of the other some days later.", handed_over)
        .held_out(),
    Variant::look_alike(
        "cdn-addresses",
        "Hosts of both actors use shared addresses, such as those of a content network.",
        cdn_addresses,
    ),
    Variant::look_alike(
        "copied-list",
        "One list mixes hosts of several actors, and other agencies copy it.",
        copied_list,
    ),
    Variant::look_alike(
        "one-shared-host",
        "The actors have one hosting address in common, and no other host.",
        one_shared_host,
    ),
    Variant::look_alike(
        "told-late",
        "Agencies report late that the actors shared hosts long ago.",
        reported_late,
    ),
    Variant::look_alike(
        "scanner-hits",
        "A scanner lists recent hosts of all actors under commodity malware.",
        scanner_hits,
    ),
    Variant::look_alike(
        "parked-domains",
        "Old domains of both actors expire and move to the same parking service.",
        parked_domains,
    )
    .held_out(),
];

/// Number of common hosts that every reporter reports; one alone would be no convergence.
const CORE_HOSTS: usize = 2;

/// Chooses two or three active actors.
fn choose_sharers(world: &mut HiddenWorld, random: &mut RandomStream) -> Vec<usize> {
    let count = if chance(random, 0.7) { 2 } else { 3 };
    choose_actors(world, random, count)
}

/// Returns links from a host to each actor, or to malware of the actor.
fn host_links_of_each(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    host: EntityId,
    sharers: &[usize],
    (draw_time, day): (DrawTime, u32),
) -> Vec<Link> {
    let mut links = Vec::new();
    for &actor in sharers {
        let seen_at = draw_time(random, day);
        if chance(random, 0.75) {
            let malware = world.choose_malware(random, actor);
            links.extend(world.host_links(random, host, malware, None, seen_at));
        } else {
            links.push(link(host, LinkKind::Indicates, world.actors[actor].entity, seen_at));
        }
    }
    links
}

/// Chooses an old host of one actor that is not in the links yet, at times; else `None`.
fn choose_taken_over(
    world: &HiddenWorld,
    random: &mut RandomStream,
    owner: usize,
    links: &[Link],
) -> Option<EntityId> {
    let is_free = |host: &EntityId| !links.iter().any(|link| link.from == *host || link.to == *host);
    let hosts: Vec<EntityId> = world.actors[owner].hosts.iter().copied().filter(is_free).collect();
    (!hosts.is_empty() && chance(random, 0.4)).then(|| pick(random, &hosts))
}

/// Adds recent hosts of each actor that are not linked to the others.
fn unrelated_links(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    sharers: &[usize],
    day: u32,
    max_hosts: usize,
) -> Vec<Link> {
    let mut links = Vec::new();
    for &actor in sharers {
        for _ in 0..between(random, 0, max_hosts) {
            let (host, malware, seen_at) =
                (world.invent_host(random), world.choose_malware(random, actor), recent_time(random, day));
            links.extend(world.host_links(random, host, malware, Some(world.actors[actor].entity), seen_at));
        }
    }
    links
}

fn same_hosts(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let sharers = choose_sharers(world, random);
    let mut links = Vec::new();
    for _ in 0..between(random, 2, 6) {
        let fallback = world.invent_machine(random);
        let host = choose_taken_over(world, random, sharers[0], &links).unwrap_or(fallback);
        links.extend(host_links_of_each(world, random, host, &sharers, (recent_time, day)));
    }
    links.extend(unrelated_links(world, random, &sharers, day, 2));
    report_case(world, random, day, links, CORE_HOSTS * sharers.len());
    actor_entities(world, &sharers)
}

fn certificates(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let sharers = choose_sharers(world, random);
    let mut links = Vec::new();
    for _ in 0..between(random, 1, 3) {
        let certificate = world.entities.invent(random, EntityKind::Certificate);
        links.extend(host_links_of_each(world, random, certificate, &sharers, (recent_time, day)));
    }
    let fallback = world.invent_machine(random);
    let host = choose_taken_over(world, random, sharers[0], &links).unwrap_or(fallback);
    links.extend(host_links_of_each(world, random, host, &sharers, (recent_time, day)));
    links.extend(unrelated_links(world, random, &sharers, day, 3));
    report_case(world, random, day, links, CORE_HOSTS * sharers.len());
    actor_entities(world, &sharers)
}

fn same_addresses(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let sharers = choose_sharers(world, random);
    let mut links = Vec::new();
    for _ in 0..between(random, 2, 4) {
        let address = world.invent_address(random);
        for &actor in &sharers {
            let (domain, seen_at) =
                (world.entities.invent(random, EntityKind::Domain), recent_time(random, day));
            links.push(link(domain, LinkKind::Indicates, world.choose_malware(random, actor), seen_at));
            links.push(link(domain, LinkKind::ResolvesTo, address, seen_at));
        }
    }
    report_case(world, random, day, links, 2 * CORE_HOSTS * sharers.len());
    actor_entities(world, &sharers)
}

fn same_samples(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let sharers = choose_sharers(world, random);
    let mut links = Vec::new();
    for _ in 0..between(random, 2, 5) {
        let fallback = world.entities.invent(random, EntityKind::File);
        let sample = choose_taken_over(world, random, sharers[0], &links).unwrap_or(fallback);
        links.extend(host_links_of_each(world, random, sample, &sharers, (recent_time, day)));
    }
    links.extend(unrelated_links(world, random, &sharers, day, 3));
    report_case(world, random, day, links, CORE_HOSTS * sharers.len());
    actor_entities(world, &sharers)
}

fn handed_over(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let sharers = choose_actors(world, random, 2);
    let mut links = Vec::new();
    for _ in 0..between(random, 3, 6) {
        let fallback = world.invent_machine(random);
        let host = choose_taken_over(world, random, sharers[0], &links).unwrap_or(fallback);
        let seen_at = recent_time(random, day);
        let (first, second) =
            (world.choose_malware(random, sharers[0]), world.choose_malware(random, sharers[1]));
        links.extend(world.host_links(random, host, first, None, seen_at - 3 * DAY));
        links.extend(world.host_links(random, host, second, None, seen_at));
    }
    let mut coverage = Coverage::typical(world, random, day, links, CORE_HOSTS * sharers.len());
    coverage.days = between(random, 3, 5) as u32;
    coverage.publish(world, random);
    actor_entities(world, &sharers)
}

fn cdn_addresses(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let sharers = choose_sharers(world, random);
    let mut links = Vec::new();
    let count = between(random, 2, 5);
    for hub in sample(random, &world.shared.hubs, count) {
        links.extend(host_links_of_each(world, random, hub, &sharers, (recent_time, day)));
    }
    links.extend(unrelated_links(world, random, &sharers, day, 5));
    report_case(world, random, day, links, CORE_HOSTS * sharers.len());
    actor_entities(world, &sharers)
}

fn copied_list(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let sharers = choose_sharers(world, random);
    let mut links = Vec::new();
    for &owner in &sharers {
        let count = between(random, 1, 3);
        for host in sample(random, &world.actors[owner].hosts.clone(), count) {
            links.extend(host_links_of_each(world, random, host, &sharers, (recent_time, day)));
        }
    }
    links.extend(unrelated_links(world, random, &sharers, day, 4));
    publish_single_report(world, random, day, "Indicators of the week", links);
    actor_entities(world, &sharers)
}

fn one_shared_host(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let sharers = choose_sharers(world, random);
    let address = world.invent_address(random);
    let mut links = host_links_of_each(world, random, address, &sharers, (recent_time, day));
    let core = links.len();
    // Many other customers use the address, too.
    for malware in sample(random, &world.shared.commodity, 3) {
        links.push(link(address, LinkKind::Indicates, malware, recent_time(random, day)));
    }
    links.extend(unrelated_links(world, random, &sharers, day, 5));
    report_case(world, random, day, links, core);
    actor_entities(world, &sharers)
}

fn reported_late(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let sharers = choose_sharers(world, random);
    let mut links = Vec::new();
    for _ in 0..between(random, 2, 6) {
        let host = world.invent_host(random);
        links.extend(host_links_of_each(world, random, host, &sharers, (old_time, day)));
    }
    let mut coverage = Coverage::typical(world, random, day, links, CORE_HOSTS * sharers.len());
    coverage.is_backlog = chance(random, 0.5);
    coverage.publish(world, random);
    actor_entities(world, &sharers)
}

fn scanner_hits(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let sharers = choose_sharers(world, random);
    let commodity = pick(random, &world.shared.commodity);
    let mut links = Vec::new();
    for &actor in &sharers {
        links.push(link(world.actors[actor].entity, LinkKind::Uses, commodity, recent_time(random, day)));
        for _ in 0..between(random, 2, 4) {
            let (host, malware, seen_at) =
                (world.invent_machine(random), world.choose_malware(random, actor), recent_time(random, day));
            links.extend(world.host_links(random, host, malware, None, seen_at));
            links.push(link(host, LinkKind::Indicates, commodity, seen_at));
        }
    }
    report_case(world, random, day, links, 3);
    actor_entities(world, &sharers)
}

fn parked_domains(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let sharers = choose_sharers(world, random);
    let parking = sample(random, &world.shared.parking, 2);
    let mut links = Vec::new();
    for &actor in &sharers {
        let mut domains: Vec<EntityId> = world.actors[actor].hosts.clone();
        domains.retain(|&host| world.entities.kind(host) == EntityKind::Domain);
        while domains.len() < 2 {
            domains.push(world.entities.invent(random, EntityKind::Domain));
        }
        let count = between(random, 2, 4);
        for domain in sample(random, &domains, count) {
            let seen_at = recent_time(random, day);
            links.push(link(domain, LinkKind::ResolvesTo, pick(random, &parking), seen_at));
            if chance(random, 0.6) {
                links.push(link(domain, LinkKind::Indicates, world.choose_malware(random, actor), seen_at));
            }
        }
    }
    links.extend(unrelated_links(world, random, &sharers, day, 4));
    // A link from each actor to its malware shows whose domains they were.
    let attributions: Vec<Link> = sharers
        .iter()
        .map(|&actor| (world.actors[actor].entity, world.choose_malware(random, actor)))
        .map(|(entity, malware)| link(entity, LinkKind::Uses, malware, 0))
        .collect();
    let seen_at = recent_time(random, day);
    links.splice(0..0, attributions.into_iter().map(|attributions| Link { seen_at, ..attributions }));
    report_case(world, random, day, links, sharers.len());
    actor_entities(world, &sharers)
}
