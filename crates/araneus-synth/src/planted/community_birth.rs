//! Community birth: a new group of entities with dense links between them; and six look-alikes.

use super::{
    coverage::{Coverage, DrawTime, common_links, old_time, publish_single_report, recent_time, report_case},
    variant::Variant,
};
use crate::{
    calendar::DAYS,
    entities::{EntityId, EntityKind},
    hidden_world::HiddenWorld,
    random::{RandomStream, between, chance, pick, sample},
    report::{Link, LinkKind, link},
};

pub(super) const VARIANTS: &[Variant] = &[
    Variant::pattern(
        "actor-group",
        "An unknown actor appears with a campaign, malware and hosts.",
        actor_group,
    ),
    Variant::pattern(
        "campaign-group",
        "A campaign without a known actor appears with its own malware and hosts.",
        campaign_group,
    ),
    Variant::pattern(
        "malware-families",
        "New malware families download each other and share hosts; no actor is named.",
        malware_families,
    ),
    Variant::pattern("book-entry", "A curated list adds an actor while agencies report on it.", book_entry),
    Variant::pattern(
        "host-mesh",
        "A campaign with one malware uses domains and addresses that resolve to each other.",
        host_mesh,
    )
    .held_out(),
    Variant::look_alike(
        "single-source",
        "Only one agency reports a group, in several reports.",
        single_source,
    ),
    Variant::look_alike("backlog", "Agencies report an old group late.", backlog),
    Variant::look_alike(
        "relayed-report",
        "One agency reports a group once, and other agencies relay this report unchanged.",
        relayed_report,
    ),
    Variant::look_alike(
        "scanner-dump",
        "Several agencies list scanners and sinkholes, which are linked only by shared addresses and commodity malware.",
        scanner_dump,
    ),
    Variant::look_alike(
        "known-under-alias",
        "Agencies report a known actor under a name that a curated list then adds as a synonym.",
        known_under_alias,
    ),
    Variant::look_alike(
        "exercise",
        "One agency reports a red-team exercise, other agencies relay it, and the agency withdraws it.",
        exercise,
    )
    .held_out(),
];

/// A new group of entities with dense links between them.
struct DenseGroup {
    links: Vec<Link>,
    /// Number of first links that every reporter reports.
    core: usize,
    malware: Vec<EntityId>,
}

/// Adds malware and hosts with dense links to the leaders, which are an actor, a campaign, both or none.
fn dense_group(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    leaders: &[EntityId],
    (malware_count, host_count): (usize, usize),
    day: u32,
    draw_time: DrawTime,
) -> DenseGroup {
    let seen_at = draw_time(random, day);
    // The curated list adds some of the malware within days.
    let listed_from: Vec<Option<u32>> = (0..malware_count).map(|_| choose_listing(random, day)).collect();
    let malware: Vec<EntityId> =
        listed_from.into_iter().map(|listed_from| world.invent_malware(random, listed_from)).collect();
    let mut links = Vec::new();
    for pair in leaders.windows(2) {
        links.push(link(pair[1], LinkKind::AttributedTo, pair[0], seen_at));
    }
    for &program in &malware {
        for &leader in leaders {
            if links.len() < 2 || chance(random, 0.7) {
                links.push(link(leader, LinkKind::Uses, program, seen_at));
            }
        }
    }
    for pair in malware.windows(2) {
        if leaders.is_empty() || chance(random, 0.5) {
            links.push(link(pair[0], LinkKind::Downloads, pair[1], seen_at));
        }
    }
    let core = links.len().min(3);
    let mut hosts = Vec::new();
    for _ in 0..host_count {
        let (host, seen_at) = (world.invent_host(random), draw_time(random, day));
        let program = pick(random, &malware);
        links.extend(world.host_links(random, host, program, leaders.last().copied(), seen_at));
        if malware.len() > 1 && chance(random, 0.35) {
            links.push(link(host, LinkKind::Indicates, pick(random, &malware), seen_at));
        }
        hosts.push(host);
    }
    let seen_at = draw_time(random, day);
    world.add_resolutions(random, &hosts, seen_at, &mut links);
    if let Some(&leader) = leaders.first() {
        links.extend(common_links(world, random, leader, seen_at));
    }
    DenseGroup { links, core, malware }
}

