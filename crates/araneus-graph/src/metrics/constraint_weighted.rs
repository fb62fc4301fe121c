//! [Burt's constraint](super::constraint), with weights as edge strengths.

use crate::graph::EdgeStrengths;

use super::constraint;
use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "constraint_weighted",
    about: "Burt's constraint with weights as edge strengths; null without neighbours.",
    unit: "share, from 0 to about 1.125",
    source: "Burt 1992, Structural Holes: The Social Structure of Competition, chapter 2",
    reads: Reads {
        direction: "Weights of both directions are added.",
        weights: "The strength of an edge is its weight; a graph without weights counts links.",
        ..Reads::EDGE_STRENGTHS
    },
    measure: |shared, progress| {
        constraint::measure(&EdgeStrengths::weighted_or_counted(shared.weighted_graph), progress)
    },
};
