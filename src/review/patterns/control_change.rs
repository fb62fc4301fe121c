//! # Definition
//! Owners or directors of the companies of a designated person or organisation that change within 7, 30, 90 or 180 days
//! of the designation. A company of the designated one is one that it owns, directs or controls, or itself. A change is
//! a day on which a link of control of one company begins or ends. A company that the designated one acquires does not count.
//!
//! # Rationale
//! A person who expects a designation gives assets to relatives and nominees, and keeps the control of them.
//!
//! # Chance
//! Changes of a company follow a Poisson distribution. Its rate is that of all companies, or that of these companies
//! outside the window if it is larger. The expected number is the sum over all designated ones, times the number of
//! windows. A day with many of all changes is one of a register, and none of its changes counts.
//!
//! The windows are of valid time. Recorded time has none: a register delivers changes of years in one run, so their recorded
//! times are near each other and near nothing in the world.
//!
//! # False positives
//! Directors who change every year; a register that files many companies on one day; a sale that was announced long
//! before; a company that appoints a lawyer after the designation; another person of the same name.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::FlagTitle, Null, Pattern, label, poisson_tail};
use crate::{
    analysis::Analysis,
    features::{Candidate, TimeAxis, WindowChoice},
    index::{EntityIndex, LinkIndex},
    link::Layer,
    time::{DAY, Moment},
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "control change around a designation",
    about: "Owners or directors of the companies of a designated person or organisation that change within days of the designation.",
    rationale: "Assets of a designated person often go to relatives and nominees shortly before or after the designation.",
    false_positives: "Directors who change every year, a register that files many companies on one day, or a sale that was announced long before.",
    unit: "powers of ten by which it is rarer than one instance by chance",
    find,
    null: Null::Closed,
    title: "Control of {companies} {companies:company|companies} around {name} changed on {changes} {changes:day|days} within {days} days of the designation.",
    title_of,
};

/// Kind of the entities that designate others, as FollowTheMoney names them.
const DESIGNATION: &str = "sanction";
/// Days before and after a designation.
const WINDOWS: [i64; 4] = [7, 30, 90, 180];
/// A day with more than this number of changes, and more than this share of all, is one of a register.
const FILED_MIN: usize = 5;
const FILED_SHARE: f64 = 0.05;
/// Shortest time over which the rate of changes is measured, in days.
const SPAN_MIN: f64 = 365.0;

/// A change of control: its company, its day since 1970, and its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    company: EntityIndex,
    day: i64,
    link: LinkIndex,
    /// True if the controlling entity gets control, false if it loses it.
    begins: bool,
}

/// Changes of control of all companies, and their rate.
struct Control {
    changes: BTreeMap<EntityIndex, Vec<Change>>,
    /// Companies that each entity controls or controlled.
    companies: BTreeMap<EntityIndex, BTreeSet<EntityIndex>>,
    /// Days with a change for each company and day.
    rate: f64,
    /// Length of the time over which the rate was measured, in days.
    span: f64,
}

fn day(moment: Moment) -> i64 {
    moment.micros().div_euclid(DAY)
}

/// Returns each designated entity with the days of its designations and their links.
fn designations(analysis: &Analysis) -> BTreeMap<EntityIndex, Vec<(i64, LinkIndex)>> {
    let mut all: BTreeMap<EntityIndex, Vec<(i64, LinkIndex)>> = BTreeMap::new();
    let designates = |entity: EntityIndex| *analysis[entity].kind == *DESIGNATION;
    for (index, link) in LinkIndex::enumerate(&analysis.resolution.links) {
        let (designation, subject) = match (designates(link.from), designates(link.to)) {
            (true, false) => (link.from, link.to),
            (false, true) => (link.to, link.from),
            _ => continue,
        };
        let starts = link.seen.start.or(analysis[designation].seen.start);
        if let Some(start) = starts.filter(|_| link.layer == Layer::CoReport) {
            all.entry(subject).or_default().push((day(start), index));
        }
    }
    all
}

impl Control {
    fn of(analysis: &Analysis) -> Self {
        let mut all: Vec<Change> = Vec::new();
        let mut companies: BTreeMap<EntityIndex, BTreeSet<EntityIndex>> = BTreeMap::new();
        for (index, link) in LinkIndex::enumerate(&analysis.resolution.links) {
            if link.layer != Layer::Ownership || link.from == link.to {
                continue;
            }
            companies.entry(link.from).or_default().insert(link.to);
            let change =
                |moment: Moment, begins| Change { company: link.to, day: day(moment), link: index, begins };
            all.extend(link.seen.start.map(|start| change(start, true)));
            all.extend(link.seen.end.map(|end| change(end, false)));
        }
        let mut by_day: BTreeMap<i64, usize> = BTreeMap::new();
        for change in &all {
            *by_day.entry(change.day).or_default() += 1;
        }
        let filed = FILED_MIN.max((all.len() as f64 * FILED_SHARE) as usize);
        all.retain(|change| by_day[&change.day] <= filed);
        all.sort_unstable();
        let controlled: BTreeSet<EntityIndex> = companies.values().flatten().copied().collect();
        let span = span(&all);
        let rate = (days(&all) as f64 + 1.0) / (controlled.len().max(1) as f64 * span);
        let mut changes: BTreeMap<EntityIndex, Vec<Change>> = BTreeMap::new();
        for change in all {
            changes.entry(change.company).or_default().push(change);
        }
        Self { changes, companies, rate, span }
    }

