//! `araneus compare`: pairs of names in a table, or the records of tables.

use std::{
    fmt::Display,
    fs::{self, File},
    io::{BufReader, BufWriter},
    path::{Path, PathBuf},
};

use araneus_names::Model;
use clap::Args;

use super::{
    CommandError, Common,
    compare_records::{RecordArgs, compare_records},
    config,
    console::Console,
    rows::check_name,
};
use crate::compare::{PairsError, PairsSummary, compare_pairs};

/// Exit code if rows were left out.
pub(super) const REJECTED: u8 = 3;

#[derive(Args)]
pub(super) struct CompareArgs {
    /// Table of pairs: CSV with the columns schema, name1 and name2; with --columns one or more tables of records
    #[arg(value_name = "TABLE.csv", required = true)]
    tables: Vec<PathBuf>,
    /// Model of the archive, a file models/ID.json; else `names-1` of the program, or with --columns a model fitted to the records
    #[arg(long, value_name = "ID")]
    model: Option<String>,
    #[command(flatten)]
    records: RecordArgs,
}

pub(super) fn compare(args: &CompareArgs, common: &Common, console: &Console) -> Result<u8, CommandError> {
    let Some(out) = common.out.as_deref() else {
        return Err(CommandError::Usage("compare needs --out FILE.csv".to_owned()));
    };
    if !args.records.columns.is_empty() {
        return compare_records(&args.records, &args.tables, (args.model.as_deref(), out), common, console);
    }
    let [pairs] = args.tables.as_slice() else {
        return Err(CommandError::Usage("several tables need --columns; a table of pairs is one".to_owned()));
    };
    let model = match args.model.as_deref() {
        Some(id) if id != Model::shipped().id => stored(id, common, Model::read)?,
        _ => Model::shipped(),
    };
    let input = File::open(pairs)
        .map_err(|error| CommandError::Usage(format!("`{}` cannot be read: {error}", pairs.display())))?;
    let summary = written(out, |output| {
        compare_pairs(BufReader::new(input), output, &model).map_err(|error| command_error(error, pairs, out))
    })?;
    report(&summary, (pairs, out), &model, common, console);
    Ok(if summary.rejects.is_empty() { 0 } else { REJECTED })
}

/// Writes a file beside its place, and moves it there when it is complete.
pub(super) fn written<T>(
    out: &Path,
    write: impl FnOnce(BufWriter<File>) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let mut part = out.as_os_str().to_owned();
    part.push(".partial");
    let part = PathBuf::from(part);
    let output = File::create(&part).map_err(|source| CommandError::Write { path: part.clone(), source })?;
    let result = write(BufWriter::new(output)).inspect_err(|_| {
        // The error of the comparison counts; the part of the result is removed as far as possible.
        let _ = fs::remove_file(&part);
    })?;
    fs::rename(&part, out).map_err(|source| CommandError::Write { path: out.to_owned(), source })?;
    Ok(result)
}

/// Reads a model of the archive.
pub(super) fn stored<T, E: Display>(
    id: &str,
    common: &Common,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, CommandError> {
    check_name(Some(id))?;
    let path = config(common)?.state.join("models").join(format!("{id}.json"));
    let text = fs::read_to_string(&path)
        .map_err(|error| CommandError::Usage(format!("`{}` cannot be read: {error}", path.display())))?;
    read(&text).map_err(|error| CommandError::Usage(format!("`{}`: {error}", path.display())))
}

pub(super) fn command_error(error: PairsError, table: &Path, out: &Path) -> CommandError {
    match error {
        PairsError::Write(source) => CommandError::Write { path: out.to_owned(), source },
        error => CommandError::Usage(format!("`{}`: {error}", table.display())),
    }
}

fn report(
    summary: &PairsSummary,
    (pairs, out): (&Path, &Path),
    model: &Model,
    common: &Common,
    console: &Console,
) {
    for reject in &summary.rejects {
        let (path, line, rule) = (pairs.display(), reject.line, reject.rule.description());
        console.say(&format!("`{path}` line {line} was left out: {rule}."));
    }
    if common.json {
        let rejects: Vec<u64> = summary.rejects.iter().map(|reject| reject.line).collect();
        out!(
            "{}",
            serde_json::json!({
                "out": out, "model": model.id, "rows": summary.rows, "matches": summary.matches, "rejected_lines": rejects,
            })
        );
    } else {
        console.say(&format!(
            "{} of {} pairs match at {}: {}",
            summary.matches,
            summary.rows,
            model.threshold,
            out.display()
        ));
    }
}
