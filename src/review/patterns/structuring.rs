//! # Definition
//! Three or more nearly equal payments of one payer to one payee within a sixteenth of the time span, by a payer that
//! makes larger payments otherwise. The number of repetitions by chance is binomial, from the repetitions of all payers
//! and from those of this payer at other times.
//!
//! # Rationale
//! A large sum that is paid in parts stays below limits of reporting. The parts are alike and follow each other closely.
//!
//! # False positives
//! Wages or instalments that begin; a shop that charges in parts; a daily allowance; limits of a bank's own transfers.

use super::{super::FlagTitle, Null, Pattern, flows, label};
use crate::{
    analysis::{Analysis, PaymentFlow},
    features::Candidate,
    flow::FlowKind,
    index::EntityIndex,
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "structuring",
    about: "One payer pays one payee nearly the same amount several times within a short time, though it makes larger payments otherwise.",
    rationale: "A large sum that is paid in parts stays below limits of reporting.",
    false_positives: "Instalments or wages that begin, a shop that charges in parts, or a limit of the bank for one transfer.",
    unit: "powers of ten by which it is rarer than one instance by chance",
    find,
    null: Null::Closed,
    title: "{name} pays {payee} nearly the same amount several times within a short time.",
    title_of,
};

fn find(analysis: &Analysis) -> Vec<Candidate> {
    flows::candidates(analysis, PATTERN.name, FlowKind::Structuring, anchors)
}

/// Returns the payer and the payee.
fn anchors(_: &Analysis, flow: &PaymentFlow) -> Vec<EntityIndex> {
    flow.entities.clone()
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    FlagTitle::new(PATTERN.name)
        .label("name", label(analysis, candidate.anchors[0]))
        .label("payee", label(analysis, candidate.anchors[1]))
}
