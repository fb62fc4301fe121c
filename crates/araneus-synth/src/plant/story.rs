//! How something planted is told: by which voices, on which nights, and with which gaps.

use std::collections::BTreeSet;

use super::super::{
    agencies::{AGENCIES, AgencyId},
    bulletin::{Relation, Tie, tie},
    cast::{Kind, ThingId},
    clock::{DAY, HOUR, NIGHTS, moment},
    observe::{draft, publish_relayed},
    random::{Stream, below, between, chance, pick, shuffle, weighted, within},
    stage::Stage,
};

/// What is told, and how.
#[derive(Clone, Debug)]
pub(super) struct Story {
    pub(super) ties: Vec<Tie>,
    /// How many of the first ties every voice tells at once.
    pub(super) core: usize,
    pub(super) voices: Vec<AgencyId>,
    pub(super) night: u32,
    /// Nights over which it is told, 1 at least.
    pub(super) nights: u32,
    /// Probability that who listens passes a bulletin on.
    pub(super) relayed: f64,
    pub(super) title: Option<String>,
    /// The night on which all is taken back.
    pub(super) withdrawn: Option<u32>,
    /// Written long before it is delivered.
    pub(super) is_backlog: bool,
}

/// Returns a story with the ordinary figures: patterns and look-alikes draw from the same.
pub(super) fn story(stage: &Stage, random: &mut Stream, night: u32, ties: Vec<Tie>, core: usize) -> Story {
    let count = 2 + weighted(random, &[6, 3, 1]);
    Story {
        ties,
        core,
        voices: voices(random, count),
        night,
        nights: 1 + weighted(random, &[3, 3, 3, 2, 2]) as u32,
        relayed: stage.knobs.relayed,
        title: None,
        withdrawn: None,
        is_backlog: false,
    }
}

/// Tells ties as an ordinary story.
pub(super) fn told(stage: &mut Stage, random: &mut Stream, night: u32, ties: Vec<Tie>, core: usize) {
    let story = story(stage, random, night, ties, core);
    tell(stage, random, &story);
}

/// Chooses agencies to tell a story, whatever they are worth.
pub(super) fn voices(random: &mut Stream, count: usize) -> Vec<AgencyId> {
    let mut all: Vec<AgencyId> = (0..AGENCIES.len()).collect();
    shuffle(random, &mut all);
    all.truncate(count);
    // Of one voice nothing is asked. Campaigns and hosting have no form of their own in MISP: one voice at least speaks STIX.
    if count > 1 && !all.iter().any(|&at| AGENCIES[at].delivery.is_stix()) {
        all[0] = below(random, 4);
    }
    all
}

/// Lets every voice tell its part: the core first, the rest in portions over the nights.
pub(super) fn tell(stage: &mut Stage, random: &mut Stream, story: &Story) {
    let shares: Vec<f64> = story.voices.iter().map(|_| within(random, 55, 95) as f64 / 100.0).collect();
    let mut parts: Vec<Vec<Tie>> = shares.iter().map(|_| Vec::new()).collect();
    for (at, &tie) in story.ties.iter().enumerate() {
        let mut is_told = false;
        for (part, share) in parts.iter_mut().zip(&shares) {
            if at < story.core || chance(random, *share) {
                part.push(tie);
                is_told = true;
            }
        }
        if !is_told {
            parts[0].push(tie);
        }
    }
    for (at, (&author, part)) in story.voices.iter().zip(parts).enumerate() {
        let lag = if at == 0 { 0 } else { below(random, story.nights as usize) as u32 };
        let late = if at > 0 && chance(random, stage.knobs.delayed * 0.4) {
            between(random, 1, 3) as u32
        } else {
            0
        };
        let first = story.night + lag + late;
        let last = (story.night + story.nights - 1).max(first);
        portions(stage, random, story, author, part, (first, last));
    }
}

