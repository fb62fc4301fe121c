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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_states_its_value_and_its_threshold() {
        let sentence = |name: &'static str, value: Option<f64>, threshold: Option<f64>| {
            gate_test(Language::english(), &GateTest { name, passed: true, value, threshold })
        };
        assert_eq!(
            sentence("history", Some(1.5), Some(-0.001)),
            "1.50; it must exceed 0.00, the strongest earlier window"
        );
        assert_eq!(sentence("history", Some(1.5), None), "1.50; there is no earlier window to compare with");
        assert_eq!(
            sentence("chance", Some(0.004), Some(0.0)),
            "0.4 % of random runs reach it; at most 0 % may"
        );
        assert_eq!(sentence("chance", None, Some(0.05)), "not measured");
        assert_eq!(
            sentence("sources", Some(1.0), Some(2.0)),
            "1 independent source; two are needed, or one of reliability A or B"
        );
        assert!(sentence("sources", Some(1.0), Some(1.0)).ends_with("one is enough"));
    }
}
