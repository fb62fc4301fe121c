//! Sudden broker: one entity becomes linked to several groups; and six look-alikes.

use super::{
    coverage::{
        Coverage, DrawTime, choose_actors, choose_reporters, old_time, publish_single_report, recent_time,
        report_case,
    },
    variant::Variant,
};
use crate::{
    calendar::{DAY, DAYS, time_of},
    entities::{EntityId, EntityKind},
    hidden_world::HiddenWorld,
    observe::{draft_report, publish_with_relays},
    random::{RandomStream, below, between, chance, pick},
    report::{Link, LinkKind, link},
};

pub(super) const VARIANTS: &[Variant] = &[
    Variant::pattern("loader", "A new loader downloads malware of several actors.", loader),
    Variant::pattern(
        "access-seller",
        "A seller of access is behind campaigns of several actors.",
        access_seller,
    ),
    Variant::pattern("hosting", "One hosting service serves malware of several actors.", hosting),
    Variant::pattern("new-tool", "Several actors use a new tool.", new_tool),
    Variant::pattern(
        "old-quiet-loader",
        "An old malware, silent for long, downloads malware of several actors.",
        old_quiet_loader,
    )
    .held_out(),
    Variant::look_alike(
        "bulk-mapping",
        "A bulk mapping links a common tool or technique to many actors at once.",
        bulk_mapping,
    ),
    Variant::look_alike(
        "hub-value",
        "Agencies list a shared address as an indicator of malware of many actors.",
        hub_value,
    ),
    Variant::look_alike(
        "round-up",
        "A report names a malware and many actors, without links between them.",
        round_up,
    ),
    Variant::look_alike(
        "popular-vulnerability",
        "Many actors exploit the same popular vulnerability.",
        popular_vulnerability,
    ),
    Variant::look_alike("told-late", "Agencies report an old loader late.", reported_late),
    Variant::look_alike(
        "one-report-relayed",
        "One agency reports a loader once, and other agencies relay this report unchanged.",
        one_report_relayed,
    )
    .held_out(),
];

/// Chooses three to five active actors.
fn choose_clients(world: &mut HiddenWorld, random: &mut RandomStream) -> Vec<usize> {
    let count = between(random, 3, 5);
    choose_actors(world, random, count)
}

/// Adds hosts of the broker and of some clients, and returns their links.
fn unrelated_links(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    broker: Option<EntityId>,
    clients: &[usize],
    draw_time: DrawTime,
    day: u32,
) -> Vec<Link> {
    let mut links = Vec::new();
    if let Some(broker) = broker {
        for _ in 0..between(random, 1, 4) {
            let (host, seen_at) = (world.invent_host(random), draw_time(random, day));
            links.push(link(host, LinkKind::Indicates, broker, seen_at));
        }
    }
    for &client in clients {
        if chance(random, 0.5) {
            let (host, malware) = (world.invent_host(random), world.choose_malware(random, client));
            let seen_at = draw_time(random, day);
            links.extend(world.host_links(random, host, malware, Some(world.actors[client].entity), seen_at));
        }
    }
    links
}

/// Number of clients that every reporter reports; fewer would be no broker.
const CORE_CLIENTS: usize = 3;

/// Links between a broker and its clients, and other links of their reports.
#[derive(Default)]
struct BrokerLinks {
    by_client: Vec<Vec<Link>>,
    other: Vec<Link>,
}

impl BrokerLinks {
    /// Returns all links, those to clients first, and the number of first links that every reporter reports.
    fn into_links(self) -> (Vec<Link>, usize) {
        let core = self.by_client.iter().take(CORE_CLIENTS).map(Vec::len).sum();
        (self.by_client.into_iter().flatten().chain(self.other).collect(), core)
    }
}

/// Returns links between a loader and its clients, or malware of the clients.
fn loader_links(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    broker: EntityId,
    clients: &[usize],
    draw_time: DrawTime,
    day: u32,
) -> BrokerLinks {
    let mut broker_links = BrokerLinks::default();
    for &client in clients {
        let (malware, seen_at) = (world.choose_malware(random, client), draw_time(random, day));
        broker_links.by_client.push(vec![if chance(random, 0.65) {
            link(broker, LinkKind::Downloads, malware, seen_at)
        } else {
            link(world.actors[client].entity, LinkKind::Uses, broker, seen_at)
        }]);
        if chance(random, 0.35) {
            let host = world.invent_host(random);
            broker_links.other.push(link(host, LinkKind::Indicates, broker, seen_at));
            broker_links.other.push(link(host, LinkKind::Indicates, malware, seen_at));
        }
    }
    broker_links.other.extend(unrelated_links(world, random, Some(broker), clients, draw_time, day));
    broker_links
}

