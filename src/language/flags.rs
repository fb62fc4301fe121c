//! Sentences about flags.

use super::{Language, listed};
use crate::review::{Flag, FlagTitle, State};

/// Largest number of labels that a title lists.
const LABELS_MAX: usize = 4;

/// Returns a title as a sentence.
pub fn flag_title(language: &Language, title: &FlagTitle) -> String {
    let counts = title.counts.iter().map(|(name, count)| (name.as_str(), count.to_string()));
    let labels =
        title.labels.iter().map(|(name, labels)| (name.as_str(), listed(language, labels, LABELS_MAX)));
    let values: Vec<(&str, String)> = counts.chain(labels).collect();
    language.fill(&format!("pattern.{}.title", title.pattern), &values)
}

/// Returns the definition of a pattern with its rationale and its benign explanations.
pub fn pattern_about(language: &Language, pattern: &str) -> String {
    let part = |part: &str| language.text(&format!("pattern.{pattern}.{part}"));
    let values = [
        ("about", part("about")),
        ("rationale", part("rationale")),
        ("explanations", part("false_positives")),
    ];
    language.fill("pattern.about", &values)
}

/// Returns the reason why a flag is closed.
pub fn closed(language: &Language) -> String {
    language.text("reason.closed")
}

/// Returns the reason why a flag of the run is not in the queue.
pub fn not_queued(language: &Language, flag: &Flag) -> String {
    match (flag.state, flag.judged) {
        (State::Judged, Some((verdict, recorded_at))) => language.fill(
            "flag.judged",
            &[("verdict", language.name("verdict", verdict.name())), ("time", recorded_at.display_utc())],
        ),
        (State::Closed, _) => closed(language),
        (State::New | State::Grown, _) => language.text("flag.beyond-budget"),
        _ => language.text("flag.no-new-evidence"),
    }
}
