//! Analysis of one view: entities and links, the graph with its metrics and communities, and what changed since
//! the previous run.
//!
//! [`analyse`] resolves a view and computes everything that patterns, features and tables read.

mod class;
mod communities;
mod entity_graph;
mod joined_metrics;
mod metric_column;
mod pattern_context;
mod payment_flows;
mod tested_structures;

use std::{collections::BTreeMap, ops::Index};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use class::Class;
pub use communities::{Community, changes};
pub use entity_graph::{members_by_community, weighted_graph};
pub use metric_column::MetricColumn;
pub use pattern_context::{EstablishedGroup, PatternContext};
pub use payment_flows::{FlowPayment, PaymentFlow};
pub use tested_structures::{StructureKind, TestedStructure};

use joined_metrics::NamedColumn;

use crate::{
    community::{self, DetectedCommunities, Method},
    entity::Entity,
    graph::WeightedGraph,
    index::{CommunityIndex, EntityIndex, LinkIndex, RecordIndex},
    join_steps::{JoinSteps, ThisMachine},
    link::Link,
    metrics::{self, Metric, SharedResults},
    null_model::{StructureSignificance, structure_significance},
    progress::Progress,
    record::Record,
    resolve::{self, Resolution, ResolveConfig, WeightConfig, lasting_digits},
    temporal::{
        self, PriorRuns, Recent,
        lineage::{self, Ended, Lineages, MemberId},
    },
    time::Moment,
    view::View,
};

/// Vertices x links up to which a run measures betweenness exactly. It has samples for every graph.
const BETWEENNESS_WORK_MAX: u64 = 200_000_000;

/// Settings of an analysis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnalysisConfig {
    /// Settings of entity resolution.
    pub resolve: ResolveConfig,
    /// Settings of link weights.
    pub weight: WeightConfig,
    /// Seed of the random streams.
    pub seed: u64,
    /// Length of the recent window, in days.
    pub window_days: u32,
    /// Passes of `PageRank` in whole units, as a cluster makes them; `None` for passes until the ranks stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pagerank_passes: Option<u32>,
}

impl Default for AnalysisConfig {
    fn default() -> Self {
        Self {
            resolve: ResolveConfig::default(),
            weight: WeightConfig::default(),
            seed: 0,
            window_days: 7,
            pagerank_passes: None,
        }
    }
}

/// Extent of an analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Everything.
    Whole,
    /// Everything but the metrics. Later runs do not need the metrics of this run.
    Unmeasured,
    /// Only what patterns read: no metrics and no communities. Flows of money are searched only if a pattern needs them.
    Patterns {
        /// True if the flows of money are searched.
        with_flows: bool,
    },
}

/// Settings and earlier results that an analysis depends on.
#[derive(Clone, Copy, Debug)]
pub struct AnalysisRequest<'a> {
    /// Settings.
    pub config: &'a AnalysisConfig,
    /// As-of times and communities of the earlier runs.
    pub prior_runs: &'a PriorRuns,
    /// Extent of the analysis.
    pub depth: Depth,
}

/// Everything computed from one view.
#[derive(Debug)]
pub struct Analysis {
    /// The view.
    pub view: View,
    /// Entities and links.
    pub resolution: Resolution,
    /// Number of neighbours of each entity in the measured graph, which has the links of all layers but provenance; empty if
    /// the analysis has no communities.
    pub degrees: Vec<u32>,
    /// One column for each row of `METRICS`, with one value for each entity; NaN is unknown. Empty if the
    /// analysis has no metrics.
    pub metrics: Vec<MetricColumn>,
    /// Communities, largest first.
    pub communities: Vec<Community>,
    /// Community of each entity; empty if the analysis has no communities.
    pub community_of: Vec<CommunityIndex>,
    /// Modularity of the communities together; NaN if the analysis has no communities.
    pub modularity: f64,
    /// Structures of the measured graph, compared with random networks; its communities are those of `communities`, in their order.
    /// `None` without metrics, and in a graph without links or with too many.
    pub significance: Option<StructureSignificance>,
    /// As-of times of the earlier runs and of this one, ascending.
    pub runs: Vec<Moment>,
    /// Recent window of the view.
    pub recent: Recent,
    /// Links, groups and new entities as patterns use them.
    pub context: PatternContext,
    /// Flows of money among the payments of the view, for each currency the least expected first.
    pub payment_flows: Vec<PaymentFlow>,
    /// Communities of the previous run that this run no longer has.
    pub ended: Vec<Ended>,
    /// Communities of this run and of earlier ones, for the next run.
    pub lineages: Lineages,
}

