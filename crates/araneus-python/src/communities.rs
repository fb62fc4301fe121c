//! Communities, and the quality of any partition.

use std::collections::HashMap;

use araneus::community::{self, DetectionConfig, METHODS, Method, Partition};
use pyo3::{
    exceptions::{PyKeyError, PyValueError},
    prelude::*,
};

use crate::{
    graph::{self, Graph},
    interrupt, results,
};

/// Finds communities. Returns a row for each vertex, and the quality.
#[pyfunction]
pub(crate) fn detect<'py>(
    py: Python<'py>,
    graph: &Graph,
    method: &str,
    resolution: f64,
    seed: u64,
) -> PyResult<(Bound<'py, PyAny>, f64)> {
    let names: Vec<&str> = METHODS.iter().map(|(name, _)| *name).collect();
    let method = Method::named(method)
        .ok_or_else(|| PyKeyError::new_err(format!("a method is one of {}", names.join(", "))))?;
    require_resolution(resolution)?;
    let config = DetectionConfig { resolution, seed, ..DetectionConfig::new(method) };
    let named_graph = &*graph.graph;
    let found =
        interrupt::run(py, |progress| community::find(&named_graph.weighted_graph, &config, progress))?;
    let labels = found.partition().labels().iter().map(|label| i64::from(*label)).collect();
    let table = results::table(py, &named_graph.nodes, vec![results::whole("community", labels)])?;
    Ok((table, found.quality))
}

/// Returns the modularity of a partition: a table with the columns `node` and `community`, else the first two.
#[pyfunction]
pub(crate) fn modularity(
    py: Python<'_>,
    graph: &Graph,
    communities: &Bound<'_, PyAny>,
    resolution: f64,
) -> PyResult<f64> {
    require_resolution(resolution)?;
    let table = graph::table(communities, "communities")?;
    let named_graph = &*graph.graph;
    let names = table.names();
    let column = |name: &str, default| names.iter().position(|known| known == name).unwrap_or(default);
    let pairs =
        table.texts(column("node", 0)).and_then(|nodes| Ok((nodes, table.texts(column("community", 1))?)));
    let (nodes, labels) = pairs.map_err(|cell| {
        PyValueError::new_err(format!("communities, row {}: no vertex or no community", cell.row))
    })?;
    let quality = interrupt::run(py, |_| {
        let partition = partition(&named_graph.nodes.names, &nodes, &labels);
        Some(partition.map(|known| community::modularity(&named_graph.weighted_graph, &known, resolution)))
    })?;
    quality.ok_or_else(|| PyValueError::new_err("communities: a vertex of the graph has no row"))
}

/// Returns the partition of the vertices; `None` if a vertex has no label.
fn partition(vertices: &[String], nodes: &[String], labels: &[String]) -> Option<Partition> {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let label_of: HashMap<&str, &str> =
        nodes.iter().map(String::as_str).zip(labels.iter().map(String::as_str)).collect();
    let number = |vertex: &String| {
        let label: &str = label_of.get(vertex.as_str())?;
        let next = numbers.len() as u32;
        Some(*numbers.entry(label).or_insert(next))
    };
    vertices.iter().map(number).collect::<Option<Vec<u32>>>().map(|labels| Partition::new(&labels))
}

fn require_resolution(resolution: f64) -> PyResult<()> {
    if resolution.is_finite() && resolution > 0.0 {
        return Ok(());
    }
    Err(PyValueError::new_err("resolution must be a number above 0"))
}
