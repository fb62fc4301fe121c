//! The input of metrics and community detection: a graph, its weights, and its simple graph.

use std::sync::OnceLock;

use super::csr::{Graph, Weights};

/// A graph with its weights and its undirected simple graph.
///
/// The simple graph and its weights are made at the first use, and not at all if the graph is simple itself.
///
/// ```
/// use araneus_graph::graph::{Graph, WeightedGraph};
///
/// let (graph, weights) = Graph::build(3, true, &[(0, 1), (1, 0), (2, 2)], None);
/// let weighted_graph = WeightedGraph::new(graph, weights);
/// assert_eq!(weighted_graph.graph().link_count(), 3);
/// assert_eq!(weighted_graph.simple().link_count(), 1);
/// ```
#[derive(Debug, Clone)]
pub struct WeightedGraph {
    graph: Graph,
    weights: Weights,
    simple: OnceLock<Graph>,
    simple_weights: OnceLock<Weights>,
    /// `None` if every link has a positive weight.
    positive: OnceLock<Option<Box<WeightedGraph>>>,
}

impl WeightedGraph {
    /// Takes a graph and its weights.
    pub fn new(graph: Graph, weights: Weights) -> Self {
        Self {
            graph,
            weights,
            simple: OnceLock::new(),
            simple_weights: OnceLock::new(),
            positive: OnceLock::new(),
        }
    }

    /// Returns the graph as it was built.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Returns the weights of [`WeightedGraph::graph`].
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Returns the graph without links of weight 0, which weighted measures read.
    pub fn positive(&self) -> &WeightedGraph {
        let positive = self.positive.get_or_init(|| {
            let (graph, weights) = self.graph.without_zero_weights(&self.weights)?;
            Some(Box::new(WeightedGraph::new(graph, weights)))
        });
        positive.as_deref().unwrap_or(self)
    }

    /// Returns the undirected graph without self-links.
    pub fn simple(&self) -> &Graph {
        if self.graph.is_simple() {
            return &self.graph;
        }
        self.simple.get_or_init(|| self.graph.simple_topology())
    }

    /// Returns the undirected graph without self-links and its weights as a graph of its own. Directed rows, and those that
    /// algorithms made, are freed.
    #[must_use]
    pub fn into_simple(self) -> Self {
        let is_simple = self.graph.is_simple();
        if !is_simple {
            self.simple_weights();
        }
        let Self { graph, weights, simple, simple_weights, .. } = self;
        let simple = simple.into_inner().unwrap_or(graph);
        let weights = simple_weights.into_inner().unwrap_or(weights);
        Self::new(simple.without_other_rows(), weights.without_other_rows())
    }

    /// Returns the weights of [`WeightedGraph::simple`].
    pub fn simple_weights(&self) -> &Weights {
        if self.graph.is_simple() {
            return &self.weights;
        }
        self.simple_weights.get_or_init(|| self.graph.simple_weights(&self.weights, self.simple()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simple_graph_of_its_own_is_that_of_the_whole_graph() {
        let links = [(0, 1), (1, 0), (2, 0), (2, 2), (3, 1), (3, 1)];
        for directed in [false, true] {
            let (graph, weights) = Graph::build(4, directed, &links, Some(&[1.0, 2.5, 4.0, 8.0, 0.5, 0.25]));
            let whole = WeightedGraph::new(graph, weights);
            let simple = whole.clone().into_simple();
            assert_eq!((simple.graph(), simple.simple()), (whole.simple(), whole.simple()), "{directed}");
            for vertex in simple.graph().vertices() {
                let of =
                    |graph: &WeightedGraph| graph.simple_weights().outgoing(graph.simple(), vertex).to_vec();
                assert_eq!(of(&simple), of(&whole), "{directed}");
            }
            assert_eq!(simple.clone().into_simple().graph(), simple.graph());
        }
        let (graph, weights) = Graph::build(3, true, &[(0, 1), (1, 2)], None);
        let simple = WeightedGraph::new(graph, weights).into_simple();
        assert_eq!((simple.graph().link_count(), simple.weights().are_given()), (2, false));
    }
}
