//! The ordinary nights: what actors do anyway, and where they meet by accident.

use super::{
    base::resolve_some,
    bulletin::{Relation, Tie, tie},
    cast::{Kind, ThingId},
    clock::{DAY, HOUR, NIGHTS, moment},
    observe::{Deed, observe},
    random::{Stream, between, chance, pick, weighted, within},
    stage::Stage,
};

/// Lets every active actor live through the nights of the story.
pub(super) fn live(stage: &mut Stage, random: &mut Stream) {
    for night in 2..=NIGHTS {
        for actor in 0..stage.actors.len() {
            if !stage.actors[actor].is_dormant && chance(random, stage.knobs.activity) {
                act(stage, random, actor, night);
            }
        }
        for _ in 0..weighted(random, &[3, 4, 2]) {
            unattributed(stage, random, night);
        }
    }
}

/// Returns a moment of the day that ends with a night.
fn that_day(random: &mut Stream, night: u32) -> i64 {
    moment(night) - within(random, 2 * HOUR, DAY)
}

fn act(stage: &mut Stage, random: &mut Stream, actor: usize, night: u32) {
    let seen = that_day(random, night);
    let who = stage.actors[actor].clone();
    let mut ties = Vec::new();
    let mut title = None;
    match weighted(random, &[50, 18, 14, 10, 8]) {
        0 => hosts(stage, random, actor, None, seen, &mut ties),
        1 => {
            let campaign = stage.cast.invent(random, Kind::Campaign);
            ties.push(tie(campaign, Relation::AttributedTo, who.thing, seen));
            ties.push(tie(campaign, Relation::Uses, stage.own_malware(random, actor), seen));
            hosts(stage, random, actor, Some(campaign), seen, &mut ties);
            stage.actors[actor].campaigns.push(campaign);
            title = Some(format!("{} begins", stage.cast.name(campaign)));
        }
        2 => {
            let technique = stage.technique(random);
            ties.push(tie(who.thing, Relation::Uses, technique, seen));
            ties.push(tie(who.thing, Relation::Uses, pick(random, &stage.common.tools), seen));
        }
        3 => {
            let listed = Some(night + between(random, 0, 6) as u32).filter(|_| chance(random, 0.7));
            let malware = stage.malware(random, listed);
            ties.push(tie(who.thing, Relation::Uses, malware, seen));
            if chance(random, 0.5) {
                ties.push(tie(malware, Relation::VariantOf, pick(random, &who.malware), seen));
            }
            for _ in 0..between(random, 1, 3) {
                let host = stage.host(random);
                ties.extend(stage.host_ties(random, host, malware, Some(who.thing), seen));
                stage.actors[actor].hosts.push(host);
            }
            stage.actors[actor].malware.push(malware);
        }
        _ => {
            let campaign = pick(random, &who.campaigns);
            ties.push(tie(campaign, Relation::Targets, pick(random, &stage.common.sectors), seen));
            hosts(stage, random, actor, Some(campaign), seen, &mut ties);
        }
    }
    if chance(random, stage.knobs.coincidence) {
        meet(stage, random, actor, seen, &mut ties);
    }
    observe(stage, random, &Deed { region: who.region, ties, title });
}

/// Gives an actor hosts for one of its programs.
fn hosts(
    stage: &mut Stage,
    random: &mut Stream,
    actor: usize,
    campaign: Option<ThingId>,
    seen: i64,
    ties: &mut Vec<Tie>,
) {
    let malware = stage.own_malware(random, actor);
    let behind = campaign.unwrap_or(stage.actors[actor].thing);
    let mut added = Vec::new();
    for _ in 0..between(random, 1, 4) {
        let host = stage.host(random);
        ties.extend(stage.host_ties(random, host, malware, Some(behind), seen));
        added.push(host);
    }
    resolve_some(stage, random, &added, seen, ties);
    stage.actors[actor].hosts.extend(added);
}

/// Lets an actor meet another by accident: a host, a program or a mention in common.
fn meet(stage: &Stage, random: &mut Stream, actor: usize, seen: i64, ties: &mut Vec<Tie>) {
    let other = between(random, 0, stage.actors.len() - 1);
    if other == actor {
        return;
    }
    let own = stage.own_malware(random, actor);
    match weighted(random, &[5, 2, 2]) {
        0 => {
            let host = pick(random, &stage.actors[other].hosts);
            ties.push(tie(host, Relation::Indicates, own, seen));
        }
        1 => {
            let borrowed = stage.own_malware(random, other);
            ties.push(tie(stage.actors[actor].thing, Relation::Uses, borrowed, seen));
        }
        _ => {
            let hub = pick(random, &stage.common.hubs);
            ties.push(tie(hub, Relation::Indicates, own, seen));
        }
    }
}

/// Tells something that nobody is named for: hosts of sold malware, a lone campaign, a scan.
fn unattributed(stage: &mut Stage, random: &mut Stream, night: u32) {
    let seen = that_day(random, night);
    let mut ties = Vec::new();
    let mut title = None;
    let malware = if chance(random, 0.75) {
        pick(random, &stage.common.commodity)
    } else {
        stage.malware(random, None)
    };
    let campaign = chance(random, 0.3).then(|| stage.cast.invent(random, Kind::Campaign));
    if let Some(campaign) = campaign {
        ties.push(tie(campaign, Relation::Uses, malware, seen));
        title = Some(format!("{}, source unknown", stage.cast.name(campaign)));
    }
    let mut added = Vec::new();
    for _ in 0..between(random, 1, 5) {
        let host = stage.host(random);
        ties.extend(stage.host_ties(random, host, malware, campaign, seen));
        added.push(host);
    }
    resolve_some(stage, random, &added, seen, &mut ties);
    let region = between(random, 0, 3);
    observe(stage, random, &Deed { region, ties, title });
}
