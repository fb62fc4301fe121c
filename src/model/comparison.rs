//! Comparison of all kinds of models on a label table by forward validation: measures, paired differences, choice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    bootstrap::Draws,
    fitting::{self, CalibrationRows, POSITIVES_MIN, Provenance, TREE_POSITIVES_MIN},
    forward::{self, ForwardConfig, ForwardMargins, Step, Training, Variant},
    inputs::Order,
    outcome_measures::{OutcomeMeasure, Scored, precision_by_block},
    outcome_rows::OutcomeRows,
    prequential::{self, Prequential},
    scale::FeatureSpec,
    scorer::Kind,
    sentinel::{self, Sentinel},
    single,
    trained::{Counts, TrainedModel},
};

/// Result of a comparison.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Comparison {
    /// Name of the outcome.
    pub outcome: String,
    /// The question in a sentence.
    pub question: String,
    /// Reading of the features: by rank within a cut, or by size.
    pub order: Order,
    /// All rows with a label.
    pub labelled: Counts,
    /// Rows that forward validation scored.
    pub scored: Counts,
    /// Number of scored cuts.
    pub cuts: usize,
    /// Number of queries among the scored rows; 0 for outcomes without queries.
    pub queries: usize,
    /// Mean number of rows that a run raised at a cut.
    pub raised_per_cut: f64,
    /// Reason why no model was trained; `None` if one was.
    pub untrained: Option<String>,
    /// Name of the kind that forward validation chose, or the untrained kind that replaces it.
    pub chosen: String,
    /// Signs that the past is a poor guide.
    pub sentinel: Sentinel,
    /// Name of the trained kind with the highest average precision that the sentinel replaced; `None` if there is none.
    pub replaced: Option<String>,
    /// Measures of every model.
    pub models: Vec<ModelMeasures>,
    /// Paired differences on the same rows.
    pub differences: Vec<PairedDifference>,
    /// Sentence on what relations add; `None` without relation columns or without a trained model.
    pub relations: Option<String>,
    /// Share of positives at each cut with its time in microseconds since 1970, and the number of labelled rows.
    pub base_rates: Vec<(i64, f64, usize)>,
}

impl Comparison {
    /// Returns the warning of the sentinel, and which kind replaces a trained one because of it.
    pub fn warnings(&self) -> Vec<String> {
        let replaced = self.replaced.as_ref().map(|best| {
            format!(
                "The kind {} is used instead of {best}, because it is not trained on the past.",
                self.chosen
            )
        });
        self.sentinel.warning().into_iter().chain(replaced).collect()
    }
}

/// Measures of one model.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ModelMeasures {
    /// Name.
    pub name: String,
    /// Measures with intervals.
    pub measures: Vec<OutcomeMeasure>,
}

/// Difference of two models on the same rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PairedDifference {
    /// Name of the first model.
    pub left: String,
    /// Name of the model that is taken from it.
    pub right: String,
    /// Differences with intervals.
    pub measures: Vec<OutcomeMeasure>,
}

/// Scores of one model on every row; `None` for a row that it did not score.
#[derive(Clone, Debug)]
pub struct ModelScores {
    /// Name of the model.
    pub name: String,
    /// Margins; they may be compared within a block, and over all rows if the order is pooled.
    pub margins: Vec<Option<f64>>,
    /// Probabilities.
    pub probabilities: Vec<Option<f64>>,
}

/// Settings of a comparison.
#[derive(Clone, Copy, Debug, Default)]
pub struct CompareConfig<'a> {
    /// Settings of forward validation.
    pub forward: ForwardConfig<'a>,
    /// Draws for intervals.
    pub draws: Draws,
}

/// A comparison with the data behind it.
pub struct Compared {
    /// The result.
    pub comparison: Comparison,
    /// Scores of every model on every row.
    pub scores: Vec<ModelScores>,
    chosen: Kind,
    calibrated: BTreeMap<Kind, Prequential>,
}

/// One model of a comparison.
struct Entry {
    name: String,
    kind: Option<(Kind, Variant)>,
    margins: Vec<f64>,
    probabilities: Vec<Option<f64>>,
}

