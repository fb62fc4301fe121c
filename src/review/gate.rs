//! Emergence gate: the tests that a candidate must pass before it becomes a flag.
//!
//! 1. History and chance: the strength exceeds that of the candidate's own earlier windows. Few random runs of equal
//!    degrees reach it, at a false-discovery rate over the candidates of the run (Benjamini and Hochberg 1995). A
//!    pattern with a closed form has no random runs: chance gives fewer than 0.01 instances like it in the whole input.
//! 2. News: at least 70 % of the recent weight is news, which is newly recorded and about new activity.
//! 3. Sources: at least two sources delivered the news without repeating each other, or one source of high reliability.
//! 4. Fact: for each person that it touches, a record has a fact that a reader can check (see `people`).
//!
//! A candidate that passes except that chance gives up to one instance like it is a lead. So is one whose pattern says
//! that its evidence is not enough for a flag.
//!
//! Hubs and entities on warning lists have no effect, because they connect no entities (see
//! `analysis::PatternContext`).

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    null_models::{Age, RecentLinks, Strata, ages, layers, relabelled},
    patterns::{Null, PATTERNS},
    people::LinksOfPeople,
};
use crate::{
    analysis::Analysis,
    features::{self, Candidate, LeadReason},
    random,
    record::Reliability,
    time::DAY,
};

/// Smallest share of the recent weight that must be news.
const NEWS_MIN: f64 = 0.7;
/// Smallest number of independent sources, unless one is usually or completely reliable.
const SOURCES_MIN: usize = 2;
/// Number of instances that chance may give in the whole input, for a flag and for a lead.
const EXPECTED_MAX: f64 = 0.01;
const EXPECTED_MAX_OF_LEAD: f64 = 1.0;
/// Number of earlier windows for comparison.
const WINDOWS: i64 = 4;
/// Number of links that the random runs of one pattern may read. It decides the number of runs, within limits.
const LINKS_BUDGET: usize = 4_000_000;
const DRAWS_MIN: usize = 99;
const DRAWS_MAX: usize = 999;
/// First stream of random numbers for random runs.
const FIRST_STREAM: u64 = 2 << 32;

/// Names of the tests of the gate, in order. A candidate has either `chance`, from random runs, or `expected`, from a
/// closed form. Only a candidate that touches a person has `fact`.
pub const TESTS: [&str; 6] = ["history", "chance", "expected", "news", "sources", "fact"];

/// Values of a candidate at the gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// Strength of the pattern, in a unit of the pattern.
    pub statistic: f64,
    /// Largest strength in an earlier window; `None` without earlier windows.
    pub strongest_before: Option<f64>,
    /// Share of random runs that reach the statistic; `None` if none were drawn.
    pub null_p: Option<f64>,
    /// Largest share that passes, at the false-discovery rate over the candidates of the run.
    pub p_max: f64,
    /// Number of instances as strong that chance gives in the whole input; `None` where random runs are drawn instead.
    pub expected: Option<f64>,
    /// Reason of its pattern why it is at most a lead.
    pub lead: Option<LeadReason>,
    /// Is true if a record of its news is new in this run.
    pub has_current_news: bool,
    /// Share of the recent weight that is news, from 0 to 1.
    pub news_share: f64,
    /// Is true if at least half of the recent weight comes from a bulk change of one source.
    pub rests_on_bulk: bool,
    /// Sources of the news that do not only repeat another source, sorted.
    pub origins: Vec<String>,
    /// Highest reliability of these sources; `None` without sources.
    pub reliability: Option<Reliability>,
    /// Number of people among its members, and of those with a recorded fact.
    pub people: (usize, usize),
}

/// One test of the gate, with its value and threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GateTest {
    /// One of [`TESTS`].
    pub name: &'static str,
    /// Is true if the candidate passes.
    pub passed: bool,
    /// Value of the candidate; `None` if it was not measured.
    pub value: Option<f64>,
    /// Threshold of the test; `None` if there is none, as in a first window.
    pub threshold: Option<f64>,
}

