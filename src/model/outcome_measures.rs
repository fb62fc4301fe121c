//! Measures of scored rows of a label table, with intervals by subject and by cut.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    bootstrap::{self, Draws, Estimate},
    fitting,
    inputs::{self, Order},
    outcome_rows::OutcomeRows,
    ranked::{self, Measure, Ranked},
};

/// A measure with intervals over subjects and over cuts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutcomeMeasure {
    /// Name in tables.
    pub name: String,
    /// Value, and interval by resampling subjects.
    pub estimate: Estimate,
    /// Interval by resampling cuts.
    pub by_cut: Estimate,
}

/// Numbers behind one model's measures.
pub(super) struct Scored<'a> {
    rows: &'a OutcomeRows,
    kept: &'a [usize],
    units: [Units; 2],
    budget: usize,
}

/// Ranked rows with one unit of resampling.
struct Units {
    ranked: Ranked,
    by_probability: Option<Ranked>,
    by_running_rate: Option<Ranked>,
    blocks: Vec<Block>,
    count: usize,
    /// Positions of the rows with a probability and a running base rate.
    with_probability: Vec<usize>,
}

/// Rows of one cut or query. All values are means over the orders of equal scores.
struct Block {
    /// Unit and label of each row, in steps of equal score from the highest down.
    steps: Vec<Vec<(usize, bool)>>,
    /// Probability that the first row is right, and that one of the first five is.
    right: [f64; 2],
    /// Mean of one over the rank of the first right row; 0 without one.
    reciprocal_rank: f64,
    average_precision: f64,
    /// Unit of the first row.
    unit: usize,
}

impl<'a> Scored<'a> {
    /// Ranks rows. `margins` and `probabilities` have one value for each row of the table; rows without a label and a
    /// margin must not be among `kept`.
    pub(super) fn new(
        rows: &'a OutcomeRows,
        kept: &'a [usize],
        margins: &[f64],
        probabilities: Option<(&[Option<f64>], &[f64])>,
    ) -> Self {
        let subjects = fitting::select(&rows.groups, kept);
        let cuts: Vec<u32> = kept.iter().map(|&row| rows.cut[row] as u32).collect();
        let units = [subjects, cuts].map(|units| Units::new(rows, kept, margins, probabilities, &units));
        Self { rows, kept, units, budget: rows.table.budget.max(1) }
    }

    fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        if self.rows.has_queries {
            let of_queries =
                ["share_right_first", "share_right_in_5", "mean_reciprocal_rank", "mean_average_precision"];
            names.extend(of_queries.map(str::to_owned));
        } else {
            names.extend([
                "average_precision".to_owned(),
                format!("precision_at_{}", self.budget),
                "auc".to_owned(),
            ]);
        }
        if self.units[0].by_probability.is_some() {
            names.extend(
                ["brier", "brier_skill", "brier_skill_running", "calibration_error"].map(str::to_owned),
            );
        }
        names
    }

    fn values(&self, units: &Units, copies: &[u32]) -> Vec<Option<f64>> {
        let mut values = Vec::new();
        if self.rows.has_queries {
            let mean = |value: &dyn Fn(&Block) -> Option<f64>| {
                let weighed = units
                    .blocks
                    .iter()
                    .filter_map(|block| Some((f64::from(copies[block.unit]), value(block)?)));
                let sum =
                    weighed.fold((0.0, 0.0), |sum, (copies, value)| (sum.0 + copies, sum.1 + copies * value));
                (sum.0 > 0.0).then(|| sum.1 / sum.0)
            };
            // A query without a right answer among its rows counts as wrong.
            values.push(mean(&|block| Some(block.right[0])));
            values.push(mean(&|block| Some(block.right[1])));
            values.push(mean(&|block| Some(block.reciprocal_rank)));
            values.push(mean(&|block| Some(block.average_precision)));
        } else {
            let two = ranked::measure(&units.ranked, &[Measure::AveragePrecision, Measure::Auc], copies);
            values.extend([two[0], self.precision(units, copies), two[1]]);
        }
        if let Some(by_probability) = &units.by_probability {
            let levels = [Measure::Brier, Measure::BrierSkill, Measure::CalibrationError];
            let levels = ranked::measure(by_probability, &levels, copies);
            let running = units.by_running_rate.as_ref();
            let running = running.and_then(|rate| ranked::measure(rate, &[Measure::Brier], copies)[0]);
            let skill = levels[0].zip(running).filter(|(_, running)| *running > 0.0);
            values.extend([
                levels[0],
                levels[1],
                skill.map(|(brier, running)| 1.0 - brier / running),
                levels[2],
            ]);
        }
        values
    }

    /// Returns the mean over cuts of the precision within the budget.
    fn precision(&self, units: &Units, copies: &[u32]) -> Option<f64> {
        let budget = self.budget as f64;
        let of_block = |block: &Block| {
            let (mut shown, mut hits) = (0.0, 0.0);
            for step in &block.steps {
                let rows: f64 = step.iter().map(|row| f64::from(copies[row.0])).sum();
                let right: f64 = step.iter().filter(|row| row.1).map(|row| f64::from(copies[row.0])).sum();
                let taken = rows.min(budget - shown);
                if rows > 0.0 {
                    hits += right * taken / rows;
                }
                shown += taken;
                if shown >= budget {
                    break;
                }
            }
            (shown > 0.0).then(|| hits / shown)
        };
        let precisions: Vec<f64> = units.blocks.iter().filter_map(of_block).collect();
        (!precisions.is_empty()).then(|| precisions.iter().sum::<f64>() / precisions.len() as f64)
    }

    /// Estimates every measure.
    pub(super) fn measures(&self, draws: Draws) -> Vec<OutcomeMeasure> {
        let [by_subject, by_cut] = [0, 1].map(|at| {
            let units = &self.units[at];
            bootstrap::estimates(units.count, draws, |copies| self.values(units, copies))
        });
        let estimates = by_subject.into_iter().zip(by_cut);
        let measure = |(name, (estimate, by_cut))| OutcomeMeasure { name, estimate, by_cut };
        self.names().into_iter().zip(estimates).map(measure).collect()
    }

    /// Estimates the difference of every common measure to another model on the same rows.
    pub(super) fn less(&self, other: &Self, draws: Draws) -> Vec<OutcomeMeasure> {
        assert_eq!(self.kept, other.kept, "both models score the same rows");
        let [by_subject, by_cut] = [0, 1].map(|at| {
            let (left, right) = (&self.units[at], &other.units[at]);
            bootstrap::estimates(left.count, draws, |copies| {
                let pairs = self.values(left, copies).into_iter().zip(other.values(right, copies));
                pairs.map(|(left, right)| Some(left? - right?)).collect()
            })
        });
        let estimates = by_subject.into_iter().zip(by_cut);
        let measure = |(name, (estimate, by_cut))| OutcomeMeasure { name, estimate, by_cut };
        let measures = self.names().into_iter().zip(estimates).map(measure);
        // Errors of probabilities are compared on the same rows only.
        let are_same_rows = self.units[0].with_probability == other.units[0].with_probability;
        measures.filter(|measure| are_same_rows || !is_level(&measure.name)).collect()
    }
}

/// Returns whether a measure is about probabilities, and not about the order.
fn is_level(name: &str) -> bool {
    name.starts_with("brier") || name == "calibration_error"
}

impl Units {
    fn new(
        rows: &OutcomeRows,
        kept: &[usize],
        margins: &[f64],
        probabilities: Option<(&[Option<f64>], &[f64])>,
        units: &[u32],
    ) -> Self {
        let labels: Vec<bool> = kept.iter().map(|&row| rows.label(row)).collect();
        let blocks = fitting::select(&rows.blocks, kept);
        let margins = fitting::select(margins, kept);
        let ordered = fitting::ordered(&margins, &blocks, rows.order);
        let names: std::collections::BTreeSet<u32> = units.iter().copied().collect();
        let names: Vec<u32> = names.into_iter().collect();
        let unit_of = |at: usize| names.partition_point(|name| *name < units[at]);
        // Without queries, a block for the precision is a cut.
        let of_blocks =
            if rows.has_queries { blocks } else { kept.iter().map(|&row| rows.cut[row] as u32).collect() };
        let by_block = inputs::members(&of_blocks);
        let with_probability: Vec<usize> = match probabilities {
            Some((probabilities, running)) => (0..kept.len())
                .filter(|&at| probabilities[kept[at]].is_some() && running[kept[at]].is_finite())
                .collect(),
            None => Vec::new(),
        };
        // Every unit has its number over all rows, so that both parts of a draw take the same units.
        let levels = |value: &dyn Fn(usize) -> f64| {
            let values: Vec<f64> = with_probability.iter().map(|&at| value(kept[at])).collect();
            let of = |at: &usize| unit_of(*at) as u32;
            let labels = fitting::select(&labels, &with_probability);
            let units: Vec<u32> = with_probability.iter().map(of).collect();
            ranked::rank_numbered(&values, &labels, &units, names.len())
        };
        let levels =
            probabilities.filter(|_| !with_probability.is_empty()).map(|(probabilities, running)| {
                (levels(&|row| probabilities[row].unwrap_or(f64::NAN)), levels(&|row| running[row]))
            });
        let (by_probability, by_running_rate) = levels.unzip();
        Self {
            ranked: ranked::rank(&ordered, &labels, units),
            by_running_rate,
            by_probability,
            blocks: by_block.values().map(|members| block(members, &margins, &labels, &unit_of)).collect(),
            count: names.len(),
            with_probability,
        }
    }
}

