//! The structures that are looked for: each a file, with what it finds, why it matters and
//! what else could explain it, and a line of [`PATTERNS`].

mod community_birth;
mod convergence;
mod dormant_reactivation;
mod shared_infrastructure;
mod sudden_broker;

use super::null_models::{Age, Ties};
use crate::{analysis::Analysis, features::Candidate, index::EntityIndex};

/// A named structure. To add one: a file beside this one, a line in [`PATTERNS`], and its
/// cases in `tests/patterns/`.
pub struct Pattern {
    /// Name, so that "flagged for NAME" is a sentence. Never used again for another one.
    pub name: &'static str,
    /// What it finds, in one sentence.
    pub about: &'static str,
    /// Why it matters, in one sentence.
    pub matters: &'static str,
    /// What else could explain it, in one sentence.
    pub look_alikes: &'static str,
    /// Unit of its statistic, after a number.
    pub unit: &'static str,
    /// Finds its instances on one night.
    pub(super) find: fn(&Analysis) -> Vec<Candidate>,
    /// Measures candidates on a random or an earlier night.
    pub(super) null: Null,
    /// Says what was found, in one sentence.
    pub title: fn(&Analysis, &Candidate) -> String,
}

/// Measures each candidate anew.
pub(super) enum Null {
    /// From recent ties, which random nights rewire.
    Rewired(fn(&Analysis, &[Candidate], &Ties) -> Vec<f64>),
    /// From which links are recent, which random nights relabel.
    Relabelled(fn(&Analysis, &[Candidate], &[bool]) -> Vec<f64>),
    /// From how old each link's activity is, which random nights deal out anew.
    Redated(fn(&Analysis, &[Candidate], &[Age]) -> Vec<f64>),
}

/// Every pattern.
pub const PATTERNS: &[Pattern] = &[
    community_birth::PATTERN,
    convergence::PATTERN,
    sudden_broker::PATTERN,
    dormant_reactivation::PATTERN,
    shared_infrastructure::PATTERN,
];

/// Returns the pattern of that name.
///
/// # Panics
/// If there is none: a name that the code misspells.
pub fn named(name: &str) -> &'static Pattern {
    PATTERNS.iter().find(|pattern| pattern.name == name).expect("a pattern that is on the table")
}

/// Returns an entity's label.
fn label(analysis: &Analysis, entity: EntityIndex) -> &str {
    &analysis[entity].label
}

/// Names that a title spells out.
const NAMED_MAX: usize = 4;

/// Joins labels as a sentence does: `a, b and c`, or `a, b, c, d and 2 more`.
fn listed(labels: &[&str]) -> String {
    match labels {
        [] => String::new(),
        [one] => (*one).to_owned(),
        _ if labels.len() > NAMED_MAX => {
            format!("{} and {} more", labels[..NAMED_MAX].join(", "), labels.len() - NAMED_MAX)
        }
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// Returns a count with its noun: `1 fresh link`, `3 fresh links`.
fn plural(count: usize, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}
