//! Two models on the same rows of a label table, and the rules of promotion.

use serde::{Deserialize, Serialize};

use super::{
    comparison::{CompareConfig, Compared, Comparison, ModelScores},
    forward::{self, Step},
    outcome_measures::{OutcomeMeasure, Scored},
    outcome_rows::OutcomeRows,
    prequential,
    scorer::Kind,
    trained::{self, TrainedModel},
};

/// Two models on the same rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Paired {
    /// Name of the first model.
    pub left: String,
    /// Name of the second model.
    pub right: String,
    /// Number of rows with a label that both scored.
    pub rows: usize,
    /// Number of positives among them.
    pub positives: usize,
    /// Number of their cuts.
    pub cuts: usize,
    /// Measures of the first model.
    pub left_measures: Vec<OutcomeMeasure>,
    /// Measures of the second model.
    pub right_measures: Vec<OutcomeMeasure>,
    /// Measures of the first model less those of the second.
    pub difference: Vec<OutcomeMeasure>,
    /// Brier skill of the first model over the running base rate on the last three cuts; `None` without probabilities.
    pub last_skill: Option<f64>,
}

/// Number of the last cuts whose probabilities decide on a promotion.
const LAST_CUTS: usize = 3;

/// Scores every row by a model. Rows after its training are scored by the model as it is. Earlier rows are scored by
/// models of its kind that forward validation fitted on still earlier rows. A model of synthetic worlds scores every row.
///
/// Fails if the table lacks a column of the model.
pub fn scores_of(
    model: &TrainedModel,
    name: &str,
    rows: &OutcomeRows,
    compared: &Compared,
) -> Result<ModelScores, String> {
    let names = |name: &str| rows.table.specs.iter().position(|spec| spec.name == name);
    let columns: Option<Vec<usize>> = model.features().map(|spec| names(&spec.name)).collect();
    let columns = columns.ok_or_else(|| {
        let missing: Vec<&str> =
            model.features().map(|spec| &*spec.name).filter(|name| names(name).is_none()).collect();
        format!(
            "the table of {} lacks columns of the model {name}: {}",
            rows.table.outcome,
            missing.join(", ")
        )
    })?;
    let model = TrainedModel { columns, width: rows.table.specs.len(), ..model.clone() };
    let margins = trained::margins(&model, &rows.table.features, &rows.blocks);
    let probabilities = trained::calibrated(&model, &rows.table.features, &rows.blocks);
    let mut scores = ModelScores {
        name: name.to_owned(),
        margins: margins.into_iter().map(Some).collect(),
        probabilities,
    };
    let Some(until) = model.trained_until() else { return Ok(scores) };
    let forward = compared.scores.iter().find(|scores| scores.name == model.kind().name());
    for row in (0..rows.len()).filter(|&row| rows.table.cuts[row] <= until) {
        scores.margins[row] = forward.and_then(|forward| forward.margins[row]);
        scores.probabilities[row] = forward.and_then(|forward| forward.probabilities[row]);
    }
    Ok(scores)
}

/// Measures two models on the rows that both scored.
pub fn pair(
    rows: &OutcomeRows,
    left: &ModelScores,
    right: &ModelScores,
    config: &CompareConfig<'_>,
) -> Result<Paired, String> {
    let steps = forward::steps(rows, &config.forward);
    let running = prequential::running_base_rates(rows, &steps);
    let is_common = |row: &usize| {
        config.forward.judges(rows, *row)
            && rows.table.labels[*row].is_some()
            && left.margins[*row].is_some()
            && right.margins[*row].is_some()
    };
    let kept: Vec<usize> =
        steps.iter().flat_map(|step: &Step| step.scored.iter().copied()).filter(is_common).collect();
    let counts = rows.counts(&kept);
    if counts.positives == 0 || counts.positives == counts.rows {
        return Err(format!(
            "{} of the {} rows that both models scored are positive: both labels are needed",
            counts.positives, counts.rows
        ));
    }
    let scored = |scores: &ModelScores| {
        let margins: Vec<f64> = scores.margins.iter().map(|margin| margin.unwrap_or(f64::NAN)).collect();
        Scored::new(rows, &kept, &margins, Some((&scores.probabilities, &running)))
    };
    let [first, second] = [left, right].map(scored);
    let cuts: std::collections::BTreeSet<usize> = kept.iter().map(|&row| rows.cut[row]).collect();
    Ok(Paired {
        left: left.name.clone(),
        right: right.name.clone(),
        rows: counts.rows,
        positives: counts.positives,
        cuts: cuts.len(),
        left_measures: first.measures(config.draws),
        right_measures: second.measures(config.draws),
        difference: first.less(&second, config.draws),
        last_skill: last_skill(rows, &kept, left, &running),
    })
}

