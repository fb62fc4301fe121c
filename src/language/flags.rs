//! Sentences about flags.

use std::collections::BTreeMap;

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

/// Returns the reason why a flag of the run is not in the queue. `focus` is the number of criteria of the audience's focus
/// that it meets.
pub fn not_queued(language: &Language, flag: &Flag, focus: Option<u32>) -> String {
    match (flag.state, flag.verdicts.judged()) {
        (State::Contested, _) => contested(language, flag),
        (State::Judged, Some((verdict, recorded_at))) => language.fill(
            "flag.judged",
            &[("verdict", language.name("verdict", verdict.name())), ("time", recorded_at.display_utc())],
        ),
        (State::Closed, _) if flag.sampled.is_some() => language.text("reason.sample-over"),
        (State::Closed, _) => closed(language),
        (State::New | State::Standing, _) if flag.sampled.is_some() => language.text("flag.sampled"),
        (State::New | State::Grown, _) if focus == Some(0) => language.text("flag.out-of-focus"),
        (State::New | State::Grown, _) => language.text("flag.beyond-budget"),
        _ => language.text("flag.no-new-evidence"),
    }
}

/// Returns the verdicts of a contested flag with their numbers. Names of people are left out, because an audience reads
/// this sentence.
fn contested(language: &Language, flag: &Flag) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for verdict in &flag.verdicts.in_force {
        *counts.entry(verdict.value.name()).or_default() += 1;
    }
    let part = |(verdict, count): (&str, usize)| {
        let values = [("count", count.to_string()), ("verdict", language.name("verdict", verdict))];
        language.fill("flag.contested.part", &values)
    };
    let parts: Vec<String> = counts.into_iter().map(part).collect();
    language.fill("flag.contested", &[("verdicts", parts.join(&language.text("list.separator")))])
}
