//! Dormant reactivation: an actor is active again after a long silence; and six look-alikes.

use super::{
    coverage::{Coverage, DrawTime, choose_dormant_actor, choose_reporters, common_links, old_time},
    variant::Variant,
};
use crate::{
    agencies::{AGENCIES, AgencyId},
    calendar::{DAY, DAYS, HOUR, recent_time, time_of},
    entities::{EntityId, EntityKind},
    hidden_world::{EstablishedActor, HiddenWorld},
    observe::{draft_report, publish_with_relays},
    random::{RandomStream, below, between, chance, pick, sample, within},
    report::{Link, LinkKind, link},
};

pub(super) const VARIANTS: &[Variant] = &[
    Variant::pattern("new-hosts", "New hosts and samples of the actor's old malware appear.", new_hosts),
    Variant::pattern("new-campaign", "The actor starts a campaign, often with new malware.", new_campaign),
    Variant::pattern("rebuilt-malware", "The actor uses a variant of its old malware.", rebuilt_malware),
    Variant::pattern("one-reliable", "Only one reliable agency reports the activity.", one_reliable),
    Variant::pattern(
        "quiet-return",
        "A few reports show the activity, spread over several days.",
        quiet_return,
    )
    .held_out(),
    Variant::look_alike(
        "retrospective",
        "A retrospective report describes the actor's old activity, with old dates.",
        retrospective,
    ),
    Variant::look_alike(
        "re-marking",
        "An agency delivers its old reports again with a new modification time and marking.",
        re_marking,
    ),
    Variant::look_alike(
        "sinkholed-domain",
        "A third party redirects the actor's old domains to a sinkhole.",
        sinkholed_domain,
    ),
    Variant::look_alike("late-report", "One or two agencies report old activity late.", late_report),
    Variant::look_alike(
        "wrong-attribution",
        "One agency attributes recent activity of another actor to it, and withdraws this.",
        wrong_attribution,
    ),
    Variant::look_alike(
        "copied-list",
        "Agencies publish a copy of an old list of the actor's hosts, with the date of the copy.",
        copied_list,
    )
    .held_out(),
];

/// Returns a time of recent activity. An archive can only know that an actor was quiet if its sources reported something
/// else in between, so the activity begins some days after the first delivery.
fn awakening_time(random: &mut RandomStream, day: u32) -> i64 {
    let earliest = time_of(4);
    let seen_at = recent_time(random, day);
    if seen_at >= earliest { seen_at } else { within(random, earliest, time_of(day) - 3 * HOUR) }
}

/// Adds the reports of an awakening with usual coverage, often with a recapitulation of old activity.
fn report_awakening(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    day: u32,
    mut links: Vec<Link>,
    core: usize,
    actor: &EstablishedActor,
) {
    links.extend(recap_links(random, actor));
    let coverage = Coverage::typical(world, random, day, links, core);
    coverage.publish(world, random);
}

/// Returns links about old activity of an actor, often none.
fn recap_links(random: &mut RandomStream, actor: &EstablishedActor) -> Vec<Link> {
    if chance(random, 0.4) {
        return Vec::new();
    }
    let count = between(random, 1, 6);
    let mut links: Vec<Link> = Vec::new();
    for host in sample(random, &actor.hosts, count) {
        links.push(link(
            host,
            LinkKind::Indicates,
            pick(random, &actor.malware),
            time_of_activity(random, actor),
        ));
    }
    links
}

/// Returns recent links of a kind that reports have about any actor.
fn passing_links(
    world: &HiddenWorld,
    random: &mut RandomStream,
    actor: &EstablishedActor,
    day: u32,
) -> Vec<Link> {
    let seen_at = awakening_time(random, day);
    let mut links = common_links(world, random, actor.entity, seen_at);
    if chance(random, 0.4) {
        links.push(link(actor.entity, LinkKind::Targets, pick(random, &world.shared.sectors), seen_at));
    }
    if chance(random, 0.4) {
        links.push(link(actor.malware[0], LinkKind::Uses, world.choose_technique(random), seen_at));
    }
    links
}

