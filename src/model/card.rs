//! Model card: one page of Markdown for the person who decides on the use of a model (Mitchell et al. 2019).

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{
    bootstrap::Estimate,
    calibrate::Calibration,
    evaluate::{Evaluation, Measured},
    scale::{FeatureSpec, Sign},
    scorer::Kind,
    trained::{Counts, TrainedModel},
};
use crate::features::Scale;

/// Returns the card of a model, with the result of an evaluation, if there is one.
pub fn card(model: &TrainedModel, evaluation: Option<&Evaluation>) -> String {
    let mut page = String::new();
    head(&mut page, model).expect(WRITES);
    training(&mut page, model).expect(WRITES);
    weights(&mut page, model).expect(WRITES);
    match evaluation {
        Some(evaluation) => evaluated(&mut page, evaluation).expect(WRITES),
        None => {
            page.push_str("## Evaluation\n\nThere is no evaluation on rows that training did not use.\n\n");
        }
    }
    limits(&mut page, model, evaluation).expect(WRITES);
    page
}

const WRITES: &str = "a write to a string does not fail";
/// Number of positives below which calibration and evaluation are coarse.
const POSITIVES_FEW: usize = 100;

fn head(page: &mut String, model: &TrainedModel) -> std::fmt::Result {
    writeln!(page, "# Model {}\n", model.id())?;
    let parent = model.parent().map_or_else(|| "none".to_owned(), plain);
    let kind = match model.kind() {
        Kind::Forecast => "A closed form: one column is the probability. Nothing is trained but the level",
        Kind::Column => "One column is the score",
        Kind::Logistic => "Logistic regression with an L2 penalty and the signs of its features",
        Kind::Forest => {
            "Forest of randomised trees; features with a sign move the score in its direction only"
        }
        Kind::Boosted => "Gradient-boosted trees; features with a sign move the score in its direction only",
        Kind::MeanRank => "Mean of the ranks of several models",
    };
    writeln!(page, "{kind}. Outcome: {}. Replaces: {parent}.\n", plain(model.outcome()))?;
    page.push_str(
        "## Intended use\n\n\
         The model orders candidates of network patterns for review by a person, and gives the contribution of every \
         feature.\n\n\
         ## Uses out of scope\n\n\
         - Decisions and actions: a person takes them.\n\
         - Conclusions about a person or about an actor: the model scores patterns, not entities.\n\
         - Rows with other features, or data unlike the data below.\n\n",
    );
    Ok(())
}

fn training(page: &mut String, model: &TrainedModel) -> std::fmt::Result {
    let named =
        if model.trained_on().is_empty() { "not named".to_owned() } else { plain(model.trained_on()) };
    writeln!(page, "## Training data\n\n{named}\n")?;
    writeln!(page, "| part | rows | positives | base rate | groups |\n| --- | ---: | ---: | ---: | ---: |")?;
    for (name, counts) in
        [("fitted", model.fitted()), ("calibrated, without groups of the fit", model.calibrated())]
    {
        let Counts { rows, positives, groups, base_rate } = counts;
        writeln!(page, "| {name} | {rows} | {positives} | {base_rate:.4} | {groups} |")?;
    }
    if let Some((strength, tried)) = model.strength() {
        let tried: Vec<String> =
            tried.iter().map(|(strength, loss)| format!("{strength} ({loss:.5})")).collect();
        let how = if tried.is_empty() {
            "the default, because the set has too few groups".to_owned()
        } else {
            let loss = if model.order() == super::Order::Pooled {
                "mean log loss on groups left out"
            } else {
                "one less the average precision on cuts left out"
            };
            format!("chosen by {loss}: {}", tried.join(", "))
        };
        writeln!(page, "\nStrength of the penalty: {strength}; {how}.")?;
    }
    page.push('\n');
    let calibration = match model.calibration() {
        Calibration::None => "none: scores order candidates, and are not probabilities".to_owned(),
        Calibration::AsStated => "the probability of the closed form as stated".to_owned(),
        Calibration::Blend { slope, weight, offset, .. } => {
            format!(
                "Platt with the closed form, slope {slope:.3}, its weight {weight:.3} and offset {offset:.3}"
            )
        }
        Calibration::Platt { slope, offset } => format!("Platt, slope {slope:.3} and offset {offset:.3}"),
        Calibration::Isotonic { steps } => format!("isotonic, {} steps", steps.len()),
    };
    writeln!(page, "Calibration: {calibration}; shift to the last base rate {:.3}.\n", model.base_rate_shift)
}