/// Returns a day within a few days on which the curated list adds a malware; `None` for never.
fn choose_listing(random: &mut RandomStream, day: u32) -> Option<u32> {
    Some(day + between(random, 0, 4) as u32).filter(|listing| *listing <= DAYS && chance(random, 0.5))
}

/// Returns numbers of malware and hosts, from the same distribution for patterns and look-alikes.
fn choose_size(random: &mut RandomStream) -> (usize, usize) {
    (between(random, 1, 3), between(random, 3, 10))
}

/// Adds a new actor, for which few agencies have names of their own.
fn invent_actor(world: &mut HiddenWorld, random: &mut RandomStream) -> EntityId {
    let actor = world.entities.invent(random, EntityKind::Actor);
    // No curated list contains a new actor yet. Most agencies use the first published name.
    let share = world.difficulty.alias * 0.3;
    world.entities.add_aliases(random, actor, share, 0.5);
    actor
}

fn actor_group(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let size = choose_size(random);
    let leaders = [invent_actor(world, random), world.entities.invent(random, EntityKind::Campaign)];
    let group = dense_group(world, random, &leaders, size, day, recent_time);
    let anchors = vec![leaders[0], group.malware[0]];
    report_case(world, random, day, group.links, group.core);
    anchors
}

fn campaign_group(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let size = choose_size(random);
    let leaders = [world.entities.invent(random, EntityKind::Campaign)];
    let group = dense_group(world, random, &leaders, size, day, recent_time);
    let anchors = vec![leaders[0], group.malware[0]];
    report_case(world, random, day, group.links, group.core);
    anchors
}

fn malware_families(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let size = (between(random, 2, 4), between(random, 4, 10));
    let group = dense_group(world, random, &[], size, day, recent_time);
    let anchors = group.malware.iter().copied().take(2).collect();
    report_case(world, random, day, group.links, group.core);
    anchors
}

fn book_entry(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let size = choose_size(random);
    let actor = world.entities.invent(random, EntityKind::Actor);
    let (alias, listed_from) = (world.difficulty.alias, Some((day + between(random, 0, 3) as u32).min(DAYS)));
    world.entities.add_aliases(random, actor, alias, 0.0);
    world.entities[actor].listed_from = listed_from;
    let mut leaders = vec![actor];
    if chance(random, 0.5) {
        leaders.push(world.entities.invent(random, EntityKind::Campaign));
    }
    let group = dense_group(world, random, &leaders, size, day, recent_time);
    for &program in &group.malware {
        world.entities[program].listed_from = listed_from.filter(|_| chance(random, 0.6));
    }
    let anchors = vec![actor, group.malware[0]];
    report_case(world, random, day, group.links, group.core);
    anchors
}

fn host_mesh(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let campaign = world.entities.invent(random, EntityKind::Campaign);
    let mut group = dense_group(world, random, &[campaign], (1, 1), day, recent_time);
    let addresses: Vec<EntityId> = (0..between(random, 2, 4)).map(|_| world.invent_address(random)).collect();
    for _ in 0..between(random, 3, 6) {
        let (domain, seen_at) = (world.entities.invent(random, EntityKind::Domain), recent_time(random, day));
        for address in sample(random, &addresses, 2) {
            group.links.push(link(domain, LinkKind::ResolvesTo, address, seen_at));
        }
        group.links.extend(world.host_links(random, domain, group.malware[0], Some(campaign), seen_at));
    }
    let anchors = vec![campaign, group.malware[0]];
    report_case(world, random, day, group.links, group.core);
    anchors
}

/// Adds the leaders of a look-alike: an actor, a campaign or both, as in the pattern.
fn choose_leaders(world: &mut HiddenWorld, random: &mut RandomStream) -> Vec<EntityId> {
    let mut leaders = Vec::new();
    if chance(random, 0.6) {
        leaders.push(invent_actor(world, random));
    }
    if leaders.is_empty() || chance(random, 0.5) {
        leaders.push(world.entities.invent(random, EntityKind::Campaign));
    }
    leaders
}

