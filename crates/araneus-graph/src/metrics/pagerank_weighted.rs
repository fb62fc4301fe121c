//! PageRank of a walker who prefers heavy links.
//!
//! As in PageRank, but a link is followed with a chance in proportion to its weight:
//! `r(u) w(u, v) / s(u)` flows from u to v, where s is the sum of u's outgoing weights.

use super::steps::walk::{STEP, Walk};
use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "pagerank_weighted",
    about: "The share of time a random walker spends here who follows links by their weight.",
    unit: "share, in 0..=1, sum 1",
    source: "Brin and Page 1998; Xing and Ghorbani 2004, Weighted PageRank algorithm",
    reads: Reads {
        direction: "Rank flows along outgoing links; in an undirected graph both ways.",
        weights: "A link is followed with a chance in proportion to its weight; without weights each has 1.",
        dead_ends: "The rank of vertices whose outgoing weights sum to 0 is spread evenly over all vertices.",
        self_links: "A self-link keeps its share of the rank.",
        disconnected: "Parts of the graph share rank through jumps, so every vertex has some.",
    },
    measure: |shared, watch| {
        let shape = shared.shape.positive();
        let weights = shape.weights().are_given().then(|| shape.weights());
        Walk::new(shape.graph(), weights, None).settled(STEP, watch)
    },
};
