//! Coverage of a planted case: agencies that report it, days, and omissions; and random choices for cases.

use std::collections::BTreeSet;

use crate::{
    agencies::{AGENCIES, AgencyId},
    calendar::{DAY, DAYS, HOUR, time_of},
    entities::{EntityId, EntityKind},
    hidden_world::HiddenWorld,
    observe::{draft_report, misreport, publish_with_relays},
    random::{RandomStream, below, between, chance, pick, shuffle, weighted_index, within},
    report::{Link, LinkKind, Report, link},
};

pub(super) use crate::calendar::recent_time;

/// Draws a time before the as-of time of a day, in seconds since 1970.
pub(super) type DrawTime = fn(&mut RandomStream, u32) -> i64;

/// Links of a case, and how agencies report them.
#[derive(Clone, Debug)]
pub(super) struct Coverage {
    pub(super) links: Vec<Link>,
    /// Number of first links that every reporter reports in its first report.
    pub(super) core: usize,
    /// Agencies that report the case.
    pub(super) reporters: Vec<AgencyId>,
    /// First day.
    pub(super) day: u32,
    /// Number of days of the coverage, at least 1.
    pub(super) days: u32,
    /// Probability that another agency relays a report.
    pub(super) relay_rate: f64,
    pub(super) title: Option<String>,
    /// Day on which all reports are withdrawn; `None` for never.
    pub(super) withdrawn_on: Option<u32>,
    /// True if the reports were written long before their delivery.
    pub(super) is_backlog: bool,
}

impl Coverage {
    /// Returns coverage with the usual numbers; patterns and look-alikes use the same distributions.
    pub(super) fn typical(
        world: &HiddenWorld,
        random: &mut RandomStream,
        day: u32,
        mut links: Vec<Link>,
        core: usize,
    ) -> Self {
        let is_subject = |entity: &EntityId| {
            matches!(
                world.entities.kind(*entity),
                EntityKind::Actor | EntityKind::Malware | EntityKind::Campaign
            )
        };
        let subject = links.iter().flat_map(|link| [link.from, link.to]).find(is_subject);
        if let Some(subject) = subject {
            let seen_at = links[0].seen_at;
            world.add_methods(random, subject, seen_at, &mut links);
        }
        // At a harder level other agencies miss more cases.
        let is_missed = chance(random, world.difficulty.missed);
        let count = if is_missed { 1 } else { 2 + weighted_index(random, &[6, 3, 1]) };
        Self {
            links,
            core,
            reporters: choose_reporters(random, count),
            day,
            days: 1 + weighted_index(random, &[3, 3, 3, 2, 2]) as u32,
            relay_rate: world.difficulty.relayed,
            title: None,
            withdrawn_on: None,
            is_backlog: false,
        }
    }

    /// Adds the reports of all reporters: each reports the core first, and other links over the days.
    pub(super) fn publish(&self, world: &mut HiddenWorld, random: &mut RandomStream) {
        let (low, high) = world.difficulty.covered;
        let shares: Vec<f64> =
            self.reporters.iter().map(|_| within(random, low, high) as f64 / 100.0).collect();
        let mut links_by_reporter: Vec<Vec<Link>> = shares.iter().map(|_| Vec::new()).collect();
        for (position, &link) in self.links.iter().enumerate() {
            let mut is_reported = false;
            for (links, share) in links_by_reporter.iter_mut().zip(&shares) {
                if position < self.core || chance(random, *share) {
                    links.push(link);
                    is_reported = true;
                }
            }
            if !is_reported {
                links_by_reporter[0].push(link);
            }
        }
        for (position, (&author, links)) in self.reporters.iter().zip(links_by_reporter).enumerate() {
            let lag = if position == 0 { 0 } else { below(random, self.days as usize) as u32 };
            let delay = if position > 0 && chance(random, world.difficulty.delayed * 0.4) {
                between(random, 1, 3) as u32
            } else {
                0
            };
            let first = self.day + lag + delay;
            let last = (self.day + self.days - 1).max(first);
            self.publish_portions(world, random, author, links, (first, last));
        }
    }

    /// Adds the links of one reporter in one to three reports, from the first to the last day.
    fn publish_portions(
        &self,
        world: &mut HiddenWorld,
        random: &mut RandomStream,
        author: AgencyId,
        mut links: Vec<Link>,
        (first, last): (u32, u32),
    ) {
        let count = between(random, 1, 3).min((last - first + 1) as usize);
        let core: Vec<Link> = links.drain(..self.core.min(links.len())).collect();
        shuffle(random, &mut links);
        let size = links.len().div_ceil(count).max(1);
        let mut portions: Vec<Vec<Link>> = links.chunks(size).map(<[Link]>::to_vec).collect();
        match portions.first_mut() {
            Some(portion) => {
                portion.splice(0..0, core);
            }
            None => portions.push(core),
        }
        for (position, links) in portions.into_iter().enumerate() {
            let day =
                if position == 0 { first } else { between(random, first as usize, last as usize) as u32 };
            self.publish_portion(world, random, author, day.min(DAYS), links);
        }
    }

