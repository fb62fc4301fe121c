//! # Definition
//! An account that passes on three or more payments, and at least half of the sum that it receives. It pays nearly the
//! same amount to another account within a sixteenth of the time span. The number of such payments by chance is
//! binomial, from the amounts of all payments and from the account's own habits.
//!
//! # Rationale
//! A mule account keeps nothing: it forwards what it receives, less a fee (FATF 2018, Professional Money Laundering).
//!
//! # False positives
//! A payment service, a broker or a notary; a person who collects money for a club; rents that a manager forwards.

use super::{super::FlagTitle, Null, Pattern, flows, label};
use crate::{
    analysis::{Analysis, PaymentFlow},
    features::Candidate,
    flow::FlowKind,
    index::EntityIndex,
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "pass-through",
    about: "An account that passes on most of what it receives, in nearly the same amounts and soon, again and again.",
    rationale: "A mule account forwards what it receives and keeps a fee.",
    false_positives: "A payment service, a broker, a notary, a person who collects money for a club, or a manager who forwards rents.",
    unit: "powers of ten by which it is rarer than one instance by chance",
    find,
    null: Null::Closed,
    title: "{name} passes on most of what it receives, soon and nearly unchanged: it has {others} other {others:account|accounts} on both sides.",
    title_of,
};

fn find(analysis: &Analysis) -> Vec<Candidate> {
    flows::candidates(analysis, PATTERN.name, FlowKind::PassThrough, anchors)
}

/// Returns the account.
fn anchors(_: &Analysis, flow: &PaymentFlow) -> Vec<EntityIndex> {
    flow.entities.first().copied().into_iter().collect()
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    FlagTitle::new(PATTERN.name)
        .label("name", label(analysis, candidate.anchors[0]))
        .count("others", candidate.members.len() - 1)
}
