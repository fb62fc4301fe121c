//! Community detection by any method.

use super::method::{DetectedCommunities, DetectionConfig, Method};
use super::partition::Partition;
use super::quality::{constant_potts, modularity};
use super::{label_propagation, leiden, louvain, strong_components};
use crate::graph::{WeightedGraph, connected_components};
use crate::progress::Progress;

/// Finds communities of modularity in one run of Leiden from single vertices, and their modularity; returns `None` if the computation
/// was cancelled.
///
/// A vertex with one link is in the community of its neighbour, as in each partition of the highest modularity. So a graph with many
/// such vertices takes a fraction of the time that [`find`] takes from single vertices.
pub fn find_once(weighted_graph: &WeightedGraph, seed: u64, progress: &Progress) -> Option<(Partition, f64)> {
    let partition = leiden::find_once(weighted_graph.positive(), seed, progress)?;
    let quality = modularity(weighted_graph, &partition, 1.0);
    Some((partition, quality))
}

/// Finds communities; returns `None` if the computation was cancelled.
///
/// # Panics
/// If `start` does not have one community in `0..vertices` for each vertex.
///
/// ```
/// use araneus_graph::community::{DetectionConfig, Method, find};
/// use araneus_graph::graph::{Graph, WeightedGraph};
/// use araneus_graph::progress::Progress;
///
/// // Two triangles that one link joins.
/// let links = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3), (2, 3)];
/// let (graph, weights) = Graph::build(6, false, &links, None);
/// let config = DetectionConfig { seed: 7, ..DetectionConfig::new(Method::Leiden) };
/// let found = find(&WeightedGraph::new(graph, weights), &config, &Progress::silent()).expect("it is not cancelled");
/// assert_eq!(found.partition().labels(), [0, 0, 0, 1, 1, 1]);
/// ```
pub fn find(
    weighted_graph: &WeightedGraph,
    config: &DetectionConfig,
    progress: &Progress,
) -> Option<DetectedCommunities> {
    // The other two methods read links of any weight.
    let positive = weighted_graph.positive();
    let levels = match config.method {
        Method::Leiden | Method::LeidenCpm => leiden::find(positive, config, progress)?,
        Method::Louvain => louvain::find(positive, config, progress)?,
        Method::LabelPropagation => vec![label_propagation::find(positive, config.seed, progress)?],
        Method::Components => {
            vec![Partition::new(&connected_components(weighted_graph.graph()).component_of)]
        }
        Method::StrongComponents => vec![strong_components::find(weighted_graph)],
    };
    let measure = if config.method == Method::LeidenCpm { constant_potts } else { modularity };
    let quality = measure(weighted_graph, &levels[0], config.resolution);
    Some(DetectedCommunities { levels, objective: config.method.objective(), quality })
}
