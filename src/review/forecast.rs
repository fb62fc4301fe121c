//! Probabilities of flags: the answers of models that are calibrated on labels of this deployment.
//!
//! A candidate with a question of its own, such as a surge, has the probability that the question comes true. Another
//! candidate has the probability that a review confirms its flag: by a model in service for verdicts, else by the model
//! that orders the flags. A model that was trained on synthetic worlds gives none, and a model that is unsure of a row
//! abstains.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    features::{Candidate, FEATURES, FeatureTable},
    model::{self, Abstention, Judged, ModelsInService, TrainedModel},
};

/// Name of the outcome that a review of a flag answers.
const FLAGS: &str = "flags";
/// Name of the outcome whose labels are the verdicts of people.
const VERDICT: &str = "verdict";
/// Column of label tables with the order by rules alone; it follows those of [`FEATURES`].
pub const RULES_ONLY: &str = "rules_only";

/// Answer of a model about a flag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// Name of the outcome whose question the model answers.
    pub outcome: String,
    /// Name of the label set that the model is calibrated on.
    pub calibrated_on: String,
    /// Probability that the answer is yes, 0 to 1; `None` if the model abstains.
    pub probability: Option<f64>,
    /// Reason why the model abstains.
    pub abstention: Option<Abstention>,
}

/// Returns the forecast of each candidate; `None` without a model that is calibrated on own labels.
pub(super) fn forecasts(
    candidates: &[Candidate],
    features: &FeatureTable,
    models: &ModelsInService,
) -> Vec<Option<Forecast>> {
    let calibrated = |model: &&TrainedModel| model.calibrated_on().is_some();
    let of_verdicts = models.outcomes.get(VERDICT).filter(calibrated);
    let of_flags = models.flags.trained().filter(calibrated);
    let mut forecasts: Vec<Option<Forecast>> = match (of_verdicts, of_flags) {
        (Some(model), _) => {
            let judged = judge_by_verdicts(model, candidates, features).into_iter();
            judged.map(|judged| forecast(VERDICT, model, judged)).collect()
        }
        (None, Some(model)) if features.nrows() > 0 => {
            model::judge(model, features).into_iter().map(|judged| forecast(FLAGS, model, judged)).collect()
        }
        _ => vec![None; candidates.len()],
    };
    let mut by_outcome: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (position, candidate) in candidates.iter().enumerate() {
        if let Some(question) = &candidate.question {
            by_outcome.entry(question.outcome).or_default().push(position);
        }
    }
    for (outcome, positions) in by_outcome {
        let Some(model) = models.outcomes.get(outcome).filter(|model| model.calibrated_on().is_some()) else {
            continue;
        };
        let questions: Vec<_> =
            positions.iter().filter_map(|&position| candidates[position].question.as_ref()).collect();
        let rows: Vec<&[f64]> = questions.iter().map(|question| question.columns.as_slice()).collect();
        let judged = model::judge_named(model, questions[0].names, &rows);
        for (position, judged) in positions.into_iter().zip(judged) {
            forecasts[position] = forecast(outcome, model, judged);
        }
    }
    forecasts
}

/// Returns the answers of a model of verdicts, which reads the columns of label tables by their names.
fn judge_by_verdicts(model: &TrainedModel, candidates: &[Candidate], features: &FeatureTable) -> Vec<Judged> {
    let names: Vec<&str> = FEATURES.iter().map(|feature| feature.name).chain([RULES_ONLY]).collect();
    let rules = candidates.iter().map(|candidate| rules_only(candidate.null_p, candidate.statistic));
    let rows = features.rows().into_iter().zip(rules);
    let rows: Vec<Vec<f64>> = rows.map(|(row, rules)| row.iter().copied().chain([rules]).collect()).collect();
    let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
    if rows.is_empty() { Vec::new() } else { model::judge_named(model, &names, &rows) }
}

/// Returns the order of a candidate by rules alone: rarer by chance first, then the larger statistic. NaN where no random
/// runs were drawn.
pub fn rules_only(null_p: Option<f64>, statistic: f64) -> f64 {
    1e-3 * (statistic / (1.0 + statistic)) - null_p.unwrap_or(f64::NAN)
}

fn forecast(outcome: &str, model: &TrainedModel, judged: Judged) -> Option<Forecast> {
    Some(Forecast {
        outcome: outcome.to_owned(),
        calibrated_on: model.calibrated_on()?.to_owned(),
        probability: judged.probability.filter(|_| judged.abstention.is_none()),
        abstention: judged.abstention,
    })
}
