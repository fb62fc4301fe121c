//! Forward validation: each cut is scored by models that were fitted on the labels known at that cut.
//!
//! Rows are never shuffled. Between the training rows and a scored cut lies the horizon of the labels. Models are
//! fitted again at most [`REFITS_MAX`] times.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array2, Axis, concatenate};
use rayon::prelude::*;

use super::{
    fit_rows::FitRows,
    fitting::{self, Fitted, POSITIVES_MIN, select, select_rows},
    inputs::{self, Order},
    logistic::Strengths,
    outcome_rows::OutcomeRows,
    scale::{FeatureSpec, Role},
    scorer::Kind,
    training_set::TrainingSet,
};
use crate::random;

/// Largest number of fits of each model.
const REFITS_MAX: usize = 6;
/// Largest number of fits for cuts before the first one that is judged.
const EARLIER_REFITS_MAX: usize = 3;
/// Largest number of training rows; the newest rows are kept.
const ROWS_MAX: usize = 40_000;
/// Largest number of negatives of a query in training. The order within a query does not depend on their number.
const QUERY_NEGATIVES_MAX: usize = 30;
/// Strengths of the penalty of a regression.
pub(super) const STRENGTHS: Strengths<'static> = Strengths { tried: &[1.0, 10.0, 100.0, 1000.0], folds: 3 };
/// Number of strata of like degree within which relations are rewired.
const STRATA: f64 = 5.0;
/// Number of neighbouring rows that exchange their relations where a cut has few rows.
const REWIRED_ROWS: usize = 100;
const SEED: u64 = 20_261_129;

/// Columns that the models of a comparison may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Variant {
    /// All columns.
    All,
    /// All columns but those that read links between subjects.
    WithoutRelations,
    /// Relation columns come from another subject of like degree of the same cut.
    RewiredLinks,
}

impl Variant {
    /// Returns the name in tables.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::All => "all columns",
            Self::WithoutRelations => "without relations",
            Self::RewiredLinks => "rewired links",
        }
    }
}

/// Settings of forward validation.
#[derive(Clone, Copy, Debug, Default)]
pub struct ForwardConfig<'a> {
    /// Earliest cut to judge, in microseconds since 1970. Scores of earlier cuts only calibrate.
    pub from: Option<i64>,
    /// Rows of synthetic worlds that join every training set.
    pub worlds: Option<&'a TrainingSet>,
}

/// Cuts that the same models score.
pub(super) struct Step {
    /// Rows of the scored cuts.
    pub(super) scored: Vec<usize>,
    /// Rows with labels that are known at the first of the cuts.
    pub(super) known: Vec<usize>,
}

/// Margins of one model over all scored rows, by row.
#[derive(Clone, Debug)]
pub(super) struct ForwardMargins {
    pub(super) kind: Kind,
    pub(super) variant: Variant,
    /// Margin of each row; NaN for a row that was not scored.
    pub(super) margins: Vec<f64>,
}

/// Returns the steps of forward validation. They begin with the first cut that has enough known labels for a trained
/// model, or else with the first cut that has a label.
pub(super) fn steps(rows: &OutcomeRows, config: &ForwardConfig<'_>) -> Vec<Step> {
    let by_cut = inputs::members(&rows.cut.iter().map(|&cut| cut as u32).collect::<Vec<u32>>());
    let is_labelled =
        |cut: &usize| by_cut[&(*cut as u32)].iter().any(|&row| rows.table.labels[row].is_some());
    let cuts: Vec<usize> = (0..rows.cut_times.len()).filter(is_labelled).collect();
    let suffices = |cut: &usize| {
        let counts = rows.counts(&rows.known_at(*cut));
        counts.positives >= POSITIVES_MIN && counts.positives < counts.rows
    };
    let first = cuts.iter().position(suffices).unwrap_or(0);
    let start = config.from.map_or(first, |from| cuts.partition_point(|&cut| rows.cut_times[cut] < from));
    let (earlier, judged) = (&cuts[first.min(start)..start], &cuts[first.max(start)..]);
    let parts = |cuts: &[usize], fits: usize| -> Vec<Vec<usize>> {
        cuts.chunks(cuts.len().div_ceil(fits).max(1)).map(<[usize]>::to_vec).collect()
    };
    let step = |cuts: Vec<usize>| Step {
        scored: cuts.iter().flat_map(|cut| by_cut[&(*cut as u32)].iter().copied()).collect(),
        known: rows.known_at(cuts[0]),
    };
    parts(earlier, EARLIER_REFITS_MAX).into_iter().chain(parts(judged, REFITS_MAX)).map(step).collect()
}

