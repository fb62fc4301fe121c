//! Shared-infrastructure convergence: actors that shared no host come to share rare ones, and
//! six ways to look as if they did.

use super::{
    super::{
        bulletin::{Relation, Tie, tie},
        cast::{Kind, ThingId},
        clock::DAY,
        random::{Stream, between, chance, pick, some},
        stage::Stage,
    },
    Way,
    story::{company, fresh, old, one_report, story, tell, things, told},
    way,
};

pub(super) const WAYS: &[Way] = &[
    way("same-hosts", false, false, "Indicators of each match the same rare hosts.", same_hosts),
    way("certificates", false, false, "Hosts of each bear the same certificates.", certificates),
    way(
        "same-addresses",
        false,
        false,
        "Fresh domains of each resolve to the same rare addresses.",
        same_addresses,
    ),
    way("same-samples", false, false, "The same samples are signs of programs of each.", same_samples),
    way("handed-over", false, true, "Hosts of one are used by the other days later.", handed_over),
    way("cdn-addresses", true, false, "Both sit behind addresses that everybody shares.", cdn),
    way("copied-list", true, false, "One list mixes the hosts of several, and is copied.", copied),
    way(
        "one-shared-host",
        true,
        false,
        "One hosting address is common, and all else is each one's own.",
        one_host,
    ),
    way("told-late", true, false, "Hosts shared long ago, told late.", told_late),
    way("scanner-hits", true, false, "A scanner lists fresh hosts of all under sold malware.", scanner_hits),
    way("parked-domains", true, true, "Old domains of both expire and are parked at one place.", parked),
];

/// So many values every voice names: a single one would be no convergence.
const SHARED: usize = 2;

fn sharers(stage: &mut Stage, random: &mut Stream) -> Vec<usize> {
    let count = if chance(random, 0.7) { 2 } else { 3 };
    company(stage, random, count)
}

/// Says that a host is each one's: by its program, or by its name.
fn for_each(
    stage: &mut Stage,
    random: &mut Stream,
    host: ThingId,
    sharers: &[usize],
    (when, night): (fn(&mut Stream, u32) -> i64, u32),
) -> Vec<Tie> {
    let mut ties = Vec::new();
    for &at in sharers {
        let seen = when(random, night);
        if chance(random, 0.75) {
            let malware = stage.own_malware(random, at);
            ties.extend(stage.host_ties(random, host, malware, None, seen));
        } else {
            ties.push(tie(host, Relation::Indicates, stage.actors[at].thing, seen));
        }
    }
    ties
}

/// Chooses at times a host that one of them had before, and that the others come to use: each
/// but once, so that there are as many as are meant.
fn taken_over(stage: &Stage, random: &mut Stream, owner: usize, ties: &[Tie]) -> Option<ThingId> {
    let is_free = |host: &ThingId| !ties.iter().any(|tie| tie.from == *host || tie.to == *host);
    let hosts: Vec<ThingId> = stage.actors[owner].hosts.iter().copied().filter(is_free).collect();
    (!hosts.is_empty() && chance(random, 0.4)).then(|| pick(random, &hosts))
}

/// Fresh hosts of each one's own.
fn own_hosts(stage: &mut Stage, random: &mut Stream, sharers: &[usize], night: u32, most: usize) -> Vec<Tie> {
    let mut ties = Vec::new();
    for &at in sharers {
        for _ in 0..between(random, 0, most) {
            let (host, malware, seen) =
                (stage.host(random), stage.own_malware(random, at), fresh(random, night));
            ties.extend(stage.host_ties(random, host, malware, Some(stage.actors[at].thing), seen));
        }
    }
    ties
}

fn same_hosts(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let sharers = sharers(stage, random);
    let mut ties = Vec::new();
    for _ in 0..between(random, 2, 6) {
        let fallback = stage.machine(random);
        let host = taken_over(stage, random, sharers[0], &ties).unwrap_or(fallback);
        ties.extend(for_each(stage, random, host, &sharers, (fresh, night)));
    }
    ties.extend(own_hosts(stage, random, &sharers, night, 2));
    told(stage, random, night, ties, SHARED * sharers.len());
    things(stage, &sharers)
}

fn certificates(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let sharers = sharers(stage, random);
    let mut ties = Vec::new();
    for _ in 0..between(random, 1, 3) {
        let certificate = stage.cast.invent(random, Kind::Certificate);
        ties.extend(for_each(stage, random, certificate, &sharers, (fresh, night)));
    }
    let fallback = stage.machine(random);
    let host = taken_over(stage, random, sharers[0], &ties).unwrap_or(fallback);
    ties.extend(for_each(stage, random, host, &sharers, (fresh, night)));
    ties.extend(own_hosts(stage, random, &sharers, night, 3));
    told(stage, random, night, ties, SHARED * sharers.len());
    things(stage, &sharers)
}

fn same_addresses(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let sharers = sharers(stage, random);
    let mut ties = Vec::new();
    for _ in 0..between(random, 2, 4) {
        let address = stage.address(random);
        for &at in &sharers {
            let (domain, seen) = (stage.cast.invent(random, Kind::Domain), fresh(random, night));
            ties.push(tie(domain, Relation::Indicates, stage.own_malware(random, at), seen));
            ties.push(tie(domain, Relation::ResolvesTo, address, seen));
        }
    }
    told(stage, random, night, ties, 2 * SHARED * sharers.len());
    things(stage, &sharers)
}

