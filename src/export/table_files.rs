//! Parquet and Arrow: the published tables with the selected rows only.
//!
//! Each column is built new from the rows that stay, so that no buffer has a removed value. Tables that describe the
//! whole run, such as `changes` and `candidates`, are written with the scope *all* only. With the scope of flags, the
//! table `flags` has the exported flags; without it no flag leaves. Not expressed: verdicts with names and reasons.

use std::collections::BTreeSet;

use super::{Export, ExportError, Scope, Selection, Staging, Target, agreements};
use crate::{
    columns::{Column, Columns},
    explain::{QuestionError, run_table},
    tables::{self, Folder, TableFile, files},
};

pub(super) const PARQUET: Export = Export {
    name: "parquet",
    about: "Parquet, a folder with the published tables and only the selected rows.",
    target: Target::Folder,
    write: |selection, staging| write(selection, staging, "parquet"),
};

pub(super) const ARROW: Export = Export {
    name: "arrow",
    about: "Arrow IPC, a folder with the published tables and only the selected rows.",
    target: Target::Folder,
    write: |selection, staging| write(selection, staging, "arrow"),
};

/// Tables whose rows belong to selected rows, and the columns that name them.
const TABLES: [(&str, &[&str]); 8] = [
    ("entities", &["entity_id"]),
    ("links", &["link_id"]),
    ("flags", &["flag_id"]),
    ("metrics", &["entity_id"]),
    ("members", &["entity_id"]),
    ("flows", &["subject_id"]),
    ("properties", &["subject_id"]),
    ("evidence", &["subject_id"]),
];

fn write(selection: &Selection, staging: &mut Staging, format: &str) -> Result<(), ExportError> {
    let format = files::named(format)
        .ok_or_else(|| ExportError::Usage("there is no such file format of tables".to_owned()))?;
    let entities = selection.entities.iter().map(|row| row.id.as_str());
    let links = selection.links.iter().map(|row| row.id.as_str());
    let flags = selection.flags.iter().map(|row| row.id.as_str());
    let ids: BTreeSet<&str> = entities.chain(links).chain(flags).collect();
    for (name, columns) in TABLES {
        if name == "flags" && selection.scope != Scope::Flags {
            continue;
        }
        // A run of an older version may lack a table.
        if files::path_of(&selection.folder, name).is_some() {
            write_table(selection, staging, (name, columns), &ids, format)?;
        }
    }
    if !selection.obligations.is_empty() {
        staging.write_json("obligations.json", &agreements::as_json(&selection.obligations))?;
    }
    let verdicts: usize = selection.flags.iter().map(|flag| flag.verdicts.len()).sum();
    staging.losses.add(
        "judgement",
        "recorded_at, by, reason",
        verdicts,
        "The table of flags has verdicts without names and times.",
    );
    let known = selection.flags.iter().filter(|flag| flag.title.is_none()).count();
    staging.losses.add("flag", "every value", known, "A flag of an earlier run has no row in this run.");
    Ok(())
}

fn write_table(
    selection: &Selection,
    staging: &mut Staging,
    (name, keys): (&'static str, &[&str]),
    ids: &BTreeSet<&str>,
    format: &TableFile,
) -> Result<(), ExportError> {
    let columns = run_table(&selection.folder, name)?;
    let is_selected = |row: usize| {
        keys.iter().any(|key| {
            let id = columns.text(key).and_then(|column| column[row].as_deref());
            id.is_some_and(|id| ids.contains(id))
        })
    };
    let rows: Vec<usize> = (0..columns.rows()).filter(|&row| is_selected(row)).collect();
    let table = tables::table(Folder::Audience, name);
    let extra = if name == "metrics" { tables::metric_columns(crate::metrics::METRICS) } else { Vec::new() };
    let wanted = table.fields.len() + extra.len();
    let mut kept: Vec<(String, Column)> = Vec::with_capacity(wanted);
    for name in
        table.fields.iter().map(|field| field.name).chain(extra.iter().map(|extra| extra.name.as_str()))
    {
        let column = columns.get(name).ok_or(QuestionError::Lacks(table.name))?;
        kept.push((name.to_owned(), rows_of(column, &rows)));
    }
    let mut kept = Columns::new(kept);
    if name == "flags" {
        kept = with_states(&kept, selection);
    }
    tables::write_table(staging.folder(), table, &extra, &kept, format)?;
    staging.made(&format!("{name}.{}", format.suffix));
    Ok(())
}

/// Returns the rows of a column in a new one.
fn rows_of(column: &Column, rows: &[usize]) -> Column {
    fn pick<T: Clone>(values: &[T], rows: &[usize]) -> Vec<T> {
        rows.iter().map(|&row| values[row].clone()).collect()
    }
    match column {
        Column::Text(values) => Column::Text(pick(values, rows)),
        Column::Packed(texts) => {
            Column::Text(rows.iter().map(|&row| texts.get(row).map(str::to_owned)).collect())
        }
        Column::Texts(values) => Column::Texts(pick(values, rows)),
        Column::PackedLists(lists) => Column::Texts(rows.iter().map(|&row| lists.get(row)).collect()),
        Column::Count(values) => Column::Count(pick(values, rows)),
        Column::Number(values) => Column::Number(pick(values, rows)),
        Column::Real(values) => Column::Real(pick(values, rows)),
        Column::Time(values) => Column::Time(pick(values, rows)),
        Column::Flag(values) => Column::Flag(pick(values, rows)),
        Column::Whole(values) => Column::Whole(pick(values, rows)),
    }
}

/// Returns the table `flags` with the states and verdicts that are in force now.
fn with_states(columns: &Columns, selection: &Selection) -> Columns {
    let flag_at = |row: usize| {
        let id = columns.text("flag_id").and_then(|ids| ids[row].as_deref());
        selection.flags.iter().find(|flag| Some(flag.id.as_str()) == id)
    };
    let renewed = columns.iter().map(|(name, column)| {
        let rows = 0..columns.rows();
        let column = match (name, column) {
            ("state", Column::Text(_)) => {
                Column::Text(rows.map(|row| flag_at(row).map(|flag| flag.state.clone())).collect())
            }
            ("verdict", Column::Text(values)) => Column::Text(
                rows.map(|row| flag_at(row).map_or_else(|| values[row].clone(), verdict_of)).collect(),
            ),
            ("verdicts", Column::Texts(_)) => {
                Column::Texts(rows.map(|row| flag_at(row).map(verdicts_of).unwrap_or_default()).collect())
            }
            (_, column) => column.clone(),
        };
        (name.to_owned(), column)
    });
    Columns::new(renewed)
}

fn verdict_of(flag: &super::ExportedFlag) -> Option<String> {
    flag.verdict.clone()
}

fn verdicts_of(flag: &super::ExportedFlag) -> Vec<String> {
    let mut values: Vec<String> = flag.verdicts.iter().map(|verdict| verdict.value.to_owned()).collect();
    values.sort();
    values
}
