//! The reasons for and against each flag.
//!
//! A reason states a measurement, on the side that its meaning allows. The [`Meaning`] of a feature decides the side of
//! its value, and the model must agree. A value that is displayed like the typical value gives no reason. Each fact is
//! stated once, on one side.

use std::collections::{BTreeMap, BTreeSet};

use super::{Flag, Gate, Reason, State, money, people::LinksOfPeople};
use crate::{
    analysis::Analysis,
    features::{self, Candidate, FEATURES, Fact, Feature, FeatureFamily, Meaning, Unit},
    model::{self, Model},
};

/// Reasons for and against a flag, the weightiest features first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reasons {
    /// Reasons for a review.
    pub for_it: Vec<Reason>,
    /// Reasons against, and benign explanations.
    pub against: Vec<Reason>,
}

/// Largest number of features on each side.
const FEATURES_MAX: usize = 4;
/// Largest number of repetitions that a reason names.
const RELAYS_MAX: usize = 3;
/// Least share of the largest contribution that is worth a reason.
const CONTRIBUTION_MIN: f64 = 0.1;
/// Up to this number of recent records the evidence is thin.
const RECORDS_FEW: usize = 3;

/// Returns the reasons of every flag of a run. A reason that all flags share distinguishes none and is left out.
pub fn reasons(
    analysis: &Analysis,
    flags: &[Flag],
    candidates: &[Candidate],
    gates: &[Gate],
    rows: &features::FeatureTable,
    model: &Model,
) -> Vec<Reasons> {
    let people = LinksOfPeople::of(analysis, candidates);
    let explained = model.trained().map(|model| model::explain(model, rows));
    let of_flag = |flag: &Flag| match flag.candidate {
        Some(at) => {
            let features = match &explained {
                Some(parts) => Features::Parts(&parts[at]),
                None => Features::Row(rows.row(at).to_vec()),
            };
            of_candidate(analysis, flag, (&candidates[at], &gates[at]), &features, &people)
        }
        None => not_found(flag),
    };
    let mut all: Vec<Reasons> = flags.iter().map(of_flag).collect();
    if flags.len() > 1 {
        leave_out_common(&mut all);
    }
    for (sides, flag) in all.iter_mut().zip(flags).filter(|(_, flag)| flag.sampled.is_some()) {
        sides.for_it.insert(0, sampled(flag, gates));
    }
    for (sides, flag) in all.iter_mut().zip(flags).filter(|(sides, _)| sides.against.is_empty()) {
        sides.against.push(Reason::NothingAgainst { pattern: flag.pattern.to_owned() });
    }
    all
}

/// Features of a candidate: their parts in the score of a model, or their values without one.
enum Features<'a> {
    Parts(&'a [model::Contribution]),
    Row(Vec<f64>),
}

fn leave_out_common(all: &mut [Reasons]) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for sides in all.iter() {
        let displayed: BTreeSet<String> =
            sides.for_it.iter().chain(&sides.against).map(Reason::displayed).collect();
        for reason in displayed {
            *counts.entry(reason).or_default() += 1;
        }
    }
    let flags = all.len();
    // A flag that touches a person always shows its fact, and a flag of several windows or layers its window or layer.
    let is_kept = |reason: &Reason| {
        matches!(reason, Reason::RecordedFact { .. } | Reason::Window { .. } | Reason::Layer { .. })
            || counts[&reason.displayed()] < flags
    };
    for sides in all {
        sides.for_it.retain(is_kept);
        sides.against.retain(is_kept);
    }
}

fn of_candidate(
    analysis: &Analysis,
    flag: &Flag,
    (candidate, gate): (&Candidate, &Gate),
    features: &Features<'_>,
    people: &LinksOfPeople,
) -> Reasons {
    let mut sides = measured(analysis, flag, candidate, gate);
    sides.for_it.extend(people.reasons(analysis, candidate));
    let stated: BTreeSet<Fact> = sides.for_it.iter().chain(&sides.against).flat_map(Reason::facts).collect();
    let features = match features {
        Features::Parts(parts) => of_model(parts, stated),
        Features::Row(row) => Reasons { against: benign(row, stated), ..Reasons::default() },
    };
    sides.for_it.extend(features.for_it);
    sides.against.splice(0..0, features.against);
    sides
}

/// Returns the reasons that need no model: sources, strength, payments and the amount of evidence.
fn measured(analysis: &Analysis, flag: &Flag, candidate: &Candidate, gate: &Gate) -> Reasons {
    let mut sides = Reasons::default();
    let reliability = |source: &String| (source.clone(), analysis.view.terms(source).reliability);
    let sources = Reason::Sources { sources: gate.origins.iter().map(reliability).collect() };
    let (mut weak, mut strong) = (Vec::new(), Vec::new());
    if gate.origins.len() > 1 { &mut strong } else { &mut weak }.push(sources);
    weak.extend(relays(analysis, candidate));
    if let (State::Grown, Some((_, before))) = (flag.state, flag.before) {
        let change = Reason::Changed { before, now: candidate.statistic };
        match hundredths(candidate.statistic).total_cmp(&hundredths(before)) {
            std::cmp::Ordering::Greater => strong.push(change),
            std::cmp::Ordering::Less => weak.push(change),
            std::cmp::Ordering::Equal => {}
        }
    }
    let tests = gate.tests();
    let [history, chance, ..] = &tests[..] else { return sides };
    let strongest_before = gate.strongest_before.filter(|_| history.passed);
    strong.push(Reason::Strength {
        pattern: candidate.pattern.to_owned(),
        strength: candidate.statistic,
        strongest_before,
        windows: candidate.history.len(),
        expected: gate.expected.filter(|_| chance.passed || gate.has_closed_form()),
    });
    strong.extend(candidate.window.map(|choice| Reason::Window { choice }));
    strong.extend(
        candidate
            .layer
            .map(|choice| Reason::Layer { layer: choice.layer.name().to_owned(), layers: choice.layers }),
    );
    match gate.strongest_before {
        // A closed form compares with the past itself.
        None if gate.has_closed_form() => {}
        None => weak.push(Reason::NoEarlierWindow),
        Some(strongest_before) if !history.passed => weak.push(Reason::NotAboveEarlier { strongest_before }),
        Some(_) => {}
    }
    if let Some(expected) = gate.expected.filter(|_| !chance.passed && !gate.has_closed_form()) {
        weak.push(Reason::NotAboveChance { expected, limit: gate.expected_max });
    }
    strong.extend(money::reasons(analysis, candidate));
    if hundredths(gate.news_share) < 1.0 {
        weak.push(Reason::NotNews { share: 1.0 - gate.news_share });
    }
    let count = features::records(analysis, candidate).len();
    if count <= RECORDS_FEW {
        weak.push(Reason::FewRecords { count });
    }
    sides.for_it = strong;
    sides.against = weak;
    sides
}

