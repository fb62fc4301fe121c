//! One look at everything: a view resolved, woven into a graph, measured and grouped.

mod communities;

use serde::{Deserialize, Serialize};

pub use communities::Community;

use crate::{
    community::{self, Method},
    graph::{Graph, Shape},
    metrics,
    resolve::{self, Resolution, ResolveConfig, WeightConfig},
    view::View,
    watch::Watch,
};

/// What may be chosen about a survey.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SurveyConfig {
    /// Who is who.
    pub resolve: ResolveConfig,
    /// How evidence weighs.
    pub weight: WeightConfig,
    /// Names the random streams.
    pub seed: u64,
}

/// Everything computed from one view.
#[derive(Debug)]
pub struct Survey {
    /// What was known.
    pub view: View,
    /// Entities and links.
    pub resolution: Resolution,
    /// The graph that was measured: the links of all layers but provenance.
    pub shape: Shape,
    /// One column for each row of `METRICS`, one value for each entity; NaN is unknown.
    pub metrics: Vec<Vec<f64>>,
    /// Communities, largest first.
    pub communities: Vec<Community>,
    /// The community of each entity, as a position in `communities`.
    pub member_of: Vec<u32>,
    /// Modularity of the communities together.
    pub modularity: f64,
}

/// Surveys a view; `None` means that the watch said stop.
pub fn survey(view: View, config: &SurveyConfig, watch: &Watch) -> Option<Survey> {
    let resolution = resolve::resolve(&view, &config.resolve, &config.weight);
    of_resolution(view, resolution, config, watch)
}

/// Measures what is resolved already.
pub fn of_resolution(
    view: View,
    resolution: Resolution,
    config: &SurveyConfig,
    watch: &Watch,
) -> Option<Survey> {
    let shape = weave(&resolution);
    let metrics = metrics::measure(&shape, metrics::METRICS, watch)?;
    let method = community::Config { seed: config.seed, ..community::Config::new(Method::Leiden) };
    let found = community::find(&shape, &method, watch)?;
    let communities = communities::describe(&resolution, &shape, &found);
    let member_of = found.partition().of().to_vec();
    Some(Survey { modularity: found.quality, view, resolution, shape, metrics, communities, member_of })
}

/// Builds the graph of the measured layers, parallel links merged and weights added.
fn weave(resolution: &Resolution) -> Shape {
    let measured = resolution.links.iter().filter(|link| link.layer.is_measured());
    let (ends, weights): (Vec<(u32, u32)>, Vec<f64>) =
        measured.map(|link| ((link.from, link.to), link.weight)).unzip();
    let (graph, weights) = Graph::build(resolution.entities.len() as u32, true, &ends, Some(&weights));
    Shape::new(graph, weights)
}
