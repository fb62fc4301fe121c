//! What goes from one to the other at a candidate: who paid, owns and said, and how money runs.
//!
//! The figures are those by which laundering is simulated and recognised: fan-in, fan-out and cycles (Suzumura and
//! Kanezashi, `AMLSim`; Altman et al. 2023, Realistic Synthetic Financial Transactions for Anti-Money Laundering Models),
//! and accounts that pass on what they receive (FATF 2018, Professional Money Laundering). Ratios are of one currency
//! each; all are unknown, not 0, where no such tie or no amount was told.

use std::collections::BTreeSet;

use super::{
    Fact, Family, Feature, Meaning, Scale, Shown, Unit, anomaly,
    circles::{self, Paid},
    flows::{self, Flow, Way},
    share,
};
use crate::{
    index::EntityIndex,
    link::{Layer, Link},
};

pub(super) const COMMUNICATION_SHARE: Feature = Feature {
    name: "communication_share",
    about: "Share of its recent links that are communication (meetings, calls, messages), from 0 to 1; null in a run without such links.",
    family: Family::Flow,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its recent links are communication",
    message_zero: Some("none of its recent links is communication"),
    meaning: Meaning::Undecided,
    fact: None,
    of: |shown| of_layer(shown, Layer::Communication),
};

pub(super) const FINANCE_SHARE: Feature = Feature {
    name: "finance_share",
    about: "Share of its recent links that are about money, from 0 to 1; null in a run without such links.",
    family: Family::Flow,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its recent links are about money",
    message_zero: Some("none of its recent links is about money"),
    meaning: Meaning::Undecided,
    fact: None,
    of: |shown| of_layer(shown, Layer::Finance),
};

pub(super) const OWNERSHIP_SHARE: Feature = Feature {
    name: "ownership_share",
    about: "Share of its recent links that are about ownership, direction or control, from 0 to 1; null in a run without such links.",
    family: Family::Flow,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its recent links are about ownership or control",
    message_zero: Some("none of its recent links is about ownership or control"),
    meaning: Meaning::Undecided,
    fact: None,
    of: |shown| of_layer(shown, Layer::Ownership),
};

pub(super) const PASS_THROUGH: Feature = Feature {
    name: "pass_through",
    about: "Mean, over its members with payments and their currencies, of the smaller over the larger of the sums that a member received and paid, from 0 to 1 (FATF 2018: accounts that pass on their income); null without payments.",
    family: Family::Flow,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "its members pass on {} of their payments (mean of the smaller over the larger of income and spending)",
    message_zero: Some("its members pass on none of their payments"),
    meaning: Meaning::High,
    fact: Some(Fact::PassThrough),
    of: |shown| {
        let ratios: Vec<f64> = shown
            .members()
            .flat_map(|member| flows::flows(of_member(shown, member), |at| at == member))
            .filter_map(|flow| flow.through())
            .collect();
        share(ratios.iter().sum(), ratios.len() as f64)
    },
};

pub(super) const GROUP_PASS_THROUGH: Feature = Feature {
    name: "group_pass_through",
    about: "Smaller over larger of the sums that its members received from others and paid to others, from 0 to 1; per currency, then the mean weighted by the number of payments; null without payments across its border.",
    family: Family::Flow,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "the group passes on {} of its payments (the smaller over the larger of income and spending)",
    message_zero: Some("the group passes on none of its payments"),
    meaning: Meaning::High,
    fact: Some(Fact::PassThrough),
    of: |shown| {
        over_currencies(shown, |flow| Some((flow.through()?, flow.inward.links + flow.outward.links)))
    },
};

pub(super) const KEPT_SHARE: Feature = Feature {
    name: "kept_share",
    about: "Share of all sums that its members paid and received that stayed among them, from 0 to 1; per currency, then the mean weighted by the number of payments; null without payments.",
    family: Family::Flow,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of the sums that its members paid and received stayed among them",
    message_zero: Some("none of the sums that its members paid and received stayed among them"),
    meaning: Meaning::Undecided,
    fact: None,
    of: |shown| over_currencies(shown, |flow| Some((flow.kept()?, flow.links()))),
};

