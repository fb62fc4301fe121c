//! Features of the candidates that have a card, for the distance between two flags.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use crate::explain::{self, QuestionError};

/// Reads the features of some candidates.
pub(super) fn features(
    folder: &Path,
    wanted: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Vec<Option<f64>>>, QuestionError> {
    if wanted.is_empty() || !explain::has_table(folder, "features") {
        return Ok(BTreeMap::new());
    }
    let table = explain::run_table(folder, "features")?;
    let numbers: Vec<&[Option<f64>]> = table.iter().filter_map(|(name, _)| table.number(name)).collect();
    let ids = table.text("candidate_id").unwrap_or_default();
    let rows = ids.iter().enumerate().filter_map(|(row, id)| {
        let id = id.as_deref().filter(|id| wanted.contains(id))?;
        Some((id.to_owned(), numbers.iter().map(|column| column[row]).collect()))
    });
    Ok(rows.collect())
}

/// Returns the standard deviation of each feature.
pub(super) fn deviations(features: &BTreeMap<String, Vec<Option<f64>>>) -> Vec<f64> {
    let width = features.values().next().map_or(0, Vec::len);
    let deviation = |column: usize| {
        let values: Vec<f64> = features.values().filter_map(|row| row[column]).collect();
        let count = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / count;
        (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()
    };
    (0..width).map(deviation).collect()
}
