//! # Definition
//! One account pays three or more others, and each of them pays nearly the same amount to one target within a quarter of
//! the time span. The number of intermediaries by chance is Poisson: the source's payments that are passed on, times the
//! share of the target in all payments.
//!
//! # Rationale
//! A sum that is split over several accounts and collected again stays below limits of attention on each way.
//!
//! # False positives
//! A company whose branches pay the head office; a market with one large seller; several suppliers with one subcontractor.

use super::{super::FlagTitle, Null, Pattern, flows, label};
use crate::{
    analysis::{Analysis, PaymentFlow},
    features::Candidate,
    flow::FlowKind,
    index::EntityIndex,
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "scatter-gather",
    about: "One account pays several others, and each of them pays nearly the same amount to one target soon afterwards.",
    rationale: "A sum that is split over several accounts and collected again is hard to follow.",
    false_positives: "A company whose branches pay the head office, several suppliers with one subcontractor, or a market with one large seller.",
    unit: "powers of ten by which it is rarer than one instance by chance",
    find,
    null: Null::Closed,
    title: "{name} pays {between} accounts, and each of them pays nearly the same amount to {target}.",
    title_of,
};

fn find(analysis: &Analysis) -> Vec<Candidate> {
    flows::candidates(analysis, PATTERN.name, FlowKind::ScatterGather, anchors)
}

/// Returns the source and the target.
fn anchors(_: &Analysis, flow: &PaymentFlow) -> Vec<EntityIndex> {
    flow.entities.first().into_iter().chain(flow.entities.last()).copied().collect()
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let [source, target] = [candidate.anchors[0], candidate.anchors[1]];
    FlagTitle::new(PATTERN.name)
        .label("name", label(analysis, source))
        .label("target", label(analysis, target))
        .count("between", candidate.members.len() - 2)
}
