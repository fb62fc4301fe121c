//! The undirected simple graph beneath any graph: no directions, no self-links.

use super::{Graph, Weights};

impl Graph {
    /// Returns the undirected graph without self-links, and its weights.
    ///
    /// Links from a to b and from b to a become one; it weighs their sum if
    /// `weights` were given, else 1.
    pub fn simple(&self, weights: &Weights) -> (Graph, Weights) {
        let mut links = Vec::with_capacity(self.links);
        let mut sums = Vec::new();
        for source in self.vertices() {
            for (&target, &weight) in self.outgoing(source).iter().zip(weights.outgoing(self, source)) {
                // An undirected link stands in two rows and is taken from the first.
                let counts = if self.is_directed() { source != target } else { source < target };
                if counts {
                    links.push((source, target));
                    sums.push(weight);
                }
            }
        }
        let given = weights.are_given().then_some(sums.as_slice());
        Graph::build(self.vertex_count() as u32, false, &links, given)
    }
}
