//! What the rooms graph, metrics and community promise, kernel by kernel.

mod community;
mod graph;
mod metrics;
mod references;
mod support;
mod witnesses;
