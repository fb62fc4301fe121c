//! Statuses of the candidates of a run: the queue, an earlier flag, or a failed test of the gate. They explain an empty
//! queue, and show the candidates that almost became a flag.

use std::collections::{BTreeMap, BTreeSet};

use super::{Flag, Gate, GateTest};
use crate::record::Reliability;

/// Largest number of candidates that the report shows as almost a flag.
pub const NEAREST_MAX: usize = 5;

/// `CandidateStatus` of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CandidateStatus {
    /// In the queue of this run.
    Queued,
    /// In the queue of this run, drawn at random among the candidates that the gate stopped.
    Sampled,
    /// A flag of this run for which the queue has no place.
    BeyondBudget,
    /// A flag of this run that meets no criterion of the audience's focus.
    OutOfFocus,
    /// An unchanged earlier flag, or one that a person judged.
    EarlierFlag,
    /// Passes the gate, but no record of this run is news of it.
    NothingNew,
    /// Passes the gate except for one property that makes it a lead.
    Lead,
    /// Stopped: its news rests on a bulk change of one source.
    BulkChange,
    /// Stopped: most of its recent weight is not news.
    NotNews,
    /// Stopped: one source of unknown reliability.
    UnknownSource,
    /// Stopped: one source of reliability C, D or E.
    WeakSource,
    /// Stopped: no record has a fact about a person that it touches.
    NoFact,
    /// Stopped: an earlier window reached the same strength.
    Ordinary,
    /// Stopped: too many random runs reach the same strength.
    Chance,
}

/// Every status and its name in tables.
pub const STATUSES: &[(CandidateStatus, &str)] = &[
    (CandidateStatus::Queued, "queued"),
    (CandidateStatus::Sampled, "sampled"),
    (CandidateStatus::BeyondBudget, "beyond-budget"),
    (CandidateStatus::OutOfFocus, "out-of-focus"),
    (CandidateStatus::EarlierFlag, "earlier-flag"),
    (CandidateStatus::NothingNew, "nothing-new"),
    (CandidateStatus::Lead, "lead"),
    (CandidateStatus::BulkChange, "bulk-change"),
    (CandidateStatus::NotNews, "not-news"),
    (CandidateStatus::UnknownSource, "one-source-unknown"),
    (CandidateStatus::WeakSource, "one-source-weak"),
    (CandidateStatus::NoFact, "no-fact"),
    (CandidateStatus::Ordinary, "ordinary"),
    (CandidateStatus::Chance, "chance"),
];

impl CandidateStatus {
    /// Returns the name in tables.
    pub fn name(self) -> &'static str {
        STATUSES.iter().find(|row| row.0 == self).expect("every status is on the table").1
    }

    /// Reads a name; `None` for an unknown one.
    pub fn parse(name: &str) -> Option<Self> {
        STATUSES.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// Returns true if the gate stopped the candidate.
    pub fn is_stopped(self) -> bool {
        self >= Self::BulkChange
    }
}

/// Returns the status of each candidate; `ranks` has the rank of each flag in the queue, and `focus` the number of criteria
/// of the audience's focus that it meets.
pub fn statuses(
    gates: &[Gate],
    flags: &[Flag],
    ranks: &[Option<u32>],
    focus: &[Option<u32>],
) -> Vec<CandidateStatus> {
    let flag_of: BTreeMap<usize, usize> =
        (0..).zip(flags).filter_map(|(position, flag)| Some((flag.candidate?, position))).collect();
    (0..)
        .zip(gates)
        .map(|(candidate, gate)| match flag_of.get(&candidate) {
            Some(&flag) if flags[flag].sampled.is_some() && ranks[flag].is_none() => stopped(gate),
            Some(&flag) if flags[flag].sampled.is_some() => CandidateStatus::Sampled,
            Some(&flag) if ranks[flag].is_some() => CandidateStatus::Queued,
            Some(&flag) if flags[flag].state.is_queued() && focus[flag] == Some(0) => {
                CandidateStatus::OutOfFocus
            }
            Some(&flag) if flags[flag].state.is_queued() => CandidateStatus::BeyondBudget,
            Some(_) => CandidateStatus::EarlierFlag,
            None => stopped(gate),
        })
        .collect()
}

/// Returns the most informative status of a candidate that the gate stopped. A candidate without news has no source of
/// news, so the test of news comes first. The test of sources is next, because a configuration can change its result.
/// Chance is the most common status and comes last.
fn stopped(gate: &Gate) -> CandidateStatus {
    let fails = gate.fails();
    if gate.lead().is_some() {
        CandidateStatus::Lead
    } else if fails.contains(&"news") && gate.rests_on_bulk {
        CandidateStatus::BulkChange
    } else if fails.contains(&"news") {
        CandidateStatus::NotNews
    } else if fails.contains(&"sources") {
        match gate.reliability {
            Some(Reliability::C | Reliability::D | Reliability::E) => CandidateStatus::WeakSource,
            _ => CandidateStatus::UnknownSource,
        }
    } else if fails.contains(&"fact") {
        CandidateStatus::NoFact
    } else if fails.contains(&"history") {
        CandidateStatus::Ordinary
    } else if fails.contains(&"chance") || fails.contains(&"expected") {
        CandidateStatus::Chance
    } else {
        CandidateStatus::NothingNew
    }
}

