//! # Definition
//! An actor, activity or capability whose last 7 days bring at least 10 new values, on at least 2 days, at least 3
//! times the weekly mean of the 28 days before. Only the first report of a value counts. No surge of the subject
//! began in the 14 days before.
//!
//! # Rationale
//! A surge that lasts for more than one day often carries on. Its strength counts reports, because the number of
//! values of one report means little: one list may have a thousand.
//!
//! # Chance
//! The number of reports of an active subject in a week, above 1, has a negative binomial distribution. Its mean is the
//! subject's own weekly mean plus the mean excess of all subjects in earlier weeks. Its dispersion is that of all
//! subjects. The expected number is the number of active subjects in a day, times the days since the previous run,
//! times the tail of that distribution.
//!
//! Each layer of the links has rates of its own: hosts that a source states for a subject, and values that one report
//! names together with it. The layer that chance explains least counts, and the expected number is multiplied by the number of layers
//! of the archive (Bonferroni).
//!
//! A source that was silent for more than a week delivers what it would have delivered meanwhile. Its reports count for the weeks
//! that they cover: one of these weeks has at least their mean, and each week is a trial. Earlier weeks without a delivery of the source give no
//! usual level. A weekly rhythm has no effect, because a week
//! contains each weekday once. If the runs are daily, the number of active subjects in a day is that of days whole weeks before.
//!
//! # False positives
//! A curator who works through a backlog; a list that is imported in parts; a family name under which a source begins
//! to file other values; a renamed subject.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::FlagTitle, Null, Pattern, label, limit_to_leads};
use crate::{
    analysis::{Analysis, Class},
    features::{Candidate, LayerChoice, Question},
    index::{EntityIndex, LinkIndex},
    link::Layer,
    reporting::{
        ReportingHistory,
        first_reports::{FirstReport, Origin, first_reports},
        surge::{COLUMNS, LEAST_VALUES, LEVEL_NIGHTS, Surge, WINDOW, by_subject, night, surges},
    },
    symbol::Symbol,
    time::{DAY, Moment},
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "subject surge",
    about: "An actor, campaign, malware or tool that has begun to be reported much more than before, on at least two days.",
    rationale: "A surge that lasts for more than one day often carries on.",
    false_positives: "A curator who works through a backlog, a list that is imported in parts, or a renamed subject.",
    unit: "reports in 7 days, at most 7 a day",
    find,
    null: Null::Closed,
    title: "Surge of {name}: {values} new {values:value|values} on {days} of 7 days, in \
            {reports} {reports:report|reports}, after {earlier} in at most 49 days before.",
    title_of,
};

/// Most reports of one day that count.
const REPORTS_OF_NIGHT: usize = 7;
/// Weeks of pseudo-observations with an excess of 1 and a dispersion of 1, while the archive is short.
const PRIOR_WEEKS: f64 = 5.0;
/// Fewest earlier weeks that show what is usual. Without them, each subject of the first weeks looks like a surge.
const LEAST_WEEKS: usize = 2;
/// Weeks before the recent one that give the usual level.
const LEVEL_WEEKS: f64 = 4.0;
/// Most days of silence that a delivery covers.
const COVERED_MAX: i64 = 90;
/// Least excess and least dispersion, so that no surge is impossible by chance.
const LEAST_EXCESS: f64 = 0.1;
const LEAST_DISPERSION: f64 = 0.2;

fn find(analysis: &Analysis) -> Vec<Candidate> {
    let Some(previous) = analysis.recent.previous.filter(|_| has_news(analysis)) else { return Vec::new() };
    // Reading the history is only worth its time if a surge can be unusual.
    if earlier_weeks(&analysis.runs).len() < LEAST_WEEKS {
        return Vec::new();
    }
    let history = ReportingHistory::of_analysis(analysis);
    let mut reports = first_reports(&history);
    reports.reports.retain(|report| !analysis[ReportingHistory::entity(report.value)].is_common());
    let cuts = nights(&analysis.runs);
    let mut surges = surges(&history, &reports, &cuts);
    surges.retain(|surge| surge.cut > previous);
    if surges.is_empty() {
        return Vec::new();
    }
    let news = by_subject(&reports, cuts[0]);
    let rates = rates(analysis, &news);
    let mut candidates: Vec<Candidate> =
        surges.iter().filter_map(|surge| candidate(analysis, &rates, &news[&surge.subject], surge)).collect();
    limit_to_leads(analysis, &mut candidates);
    candidates
}

