//! Measurement of any graph: metrics, communities, their quality, and timings.

mod columnar_links;
mod header;
mod link_list;
mod link_text;
pub mod links;
mod other_files;
mod run_folder;
mod summary;
mod whole_numbers;

use std::path::PathBuf;

use serde_json::json;

use crate::{
    columns::{Column, Columns},
    community::{self, DetectedCommunities, Method},
    graph::{Graph, WeightedGraph},
    measure::links::{LinkError, LinkInput, LinkList, read_links},
    metrics::{self, METRICS, Metric, SharedResults, assortativity_by_degree},
    progress::Progress,
    run::clock::{Clock, peak_bytes},
    tables::{self, Extra, Folder, OutputError, TABLE_FILES, Table},
};

pub use header::{FirstLine, LinkColumns};
pub use summary::{CommunitySummary, Summary, TopVertex};

/// Request of a measurement.
#[derive(Clone, Debug)]
pub struct MeasureRequest {
    /// List of links.
    pub links: LinkInput,
    /// List of vertices, for those without links.
    pub nodes: Option<PathBuf>,
    /// True if the direction of links counts.
    pub directed: bool,
    /// Columns of the list.
    pub columns: LinkColumns,
    /// Audience whose tables are read from a run's folder; `None` for the unrestricted or the only one.
    pub audience: Option<String>,
    /// Names of metrics; empty means all.
    pub metrics: Vec<String>,
    /// Method of community detection; `None` for no communities.
    pub communities: Option<Method>,
    /// Resolution of the communities.
    pub resolution: f64,
    /// Further resolutions at which communities are detected.
    pub sweep: Vec<f64>,
    /// Seed of the random streams.
    pub seed: u64,
    /// Folder for results; `None` for a summary only.
    pub out: Option<PathBuf>,
}

/// Reason why a graph was not measured.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// A list that cannot be read.
    #[error("`{path}`: {source}")]
    Links {
        /// Path of the list.
        path: PathBuf,
        /// Error with its place in the list.
        source: LinkError,
    },
    /// A name of no known metric.
    #[error("there is no metric `{0}`; `araneus list metrics` names all")]
    NoMetric(String),
    /// A folder or file that cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A measurement that was cancelled.
    #[error("stopped before anything was written")]
    Stopped,
}

/// Names of all files that a measurement may write.
pub const WRITTEN: [&str; 5] =
    ["metrics.arrow", "members.arrow", "memberships.arrow", "quality.json", "timings.json"];

/// Number of random graphs of equal degrees with which a partition is compared.
const NULL_DRAWS: u32 = 20;
/// Largest number of links for which random graphs are drawn.
const NULL_LINKS_MAX: usize = 2_000_000;
/// Number of other seeds with which a partition is compared, and the largest number of links for that.
const SEEDS: u32 = 5;
const SEEDS_LINKS_MAX: usize = 2_000_000;
/// Least share of a vertex's weight for a membership in another community.
const MEMBER_MIN: f64 = 0.1;

/// Measures a graph, writes the results if the request has a folder for them, and returns a summary.
pub fn measure(request: &MeasureRequest, progress: &Progress) -> Result<Summary, MeasureError> {
    let mut clock = Clock::start(progress);
    let chosen = chosen_metrics(&request.metrics)?;
    clock.step("read");
    let list = read(request)?;
    clock.step("build");
    let (graph, weights) =
        Graph::build(list.nodes.len() as u32, request.directed, &list.links, list.weights.as_deref());
    let shape = WeightedGraph::new(graph, weights);
    if let Some(out) = &request.out {
        tables::make_folder(out)?;
        // Files of an earlier measurement are about another graph.
        for name in WRITTEN {
            tables::remove(out, name)?;
        }
    }
    let (shared, mut values) = (SharedResults::new(&shape), Vec::new());
    for metric in &chosen {
        clock.step(metric.name);
        values.push((metric.measure)(&shared, progress).ok_or(MeasureError::Stopped)?);
    }
    clock.step("write");
    let mut summary = Summary::of(&list, &shape, &chosen, &values);
    write_metrics(request, &list, &chosen, values)?;
    if let Some(method) = request.communities {
        clock.step(method.name());
        let config = community::DetectionConfig {
            resolution: request.resolution,
            seed: request.seed,
            ..community::DetectionConfig::new(method)
        };
        let communities = community::find(&shape, &config, progress).ok_or(MeasureError::Stopped)?;
        write_members(request, &list, &communities)?;
        write_memberships(request, &list, &shape, &communities)?;
        clock.step("significance");
        let quality = write_quality(request, &shape, &config, &communities, progress)?;
        summary.communities = Some(quality);
    }
    let steps: Vec<_> = clock
        .finish()
        .into_iter()
        .map(|(name, seconds)| json!({ "name": name, "seconds": seconds }))
        .collect();
    write_json(
        request,
        "timings.json",
        &json!({ "threads": rayon::current_num_threads(), "peak_bytes": peak_bytes(), "steps": steps }),
    )?;
    Ok(summary)
}

