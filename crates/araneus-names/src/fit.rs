//! Fit of a model: logistic regression with a ridge penalty, and weights that keep the sign of their level.

use std::collections::BTreeMap;

use crate::{
    levels::{LEVELS, Level, Sign, level_values},
    model::{Model, Term},
    name::{Name, NameKind},
};

/// Two names, and whether one bearer has both.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledPair {
    /// First name as delivered.
    pub left: String,
    /// Second name as delivered.
    pub right: String,
    /// Kind of both.
    pub kind: NameKind,
    /// One bearer has both names.
    pub is_match: bool,
    /// Number of pairs as which this one counts, above 0: more for a clear case.
    pub weight: f64,
}

/// Precision of the prior of a standardised weight: one over its variance.
const RIDGE: f64 = 1.0;
/// Passes over all weights, at most.
const PASSES_MAX: usize = 2_000;
/// Largest change of a standardised weight in the last pass.
const TOLERANCE: f64 = 1e-9;
/// Parts of 1 to which weights are rounded, because the last digits may differ between processors.
const ROUNDING: f64 = 1e6;
/// Score from which two names are a match: the more probable answer.
const THRESHOLD: f64 = 0.5;

/// Fits a model to pairs with truth.
pub fn fit(pairs: &[LabelledPair], id: &str, fitted_on: &str) -> Model {
    let rows: Vec<Vec<f64>> = pairs
        .iter()
        .map(|pair| level_values(&Name::new(&pair.left, pair.kind), &Name::new(&pair.right, pair.kind)).0)
        .collect();
    let labels: Vec<f64> = pairs.iter().map(|pair| f64::from(u8::from(pair.is_match))).collect();
    let scales: Vec<(f64, f64)> = (0..LEVELS.len()).map(|level| mean_and_deviation(&rows, level)).collect();
    let standardised: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| {
            row.iter().zip(&scales).map(|(value, (mean, deviation))| (value - mean) / deviation).collect()
        })
        .collect();
    let clarity: Vec<f64> = pairs.iter().map(|pair| pair.weight).collect();
    let (intercept, weights) = descend(&standardised, &labels, &clarity);
    let rounded = |number: f64| (number * ROUNDING).round() / ROUNDING + 0.0;
    let term = |((level, weight), (mean, deviation)): ((&Level, f64), &(f64, f64))| Term {
        level: level.name.to_owned(),
        weight: rounded(weight / deviation),
        typical: rounded(*mean),
    };
    Model {
        id: id.to_owned(),
        fitted_on: fitted_on.to_owned(),
        pairs: pairs.len(),
        threshold: THRESHOLD,
        intercept: rounded(intercept),
        terms: LEVELS.iter().zip(weights).zip(&scales).map(term).collect(),
    }
}

fn mean_and_deviation(rows: &[Vec<f64>], level: usize) -> (f64, f64) {
    let count = rows.len().max(1) as f64;
    let mean = rows.iter().map(|row| row[level]).sum::<f64>() / count;
    let variance = rows.iter().map(|row| (row[level] - mean).powi(2)).sum::<f64>() / count;
    (mean, if variance > 0.0 { variance.sqrt() } else { 1.0 })
}

/// Minimises the penalised loss by Newton steps of one weight at a time, each cut to the sign of its level. The loss is
/// convex, so the result is its only minimum (Friedman, Hastie and Tibshirani 2010, section 3).
fn descend(rows: &[Vec<f64>], labels: &[f64], clarity: &[f64]) -> (f64, Vec<f64>) {
    let mut intercept = 0.0;
    let mut weights = vec![0.0; LEVELS.len()];
    let mut logits = vec![0.0_f64; rows.len()];
    for _ in 0..PASSES_MAX {
        let mut largest = 0.0_f64;
        for at in 0..=LEVELS.len() {
            let level = at.checked_sub(1);
            let value = |row: &Vec<f64>| level.map_or(1.0, |level| row[level]);
            let current = level.map_or(intercept, |level| weights[level]);
            let ridge = if level.is_some() { RIDGE } else { 0.0 };
            let (mut gradient, mut curvature) = (ridge * current, ridge);
            for (((row, label), logit), clarity) in rows.iter().zip(labels).zip(&logits).zip(clarity) {
                let probability = 1.0 / (1.0 + (-logit).exp());
                gradient += clarity * (probability - label) * value(row);
                // The bound of the curvature makes each step a descent.
                curvature += clarity * 0.25 * value(row).powi(2);
            }
            let stepped = current - gradient / curvature.max(f64::MIN_POSITIVE);
            let next = match level.map(|level| LEVELS[level].sign) {
                Some(Sign::For) => stepped.max(0.0),
                Some(Sign::Against) => stepped.min(0.0),
                None => stepped,
            };
            let change = next - current;
            for (row, logit) in rows.iter().zip(&mut logits) {
                *logit += change * value(row);
            }
            match level {
                Some(level) => weights[level] = next,
                None => intercept = next,
            }
            largest = largest.max(change.abs());
        }
        if largest < TOLERANCE {
            break;
        }
    }
    (intercept, weights)
}

