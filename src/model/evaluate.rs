//! How good a model is: measures with intervals, what each feature and each baseline reaches alone, and a look for
//! features that know the future.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{
    bootstrap::{self, Draws, Estimate},
    ranked::{self, Measure, Ranked},
    single::{Single, singles, suspicious},
};

/// Rows that the model never saw, with what it said of them; all columns are of one length.
#[derive(Clone, Debug)]
pub struct Judged<'a> {
    /// The model's scores.
    pub scores: &'a [f64],
    /// Its calibrated probabilities; `None` where it was not calibrated.
    pub probabilities: Option<&'a [f64]>,
    /// Whether the candidate was what its pattern says.
    pub labels: &'a [bool],
    /// World, lineage or night: what is drawn for intervals, and has its own queue.
    pub groups: &'a [u32],
    /// One column for each of `names`.
    pub features: &'a Array2<f64>,
    /// Names of the features.
    pub names: &'a [&'a str],
    /// Scores to compare with, by name: rules only, features without graph, rewired links, popularity, persistence.
    pub baselines: &'a [(&'a str, &'a [f64])],
}

/// How to evaluate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvaluateConfig {
    /// Rows that a person looks at in one group, at least 1.
    pub budget: usize,
    /// Draws for the intervals.
    pub draws: Draws,
}

impl Default for EvaluateConfig {
    fn default() -> Self {
        Self { budget: 20, draws: Draws::default() }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Rows judged.
    pub rows: usize,
    /// Positives among them.
    pub positives: usize,
    /// Groups.
    pub groups: usize,
    /// Share of positives: what chance reaches.
    pub base_rate: f64,
    /// The model's measures.
    pub measures: Vec<Measured>,
    /// Each baseline's, in the order given.
    pub baselines: Vec<Baseline>,
    /// Each feature alone, the best first.
    pub singles: Vec<Single>,
    /// Probability against share of positives, from the highest probability down; empty without probabilities.
    pub calibration: Vec<Bin>,
}

/// A measure by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Word in tables.
    pub name: String,
    /// Value and interval.
    pub estimate: Estimate,
}

/// Scores to compare with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Its name.
    pub name: String,
    /// Its measures.
    pub measures: Vec<Measured>,
    /// By how much the model's are higher, on the same draws.
    pub gains: Vec<Measured>,
}

/// Rows of about one probability.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Rows.
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

/// Evaluates; refuses features that alone all but name the label, since such a feature knows the future.
pub fn evaluate(judged: &Judged<'_>, config: EvaluateConfig) -> Result<Evaluation, String> {
    check(judged, config)?;
    let suspicious: Vec<&str> =
        suspicious(judged.features, judged.labels).into_iter().map(|feature| judged.names[feature]).collect();
    if !suspicious.is_empty() {
        let names = suspicious.join(", ");
        return Err(format!(
            "these features alone put nearly all positives first, as only the label or the future can: {names}"
        ));
    }
    let ranked = |scores: &[f64]| ranked::rank(scores, judged.labels, judged.groups);
    let own = ranked(judged.scores);
    let orders = orders(config.budget);
    let mut measures = measured(&orders, bootstrap::measured(&own, &orders, config.draws));
    let mut calibration = Vec::new();
    if let Some(probabilities) = judged.probabilities {
        let ranked = ranked(probabilities);
        let levels = [Measure::Brier, Measure::BrierSkill, Measure::CalibrationError];
        measures.extend(measured(&levels, bootstrap::measured(&ranked, &levels, config.draws)));
        calibration = table(&ranked, config.draws);
    }
    let baselines = judged.baselines.iter().map(|(name, scores)| {
        let other = ranked(scores);
        Baseline {
            name: (*name).to_owned(),
            measures: measured(&orders, bootstrap::measured(&other, &orders, config.draws)),
            gains: measured(&orders, bootstrap::differences(&own, &other, &orders, config.draws)),
        }
    });
    let positives = judged.labels.iter().filter(|&&label| label).count();
    Ok(Evaluation {
        rows: judged.labels.len(),
        positives,
        groups: own.group_count(),
        base_rate: positives as f64 / judged.labels.len() as f64,
        measures,
        baselines: baselines.collect(),
        singles: singles(judged.features, judged.names, judged.labels),
        calibration,
    })
}

/// Estimates by how much `measure` is higher for the scores `left` than for `right`, over the same rows.
pub fn difference(
    measure: Measure,
    [left, right]: [&[f64]; 2],
    (labels, groups): (&[bool], &[u32]),
    draws: Draws,
) -> Estimate {
    let [left, right] = [left, right].map(|scores| ranked::rank(scores, labels, groups));
    bootstrap::differences(&left, &right, &[measure], draws)[0]
}

