//! Metrics: one number for each vertex of a graph.
//!
//! Each metric is one file and one line of [`METRICS`]. NaN means "unknown" and becomes null in tables.
//! Beside the table are functions with parameters, such as [`pagerank`], and measures of whole graphs.

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
mod kernels;
mod metric;
mod onion_layer;
mod out_degree;
mod out_strength_weighted;
mod pagerank;
mod pagerank_weighted;
mod participation;
mod strength;
mod triangles;

pub use assortativity::{assortativity_by_degree, assortativity_by_kind, assortativity_by_value};
pub use constraint::constraint_of;
pub use katz::{KatzParameters, katz};
pub use kernels::sampled_betweenness::{SampledBetweenness, SamplingParameters, sampled_betweenness};
pub use kernels::shared_results::{SEARCH_WORK_MAX, SharedResults};
pub use metric::{Metric, Reads};
pub use pagerank::{
    PageRankParameters, RANK_UNITS, jumps_in_units, pagerank, pagerank_after, pagerank_in_units,
    personalised_pagerank,
};
pub use participation::{participation, participation_in_layers};

pub(crate) use betweenness::betweenness_from;
pub(crate) use kernels::k_core::peel_k_cores;

use crate::graph::WeightedGraph;
use crate::progress::Progress;

/// All metrics. A new metric is a new file in this folder and a new line here.
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

/// Measures the chosen metrics, one column each, in the given order.
///
/// Take `chosen` from [`METRICS`] or [`named`]. Returns `None` if the computation was cancelled.
///
/// ```
/// use araneus_graph::graph::{Graph, WeightedGraph};
/// use araneus_graph::metrics::{measure, named};
/// use araneus_graph::progress::Progress;
///
/// let (graph, weights) = Graph::build(4, false, &[(0, 1), (0, 2), (0, 3)], None);
/// let star = WeightedGraph::new(graph, weights);
/// let chosen = ["degree", "betweenness"].map(|name| named(name).expect("it is in the table"));
/// let columns = measure(&star, chosen, &Progress::silent()).expect("it is not cancelled");
/// assert_eq!(columns[0], [3.0, 1.0, 1.0, 1.0]);
/// assert_eq!(columns[1], [3.0, 0.0, 0.0, 0.0]);
/// ```
pub fn measure<'a>(
    weighted_graph: &WeightedGraph,
    chosen: impl IntoIterator<Item = &'a Metric>,
    progress: &Progress,
) -> Option<Vec<Vec<f64>>> {
    measure_shared(&SharedResults::new(weighted_graph), chosen, progress)
}

/// Measures the chosen metrics of a graph, like [`measure`], with results and bounds that the caller keeps.
pub fn measure_shared<'a>(
    shared: &SharedResults<'_>,
    chosen: impl IntoIterator<Item = &'a Metric>,
    progress: &Progress,
) -> Option<Vec<Vec<f64>>> {
    chosen.into_iter().map(|metric| (metric.measure)(shared, progress)).collect()
}