impl ForwardConfig<'_> {
    /// Returns whether a row is of a cut to judge.
    pub(super) fn judges(&self, rows: &OutcomeRows, row: usize) -> bool {
        self.from.is_none_or(|from| rows.table.cuts[row] >= from)
    }
}

/// Fits and scores every kind at every step, for each variant of the columns.
pub(super) fn forward(
    rows: &OutcomeRows,
    steps: &[Step],
    variants: &[Variant],
    config: &ForwardConfig<'_>,
) -> Vec<ForwardMargins> {
    let tasks: Vec<(Variant, usize)> =
        variants.iter().flat_map(|&variant| (0..steps.len()).map(move |step| (variant, step))).collect();
    let columns: BTreeMap<Variant, VariantColumns> =
        variants.iter().map(|&variant| (variant, VariantColumns::new(rows, variant))).collect();
    let scored: Vec<Vec<(Kind, Vec<f64>)>> = tasks
        .par_iter()
        .map(|&(variant, step)| columns[&variant].score(rows, &steps[step], config))
        .collect();
    let mut found: BTreeMap<(Variant, Kind), Vec<f64>> = BTreeMap::new();
    for (&(variant, step), kinds) in tasks.iter().zip(&scored) {
        // A kind that needs more labels is read as the best simpler kind until it can be fitted.
        let wanted: BTreeSet<Kind> = tasks
            .iter()
            .zip(&scored)
            .filter(|((other, _), _)| *other == variant)
            .flat_map(|(_, kinds)| kinds.iter().map(|(kind, _)| *kind))
            .collect();
        for kind in wanted {
            let simpler = |wanted: Kind| {
                let mut kinds = kinds.iter().rev();
                kinds.find(|(other, _)| *other == wanted || (*other < wanted && *other <= Kind::Logistic))
            };
            let Some((_, margins)) = simpler(kind) else { continue };
            let all = found.entry((variant, kind)).or_insert_with(|| vec![f64::NAN; rows.len()]);
            for (&row, margin) in steps[step].scored.iter().zip(margins) {
                all[row] = *margin;
            }
        }
    }
    let named = found.into_iter();
    named.map(|((variant, kind), margins)| ForwardMargins { kind, variant, margins }).collect()
}

/// Returns the margins of each untrained baseline of a table on the scored rows, by name.
pub(super) fn baselines(rows: &OutcomeRows, steps: &[Step]) -> Vec<(String, Vec<f64>)> {
    let is_baseline = |(_, spec): &(usize, &FeatureSpec)| spec.role.baseline || spec.role.forecast;
    let specs = rows.table.specs.iter().enumerate().filter(is_baseline);
    let of_column = |(feature, spec): (usize, &FeatureSpec)| {
        let values = rows.table.features.column(feature);
        let sign = if spec.sign == super::scale::Sign::Minus { -1.0 } else { 1.0 };
        let mut margins = vec![f64::NAN; rows.len()];
        for &row in steps.iter().flat_map(|step| &step.scored) {
            // An unknown score comes last.
            margins[row] = if values[row].is_finite() { sign * values[row] } else { f64::MIN };
        }
        (spec.name.clone(), margins)
    };
    specs.map(of_column).collect()
}

/// Columns of one variant.
struct VariantColumns {
    specs: Vec<FeatureSpec>,
    features: Array2<f64>,
}

impl VariantColumns {
    fn new(rows: &OutcomeRows, variant: Variant) -> Self {
        let (mut specs, mut features) = (rows.table.specs.clone(), rows.table.features.clone());
        match variant {
            Variant::All => {}
            Variant::WithoutRelations => without_relations(&mut specs),
            Variant::RewiredLinks => rewire(rows, &mut features),
        }
        Self { specs, features }
    }

    fn score(&self, rows: &OutcomeRows, step: &Step, config: &ForwardConfig<'_>) -> Vec<(Kind, Vec<f64>)> {
        let training = Training::new(rows, &self.specs, &self.features, &step.known, config.worlds);
        let features = select_rows(&self.features, &step.scored);
        let blocks = select(&rows.blocks, &step.scored);
        let margins = |fitted: Fitted| {
            (fitted.kind, fitted.scorer.margins(&self.specs, &features, &blocks, rows.order))
        };
        fitting::fit_kinds(&training.rows(&self.specs, rows.order), &STRENGTHS)
            .into_iter()
            .map(margins)
            .collect()
    }
}

/// Training rows of one fit.
pub(super) struct Training {
    features: Array2<f64>,
    labels: Vec<bool>,
    groups: Vec<u32>,
    blocks: Vec<u32>,
}

