//! What the rooms graph, metrics and community promise, kernel by kernel.

mod betweenness;
mod community;
mod edge_strengths;
mod graph;
mod iterations;
mod metrics;
mod references;
mod support;
mod view;
mod warm_start;
mod witnesses;
