//! The hub score of HITS.
//!
//! Kleinberg 1999: good hubs have links to good authorities, and good authorities have links from good hubs.
//! With adjacency matrix A, the scores are the leading eigenvector of `A A^T`, found from equal values. If
//! several eigenvectors are leading, the result is the one closest to equal values, which is the limit of
//! Kleinberg's own iteration.

use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "hub",
    about: "Strength of the links from this vertex to good authorities; null if the iteration does not converge.",
    unit: "Euclidean norm 1, not negative",
    source: "Kleinberg 1999, Authoritative sources in a hyperlinked environment",
    reads: Reads {
        direction: "The score comes from the targets of outgoing links.",
        weights: "Weights are ignored.",
        dead_ends: "A dead end has no outgoing link and has 0.",
        self_links: "A self-link counts as any other link.",
        disconnected: "Only the component with the largest eigenvalue has scores; other components have 0.",
    },
    measure: |shared, progress| Some(shared.hits(progress)?.hubs.clone()),
};
