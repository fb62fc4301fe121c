//! Observation of events by agencies: regions, omissions, delays, relays and wrong attributions.

use crate::{
    agencies::{AGENCIES, AgencyId, delay},
    calendar::{DAY, DAYS, HOUR, day_after, time_of},
    entities::{EntityId, EntityKind},
    hidden_world::HiddenWorld,
    random::{RandomStream, between, chance, pick, weighted_index, within},
    report::{Link, Report},
};

/// A true event, with everything that an agency can observe of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Event {
    /// Day on which it becomes known; 0 for the history, which day 1 delivers.
    pub(crate) day: u32,
    /// Region of the event, 0 to 3.
    pub(crate) region: usize,
    /// Links that the event shows; the first one is in every report.
    pub(crate) links: Vec<Link>,
    /// Title of a report about the event.
    pub(crate) title: Option<String>,
}

/// Adds the reports of an event by agencies that observe its region; at least one agency reports it.
pub(crate) fn observe(world: &mut HiddenWorld, random: &mut RandomStream, event: &Event) {
    let event_time = event.links.iter().map(|link| link.seen_at).max().unwrap_or_else(|| time_of(1));
    let observers: Vec<AgencyId> =
        (0..AGENCIES.len()).filter(|&agency| AGENCIES[agency].regions[event.region]).collect();
    let mut authors = observers.clone();
    authors.retain(|&agency| chance(random, AGENCIES[agency].reporting_rate));
    if authors.is_empty() {
        authors = vec![pick(random, &observers)];
    }
    for author in authors {
        let links = omit_some(random, &event.links, world.difficulty.omitted);
        let delay = delay(random, author, world.difficulty.delayed);
        let day = if event.day == 0 { 1 } else { event.day.max(day_after(event_time)) + delay };
        let mut report = draft_report(random, author, day, event_time, links);
        report.title = event.title.clone().filter(|_| chance(random, 0.5));
        misreport(world, random, &mut report);
        publish(world, random, report);
    }
}

/// Adds the errors of an agency to a report: a wrong actor, and a shared value.
pub(crate) fn misreport(world: &HiddenWorld, random: &mut RandomStream, report: &mut Report) {
    if chance(random, world.difficulty.misattributed) {
        misattribute(world, random, report);
    }
    if chance(random, world.difficulty.shared_value) {
        attach_shared_value(world, random, report);
    }
}

/// Returns the first link, and each of the others unless it is omitted with a probability.
fn omit_some(random: &mut RandomStream, links: &[Link], omitted: f64) -> Vec<Link> {
    let Some((first, others)) = links.split_first() else { return Vec::new() };
    let mut kept = vec![*first];
    kept.extend(others.iter().filter(|_| !chance(random, omitted)));
    kept
}

/// Returns a new report of an event, with a random marking, confidence and time of writing.
pub(crate) fn draft_report(
    random: &mut RandomStream,
    author: AgencyId,
    day: u32,
    event_time: i64,
    links: Vec<Link>,
) -> Report {
    let latest = time_of(day) - HOUR;
    let created_at = if day == 1 {
        (event_time + within(random, DAY / 4, 6 * DAY)).min(latest - within(random, 0, 12 * HOUR))
    } else {
        (latest - within(random, 0, 19 * HOUR)).max(event_time + HOUR / 2).min(latest)
    };
    Report {
        author,
        day,
        created_at,
        links,
        mentions: Vec::new(),
        title: None,
        marking: ["clear", "green", "amber", "amber+strict"][weighted_index(random, &[40, 45, 12, 3])],
        confidence: between(random, 6, 19) as u8 * 5,
        withdrawn_on: None,
        is_touch_only: false,
        case: None,
        relays: Vec::new(),
    }
}

/// Adds a report to the world, with relays at the rate of the level.
pub(crate) fn publish(world: &mut HiddenWorld, random: &mut RandomStream, report: Report) {
    let relay_rate = world.difficulty.relayed;
    publish_with_relays(world, random, report, relay_rate);
}

/// Adds a report to the world, with relays at a given rate. Reports after the last day are dropped.
pub(crate) fn publish_with_relays(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    mut report: Report,
    relay_rate: f64,
) {
    if report.day > DAYS {
        return;
    }
    report.case = world.current_case;
    for link in &mut report.links {
        link.seen_at = link.seen_at.min(report.created_at - 600);
    }
    let mut republications = Vec::new();
    for (listener, agency) in AGENCIES.iter().enumerate() {
        if !agency.relays_from.contains(&report.author) || !chance(random, relay_rate) {
            continue;
        }
        let day = report.day + weighted_index(random, &[5, 4, 2]) as u32;
        if chance(random, 0.7) {
            if day <= DAYS {
                report.relays.push((listener, day));
            }
        } else if report.day == 1 {
            // History is republished before the first day, too.
            republications.push((listener, 1));
        } else {
            republications.push((listener, day.max(report.day + 1)));
        }
    }
    for (listener, day) in republications.into_iter().filter(|(_, day)| *day <= DAYS) {
        let copy = republish(random, &report, listener, day);
        world.reports.push(copy);
    }
    world.reports.push(report);
}

/// Returns a report that repeats another agency's report as the author's own.
fn republish(random: &mut RandomStream, original: &Report, author: AgencyId, day: u32) -> Report {
    let mut copy = draft_report(random, author, day, original.created_at, original.links.clone());
    copy.mentions.clone_from(&original.mentions);
    copy.title.clone_from(&original.title);
    (copy.case, copy.marking) = (original.case, original.marking);
    copy
}

/// Replaces the actors of a report by a wrong one, and withdraws the report some days later.
fn misattribute(world: &HiddenWorld, random: &mut RandomStream, report: &mut Report) {
    let actors: Vec<EntityId> = world.actors.iter().map(|actor| actor.entity).collect();
    let wrong_actor = pick(random, &actors);
    let mut is_wrong = false;
    for link in &mut report.links {
        for end in [&mut link.from, &mut link.to] {
            if world.entities.kind(*end) == EntityKind::Actor {
                (*end, is_wrong) = (wrong_actor, true);
            }
        }
    }
    if is_wrong {
        // A withdrawal after the last day is never delivered.
        report.withdrawn_on = Some(report.day + between(random, 2, 7) as u32);
    }
}

/// Adds a shared address to a report by mistake, as an indicator of the report's malware or campaign.
fn attach_shared_value(world: &HiddenWorld, random: &mut RandomStream, report: &mut Report) {
    let is_indication = |link: &&Link| {
        matches!(world.entities.kind(link.to), EntityKind::Malware | EntityKind::Campaign)
            && world.entities.kind(link.from).is_observable()
    };
    if let Some(indication) = report.links.iter().find(is_indication).copied() {
        let from = pick(random, &world.shared.hubs);
        report.links.push(Link { from, ..indication });
    }
}
