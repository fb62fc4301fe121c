//! Connected components: who can be reached at all, directions ignored.

use super::Partition;
use crate::graph::{Shape, parts};

/// Finds the connected components.
pub(super) fn find(shape: &Shape) -> Partition {
    // Self-links and directions join nothing more, so the simple graph need not be made.
    Partition::new(&parts(shape.graph()).of)
}
