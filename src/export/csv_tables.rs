//! CSV: a folder with `nodes.csv` and `edges.csv`, as Gephi imports them and `LOAD CSV` of Neo4j reads them, and
//! `flags.csv`.
//!
//! A spreadsheet runs a cell that begins with a sign of a formula. An apostrophe before it makes it a text. Lists are
//! one cell with `|` between the values. Not expressed: the difference between null and the empty text.

use std::io;

use super::{Export, ExportError, Selection, Staging, Target, json_rows::marking_text};
use crate::time::Moment;

pub(super) const EXPORT: Export = Export {
    name: "csv",
    about: "CSV, a folder with nodes.csv and edges.csv for Gephi, Neo4j and spreadsheets, and flags.csv.",
    target: Target::Folder,
    write,
};

/// First characters of a cell that a spreadsheet would run.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Returns a text that no spreadsheet runs.
pub(super) fn harmless(text: &str) -> String {
    // Some spreadsheets skip blanks before a formula.
    let first = text.trim_start_matches([' ', '\u{a0}', '\u{feff}', '\n']).chars().next();
    if first.is_some_and(|first| FORMULA.contains(&first)) || text.starts_with(FORMULA) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn list(texts: &[String]) -> String {
    harmless(&texts.join("|"))
}

fn time(moment: Option<Moment>) -> String {
    moment.map(|moment| moment.to_string()).unwrap_or_default()
}

fn maybe(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Writes one file.
fn table<const N: usize>(
    staging: &mut Staging,
    name: &str,
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<(), ExportError> {
    staging.write(name, |writer| {
        let mut csv = csv::Writer::from_writer(writer);
        csv.write_record(header).map_err(io::Error::from)?;
        for row in rows {
            csv.write_record(row).map_err(io::Error::from)?;
        }
        csv.flush()
    })
}

fn write(selection: &Selection, staging: &mut Staging) -> Result<(), ExportError> {
    write_nodes(selection, staging)?;
    write_edges(selection, staging)?;
    write_flags(selection, staging)?;
    write_obligations(selection, staging)?;
    let verdicts: usize = selection.flags.iter().map(|flag| flag.verdicts.len()).sum();
    staging.losses.add(
        "judgement",
        "every value",
        verdicts,
        "The table of flags has the verdict in force only.",
    );
    let listed = selection.entities.iter().filter(|entity| !entity.warning_lists.is_empty()).count();
    staging.losses.add("entity", "warning_lists", listed, "The table of nodes has no column for it.");
    Ok(())
}

fn write_nodes(selection: &Selection, staging: &mut Staging) -> Result<(), ExportError> {
    let nodes = selection.entities.iter().map(|row| {
        [
            row.id.clone(),
            harmless(&row.label),
            harmless(&row.kind),
            list(&row.aliases),
            list(&row.identifiers),
            list(&row.sources),
            row.record_count.to_string(),
            time(row.first_seen),
            time(row.last_seen),
            time(Some(row.recorded_first)),
            time(Some(row.recorded_last)),
            maybe(row.confidence),
            maybe(marking_text(row.marking)),
            list(&row.flags),
        ]
    });
    let header = [
        "Id",
        "Label",
        "kind",
        "aliases",
        "identifiers",
        "sources",
        "record_count",
        "first_seen",
        "last_seen",
        "recorded_first",
        "recorded_last",
        "confidence",
        "marking",
        "flags",
    ];
    table(staging, "nodes.csv", header, nodes)
}

fn write_edges(selection: &Selection, staging: &mut Staging) -> Result<(), ExportError> {
    let edges = selection.links.iter().map(|row| {
        [
            row.from.clone(),
            row.to.clone(),
            "Directed".to_owned(),
            row.id.clone(),
            harmless(&row.kind),
            row.weight.to_string(),
            row.layer.clone(),
            row.source_count.to_string(),
            row.record_count.to_string(),
            time(row.first_seen),
            time(row.last_seen),
            time(Some(row.recorded_first)),
            time(Some(row.recorded_last)),
            maybe(row.confidence),
            maybe(marking_text(row.marking)),
            maybe(row.amount),
            harmless(row.currency.as_deref().unwrap_or_default()),
        ]
    });
    let header = [
        "Source",
        "Target",
        "Type",
        "Id",
        "Label",
        "Weight",
        "layer",
        "source_count",
        "record_count",
        "first_seen",
        "last_seen",
        "recorded_first",
        "recorded_last",
        "confidence",
        "marking",
        "amount",
        "currency",
    ];
    table(staging, "edges.csv", header, edges)
}

fn write_flags(selection: &Selection, staging: &mut Staging) -> Result<(), ExportError> {
    let flags = selection.flags.iter().map(|row| {
        [
            row.id.clone(),
            harmless(&row.pattern),
            harmless(row.title.as_deref().unwrap_or_default()),
            row.judged.name().to_owned(),
            row.state.clone(),
            row.score.to_string(),
            maybe(row.probability),
            time(Some(row.first_flagged)),
            list(&row.entity_ids),
            list(&row.reasons_for),
            list(&row.reasons_against),
            list(&row.sources),
            maybe(marking_text(row.marking)),
        ]
    });
    let header = [
        "flag_id",
        "pattern",
        "title",
        "judged",
        "state",
        "score",
        "probability",
        "first_flagged",
        "entity_ids",
        "reasons_for",
        "reasons_against",
        "sources",
        "marking",
    ];
    table(staging, "flags.csv", header, flags)
}

/// Writes the obligations of agreements, if there are any.
fn write_obligations(selection: &Selection, staging: &mut Staging) -> Result<(), ExportError> {
    if selection.obligations.is_empty() {
        return Ok(());
    }
    let rows = selection.obligations.iter().flat_map(|source| {
        let row =
            |obligation: &String| [&source.source, &source.agreement, obligation].map(|text| harmless(text));
        source.obligations.iter().map(row)
    });
    table(staging, "obligations.csv", ["source", "agreement", "obligation"], rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", " =1", "\u{a0}=1", "\n=cmd|' /C calc'!A0"] {
            assert!(harmless(text).starts_with('\''), "{text:?}");
        }
        for text in ["", "APT-1", "a=b", "entity-00ff", "'quoted"] {
            assert_eq!(harmless(text), text);
        }
        assert!(list(&["=1".to_owned(), "b".to_owned()]).starts_with("'="));
    }
}
