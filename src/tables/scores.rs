//! The table `scores`: scores of models on the rows of a label table.

use super::{
    Folder,
    fill::{FilledTable, NamedColumn, arrange, flag, maybe_text, number, ranges, text, time},
    table,
};
use crate::time::Moment;

/// Score of one model on one row.
pub struct ScoreRow<'a> {
    /// As-of time of the cut.
    pub as_of: Moment,
    /// Id of the candidate.
    pub candidate_id: &'a str,
    /// Question that it answers; `None` without queries.
    pub query: Option<&'a str>,
    /// Label; `None` if not known yet.
    pub label: Option<bool>,
    /// Name of the model.
    pub model: &'a str,
    /// Score; a higher one comes first.
    pub score: f64,
    /// Probability; `None` without calibration.
    pub probability: Option<f64>,
}

/// Fills the table `scores`.
pub fn scores<'a>(rows: &'a [ScoreRow<'a>]) -> FilledTable<'a> {
    let table = table(Folder::Backtest, "scores");
    let parts = ranges(rows.len()).chain(rows.is_empty().then_some(0..0)).map(move |range| {
        let rows = &rows[range];
        let columns: [NamedColumn; 7] = [
            ("run", time(rows, |row| Some(row.as_of))),
            ("candidate_id", text(rows, |row| row.candidate_id.to_owned())),
            ("query", maybe_text(rows, |row| row.query.map(str::to_owned))),
            ("label", flag(rows, |row| row.label)),
            ("model", text(rows, |row| row.model.to_owned())),
            ("score", number(rows, |row| Some(row.score))),
            ("probability", number(rows, |row| row.probability)),
        ];
        arrange(table, &[], columns)
    });
    FilledTable { table, extra: Vec::new(), parts: Box::new(parts) }
}
