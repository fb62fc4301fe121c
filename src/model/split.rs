//! Splits of rows into fitting, calibration and validation; a split keeps groups whole and never fits on the future.

use std::collections::BTreeSet;

use super::training_set::TrainingSet;

/// Separation of calibration rows from the rows for fitting weights.
#[derive(Clone, Debug, PartialEq)]
pub enum Split {
    /// By time: the latest share of the rows calibrates, without rows of groups that also have fitting rows.
    Time {
        /// Share of the rows that comes after the cut, between 0 and 1.
        calibration_share: f64,
        /// Distance before the cut within which rows are left out: the horizon of the labels, in the unit of the moments.
        gap: i64,
    },
    /// By group: rows of these groups calibrate, all others fit.
    Groups {
        /// Groups for calibration.
        calibration: Vec<u32>,
    },
}

/// Row numbers of a split, ascending.
#[derive(Debug)]
pub(super) struct SplitRows {
    pub(super) fitting: Vec<usize>,
    pub(super) calibration: Vec<usize>,
}

/// Splits rows that are sorted by moment.
pub(super) fn split(set: &TrainingSet, split: Split) -> Result<SplitRows, String> {
    let rows = set.labels.len();
    match split {
        Split::Groups { calibration } => {
            let named: BTreeSet<u32> = calibration.into_iter().collect();
            let (calibration, fitting) = (0..rows).partition(|&row| named.contains(&set.groups[row]));
            Ok(SplitRows { fitting, calibration })
        }
        Split::Time { calibration_share, gap } => {
            if !(calibration_share > 0.0 && calibration_share < 1.0) || gap < 0 {
                return Err(format!(
                    "a calibration share of {calibration_share} with a gap of {gap}: the share is between 0 and 1, the gap not negative"
                ));
            }
            let Some(&cut) = set.moments.get(((1.0 - calibration_share) * rows as f64) as usize) else {
                return Err("no rows to train on".to_owned());
            };
            let fitting: Vec<usize> =
                (0..rows).filter(|&row| set.moments[row] < cut.saturating_sub(gap)).collect();
            let seen: BTreeSet<u32> = fitting.iter().map(|&row| set.groups[row]).collect();
            let is_kept = |row: &usize| set.moments[*row] >= cut && !seen.contains(&set.groups[*row]);
            Ok(SplitRows { calibration: (0..rows).filter(is_kept).collect(), fitting })
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    fn set(groups: &[u32], moments: &[i64]) -> TrainingSet {
        let rows = groups.len();
        TrainingSet {
            features: Array2::zeros((rows, 0)),
            labels: vec![false; rows],
            groups: groups.to_vec(),
            moments: moments.to_vec(),
            specs: Vec::new(),
        }
    }

    #[test]
    fn calibration_is_later_by_the_gap_and_of_other_groups() {
        let set = set(&[1, 2, 3, 3, 1, 4, 3, 5], &[10, 20, 30, 40, 50, 60, 70, 80]);
        let parts = split(&set, Split::Time { calibration_share: 0.5, gap: 15 }).expect("it is valid");
        assert_eq!(parts.fitting, [0, 1, 2]);
        assert_eq!(parts.calibration, [5, 7]);
    }

    #[test]
    fn named_groups_calibrate() {
        let set = set(&[1, 2, 1], &[1, 1, 1]);
        let parts = split(&set, Split::Groups { calibration: vec![1, 9] }).expect("it is valid");
        assert_eq!((parts.fitting, parts.calibration), (vec![1], vec![0, 2]));
    }

    #[test]
    fn a_share_outside_of_zero_and_one_is_an_error() {
        for calibration_share in [0.0, 1.0, f64::NAN] {
            let result = split(&set(&[1], &[1]), Split::Time { calibration_share, gap: 0 });
            assert!(result.is_err(), "{result:?}");
        }
    }
}
