//! Attribution: a new campaign or malware shares hosts with a known actor, without naming it; and its look-alikes.

use super::{
    coverage::{Coverage, DrawTime, choose_actors, choose_reporters, old_time, recent_time, report_case},
    variant::Variant,
};
use crate::{
    entities::{EntityId, EntityKind},
    hidden_world::HiddenWorld,
    random::{RandomStream, between, chance, pick, sample},
    report::{Link, LinkKind, link},
};

pub(super) const VARIANTS: &[Variant] = &[
    Variant::pattern("old-hosts", "New malware uses hosts of a known actor.", old_hosts),
    Variant::pattern(
        "unnamed-campaign",
        "A campaign without a named actor uses hosts of a known one.",
        unnamed_campaign,
    ),
    Variant::pattern(
        "hosts-and-methods",
        "New malware shares hosts and rare techniques with an actor.",
        methods,
    )
    .held_out(),
    Variant::look_alike("rented-again", "Another customer rents a host of a known actor.", rented_again),
    Variant::look_alike("copied-list", "A report copies an old list under a new name.", copied_list),
    Variant::look_alike("mixed-list", "A new name collects hosts of several actors.", mixed_list),
    Variant::look_alike(
        "false-flag",
        "New malware shows one host and the techniques of another actor.",
        false_flag,
    )
    .held_out(),
];

/// New malware, at times with a campaign, and its links to old and new hosts.
struct NewActivity {
    anchors: Vec<EntityId>,
    links: Vec<Link>,
    core: usize,
}

/// Adds malware with hosts of an actor and with new hosts. No link leads to the actor.
fn new_activity(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    old_hosts: &[EntityId],
    has_campaign: bool,
    (draw_time, day): (DrawTime, u32),
) -> NewActivity {
    // Most new names are soon on the curated list; others stay names of single agencies.
    let listed_from = Some(day).filter(|_| chance(random, 0.8));
    let malware = world.invent_malware(random, listed_from);
    let mut links = Vec::new();
    let mut anchors = vec![malware];
    if has_campaign {
        let campaign = world.entities.invent(random, EntityKind::Campaign);
        links.push(link(campaign, LinkKind::Uses, malware, draw_time(random, day)));
        anchors.insert(0, campaign);
    }
    for &host in old_hosts {
        links.push(link(host, LinkKind::Indicates, malware, draw_time(random, day)));
    }
    let core = links.len().min(4);
    for _ in 0..between(random, 1, 6) {
        let (host, seen_at) = (world.invent_host(random), draw_time(random, day));
        let behind = Some(anchors[0]).filter(|_| has_campaign);
        links.extend(world.host_links(random, host, malware, behind, seen_at));
    }
    NewActivity { anchors, links, core }
}

/// Chooses an actor and up to `count` of its hosts that an earlier report names.
fn choose_hosts(world: &mut HiddenWorld, random: &mut RandomStream, count: usize) -> (usize, Vec<EntityId>) {
    let actor = choose_actors(world, random, 1)[0];
    let hosts = world.actors[actor].hosts.clone();
    (actor, sample(random, &hosts, count))
}

fn with_actor(world: &HiddenWorld, mut anchors: Vec<EntityId>, actor: usize) -> Vec<EntityId> {
    anchors.push(world.actors[actor].entity);
    anchors
}

fn old_hosts(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let count = between(random, 3, 7);
    let (actor, hosts) = choose_hosts(world, random, count);
    let activity = new_activity(world, random, &hosts, false, (recent_time, day));
    report_case(world, random, day, activity.links, activity.core);
    with_actor(world, activity.anchors, actor)
}

fn unnamed_campaign(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let count = between(random, 3, 7);
    let (actor, hosts) = choose_hosts(world, random, count);
    let activity = new_activity(world, random, &hosts, true, (recent_time, day));
    report_case(world, random, day, activity.links, activity.core);
    with_actor(world, activity.anchors, actor)
}

fn methods(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let count = between(random, 2, 4);
    let (actor, hosts) = choose_hosts(world, random, count);
    let mut activity = new_activity(world, random, &hosts, false, (recent_time, day));
    let techniques = world.actors[actor].techniques.clone();
    for technique in sample(random, &techniques, 3) {
        activity.links.push(link(activity.anchors[0], LinkKind::Uses, technique, recent_time(random, day)));
    }
    report_case(world, random, day, activity.links, activity.core);
    with_actor(world, activity.anchors, actor)
}

fn rented_again(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let count = between(random, 2, 4);
    let (actor, hosts) = choose_hosts(world, random, count);
    let has_campaign = chance(random, 0.5);
    let activity = new_activity(world, random, &hosts, has_campaign, (recent_time, day));
    report_case(world, random, day, activity.links, activity.core);
    with_actor(world, activity.anchors, actor)
}

fn copied_list(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let count = between(random, 3, 7);
    let (actor, hosts) = choose_hosts(world, random, count);
    let draw_time: DrawTime = if chance(random, 0.5) { old_time } else { recent_time };
    let has_campaign = chance(random, 0.4);
    let activity = new_activity(world, random, &hosts, has_campaign, (draw_time, day));
    let mut coverage = Coverage::typical(world, random, day, activity.links, activity.core);
    let count = between(random, 1, 2);
    coverage.reporters = choose_reporters(random, count);
    coverage.publish(world, random);
    with_actor(world, activity.anchors, actor)
}

fn mixed_list(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let count = between(random, 2, 3);
    let actors = choose_actors(world, random, count);
    let mut hosts: Vec<EntityId> = Vec::new();
    for &actor in &actors {
        let own = world.actors[actor].hosts.clone();
        let count = between(random, 1, 4);
        hosts.extend(sample(random, &own, count));
    }
    let has_campaign = chance(random, 0.5);
    let activity = new_activity(world, random, &hosts, has_campaign, (recent_time, day));
    report_case(world, random, day, activity.links, activity.core);
    with_actor(world, activity.anchors, actors[0])
}

fn false_flag(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let (actor, hosts) = choose_hosts(world, random, 2);
    let mut activity = new_activity(world, random, &hosts, false, (recent_time, day));
    let techniques = world.actors[actor].techniques.clone();
    for _ in 0..between(random, 1, 3) {
        let technique = pick(random, &techniques);
        activity.links.push(link(activity.anchors[0], LinkKind::Uses, technique, recent_time(random, day)));
    }
    report_case(world, random, day, activity.links, activity.core);
    with_actor(world, activity.anchors, actor)
}
