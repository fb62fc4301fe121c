//! In which wave a vertex goes when the graph is peeled from the outside.
//!
//! All vertices with fewest links are taken at once, again and again; layers are
//! numbered from 1. They refine core numbers: the layers of one core are how far into
//! it a vertex stands, and few layers in a core show a dense one, many a tree-like one.

use super::steps::peel::peel;
use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "onion_layer",
    about: "The wave in which this vertex goes when those with fewest links are taken away again and again.",
    unit: "waves, from 1",
    source: "Hebert-Dufresne, Grochow and Allard 2016, Multi-scale structure and topological anomaly detection via a new network statistic: the onion decomposition",
    reads: Reads {
        dead_ends: "A vertex without links is in the first layer.",
        disconnected: "Waves are counted over the whole graph, whatever part a vertex stands in.",
        ..Reads::SIMPLE
    },
    measure: |shared, watch| {
        watch.step(1).then(|| peel(shared.shape.simple()).layer.into_iter().map(f64::from).collect())
    },
};
