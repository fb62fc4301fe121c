//! Reads the tables of a published run, and prints the entities with the highest `PageRank`:
//! `cargo run --example read_tables [RUN]`.
//!
//! RUN is the folder of a run, such as `out/latest`. Without it the program reads the results that
//! `cargo run --example nightly_run` left among the temporary files, and runs that example's first delivery if
//! there are none.

use std::{
    collections::BTreeMap,
    error::Error,
    path::{Path, PathBuf},
};

use araneus::{
    columns::Columns,
    progress::Progress,
    run::{self, Request},
    tables,
    time::Moment,
};

/// Number of entities to print.
const SHOWN: usize = 5;

#[expect(clippy::print_stdout, reason = "an example prints its results")]
fn main() -> Result<(), Box<dyn Error>> {
    let audience = run_folder()?.join("all");
    let entities = tables::read_table(&audience.join("entities.arrow"))?;
    let links = tables::read_table(&audience.join("links.arrow"))?;
    let metrics = tables::read_table(&audience.join("metrics.arrow"))?;

    let kinds = text(&entities, "kind")?;
    let labels = text(&entities, "label")?;
    let ids = text(&entities, "entity_id")?;
    let names: BTreeMap<&str, String> = ids
        .iter()
        .zip(kinds.iter().zip(&labels))
        .map(|(id, (kind, label))| (*id, format!("{label} ({kind})")))
        .collect();

    println!("{} entities, {} links", entities.rows(), links.rows());
    let measured = text(&metrics, "entity_id")?;
    let ranks = metrics.number("pagerank").ok_or("the column `pagerank`")?;
    let mut ranked: Vec<(f64, &str)> =
        ranks.iter().zip(measured).filter_map(|(rank, id)| Some(((*rank)?, id))).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    for (rank, id) in ranked.into_iter().take(SHOWN) {
        println!("{rank:.4}  {}", names[id]);
    }
    Ok(())
}

/// Returns the texts of a column without nulls.
fn text<'a>(columns: &'a Columns, name: &str) -> Result<Vec<&'a str>, Box<dyn Error>> {
    let values = columns.text(name).ok_or_else(|| format!("the text column `{name}`"))?;
    Ok(values.iter().map(|value| value.as_deref().unwrap_or_default()).collect())
}

/// Returns the folder of the run to read.
#[expect(clippy::disallowed_methods, reason = "an example reads its arguments and writes temporary files")]
fn run_folder() -> Result<PathBuf, Box<dyn Error>> {
    let argument = std::env::args_os().nth(1);
    if let Some(folder) = argument {
        return Ok(folder.into());
    }
    let folder = std::env::temp_dir().join("araneus-nightly-run");
    let published = folder.join("out/latest");
    if published.exists() { Ok(published) } else { run_once(&folder) }
}

/// Runs the first delivery of `datasets/tiny` with state and results in a folder; returns the folder of the run.
fn run_once(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let dataset = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/tiny");
    let mut config = run::read_config(&dataset.join("araneus.toml"))?;
    config.state = folder.join("state");
    config.out = folder.join("out");
    let as_of = Moment::parse("2026-03-02T02:00:00Z").ok_or("an as-of time")?;
    let deliveries = dataset.join("night-1");
    let inputs = ["harbour-cert", "northwind", "actor-book"]
        .map(|source| deliveries.join(source).display().to_string());
    let request = Request::new(config, as_of, inputs.to_vec());
    Ok(run::run(&request, &mut || Ok(Vec::new()), &Progress::silent())?.folder)
}
