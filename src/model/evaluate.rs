//! Evaluation of a model: measures with intervals, baselines, each feature alone, and a check for features that leak the
//! label.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{
    bootstrap::{self, Draws, Estimate},
    ranked::{self, Measure, Ranked, RankedRow},
    single::{SingleFeature, singles, suspicious},
};

/// Rows that training did not use, with the model's scores; all columns have one length.
#[derive(Clone, Debug)]
pub struct EvaluationSet<'a> {
    /// Scores of the model.
    pub scores: &'a [f64],
    /// Calibrated probabilities of the model; `None` if not calibrated.
    pub probabilities: Option<&'a [f64]>,
    /// True if the claim of the candidate's pattern was true.
    pub labels: &'a [bool],
    /// World, lineage or run: the unit of the bootstrap, with its own queue.
    pub groups: &'a [u32],
    /// One column for each of `names`.
    pub features: &'a Array2<f64>,
    /// Names of the features.
    pub names: &'a [&'a str],
    /// Names and scores of baselines: rules only, features without graph, rewired links, popularity, persistence.
    pub baselines: &'a [(&'a str, &'a [f64])],
}

/// Settings of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvaluateConfig {
    /// Number of rows that a person reviews in one group, at least 1.
    pub budget: usize,
    /// Draws for the intervals.
    pub draws: Draws,
}

impl Default for EvaluateConfig {
    fn default() -> Self {
        Self { budget: 20, draws: Draws::default() }
    }
}

/// Result of an evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Number of rows.
    pub rows: usize,
    /// Number of positives.
    pub positives: usize,
    /// Number of groups.
    pub groups: usize,
    /// Share of positives, which is the precision of a random order.
    pub base_rate: f64,
    /// Measures of the model.
    pub measures: Vec<Measured>,
    /// Measures of each baseline, in the order given.
    pub baselines: Vec<Baseline>,
    /// Each feature alone, the best first.
    pub singles: Vec<SingleFeature>,
    /// Probability against share of positives, from the highest probability down; empty without probabilities.
    pub calibration: Vec<Bin>,
}

/// A measure by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Name in tables.
    pub name: String,
    /// Value and interval.
    pub estimate: Estimate,
}

/// Measures of a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Name.
    pub name: String,
    /// Measures.
    pub measures: Vec<Measured>,
    /// Measures of the model less those of the baseline, on the same draws.
    pub gains: Vec<Measured>,
}

/// Rows of similar probability.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Number of rows.
    pub rows: usize,
    /// Lowest probability.
    pub probability_min: f64,
    /// Highest probability.
    pub probability_max: f64,
    /// Mean probability.
    pub probability_mean: f64,
    /// Share of positives, with its interval over groups.
    pub share: Estimate,
}

/// Evaluates a model; returns an error if a single feature nearly determines the label, because it must leak the label.
pub fn evaluate(set: &EvaluationSet<'_>, config: EvaluateConfig) -> Result<Evaluation, String> {
    check(set, config)?;
    let suspicious: Vec<&str> =
        suspicious(set.features, set.labels).into_iter().map(|feature| set.names[feature]).collect();
    if !suspicious.is_empty() {
        let names = suspicious.join(", ");
        return Err(format!(
            "these features alone rank nearly all positives first, so they leak the label or the future: {names}"
        ));
    }
    let ranked = |scores: &[f64]| ranked::rank(scores, set.labels, set.groups);
    let model = ranked(set.scores);
    let orders = orders(config.budget);
    let mut measures = measured(&orders, bootstrap::measured(&model, &orders, config.draws));
    let mut calibration = Vec::new();
    if let Some(probabilities) = set.probabilities {
        let ranked = ranked(probabilities);
        let levels = [Measure::Brier, Measure::BrierSkill, Measure::CalibrationError];
        measures.extend(measured(&levels, bootstrap::measured(&ranked, &levels, config.draws)));
        calibration = table(&ranked, config.draws);
    }
    let baselines = set.baselines.iter().map(|(name, scores)| {
        let other = ranked(scores);
        Baseline {
            name: (*name).to_owned(),
            measures: measured(&orders, bootstrap::measured(&other, &orders, config.draws)),
            gains: measured(&orders, bootstrap::differences(&model, &other, &orders, config.draws)),
        }
    });
    let positives = set.labels.iter().filter(|&&label| label).count();
    Ok(Evaluation {
        rows: set.labels.len(),
        positives,
        groups: model.group_count(),
        base_rate: positives as f64 / set.labels.len() as f64,
        measures,
        baselines: baselines.collect(),
        singles: singles(set.features, set.names, set.labels),
        calibration,
    })
}

