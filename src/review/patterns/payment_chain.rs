//! # Definition
//! Payments of nearly one amount that lead from account to account, each after or before the next. From each payment the
//! next one has nearly the same amount, within 0.2, 2 or 10 %. The habits of each account and the amounts of all
//! payments give the number of such chains that chance would bring.
//!
//! # Rationale
//! Layering moves a sum through several accounts, so that its origin is hard to follow. Each account keeps a fee or
//! nothing.
//!
//! # False positives
//! Pocket money, rent or salaries that happen to be equal; an intermediary such as a notary or a payment service; the
//! accounts of one household.

use super::{super::FlagTitle, Null, Pattern, flows, label};
use crate::{
    analysis::{Analysis, PaymentFlow},
    features::Candidate,
    flow::FlowKind,
    index::EntityIndex,
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "payment chain",
    about: "Payments of nearly one amount that lead from account to account, more of them than chance brings.",
    rationale: "Layering moves one sum through several accounts to hide its origin.",
    false_positives: "An intermediary such as a notary or a payment service, the accounts of one household, or usual amounts such as rents.",
    unit: "powers of ten by which it is rarer than one instance by chance",
    find,
    null: Null::Closed,
    title: "A sum moves through {accounts} accounts, from {name} on.",
    title_of,
};

fn find(analysis: &Analysis) -> Vec<Candidate> {
    flows::candidates(analysis, PATTERN.name, FlowKind::Chain, anchors)
}

/// Returns the first accounts of the chain. A chain that grows at its end keeps them.
fn anchors(_: &Analysis, flow: &PaymentFlow) -> Vec<EntityIndex> {
    flow.entities.iter().take(3).copied().collect()
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    FlagTitle::new(PATTERN.name)
        .label("name", label(analysis, candidate.anchors[0]))
        .count("accounts", candidate.members.len())
}
