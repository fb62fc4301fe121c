//! Runs the five deliveries of `datasets/tiny`, and prints the review queue of the last run:
//! `cargo run --example nightly_run [FOLDER]`.
//!
//! State and results are written to FOLDER; without it to a folder among the temporary files, which is deleted
//! first. A second program, `read_tables`, reads the results.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use araneus::{
    progress::Progress,
    run::{self, Outcome, Request},
    tables,
    time::Moment,
};

/// Sources of the data set; each has a folder in every delivery.
const SOURCES: [&str; 3] = ["harbour-cert", "northwind", "actor-book"];

#[expect(clippy::print_stdout, reason = "an example prints its results")]
fn main() -> Result<(), Box<dyn Error>> {
    let folder = output_folder()?;
    let dataset = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/tiny");
    let mut config = run::read_config(&dataset.join("araneus.toml"))?;
    config.state = folder.join("state");
    config.out = folder.join("out");

    let mut last: Option<Outcome> = None;
    for day in 1..=5 {
        let as_of = Moment::parse(&format!("2026-03-0{}T02:00:00Z", day + 1)).ok_or("an as-of time")?;
        let deliveries = dataset.join(format!("night-{day}"));
        let inputs = SOURCES.iter().map(|source| deliveries.join(source).display().to_string()).collect();
        let request = Request::new(config.clone(), as_of, inputs);
        // No input is `-`, so nothing is read from standard input.
        let outcome = run::run(&request, &mut || Ok(Vec::new()), &Progress::silent())?;
        println!(
            "{}: {} entities, {} links, {} rejected objects",
            as_of.display_utc(),
            outcome.network.entities,
            outcome.network.links,
            outcome.rejects,
        );
        last = Some(outcome);
    }

    let outcome = last.ok_or("five runs")?;
    print_queue(&outcome.folder)?;
    println!("Report: {}", outcome.folder.join("all/report.html").display());
    Ok(())
}

/// Returns the folder for state and results.
#[expect(clippy::disallowed_methods, reason = "an example reads its arguments and writes temporary files")]
fn output_folder() -> Result<PathBuf, Box<dyn Error>> {
    let argument = std::env::args_os().nth(1);
    if let Some(folder) = argument {
        return Ok(folder.into());
    }
    let folder = std::env::temp_dir().join("araneus-nightly-run");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    Ok(folder)
}

/// Prints the flags of a run that are in the review queue, in order of rank.
#[expect(clippy::print_stdout, reason = "an example prints its results")]
fn print_queue(run_folder: &Path) -> Result<(), Box<dyn Error>> {
    let flags = tables::read_table(&run_folder.join("all/flags.arrow"))?;
    let ranks = flags.count("rank").ok_or("the column `rank`")?;
    let patterns = flags.text("pattern").ok_or("the column `pattern`")?;
    let titles = flags.text("title").ok_or("the column `title`")?;
    let mut queue: Vec<(u64, usize)> =
        ranks.iter().enumerate().filter_map(|(row, rank)| Some(((*rank)?, row))).collect();
    queue.sort_unstable();
    println!("{} of {} flags are in the review queue.", queue.len(), flags.rows());
    for (rank, row) in queue {
        let text = |column: &[Option<String>]| column[row].clone().unwrap_or_default();
        println!("{rank}. {}: {}", text(patterns), text(titles));
    }
    Ok(())
}
