//! The number of connected components that the removal of a vertex would add.

use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "articulation",
    about: "Number of connected components that the graph would gain without this vertex; 0 unless it is an articulation point.",
    unit: "components, from 0",
    source: "Hopcroft and Tarjan 1973, Algorithm 447: efficient algorithms for graph manipulation",
    reads: Reads::SIMPLE,
    measure: |shared, progress| {
        Some(shared.articulation_points(progress)?.extra_components.iter().copied().map(f64::from).collect())
    },
};
