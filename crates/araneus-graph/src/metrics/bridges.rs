//! The number of bridges at a vertex.

use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "bridges",
    about: "Number of links of this vertex that are bridges: without one its ends would be in two components.",
    unit: "links, from 0",
    source: "Hopcroft and Tarjan 1973, Algorithm 447: efficient algorithms for graph manipulation",
    reads: Reads::SIMPLE,
    measure: |shared, progress| {
        let mut touched = vec![0.0; shared.weighted_graph.simple().vertex_count()];
        for &(one, other) in &shared.articulation_points(progress)?.bridges {
            touched[one as usize] += 1.0;
            touched[other as usize] += 1.0;
        }
        Some(touched)
    },
};
