//! Surges: subjects that have begun to be reported much more than before, and what says whether a surge carries on.
//!
//! A surge is a subject whose last 7 nights bring at least 10 new values, on at least 2 nights, at least 3 times the
//! weekly mean of the 28 nights before. Only first reports count. A surge that began in the last 14 nights is no new one.

use std::collections::{BTreeMap, BTreeSet};

use super::first_reports::{FirstReport, FirstReports, Origin};
use crate::{
    reporting::ReportingHistory,
    time::{DAY, Moment},
};

/// Nights of the recent window.
pub const WINDOW: i64 = 7;
/// Least number of new values in the recent window.
pub const LEAST_VALUES: usize = 10;
/// Least number of nights of the recent window that bring something.
pub const LEAST_NIGHTS: usize = 2;
/// Least ratio of the recent window to the mean of the weeks before.
pub const LEAST_RATIO: f64 = 3.0;
/// Nights before the recent window that give the usual level.
pub const LEVEL_NIGHTS: i64 = 28;
/// Nights for which a surge is not raised again.
pub const QUIET: i64 = 14;

/// Counts of a subject's first reports before a cut. A night counts back from the cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Counts {
    /// New values in the last 7 nights.
    pub values_7: usize,
    /// Nights of the last 7 that bring something.
    pub nights_7: usize,
    /// Distinct reports in the last 7 nights.
    pub reports_7: usize,
    /// Distinct reporters in the last 7 nights.
    pub reporters_7: usize,
    /// New values in the last 56 nights.
    pub values_56: usize,
    /// Nights of the last 28 that bring something.
    pub nights_28: usize,
    /// Distinct reporters until the cut.
    pub reporters_ever: usize,
    /// Nights since the last report before this night; `None` if there is none after the base.
    pub nights_since: Option<i64>,
    /// True if the subject was first recorded in the last 7 nights.
    pub is_newborn: bool,
    /// True if the subject was seen active after the base and before the last 7 nights.
    pub is_observed_before: bool,
    /// New values of the largest night of the last 28.
    pub largest_28: usize,
    /// Mean number of new values in a week of the 28 nights before the last 7, at least 1.
    pub weekly_before: f64,
}

impl Counts {
    /// Returns the ratio of the last 7 nights to the mean of the weeks before.
    pub fn ratio(&self) -> f64 {
        self.values_7 as f64 / self.weekly_before
    }

    /// Returns the values of the columns of the outcome `surge`, in their order.
    pub fn values(&self) -> Vec<f64> {
        vec![
            self.values_7 as f64,
            self.nights_7 as f64,
            self.reports_7 as f64,
            self.reporters_7 as f64,
            self.values_56 as f64,
            self.nights_28 as f64,
            self.reporters_ever as f64,
            self.nights_since.map_or(f64::NAN, |nights| nights as f64),
            f64::from(self.is_newborn),
            f64::from(self.is_observed_before),
            self.largest_28 as f64,
            self.ratio(),
        ]
    }

    fn is_surge(&self) -> bool {
        self.values_7 >= LEAST_VALUES && self.nights_7 >= LEAST_NIGHTS && self.ratio() >= LEAST_RATIO
    }
}

/// A surge that began at a cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Surge {
    /// Time from which it is seen.
    pub cut: Moment,
    /// Node of the subject.
    pub subject: u32,
    /// Counts of the subject at the cut.
    pub counts: Counts,
}

/// Returns the surges at each cut, by cut and subject. `cuts` are ascending, and the first one is the base: what it
/// brings was known before, and is no news.
pub fn surges(history: &ReportingHistory, reports: &FirstReports, cuts: &[Moment]) -> Vec<Surge> {
    let Some((base, cuts)) = cuts.split_first() else { return Vec::new() };
    let mut all = Vec::new();
    for (subject, news) in by_subject(reports, *base) {
        let mut last: Option<Moment> = None;
        for &cut in cuts {
            let end = news.partition_point(|report| report.recorded_at <= cut);
            let is_active = end > 0 && night(cut, news[end - 1].recorded_at) == 0;
            let is_quiet = last.is_some_and(|last| night(cut, last) <= QUIET);
            if !is_active || is_quiet || end < LEAST_VALUES {
                continue;
            }
            let counts = counts(history, reports, subject, &news[..end], cut);
            if counts.is_surge() {
                all.push(Surge { cut, subject, counts });
                last = Some(cut);
            }
        }
    }
    all.sort_by_key(|surge| (surge.cut, surge.subject));
    all
}

/// Returns the first reports of each subject after the base, in order of time.
pub fn by_subject(reports: &FirstReports, base: Moment) -> BTreeMap<u32, Vec<&FirstReport>> {
    let mut subjects: BTreeMap<u32, Vec<&FirstReport>> = BTreeMap::new();
    for report in reports.reports.iter().filter(|report| report.recorded_at > base) {
        subjects.entry(report.subject).or_default().push(report);
    }
    subjects
}

/// Returns the number of whole nights from a time back from the cut; 0 is the night that ends at the cut.
pub fn night(cut: Moment, time: Moment) -> i64 {
    (cut.micros() - time.micros()).div_euclid(DAY)
}

/// Returns the counts of a subject at a cut. `news` has its first reports after the base until the cut.
fn counts(
    history: &ReportingHistory,
    reports: &FirstReports,
    subject: u32,
    news: &[&FirstReport],
    cut: Moment,
) -> Counts {
    let mut by_night: BTreeMap<i64, usize> = BTreeMap::new();
    for report in news {
        *by_night.entry(night(cut, report.recorded_at)).or_default() += 1;
    }
    let values = |nights: std::ops::Range<i64>| by_night.range(nights).map(|(_, count)| count).sum::<usize>();
    let recent = || news.iter().filter(|report| night(cut, report.recorded_at) < WINDOW);
    let origins: BTreeSet<Origin> = recent().map(|report| report.origin).collect();
    let reporters = |origins: &BTreeSet<Origin>| {
        origins.iter().flat_map(|origin| reports.reporters_of(*origin)).collect::<BTreeSet<_>>().len()
    };
    let all_origins: BTreeSet<Origin> = news.iter().map(|report| report.origin).collect();
    let weeks_before = LEVEL_NIGHTS as f64 / WINDOW as f64;
    let before = values(WINDOW..WINDOW + LEVEL_NIGHTS) as f64 / weeks_before;
    Counts {
        values_7: values(0..WINDOW),
        nights_7: by_night.range(0..WINDOW).count(),
        reports_7: origins.len(),
        reporters_7: reporters(&origins),
        values_56: values(0..56),
        nights_28: by_night.range(0..28).count(),
        reporters_ever: reporters(&all_origins),
        nights_since: by_night.range(1..).next().map(|(night, _)| *night),
        is_newborn: night(cut, history.node(subject).first_recorded) < WINDOW,
        is_observed_before: by_night.range(WINDOW..).next().is_some(),
        largest_28: by_night.range(0..28).map(|(_, count)| *count).max().unwrap_or(0),
        weekly_before: before.max(1.0),
    }
}
