//! Summary of a measurement, for a person.

use serde::Serialize;

use super::{header::FirstLine, links::LinkList};
use crate::{
    graph::{WeightedGraph, connected_components},
    metrics::Metric,
};

/// Number of vertices that are named.
const TOP: usize = 5;
/// Metric by which vertices are named, if it was measured.
const TOP_METRIC: &str = "pagerank";

/// Sizes of a graph, and its first vertices.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// True if the direction of links counts.
    pub directed: bool,
    /// Number of vertices.
    pub vertices: usize,
    /// Number of lines of the list; parallel links count each.
    pub links_read: usize,
    /// Number of links of the graph, with parallel links merged.
    pub links: usize,
    /// Number of connected components.
    pub components: usize,
    /// Number of vertices of the largest component.
    pub largest_component: usize,
    /// Cells of the header; `None` if every line is data.
    pub header: Option<Vec<String>>,
    /// True if the format has names of columns.
    pub has_names: bool,
    /// Result of the community detection, if one was asked for.
    pub communities: Option<CommunitySummary>,
    /// Metric of the first vertices; `None` if none was measured.
    pub top_metric: Option<&'static str>,
    /// Vertices with the highest values: name, label and value.
    pub top: Vec<TopVertex>,
}

/// A vertex of the summary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TopVertex {
    /// Name as given.
    pub node: String,
    /// Label, where the source has one.
    pub label: Option<String>,
    /// Value of the metric.
    pub value: f64,
}

/// Communities of a summary.
#[derive(Clone, Debug, Serialize)]
pub struct CommunitySummary {
    /// Name of the method.
    pub method: &'static str,
    /// Number of communities.
    pub count: usize,
    /// Modularity.
    pub modularity: f64,
    /// Share of random graphs of equal degrees with at least this modularity; `None` if none were drawn.
    pub p: Option<f64>,
}

impl Summary {
    /// Summarises a measured graph.
    pub(super) fn of(
        list: &LinkList,
        shape: &WeightedGraph,
        metrics: &[&'static Metric],
        values: &[Vec<f64>],
    ) -> Self {
        let components = connected_components(shape.simple());
        let mut sizes = vec![0_usize; components.count as usize];
        for &component in &components.component_of {
            sizes[component as usize] += 1;
        }
        let column = metrics.iter().position(|metric| metric.name == TOP_METRIC);
        let column =
            column.or_else(|| values.iter().position(|column| column.iter().any(|value| !value.is_nan())));
        let (header, has_names) = match &list.first_line {
            FirstLine::Header(cells) => (Some(cells.clone()), false),
            FirstLine::Names(cells) => (Some(cells.clone()), true),
            FirstLine::Data => (None, false),
        };
        Self {
            directed: shape.graph().is_directed(),
            vertices: list.nodes.len(),
            links_read: list.links.len(),
            links: shape.graph().link_count(),
            components: components.count as usize,
            largest_component: sizes.into_iter().max().unwrap_or_default(),
            header,
            has_names,
            communities: None,
            top_metric: column.map(|column| metrics[column].name),
            top: column.map(|column| top(list, &values[column])).unwrap_or_default(),
        }
    }
}

/// Returns the vertices with the highest values; the first by name on ties.
fn top(list: &LinkList, values: &[f64]) -> Vec<TopVertex> {
    let mut order: Vec<usize> = (0..values.len()).filter(|&vertex| !values[vertex].is_nan()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
    let vertex = |&vertex: &usize| TopVertex {
        node: list.nodes[vertex].clone(),
        label: list.labels.get(&list.nodes[vertex]).cloned(),
        value: values[vertex],
    };
    order.iter().take(TOP).map(vertex).collect()
}
