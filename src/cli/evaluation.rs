//! Results of `araneus evaluate`: rows for JSON, and a Markdown page.

use std::{collections::BTreeMap, fmt::Write};

use araneus_synth::Level;

use crate::{
    learn::{
        held_out::HeldOut,
        worlds::{CaseOutcome, EvaluatedWorld},
    },
    model::{Estimate, Evaluation, Measured, TrainedModel},
};

/// Returns numbers of planted cases, candidates and flags for each pattern and its look-alikes.
pub(super) fn pattern_rows(worlds: &[EvaluatedWorld]) -> Vec<serde_json::Value> {
    let all: Vec<&CaseOutcome> = worlds.iter().flat_map(|world| &world.outcomes).collect();
    let mut patterns: Vec<(&str, bool)> =
        all.iter().map(|outcome| (&*outcome.pattern, outcome.is_benign)).collect();
    patterns.sort_unstable();
    patterns.dedup();
    patterns
        .into_iter()
        .map(|(pattern, is_benign)| {
            let cases =
                || all.iter().filter(|outcome| outcome.pattern == pattern && outcome.is_benign == is_benign);
            let mut days: Vec<i64> = cases().filter_map(|outcome| outcome.days_to_flag).collect();
            days.sort_unstable();
            serde_json::json!({
                "pattern": pattern, "is_look_alike": is_benign, "planted": cases().count(),
                "candidates": cases().filter(|outcome| outcome.is_candidate).count(),
                "flagged": cases().filter(|outcome| outcome.days_to_flag.is_some()).count(),
                "leads_only": cases().filter(|outcome| is_only_lead(outcome)).count(),
                "median_nights_to_flag": days.get(days.len() / 2),
            })
        })
        .collect()
}

/// Returns whether a case was a lead and never a flag.
fn is_only_lead(outcome: &CaseOutcome) -> bool {
    outcome.is_lead && outcome.days_to_flag.is_none()
}

/// Returns the same numbers for each variant.
pub(super) fn variant_rows(worlds: &[EvaluatedWorld]) -> Vec<serde_json::Value> {
    let mut variants: BTreeMap<(&str, &str), Vec<&CaseOutcome>> = BTreeMap::new();
    for outcome in worlds.iter().flat_map(|world| &world.outcomes) {
        variants.entry((&outcome.pattern, &outcome.variant)).or_default().push(outcome);
    }
    variants
        .into_iter()
        .map(|((pattern, variant), cases)| {
            serde_json::json!({
                "pattern": pattern, "mechanism": variant, "is_look_alike": cases[0].is_benign,
                "held_out": cases[0].held_out, "planted": cases.len(),
                "candidates": cases.iter().filter(|outcome| outcome.is_candidate).count(),
                "flagged": cases.iter().filter(|outcome| outcome.days_to_flag.is_some()).count(),
                "leads_only": cases.iter().filter(|outcome| is_only_lead(outcome)).count(),
            })
        })
        .collect()
}

/// Returns the planted patterns that never became a candidate of their pattern.
pub(super) fn missed_rows(worlds: &[EvaluatedWorld]) -> Vec<serde_json::Value> {
    let all = worlds.iter().flat_map(|world| &world.outcomes);
    all.filter(|outcome| !outcome.is_benign && !outcome.is_candidate)
        .map(|outcome| {
            serde_json::json!({
                "seed": outcome.seed, "plant_id": outcome.case_id, "pattern": outcome.pattern, "mechanism": outcome.variant,
            })
        })
        .collect()
}

/// Returns the evaluation as a Markdown page; `first` and `last` are the seeds of the worlds.
pub(super) fn page(
    model: &TrainedModel,
    evaluation: &Evaluation,
    held_out: &HeldOut,
    worlds: &[EvaluatedWorld],
    ((first, last), level): ((u64, u64), Level),
) -> String {
    let level = level.name();
    let mut page = format!(
        "# Evaluation\n\nModel `{}`, trained on {}. Evaluated on {} worlds of level {level} that it was not trained on:\n\n```\naraneus evaluate --seeds {first}..{last} --level {level}\n```\n\n\
Each row is one flag on the night that raised it. The flag is true if it shows a planted pattern of any kind. Base rate {:.3}: {} of {} flags. \
Intervals contain 95 % of the bootstrap samples over worlds.\n\n",
        model.id(),
        model.trained_on(),
        worlds.len(),
        evaluation.base_rate,
        evaluation.positives,
        evaluation.rows,
    );
    write_measures(&mut page, evaluation);
    write_held_out(&mut page, held_out);
    write_patterns(&mut page, worlds);
    write_single_features(&mut page, evaluation);
    write_calibration(&mut page, evaluation);
    page
}

