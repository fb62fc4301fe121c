//! Metrics that an engine computes from the links alone: degrees, and ranks after a fixed number of passes.

use super::{MetricColumn, measured_links};
use crate::{
    join_steps::{DirectedLinks, JoinSteps, VertexDegrees},
    metrics::RANK_UNITS,
    resolve::Resolution,
};

/// Name of the metric `PageRank`.
pub(super) const PAGERANK: &str = "pagerank";

/// A metric by name, with its values.
pub(super) type NamedColumn = (&'static str, MetricColumn);

/// Returns the metrics that an engine computed.
pub(super) fn of(
    resolution: &Resolution,
    steps: &dyn JoinSteps,
    pagerank_passes: Option<u32>,
) -> Vec<NamedColumn> {
    if !steps.has_engine() {
        return Vec::new();
    }
    let ends: Vec<(u32, u32)> =
        measured_links(resolution).map(|link| (link.from.node(), link.to.node())).collect();
    let links = DirectedLinks { vertices: resolution.entities.len(), ends: &ends };
    let mut columns = Vec::new();
    if let Some(VertexDegrees { outgoing, incoming }) = steps.degrees(links) {
        let both = outgoing.iter().zip(&incoming).map(|(outgoing, incoming)| outgoing + incoming);
        columns.push(("degree", counts(both)));
        columns.push(("in_degree", counts(incoming.iter().copied())));
        columns.push(("out_degree", counts(outgoing.iter().copied())));
    }
    let found = pagerank_passes.and_then(|passes| steps.ranks(links, passes));
    columns.extend(found.map(|found| (PAGERANK, ranks(&found))));
    columns
}

fn counts(counts: impl Iterator<Item = u32>) -> MetricColumn {
    MetricColumn::of(counts.map(f64::from).collect())
}

/// Returns the column of ranks in units.
pub(super) fn ranks(units: &[i64]) -> MetricColumn {
    MetricColumn::of(units.iter().map(|rank| *rank as f64 / RANK_UNITS as f64).collect())
}
