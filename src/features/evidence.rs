//! The records behind a candidate, and what their sources are to each other.

use std::collections::{BTreeMap, BTreeSet};

use super::Candidate;
use crate::{
    analysis::{Analysis, Class},
    index::{EntityIndex, RecordIndex},
    link::Layer,
    temporal::{self, Arrival},
    time::{DAY, Moment, Span},
};

/// Shortest pause in days after which an entity was dormant; its own usual pause, if longer.
pub const PAUSE_MIN: i64 = 45;
/// Fewest pauses of which the middle one counts as usual.
const USUAL_MIN: usize = 3;

/// What candidates of one night have in common.
pub struct Sources<'a> {
    /// Who told of each object first: whoever tells of it later passes it on.
    first_of: BTreeMap<&'a str, &'a str>,
    /// Recent records of each source, and those of its usual window.
    pub(super) recent_of: BTreeMap<&'a str, (usize, f64)>,
    /// Layers of which the night has a link.
    pub(super) layers: BTreeSet<Layer>,
}

impl<'a> Sources<'a> {
    /// Looks through a night's records.
    pub fn of(analysis: &'a Analysis) -> Self {
        let mut first: BTreeMap<&str, (Moment, &str)> = BTreeMap::new();
        let mut days: BTreeMap<&str, BTreeMap<i64, usize>> = BTreeMap::new();
        let mut recent_of: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
        let window = window_days(analysis) * DAY;
        for (record, arrival) in analysis.view.records().iter().zip(&analysis.recent.arrivals) {
            let told = (record.recorded_first, &*record.source);
            let known = first.entry(&record.key).or_insert(told);
            *known = (*known).min(told);
            if *arrival == Arrival::Earlier {
                let back =
                    (analysis.view.as_of().valid_at.micros() - record.recorded_first.micros()) / window;
                *days.entry(&record.source).or_default().entry(back).or_default() += 1;
            } else {
                recent_of.entry(&record.source).or_default().0 += 1;
            }
        }
        for (source, recent) in &mut recent_of {
            let mut counts: Vec<usize> =
                days.get(source).into_iter().flatten().map(|(_, count)| *count).collect();
            counts.sort_unstable();
            recent.1 = counts.get(counts.len() / 2).map_or(f64::NAN, |count| *count as f64);
        }
        Self {
            first_of: first.into_iter().map(|(key, (_, source))| (key, source)).collect(),
            recent_of,
            layers: analysis.resolution.links.iter().map(|link| link.layer).collect(),
        }
    }

    /// Returns the source that told of an object first.
    pub fn origin(&self, key: &str) -> Option<&'a str> {
        self.first_of.get(key).copied()
    }
}

/// Returns the length of the recent nights in whole days, at least 1.
pub(super) fn window_days(analysis: &Analysis) -> i64 {
    let at = analysis.view.as_of().valid_at.micros();
    analysis.recent.cut.map_or(1, |cut| (at - cut.micros()).div_euclid(DAY).max(1))
}

