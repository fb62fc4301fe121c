//! `araneus measure`: any graph.

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::Args;

use super::{CommandError, Common, console::Console, made, request::standard_input, sheet};
use crate::{
    community::{METHODS, Method},
    measure::{self, CommunitySummary, LinkColumns, MeasureRequest, Summary, TopVertex, links::LinkInput},
    progress::Progress,
};

#[derive(Args)]
pub(super) struct MeasureArgs {
    /// List of links: text, Parquet, Arrow, the folder of a run, or - for standard input
    links: PathBuf,
    /// List of vertices, for those without links: column `id`, or the first
    #[arg(long, value_name = "FILE")]
    nodes: Option<PathBuf>,
    /// A link from a to b is another than one from b to a
    #[arg(long)]
    directed: bool,
    /// Column of the vertices at which links start: its name, or its number from 1
    #[arg(long, value_name = "COLUMN")]
    source: Option<String>,
    /// Column of the vertices at which links end
    #[arg(long, value_name = "COLUMN")]
    target: Option<String>,
    /// Column of weights
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
    let links = if args.links == Path::new("-") {
        let bytes = standard_input();
        let failed =
            |error: io::Error| CommandError::Usage(format!("standard input cannot be read: {error}"));
        LinkInput::Bytes(bytes.map_err(failed)?)
    } else {
        LinkInput::Path(args.links.clone())
    };
    let request = MeasureRequest {
        links,
        nodes: args.nodes.clone(),
        directed: args.directed,
        columns: LinkColumns {
            source: args.source.clone(),
            target: args.target.clone(),
            weight: args.weight.clone(),
        },
        audience: common.audience.clone(),
        metrics: args.metrics.clone(),
        communities: args.communities,
        resolution: args.resolution,
        sweep: args.sweep.clone(),
        seed: args.seed,
        out: common.out.clone(),
    };
    let progress = Progress::new(|step| console.step(step));
    let made = request.out.as_ref().map(|out| made::begin(out, "measure", &measure::WRITTEN)).transpose()?;
    let summary = measure::measure(&request, &progress)?;
    made.map(made::Made::finish).transpose()?;
    console.end();
    if common.json {
        let files = request.out.as_ref().map(|out| {
            let is_written = |name: &&&str| out.join(name).exists();
            measure::WRITTEN.iter().filter(is_written).collect::<Vec<_>>()
        });
        let communities = request.communities.map(Method::name);
        out!(
            "{}",
            serde_json::json!({
                "out": request.out, "files": files, "communities": communities, "summary": summary,
            })
        );
    } else {
        console.say(&header_sentence(&summary));
        for line in summary_lines(&summary) {
            out!("{line}");
        }
    }
    if let Some(out) = &request.out {
        console.say(&format!("Measured: {}", out.display()));
    }
    Ok(0)
}

/// Returns what the first line was taken for.
fn header_sentence(summary: &Summary) -> String {
    match (&summary.header, summary.has_names) {
        (None, _) => "Every line is a link: the first one is not a header.".to_owned(),
        (Some(cells), false) => format!("The first line is a header: {}.", cells.join(", ")),
        (Some(cells), true) => format!("The columns are named by the format: {}.", cells.join(", ")),
    }
}

fn summary_lines(summary: &Summary) -> Vec<String> {
    let Summary { vertices, links_read, links, components, largest_component, .. } = summary;
    let direction = if summary.directed { "directed" } else { "undirected" };
    let mut lines = vec![
        format!("Vertices     {vertices}"),
        format!("Links        {links} {direction}, from {links_read} lines or rows"),
        format!("Components   {components}, the largest of {largest_component} vertices"),
    ];
    if let Some(CommunitySummary { method, count, modularity, p }) = &summary.communities {
        let p = p.map_or_else(String::new, |p| format!(", p {p:.3} against random graphs of equal degrees"));
        lines.push(format!("Communities  {count} by {method}: modularity {modularity:.4}{p}"));
    }
    if let Some(metric) = summary.top_metric {
        lines.push(format!("Top by {metric}"));
    }
    for TopVertex { node, label, value } in &summary.top {
        let label = label.as_ref().map(|label| format!("  {label}")).unwrap_or_default();
        lines.push(sheet::one_line(&format!("  {value:<12.6}  {node}{label}")));
    }
    lines
}
