//! The number of triangles at a vertex.

use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "triangles",
    about: "Number of triangles with this vertex as a corner.",
    unit: "triangles, from 0",
    source: "Schank and Wagner 2005, Finding, counting and listing all triangles in large graphs",
    reads: Reads::SIMPLE,
    measure: |shared, progress| shared.triangles(progress).cloned(),
};
