//! [Burt's effective size](super::effective_size), with weights as the strengths of ties.

use crate::graph::Ties;

use super::effective_size;
use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "effective_size_weighted",
    about: "As effective_size, with ties as strong as their weights; null without neighbours.",
    unit: "vertices, from 0",
    source: "Burt 1992, Structural Holes: The Social Structure of Competition, chapter 2",
    reads: Reads {
        direction: "Weights of both directions are added.",
        weights: "The strength of a tie is its weight; a graph without weights counts links.",
        ..Reads::TIES
    },
    measure: |shared, watch| effective_size::measure(&Ties::given(shared.shape), watch),
};
