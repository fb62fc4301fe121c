//! Surges: subjects that have begun to be reported much more than before, and what says whether a surge carries on.
//!
//! A surge is a subject whose last 7 days bring at least 10 new values, on at least 2 days, at least 3 times the
//! weekly mean of the 28 days before. Only first reports count. No surge of the subject began in the last 14 days.

use std::collections::{BTreeMap, BTreeSet};

use super::first_reports::{FirstReport, FirstReports, Origin};
use crate::{
    reporting::ReportingHistory,
    time::{DAY, Moment},
};

/// Days of the recent window.
pub const WINDOW: i64 = 7;
/// Least number of new values in the recent window.
pub const LEAST_VALUES: usize = 10;
/// Least number of days of the recent window that bring something.
pub const LEAST_NIGHTS: usize = 2;
/// Least ratio of the recent window to the mean of the weeks before.
pub const LEAST_RATIO: f64 = 3.0;
/// Days before the recent window that give the usual level.
pub const LEVEL_NIGHTS: i64 = 28;
/// Days for which a surge is not raised again.
pub const QUIET: i64 = 14;

/// Names of the columns of a surge, in the order of [`Counts::columns`].
pub const COLUMNS: [&str; 11] = [
    "values_7",
    "days_7",
    "reports_7",
    "reporters_7",
    "values_56",
    "days_28",
    "reporters_ever",
    "days_since",
    "is_newborn",
    "is_observed_before",
    "largest_28",
];

/// Counts of a subject's first reports before a cut. A day counts back from the cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Counts {
    /// New values in the last 7 days.
    pub values_7: usize,
    /// Days of the last 7 that bring something.
    pub nights_7: usize,
    /// Distinct reports in the last 7 days.
    pub reports_7: usize,
    /// Distinct reporters in the last 7 days.
    pub reporters_7: usize,
    /// New values in the last 56 days.
    pub values_56: usize,
    /// Days of the last 28 that bring something.
    pub nights_28: usize,
    /// Distinct reporters until the cut.
    pub reporters_ever: usize,
    /// Days since the last report before this day; `None` if there is none after the base.
    pub nights_since: Option<i64>,
    /// True if the subject was first recorded in the last 7 days.
    pub is_newborn: bool,
    /// True if the subject was seen active after the base and before the last 7 days.
    pub is_observed_before: bool,
    /// New values of the largest day of the last 28.
    pub largest_28: usize,
    /// Mean number of new values in a week of the 28 days before the last 7, at least 1.
    pub weekly_before: f64,
}

impl Counts {
    /// Returns the ratio of the last 7 days to the mean of the weeks before.
    pub fn ratio(&self) -> f64 {
        self.values_7 as f64 / self.weekly_before
    }

