//! What the rooms graph, metrics and community promise, kernel by kernel.

mod between;
mod community;
mod graph;
mod iterations;
mod metrics;
mod references;
mod support;
mod ties;
mod view;
mod warm;
mod witnesses;