fn weights(page: &mut String, model: &TrainedModel) -> std::fmt::Result {
    writeln!(page, "## Features\n")?;
    let weights = model.weights();
    if weights.is_empty() {
        writeln!(page, "An explanation adds up the parts of the features on the paths of a row.")?;
    } else {
        writeln!(
            page,
            "A weight is the contribution of one deviation of the encoded feature to the logit; an unknown value adds nothing."
        )?;
        writeln!(page, "The logit of a row without known values is {:.3}.", model.intercept())?;
    }
    let mut families: BTreeMap<&str, Vec<FeatureLine<'_>>> = BTreeMap::new();
    for (at, (spec, (_, negatives))) in model.features().zip(model.typical_ranges()).enumerate() {
        let median = negatives.map_or_else(|| "unknown".to_owned(), |range| number(range.median));
        let weight = weights.get(at).map(|(_, weight)| *weight);
        families.entry(&spec.family).or_default().push((spec, weight, median));
    }
    for (family, mut terms) in families {
        terms.sort_by(|left, right| right.1.unwrap_or(0.0).abs().total_cmp(&left.1.unwrap_or(0.0).abs()));
        writeln!(page, "\n### {}\n", plain(family))?;
        writeln!(page, "| feature | weight | sign | scale | typical |\n| --- | ---: | --- | --- | ---: |")?;
        for (spec, weight, median) in terms {
            let scale = scale_name(spec.scale);
            let sign = match spec.sign {
                Sign::Plus => "+",
                Sign::Minus => "-",
                Sign::Free => "free",
            };
            let weight = weight.map_or_else(String::new, |weight| format!("{weight:.3}"));
            writeln!(page, "| {} | {weight} | {sign} | {scale} | {median} |", plain(&spec.name))?;
        }
    }
    page.push('\n');
    Ok(())
}

/// Feature, weight and typical value.
type FeatureLine<'a> = (&'a FeatureSpec, Option<f64>, String);

fn scale_name(scale: Scale) -> &'static str {
    match scale {
        Scale::Rank => "rank",
        Scale::Log => "log",
        Scale::Plain => "plain",
    }
}

fn evaluated(page: &mut String, evaluation: &Evaluation) -> std::fmt::Result {
    let Evaluation { rows, positives, groups, base_rate, .. } = evaluation;
    writeln!(page, "## Evaluation\n")?;
    writeln!(
        page,
        "On {rows} rows in {groups} groups; {positives} are positive, a base rate of {base_rate:.4}."
    )?;
    writeln!(page, "Intervals contain 95 % of the draws over groups.\n")?;
    measures(page, "model", &evaluation.measures)?;
    for baseline in &evaluation.baselines {
        let name = plain(&baseline.name);
        measures(page, &format!("{name} only"), &baseline.measures)?;
        measures(page, &format!("model less {name}, same draws"), &baseline.gains)?;
    }
    writeln!(page, "| feature alone | average precision | better |\n| --- | ---: | --- |")?;
    for single in evaluation.singles.iter().take(10) {
        let better = if single.more_is_better { "more" } else { "less" };
        writeln!(page, "| {} | {:.3} | {better} |", plain(&single.name), single.average_precision)?;
    }
    if evaluation.calibration.is_empty() {
        return writeln!(page);
    }
    writeln!(page, "\n| probability | mean | rows | share of positives |\n| --- | ---: | ---: | ---: |")?;
    for bin in &evaluation.calibration {
        let (low, high) = (bin.probability_min, bin.probability_max);
        let share = estimated(&bin.share);
        writeln!(page, "| {low:.3} to {high:.3} | {:.3} | {} | {share} |", bin.probability_mean, bin.rows)?;
    }
    writeln!(page)
}

fn measures(page: &mut String, title: &str, measures: &[Measured]) -> std::fmt::Result {
    writeln!(page, "| {title} | value and interval |\n| --- | ---: |")?;
    for measured in measures {
        writeln!(page, "| {} | {} |", measured.name, estimated(&measured.estimate))?;
    }
    writeln!(page)
}