/// Returns an estimate with its interval.
fn estimate(estimate: &Estimate) -> String {
    let number =
        |value: Option<f64>| value.map_or_else(|| "unknown".to_owned(), |value| format!("{value:.3}"));
    format!("{} ({} to {})", number(estimate.value), number(estimate.low), number(estimate.high))
}

/// Writes the measures of the model beside those of the rules.
fn write_measures(page: &mut String, evaluation: &Evaluation) {
    page.push_str("| | model | rules only | gain |\n| --- | --- | --- | --- |\n");
    for measured in &evaluation.measures {
        let same_measure = |all: &[Measured]| {
            let other = all.iter().find(|other| other.name == measured.name);
            other.map_or_else(String::new, |other| estimate(&other.estimate))
        };
        let rules = evaluation.baselines.first();
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            measured.name,
            estimate(&measured.estimate),
            rules.map_or_else(String::new, |rules| same_measure(&rules.measures)),
            rules.map_or_else(String::new, |rules| same_measure(&rules.gains))
        );
    }
}

/// Writes the share of the average precision that held-out variants keep.
fn write_held_out(page: &mut String, held_out: &HeldOut) {
    let HeldOut { held_out_flags, seen_flags, .. } = held_out;
    if let (Some(of_held_out), Some(of_seen), Some(kept)) =
        (held_out.held_out, held_out.seen, held_out.kept())
    {
        let _ = write!(
            page,
            "\nTraining skips some variants. The average precision of their {held_out_flags} true flags is {of_held_out:.3}, and that of the \
{seen_flags} true flags of other variants is {of_seen:.3}. Held-out variants keep a share of {kept:.2}. Both are measured against all false flags, at the base rate.\n"
        );
    }
}

/// Writes how many planted patterns became candidates and flags, and which never did.
fn write_patterns(page: &mut String, worlds: &[EvaluatedWorld]) {
    page.push_str("\n## Planted patterns found\n\n| pattern | | planted | candidates | flagged | leads only | median days from emergence to flag |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |\n");
    for row in pattern_rows(worlds) {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} |",
            row["pattern"].as_str().unwrap_or_default(),
            if row["is_look_alike"] == true { "look-alike" } else { "" },
            row["planted"],
            row["candidates"],
            row["flagged"],
            row["leads_only"],
            row["median_nights_to_flag"]
        );
    }
    for outcome in missed_rows(worlds) {
        let text = |name: &str| outcome[name].as_str().unwrap_or_default().to_owned();
        let (case, pattern, variant) = (text("plant_id"), text("pattern"), text("mechanism"));
        let seed = &outcome["seed"];
        let _ = write!(page, "\nNever a candidate: {case} of world {seed}, {pattern} by {variant}.\n");
    }
}

/// Writes the ten features with the highest average precision of their own.
fn write_single_features(page: &mut String, evaluation: &Evaluation) {
    page.push_str("\n## Each feature alone\n\nAverage precision in its better direction. If one feature alone is as good as the model, the worlds are too easy.\n\n| feature | average precision | more is |\n| --- | ---: | --- |\n");
    for single in evaluation.singles.iter().take(10) {
        let side = if single.more_is_better { "better" } else { "worse" };
        let _ = writeln!(page, "| {} | {:.3} | {side} |", single.name, single.average_precision);
    }
}

/// Writes the share of true flags in each bin of probability.
fn write_calibration(page: &mut String, evaluation: &Evaluation) {
    page.push_str("\n## Calibration\n\n| probability | rows | mean probability | share true |\n| --- | ---: | ---: | --- |\n");
    for bin in &evaluation.calibration {
        let _ = writeln!(
            page,
            "| {:.3} to {:.3} | {} | {:.3} | {} |",
            bin.probability_min,
            bin.probability_max,
            bin.rows,
            bin.probability_mean,
            estimate(&bin.share)
        );
    }
}
