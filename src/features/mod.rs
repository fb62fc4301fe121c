//! What a model is shown: one row of numbers for each candidate, never ids or dates.

use ndarray::Array2;

use crate::{entity::EntityIndex, survey::Survey};

/// One instance of a pattern on one night.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Derives from the pattern and its members.
    pub id: String,
    /// Name of the pattern.
    pub pattern: &'static str,
    /// The entities it is about, ascending.
    pub members: Vec<EntityIndex>,
    /// How strongly the pattern shows, in its own unit.
    pub statistic: f64,
    /// Share of random graphs that show it as strongly; `None` where none were drawn.
    pub null_p: Option<f64>,
}

/// One number about a candidate. To add one: a function, and a line in [`FEATURES`].
pub struct Feature {
    /// Column name.
    pub name: &'static str,
    /// What it says, in one sentence.
    pub about: &'static str,
    /// Computes it; not a number is unknown.
    pub of: fn(&Survey, &Candidate) -> f64,
}

/// Every feature.
pub const FEATURES: &[Feature] = &[
    Feature {
        name: "size_log",
        about: "Natural logarithm of one more than the number of members.",
        of: size_log,
    },
    Feature { name: "source_count", about: "Number of sources that tell of its members.", of: source_count },
    Feature {
        name: "told_tonight_share",
        about: "Share of its members first told of tonight, from 0 to 1.",
        of: told_tonight_share,
    },
];

/// Shows every candidate: one row each, one column for each of [`FEATURES`].
pub fn features(survey: &Survey, candidates: &[Candidate]) -> Array2<f64> {
    Array2::from_shape_fn((candidates.len(), FEATURES.len()), |(row, column)| {
        (FEATURES[column].of)(survey, &candidates[row])
    })
}

/// Returns each feature's values, in the order of the candidates.
pub fn by_feature(shown: &Array2<f64>) -> Vec<Vec<f64>> {
    shown.columns().into_iter().map(|column| column.to_vec()).collect()
}

fn size_log(_: &Survey, candidate: &Candidate) -> f64 {
    (candidate.members.len() as f64).ln_1p()
}

fn source_count(survey: &Survey, candidate: &Candidate) -> f64 {
    let members = candidate.members.iter().map(|&at| &survey.resolution.entities[at as usize]);
    let mut sources: Vec<&String> = members.flat_map(|entity| &entity.sources).collect();
    sources.sort_unstable();
    sources.dedup();
    sources.len() as f64
}

fn told_tonight_share(survey: &Survey, candidate: &Candidate) -> f64 {
    let tonight = survey.view.vantage().at;
    let told =
        candidate.members.iter().filter(|&&at| survey.resolution.entities[at as usize].told_first == tonight);
    told.count() as f64 / candidate.members.len() as f64
}
