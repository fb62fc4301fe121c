//! The undirected simple graph beneath any graph: no directions, no self-links.

use super::sort::{Payload, backward, merge};
use super::{Graph, Kind, Rows, Weights};

impl Graph {
    /// Returns the undirected graph without self-links, and its weights.
    ///
    /// Links from a to b and from b to a become one; it weighs their sum if
    /// `weights` were given, else 1.
    pub fn simple(&self, weights: &Weights) -> (Graph, Weights) {
        let graph = self.simple_topology();
        let weights = self.simple_weights(weights, &graph);
        (graph, weights)
    }

    /// Says whether this is an undirected graph without self-links.
    pub(super) fn is_simple(&self) -> bool {
        !self.is_directed() && self.outgoing.ends.len() == 2 * self.links
    }

    /// Returns the undirected graph without self-links.
    pub(super) fn simple_topology(&self) -> Graph {
        Graph::from_rows(self.simple_rows(&vec![(); self.outgoing.ends.len()]).0, false)
    }

    /// Returns the weights of the undirected graph without self-links, which is `simple`.
    pub(super) fn simple_weights(&self, weights: &Weights, simple: &Graph) -> Weights {
        match &weights.0 {
            Kind::Ones(_) => Weights::ones(simple),
            Kind::Given { outgoing, .. } => Weights::given(self.simple_rows(outgoing).1),
        }
    }

    fn simple_rows<W: Payload>(&self, carried: &[W]) -> (Rows, Vec<W>) {
        let links = |places| {
            // An undirected link stands in two rows and is taken from the first.
            let counts = |source, target| if self.is_directed { source != target } else { source < target };
            backward(&self.outgoing, carried, places)
                .filter(move |link| counts(link.1, link.0))
                .map(|(target, source, carries)| (source.min(target), source.max(target), carries))
        };
        // On one thread: see `Graph::incoming_rows`.
        let table = merge(self.vertex_count() as u32, self.outgoing.ends.len(), links, true, 1);
        (table.rows, table.carried)
    }
}