impl Training {
    /// Chooses the training rows among those with known labels; rows of worlds come first.
    pub(super) fn new(
        rows: &OutcomeRows,
        specs: &[FeatureSpec],
        features: &Array2<f64>,
        known: &[usize],
        worlds: Option<&TrainingSet>,
    ) -> Self {
        let kept = sampled(rows, known);
        let mut training = Self {
            features: select_rows(features, &kept),
            labels: kept.iter().map(|&row| rows.label(row)).collect(),
            groups: select(&rows.groups, &kept),
            blocks: select(&rows.blocks, &kept),
        };
        if let Some(worlds) = worlds {
            let column = |name: &str| worlds.specs.iter().position(|spec| spec.name == name);
            let columns: Vec<Option<usize>> = specs.iter().map(|spec| column(&spec.name)).collect();
            let values = Array2::from_shape_fn((worlds.labels.len(), specs.len()), |(row, at)| {
                columns[at].map_or(f64::NAN, |column| worlds.features[[row, column]])
            });
            training.features = concatenate![Axis(0), values, training.features];
            training.labels.splice(0..0, worlds.labels.iter().copied());
            // Numbers of worlds stay apart from those of subjects.
            training.groups.splice(0..0, worlds.groups.iter().map(|group| u32::MAX - group));
            training.blocks.splice(0..0, worlds.groups.iter().map(|group| u32::MAX - group));
        }
        training
    }

    pub(super) fn rows<'a>(&'a self, specs: &'a [FeatureSpec], order: Order) -> FitRows<'a> {
        let Self { features, labels, groups, blocks } = self;
        FitRows { features, labels, groups, blocks, specs, order }
    }
}

/// Returns the newest rows, and for queries all positives with some negatives.
fn sampled(rows: &OutcomeRows, known: &[usize]) -> Vec<usize> {
    let mut kept: Vec<usize> = known.to_vec();
    if rows.has_queries {
        let blocks = inputs::members(&select(&rows.blocks, known));
        kept = blocks
            .iter()
            .flat_map(|(block, members)| {
                let (positives, mut negatives): (Vec<usize>, Vec<usize>) =
                    members.iter().map(|&at| known[at]).partition(|&row| rows.label(row));
                let mut random = random::open(SEED, u64::from(*block));
                let taken = negatives.len().min(QUERY_NEGATIVES_MAX);
                for position in 0..taken {
                    let left = (negatives.len() - position) as u32;
                    negatives.swap(position, position + random::below(&mut random, left) as usize);
                }
                positives.into_iter().chain(negatives.into_iter().take(taken))
            })
            .collect();
        kept.sort_unstable();
    }
    kept.split_off(kept.len().saturating_sub(ROWS_MAX))
}

/// Takes the relation columns away.
pub(super) fn without_relations(specs: &mut [FeatureSpec]) {
    for spec in specs.iter_mut().filter(|spec| spec.relation) {
        spec.role = Role { feature: false, baseline: false, forecast: false };
    }
}

/// Gives each row the relation columns of another row of its block and of like degree. If blocks are small, rows of
/// neighbouring cuts are exchanged.
///
/// The degree is the column `degree`, or else the first baseline that reads no relations.
fn rewire(rows: &OutcomeRows, features: &mut Array2<f64>) {
    let specs = &rows.table.specs;
    let relations: Vec<usize> = (0..specs.len()).filter(|&column| specs[column].relation).collect();
    let by_name = specs.iter().position(|spec| spec.name == "degree");
    let degree = by_name.or_else(|| specs.iter().position(|spec| spec.role.baseline && !spec.relation));
    let blocks = match rows.order {
        Order::Cut | Order::Query => rows.blocks.clone(),
        Order::Pooled => (0..rows.len()).map(|row| (row / REWIRED_ROWS) as u32).collect(),
    };
    for (block, members) in inputs::members(&blocks) {
        let ranks = match degree {
            Some(column) => {
                let values: Vec<f64> =
                    members.iter().map(|&row| rows.table.features[[row, column]]).collect();
                inputs::cut_ranks(&values, &inputs::members(&vec![0; members.len()]))
            }
            None => vec![0.0; members.len()],
        };
        let mut strata: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (&row, rank) in members.iter().zip(ranks) {
            let stratum = if rank.is_nan() { 0 } else { 1 + (rank * STRATA) as usize };
            strata.entry(stratum).or_default().push(row);
        }
        let mut random = random::open(SEED, u64::from(block));
        for stratum in strata.values() {
            let from = random::permutation(&mut random, stratum.len());
            for (&row, &other) in stratum.iter().zip(&from) {
                for &column in &relations {
                    features[[row, column]] = rows.table.features[[stratum[other as usize], column]];
                }
            }
        }
    }
}
