//! Sentences of the tests of the emergence gate, and of the outcomes of candidates.

use super::{Language, real};
use crate::review::{GateTest, Outcome};

/// Returns the value and the threshold of a test in a sentence.
pub fn gate_test(language: &Language, test: &GateTest) -> String {
    let display: fn(f64) -> String = match test.name {
        "history" => real,
        "sources" => |count| format!("{count:.0}"),
        _ => percent,
    };
    let threshold = test.threshold.map(display);
    match (test.value, threshold) {
        (Some(value), threshold) if threshold.is_some() || test.name == "history" => language.fill(
            &format!("gate.{}", test.name),
            &[("value", display(value)), ("threshold", threshold.unwrap_or_default())],
        ),
        _ => language.text("gate.unmeasured"),
    }
}

fn percent(share: f64) -> String {
    let digits = usize::from(share > 0.0 && share < 0.1);
    format!("{:.digits$} %", share * 100.0)
}

/// Returns the outcome of some candidates, to be read after their count.
pub fn outcome(language: &Language, outcome: Outcome, count: usize) -> String {
    language.fill(&format!("outcome.{}", outcome.name()), &[("count", count.to_string())])
}