/// Returns whether the recent window has enough links to values for one surge. Payments, for example, have none.
fn has_news(analysis: &Analysis) -> bool {
    let context = &analysis.context;
    let class = |at: EntityIndex| context.class[at.index()];
    let is_value = |at: EntityIndex| matches!(class(at), Class::Observable | Class::Indicator);
    let links = LinkIndex::enumerate(&analysis.resolution.links);
    let to_values = links.filter(|(index, link)| {
        let ends = [link.from, link.to];
        context.link_is_new[index.index()]
            && ends.into_iter().any(is_value)
            && ends.into_iter().any(|end| class(end).is_principal())
    });
    to_values.take(LEAST_VALUES).count() == LEAST_VALUES
}

/// Returns the times of the runs, and of each day between two runs, counted back from the later one.
fn nights(runs: &[Moment]) -> Vec<Moment> {
    let mut cuts: Vec<Moment> = runs.first().copied().into_iter().collect();
    for pair in runs.windows(2) {
        let between = night(pair[1], pair[0]);
        let nights = (0..=between).rev().map(|nights| pair[1].days_earlier(nights));
        cuts.extend(nights.filter(|cut| *cut > pair[0]));
    }
    cuts
}

/// Returns the rates of each layer that first reports have.
fn rates(analysis: &Analysis, news: &BTreeMap<u32, Vec<&FirstReport>>) -> BTreeMap<Layer, Past> {
    let layers: BTreeSet<Layer> = news.values().flatten().map(|report| report.layer).collect();
    layers.into_iter().map(|layer| (layer, Past::of(&of_layer_by_subject(news, layer), analysis))).collect()
}

fn of_layer_by_subject<'a>(
    news: &BTreeMap<u32, Vec<&'a FirstReport>>,
    layer: Layer,
) -> BTreeMap<u32, Vec<&'a FirstReport>> {
    let subjects = news.iter().map(|(subject, news)| (*subject, of_layer(news, layer)));
    subjects.filter(|(_, news)| !news.is_empty()).collect()
}

fn of_layer<'a>(news: &[&'a FirstReport], layer: Layer) -> Vec<&'a FirstReport> {
    news.iter().copied().filter(|report| report.layer == layer).collect()
}

/// Returns the layer whose reports chance explains least, with their number in the recent week and the number of subjects that chance
/// gives as many in any layer.
fn least_expected(
    rates: &BTreeMap<Layer, Past>,
    news: &[&FirstReport],
    cut: Moment,
    exposure: Exposure,
) -> Option<(Layer, f64, f64)> {
    let of_each = rates.iter().map(|(layer, past)| {
        let news = of_layer(news, *layer);
        let count = reports_of_week(&news, cut, 0);
        let expected = past.expected(count, past.usual(&news, cut, exposure.weeks), exposure.factor);
        (*layer, count, expected * rates.len() as f64)
    });
    of_each.filter(|(_, count, _)| *count > 0.0).min_by(|one, other| one.2.total_cmp(&other.2))
}

fn candidate(
    analysis: &Analysis,
    rates: &BTreeMap<Layer, Past>,
    news: &[&FirstReport],
    surge: &Surge,
) -> Option<Candidate> {
    let subject = ReportingHistory::entity(surge.subject);
    let window = window(news, surge.cut);
    let values: BTreeSet<EntityIndex> =
        window.iter().map(|report| ReportingHistory::entity(report.value)).collect();
    let reports = window.iter().filter_map(|report| match report.origin {
        Origin::Report(node) => Some(ReportingHistory::entity(node)),
        Origin::Record(_) => None,
    });
    let context = &analysis.context;
    let support: Vec<LinkIndex> = context.neighbours[subject.index()]
        .iter()
        .filter(|(other, link)| values.contains(other) && context.link_is_new[link.index()])
        .map(|(_, link)| *link)
        .collect();
    if support.is_empty() {
        return None;
    }
    let members: BTreeSet<EntityIndex> = reports.chain(values.iter().copied()).collect();
    let groups = context.group_of[subject.index()].into_iter().collect();
    let mut candidate = Candidate::new(analysis, PATTERN.name, vec![subject], members, groups, support);
    let exposure = Exposure::of(analysis, &candidate.support, surge.cut);
    let (layer, count, expected) = least_expected(rates, news, surge.cut, exposure)?;
    candidate.statistic = count;
    candidate.expected = Some(expected);
    candidate.layer = Some(LayerChoice { layer, layers: rates.len() });
    candidate.question =
        Some(Question { outcome: "surge", names: &COLUMNS, columns: surge.counts.columns() });
    Some(candidate)
}

