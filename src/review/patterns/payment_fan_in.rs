//! # Definition
//! Three or more payers pay one payee nearly the same amount within a time window. The number of payers by chance is
//! binomial. Its chance follows from all payments, and from the habits of the payers and of the payee. A payer that pays the payee this amount more than once does not count.
//!
//! # Rationale
//! Money mules collect for one account. Sums that several people pay for no price of a shop are deliveries.
//!
//! # False positives
//! A shop with one price that opens; a collection among friends; a membership fee; rents of one house that begin in the same
//! month.

use super::{super::FlagTitle, Null, Pattern, flows, label};
use crate::{
    analysis::{Analysis, PaymentFlow},
    features::Candidate,
    flow::FlowKind,
    index::{EntityIndex, RecordIndex},
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "payment fan-in",
    about: "Three or more payers pay one payee nearly the same amount within a time window, more of them than chance and habits bring.",
    rationale: "Money mules and victims of one fraud pay similar sums to one account.",
    false_positives: "A shop with one price that opens, a membership fee, a collection among friends, or rents of one house.",
    unit: "powers of ten by which it is rarer than one instance by chance",
    find,
    null: Null::Closed,
    title: "{payers} payers pay {name} nearly the same amount.",
    title_of,
};

fn find(analysis: &Analysis) -> Vec<Candidate> {
    flows::candidates(analysis, PATTERN.name, FlowKind::FanIn, anchors)
}

/// Returns the payee and the first payer in time. A fan-in that grows keeps them.
fn anchors(analysis: &Analysis, flow: &PaymentFlow) -> Vec<EntityIndex> {
    let time =
        |record: RecordIndex| analysis[record].content.seen().start.unwrap_or(analysis[record].recorded_at);
    let first = flow.payments.iter().min_by_key(|payment| (time(payment.record), payment.link));
    let payer = first.map(|payment| analysis[payment.link].from);
    flow.entities.last().copied().into_iter().chain(payer).collect()
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    FlagTitle::new(PATTERN.name)
        .label("name", label(analysis, candidate.anchors[0]))
        .count("payers", candidate.members.len() - 1)
}
