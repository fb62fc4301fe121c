//! Scored rows in order, and measures over them. No measure depends on the order of rows with equal scores.
//!
//! Every measure takes the number of copies of each group, so that a bootstrap over groups needs no new sort.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Measure of scored rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Mean over groups of the precision among the first rows of the group, up to this number.
    PrecisionByGroup(usize),
    /// Precision among the first rows of all groups in one queue, up to this number.
    PrecisionPooled(usize),
    /// Average precision by steps, as in scikit-learn: the sum over distinct scores of the gain in recall times the
    /// precision with all rows of that score shown.
    AveragePrecision,
    /// Area under the receiver operating characteristic curve: the share of correctly ordered pairs; a pair of equal
    /// scores counts half.
    Auc,
    /// Mean squared difference of probability and label.
    Brier,
    /// One less the ratio of the Brier score to that of a constant probability, the base rate of these rows.
    BrierSkill,
    /// Mean difference of probability and share of positives over [`BINS`] bins of equal mass, for probabilities of at
    /// least [`PROBABILITY_MIN`].
    CalibrationError,
}

/// Number of bins of a calibration error.
pub const BINS: usize = 10;
/// Smallest probability in a calibration error; a candidate with a lower one does not reach the queue.
pub const PROBABILITY_MIN: f64 = 0.05;

impl Measure {
    /// Returns the name in tables.
    pub fn name(self) -> String {
        match self {
            Self::PrecisionByGroup(count) => format!("precision_at_{count}_by_group"),
            Self::PrecisionPooled(count) => format!("precision_at_{count}_pooled"),
            Self::AveragePrecision => "average_precision".to_owned(),
            Self::Auc => "auc".to_owned(),
            Self::Brier => "brier".to_owned(),
            Self::BrierSkill => "brier_skill".to_owned(),
            Self::CalibrationError => "calibration_error".to_owned(),
        }
    }
}

/// Rows from the highest score down.
#[derive(Debug)]
pub(super) struct Ranked {
    rows: Vec<RankedRow>,
    /// Steps of each group, every row once.
    by_group: Vec<Vec<ScoreStep>>,
}

/// One scored row.
#[derive(Clone, Copy, Debug)]
pub(super) struct RankedRow {
    pub(super) score: f64,
    pub(super) label: bool,
    /// Position of the group among the groups, ascending.
    pub(super) group: usize,
}

/// Rows of equal score.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ScoreStep {
    pub(super) rows: f64,
    pub(super) positives: f64,
    /// Sum of the scores.
    pub(super) scores: f64,
}

/// Sorts rows by score, the highest first; NaN is the lowest.
pub(super) fn rank(scores: &[f64], labels: &[bool], groups: &[u32]) -> Ranked {
    let names: Vec<u32> = groups.iter().copied().collect::<BTreeSet<u32>>().into_iter().collect();
    let numbers: Vec<u32> =
        groups.iter().map(|group| names.partition_point(|name| name < group) as u32).collect();
    rank_numbered(scores, labels, &numbers, names.len())
}

/// Sorts rows as [`rank`] does, with groups that are numbered from 0 up to `count`; some may have no row.
pub(super) fn rank_numbered(scores: &[f64], labels: &[bool], groups: &[u32], count: usize) -> Ranked {
    let mut rows: Vec<RankedRow> = scores
        .iter()
        .zip(labels)
        .zip(groups)
        .map(|((&score, &label), &group)| RankedRow {
            score: if score.is_nan() { f64::NEG_INFINITY } else { score + 0.0 },
            label,
            group: group as usize,
        })
        .collect();
    let key = |row: &RankedRow| (row.group, row.label);
    rows.sort_by(|left, right| right.score.total_cmp(&left.score).then_with(|| key(left).cmp(&key(right))));
    let mut split: Vec<Vec<RankedRow>> = vec![Vec::new(); count];
    for row in &rows {
        split[row.group].push(*row);
    }
    let once = vec![1; count];
    let by_group = split.iter().map(|rows| steps(rows, &once)).collect();
    Ranked { rows, by_group }
}

impl Ranked {
    pub(super) fn group_count(&self) -> usize {
        self.by_group.len()
    }

    pub(super) fn rows(&self) -> &[RankedRow] {
        &self.rows
    }
}

