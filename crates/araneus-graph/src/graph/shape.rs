//! What metrics and communities look at: a graph, its weights, and the simple graph beneath.

use std::sync::OnceLock;

use super::{Graph, Weights};

/// A graph with its weights and its undirected simple graph.
///
/// The simple graph and its weights are made when they are first asked for, and
/// not at all where the graph is simple itself.
#[derive(Debug, Clone)]
pub struct Shape {
    graph: Graph,
    weights: Weights,
    simple: OnceLock<Graph>,
    simple_weights: OnceLock<Weights>,
    /// `None` where each link weighs something.
    positive: OnceLock<Option<Box<Shape>>>,
}

impl Shape {
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

    /// Returns the weights of [`Shape::graph`].
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Returns the graph that weighted measures read: a link of weight 0 joins nothing.
    pub fn positive(&self) -> &Shape {
        let positive = self.positive.get_or_init(|| {
            let (graph, weights) = self.graph.without_weightless(&self.weights)?;
            Some(Box::new(Shape::new(graph, weights)))
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

    /// Returns the weights of [`Shape::simple`].
    pub fn simple_weights(&self) -> &Weights {
        if self.graph.is_simple() {
            return &self.weights;
        }
        self.simple_weights.get_or_init(|| self.graph.simple_weights(&self.weights, self.simple()))
    }
}