/// Returns the first reports of the 7 days that end at the cut.
fn window<'a>(news: &[&'a FirstReport], cut: Moment) -> Vec<&'a FirstReport> {
    let end = news.partition_point(|report| report.recorded_at <= cut);
    let start = news.partition_point(|report| night(cut, report.recorded_at) >= WINDOW);
    news[start..end].to_vec()
}

/// Returns the number of reports in the 7 days that end some days before the cut, at most [`REPORTS_OF_NIGHT`] a
/// day.
fn reports_of_week(news: &[&FirstReport], cut: Moment, nights_before: i64) -> f64 {
    let mut by_night: BTreeMap<i64, BTreeSet<Origin>> = BTreeMap::new();
    let end = cut.days_earlier(nights_before);
    for report in window(news, end) {
        by_night.entry(night(end, report.recorded_at)).or_default().insert(report.origin);
    }
    by_night.values().map(|origins| origins.len().min(REPORTS_OF_NIGHT)).sum::<usize>() as f64
}

/// Time that the deliveries of a surge cover.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Exposure {
    /// Weeks that the deliveries of the recent week cover, at least 1.
    factor: f64,
    /// Number of the weeks before, at most [`LEVEL_WEEKS`], in which the sources delivered.
    weeks: f64,
}

impl Exposure {
    /// Returns the means over the records of the surge that the recent week recorded.
    fn of(analysis: &Analysis, support: &[LinkIndex], cut: Moment) -> Self {
        let mut shares: BTreeMap<&str, f64> = BTreeMap::new();
        for record in support.iter().flat_map(|link| analysis[*link].records.iter()) {
            let record = &analysis[*record];
            if (0..WINDOW).contains(&night(cut, record.recorded_at)) {
                *shares.entry(&record.source).or_default() += 1.0;
            }
        }
        let all: f64 = shares.values().sum();
        let mut exposure = Self { factor: 0.0, weeks: 0.0 };
        for (source, share) in &shares {
            let days = analysis.recent.heard.get(&Symbol::of(source)).map_or(&[][..], Vec::as_slice);
            let of_source = of_days(days, cut.micros().div_euclid(DAY));
            exposure.factor += share / all * of_source.factor;
            exposure.weeks += share / all * of_source.weeks;
        }
        if shares.is_empty() { Self { factor: 1.0, weeks: LEVEL_WEEKS } } else { exposure }
    }
}

/// Returns the exposure of a source that delivered on these days, ascending, at the end of a day. A gap of up to a week is its
/// rhythm.
fn of_days(days: &[i64], end: i64) -> Exposure {
    let is_recent = |day: i64| end - WINDOW < day && day <= end;
    let caught_up: i64 = days
        .windows(2)
        .filter(|pair| is_recent(pair[1]))
        .map(|pair| (pair[1] - pair[0] - WINDOW).clamp(0, COVERED_MAX))
        .sum();
    let weeks = (1..=LEVEL_NIGHTS / WINDOW).filter(|week| {
        let end = end - week * WINDOW;
        days.iter().any(|day| end - WINDOW < *day && *day <= end)
    });
    Exposure { factor: 1.0 + caught_up as f64 / WINDOW as f64, weeks: weeks.count().max(1) as f64 }
}

/// Reports of all subjects in weeks before the recent one.
struct Past {
    /// End of the base.
    base: Moment,
    /// Mean number of subjects with reports in a day.
    active: f64,
    /// Days since the previous run.
    nights: f64,
    /// Mean number of reports of an active subject above its own weekly mean, not counting the first.
    excess: f64,
    /// Dispersion of the number of reports: the variance is `mean + dispersion * mean²`.
    dispersion: f64,
}