/// Returns a day within a few days on which the curated list adds an entity; `None` for never.
fn choose_listing(random: &mut RandomStream, day: u32) -> Option<u32> {
    Some(day + between(random, 0, 3) as u32).filter(|listing| *listing <= DAYS && chance(random, 0.7))
}

fn loader(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let clients = choose_clients(world, random);
    let listed_from = choose_listing(random, day);
    let broker = world.invent_malware(random, listed_from);
    let (links, core) = loader_links(world, random, broker, &clients, recent_time, day).into_links();
    report_case(world, random, day, links, core);
    vec![broker]
}

fn access_seller(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let clients = choose_clients(world, random);
    let broker = world.entities.invent(random, EntityKind::Actor);
    world.entities[broker].listed_from = choose_listing(random, day);
    let mut broker_links = BrokerLinks::default();
    for &client in &clients {
        let (entity, seen_at) = (world.actors[client].entity, recent_time(random, day));
        broker_links.by_client.push(if chance(random, 0.5) {
            let campaign = world.entities.invent(random, EntityKind::Campaign);
            [entity, broker].map(|behind| link(campaign, LinkKind::AttributedTo, behind, seen_at)).to_vec()
        } else {
            vec![link(broker, LinkKind::RelatedTo, entity, seen_at)]
        });
        if chance(random, 0.4) {
            let host = world.invent_machine(random);
            broker_links.other.push(link(host, LinkKind::Indicates, broker, seen_at));
            broker_links.other.push(link(
                host,
                LinkKind::Indicates,
                world.choose_malware(random, client),
                seen_at,
            ));
        }
    }
    broker_links.other.extend(unrelated_links(world, random, Some(broker), &clients, recent_time, day));
    let (links, core) = broker_links.into_links();
    report_case(world, random, day, links, core);
    vec![broker]
}

fn hosting(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let clients = choose_clients(world, random);
    let broker = world.entities.invent(random, EntityKind::Hosting);
    let mut broker_links = BrokerLinks::default();
    for &client in &clients {
        let (malware, seen_at) = (world.choose_malware(random, client), recent_time(random, day));
        broker_links.by_client.push(vec![link(broker, LinkKind::Hosts, malware, seen_at)]);
        let address = world.invent_address(random);
        broker_links.other.push(link(broker, LinkKind::ConsistsOf, address, seen_at));
        broker_links.other.push(link(address, LinkKind::Indicates, malware, seen_at));
    }
    broker_links.other.extend(unrelated_links(world, random, None, &clients, recent_time, day));
    let (links, core) = broker_links.into_links();
    report_case(world, random, day, links, core);
    vec![broker]
}

fn new_tool(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let clients = choose_clients(world, random);
    let broker = world.entities.invent(random, EntityKind::Tool);
    world.entities[broker].listed_from = choose_listing(random, day);
    let mut broker_links = BrokerLinks::default();
    for &client in &clients {
        let seen_at = recent_time(random, day);
        broker_links.by_client.push(vec![link(world.actors[client].entity, LinkKind::Uses, broker, seen_at)]);
        if chance(random, 0.4) {
            let host = world.invent_host(random);
            broker_links.other.push(link(host, LinkKind::Indicates, broker, seen_at));
            broker_links.other.push(link(host, LinkKind::Indicates, world.actors[client].entity, seen_at));
        }
    }
    broker_links.other.extend(unrelated_links(world, random, Some(broker), &clients, recent_time, day));
    let (links, core) = broker_links.into_links();
    report_case(world, random, day, links, core);
    vec![broker]
}

fn old_quiet_loader(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let clients = choose_clients(world, random);
    let others: Vec<usize> = (0..world.actors.len()).filter(|actor| !clients.contains(actor)).collect();
    let broker = world.actors[pick(random, &others)].malware[0];
    let (links, core) = loader_links(world, random, broker, &clients, recent_time, day).into_links();
    report_case(world, random, day, links, core);
    vec![broker]
}

