//! Structures worth a person's time, in a total order and within a budget. A person decides.

use serde::{Deserialize, Serialize};

use crate::{
    features::Candidate,
    model::{self, Model},
    survey::Survey,
};

/// A named structure. To add one: a file beside this one, and a line in [`PATTERNS`].
pub struct Pattern {
    /// Name, so that "flagged for NAME" is a sentence.
    pub name: &'static str,
    /// What it finds, in one sentence.
    pub about: &'static str,
    /// Finds its instances on one night.
    pub find: fn(&Survey) -> Vec<Candidate>,
}

/// Every pattern. None is built in yet, so no candidate is found and no flag raised.
pub const PATTERNS: &[Pattern] = &[];

/// What may be chosen about review.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReviewConfig {
    /// Most flags that one night's queue holds.
    pub budget: u32,
    /// False-discovery rate over a night's candidates.
    pub fdr: f64,
}

impl Default for ReviewConfig {
    fn default() -> Self {
        Self { budget: 20, fdr: 0.05 }
    }
}

/// A candidate in the order in which a person should see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// Position in the list of candidates.
    pub candidate: usize,
    /// From 0 to 1.
    pub score: f64,
    /// Place in the queue from 1; `None` beyond the budget.
    pub rank: Option<u32>,
}

/// Finds tonight's candidates, in order of pattern and id.
pub fn candidates(survey: &Survey) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = PATTERNS.iter().flat_map(|pattern| (pattern.find)(survey)).collect();
    found.sort_by(|a, b| (a.pattern, &a.id).cmp(&(b.pattern, &b.id)));
    found
}

/// Puts candidates in a total order: by score, then by id.
pub fn queue(candidates: &[Candidate], model: Model, config: &ReviewConfig) -> Vec<Ranked> {
    let scores = model::score(model, candidates);
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|&a, &b| {
        scores[b].total_cmp(&scores[a]).then_with(|| candidates[a].id.cmp(&candidates[b].id))
    });
    (1..)
        .zip(order)
        .map(|(rank, candidate)| Ranked {
            candidate,
            score: scores[candidate],
            rank: (rank <= config.budget).then_some(rank),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_is_a_total_order_within_its_budget() {
        let candidate = |id: &str, statistic| Candidate {
            id: id.to_owned(),
            pattern: "test",
            members: vec![0],
            statistic,
            null_p: None,
        };
        let candidates = [candidate("c", 1.0), candidate("b", 2.0), candidate("a", 2.0)];
        let ranked = queue(&candidates, Model::Rules, &ReviewConfig { budget: 2, ..ReviewConfig::default() });
        let order: Vec<(&str, Option<u32>)> =
            ranked.iter().map(|row| (candidates[row.candidate].id.as_str(), row.rank)).collect();
        assert_eq!(order, [("a", Some(1)), ("b", Some(2)), ("c", None)]);
    }
}
