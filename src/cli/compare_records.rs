//! `araneus compare --columns`: records of tables that are one bearer.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use araneus_names::linkage::{self, Linkage, LinkageModel, fit_linkage};
use clap::Args;

use super::{
    CommandError, Common,
    comparison_files::{REJECTED, command_error, stored, written},
    console::{Console, counted},
};
use crate::compare::{
    ComparedColumn, PairsError, RecordTables, RecordTablesError, read_records, write_clusters, write_pairs,
};

/// Name of a model that is fitted to the records.
const FITTED: &str = "fitted";
/// Number of compared pairs below which a fit says little.
const FEW_PAIRS: usize = 100;

#[derive(Args)]
pub(super) struct RecordArgs {
    /// Columns of records to compare, as NAME=KIND with the kinds name, person, organisation, date, identifier, text and category
    #[arg(long, value_name = "NAME=KIND", value_delimiter = ',', value_parser = ComparedColumn::read)]
    pub(super) columns: Vec<ComparedColumn>,
    /// Column that names each record in the results; else the number of its line
    #[arg(long, value_name = "COLUMN", requires = "columns")]
    key: Option<String>,
    /// Two records of one table are never one
    #[arg(long, requires = "columns")]
    duplicate_free: bool,
    /// Write the cluster of each record as CSV
    #[arg(long, value_name = "FILE.csv", requires = "columns")]
    clusters: Option<PathBuf>,
    /// Write the fitted model as JSON; as models/ID.json of the archive it serves other records
    #[arg(long, value_name = "FILE.json", requires = "columns", conflicts_with = "model")]
    save_model: Option<PathBuf>,
}

/// Links the records of tables, and writes pairs, clusters and model.
pub(super) fn compare_records(
    args: &RecordArgs,
    paths: &[PathBuf],
    (model, out): (Option<&str>, &Path),
    common: &Common,
    console: &Console,
) -> Result<u8, CommandError> {
    let contents = paths.iter().map(|path| {
        fs::read(path)
            .map_err(|error| CommandError::Usage(format!("`{}` cannot be read: {error}", path.display())))
    });
    let contents = contents.collect::<Result<Vec<Vec<u8>>, CommandError>>()?;
    let bytes = contents.iter().map(Vec::as_slice);
    let tables = read_records(bytes, &args.columns, args.key.as_deref(), args.duplicate_free)
        .map_err(|error| tables_error(error, paths, out))?;
    let model = match model {
        Some(id) => stored(id, common, LinkageModel::read)?,
        None => fit_linkage(&tables.records, FITTED, &digest(&contents)),
    };
    let linkage = linkage::link(&tables.records, &model)
        .map_err(|error| CommandError::Usage(format!("`{}`: {error}", model.id)))?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error: PairsError| command_error(error, &path, &path)
    };
    written(out, |output| write_pairs(output, &tables, &linkage, &model).map_err(failed(out)))?;
    if let Some(path) = &args.clusters {
        written(path, |output| write_clusters(output, &tables, &linkage).map_err(failed(path)))?;
    }
    if let Some(path) = &args.save_model {
        let text = serde_json::to_string_pretty(&model).unwrap_or_default() + "\n";
        written(path, |mut output| {
            let path = path.clone();
            let result = output.write_all(text.as_bytes()).and_then(|()| output.flush());
            result.map_err(|source| CommandError::Write { path, source })
        })?;
    }
    report(&tables, &linkage, &model, (paths, out), (common, console));
    Ok(if tables.rejects.is_empty() { 0 } else { REJECTED })
}

/// Returns the digest of all tables in their order.
fn digest(contents: &[Vec<u8>]) -> String {
    let mut hasher = blake3::Hasher::new();
    for bytes in contents {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    }
    format!("blake3 {}", hasher.finalize().to_hex())
}

fn tables_error(error: RecordTablesError, paths: &[PathBuf], out: &Path) -> CommandError {
    match error {
        RecordTablesError::Missing { table, .. } => {
            let path = paths.get(table - 1).map_or(out, PathBuf::as_path);
            CommandError::Usage(format!("`{}`: {error}", path.display()))
        }
        RecordTablesError::Table(error) => {
            command_error(error, paths.first().map_or(out, PathBuf::as_path), out)
        }
        RecordTablesError::Columns(error) => CommandError::Usage(format!("--columns: {error}")),
    }
}

fn report(
    tables: &RecordTables,
    linkage: &Linkage,
    model: &LinkageModel,
    (paths, out): (&[PathBuf], &Path),
    (common, console): (&Common, &Console),
) {
    for (table, reject) in &tables.rejects {
        let path = paths[table - 1].display();
        console.say(&format!("`{path}` line {} was left out: {}.", reject.line, reject.rule.description()));
    }
    let mut clusters = linkage.clusters.clone();
    clusters.sort_unstable();
    clusters.dedup();
    let records = tables.records.len();
    if common.json {
        let rejects: Vec<(usize, u64)> =
            tables.rejects.iter().map(|(table, reject)| (*table, reject.line)).collect();
        out!(
            "{}",
            serde_json::json!({
                "out": out, "model": model.id, "records": records, "compared": linkage.counts.pairs,
                "wide_blocks": linkage.counts.wide_blocks, "clusters": clusters.len(), "rejected_lines": rejects,
            })
        );
    } else {
        console.say(&format!(
            "{} in {}; {} compared: {}",
            counted(records as u64, "record", "records"),
            counted(clusters.len() as u64, "cluster", "clusters"),
            counted(linkage.counts.pairs as u64, "pair", "pairs"),
            out.display()
        ));
        if model.id == FITTED && linkage.counts.pairs < FEW_PAIRS {
            console.say("Warning: the weights are fitted to few pairs. Compare more records, or use `--model` with a fitted one.");
        }
    }
}
