//! Changes between two runs, each with its cause.
//!
//! The cause is computed, not guessed. The records of the previous run are resolved again with the current rules,
//! and once more as of the current run. Each step has causes of its own:
//!
//! | Compared | Causes |
//! |---|---|
//! | previous run as it was, and under the current rules | `configuration-change`, `resolver-change` |
//! | the same records as of the previous run and of the current run | `expiry` |
//! | these records and the records of the current run | all other causes |

mod bulk;
mod change;
mod compare;
mod disturbance;
mod group;
pub mod lineage;
mod recent;
mod side;
#[cfg(test)]
mod tests;

pub use bulk::BulkChange;
pub use change::{Cause, ChangeKind, ChangeTrait, Subject, SubjectId, SubjectIds};
pub use compare::{compare_rules, compare_world};
pub use disturbance::{Disturbance, disturbances};
pub use group::{ChangeGroup, Groups, group};
pub use recent::{Arrival, LATE_DAYS, Recent, active, began, recent};
pub use side::Side;

use crate::{resolve::Resolution, time::Moment, view::View};

/// As-of times and communities of earlier runs: a fold over the archive, with a view of its own for each run.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PriorRuns {
    /// As-of times of the earlier runs, ascending.
    pub runs: Vec<Moment>,
    /// Communities of the earlier runs.
    pub lineages: lineage::Lineages,
}

/// A view with its entities and links.
#[derive(Clone, Copy, Debug)]
pub struct ResolvedView<'a> {
    /// The view.
    pub view: &'a View,
    /// Entities and links of the view.
    pub resolution: &'a Resolution,
}

/// One difference, before grouping.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Kind of its subject.
    pub subject: Subject,
    /// Id of its subject.
    pub id: SubjectId,
    /// Kind of the change.
    pub what: ChangeKind,
    /// Cause of the change.
    pub cause: Cause,
    /// Type of the object, entity or link, such as `malware`.
    pub kind: String,
    /// Text that names the subject to a person.
    pub label: String,
    /// Source of a record; empty for other subjects.
    pub source: String,
    /// Traits worth counting, such as "the version field is the same".
    pub traits: Vec<ChangeTrait>,
}
