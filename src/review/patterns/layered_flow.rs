//! # Definition
//! An account sends money through two or more layers of three or more accounts in all. Each of these accounts has paid out at least
//! 85 % of its receipts within a window after the first of them, at least 80 % of which came from the layer before. At least half of
//! the sum of a layer reaches the next one. The number of such flows by chance
//! is binomial in each layer, from the windows of all accounts and from the account's own habits.
//!
//! The windows are 7, 30, 90 and 180 days of valid time, as far as the payments span them. The least expected flow counts, and the expected
//! number is that of all windows together. Recorded time has no windows here: a delivery records all its payments at one time, so it cannot show that an account
//! was paid before it paid. A payment without a valid time has its recorded one.
//!
//! # Rationale
//! Layering splits a sum, moves it through accounts that keep nothing, and joins it again (Li et al. 2020, `FlowScope`, AAAI 34;
//! FATF 2018, Professional Money Laundering).
//!
//! # False positives
//! Suppliers who pay their own suppliers, an agent who pays wages, a clearing account, or a market that pays its sellers.
//! Their habits raise the chance as soon as they have a past.

use super::{super::FlagTitle, Null, Pattern, flows, label};
use crate::{
    analysis::{Analysis, PaymentFlow},
    features::Candidate,
    flow::{FlowKind, KEPT_PERCENT_MAX},
    index::EntityIndex,
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "layered flow",
    about: "Money that passes through two or more layers of accounts which keep little of it, more than chance and habits bring.",
    rationale: "Layering splits a sum, moves it through accounts that keep nothing, and hides its origin.",
    false_positives: "New suppliers who pay their own suppliers, an agent who begins to pay wages, a clearing account, or a new market that pays its sellers.",
    unit: "powers of ten by which it is rarer than one instance by chance",
    find,
    null: Null::Closed,
    title: "Money of {name} moves {steps} times, through {accounts} accounts that each pass on at least {percent} % of what they receive within {days} days.",
    title_of,
};

fn find(analysis: &Analysis) -> Vec<Candidate> {
    flows::candidates(analysis, PATTERN.name, FlowKind::Layered, anchors)
}

/// Returns the source.
fn anchors(_: &Analysis, flow: &PaymentFlow) -> Vec<EntityIndex> {
    flow.entities.first().copied().into_iter().collect()
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let widths = &candidate.counts;
    let days = candidate.window.map_or(0, |window| window.days);
    FlagTitle::new(PATTERN.name)
        .label("name", label(analysis, candidate.anchors[0]))
        .count("steps", widths.len() + 1)
        .count("accounts", widths.iter().sum())
        .count("days", days as usize)
        .count("percent", 100 - KEPT_PERCENT_MAX)
}
