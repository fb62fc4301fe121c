//! Shape to one number per vertex: what is measured, and what each number means.
//!
//! Each metric is one file and one line of [`METRICS`]. Not a number stands for
//! "unknown" and becomes null in tables.

mod articulation;
mod assortativity;
mod authority;
mod betweenness;
mod betweenness_error;
mod betweenness_sampled;
mod bridges;
mod closeness;
mod closeness_estimate;
mod clustering;
mod constraint;
mod constraint_weighted;
mod core_number;
mod degree;
mod effective_size;
mod effective_size_weighted;
mod ego_links;
mod ego_weight_weighted;
mod eigenvector;
mod harmonic;
mod harmonic_estimate;
mod hub;
mod in_degree;
mod in_strength_weighted;
mod katz;
mod onion_layer;
mod out_degree;
mod out_strength_weighted;
mod pagerank;
mod pagerank_weighted;
mod participation;
mod steps;
mod strength;
mod triangles;

pub use assortativity::{assortativity_by_degree, assortativity_by_kind, assortativity_by_value};
pub use betweenness_sampled::{Sampled, betweenness_within};
pub use pagerank::{pagerank_after, pagerank_until, personalised_pagerank};
pub use participation::{participation, participation_in_layers};
pub use steps::shared::Shared;

use crate::graph::{Graph, Shape};
use crate::progress::Watch;

/// One way to give each vertex a number.
#[derive(Debug)]
pub struct Metric {
    /// The column's name.
    pub name: &'static str,
    /// What the number says, in one sentence.
    pub about: &'static str,
    /// What is counted, and the range.
    pub unit: &'static str,
    /// Where it was defined.
    pub source: &'static str,
    /// What of a graph it reads.
    pub reads: Reads,
    /// Measures every vertex; `None` means that the watch said stop.
    pub measure: fn(&Shared<'_>, &Watch) -> Option<Vec<f64>>,
}

/// What a metric reads of a graph, one sentence each.
#[derive(Debug)]
pub struct Reads {
    /// Which way links are followed.
    pub direction: &'static str,
    /// Whether weights matter.
    pub weights: &'static str,
    /// What happens at vertices without outgoing links.
    pub dead_ends: &'static str,
    /// What a link from a vertex to itself does.
    pub self_links: &'static str,
    /// What happens when the graph falls into parts.
    pub disconnected: &'static str,
}

/// What several metrics read alike; they name what differs.
impl Reads {
    /// The undirected simple graph, vertex by vertex.
    const SIMPLE: Self = Self {
        direction: "Links have no direction: the undirected simple graph is read.",
        weights: "Weights are ignored.",
        dead_ends: "In an undirected graph a vertex without links has 0.",
        self_links: "Self-links are left out.",
        disconnected: "Each vertex is counted by itself, whatever part it stands in.",
    };

    /// How strongly two are tied, in either direction.
    const TIES: Self = Self {
        direction: "Links of both directions are added: a tie that goes both ways counts 2.",
        weights: "Weights are ignored.",
        dead_ends: "A vertex without neighbours is unknown: null.",
        self_links: "Self-links are left out.",
        disconnected: "Each vertex is counted by itself, whatever part it stands in.",
    };

    /// Distances from all others.
    const INWARD: Self = Self {
        direction: "Distances are measured inward: along the links, from others to this vertex.",
        weights: "Weights are ignored.",
        dead_ends: "A dead end can be reached like any other vertex.",
        self_links: "Self-links are on no shortest path.",
        disconnected: "Vertices that cannot reach this one add 0.",
    };
}

/// Every metric. To add one: a file beside this one, and a line here.
pub const METRICS: &[Metric] = &[
    degree::METRIC,
    in_degree::METRIC,
    out_degree::METRIC,
    strength::METRIC,
    in_strength_weighted::METRIC,
    out_strength_weighted::METRIC,
    pagerank::METRIC,
    pagerank_weighted::METRIC,
    core_number::METRIC,
    triangles::METRIC,
    clustering::METRIC,
    ego_links::METRIC,
    ego_weight_weighted::METRIC,
    constraint::METRIC,
    constraint_weighted::METRIC,
    effective_size::METRIC,
    effective_size_weighted::METRIC,
    articulation::METRIC,
    bridges::METRIC,
    harmonic::METRIC,
    harmonic_estimate::METRIC,
    closeness::METRIC,
    closeness_estimate::METRIC,
    betweenness::METRIC,
    betweenness_sampled::METRIC,
    betweenness_error::METRIC,
    eigenvector::METRIC,
    katz::METRIC,
    hub::METRIC,
    authority::METRIC,
    onion_layer::METRIC,
];

/// Returns the metric of that name, if there is one.
pub fn named(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

/// Measures the chosen metrics, one column each, in the order asked for.
///
/// Take `chosen` from [`METRICS`] or [`named`]; `None` means that the watch said stop.
pub fn measure<'a>(
    shape: &Shape,
    chosen: impl IntoIterator<Item = &'a Metric>,
    watch: &Watch,
) -> Option<Vec<Vec<f64>>> {
    let shared = Shared::of(shape);
    chosen.into_iter().map(|metric| (metric.measure)(&shared, watch)).collect()
}

/// Says whether searches from every vertex are affordable: vertices x links up to 2e9.
fn is_within_bound(graph: &Graph) -> bool {
    graph.vertex_count() as u64 * graph.link_count() as u64 <= 2_000_000_000
}

/// A column in which every value is unknown.
fn unknown(graph: &Graph) -> Vec<f64> {
    vec![f64::NAN; graph.vertex_count()]
}
