//! The review queue: the flags of a run, each with its score, its rank and its reasons.

use super::{
    CandidateStatus, Flag, Forecast, Gate, Reasons, ReviewConfig, focus, forecast::forecasts, reasons,
    statuses,
};
use crate::{
    analysis::Analysis,
    features::{self, Candidate},
    model::{self, ModelsInService},
    view::Audience,
};

/// A flag with everything that is shown of it.
#[derive(Clone, Debug)]
pub struct QueuedFlag {
    /// The flag.
    pub flag: Flag,
    /// Its candidate in this run; `None` where only an earlier run found the flag.
    pub candidate: Option<Candidate>,
    /// Results of its candidate at the emergence gate.
    pub gate: Option<Gate>,
    /// Urgency from 0 to 1; 0 without a candidate.
    pub score: f64,
    /// Answer of a model that is calibrated on labels of this deployment; `None` without one.
    pub forecast: Option<Forecast>,
    /// Rank in the queue, from 1; `None` outside the queue.
    pub rank: Option<u32>,
    /// Number of criteria of the audience's focus that it meets; `None` without a focus or a candidate.
    pub focus: Option<u32>,
    /// Reasons for and against the flag.
    pub reasons: Reasons,
}

/// Candidates of a run with their features and scores; the five lists are aligned.
pub struct ScoredCandidates {
    candidates: Vec<Candidate>,
    gates: Vec<Gate>,
    features: features::FeatureTable,
    scores: Vec<f64>,
    forecasts: Vec<Option<Forecast>>,
}

/// Computes the features and the score of each candidate.
pub fn score(
    analysis: &Analysis,
    candidates: Vec<Candidate>,
    gates: Vec<Gate>,
    models: &ModelsInService,
) -> ScoredCandidates {
    let features = features::features(analysis, &candidates);
    let statistics: Vec<f64> = candidates.iter().map(|candidate| candidate.statistic).collect();
    let scores = model::scores(&models.flags, &statistics, &features);
    let forecasts = forecasts(&candidates, &features, models);
    ScoredCandidates { candidates, gates, features, scores, forecasts }
}

/// Flags and candidates of a run, as the report and the tables show them.
pub struct ReviewQueue {
    /// Flags of the queue by rank, then the other flags by id.
    pub flags: Vec<QueuedFlag>,
    /// All candidates, flagged or not; the next three are aligned with this list.
    pub candidates: Vec<Candidate>,
    /// Results of the candidates at the emergence gate.
    pub gates: Vec<Gate>,
    /// Status of each candidate.
    pub statuses: Vec<CandidateStatus>,
    /// Features of the candidates, one row each.
    pub features: features::FeatureTable,
}

impl ReviewQueue {
    /// Ranks the flags within the budget and the focus of an audience, and adds their reasons.
    pub fn new(
        analysis: &Analysis,
        flags: Vec<Flag>,
        scored: ScoredCandidates,
        models: &ModelsInService,
        config: &ReviewConfig,
        audience: &Audience,
    ) -> Self {
        let ScoredCandidates { candidates, gates, features, scores, forecasts } = scored;
        // A flag without a recent record is not urgent.
        let flag_scores: Vec<f64> =
            flags.iter().map(|flag| flag.candidate.map_or(0.0, |index| scores[index])).collect();
        let focus = focus::criteria_met(&audience.focus, analysis, &flags, &candidates);
        let ranks = ranks(&flags, &flag_scores, &focus, audience.budget.unwrap_or(config.budget));
        let statuses = statuses(&gates, &flags, &ranks, &focus);
        let reasons = reasons(analysis, &flags, &candidates, &gates, &features, &models.flags);
        let mut flags: Vec<QueuedFlag> = flags
            .into_iter()
            .zip(reasons)
            .zip(flag_scores.into_iter().zip(ranks.into_iter().zip(focus)))
            .map(|((flag, reasons), (score, (rank, focus)))| QueuedFlag {
                candidate: flag.candidate.map(|index| candidates[index].clone()),
                gate: flag.candidate.map(|index| gates[index].clone()),
                forecast: flag.candidate.and_then(|index| forecasts[index].clone()),
                flag,
                score,
                rank,
                focus,
                reasons,
            })
            .collect();
        flags.sort_by(|a, b| {
            (a.rank.is_none(), a.rank, &a.flag.id).cmp(&(b.rank.is_none(), b.rank, &b.flag.id))
        });
        Self { flags, candidates, gates, statuses, features }
    }
}

/// Returns the rank of each flag, from 1: new and grown flags by the criteria of the focus that they meet, then by score, then
/// by id, within the budget. Flags that meet none have no rank. Sampled candidates come last, in half of the budget at most.
fn ranks(flags: &[Flag], scores: &[f64], focus: &[Option<u32>], budget: u32) -> Vec<Option<u32>> {
    let queued = (0..flags.len()).filter(|&index| flags[index].state.is_queued());
    let (mut sampled, mut order): (Vec<usize>, Vec<usize>) =
        queued.partition(|&index| flags[index].sampled.is_some());
    order.retain(|&index| focus[index] != Some(0));
    order.sort_by(|&a, &b| {
        focus[b]
            .cmp(&focus[a])
            .then_with(|| scores[b].total_cmp(&scores[a]))
            .then_with(|| flags[a].id.cmp(&flags[b].id))
    });
    sampled.truncate(budget as usize / 2);
    order.truncate((budget as usize).saturating_sub(sampled.len()));
    order.extend(sampled);
    let mut ranks = vec![None; flags.len()];
    for (rank, index) in (1..=budget).zip(order) {
        ranks[index] = Some(rank);
    }
    ranks
}
