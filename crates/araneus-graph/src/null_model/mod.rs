//! Random networks with the links of each vertex in each layer, and structures that they have as well.
//!
//! A method finds communities, cores and brokers in noise, too. [`structure_significance`] compares those of a graph with
//! random networks ([`StratifiedLinks`]). These keep, for each vertex, the number of its links in each layer to each kind of vertex.
//! The model is the configuration model of simple graphs (Molloy and Reed 1995; Fosdick, Larremore, Nishimura and Ugander 2018,
//! Configuring random graph models with fixed degree sequences).

mod significance;
mod strata;
mod structures;

pub use significance::{
    BrokerSignificance, CoreSignificance, RandomDraws, STRUCTURE_LINKS_MAX, StructureSignificance,
    structure_significance,
};
pub use strata::{StratifiedLinks, Stratum};
pub use structures::{COMMUNITY_MIN, community_surprises};
