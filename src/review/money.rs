//! Payments at a flag's members, as reasons. They need no model.

use super::Reason;
use crate::{
    analysis::Analysis,
    features::{self, Candidate, Flow, FlowDirection},
    flow::{LAYERS_MAX, PAYMENTS_MAX as PAYMENTS_OF_ACCOUNT_MAX, WIDTH_MAX},
    index::{EntityIndex, RecordIndex},
    link::Link,
};

/// Largest number of currencies that are listed, of payments of a flow, and of labels of a cycle.
const CURRENCIES_MAX: usize = 3;
const PAYMENTS_MAX: usize = 6;
const LABELS_MAX: usize = 6;

/// Returns the payments of a flow of money, and the sums that the members of a candidate received, paid and kept among
/// them, per currency. A payment cycle follows if there is one. The list is empty without payments. The payments are rows of `links`.
pub(super) fn reasons(analysis: &Analysis, candidate: &Candidate) -> Vec<Reason> {
    let payments = features::payments(analysis, candidate);
    let is_member = |at: EntityIndex| candidate.members.binary_search(&at).is_ok();
    let mut flows = features::flows(payments.iter().copied(), is_member);
    let mut reasons = of_flow(analysis, candidate);
    flows.sort_by_key(|flow| std::cmp::Reverse(flow.link_count()));
    reasons.extend(flows.iter().take(CURRENCIES_MAX).filter_map(sums));
    if flows.len() > CURRENCIES_MAX {
        reasons.push(Reason::MoreCurrencies { count: flows.len() - CURRENCIES_MAX });
    }
    reasons.extend(cycle(analysis, &payments, is_member));
    reasons
}

/// Returns the payments of the flow of money that a candidate is, and the bounds that ended its search; empty for
/// candidates of other patterns.
fn of_flow(analysis: &Analysis, candidate: &Candidate) -> Vec<Reason> {
    let flow = analysis.payment_flows.iter().find(|flow| {
        let is_as_strong = (-flow.log10_expected).total_cmp(&candidate.statistic).is_eq();
        is_as_strong && flow.entities.iter().all(|entity| candidate.members.binary_search(entity).is_ok())
    });
    let Some(flow) = flow.filter(|_| candidate.has_closed_form()) else { return Vec::new() };
    // Sources may report the same payment.
    let mut stated = flow.payments.clone();
    stated.dedup_by_key(|payment| (payment.link, payment.amount.to_bits()));
    let label = |at: EntityIndex| analysis[at].label.to_string();
    let mut payments: Vec<(String, String, f64)> = stated
        .iter()
        .map(|payment| {
            let link = &analysis[payment.link];
            (label(link.from), label(link.to), payment.amount)
        })
        .collect();
    let left_out = payments.len().saturating_sub(PAYMENTS_MAX);
    payments.truncate(PAYMENTS_MAX);
    let bounds =
        Reason::FlowBounds { layers: LAYERS_MAX, width: WIDTH_MAX, payments: PAYMENTS_OF_ACCOUNT_MAX };
    let payments =
        Reason::FlowPayments { currency: flow.currency.as_deref().map(str::to_owned), payments, left_out };
    std::iter::once(payments).chain(flow.is_cut.then_some(bounds)).collect()
}

fn sums(flow: &Flow<'_>) -> Option<Reason> {
    let sum = |way: &FlowDirection| way.amount.filter(|sum| *sum > 0.0);
    let with_others = |way: &FlowDirection| sum(way).map(|sum| (sum, way.others.len()));
    let (received, paid) = (with_others(&flow.inward), with_others(&flow.outward));
    let inside = sum(&flow.inside);
    let currency = flow.currency.map(str::to_owned);
    (received.is_some() || paid.is_some() || inside.is_some()).then_some(Reason::Payments {
        currency,
        received,
        paid,
        inside,
    })
}

/// Returns one of the shortest payment cycles.
fn cycle(analysis: &Analysis, payments: &[&Link], is_member: impl Fn(EntityIndex) -> bool) -> Option<Reason> {
    let circles = features::payment_cycles(&features::payees_by_payer(payments, is_member));
    let shortest = circles.iter().min_by_key(|circle| circle.len())?;
    let label = |at: &EntityIndex| analysis[*at].label.to_string();
    let mut labels: Vec<String> = shortest.iter().map(label).collect();
    let left_out = labels.len().saturating_sub(LABELS_MAX);
    labels.truncate(LABELS_MAX);
    Some(Reason::Cycle { labels, left_out })
}

/// Returns the amount that a record adds to a payment; `None` without one amount.
pub fn amount_said(analysis: &Analysis, link: &Link, record: RecordIndex) -> Option<String> {
    let content = &analysis[record].content;
    match content.amounts() {
        [amount] if !link.amounts.is_empty() => {
            let currency = amount.currency.as_deref().map(|currency| format!(" {currency}"));
            Some(format!("{:.2}{}", amount.value, currency.unwrap_or_default()))
        }
        _ => None,
    }
}
