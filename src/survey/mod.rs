//! One look at everything: a view resolved, woven into a graph, measured, grouped and
//! compared with what earlier nights left.

mod communities;
mod scene;

use serde::{Deserialize, Serialize};

pub use communities::{Community, changes};
pub use scene::{Class, Group, LinkIndex, Scene};

use crate::{
    community::{self, Method},
    graph::{Graph, WeightedGraph},
    metrics,
    progress::Progress,
    resolve::{self, Resolution, ResolveConfig, WeightConfig},
    temporal::{
        self, Past, Recent,
        lineage::{self, Ended, Lineages},
    },
    view::View,
};

/// What may be chosen about a survey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SurveyConfig {
    /// Who is who.
    pub resolve: ResolveConfig,
    /// How evidence weighs.
    pub weight: WeightConfig,
    /// Names the random streams.
    pub seed: u64,
    /// Days in which something emerges: what was told within them is recent.
    pub window_days: u32,
}

impl Default for SurveyConfig {
    fn default() -> Self {
        Self { resolve: ResolveConfig::default(), weight: WeightConfig::default(), seed: 0, window_days: 7 }
    }
}

/// How much of a survey is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Everything.
    Whole,
    /// All but the metrics: what later nights must remember of it does not need them.
    Unmeasured,
}

/// Everything computed from one view.
#[derive(Debug)]
pub struct Survey {
    /// What was known.
    pub view: View,
    /// Entities and links.
    pub resolution: Resolution,
    /// The graph that was measured: the links of all layers but provenance.
    pub shape: WeightedGraph,
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
    pub scene: Scene,
    /// Communities of the night before that are no more.
    pub ended: Vec<Ended>,
    /// What tonight leaves to the next night.
    pub lineages: Lineages,
}

/// Surveys a view; `None` means that the watch said stop.
pub fn survey(
    view: View,
    config: &SurveyConfig,
    past: &Past,
    depth: Depth,
    watch: &Progress,
) -> Option<Survey> {
    let resolution = resolve::resolve(&view, &config.resolve, &config.weight);
    survey_resolved(view, resolution, config, past, depth, watch)
}

/// The same, of a view that is resolved already.
pub fn survey_resolved(
    view: View,
    resolution: Resolution,
    config: &SurveyConfig,
    past: &Past,
    depth: Depth,
    watch: &Progress,
) -> Option<Survey> {
    let shape = weave(&resolution);
    let metrics = match depth {
        Depth::Whole => metrics::measure(&shape, metrics::METRICS, watch)?,
        Depth::Unmeasured => Vec::new(),
    };
    let ids: Vec<&str> = resolution.entities.iter().map(|entity| &*entity.id).collect();
    let start = lineage::start(&past.lineages, &ids);
    let method = community::DetectionConfig {
        seed: config.seed,
        start,
        ..community::DetectionConfig::new(Method::Leiden)
    };
    let found = community::find(&shape, &method, watch)?;
    let recent = temporal::recent(&view, &past.nights, config.window_days);
    let scene = scene::lay(&view, &resolution, &recent, watch)?;
    let (communities, ended, lineages) =
        communities::describe(&resolution, &shape, &found, past, view.vantage().at);
    let member_of = found.partition().labels().to_vec();
    Some(Survey {
        modularity: found.quality,
        view,
        resolution,
        shape,
        metrics,
        communities,
        member_of,
        recent,
        scene,
        ended,
        lineages,
    })
}

/// Builds the graph of the measured layers, parallel links merged and weights added.
fn weave(resolution: &Resolution) -> WeightedGraph {
    // What weighs nothing joins nothing: it is seen in the tables only.
    let measured = resolution.links.iter().filter(|link| link.layer.is_measured() && link.weight > 0.0);
    let (ends, weights): (Vec<(u32, u32)>, Vec<f64>) =
        measured.map(|link| ((link.from, link.to), link.weight)).unzip();
    let (graph, weights) = Graph::build(resolution.entities.len() as u32, true, &ends, Some(&weights));
    WeightedGraph::new(graph, weights)
}
