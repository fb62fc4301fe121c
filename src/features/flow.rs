//! Flow features: payments, ownership and communication at a candidate.
//!
//! The features are those by which money laundering is simulated and recognised. Fan-in, fan-out and cycles are from
//! Suzumura and Kanezashi (`AMLSim`) and Altman et al. 2023 (Realistic Synthetic Financial Transactions for Anti-Money
//! Laundering Models). Accounts that pass on their income are from FATF 2018 (Professional Money Laundering). Each
//! ratio is of one currency. A feature is NaN, not 0, in a run without such links or amounts.

use std::collections::BTreeSet;

use super::{
    Fact, Feature, FeatureFamily, FeatureInput, Meaning, Scale, Unit, anomaly,
    flows::{self, Flow, FlowDirection},
    payment_cycles::{self, PayeesByPayer, payment_cycles},
    share,
};
use crate::{
    index::EntityIndex,
    link::{Layer, Link},
};

pub(super) const COMMUNICATION_SHARE: Feature = Feature {
    name: "communication_share",
    about: "Share of its recent links that are communication (meetings, calls, messages), from 0 to 1; null in a run without such links.",
    family: FeatureFamily::Flow,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its recent links are communication",
    message_zero: Some("none of its recent links is communication"),
    meaning: Meaning::Undecided,
    fact: None,
    compute: |input| of_layer(input, Layer::Communication),
};

pub(super) const FINANCE_SHARE: Feature = Feature {
    name: "finance_share",
    about: "Share of its recent links that are about money, from 0 to 1; null in a run without such links.",
    family: FeatureFamily::Flow,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its recent links are about money",
    message_zero: Some("none of its recent links is about money"),
    meaning: Meaning::Undecided,
    fact: None,
    compute: |input| of_layer(input, Layer::Finance),
};

pub(super) const OWNERSHIP_SHARE: Feature = Feature {
    name: "ownership_share",
    about: "Share of its recent links that are about ownership, direction or control, from 0 to 1; null in a run without such links.",
    family: FeatureFamily::Flow,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its recent links are about ownership or control",
    message_zero: Some("none of its recent links is about ownership or control"),
    meaning: Meaning::Undecided,
    fact: None,
    compute: |input| of_layer(input, Layer::Ownership),
};

pub(super) const PASS_THROUGH: Feature = Feature {
    name: "pass_through",
    about: "Smaller over larger of the sums that a member received and paid, from 0 to 1 (FATF 2018: accounts that pass on their income). It is the mean over members with payments and currencies; null without payments.",
    family: FeatureFamily::Flow,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "its members pass on {} of their payments (mean of the smaller over the larger of income and spending)",
    message_zero: Some("its members pass on none of their payments"),
    meaning: Meaning::High,
    fact: Some(Fact::PassThrough),
    compute: |input| {
        let ratios: Vec<f64> = input
            .members()
            .flat_map(|member| flows::flows(payments_of(input, member), |entity| entity == member))
            .filter_map(|flow| flow.pass_through())
            .collect();
        share(ratios.iter().sum(), ratios.len() as f64)
    },
};

pub(super) const GROUP_PASS_THROUGH: Feature = Feature {
    name: "group_pass_through",
    about: "Smaller over larger of the sums that its members received from others and paid to others, from 0 to 1. It is the mean over currencies, weighted by the number of payments; null without such payments.",
    family: FeatureFamily::Flow,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "the group passes on {} of its payments (the smaller over the larger of income and spending)",
    message_zero: Some("the group passes on none of its payments"),
    meaning: Meaning::High,
    fact: Some(Fact::PassThrough),
    compute: |input| {
        mean_over_currencies(input, |flow| {
            Some((flow.pass_through()?, flow.inward.links + flow.outward.links))
        })
    },
};

pub(super) const KEPT_SHARE: Feature = Feature {
    name: "kept_share",
    about: "Share of all sums that its members paid and received that stayed among them, from 0 to 1; per currency, then the mean weighted by the number of payments; null without payments.",
    family: FeatureFamily::Flow,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of the sums that its members paid and received stayed among them",
    message_zero: Some("none of the sums that its members paid and received stayed among them"),
    meaning: Meaning::Undecided,
    fact: None,
    compute: |input| mean_over_currencies(input, |flow| Some((flow.kept_share()?, flow.link_count()))),
};

