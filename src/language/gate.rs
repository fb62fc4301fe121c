//! Sentences of the tests of the emergence gate, and of the statuses of candidates.

use super::{Language, real};
use crate::review::{CandidateStatus, GateTest};

/// Returns the value and the threshold of a test in a sentence.
pub fn gate_test(language: &Language, test: &GateTest) -> String {
    let display: fn(f64) -> String = match test.name {
        "history" => real,
        "sources" | "fact" => |count| format!("{count:.0}"),
        "chance" | "expected" => expected,
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

/// Returns an expected number of instances with two significant digits.
pub(super) fn expected(number: f64) -> String {
    if number >= 1.0 {
        return format!("{number:.1}");
    }
    let digits = if number > 0.0 { (1.0 - number.log10().floor()) as usize } else { 0 };
    if digits <= 6 { format!("{number:.digits$}") } else { format!("{number:.1e}") }
}

fn percent(share: f64) -> String {
    let digits = usize::from(share > 0.0 && share < 0.1);
    format!("{:.digits$} %", share * 100.0)
}

/// Returns the status of some candidates, to be read after their count.
pub fn status(language: &Language, status: CandidateStatus, count: usize) -> String {
    language.fill(&format!("candidate-status.{}", status.name()), &[("count", count.to_string())])
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
            sentence("chance", Some(0.004), Some(0.01)),
            "chance gives 0.0040 instances like it in the whole input; at most 0.010 may be given"
        );
        assert_eq!(
            sentence("expected", Some(0.0042), Some(0.01)),
            "chance gives 0.0042 instances like it in the whole input; fewer than 0.010 may be given"
        );
        assert_eq!(sentence("chance", None, Some(0.05)), "not measured");
        assert_eq!(
            sentence("sources", Some(1.0), Some(2.0)),
            "1 independent source; two are needed, or one of reliability A or B"
        );
        assert!(sentence("sources", Some(1.0), Some(1.0)).ends_with("one is enough"));
    }
}
