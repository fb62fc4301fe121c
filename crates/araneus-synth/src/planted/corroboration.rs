//! Corroboration: independent agencies come to say what one agency said before; and its look-alikes.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    coverage::{Coverage, DrawTime, old_time, recent_time},
    variant::Variant,
};
use crate::{
    agencies::{AGENCIES, AgencyId},
    calendar::{DAYS, time_of},
    entities::{EntityId, EntityKind},
    hidden_world::HiddenWorld,
    observe::{draft_report, publish_with_relays},
    random::{RandomStream, between, chance, pick, sample, shuffle},
    report::{Link, LinkKind},
};

pub(super) const VARIANTS: &[Variant] = &[
    Variant::pattern("second-look", "A second agency finds the same by itself.", second_look),
    Variant::pattern("several-agencies", "Several agencies find the same within days.", several_agencies),
    Variant::pattern("with-new-hosts", "A second agency finds the same, and new hosts.", with_new_hosts)
        .held_out(),
    Variant::look_alike("copied", "An agency copies a report, in its own words.", copied),
    Variant::look_alike("digest", "An agency sums up old claims about many subjects.", digest),
    Variant::look_alike("late-echo", "An agency repeats old claims with their old dates.", late_echo),
    Variant::look_alike("common-customer", "Two agencies get one list from one customer.", common_customer)
        .held_out(),
];

/// Claims of one agency about one subject.
struct Claims {
    subject: EntityId,
    author: AgencyId,
    links: Vec<Link>,
}

/// Returns whether the format of an agency shows these claims. MISP shows no relationship of the kind.
fn shows_claims(agency: AgencyId) -> bool {
    AGENCIES[agency].format.is_stix()
}

/// Returns the subjects about which one agency alone made three or more claims before the case, in random order.
fn single_claims(world: &HiddenWorld, random: &mut RandomStream) -> Vec<Claims> {
    let mut authors: BTreeMap<(EntityId, LinkKind, EntityId), (BTreeSet<AgencyId>, Link)> = BTreeMap::new();
    for report in world.reports.iter().filter(|report| report.withdrawn_on.is_none()) {
        for &link in &report.links {
            let entry =
                authors.entry((link.from, link.kind, link.to)).or_insert_with(|| (BTreeSet::new(), link));
            entry.0.insert(report.author);
            entry.0.extend(report.relays.iter().map(|relay| relay.0));
            // A report of the same days is no earlier one.
            if report.day + 7 > world.case_first_day {
                entry.0.extend(0..AGENCIES.len());
            }
        }
    }
    let is_subject =
        |entity: &EntityId| matches!(world.entities.kind(*entity), EntityKind::Actor | EntityKind::Malware);
    let mut by_subject: BTreeMap<(EntityId, AgencyId), Vec<Link>> = BTreeMap::new();
    for (of_link, link) in authors.values() {
        let is_claim = !matches!(link.kind, LinkKind::Indicates | LinkKind::Targets | LinkKind::RelatedTo);
        let is_common = [link.from, link.to]
            .iter()
            .any(|end| is_left_out(world.entities.kind(*end)) || world.shared.hubs.contains(end));
        let author = of_link.iter().next().copied().unwrap_or_default();
        if of_link.len() == 1 && shows_claims(author) && is_claim && !is_common {
            for subject in [link.from, link.to].iter().filter(|end| is_subject(end)) {
                by_subject.entry((*subject, author)).or_default().push(*link);
            }
        }
    }
    let mut claims: Vec<Claims> =
        by_subject.into_iter().map(|((subject, author), links)| Claims { subject, author, links }).collect();
    shuffle(random, &mut claims);
    // Those with the most claims first, so that the pattern can be seen at all.
    claims.sort_by_key(|claims| claims.links.len() < 3);
    claims
}

/// Returns whether claims about a kind of entity are left out: many sources make them, or MISP does not show them.
fn is_left_out(kind: EntityKind) -> bool {
    matches!(
        kind,
        EntityKind::Technique
            | EntityKind::Sector
            | EntityKind::Tool
            | EntityKind::Campaign
            | EntityKind::Hosting
    )
}

fn choose_claims(world: &HiddenWorld, random: &mut RandomStream) -> Claims {
    let mut claims = single_claims(world, random);
    let mut chosen = claims.swap_remove(0);
    let count = between(random, 3, 7);
    chosen.links = sample(random, &chosen.links, count);
    chosen
}

/// Returns links with new times.
fn redated(random: &mut RandomStream, links: &[Link], draw_time: DrawTime, day: u32) -> Vec<Link> {
    links.iter().map(|link| Link { seen_at: draw_time(random, day), ..*link }).collect()
}

