//! Connected components: who can be reached at all, directions ignored.

use super::Partition;
use crate::graph::{Shape, parts};

/// Finds the connected components.
pub(super) fn find(shape: &Shape) -> Partition {
    Partition::new(&parts(shape.simple()).of)
}
