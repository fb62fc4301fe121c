//! Linkage of records: people, organisations and others that a table describes by several columns.
//!
//! The method is that of Fellegi and Sunter (1969) with levels of agreement:
//!
//! 1. [`Records`] are the rows of one or more sources. Each column has a [`ColumnKind`], which decides how two values are compared.
//! 2. Blocking finds the pairs that share a value of few records, or two or three values of many records.
//! 3. [`fit_linkage`] estimates the shares of the levels without truth. `u` comes from random pairs, and `m` from expectation
//!    maximisation over blocked pairs (Winkler 1988). A column that makes the blocks of a pass is not fitted in that pass.
//! 4. [`link`] adds the bits of all levels. A frequent value counts less than a rare one, and each cluster has one count of a value (Winkler 1989;
//!    Linacre 2022). Two records of one duplicate-free source are never one. A group joins another one if its mean of bits is above 0.
//!
//! A [`LinkageModel`] is readable data: each level has `m`, `u`, its bits, and the number of its pairs.

mod blocking;
mod clusters;
mod columns;
mod estimate;
mod levels;
mod model;
mod scoring;

pub use blocking::BlockedCounts;
pub use columns::{ColumnKind, Records, RecordsError};
pub use estimate::fit_linkage;
pub use levels::{AGREEMENTS, Agreement, agreement_of};
pub use model::{ColumnWeights, LevelShare, LinkageModel, LinkageModelError};
pub use scoring::{ColumnBits, Linkage, LinkedPair, link};

#[cfg(test)]
mod tests;
