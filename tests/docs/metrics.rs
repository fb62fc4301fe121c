//! `docs/metrics.md`, made from `METRICS` and `METHODS`.

use std::fmt::Write;

use araneus::{community::METHODS, metrics::METRICS};

/// Returns `docs/metrics.md`.
pub(crate) fn metrics_markdown() -> String {
    let mut page = String::from(
        "# Metrics and methods\n\nThis page derives from `METRICS` in `crates/araneus-graph/src/metrics/mod.rs` and `METHODS` in `crates/araneus-graph/src/community/method.rs`. \
         A run measures the links of all layers except provenance, in their stated direction; parallel links are merged \
         and their weights added.\n",
    );
    for metric in METRICS {
        let reads = &metric.reads;
        let _ = write!(
            page,
            "\n## {}\n\n{}\n\nUnit: {}. Source: {}.\n\n",
            metric.name, metric.about, metric.unit, metric.source
        );
        for property in
            [reads.direction, reads.weights, reads.dead_ends, reads.self_links, reads.disconnected]
        {
            let _ = writeln!(page, "- {property}");
        }
    }
    page.push_str("\n## Methods for communities\n\n| Method | Objective |\n|---|---|\n");
    for (name, method) in METHODS {
        let _ = writeln!(page, "| {name} | {} |", method.objective());
    }
    page
}
