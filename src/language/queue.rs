//! Sentences about the review queue as a whole.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{
    Language,
    gate::{gate_test, status},
};
use crate::review::{CandidateStatus, GateTest, SourceWarning, WaitingFlags};

/// Largest number of sources that a warning names.
const NAMED_MAX: usize = 5;

/// Returns the sentence of a first run, which has no candidate.
pub fn empty_first_run(language: &Language) -> String {
    language.text("queue.first-run")
}

/// Returns the reason why an audience with a clearance has no candidate where its view has no record. The sentence
/// states no count, because the audience may not know it.
pub fn no_visible_record(language: &Language, audience: &str) -> String {
    language.fill("queue.no-visible-record", &[("audience", audience.to_owned())])
}

/// Numbers of entities and links that a run first recorded. Only links that a pattern reads are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NewlyRecorded {
    /// Number of new entities.
    pub entities: usize,
    /// Number of new links of which neither end is context, such as a technique or a place.
    pub links: usize,
}

/// Returns the number of candidates by status: first those in the queue, then the most common status. If none is in the
/// queue, the sentences name what stopped the nearest one, or what the run recorded.
pub fn statuses(
    language: &Language,
    counts: &BTreeMap<CandidateStatus, usize>,
    nearest: Option<(&str, &[GateTest])>,
    recorded: NewlyRecorded,
) -> String {
    let total: usize = counts.values().sum();
    if total == 0 {
        let values = [("entities", recorded.entities.to_string()), ("links", recorded.links.to_string())];
        let key = match recorded {
            NewlyRecorded { links: 1.., .. } => "candidate-statuses.none-links",
            NewlyRecorded { entities: 1.., .. } => "candidate-statuses.none-entities",
            NewlyRecorded { .. } => "candidate-statuses.none",
        };
        return language.fill(key, &values);
    }
    let mut order: Vec<(CandidateStatus, usize)> =
        counts.iter().map(|(status, count)| (*status, *count)).filter(|(_, count)| *count > 0).collect();
    order.sort_by_key(|(status, count)| (*status != CandidateStatus::Queued, Reverse(*count), *status));
    let part = |(result, count): (CandidateStatus, usize)| {
        let values = [("count", count.to_string()), ("status", status(language, result, count))];
        language.fill("candidate-statuses.part", &values)
    };
    let parts: Vec<String> = order.into_iter().map(part).collect();
    let parts = parts.join(&language.text("list.separator"));
    let sentence = language.fill("candidate-statuses", &[("count", total.to_string()), ("parts", parts)]);
    let is_queued = counts.get(&CandidateStatus::Queued).is_some_and(|count| *count > 0);
    match nearest.filter(|_| !is_queued) {
        Some((title, tests)) => format!("{sentence} {}", nearest_sentence(language, title, tests)),
        None => sentence,
    }
}

/// Returns the sentence that names the candidate nearest to a flag, and the tests that it fails.
fn nearest_sentence(language: &Language, title: &str, tests: &[GateTest]) -> String {
    let failed = tests.iter().filter(|test| !test.passed);
    let tests: Vec<String> = failed
        .map(|test| format!("{} ({})", language.name("test", test.name), gate_test(language, test)))
        .collect();
    let values = [("tests", tests.join(&language.text("list.separator"))), ("title", title.to_owned())];
    language.fill("candidate-statuses.nearest", &values)
}

