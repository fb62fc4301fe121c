//! Metrics of vertices.

use araneus::{
    graph::WeightedGraph,
    measure::chosen_metrics,
    metrics::{
        self, KatzParameters, METRICS, Metric, PageRankParameters, SamplingParameters, SharedResults, named,
    },
    progress::Progress,
};
use pyo3::{
    exceptions::{PyKeyError, PyValueError},
    prelude::*,
};

use crate::{
    errors,
    graph::{Graph, NamedGraph},
    interrupt, results,
};

/// Returns name, meaning, unit and publication of every metric.
#[pyfunction]
pub(crate) fn metric_table() -> Vec<(&'static str, &'static str, &'static str, &'static str)> {
    METRICS.iter().map(|metric| (metric.name, metric.about, metric.unit, metric.source)).collect()
}

/// Measures metrics by their names, as `araneus measure` does.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "an argument of Python is a value")]
pub(crate) fn measure<'py>(
    py: Python<'py>,
    graph: &Graph,
    metrics: Vec<String>,
) -> PyResult<Bound<'py, PyAny>> {
    let chosen = chosen_metrics(&metrics).map_err(|error| errors::of_measure(&error))?;
    let named_graph = &*graph.graph;
    let values = interrupt::run(py, |progress| {
        metrics::measure(&named_graph.weighted_graph, chosen.iter().copied(), progress)
    })?;
    let columns = chosen.iter().zip(&values).map(|(metric, values)| results::metric(metric, values));
    results::table(py, &named_graph.nodes, columns.collect())
}

/// Ranks by the walks of a random walker.
#[pyfunction]
pub(crate) fn pagerank<'py>(
    py: Python<'py>,
    graph: &Graph,
    damping: f64,
    tolerance: f64,
    weighted: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let parameters = walk_parameters(damping, tolerance)?;
    let name = if weighted { "pagerank_weighted" } else { "pagerank" };
    one(py, graph, name, |weighted_graph, progress| {
        if weighted {
            let positive = weighted_graph.positive();
            let weights = positive.weights().are_given().then(|| positive.weights());
            metrics::pagerank(positive.graph(), weights, &parameters, progress)
        } else {
            metrics::pagerank(weighted_graph.graph(), None, &parameters, progress)
        }
    })
}

/// Ranks by the walks of a random walker who jumps to seeds.
#[pyfunction]
pub(crate) fn personalised_pagerank<'py>(
    py: Python<'py>,
    graph: &Graph,
    seeds: Vec<(String, f64)>,
    damping: f64,
    tolerance: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let parameters = walk_parameters(damping, tolerance)?;
    if !seeds.iter().all(|(_, number)| number.is_finite() && *number >= 0.0) {
        return Err(PyValueError::new_err("the number of a seed must be finite and at least 0"));
    }
    let seeds = seeds.into_iter().map(|(name, number)| Ok((vertex(&graph.graph, &name)?, number)));
    let seeds: Vec<(u32, f64)> = seeds.collect::<PyResult<_>>()?;
    let named_graph = &*graph.graph;
    let values = interrupt::run(py, |progress| {
        metrics::personalised_pagerank(named_graph.weighted_graph.graph(), &seeds, &parameters, progress)
    })?;
    results::table(py, &named_graph.nodes, vec![results::numbers("personalised_pagerank", &values)])
}

/// Counts walks, of which longer ones count less.
#[pyfunction]
pub(crate) fn katz<'py>(
    py: Python<'py>,
    graph: &Graph,
    alpha: Option<f64>,
    tolerance: f64,
) -> PyResult<Bound<'py, PyAny>> {
    if alpha.is_some_and(|alpha| !(alpha.is_finite() && alpha > 0.0)) {
        return Err(PyValueError::new_err("alpha must be a number above 0"));
    }
    require_tolerance(tolerance)?;
    let parameters = KatzParameters { alpha, tolerance };
    one(py, graph, "katz", |weighted_graph, progress| {
        metrics::katz(weighted_graph.graph(), &parameters, progress)
    })
}

/// Counts shortest paths; null if vertices x links exceed a bound.
#[pyfunction]
pub(crate) fn betweenness<'py>(py: Python<'py>, graph: &Graph, work_max: u64) -> PyResult<Bound<'py, PyAny>> {
    let metric = known("betweenness")?;
    one(py, graph, metric.name, |weighted_graph, progress| {
        let shared = SharedResults::new(weighted_graph).with_betweenness_up_to(work_max);
        (metric.measure)(&shared, progress)
    })
}

/// Estimates betweenness from a sample, with an error bound for each vertex.
#[pyfunction]
pub(crate) fn betweenness_sampled<'py>(
    py: Python<'py>,
    graph: &Graph,
    epsilon: f64,
    delta: f64,
    seed: u64,
) -> PyResult<Bound<'py, PyAny>> {
    let is_share = |number: f64| number > 0.0 && number < 1.0;
    if !is_share(epsilon) || !is_share(delta) {
        return Err(PyValueError::new_err("epsilon and delta must be between 0 and 1"));
    }
    let parameters = SamplingParameters { epsilon, delta, seed };
    let named_graph = &*graph.graph;
    let sampled = interrupt::run(py, |progress| {
        metrics::sampled_betweenness(named_graph.weighted_graph.graph(), &parameters, progress)
    })?;
    let columns = vec![
        results::metric(known("betweenness_sampled")?, &sampled.values),
        results::metric(known("betweenness_error")?, &sampled.errors),
    ];
    results::table(py, &named_graph.nodes, columns)
}

/// Computes one metric of the table by a function with parameters.
fn one<'py>(
    py: Python<'py>,
    graph: &Graph,
    name: &str,
    kernel: impl FnOnce(&WeightedGraph, &Progress) -> Option<Vec<f64>> + Send,
) -> PyResult<Bound<'py, PyAny>> {
    let metric = known(name)?;
    let named_graph = &*graph.graph;
    let values = interrupt::run(py, |progress| kernel(&named_graph.weighted_graph, progress))?;
    results::table(py, &named_graph.nodes, vec![results::metric(metric, &values)])
}

fn known(name: &str) -> PyResult<&'static Metric> {
    named(name).ok_or_else(|| PyKeyError::new_err("there is no such metric"))
}

fn vertex(graph: &NamedGraph, name: &str) -> PyResult<u32> {
    // Numeric names come first, so the order is not that of text.
    let at = graph.nodes.names.iter().position(|known| known == name);
    at.map(|at| at as u32)
        .ok_or_else(|| PyKeyError::new_err("the graph has no vertex with the name of a seed"))
}

fn walk_parameters(damping: f64, tolerance: f64) -> PyResult<PageRankParameters> {
    if !(0.0..1.0).contains(&damping) {
        return Err(PyValueError::new_err("damping must be at least 0 and below 1"));
    }
    require_tolerance(tolerance)?;
    Ok(PageRankParameters { damping, tolerance })
}

/// Rejects a tolerance below the precision of double numbers, which no computation reaches.
fn require_tolerance(tolerance: f64) -> PyResult<()> {
    if tolerance.is_finite() && tolerance >= f64::EPSILON {
        return Ok(());
    }
    Err(PyValueError::new_err("tolerance must be a number of at least 2.3e-16"))
}
