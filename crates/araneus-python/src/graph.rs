//! Graphs of Python: built once from links, and read by any number of kernels.

use std::{path::PathBuf, sync::Arc};

use araneus::{
    graph::{Graph as CompressedGraph, WeightedGraph},
    measure::{
        LinkColumns,
        links::{LinkInput, LinkList, links_of_tables, read_links},
    },
    tables::columnar::ColumnarTable,
};
use pyo3::{exceptions::PyTypeError, prelude::*, types::PyString};
use pyo3_arrow::input::AnyRecordBatch;

use crate::{
    errors, interrupt,
    results::{self, NodeNames},
};

/// A graph and the names of its vertices.
pub(crate) struct NamedGraph {
    pub(crate) nodes: NodeNames,
    pub(crate) weighted_graph: WeightedGraph,
    /// Number of rows of the list of links.
    rows: usize,
}

/// A graph in memory. Kernels read it without a further conversion.
#[pyclass(frozen, module = "araneus")]
pub(crate) struct Graph {
    pub(crate) graph: Arc<NamedGraph>,
}

#[pymethods]
impl Graph {
    #[new]
    #[pyo3(signature = (links, *, nodes=None, source=None, target=None, weight=None, directed=false, audience=None))]
    #[expect(clippy::too_many_arguments, reason = "each is one keyword of Python")]
    fn new(
        py: Python<'_>,
        links: &Bound<'_, PyAny>,
        nodes: Option<&Bound<'_, PyAny>>,
        source: Option<String>,
        target: Option<String>,
        weight: Option<String>,
        directed: bool,
        audience: Option<&str>,
    ) -> PyResult<Self> {
        let input = input(links)?;
        let nodes = nodes.map(|nodes| table(nodes, "nodes")).transpose()?;
        let columns = LinkColumns { source, target, weight };
        let built = interrupt::run(py, |_| {
            let read = match &input {
                Input::Table(links) => links_of_tables(links, nodes.as_ref(), &columns),
                Input::Path(path) => read_links(&LinkInput::Path(path.clone()), None, &columns, audience),
            };
            Some(read.map(|list| build(list, directed)))
        })?;
        let graph = built.map_err(|error| errors::of_links(&error))?;
        Ok(Self { graph: Arc::new(graph) })
    }

    /// Number of vertices.
    #[getter]
    fn vertices(&self) -> usize {
        self.graph.nodes.len()
    }

    /// Number of links, with parallel links merged.
    #[getter]
    fn links(&self) -> usize {
        self.graph.weighted_graph.graph().link_count()
    }

    /// Number of rows from which the graph was built.
    #[getter]
    fn rows(&self) -> usize {
        self.graph.rows
    }

    /// True if the direction of links counts.
    #[getter]
    fn directed(&self) -> bool {
        self.graph.weighted_graph.graph().is_directed()
    }

    /// True if the graph was built with a column of weights.
    #[getter]
    fn weighted(&self) -> bool {
        self.graph.weighted_graph.weights().are_given()
    }

    /// Names of the vertices, in the order of every result.
    #[getter]
    fn nodes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        results::table(py, &self.graph.nodes, Vec::new())
    }

    fn __repr__(&self) -> String {
        let direction = if self.directed() { "directed" } else { "undirected" };
        format!("<araneus.Graph: {} vertices, {} {direction} links>", self.vertices(), self.links())
    }
}

/// A list of links.
enum Input {
    Table(ColumnarTable),
    Path(PathBuf),
}

fn input(links: &Bound<'_, PyAny>) -> PyResult<Input> {
    if links.is_instance_of::<PyString>() || links.hasattr("__fspath__")? {
        return Ok(Input::Path(links.extract()?));
    }
    table(links, "links").map(Input::Table)
}

/// Reads an object with the Arrow `PyCapsule` interface.
pub(crate) fn table(object: &Bound<'_, PyAny>, name: &str) -> PyResult<ColumnarTable> {
    if !object.hasattr("__arrow_c_stream__")? && !object.hasattr("__arrow_c_array__")? {
        let kind = object.get_type().name()?;
        return Err(PyTypeError::new_err(format!(
            "{name} must be a table with __arrow_c_stream__ (pyarrow, polars, pandas, duckdb), not {kind}"
        )));
    }
    let (batches, schema) = object.extract::<AnyRecordBatch>()?.into_table()?.into_inner();
    Ok(ColumnarTable::new(schema, batches))
}

fn build(list: LinkList, directed: bool) -> NamedGraph {
    let (graph, weights) =
        CompressedGraph::build(list.nodes.len() as u32, directed, &list.links, list.weights.as_deref());
    NamedGraph {
        rows: list.links.len(),
        nodes: NodeNames::new(list.nodes, list.are_whole),
        weighted_graph: WeightedGraph::new(graph, weights),
    }
}