pub(super) const RECIPROCITY: Feature = Feature {
    name: "reciprocity",
    about: "Share of the payer-payee pairs of members that also paid in the other direction, from 0 to 1 (Garlaschelli and Loffredo 2004); null where no member paid another.",
    family: Family::Flow,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of the payer-payee pairs among its members also paid in the other direction",
    message_zero: Some("no payer-payee pair among its members also paid in the other direction"),
    meaning: Meaning::Undecided,
    fact: None,
    of: |shown| {
        let paid = paid(shown);
        let pairs = || paid.iter().flat_map(|(from, all)| all.iter().map(move |to| (from, to)));
        let answered = pairs().filter(|(from, to)| paid.get(to).is_some_and(|of| of.contains(from)));
        share(answered.count() as f64, pairs().count() as f64)
    },
};

pub(super) const CIRCLE_SHARE: Feature = Feature {
    name: "circle_share",
    about: "Share of the payer-payee pairs of members that are on a payment cycle of three members or more, from 0 to 1 (AMLSim: cycle); null where no member paid another.",
    family: Family::Flow,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of the payer-payee pairs among its members are on a payment cycle",
    message_zero: Some("no payer-payee pair among its members is on a payment cycle"),
    meaning: Meaning::High,
    fact: Some(Fact::Cycles),
    of: |shown| {
        let paid = paid(shown);
        let pairs: usize = paid.values().map(BTreeSet::len).sum();
        share(circles::circles(&paid).len() as f64, pairs as f64)
    },
};

pub(super) const PAYERS: Feature = Feature {
    name: "payers",
    about: "Largest number of entities that paid one of its members (AMLSim: fan-in); null without payments.",
    family: Family::Flow,
    scale: Scale::Log,
    unit: Unit::Number,
    message: "one of its members received payments from {} [entity|entities]",
    message_zero: Some("no member received a payment"),
    meaning: Meaning::Undecided,
    fact: None,
    of: |shown| most_others(shown, |flow| &flow.inward),
};

pub(super) const PAYEES: Feature = Feature {
    name: "payees",
    about: "Largest number of entities that one of its members paid (AMLSim: fan-out); null without payments.",
    family: Family::Flow,
    scale: Scale::Log,
    unit: Unit::Number,
    message: "one of its members paid {} [entity|entities]",
    message_zero: Some("no member paid another entity"),
    meaning: Meaning::Undecided,
    fact: None,
    of: |shown| most_others(shown, |flow| &flow.outward),
};

/// Where a night knows no link of a layer, that none of a candidate's is of it says nothing.
fn of_layer(shown: &Shown<'_>, layer: Layer) -> f64 {
    if shown.sources.layers.contains(&layer) { anomaly::of_layer(shown, layer) } else { f64::NAN }
}

fn of_member<'a>(shown: &Shown<'a>, member: EntityIndex) -> impl Iterator<Item = &'a Link> {
    shown.payments.iter().copied().filter(move |link| link.from == member || link.to == member)
}

fn paid(shown: &Shown<'_>) -> Paid {
    circles::paid(&shown.payments, |at| shown.is_member(at))
}

/// Returns the mean over currencies of a ratio, each by the number of payments behind it.
fn over_currencies(shown: &Shown<'_>, of: impl Fn(&Flow<'_>) -> Option<(f64, usize)>) -> f64 {
    let (mut sum, mut all) = (0.0, 0.0);
    for flow in flows::flows(shown.payments.iter().copied(), |at| shown.is_member(at)) {
        if let Some((ratio, links)) = of(&flow) {
            sum += ratio * links as f64;
            all += links as f64;
        }
    }
    share(sum, all)
}

/// Returns the most others, whatever the currency, that payments of one member lead to.
fn most_others(shown: &Shown<'_>, way: for<'a> fn(&'a Flow<'_>) -> &'a Way) -> f64 {
    if shown.payments.is_empty() {
        return f64::NAN;
    }
    let of = |member: EntityIndex| -> BTreeSet<EntityIndex> {
        let flows = flows::flows(of_member(shown, member), |at| at == member);
        flows.iter().flat_map(|flow| way(flow).others.iter().copied()).collect()
    };
    shown.members().map(|member| of(member).len()).max().unwrap_or(0) as f64
}
