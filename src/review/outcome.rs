//! Outcomes of the candidates of a run: the queue, an earlier flag, or a failed test of the gate. They explain an empty
//! queue, and show the candidates that almost became a flag.

use std::collections::{BTreeMap, BTreeSet};

use super::{Flag, Gate, GateTest, gate::suffices_alone};
use crate::record::Reliability;

/// Most sources that a warning names.
const NAMED_MAX: usize = 5;
/// Largest number of candidates that the report shows as almost a flag.
pub const NEAREST_MAX: usize = 5;

/// What is said of a run before which there is none.
pub const FIRST_RUN: &str = "Nothing can emerge in a first run: there is no earlier run to compare with.";

/// Outcome of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// In the queue of this run.
    Queued,
    /// A flag of this run for which the queue has no place.
    BeyondBudget,
    /// An unchanged earlier flag, or one that a person judged.
    EarlierFlag,
    /// Passes the gate, but no record of this run is news of it.
    NothingNew,
    /// Stopped: most of its recent weight is not news.
    NotNews,
    /// Stopped: one source of unknown reliability.
    UnknownSource,
    /// Stopped: one source of reliability C, D or E.
    WeakSource,
    /// Stopped: an earlier window reached the same strength.
    Ordinary,
    /// Stopped: too many random runs reach the same strength.
    Chance,
}

/// Every outcome: its name in tables, and the words after a count of one, and of more.
pub const OUTCOMES: &[(Outcome, &str, &str, &str)] = &[
    (Outcome::Queued, "queued", "is in the queue", "are in the queue"),
    (Outcome::BeyondBudget, "beyond-budget", "is beyond the budget", "are beyond the budget"),
    (Outcome::EarlierFlag, "earlier-flag", "belongs to an earlier flag", "belong to earlier flags"),
    (Outcome::NothingNew, "nothing-new", "has no news of this run", "have no news of this run"),
    (Outcome::NotNews, "not-news", "is mostly not news", "are mostly not news"),
    (
        Outcome::UnknownSource,
        "one-source-unknown",
        "rests on one source of unknown reliability",
        "rest on one source of unknown reliability",
    ),
    (
        Outcome::WeakSource,
        "one-source-weak",
        "rests on one source of reliability C, D or E",
        "rest on one source of reliability C, D or E",
    ),
    (Outcome::Ordinary, "ordinary", "is ordinary for this entity", "are ordinary for their entities"),
    (Outcome::Chance, "chance", "could be chance", "could be chance"),
];

impl Outcome {
    /// Returns the name in tables.
    pub fn name(self) -> &'static str {
        OUTCOMES.iter().find(|row| row.0 == self).expect("every outcome is on the table").1
    }

    /// Reads a name; `None` for an unknown one.
    pub fn parse(name: &str) -> Option<Self> {
        OUTCOMES.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// Returns the words after one candidate.
    pub fn words(self) -> &'static str {
        OUTCOMES.iter().find(|row| row.0 == self).expect("every outcome is on the table").2
    }

    /// Returns true if the gate stopped the candidate.
    pub fn is_stopped(self) -> bool {
        self >= Self::NotNews
    }
}

/// Returns the outcome of each candidate; `ranks` has the rank of each flag in the queue.
pub fn outcomes(gates: &[Gate], flags: &[Flag], ranks: &[Option<u32>]) -> Vec<Outcome> {
    let flag_of: BTreeMap<usize, usize> =
        (0..).zip(flags).filter_map(|(position, flag)| Some((flag.candidate?, position))).collect();
    (0..)
        .zip(gates)
        .map(|(candidate, gate)| match flag_of.get(&candidate) {
            Some(&flag) if ranks[flag].is_some() => Outcome::Queued,
            Some(&flag) if flags[flag].state.is_queued() => Outcome::BeyondBudget,
            Some(_) => Outcome::EarlierFlag,
            None => stopped(gate),
        })
        .collect()
}

/// Returns the most informative outcome of a candidate that the gate stopped. A candidate without news has no source of
/// news, so the test of news comes first. The test of sources is next, because a configuration can change its result.
/// Chance is the most common outcome and comes last.
fn stopped(gate: &Gate) -> Outcome {
    let fails = gate.fails();
    if fails.contains(&"news") {
        Outcome::NotNews
    } else if fails.contains(&"sources") {
        match gate.reliability {
            Some(Reliability::C | Reliability::D | Reliability::E) => Outcome::WeakSource,
            _ => Outcome::UnknownSource,
        }
    } else if fails.contains(&"history") {
        Outcome::Ordinary
    } else if fails.contains(&"chance") {
        Outcome::Chance
    } else {
        Outcome::NothingNew
    }
}

