//! Numbers of a planted case that do not need the graph, for tests.

use std::{cmp::Ordering, collections::BTreeSet};

use crate::{
    agencies::AGENCIES,
    calendar::{DAY, time_of},
    hidden_world::HiddenWorld,
};

/// Returns numbers of a case that do not need the graph, with their names.
pub(crate) fn numbers(hidden: &HiddenWorld, case: usize) -> Vec<(&'static str, f64)> {
    let reports: Vec<_> = hidden.reports.iter().filter(|report| report.case == Some(case)).collect();
    let links: BTreeSet<_> =
        reports.iter().flat_map(|report| &report.links).map(|link| (link.from, link.kind, link.to)).collect();
    let entities: BTreeSet<_> = links.iter().flat_map(|(from, _, to)| [*from, *to]).collect();
    let authors: BTreeSet<_> = reports.iter().map(|report| report.author).collect();
    let sources: BTreeSet<_> = reports
        .iter()
        .flat_map(|report| report.relays.iter().map(|relay| relay.0).chain([report.author]))
        .collect();
    let first = reports.iter().map(|report| report.day).min().unwrap_or(1);
    let last = reports.iter().map(|report| report.day).max().unwrap_or(1);
    let all = || reports.iter().flat_map(|report| report.links.iter().map(move |link| (report, link)));
    let count = all().count().max(1) as f64;
    let recent = all().filter(|(report, link)| time_of(report.day) - link.seen_at < 30 * DAY).count() as f64;
    let hubs = all()
        .filter(|(_, link)| [link.from, link.to].iter().any(|end| hidden.shared.hubs.contains(end)))
        .count();
    let known = hidden.reports.iter().filter(|report| report.day < first).flat_map(|report| &report.links);
    let known: BTreeSet<_> = known.flat_map(|link| [link.from, link.to]).collect();
    let reliability = authors.iter().map(|&agency| f64::from(b'E' - AGENCIES[agency].reliability as u8));
    vec![
        ("day", f64::from(first)),
        ("case number", case as f64),
        ("authors", authors.len() as f64),
        ("sources", sources.len() as f64),
        ("reports", reports.len() as f64),
        ("links", links.len() as f64),
        ("entities", entities.len() as f64),
        ("days", f64::from(last - first + 1)),
        ("recent share", recent / count),
        ("hub share", hubs as f64 / count),
        (
            "share of new entities",
            entities.iter().filter(|one| !known.contains(one)).count() as f64 / entities.len().max(1) as f64,
        ),
        ("best reliability", reliability.clone().fold(0.0, f64::max)),
        ("sum of reliability", reliability.sum()),
        (
            "confidence",
            reports.iter().map(|report| f64::from(report.confidence)).sum::<f64>()
                / reports.len().max(1) as f64,
        ),
        (
            "is in STIX",
            authors.iter().filter(|&&agency| AGENCIES[agency].format.is_stix()).count() as f64
                / authors.len().max(1) as f64,
        ),
        ("has a title", reports.iter().filter(|report| report.title.is_some()).count() as f64),
    ]
}

/// Returns numbers of the payments of a case, with their names.
pub(crate) fn payment_numbers(hidden: &HiddenWorld, case: usize) -> Vec<(&'static str, f64)> {
    let payments: Vec<_> =
        hidden.economy.payments.iter().filter(|payment| payment.case == Some(case)).collect();
    if payments.is_empty() {
        return Vec::new();
    }
    let accounts: BTreeSet<_> = payments.iter().flat_map(|payment| [payment.payer, payment.payee]).collect();
    let cents: Vec<f64> = payments.iter().map(|payment| payment.cents as f64).collect();
    let largest = cents.iter().copied().fold(0.0, f64::max);
    let smallest = cents.iter().copied().fold(f64::INFINITY, f64::min);
    let times = || payments.iter().map(|payment| payment.time);
    let [first, last] = [times().min(), times().max()].map(Option::unwrap_or_default);
    vec![
        ("payments", payments.len() as f64),
        ("accounts", accounts.len() as f64),
        ("sum", cents.iter().sum()),
        ("largest amount", largest),
        ("spread of amounts", smallest / largest),
        ("whole amounts", cents.iter().filter(|cents| **cents % 100.0 == 0.0).count() as f64),
        ("duration", (last - first) as f64),
        ("is in order", f64::from(u8::from(payments.is_sorted_by_key(|payment| payment.time)))),
        ("agencies", payments.iter().map(|payment| payment.deliveries.len()).sum::<usize>() as f64),
    ]
}

/// Returns the probability that a value of a pattern is above one of a look-alike (AUC); 0.5 is chance.
pub(crate) fn auc(pattern_values: &[f64], look_alike_values: &[f64]) -> f64 {
    let win = |a: f64, b: f64| match a.total_cmp(&b) {
        Ordering::Greater => 1.0,
        Ordering::Equal => 0.5,
        Ordering::Less => 0.0,
    };
    let wins: f64 =
        pattern_values.iter().flat_map(|&a| look_alike_values.iter().map(move |&b| win(a, b))).sum();
    wins / (pattern_values.len() * look_alike_values.len()) as f64
}
