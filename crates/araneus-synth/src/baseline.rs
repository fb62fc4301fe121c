//! Baseline activity: activity of actors outside of planted cases, and coincidences between them.

use crate::{
    calendar::{DAYS, recent_time},
    entities::{EntityId, EntityKind},
    hidden_world::HiddenWorld,
    observe::{Event, observe},
    random::{RandomStream, between, chance, pick, weighted_index},
    report::{Link, LinkKind, link},
};

/// Adds the reports about the baseline activity of all days.
pub(crate) fn add(world: &mut HiddenWorld, random: &mut RandomStream) {
    for day in 2..=DAYS {
        for actor_index in 0..world.actors.len() {
            if !world.actors[actor_index].is_dormant && chance(random, world.difficulty.activity) {
                add_activity(world, random, actor_index, day);
            }
        }
        for _ in 0..weighted_index(random, &world.difficulty.unattributed) {
            add_unattributed(world, random, day);
        }
    }
}

/// Adds one event of an actor: new hosts, a campaign, a technique, a new malware, or more of an old campaign.
fn add_activity(world: &mut HiddenWorld, random: &mut RandomStream, actor_index: usize, day: u32) {
    let seen_at = recent_time(random, day);
    let actor = world.actors[actor_index].clone();
    let mut links = Vec::new();
    let mut title = None;
    match weighted_index(random, &[50, 18, 14, 10, 8]) {
        0 => add_hosts(world, random, actor_index, None, seen_at, &mut links),
        1 => {
            let campaign = world.entities.invent(random, EntityKind::Campaign);
            links.push(link(campaign, LinkKind::AttributedTo, actor.entity, seen_at));
            links.push(link(campaign, LinkKind::Uses, world.choose_malware(random, actor_index), seen_at));
            add_hosts(world, random, actor_index, Some(campaign), seen_at, &mut links);
            world.actors[actor_index].campaigns.push(campaign);
            title = Some(format!("{} begins", world.entities.name(campaign)));
        }
        2 => {
            let technique = world.choose_technique(random);
            links.push(link(actor.entity, LinkKind::Uses, technique, seen_at));
            links.push(link(actor.entity, LinkKind::Uses, pick(random, &world.shared.tools), seen_at));
        }
        3 => {
            let listed_from = Some(day + between(random, 0, 6) as u32).filter(|_| chance(random, 0.7));
            add_malware(world, random, actor_index, listed_from, seen_at, &mut links);
        }
        _ => {
            let campaign = pick(random, &actor.campaigns);
            links.push(link(campaign, LinkKind::Targets, pick(random, &world.shared.sectors), seen_at));
            add_hosts(world, random, actor_index, Some(campaign), seen_at, &mut links);
        }
    }
    world.add_methods(random, actor.entity, seen_at, &mut links);
    if chance(random, world.difficulty.coincidence) {
        add_coincidence(world, random, actor_index, seen_at, &mut links);
    }
    observe(world, random, &Event { day, region: actor.region, links, title });
}

/// Adds a new malware of an actor, with hosts.
fn add_malware(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    actor_index: usize,
    listed_from: Option<u32>,
    seen_at: i64,
    links: &mut Vec<Link>,
) {
    let malware = world.invent_malware(random, listed_from);
    let actor = world.actors[actor_index].entity;
    links.push(link(actor, LinkKind::Uses, malware, seen_at));
    if chance(random, 0.5) {
        let former = pick(random, &world.actors[actor_index].malware);
        links.push(link(malware, LinkKind::VariantOf, former, seen_at));
    }
    for _ in 0..between(random, 1, 3) {
        let host = world.invent_host(random);
        links.extend(world.host_links(random, host, malware, Some(actor), seen_at));
        world.actors[actor_index].hosts.push(host);
    }
    world.actors[actor_index].malware.push(malware);
}

/// Adds new hosts of a random malware of an actor.
fn add_hosts(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    actor_index: usize,
    campaign: Option<EntityId>,
    seen_at: i64,
    links: &mut Vec<Link>,
) {
    let malware = world.choose_malware(random, actor_index);
    let behind = campaign.unwrap_or(world.actors[actor_index].entity);
    let mut hosts = Vec::new();
    for _ in 0..between(random, 1, 4) {
        let host = world.invent_host(random);
        links.extend(world.host_links(random, host, malware, Some(behind), seen_at));
        hosts.push(host);
    }
    world.add_resolutions(random, &hosts, seen_at, links);
    world.actors[actor_index].hosts.extend(hosts);
}

/// Adds a coincidence between two actors: a common host, a common malware or a shared address.
fn add_coincidence(
    world: &HiddenWorld,
    random: &mut RandomStream,
    actor_index: usize,
    seen_at: i64,
    links: &mut Vec<Link>,
) {
    let other_index = between(random, 0, world.actors.len() - 1);
    if other_index == actor_index {
        return;
    }
    let malware = world.choose_malware(random, actor_index);
    match weighted_index(random, &[5, 2, 2]) {
        0 => {
            let host = pick(random, &world.actors[other_index].hosts);
            links.push(link(host, LinkKind::Indicates, malware, seen_at));
        }
        1 => {
            let borrowed = world.choose_malware(random, other_index);
            links.push(link(world.actors[actor_index].entity, LinkKind::Uses, borrowed, seen_at));
        }
        _ => {
            let hub = pick(random, &world.shared.hubs);
            links.push(link(hub, LinkKind::Indicates, malware, seen_at));
        }
    }
}

/// Adds an event without a named actor: hosts of commodity or unknown malware, at times with a campaign.
fn add_unattributed(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) {
    let seen_at = recent_time(random, day);
    let mut links = Vec::new();
    let mut title = None;
    let malware = if chance(random, 0.75) {
        pick(random, &world.shared.commodity)
    } else {
        world.invent_malware(random, None)
    };
    let campaign = chance(random, 0.3).then(|| world.entities.invent(random, EntityKind::Campaign));
    if let Some(campaign) = campaign {
        links.push(link(campaign, LinkKind::Uses, malware, seen_at));
        title = Some(format!("{}, source unknown", world.entities.name(campaign)));
    }
    let mut hosts = Vec::new();
    for _ in 0..between(random, 1, 5) {
        let host = world.invent_host(random);
        links.extend(world.host_links(random, host, malware, campaign, seen_at));
        hosts.push(host);
    }
    world.add_resolutions(random, &hosts, seen_at, &mut links);
    let region = between(random, 0, 3);
    observe(world, random, &Event { day, region, links, title });
}
