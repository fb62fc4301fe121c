//! Emergence gate: the tests that a candidate must pass before it becomes a flag.
//!
//! 1. History and chance: the strength exceeds that of the candidate's own earlier windows. Random runs are searched for
//!    the pattern as the run was, and seldom have an instance as strong anywhere. The limit is a false-discovery rate over
//!    the candidates of the run (see `chance`). A pattern with a closed form has no random runs: chance gives
//!    fewer than 0.01 instances like it in the whole input.
//! 2. News: at least 70 % of the recent weight is news, which is newly recorded and about new activity.
//! 3. Sources: at least two sources delivered the news without repeating each other, or one source of high reliability.
//! 4. Fact: for each person that it touches, a record has a fact that a reader can check (see `people`).
//!
//! A candidate that passes except that chance gives up to one instance like it is a lead. So is one whose pattern says
//! that its evidence is not enough for a flag. A group that one report lists needs no chance to be a lead: random runs keep each
//! report as it is.
//!
//! Hubs and entities on warning lists have no effect, because they connect no entities (see
//! `analysis::PatternContext`).

use serde::{Deserialize, Serialize};

use super::{
    patterns::{Null, PATTERNS},
    people::LinksOfPeople,
};
use crate::{
    analysis::Analysis,
    features::{self, Candidate, LeadReason},
    record::Reliability,
};

/// Smallest share of the recent weight that must be news.
const NEWS_MIN: f64 = 0.7;
/// Smallest number of independent sources, unless one is usually or completely reliable.
const SOURCES_MIN: usize = 2;
/// Number of instances that chance may give in the whole input, for a flag and for a lead.
const EXPECTED_MAX: f64 = 0.01;
const EXPECTED_MAX_OF_LEAD: f64 = 1.0;

/// Names of the tests of the gate, in order. A candidate has either `chance`, from random runs, or `expected`, from a
/// closed form. Both have the number of instances as strong that chance gives in the whole input. Only a candidate that touches a person has `fact`.
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
    /// Number of instances as strong that chance gives in the whole input, at least 0: counted in random runs, or by a
    /// closed form; `None` if it was not measured.
    pub expected: Option<f64>,
    /// Largest such number that passes by random runs, at the false-discovery rate over the candidates of the run.
    pub expected_max: f64,
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
            if self.has_closed_form() {
                GateTest {
                    name: expected,
                    passed: self.expected.is_some_and(|number| number < EXPECTED_MAX),
                    value: self.expected,
                    threshold: Some(EXPECTED_MAX),
                }
            } else {
                GateTest {
                    name: chance,
                    passed: self.expected.is_some_and(|number| number <= self.expected_max),
                    value: self.expected,
                    threshold: Some(self.expected_max),
                }
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

    /// Returns true if a closed form and no random runs measured its chance.
    pub fn has_closed_form(&self) -> bool {
        self.null_p.is_none() && self.expected.is_some()
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
        let is_of_one_report = self.lead == Some(LeadReason::OneReport);
        match self.fails()[..] {
            _ if !self.has_current_news => None,
            [] => self.lead,
            ["chance"] if is_of_one_report => self.lead,
            ["chance" | "expected"] if nearly_expected => self.lead.or(Some(LeadReason::Expected)),
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

/// Returns the values of each candidate at the gate; `limit` is the largest number of instances that passes by random runs.
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
                expected: candidate.expected,
                expected_max: limit,
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

/// Returns the largest expected number that counts as a discovery. `expected` has the number of each candidate that random
/// runs measured.
///
/// If the limit is x, chance gives x instances of each pattern with random runs. Let k candidates be at or below x. Then the
/// share of chance among them is estimated as patterns * x / k (Storey and Tibshirani 2003). The random runs are the decoys
/// of Elias and Gygi (2007). The limit is the largest x whose share is at most `fdr`. If no candidate passes, it is the value that the
/// smallest number would have to reach.
pub(super) fn limit(expected: impl Iterator<Item = Option<f64>>, fdr: f64) -> f64 {
    discovery_limit(expected.flatten().collect(), patterns_with_random_runs(), fdr)
}

/// Returns the limit if all of a number of candidates counted as discoveries. No limit at this rate is larger.
pub(super) fn loosest_limit(candidates: usize, fdr: f64) -> f64 {
    fdr * candidates.max(1) as f64 / patterns_with_random_runs().max(1) as f64
}

fn patterns_with_random_runs() -> usize {
    PATTERNS.iter().filter(|pattern| !matches!(pattern.null, Null::Closed)).count()
}

fn discovery_limit(mut all: Vec<f64>, patterns: usize, fdr: f64) -> f64 {
    all.sort_by(f64::total_cmp);
    let at_rank = |rank: u32| fdr * f64::from(rank) / patterns.max(1) as f64;
    let passing = (1..).zip(&all).filter(|(rank, expected)| **expected <= at_rank(*rank));
    at_rank(passing.last().map_or(1, |(rank, _)| rank))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_that_of_benjamini_and_hochberg_with_patterns_as_tests() {
        // With as many patterns as candidates it is their rule. Their example (1995, section 3.2): four discoveries of 15.
        let all = vec![
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
            0.6528, 0.7590, 1.0,
        ];
        let limit = discovery_limit(all.clone(), 15, 0.05);
        assert!((limit - 0.05 * 4.0 / 15.0).abs() < 1e-12);
        assert_eq!(all.iter().filter(|p| **p <= limit).count(), 4);
        // One of five patterns: chance gives 0.01 instances in each, and so 0.05 in all.
        assert!((discovery_limit(vec![0.2, 0.9], 5, 0.05) - 0.01).abs() < 1e-12);
        assert!((discovery_limit(vec![0.02, 0.02, 0.9], 5, 0.05) - 0.02).abs() < 1e-12);
        for candidates in [1, 3, 40] {
            let all_pass = super::limit(vec![Some(0.0); candidates].into_iter(), 0.05);
            assert!((loosest_limit(candidates, 0.05) - all_pass).abs() < 1e-12);
        }
    }

    #[test]
    fn a_test_says_how_far_its_value_is_from_its_threshold() {
        let gate = Gate {
            statistic: 3.0,
            strongest_before: Some(4.0),
            null_p: Some(0.1),
            expected: Some(0.1),
            expected_max: 0.05,
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
        let unmeasured = Gate { null_p: None, expected: None, strongest_before: None, ..trusted };
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
            expected: Some(0.5),
            expected_max: 0.05,
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
        let by_chance = Gate { null_p: Some(1.0), expected: Some(3.0), ..one_report };
        assert_eq!(by_chance.lead(), Some(LeadReason::OneReport), "random runs keep one report");
        assert_eq!(Gate { lead: None, ..by_chance.clone() }.lead(), None);
        let one_source =
            Gate { lead: Some(LeadReason::OneSource), origins: vec!["kestrel".to_owned()], ..gate.clone() };
        assert_eq!((one_source.passes(), one_source.lead()), (false, Some(LeadReason::OneSource)));
        assert_eq!(Gate { lead: None, ..one_source.clone() }.lead(), None, "the pattern decides");
        assert_eq!(Gate { expected: Some(1.0), ..one_source }.lead(), None);
    }
}