fn read(request: &MeasureRequest) -> Result<LinkList, MeasureError> {
    let audience = request.audience.as_deref();
    let list = read_links(&request.links, request.nodes.as_deref(), &request.columns, audience);
    list.map_err(|source| {
        let links = match &request.links {
            LinkInput::Path(path) => path.clone(),
            LinkInput::Bytes(_) => PathBuf::from("-"),
        };
        let nodes = request.nodes.as_ref().filter(|_| source.is_of_nodes);
        MeasureError::Links { path: nodes.cloned().unwrap_or(links), source }
    })
}

/// Returns the metrics of these names, each once. No name, or `all`, means every metric.
pub fn chosen_metrics(names: &[String]) -> Result<Vec<&'static Metric>, MeasureError> {
    let names: Vec<&str> = names.iter().map(|name| name.trim()).collect();
    let mut chosen: Vec<&'static Metric> = Vec::new();
    for name in names.iter().filter(|name| **name != "all") {
        let metric = metrics::named(name).ok_or_else(|| MeasureError::NoMetric((*name).to_owned()))?;
        // A metric that is named twice is measured once.
        if !chosen.iter().any(|known| known.name == metric.name) {
            chosen.push(metric);
        }
    }
    if names.is_empty() || names.contains(&"all") { Ok(METRICS.iter().collect()) } else { Ok(chosen) }
}

