//! Community birth: a group that was in no company before, and six that only look so.

use super::{
    super::{
        base::resolve_some,
        bulletin::{Relation, Tie, tie},
        cast::{Kind, ThingId},
        clock::NIGHTS,
        random::{Stream, between, chance, pick, some},
        stage::Stage,
    },
    Way,
    story::{Story, fresh, old, one_report, ordinary, story, tell, told},
    way,
};

pub(super) const WAYS: &[Way] = &[
    way(
        "actor-group",
        false,
        false,
        "An actor nobody knew, with a campaign, programs and hosts.",
        actor_group,
    ),
    way(
        "campaign-group",
        false,
        false,
        "A campaign of nobody known, with its own programs and hosts.",
        campaign_group,
    ),
    way(
        "malware-families",
        false,
        false,
        "Programs that fetch one another and share hosts; nobody is named.",
        families,
    ),
    way(
        "book-entry",
        false,
        false,
        "An actor that the curated list takes up while it is reported.",
        book_entry,
    ),
    way(
        "host-mesh",
        false,
        true,
        "A campaign of one program over domains and addresses that resolve to each other.",
        host_mesh,
    ),
    way(
        "single-source",
        true,
        false,
        "One agency alone tells of a group, in several bulletins.",
        single_source,
    ),
    way("backlog", true, false, "A group of long ago, delivered late by one or more.", backlog),
    way(
        "relayed-report",
        true,
        false,
        "One report of one agency, passed on as it is by others.",
        relayed_report,
    ),
    way(
        "scanner-dump",
        true,
        false,
        "Scanners and sinkholes listed by several, tied by what everybody shares.",
        scanner_dump,
    ),
    way(
        "known-under-alias",
        true,
        false,
        "A known actor under a name that the list then gives as a synonym.",
        alias,
    ),
    way(
        "exercise",
        true,
        true,
        "A red team's exercise, reported by one agency, echoed, and taken back.",
        exercise,
    ),
];

/// A group that is in no company yet.
struct Group {
    ties: Vec<Tie>,
    core: usize,
    malware: Vec<ThingId>,
}

/// Makes a group around those who lead it: programs and hosts, densely tied.
fn group(
    stage: &mut Stage,
    random: &mut Stream,
    leaders: &[ThingId],
    (programs, hosts): (usize, usize),
    night: u32,
    when: fn(&mut Stream, u32) -> i64,
) -> Group {
    let seen = when(random, night);
    // The list of programs takes up some of them within days.
    let listed: Vec<Option<u32>> = (0..programs)
        .map(|_| Some(night + between(random, 0, 4) as u32).filter(|at| *at <= NIGHTS && chance(random, 0.5)))
        .collect();
    let malware: Vec<ThingId> = listed.into_iter().map(|listed| stage.malware(random, listed)).collect();
    let mut ties = Vec::new();
    for pair in leaders.windows(2) {
        ties.push(tie(pair[1], Relation::AttributedTo, pair[0], seen));
    }
    for &program in &malware {
        for &leader in leaders {
            if ties.len() < 2 || chance(random, 0.7) {
                ties.push(tie(leader, Relation::Uses, program, seen));
            }
        }
    }
    for pair in malware.windows(2) {
        if leaders.is_empty() || chance(random, 0.5) {
            ties.push(tie(pair[0], Relation::Downloads, pair[1], seen));
        }
    }
    let core = ties.len().min(3);
    let mut added = Vec::new();
    for _ in 0..hosts {
        let (host, seen) = (stage.host(random), when(random, night));
        let program = pick(random, &malware);
        ties.extend(stage.host_ties(random, host, program, leaders.last().copied(), seen));
        if malware.len() > 1 && chance(random, 0.35) {
            ties.push(tie(host, Relation::Indicates, pick(random, &malware), seen));
        }
        added.push(host);
    }
    let seen = when(random, night);
    resolve_some(stage, random, &added, seen, &mut ties);
    if let Some(&leader) = leaders.first() {
        ties.extend(ordinary(stage, random, leader, seen));
    }
    Group { ties, core, malware }
}

/// Draws how many programs and hosts a group has; the same for patterns and look-alikes.
fn size(random: &mut Stream) -> (usize, usize) {
    (between(random, 1, 3), between(random, 3, 10))
}

fn new_actor(stage: &mut Stage, random: &mut Stream) -> ThingId {
    let actor = stage.cast.invent(random, Kind::Actor);
    // Nobody has a list for a name that is new: most take over the first one used.
    let share = stage.knobs.alias * 0.3;
    stage.cast.give_aliases(random, actor, share, 0.5);
    actor
}

fn actor_group(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let size = size(random);
    let leaders = [new_actor(stage, random), stage.cast.invent(random, Kind::Campaign)];
    let group = group(stage, random, &leaders, size, night, fresh);
    let anchors = vec![leaders[0], group.malware[0]];
    told(stage, random, night, group.ties, group.core);
    anchors
}

fn campaign_group(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let size = size(random);
    let leaders = [stage.cast.invent(random, Kind::Campaign)];
    let group = group(stage, random, &leaders, size, night, fresh);
    let anchors = vec![leaders[0], group.malware[0]];
    told(stage, random, night, group.ties, group.core);
    anchors
}

fn families(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let size = (between(random, 2, 4), between(random, 4, 10));
    let group = group(stage, random, &[], size, night, fresh);
    let anchors = group.malware.iter().copied().take(2).collect();
    told(stage, random, night, group.ties, group.core);
    anchors
}

