//! How many links of a vertex alone hold parts of the graph together.

use super::{Metric, Reads};
use crate::graph::cuts;

pub(super) const METRIC: Metric = Metric {
    name: "bridges",
    about: "How many links of this vertex are bridges: without one its ends would be in two parts.",
    unit: "links, from 0",
    source: "Hopcroft and Tarjan 1973, Algorithm 447: efficient algorithms for graph manipulation",
    reads: Reads {
        direction: "Links have no direction: the undirected simple graph is read.",
        weights: "Weights are ignored.",
        dead_ends: "In an undirected graph a vertex without links has 0.",
        self_links: "Self-links are left out.",
        disconnected: "Each vertex is counted by itself, whatever part it stands in.",
    },
    measure: |shape, watch| {
        let mut touched = vec![0.0; shape.simple().vertex_count()];
        for (one, other) in cuts(shape.simple()).bridges {
            touched[one as usize] += 1.0;
            touched[other as usize] += 1.0;
        }
        watch.step(1).then_some(touched)
    },
};
