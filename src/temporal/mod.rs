//! Then and now to change: what differs between two nights, and why.
//!
//! The cause is computed, not guessed. The earlier records are surveyed again with
//! tonight's rules, and once more at tonight's moment:
//!
//! ```text
//! then, as it was ──▶ then, by tonight's rules ──▶ the same, tonight ──▶ tonight
//!          configuration-change, resolver-change     expiry        the world's own causes
//! ```

mod compare;
mod group;
pub mod lineage;
mod recent;
#[cfg(test)]
mod tests;

pub use compare::{Cause, ChangeKind, Subject, compare_rules, compare_world};
pub use group::{ChangeGroup, ChangeTrait, Groups, group};
pub use recent::{Arrival, Recent, active, began, recent};

use crate::{resolve::Resolution, time::Moment, view::View};

/// What earlier nights leave to the next: a fold over the archive, each night from its own view.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PriorRuns {
    /// The earlier nights, ascending.
    pub runs: Vec<Moment>,
    /// Their communities.
    pub lineages: lineage::Lineages,
}

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct ResolvedView<'a> {
    /// What was known.
    pub view: &'a View,
    /// What it was resolved to.
    pub resolution: &'a Resolution,
}

/// One difference, before grouping.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What kind of thing it is about.
    pub subject: Subject,
    /// Its id.
    pub id: String,
    /// What happened to it.
    pub what: ChangeKind,
    /// Why.
    pub cause: Cause,
    /// Type of the object, entity or link.
    pub kind: String,
    /// What a person calls it.
    pub label: String,
    /// For records the source; else empty.
    pub source: String,
    /// Traits worth counting, such as "the version field is the same".
    pub traits: Vec<ChangeTrait>,
}
