//! Surge of a subject: a malware is reported much more than before; and its look-alikes.

use super::{
    coverage::{Coverage, DrawTime, choose_actors, choose_reporters, old_time, recent_time},
    variant::Variant,
};
use crate::{
    calendar::DAYS,
    entities::EntityId,
    hidden_world::HiddenWorld,
    random::{RandomStream, below, between, chance, pick},
    report::{Link, LinkKind, link},
};

pub(super) const VARIANTS: &[Variant] = &[
    Variant::pattern("wave", "An actor uses one malware on many new hosts for days.", wave),
    Variant::pattern("new-campaign-wave", "A campaign brings many new hosts of one malware.", campaign_wave),
    Variant::pattern(
        "unattributed-wave",
        "A commodity malware is suddenly on many new hosts.",
        commodity_wave,
    )
    .held_out(),
    Variant::look_alike(
        "backlog-in-parts",
        "An agency delivers its backlog in daily parts.",
        backlog_in_parts,
    ),
    Variant::look_alike("list-in-parts", "One agency imports a list of hosts in daily parts.", list_in_parts),
    Variant::look_alike("scan-results", "Agencies list what one scan found, day by day.", scan_results),
    Variant::look_alike("re-filed", "Agencies file hosts of other malware under a known one.", re_filed)
        .held_out(),
];

/// Adds daily reports about a malware: on each day some of the reporters report a few values.
fn report_daily(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    (first, days): (u32, u32),
    reporters: &[usize],
    mut values: impl FnMut(&mut HiddenWorld, &mut RandomStream, u32) -> Vec<Link>,
) {
    let plain = Coverage::typical(world, random, first, Vec::new(), 0);
    for day in first..(first + days).min(DAYS + 1) {
        for (position, &author) in reporters.iter().enumerate() {
            if day > first && chance(random, if position == 0 { 0.1 } else { 0.3 }) {
                continue;
            }
            let mut links = Vec::new();
            for _ in 0..between(random, 2, 5) {
                links.extend(values(world, random, day));
            }
            plain.publish_portion(world, random, author, day, links);
        }
    }
}

/// Returns the days of a surge, from the same distribution for patterns and look-alikes.
fn choose_days(random: &mut RandomStream, day: u32) -> (u32, u32) {
    // Before the third week an archive does not know what is usual.
    (day.max(15), between(random, 4, 8) as u32)
}

fn new_value(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    malware: EntityId,
    behind: Option<EntityId>,
    seen_at: i64,
) -> Vec<Link> {
    let host = world.invent_host(random);
    world.host_links(random, host, malware, behind, seen_at)
}

/// Adds a wave of new values, and returns its main entities.
fn add_wave(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    day: u32,
    (malware, behind): (EntityId, Option<EntityId>),
    draw_time: DrawTime,
    reporters: &[usize],
) {
    let days = choose_days(random, day);
    let known: Vec<EntityId> = world.actors.iter().flat_map(|actor| actor.hosts.iter().copied()).collect();
    report_daily(world, random, days, reporters, |world, random, day| {
        let seen_at = draw_time(random, day);
        if chance(random, 0.25) {
            return vec![link(pick(random, &known), LinkKind::Indicates, malware, seen_at)];
        }
        new_value(world, random, malware, behind, seen_at)
    });
}

/// Chooses an active actor, and a malware that reports link to it.
fn choose_subject(world: &mut HiddenWorld, random: &mut RandomStream) -> (EntityId, EntityId) {
    let actor = choose_actors(world, random, 1)[0];
    (world.choose_malware(random, actor), world.actors[actor].entity)
}

fn several(random: &mut RandomStream) -> Vec<usize> {
    let count = between(random, 3, 4);
    choose_reporters(random, count)
}

fn wave(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let (malware, actor) = choose_subject(world, random);
    let reporters = several(random);
    add_wave(world, random, day, (malware, Some(actor)), recent_time, &reporters);
    vec![malware, actor]
}

fn campaign_wave(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let (malware, actor) = choose_subject(world, random);
    let campaign = world.entities.invent(random, crate::entities::EntityKind::Campaign);
    let seen_at = recent_time(random, day);
    let links = vec![
        link(campaign, LinkKind::AttributedTo, actor, seen_at),
        link(campaign, LinkKind::Uses, malware, seen_at),
    ];
    super::coverage::report_case(world, random, day, links, 2);
    let reporters = several(random);
    add_wave(world, random, day, (malware, Some(campaign)), recent_time, &reporters);
    vec![malware, actor, campaign]
}

fn commodity_wave(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let malware = pick(random, &world.shared.commodity);
    let reporters = several(random);
    add_wave(world, random, day, (malware, None), recent_time, &reporters);
    vec![malware]
}

fn backlog_in_parts(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let (malware, actor) = choose_subject(world, random);
    let count = between(random, 2, 4);
    let reporters = choose_reporters(random, count);
    add_wave(world, random, day, (malware, Some(actor)), old_time, &reporters);
    vec![malware, actor]
}

fn list_in_parts(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let (malware, actor) = choose_subject(world, random);
    let count = between(random, 2, 4);
    let reporters = choose_reporters(random, count);
    add_wave(world, random, day, (malware, Some(actor)), recent_time, &reporters);
    vec![malware, actor]
}

fn scan_results(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let malware = pick(random, &world.shared.commodity);
    let reporters = several(random);
    let days = choose_days(random, day);
    report_daily(world, random, days, &reporters, |world, random, day| {
        let (machine, seen_at) = (world.invent_machine(random), recent_time(random, day));
        let mut links = vec![link(machine, LinkKind::Indicates, malware, seen_at)];
        if chance(random, 0.5) {
            let other = pick(random, &world.shared.commodity);
            links.push(link(machine, LinkKind::Indicates, other, seen_at));
        }
        links
    });
    vec![malware]
}

fn re_filed(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let (malware, actor) = choose_subject(world, random);
    let reporters = several(random);
    let days = choose_days(random, day);
    report_daily(world, random, days, &reporters, |world, random, day| {
        let seen_at = recent_time(random, day);
        if chance(random, 0.5) {
            return new_value(world, random, malware, None, seen_at);
        }
        let other = below(random, world.actors.len());
        vec![link(pick(random, &world.actors[other].hosts), LinkKind::Indicates, malware, seen_at)]
    });
    vec![malware, actor]
}