impl Past {
    fn of(news: &BTreeMap<u32, Vec<&FirstReport>>, analysis: &Analysis) -> Self {
        let base = analysis.runs[0];
        let as_of = analysis.view.as_of().valid_at;
        let nights = analysis.recent.previous.map_or(1, |previous| night(as_of, previous).max(1));
        let mut past = Self { base, active: 0.0, nights: nights as f64, excess: 1.0, dispersion: 1.0 };
        let weeks = earlier_weeks(&analysis.runs);
        let mut observed: Vec<(f64, f64)> = Vec::new();
        for end in &weeks {
            for news in news.values() {
                let until = news.partition_point(|report| report.recorded_at <= *end);
                if until > 0 && night(*end, news[until - 1].recorded_at) == 0 {
                    observed.push((reports_of_week(news, *end, 0), past.usual(news, *end, LEVEL_WEEKS)));
                }
            }
        }
        let count = observed.len() as f64;
        let excesses: f64 = observed.iter().map(|(reports, usual)| reports - 1.0 - usual).sum();
        past.active = (count + 1.0) / (weeks.len() as f64 + 1.0);
        past.excess = ((excesses + PRIOR_WEEKS) / (count + PRIOR_WEEKS)).max(LEAST_EXCESS);
        let (mut over, mut squares) = (0.0, 0.0);
        for (reports, usual) in &observed {
            let mean = past.excess + usual;
            over += (reports - 1.0 - mean).powi(2) - mean;
            squares += mean * mean;
        }
        let prior = PRIOR_WEEKS * past.excess * past.excess;
        past.dispersion = ((over + prior) / (squares + prior)).max(LEAST_DISPERSION);
        past
    }

    /// Returns the mean number of a subject's reports in a week of the 28 days before the recent week, as far as the
    /// archive reaches. `weeks` is the number of these weeks in which its sources delivered.
    fn usual(&self, news: &[&FirstReport], cut: Moment, weeks: f64) -> f64 {
        let observed_weeks = (night(cut, self.base) - WINDOW) as f64 / WINDOW as f64;
        let sum: f64 =
            (1..=LEVEL_NIGHTS / WINDOW).map(|week| reports_of_week(news, cut, week * WINDOW)).sum();
        sum / observed_weeks.min(weeks).max(1.0)
    }

    /// Returns the number of subjects that chance gives at least so many reports in a week. If the deliveries cover `factor` weeks, one
    /// of these weeks has at least the mean of them, and each of them is a trial.
    fn expected(&self, reports: f64, usual: f64, factor: f64) -> f64 {
        let least = (reports / factor).ceil();
        let tail = negative_binomial_tail(least - 1.0, self.excess + usual, 1.0 / self.dispersion);
        self.active * self.nights * factor * tail
    }
}

/// Returns the ends of earlier weeks that do not overlap: runs that are at least a week apart, without the base.
fn earlier_weeks(runs: &[Moment]) -> Vec<Moment> {
    let Some((&last, earlier)) = runs.split_last() else { return Vec::new() };
    let mut weeks: Vec<Moment> = Vec::new();
    for &run in earlier.iter().skip(1).rev() {
        let next = weeks.last().copied().unwrap_or(last);
        if next.micros() - run.micros() >= WINDOW * DAY {
            weeks.push(run);
        }
    }
    weeks
}