/// Adds hosts of a malware, and returns their links to it and to the campaign or actor behind it.
fn new_host_links(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    malware: EntityId,
    behind: EntityId,
    count: usize,
    (draw_time, day): (DrawTime, u32),
) -> Vec<Link> {
    let (mut links, mut hosts) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let (host, seen_at) = (world.invent_host(random), draw_time(random, day));
        links.extend(world.host_links(random, host, malware, Some(behind), seen_at));
        hosts.push(host);
    }
    let seen_at = draw_time(random, day);
    world.add_resolutions(random, &hosts, seen_at, &mut links);
    links
}

/// Returns a dormant actor with the malware that reports link to it.
fn choose_awakened_actor(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> EstablishedActor {
    let actor_index = choose_dormant_actor(world, random, day);
    EstablishedActor { malware: world.known_malware(actor_index), ..world.actors[actor_index].clone() }
}

fn new_hosts(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let actor = choose_awakened_actor(world, random, day);
    let malware = pick(random, &actor.malware);
    let mut links = vec![link(actor.entity, LinkKind::Uses, malware, awakening_time(random, day))];
    let count = between(random, 3, 8);
    links.extend(new_host_links(world, random, malware, actor.entity, count, (awakening_time, day)));
    let seen_at = awakening_time(random, day);
    links.extend(common_links(world, random, actor.entity, seen_at));
    report_awakening(world, random, day, links, 2, &actor);
    vec![actor.entity]
}

/// Adds a campaign of an actor with hosts, and returns its links.
fn campaign_links(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    actor: &EstablishedActor,
    (draw_time, day): (DrawTime, u32),
) -> Vec<Link> {
    let seen_at = draw_time(random, day);
    let campaign = world.entities.invent(random, EntityKind::Campaign);
    let malware =
        if chance(random, 0.5) { world.invent_malware(random, None) } else { pick(random, &actor.malware) };
    let mut links = vec![
        link(campaign, LinkKind::AttributedTo, actor.entity, seen_at),
        link(campaign, LinkKind::Uses, malware, seen_at),
    ];
    let count = between(random, 2, 6);
    links.extend(new_host_links(world, random, malware, campaign, count, (draw_time, day)));
    links.extend(common_links(world, random, campaign, seen_at));
    links
}

fn new_campaign(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let actor = choose_awakened_actor(world, random, day);
    let links = campaign_links(world, random, &actor, (awakening_time, day));
    report_awakening(world, random, day, links, 2, &actor);
    vec![actor.entity]
}

fn rebuilt_malware(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let actor = choose_awakened_actor(world, random, day);
    let (former, seen_at) = (pick(random, &actor.malware), awakening_time(random, day));
    let malware = world.invent_malware(random, None);
    let mut links = vec![
        link(malware, LinkKind::VariantOf, former, seen_at),
        link(actor.entity, LinkKind::Uses, malware, seen_at),
    ];
    let count = between(random, 2, 6);
    links.extend(new_host_links(world, random, malware, actor.entity, count, (awakening_time, day)));
    report_awakening(world, random, day, links, 2, &actor);
    vec![actor.entity]
}

fn one_reliable(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let actor = choose_awakened_actor(world, random, day);
    let mut links = campaign_links(world, random, &actor, (awakening_time, day));
    let malware = pick(random, &actor.malware);
    links.extend(new_host_links(world, random, malware, actor.entity, 2, (awakening_time, day)));
    links.extend(recap_links(random, &actor));
    let mut coverage = Coverage::typical(world, random, day, links, 2);
    coverage.reporters = vec![pick(random, &[0, 0, 1, 3])];
    coverage.publish(world, random);
    vec![actor.entity]
}

fn quiet_return(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let actor = choose_awakened_actor(world, random, day);
    let malware = pick(random, &actor.malware);
    let count = between(random, 2, 4);
    let mut links = new_host_links(world, random, malware, actor.entity, count, (awakening_time, day));
    links.push(link(actor.entity, LinkKind::Uses, malware, awakening_time(random, day)));
    links.extend(recap_links(random, &actor));
    let mut coverage = Coverage::typical(world, random, day, links, 1);
    coverage.days = between(random, 3, 5) as u32;
    coverage.publish(world, random);
    vec![actor.entity]
}

/// Returns a time between the first and last activity of an actor's history.
fn time_of_activity(random: &mut RandomStream, actor: &EstablishedActor) -> i64 {
    within(random, actor.active.0, actor.active.1)
}

fn retrospective(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let actor = choose_awakened_actor(world, random, day);
    let mut links = campaign_links(world, random, &actor, (old_time, day));
    for link in &mut links {
        link.seen_at = time_of_activity(random, &actor);
    }
    links.extend(passing_links(world, random, &actor, day));
    let mut coverage = Coverage::typical(world, random, day, links, 2);
    coverage.title = Some("Looking back".to_owned());
    coverage.publish(world, random);
    vec![actor.entity]
}

fn re_marking(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let actor = choose_awakened_actor(world, random, day);
    let is_of_actor = |link: &Link| {
        link.from == actor.entity || link.to == actor.entity || actor.malware.contains(&link.to)
    };
    // Agencies with the most links about the actor, so that there are objects to modify.
    let known_links = |world: &HiddenWorld, author: AgencyId| -> Vec<Link> {
        let reports = world.reports.iter().filter(|report| report.author == author);
        reports.flat_map(|report| report.links.iter().copied()).filter(is_of_actor).collect()
    };
    let mut authors: Vec<(usize, AgencyId)> = (0..AGENCIES.len())
        .filter(|&agency| AGENCIES[agency].format.is_stix())
        .map(|agency| (known_links(world, agency).len(), agency))
        .collect();
    authors.sort_by(|a, b| b.cmp(a));
    let count = between(random, 1, 2);
    for (_, author) in authors.into_iter().take(count) {
        let links = known_links(world, author);
        let report_day = (day + below(random, 3) as u32).min(DAYS);
        let mut report = draft_report(random, author, report_day, time_of(report_day) - DAY, links);
        report.is_touch_only = true;
        publish_with_relays(world, random, report, 0.0);
    }
    vec![actor.entity]
}

fn sinkholed_domain(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let actor = choose_awakened_actor(world, random, day);
    let malware = pick(random, &actor.malware);
    let mut domains: Vec<EntityId> =
        actor.hosts.iter().copied().filter(|&host| world.entities.kind(host) == EntityKind::Domain).collect();
    while domains.len() < 2 {
        domains.push(world.entities.invent(random, EntityKind::Domain));
    }
    let mut links = Vec::new();
    let count = between(random, 2, 6);
    for domain in sample(random, &domains, count) {
        let seen_at = awakening_time(random, day);
        links.push(link(domain, LinkKind::ResolvesTo, pick(random, &world.shared.sinkholes), seen_at));
        if chance(random, 0.7) {
            links.push(link(domain, LinkKind::Indicates, malware, seen_at));
        }
    }
    links.push(link(actor.entity, LinkKind::Uses, malware, old_time(random, day)));
    report_awakening(world, random, day, links, 1, &actor);
    vec![actor.entity]
}

fn late_report(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let actor = choose_awakened_actor(world, random, day);
    let malware = pick(random, &actor.malware);
    let mut links = vec![link(actor.entity, LinkKind::Uses, malware, time_of_activity(random, &actor))];
    let count = between(random, 2, 7);
    links.extend(new_host_links(world, random, malware, actor.entity, count, (old_time, day)));
    links.extend(passing_links(world, random, &actor, day));
    let mut coverage = Coverage::typical(world, random, day, links, 2);
    let count = between(random, 1, 2);
    coverage.reporters = choose_reporters(random, count);
    coverage.is_backlog = chance(random, 0.6);
    coverage.publish(world, random);
    vec![actor.entity]
}

fn wrong_attribution(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let actor = choose_awakened_actor(world, random, day);
    let links = campaign_links(world, random, &actor, (awakening_time, day));
    let mut coverage = Coverage::typical(world, random, day, links, 2);
    coverage.reporters = vec![pick(random, &[2, 2, 5, 5, 4, 1])];
    coverage.relay_rate = 0.5;
    coverage.withdrawn_on = Some(day + coverage.days + between(random, 2, 6) as u32);
    coverage.publish(world, random);
    vec![actor.entity]
}

fn copied_list(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let actor = choose_awakened_actor(world, random, day);
    let malware = pick(random, &actor.malware);
    let count = between(random, 3, 8);
    let mut links: Vec<Link> = sample(random, &actor.hosts, count)
        .into_iter()
        .map(|host| link(host, LinkKind::Indicates, malware, awakening_time(random, day)))
        .collect();
    links.push(link(actor.entity, LinkKind::Uses, malware, awakening_time(random, day)));
    report_awakening(world, random, day, links, 1, &actor);
    vec![actor.entity]
}
