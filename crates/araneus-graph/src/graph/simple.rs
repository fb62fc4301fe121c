//! The undirected simple graph beneath any graph: no directions, no self-links.

use super::sort::{Payload, Table, backward, merge};
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
        let table = self.simple_table(&vec![(); self.outgoing.ends.len()]);
        Graph::from_rows(table.rows, false, table.links)
    }

    /// Returns the weights of the undirected graph without self-links, which is `simple`.
    pub(super) fn simple_weights(&self, weights: &Weights, simple: &Graph) -> Weights {
        match &weights.0 {
            Kind::Ones(_) => Weights::ones(simple),
            Kind::Given { outgoing, .. } => Weights::given(self.simple_table(outgoing).carried),
        }
    }

    /// Returns the graph without its links of weight 0, with its weights; `None` if it has no such link.
    pub(super) fn without_weightless(&self, weights: &Weights) -> Option<(Graph, Weights)> {
        let Kind::Given { outgoing, .. } = &weights.0 else { return None };
        if outgoing.iter().all(|weight| *weight > 0.0) {
            return None;
        }
        let mut rows = Rows { starts: Vec::with_capacity(self.outgoing.starts.len()), ends: Vec::new() };
        let (mut kept, mut links) = (Vec::new(), 0);
        rows.starts.push(0);
        for vertex in self.vertices() {
            let range = self.outgoing.range(vertex);
            for (&end, &weight) in self.outgoing.ends[range.clone()].iter().zip(&outgoing[range]) {
                if weight > 0.0 {
                    rows.ends.push(end);
                    kept.push(weight);
                    links += usize::from(self.is_directed() || vertex <= end);
                }
            }
            rows.starts.push(rows.ends.len());
        }
        Some((Graph::from_rows(rows, self.is_directed(), links), Weights::given(kept)))
    }

    fn simple_table<W: Payload>(&self, carried: &[W]) -> Table<W> {
        if !self.is_directed() {
            return self.without_selves(carried);
        }
        let links = |places| {
            backward(&self.outgoing, carried, places)
                .filter(|link| link.0 != link.1)
                .map(|(target, source, carries)| (source.min(target), source.max(target), carries))
        };
        // On one thread: see `Graph::incoming_rows`.
        merge(self.vertex_count() as u32, self.outgoing.ends.len(), links, true, 1)
    }

    /// Copies the rows of an undirected graph but for self-links: all else is as it should be.
    fn without_selves<W: Payload>(&self, carried: &[W]) -> Table<W> {
        let count = 2 * (self.outgoing.ends.len() - self.links);
        let mut rows =
            Rows { starts: Vec::with_capacity(self.outgoing.starts.len()), ends: Vec::with_capacity(count) };
        let mut kept = Vec::with_capacity(count);
        rows.starts.push(0);
        for vertex in self.vertices() {
            let range = self.outgoing.range(vertex);
            let (row, carried) = (&self.outgoing.ends[range.clone()], &carried[range]);
            let own = row.partition_point(|end| *end < vertex);
            let after = own + usize::from(row.get(own) == Some(&vertex));
            rows.ends.extend_from_slice(&row[..own]);
            rows.ends.extend_from_slice(&row[after..]);
            kept.extend_from_slice(&carried[..own]);
            kept.extend_from_slice(&carried[after..]);
            rows.starts.push(rows.ends.len());
        }
        Table { rows, carried: kept, links: count / 2 }
    }
}