/// Returns each measure for given numbers of copies of each group; `None` where a measure is not defined.
pub(super) fn measure(ranked: &Ranked, measures: &[Measure], copies: &[u32]) -> Vec<Option<f64>> {
    let steps = steps(&ranked.rows, copies);
    let total = total(&steps);
    let value = |measure: &Measure| match *measure {
        Measure::PrecisionByGroup(count) => {
            let precisions = ranked.by_group.iter().zip(copies).filter(|(_, copies)| **copies > 0);
            let weighted =
                precisions.filter_map(|(steps, copies)| Some((precision(steps, count)?, f64::from(*copies))));
            let sum =
                weighted.fold((0.0, 0.0), |sum, (value, copies)| (sum.0 + value * copies, sum.1 + copies));
            (sum.1 > 0.0).then(|| sum.0 / sum.1)
        }
        Measure::PrecisionPooled(count) => precision(&steps, count),
        Measure::AveragePrecision => average_precision(&steps, total),
        Measure::Auc => auc(&steps, total),
        Measure::Brier => brier(&ranked.rows, copies, total),
        Measure::BrierSkill => {
            let base = total.positives / total.rows;
            let reference = base * (1.0 - base);
            (reference > 0.0).then_some(1.0 - brier(&ranked.rows, copies, total)? / reference)
        }
        Measure::CalibrationError => calibration_error(&ranked.rows, copies),
    };
    measures.iter().map(value).collect()
}

/// Groups sorted rows into steps of equal score, without rows of groups that have no copy.
fn steps(rows: &[RankedRow], copies: &[u32]) -> Vec<ScoreStep> {
    let equals = rows.chunk_by(|left, right| left.score.to_bits() == right.score.to_bits());
    let step = |rows: &[RankedRow]| {
        rows.iter().fold(ScoreStep::default(), |step, row| {
            let copies = f64::from(copies.get(row.group).copied().unwrap_or(0));
            ScoreStep {
                rows: step.rows + copies,
                positives: step.positives + if row.label { copies } else { 0.0 },
                scores: step.scores + copies * row.score,
            }
        })
    };
    equals.map(step).filter(|step| step.rows > 0.0).collect()
}

fn total(steps: &[ScoreStep]) -> ScoreStep {
    steps.iter().fold(ScoreStep::default(), |sum, step| ScoreStep {
        rows: sum.rows + step.rows,
        positives: sum.positives + step.positives,
        scores: sum.scores + step.scores,
    })
}

/// Returns the expected share of positives among the first `count` rows, for a random order of rows with equal scores.
fn precision(steps: &[ScoreStep], count: usize) -> Option<f64> {
    let (mut shown, mut hits) = (0.0, 0.0);
    for step in steps {
        let taken = step.rows.min(count as f64 - shown);
        hits += step.positives * taken / step.rows;
        shown += taken;
    }
    (shown > 0.0).then(|| hits / shown)
}

fn average_precision(steps: &[ScoreStep], total: ScoreStep) -> Option<f64> {
    let (mut rows, mut positives, mut sum) = (0.0, 0.0, 0.0);
    for step in steps {
        rows += step.rows;
        positives += step.positives;
        sum += step.positives * positives / rows;
    }
    (total.positives > 0.0).then(|| sum / total.positives)
}

fn auc(steps: &[ScoreStep], total: ScoreStep) -> Option<f64> {
    let (mut above, mut pairs) = (0.0, 0.0);
    for step in steps {
        pairs += (step.rows - step.positives) * (above + step.positives / 2.0);
        above += step.positives;
    }
    let all = total.positives * (total.rows - total.positives);
    (all > 0.0).then(|| pairs / all)
}

fn brier(rows: &[RankedRow], copies: &[u32], total: ScoreStep) -> Option<f64> {
    let error =
        |row: &RankedRow| f64::from(copies[row.group]) * (row.score - f64::from(u8::from(row.label))).powi(2);
    (total.rows > 0.0).then(|| rows.iter().map(error).sum::<f64>() / total.rows)
}

fn calibration_error(rows: &[RankedRow], copies: &[u32]) -> Option<f64> {
    let bins = bins(&steps(relevant(rows), copies));
    let total = total(&bins);
    let error = |bin: &ScoreStep| (bin.scores - bin.positives).abs();
    (total.rows > 0.0).then(|| bins.iter().map(error).sum::<f64>() / total.rows)
}

/// Returns the rows whose probability is at least [`PROBABILITY_MIN`].
pub(super) fn relevant(rows: &[RankedRow]) -> &[RankedRow] {
    &rows[..rows.partition_point(|row| row.score >= PROBABILITY_MIN)]
}

