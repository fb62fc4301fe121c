//! Candidates of earlier nights as a table: what models learn from.

use super::{Extra, Folder, rows::Filled, table};
use crate::{
    columns::{Column, Columns},
    features::FEATURES,
    time::Moment,
};

/// One candidate of an earlier night.
pub struct Line<'a> {
    /// The night.
    pub night: Moment,
    /// Id of the candidate.
    pub candidate_id: &'a str,
    /// Name of its pattern.
    pub pattern: &'a str,
    /// What it is over the nights.
    pub lineage: &'a str,
    /// Whether it was flagged as new that night.
    pub is_raised: bool,
    /// Whether it came true, when that was known, and how.
    pub label: Option<(bool, Moment, &'a str)>,
    /// One value for each of [`FEATURES`].
    pub features: &'a [f64],
}

/// Fills the table `backtest`.
pub fn backtest(rows: &[Line<'_>]) -> Filled<'static> {
    let text = |of: &dyn Fn(&Line<'_>) -> Option<String>| Column::Text(rows.iter().map(of).collect());
    let table = table(Folder::Backtest, "backtest");
    let own = [
        Column::Time(rows.iter().map(|row| Some(row.night.micros())).collect()),
        text(&|row| Some(row.candidate_id.to_owned())),
        text(&|row| Some(row.pattern.to_owned())),
        Column::Flag(rows.iter().map(|row| row.label.map(|(is_true, ..)| is_true)).collect()),
        Column::Time(rows.iter().map(|row| row.label.map(|(_, told, _)| told.micros())).collect()),
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
