//! Why a flag deserves a look and what speaks against it, in sentences that carry the value
//! and what is ordinary.

use std::collections::{BTreeMap, BTreeSet};

use super::{Flag, Gate, Pattern, State, money};
use crate::{
    analysis::Analysis,
    features::{self, Candidate, FEATURES, Family, Feature, Unit},
    model::{self, Contribution, Model},
    record::Reliability,
};

/// What is said of a flag.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reasons {
    /// Why it deserves a look.
    pub for_it: Vec<String>,
    /// What else could explain it.
    pub against: Vec<String>,
}

/// Most reasons of the model on each side.
const REASONS_MAX: usize = 4;
/// A contribution below this share of the largest is not worth a sentence.
const SMALL: f64 = 0.1;

/// Words every flag of a night; what would be said of all of them says nothing and is left out.
pub fn reasons(
    analysis: &Analysis,
    flags: &[Flag],
    candidates: &[Candidate],
    gates: &[Gate],
    rows: &features::Table,
    model: &Model,
) -> Vec<Reasons> {
    let mut all: Vec<Reasons> = flags
        .iter()
        .map(|flag| match flag.candidate {
            Some(at) => found(analysis, flag, &candidates[at], &gates[at], &rows.row(at).to_vec(), model),
            None => carried(flag),
        })
        .collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for said in &all {
        let own: BTreeSet<&String> = said.for_it.iter().chain(&said.against).collect();
        for sentence in own {
            *counts.entry(sentence.clone()).or_default() += 1;
        }
    }
    if flags.len() > 1 {
        for said in &mut all {
            said.for_it.retain(|sentence| counts[sentence] < flags.len());
            said.against.retain(|sentence| counts[sentence] < flags.len());
        }
    }
    for (said, flag) in all.iter_mut().zip(flags).filter(|(said, _)| said.against.is_empty()) {
        let look_alikes = super::named(flag.pattern).look_alikes;
        said.against
            .push(format!("Nothing that was measured speaks against it. It could still be: {look_alikes}"));
    }
    all
}

fn found(
    analysis: &Analysis,
    flag: &Flag,
    candidate: &Candidate,
    gate: &Gate,
    row: &[f64],
    model: &Model,
) -> Reasons {
    let mut said = Reasons { for_it: vec![told_by(analysis, gate)], against: Vec::new() };
    if let Some(sentence) = grew(flag, candidate) {
        said.for_it.push(sentence);
    }
    said.for_it.push(chance(candidate, super::named(candidate.pattern)));
    said.for_it.extend(money::sentences(analysis, candidate));
    match model {
        Model::Logistic(logistic) => {
            let mut parts = model::explain(logistic, row);
            parts.retain(|part| part.value.is_finite());
            parts.sort_by(|a, b| {
                b.contribution.total_cmp(&a.contribution).then_with(|| a.feature.cmp(&b.feature))
            });
            let largest = parts.iter().map(|part| part.contribution.abs()).fold(0.0, f64::max);
            let speaks = |part: &&Contribution| part.contribution.abs() >= SMALL * largest;
            said.for_it.extend(
                parts
                    .iter()
                    .filter(speaks)
                    .filter(|part| part.contribution > 0.0)
                    .take(REASONS_MAX)
                    .map(sentence),
            );
            said.against.extend(
                parts
                    .iter()
                    .rev()
                    .filter(speaks)
                    .filter(|part| part.contribution < 0.0)
                    .take(REASONS_MAX)
                    .map(sentence),
            );
        }
        Model::Rules => said.against.extend(benign(row)),
    }
    said.against.extend(weak_sides(analysis, candidate, gate));
    said
}

/// Says of a flag found on an earlier night only what it is.
fn carried(flag: &Flag) -> Reasons {
    let (_, statistic) = flag.before.unwrap_or((State::Standing, 0.0));
    let told = format!(
        "It was flagged on {} and stood at {statistic:.2} when it was last found.",
        flag.first_flagged.display_utc()
    );
    let against = match flag.state {
        State::Closed => {
            "Nothing keeps it up any more: its records are withdrawn, or nothing was added for two weeks."
        }
        _ => "Nothing of the recent nights makes it one: it stands by what was told before.",
    };
    Reasons { for_it: vec![told], against: vec![against.to_owned()] }
}