fn check(judged: &Judged<'_>, config: EvaluateConfig) -> Result<(), String> {
    let rows = judged.labels.len();
    let mut lengths = vec![judged.scores.len(), judged.groups.len(), judged.features.nrows()];
    lengths.extend(judged.probabilities.map(<[f64]>::len));
    lengths.extend(judged.baselines.iter().map(|(_, scores)| scores.len()));
    if lengths.iter().any(|&length| length != rows) {
        return Err(format!("{rows} labels, but the other columns have {lengths:?} rows"));
    }
    if judged.features.ncols() != judged.names.len() {
        return Err(format!(
            "{} columns, but {} features are named",
            judged.features.ncols(),
            judged.names.len()
        ));
    }
    if judged.scores.iter().chain(judged.probabilities.unwrap_or_default()).any(|score| !score.is_finite()) {
        return Err("a score is not a number".to_owned());
    }
    if config.budget == 0 {
        return Err("a budget of 0 rows shows nothing".to_owned());
    }
    match judged.labels.iter().filter(|&&label| label).count() {
        0 => Err(format!("none of the {rows} rows is positive: there is nothing to find")),
        positives if positives == rows => {
            Err(format!("all of the {rows} rows are positive: there is no wrong answer"))
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

/// Makes the calibration table: bins of equal mass where a person may look, and one for all below.
fn table(ranked: &Ranked, draws: Draws) -> Vec<Bin> {
    let rows = ranked.rows();
    let mut sizes = ranked::bin_sizes(rows, ranked.group_count());
    sizes.push(rows.len() - sizes.iter().sum::<usize>());
    let mut rest = rows;
    let parts: Vec<&[ranked::Row]> =
        sizes.iter().map(|&size| rest.split_off(..size).unwrap_or_default()).collect();
    let parts: Vec<&[ranked::Row]> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let shares = bootstrap::estimates(ranked.group_count(), draws, |copies| {
        parts.iter().map(|part| share(part, copies)).collect()
    });
    let bin = |(part, share): (&&[ranked::Row], Estimate)| Bin {
        rows: part.len(),
        probability_min: part[part.len() - 1].score,
        probability_max: part[0].score,
        probability_mean: part.iter().map(|row| row.score).sum::<f64>() / part.len() as f64,
        share,
    };
    parts.iter().zip(shares).map(bin).collect()
}

fn share(part: &[ranked::Row], copies: &[u32]) -> Option<f64> {
    let weigh = |sum: (f64, f64), row: &ranked::Row| {
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

    fn judged<'a>(world: &'a World, baselines: &'a [(&'a str, &'a [f64])]) -> Judged<'a> {
        Judged {
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
            evaluate(&judged(&world, &[("rules", &rules)]), EvaluateConfig::default()).expect("it is valid");
        let of = |name: &str| {
            let measured = found.measures.iter().find(|measured| measured.name == name);
            measured.expect("it is measured").estimate
        };
        let average = of("average_precision");
        assert!(average.value > Some(found.base_rate + 0.2) && average.low < average.value, "{average:?}");
        assert!(of("calibration_error").value < Some(0.08) && of("brier_skill").low > Some(0.0));
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
    fn a_feature_that_knows_the_label_makes_evaluation_fail() {
        let mut leaking = world();
        let knows = |label: &bool| if *label { f64::NAN } else { 1.0 };
        let known: Vec<f64> = leaking.labels.iter().map(|label| f64::from(u8::from(*label))).collect();
        for column in [known.clone(), known.iter().map(|value| -value).collect()] {
            leaking.features.column_mut(1).iter_mut().zip(&column).for_each(|(place, value)| *place = *value);
            assert_eq!(suspicious(&leaking.features, &leaking.labels), [1]);
            let words =
                evaluate(&judged(&leaking, &[]), EvaluateConfig::default()).expect_err("it must be refused");
            assert!(words.ends_with("can: noise"), "{words}");
        }
        let absent: Vec<f64> = leaking.labels.iter().map(|label| knows(&!label)).collect();
        leaking.features.column_mut(1).iter_mut().zip(&absent).for_each(|(place, value)| *place = *value);
        assert_eq!(
            suspicious(&leaking.features, &leaking.labels),
            [1],
            "being known can tell the label, too"
        );
        assert_eq!(suspicious(&world().features, &leaking.labels), [0; 0]);
    }

    #[test]
    fn columns_of_other_lengths_and_single_labels_are_refused() {
        let mut short = world();
        short.scores.pop();
        assert!(evaluate(&judged(&short, &[]), EvaluateConfig::default()).is_err());
        let mut empty = world();
        empty.labels.fill(false);
        let words =
            evaluate(&judged(&empty, &[]), EvaluateConfig::default()).expect_err("nothing is positive");
        assert!(words.contains("none of the 1000 rows"), "{words}");
    }
}