/// Returns the positions of candidates that the gate stopped, the nearest to a flag first. The order is by the number of
/// failed tests, then by the distance of the failed values from their thresholds, then by id.
pub fn nearest<'a>(stopped: impl IntoIterator<Item = (usize, &'a str, Vec<GateTest>)>) -> Vec<usize> {
    let mut order: Vec<(usize, f64, &str, usize)> = stopped
        .into_iter()
        .map(|(position, id, tests)| {
            let failed = tests.iter().filter(|test| !test.passed);
            (failed.clone().count(), failed.map(GateTest::gap).sum(), id, position)
        })
        .collect();
    order.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.total_cmp(&b.1)).then_with(|| a.2.cmp(b.2)));
    order.into_iter().map(|(.., position)| position).collect()
}

/// Numbers of flags outside the queue without a verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct WaitingFlags {
    /// Open flags of earlier runs.
    pub earlier: usize,
    /// Flags of this run for which the queue has no place.
    pub beyond_budget: usize,
    /// Flags of this run that meet no criterion of the audience's focus.
    pub out_of_focus: usize,
    /// Flags that one person confirmed and another one judged benign.
    pub contested: usize,
    /// Candidates of earlier random samples.
    pub sampled: usize,
    /// Flags that closed in this run.
    pub closed_now: usize,
    /// Flags that closed in this run or in an earlier one.
    pub closed: usize,
}

/// Warning that no flag, or hardly any, can pass the test of sources.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(tag = "warning", rename_all = "kebab-case")]
pub enum SourceWarning {
    /// There is one source, whose reliability is too low.
    OnlySource {
        /// Name of the source.
        source: String,
        /// Reliability of the source.
        reliability: Reliability,
    },
    /// Every source has an unknown reliability.
    AllUnknown {
        /// Names of the sources.
        sources: Vec<String>,
    },
}

/// Returns a warning if no flag, or hardly any, can pass the test of sources; `None` if some can.
pub fn source_warning(sources: &BTreeSet<(String, Reliability)>) -> Option<SourceWarning> {
    if sources.is_empty() || sources.iter().any(|(_, reliability)| reliability.suffices_alone()) {
        return None;
    }
    if let [(source, reliability)] = sources.iter().collect::<Vec<_>>()[..] {
        return Some(SourceWarning::OnlySource { source: source.clone(), reliability: *reliability });
    }
    let all_unknown = sources.iter().all(|(_, reliability)| *reliability == Reliability::F);
    let names = || sources.iter().map(|(source, _)| source.clone()).collect();
    all_unknown.then(|| SourceWarning::AllUnknown { sources: names() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(news_share: f64, expected: f64, before: f64, reliability: Reliability) -> Gate {
        Gate {
            statistic: 2.0,
            strongest_before: Some(before),
            null_p: Some(0.01),
            expected: Some(expected),
            expected_max: 0.05,
            lead: None,
            has_current_news: true,
            news_share,
            rests_on_bulk: false,
            origins: vec!["kestrel".to_owned()],
            reliability: Some(reliability),
            people: (0, 0),
        }
    }

    #[test]
    fn each_candidate_is_counted_once_by_its_most_informative_test() {
        let gates = [
            gate(0.1, 1.9, 3.0, Reliability::F),
            gate(1.0, 1.9, 3.0, Reliability::F),
            gate(1.0, 1.9, 3.0, Reliability::D),
            gate(1.0, 1.9, 3.0, Reliability::A),
            gate(1.0, 1.9, 1.0, Reliability::A),
            gate(1.0, 0.01, 1.0, Reliability::A),
        ];
        let statuses = statuses(&gates, &[], &[], &[]);
        let names: Vec<&str> = statuses.iter().map(|status| status.name()).collect();
        assert_eq!(
            names,
            ["not-news", "one-source-unknown", "one-source-weak", "ordinary", "chance", "nothing-new"]
        );
        assert!(STATUSES.iter().all(|(status, name)| CandidateStatus::parse(name) == Some(*status)));
        assert_eq!(statuses.iter().filter(|status| status.is_stopped()).count(), 5);
    }

    #[test]
    fn the_nearest_candidate_fails_the_fewest_tests_by_the_smallest_gap() {
        let gates = [
            gate(1.0, 1.9, 3.0, Reliability::A),
            gate(0.6, 0.01, 1.0, Reliability::A),
            gate(0.4, 0.01, 1.0, Reliability::A),
            gate(0.6, 0.01, 1.0, Reliability::A),
        ];
        let ids = ["d", "c", "a", "b"];
        let stopped = (0..).zip(gates.iter().zip(ids)).map(|(at, (gate, id))| (at, id, gate.tests()));
        assert_eq!(nearest(stopped), [3, 1, 2, 0]);
    }

    #[test]
    fn a_warning_is_given_where_sources_cannot_pass_or_nobody_judged_them() {
        let warned = |sources: &[(&str, Reliability)]| {
            source_warning(&sources.iter().map(|(name, known)| ((*name).to_owned(), *known)).collect())
        };
        assert_eq!(warned(&[]), None);
        assert_eq!(warned(&[("gull", Reliability::B)]), None);
        assert_eq!(warned(&[("gull", Reliability::C), ("tern", Reliability::F)]), None, "two can agree");
        let only = SourceWarning::OnlySource { source: "gull".to_owned(), reliability: Reliability::C };
        assert_eq!(warned(&[("gull", Reliability::C)]), Some(only));
        let both = SourceWarning::AllUnknown { sources: vec!["gull".to_owned(), "tern".to_owned()] };
        assert_eq!(warned(&[("gull", Reliability::F), ("tern", Reliability::F)]), Some(both));
    }
}
