//! Agreement between reviewers who judged the same flags.
//!
//! The measure is Krippendorff's alpha for nominal values (Krippendorff 2004, Content Analysis, chapter 11). It allows any
//! number of reviewers on a flag. The value 1 is full agreement, and 0 is the agreement that chance gives.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    judgement::{self, Judgement, Kind, Value},
    model::{Draws, Estimate, estimates},
};

/// Agreement of reviewers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// Flags with verdicts of two people or more.
    pub flags: usize,
    /// Flags of these on which all verdicts are equal.
    pub agreed: usize,
    /// Flags of these with both *confirmed* and *benign*.
    pub contested: usize,
    /// Krippendorff's alpha with its interval of 95 % over flags; the value is `None` if all verdicts are equal.
    pub alpha: Estimate,
}

/// Returns the agreement of reviewers over all flags. The last verdict of each person counts; withdrawn ones do not.
pub fn of(judgements: &[Judgement]) -> Agreement {
    let flags: BTreeSet<&str> = judgements
        .iter()
        .filter(|judgement| judgement.kind == Kind::Flag)
        .map(|judgement| judgement.subject_id.as_str())
        .collect();
    let verdicts = |flag: &str| -> Vec<Value> {
        let in_force = judgement::in_force(judgements, flag, None, None);
        in_force.into_iter().map(|judgement| judgement.value).collect()
    };
    let units: Vec<Vec<Value>> = flags.into_iter().map(verdicts).filter(|values| values.len() > 1).collect();
    let is_agreed = |values: &&Vec<Value>| values.iter().all(|value| *value == values[0]);
    let is_contested = |values: &&Vec<Value>| judgement::is_contested(values.iter().copied());
    let measured = estimates(units.len(), Draws::default(), |copies| vec![alpha(&units, copies)]);
    let nothing = Estimate { value: None, low: None, high: None, draws_undefined: 0 };
    Agreement {
        flags: units.len(),
        agreed: units.iter().filter(is_agreed).count(),
        contested: units.iter().filter(is_contested).count(),
        alpha: measured.into_iter().next().unwrap_or(nothing),
    }
}

/// Returns Krippendorff's alpha of units, each taken a number of times; `None` if all values are equal.
fn alpha(units: &[Vec<Value>], copies: &[u32]) -> Option<f64> {
    let mut totals: BTreeMap<Value, f64> = BTreeMap::new();
    let mut disagreement = 0.0;
    for (values, copies) in units.iter().zip(copies) {
        let (count, copies) = (values.len() as f64, f64::from(*copies));
        let mut of_unit: BTreeMap<Value, f64> = BTreeMap::new();
        for value in values {
            *of_unit.entry(*value).or_default() += 1.0;
            *totals.entry(*value).or_default() += copies;
        }
        let equal_pairs: f64 = of_unit.values().map(|number| number * (number - 1.0)).sum();
        disagreement += copies * (count * (count - 1.0) - equal_pairs) / (count - 1.0);
    }
    let total: f64 = totals.values().sum();
    let equal_pairs: f64 = totals.values().map(|number| number * (number - 1.0)).sum();
    let expected = (total * (total - 1.0) - equal_pairs) / (total - 1.0);
    (expected > 0.0).then(|| 1.0 - disagreement / expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Moment;

    /// Returns alpha by its definition: the share of differing pairs within units, over that of all pairs of values.
    fn slow_alpha(units: &[Vec<Value>]) -> Option<f64> {
        let all: Vec<Value> = units.iter().flatten().copied().collect();
        let mut observed = 0.0;
        for values in units {
            for (position, value) in values.iter().enumerate() {
                let others = values.iter().enumerate().filter(|(other, _)| *other != position);
                let differing = others.filter(|(_, other)| *other != value).count() as f64;
                observed += differing / (values.len() as f64 - 1.0) / all.len() as f64;
            }
        }
        let mut expected = 0.0;
        for (position, value) in all.iter().enumerate() {
            let others = all.iter().enumerate().filter(|(other, _)| *other != position);
            let differing = others.filter(|(_, other)| *other != value).count() as f64;
            expected += differing / (all.len() as f64 - 1.0) / all.len() as f64;
        }
        (expected > 0.0).then(|| 1.0 - observed / expected)
    }

    #[test]
    fn alpha_is_that_of_its_definition() {
        use Value::{Benign, Confirmed, NeedsMore};
        let units = [
            vec![Confirmed, Confirmed],
            vec![Benign, Benign, Benign],
            vec![Confirmed, Benign],
            vec![NeedsMore, Benign, Confirmed],
            vec![Confirmed, Confirmed],
        ];
        let known = alpha(&units, &[1; 5]).expect("values differ");
        assert!((known - slow_alpha(&units).expect("values differ")).abs() < 1e-12, "{known}");
        let twice: Vec<Vec<Value>> = units.iter().chain(&units[..1]).cloned().collect();
        let drawn = alpha(&units, &[2, 1, 1, 1, 1]).expect("values differ");
        assert!((drawn - slow_alpha(&twice).expect("values differ")).abs() < 1e-12);
        assert_eq!(alpha(&units[..1], &[1]), None, "equal values say nothing about chance");
        let agreed = [vec![Confirmed, Confirmed], vec![Benign, Benign]];
        assert_eq!(alpha(&agreed, &[1, 1]), Some(1.0));
    }

    #[test]
    fn flags_of_two_people_count() {
        let judgement = |flag: &str, by: &str, value| Judgement {
            judgement_id: None,
            recorded_at: Moment::from_micros(1),
            by: by.to_owned(),
            subject_id: flag.to_owned(),
            other_id: None,
            kind: Kind::Flag,
            value,
            reason: String::new(),
            reason_code: None,
            note: None,
            identifiers: Vec::new(),
            audience: None,
        };
        let all = [
            judgement("flag-1", "ana", Value::Confirmed),
            judgement("flag-1", "ben", Value::Benign),
            judgement("flag-2", "ana", Value::Benign),
            judgement("flag-2", "ben", Value::Benign),
            judgement("flag-3", "ana", Value::Benign),
        ];
        let agreement = of(&all);
        assert_eq!((agreement.flags, agreement.agreed, agreement.contested), (2, 1, 1));
        // Three benign and one confirmed: 1 - (1 / 2) / (3 / 6).
        assert_eq!(agreement.alpha.value, Some(0.0));
        assert_eq!(of(&[]).flags, 0);
    }
}
