//! Dormant reactivation: an actor long quiet acts again, and six ways to look as if it did.

use super::{
    super::{
        agencies::{AGENCIES, AgencyId},
        base::resolve_some,
        bulletin::{Relation, Tie, tie},
        cast::{Kind, ThingId},
        clock::{DAY, NIGHTS, moment},
        observe::{draft, publish_relayed},
        random::{Stream, below, between, chance, pick, some, within},
        stage::{Actor, Stage},
    },
    Way,
    story::{fresh, old, ordinary, sleeper, story, tell, voices},
    way,
};

pub(super) const WAYS: &[Way] = &[
    way("new-hosts", false, false, "Fresh hosts and samples of its old programs.", new_hosts),
    way("new-campaign", false, false, "A campaign with a program nobody had seen.", new_campaign),
    way("rebuilt-malware", false, false, "A variant of its old program, tied to it by that.", rebuilt),
    way("one-reliable", false, false, "A single reliable agency tells of it.", one_reliable),
    way("quiet-return", false, true, "Few signs, spread over nights.", quiet_return),
    way("retrospective", true, false, "A report of its old days, with old dates.", retrospective),
    way("re-marking", true, false, "What was told is told again, touched and marked anew.", re_marking),
    way("sinkholed-domain", true, false, "Somebody puts its old domains on a sinkhole.", sinkholed),
    way("late-report", true, false, "Old activity that one or two tell late.", late_report),
    way(
        "wrong-attribution",
        true,
        false,
        "Another's fresh doings are ascribed to it, and that is taken back.",
        wrong,
    ),
    way("copied-list", true, true, "An old list of its hosts is copied, with the copy's date.", copied),
];

/// Tells a true awakening, with a word on what the actor did before.
fn told(stage: &mut Stage, random: &mut Stream, night: u32, mut ties: Vec<Tie>, core: usize, who: &Actor) {
    ties.extend(recap(random, who));
    let story = story(stage, random, night, ties, core);
    tell(stage, random, &story);
}

/// Says again some of what an actor did in its days.
fn recap(random: &mut Stream, who: &Actor) -> Vec<Tie> {
    if chance(random, 0.4) {
        return Vec::new();
    }
    let count = between(random, 1, 6);
    let mut ties: Vec<Tie> = Vec::new();
    for host in some(random, &who.hosts, count) {
        ties.push(tie(host, Relation::Indicates, pick(random, &who.malware), of_its_days(random, who)));
    }
    ties
}

/// Says in passing what is said of anybody, as of these days.
fn passing(stage: &Stage, random: &mut Stream, who: &Actor, night: u32) -> Vec<Tie> {
    let seen = fresh(random, night);
    let mut ties = ordinary(stage, random, who.thing, seen);
    if chance(random, 0.4) {
        ties.push(tie(who.thing, Relation::Targets, pick(random, &stage.common.sectors), seen));
    }
    if chance(random, 0.4) {
        ties.push(tie(who.malware[0], Relation::Uses, stage.technique(random), seen));
    }
    ties
}

/// Hosts of a program, of an age of choice, with ties to who is behind it.
fn host_ties(
    stage: &mut Stage,
    random: &mut Stream,
    malware: ThingId,
    behind: ThingId,
    count: usize,
    (when, night): (fn(&mut Stream, u32) -> i64, u32),
) -> Vec<Tie> {
    let (mut ties, mut hosts) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let (host, seen) = (stage.host(random), when(random, night));
        ties.extend(stage.host_ties(random, host, malware, Some(behind), seen));
        hosts.push(host);
    }
    let seen = when(random, night);
    resolve_some(stage, random, &hosts, seen, &mut ties);
    ties
}

fn woken(stage: &mut Stage, random: &mut Stream, night: u32) -> Actor {
    let at = sleeper(stage, random, night);
    Actor { malware: stage.known_malware(at), ..stage.actors[at].clone() }
}

fn new_hosts(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let who = woken(stage, random, night);
    let malware = pick(random, &who.malware);
    let mut ties = vec![tie(who.thing, Relation::Uses, malware, fresh(random, night))];
    let count = between(random, 3, 8);
    ties.extend(host_ties(stage, random, malware, who.thing, count, (fresh, night)));
    let seen = fresh(random, night);
    ties.extend(ordinary(stage, random, who.thing, seen));
    told(stage, random, night, ties, 2, &who);
    vec![who.thing]
}

/// A campaign of an actor, with hosts.
fn campaign_ties(
    stage: &mut Stage,
    random: &mut Stream,
    who: &Actor,
    (when, night): (fn(&mut Stream, u32) -> i64, u32),
) -> Vec<Tie> {
    let seen = when(random, night);
    let campaign = stage.cast.invent(random, Kind::Campaign);
    let malware = if chance(random, 0.5) { stage.malware(random, None) } else { pick(random, &who.malware) };
    let mut ties = vec![
        tie(campaign, Relation::AttributedTo, who.thing, seen),
        tie(campaign, Relation::Uses, malware, seen),
    ];
    let count = between(random, 2, 6);
    ties.extend(host_ties(stage, random, malware, campaign, count, (when, night)));
    ties.extend(ordinary(stage, random, campaign, seen));
    ties
}

fn new_campaign(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let who = woken(stage, random, night);
    let ties = campaign_ties(stage, random, &who, (fresh, night));
    told(stage, random, night, ties, 2, &who);
    vec![who.thing]
}