/// Returns the recent records behind a candidate's recent links, ascending.
pub fn records(analysis: &Analysis, candidate: &Candidate) -> Vec<RecordIndex> {
    let of_links = candidate.support.iter().flat_map(|&link| &analysis[link].records);
    let recent = of_links.copied().filter(|&at| analysis.recent.arrivals[at.index()] != Arrival::Earlier);
    recent.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Returns the sources of a candidate's news that do not merely pass on another's objects, sorted.
pub fn origins(analysis: &Analysis, candidate: &Candidate, sources: &Sources<'_>) -> Vec<String> {
    let behind = records(analysis, candidate);
    let news = behind.iter().filter(|at| analysis.recent.arrivals[at.index()] == Arrival::News);
    let origins: BTreeSet<&str> = news.filter_map(|at| sources.origin(&analysis[*at].key)).collect();
    origins.into_iter().map(str::to_owned).collect()
}

/// Returns the share of a candidate's recent weight that is news, from 0 to 1.
pub fn news_share(analysis: &Analysis, candidate: &Candidate) -> f64 {
    let (mut all, mut news) = (0.0, 0.0);
    for &link in &candidate.support {
        // A link whose evidence has aged away still arrived somehow.
        let weight = analysis[link].weight.max(1e-9);
        all += weight;
        news += weight * analysis.context.news[link.index()];
    }
    if all > 0.0 { news / all } else { 0.0 }
}

/// Returns the last activity that a record tells of, as far as it stood before: where a
/// correction moves it to these days, that is part of what is new, and what began counts.
pub fn stood(analysis: &Analysis, at: RecordIndex) -> Option<Moment> {
    let record = &analysis[at];
    let active = temporal::active(record)?;
    let lately = analysis.recent.cut?.days_earlier(window_days(analysis));
    let is_moved = analysis.recent.arrivals[at.index()] == Arrival::Correction && active > lately;
    if is_moved { temporal::began(record) } else { Some(active) }
}

/// Of so many dates one may be that of the telling, not of what happened.
pub const STRAYS: usize = 10;

/// Returns when something was active: when it was seen or accounts of it were written, but for
/// a few strays; and only where there is neither, when it was stated.
fn activity(mut dated: Vec<Moment>, stated: Vec<Moment>) -> Vec<Moment> {
    if dated.is_empty() {
        return stated;
    }
    dated.sort_unstable();
    dated.truncate(dated.len() - dated.len() / STRAYS);
    dated
}

/// Returns the operations and means that only one actor was tied to before: its own.
pub fn own_means(analysis: &Analysis, actor: EntityIndex) -> Vec<EntityIndex> {
    let context = &analysis.context;
    if context.class[actor.index()] != Class::Actor {
        return Vec::new();
    }
    let is_its_own = |means: &EntityIndex| {
        context.class[means.index()].is_principal()
            && context.class[means.index()] != Class::Actor
            && context
                .links_of(*means, false)
                .all(|(other, _)| other == actor || context.class[other.index()] != Class::Actor)
    };
    let near: BTreeSet<EntityIndex> = context.links_of(actor, false).map(|(other, _)| other).collect();
    near.into_iter().filter(is_its_own).collect()
}

/// Returns when an entity was last active before the recent nights, and how many days it was
/// quiet until it became active in them; `None` where it was not quiet for long. An actor is
/// judged by itself; an operation or means also by whoever it stood close to, since malware is
/// not dormant while its actor is active.
pub fn pause(analysis: &Analysis, entity: EntityIndex) -> Option<(Moment, i64)> {
    let Dates { dated, stated, fresh } = dates(analysis, entity)?;
    let mut old = activity(dated, stated);
    old.sort_unstable();
    let last = *old.last()?;
    let mut days: Vec<i64> = old.iter().map(|moment| moment.micros().div_euclid(DAY)).collect();
    days.dedup();
    let mut pauses: Vec<i64> = days.windows(2).map(|pair| pair[1] - pair[0]).collect();
    pauses.sort_unstable();
    // Of a few pauses none is usual.
    let usual = if pauses.len() < USUAL_MIN { 0 } else { pauses[(pauses.len() - 1) / 2] };
    let quiet = (fresh?.micros() - last.micros()) / DAY;
    (quiet >= PAUSE_MIN.max(usual)).then_some((last, quiet))
}

/// Returns the number of dates between the start and the end of an entity's [`pause`] that the pause ignores as
/// outliers; 0 without a pause.
pub fn strays(analysis: &Analysis, entity: EntityIndex) -> usize {
    let Some((last, _)) = pause(analysis, entity) else { return 0 };
    let dated = dates(analysis, entity).map(|dates| dates.dated).unwrap_or_default();
    dated.iter().filter(|moment| **moment > last).count()
}

/// Dates of activity of an entity.
struct Dates {
    /// Before the recent window: sightings and accounts of the activity.
    dated: Vec<Moment>,
    /// Before the recent window: statements without a date of the activity.
    stated: Vec<Moment>,
    /// Start of the recent activity.
    fresh: Option<Moment>,
}

fn dates(analysis: &Analysis, entity: EntityIndex) -> Option<Dates> {
    let cut = analysis.recent.cut?;
    let context = &analysis.context;
    let records_at = |at: EntityIndex| {
        // What ties nobody, a round-up or what all use, is no activity.
        let of_links = context.neighbours[at.index()]
            .iter()
            .filter(|(other, _)| context.can_connect(*other))
            .flat_map(|(_, link)| &analysis[*link].records);
        analysis[at].records.iter().chain(of_links).copied()
    };
    let close = context.links_of(entity, false).map(|(other, _)| other);
    let is_actor = context.class[entity.index()] == Class::Actor;
    let close = close.filter(|other| !is_actor && context.class[other.index()].is_principal());
    let behind: BTreeSet<RecordIndex> = close.flat_map(records_at).chain(records_at(entity)).collect();
    let own: BTreeSet<RecordIndex> = records_at(entity).collect();
    let (mut dated, mut stated) = (Vec::new(), Vec::new());
    let mut fresh: Option<Moment> = None;
    for at in behind {
        let record = &analysis[at];
        match analysis.recent.arrivals[at.index()] {
            Arrival::News if own.contains(&at) => {
                let began = temporal::began(record).unwrap_or(record.recorded_at);
                fresh = Some(fresh.map_or(began, |first| first.min(began)));
            }
            Arrival::News => {}
            // What is told late of the pause fills it.
            _ => {
                let last = stood(analysis, at).map(|last| last.min(cut));
                let is_account = matches!(
                    Class::of(&record.content.kind),
                    Class::Report | Class::Indicator | Class::Observable
                );
                if is_account || record.content.seen != Span::default() {
                    dated.extend(last);
                } else {
                    stated.extend(last);
                }
            }
        }
    }
    Some(Dates { dated, stated, fresh })
}