    /// Adds one report.
    pub(super) fn publish_portion(
        &self,
        world: &mut HiddenWorld,
        random: &mut RandomStream,
        author: AgencyId,
        day: u32,
        links: Vec<Link>,
    ) {
        let event_time = links.iter().map(|link| link.seen_at).max().unwrap_or_else(|| time_of(day) - DAY);
        let mut report = draft_report(random, author, day, event_time.min(time_of(day) - 2 * HOUR), links);
        if self.is_backlog {
            report.created_at = (event_time + within(random, DAY, 15 * DAY)).min(report.created_at);
        }
        report.title = self.title.clone().filter(|_| chance(random, 0.5));
        Self::misdate(world, random, &mut report);
        misreport(world, random, &mut report);
        let is_contradicted = chance(random, world.difficulty.contradicted);
        let contradicted_on = is_contradicted.then(|| day + between(random, 2, 8) as u32);
        report.withdrawn_on = report
            .withdrawn_on
            .or(self.withdrawn_on)
            .or(contradicted_on)
            .filter(|withdrawal| (day + 1..=DAYS).contains(withdrawal));
        publish_with_relays(world, random, report, self.relay_rate);
    }

    /// Replaces the dates of some links by wrong ones: the time of the report, or a time of months ago.
    fn misdate(world: &HiddenWorld, random: &mut RandomStream, report: &mut Report) {
        for link in &mut report.links {
            if chance(random, world.difficulty.misdated) {
                let is_recent = chance(random, 0.5);
                link.seen_at =
                    if is_recent { recent_time(random, report.day) } else { old_time(random, report.day) };
            }
        }
    }
}

/// Adds the reports of a case with usual coverage.
pub(super) fn report_case(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    day: u32,
    links: Vec<Link>,
    core: usize,
) {
    let coverage = Coverage::typical(world, random, day, links, core);
    coverage.publish(world, random);
}

/// Chooses agencies that report a case, whatever their reliability.
pub(super) fn choose_reporters(random: &mut RandomStream, count: usize) -> Vec<AgencyId> {
    let mut agencies: Vec<AgencyId> = (0..AGENCIES.len()).collect();
    shuffle(random, &mut agencies);
    agencies.truncate(count);
    // MISP has no form for campaigns and hosting. Of two or more reporters, at least one therefore uses STIX.
    if count > 1 && !agencies.iter().any(|&agency| AGENCIES[agency].format.is_stix()) {
        agencies[0] = below(random, 4);
    }
    agencies
}

/// Adds all links in one report of one agency, which all agencies that listen to it relay unchanged.
pub(super) fn publish_single_report(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    day: u32,
    title: &str,
    links: Vec<Link>,
) {
    let author = pick(random, &[0, 0, 1, 3, 4, 4, 4]);
    let event_time = recent_time(random, day);
    let mut report = draft_report(random, author, day, event_time, links);
    report.title = Some(title.to_owned());
    for (listener, agency) in AGENCIES.iter().enumerate() {
        if agency.relays_from.contains(&author) {
            report.relays.push((listener, (day + below(random, 3) as u32).min(DAYS)));
        }
    }
    publish_with_relays(world, random, report, 0.0);
}

/// Returns a time of 66 to 340 days before a day.
pub(super) fn old_time(random: &mut RandomStream, day: u32) -> i64 {
    time_of(day) - within(random, 66 * DAY, 340 * DAY)
}

/// Chooses active actors that no planted case has brought together, and records that this case does.
///
/// Actors whose malware is known from reports come first, then actors with few cases.
pub(super) fn choose_actors(world: &mut HiddenWorld, random: &mut RandomStream, count: usize) -> Vec<usize> {
    let mut actors: Vec<usize> =
        (0..world.actors.len()).filter(|&actor| !world.actors[actor].is_dormant).collect();
    shuffle(random, &mut actors);
    actors.sort_by_key(|&actor| (!world.has_known_malware(actor), world.actors[actor].case_count));
    let mut chosen: Vec<usize> = Vec::new();
    for actor in actors {
        let is_new_to = |&other: &usize| !world.paired.contains(&(actor.min(other), actor.max(other)));
        if chosen.iter().all(is_new_to) {
            chosen.push(actor);
        }
        if chosen.len() == count {
            break;
        }
    }
    for (position, &actor) in chosen.iter().enumerate() {
        world.actors[actor].case_count += 1;
        for &other in &chosen[..position] {
            world.paired.insert((actor.min(other), actor.max(other)));
        }
    }
    chosen
}

/// Silence before a case of a dormant actor, in seconds.
const QUIET_SECONDS: i64 = 65 * DAY;

/// Chooses a dormant actor that is in no planted case, preferably one whose silence the reports show.
pub(super) fn choose_dormant_actor(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> usize {
    let mut free: Vec<usize> = (0..world.actors.len())
        .filter(|&actor| world.actors[actor].is_dormant && world.actors[actor].case_count == 0)
        .collect();
    let is_quiet = |actor: &usize| world.is_quiet(*actor, time_of(day) - QUIET_SECONDS);
    if free.iter().any(is_quiet) {
        free.retain(is_quiet);
    }
    let chosen = if free.is_empty() { below(random, world.actors.len()) } else { pick(random, &free) };
    world.actors[chosen].case_count += 1;
    chosen
}

/// Returns the entities of actors.
pub(super) fn actor_entities(world: &HiddenWorld, actors: &[usize]) -> Vec<EntityId> {
    actors.iter().map(|&actor| world.actors[actor].entity).collect()
}

/// Returns a few links to shared tools and popular techniques, which many entities have.
pub(super) fn common_links(
    world: &HiddenWorld,
    random: &mut RandomStream,
    user: EntityId,
    seen_at: i64,
) -> Vec<Link> {
    let mut used = BTreeSet::new();
    for _ in 0..between(random, 0, 3) {
        used.insert(world.choose_technique(random));
    }
    if world.entities.kind(user) != EntityKind::Malware && chance(random, 0.5) {
        used.insert(pick(random, &world.shared.tools));
    }
    used.into_iter().map(|used| link(user, LinkKind::Uses, used, seen_at)).collect()
}
