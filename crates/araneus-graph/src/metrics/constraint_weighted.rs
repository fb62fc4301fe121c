//! [Burt's constraint](super::constraint), with weights as the strengths of ties.

use crate::graph::Ties;

use super::constraint;
use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "constraint_weighted",
    about: "As constraint, with ties as strong as their weights; null without neighbours.",
    unit: "share, from 0 to about 1.125",
    source: "Burt 1992, Structural Holes: The Social Structure of Competition, chapter 2",
    reads: Reads {
        direction: "Weights of both directions are added.",
        weights: "The strength of a tie is its weight; a graph without weights counts links.",
        ..Reads::TIES
    },
    measure: |shared, watch| constraint::measure(&Ties::given(shared.shape), watch),
};