fn block(members: &[usize], margins: &[f64], labels: &[bool], unit_of: &dyn Fn(usize) -> usize) -> Block {
    let mut order: Vec<usize> = members.to_vec();
    order.sort_by(|&left, &right| margins[right].total_cmp(&margins[left]).then(left.cmp(&right)));
    let equal =
        |&left: &usize, &right: &usize| (margins[left] + 0.0).total_cmp(&(margins[right] + 0.0)).is_eq();
    let steps: Vec<Vec<usize>> = order.chunk_by(equal).map(<[usize]>::to_vec).collect();
    let positives = |step: &[usize]| step.iter().filter(|&&at| labels[at]).count();
    let mut before = 0;
    let first = steps.iter().find_map(|step| match positives(step) {
        0 => {
            before += step.len();
            None
        }
        right => Some((step.len(), right)),
    });
    let (right, reciprocal_rank) =
        first.map_or(([0.0; 2], 0.0), |(rows, right)| first_right(before, rows, right));
    let of_members: Vec<bool> = members.iter().map(|&at| labels[at]).collect();
    let of_margins = fitting::select(margins, members);
    let blocks = vec![0; members.len()];
    let average_precision = fitting::average_precision(&of_margins, &of_members, &blocks, Order::Pooled);
    let step = |step: &Vec<usize>| step.iter().map(|&at| (unit_of(at), labels[at])).collect();
    Block {
        steps: steps.iter().map(step).collect(),
        right,
        reciprocal_rank,
        average_precision: average_precision.unwrap_or(0.0),
        unit: unit_of(members[0]),
    }
}

/// Returns the probabilities that the first right row has rank 1 and at most 5, and the mean of one over its rank.
///
/// After `before` other rows come `rows` rows in random order, of which `right` are right.
fn first_right(before: usize, rows: usize, right: usize) -> ([f64; 2], f64) {
    let (mut among, mut reciprocal, mut none_yet) = ([0.0; 2], 0.0, 1.0);
    for position in 0..=rows - right {
        let share = none_yet * right as f64 / (rows - position) as f64;
        let rank = before + position + 1;
        among[0] += if rank == 1 { share } else { 0.0 };
        among[1] += if rank <= 5 { share } else { 0.0 };
        reciprocal += share / rank as f64;
        none_yet -= share;
    }
    (among, reciprocal)
}

/// Returns the average precision of each cut or query with both labels, by its number.
pub(super) fn precision_by_block(rows: &OutcomeRows, kept: &[usize], margins: &[f64]) -> BTreeMap<u32, f64> {
    let blocks = inputs::members(&fitting::select(&rows.blocks, kept));
    let of_block = |(name, members): (&u32, &Vec<usize>)| {
        let chosen: Vec<usize> = members.iter().map(|&at| kept[at]).collect();
        let labels: Vec<bool> = chosen.iter().map(|&row| rows.label(row)).collect();
        let margins = fitting::select(margins, &chosen);
        let blocks = vec![0; labels.len()];
        Some((*name, fitting::average_precision(&margins, &labels, &blocks, Order::Pooled)?))
    };
    blocks.iter().filter_map(of_block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_count_as_the_mean_over_all_orders() {
        // Reference implementation: every order of four rows, two of them right, after one other row.
        let mut sums = ([0.0; 2], 0.0);
        let mut orders = 0.0;
        for left in 0..4 {
            for right in (0..4).filter(|right| *right != left) {
                let rank = left.min(right) + 2;
                orders += 1.0;
                sums.0[0] += f64::from(u8::from(rank == 1)) / 12.0;
                sums.0[1] += f64::from(u8::from(rank <= 5)) / 12.0;
                sums.1 += 1.0 / (rank as f64) / 12.0;
            }
        }
        let found = first_right(1, 4, 2);
        assert!((orders - 12.0_f64).abs() < 1e-9 && (found.1 - sums.1).abs() < 1e-12, "{found:?} {sums:?}");
        assert!((found.0[1] - sums.0[1]).abs() < 1e-12 && found.0[0].abs() < 1e-12);
        let alone = first_right(0, 3, 1);
        assert!(
            (alone.0[0] - 1.0 / 3.0).abs() < 1e-12 && (alone.1 - (1.0 + 0.5 + 1.0 / 3.0) / 3.0).abs() < 1e-12
        );
    }
}