/// Compares every kind of model on a label table.
pub fn compare(rows: &OutcomeRows, config: &CompareConfig<'_>) -> Result<Compared, String> {
    let labelled: Vec<usize> = (0..rows.len()).filter(|&row| rows.table.labels[row].is_some()).collect();
    let counts = rows.counts(&labelled);
    if counts.positives == 0 || counts.positives == counts.rows {
        let Counts { rows, positives, .. } = counts;
        return Err(format!("{positives} of {rows} rows with a label are positive: both labels are needed"));
    }
    check_for_leaks(rows, &labelled)?;
    let steps = forward::steps(rows, &config.forward);
    let has_relations = rows.table.specs.iter().any(|spec| spec.relation);
    let variants: &[Variant] = if has_relations {
        &[Variant::All, Variant::WithoutRelations, Variant::RewiredLinks]
    } else {
        &[Variant::All]
    };
    let found = forward::forward(rows, &steps, variants, &config.forward);
    let running = prequential::running_base_rates(rows, &steps);
    let mut calibrated = BTreeMap::new();
    let mut entries: Vec<Entry> = Vec::new();
    for ForwardMargins { kind, variant, margins } in found {
        let mut probabilities = vec![None; rows.len()];
        if variant == Variant::All {
            let learned = prequential::calibrate_forward(rows, &steps, kind, &margins);
            probabilities.clone_from(&learned.probabilities);
            calibrated.insert(kind, learned);
        }
        let bits = |margins: &[f64]| margins.iter().map(|margin| margin.to_bits()).collect::<Vec<u64>>();
        let is_same = |entry: &Entry| {
            entry.kind == Some((kind, Variant::All)) && bits(&entry.margins) == bits(&margins)
        };
        if entries.iter().any(is_same) {
            // A closed form or a column that reads no relations stays the same.
            continue;
        }
        let name = match variant {
            Variant::All => kind.name().to_owned(),
            _ => format!("{}, {}", kind.name(), variant.name()),
        };
        entries.push(Entry { name, kind: Some((kind, variant)), margins, probabilities });
    }
    for (name, margins) in forward::baselines(rows, &steps) {
        let name = format!("baseline {name}");
        entries.push(Entry { name, kind: None, margins, probabilities: vec![None; rows.len()] });
    }
    let kept = common_rows(rows, &steps, &entries, &config.forward);
    let counts_kept = rows.counts(&kept);
    if counts_kept.positives == 0 {
        return Err(format!("none of the {} rows that can be scored forward is positive", kept.len()));
    }
    let scored: Vec<Scored<'_>> = entries
        .iter()
        .map(|entry| Scored::new(rows, &kept, &entry.margins, Some((&entry.probabilities, &running))))
        .collect();
    let models: Vec<ModelMeasures> = entries
        .iter()
        .zip(&scored)
        .map(|(entry, scored)| ModelMeasures {
            name: entry.name.clone(),
            measures: scored.measures(config.draws),
        })
        .collect();
    let best = choose(&entries, &models);
    let sentinel = sentinel::sentinel(rows);
    let chosen = if sentinel.is_calm() { best } else { untrained(best, &entries) };
    let has_trained = entries.iter().any(|entry| entry.kind.is_some_and(|(kind, _)| kind.is_trained()));
    let differences = differences(&entries, &scored, chosen, config.draws);
    let comparison = Comparison {
        outcome: rows.table.outcome.clone(),
        question: rows.table.question.clone(),
        order: rows.order,
        labelled: counts,
        scored: counts_kept,
        cuts: kept.iter().map(|&row| rows.cut[row]).collect::<std::collections::BTreeSet<usize>>().len(),
        queries: if rows.has_queries {
            precision_by_block(rows, &kept, &entries[0].margins).len()
        } else {
            0
        },
        raised_per_cut: raised_per_cut(rows),
        untrained: (!has_trained).then(|| too_few(counts)),
        chosen: chosen.name().to_owned(),
        sentinel,
        replaced: (chosen != best).then(|| best.name().to_owned()),
        relations: relations_sentence(&differences),
        base_rates: base_rates(rows),
        models,
        differences,
    };
    let scores = entries.into_iter().map(|entry| ModelScores {
        name: entry.name,
        margins: entry.margins.into_iter().map(|margin| margin.is_finite().then_some(margin)).collect(),
        probabilities: entry.probabilities,
    });
    Ok(Compared { comparison, scores: scores.collect(), chosen, calibrated })
}

