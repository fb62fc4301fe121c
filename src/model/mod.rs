//! Features to a score and why. A score is a witness, not a judge.

use ndarray::ArrayView1;

use crate::features::Candidate;

/// How candidates are scored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Model {
    /// By rule alone: the share of tonight's candidates that show their pattern no more strongly.
    #[default]
    Rules,
}

impl Model {
    /// Returns the id that the manifest and flags name.
    pub fn id(self) -> &'static str {
        match self {
            Self::Rules => "rules",
        }
    }
}

/// Scores each candidate from 0 to 1, in the order given.
pub fn score(model: Model, candidates: &[Candidate]) -> Vec<f64> {
    match model {
        Model::Rules => {
            let statistics: Vec<f64> = candidates.iter().map(|candidate| candidate.statistic).collect();
            ranks(ArrayView1::from(&statistics))
        }
    }
}

/// Returns the share of values that are no larger than each, from 0 to 1.
fn ranks(values: ArrayView1<'_, f64>) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let share = |value: &f64| {
        sorted.partition_point(|other| other.total_cmp(value).is_le()) as f64 / sorted.len() as f64
    };
    values.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_scores_one_and_equals_score_alike() {
        assert_eq!(ranks(ArrayView1::from(&[3.0, 1.0, 3.0, 2.0])), [1.0, 0.25, 1.0, 0.5]);
    }
}
