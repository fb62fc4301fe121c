//! The table `backtest`: candidates of earlier runs, from which models learn.

use super::{
    Folder,
    fill::{FilledTable, NamedColumn, arrange, feature_columns, flag, maybe_text, number, text, time},
    table,
};
use crate::{features::FEATURES, time::Moment};

/// One candidate of an earlier run.
pub struct BacktestRow<'a> {
    /// As-of time of the run.
    pub as_of: Moment,
    /// Id of the candidate.
    pub candidate_id: &'a str,
    /// Name of its pattern.
    pub pattern: &'a str,
    /// Its lineage over the runs.
    pub lineage: &'a str,
    /// True if that run flagged it as new.
    pub is_raised: bool,
    /// Probability with which its run drew it at random for review; `None` for a flag.
    pub sampling_probability: Option<f64>,
    /// Label, its recorded time and its origin; `None` without a label.
    pub label: Option<(bool, Moment, &'a str)>,
    /// One value for each of [`FEATURES`].
    pub features: &'a [f64],
}

/// Fills the table `backtest`.
pub fn backtest(rows: &[BacktestRow<'_>]) -> FilledTable<'static> {
    let (table, extra) = (table(Folder::Backtest, "backtest"), feature_columns());
    let columns: [NamedColumn; 9] = [
        ("run", time(rows, |row| Some(row.as_of))),
        ("candidate_id", text(rows, |row| row.candidate_id.to_owned())),
        ("pattern", text(rows, |row| row.pattern.to_owned())),
        ("label", flag(rows, |row| row.label.map(|(is_true, ..)| is_true))),
        ("label_recorded_at", time(rows, |row| row.label.map(|(_, recorded_at, _)| recorded_at))),
        ("label_source", maybe_text(rows, |row| row.label.map(|(.., source)| source.to_owned()))),
        ("lineage", text(rows, |row| row.lineage.to_owned())),
        ("raised", flag(rows, |row| Some(row.is_raised))),
        ("sampling_probability", number(rows, |row| row.sampling_probability)),
    ];
    let features = FEATURES.iter().enumerate().map(|(position, feature)| {
        let value = |row: &BacktestRow<'_>| Some(row.features[position]).filter(|value| value.is_finite());
        (feature.name, number(rows, value))
    });
    let columns = arrange(table, &extra, columns.into_iter().chain(features));
    FilledTable { table, extra, parts: Box::new(std::iter::once(columns)) }
}