pub(super) const RECIPROCITY: Feature = Feature {
    name: "reciprocity",
    about: "Share of the payer-payee pairs of members that also paid in the other direction, from 0 to 1 (Garlaschelli and Loffredo 2004); null where no member paid another.",
    family: FeatureFamily::Flow,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of the payer-payee pairs among its members also paid in the other direction",
    message_zero: Some("no payer-payee pair among its members also paid in the other direction"),
    meaning: Meaning::Undecided,
    fact: None,
    compute: |input| {
        let payees = payees_by_payer(input);
        let is_mutual =
            |payer: &EntityIndex, payee| payees.get(&payee).is_some_and(|payees| payees.contains(payer));
        let mutual = payment_cycles::pairs(&payees).filter(|(payer, payee)| is_mutual(payer, *payee));
        share(mutual.count() as f64, payment_cycles::pairs(&payees).count() as f64)
    },
};

pub(super) const CYCLE_SHARE: Feature = Feature {
    name: "circle_share",
    about: "Share of the payer-payee pairs of members that are on a payment cycle of three members or more, from 0 to 1 (AMLSim: cycle); null where no member paid another.",
    family: FeatureFamily::Flow,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of the payer-payee pairs among its members are on a payment cycle",
    message_zero: Some("no payer-payee pair among its members is on a payment cycle"),
    meaning: Meaning::High,
    fact: Some(Fact::Cycles),
    compute: |input| {
        let payees = payees_by_payer(input);
        share(payment_cycles(&payees).len() as f64, payment_cycles::pairs(&payees).count() as f64)
    },
};

pub(super) const PAYERS: Feature = Feature {
    name: "payers",
    about: "Largest number of entities that paid one of its members (AMLSim: fan-in); null without payments.",
    family: FeatureFamily::Flow,
    scale: Scale::Log,
    unit: Unit::Number,
    message: "one of its members received payments from {} [entity|entities]",
    message_zero: Some("no member received a payment"),
    meaning: Meaning::Undecided,
    fact: None,
    compute: |input| most_others(input, |flow| &flow.inward),
};

pub(super) const PAYEES: Feature = Feature {
    name: "payees",
    about: "Largest number of entities that one of its members paid (AMLSim: fan-out); null without payments.",
    family: FeatureFamily::Flow,
    scale: Scale::Log,
    unit: Unit::Number,
    message: "one of its members paid {} [entity|entities]",
    message_zero: Some("no member paid another entity"),
    meaning: Meaning::Undecided,
    fact: None,
    compute: |input| most_others(input, |flow| &flow.outward),
};

/// Returns the share of recent links of a layer; NaN in a run without a link of the layer.
fn of_layer(input: &FeatureInput<'_>, layer: Layer) -> f64 {
    if input.facts.sources.layers.contains(&layer) { anomaly::of_layer(input, layer) } else { f64::NAN }
}

fn payments_of<'a>(input: &FeatureInput<'a>, member: EntityIndex) -> impl Iterator<Item = &'a Link> {
    input.payments.iter().copied().filter(move |link| link.from == member || link.to == member)
}

fn payees_by_payer(input: &FeatureInput<'_>) -> PayeesByPayer {
    payment_cycles::payees_by_payer(&input.payments, |entity| input.is_member(entity))
}

/// Returns the mean of a ratio over currencies, weighted by the number of its payments.
fn mean_over_currencies(
    input: &FeatureInput<'_>,
    ratio_and_payments: impl Fn(&Flow<'_>) -> Option<(f64, usize)>,
) -> f64 {
    let (mut sum, mut all) = (0.0, 0.0);
    for flow in flows::flows(input.payments.iter().copied(), |entity| input.is_member(entity)) {
        if let Some((ratio, payments)) = ratio_and_payments(&flow) {
            sum += ratio * payments as f64;
            all += payments as f64;
        }
    }
    share(sum, all)
}

/// Returns the largest number of entities at the other ends of one member's payments in a direction, in all currencies;
/// NaN without payments.
fn most_others(input: &FeatureInput<'_>, direction: for<'a> fn(&'a Flow<'_>) -> &'a FlowDirection) -> f64 {
    if input.payments.is_empty() {
        return f64::NAN;
    }
    let others = |member: EntityIndex| -> BTreeSet<EntityIndex> {
        let flows = flows::flows(payments_of(input, member), |entity| entity == member);
        flows.iter().flat_map(|flow| direction(flow).others.iter().copied()).collect()
    };
    input.members().map(|member| others(member).len()).max().unwrap_or(0) as f64
}