impl Analysis {
    /// Returns the values of a metric, one for each entity, NaN where unknown; empty if the analysis has no metrics.
    ///
    /// # Panics
    ///
    /// Panics if no metric has that name.
    pub fn metric(&self, name: &str) -> &MetricColumn {
        let column = metrics::METRICS.iter().position(|metric| metric.name == name);
        let column = column.expect("the code names metrics of the table only");
        self.metrics.get(column).unwrap_or(const { &MetricColumn::EMPTY })
    }
}

impl Index<EntityIndex> for Analysis {
    type Output = Entity;

    fn index(&self, entity: EntityIndex) -> &Entity {
        &self.resolution[entity]
    }
}

impl Index<LinkIndex> for Analysis {
    type Output = Link;

    fn index(&self, link: LinkIndex) -> &Link {
        &self.resolution[link]
    }
}

impl Index<RecordIndex> for Analysis {
    type Output = Record;

    fn index(&self, record: RecordIndex) -> &Record {
        &self.view[record]
    }
}

impl Index<CommunityIndex> for Analysis {
    type Output = Community;

    fn index(&self, community: CommunityIndex) -> &Community {
        &self.communities[community.index()]
    }
}

/// Resolves and analyses a view; `None` if `progress` was cancelled.
pub fn analyse(view: View, request: AnalysisRequest<'_>, progress: &Progress) -> Option<Analysis> {
    let AnalysisConfig { resolve, weight, .. } = request.config;
    let resolution = match request.depth {
        Depth::Patterns { .. } => resolve::resolve_without_reasons(&view, resolve, weight),
        Depth::Whole | Depth::Unmeasured => resolve::resolve(&view, resolve, weight),
    };
    analyse_resolved(view, resolution, request, progress)
}

/// Analyses a view with its resolution; `None` if `progress` was cancelled.
pub fn analyse_resolved(
    view: View,
    resolution: Resolution,
    request: AnalysisRequest<'_>,
    progress: &Progress,
) -> Option<Analysis> {
    analyse_resolved_by(&ThisMachine, (view, resolution), request, progress)
}

