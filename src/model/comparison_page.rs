//! A comparison as Markdown: measures of every model, paired differences, and what relations add.

use std::fmt::Write;

use super::{
    bootstrap::Estimate,
    comparison::{Comparison, PairedDifference},
    outcome_measures::OutcomeMeasure,
    pairing::Paired,
};
use crate::time::Moment;

/// Returns the page of a comparison.
pub fn comparison_page(comparison: &Comparison) -> String {
    let mut page = String::new();
    write_comparison(&mut page, comparison).expect("a write to a string does not fail");
    page
}

fn write_comparison(page: &mut String, comparison: &Comparison) -> std::fmt::Result {
    let Comparison { outcome, question, labelled, scored, cuts, queries, .. } = comparison;
    writeln!(page, "## Forward validation of `{outcome}`\n\n{question}\n")?;
    writeln!(
        page,
        "Rows with a label: {} ({} positive, {} subjects). Scored forward: {} rows at {cuts} cuts, {} positive, a base rate of {:.4}{}.",
        labelled.rows,
        labelled.positives,
        labelled.groups,
        scored.rows,
        scored.positives,
        scored.base_rate,
        if *queries > 0 { format!(", in {queries} queries") } else { String::new() },
    )?;
    writeln!(
        page,
        "Each cut is scored by models that saw only labels known before it. Scores are {}.",
        match comparison.order {
            super::Order::Cut => "ranked within each cut, and then pooled",
            super::Order::Query => "ranked within each query",
            super::Order::Pooled => "pooled over all cuts",
        }
    )?;
    writeln!(
        page,
        "Intervals contain 95 % of the bootstrap samples over subjects; those in brackets over cuts.\n"
    )?;
    if let Some(untrained) = &comparison.untrained {
        writeln!(page, "**{}{}**\n", untrained[..1].to_uppercase(), &untrained[1..])?;
    }
    let best = comparison.replaced.as_ref().unwrap_or(&comparison.chosen);
    writeln!(page, "Chosen by average precision: **{best}**.\n")?;
    for sentence in comparison.warnings() {
        writeln!(page, "**{sentence}**\n")?;
    }
    if let Some(relations) = &comparison.relations {
        writeln!(page, "{relations}\n")?;
    }
    let names: Vec<&str> = comparison
        .models
        .iter()
        .max_by_key(|model| model.measures.len())
        .map(|model| model.measures.iter().map(|measure| &*measure.name).collect())
        .unwrap_or_default();
    writeln!(page, "| model | {} |", names.join(" | ").replace('_', " "))?;
    writeln!(page, "| --- |{}", " --- |".repeat(names.len()))?;
    for model in &comparison.models {
        let cells = names.iter().map(|name| cell(&model.measures, name, false));
        writeln!(page, "| {} | {} |", model.name, cells.collect::<Vec<String>>().join(" | "))?;
    }
    writeln!(page, "\n### Paired differences\n")?;
    write_differences(page, &comparison.differences)?;
    writeln!(page, "\n### Base rates\n\n| cut | rows | share of positives |\n| --- | ---: | ---: |")?;
    let first = comparison.base_rates.len().saturating_sub(BASE_RATES_MAX);
    for &(cut, rate, rows) in &comparison.base_rates[first..] {
        writeln!(page, "| {} | {rows} | {rate:.4} |", Moment::from_micros(cut).display_utc())?;
    }
    Ok(())
}

/// Largest number of cuts whose base rate is shown.
const BASE_RATES_MAX: usize = 12;

fn write_differences(page: &mut String, differences: &[PairedDifference]) -> std::fmt::Result {
    let Some(first) = differences.first() else { return writeln!(page, "There is no second model.") };
    let names: Vec<&str> =
        first.measures.iter().map(|measure| &*measure.name).filter(|name| is_order(name)).collect();
    writeln!(page, "| model | less | {} |", names.join(" | ").replace('_', " "))?;
    writeln!(page, "| --- | --- |{}", " --- |".repeat(names.len()))?;
    for pair in differences {
        let cells = names.iter().map(|name| cell(&pair.measures, name, true));
        writeln!(
            page,
            "| {} | {} | {} |",
            pair.left,
            pair.right,
            cells.collect::<Vec<String>>().join(" | ")
        )?;
    }
    Ok(())
}

/// Returns two models on the same rows as a page.
pub fn paired_page(paired: &Paired) -> String {
    let Paired { left, right, rows, positives, cuts, .. } = paired;
    let mut page = format!(
        "## {left} against {right}\n\n{rows} rows at {cuts} cuts that both scored, {positives} positive. Intervals over subjects; those in brackets over cuts.\n\n| | {left} | {right} | difference |\n| --- | --- | --- | --- |\n"
    );
    for measure in &paired.left_measures {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            measure.name.replace('_', " "),
            cell(&paired.left_measures, &measure.name, false),
            cell(&paired.right_measures, &measure.name, false),
            cell(&paired.difference, &measure.name, true)
        );
    }
    if let Some(skill) = paired.last_skill {
        let _ = writeln!(
            page,
            "\nBrier skill of {left} over the running base rate on the last three cuts: {skill:.3}."
        );
    }
    page
}

/// Returns whether a measure is about the order of rows, and not about probabilities.
fn is_order(name: &str) -> bool {
    !name.starts_with("brier") && name != "calibration_error"
}

fn cell(measures: &[OutcomeMeasure], name: &str, is_signed: bool) -> String {
    let Some(measure) = measures.iter().find(|measure| measure.name == name) else { return String::new() };
    let number = |value: f64| if is_signed { format!("{value:+.3}") } else { format!("{value:.3}") };
    let interval = |estimate: &Estimate| {
        estimate.low.zip(estimate.high).map(|(low, high)| format!("{} to {}", number(low), number(high)))
    };
    let Some(value) = measure.estimate.value else { return "not defined".to_owned() };
    let mut text = number(value);
    if let Some(interval) = interval(&measure.estimate) {
        let _ = write!(text, " ({interval})");
    }
    if let Some(interval) = interval(&measure.by_cut) {
        let _ = write!(text, " [{interval}]");
    }
    text
}
