//! What was paid at a flag's members, in sentences: they need no model.

use crate::{
    analysis::Analysis,
    features::{self, Candidate, Flow, Way},
    index::{EntityIndex, RecordIndex},
    link::Link,
};

/// Most currencies that are said, and most names of a circle.
const CURRENCIES_MAX: usize = 3;
const NAMED_MAX: usize = 6;

/// Says what went in, out and among the members of a candidate, each currency by itself, and whether it ran in a
/// circle; nothing where nobody told of payments. The payments are rows of `links`.
pub(super) fn sentences(analysis: &Analysis, candidate: &Candidate) -> Vec<String> {
    let payments = features::payments(analysis, candidate);
    let is_member = |at: EntityIndex| candidate.members.binary_search(&at).is_ok();
    let mut flows = features::flows(payments.iter().copied(), is_member);
    flows.sort_by_key(|flow| std::cmp::Reverse(flow.links()));
    let mut said: Vec<String> = flows.iter().take(CURRENCIES_MAX).filter_map(paid).collect();
    if flows.len() > CURRENCIES_MAX {
        said.push(format!("There are payments in {} more currencies.", flows.len() - CURRENCIES_MAX));
    }
    said.extend(circle(analysis, &payments, is_member));
    said
}

fn paid(flow: &Flow<'_>) -> Option<String> {
    let currency = flow.currency.unwrap_or("of no named currency");
    let sum = |way: &Way| way.amount.filter(|sum| *sum > 0.0).map(|sum| format!("{sum:.2} {currency}"));
    let others = |way: &Way| match way.others.len() {
        1 => "one other".to_owned(),
        count => format!("{count} others"),
    };
    let parts = [
        sum(&flow.inward).map(|sum| format!("were paid {sum} by {}", others(&flow.inward))),
        sum(&flow.outward).map(|sum| format!("paid {sum} to {}", others(&flow.outward))),
        sum(&flow.inside).map(|sum| format!("paid {sum} to each other")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("In all that is known its members {}.", parts.join("; ")))
}

/// Names one of the shortest circles.
fn circle(
    analysis: &Analysis,
    payments: &[&Link],
    is_member: impl Fn(EntityIndex) -> bool,
) -> Option<String> {
    let circles = features::circles(&features::paid(payments, is_member));
    let shortest = circles.iter().min_by_key(|circle| circle.len())?;
    let label = |at: &EntityIndex| analysis[*at].label.as_str();
    let mut names: Vec<&str> = shortest.iter().map(label).collect();
    let left = names.len().saturating_sub(NAMED_MAX);
    names.truncate(NAMED_MAX);
    let more = if left > 0 { format!(" to {left} more") } else { String::new() };
    Some(format!("Payments run in a circle: {}{more} and back to {}.", names.join(" to "), names[0]))
}

/// Says what a record adds to a payment that it stands behind: its amount.
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