fn told_by(analysis: &Analysis, gate: &Gate) -> String {
    let named: Vec<String> = gate
        .origins
        .iter()
        .map(|source| match analysis.view.terms(source).reliability {
            Reliability::F => format!("{source} (reliability not judged)"),
            known => format!("{source} (reliability {known:?})"),
        })
        .collect();
    match named.as_slice() {
        [] => "No source tells of it as news.".to_owned(),
        [one] if gate.is_reliable() => {
            format!("One source tells of it as news: {one}. It is reliable enough to be heard alone.")
        }
        [one] => format!("One source tells of it as news: {one}."),
        many => format!("{} sources tell of it independently: {}.", many.len(), many.join(", ")),
    }
}

fn grew(flag: &Flag, candidate: &Candidate) -> Option<String> {
    let (state, before) = flag.before?;
    (flag.state == State::Grown).then(|| {
        format!(
            "It was {} at {before:.2} the night before, and is at {:.2} tonight.",
            state.name(),
            candidate.statistic
        )
    })
}

fn chance(candidate: &Candidate, pattern: &Pattern) -> String {
    let strongest = candidate.history.iter().copied().fold(0.0, f64::max);
    let before = if candidate.history.is_empty() {
        "there is no earlier window to compare with".to_owned()
    } else {
        format!("its strongest of {} earlier windows reached {strongest:.2}", candidate.history.len())
    };
    let p = candidate
        .null_p
        .map_or_else(String::new, |p| format!(", and {:.1} % of random nights reach it", p * 100.0));
    format!("It shows {:.2} {}; {before}{p}.", candidate.statistic, pattern.unit)
}

/// What would explain it otherwise, where no model says how much that weighs.
fn benign(row: &[f64]) -> Vec<String> {
    let benign = (0..)
        .zip(row)
        .filter(|(at, value)| FEATURES[*at].family == Family::BenignExplanation && **value > 0.0)
        .map(|(feature, &value)| Contribution { feature, value, typical: f64::NAN, contribution: 0.0 });
    benign.take(REASONS_MAX).map(|part| sentence(&part)).collect()
}

/// What the gate saw on its weak side, though it let the candidate pass.
fn weak_sides(analysis: &Analysis, candidate: &Candidate, gate: &Gate) -> Vec<String> {
    let mut said = Vec::new();
    if let [only] = gate.origins.as_slice() {
        said.push(format!("It rests on {only} alone; whoever else tells of it passes on the same objects."));
    }
    if gate.news_share < 1.0 {
        said.push(format!(
            "{:.0} % of what makes it grow is not news: told late, corrected, or from a source read for the first time.",
            (1.0 - gate.news_share) * 100.0
        ));
    }
    let records = features::records(analysis, candidate).len();
    if records <= 3 {
        said.push(format!("Only {records} recent records stand behind it."));
    }
    if candidate.history.is_empty() {
        said.push("The archive is too young to know what is usual for it.".to_owned());
    }
    said
}

/// Words a contribution with its value and what is ordinary: the median of what turned out benign.
fn sentence(part: &Contribution) -> String {
    let feature = &FEATURES[part.feature];
    let said = feature.says.replace("{}", &value(feature, part.value));
    let mut letters = said.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let ordinary = if part.typical.is_finite() {
        format!(" (ordinary: {})", value(feature, part.typical))
    } else {
        String::new()
    };
    format!("{first}{}{ordinary}.", letters.as_str())
}

/// Writes a feature's number as a person reads it.
pub fn value(feature: &Feature, number: f64) -> String {
    match feature.unit {
        Unit::Share => format!("{:.0} %", number * 100.0),
        Unit::Real => format!("{number:.2}"),
        Unit::Number if number.fract() == 0.0 => format!("{number:.0}"),
        Unit::Number => format!("{number:.1}"),
    }
}
