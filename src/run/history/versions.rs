//! Versions of the stages of a run.
//!
//! A version changes whenever equal inputs would give another result of its stage. The key of a kept stage contains the
//! versions of all stages that it follows from, so that an increased version makes them again. `tests/versions.rs` fails
//! on a change of the sources of a stage until the version is increased or the new sources are signed.

/// Records: reading of stored objects, canonical identifiers, and views.
pub(super) const READS: u32 = 6;
/// Entities, links and their weights.
pub(super) const RESOLVES: u32 = 5;
/// Communities and their lineages.
pub(super) const GROUPS: u32 = 3;
/// Candidates of the patterns, with their values at the gate.
pub(super) const FINDS: u32 = 10;
/// Flags over the runs.
pub(super) const FOLLOWS: u32 = 1;
/// Columns of a side of a comparison.
pub(super) const SIDES: u32 = 1;

/// Versions of the stages until the entities and links.
pub(super) const RESOLVED: [u32; 2] = [READS, RESOLVES];
