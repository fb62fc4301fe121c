//! Graphs as compressed sparse rows.
//!
//! Vertices are the numbers `0..vertices`. Each vertex has a row of the vertices that its links lead to, and a
//! row of those whose links lead to it. Weights are kept apart, aligned with the rows, so that an algorithm
//! that reads topology reads nothing else. Callers keep the meaning of each vertex number.
//!
//! Limits: 4,294,967,295 vertices and as many links before merging ([`checked_count`]).

mod articulation_points;
mod bidirectional_search;
mod build;
mod connected_components;
mod csr;
mod distances;
mod edge_strengths;
mod hyperball;
mod keys;
mod ordered_rows;
mod petgraph_graph;
mod petgraph_view;
mod rows;
mod simple;
mod sort;
mod sums;
mod two_core;
mod view;
mod weighted_graph;

pub use articulation_points::{ArticulationPoints, articulation_points};
pub use build::{TooMany, checked_count};
pub use connected_components::{ConnectedComponents, connected_components};
pub use csr::{Graph, Weights};
pub use hyperball::HYPERBALL_ERROR;
pub use petgraph_graph::{LinkRef, Links};
pub use petgraph_view::{ViewLinks, ViewNeighbours};
pub use view::{GraphView, LinkOccurrence, LinkOccurrences, ViewRow};
pub use weighted_graph::WeightedGraph;

pub(crate) use bidirectional_search::BidirectionalSearch;
pub(crate) use connected_components::{components_within, join, root};
pub(crate) use distances::fold_inward;
pub(crate) use edge_strengths::EdgeStrengths;
pub(crate) use hyperball::{HyperBallRuns, fold_hyperball};
pub(crate) use ordered_rows::OrderedRows;
pub(crate) use sums::{products, sum};
pub(crate) use two_core::fold_to_two_core;