fn write_metrics(
    request: &MeasureRequest,
    list: &LinkList,
    chosen: &[&'static Metric],
    values: Vec<Vec<f64>>,
) -> Result<(), MeasureError> {
    let (table, extra) =
        (tables::table(Folder::Measure, "metrics"), tables::metric_columns(chosen.iter().copied()));
    let nodes = ("node", Column::Text(list.nodes.iter().cloned().map(Some).collect()));
    let numbers = chosen
        .iter()
        .zip(values)
        .map(|(metric, values)| (metric.name, tables::number(&values, |value| Some(*value))));
    let columns = tables::arrange(table, &extra, std::iter::once(nodes).chain(numbers));
    write_table(request, table, &extra, &columns)
}

fn write_table(
    request: &MeasureRequest,
    table: &'static Table,
    extra: &[Extra],
    columns: &Columns,
) -> Result<(), MeasureError> {
    if let Some(out) = &request.out {
        tables::write_table(out, table, extra, columns, &TABLE_FILES[0])?;
    }
    Ok(())
}

fn write_members(
    request: &MeasureRequest,
    list: &LinkList,
    communities: &DetectedCommunities,
) -> Result<(), MeasureError> {
    let (mut nodes, mut ids, mut levels) = (Vec::new(), Vec::new(), Vec::new());
    for (level, partition) in (0..).zip(&communities.levels) {
        for (node, &community) in list.nodes.iter().zip(partition.labels()) {
            nodes.push(Some(node.clone()));
            ids.push(i64::from(community));
            levels.push(level);
        }
    }
    let table = tables::table(Folder::Measure, "members");
    let columns = tables::arrange(
        table,
        &[],
        [("node", Column::Text(nodes)), ("community", Column::Whole(ids)), ("level", Column::Whole(levels))],
    );
    write_table(request, table, &[], &columns)
}

fn write_memberships(
    request: &MeasureRequest,
    list: &LinkList,
    shape: &WeightedGraph,
    communities: &DetectedCommunities,
) -> Result<(), MeasureError> {
    let rows = community::memberships(shape, communities.partition(), MEMBER_MIN);
    let name = |row: &community::Membership| Some(list.nodes[row.vertex as usize].clone());
    let table = tables::table(Folder::Measure, "memberships");
    let columns = tables::arrange(
        table,
        &[],
        [
            ("node", Column::Text(rows.iter().map(name).collect())),
            ("community", Column::Whole(rows.iter().map(|row| i64::from(row.community)).collect())),
            ("share", tables::number(&rows, |row| Some(row.share))),
        ],
    );
    write_table(request, table, &[], &columns)
}

/// Returns the mean conductance of the communities of two or more; `None` without any.
fn conductance(shape: &WeightedGraph, communities: &DetectedCommunities) -> Option<f64> {
    let qualities = community::community_qualities(shape, communities.partition(), 1.0);
    let known: Vec<f64> = qualities
        .iter()
        .filter(|community| community.size > 1)
        .map(|community| community.conductance)
        .collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

/// Returns the communities at each further resolution, with their similarity to the previous ones.
fn sweep(
    request: &MeasureRequest,
    shape: &WeightedGraph,
    config: &community::DetectionConfig,
    progress: &Progress,
) -> Result<Vec<serde_json::Value>, MeasureError> {
    let swept = community::sweep(shape, config, &request.sweep, progress).ok_or(MeasureError::Stopped)?;
    let step = |step: &community::SweepStep| {
        json!({
            "resolution": step.resolution,
            "communities": step.communities.partition().count(),
            "quality": step.communities.quality,
            "likeness": step.similarity,
        })
    };
    Ok(swept.iter().map(step).collect())
}

fn write_quality(
    request: &MeasureRequest,
    shape: &WeightedGraph,
    config: &community::DetectionConfig,
    communities: &DetectedCommunities,
    progress: &Progress,
) -> Result<CommunitySummary, MeasureError> {
    let is_drawn = shape.simple().link_count() <= NULL_LINKS_MAX
        && matches!(config.method, Method::Leiden | Method::Louvain);
    let drawn = if is_drawn {
        Some(community::significance(shape, config, NULL_DRAWS, progress).ok_or(MeasureError::Stopped)?)
    } else {
        None
    };
    let is_searched = matches!(
        config.method,
        Method::Leiden | Method::LeidenCpm | Method::Louvain | Method::LabelPropagation
    );
    let stability = if is_searched && shape.simple().link_count() <= SEEDS_LINKS_MAX {
        let stability = community::stability(shape, config, communities.partition(), SEEDS, progress);
        Some(stability.ok_or(MeasureError::Stopped)?.mutual_information)
    } else {
        None
    };
    // The resolution of CPM has no meaning for modularity.
    let resolution = if config.method == Method::LeidenCpm { 1.0 } else { config.resolution };
    let modularity = community::modularity(shape, communities.partition(), resolution);
    write_json(
        request,
        "quality.json",
        &json!({
            "method": config.method.name(),
            "objective": communities.objective,
            "resolution": config.resolution,
            "seed": config.seed,
            "communities": communities.partition().count(),
            "modularity": modularity,
            "coverage": community::coverage(shape, communities.partition()),
            "conductance": conductance(shape, communities),
            "stability": stability,
            "sweep": sweep(request, shape, config, progress)?,
            "assortativity": Some(assortativity_by_degree(shape.simple())).filter(|number| !number.is_nan()),
            "usual": drawn.as_ref().map(|drawn| drawn.observed),
            "null_mean": drawn.as_ref().map(|drawn| drawn.null_mean),
            "null_draws": drawn.as_ref().map(|drawn| drawn.draws),
            "null_sd": drawn.as_ref().map(|drawn| drawn.null_sd),
            "p": drawn.as_ref().map(|drawn| drawn.p),
            "significant": drawn.as_ref().map(|drawn| drawn.is_significant),
        }),
    )?;
    Ok(CommunitySummary {
        method: config.method.name(),
        count: communities.partition().count(),
        modularity,
        p: drawn.map(|drawn| drawn.p),
    })
}

fn write_json(request: &MeasureRequest, name: &str, value: &serde_json::Value) -> Result<(), MeasureError> {
    let text = serde_json::to_string_pretty(value).expect("a JSON value is written");
    if let Some(out) = &request.out {
        tables::write_text(out, name, &format!("{text}\n"))?;
    }
    Ok(())
}
