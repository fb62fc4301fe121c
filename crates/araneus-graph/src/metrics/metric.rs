//! The type of a metric, and the conventions that several metrics share.

use super::kernels::shared_results::SharedResults;
use crate::graph::Graph;
use crate::progress::Progress;

/// A metric: one number for each vertex.
#[derive(Debug)]
pub struct Metric {
    /// The name of the column.
    pub name: &'static str,
    /// The meaning of the number, in one sentence.
    pub about: &'static str,
    /// The unit and the range of the number.
    pub unit: &'static str,
    /// The publication that defines the metric.
    pub source: &'static str,
    /// The conventions by which the metric reads a graph.
    pub reads: Reads,
    /// Measures every vertex; `None` if the computation was cancelled.
    pub measure: fn(&SharedResults<'_>, &Progress) -> Option<Vec<f64>>,
}

/// The conventions by which a metric reads a graph, one sentence each.
#[derive(Debug)]
pub struct Reads {
    /// The direction in which links are followed.
    pub direction: &'static str,
    /// The effect of weights.
    pub weights: &'static str,
    /// The effect of vertices without outgoing links.
    pub dead_ends: &'static str,
    /// The effect of links from a vertex to itself.
    pub self_links: &'static str,
    /// The effect of several connected components.
    pub disconnected: &'static str,
}

/// Conventions of several metrics; each metric names its differences.
impl Reads {
    /// The undirected simple graph, vertex by vertex.
    pub(super) const SIMPLE: Self = Self {
        direction: "Links have no direction: the undirected simple graph is read.",
        weights: "Weights are ignored.",
        dead_ends: "In an undirected graph a vertex without links has 0.",
        self_links: "Self-links are left out.",
        disconnected: "Each vertex is measured by itself, whatever its component.",
    };

    /// Edge strengths, both directions added.
    pub(super) const EDGE_STRENGTHS: Self = Self {
        direction: "Links of both directions are added: an edge with links in both directions has strength 2.",
        weights: "Weights are ignored.",
        dead_ends: "A vertex without neighbours has null.",
        self_links: "Self-links are left out.",
        disconnected: "Each vertex is measured by itself, whatever its component.",
    };

    /// Distances from all other vertices.
    pub(super) const INWARD: Self = Self {
        direction: "Distances are measured inward: along the links, from other vertices to this one.",
        weights: "Weights are ignored.",
        dead_ends: "A dead end can be reached like any other vertex.",
        self_links: "Self-links are on no shortest path.",
        disconnected: "Vertices that cannot reach this one add 0.",
    };
}

/// Returns whether a search from every vertex takes at most `work_max` vertices x links.
pub(super) fn is_within_bound(graph: &Graph, work_max: u64) -> bool {
    graph.vertex_count() as u64 * graph.link_count() as u64 <= work_max
}

/// Returns a column of NaN.
pub(super) fn unknown(graph: &Graph) -> Vec<f64> {
    vec![f64::NAN; graph.vertex_count()]
}
