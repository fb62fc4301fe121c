//! The tables of `araneus backtest`: candidates of an outcome at earlier runs, from which models learn.

use super::{
    Extra, Folder, Table,
    fill::{FilledTable, NamedColumn, arrange, flag, maybe_text, number, ranges, text, time},
    table,
};
use crate::time::Moment;

/// One candidate at an earlier run.
pub struct BacktestRow<'a> {
    /// As-of time of the run.
    pub as_of: Moment,
    /// Id of the candidate.
    pub candidate_id: &'a str,
    /// Name of its pattern or outcome.
    pub pattern: &'a str,
    /// Lasting id of its subject.
    pub lineage: &'a str,
    /// True if that run raised it.
    pub is_raised: bool,
    /// Name of its subject.
    pub subject: &'a str,
    /// Question that it answers; `None` if all rows of a run are ranked against each other.
    pub query: Option<&'a str>,
    /// Probability with which its run drew it at random for review; `None` for a flag.
    pub sampling_probability: Option<f64>,
    /// Label, its recorded time and its origin; `None` without a label.
    pub label: Option<(bool, Moment, &'a str)>,
    /// One value for each feature column.
    pub features: &'a [f64],
}

/// Returns the schema of the table of an outcome: its name is that of the file.
pub fn backtest_table(name: &'static str) -> Table {
    let Table { about, folder, fields, grows, .. } = *table(Folder::Backtest, "backtest");
    Table { name, about, folder, fields, grows }
}

/// Fills the table of an outcome. `extra` describes the feature columns, whose names must be static.
pub fn backtest<'a>(
    rows: &'a [BacktestRow<'a>],
    names: &'a [&'static str],
    extra: Vec<Extra>,
) -> FilledTable<'a> {
    let table = table(Folder::Backtest, "backtest");
    let columns_of = extra.clone();
    let parts = ranges(rows.len()).chain(rows.is_empty().then_some(0..0)).map(move |range| {
        let rows = &rows[range];
        let columns: [NamedColumn; 11] = [
            ("run", time(rows, |row| Some(row.as_of))),
            ("candidate_id", text(rows, |row| row.candidate_id.to_owned())),
            ("pattern", text(rows, |row| row.pattern.to_owned())),
            ("label", flag(rows, |row| row.label.map(|(is_true, ..)| is_true))),
            ("label_recorded_at", time(rows, |row| row.label.map(|(_, recorded_at, _)| recorded_at))),
            ("label_source", maybe_text(rows, |row| row.label.map(|(.., source)| source.to_owned()))),
            ("lineage", text(rows, |row| row.lineage.to_owned())),
            ("raised", flag(rows, |row| Some(row.is_raised))),
            ("subject", text(rows, |row| row.subject.to_owned())),
            ("query", maybe_text(rows, |row| row.query.map(str::to_owned))),
            ("sampling_probability", number(rows, |row| row.sampling_probability)),
        ];
        let features = names.iter().enumerate().map(|(position, name)| {
            let value =
                |row: &BacktestRow<'_>| Some(row.features[position]).filter(|value| value.is_finite());
            (*name, number(rows, value))
        });
        arrange(table, &columns_of, columns.into_iter().chain(features))
    });
    FilledTable { table, extra, parts: Box::new(parts) }
}
