//! Strongly connected components: everyone reaches everyone along the links and comes back.
//!
//! Kosaraju's two depth-first walks, petgraph's, which keep their own stack:
//! Tarjan's there recurses and would overflow on a long path.

use super::Partition;
use crate::graph::Shape;

/// Finds the strongly connected components; in an undirected graph the connected ones.
pub(super) fn find(shape: &Shape) -> Partition {
    let mut label_of = vec![0; shape.graph().vertex_count()];
    for (label, component) in petgraph::algo::kosaraju_scc(shape.graph()).into_iter().enumerate() {
        for vertex in component {
            label_of[vertex as usize] = label as u32;
        }
    }
    Partition::new(&label_of)
}
