//! Payments at a flag's members, as reasons. They need no model.

use super::Reason;
use crate::{
    analysis::Analysis,
    features::{self, Candidate, Flow, FlowDirection},
    index::{EntityIndex, RecordIndex},
    link::Link,
};

/// Largest number of currencies that are listed, and of labels of a cycle.
const CURRENCIES_MAX: usize = 3;
const LABELS_MAX: usize = 6;

/// Returns the sums that the members of a candidate received, paid and kept among them, per currency, and a payment
/// cycle if there is one; empty without payments. The payments are rows of `links`.
pub(super) fn reasons(analysis: &Analysis, candidate: &Candidate) -> Vec<Reason> {
    let payments = features::payments(analysis, candidate);
    let is_member = |at: EntityIndex| candidate.members.binary_search(&at).is_ok();
    let mut flows = features::flows(payments.iter().copied(), is_member);
    flows.sort_by_key(|flow| std::cmp::Reverse(flow.link_count()));
    let mut reasons: Vec<Reason> = flows.iter().take(CURRENCIES_MAX).filter_map(sums).collect();
    if flows.len() > CURRENCIES_MAX {
        reasons.push(Reason::MoreCurrencies { count: flows.len() - CURRENCIES_MAX });
    }
    reasons.extend(cycle(analysis, &payments, is_member));
    reasons
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
    let label = |at: &EntityIndex| analysis[*at].label.clone();
    let mut labels: Vec<String> = shortest.iter().map(label).collect();
    let left_out = labels.len().saturating_sub(LABELS_MAX);
    labels.truncate(LABELS_MAX);
    Some(Reason::Cycle { labels, left_out })
}

/// Returns the amount that a record adds to a payment; `None` without one amount.
pub fn amount_said(analysis: &Analysis, link: &Link, record: RecordIndex) -> Option<String> {
    let content = &analysis[record].content;
    match content.amounts.as_slice() {
        [amount] if !link.amounts.is_empty() => {
            let currency = amount.currency.as_deref().map(|currency| format!(" {currency}"));
            Some(format!("{:.2}{}", amount.value, currency.unwrap_or_default()))
        }
        _ => None,
    }
}