/// Says where the candidates of a run ended, each counted once; the most common first.
pub fn outcomes_sentence(counts: &BTreeMap<Outcome, usize>) -> String {
    let all: usize = counts.values().sum();
    if all == 0 {
        return "No candidate: the recent records show no pattern.".to_owned();
    }
    let mut order: Vec<(&Outcome, &usize)> = counts.iter().filter(|(_, count)| **count > 0).collect();
    order.sort_by_key(|(outcome, count)| {
        (**outcome != Outcome::Queued, std::cmp::Reverse(**count), **outcome)
    });
    let parts = order.into_iter().map(|(outcome, &count)| {
        let (.., one, more) =
            OUTCOMES.iter().find(|row| row.0 == *outcome).expect("every outcome is on the table");
        format!("{count} {}", if count == 1 { one } else { more })
    });
    let noun = if all == 1 { "candidate" } else { "candidates" };
    format!("{all} {noun}: {}.", parts.collect::<Vec<_>>().join(", "))
}

/// Says why an audience with a clearance has no candidate where its view holds no record. It is all that is
/// said: what it may not see is not counted.
pub fn no_record_sentence(audience: &str) -> String {
    format!(
        "{audience} may see no record: records without a marking are shown to audiences without a clearance only; \
`marking` of a source says otherwise."
    )
}