/// Estimates the difference of a measure between the scores `left` and `right`, over the same rows.
pub fn difference(
    measure: Measure,
    [left, right]: [&[f64]; 2],
    (labels, groups): (&[bool], &[u32]),
    draws: Draws,
) -> Estimate {
    let [left, right] = [left, right].map(|scores| ranked::rank(scores, labels, groups));
    bootstrap::differences(&left, &right, &[measure], draws)[0]
}

fn check(set: &EvaluationSet<'_>, config: EvaluateConfig) -> Result<(), String> {
    let rows = set.labels.len();
    let mut lengths = vec![set.scores.len(), set.groups.len(), set.features.nrows()];
    lengths.extend(set.probabilities.map(<[f64]>::len));
    lengths.extend(set.baselines.iter().map(|(_, scores)| scores.len()));
    if lengths.iter().any(|&length| length != rows) {
        return Err(format!("{rows} labels, but the other columns have {lengths:?} rows"));
    }
    if set.features.ncols() != set.names.len() {
        return Err(format!("{} columns, but {} names of features", set.features.ncols(), set.names.len()));
    }
    if set.scores.iter().chain(set.probabilities.unwrap_or_default()).any(|score| !score.is_finite()) {
        return Err("a score is NaN or infinite".to_owned());
    }
    if config.budget == 0 {
        return Err("a budget of 0 rows: at least 1 is needed".to_owned());
    }
    match set.labels.iter().filter(|&&label| label).count() {
        0 => Err(format!("none of the {rows} rows is positive: both labels are needed")),
        positives if positives == rows => {
            Err(format!("all of the {rows} rows are positive: both labels are needed"))
        }
        _ => Ok(()),
    }
}

fn orders(budget: usize) -> [Measure; 4] {
    [
        Measure::PrecisionByGroup(budget),
        Measure::PrecisionPooled(budget),
        Measure::AveragePrecision,
        Measure::Auc,
    ]
}

fn measured(measures: &[Measure], estimates: Vec<Estimate>) -> Vec<Measured> {
    let pairs = measures.iter().zip(estimates);
    pairs.map(|(measure, estimate)| Measured { name: measure.name(), estimate }).collect()
}

/// Returns the calibration table: bins of equal mass above the smallest relevant probability, and one below it.
fn table(ranked: &Ranked, draws: Draws) -> Vec<Bin> {
    let rows = ranked.rows();
    let mut sizes = ranked::bin_sizes(rows, ranked.group_count());
    sizes.push(rows.len() - sizes.iter().sum::<usize>());
    let mut remaining = rows;
    let parts: Vec<&[RankedRow]> =
        sizes.iter().map(|&size| remaining.split_off(..size).unwrap_or_default()).collect();
    let parts: Vec<&[RankedRow]> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let shares = bootstrap::estimates(ranked.group_count(), draws, |copies| {
        parts.iter().map(|part| share(part, copies)).collect()
    });
    let bin = |(part, share): (&&[RankedRow], Estimate)| Bin {
        rows: part.len(),
        probability_min: part[part.len() - 1].score,
        probability_max: part[0].score,
        probability_mean: part.iter().map(|row| row.score).sum::<f64>() / part.len() as f64,
        share,
    };
    parts.iter().zip(shares).map(bin).collect()
}

fn share(part: &[RankedRow], copies: &[u32]) -> Option<f64> {
    let weigh = |sum: (f64, f64), row: &RankedRow| {
        let copies = f64::from(copies[row.group]);
        (sum.0 + copies, sum.1 + if row.label { copies } else { 0.0 })
    };
    let (rows, positives) = part.iter().fold((0.0, 0.0), weigh);
    (rows > 0.0).then(|| positives / rows)
}

