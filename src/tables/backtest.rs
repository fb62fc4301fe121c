//! The table of a back-test: candidates of earlier runs with their labels, for training.

use super::{Extra, Folder, rows::Filled, table};
use crate::{
    columns::{Column, Columns},
    features::FEATURES,
    time::Moment,
};

/// One candidate of an earlier run.
pub struct Line<'a> {
    /// As-of time of the run.
    pub as_of: Moment,
    /// Id of the candidate.
    pub candidate_id: &'a str,
    /// Name of its pattern.
    pub pattern: &'a str,
    /// Lineage of the candidate, which later runs keep.
    pub lineage: &'a str,
    /// Whether it was flagged as new in that run.
    pub is_raised: bool,
    /// Whether it came true, the recorded time of that, and its source.
    pub label: Option<(bool, Moment, &'a str)>,
    /// One value for each of [`FEATURES`].
    pub features: &'a [f64],
}

/// Fills the table `backtest`.
pub fn backtest(rows: &[Line<'_>]) -> Filled<'static> {
    let text = |of: &dyn Fn(&Line<'_>) -> Option<String>| Column::Text(rows.iter().map(of).collect());
    let table = table(Folder::Backtest, "backtest");
    let own = [
        Column::Time(rows.iter().map(|row| Some(row.as_of.micros())).collect()),
        text(&|row| Some(row.candidate_id.to_owned())),
        text(&|row| Some(row.pattern.to_owned())),
        Column::Flag(rows.iter().map(|row| row.label.map(|(is_true, ..)| is_true)).collect()),
        Column::Time(
            rows.iter().map(|row| row.label.map(|(_, recorded_at, _)| recorded_at.micros())).collect(),
        ),
        text(&|row| row.label.map(|(.., source)| source.to_owned())),
        text(&|row| Some(row.lineage.to_owned())),
        Column::Flag(rows.iter().map(|row| Some(row.is_raised)).collect()),
    ];
    let names = table.fields.iter().map(|field| field.name.to_owned());
    let features = FEATURES.iter().enumerate().map(|(at, feature)| {
        let values = rows.iter().map(|row| Some(row.features[at]).filter(|value| value.is_finite()));
        (feature.name.to_owned(), Column::Number(values.collect()))
    });
    let extra = FEATURES
        .iter()
        .map(|feature| Extra { name: feature.name.to_owned(), about: feature.about.to_owned() })
        .collect();
    let columns = Columns::new(names.zip(own).chain(features));
    Filled { table, extra, parts: Box::new(std::iter::once(columns)) }
}
