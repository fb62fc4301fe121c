//! How deep in the dense middle of the graph a vertex stands.
//!
//! The k-core is what remains when vertices with fewer than k links are taken
//! away until none is left to take; a vertex's core number is the highest k it
//! survives. Linear in vertices and links.

use crate::graph::Shape;
use crate::progress::Watch;

use super::steps::peel::peel;
use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "core_number",
    about: "The highest k for which this vertex is in a group where each has k links within.",
    unit: "links, from 0",
    source: "Seidman 1983; Batagelj and Zaversnik 2003, An O(m) algorithm for cores decomposition",
    reads: Reads::SIMPLE,
    measure: |shared, watch| measure(shared.shape, watch),
};

fn measure(shape: &Shape, watch: &Watch) -> Option<Vec<f64>> {
    watch.step(1).then(|| peel(shape.simple()).core.into_iter().map(f64::from).collect())
}