/// Fits the chosen kind, or a given one, to all rows with a label, and calibrates it by its forward margins.
pub fn fit_model(
    rows: &OutcomeRows,
    compared: &Compared,
    kind: Option<Kind>,
    trained_on: &str,
    config: &ForwardConfig<'_>,
) -> Result<TrainedModel, String> {
    let kind = kind.unwrap_or(compared.chosen);
    let labelled: Vec<usize> = (0..rows.len()).filter(|&row| rows.table.labels[row].is_some()).collect();
    // A run may not have a score that models do not read.
    let is_read = |column: &usize| {
        let role = rows.table.specs[*column].role;
        role.feature || role.forecast
    };
    let columns: Vec<usize> = (0..rows.table.specs.len()).filter(is_read).collect();
    let specs: Vec<FeatureSpec> = columns.iter().map(|&column| rows.table.specs[column].clone()).collect();
    let features = rows.table.features.select(ndarray::Axis(1), &columns);
    let training = Training::new(rows, &specs, &features, &labelled, config.worlds);
    let fit_rows = training.rows(&specs, rows.order);
    let fitted = fitting::fit_one(kind, &fit_rows, &forward::STRENGTHS)
        .ok_or_else(|| format!("the rows do not suffice for the kind {}", kind.name()))?;
    let learned = compared.calibrated.get(&kind);
    let mut calibration = learned.map_or((super::Calibration::None, 0.0), |learned| {
        (learned.calibration.clone(), learned.base_rate_shift)
    });
    if let super::Calibration::Blend { forecast, .. } = &mut calibration.0 {
        *forecast = columns.iter().position(|column| column == forecast).unwrap_or(0);
    }
    let empty = CalibrationRows::default();
    let provenance = Provenance {
        outcome: rows.table.outcome.clone(),
        trained_on: trained_on.to_owned(),
        calibrated_on: Some(format!("own rows of {}", rows.table.outcome)),
        trained_until: labelled.iter().map(|&row| rows.table.cuts[row]).max(),
        ..Provenance::default()
    };
    let rows_of = learned.map_or(&empty, |learned| &learned.rows);
    Ok(fitting::assemble(fitted, &fit_rows, rows_of, calibration, provenance))
}

fn too_few(counts: Counts) -> String {
    let Counts { rows, positives, groups, .. } = counts;
    format!(
        "no model is trained: forward validation never knew {POSITIVES_MIN} positives before a cut. The table has {rows} rows with a label, {positives} of them positive, of {groups} subjects. The closed form or the best column stays. Trees need {TREE_POSITIVES_MIN} positives."
    )
}

/// Fails if a column alone ranks nearly all positives first, because it must come from the future. Fewer than
/// [`POSITIVES_MIN`] labels of one kind prove no leak: a person may judge some dozens of flags by one column.
fn check_for_leaks(rows: &OutcomeRows, labelled: &[usize]) -> Result<(), String> {
    let features = fitting::select_rows(&rows.table.features, labelled);
    let labels: Vec<bool> = labelled.iter().map(|&row| rows.label(row)).collect();
    let positives = labels.iter().filter(|&&label| label).count();
    if positives.min(labels.len() - positives) < POSITIVES_MIN {
        return Ok(());
    }
    let leaks: Vec<&str> = single::suspicious(&features, &labels)
        .into_iter()
        .map(|column| rows.table.specs[column].name.as_str())
        .collect();
    if leaks.is_empty() {
        return Ok(());
    }
    Err(format!(
        "these columns alone rank nearly all positives first, so they leak the label or the future: {}",
        leaks.join(", ")
    ))
}

/// Returns the scored rows with a label that every model has scored.
fn common_rows(
    rows: &OutcomeRows,
    steps: &[Step],
    entries: &[Entry],
    config: &ForwardConfig<'_>,
) -> Vec<usize> {
    let is_scored = |row: &usize| {
        config.judges(rows, *row)
            && rows.table.labels[*row].is_some()
            && entries.iter().all(|entry| entry.margins[*row].is_finite())
    };
    steps.iter().flat_map(|step| step.scored.iter().copied()).filter(is_scored).collect()
}

/// Returns the value of the measure that decides: average precision, or its mean over queries.
fn deciding(measures: &[OutcomeMeasure]) -> Option<&OutcomeMeasure> {
    measures.iter().find(|measure| matches!(&*measure.name, "average_precision" | "mean_average_precision"))
}