/// Tells one voice's part in one to three bulletins.
fn portions(
    stage: &mut Stage,
    random: &mut Stream,
    story: &Story,
    author: AgencyId,
    part: Vec<Tie>,
    (first, last): (u32, u32),
) {
    let count = between(random, 1, 3).min((last - first + 1) as usize);
    let mut rest = part;
    let core: Vec<Tie> = rest.drain(..story.core.min(rest.len())).collect();
    shuffle(random, &mut rest);
    let size = rest.len().div_ceil(count).max(1);
    let mut portions: Vec<Vec<Tie>> = rest.chunks(size).map(<[Tie]>::to_vec).collect();
    match portions.first_mut() {
        Some(portion) => {
            portion.splice(0..0, core);
        }
        None => portions.push(core),
    }
    for (at, ties) in portions.into_iter().enumerate() {
        let night = if at == 0 { first } else { between(random, first as usize, last as usize) as u32 };
        let night = night.min(NIGHTS);
        let happened = ties.iter().map(|tie| tie.seen).max().unwrap_or_else(|| moment(night) - DAY);
        let mut bulletin = draft(random, author, night, happened.min(moment(night) - 2 * HOUR), ties);
        if story.is_backlog {
            bulletin.created = (happened + within(random, DAY, 15 * DAY)).min(bulletin.created);
        }
        bulletin.title = story.title.clone().filter(|_| chance(random, 0.5));
        bulletin.withdrawn = story.withdrawn.filter(|at| *at > night && *at <= NIGHTS);
        publish_relayed(stage, random, bulletin, story.relayed);
    }
}

/// Tells all in one report of one agency that others pass on as it is.
pub(super) fn one_report(stage: &mut Stage, random: &mut Stream, night: u32, title: &str, ties: Vec<Tie>) {
    let author = pick(random, &[0, 0, 1, 3, 4, 4, 4]);
    let happened = fresh(random, night);
    let mut bulletin = draft(random, author, night, happened, ties);
    bulletin.title = Some(title.to_owned());
    for (listener, agency) in AGENCIES.iter().enumerate() {
        if agency.relays.contains(&author) {
            bulletin.relays.push((listener, (night + below(random, 3) as u32).min(NIGHTS)));
        }
    }
    publish_relayed(stage, random, bulletin, 0.0);
}

/// Returns a fresh moment: of the last days before a night, at times of the last two weeks.
pub(super) fn fresh(random: &mut Stream, night: u32) -> i64 {
    let days = if chance(random, 0.85) { 4 } else { 14 };
    moment(night) - within(random, 3 * HOUR, days * DAY)
}

/// Returns a moment of long ago.
pub(super) fn old(random: &mut Stream, night: u32) -> i64 {
    moment(night) - within(random, 66 * DAY, 340 * DAY)
}

/// Chooses established, active actors that play in few plants so far, and that no plant
/// has brought together, first those whose programs somebody said to be theirs; notes that this one does.
pub(super) fn company(stage: &mut Stage, random: &mut Stream, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..stage.actors.len()).filter(|&at| !stage.actors[at].is_dormant).collect();
    shuffle(random, &mut order);
    order.sort_by_key(|&at| (!stage.is_known(at), stage.actors[at].parts));
    let mut chosen: Vec<usize> = Vec::new();
    for at in order {
        let is_free = chosen.iter().all(|&other| !stage.paired.contains(&(at.min(other), at.max(other))));
        if is_free {
            chosen.push(at);
        }
        if chosen.len() == count {
            break;
        }
    }
    for (place, &a) in chosen.iter().enumerate() {
        stage.actors[a].parts += 1;
        for &b in &chosen[..place] {
            stage.paired.insert((a.min(b), a.max(b)));
        }
    }
    chosen
}

/// Chooses a dormant actor that no plant has woken, and whose silence the records show.
pub(super) fn sleeper(stage: &mut Stage, random: &mut Stream, night: u32) -> usize {
    let mut free: Vec<usize> = (0..stage.actors.len())
        .filter(|&at| stage.actors[at].is_dormant && stage.actors[at].parts == 0)
        .collect();
    let is_quiet = |at: &usize| stage.is_quiet(*at, moment(night) - QUIET);
    if free.iter().any(is_quiet) {
        free.retain(is_quiet);
    }
    let at = if free.is_empty() { below(random, stage.actors.len()) } else { pick(random, &free) };
    stage.actors[at].parts += 1;
    at
}

/// Who is to be called silent was not named for so long.
const QUIET: i64 = 65 * DAY;

/// Returns the things that actors are.
pub(super) fn things(stage: &Stage, actors: &[usize]) -> Vec<ThingId> {
    actors.iter().map(|&at| stage.actors[at].thing).collect()
}

/// A few ties that all of a kind have: common tools and popular techniques.
pub(super) fn ordinary(stage: &Stage, random: &mut Stream, user: ThingId, seen: i64) -> Vec<Tie> {
    let mut used = BTreeSet::new();
    for _ in 0..between(random, 0, 3) {
        used.insert(stage.technique(random));
    }
    if stage.cast.kind(user) != Kind::Malware && chance(random, 0.5) {
        used.insert(pick(random, &stage.common.tools));
    }
    used.into_iter().map(|used| tie(user, Relation::Uses, used, seen)).collect()
}
