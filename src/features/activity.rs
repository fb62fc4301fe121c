//! Activity of entities before the recent window: the last activity, and pauses.
//!
//! Only dates of activity count: sightings, and accounts of it such as reports and indicators. The time at which a source
//! wrote, edited or delivered a link is a time of work of the source, and not of activity of the entity.

use std::collections::BTreeSet;

use super::evidence::window_days;
use crate::{
    analysis::{Analysis, Class},
    index::{EntityIndex, RecordIndex},
    temporal::{self, Arrival},
    time::{DAY, Moment, Span},
};

/// Shortest pause in days after which an entity was dormant.
pub const PAUSE_MIN: i64 = 28;
/// Smallest number of days on which an entity was active before. One day has no rhythm that a pause could interrupt.
const ACTIVE_DAYS_MIN: usize = 2;
/// Shortest pause as a multiple of the median of the entity's own pauses.
const USUAL_FACTOR: i64 = 3;
/// Smallest number of days in the pause on which the sources of the entity recorded something else. Without them the
/// sources were silent, and not the entity.
const HEARD_MIN: usize = 2;
/// One date of this many may be an outlier: a time of reporting, not of activity.
const DATES_PER_OUTLIER: usize = 10;
/// Most dates that may be outliers. An entity with many dates in between was not inactive.
const OUTLIERS_MAX: usize = 3;

/// Returns the last activity that a record describes, as it was known before the recent window. A correction may move
/// the activity into the recent window or the one before; then the start of the activity counts.
pub fn prior_activity(analysis: &Analysis, index: RecordIndex) -> Option<Moment> {
    let record = &analysis[index];
    let active = temporal::active(record)?;
    let window_before = analysis.recent.cut?.days_earlier(window_days(analysis));
    let is_moved = analysis.recent.arrivals[index.index()] == Arrival::Correction && active > window_before;
    if is_moved { temporal::began(record) } else { Some(active) }
}

/// Returns the activities and capabilities that were linked to no actor but this one before the recent window; empty
/// for an entity that is not an actor.
pub fn exclusive_capabilities(analysis: &Analysis, actor: EntityIndex) -> Vec<EntityIndex> {
    let context = &analysis.context;
    let class = |entity: EntityIndex| context.class[entity.index()];
    if class(actor) != Class::Actor {
        return Vec::new();
    }
    let is_exclusive = |capability: &EntityIndex| {
        let mut linked = context.links_of(*capability, false).map(|(other, _)| other);
        class(*capability).is_principal()
            && class(*capability) != Class::Actor
            && linked.all(|other| other == actor || class(other) != Class::Actor)
    };
    let neighbours: BTreeSet<EntityIndex> = context.links_of(actor, false).map(|(other, _)| other).collect();
    neighbours.into_iter().filter(is_exclusive).collect()
}

/// Returns the last activity of an entity before the recent window, and the days from then to its recent activity;
/// `None` without a pause. A pause lasts [`PAUSE_MIN`] days and three times the usual pause of the entity, and its sources
/// recorded other objects in it. The activity of an actor is its own. The activity of other entities includes that of
/// their main neighbours, because malware is not dormant while its actor is active.
pub fn pause(analysis: &Analysis, entity: EntityIndex) -> Option<(Moment, i64)> {
    // Without recent news there is no pause. Most entities have none, and their dates are not collected.
    let is_news = |index: RecordIndex| analysis.recent.arrivals[index.index()] == Arrival::News;
    if !records_of(analysis, entity, true).any(is_news) {
        return None;
    }
    let dates = dates(analysis, entity)?;
    let recent_start = dates.recent_start?;
    pause_until(analysis, dates, recent_start)
}

/// Returns whether an entity had a [`pause`] when the recent window began, whatever it did in this window.
pub fn is_dormant(analysis: &Analysis, entity: EntityIndex) -> bool {
    let dates = analysis.recent.cut.zip(dates(analysis, entity));
    dates.is_some_and(|(cut, dates)| pause_until(analysis, dates, cut).is_some())
}