    /// Returns the companies of an entity: those that it controls or controlled, and itself if others control it.
    fn companies_of(&self, entity: EntityIndex) -> BTreeSet<EntityIndex> {
        let own = self.companies.get(&entity).into_iter().flatten().copied();
        own.chain(self.changes.contains_key(&entity).then_some(entity)).collect()
    }
}

/// Returns the length of the time in which nine tenths of the changes lie, as if it had all of them, in days.
fn span(changes: &[Change]) -> f64 {
    let mut days: Vec<i64> = changes.iter().map(|change| change.day).collect();
    days.sort_unstable();
    let at = |share: f64| days.get((days.len() as f64 * share) as usize).copied().unwrap_or_default();
    ((at(0.95) - at(0.05)) as f64 / 0.9).max(SPAN_MIN)
}

/// Returns the number of days with a change, each company by itself.
fn days(changes: &[Change]) -> usize {
    changes.iter().map(|change| (change.company, change.day)).collect::<BTreeSet<_>>().len()
}

fn find(analysis: &Analysis) -> Vec<Candidate> {
    let designations = designations(analysis);
    if designations.is_empty() {
        return Vec::new();
    }
    let control = Control::of(analysis);
    let sizes: Vec<usize> = designations.keys().map(|subject| control.companies_of(*subject).len()).collect();
    designations
        .iter()
        .filter_map(|(subject, dates)| candidate(analysis, &control, &sizes, *subject, dates))
        .collect()
}

/// Returns the candidate of a designated entity: the designation and the window that chance explains least.
fn candidate(
    analysis: &Analysis,
    control: &Control,
    sizes: &[usize],
    subject: EntityIndex,
    dates: &[(i64, LinkIndex)],
) -> Option<Candidate> {
    let companies = control.companies_of(subject);
    let is_change = |change: &&Change| !(change.begins && analysis[change.link].from == subject);
    let all: Vec<Change> = companies
        .iter()
        .filter_map(|company| control.changes.get(company))
        .flatten()
        .filter(is_change)
        .copied()
        .collect();
    let around = dates.iter().flat_map(|date| WINDOWS.map(|window| (*date, window)));
    let rated = around.filter_map(|((date, link), window)| {
        let is_near = |change: &&Change| (change.day - date).abs() <= window;
        let (near, others): (Vec<&Change>, Vec<&Change>) = all.iter().partition(is_near);
        let near: Vec<Change> = near.into_iter().copied().collect();
        let others: Vec<Change> = others.into_iter().copied().collect();
        (!near.is_empty()).then(|| {
            let expected = expected(control, sizes, companies.len(), days(&near), days(&others), window);
            (expected, window, link, near)
        })
    });
    let (expected, window, link, near) = rated.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))?;
    let changed = near.iter().flat_map(|change| [change.company, analysis[change.link].from]);
    let context = &analysis.context;
    let is_recent = |link: &LinkIndex| context.link_is_new[link.index()] || context.news[link.index()] > 0.0;
    let support: Vec<LinkIndex> =
        near.iter().map(|change| change.link).chain([link]).filter(is_recent).collect();
    if support.is_empty() {
        return None;
    }
    let designation = [analysis[link].from, analysis[link].to];
    let members: Vec<EntityIndex> = changed.chain(designation).collect();
    let mut candidate = Candidate::new(analysis, PATTERN.name, vec![subject], members, Vec::new(), support);
    candidate.statistic = -expected.log10();
    candidate.expected = Some(expected);
    let changed: BTreeSet<EntityIndex> = near.iter().map(|change| change.company).collect();
    candidate.counts = vec![changed.len(), days(&near)];
    candidate.window =
        Some(WindowChoice { days: window as u32, axis: TimeAxis::Valid, windows: WINDOWS.len() as u32 });
    Some(candidate)
}

/// Returns the number of designated entities with so many days of changes in one of the windows, by chance.
fn expected(
    control: &Control,
    sizes: &[usize],
    companies: usize,
    near: usize,
    others: usize,
    window: i64,
) -> f64 {
    let width = (2 * window + 1) as f64;
    let of_all: f64 = sizes.iter().map(|size| poisson_tail(near, control.rate * *size as f64 * width)).sum();
    let own_rate = others as f64 / (control.span - width).max(SPAN_MIN);
    let of_own = poisson_tail(near, own_rate.max(control.rate * companies as f64) * width);
    (WINDOWS.len() as f64 * of_all.max(of_own)).max(f64::MIN_POSITIVE)
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let title = FlagTitle::new(PATTERN.name).label("name", label(analysis, candidate.anchors[0]));
    let counts = ["companies", "changes"].into_iter().zip(&candidate.counts);
    let days = candidate.window.map_or(0, |window| window.days);
    counts.fold(title, |title, (name, count)| title.count(name, *count)).count("days", days as usize)
}
