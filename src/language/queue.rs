//! Sentences about the review queue as a whole.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{Language, gate::status};
use crate::review::{CandidateStatus, SourceWarning, WaitingFlags};

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

/// Returns the number of candidates by status: first those in the queue, then the most common status.
pub fn statuses(language: &Language, counts: &BTreeMap<CandidateStatus, usize>) -> String {
    let total: usize = counts.values().sum();
    if total == 0 {
        return language.text("candidate-statuses.none");
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
    language.fill("candidate-statuses", &[("count", total.to_string()), ("parts", parts)])
}

/// Returns the number of flags outside the queue without a verdict; `None` without any.
pub fn waiting_flags(language: &Language, waiting: &WaitingFlags) -> Option<String> {
    let WaitingFlags { earlier, beyond_budget, contested, sampled, closed_now, closed } = *waiting;
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
            statuses(Language::english(), &counts.iter().copied().collect())
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
        assert!(sentence(&[]).starts_with("No candidate"));
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
        let others = WaitingFlags { contested: 1, sampled: 3, ..WaitingFlags::default() };
        assert_eq!(
            waiting_flags(Language::english(), &others).as_deref(),
            Some("1 is contested: reviewers disagree; 3 of earlier random samples wait for a verdict.")
        );
    }
}
