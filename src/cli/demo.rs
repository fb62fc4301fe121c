//! `araneus demo`: a small story through five nights, and where to look.

use std::path::Path;

use super::{CommandError, night, talk::Talk};
use crate::{
    output::Format,
    run::{self, Request, RunError, read_config},
    scenario,
    watch::Watch,
};

/// Runs the story into a folder, and ends with the paths of what to open.
pub(super) fn demo(folder: &Path, talk: &Talk) -> Result<u8, CommandError> {
    let write = |source| CommandError::Write { path: folder.to_owned(), source };
    let deliveries = folder.join("deliveries");
    // A demo begins at the beginning: what an earlier one left is its own, and goes.
    for left in [&deliveries, &folder.join("state"), &folder.join("out")] {
        if left.exists() {
            std::fs::remove_dir_all(left).map_err(write)?;
        }
    }
    let nights = scenario::write_tiny(&deliveries).map_err(write)?;
    let mut config = read_config(&deliveries.join("araneus.toml"))?;
    config.state = folder.join("state");
    config.out = folder.join("out");
    talk.say(&format!("Five nights of an invented story; its deliveries are in {}.", deliveries.display()));
    let mut last = None;
    for story in nights {
        let inputs = sources(&deliveries.join(&story.folder)).map_err(write)?;
        let request = Request {
            config: config.clone(),
            inputs,
            moment: story.as_of,
            audience: None,
            format: Format::Arrow,
        };
        let outcome = run::run(&request, &mut || Ok(Vec::new()), &Watch::new(), &|step| talk.step(step))?;
        talk.end();
        talk.say(&format!("\nThe night of {}:", story.as_of.spoken()));
        night::tell(&outcome, talk);
        last = Some(outcome);
    }
    let Some(last) = last else { return Err(CommandError::Run(RunError::Stopped)) };
    talk.say("\nOpen the report in a browser, and the tables with pyarrow, Polars, DuckDB or pandas:");
    for reader in &last.readers {
        let own = last.folder.join(reader);
        out!("{}", own.join("report.html").display());
        for table in ["entities", "links", "metrics", "communities", "members", "changes"] {
            out!("{}", own.join(format!("{table}.arrow")).display());
        }
    }
    talk.say(&format!(
        "\nAsk on: araneus explain \"Salt Heron\" \"Grey Ledger\" --state {0}; araneus diff --state {0}; notebooks/first-look.ipynb.",
        config.state.display()
    ));
    Ok(0)
}

/// Returns `SOURCE=FOLDER` for each source of a night.
fn sources(night: &Path) -> std::io::Result<Vec<String>> {
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(night)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sources.push(format!("{}={}", entry.file_name().to_string_lossy(), entry.path().display()));
        }
    }
    sources.sort();
    Ok(sources)
}
