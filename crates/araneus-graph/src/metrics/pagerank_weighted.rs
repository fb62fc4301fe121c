//! `PageRank` of a walker who prefers heavy links.
//!
//! A link is followed with a probability in proportion to its weight: `r(u) w(u, v) / s(u)` flows from u to v.
//! Here s(u) is the sum of the outgoing weights of u. The rest is as in `PageRank`.

use super::metric::{Metric, Reads};
use super::pagerank::{PageRankParameters, pagerank};

pub(super) const METRIC: Metric = Metric {
    name: "pagerank_weighted",
    about: "Share of time that a random walker who follows links in proportion to their weights spends here.",
    unit: "share, in 0..=1, sum 1",
    source: "Brin and Page 1998; Xing and Ghorbani 2004, Weighted PageRank algorithm",
    reads: Reads {
        direction: "Rank flows along outgoing links; in an undirected graph it flows both ways.",
        weights: "A link is followed with a probability in proportion to its weight; without weights each link has 1.",
        dead_ends: "The rank of vertices whose outgoing weights sum to 0 is spread evenly over all vertices.",
        self_links: "A self-link keeps its share of the rank.",
        disconnected: "Components exchange rank through jumps, so every vertex has some.",
    },
    measure: |shared, progress| {
        let weighted_graph = shared.weighted_graph.positive();
        let weights = weighted_graph.weights().are_given().then(|| weighted_graph.weights());
        pagerank(weighted_graph.graph(), weights, &PageRankParameters::default(), progress)
    },
};
