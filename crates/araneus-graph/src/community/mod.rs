//! Shape to company: which vertices belong together, how well, and by which method.
//!
//! Every method reads the undirected simple graph, but for `strong-components`,
//! which needs directions. A vertex without links is a community of its own.

mod components;
mod label_propagation;
mod leiden;
mod louvain;
mod moving;
mod net;
mod overlap;
mod pairs;
mod partition;
mod percolation;
mod pieces;
mod quality;
mod refine;
mod significance;
mod similarity;
mod stability;
mod strong_components;
mod tally;

pub use overlap::{Membership, memberships};
pub use partition::Partition;
pub use percolation::clique_communities;
pub use quality::{Company, companies, constant_potts, coverage, modularity};
pub use significance::{Significance, significance};
pub use similarity::{adjusted_rand, mutual_information};
pub use stability::{Stability, Swept, stability, sweep};

use crate::graph::Shape;
use crate::progress::Watch;

/// A way to find communities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Leiden on modularity (Traag, Waltman, van Eck 2019).
    Leiden,
    /// Leiden on the constant Potts model (Traag, Van Dooren, Nesterov 2011): finds groups denser than the resolution.
    LeidenCpm,
    /// Louvain on modularity (Blondel, Guillaume, Lambiotte, Lefebvre 2008).
    Louvain,
    /// Label propagation (Raghavan, Albert, Kumara 2007).
    LabelPropagation,
    /// Connected components, directions ignored.
    Components,
    /// Strongly connected components: each vertex reaches each other along the links.
    StrongComponents,
}

/// Every method and its name on the command line and in tables.
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
        METHODS.iter().find(|(_, method)| *method == self).expect("every method is on the table").0
    }

    /// Returns the name of what the found quality states.
    pub fn objective(self) -> &'static str {
        if self == Method::LeidenCpm { "cpm" } else { "modularity" }
    }
}

/// How to look for communities.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The method.
    pub method: Method,
    /// Higher finds smaller communities; positive; 1 is the modularity of Newman and Girvan.
    pub resolution: f64,
    /// Names the random streams.
    pub seed: u64,
    /// A community for each vertex to begin from, in `0..vertices`; makes one run instead of several. Only Leiden begins there.
    pub start: Option<Vec<u32>>,
}

impl Config {
    /// Returns a method with resolution 1, seed 0 and no start.
    pub fn new(method: Method) -> Self {
        Self { method, resolution: 1.0, seed: 0, start: None }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Level 0 is the result; each further level, if any, is finer and nested in the one before.
    pub levels: Vec<Partition>,
    /// What `quality` states: `modularity` or `cpm`.
    pub objective: &'static str,
    /// The quality of level 0 at the configured resolution; 0 in a graph without links.
    pub quality: f64,
}

impl Found {
    /// Returns the result: one community for each vertex.
    pub fn partition(&self) -> &Partition {
        &self.levels[0]
    }
}

/// Finds communities; `None` means that the watch said stop.
///
/// # Panics
/// If `start` is not one community in `0..vertices` for each vertex.
pub fn find(shape: &Shape, config: &Config, watch: &Watch) -> Option<Found> {
    // The other two ask for links, whatever they weigh.
    let weighed = shape.positive();
    let levels = match config.method {
        Method::Leiden | Method::LeidenCpm => leiden::find(weighed, config, watch)?,
        Method::Louvain => louvain::find(weighed, config, watch)?,
        Method::LabelPropagation => vec![label_propagation::find(weighed, config.seed, watch)?],
        Method::Components => vec![components::find(shape)],
        Method::StrongComponents => vec![strong_components::find(shape)],
    };
    let measure = if config.method == Method::LeidenCpm { constant_potts } else { modularity };
    let quality = measure(shape, &levels[0], config.resolution);
    Some(Found { levels, objective: config.method.objective(), quality })
}

/// Runs share about this many links, so that small graphs get many and large ones get one.
const LINKS_BUDGET: usize = 200_000;
const RUNS_MAX: usize = 40;

/// How many seeded runs a search gets; depends on nothing but the input.
fn runs(shape: &Shape, config: &Config) -> u64 {
    if config.start.is_some() {
        return 1;
    }
    (LINKS_BUDGET / shape.simple().link_count().max(1)).clamp(1, RUNS_MAX) as u64
}
