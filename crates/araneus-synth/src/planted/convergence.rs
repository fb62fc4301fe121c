//! Convergence: links connect two established groups; and six look-alikes.

use super::{
    coverage::{
        Coverage, actor_entities, choose_actors, choose_reporters, old_time, publish_single_report,
        recent_time, report_case,
    },
    variant::Variant,
};
use crate::{
    calendar::{DAY, DAYS, time_of},
    entities::{EntityId, EntityKind},
    hidden_world::HiddenWorld,
    observe::{draft_report, publish_with_relays},
    random::{RandomStream, below, between, chance, pick, sample},
    report::{Link, LinkKind, link},
};

pub(super) const VARIANTS: &[Variant] = &[
    Variant::pattern("shared-campaign", "Common campaigns use malware of both actors.", shared_campaign),
    Variant::pattern(
        "malware-exchange",
        "Each actor uses malware that only the other had.",
        malware_exchange,
    ),
    Variant::pattern(
        "joint-hosts",
        "New hosts serve malware of both actors, which the actors also share.",
        joint_hosts,
    ),
    Variant::pattern(
        "cross-attribution",
        "Several agencies attribute campaigns of one actor to the other.",
        cross_attribution,
    ),
    Variant::pattern(
        "mixed-evidence",
        "Some evidence of each kind appears, spread over several days.",
        mixed_evidence,
    )
    .held_out(),
    Variant::look_alike(
        "common-tools",
        "Both actors start to use the same common tools and techniques.",
        common_tools,
    ),
    Variant::look_alike(
        "round-up",
        "A yearly report names both actors, without a link between them.",
        round_up,
    ),
    Variant::look_alike(
        "wrong-attribution",
        "One agency attributes activity of one actor to the other, and withdraws this.",
        wrong_attribution,
    ),
    Variant::look_alike(
        "shared-cdn",
        "Hosts of both actors use shared addresses, such as those of a content network.",
        shared_cdn,
    ),
    Variant::look_alike("told-late", "Agencies report an old cooperation late.", reported_late),
    Variant::look_alike(
        "one-report-relayed",
        "One agency reports an exchange of malware once, and other agencies relay this report unchanged.",
        one_report_relayed,
    )
    .held_out(),
];

/// Two actors: their positions and their entities.
struct Pair {
    actors: [usize; 2],
    entities: [EntityId; 2],
}

/// Chooses two active actors.
fn choose_pair(world: &mut HiddenWorld, random: &mut RandomStream) -> Pair {
    let chosen = choose_actors(world, random, 2);
    let entities = actor_entities(world, &chosen);
    Pair { actors: [chosen[0], chosen[1]], entities: [entities[0], entities[1]] }
}

/// Adds recent hosts of each actor that are not linked to the other; reports of every variant have such links.
fn unrelated_links(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    pair: &Pair,
    day: u32,
    max_hosts: usize,
) -> Vec<Link> {
    let mut links = Vec::new();
    for actor in pair.actors {
        for _ in 0..between(random, 0, max_hosts) {
            let (host, malware) = (world.invent_host(random), world.choose_malware(random, actor));
            let seen_at = recent_time(random, day);
            links.extend(world.host_links(random, host, malware, Some(world.actors[actor].entity), seen_at));
        }
    }
    links
}

/// Adds a campaign of both actors, and returns its links.
fn campaign_links(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    pair: &Pair,
    seen_at: i64,
) -> Vec<Link> {
    let campaign = world.entities.invent(random, EntityKind::Campaign);
    let mut links: Vec<Link> =
        pair.entities.iter().map(|&entity| link(campaign, LinkKind::AttributedTo, entity, seen_at)).collect();
    for actor in pair.actors {
        links.push(link(campaign, LinkKind::Uses, world.choose_malware(random, actor), seen_at));
    }
    links
}