/// Returns agencies other than the author that can make its claims, those that do not relay from it first.
fn others(random: &mut RandomStream, author: AgencyId, count: usize) -> Vec<AgencyId> {
    let mut agencies: Vec<AgencyId> =
        (0..AGENCIES.len()).filter(|&agency| agency != author && shows_claims(agency)).collect();
    shuffle(random, &mut agencies);
    agencies.sort_by_key(|&agency| AGENCIES[agency].relays_from.contains(&author));
    agencies.truncate(count);
    agencies
}

/// Adds hosts that an agency found itself, at times none. Look-alikes have them, too.
fn add_own_findings(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    subject: EntityId,
    day: u32,
    links: &mut Vec<Link>,
) {
    if chance(random, 0.2) {
        return;
    }
    for _ in 0..between(random, 2, 6) {
        let (host, seen_at) = (world.invent_host(random), recent_time(random, day));
        links.push(Link { from: host, kind: LinkKind::Indicates, to: subject, seen_at });
    }
}

fn publish(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    day: u32,
    links: Vec<Link>,
    reporters: Vec<AgencyId>,
) {
    let core = links.len().min(3);
    let mut coverage = Coverage::typical(world, random, day, links, core);
    coverage.reporters = reporters;
    coverage.publish(world, random);
}

fn second_look(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let claims = choose_claims(world, random);
    let mut links = redated(random, &claims.links, recent_time, day);
    add_own_findings(world, random, claims.subject, day, &mut links);
    let reporters = others(random, claims.author, 1);
    publish(world, random, day, links, reporters);
    vec![claims.subject]
}

fn several_agencies(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let claims = choose_claims(world, random);
    let mut links = redated(random, &claims.links, recent_time, day);
    add_own_findings(world, random, claims.subject, day, &mut links);
    let count = between(random, 2, 3);
    let reporters = others(random, claims.author, count);
    publish(world, random, day, links, reporters);
    vec![claims.subject]
}

fn with_new_hosts(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let claims = choose_claims(world, random);
    let mut links = redated(random, &claims.links, recent_time, day);
    add_own_findings(world, random, claims.subject, day, &mut links);
    add_own_findings(world, random, claims.subject, day, &mut links);
    let count = between(random, 1, 2);
    let reporters = others(random, claims.author, count);
    publish(world, random, day, links, reporters);
    vec![claims.subject]
}

fn copied(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let claims = choose_claims(world, random);
    let listeners: Vec<AgencyId> =
        (0..AGENCIES.len()).filter(|&agency| AGENCIES[agency].relays_from.contains(&claims.author)).collect();
    let copier =
        if listeners.is_empty() { others(random, claims.author, 1)[0] } else { pick(random, &listeners) };
    // The copier often keeps the dates, and at times adds something.
    let mut links = if chance(random, 0.5) {
        claims.links.clone()
    } else {
        redated(random, &claims.links, recent_time, day)
    };
    if chance(random, 0.5) {
        add_own_findings(world, random, claims.subject, day, &mut links);
    }
    let report = draft_report(random, copier, day, time_of(day) - 86_400, links);
    publish_with_relays(world, random, report, 0.0);
    vec![claims.subject]
}

fn digest(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let all = single_claims(world, random);
    let subject = all[0].subject;
    let authors: Vec<AgencyId> = (0..AGENCIES.len()).filter(|&agency| shows_claims(agency)).collect();
    let author = pick(random, &authors);
    let mut links = Vec::new();
    for claims in all.iter().take(between(random, 3, 7)) {
        let count = between(random, 2, 4);
        links.extend(sample(random, &claims.links, count));
    }
    let mut links = redated(random, &links, recent_time, day);
    add_own_findings(world, random, subject, day, &mut links);
    let mut report = draft_report(random, author, day.min(DAYS), time_of(day) - 86_400, links);
    report.title = Some(format!("Lessons learned, issue {}", between(random, 2, 60)));
    let relay_rate = world.difficulty.relayed;
    publish_with_relays(world, random, report, relay_rate);
    vec![subject]
}

fn late_echo(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let claims = choose_claims(world, random);
    let mut links = redated(random, &claims.links, old_time, day);
    add_own_findings(world, random, claims.subject, day, &mut links);
    let count = between(random, 1, 2);
    let reporters = others(random, claims.author, count);
    publish(world, random, day, links, reporters);
    vec![claims.subject]
}

fn common_customer(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let claims = choose_claims(world, random);
    let mut links = redated(random, &claims.links, recent_time, day);
    add_own_findings(world, random, claims.subject, day, &mut links);
    for author in others(random, claims.author, 2) {
        let report = draft_report(random, author, day, time_of(day) - 86_400, links.clone());
        publish_with_relays(world, random, report, 0.0);
    }
    vec![claims.subject]
}