fn bulk_mapping(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let clients = choose_clients(world, random);
    let hub =
        if chance(random, 0.5) { pick(random, &world.shared.tools) } else { world.choose_technique(random) };
    let mut broker_links = BrokerLinks::default();
    for &client in &clients {
        let seen_at = recent_time(random, day);
        broker_links.by_client.push(vec![link(world.actors[client].entity, LinkKind::Uses, hub, seen_at)]);
        if chance(random, 0.6) {
            broker_links.other.push(link(world.choose_malware(random, client), LinkKind::Uses, hub, seen_at));
        }
    }
    broker_links.other.extend(unrelated_links(world, random, None, &clients, recent_time, day));
    let (links, core) = broker_links.into_links();
    report_case(world, random, day, links, core);
    vec![hub]
}

fn hub_value(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let clients = choose_clients(world, random);
    let hub = pick(random, &world.shared.hubs);
    let mut broker_links = BrokerLinks::default();
    for &client in &clients {
        let (malware, seen_at) = (world.choose_malware(random, client), recent_time(random, day));
        broker_links.by_client.push(world.host_links(random, hub, malware, None, seen_at));
        if chance(random, 0.4) {
            let domain = world.entities.invent(random, EntityKind::Domain);
            broker_links.other.push(link(domain, LinkKind::ResolvesTo, hub, seen_at));
            broker_links.other.push(link(domain, LinkKind::Indicates, malware, seen_at));
        }
    }
    broker_links.other.extend(unrelated_links(world, random, None, &clients, recent_time, day));
    let (links, core) = broker_links.into_links();
    report_case(world, random, day, links, core);
    vec![hub]
}

fn round_up(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let clients = choose_clients(world, random);
    let broker = world.invent_malware(random, Some(day.saturating_sub(3)));
    let links = unrelated_links(world, random, Some(broker), &clients, recent_time, day);
    let count = between(random, 1, 3);
    for author in choose_reporters(random, count) {
        let report_day = (day + below(random, 3) as u32).min(DAYS);
        let mut report =
            draft_report(random, author, report_day, time_of(report_day) - 2 * DAY, links.clone());
        report.mentions = clients.iter().map(|&client| world.actors[client].entity).collect();
        report.mentions.push(broker);
        report.title = Some(format!("Landscape of loaders, issue {}", between(random, 1, 40)));
        let relay_rate = world.difficulty.relayed;
        publish_with_relays(world, random, report, relay_rate);
    }
    vec![broker]
}

fn popular_vulnerability(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let clients = choose_clients(world, random);
    let flaw = world.entities.invent(random, EntityKind::Vulnerability);
    world.entities[flaw].external_id = Some(world.entities.name(flaw).to_owned());
    let mut broker_links = BrokerLinks::default();
    for &client in &clients {
        let (malware, seen_at) = (world.choose_malware(random, client), recent_time(random, day));
        let exploiter = if chance(random, 0.5) { malware } else { world.actors[client].entity };
        broker_links.by_client.push(vec![link(exploiter, LinkKind::Exploits, flaw, seen_at)]);
    }
    for _ in 0..between(random, 1, 3) {
        let (commodity, seen_at) = (pick(random, &world.shared.commodity), recent_time(random, day));
        broker_links.other.push(link(commodity, LinkKind::Exploits, flaw, seen_at));
    }
    broker_links.other.extend(unrelated_links(world, random, None, &clients, recent_time, day));
    let (links, core) = broker_links.into_links();
    report_case(world, random, day, links, core);
    vec![flaw]
}

fn reported_late(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let clients = choose_clients(world, random);
    let listed_from = choose_listing(random, day);
    let broker = world.invent_malware(random, listed_from);
    let (links, core) = loader_links(world, random, broker, &clients, old_time, day).into_links();
    let mut coverage = Coverage::typical(world, random, day, links, core);
    coverage.is_backlog = chance(random, 0.5);
    coverage.publish(world, random);
    vec![broker]
}

fn one_report_relayed(world: &mut HiddenWorld, random: &mut RandomStream, day: u32) -> Vec<EntityId> {
    let clients = choose_clients(world, random);
    let listed_from = choose_listing(random, day);
    let broker = world.invent_malware(random, listed_from);
    let (links, _) = loader_links(world, random, broker, &clients, recent_time, day).into_links();
    publish_single_report(world, random, day, "One loader for many", links);
    vec![broker]
}
