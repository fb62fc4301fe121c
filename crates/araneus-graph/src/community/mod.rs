//! Community detection: methods, quality measures, and comparison of partitions.
//!
//! Every method reads the undirected simple graph, except `strong-components`, which needs directions.
//! A vertex without links is a community of its own.

mod aggregate_graph;
mod detect;
mod label_propagation;
mod leiden;
mod link_set;
mod local_moving;
mod louvain;
mod method;
mod overlap;
mod partition;
mod percolation;
mod quality;
mod refinement;
mod rewiring;
mod significance;
mod similarity;
mod stability;
mod strong_components;
mod tally;

pub use detect::{find, find_once};
pub use method::{DetectedCommunities, DetectionConfig, METHODS, Method};
pub use overlap::{Membership, memberships};
pub use partition::Partition;
pub use percolation::clique_communities;
pub use quality::{CommunityQuality, community_qualities, constant_potts, coverage, modularity};
pub use significance::{Significance, significance};
pub use similarity::{adjusted_rand, mutual_information};
pub use stability::{Stability, SweepStep, stability, sweep};

pub(crate) use rewiring::{ExchangedEnds, random_links};
