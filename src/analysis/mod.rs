//! One look at everything: a view resolved, woven into a graph, measured, grouped and
//! compared with what earlier nights left.

mod communities;
mod pattern_context;

use std::ops::Index;

use serde::{Deserialize, Serialize};

pub use communities::{Community, changes};
pub use pattern_context::{Class, EstablishedGroup, PatternContext};

use crate::{
    community::{self, Method},
    entity::Entity,
    graph::{Graph, WeightedGraph},
    index::{EntityIndex, LinkIndex, RecordIndex},
    link::Link,
    metrics,
    progress::Progress,
    record::Record,
    resolve::{self, Resolution, ResolveConfig, WeightConfig},
    temporal::{
        self, PriorRuns, Recent,
        lineage::{self, Ended, Lineages},
    },
    view::View,
};

/// What may be chosen about a analysis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnalysisConfig {
    /// Who is who.
    pub resolve: ResolveConfig,
    /// How evidence weighs.
    pub weight: WeightConfig,
    /// Names the random streams.
    pub seed: u64,
    /// Days in which something emerges: what was told within them is recent.
    pub window_days: u32,
}

impl Default for AnalysisConfig {
    fn default() -> Self {
        Self { resolve: ResolveConfig::default(), weight: WeightConfig::default(), seed: 0, window_days: 7 }
    }
}

/// How much of a analysis is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Everything.
    Whole,
    /// All but the metrics: what later nights must remember of it does not need them.
    Unmeasured,
}

/// Everything computed from one view.
#[derive(Debug)]
pub struct Analysis {
    /// What was known.
    pub view: View,
    /// Entities and links.
    pub resolution: Resolution,
    /// The graph that was measured: the links of all layers but provenance.
    pub weighted_graph: WeightedGraph,
    /// One column for each row of `METRICS`, one value for each entity; NaN is unknown. Empty
    /// where not measured.
    pub metrics: Vec<Vec<f64>>,
    /// Communities, largest first.
    pub communities: Vec<Community>,
    /// The community of each entity, as a position in `communities`.
    pub member_of: Vec<u32>,
    /// Modularity of the communities together.
    pub modularity: f64,
    /// What of the view is recent.
    pub recent: Recent,
    /// The night as patterns look at it.
    pub context: PatternContext,
    /// Communities of the night before that are no more.
    pub ended: Vec<Ended>,
    /// What current leaves to the next night.
    pub lineages: Lineages,
}

impl Analysis {
    /// Returns the values of a metric, one for each entity, NaN where unknown; empty where the analysis was not
    /// measured.
    ///
    /// # Panics
    ///
    /// Panics if no metric has that name.
    pub fn metric(&self, name: &str) -> &[f64] {
        let column = metrics::METRICS.iter().position(|metric| metric.name == name);
        let column = column.expect("the code names metrics of the table only");
        self.metrics.get(column).map_or(&[], Vec::as_slice)
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

/// Surveys a view; `None` means that the progress said stop.
pub fn analysis(
    view: View,
    config: &AnalysisConfig,
    past: &PriorRuns,
    depth: Depth,
    progress: &Progress,
) -> Option<Analysis> {
    let resolution = resolve::resolve(&view, &config.resolve, &config.weight);
    analyse_resolved(view, resolution, config, past, depth, progress)
}

/// The same, of a view that is resolved already.
pub fn analyse_resolved(
    view: View,
    resolution: Resolution,
    config: &AnalysisConfig,
    past: &PriorRuns,
    depth: Depth,
    progress: &Progress,
) -> Option<Analysis> {
    let weighted_graph = weave(&resolution);
    let metrics = match depth {
        Depth::Whole => metrics::measure(&weighted_graph, metrics::METRICS, progress)?,
        Depth::Unmeasured => Vec::new(),
    };
    let ids: Vec<&str> = resolution.entities.iter().map(|entity| &*entity.id).collect();
    let start = lineage::start(&past.lineages, &ids);
    let method = community::DetectionConfig {
        seed: config.seed,
        start,
        ..community::DetectionConfig::new(Method::Leiden)
    };
    let found = community::find(&weighted_graph, &method, progress)?;
    let recent = temporal::recent(&view, &past.runs, config.window_days);
    let context = pattern_context::build(&view, &resolution, &recent, progress)?;
    let (communities, ended, lineages) =
        communities::describe(&resolution, &weighted_graph, &found, past, view.as_of().valid_at);
    let member_of = found.partition().labels().to_vec();
    Some(Analysis {
        modularity: found.quality,
        view,
        resolution,
        weighted_graph,
        metrics,
        communities,
        member_of,
        recent,
        context,
        ended,
        lineages,
    })
}

/// Builds the graph of the measured layers, parallel links merged and weights added.
fn weave(resolution: &Resolution) -> WeightedGraph {
    // What weighs nothing joins nothing: it is seen in the tables only.
    let measured = resolution.links.iter().filter(|link| link.layer.is_measured() && link.weight > 0.0);
    let (ends, weights): (Vec<(u32, u32)>, Vec<f64>) =
        measured.map(|link| ((link.from.node(), link.to.node()), link.weight)).unzip();
    let (graph, weights) = Graph::build(resolution.entities.len() as u32, true, &ends, Some(&weights));
    WeightedGraph::new(graph, weights)
}
