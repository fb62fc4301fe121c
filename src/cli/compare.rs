//! `araneus compare`: pairs of names in a table, or the records of tables.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use araneus_names::Model;
use clap::Args;

use super::{
    CommandError, Common,
    compare_records::{RecordArgs, compare_records},
    comparison_files::{REJECTED, command_error, stored, written},
    console::Console,
};
use crate::compare::{PairsSummary, compare_pairs};

#[derive(Args)]
pub(super) struct CompareArgs {
    /// Table of pairs: CSV with the columns schema, name1 and name2; with --columns one or more tables of records
    #[arg(value_name = "TABLE.csv", required = true)]
    tables: Vec<PathBuf>,
    /// Model of the archive, a file models/ID.json; else `names-3` of the program, or with --columns a model fitted to the records
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
