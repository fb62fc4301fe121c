//! How many links of a vertex alone hold parts of the graph together.

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "bridges",
    about: "How many links of this vertex are bridges: without one its ends would be in two parts.",
    unit: "links, from 0",
    source: "Hopcroft and Tarjan 1973, Algorithm 447: efficient algorithms for graph manipulation",
    reads: Reads::SIMPLE,
    measure: |shared, watch| {
        let mut touched = vec![0.0; shared.shape.simple().vertex_count()];
        for &(one, other) in &shared.cuts(watch)?.bridges {
            touched[one as usize] += 1.0;
            touched[other as usize] += 1.0;
        }
        Some(touched)
    },
};
