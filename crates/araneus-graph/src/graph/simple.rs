//! The undirected simple graph of any graph: no directions, no self-links.

use super::csr::{Graph, WeightKind, Weights};
use super::keys::Payload;
use super::rows::Rows;
use super::sort::{MergedRows, backward, merge};

impl Graph {
    /// Returns the undirected graph without self-links, and its weights.
    ///
    /// Links from a to b and from b to a become one link. It weighs their sum if `weights` were given, else
    /// 1.
    pub fn simple(&self, weights: &Weights) -> (Graph, Weights) {
        let graph = self.simple_topology();
        let weights = self.simple_weights(weights, &graph);
        (graph, weights)
    }

    /// Returns whether this is an undirected graph without self-links.
    pub(super) fn is_simple(&self) -> bool {
        !self.is_directed() && self.outgoing.ends.len() == 2 * self.links
    }

    /// Returns the undirected graph without self-links.
    pub(super) fn simple_topology(&self) -> Graph {
        let merged = self.simple_rows(&vec![(); self.outgoing.ends.len()]);
        Graph::from_rows(merged.rows, false, merged.links)
    }

    /// Returns the weights of `simple`, the undirected graph without self-links.
    pub(super) fn simple_weights(&self, weights: &Weights, simple: &Graph) -> Weights {
        match &weights.0 {
            WeightKind::Ones(_) => Weights::ones(simple),
            WeightKind::Given { outgoing, .. } => Weights::given(self.simple_rows(outgoing).payloads),
        }
    }

    /// Returns the graph without its links of weight 0, and its weights; `None` if it has no such link.
    pub(super) fn without_zero_weights(&self, weights: &Weights) -> Option<(Graph, Weights)> {
        let WeightKind::Given { outgoing, .. } = &weights.0 else { return None };
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

    fn simple_rows<W: Payload>(&self, payloads: &[W]) -> MergedRows<W> {
        if !self.is_directed() {
            return self.without_self_links(payloads);
        }
        let links = |positions| {
            backward(&self.outgoing, payloads, positions)
                .filter(|link| link.0 != link.1)
                .map(|(target, source, payload)| (source.min(target), source.max(target), payload))
        };
        // On one thread: see `Graph::incoming_rows`.
        merge(self.vertex_count() as u32, self.outgoing.ends.len(), links, true, 1)
    }

    /// Copies the rows of an undirected graph without self-links.
    fn without_self_links<W: Payload>(&self, payloads: &[W]) -> MergedRows<W> {
        let count = 2 * (self.outgoing.ends.len() - self.links);
        let mut rows =
            Rows { starts: Vec::with_capacity(self.outgoing.starts.len()), ends: Vec::with_capacity(count) };
        let mut kept = Vec::with_capacity(count);
        rows.starts.push(0);
        for vertex in self.vertices() {
            let range = self.outgoing.range(vertex);
            let (row, payloads) = (&self.outgoing.ends[range.clone()], &payloads[range]);
            let self_position = row.partition_point(|end| *end < vertex);
            let after = self_position + usize::from(row.get(self_position) == Some(&vertex));
            rows.ends.extend_from_slice(&row[..self_position]);
            rows.ends.extend_from_slice(&row[after..]);
            kept.extend_from_slice(&payloads[..self_position]);
            kept.extend_from_slice(&payloads[after..]);
            rows.starts.push(rows.ends.len());
        }
        MergedRows { rows, payloads: kept, links: count / 2 }
    }
}
