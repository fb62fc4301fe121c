//! The patterns that candidates are instances of. Each pattern is one file, with its definition, its rationale and its
//! false positives, and one line of [`PATTERNS`].

mod attribution;
mod community_birth;
mod control_change;
mod convergence;
mod corroboration;
mod cross_layer;
mod dormant_reactivation;
mod flows;
mod infrastructure_migration;
mod known_infrastructure;
mod layered_flow;
mod lockstep;
mod new_cut_vertex;
mod pass_through;
mod payment_chain;
mod payment_cycle;
mod payment_fan_in;
mod scatter_gather;
mod shared_attributes;
mod shared_infrastructure;
mod structuring;
mod successor;
mod sudden_broker;
mod surge;
mod technique_convergence;
mod windows;

use super::{
    FlagTitle,
    null_models::{Age, Ends, RecentLinks, Search},
};
use crate::{
    analysis::Analysis,
    features::{self, Candidate, LeadReason},
    index::EntityIndex,
};

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

/// Method that searches random runs for instances, and measures each candidate there.
pub(super) enum Null {
    /// From recent links, which random runs rewire.
    Rewired(Search<RecentLinks>),
    /// From recent links between some ends, of which random runs draw both.
    Drawn(Ends, Search<RecentLinks>),
    /// From what accounts say about recent links; random runs draw the entities that an account does not introduce.
    Reported(Search<RecentLinks>),
    /// From the age of each link's activity, which random runs permute.
    Redated(Search<[Age]>),
    /// From a closed form: `find` sets the number of instances that chance gives in the whole input.
    Closed,
}

/// Every pattern.
pub const PATTERNS: &[Pattern] = &[
    community_birth::PATTERN,
    convergence::PATTERN,
    sudden_broker::PATTERN,
    dormant_reactivation::PATTERN,
    shared_infrastructure::PATTERN,
    payment_chain::PATTERN,
    payment_cycle::PATTERN,
    scatter_gather::PATTERN,
    payment_fan_in::PATTERN,
    pass_through::PATTERN,
    structuring::PATTERN,
    surge::PATTERN,
    known_infrastructure::PATTERN,
    corroboration::PATTERN,
    attribution::PATTERN,
    technique_convergence::PATTERN,
    cross_layer::PATTERN,
    shared_attributes::PATTERN,
    control_change::PATTERN,
    successor::PATTERN,
    infrastructure_migration::PATTERN,
    lockstep::PATTERN,
    layered_flow::PATTERN,
    new_cut_vertex::PATTERN,
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

/// Returns no entities: the instances of the pattern have no main entity.
fn no_entities(_: &Analysis) -> Vec<EntityIndex> {
    Vec::new()
}

/// Makes each candidate whose news comes from one source, which is not usually reliable, at most a lead.
fn limit_to_leads(analysis: &Analysis, candidates: &mut [Candidate]) {
    for candidate in candidates {
        let origins = features::origins(analysis, candidate);
        let is_one = origins.len() == 1;
        if is_one && origins.iter().all(|name| !analysis.view.terms(name).reliability.suffices_alone()) {
            candidate.lead = Some(LeadReason::OneSource);
        }
    }
}

/// Returns the probability of at least `count` events under a Poisson distribution of this mean.
fn poisson_tail(count: usize, mean: f64) -> f64 {
    let mut term = (-mean).exp();
    let mut below = 0.0;
    for number in 0..count {
        below += term;
        term *= mean / (number + 1) as f64;
    }
    // A small tail is summed directly, because the difference from 1 has no correct digits.
    if below < 0.999 {
        return 1.0 - below;
    }
    let mut tail = 0.0;
    for number in count..count + 1000 {
        tail += term;
        term *= mean / (number + 1) as f64;
    }
    tail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poisson_tail_is_one_minus_the_probabilities_below() {
        assert!((poisson_tail(0, 2.0) - 1.0).abs() < 1e-12);
        assert!((poisson_tail(2, 2.0) - (1.0 - 3.0 * (-2.0_f64).exp())).abs() < 1e-12);
        let small = 1e-4_f64;
        assert!((poisson_tail(2, small) / (small * small / 2.0) - 1.0).abs() < 1e-3);
        assert!(poisson_tail(3, 0.0).abs() < 1e-300);
    }
}
