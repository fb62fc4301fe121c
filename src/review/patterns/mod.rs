//! The patterns that candidates are instances of. Each pattern is one file, with its definition, its rationale and its
//! false positives, and one line of [`PATTERNS`].

mod community_birth;
mod convergence;
mod dormant_reactivation;
mod shared_infrastructure;
mod sudden_broker;

use super::{
    FlagTitle,
    null_models::{Age, RecentLinks},
};
use crate::{analysis::Analysis, features::Candidate, index::EntityIndex};

/// A named structure of the graph. To add one: a file beside this one, a line in [`PATTERNS`], and its
/// cases in `tests/patterns/`.
pub struct Pattern {
    /// Name, so that "flagged for NAME" is a sentence. Never used again for another one.
    pub name: &'static str,
    /// Definition in one sentence.
    pub about: &'static str,
    /// Reason to review an instance, in one sentence.
    pub rationale: &'static str,
    /// Benign explanations of an instance, as a list in one sentence.
    pub false_positives: &'static str,
    /// Unit of its strength, as a noun phrase.
    pub unit: &'static str,
    /// Finds its instances in one run.
    pub(super) find: fn(&Analysis) -> Vec<Candidate>,
    /// Measures candidates in random runs and in earlier windows.
    pub(super) null: Null,
    /// Template of the title of an instance: one sentence that claims only what this pattern measured. The names of its
    /// placeholders are those of `title_of`.
    pub title: &'static str,
    /// Returns the title of an instance as data.
    pub title_of: fn(&Analysis, &Candidate) -> FlagTitle,
}

/// Method that measures each candidate in random runs.
pub(super) enum Null {
    /// From recent links, which random runs rewire.
    Rewired(fn(&Analysis, &[Candidate], &RecentLinks) -> Vec<f64>),
    /// From recent links, which random runs rewire together with the latest earlier ones.
    RewiredWithEarlier(fn(&Analysis, &[Candidate], &RecentLinks) -> Vec<f64>),
    /// From the set of recent links, which random runs choose again.
    Relabelled(fn(&Analysis, &[Candidate], &[bool]) -> Vec<f64>),
    /// From the age of each link's activity, which random runs permute.
    Redated(fn(&Analysis, &[Candidate], &[Age]) -> Vec<f64>),
    /// From a closed form: `find` sets the number of instances that chance gives in the whole input.
    #[expect(dead_code, reason = "the patterns of payments use it")]
    Closed,
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