impl Gate {
    /// Returns every test with its value and threshold, in the order of [`TESTS`].
    pub fn tests(&self) -> Vec<GateTest> {
        let [history, chance, expected, news, sources, fact] = TESTS;
        let sources_min = if self.is_reliable() { 1 } else { SOURCES_MIN };
        let mut tests = vec![
            GateTest {
                name: history,
                passed: self.strongest_before.is_none_or(|before| self.statistic > before),
                value: Some(self.statistic),
                threshold: self.strongest_before,
            },
            match self.expected {
                Some(number) => GateTest {
                    name: expected,
                    passed: number < EXPECTED_MAX,
                    value: Some(number),
                    threshold: Some(EXPECTED_MAX),
                },
                None => GateTest {
                    name: chance,
                    passed: self.null_p.is_some_and(|p| p <= self.p_max),
                    value: self.null_p,
                    threshold: Some(self.p_max),
                },
            },
            GateTest {
                name: news,
                passed: self.news_share >= NEWS_MIN,
                value: Some(self.news_share),
                threshold: Some(NEWS_MIN),
            },
            GateTest {
                name: sources,
                passed: self.origins.len() >= sources_min,
                value: Some(self.origins.len() as f64),
                threshold: Some(sources_min as f64),
            },
        ];
        let (people, with_fact) = self.people;
        if people > 0 {
            tests.push(GateTest {
                name: fact,
                passed: with_fact == people,
                value: Some(with_fact as f64),
                threshold: Some(people as f64),
            });
        }
        tests
    }

    /// Returns the names of the failed tests, in order; empty if the candidate passes.
    pub fn fails(&self) -> Vec<&'static str> {
        self.tests().into_iter().filter(|test| !test.passed).map(|test| test.name).collect()
    }

    /// Returns true if the candidate passes every test, and its pattern allows a flag.
    pub fn passes(&self) -> bool {
        self.lead.is_none() && self.fails().is_empty()
    }

    /// Returns the reason why the candidate is a lead; `None` for other candidates.
    pub fn lead(&self) -> Option<LeadReason> {
        let nearly_expected = self.expected.is_some_and(|expected| expected < EXPECTED_MAX_OF_LEAD);
        let is_of_one_source = self.lead == Some(LeadReason::OneSource);
        match self.fails()[..] {
            _ if !self.has_current_news => None,
            [] => self.lead,
            ["expected"] if nearly_expected => self.lead.or(Some(LeadReason::Expected)),
            ["sources"] if is_of_one_source => self.lead,
            ["expected", "sources"] if is_of_one_source && nearly_expected => self.lead,
            _ => None,
        }
    }

    /// Returns true if one of the sources is usually or completely reliable.
    pub fn is_reliable(&self) -> bool {
        self.reliability.is_some_and(Reliability::suffices_alone)
    }
}

impl GateTest {
    /// Returns the distance of the value from the threshold, relative to the larger one: 0 if the test passes, at most 1.
    pub fn gap(&self) -> f64 {
        let (Some(value), Some(threshold)) = (self.value, self.threshold) else {
            return if self.passed { 0.0 } else { 1.0 };
        };
        let is_upper_limit = matches!(self.name, "chance" | "expected");
        let (low, high) = if is_upper_limit { (threshold, value) } else { (value, threshold) };
        if self.passed || high <= 0.0 { 0.0 } else { (1.0 - low / high).clamp(0.0, 1.0) }
    }
}

/// Compares candidates with earlier windows and random runs, and sets `history` and `null_p`.
pub(super) fn compare(analysis: &Analysis, candidates: &mut [Candidate], seed: u64) {
    let windows = windows(analysis);
    for pattern in PATTERNS {
        let positions: Vec<usize> =
            (0..candidates.len()).filter(|&position| candidates[position].pattern == pattern.name).collect();
        if positions.is_empty() || matches!(pattern.null, Null::Closed) {
            continue;
        }
        let of_pattern: Vec<Candidate> =
            positions.iter().map(|&position| candidates[position].clone()).collect();
        let strengths: Vec<Vec<f64>> = windows
            .iter()
            .map(|is_recent| strengths(analysis, &pattern.null, &of_pattern, is_recent))
            .collect();
        let shares = random_shares(analysis, &pattern.null, &of_pattern, seed);
        for (number, &position) in positions.iter().enumerate() {
            candidates[position].history = strengths.iter().map(|window| window[number]).collect();
            candidates[position].null_p = Some(shares[number]);
        }
    }
}

/// Returns the strength of each candidate in a window, whose links are marked.
fn strengths(analysis: &Analysis, null: &Null, candidates: &[Candidate], is_recent: &[bool]) -> Vec<f64> {
    match null {
        Null::Rewired(measure) | Null::RewiredWithEarlier(measure) => {
            measure(analysis, candidates, &RecentLinks::of(analysis, is_recent))
        }
        Null::Relabelled(measure) => measure(analysis, candidates, is_recent),
        Null::Redated(measure) => {
            let age = |is_recent: &bool| if *is_recent { Age::Fresh } else { Age::Old };
            measure(analysis, candidates, &is_recent.iter().map(age).collect::<Vec<_>>())
        }
        Null::Closed => Vec::new(),
    }
}