fn rebuilt(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let who = woken(stage, random, night);
    let (former, seen) = (pick(random, &who.malware), fresh(random, night));
    let malware = stage.malware(random, None);
    let mut ties =
        vec![tie(malware, Relation::VariantOf, former, seen), tie(who.thing, Relation::Uses, malware, seen)];
    let count = between(random, 2, 6);
    ties.extend(host_ties(stage, random, malware, who.thing, count, (fresh, night)));
    told(stage, random, night, ties, 2, &who);
    vec![who.thing]
}

fn one_reliable(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let who = woken(stage, random, night);
    let mut ties = campaign_ties(stage, random, &who, (fresh, night));
    let malware = pick(random, &who.malware);
    ties.extend(host_ties(stage, random, malware, who.thing, 2, (fresh, night)));
    ties.extend(recap(random, &who));
    let mut story = story(stage, random, night, ties, 2);
    story.voices = vec![pick(random, &[0, 0, 1, 3])];
    tell(stage, random, &story);
    vec![who.thing]
}

fn quiet_return(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let who = woken(stage, random, night);
    let malware = pick(random, &who.malware);
    let count = between(random, 2, 4);
    let mut ties = host_ties(stage, random, malware, who.thing, count, (fresh, night));
    ties.push(tie(who.thing, Relation::Uses, malware, fresh(random, night)));
    ties.extend(recap(random, &who));
    let mut story = story(stage, random, night, ties, 1);
    story.nights = between(random, 3, 5) as u32;
    tell(stage, random, &story);
    vec![who.thing]
}

/// Returns a moment of an actor's days, or long ago.
fn of_its_days(random: &mut Stream, who: &Actor) -> i64 {
    within(random, who.active.0, who.active.1)
}

fn retrospective(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let who = woken(stage, random, night);
    let mut ties = campaign_ties(stage, random, &who, (old, night));
    for tie in &mut ties {
        tie.seen = of_its_days(random, &who);
    }
    ties.extend(passing(stage, random, &who, night));
    let mut story = story(stage, random, night, ties, 2);
    story.title = Some("Looking back".to_owned());
    tell(stage, random, &story);
    vec![who.thing]
}

fn re_marking(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let who = woken(stage, random, night);
    let is_of = |tie: &Tie| tie.from == who.thing || tie.to == who.thing || who.malware.contains(&tie.to);
    // Who told most of it, so that there is something to touch.
    let told = |stage: &Stage, author: AgencyId| -> Vec<Tie> {
        let own = stage.bulletins.iter().filter(|bulletin| bulletin.author == author);
        own.flat_map(|bulletin| bulletin.ties.iter().copied()).filter(is_of).collect()
    };
    let mut authors: Vec<(usize, AgencyId)> = (0..AGENCIES.len())
        .filter(|&at| AGENCIES[at].delivery.is_stix())
        .map(|at| (told(stage, at).len(), at))
        .collect();
    authors.sort_by(|a, b| b.cmp(a));
    let count = between(random, 1, 2);
    for (_, author) in authors.into_iter().take(count) {
        let ties = told(stage, author);
        let at = (night + below(random, 3) as u32).min(NIGHTS);
        let mut bulletin = draft(random, author, at, moment(at) - DAY, ties);
        bulletin.retouched = true;
        publish_relayed(stage, random, bulletin, 0.0);
    }
    vec![who.thing]
}

fn sinkholed(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let who = woken(stage, random, night);
    let malware = pick(random, &who.malware);
    let mut domains: Vec<ThingId> =
        who.hosts.iter().copied().filter(|&host| stage.cast.kind(host) == Kind::Domain).collect();
    while domains.len() < 2 {
        domains.push(stage.cast.invent(random, Kind::Domain));
    }
    let mut ties = Vec::new();
    let count = between(random, 2, 6);
    for domain in some(random, &domains, count) {
        let seen = fresh(random, night);
        ties.push(tie(domain, Relation::ResolvesTo, pick(random, &stage.common.sinkholes), seen));
        if chance(random, 0.7) {
            ties.push(tie(domain, Relation::Indicates, malware, seen));
        }
    }
    ties.push(tie(who.thing, Relation::Uses, malware, old(random, night)));
    told(stage, random, night, ties, 1, &who);
    vec![who.thing]
}

fn late_report(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let who = woken(stage, random, night);
    let malware = pick(random, &who.malware);
    let mut ties = vec![tie(who.thing, Relation::Uses, malware, of_its_days(random, &who))];
    let count = between(random, 2, 7);
    ties.extend(host_ties(stage, random, malware, who.thing, count, (old, night)));
    ties.extend(passing(stage, random, &who, night));
    let mut story = story(stage, random, night, ties, 2);
    let count = between(random, 1, 2);
    story.voices = voices(random, count);
    story.is_backlog = chance(random, 0.6);
    tell(stage, random, &story);
    vec![who.thing]
}

fn wrong(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let who = woken(stage, random, night);
    let ties = campaign_ties(stage, random, &who, (fresh, night));
    let mut story = story(stage, random, night, ties, 2);
    story.voices = vec![pick(random, &[2, 2, 5, 5, 4, 1])];
    story.relayed = 0.5;
    story.withdrawn = Some(night + story.nights + between(random, 2, 6) as u32);
    tell(stage, random, &story);
    vec![who.thing]
}

fn copied(stage: &mut Stage, random: &mut Stream, night: u32) -> Vec<ThingId> {
    let who = woken(stage, random, night);
    let malware = pick(random, &who.malware);
    let count = between(random, 3, 8);
    let mut ties: Vec<Tie> = some(random, &who.hosts, count)
        .into_iter()
        .map(|host| tie(host, Relation::Indicates, malware, fresh(random, night)))
        .collect();
    ties.push(tie(who.thing, Relation::Uses, malware, fresh(random, night)));
    told(stage, random, night, ties, 1, &who);
    vec![who.thing]
}
