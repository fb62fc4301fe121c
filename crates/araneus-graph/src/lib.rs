//! Graph algorithms: compressed graphs, metrics of vertices and community detection.

#![forbid(unsafe_code)]

pub mod progress;
pub mod random;

pub mod graph;

pub mod metrics;

pub mod community;
