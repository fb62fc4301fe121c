//! Models in service: one that orders the flags, and one for each other outcome.

use std::collections::BTreeMap;

use ndarray::Array2;

use super::{Judged, Model, TrainedModel, judge};

/// Models that a run uses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelsInService {
    /// Model that orders the flags.
    pub flags: Model,
    /// Models of other outcomes, by the name of the outcome. Each gives probabilities and orders nothing.
    pub outcomes: BTreeMap<String, TrainedModel>,
}

impl ModelsInService {
    /// Returns the models with one that orders the flags and no other.
    pub fn of_flags(flags: Model) -> Self {
        Self { flags, outcomes: BTreeMap::new() }
    }

    /// Returns the ids of all models, the one of the flags first.
    pub fn ids(&self) -> Vec<&str> {
        std::iter::once(self.flags.id()).chain(self.outcomes.values().map(TrainedModel::id)).collect()
    }
}

/// Judges rows whose columns have names. A feature of the model without a column is unknown.
pub fn judge_named(model: &TrainedModel, names: &[&str], rows: &[&[f64]]) -> Vec<Judged> {
    let columns: Vec<Option<usize>> =
        model.features().map(|spec| names.iter().position(|name| *name == spec.name)).collect();
    let value = |row: &[f64], column: Option<usize>| column.map_or(f64::NAN, |column| row[column]);
    let table = Array2::from_shape_fn((rows.len(), columns.len()), |(row, feature)| {
        value(rows[row], columns[feature])
    });
    judge(model, &table)
}
