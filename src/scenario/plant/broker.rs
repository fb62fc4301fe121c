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

/// Ties a loader to its clients: to their programs, to them, or to a campaign of theirs.
fn loader_ties(
    stage: &mut Stage,
    random: &mut Stream,
    broker: ThingId,
    clients: &[usize],
    when: fn(&mut Stream, u32) -> i64,
    night: u32,
) -> Vec<Tie> {
    let mut ties = Vec::new();
    for &client in clients {
        let (malware, seen) = (stage.own_malware(random, client), when(random, night));
        if chance(random, 0.65) {
            ties.push(tie(broker, Relation::Downloads, malware, seen));
        } else {
            ties.push(tie(stage.actors[client].thing, Relation::Uses, broker, seen));
        }
        if chance(random, 0.35) {
            let host = stage.host(random);
            ties.push(tie(host, Relation::Indicates, broker, seen));
            ties.push(tie(host, Relation::Indicates, malware, seen));
        }
    }
    ties
}

fn listed_soon(random: &mut Stream, night: u32) -> Option<u32> {
    Some(night + between(random, 0, 3) as u32).filter(|at| *at <= NIGHTS && chance(random, 0.7))
}

fn loader(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let listed = listed_soon(random, night);
    let broker = stage.malware(random, listed);
    let mut ties = loader_ties(stage, random, broker, &clients, fresh, night);
    ties.extend(beside(stage, random, Some(broker), &clients, fresh, night));
    told(stage, random, night, ties, 3);
    vec![broker]
}

fn access_seller(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let broker = stage.cast.invent(random, Kind::Actor);
    stage.cast.things[broker].listed = listed_soon(random, night);
    let mut ties = Vec::new();
    for &client in &clients {
        let (who, seen) = (stage.actors[client].thing, fresh(random, night));
        if chance(random, 0.5) {
            let campaign = stage.cast.invent(random, Kind::Campaign);
            ties.push(tie(campaign, Relation::AttributedTo, who, seen));
            ties.push(tie(campaign, Relation::AttributedTo, broker, seen));
        } else {
            ties.push(tie(broker, Relation::RelatedTo, who, seen));
        }
        if chance(random, 0.4) {
            let host = stage.machine(random);
            ties.push(tie(host, Relation::Indicates, broker, seen));
            ties.push(tie(host, Relation::Indicates, stage.own_malware(random, client), seen));
        }
    }
    ties.extend(beside(stage, random, Some(broker), &clients, fresh, night));
    told(stage, random, night, ties, 3);
    vec![broker]
}

fn hosting(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let broker = stage.cast.invent(random, Kind::Hosting);
    let mut ties = Vec::new();
    for &client in &clients {
        let (malware, seen) = (stage.own_malware(random, client), fresh(random, night));
        ties.push(tie(broker, Relation::Hosts, malware, seen));
        let address = stage.address(random);
        ties.push(tie(broker, Relation::ConsistsOf, address, seen));
        ties.push(tie(address, Relation::Indicates, malware, seen));
    }
    ties.extend(beside(stage, random, None, &clients, fresh, night));
    told(stage, random, night, ties, 3);
    vec![broker]
}

fn new_tool(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let broker = stage.cast.invent(random, Kind::Tool);
    stage.cast.things[broker].listed = listed_soon(random, night);
    let mut ties = Vec::new();
    for &client in &clients {
        let seen = fresh(random, night);
        ties.push(tie(stage.actors[client].thing, Relation::Uses, broker, seen));
        if chance(random, 0.4) {
            let host = stage.host(random);
            ties.push(tie(host, Relation::Indicates, broker, seen));
            ties.push(tie(host, Relation::Indicates, stage.actors[client].thing, seen));
        }
    }
    ties.extend(beside(stage, random, Some(broker), &clients, fresh, night));
    told(stage, random, night, ties, 3);
    vec![broker]
}

fn old_quiet(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let others: Vec<usize> = (0..stage.actors.len()).filter(|at| !clients.contains(at)).collect();
    let broker = stage.actors[pick(random, &others)].malware[0];
    let mut ties = loader_ties(stage, random, broker, &clients, fresh, night);
    ties.extend(beside(stage, random, Some(broker), &clients, fresh, night));
    told(stage, random, night, ties, 3);
    vec![broker]
}

fn bulk_mapping(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let hub = if chance(random, 0.5) { pick(random, &stage.common.tools) } else { stage.technique(random) };
    let mut ties = Vec::new();
    for &client in &clients {
        let seen = fresh(random, night);
        ties.push(tie(stage.actors[client].thing, Relation::Uses, hub, seen));
        if chance(random, 0.6) {
            ties.push(tie(stage.own_malware(random, client), Relation::Uses, hub, seen));
        }
    }
    ties.extend(beside(stage, random, None, &clients, fresh, night));
    told(stage, random, night, ties, 3);
    vec![hub]
}

fn hub_value(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let hub = pick(random, &stage.common.hubs);
    let mut ties = Vec::new();
    for &client in &clients {
        let (malware, seen) = (stage.own_malware(random, client), fresh(random, night));
        ties.extend(stage.host_ties(random, hub, malware, None, seen));
        if chance(random, 0.4) {
            let domain = stage.cast.invent(random, Kind::Domain);
            ties.push(tie(domain, Relation::ResolvesTo, hub, seen));
            ties.push(tie(domain, Relation::Indicates, malware, seen));
        }
    }
    ties.extend(beside(stage, random, None, &clients, fresh, night));
    told(stage, random, night, ties, 3);
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
    let mut ties = Vec::new();
    for &client in &clients {
        let (malware, seen) = (stage.own_malware(random, client), fresh(random, night));
        if chance(random, 0.5) {
            ties.push(tie(malware, Relation::Exploits, flaw, seen));
        } else {
            ties.push(tie(stage.actors[client].thing, Relation::Exploits, flaw, seen));
        }
    }
    for _ in 0..between(random, 1, 3) {
        let (sold, seen) = (pick(random, &stage.common.commodity), fresh(random, night));
        ties.push(tie(sold, Relation::Exploits, flaw, seen));
    }
    ties.extend(beside(stage, random, None, &clients, fresh, night));
    told(stage, random, night, ties, 3);
    vec![flaw]
}

fn told_late(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let listed = listed_soon(random, night);
    let broker = stage.malware(random, listed);
    let mut ties = loader_ties(stage, random, broker, &clients, old, night);
    ties.extend(beside(stage, random, Some(broker), &clients, old, night));
    let mut story = story(stage, random, night, ties, 3);
    story.is_backlog = chance(random, 0.5);
    tell(stage, random, &story);
    vec![broker]
}

fn relayed(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let clients = clients(stage, random);
    let listed = listed_soon(random, night);
    let broker = stage.malware(random, listed);
    let mut ties = loader_ties(stage, random, broker, &clients, fresh, night);
    ties.extend(beside(stage, random, Some(broker), &clients, fresh, night));
    one_report(stage, random, night, "One loader for many", ties);
    vec![broker]
}
