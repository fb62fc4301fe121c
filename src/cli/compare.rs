//! `araneus compare`: pairs of names in a table.

use std::{
    fs::{self, File},
    io::{BufReader, BufWriter},
    path::{Path, PathBuf},
};

use araneus_names::Model;
use clap::Args;

use super::{CommandError, Common, config, console::Console, rows::check_name};
use crate::compare::{PairsError, PairsSummary, compare_pairs};

/// Exit code if rows were left out.
const REJECTED: u8 = 3;

#[derive(Args)]
pub(super) struct CompareArgs {
    /// Table of pairs: CSV with the columns schema, name1 and name2
    #[arg(value_name = "PAIRS.csv")]
    pairs: PathBuf,
    /// Model of names: `names-1` of the program, or a file models/ID.json of the archive
    #[arg(long, value_name = "ID")]
    model: Option<String>,
}

pub(super) fn compare(args: &CompareArgs, common: &Common, console: &Console) -> Result<u8, CommandError> {
    let Some(out) = common.out.as_deref() else {
        return Err(CommandError::Usage("compare needs --out FILE.csv".to_owned()));
    };
    let model = model(args.model.as_deref(), common)?;
    let input = File::open(&args.pairs).map_err(|error| {
        CommandError::Usage(format!("`{}` cannot be read: {error}", args.pairs.display()))
    })?;
    let part = partial(out);
    let output = File::create(&part).map_err(|source| CommandError::Write { path: part.clone(), source })?;
    let compared = compare_pairs(BufReader::new(input), BufWriter::new(output), &model);
    let summary = compared.map_err(|error| {
        // The error of the comparison counts; the part of the result is removed as far as possible.
        let _ = fs::remove_file(&part);
        command_error(error, &args.pairs, out)
    })?;
    fs::rename(&part, out).map_err(|source| CommandError::Write { path: out.to_owned(), source })?;
    report(&summary, args, out, &model, common, console);
    Ok(if summary.rejects.is_empty() { 0 } else { REJECTED })
}

fn partial(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

fn model(id: Option<&str>, common: &Common) -> Result<Model, CommandError> {
    let shipped = Model::shipped();
    let Some(id) = id.filter(|id| *id != shipped.id) else { return Ok(shipped) };
    check_name(Some(id))?;
    let path = config(common)?.state.join("models").join(format!("{id}.json"));
    let text = fs::read_to_string(&path)
        .map_err(|error| CommandError::Usage(format!("`{}` cannot be read: {error}", path.display())))?;
    Model::read(&text).map_err(|error| CommandError::Usage(format!("`{}`: {error}", path.display())))
}

fn command_error(error: PairsError, pairs: &Path, out: &Path) -> CommandError {
    match error {
        PairsError::Write(source) => CommandError::Write { path: out.to_owned(), source },
        error => CommandError::Usage(format!("`{}`: {error}", pairs.display())),
    }
}

fn report(
    summary: &PairsSummary,
    args: &CompareArgs,
    out: &Path,
    model: &Model,
    common: &Common,
    console: &Console,
) {
    for reject in &summary.rejects {
        let (path, line, rule) = (args.pairs.display(), reject.line, reject.rule.description());
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
