//! Methods, settings and results of community detection.

use super::partition::Partition;
use crate::graph::WeightedGraph;

/// A method of community detection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Leiden on modularity (Traag, Waltman, van Eck 2019).
    Leiden,
    /// Leiden on the constant Potts model (Traag, Van Dooren, Nesterov 2011): finds groups denser than the
    /// resolution.
    LeidenCpm,
    /// Louvain on modularity (Blondel, Guillaume, Lambiotte, Lefebvre 2008).
    Louvain,
    /// Label propagation (Raghavan, Albert, Kumara 2007).
    LabelPropagation,
    /// Connected components, directions ignored.
    Components,
    /// Strongly connected components: each vertex reaches every other along the links.
    StrongComponents,
}

/// All methods with their names on the command line and in tables.
pub const METHODS: &[(&str, Method)] = &[
    ("leiden", Method::Leiden),
    ("leiden-cpm", Method::LeidenCpm),
    ("louvain", Method::Louvain),
    ("label-propagation", Method::LabelPropagation),
    ("components", Method::Components),
    ("strong-components", Method::StrongComponents),
];

impl Method {
    /// Returns the method of that name, if there is one.
    pub fn named(name: &str) -> Option<Method> {
        METHODS.iter().find(|(known, _)| *known == name).map(|(_, method)| *method)
    }

    /// Returns the name of the method.
    pub fn name(self) -> &'static str {
        METHODS.iter().find(|(_, method)| *method == self).expect("every method is in the table").0
    }

    /// Returns the name of the objective that the quality measures.
    pub fn objective(self) -> &'static str {
        if self == Method::LeidenCpm { "cpm" } else { "modularity" }
    }
}

/// Settings of community detection.
#[derive(Debug, Clone, PartialEq)]
pub struct DetectionConfig {
    /// The method.
    pub method: Method,
    /// The resolution, positive; higher values find smaller communities, and 1 is the modularity of Newman
    /// and Girvan.
    pub resolution: f64,
    /// The seed of the random streams.
    pub seed: u64,
    /// The community in `0..vertices` from which each vertex begins. There is one run then instead of
    /// several. Only Leiden uses it.
    pub start: Option<Vec<u32>>,
    /// The largest number of passes of a run on a graph that is not large, at least 1. A run ends earlier if passes gain
    /// nothing. Only Leiden uses it.
    pub passes_max: usize,
}

impl DetectionConfig {
    /// Returns settings with resolution 1, seed 0, no start and at most 20 passes.
    pub fn new(method: Method) -> Self {
        Self { method, resolution: 1.0, seed: 0, start: None, passes_max: PASSES_MAX }
    }
}

/// The communities that a method found.
#[derive(Debug, Clone, PartialEq)]
pub struct DetectedCommunities {
    /// Level 0 is the result. Each further level, if any, is finer and nested in the one before.
    pub levels: Vec<Partition>,
    /// The objective that `quality` measures: `modularity` or `cpm`.
    pub objective: &'static str,
    /// The quality of level 0 at the configured resolution; 0 in a graph without links.
    pub quality: f64,
}

impl DetectedCommunities {
    /// Returns the result: one community for each vertex.
    pub fn partition(&self) -> &Partition {
        &self.levels[0]
    }
}

/// The number of links that all runs read together, so that small graphs get many runs and large graphs one.
pub(super) const LINKS_BUDGET: usize = 200_000;
const RUNS_MAX: usize = 40;
const PASSES_MAX: usize = 20;

/// Returns the number of seeded runs, which depends on the input only.
pub(super) fn runs(weighted_graph: &WeightedGraph, config: &DetectionConfig) -> u64 {
    if config.start.is_some() {
        return 1;
    }
    (LINKS_BUDGET / weighted_graph.simple().link_count().max(1)).clamp(1, RUNS_MAX) as u64
}
