//! Convergence: two established groups become tied, and six ways to look as if they did.

use super::{
    super::{
        bulletin::{Relation, Tie, tie},
        cast::{Kind, ThingId},
        clock::{DAY, NIGHTS, moment},
        observe::{draft, publish_relayed},
        random::{Stream, below, between, chance, pick, some},
        stage::Stage,
    },
    Way,
    story::{company, fresh, old, one_report, story, tell, things, told, voices},
    way,
};

pub(super) const WAYS: &[Way] = &[
    way("shared-campaign", false, false, "Campaigns of both, with programs of both.", shared_campaign),
    way("malware-exchange", false, false, "Each uses what only the other had.", malware_exchange),
    way("joint-hosts", false, false, "Fresh hosts serve programs of both, which they share.", joint_hosts),
    way(
        "cross-attribution",
        false,
        false,
        "What one did is said to be the other's, by several.",
        cross_attribution,
    ),
    way("mixed-evidence", false, true, "A little of everything, spread over nights.", mixed),
    way(
        "common-tools",
        true,
        false,
        "Both take up the same tools and techniques that everybody has.",
        common_tools,
    ),
    way("round-up", true, false, "A report of the year names both, and ties neither to the other.", round_up),
    way(
        "wrong-attribution",
        true,
        false,
        "One agency ascribes to one what is the other's, and takes it back.",
        wrong,
    ),
    way("shared-cdn", true, false, "Both sit behind addresses that everybody shares.", shared_cdn),
    way("told-late", true, false, "An alliance of long ago, told late.", told_late),
    way("one-report-relayed", true, true, "One report of an exchange, passed on as it is.", relayed),
];

/// Two actors, by position and by thing.
struct Pair {
    at: [usize; 2],
    who: [ThingId; 2],
}

fn pair(stage: &mut Stage, random: &mut Stream) -> Pair {
    let chosen = company(stage, random, 2);
    let who = things(stage, &chosen);
    Pair { at: [chosen[0], chosen[1]], who: [who[0], who[1]] }
}

/// Fresh hosts of each that have nothing to do with the other: they come with any of the ways.
fn beside(stage: &mut Stage, random: &mut Stream, pair: &Pair, night: u32, most: usize) -> Vec<Tie> {
    let mut ties = Vec::new();
    for at in pair.at {
        for _ in 0..between(random, 0, most) {
            let (host, malware) = (stage.host(random), stage.own_malware(random, at));
            let seen = fresh(random, night);
            ties.extend(stage.host_ties(random, host, malware, Some(stage.actors[at].thing), seen));
        }
    }
    ties
}

fn campaign_ties(stage: &mut Stage, random: &mut Stream, pair: &Pair, seen: i64) -> Vec<Tie> {
    let campaign = stage.cast.invent(random, Kind::Campaign);
    let mut ties: Vec<Tie> =
        pair.who.iter().map(|&who| tie(campaign, Relation::AttributedTo, who, seen)).collect();
    for at in pair.at {
        ties.push(tie(campaign, Relation::Uses, stage.own_malware(random, at), seen));
    }
    ties
}

fn exchange_ties(stage: &Stage, random: &mut Stream, pair: &Pair, seen: i64) -> Vec<Tie> {
    let mut ties = Vec::new();
    for side in 0..2 {
        let borrowed = stage.own_malware(random, pair.at[1 - side]);
        if side == 0 || chance(random, 0.6) {
            ties.push(tie(pair.who[side], Relation::Uses, borrowed, seen));
        }
    }
    ties
}

fn joint_ties(stage: &mut Stage, random: &mut Stream, pair: &Pair, hosts: usize, night: u32) -> Vec<Tie> {
    let mut ties = Vec::new();
    for _ in 0..hosts {
        let host = stage.host(random);
        for at in pair.at {
            let (malware, seen) = (stage.own_malware(random, at), fresh(random, night));
            ties.extend(stage.host_ties(random, host, malware, None, seen));
        }
    }
    ties
}

fn cross_ties(stage: &Stage, random: &mut Stream, pair: &Pair, seen: i64) -> Vec<Tie> {
    let mut ties = vec![tie(pair.who[0], Relation::RelatedTo, pair.who[1], seen)];
    for side in 0..2 {
        let campaign = stage.known_campaign(random, pair.at[side]);
        if side == 0 || chance(random, 0.5) {
            ties.push(tie(campaign, Relation::AttributedTo, pair.who[1 - side], seen));
        }
    }
    ties
}

fn shared_campaign(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let pair = pair(stage, random);
    let mut ties = Vec::new();
    for _ in 0..between(random, 1, 2) {
        let seen = fresh(random, night);
        ties.extend(campaign_ties(stage, random, &pair, seen));
    }
    ties.extend(beside(stage, random, &pair, night, 3));
    told(stage, random, night, ties, 4);
    pair.who.to_vec()
}

fn malware_exchange(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let pair = pair(stage, random);
    let seen = fresh(random, night);
    let mut ties = exchange_ties(stage, random, &pair, seen);
    let core = ties.len();
    for _ in 0..between(random, 1, 4) {
        let (host, seen) = (stage.host(random), fresh(random, night));
        let borrowed = stage.own_malware(random, pair.at[1]);
        ties.push(tie(host, Relation::Indicates, borrowed, seen));
        ties.push(tie(host, Relation::Indicates, pair.who[0], seen));
    }
    ties.extend(beside(stage, random, &pair, night, 2));
    told(stage, random, night, ties, core);
    pair.who.to_vec()
}