    /// Returns the columns of a row of the outcome `surge`, in the order of the fields; NaN is unknown.
    pub fn columns(&self) -> Vec<f64> {
        let truth = |is_true: bool| f64::from(u8::from(is_true));
        vec![
            self.values_7 as f64,
            self.nights_7 as f64,
            self.reports_7 as f64,
            self.reporters_7 as f64,
            self.values_56 as f64,
            self.nights_28 as f64,
            self.reporters_ever as f64,
            self.nights_since.map_or(f64::NAN, |nights| nights as f64),
            truth(self.is_newborn),
            truth(self.is_observed_before),
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
/// brings was known before.
pub fn surges(history: &ReportingHistory, reports: &FirstReports, cuts: &[Moment]) -> Vec<Surge> {
    let Some((base, cuts)) = cuts.split_first() else { return Vec::new() };
    let mut all = Vec::new();
    for (subject, news) in by_subject(reports, *base) {
        let mut last: Option<Moment> = None;
        for &cut in cuts {
            let end = news.partition_point(|report| report.recorded_at <= cut);
            let is_active = end > 0 && night(cut, news[end - 1].recorded_at) == 0;
            let is_quiet = last.is_some_and(|last| night(cut, last) <= QUIET);
            if !is_active || is_quiet || !can_be_surge(&news[..end], cut) {
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

/// Returns whether the new values suffice for a surge. The number of days is not tested.
fn can_be_surge(news: &[&FirstReport], cut: Moment) -> bool {
    let before = |nights: i64| news.partition_point(|report| night(cut, report.recorded_at) >= nights);
    let recent = news.len() - before(WINDOW);
    let earlier = before(WINDOW) - before(WINDOW + LEVEL_NIGHTS);
    recent >= LEAST_VALUES && recent as f64 >= LEAST_RATIO * weekly(earlier)
}

/// Returns the mean number of new values in a week of the days before the recent window, at least 1.
fn weekly(values: usize) -> f64 {
    (values as f64 / (LEVEL_NIGHTS as f64 / WINDOW as f64)).max(1.0)
}

/// Returns the first reports of each subject after the base, in order of time.
pub fn by_subject(reports: &FirstReports, base: Moment) -> BTreeMap<u32, Vec<&FirstReport>> {
    let mut subjects: BTreeMap<u32, Vec<&FirstReport>> = BTreeMap::new();
    for report in reports.reports.iter().filter(|report| report.recorded_at > base) {
        subjects.entry(report.subject).or_default().push(report);
    }
    subjects
}

/// Returns the number of whole days from a time back from the cut; 0 is the day that ends at the cut.
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
        weekly_before: weekly(values(WINDOW..WINDOW + LEVEL_NIGHTS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        link::Layer,
        reporting::{
            first_reports::first_reports,
            invented::{Draws, Invented, day},
        },
    };

    /// Days on which each of three subjects receives values, and values that are reported again.
    fn drawn(seed: u64) -> (ReportingHistory<'static>, Vec<Vec<i64>>, Vec<Moment>) {
        let mut draws = Draws(seed);
        let mut invented = Invented::default();
        let mut days: Vec<Vec<i64>> = vec![Vec::new(); 3];
        let subjects: Vec<u32> =
            (0..3).map(|name| invented.node("malware", &name.to_string(), day(0))).collect();
        let mut record = 0;
        for today in 0..90 {
            for (subject, node) in subjects.iter().enumerate() {
                let burst = draws.below(12) == 0;
                for _ in 0..if burst { draws.below(14) } else { draws.below(2) } {
                    let value = invented.node("domain-name", &format!("v{record}.example"), day(today));
                    invented.mention(*node, value, Layer::Infrastructure, record, day(today));
                    // The same value again does not count.
                    invented.mention(*node, value, Layer::Infrastructure, record, day(today + 3));
                    days[subject].push(today);
                    record += 1;
                }
            }
        }
        let cuts: Vec<Moment> = (0..90).map(day).collect();
        (invented.finish(cuts.clone()), days, cuts)
    }

    /// The rule as its sentence says it, day by day.
    fn slow_surges(days: &[Vec<i64>]) -> Vec<(i64, u32)> {
        let mut surges = Vec::new();
        for today in 1..90 {
            for (subject, days) in (0..).zip(days) {
                let between = |first: i64, last: i64| {
                    days.iter().filter(|day| **day > 0 && **day >= first && **day <= last).count()
                };
                let nights = (today - 6..=today).filter(|night| between(*night, *night) > 0).count();
                let weekly = between(today - 34, today - 7) as f64 / 4.0;
                let values = between(today - 6, today);
                let is_surge = values >= 10 && nights >= 2 && values as f64 >= 3.0 * weekly.max(1.0);
                let is_known = surges.iter().any(|(cut, other)| *other == subject && today - cut <= 14);
                if is_surge && between(today, today) > 0 && !is_known {
                    surges.push((today, subject));
                }
            }
        }
        surges
    }

    #[test]
    fn surges_are_those_of_the_rule_night_by_night() {
        let mut count = 0;
        for seed in 0..40 {
            let (history, days, cuts) = drawn(seed);
            let found = surges(&history, &first_reports(&history), &cuts);
            let found: Vec<(i64, u32)> =
                found.iter().map(|surge| (surge.cut.micros().div_euclid(DAY), surge.subject)).collect();
            assert_eq!(found, slow_surges(&days), "seed {seed}");
            count += found.len();
        }
        assert!(count > 20, "{count} surges are too few");
    }

    #[test]
    fn counts_read_nothing_after_the_cut() {
        let (history, _, cuts) = drawn(3);
        let all = surges(&history, &first_reports(&history), &cuts);
        for surge in &all {
            let mut earlier = history.clone();
            earlier.mentions.retain(|mention| mention.recorded_at <= surge.cut);
            let cuts: Vec<Moment> = cuts.iter().copied().filter(|cut| *cut <= surge.cut).collect();
            let known = surges(&earlier, &first_reports(&earlier), &cuts);
            assert_eq!(known.last(), all.iter().rfind(|other| other.cut == surge.cut));
        }
    }
}
