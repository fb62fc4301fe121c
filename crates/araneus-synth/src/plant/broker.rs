//! Sudden broker: one thing becomes tied to several groups, and six ways to look as if it did.

use super::{
    super::{
        bulletin::{Relation, Tie, tie},
        cast::{Kind, ThingId},
        clock::{DAY, NIGHTS, moment},
        observe::{draft, publish_relayed},
        random::{Stream, below, between, chance, pick},
        stage::Stage,
    },
    Way,
    story::{company, fresh, old, one_report, story, tell, told, voices},
    way,
};

pub(super) const WAYS: &[Way] = &[
    way("loader", false, false, "A loader brings the programs of several.", loader),
    way(
        "access-seller",
        false,
        false,
        "Somebody who sells access stands behind campaigns of several.",
        access_seller,
    ),
    way("hosting", false, false, "One hosting serves the programs of several.", hosting),
    way("new-tool", false, false, "A tool nobody had is with several.", new_tool),
    way(
        "old-quiet-loader",
        false,
        true,
        "A program known for long, and quiet, brings those of several.",
        old_quiet,
    ),
    way(
        "bulk-mapping",
        true,
        false,
        "A mapping ties a common tool or technique to many at once.",
        bulk_mapping,
    ),
    way("hub-value", true, false, "An address that everybody shares is listed under many.", hub_value),
    way("round-up", true, false, "A report names a program beside many, and ties it to none.", round_up),
    way(
        "popular-vulnerability",
        true,
        false,
        "Everybody exploits what everybody reads about.",
        vulnerability,
    ),
    way("told-late", true, false, "A loader of long ago, told late.", told_late),
    way("one-report-relayed", true, true, "One report of a loader, passed on as it is.", relayed),
];

fn clients(stage: &mut Stage, random: &mut Stream) -> Vec<usize> {
    let count = between(random, 3, 5);
    company(stage, random, count)
}

/// Fresh hosts of a program, and of some of its clients' own.
fn beside(
    stage: &mut Stage,
    random: &mut Stream,
    broker: Option<ThingId>,
    clients: &[usize],
    when: fn(&mut Stream, u32) -> i64,
    night: u32,
) -> Vec<Tie> {
    let mut ties = Vec::new();
    if let Some(broker) = broker {
        for _ in 0..between(random, 1, 4) {
            let (host, seen) = (stage.host(random), when(random, night));
            ties.push(tie(host, Relation::Indicates, broker, seen));
        }
    }
    for &client in clients {
        if chance(random, 0.5) {
            let (host, malware) = (stage.host(random), stage.own_malware(random, client));
            let seen = when(random, night);
            ties.extend(stage.host_ties(random, host, malware, Some(stage.actors[client].thing), seen));
        }
    }
    ties
}

/// So many clients every voice names: fewer would be no broker.
const NAMED: usize = 3;

/// What ties a broker to each client, which says that it is one; and what comes with that.
#[derive(Default)]
struct Trade {
    of_client: Vec<Vec<Tie>>,
    beside: Vec<Tie>,
}

impl Trade {
    /// Returns all ties, the first clients' first, and how many of them every voice tells.
    fn ties(self) -> (Vec<Tie>, usize) {
        let core = self.of_client.iter().take(NAMED).map(Vec::len).sum();
        (self.of_client.into_iter().flatten().chain(self.beside).collect(), core)
    }
}

/// Ties a loader to its clients: to their programs, or to them.
fn loader_ties(
    stage: &mut Stage,
    random: &mut Stream,
    broker: ThingId,
    clients: &[usize],
    when: fn(&mut Stream, u32) -> i64,
    night: u32,
) -> Trade {
    let mut trade = Trade::default();
    for &client in clients {
        let (malware, seen) = (stage.own_malware(random, client), when(random, night));
        trade.of_client.push(vec![if chance(random, 0.65) {
            tie(broker, Relation::Downloads, malware, seen)
        } else {
            tie(stage.actors[client].thing, Relation::Uses, broker, seen)
        }]);
        if chance(random, 0.35) {
            let host = stage.host(random);
            trade.beside.push(tie(host, Relation::Indicates, broker, seen));
            trade.beside.push(tie(host, Relation::Indicates, malware, seen));
        }
    }
    trade.beside.extend(beside(stage, random, Some(broker), clients, when, night));
    trade
}

fn listed_soon(random: &mut Stream, night: u32) -> Option<u32> {
    Some(night + between(random, 0, 3) as u32).filter(|at| *at <= NIGHTS && chance(random, 0.7))
}

fn loader(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let listed = listed_soon(random, night);
    let broker = stage.malware(random, listed);
    let (ties, core) = loader_ties(stage, random, broker, &clients, fresh, night).ties();
    told(stage, random, night, ties, core);
    vec![broker]
}

fn access_seller(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let broker = stage.cast.invent(random, Kind::Actor);
    stage.cast.things[broker].listed = listed_soon(random, night);
    let mut trade = Trade::default();
    for &client in &clients {
        let (who, seen) = (stage.actors[client].thing, fresh(random, night));
        trade.of_client.push(if chance(random, 0.5) {
            let campaign = stage.cast.invent(random, Kind::Campaign);
            [who, broker].map(|behind| tie(campaign, Relation::AttributedTo, behind, seen)).to_vec()
        } else {
            vec![tie(broker, Relation::RelatedTo, who, seen)]
        });
        if chance(random, 0.4) {
            let host = stage.machine(random);
            trade.beside.push(tie(host, Relation::Indicates, broker, seen));
            trade.beside.push(tie(host, Relation::Indicates, stage.own_malware(random, client), seen));
        }
    }
    trade.beside.extend(beside(stage, random, Some(broker), &clients, fresh, night));
    let (ties, core) = trade.ties();
    told(stage, random, night, ties, core);
    vec![broker]
}