/// Marks the links first recorded in each earlier window. The windows begin after the first run.
fn windows(analysis: &Analysis) -> Vec<Vec<bool>> {
    let (Some(cut), Some(first)) = (analysis.recent.cut, analysis.recent.first) else { return Vec::new() };
    let days = (analysis.view.as_of().valid_at.micros() - cut.micros()).div_euclid(DAY).max(1);
    (0..WINDOWS)
        .map(|number| (cut.days_earlier(days * (number + 1)), cut.days_earlier(days * number)))
        .take_while(|(from, _)| *from >= first)
        .map(|(from, to)| {
            analysis
                .resolution
                .links
                .iter()
                .map(|link| link.recorded_first > from && link.recorded_first <= to)
                .collect()
        })
        .collect()
}

/// Returns, for each candidate, the share of random runs that reach its statistic. The run itself counts as one of them.
fn random_shares(analysis: &Analysis, null: &Null, candidates: &[Candidate], seed: u64) -> Vec<f64> {
    let is_recent = &analysis.context.link_is_new;
    let (links, ages, layers) = (RecentLinks::of(analysis, is_recent), ages(analysis), layers(analysis));
    let strata = Strata::of(analysis, &links, matches!(null, Null::RewiredWithEarlier(_)));
    let cost = match null {
        Null::Rewired(_) | Null::RewiredWithEarlier(_) => links.all.len() * 4,
        Null::Relabelled(_) | Null::Redated(_) | Null::Closed => is_recent.len(),
    };
    let count = (LINKS_BUDGET / cost.max(1)).clamp(DRAWS_MIN, DRAWS_MAX);
    let reached: Vec<Vec<bool>> = (0..count as u64)
        .into_par_iter()
        .map(|draw| {
            let mut random = random::open(seed, FIRST_STREAM + draw);
            let values = match null {
                Null::Rewired(measure) | Null::RewiredWithEarlier(measure) => {
                    measure(analysis, candidates, &links.rewired(&strata, &mut random))
                }
                Null::Relabelled(measure) => {
                    measure(analysis, candidates, &relabelled(&layers, is_recent, false, &mut random))
                }
                Null::Redated(measure) => {
                    measure(analysis, candidates, &relabelled(&layers, &ages, Age::Old, &mut random))
                }
                Null::Closed => Vec::new(),
            };
            // The tolerance covers rounding: the sums of equal weights may differ.
            let is_reached =
                |(value, candidate): (&f64, &Candidate)| *value >= candidate.statistic * (1.0 - 1e-9);
            values.iter().zip(candidates).map(is_reached).collect()
        })
        .collect();
    (0..candidates.len())
        .map(|number| {
            (1.0 + reached.iter().filter(|draw| draw[number]).count() as f64) / (1.0 + count as f64)
        })
        .collect()
}

/// Returns the values of each candidate at the gate; `limit` is the largest p that passes.
pub(super) fn judge(analysis: &Analysis, candidates: &[Candidate], limit: f64) -> Vec<Gate> {
    let people = LinksOfPeople::of(analysis, candidates);
    candidates
        .iter()
        .map(|candidate| {
            let facts = people.facts(analysis, candidate);
            let with_fact = facts.iter().filter(|(_, fact)| fact.is_some()).count();
            let origins = features::origins(analysis, candidate);
            let strongest_before = candidate.history.iter().copied().reduce(f64::max);
            Gate {
                statistic: candidate.statistic,
                strongest_before,
                null_p: candidate.null_p,
                p_max: limit,
                expected: candidate.expected,
                lead: candidate.lead,
                has_current_news: features::has_current_news(analysis, candidate),
                news_share: features::news_share(analysis, candidate),
                rests_on_bulk: features::rests_on_bulk(analysis, candidate),
                reliability: origins.iter().map(|name| analysis.view.terms(name).reliability).min(),
                origins,
                people: (facts.len(), with_fact),
            }
        })
        .collect()
}

/// Returns the largest p that counts as a discovery among those of all candidates.
pub(super) fn limit(null_p: impl Iterator<Item = Option<f64>>, fdr: f64) -> f64 {
    discovery_limit(null_p.flatten().collect(), fdr)
}

