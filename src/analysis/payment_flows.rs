//! Flows of money among the payments of a view.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    flow::{self, FlowKind, Payment},
    index::{EntityIndex, LinkIndex, RecordIndex},
    progress::Progress,
    resolve::Resolution,
    time::DAY,
    view::View,
};

/// A payment of a flow: one record of one link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlowPayment {
    /// Link from the payer to the payee.
    pub link: LinkIndex,
    /// Record that states the payment.
    pub record: RecordIndex,
    /// Amount in the currency of the flow.
    pub amount: f64,
}

/// Payments of one currency that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct PaymentFlow {
    /// Kind of the flow.
    pub kind: FlowKind,
    /// Currency; `None` where no source states it.
    pub currency: Option<Arc<str>>,
    /// Accounts or persons, each once. Chains and cycles have them in the order of the payments. A scatter-gather has
    /// its source first and its target last, a fan-in its payee last, and a layered flow its source first.
    pub entities: Vec<EntityIndex>,
    /// Its payments.
    pub payments: Vec<FlowPayment>,
    /// Logarithm to base 10 of the number of such flows that chance gives among all payments of the currency.
    pub log10_expected: f64,
    /// Is true if no payment of a chain or cycle is before the one that it continues.
    pub is_ordered: bool,
    /// Number of accounts in each layer of a layered flow; empty for other kinds.
    pub layers: Vec<u32>,
    /// Is true if a bound on layers, accounts of a layer or payments of an account ended the search of a layered flow.
    pub is_cut: bool,
    /// Window of valid time within which each account of a layered flow passes on, in days, and the number of windows that were compared;
    /// `None` for other kinds.
    pub window: Option<(u32, u32)>,
}

/// Windows of layered flows in valid time, in days. The expected number of a flow counts the windows that were tried.
const WINDOW_DAYS: [i64; 4] = [7, 30, 90, 180];

/// Payments of one currency.
#[derive(Default)]
struct OfCurrency {
    payments: Vec<Payment>,
    sources: Vec<FlowPayment>,
}

/// Finds the flows of a view; `None` if `progress` was cancelled. Each currency is searched on its own.
pub(super) fn find(view: &View, resolution: &Resolution, progress: &Progress) -> Option<Vec<PaymentFlow>> {
    let mut flows = Vec::new();
    let windows = WINDOW_DAYS.map(|days| days * DAY);
    for (currency, of_currency) in payments(view, resolution) {
        let instances = flow::find_within(&of_currency.payments, &windows, progress)?;
        let times = || of_currency.payments.iter().map(|payment| payment.time);
        let span = times().max().unwrap_or_default() - times().min().unwrap_or_default();
        let compared = flow::compared_windows(span, &windows).len() as u32;
        flows.extend(instances.into_iter().map(|instance| PaymentFlow {
            kind: instance.kind,
            currency: currency.cloned(),
            entities: instance.accounts.iter().map(|&at| EntityIndex::new(at as usize)).collect(),
            payments: instance.payments.iter().map(|&at| of_currency.sources[at as usize]).collect(),
            log10_expected: instance.log10_expected,
            is_ordered: instance.is_ordered,
            layers: instance.layers,
            is_cut: instance.is_cut,
            window: instance.window.map(|length| (length.div_euclid(DAY) as u32, compared)),
        }));
    }
    Some(flows)
}

/// Returns the payments of a view by currency: records of finance links that state one amount above 0. The time is the
/// start of the valid time, or else the recorded time.
fn payments<'a>(view: &View, resolution: &'a Resolution) -> BTreeMap<Option<&'a Arc<str>>, OfCurrency> {
    let mut by_currency: BTreeMap<Option<&Arc<str>>, OfCurrency> = BTreeMap::new();
    for (index, link) in LinkIndex::enumerate(&resolution.links).filter(|(_, link)| link.is_payment()) {
        for &record in &link.records {
            let content = &view[record].content;
            let [stated] = content.amounts() else { continue };
            let known = link.amounts.iter().find(|(_, currency)| *currency == stated.currency);
            let Some((_, currency)) = known.filter(|_| stated.value > 0.0) else { continue };
            let time = content.seen().start.or(content.seen().end).unwrap_or(view[record].recorded_at);
            let of_currency = by_currency.entry(currency.as_ref()).or_default();
            of_currency.payments.push(Payment {
                payer: link.from.index() as u32,
                payee: link.to.index() as u32,
                time: time.micros(),
                amount: stated.value,
            });
            of_currency.sources.push(FlowPayment { link: index, record, amount: stated.value });
        }
    }
    by_currency
}