/// Returns the Brier skill over the running base rate on the last cuts.
fn last_skill(rows: &OutcomeRows, kept: &[usize], scores: &ModelScores, running: &[f64]) -> Option<f64> {
    let mut cuts: Vec<usize> = kept.iter().map(|&row| rows.cut[row]).collect();
    cuts.dedup();
    let first = *cuts.get(cuts.len().checked_sub(LAST_CUTS.min(cuts.len()))?)?;
    let (mut error, mut reference) = (0.0, 0.0);
    for &row in kept.iter().filter(|&&row| rows.cut[row] >= first) {
        let label = f64::from(u8::from(rows.label(row)));
        error += (scores.probabilities[row]? - label).powi(2);
        reference += (running[row] - label).powi(2);
    }
    (reference > 0.0).then(|| 1.0 - error / reference)
}

/// One rule of promotion, with its result.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PromotionRule {
    /// The rule in a sentence.
    pub rule: String,
    /// True if the model keeps it.
    pub passed: bool,
    /// Figure behind the result.
    pub figure: String,
}

/// Applies the rules of promotion to a candidate, which is the first model of the pair.
pub fn promotion_rules(
    paired: &Paired,
    kind: Kind,
    comparison: &Comparison,
    budget: usize,
) -> Vec<PromotionRule> {
    let raised_per_cut = comparison.raised_per_cut;
    let warning = comparison.sentinel.warning();
    let precision = paired
        .difference
        .iter()
        .find(|measure| matches!(&*measure.name, "average_precision" | "mean_average_precision"));
    let low = precision.and_then(|measure| measure.estimate.low);
    let figure = precision.map_or_else(
        || "unknown".to_owned(),
        |measure| {
            let number = |value: Option<f64>| {
                value.map_or_else(|| "unknown".to_owned(), |value| format!("{value:+.3}"))
            };
            let estimate = measure.estimate;
            format!("{} ({} to {})", number(estimate.value), number(estimate.low), number(estimate.high))
        },
    );
    let skill = paired.last_skill;
    vec![
        PromotionRule {
            rule: format!("The gain in average precision over {} has its lower end above 0.", paired.right),
            passed: low.is_some_and(|low| low > 0.0),
            figure,
        },
        PromotionRule {
            rule: format!("The Brier skill on the last {LAST_CUTS} cuts is above 0."),
            passed: skill.is_some_and(|skill| skill > 0.0),
            figure: skill.map_or_else(|| "no probabilities".to_owned(), |skill| format!("{skill:.3}")),
        },
        PromotionRule {
            rule: format!("Runs raise at most {budget} candidates at a cut."),
            passed: raised_per_cut <= budget as f64,
            figure: format!("{raised_per_cut:.1}"),
        },
        PromotionRule {
            rule: "The sentinel is calm, or the model is not trained.".to_owned(),
            passed: warning.is_none() || !kind.is_trained(),
            figure: warning.unwrap_or_else(|| "calm".to_owned()),
        },
    ]
}

/// Returns the scores that a model must beat where none is in service: the closed form, or the best single column.
pub fn reference(compared: &Compared, kind: Kind) -> Option<&ModelScores> {
    let of_kind = |kind: Kind| compared.scores.iter().find(|scores| scores.name == kind.name());
    let closed_form = of_kind(Kind::Forecast).filter(|_| kind != Kind::Forecast);
    closed_form.or_else(|| of_kind(Kind::Column))
}