/// Returns the largest p that counts as a discovery (Benjamini and Hochberg 1995). It is the rate times the share of
/// the tests that pass. If no test passes, it is the value that the smallest p would have to reach.
fn discovery_limit(mut all: Vec<f64>, fdr: f64) -> f64 {
    all.sort_by(f64::total_cmp);
    let count = all.len().max(1) as f64;
    let at_rank = |rank: u32| fdr * f64::from(rank) / count;
    let passing = (1..).zip(&all).filter(|(rank, p)| **p <= at_rank(*rank));
    at_rank(passing.last().map_or(1, |(rank, _)| rank))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discoveries_are_those_of_benjamini_and_hochberg() {
        // Their example (1995, section 3.2): 15 tests, four discoveries at 0.05.
        let all = vec![
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
            0.6528, 0.7590, 1.0,
        ];
        let limit = discovery_limit(all.clone(), 0.05);
        assert!((limit - 0.05 * 4.0 / 15.0).abs() < 1e-12);
        assert_eq!(all.iter().filter(|p| **p <= limit).count(), 4);
        assert!(discovery_limit(vec![0.2, 0.9], 0.05) < 0.2, "none is a discovery");
        assert!((discovery_limit(vec![0.2, 0.9], 0.05) - 0.025).abs() < 1e-12);
    }

    #[test]
    fn a_test_says_how_far_its_value_is_from_its_threshold() {
        let gate = Gate {
            statistic: 3.0,
            strongest_before: Some(4.0),
            null_p: Some(0.1),
            p_max: 0.05,
            expected: None,
            lead: None,
            has_current_news: true,
            news_share: 0.7,
            rests_on_bulk: false,
            origins: vec!["northwind".to_owned()],
            reliability: Some(Reliability::F),
            people: (0, 0),
        };
        let tests = gate.tests();
        let names: Vec<&str> = tests.iter().map(|test| test.name).collect();
        assert_eq!(names, ["history", "chance", "news", "sources"]);
        let passed: Vec<bool> = tests.iter().map(|test| test.passed).collect();
        assert_eq!(passed, [false, false, true, false]);
        let gaps: Vec<u64> = tests.iter().map(|test| (test.gap() * 100.0).round() as u64).collect();
        assert_eq!(gaps, [25, 50, 0, 50]);
        assert_eq!(gate.fails(), ["history", "chance", "sources"]);
        let trusted = Gate { reliability: Some(Reliability::B), ..gate };
        assert!(trusted.tests()[3].passed);
        let unmeasured = Gate { null_p: None, strongest_before: None, ..trusted };
        let passed: Vec<bool> = unmeasured.tests().iter().map(|test| test.passed).collect();
        assert_eq!(passed, [true, false, true, true]);
        let of_people = Gate { people: (2, 1), ..unmeasured.clone() };
        assert_eq!(of_people.fails(), ["chance", "fact"]);
        assert!((of_people.tests()[4].gap() - 0.5).abs() < 1e-12);
        assert_eq!(Gate { people: (2, 2), ..unmeasured.clone() }.fails(), ["chance"]);
        assert_eq!([0, 1].map(|test: usize| unmeasured.tests()[test].gap() as u64), [0, 1]);
    }

    #[test]
    fn a_lead_passes_every_other_test_and_has_news_of_this_run() {
        let gate = Gate {
            statistic: 1.0,
            strongest_before: None,
            null_p: None,
            p_max: 0.05,
            expected: Some(0.5),
            lead: None,
            has_current_news: true,
            news_share: 1.0,
            rests_on_bulk: false,
            origins: vec!["northwind".to_owned(), "kestrel".to_owned()],
            reliability: Some(Reliability::C),
            people: (0, 0),
        };
        assert_eq!((gate.passes(), gate.lead()), (false, Some(LeadReason::Expected)));
        let rare = Gate { expected: Some(0.009), ..gate.clone() };
        assert_eq!((rare.passes(), rare.lead()), (true, None));
        assert_eq!(Gate { expected: Some(1.0), ..gate.clone() }.lead(), None);
        assert_eq!(Gate { has_current_news: false, ..gate.clone() }.lead(), None);
        assert_eq!(Gate { news_share: 0.1, ..gate.clone() }.lead(), None);
        let one_report = Gate { lead: Some(LeadReason::OneReport), ..rare };
        assert_eq!((one_report.passes(), one_report.lead()), (false, Some(LeadReason::OneReport)));
        let one_source =
            Gate { lead: Some(LeadReason::OneSource), origins: vec!["kestrel".to_owned()], ..gate.clone() };
        assert_eq!((one_source.passes(), one_source.lead()), (false, Some(LeadReason::OneSource)));
        assert_eq!(Gate { lead: None, ..one_source.clone() }.lead(), None, "the pattern decides");
        assert_eq!(Gate { expected: Some(1.0), ..one_source }.lead(), None);
    }
}
