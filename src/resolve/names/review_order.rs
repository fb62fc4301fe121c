//! Order of the pairs that wait for a person: a regression over the levels of a comparison, fitted to pairs with truth.
//!
//! The sum of bits decides what joins and what waits. The sum takes all levels as independent, and most pairs that wait have the same few levels. So a
//! fitted weight of each level puts more true pairs first. The result is shown and sorts the review band. It joins nothing, and constraints do not
//! read it.

use std::sync::LazyLock;

use serde::Deserialize;

use super::{classes::CLASSES, comparing::LevelWeight};

/// The model that is part of the program; `benches/identity/rescorer.py --save` writes it.
const SHIPPED: &str = include_str!("../../../models/review-order.json");

/// A fitted regression.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "a reader of the file sees the origin of the weights"))]
struct ReviewOrder {
    /// Name of the model.
    id: String,
    /// Digest (SHA-256) of the pairs of the fit, and the words that say where they came from.
    fitted_on: String,
    /// Kind of entities to which it applies.
    kind: String,
    /// Number of pairs of the fit.
    pairs: usize,
    /// Number of these pairs that are one entity.
    matches: usize,
    /// Logit of a pair without levels.
    intercept: f64,
    /// Change of the logit by one bit of each level, from 0 on.
    terms: Vec<Term>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Term {
    level: String,
    weight: f64,
}

static MODEL: LazyLock<ReviewOrder> =
    LazyLock::new(|| serde_json::from_str(SHIPPED).expect("a test reads the model of the program"));

/// Returns the share of pairs with these levels that are one entity, from 0 to 1; `None` for a class to which no model applies. A level that the fit
/// did not contain counts as 0.
pub(super) fn review_probability(class: usize, levels: &[LevelWeight]) -> Option<f64> {
    if !CLASSES[class].has_kind(&MODEL.kind) {
        return None;
    }
    let weight = |level: &LevelWeight| {
        let term = MODEL.terms.iter().find(|term| term.level == level.level);
        term.map_or(0.0, |term| term.weight * level.bits)
    };
    let logit = MODEL.intercept + levels.iter().map(weight).sum::<f64>();
    Some(1.0 / (1.0 + (-logit).exp()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::names::{COMPARISONS, classes::class_of};

    #[test]
    fn the_model_of_the_program_has_known_levels_and_keeps_their_direction() {
        assert!(!MODEL.id.is_empty() && MODEL.fitted_on.contains("SHA-256"));
        assert!(MODEL.matches > 100 && MODEL.pairs > MODEL.matches && MODEL.intercept.is_finite());
        assert!(MODEL.terms.iter().any(|term| term.weight > 0.0));
        for Term { level, weight } in &MODEL.terms {
            let is_of_names = araneus_names::LEVELS.iter().any(|known| known.name == level);
            assert!(is_of_names || COMPARISONS.iter().any(|known| known.name == level), "{level}");
            assert!(weight.is_finite() && *weight >= 0.0, "{level}");
        }
    }

    #[test]
    fn evidence_raises_the_probability_of_people_and_other_classes_have_none() {
        let levels = |bits: f64| [LevelWeight { level: "agreement", bits }];
        let person = class_of("person").expect("a class");
        let [low, high] = [-2.0, 2.0].map(|bits| review_probability(person, &levels(bits)).expect("people"));
        assert!(0.0 < low && low < high && high < 1.0, "{low} {high}");
        let vessel = class_of("vessel").expect("a class");
        assert_eq!(review_probability(vessel, &levels(2.0)), None);
    }
}