/// Returns the untrained kind to use instead of a trained one: the closed form, else the best column.
fn untrained(kind: Kind, entries: &[Entry]) -> Kind {
    let has_forecast = entries.iter().any(|entry| entry.kind == Some((Kind::Forecast, Variant::All)));
    match (kind.is_trained(), has_forecast) {
        (false, _) => kind,
        (true, true) => Kind::Forecast,
        (true, false) => Kind::Column,
    }
}

/// Chooses the kind with the highest average precision over all columns; the simplest one on ties.
fn choose(entries: &[Entry], models: &[ModelMeasures]) -> Kind {
    let mut best = (f64::NEG_INFINITY, Kind::Column);
    for (entry, model) in entries.iter().zip(models) {
        let Some((kind, Variant::All)) = entry.kind else { continue };
        let value = deciding(&model.measures).and_then(|measure| measure.estimate.value);
        if let Some(value) = value.filter(|value| *value > best.0) {
            best = (value, kind);
        }
    }
    best.1
}

/// Pairs the chosen model with each simpler way, and every trained kind with itself on fewer or rewired columns.
fn differences(
    entries: &[Entry],
    scored: &[Scored<'_>],
    chosen: Kind,
    draws: Draws,
) -> Vec<PairedDifference> {
    let position =
        |kind: Kind, variant: Variant| entries.iter().position(|entry| entry.kind == Some((kind, variant)));
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    if let Some(left) = position(chosen, Variant::All) {
        let simpler = [Kind::Forecast, Kind::Column, Kind::Logistic].into_iter();
        let simpler = simpler.filter(|kind| *kind < chosen).filter_map(|kind| position(kind, Variant::All));
        pairs.extend(simpler.map(|right| (left, right)));
    }
    // The chosen kind comes first, because the sentence on relations is about it.
    let mut kinds: Vec<Kind> = [Kind::Logistic, Kind::Forest, Kind::Boosted, Kind::MeanRank].to_vec();
    kinds.sort_by_key(|kind| *kind != chosen);
    for kind in kinds {
        for variant in [Variant::WithoutRelations, Variant::RewiredLinks] {
            pairs.extend(position(kind, Variant::All).zip(position(kind, variant)));
        }
    }
    let difference = |(left, right): (usize, usize)| PairedDifference {
        left: entries[left].name.clone(),
        right: entries[right].name.clone(),
        measures: scored[left].less(&scored[right], draws),
    };
    pairs.into_iter().map(difference).collect()
}

/// Says what relations add to the order, by the first difference to a model without them.
fn relations_sentence(differences: &[PairedDifference]) -> Option<String> {
    let without = differences.iter().find(|pair| pair.right.ends_with(Variant::WithoutRelations.name()))?;
    let measure = deciding(&without.measures)?;
    let estimate = measure.estimate;
    let interval = format!(
        "{:+.3} ({:+.3} to {:+.3}) in {} for {}",
        estimate.value?,
        estimate.low?,
        estimate.high?,
        measure.name.replace('_', " "),
        without.left
    );
    Some(match (estimate.low?, estimate.high?) {
        (low, _) if low > 0.0 => format!("Relations rank: they add {interval}."),
        (_, high) if high < 0.0 => format!("Relations make the order worse: {interval}."),
        _ => format!("Relations explain and do not rank: {interval}, and the interval contains 0."),
    })
}

fn raised_per_cut(rows: &OutcomeRows) -> f64 {
    let raised = rows.table.raised.iter().filter(|raised| **raised).count();
    raised as f64 / rows.cut_times.len().max(1) as f64
}

/// Returns the base rate and the number of labelled rows of each cut.
fn base_rates(rows: &OutcomeRows) -> Vec<(i64, f64, usize)> {
    let mut rates: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for row in (0..rows.len()).filter(|&row| rows.table.labels[row].is_some()) {
        let rate = rates.entry(rows.cut[row]).or_default();
        rate.0 += usize::from(rows.label(row));
        rate.1 += 1;
    }
    let of_cut = |(cut, (positives, count)): (usize, (usize, usize))| {
        (rows.cut_times[cut], positives as f64 / count as f64, count)
    };
    rates.into_iter().map(of_cut).collect()
}

#[cfg(test)]
mod tests;
