//! Structures worth a person's time, in a total order and within a budget. A person decides.

mod accounts;
mod chance;
mod exploration;
mod flag;
mod flags;
mod focus;
mod forecast;
mod found;
mod gate;
mod known_keys;
mod linked_pairs;
mod marked;
mod money;
mod null_models;
mod patterns;
mod people;
mod queue;
mod reason;
mod reasons;
mod status;
mod title;
mod verdicts;

use serde::{Deserialize, Serialize};

pub use exploration::Exploration;
pub use flag::{Flag, Flags, State, StoredFlag};
pub use flags::follow;
pub use forecast::{Forecast, RULES_ONLY, rules_only};
pub use found::{FoundCandidate, FoundCandidates, recent_from};
pub use gate::{Gate, GateTest, TESTS};
pub use marked::marked_by;
pub use money::amount_said;
pub use patterns::{PATTERNS, Pattern, named};
pub use queue::{QueuedFlag, ReviewQueue, ScoredCandidates, score};
pub use reason::Reason;
pub use reasons::{Reasons, reasons};
pub use status::{
    CandidateStatus, NEAREST_MAX, STATUSES, SourceWarning, WaitingFlags, nearest, source_warning, statuses,
};
pub use title::FlagTitle;
pub use verdicts::Verdicts;

use crate::{analysis::Analysis, features::Candidate};

/// Settings of the review.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReviewConfig {
    /// Largest number of flags in the queue of a run.
    pub budget: u32,
    /// Places of the queue for unflagged candidates that are drawn at random; 0 switches the random sample off.
    pub exploration: u32,
    /// False-discovery rate over the candidates of a run whose chance random runs measure.
    pub fdr: f64,
}

impl Default for ReviewConfig {
    fn default() -> Self {
        Self { budget: 20, exploration: 2, fdr: 0.05 }
    }
}

impl ReviewConfig {
    /// Returns the settings of the random sample of a run, which uses at most half of the budget; `seed` is the seed of
    /// the analysis.
    pub fn random_sample(&self, seed: u64) -> Exploration {
        Exploration { places: self.exploration.min(self.budget / 2), seed }
    }
}

/// Finds the candidates of a run, in order of pattern and id, with the results of each at the gate.
pub fn candidates(analysis: &Analysis, config: &ReviewConfig, seed: u64) -> (Vec<Candidate>, Vec<Gate>) {
    let mut found = instances(analysis);
    chance::compare(analysis, &mut found, seed);
    let gates = gate::judge(analysis, &found, gate::limit(by_random_runs(&found), config.fdr));
    (found, gates)
}

/// Returns whether a candidate would pass the gate in an analysis without a few records of the run, beside the other
/// candidates of the run. The analysis needs nothing but what its pattern reads.
pub fn is_flagged(
    analysis: &Analysis,
    candidate: &Candidate,
    candidates: &[Candidate],
    config: &ReviewConfig,
    seed: u64,
) -> bool {
    let lineage = &candidate.lineage;
    let mut of_lineage = found((named(candidate.pattern).find)(analysis));
    of_lineage.retain(|candidate| candidate.lineage == *lineage);
    chance::compare(analysis, &mut of_lineage, seed);
    let others = candidates.iter().filter(|candidate| candidate.lineage != *lineage);
    let beside: Vec<Candidate> = others.chain(&of_lineage).cloned().collect();
    let gates = gate::judge(analysis, &of_lineage, gate::limit(by_random_runs(&beside), config.fdr));
    gates.iter().any(Gate::passes)
}

/// Finds the instances of all patterns, in order of pattern and id. Nothing is compared with random runs.
pub fn instances(analysis: &Analysis) -> Vec<Candidate> {
    found(PATTERNS.iter().flat_map(|pattern| (pattern.find)(analysis)).collect())
}

/// Returns the expected number of each candidate that random runs measured.
fn by_random_runs(candidates: &[Candidate]) -> impl Iterator<Item = Option<f64>> {
    candidates.iter().map(|candidate| candidate.null_p.and(candidate.expected))
}

/// Sorts candidates by pattern and id, and removes repeated ones.
fn found(mut found: Vec<Candidate>) -> Vec<Candidate> {
    found.sort_by(|a, b| (a.pattern, &a.id).cmp(&(b.pattern, &b.id)));
    found.dedup_by(|a, b| a.id == b.id);
    found
}