fn pause_until(analysis: &Analysis, dates: ActivityDates<'_>, end: Moment) -> Option<(Moment, i64)> {
    let ActivityDates { dated, sources, .. } = dates;
    let earlier = without_outliers(dated);
    let last = *earlier.last()?;
    let mut days: Vec<i64> = earlier.iter().map(|moment| moment.micros().div_euclid(DAY)).collect();
    days.dedup();
    if days.len() < ACTIVE_DAYS_MIN {
        return None;
    }
    let mut pauses: Vec<i64> = days.windows(2).map(|pair| pair[1] - pair[0]).collect();
    pauses.sort_unstable();
    let usual = pauses[pauses.len() / 2];
    let quiet = (end.micros() - last.micros()) / DAY;
    let heard = sources.iter().map(|source| analysis.recent.days_heard(source, last, end)).max();
    (quiet >= PAUSE_MIN.max(USUAL_FACTOR * usual) && heard >= Some(HEARD_MIN)).then_some((last, quiet))
}

/// Returns the number of dates between the start and the end of an entity's [`pause`] that the pause ignores as
/// outliers; 0 without a pause.
pub fn ignored_dates(analysis: &Analysis, entity: EntityIndex) -> usize {
    let Some((last, _)) = pause(analysis, entity) else { return 0 };
    let dated = dates(analysis, entity).map(|dates| dates.dated).unwrap_or_default();
    dated.iter().filter(|moment| **moment > last).count()
}

/// Dates of activity of an entity.
struct ActivityDates<'a> {
    /// Before the recent window: sightings and accounts of the activity.
    dated: Vec<Moment>,
    /// Start of the recent activity.
    recent_start: Option<Moment>,
    /// Sources of the earlier dates.
    sources: BTreeSet<&'a str>,
}

/// Returns the dates of activity in order, without the latest ones, which may be outliers.
fn without_outliers(mut dated: Vec<Moment>) -> Vec<Moment> {
    dated.sort_unstable();
    dated.truncate(dated.len() - outliers(dated.len()));
    dated
}

/// Returns how many of a number of dates may be outliers.
pub fn outliers(dates: usize) -> usize {
    (dates / DATES_PER_OUTLIER).min(OUTLIERS_MAX)
}

/// Returns the dates of activity of an entity, and of its main neighbours unless it is an actor.
fn dates(analysis: &Analysis, entity: EntityIndex) -> Option<ActivityDates<'_>> {
    let cut = analysis.recent.cut?;
    let context = &analysis.context;
    let class = |entity: EntityIndex| context.class[entity.index()];
    let records: BTreeSet<RecordIndex> = records_of(analysis, entity, false).collect();
    let with_news: BTreeSet<RecordIndex> = records_of(analysis, entity, true).collect();
    let is_actor = class(entity) == Class::Actor;
    let neighbours = context.links_of(entity, false).map(|(other, _)| other);
    let main_neighbours = neighbours.filter(|other| !is_actor && class(*other).is_principal());
    let mut all_records = records;
    all_records.extend(main_neighbours.flat_map(|other| records_of(analysis, other, false)));
    let (mut dated, mut sources) = (Vec::new(), BTreeSet::new());
    let mut recent_start: Option<Moment> = None;
    for index in all_records {
        let record = &analysis[index];
        match analysis.recent.arrivals[index.index()] {
            Arrival::News if with_news.contains(&index) => {
                let began = temporal::began(record).unwrap_or(record.recorded_at);
                recent_start = Some(recent_start.map_or(began, |first| first.min(began)));
            }
            Arrival::News | Arrival::Bulk => {}
            // A late record of activity during the pause ends the pause.
            _ => {
                let is_account = matches!(
                    Class::of(&record.content.kind),
                    Class::Report | Class::Indicator | Class::Observable
                );
                if (is_account || record.content.seen() != Span::default())
                    && let Some(last) = prior_activity(analysis, index)
                {
                    dated.push(last.min(cut));
                    sources.insert(&*record.source);
                }
            }
        }
    }
    Some(ActivityDates { dated, recent_start, sources })
}

/// Returns the records of an entity and of its links, or of those links only that have news. A link to a round-up or a
/// hub is left out: it is no activity of the entity. So is a payment or a call.
fn records_of(
    analysis: &Analysis,
    entity: EntityIndex,
    of_news: bool,
) -> impl Iterator<Item = RecordIndex> + '_ {
    let context = &analysis.context;
    let of_links = context.neighbours[entity.index()]
        .iter()
        .filter(move |(other, link)| {
            let is_counted = context.can_connect(*other) && !analysis[*link].is_event();
            is_counted && (!of_news || context.news[link.index()] > 0.0)
        })
        .flat_map(|(_, link)| &analysis[*link].records);
    analysis[entity].records.iter().chain(of_links).copied()
}
