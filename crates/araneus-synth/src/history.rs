//! History before the first day: profiles and campaigns of actors over 400 days.

use crate::{
    calendar::{DAY, HOUR, time_of},
    entities::{EntityId, EntityKind},
    hidden_world::HiddenWorld,
    observe::{Event, observe},
    random::{RandomStream, between, chance, pick, within},
    report::{Link, LinkKind, link},
};

/// Adds the reports about every actor's history, and about commodity malware.
pub(crate) fn add(world: &mut HiddenWorld, random: &mut RandomStream) {
    for actor_index in 0..world.actors.len() {
        add_profile(world, random, actor_index);
        let (first, last) = world.actors[actor_index].active;
        // The last campaign ends at the actor's last activity, so that reports show this time. The campaigns of an actor
        // follow each other at intervals of weeks: that is its rhythm.
        let mut seen_at = last;
        for _ in 0..between(random, 2, 4) {
            add_campaign(world, random, actor_index, seen_at);
            seen_at = (seen_at - within(random, 12 * DAY, 40 * DAY)).max(first);
        }
    }
    add_commodity(world, random);
}

/// Adds reports about the programs and techniques that an actor uses.
fn add_profile(world: &mut HiddenWorld, random: &mut RandomStream, actor_index: usize) {
    let actor = world.actors[actor_index].clone();
    let seen_at = actor.active.0;
    let mut links: Vec<Link> = Vec::new();
    for &used in actor.malware.iter().chain(&actor.tools).chain(&actor.techniques) {
        links.push(link(actor.entity, LinkKind::Uses, used, seen_at));
    }
    for &malware in &actor.malware {
        links.push(link(malware, LinkKind::Uses, world.choose_technique(random), seen_at));
    }
    if chance(random, 0.4) {
        links.push(link(actor.malware[0], LinkKind::Uses, world.choose_technique(random), seen_at));
    }
    links.push(link(actor.entity, LinkKind::Targets, pick(random, &world.shared.sectors), seen_at));
    observe(world, random, &Event { day: 0, region: actor.region, links, title: None });
}

/// Adds reports about one past campaign of an actor; `last` is the end of the campaign.
fn add_campaign(world: &mut HiddenWorld, random: &mut RandomStream, actor_index: usize, last: i64) {
    let actor = world.actors[actor_index].clone();
    let campaign = world.entities.invent(random, EntityKind::Campaign);
    let malware = pick(random, &actor.malware);
    let start = last - within(random, DAY, 12 * DAY);
    let mut links = vec![
        link(campaign, LinkKind::AttributedTo, actor.entity, start),
        link(campaign, LinkKind::Uses, malware, start),
    ];
    if chance(random, 0.3) {
        links.push(link(campaign, LinkKind::Uses, pick(random, &world.shared.commodity), start));
    }
    if chance(random, 0.25) {
        links.push(link(campaign, LinkKind::Exploits, pick(random, &world.shared.vulnerabilities), start));
    }
    links.push(link(campaign, LinkKind::Uses, world.choose_technique(random), start));
    let mut hosts: Vec<EntityId> = Vec::new();
    for _ in 0..between(random, 3, 7) {
        let host = world.invent_host(random);
        let seen_at = within(random, start, last);
        links.extend(world.host_links(random, host, malware, Some(campaign), seen_at));
        hosts.push(host);
    }
    world.add_resolutions(random, &hosts, last - HOUR, &mut links);
    let title = Some(format!("{}: what we know", world.entities.name(campaign)));
    world.actors[actor_index].hosts.extend(&hosts);
    world.actors[actor_index].campaigns.push(campaign);
    observe(world, random, &Event { day: 0, region: actor.region, links, title });
}

/// Adds reports about hosts of commodity malware, which belong to no actor.
fn add_commodity(world: &mut HiddenWorld, random: &mut RandomStream) {
    for malware in world.shared.commodity.clone() {
        for _ in 0..between(random, 1, 3) {
            let seen_at = time_of(1) - within(random, 2 * DAY, 200 * DAY);
            let mut links = Vec::new();
            for _ in 0..between(random, 2, 5) {
                let host = world.invent_host(random);
                links.extend(world.host_links(random, host, malware, None, seen_at));
            }
            let region = between(random, 0, 3);
            observe(world, random, &Event { day: 0, region, links, title: None });
        }
    }
}