/// Joins steps to at most [`BINS`] bins of nearly equal mass, without dividing a step.
fn bins(steps: &[ScoreStep]) -> Vec<ScoreStep> {
    let mass = total(steps).rows / BINS as f64;
    let mut bins: Vec<ScoreStep> = Vec::new();
    let (mut bin, mut before) = (ScoreStep::default(), 0.0);
    for step in steps {
        bin = total(&[bin, *step]);
        before += step.rows;
        if before >= mass * (bins.len() + 1) as f64 {
            bins.push(std::mem::take(&mut bin));
        }
    }
    if bin.rows > 0.0 {
        bins.push(bin);
    }
    bins
}

/// Returns the sizes in rows of the bins of a calibration table, from the highest probability down.
pub(super) fn bin_sizes(rows: &[RankedRow], group_count: usize) -> Vec<usize> {
    bins(&steps(relevant(rows), &vec![1; group_count])).iter().map(|bin| bin.rows as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::super::generated::Noise;
    use super::*;

    const ALL: [Measure; 7] = [
        Measure::PrecisionByGroup(2),
        Measure::PrecisionPooled(2),
        Measure::AveragePrecision,
        Measure::Auc,
        Measure::Brier,
        Measure::BrierSkill,
        Measure::CalibrationError,
    ];

    fn assert_close(found: Option<f64>, expected: f64) {
        assert!(found.is_some_and(|found| (found - expected).abs() < 1e-12), "{found:?}, not {expected}");
    }

    #[test]
    fn measures_of_five_rows_equal_those_computed_by_hand() {
        let scores = [0.9, 0.6, 0.6, 0.2, 0.1];
        let labels = [true, true, false, false, true];
        let ranked = rank(&scores, &labels, &[7, 7, 9, 9, 9]);
        let found = measure(&ranked, &ALL, &[1, 1]);
        assert_close(found[0], f64::midpoint(1.0, 0.0));
        assert_close(found[1], 0.75);
        assert_close(found[2], (1.0 + 2.0 / 3.0 + 3.0 / 5.0) / 3.0);
        assert_close(found[3], (2.0 + 1.5) / 6.0);
        assert_close(found[4], (0.01 + 0.16 + 0.36 + 0.04 + 0.81) / 5.0);
        assert_close(found[5], 1.0 - (1.38 / 5.0) / 0.24);
        assert_close(found[6], (0.1 + 0.2 + 0.2 + 0.9) / 5.0);
    }

    #[test]
    fn the_order_of_equal_scores_changes_no_bit() {
        let mut noise = Noise::open(5);
        let rows: Vec<(f64, bool, u32)> = (0..400)
            .map(|_| ((noise.share() * 8.0).floor() / 8.0, noise.share() < 0.3, (noise.share() * 6.0) as u32))
            .collect();
        let found = |order: &[usize]| {
            let scores: Vec<f64> = order.iter().map(|&row| rows[row].0).collect();
            let labels: Vec<bool> = order.iter().map(|&row| rows[row].1).collect();
            let groups: Vec<u32> = order.iter().map(|&row| rows[row].2).collect();
            measure(&rank(&scores, &labels, &groups), &ALL, &[1, 2, 0, 3, 1, 1])
        };
        let forth: Vec<usize> = (0..400).collect();
        let back: Vec<usize> = (0..400).rev().collect();
        assert!(found(&forth).iter().all(Option::is_some));
        assert_eq!(found(&forth), found(&back));
    }

    #[test]
    fn copies_of_a_group_count_like_repeated_rows() {
        let scores = [0.9, 0.8, 0.7, 0.4, 0.3, 0.2];
        let labels = [true, false, true, false, false, true];
        let groups = [0, 1, 1, 0, 0, 1];
        let with_copies = measure(&rank(&scores, &labels, &groups), &ALL, &[1, 2]);
        let again = |row: &usize| groups[*row] == 1;
        let rows: Vec<usize> = (0..6).chain((0..6).filter(again)).collect();
        let pick = |row: &usize| (scores[*row], labels[*row]);
        let (scores, labels): (Vec<f64>, Vec<bool>) = rows.iter().map(pick).unzip();
        let repeated: Vec<u32> =
            rows.iter().enumerate().map(|(at, &row)| if at < 6 { groups[row] } else { 2 }).collect();
        let written_out = measure(&rank(&scores, &labels, &repeated), &ALL, &[1, 1, 1]);
        for (left, right) in with_copies.iter().zip(written_out) {
            assert_close(*left, right.expect("it is defined"));
        }
    }

    #[test]
    fn without_positives_there_is_no_precision_curve() {
        let found = measure(&rank(&[0.1, 0.2], &[false, false], &[0, 1]), &ALL, &[1, 1]);
        assert_eq!((found[2], found[3], found[5]), (None, None, None));
        assert!(measure(&rank(&[], &[], &[]), &ALL, &[]).iter().all(Option::is_none));
    }
}