/// Returns the reason that names the sources which repeat others; `None` if no source does.
fn relays(analysis: &Analysis, candidate: &Candidate) -> Option<Reason> {
    let mut relays = features::relays(analysis, candidate);
    relays.sort_by(|a, b| {
        b.records.cmp(&a.records).then_with(|| (&a.source, &a.origin).cmp(&(&b.source, &b.origin)))
    });
    let left_out = relays.len().saturating_sub(RELAYS_MAX);
    relays.truncate(RELAYS_MAX);
    (!relays.is_empty()).then_some(Reason::Relays { relays, left_out })
}

/// Returns the reason why a candidate that the gate stopped is before a person.
fn sampled(flag: &Flag, gates: &[Gate]) -> Reason {
    match flag.candidate.filter(|_| flag.state == State::New) {
        Some(at) => Reason::Sampled { tests: gates[at].fails().into_iter().map(str::to_owned).collect() },
        None => Reason::SampledEarlier { drawn: flag.first_flagged },
    }
}

/// Returns the reasons of a flag that only an earlier run found.
fn not_found(flag: &Flag) -> Reasons {
    let (_, strength) = flag.before.unwrap_or((State::Standing, 0.0));
    let against = match (flag.state, flag.sampled) {
        (State::Closed, None) => Reason::Closed,
        (State::Closed, Some(_)) => Reason::SampleOver,
        _ => Reason::NotFound,
    };
    if flag.sampled.is_some() {
        return Reasons { for_it: Vec::new(), against: vec![against] };
    }
    Reasons {
        for_it: vec![Reason::FoundEarlier { first_flagged: flag.first_flagged, strength }],
        against: vec![against],
    }
}

/// Returns the features that a model counts most, each on the side that its meaning allows.
fn of_model(parts: &[model::Contribution], mut stated: BTreeSet<Fact>) -> Reasons {
    let mut parts = parts.to_vec();
    parts.retain(|part| part.value.is_finite() && part.typical.is_finite());
    parts.sort_by(|a, b| {
        b.contribution.abs().total_cmp(&a.contribution.abs()).then_with(|| a.feature.cmp(&b.feature))
    });
    let largest = parts.first().map_or(0.0, |part| part.contribution.abs());
    let mut sides = Reasons::default();
    for part in parts.iter().filter(|part| part.contribution.abs() >= CONTRIBUTION_MIN * largest) {
        let feature = &FEATURES[part.feature];
        let Some(is_evidence_for) = is_evidence_for(feature, part.value, part.typical) else { continue };
        let agrees = if is_evidence_for { part.contribution > 0.0 } else { part.contribution < 0.0 };
        let side = if is_evidence_for { &mut sides.for_it } else { &mut sides.against };
        if agrees && side.len() < FEATURES_MAX && feature.fact.is_none_or(|fact| stated.insert(fact)) {
            side.push(Reason::Feature {
                feature: feature.name.to_owned(),
                value: part.value,
                typical: Some(part.typical),
                contribution: Some(part.contribution),
            });
        }
    }
    sides
}

/// Returns true for evidence of emergence, false for evidence against it, and `None` for a value without a meaning, or
/// one that is displayed like the typical value.
fn is_evidence_for(feature: &Feature, number: f64, typical: f64) -> Option<bool> {
    if feature.display(number) == feature.display(typical) {
        return None;
    }
    match feature.meaning {
        Meaning::High => Some(number > typical),
        Meaning::Low => Some(number < typical),
        Meaning::Undecided => None,
    }
}

/// Returns the benign explanations that are not 0, where no model has typical values.
fn benign(row: &[f64], mut stated: BTreeSet<Fact>) -> Vec<Reason> {
    let is_benign = |feature: &Feature, number: f64| {
        // A usual delivery has volume 1; sizes of reports have no natural zero.
        let usual = match feature.unit {
            Unit::Share => 0.0,
            Unit::Real => 1.0,
            Unit::Number | Unit::Days => return false,
        };
        number.is_finite()
            && feature.family == FeatureFamily::BenignExplanation
            && is_evidence_for(feature, number, usual) == Some(false)
    };
    let matching = FEATURES.iter().zip(row).filter(|(feature, number)| is_benign(feature, **number));
    matching
        .filter(|(feature, _)| feature.fact.is_none_or(|fact| stated.insert(fact)))
        .map(|(feature, &value)| Reason::Feature {
            feature: feature.name.to_owned(),
            value,
            typical: None,
            contribution: None,
        })
        .take(FEATURES_MAX)
        .collect()
}

/// Rounds to two digits, as sentences display a strength.
fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