/// Returns the number of flags outside the queue without a verdict; `None` without any.
pub fn waiting_flags(language: &Language, waiting: &WaitingFlags) -> Option<String> {
    let WaitingFlags { earlier, beyond_budget, out_of_focus, contested, sampled, closed_now, closed } =
        *waiting;
    let all_closed_now = closed_now > 0 && closed == closed_now;
    let part = |part: &str, count: usize| {
        let values = [
            ("count", count.to_string()),
            ("now", closed_now.to_string()),
            ("now_all", usize::from(all_closed_now).to_string()),
        ];
        (count > 0).then(|| language.fill(&format!("queue.waiting.{part}"), &values))
    };
    let parts = [
        part("earlier", earlier),
        part("beyond", beyond_budget),
        part("focus", out_of_focus),
        part("contested", contested),
        part("sampled", sampled),
        part("closed", closed),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let sentence = parts.join(&language.text("queue.waiting.separator"));
    (!parts.is_empty()).then(|| language.fill("queue.waiting", &[("parts", sentence)]))
}

/// Returns the sentence of a warning about sources.
pub fn source_warning(language: &Language, warning: &SourceWarning) -> String {
    match warning {
        SourceWarning::OnlySource { source, reliability } => language.fill(
            "warning.only-source",
            &[("source", source.clone()), ("reliability", format!("{reliability:?}"))],
        ),
        SourceWarning::AllUnknown { sources } => {
            let count = if sources.len() > NAMED_MAX { sources.len() } else { 0 };
            let names = sources.join(&language.text("list.separator"));
            language.fill("warning.unknown-sources", &[("count", count.to_string()), ("sources", names)])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statuses_name_the_queue_first_and_then_the_most_common() {
        let sentence = |counts: &[(CandidateStatus, usize)]| {
            statuses(Language::english(), &counts.iter().copied().collect(), None, NewlyRecorded::default())
        };
        assert_eq!(
            sentence(&[
                (CandidateStatus::Chance, 3),
                (CandidateStatus::UnknownSource, 6),
                (CandidateStatus::Ordinary, 1)
            ]),
            "10 candidates: 6 rest on one source of unknown reliability, 3 could be chance, 1 is typical for this entity."
        );
        assert_eq!(
            sentence(&[(CandidateStatus::Chance, 3), (CandidateStatus::Queued, 1)]),
            "4 candidates: 1 is in the queue, 3 could be chance."
        );
        assert!(sentence(&[]).starts_with("No candidate: this run recorded no new entity"));
    }

    #[test]
    fn an_empty_queue_names_what_stopped_the_nearest_candidate() {
        let test = |name: &'static str, passed: bool| GateTest {
            name,
            passed,
            value: Some(0.5),
            threshold: Some(0.7),
        };
        let tests = [test("news", false), test("history", true)];
        let counts = BTreeMap::from([(CandidateStatus::NotNews, 2)]);
        let nearest = Some(("New group with Ash Sparrow.", tests.as_slice()));
        let explained =
            |counts| statuses(Language::english(), counts, nearest, NewlyRecorded { entities: 3, links: 1 });
        assert_eq!(
            explained(&counts),
            "2 candidates: 2 are mostly not news. Nearest to a flag is this one, which fails news (50 % of its recent \
             weight is news; at least 70 % must be): New group with Ash Sparrow."
        );
        assert!(!explained(&BTreeMap::from([(CandidateStatus::Queued, 1)])).contains("Nearest"));
        let none = |entities, links| {
            statuses(Language::english(), &BTreeMap::new(), None, NewlyRecorded { entities, links })
        };
        assert!(none(3, 1).contains("the 1 new link that patterns read shows none"), "{}", none(3, 1));
        assert!(none(3, 0).contains("3 new entities, but no new link"), "{}", none(3, 0));
    }

    #[test]
    fn waiting_flags_are_counted() {
        let sentence = |[earlier, beyond_budget, closed_now, closed]: [usize; 4]| {
            let waiting =
                WaitingFlags { earlier, beyond_budget, closed_now, closed, ..WaitingFlags::default() };
            waiting_flags(Language::english(), &waiting)
        };
        assert_eq!(sentence([0; 4]), None);
        assert_eq!(sentence([0, 0, 0, 7]).as_deref(), Some("7 closed without a verdict."));
        assert_eq!(sentence([0, 0, 1, 1]).as_deref(), Some("1 closed without a verdict, in this run."));
        assert_eq!(
            sentence([1, 0, 2, 7]).as_deref(),
            Some(
                "1 from earlier runs waits for a verdict; 7 closed without a verdict, 2 of them in this run."
            )
        );
        assert_eq!(
            sentence([4, 2, 0, 0]).as_deref(),
            Some("4 from earlier runs wait for a verdict; 2 of this run are beyond the budget.")
        );
        let unfocused = WaitingFlags { out_of_focus: 2, ..WaitingFlags::default() };
        assert_eq!(
            waiting_flags(Language::english(), &unfocused).as_deref(),
            Some("2 of this run are outside the focus.")
        );
        let others = WaitingFlags { contested: 1, sampled: 3, ..WaitingFlags::default() };
        assert_eq!(
            waiting_flags(Language::english(), &others).as_deref(),
            Some("1 is contested: reviewers disagree; 3 of earlier random samples wait for a verdict.")
        );
    }
}
