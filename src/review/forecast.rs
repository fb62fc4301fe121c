//! Probabilities of flags: the answers of models that are calibrated on labels of this deployment.
//!
//! A candidate with a question of its own, such as a surge, has the probability that the question comes true. Another
//! candidate has the probability that a review confirms its flag. A model that was trained on synthetic worlds gives
//! none, and a model that is unsure of a row abstains.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    features::{Candidate, FeatureTable},
    model::{self, Abstention, Judged, ModelsInService, TrainedModel},
};

/// Name of the outcome that a review of a flag answers.
const FLAGS: &str = "flags";

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
    let trained = models.flags.trained().filter(|model| model.calibrated_on().is_some());
    let mut forecasts: Vec<Option<Forecast>> = match trained {
        Some(model) if features.nrows() > 0 => {
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

fn forecast(outcome: &str, model: &TrainedModel, judged: Judged) -> Option<Forecast> {
    Some(Forecast {
        outcome: outcome.to_owned(),
        calibrated_on: model.calibrated_on()?.to_owned(),
        probability: judged.probability.filter(|_| judged.abstention.is_none()),
        abstention: judged.abstention,
    })
}
