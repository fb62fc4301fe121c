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

    /// Returns the weights of [`WeightedGraph::simple`].
    pub fn simple_weights(&self) -> &Weights {
        if self.graph.is_simple() {
            return &self.weights;
        }
        self.simple_weights.get_or_init(|| self.graph.simple_weights(&self.weights, self.simple()))
    }
}
