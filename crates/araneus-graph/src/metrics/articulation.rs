//! Whether a vertex alone holds parts of the graph together, and how many.

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "articulation",
    about: "How many parts more the graph would have without this vertex; 0 unless it is an articulation point.",
    unit: "parts, from 0",
    source: "Hopcroft and Tarjan 1973, Algorithm 447: efficient algorithms for graph manipulation",
    reads: Reads::SIMPLE,
    measure: |shared, watch| Some(shared.cuts(watch)?.parts.iter().map(|parts| f64::from(*parts)).collect()),
};
