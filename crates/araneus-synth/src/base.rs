//! What was known before the first night: profiles and campaigns of the 400 days before.

use super::{
    bulletin::{Relation, Tie, tie},
    cast::{Kind, ThingId},
    clock::{DAY, HOUR},
    observe::{Deed, observe},
    random::{Stream, between, chance, pick, within},
    stage::Stage,
};

/// Tells what every actor did before the story.
pub(super) fn tell(stage: &mut Stage, random: &mut Stream) {
    for actor in 0..stage.actors.len() {
        profile(stage, random, actor);
        let (first, last) = stage.actors[actor].active;
        let campaigns = between(random, 1, 3);
        for at in 0..campaigns {
            // The last one ends the past, so that it is known when an actor was last active.
            let seen =
                if at + 1 == campaigns { last } else { within(random, first, (last - 10 * DAY).max(first)) };
            campaign(stage, random, actor, seen);
        }
    }
    commodity(stage, random);
}

/// Tells which programs and techniques an actor uses.
fn profile(stage: &mut Stage, random: &mut Stream, actor: usize) {
    let who = stage.actors[actor].clone();
    let seen = who.active.0;
    let mut ties: Vec<Tie> = Vec::new();
    for &used in who.malware.iter().chain(&who.tools).chain(&who.techniques) {
        ties.push(tie(who.thing, Relation::Uses, used, seen));
    }
    for &malware in &who.malware {
        ties.push(tie(malware, Relation::Uses, stage.technique(random), seen));
    }
    if chance(random, 0.4) {
        ties.push(tie(who.malware[0], Relation::Uses, stage.technique(random), seen));
    }
    ties.push(tie(who.thing, Relation::Targets, pick(random, &stage.common.sectors), seen));
    observe(stage, random, &Deed { region: who.region, ties, title: None });
}

/// Tells one past campaign of an actor, ending at a moment.
fn campaign(stage: &mut Stage, random: &mut Stream, actor: usize, last: i64) {
    let who = stage.actors[actor].clone();
    let campaign = stage.cast.invent(random, Kind::Campaign);
    let malware = pick(random, &who.malware);
    let began = last - within(random, DAY, 12 * DAY);
    let mut ties = vec![
        tie(campaign, Relation::AttributedTo, who.thing, began),
        tie(campaign, Relation::Uses, malware, began),
    ];
    if chance(random, 0.3) {
        ties.push(tie(campaign, Relation::Uses, pick(random, &stage.common.commodity), began));
    }
    if chance(random, 0.25) {
        ties.push(tie(campaign, Relation::Exploits, pick(random, &stage.common.vulnerabilities), began));
    }
    ties.push(tie(campaign, Relation::Uses, stage.technique(random), began));
    let mut hosts: Vec<ThingId> = Vec::new();
    for _ in 0..between(random, 3, 7) {
        let host = stage.host(random);
        let seen = within(random, began, last);
        ties.extend(stage.host_ties(random, host, malware, Some(campaign), seen));
        hosts.push(host);
    }
    resolve_some(stage, random, &hosts, last - HOUR, &mut ties);
    let title = Some(format!("{}: what we know", stage.cast.name(campaign)));
    stage.actors[actor].hosts.extend(&hosts);
    stage.actors[actor].campaigns.push(campaign);
    observe(stage, random, &Deed { region: who.region, ties, title });
}

/// Ties domains of a list to addresses of it, or to one that everybody shares.
pub(super) fn resolve_some(
    stage: &Stage,
    random: &mut Stream,
    hosts: &[ThingId],
    seen: i64,
    ties: &mut Vec<Tie>,
) {
    let is_address = |host: &ThingId| matches!(stage.cast.kind(*host), Kind::Ipv4 | Kind::Ipv6);
    let addresses: Vec<ThingId> = hosts.iter().copied().filter(is_address).collect();
    for &domain in hosts.iter().filter(|host| stage.cast.kind(**host) == Kind::Domain) {
        if !addresses.is_empty() && chance(random, 0.4) {
            ties.push(tie(domain, Relation::ResolvesTo, pick(random, &addresses), seen));
        } else if chance(random, stage.knobs.popular) {
            ties.push(tie(domain, Relation::ResolvesTo, pick(random, &stage.common.hubs), seen));
        }
    }
}

/// Tells hosts of malware that is sold to anyone, and belongs to no actor.
fn commodity(stage: &mut Stage, random: &mut Stream) {
    for malware in stage.common.commodity.clone() {
        for _ in 0..between(random, 1, 3) {
            let seen = super::clock::moment(1) - within(random, 2 * DAY, 200 * DAY);
            let mut ties = Vec::new();
            for _ in 0..between(random, 2, 5) {
                let host = stage.host(random);
                ties.extend(stage.host_ties(random, host, malware, None, seen));
            }
            let region = between(random, 0, 3);
            observe(stage, random, &Deed { region, ties, title: None });
        }
    }
}
