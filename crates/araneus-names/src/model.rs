//! A model of names: a logistic regression over levels, as readable data.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    alignment::Alignment,
    levels::{LEVELS, Level, Sign, level_values},
    name::{Name, NameKind, Scripts},
};

/// A fitted regression. Its score of two names is the logistic function of `intercept` and all contributions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Name of the model.
    pub id: String,
    /// Digest (BLAKE3) of the pairs of the fit, or the words that say where they came from.
    pub fitted_on: String,
    /// Number of pairs of the fit.
    pub pairs: usize,
    /// Score from which two names are a match, in (0, 1).
    pub threshold: f64,
    /// Logit of a pair whose levels all have their typical value.
    pub intercept: f64,
    /// One term for each of [`LEVELS`], in their order.
    pub terms: Vec<Term>,
}

/// The weight of one level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Name of the level.
    pub level: String,
    /// Change of the logit by one unit of the level.
    pub weight: f64,
    /// Mean of the level over the pairs of the fit; there the contribution is 0.
    pub typical: f64,
}

/// Part of one level in the logit of a score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contribution {
    /// Name of the level.
    pub level: &'static str,
    /// Value of the level.
    pub value: f64,
    /// Part of the logit; above 0 it is evidence for a match.
    pub weight: f64,
}

/// The comparison of two names.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Probability-like score in [0, 1].
    pub score: f64,
    /// The score reaches the threshold of the model, and no word mixes scripts.
    pub is_match: bool,
    /// Contributions that are not 0, the largest first.
    pub contributions: Vec<Contribution>,
    /// The assigned words.
    pub alignment: Alignment,
    /// A word has letters of several scripts that look alike: a person must decide.
    pub has_mixed_scripts: bool,
    /// A name was longer than the limits, and its end was left out.
    pub is_cut: bool,
}

/// Reason why a model cannot be used.
#[derive(Debug)]
pub enum ModelError {
    /// The text is not a model; the reason names line and column.
    Syntax(String),
    /// The levels are not those of this version.
    Levels,
    /// A number is not finite, a threshold is outside (0, 1), or a weight has the wrong sign. The text names the rule.
    Value(&'static str),
}

impl fmt::Display for ModelError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(reason) => write!(formatter, "this is not a model of names: {reason}"),
            Self::Levels => write!(formatter, "the model has other levels than this version"),
            Self::Value(rule) => write!(formatter, "a number of the model is not valid: {rule}"),
        }
    }
}

impl std::error::Error for ModelError {}

/// The model that is part of this crate.
const SHIPPED: &str = include_str!("../models/names.json");

impl Model {
    /// Returns the model that is part of this crate.
    pub fn shipped() -> Self {
        Self::read(SHIPPED).expect("a test reads the model of this crate")
    }

    /// Reads a model from JSON.
    pub fn read(text: &str) -> Result<Self, ModelError> {
        let model: Self = serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            ModelError::Syntax(format!("{:?} error at line {line} column {column}", error.classify()))
        })?;
        let has_all_levels = model.terms.len() == LEVELS.len()
            && model.terms.iter().zip(LEVELS).all(|(term, level)| term.level == level.name);
        if !has_all_levels {
            return Err(ModelError::Levels);
        }
        let is_finite = |term: &Term| term.weight.is_finite() && term.typical.is_finite();
        if !model.intercept.is_finite() || !model.terms.iter().all(is_finite) {
            return Err(ModelError::Value("all numbers are finite"));
        }
        if !(model.threshold > 0.0 && model.threshold < 1.0) {
            return Err(ModelError::Value("the threshold is between 0 and 1"));
        }
        let keeps_sign = model.terms.iter().zip(LEVELS).all(|(term, level)| match level.sign {
            Sign::For => term.weight >= 0.0,
            Sign::Against => term.weight <= 0.0,
        });
        if keeps_sign { Ok(model) } else { Err(ModelError::Value("each weight has the sign of its level")) }
    }

    /// Returns a bound of the logit of any two names: every level for has its highest value, 1, and every level against its lowest, 0.
    pub fn highest_logit(&self) -> f64 {
        let best = |(level, term): (&Level, &Term)| match level.sign {
            Sign::For => term.weight * (1.0 - term.typical),
            Sign::Against => term.weight * (0.0 - term.typical),
        };
        self.intercept + LEVELS.iter().zip(&self.terms).map(best).sum::<f64>()
    }

    /// Compares two texts as names of one kind.
    pub fn compare(&self, left: &str, right: &str, kind: NameKind) -> Comparison {
        self.compare_names(&Name::new(left, kind), &Name::new(right, kind))
    }

    /// Compares two names that were read with the same kind. A name without words is like no other: its score is 0.
    pub fn compare_names(&self, left: &Name, right: &Name) -> Comparison {
        let (values, alignment) = level_values(left, right);
        let is_empty = left.words.is_empty() || right.words.is_empty();
        let contributions = contributions(&self.terms, &values);
        let logit = self.intercept + contributions.iter().map(|part| part.weight).sum::<f64>();
        let score = if is_empty { 0.0 } else { 1.0 / (1.0 + (-logit).exp()) };
        let has_mixed_scripts = [left.scripts, right.scripts].contains(&Scripts::Mixed);
        Comparison {
            score,
            is_match: score >= self.threshold && !has_mixed_scripts,
            contributions: strongest_first(contributions),
            alignment,
            has_mixed_scripts,
            is_cut: left.is_cut || right.is_cut,
        }
    }
}

fn contributions(terms: &[Term], values: &[f64]) -> Vec<Contribution> {
    let contribution = |((level, term), value): ((&Level, &Term), &f64)| Contribution {
        level: level.name,
        value: *value,
        weight: term.weight * (value - term.typical),
    };
    LEVELS.iter().zip(terms).zip(values).map(contribution).collect()
}

fn strongest_first(mut contributions: Vec<Contribution>) -> Vec<Contribution> {
    contributions.retain(|part| part.weight != 0.0);
    contributions.sort_by(|one, other| other.weight.abs().total_cmp(&one.weight.abs()));
    contributions
}