fn limits(page: &mut String, model: &TrainedModel, evaluation: Option<&Evaluation>) -> std::fmt::Result {
    writeln!(page, "## Limits\n")?;
    if model.kind() == Kind::Logistic {
        writeln!(page, "- Contributions of features add up; the model ignores interactions of features.")?;
    }
    writeln!(
        page,
        "- Labels may be wrong, and candidates that nobody reviewed are not in the training set."
    )?;
    if *model.calibration() == Calibration::None {
        writeln!(page, "- Not calibrated: a score is not a probability.")?;
    }
    let slices = [
        ("fitting", Some(model.fitted().positives)),
        ("calibration", Some(model.calibrated().positives)),
        ("evaluation", evaluation.map(|evaluation| evaluation.positives)),
    ];
    for (name, positives) in slices {
        if let Some(positives) = positives.filter(|&positives| positives < POSITIVES_FEW) {
            writeln!(page, "- Only {positives} positives in {name}: its numbers are coarse.")?;
        }
    }
    Ok(())
}

fn estimated(estimate: &Estimate) -> String {
    match (estimate.value, estimate.low, estimate.high) {
        (Some(value), Some(low), Some(high)) => format!("{value:.3} ({low:.3} to {high:.3})"),
        (Some(value), ..) => format!("{value:.3}"),
        (None, ..) => "not defined".to_owned(),
    }
}

/// Returns a number with four significant digits.
fn number(value: f64) -> String {
    let size = if value == 0.0 { 0 } else { value.abs().log10().floor() as i32 };
    if (-4..6).contains(&size) {
        format!("{value:.*}", (3 - size).max(0) as usize)
    } else {
        format!("{value:.3e}")
    }
}

/// Returns foreign text on one line, with every Markdown character escaped.
fn plain(text: impl AsRef<str>) -> String {
    let mut escaped = String::new();
    for letter in text.as_ref().chars() {
        match letter {
            letter if letter.is_control() => escaped.push(' '),
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '#' | '!' => escaped.extend(['\\', letter]),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::super::{
        EvaluateConfig, EvaluationSet, FeatureSpec, Split, TrainConfig, TrainingSet, evaluate, model_scores,
        train,
    };
    use super::*;

    /// Eight groups of ten rows; rows with a larger `size` are more often true.
    fn set() -> TrainingSet {
        TrainingSet {
            features: Array2::from_shape_fn((80, 1), |(row, _)| f64::from(row as u32 * 37 % 80)),
            labels: (0..80).map(|row| row * 37 % 80 + row % 7 * 8 > 70).collect(),
            groups: (0..80).map(|row| row / 10).collect(),
            moments: vec![0; 80],
            specs: vec![FeatureSpec::new("size", Scale::Rank, "shape")],
        }
    }

    #[test]
    fn a_card_names_training_weights_measures_and_limits() {
        let set = set();
        let trained_on = "line one\n# <b>not a heading</b>".to_owned();
        let split = Split::Groups { calibration: vec![6, 7] };
        let model =
            train(&set, &TrainConfig { split, trained_on, ..TrainConfig::default() }).expect("it is valid");
        let scores = model_scores(&model, &set.features);
        let evaluated = EvaluationSet {
            scores: &scores,
            probabilities: Some(&scores),
            labels: &set.labels,
            groups: &set.groups,
            features: &set.features,
            names: &["size"],
            baselines: &[("rules", &scores)],
        };
        let evaluation = evaluate(&evaluated, EvaluateConfig::default()).expect("it is valid");
        let page = card(&model, Some(&evaluation));
        for expected in [
            model.id(),
            "line one \\# \\<b\\>not a heading",
            "| fitted | 60 |",
            "### shape",
            "| average_precision |",
            "| model less rules, same draws |",
            "positives in calibration: its numbers are coarse",
        ] {
            assert!(page.contains(expected), "{expected} is not in\n{page}");
        }
        assert!(card(&model, None).contains("no evaluation on rows"));
    }

    #[test]
    fn numbers_keep_four_significant_digits() {
        let written = [0.0, 1.0, -0.012_345, 123_456.0, 1e9, 1e-9].map(number);
        assert_eq!(written, ["0.000", "1.000", "-0.01235", "123456", "1.000e9", "1.000e-9"]);
    }
}
