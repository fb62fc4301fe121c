//! What metrics and communities look at: a graph, its weights, and the simple graph beneath, made once.

use super::{Graph, Weights};

/// A graph with its weights and its undirected simple graph.
#[derive(Debug, Clone)]
pub struct Shape {
    graph: Graph,
    weights: Weights,
    simple: Graph,
    simple_weights: Weights,
}

impl Shape {
    /// Completes a graph and its weights with the simple graph beneath them.
    pub fn new(graph: Graph, weights: Weights) -> Self {
        let (simple, simple_weights) = graph.simple(&weights);
        Self { graph, weights, simple, simple_weights }
    }

    /// Returns the graph as it was built.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Returns the weights of [`Shape::graph`].
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Returns the undirected graph without self-links.
    pub fn simple(&self) -> &Graph {
        &self.simple
    }

    /// Returns the weights of [`Shape::simple`].
    pub fn simple_weights(&self) -> &Weights {
        &self.simple_weights
    }
}