/// Adds a recent group for a look-alike, and returns its anchors and usual coverage.
fn recent_group(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> (Vec<EntityId>, Coverage) {
    let size = choose_size(random);
    let leaders = choose_leaders(world, random);
    let group = dense_group(world, random, &leaders, size, day, recent_time);
    let anchors = vec![leaders[0], group.malware[0]];
    let coverage = Coverage::typical(world, random, day, group.links, group.core);
    (anchors, coverage)
}

fn single_source(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let (anchors, mut coverage) = recent_group(world, random, day);
    coverage.reporters = vec![pick(random, &[0, 1, 2, 3, 4, 4, 5, 5])];
    coverage.publish(world, random);
    anchors
}

fn backlog(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let size = choose_size(random);
    let leaders = choose_leaders(world, random);
    let group = dense_group(world, random, &leaders, size, day, old_time);
    let anchors = vec![leaders[0], group.malware[0]];
    let mut coverage = Coverage::typical(world, random, day, group.links, group.core);
    coverage.is_backlog = chance(random, 0.6);
    if chance(random, 0.4) {
        coverage.reporters = vec![pick(random, &[0, 1, 2, 3, 4, 4, 5, 5])];
    }
    coverage.publish(world, random);
    anchors
}

fn relayed_report(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let (anchors, coverage) = recent_group(world, random, day);
    publish_single_report(world, random, day, "A cluster of activity", coverage.links);
    anchors
}

fn scanner_dump(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let malware = world.invent_malware(random, None);
    let mut links = Vec::new();
    for _ in 0..between(random, 5, 11) {
        let (scanner, seen_at) = (world.invent_machine(random), recent_time(random, day));
        links.extend(world.host_links(random, scanner, malware, None, seen_at));
        if world.entities.kind(scanner) == EntityKind::Domain {
            links.push(link(scanner, LinkKind::ResolvesTo, pick(random, &world.shared.hubs), seen_at));
        }
        if chance(random, 0.3) {
            let commodity = pick(random, &world.shared.commodity);
            links.push(link(scanner, LinkKind::Indicates, commodity, seen_at));
        }
    }
    for hub in sample(random, &world.shared.hubs, 2) {
        links.push(link(hub, LinkKind::Indicates, malware, recent_time(random, day)));
    }
    let coverage = Coverage::typical(world, random, day, links, 1);
    coverage.publish(world, random);
    vec![malware]
}

fn known_under_alias(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let active: Vec<usize> =
        (0..world.actors.len()).filter(|&actor| !world.actors[actor].is_dormant).collect();
    let known = world.actors[pick(random, &active)].clone();
    let (anchors, mut coverage) = recent_group(world, random, day);
    let listed_from = (day + between(random, 0, 3) as u32).min(DAYS);
    if world.entities.kind(anchors[0]) == EntityKind::Actor {
        world.entities[anchors[0]].synonym_of = Some(known.entity);
        world.entities[anchors[0]].listed_from = Some(listed_from);
    }
    for _ in 0..between(random, 1, 3) {
        let (host, seen_at) = (pick(random, &known.hosts), recent_time(random, day));
        coverage.links.push(link(host, LinkKind::Indicates, anchors[1], seen_at));
    }
    coverage.links.push(link(
        anchors[1],
        LinkKind::VariantOf,
        pick(random, &known.malware),
        recent_time(random, day),
    ));
    coverage.publish(world, random);
    anchors
}

fn exercise(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let (anchors, mut coverage) = recent_group(world, random, day);
    coverage.reporters = vec![pick(random, &[0, 1, 2, 3, 4, 4, 5, 5])];
    coverage.relay_rate = 0.9;
    coverage.withdrawn_on = Some(day + coverage.days + between(random, 3, 8) as u32);
    coverage.publish(world, random);
    anchors
}