fn book_entry(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let size = size(random);
    let actor = stage.cast.invent(random, Kind::Actor);
    let (alias, listed) = (stage.knobs.alias, Some((night + between(random, 0, 3) as u32).min(NIGHTS)));
    stage.cast.give_aliases(random, actor, alias, 0.0);
    stage.cast.things[actor].listed = listed;
    let mut leaders = vec![actor];
    if chance(random, 0.5) {
        leaders.push(stage.cast.invent(random, Kind::Campaign));
    }
    let group = group(stage, random, &leaders, size, night, fresh);
    for &program in &group.malware {
        stage.cast.things[program].listed = listed.filter(|_| chance(random, 0.6));
    }
    let anchors = vec![actor, group.malware[0]];
    told(stage, random, night, group.ties, group.core);
    anchors
}

fn host_mesh(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let campaign = stage.cast.invent(random, Kind::Campaign);
    let mut group = group(stage, random, &[campaign], (1, 1), night, fresh);
    let addresses: Vec<ThingId> = (0..between(random, 2, 4)).map(|_| stage.address(random)).collect();
    for _ in 0..between(random, 3, 6) {
        let (domain, seen) = (stage.cast.invent(random, Kind::Domain), fresh(random, night));
        for address in some(random, &addresses, 2) {
            group.ties.push(tie(domain, Relation::ResolvesTo, address, seen));
        }
        group.ties.extend(stage.host_ties(random, domain, group.malware[0], Some(campaign), seen));
    }
    let anchors = vec![campaign, group.malware[0]];
    told(stage, random, night, group.ties, group.core);
    anchors
}

/// Leads a look-alike as the patterns are led: by an actor, a campaign, both or nobody.
fn leaders(stage: &mut Stage, random: &mut Stream) -> Vec<ThingId> {
    let mut leaders = Vec::new();
    if chance(random, 0.6) {
        leaders.push(new_actor(stage, random));
    }
    if leaders.is_empty() || chance(random, 0.5) {
        leaders.push(stage.cast.invent(random, Kind::Campaign));
    }
    leaders
}

/// Makes a fresh group for a look-alike and the story that would tell it.
fn apparent(stage: &mut Stage, random: &mut Stream, night: u32) -> (Vec<ThingId>, Story) {
    let size = size(random);
    let leaders = leaders(stage, random);
    let group = group(stage, random, &leaders, size, night, fresh);
    let anchors = vec![leaders[0], group.malware[0]];
    let story = story(stage, random, night, group.ties, group.core);
    (anchors, story)
}

fn single_source(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let (anchors, mut story) = apparent(stage, random, night);
    story.voices = vec![pick(random, &[0, 1, 2, 3, 4, 4, 5, 5])];
    tell(stage, random, &story);
    anchors
}

fn backlog(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let size = size(random);
    let leaders = leaders(stage, random);
    let group = group(stage, random, &leaders, size, night, old);
    let anchors = vec![leaders[0], group.malware[0]];
    let mut story = story(stage, random, night, group.ties, group.core);
    story.is_backlog = chance(random, 0.6);
    if chance(random, 0.4) {
        story.voices = vec![pick(random, &[0, 1, 2, 3, 4, 4, 5, 5])];
    }
    tell(stage, random, &story);
    anchors
}

fn relayed_report(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let (anchors, story) = apparent(stage, random, night);
    one_report(stage, random, night, "A cluster of activity", story.ties);
    anchors
}

fn scanner_dump(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let malware = stage.malware(random, None);
    let mut ties = Vec::new();
    for _ in 0..between(random, 5, 11) {
        let (scanner, seen) = (stage.machine(random), fresh(random, night));
        ties.extend(stage.host_ties(random, scanner, malware, None, seen));
        if stage.cast.kind(scanner) == Kind::Domain {
            ties.push(tie(scanner, Relation::ResolvesTo, pick(random, &stage.common.hubs), seen));
        }
        if chance(random, 0.3) {
            let sold = pick(random, &stage.common.commodity);
            ties.push(tie(scanner, Relation::Indicates, sold, seen));
        }
    }
    for hub in some(random, &stage.common.hubs, 2) {
        ties.push(tie(hub, Relation::Indicates, malware, fresh(random, night)));
    }
    let story = story(stage, random, night, ties, 1);
    tell(stage, random, &story);
    vec![malware]
}

fn alias(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let awake: Vec<usize> = (0..stage.actors.len()).filter(|&at| !stage.actors[at].is_dormant).collect();
    let known = stage.actors[pick(random, &awake)].clone();
    let (anchors, mut story) = apparent(stage, random, night);
    let listed = (night + between(random, 0, 3) as u32).min(NIGHTS);
    if stage.cast.kind(anchors[0]) == Kind::Actor {
        stage.cast.things[anchors[0]].alias_of = Some(known.thing);
        stage.cast.things[anchors[0]].listed = Some(listed);
    }
    for _ in 0..between(random, 1, 3) {
        let (host, seen) = (pick(random, &known.hosts), fresh(random, night));
        story.ties.push(tie(host, Relation::Indicates, anchors[1], seen));
    }
    story.ties.push(tie(anchors[1], Relation::VariantOf, pick(random, &known.malware), fresh(random, night)));
    tell(stage, random, &story);
    anchors
}

fn exercise(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let (anchors, mut story) = apparent(stage, random, night);
    story.voices = vec![pick(random, &[0, 1, 2, 3, 4, 4, 5, 5])];
    story.relayed = 0.9;
    story.withdrawn = Some(night + story.nights + between(random, 3, 8) as u32);
    tell(stage, random, &story);
    anchors
}