/// Assigns each pair to one of `count` folds. Pairs that share a name, in any chain, are in one fold.
pub fn folds(pairs: &[LabelledPair], count: usize, seed: u64) -> Vec<usize> {
    let key = |text: &str, kind| {
        let mut words: Vec<String> = Name::new(text, kind).words.into_iter().map(|word| word.text).collect();
        words.sort_unstable();
        words.join(" ")
    };
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut parents: Vec<usize> = Vec::new();
    let mut ends = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let mut number = |text: &str| {
            let next = numbers.len();
            let number = *numbers.entry(key(text, pair.kind)).or_insert(next);
            if number == next {
                parents.push(next);
            }
            number
        };
        let (left, right) = (number(&pair.left), number(&pair.right));
        let (left, right) = (root(&mut parents, left), root(&mut parents, right));
        parents[left.max(right)] = left.min(right);
        ends.push(left);
    }
    ends.into_iter().map(|end| fold_of(root(&mut parents, end), count, seed)).collect()
}

fn root(parents: &mut [usize], mut at: usize) -> usize {
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}

/// Draws a fold for a group (splitmix64).
fn fold_of(group: usize, count: usize, seed: u64) -> usize {
    let mut bits = (group as u64)
        .wrapping_add(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ (bits >> 31)) % count.max(1) as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::{LabelledPair, fit, folds};
    use crate::{
        levels::{LEVELS, Sign},
        model::Model,
        name::NameKind,
    };

    fn pair(left: &str, right: &str, is_match: bool) -> LabelledPair {
        LabelledPair {
            left: left.to_owned(),
            right: right.to_owned(),
            kind: NameKind::Person,
            is_match,
            weight: 1.0,
        }
    }

    fn examples() -> Vec<LabelledPair> {
        vec![
            pair("Ana Heron", "Ana Herron", true),
            pair("Ana Heron", "HERON, Ana", true),
            pair("Ana Heron", "Ana Maria Heron", true),
            pair("Ana Heron", "Ben Heron", false),
            pair("Ana Heron", "Ana Sturgeon", false),
            pair("Ben Tern", "Benn Tern", true),
            pair("Ben Tern", "Ben Turnstone", false),
        ]
    }

    #[test]
    fn a_fit_keeps_signs_separates_its_pairs_and_can_be_read_again() {
        let model = fit(&examples(), "try", "seven invented pairs");
        for (term, level) in model.terms.iter().zip(LEVELS) {
            assert!(
                if level.sign == Sign::For { term.weight >= 0.0 } else { term.weight <= 0.0 },
                "{}",
                term.level
            );
        }
        for pair in examples() {
            let comparison = model.compare(&pair.left, &pair.right, pair.kind);
            assert_eq!(comparison.is_match, pair.is_match, "{pair:?} {comparison:?}");
        }
        let text = serde_json::to_string(&model).expect("a model is data");
        assert_eq!(Model::read(&text).expect("it was written by this version"), model);
    }

    #[test]
    fn no_name_is_in_two_folds() {
        let pairs = examples();
        for seed in 0..20 {
            let folds = folds(&pairs, 3, seed);
            assert!(folds[..5].iter().all(|fold| *fold == folds[0]), "the first five share Ana Heron");
            assert_eq!(folds[5], folds[6]);
        }
    }

    #[test]
    fn invalid_models_are_refused_without_their_values() {
        let good = serde_json::to_value(fit(&examples(), "try", "pairs")).expect("a model is data");
        let changed = |pointer: &str, value: serde_json::Value| {
            let mut model = good.clone();
            *model.pointer_mut(pointer).expect("the model has it") = value;
            Model::read(&model.to_string()).expect_err("it is not valid").to_string()
        };
        assert!(changed("/threshold", 1.5.into()).contains("threshold"));
        assert!(changed("/terms/0/weight", (-1.0).into()).contains("sign"));
        assert!(changed("/terms/0/level", "secret".into()).contains("other levels"));
        assert!(!changed("/threshold", "secret".into()).contains("secret"));
        assert!(Model::read("[").is_err());
    }
}
