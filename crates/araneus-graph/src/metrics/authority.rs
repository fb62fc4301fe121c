//! How strongly good hubs lead to this vertex.
//!
//! Kleinberg 1999: good hubs lead to good authorities, and those are led to by good hubs:
//! with adjacency A, the leading eigenvector of `A^T A`, found from even values. Where several
//! are leading alike, that is the one closest to even values, and so the limit of Kleinberg's own steps.

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "authority",
    about: "How strongly good hubs lead to this vertex; null if no balance is found.",
    unit: "Euclidean norm 1, not negative",
    source: "Kleinberg 1999, Authoritative sources in a hyperlinked environment",
    reads: Reads {
        direction: "An authority is judged by where its incoming links come from.",
        weights: "Weights are ignored.",
        dead_ends: "A dead end is judged like any other vertex.",
        self_links: "A self-link counts as any other link.",
        disconnected: "The part with the largest eigenvalue has all; other parts have 0.",
    },
    measure: |shared, watch| Some(shared.hits(watch)?.authorities.clone()),
};
