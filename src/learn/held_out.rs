//! Average precision of flags of held-out variants, beside that of the variants that training has seen.

use serde::Serialize;

use super::{
    backtest::{self, Row},
    worlds::EvaluatedWorld,
};
use crate::model::{self, TrainedModel};

/// Average precision of true flags of two kinds. Both are measured against all false flags of seen and held-out variants. An average
/// precision depends on the share of true flags, so that each kind is weighted to the share of all flags.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct HeldOut {
    /// Number of true flags of variants that training skips.
    pub held_out_flags: usize,
    /// Number of the other true flags.
    pub seen_flags: usize,
    /// Average precision of the flags of held-out variants, from 0 to 1; `None` without them.
    pub held_out: Option<f64>,
    /// Average precision of the other true flags, from 0 to 1; `None` without them.
    pub seen: Option<f64>,
}

impl HeldOut {
    /// Returns the share of the average precision that held-out variants keep; `None` if one of the kinds has no flag.
    pub fn kept(&self) -> Option<f64> {
        self.held_out.zip(self.seen).map(|(held_out, seen)| held_out / seen)
    }
}

/// Compares the two kinds of true flags by the scores of a model.
pub fn held_out(model: &TrainedModel, worlds: &[EvaluatedWorld]) -> HeldOut {
    let rows: Vec<&Row> = worlds.iter().flat_map(|world| &world.rows).filter(|row| row.is_raised).collect();
    let scores = model::model_scores(model, &backtest::matrix(&rows));
    let is_true = |row: &Row| row.label.as_ref().is_some_and(|label| label.is_true);
    let flags = rows.iter().zip(scores).map(|(row, score)| (score, is_true(row), row.is_held_out));
    compared(&flags.collect::<Vec<_>>())
}

/// Compares the true flags that are held out with the others. Each flag has its score, and whether it is true and held out.
fn compared(flags: &[(f64, bool, bool)]) -> HeldOut {
    let count = |is_asked: bool| {
        flags.iter().filter(|(_, is_true, is_held_out)| *is_true && *is_held_out == is_asked).count()
    };
    let [held_out_flags, seen_flags] = [count(true), count(false)];
    let rate = (held_out_flags + seen_flags) as f64 / flags.len().max(1) as f64;
    let of_kind = |is_asked: bool| {
        let kind = flags.iter().filter(|(_, is_true, is_held_out)| !is_true || *is_held_out == is_asked);
        average_precision(kind.map(|(score, is_true, _)| (*score, *is_true)).collect(), rate)
    };
    HeldOut { held_out_flags, seen_flags, held_out: of_kind(true), seen: of_kind(false) }
}

/// Returns the average precision, each true flag weighted so that their share is `rate`; `None` without a true flag. Flags with equal
/// scores have one place.
fn average_precision(mut flags: Vec<(f64, bool)>, rate: f64) -> Option<f64> {
    let positives = flags.iter().filter(|(_, is_true)| *is_true).count() as f64;
    let negatives = flags.len() as f64 - positives;
    if positives == 0.0 {
        return None;
    }
    let negative_weight = if negatives > 0.0 { (1.0 - rate) / negatives } else { 0.0 };
    flags.sort_by(|one, other| other.0.total_cmp(&one.0));
    let (mut above, mut false_above, mut sum) = (0.0, 0.0, 0.0);
    for place in flags.chunk_by(|one, other| one.0.total_cmp(&other.0).is_eq()) {
        let of_place = place.iter().filter(|(_, is_true)| *is_true).count() as f64;
        above += of_place;
        false_above += place.len() as f64 - of_place;
        let true_weight = rate * above / positives;
        if of_place > 0.0 {
            sum += of_place * true_weight / (true_weight + negative_weight * false_above);
        }
    }
    Some(sum / positives)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_out_flags_that_rank_lower_keep_a_smaller_share() {
        // Seen flags come first, then a false one, then held-out flags, then a false one.
        let flags = [
            (0.9, true, false),
            (0.8, true, false),
            (0.7, false, false),
            (0.6, true, true),
            (0.5, true, true),
            (0.4, false, true),
        ];
        let compared = compared(&flags);
        assert_eq!((compared.held_out_flags, compared.seen_flags), (2, 2));
        assert_eq!(compared.seen, Some(1.0));
        // At a rate of 2/3: half of the true weight against half of the false one is 2/3; all of it is 0.8.
        let expected = f64::midpoint(2.0 / 3.0, 0.8);
        assert!((compared.held_out.expect("flags") - expected).abs() < 1e-12, "{compared:?}");
        assert!((compared.kept().expect("both kinds") - expected).abs() < 1e-12);
    }

    #[test]
    fn equal_orders_keep_all_and_a_missing_kind_is_unknown() {
        let flags = [
            (0.9, true, false),
            (0.9, true, true),
            (0.5, false, false),
            (0.4, true, false),
            (0.4, true, true),
        ];
        assert_eq!(compared(&flags).kept(), Some(1.0));
        assert_eq!(compared(&flags[..1]).kept(), None);
        assert_eq!(compared(&[]).seen, None);
    }
}
