//! Erasure of records: a selection is removed from every segment, and a tombstone stays.
//!
//! The segments and the manifest without the records are written first. Then a marker is written with one rename: it is the
//! decision, and from then on the archive is read without the records. The remaining steps move the pointers and remove files.
//! After a kill at any time the archive is the one with the records or the one without them. The next command that
//! writes and finds the marker completes the steps.

mod blocks;
mod pending;
mod plan;
mod rewrite;
mod selection;
mod settle;
mod tombstones;

pub use blocks::Blocks;
pub use pending::{ConcernedJudgements, PendingErasure};
pub use plan::{ErasurePlan, Selector};
pub use tombstones::{ErasureCounts, Lift, Tombstone, lift as lift_erasure};

pub(super) use pending::pending;
pub(super) use plan::RowEffect;