/// Returns the probability of at least `count` under a negative binomial distribution of this mean and size.
fn negative_binomial_tail(count: f64, mean: f64, size: f64) -> f64 {
    let success = size / (size + mean);
    let mut term = success.powf(size);
    let (mut below, mut number) = (0.0, 0.0);
    while number < count {
        below += term;
        term *= (size + number) / (number + 1.0) * (1.0 - success);
        number += 1.0;
    }
    // A small tail is summed directly, because the difference from 1 has no correct digits.
    if below < 0.999 {
        return 1.0 - below;
    }
    let mut tail = 0.0;
    for _ in 0..1000 {
        tail += term;
        term *= (size + number) / (number + 1.0) * (1.0 - success);
        number += 1.0;
    }
    tail
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let columns = candidate.question.as_ref().map(|question| question.columns.as_slice());
    let [values, days, reports, _, values_56, ..] = columns.unwrap_or_default() else {
        return FlagTitle::new(PATTERN.name).label("name", label(analysis, candidate.anchors[0]));
    };
    FlagTitle::new(PATTERN.name)
        .label("name", label(analysis, candidate.anchors[0]))
        .count("values", *values as usize)
        .count("days", *days as usize)
        .count("reports", *reports as usize)
        .count("earlier", (values_56 - values) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_one_minus_the_sum_of_the_probabilities_below() {
        // Mean 3 and size 1 is geometric: P(X >= n) = 0.75^n.
        for count in [0, 1, 2, 5, 40] {
            let tail = negative_binomial_tail(f64::from(count), 3.0, 1.0);
            let expected = 0.75_f64.powi(count);
            assert!((tail / expected - 1.0).abs() < 1e-9, "{count}: {tail}, {expected}");
        }
    }

    #[test]
    fn nights_between_runs_count_back_from_the_later_run() {
        let day = |text: &str| Moment::parse(text).expect("a time");
        let runs = [day("2026-03-01T02:00:00Z"), day("2026-03-02T02:00:00Z"), day("2026-03-04T08:00:00Z")];
        let expected = [
            "2026-03-01T02:00:00Z",
            "2026-03-02T02:00:00Z",
            "2026-03-02T08:00:00Z",
            "2026-03-03T08:00:00Z",
            "2026-03-04T08:00:00Z",
        ];
        assert_eq!(nights(&runs), expected.map(day));
        assert!(earlier_weeks(&runs).is_empty());
    }

    #[test]
    fn earlier_weeks_of_daily_runs_end_on_the_weekday_of_the_run() {
        let last = Moment::parse("2026-03-29T02:00:00Z").expect("a time");
        let runs: Vec<Moment> = (0..=40).rev().map(|days| last.days_earlier(days)).collect();
        let expected: Vec<Moment> = (1..=5).map(|weeks| last.days_earlier(weeks * WINDOW)).collect();
        assert_eq!(earlier_weeks(&runs), expected);
    }

    #[test]
    fn the_layer_that_chance_explains_least_counts_with_the_number_of_layers() {
        let cut = Moment::parse("2026-03-29T00:00:00Z").expect("a time");
        let report = |layer: Layer, number: u32| FirstReport {
            recorded_at: cut.days_earlier(i64::from(number % 4)),
            subject: 0,
            value: number,
            origin: Origin::Report(number),
            layer,
        };
        // Eight reports in each layer: in one, subjects often have as many in a week.
        let both = [Layer::Infrastructure, Layer::CoReport];
        let mut all: Vec<FirstReport> =
            both.iter().flat_map(|layer| (0..8).map(|number| report(*layer, number))).collect();
        all.sort_unstable();
        let news: Vec<&FirstReport> = all.iter().collect();
        let past = |excess: f64| Past {
            base: cut.days_earlier(100),
            active: 1.0,
            nights: 1.0,
            excess,
            dispersion: 1.0,
        };
        let rates = BTreeMap::from([(Layer::Infrastructure, past(10.0)), (Layer::CoReport, past(1.0))]);
        let exposure = Exposure { factor: 1.0, weeks: 4.0 };
        let (layer, count, expected) =
            least_expected(&rates, &news, cut, exposure).expect("a layer with reports");
        // Mean 1 and size 1 is geometric: P(X >= 7) = 0.5^7, in two layers.
        assert_eq!((layer, count), (Layer::CoReport, 8.0));
        assert!((expected - 2.0 * 0.5_f64.powi(7)).abs() < 1e-9, "{expected}");
        let one: BTreeMap<Layer, Past> = BTreeMap::from([(Layer::Infrastructure, past(10.0))]);
        let (layer, _, busy) = least_expected(&one, &news, cut, exposure).expect("a layer with reports");
        assert_eq!(layer, Layer::Infrastructure);
        assert!(busy > 0.4, "in a busy layer eight reports are usual: {busy}");
    }

    #[test]
    fn a_delivery_after_a_silence_covers_the_days_of_the_silence() {
        let daily: Vec<i64> = (60..=100).collect();
        assert_eq!(of_days(&daily, 100), Exposure { factor: 1.0, weeks: 4.0 });
        let weekly: Vec<i64> = (0..=100).step_by(7).collect();
        assert_eq!(of_days(&weekly, 100), Exposure { factor: 1.0, weeks: 4.0 });
        // Silent for 35 days: the delivery covers five weeks.
        assert_eq!(of_days(&[50, 64, 99, 100], 100), Exposure { factor: 5.0, weeks: 1.0 });
        // An outage in two of the four weeks before.
        assert_eq!(of_days(&[75, 82, 99, 100], 100), Exposure { factor: 1.0 + 10.0 / 7.0, weeks: 2.0 });
        assert_eq!(of_days(&[], 100), Exposure { factor: 1.0, weeks: 1.0 });
    }
}