fn joint_hosts(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let pair = pair(stage, random);
    // Hosts alone would be shared infrastructure: one is also seen with what is the other's.
    let seen = fresh(random, night);
    let mut ties = exchange_ties(stage, random, &pair, seen);
    let core = ties.len() + 4;
    let hosts = between(random, 2, 5);
    ties.extend(joint_ties(stage, random, &pair, hosts, night));
    ties.extend(beside(stage, random, &pair, night, 2));
    told(stage, random, night, ties, core);
    pair.who.to_vec()
}

fn cross_attribution(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let pair = pair(stage, random);
    let seen = fresh(random, night);
    let mut ties = cross_ties(stage, random, &pair, seen);
    let core = ties.len();
    if chance(random, 0.5) {
        ties.extend(exchange_ties(stage, random, &pair, seen));
    }
    ties.extend(joint_ties(stage, random, &pair, 1, night));
    ties.extend(beside(stage, random, &pair, night, 3));
    told(stage, random, night, ties, core);
    pair.who.to_vec()
}

fn mixed(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let pair = pair(stage, random);
    let seen = fresh(random, night);
    let mut ties = exchange_ties(stage, random, &pair, seen);
    ties.extend(joint_ties(stage, random, &pair, 1, night));
    ties.extend(campaign_ties(stage, random, &pair, seen));
    ties.extend(beside(stage, random, &pair, night, 2));
    let mut story = story(stage, random, night, ties, 1);
    story.nights = between(random, 3, 5) as u32;
    tell(stage, random, &story);
    pair.who.to_vec()
}

fn common_tools(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let pair = pair(stage, random);
    let seen = fresh(random, night);
    let (tools, techniques) = (between(random, 1, 3), between(random, 1, 4));
    let mut shared = some(random, &stage.common.tools, tools);
    shared.extend(some(random, &stage.common.techniques, techniques));
    shared.push(pick(random, &stage.common.commodity));
    let mut ties = Vec::new();
    for &used in &shared {
        for who in pair.who {
            ties.push(tie(who, Relation::Uses, used, seen));
        }
    }
    ties.extend(beside(stage, random, &pair, night, 3));
    told(stage, random, night, ties, 2);
    pair.who.to_vec()
}

fn round_up(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let pair = pair(stage, random);
    let ties = beside(stage, random, &pair, night, 3);
    for author in {
        let count = between(random, 1, 3);
        voices(random, count)
    } {
        let at = (night + below(random, 3) as u32).min(NIGHTS);
        let mut bulletin = draft(random, author, at, moment(at) - 2 * DAY, ties.clone());
        bulletin.mentions = pair.who.to_vec();
        bulletin.mentions.extend(pair.at.map(|at| stage.actors[at].malware[0]));
        bulletin.title = Some(format!("The year in review, part {}", between(random, 1, 9)));
        let relayed = stage.knobs.relayed;
        publish_relayed(stage, random, bulletin, relayed);
    }
    pair.who.to_vec()
}

fn wrong(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let pair = pair(stage, random);
    let seen = fresh(random, night);
    let mut ties = cross_ties(stage, random, &pair, seen);
    ties.extend(joint_ties(stage, random, &pair, 1, night));
    let core = ties.len();
    ties.extend(beside(stage, random, &pair, night, 3));
    let mut story = story(stage, random, night, ties, core);
    story.voices = vec![pick(random, &[2, 2, 5, 5, 4, 1])];
    // Who listens believes it at times.
    story.relayed = 0.4;
    story.withdrawn = Some(night + story.nights + between(random, 2, 6) as u32);
    tell(stage, random, &story);
    pair.who.to_vec()
}

fn shared_cdn(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let pair = pair(stage, random);
    let mut ties = Vec::new();
    let count = between(random, 2, 5);
    for hub in some(random, &stage.common.hubs, count) {
        for at in pair.at {
            let (malware, seen) = (stage.own_malware(random, at), fresh(random, night));
            ties.extend(stage.host_ties(random, hub, malware, None, seen));
        }
    }
    ties.extend(beside(stage, random, &pair, night, 3));
    told(stage, random, night, ties, 4);
    pair.who.to_vec()
}

fn told_late(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let pair = pair(stage, random);
    let seen = old(random, night);
    let mut ties = campaign_ties(stage, random, &pair, seen);
    ties.extend(exchange_ties(stage, random, &pair, seen));
    for _ in 0..between(random, 1, 4) {
        let host = stage.host(random);
        for at in pair.at {
            let malware = stage.own_malware(random, at);
            ties.push(tie(host, Relation::Indicates, malware, old(random, night)));
        }
    }
    let mut story = story(stage, random, night, ties, 3);
    story.is_backlog = chance(random, 0.5);
    tell(stage, random, &story);
    pair.who.to_vec()
}

fn relayed(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let pair = pair(stage, random);
    let seen = fresh(random, night);
    let mut ties = exchange_ties(stage, random, &pair, seen);
    ties.extend(joint_ties(stage, random, &pair, 2, night));
    ties.extend(beside(stage, random, &pair, night, 2));
    one_report(stage, random, night, "Two that work together", ties);
    pair.who.to_vec()
}