/// Returns links from one or both actors to malware of the other.
fn exchange_links(world: &HiddenWorld, random: &mut RandomStream, pair: &Pair, seen_at: i64) -> Vec<Link> {
    let mut links = Vec::new();
    for side in 0..2 {
        let borrowed = world.choose_malware(random, pair.actors[1 - side]);
        if side == 0 || chance(random, 0.6) {
            links.push(link(pair.entities[side], LinkKind::Uses, borrowed, seen_at));
        }
    }
    links
}

/// Adds hosts that serve malware of both actors, and returns their links.
fn joint_links(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    pair: &Pair,
    hosts: usize,
    day: u32,
) -> Vec<Link> {
    let mut links = Vec::new();
    for _ in 0..hosts {
        let host = world.invent_host(random);
        for actor in pair.actors {
            let (malware, seen_at) = (world.choose_malware(random, actor), recent_time(random, day));
            links.extend(world.host_links(random, host, malware, None, seen_at));
        }
    }
    links
}

/// Returns a link between the actors, and links that attribute campaigns of one to the other.
fn cross_links(world: &HiddenWorld, random: &mut RandomStream, pair: &Pair, seen_at: i64) -> Vec<Link> {
    let mut links = vec![link(pair.entities[0], LinkKind::RelatedTo, pair.entities[1], seen_at)];
    for side in 0..2 {
        let campaign = world.choose_known_campaign(random, pair.actors[side]);
        if side == 0 || chance(random, 0.5) {
            links.push(link(campaign, LinkKind::AttributedTo, pair.entities[1 - side], seen_at));
        }
    }
    links
}

fn shared_campaign(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let pair = choose_pair(world, random);
    let mut links = Vec::new();
    for _ in 0..between(random, 1, 2) {
        let seen_at = recent_time(random, day);
        links.extend(campaign_links(world, random, &pair, seen_at));
    }
    links.extend(unrelated_links(world, random, &pair, day, 3));
    report_case(world, random, day, links, 4);
    pair.entities.to_vec()
}

fn malware_exchange(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let pair = choose_pair(world, random);
    let seen_at = recent_time(random, day);
    let mut links = exchange_links(world, random, &pair, seen_at);
    let core = links.len();
    for _ in 0..between(random, 1, 4) {
        let (host, seen_at) = (world.invent_host(random), recent_time(random, day));
        let borrowed = world.choose_malware(random, pair.actors[1]);
        links.push(link(host, LinkKind::Indicates, borrowed, seen_at));
        links.push(link(host, LinkKind::Indicates, pair.entities[0], seen_at));
    }
    links.extend(unrelated_links(world, random, &pair, day, 2));
    report_case(world, random, day, links, core);
    pair.entities.to_vec()
}

fn joint_hosts(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let pair = choose_pair(world, random);
    // Common hosts alone would be shared infrastructure; one actor therefore uses malware of the other, too.
    let seen_at = recent_time(random, day);
    let mut links = exchange_links(world, random, &pair, seen_at);
    let core = links.len() + 4;
    let hosts = between(random, 2, 5);
    links.extend(joint_links(world, random, &pair, hosts, day));
    links.extend(unrelated_links(world, random, &pair, day, 2));
    report_case(world, random, day, links, core);
    pair.entities.to_vec()
}

fn cross_attribution(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let pair = choose_pair(world, random);
    let seen_at = recent_time(random, day);
    let mut links = cross_links(world, random, &pair, seen_at);
    let core = links.len();
    if chance(random, 0.5) {
        links.extend(exchange_links(world, random, &pair, seen_at));
    }
    links.extend(joint_links(world, random, &pair, 1, day));
    links.extend(unrelated_links(world, random, &pair, day, 3));
    report_case(world, random, day, links, core);
    pair.entities.to_vec()
}

fn mixed_evidence(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let pair = choose_pair(world, random);
    let seen_at = recent_time(random, day);
    let mut links = exchange_links(world, random, &pair, seen_at);
    links.extend(joint_links(world, random, &pair, 1, day));
    links.extend(campaign_links(world, random, &pair, seen_at));
    links.extend(unrelated_links(world, random, &pair, day, 2));
    let mut coverage = Coverage::typical(world, random, day, links, 1);
    coverage.days = between(random, 3, 5) as u32;
    coverage.publish(world, random);
    pair.entities.to_vec()
}