fn same_samples(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let sharers = sharers(stage, random);
    let mut ties = Vec::new();
    for _ in 0..between(random, 2, 5) {
        let fallback = stage.cast.invent(random, Kind::File);
        let sample = taken_over(stage, random, sharers[0], &ties).unwrap_or(fallback);
        ties.extend(for_each(stage, random, sample, &sharers, (fresh, night)));
    }
    ties.extend(own_hosts(stage, random, &sharers, night, 3));
    told(stage, random, night, ties, SHARED * sharers.len());
    things(stage, &sharers)
}

fn handed_over(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let sharers = company(stage, random, 2);
    let mut ties = Vec::new();
    for _ in 0..between(random, 3, 6) {
        let fallback = stage.machine(random);
        let host = taken_over(stage, random, sharers[0], &ties).unwrap_or(fallback);
        let seen = fresh(random, night);
        let (first, second) = (stage.own_malware(random, sharers[0]), stage.own_malware(random, sharers[1]));
        ties.extend(stage.host_ties(random, host, first, None, seen - 3 * DAY));
        ties.extend(stage.host_ties(random, host, second, None, seen));
    }
    let mut story = story(stage, random, night, ties, SHARED * sharers.len());
    story.nights = between(random, 3, 5) as u32;
    tell(stage, random, &story);
    things(stage, &sharers)
}

fn cdn(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let sharers = sharers(stage, random);
    let mut ties = Vec::new();
    let count = between(random, 2, 5);
    for hub in some(random, &stage.common.hubs, count) {
        ties.extend(for_each(stage, random, hub, &sharers, (fresh, night)));
    }
    ties.extend(own_hosts(stage, random, &sharers, night, 5));
    told(stage, random, night, ties, SHARED * sharers.len());
    things(stage, &sharers)
}

fn copied(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let sharers = sharers(stage, random);
    let mut ties = Vec::new();
    for &owner in &sharers {
        let count = between(random, 1, 3);
        for host in some(random, &stage.actors[owner].hosts.clone(), count) {
            ties.extend(for_each(stage, random, host, &sharers, (fresh, night)));
        }
    }
    ties.extend(own_hosts(stage, random, &sharers, night, 4));
    one_report(stage, random, night, "Indicators of the week", ties);
    things(stage, &sharers)
}

fn one_host(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let sharers = sharers(stage, random);
    let address = stage.address(random);
    let mut ties = for_each(stage, random, address, &sharers, (fresh, night));
    let core = ties.len();
    // Many others rent there too.
    for malware in some(random, &stage.common.commodity, 3) {
        ties.push(tie(address, Relation::Indicates, malware, fresh(random, night)));
    }
    ties.extend(own_hosts(stage, random, &sharers, night, 5));
    told(stage, random, night, ties, core);
    things(stage, &sharers)
}

fn told_late(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let sharers = sharers(stage, random);
    let mut ties = Vec::new();
    for _ in 0..between(random, 2, 6) {
        let host = stage.host(random);
        ties.extend(for_each(stage, random, host, &sharers, (old, night)));
    }
    let mut story = story(stage, random, night, ties, SHARED * sharers.len());
    story.is_backlog = chance(random, 0.5);
    tell(stage, random, &story);
    things(stage, &sharers)
}

fn scanner_hits(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let sharers = sharers(stage, random);
    let sold = pick(random, &stage.common.commodity);
    let mut ties = Vec::new();
    for &at in &sharers {
        ties.push(tie(stage.actors[at].thing, Relation::Uses, sold, fresh(random, night)));
        for _ in 0..between(random, 2, 4) {
            let (host, malware, seen) =
                (stage.machine(random), stage.own_malware(random, at), fresh(random, night));
            ties.extend(stage.host_ties(random, host, malware, None, seen));
            ties.push(tie(host, Relation::Indicates, sold, seen));
        }
    }
    told(stage, random, night, ties, 3);
    things(stage, &sharers)
}

fn parked(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let sharers = sharers(stage, random);
    let parking = some(random, &stage.common.parking, 2);
    let mut ties = Vec::new();
    for &at in &sharers {
        let mut domains: Vec<ThingId> = stage.actors[at].hosts.clone();
        domains.retain(|&host| stage.cast.kind(host) == Kind::Domain);
        while domains.len() < 2 {
            domains.push(stage.cast.invent(random, Kind::Domain));
        }
        let count = between(random, 2, 4);
        for domain in some(random, &domains, count) {
            let seen = fresh(random, night);
            ties.push(tie(domain, Relation::ResolvesTo, pick(random, &parking), seen));
            if chance(random, 0.6) {
                ties.push(tie(domain, Relation::Indicates, stage.own_malware(random, at), seen));
            }
        }
    }
    ties.extend(own_hosts(stage, random, &sharers, night, 4));
    // Each one's name is told with its program, so that the report says whose domains they were.
    let named: Vec<Tie> = sharers
        .iter()
        .map(|&at| (stage.actors[at].thing, stage.own_malware(random, at)))
        .map(|(who, malware)| tie(who, Relation::Uses, malware, 0))
        .collect();
    let seen = fresh(random, night);
    ties.splice(0..0, named.into_iter().map(|named| Tie { seen, ..named }));
    told(stage, random, night, ties, sharers.len());
    things(stage, &sharers)
}
