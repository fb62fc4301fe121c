//! # Definition
//! Payments of nearly one amount that lead from account to account and back to the first payer. The number of such
//! cycles by chance is that of chains, times the chance that the last payment goes to the first payer. The payments need
//! not be in order of time.
//!
//! # Rationale
//! Money that returns to its owner buys nothing. Cycles feign turnover, or give a sum another origin.
//!
//! # False positives
//! Friends who settle a shared bill; accounts of one owner or one group of companies; a savings club.

use super::{super::FlagTitle, Null, Pattern, flows, label};
use crate::{
    analysis::{Analysis, PaymentFlow},
    features::Candidate,
    flow::FlowKind,
    index::EntityIndex,
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "payment cycle",
    about: "Payments of nearly one amount that lead through three or more accounts back to the first payer, more of them than chance brings.",
    rationale: "Money that returns to its owner feigns turnover or another origin.",
    false_positives: "Accounts of one owner or one group of companies, friends who settle a shared bill, or a savings club.",
    unit: "powers of ten by which it is rarer than one instance by chance",
    find,
    null: Null::Closed,
    title: "A sum moves in a cycle of {accounts} accounts, among them {name}.",
    title_of,
};

fn find(analysis: &Analysis) -> Vec<Candidate> {
    flows::candidates(analysis, PATTERN.name, FlowKind::Cycle, anchors)
}

/// Returns the first accounts of the cycle, from the lowest id on.
fn anchors(analysis: &Analysis, flow: &PaymentFlow) -> Vec<EntityIndex> {
    flows::around(analysis, &flow.entities).into_iter().take(3).collect()
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    FlagTitle::new(PATTERN.name)
        .label("name", label(analysis, candidate.anchors[0]))
        .count("accounts", candidate.members.len())
}