fn hosting(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let broker = stage.cast.invent(random, Kind::Hosting);
    let mut trade = Trade::default();
    for &client in &clients {
        let (malware, seen) = (stage.own_malware(random, client), fresh(random, night));
        trade.of_client.push(vec![tie(broker, Relation::Hosts, malware, seen)]);
        let address = stage.address(random);
        trade.beside.push(tie(broker, Relation::ConsistsOf, address, seen));
        trade.beside.push(tie(address, Relation::Indicates, malware, seen));
    }
    trade.beside.extend(beside(stage, random, None, &clients, fresh, night));
    let (ties, core) = trade.ties();
    told(stage, random, night, ties, core);
    vec![broker]
}

fn new_tool(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let broker = stage.cast.invent(random, Kind::Tool);
    stage.cast.things[broker].listed = listed_soon(random, night);
    let mut trade = Trade::default();
    for &client in &clients {
        let seen = fresh(random, night);
        trade.of_client.push(vec![tie(stage.actors[client].thing, Relation::Uses, broker, seen)]);
        if chance(random, 0.4) {
            let host = stage.host(random);
            trade.beside.push(tie(host, Relation::Indicates, broker, seen));
            trade.beside.push(tie(host, Relation::Indicates, stage.actors[client].thing, seen));
        }
    }
    trade.beside.extend(beside(stage, random, Some(broker), &clients, fresh, night));
    let (ties, core) = trade.ties();
    told(stage, random, night, ties, core);
    vec![broker]
}

fn old_quiet(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let others: Vec<usize> = (0..stage.actors.len()).filter(|at| !clients.contains(at)).collect();
    let broker = stage.actors[pick(random, &others)].malware[0];
    let (ties, core) = loader_ties(stage, random, broker, &clients, fresh, night).ties();
    told(stage, random, night, ties, core);
    vec![broker]
}

fn bulk_mapping(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let hub = if chance(random, 0.5) { pick(random, &stage.common.tools) } else { stage.technique(random) };
    let mut trade = Trade::default();
    for &client in &clients {
        let seen = fresh(random, night);
        trade.of_client.push(vec![tie(stage.actors[client].thing, Relation::Uses, hub, seen)]);
        if chance(random, 0.6) {
            trade.beside.push(tie(stage.own_malware(random, client), Relation::Uses, hub, seen));
        }
    }
    trade.beside.extend(beside(stage, random, None, &clients, fresh, night));
    let (ties, core) = trade.ties();
    told(stage, random, night, ties, core);
    vec![hub]
}

fn hub_value(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let hub = pick(random, &stage.common.hubs);
    let mut trade = Trade::default();
    for &client in &clients {
        let (malware, seen) = (stage.own_malware(random, client), fresh(random, night));
        trade.of_client.push(stage.host_ties(random, hub, malware, None, seen));
        if chance(random, 0.4) {
            let domain = stage.cast.invent(random, Kind::Domain);
            trade.beside.push(tie(domain, Relation::ResolvesTo, hub, seen));
            trade.beside.push(tie(domain, Relation::Indicates, malware, seen));
        }
    }
    trade.beside.extend(beside(stage, random, None, &clients, fresh, night));
    let (ties, core) = trade.ties();
    told(stage, random, night, ties, core);
    vec![hub]
}

fn round_up(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let broker = stage.malware(random, Some(night.saturating_sub(3)));
    let ties = beside(stage, random, Some(broker), &clients, fresh, night);
    let count = between(random, 1, 3);
    for author in voices(random, count) {
        let at = (night + below(random, 3) as u32).min(NIGHTS);
        let mut bulletin = draft(random, author, at, moment(at) - 2 * DAY, ties.clone());
        bulletin.mentions = clients.iter().map(|&client| stage.actors[client].thing).collect();
        bulletin.mentions.push(broker);
        bulletin.title = Some(format!("Landscape of loaders, issue {}", between(random, 1, 40)));
        let relayed = stage.knobs.relayed;
        publish_relayed(stage, random, bulletin, relayed);
    }
    vec![broker]
}

fn vulnerability(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let flaw = stage.cast.invent(random, Kind::Vulnerability);
    stage.cast.things[flaw].number = Some(stage.cast.name(flaw).to_owned());
    let mut trade = Trade::default();
    for &client in &clients {
        let (malware, seen) = (stage.own_malware(random, client), fresh(random, night));
        let exploiter = if chance(random, 0.5) { malware } else { stage.actors[client].thing };
        trade.of_client.push(vec![tie(exploiter, Relation::Exploits, flaw, seen)]);
    }
    for _ in 0..between(random, 1, 3) {
        let (sold, seen) = (pick(random, &stage.common.commodity), fresh(random, night));
        trade.beside.push(tie(sold, Relation::Exploits, flaw, seen));
    }
    trade.beside.extend(beside(stage, random, None, &clients, fresh, night));
    let (ties, core) = trade.ties();
    told(stage, random, night, ties, core);
    vec![flaw]
}

fn told_late(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let listed = listed_soon(random, night);
    let broker = stage.malware(random, listed);
    let (ties, core) = loader_ties(stage, random, broker, &clients, old, night).ties();
    let mut story = story(stage, random, night, ties, core);
    story.is_backlog = chance(random, 0.5);
    tell(stage, random, &story);
    vec![broker]
}

fn relayed(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let listed = listed_soon(random, night);
    let broker = stage.malware(random, listed);
    let (ties, _) = loader_ties(stage, random, broker, &clients, fresh, night).ties();
    one_report(stage, random, night, "One loader for many", ties);
    vec![broker]
}
