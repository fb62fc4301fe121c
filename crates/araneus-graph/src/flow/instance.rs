//! Payments and the instances that are found among them.

/// One payment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Payment {
    /// Account that pays.
    pub payer: u32,
    /// Account that is paid.
    pub payee: u32,
    /// Time in any unit; several payments may have one time.
    pub time: i64,
    /// Amount; payments without a positive amount are left out.
    pub amount: f64,
}

/// Kind of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowKind {
    /// One sum moves from account to account.
    Chain,
    /// A chain whose last payment goes to the first payer.
    Cycle,
    /// One account pays several, and each of these pays one target.
    ScatterGather,
    /// Several payers pay one payee nearly the same amount.
    FanIn,
    /// One account passes on most of what it receives, again and again.
    PassThrough,
    /// One payer pays one payee nearly the same amount several times within a short time.
    Structuring,
    /// One account sends money through two or more layers of accounts that each keep little of it.
    Layered,
}

/// Payments that belong together, with their expected number.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// Kind.
    pub kind: FlowKind,
    /// Accounts, each once. Chains and cycles have them in the order of the payments. A scatter-gather has its source
    /// first and its target last, a fan-in its payee last, a pass-through its account first, and a structuring payer and payee. A
    /// layered flow has its source first, then each of its layers, then the last payees.
    pub accounts: Vec<u32>,
    /// Positions of its payments in the input, with their copies: of one payer, payee and time.
    pub payments: Vec<u32>,
    /// Logarithm to base 10 of the expected number of such instances.
    pub log10_expected: f64,
    /// Is true if no payment of a chain or cycle is before the one that it continues.
    pub is_ordered: bool,
    /// Number of accounts in each layer of a layered flow, without its source and the last payees; empty for other kinds.
    pub layers: Vec<u32>,
    /// Is true if a bound on layers, accounts of a layer or payments of an account ended a layered flow.
    pub is_cut: bool,
    /// Length of the window within which each account of a layered flow passes on; `None` for other kinds.
    pub window: Option<i64>,
}

impl Instance {
    /// Returns E, the number of such instances that chance would bring in all payments.
    pub fn expected(&self) -> f64 {
        f64::powf(10.0, self.log10_expected)
    }

    /// Returns whether its payments come back to the first payer.
    pub fn is_closed(&self) -> bool {
        self.kind == FlowKind::Cycle
    }
}

/// An instance in terms of bundles.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) kind: FlowKind,
    pub(super) accounts: Vec<u32>,
    pub(super) bundles: Vec<u32>,
    pub(super) ln_expected: f64,
    pub(super) layers: Vec<u32>,
    pub(super) is_cut: bool,
    pub(super) window: Option<i64>,
}
