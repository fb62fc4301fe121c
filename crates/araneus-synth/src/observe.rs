//! From what happened to who told it: scope, omissions, delays, relays and wrong names.

use super::{
    agencies::{AGENCIES, AgencyId, delay},
    bulletin::{Bulletin, Tie},
    cast::{Kind, ThingId},
    clock::{DAY, HOUR, NIGHTS, moment, night_of},
    random::{Stream, between, chance, pick, weighted, within},
    stage::Stage,
};

/// Something that happened, as whoever watches would see it.
#[derive(Clone, Debug, Default)]
pub(super) struct Deed {
    pub(super) region: usize,
    pub(super) ties: Vec<Tie>,
    pub(super) title: Option<String>,
}

/// Lets the agencies that watch a region tell of a deed, each in its own way and time.
pub(super) fn observe(stage: &mut Stage, random: &mut Stream, deed: &Deed) {
    let happened = deed.ties.iter().map(|tie| tie.seen).max().unwrap_or_else(|| moment(1));
    let mut watchers: Vec<AgencyId> =
        (0..AGENCIES.len()).filter(|&at| AGENCIES[at].regions[deed.region]).collect();
    let told: Vec<AgencyId> =
        watchers.iter().copied().filter(|&at| chance(random, AGENCIES[at].reporting)).collect();
    if told.is_empty() {
        watchers = vec![pick(random, &watchers)];
    } else {
        watchers = told;
    }
    for author in watchers {
        let ties = leave_out(random, &deed.ties, stage.knobs.left_out);
        let late = delay(random, author, stage.knobs.delayed);
        let night = if happened < moment(1) { 1 } else { night_of(happened) + late };
        let mut bulletin = draft(random, author, night, happened, ties);
        bulletin.title = deed.title.clone().filter(|_| chance(random, 0.5));
        if chance(random, stage.knobs.wrong) {
            misattribute(stage, random, &mut bulletin);
        }
        if chance(random, stage.knobs.popular) {
            attach_popular(stage, random, &mut bulletin);
        }
        publish(stage, random, bulletin);
    }
}

/// Keeps the first tie, and of the others those that are not left out.
pub(super) fn leave_out(random: &mut Stream, ties: &[Tie], share: f64) -> Vec<Tie> {
    let mut kept = ties.to_vec();
    let mut at = 0;
    kept.retain(|_| {
        at += 1;
        at == 1 || !chance(random, share)
    });
    kept
}

/// Writes a bulletin of something that happened, with a marking and confidence of the ordinary mix.
pub(super) fn draft(
    random: &mut Stream,
    author: AgencyId,
    night: u32,
    happened: i64,
    ties: Vec<Tie>,
) -> Bulletin {
    let latest = moment(night) - HOUR;
    let created = if night == 1 {
        (happened + within(random, DAY / 4, 6 * DAY)).min(latest - within(random, 0, 12 * HOUR))
    } else {
        (latest - within(random, 0, 19 * HOUR)).max(happened + HOUR / 2).min(latest)
    };
    Bulletin {
        author,
        night,
        created,
        ties,
        mentions: Vec::new(),
        title: None,
        marking: ["clear", "green", "amber", "amber+strict"][weighted(random, &[40, 45, 12, 3])],
        confidence: between(random, 6, 19) as u8 * 5,
        withdrawn: None,
        retouched: false,
        plant: None,
        relays: Vec::new(),
    }
}

/// Puts a bulletin on record, and lets those who listen pass it on. What comes after the
/// last night is never delivered.
pub(super) fn publish(stage: &mut Stage, random: &mut Stream, bulletin: Bulletin) -> Option<usize> {
    let share = stage.knobs.relayed;
    publish_relayed(stage, random, bulletin, share)
}

/// Does the same with a share of relays of the caller's choice.
pub(super) fn publish_relayed(
    stage: &mut Stage,
    random: &mut Stream,
    mut bulletin: Bulletin,
    relayed: f64,
) -> Option<usize> {
    if bulletin.night > NIGHTS {
        return None;
    }
    bulletin.plant = stage.plant;
    for tie in &mut bulletin.ties {
        tie.seen = tie.seen.min(bulletin.created - 600);
    }
    let mut echoes = Vec::new();
    for (listener, agency) in AGENCIES.iter().enumerate() {
        if !agency.relays.contains(&bulletin.author) || !chance(random, relayed) {
            continue;
        }
        let night = bulletin.night + weighted(random, &[5, 4, 2]) as u32;
        if chance(random, 0.7) {
            if night <= NIGHTS {
                bulletin.relays.push((listener, night));
            }
        } else if bulletin.night == 1 {
            // What is told of the days before the story was told again in those days too.
            echoes.push((listener, 1));
        } else {
            echoes.push((listener, night.max(bulletin.night + 1)));
        }
    }
    for (listener, night) in echoes.into_iter().filter(|(_, night)| *night <= NIGHTS) {
        let echo = echo(random, &bulletin, listener, night);
        stage.bulletins.push(echo);
    }
    stage.bulletins.push(bulletin);
    Some(stage.bulletins.len() - 1)
}

/// Tells another's bulletin again as one's own.
pub(super) fn echo(random: &mut Stream, of: &Bulletin, author: AgencyId, night: u32) -> Bulletin {
    let mut echo = draft(random, author, night, of.created, of.ties.clone());
    echo.mentions.clone_from(&of.mentions);
    echo.title.clone_from(&of.title);
    (echo.plant, echo.marking) = (of.plant, of.marking);
    echo
}

/// Names the wrong actor, and takes that back some nights later.
fn misattribute(stage: &Stage, random: &mut Stream, bulletin: &mut Bulletin) {
    let actors: Vec<ThingId> = stage.actors.iter().map(|actor| actor.thing).collect();
    let wrong = pick(random, &actors);
    let mut is_wrong = false;
    for tie in &mut bulletin.ties {
        for end in [&mut tie.from, &mut tie.to] {
            if stage.cast.kind(*end) == Kind::Actor {
                (*end, is_wrong) = (wrong, true);
            }
        }
    }
    if is_wrong {
        // Beyond the last night it is never taken back.
        bulletin.withdrawn = Some(bulletin.night + between(random, 2, 7) as u32);
    }
}

/// Adds a value that everybody shares, by mistake.
fn attach_popular(stage: &Stage, random: &mut Stream, bulletin: &mut Bulletin) {
    let software = |thing: ThingId| matches!(stage.cast.kind(thing), Kind::Malware | Kind::Campaign);
    let found =
        bulletin.ties.iter().find(|tie| software(tie.to) && stage.cast.kind(tie.from).is_observable());
    if let Some(tie) = found.copied() {
        let from = pick(random, &stage.common.hubs);
        bulletin.ties.push(Tie { from, ..tie });
    }
}