#[cfg(test)]
mod tests {
    use super::super::generated::Noise;
    use super::*;

    struct World {
        features: Array2<f64>,
        labels: Vec<bool>,
        groups: Vec<u32>,
        scores: Vec<f64>,
    }

    fn world() -> World {
        let mut noise = Noise::open(21);
        let scores: Vec<f64> = (0..1000).map(|_| noise.share().powi(3)).collect();
        let labels: Vec<bool> = scores.iter().map(|score| noise.share() < *score).collect();
        let groups = (0..1000).map(|row| row / 100).collect();
        let features = Array2::from_shape_fn((1000, 2), |(row, column)| match column {
            0 => -scores[row] + 0.3 * noise.normal(),
            _ => noise.normal(),
        });
        World { features, labels, groups, scores }
    }

    fn set<'a>(world: &'a World, baselines: &'a [(&'a str, &'a [f64])]) -> EvaluationSet<'a> {
        EvaluationSet {
            scores: &world.scores,
            probabilities: Some(&world.scores),
            labels: &world.labels,
            groups: &world.groups,
            features: &world.features,
            names: &["hint", "noise"],
            baselines,
        }
    }

    #[test]
    fn a_true_probability_is_calibrated_and_better_than_rules_and_features() {
        let world = world();
        let rules = world.features.column(1).to_vec();
        let found =
            evaluate(&set(&world, &[("rules", &rules)]), EvaluateConfig::default()).expect("it is valid");
        let estimate = |name: &str| {
            let measured = found.measures.iter().find(|measured| measured.name == name);
            measured.expect("it is measured").estimate
        };
        let average = estimate("average_precision");
        assert!(average.value > Some(found.base_rate + 0.2) && average.low < average.value, "{average:?}");
        assert!(estimate("calibration_error").value < Some(0.08) && estimate("brier_skill").low > Some(0.0));
        assert_eq!(found.baselines[0].gains.len(), 4);
        assert!(found.baselines[0].gains[2].estimate.low > Some(0.1));
        assert_eq!((found.singles[0].name.as_str(), found.singles[0].more_is_better), ("hint", false));
        assert_eq!(found.calibration.iter().map(|bin| bin.rows).sum::<usize>(), 1000);
        let held = found.calibration.iter().filter(|bin| {
            bin.share.low <= Some(bin.probability_mean) && Some(bin.probability_mean) <= bin.share.high
        });
        assert!(held.count() + 3 >= found.calibration.len(), "{:?}", found.calibration);
    }

    #[test]
    fn a_feature_that_leaks_the_label_is_an_error() {
        let mut leaking = world();
        let knows = |label: &bool| if *label { f64::NAN } else { 1.0 };
        let known: Vec<f64> = leaking.labels.iter().map(|label| f64::from(u8::from(*label))).collect();
        for column in [known.clone(), known.iter().map(|value| -value).collect()] {
            leaking.features.column_mut(1).iter_mut().zip(&column).for_each(|(place, value)| *place = *value);
            assert_eq!(suspicious(&leaking.features, &leaking.labels), [1]);
            let words = evaluate(&set(&leaking, &[]), EvaluateConfig::default()).expect_err("an error");
            assert!(words.ends_with("the future: noise"), "{words}");
        }
        let absent: Vec<f64> = leaking.labels.iter().map(|label| knows(&!label)).collect();
        leaking.features.column_mut(1).iter_mut().zip(&absent).for_each(|(place, value)| *place = *value);
        assert_eq!(suspicious(&leaking.features, &leaking.labels), [1], "a null can leak the label, too");
        assert_eq!(suspicious(&world().features, &leaking.labels), [0; 0]);
    }

    #[test]
    fn columns_of_other_lengths_and_single_labels_are_errors() {
        let mut short = world();
        short.scores.pop();
        assert!(evaluate(&set(&short, &[]), EvaluateConfig::default()).is_err());
        let mut empty = world();
        empty.labels.fill(false);
        let words = evaluate(&set(&empty, &[]), EvaluateConfig::default()).expect_err("nothing is positive");
        assert!(words.contains("none of the 1000 rows"), "{words}");
    }
}
