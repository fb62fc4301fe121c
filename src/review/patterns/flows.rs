//! Candidates from flows of money, which the patterns of payments share.

use std::collections::BTreeMap;

use crate::{
    analysis::{Analysis, PaymentFlow},
    features::{Candidate, TimeAxis, WindowChoice},
    flow::FlowKind,
    index::EntityIndex,
    temporal::Arrival,
};

/// Returns the candidates of one kind of flow. The strength is the number of powers of ten by which a flow is rarer
/// than one instance by chance. Flows with the same main entities are one candidate, the least expected of them.
pub(super) fn candidates(
    analysis: &Analysis,
    pattern: &'static str,
    kind: FlowKind,
    anchors: fn(&Analysis, &PaymentFlow) -> Vec<EntityIndex>,
) -> Vec<Candidate> {
    let mut by_id: BTreeMap<String, Candidate> = BTreeMap::new();
    for flow in analysis.payment_flows.iter().filter(|flow| flow.kind == kind) {
        let recent = flow
            .payments
            .iter()
            .filter(|payment| analysis.recent.arrivals[payment.record.index()] != Arrival::Earlier);
        let mut candidate = Candidate::new(
            analysis,
            pattern,
            anchors(analysis, flow),
            flow.entities.iter().copied(),
            Vec::new(),
            recent.map(|payment| payment.link),
        );
        candidate.statistic = -flow.log10_expected;
        candidate.expected = Some(f64::powf(10.0, flow.log10_expected));
        candidate.counts = flow.layers.iter().map(|width| *width as usize).collect();
        candidate.window =
            flow.window.map(|(days, windows)| WindowChoice { days, axis: TimeAxis::Valid, windows });
        let best = by_id.entry(candidate.id.clone()).or_insert_with(|| candidate.clone());
        if best.statistic < candidate.statistic {
            *best = candidate;
        }
    }
    by_id.into_values().collect()
}

/// Returns the entities of a cycle, from the one with the lowest id on: a cycle has no first payment.
pub(super) fn around(analysis: &Analysis, entities: &[EntityIndex]) -> Vec<EntityIndex> {
    let lowest = (0..entities.len()).min_by_key(|&at| &analysis[entities[at]].id).unwrap_or_default();
    entities[lowest..].iter().chain(&entities[..lowest]).copied().collect()
}
