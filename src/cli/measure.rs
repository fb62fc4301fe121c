//! `araneus measure`: any graph.

use std::path::PathBuf;

use clap::Args;

use super::{CommandError, Common, console::Console, made};
use crate::{
    community::{METHODS, Method},
    measure::{self, MeasureRequest},
    progress::Progress,
};

#[derive(Args)]
pub(super) struct MeasureArgs {
    /// List of links
    links: PathBuf,
    /// List of vertices, for those without links: column `id`, or the first
    #[arg(long, value_name = "FILE")]
    nodes: Option<PathBuf>,
    /// A link from a to b is another than one from b to a
    #[arg(long)]
    directed: bool,
    /// Column of weights: its name, or its number from 1
    #[arg(long, value_name = "COLUMN")]
    weight: Option<String>,
    /// Metrics, parted by commas [default: all]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    metrics: Vec<String>,
    /// Also find communities by this method
    #[arg(long, value_name = "METHOD", value_parser = method)]
    communities: Option<Method>,
    /// Higher finds smaller communities
    #[arg(long, default_value_t = 1.0, value_parser = resolution)]
    resolution: f64,
    /// Resolutions at which communities are also looked for, parted by commas, to see which scales hold
    #[arg(long, value_delimiter = ',', value_name = "RESOLUTIONS", value_parser = resolution, requires = "communities")]
    sweep: Vec<f64>,
    /// Seed of the random streams
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn method(text: &str) -> Result<Method, String> {
    let names: Vec<&str> = METHODS.iter().map(|(name, _)| *name).collect();
    Method::named(text).ok_or_else(|| format!("a method is one of {}", names.join(", ")))
}

fn resolution(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| "a resolution is a number above 0".to_owned())
}

pub(super) fn measure(args: &MeasureArgs, common: &Common, console: &Console) -> Result<u8, CommandError> {
    let out = common.out.clone().ok_or_else(|| CommandError::Usage("measure needs --out DIR".to_owned()))?;
    let request = MeasureRequest {
        links: args.links.clone(),
        nodes: args.nodes.clone(),
        directed: args.directed,
        weight: args.weight.clone(),
        metrics: args.metrics.clone(),
        communities: args.communities,
        resolution: args.resolution,
        sweep: args.sweep.clone(),
        seed: args.seed,
        out,
    };
    let made = made::begin(&request.out, "measure", &measure::WRITTEN)?;
    measure::measure(&request, &Progress::new(|step| console.step(step)))?;
    made.finish()?;
    if common.json {
        let is_written = |name: &&&str| request.out.join(name).exists();
        let files: Vec<&&str> = measure::WRITTEN.iter().filter(is_written).collect();
        let communities = request.communities.map(Method::name);
        out!("{}", serde_json::json!({ "out": request.out, "files": files, "communities": communities }));
    }
    console.say(&format!("Measured: {}", request.out.display()));
    Ok(0)
}
