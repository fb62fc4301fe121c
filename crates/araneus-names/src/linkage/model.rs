//! A model of linkage as readable data.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use super::{
    columns::{ColumnKind, Records},
    levels::{AGREEMENTS, Agreement},
};

/// Share of each agreement, in the order of [`AGREEMENTS`]; the sum is 1.
pub(super) type Shares = [f64; AGREEMENTS.len()];

/// Returns the shares in pairs that are one, from which an estimate starts.
pub(super) fn starting_shares() -> Shares {
    [0.7, 0.12, 0.06, 0.04, 0.08]
}

/// Fitted shares of all levels, with the share of pairs that are one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkageModel {
    /// Name of the model.
    pub id: String,
    /// Digest (BLAKE3) of the records of the fit, or the words that say where they came from.
    pub fitted_on: String,
    /// Number of records of the fit.
    pub records: usize,
    /// Number of pairs that blocking found.
    pub pairs: usize,
    /// Expected number of pairs that are one.
    pub matches: f64,
    /// Number of all pairs that may be one.
    pub possible_pairs: f64,
    /// Levels of each column.
    pub columns: Vec<ColumnWeights>,
}

/// Levels of one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnWeights {
    /// Name of the column.
    pub column: String,
    /// Kind of the column.
    pub kind: ColumnKind,
    /// One level for each of [`AGREEMENTS`], in their order.
    pub levels: Vec<LevelShare>,
}

/// One level of a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelShare {
    /// Name of the agreement.
    pub level: String,
    /// Share of the level in pairs that are one.
    pub m: f64,
    /// Share of the level in random pairs.
    pub u: f64,
    /// Logarithm to base 2 of `m / u`.
    pub bits: f64,
    /// Number of compared pairs of the fit that have the level.
    pub pairs: usize,
}

/// Reason why a model of linkage cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub enum LinkageModelError {
    /// The text is not a model; the reason names line and column.
    Syntax(String),
    /// The levels are not those of this version, or a column is named twice.
    Levels,
    /// A number breaks a rule, which the text names.
    Value(&'static str),
    /// The records have other columns or kinds than the model.
    Columns,
}

impl fmt::Display for LinkageModelError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(reason) => write!(formatter, "this is not a model of linkage: {reason}"),
            Self::Levels => write!(formatter, "the model has other levels than this version"),
            Self::Value(rule) => write!(formatter, "a number of the model is not valid: {rule}"),
            Self::Columns => write!(formatter, "the model was fitted on other columns or kinds"),
        }
    }
}

impl std::error::Error for LinkageModelError {}

impl LinkageModel {
    /// Reads a model from JSON.
    pub fn read(text: &str) -> Result<Self, LinkageModelError> {
        let model: Self = serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            LinkageModelError::Syntax(format!("{:?} error at line {line} column {column}", error.classify()))
        })?;
        let names: BTreeSet<&str> = model.columns.iter().map(|column| column.column.as_str()).collect();
        let has_levels = |column: &ColumnWeights| {
            column.levels.len() == AGREEMENTS.len()
                && column.levels.iter().zip(AGREEMENTS).all(|(level, (_, name))| level.level == name)
        };
        if names.len() != model.columns.len() || !model.columns.iter().all(has_levels) {
            return Err(LinkageModelError::Levels);
        }
        let is_share = |share: f64| share > 0.0 && share <= 1.0;
        let levels = || model.columns.iter().flat_map(|column| &column.levels);
        if !levels().all(|level| is_share(level.m) && is_share(level.u)) {
            return Err(LinkageModelError::Value("each share is above 0 and at most 1"));
        }
        if !levels().all(|level| (level.bits - (level.m / level.u).log2()).abs() < 1e-3) {
            return Err(LinkageModelError::Value("the bits of a level are the logarithm of m / u"));
        }
        let has_matches = model.matches > 0.0 && model.matches <= model.possible_pairs.max(1.0);
        if !has_matches || !model.possible_pairs.is_finite() {
            return Err(LinkageModelError::Value(
                "the number of matches is above 0 and at most that of possible pairs",
            ));
        }
        Ok(model)
    }

    /// Returns the level of an agreement of a column; `None` if the model does not have the column.
    pub fn level_of(&self, column: &str, agreement: Agreement) -> Option<&LevelShare> {
        let found = self.columns.iter().find(|known| known.column == column)?;
        found.levels.get(agreement as usize)
    }

    /// Returns the share of pairs that are one among all that may be one.
    pub(super) fn prior_odds(&self) -> f64 {
        self.matches / (self.possible_pairs - self.matches).max(1.0)
    }

    pub(super) fn level(&self, column: usize, agreement: Agreement) -> &LevelShare {
        &self.columns[column].levels[agreement as usize]
    }

    /// Checks that the records have the columns of the model, in their order.
    pub(super) fn check(&self, records: &Records) -> Result<(), LinkageModelError> {
        let is_same = self.columns.len() == records.columns.len()
            && self
                .columns
                .iter()
                .zip(&records.columns)
                .all(|(own, other)| own.column == other.name && own.kind == other.kind);
        if is_same { Ok(()) } else { Err(LinkageModelError::Columns) }
    }
}