/// Returns the positions of candidates that the gate stopped, the nearest to a flag first. The order is by the number of
/// failed tests, then by the distance of the failed values from their thresholds, then by id.
pub fn nearest<'a>(stopped: impl IntoIterator<Item = (usize, &'a str, [GateTest; 4])>) -> Vec<usize> {
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

/// Says how many flags outside the queue wait for a verdict, and how many closed without one: in this run, and
/// of all that are remembered. `None` where there is none.
pub fn waiting_sentence(
    earlier: usize,
    beyond_budget: usize,
    closed_now: usize,
    closed: usize,
) -> Option<String> {
    let beyond = match beyond_budget {
        0 => None,
        1 => Some("1 of this run is beyond the budget".to_owned()),
        more => Some(format!("{more} of this run are beyond the budget")),
    };
    let earlier = match earlier {
        0 => None,
        1 => Some("1 from earlier runs waits for a verdict".to_owned()),
        more => Some(format!("{more} from earlier runs wait for a verdict")),
    };
    let closed = match (closed, closed_now) {
        (0, _) => None,
        (all, 0) => Some(format!("{all} closed without a verdict")),
        (all, now) if all == now => Some(format!("{all} closed without a verdict, in this run")),
        (all, now) => Some(format!("{all} closed without a verdict, {now} of them in this run")),
    };
    let parts: Vec<String> = earlier.into_iter().chain(beyond).chain(closed).collect();
    (!parts.is_empty()).then(|| format!("{}.", parts.join("; ")))
}

/// Says that no flag, or hardly any, can pass the source test with these sources; `None` where some can.
pub fn source_warning(sources: &BTreeSet<(String, Reliability)>) -> Option<String> {
    if sources.is_empty() || sources.iter().any(|(_, reliability)| suffices_alone(*reliability)) {
        return None;
    }
    let names: Vec<&str> = sources.iter().map(|(name, _)| name.as_str()).collect();
    let needs = "a flag needs two independent sources, or one of reliability A or B";
    if let [(name, reliability)] = sources.iter().collect::<Vec<_>>()[..] {
        return Some(format!(
            "No flag can be raised: the only source, {name}, has reliability {reliability:?}; {needs}."
        ));
    }
    if sources.iter().any(|(_, reliability)| *reliability != Reliability::F) {
        return None;
    }
    let shown = if names.len() > NAMED_MAX { format!("{} sources", names.len()) } else { names.join(", ") };
    Some(format!(
        "Every source has reliability F, which is unknown ({shown}): {needs}. Set `reliability` of the sources that you trust."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(news_share: f64, null_p: f64, before: f64, reliability: Reliability) -> Gate {
        Gate {
            statistic: 2.0,
            strongest_before: Some(before),
            null_p: Some(null_p),
            p_max: 0.05,
            news_share,
            origins: vec!["kestrel".to_owned()],
            reliability: Some(reliability),
        }
    }

    #[test]
    fn each_candidate_is_counted_once_by_its_most_informative_test() {
        let gates = [
            gate(0.1, 0.9, 3.0, Reliability::F),
            gate(1.0, 0.9, 3.0, Reliability::F),
            gate(1.0, 0.9, 3.0, Reliability::D),
            gate(1.0, 0.9, 3.0, Reliability::A),
            gate(1.0, 0.9, 1.0, Reliability::A),
            gate(1.0, 0.01, 1.0, Reliability::A),
        ];
        let outcomes = outcomes(&gates, &[], &[]);
        let names: Vec<&str> = outcomes.iter().map(|outcome| outcome.name()).collect();
        assert_eq!(
            names,
            ["not-news", "one-source-unknown", "one-source-weak", "ordinary", "chance", "nothing-new"]
        );
        assert!(OUTCOMES.iter().all(|(outcome, name, ..)| Outcome::parse(name) == Some(*outcome)));
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_stopped()).count(), 5);
    }

    #[test]
    fn the_sentence_names_the_most_common_first_and_the_queue_before_all() {
        let counts = [(Outcome::Chance, 3), (Outcome::UnknownSource, 6), (Outcome::Ordinary, 1)];
        assert_eq!(
            outcomes_sentence(&counts.into_iter().collect()),
            "10 candidates: 6 rest on one source of unknown reliability, 3 could be chance, 1 is ordinary for this entity."
        );
        let counts = [(Outcome::Chance, 3), (Outcome::Queued, 1)];
        assert_eq!(
            outcomes_sentence(&counts.into_iter().collect()),
            "4 candidates: 1 is in the queue, 3 could be chance."
        );
        assert!(outcomes_sentence(&BTreeMap::new()).starts_with("No candidate"));
    }

    #[test]
    fn the_nearest_candidate_fails_the_fewest_tests_by_the_smallest_gap() {
        let gates = [
            gate(1.0, 0.9, 3.0, Reliability::A),
            gate(0.6, 0.01, 1.0, Reliability::A),
            gate(0.4, 0.01, 1.0, Reliability::A),
            gate(0.6, 0.01, 1.0, Reliability::A),
        ];
        let ids = ["d", "c", "a", "b"];
        let stopped = (0..).zip(gates.iter().zip(ids)).map(|(at, (gate, id))| (at, id, gate.tests()));
        assert_eq!(nearest(stopped), [3, 1, 2, 0]);
    }

    #[test]
    fn what_waits_is_counted_in_words() {
        assert_eq!(waiting_sentence(0, 0, 0, 0), None);
        assert_eq!(waiting_sentence(0, 0, 0, 7).as_deref(), Some("7 closed without a verdict."));
        assert_eq!(waiting_sentence(0, 0, 1, 1).as_deref(), Some("1 closed without a verdict, in this run."));
        assert_eq!(
            waiting_sentence(1, 0, 2, 7).as_deref(),
            Some(
                "1 from earlier runs waits for a verdict; 7 closed without a verdict, 2 of them in this run."
            )
        );
        assert_eq!(waiting_sentence(4, 0, 0, 0).as_deref(), Some("4 from earlier runs wait for a verdict."));
        assert_eq!(
            waiting_sentence(1, 2, 0, 0).as_deref(),
            Some("1 from earlier runs waits for a verdict; 2 of this run are beyond the budget.")
        );
    }

    #[test]
    fn a_warning_is_given_where_sources_cannot_pass_or_nobody_judged_them() {
        let warned = |sources: &[(&str, Reliability)]| {
            source_warning(&sources.iter().map(|(name, known)| ((*name).to_owned(), *known)).collect())
        };
        assert_eq!(warned(&[]), None);
        assert_eq!(warned(&[("gull", Reliability::B)]), None);
        assert_eq!(warned(&[("gull", Reliability::C), ("tern", Reliability::F)]), None, "two can agree");
        assert!(warned(&[("gull", Reliability::C)]).is_some_and(|said| said.starts_with("No flag can")));
        let both = warned(&[("gull", Reliability::F), ("tern", Reliability::F)]);
        assert!(both.is_some_and(|said| said.starts_with("Every source has reliability F")));
    }
}
