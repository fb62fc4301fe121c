//! What comes before a person: tonight's flags, scored, worded and in order.

use super::memory::Followed;
use crate::{
    features::{self, Candidate},
    model::{self, Model},
    report::{
        content::FlagLine,
        morning::{self, Queued},
    },
    review::{self, Flag, Gate, Outcome, Reasons, ReviewConfig},
};

/// Tonight's candidates and flags.
pub(crate) struct Morning {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) gates: Vec<Gate>,
    /// Where each candidate ended.
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) features: features::Table,
    /// By id; the next lists are aligned.
    pub(crate) flags: Vec<Flag>,
    /// Remembered flags that closed without a verdict.
    pub(crate) closed: Vec<FlagLine>,
    scores: Vec<f64>,
    probabilities: Vec<Option<f64>>,
    ranks: Vec<Option<u32>>,
    reasons: Vec<Reasons>,
}

impl Morning {
    /// Scores and words what was found.
    pub(crate) fn of(followed: &Followed, model: &Model, config: &ReviewConfig) -> Self {
        let (candidates, flags) = (followed.candidates.clone(), followed.flags.clone());
        let features = features::features(&followed.analysis, &candidates);
        let statistics: Vec<f64> = candidates.iter().map(|candidate| candidate.statistic).collect();
        let of_candidates = model::scores(model, &statistics, &features);
        // What nothing recent speaks for is not urgent.
        let scores: Vec<f64> =
            flags.iter().map(|flag| flag.candidate.map_or(0.0, |at| of_candidates[at])).collect();
        let ranks = review::queue(&flags, &scores, config);
        let outcomes = review::outcomes(&followed.gates, &flags, &ranks);
        let reasons =
            review::reasons(&followed.analysis, &flags, &candidates, &followed.gates, &features, model);
        let probabilities = vec![None; flags.len()];
        Self {
            candidates,
            gates: followed.gates.clone(),
            outcomes,
            features,
            flags,
            closed: morning::closed(followed.memory.flags()),
            scores,
            probabilities,
            ranks,
            reasons,
        }
    }

    /// Returns every flag with what is shown of it: those of the queue in order, then the others by id.
    pub(crate) fn queued(&self) -> Vec<Queued<'_>> {
        let mut order: Vec<usize> = (0..self.flags.len()).collect();
        order.sort_by_key(|&at| (self.ranks[at].is_none(), self.ranks[at], &self.flags[at].id));
        order
            .into_iter()
            .map(|at| Queued {
                flag: &self.flags[at],
                candidate: self.flags[at].candidate.map(|candidate| &self.candidates[candidate]),
                gate: self.flags[at].candidate.map(|candidate| &self.gates[candidate]),
                rank: self.ranks[at],
                score: self.scores[at],
                probability: self.probabilities[at],
                reasons: &self.reasons[at],
            })
            .collect()
    }

    /// Returns each feature's values, in the order of the candidates.
    pub(crate) fn by_feature(&self) -> Vec<Vec<f64>> {
        features::by_feature(&self.features)
    }
}