fn common_tools(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let pair = choose_pair(world, random);
    let seen_at = recent_time(random, day);
    let (tools, techniques) = (between(random, 1, 3), between(random, 1, 4));
    let mut shared = sample(random, &world.shared.tools, tools);
    shared.extend(sample(random, &world.shared.techniques, techniques));
    shared.push(pick(random, &world.shared.commodity));
    let mut links = Vec::new();
    for &used in &shared {
        for entity in pair.entities {
            links.push(link(entity, LinkKind::Uses, used, seen_at));
        }
    }
    links.extend(unrelated_links(world, random, &pair, day, 3));
    report_case(world, random, day, links, 2);
    pair.entities.to_vec()
}

fn round_up(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let pair = choose_pair(world, random);
    let links = unrelated_links(world, random, &pair, day, 3);
    for author in {
        let count = between(random, 1, 3);
        choose_reporters(random, count)
    } {
        let report_day = (day + below(random, 3) as u32).min(DAYS);
        let mut report =
            draft_report(random, author, report_day, time_of(report_day) - 2 * DAY, links.clone());
        report.mentions = pair.entities.to_vec();
        report.mentions.extend(pair.actors.map(|actor| world.actors[actor].malware[0]));
        report.title = Some(format!("The year in review, part {}", between(random, 1, 9)));
        let relay_rate = world.difficulty.relayed;
        publish_with_relays(world, random, report, relay_rate);
    }
    pair.entities.to_vec()
}

fn wrong_attribution(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let pair = choose_pair(world, random);
    let seen_at = recent_time(random, day);
    let mut links = cross_links(world, random, &pair, seen_at);
    links.extend(joint_links(world, random, &pair, 1, day));
    let core = links.len();
    links.extend(unrelated_links(world, random, &pair, day, 3));
    let mut coverage = Coverage::typical(world, random, day, links, core);
    coverage.reporters = vec![pick(random, &[2, 2, 5, 5, 4, 1])];
    // Some listeners believe the report.
    coverage.relay_rate = 0.4;
    coverage.withdrawn_on = Some(day + coverage.days + between(random, 2, 6) as u32);
    coverage.publish(world, random);
    pair.entities.to_vec()
}

fn shared_cdn(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let pair = choose_pair(world, random);
    let mut links = Vec::new();
    let count = between(random, 2, 5);
    for hub in sample(random, &world.shared.hubs, count) {
        for actor in pair.actors {
            let (malware, seen_at) = (world.choose_malware(random, actor), recent_time(random, day));
            links.extend(world.host_links(random, hub, malware, None, seen_at));
        }
    }
    links.extend(unrelated_links(world, random, &pair, day, 3));
    report_case(world, random, day, links, 4);
    pair.entities.to_vec()
}

fn reported_late(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let pair = choose_pair(world, random);
    let seen_at = old_time(random, day);
    let mut links = campaign_links(world, random, &pair, seen_at);
    links.extend(exchange_links(world, random, &pair, seen_at));
    for _ in 0..between(random, 1, 4) {
        let host = world.invent_host(random);
        for actor in pair.actors {
            let malware = world.choose_malware(random, actor);
            links.push(link(host, LinkKind::Indicates, malware, old_time(random, day)));
        }
    }
    let mut coverage = Coverage::typical(world, random, day, links, 3);
    coverage.is_backlog = chance(random, 0.5);
    coverage.publish(world, random);
    pair.entities.to_vec()
}

fn one_report_relayed(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let pair = choose_pair(world, random);
    let seen_at = recent_time(random, day);
    let mut links = exchange_links(world, random, &pair, seen_at);
    links.extend(joint_links(world, random, &pair, 2, day));
    links.extend(unrelated_links(world, random, &pair, day, 2));
    publish_single_report(world, random, day, "Two that work together", links);
    pair.entities.to_vec()
}