/// Returns the same result as [`analyse_resolved`], with the steps of a join form on an engine.
pub fn analyse_resolved_by(
    steps: &dyn JoinSteps,
    (view, resolution): (View, Resolution),
    request: AnalysisRequest<'_>,
    progress: &Progress,
) -> Option<Analysis> {
    let AnalysisRequest { config, prior_runs, depth } = request;
    let joined = match depth {
        Depth::Whole => joined_metrics::of(&resolution, steps, config.pagerank_passes),
        Depth::Unmeasured | Depth::Patterns { .. } => Vec::new(),
    };
    let weighted_graph = measured_graph(&resolution);
    let metrics = match depth {
        Depth::Whole => measured(&weighted_graph, joined, config.pagerank_passes, progress)?,
        Depth::Unmeasured | Depth::Patterns { .. } => Vec::new(),
    };
    let as_of = view.as_of().valid_at;
    let (detected, degrees, (communities, ended, lineages)) = match depth {
        Depth::Patterns { .. } => Default::default(),
        Depth::Whole | Depth::Unmeasured => {
            // Metrics are the last to read directed links.
            let weighted_graph = weighted_graph.into_simple();
            let detected = detect_communities(&resolution, &weighted_graph, request, progress)?;
            let described = communities::describe(&resolution, &weighted_graph, &detected, prior_runs, as_of);
            (Some(detected), degrees(&weighted_graph), described)
        }
    };
    let recent = temporal::recent(&view, &prior_runs.runs, config.window_days);
    let context = pattern_context::build(&view, &resolution, &recent, progress)?;
    let significance = match (depth, &detected) {
        (Depth::Whole, Some(detected)) => {
            progress.step("comparison with random networks");
            let partition = detected.partition();
            match tested_structures::compared_links(&resolution, &context) {
                Some(links) => Some(structure_significance(&links, partition, config.seed, progress)?),
                None => None,
            }
        }
        _ => None,
    };
    let payment_flows = match depth {
        Depth::Patterns { with_flows: false } => Vec::new(),
        _ => payment_flows::find(&view, &resolution, progress)?,
    };
    let labels = detected.iter().flat_map(|detected| detected.partition().labels());
    let earlier_runs = prior_runs.runs.iter().copied().filter(|run| *run < as_of);
    Some(Analysis {
        runs: earlier_runs.chain([as_of]).collect(),
        community_of: labels.map(|&label| CommunityIndex::new(label as usize)).collect(),
        modularity: detected.as_ref().map_or(f64::NAN, |detected| detected.quality),
        view,
        resolution,
        degrees,
        metrics,
        communities,
        significance,
        recent,
        context,
        payment_flows,
        ended,
        lineages,
    })
}

/// Measures all metrics but those that are in `joined`.
fn measured(
    weighted_graph: &WeightedGraph,
    joined: Vec<NamedColumn>,
    pagerank_passes: Option<u32>,
    progress: &Progress,
) -> Option<Vec<MetricColumn>> {
    let shared = SharedResults::new(weighted_graph).with_betweenness_up_to(BETWEENNESS_WORK_MAX);
    let mut joined: BTreeMap<&str, MetricColumn> = joined.into_iter().collect();
    // Each column becomes small before the next one is measured.
    let measure = |metric: &Metric| {
        if let Some(column) = joined.remove(metric.name) {
            return Some(column);
        }
        match pagerank_passes.filter(|_| metric.name == joined_metrics::PAGERANK) {
            None => Some(MetricColumn::of((metric.measure)(&shared, progress)?)),
            Some(passes) => {
                let ranks = metrics::pagerank_in_units(weighted_graph.graph(), passes, progress)?;
                Some(joined_metrics::ranks(&ranks))
            }
        }
    };
    metrics::METRICS.iter().map(measure).collect()
}

/// Finds the communities, starting from those of the previous run.
fn detect_communities(
    resolution: &Resolution,
    weighted_graph: &WeightedGraph,
    request: AnalysisRequest<'_>,
    progress: &Progress,
) -> Option<DetectedCommunities> {
    let ids: Vec<MemberId> =
        resolution.entities.par_iter().map(|entity| lasting_digits(&entity.id)).collect();
    let detection = community::DetectionConfig {
        seed: request.config.seed,
        start: lineage::start(&request.prior_runs.lineages, &ids),
        ..community::DetectionConfig::new(Method::Leiden)
    };
    community::find(weighted_graph, &detection, progress)
}

/// Returns the number of neighbours of each vertex of an undirected graph without self-links.
fn degrees(weighted_graph: &WeightedGraph) -> Vec<u32> {
    let graph = weighted_graph.simple();
    graph.vertices().map(|vertex| graph.outgoing(vertex).len() as u32).collect()
}

/// Builds the directed graph of the measured layers. Links of weight 0 are in the tables only.
fn measured_graph(resolution: &Resolution) -> WeightedGraph {
    let edges = measured_links(resolution).map(|link| (link.from, link.to, link.weight));
    weighted_graph(resolution.entities.len(), true, edges)
}

/// Returns the links of the measured graph, with a repetition for each kind and layer.
fn measured_links(resolution: &Resolution) -> impl Iterator<Item = &Link> {
    resolution.links.iter().filter(|link| link.layer.is_measured() && link.weight > 0.0)
}
