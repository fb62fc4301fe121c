//! [Burt's effective size](super::effective_size), with weights as edge strengths.

use crate::graph::EdgeStrengths;

use super::effective_size;
use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "effective_size_weighted",
    about: "Burt's effective size with weights as edge strengths; null without neighbours.",
    unit: "vertices, from 0",
    source: "Burt 1992, Structural Holes: The Social Structure of Competition, chapter 2",
    reads: Reads {
        direction: "Weights of both directions are added.",
        weights: "The strength of an edge is its weight; a graph without weights counts links.",
        ..Reads::EDGE_STRENGTHS
    },
    measure: |shared, progress| {
        effective_size::measure(&EdgeStrengths::weighted_or_counted(shared.weighted_graph), progress)
    },
};
