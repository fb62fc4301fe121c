//! Payments of one currency, prepared for searches by payer, payee, amount and time.

use super::instance::Payment;

/// Relative differences of amounts within a band.
pub(super) const LEVELS: [f64; 4] = [0.002, 0.02, 0.1, 0.25];

/// Bundles of payments. A bundle is all payments of one payer to one payee at one time: copies count once.
#[derive(Debug)]
pub(super) struct Ledger {
    /// Bundles in order of payer, payee and time.
    pub(super) bundles: Vec<Bundle>,
    /// Payments of all bundles, one bundle after the other.
    payments: Vec<u32>,
    /// Bundles of each payer.
    pub(super) out: Rows,
    /// Bundles of each payee.
    pub(super) inward: Rows,
    /// Distinct payers of each payee.
    pub(super) payer_counts: Vec<u32>,
    /// Pairs of a payer and a payee.
    pub(super) pair_count: usize,
    /// For each bundle and each of [`LEVELS`] the share of all bundles with amounts in the band around its amount.
    pub(super) shares: Vec<[f64; LEVELS.len()]>,
    /// Times of all bundles, ascending.
    times: Vec<i64>,
    /// Lengths of the windows of layered flows.
    pub(super) windows: Vec<i64>,
}

/// Payments of one payer to one payee at one time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bundle {
    pub(super) payer: u32,
    pub(super) payee: u32,
    pub(super) time: i64,
    /// Median of the amounts; the lower one of two.
    pub(super) amount: f64,
    /// Position of its first payment.
    first: u32,
}

/// Bundles of each account, by amount and by time.
#[derive(Debug)]
pub(super) struct Rows {
    starts: Vec<u32>,
    by_amount: Vec<u32>,
    amounts: Vec<f64>,
    times: Vec<i64>,
}

impl Rows {
    fn new(bundles: &[Bundle], accounts: usize, account: impl Fn(&Bundle) -> u32) -> Self {
        let mut starts = vec![0_u32; accounts + 1];
        for bundle in bundles {
            starts[account(bundle) as usize + 1] += 1;
        }
        for at in 0..accounts {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut by_amount = vec![0; bundles.len()];
        for (at, bundle) in bundles.iter().enumerate() {
            let slot = &mut next[account(bundle) as usize];
            by_amount[*slot as usize] = at as u32;
            *slot += 1;
        }
        let mut times: Vec<i64> = by_amount.iter().map(|&at| bundles[at as usize].time).collect();
        for row in starts.windows(2) {
            let row = row[0] as usize..row[1] as usize;
            times[row.clone()].sort_unstable();
            by_amount[row].sort_by(|&a, &b| {
                bundles[a as usize].amount.total_cmp(&bundles[b as usize].amount).then(a.cmp(&b))
            });
        }
        let amounts = by_amount.iter().map(|&at| bundles[at as usize].amount).collect();
        Self { starts, by_amount, amounts, times }
    }

    fn row(&self, account: u32) -> std::ops::Range<usize> {
        self.starts[account as usize] as usize..self.starts[account as usize + 1] as usize
    }

    /// Returns the number of bundles of an account.
    pub(super) fn count(&self, account: u32) -> usize {
        self.row(account).len()
    }

    /// Returns the bundles of an account, smallest amount first.
    pub(super) fn all(&self, account: u32) -> &[u32] {
        &self.by_amount[self.row(account)]
    }

    /// Returns the positions within an account's row of the amounts in a band.
    pub(super) fn band(&self, account: u32, band: Band) -> std::ops::Range<usize> {
        band.positions(&self.amounts[self.row(account)])
    }

    /// Returns the bundles of an account with amounts in a band.
    pub(super) fn in_band(&self, account: u32, band: Band) -> &[u32] {
        &self.all(account)[self.band(account, band)]
    }

    /// Returns the number of bundles of an account within a time window, ends included.
    pub(super) fn count_within(&self, account: u32, window: Window) -> usize {
        window.count(&self.times[self.row(account)])
    }
}

/// Amounts from `low` to `high`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Band {
    low: f64,
    high: f64,
}

impl Band {
    /// Returns the amounts that differ from one by at most a share of it.
    pub(super) fn around(amount: f64, level: f64) -> Self {
        Self { low: amount * (1.0 - level), high: amount * (1.0 + level) }
    }

    pub(super) fn low(self) -> f64 {
        self.low
    }

    pub(super) fn high(self) -> f64 {
        self.high
    }

    pub(super) fn contains(self, amount: f64) -> bool {
        self.low <= amount && amount <= self.high
    }

    fn positions(self, ascending: &[f64]) -> std::ops::Range<usize> {
        let first = ascending.partition_point(|&amount| amount < self.low);
        first..first + ascending[first..].partition_point(|&amount| amount <= self.high)
    }
}

/// Times from `first` to `last`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) first: i64,
    pub(super) last: i64,
}

impl Window {
    /// Every time.
    pub(super) const ALL: Self = Self { first: i64::MIN, last: i64::MAX };

    /// Returns the times of a length from one time on.
    pub(super) fn from(first: i64, length: i64) -> Self {
        Self { first, last: first.saturating_add(length) }
    }

    pub(super) fn contains(self, time: i64) -> bool {
        self.first <= time && time <= self.last
    }

    fn count(self, ascending: &[i64]) -> usize {
        let first = ascending.partition_point(|&time| time < self.first);
        ascending[first..].partition_point(|&time| time <= self.last)
    }
}

impl Ledger {
    /// Bundles payments. Payments to oneself and amounts that are not positive numbers are left out.
    pub(super) fn new(payments: &[Payment]) -> Self {
        let is_usable = |payment: &Payment| {
            payment.payer != payment.payee && payment.amount > 0.0 && payment.amount.is_finite()
        };
        let mut order: Vec<u32> =
            (0..payments.len() as u32).filter(|&at| is_usable(&payments[at as usize])).collect();
        let key = |at: u32| {
            let payment = &payments[at as usize];
            (payment.payer, payment.payee, payment.time)
        };
        order.sort_unstable_by(|&a, &b| {
            let amount = |at: u32| payments[at as usize].amount;
            key(a).cmp(&key(b)).then(amount(a).total_cmp(&amount(b))).then(a.cmp(&b))
        });
        let (mut bundles, mut first) = (Vec::new(), 0);
        for copies in order.chunk_by(|&a, &b| key(a) == key(b)) {
            let Payment { payer, payee, time, .. } = payments[copies[0] as usize];
            let amount = payments[copies[(copies.len() - 1) / 2] as usize].amount;
            bundles.push(Bundle { payer, payee, time, amount, first });
            first += copies.len() as u32;
        }
        let accounts = bundles.iter().map(|bundle| bundle.payer.max(bundle.payee) as usize + 1).max();
        let accounts = accounts.unwrap_or(0);
        let mut payer_counts = vec![0; accounts];
        let mut pair_count = 0;
        for pair in bundles.chunk_by(|a, b| (a.payer, a.payee) == (b.payer, b.payee)) {
            payer_counts[pair[0].payee as usize] += 1;
            pair_count += 1;
        }
        let mut times: Vec<i64> = bundles.iter().map(|bundle| bundle.time).collect();
        times.sort_unstable();
        Self {
            out: Rows::new(&bundles, accounts, |bundle| bundle.payer),
            inward: Rows::new(&bundles, accounts, |bundle| bundle.payee),
            shares: shares(&bundles),
            bundles,
            payments: order,
            payer_counts,
            pair_count,
            times,
            windows: Vec::new(),
        }
    }

    /// Returns the ledger with windows of these lengths.
    pub(super) fn with_windows(self, windows: Vec<i64>) -> Self {
        Self { windows, ..self }
    }

    /// Returns the number of bundles.
    pub(super) fn count(&self) -> usize {
        self.bundles.len()
    }

    /// Returns the number of accounts, used or not.
    pub(super) fn accounts(&self) -> usize {
        self.payer_counts.len()
    }

    /// Returns the time between the first and the last payment.
    pub(super) fn span(&self) -> i64 {
        match (self.times.first(), self.times.last()) {
            (Some(first), Some(last)) => last.saturating_sub(*first),
            _ => 0,
        }
    }

    /// Returns the payments of a bundle.
    pub(super) fn payments(&self, bundle: u32) -> &[u32] {
        let first = self.bundles[bundle as usize].first as usize;
        let next = self.bundles.get(bundle as usize + 1);
        &self.payments[first..next.map_or(self.payments.len(), |next| next.first as usize)]
    }

    /// Returns the number of bundles within a window.
    pub(super) fn count_within(&self, window: Window) -> usize {
        window.count(&self.times)
    }

    /// Returns the chance that a payment of `payer` has an amount in a band. One of its payments is left out: the one
    /// that is asked about. `share` is the band's share of all payments; habits of the payer can only raise it.
    pub(super) fn chance_of_band(&self, payer: u32, band: Band, share: f64) -> f64 {
        let in_band = self.out.band(payer, band).len().saturating_sub(1) as f64;
        let others = self.out.count(payer).saturating_sub(1) as f64;
        share.max((in_band + share) / (others + 1.0))
    }
}

/// Returns the shares of the bands around each bundle's amount. The bands move along the ascending amounts.
fn shares(bundles: &[Bundle]) -> Vec<[f64; LEVELS.len()]> {
    let mut order: Vec<u32> = (0..bundles.len() as u32).collect();
    order.sort_unstable_by(|&a, &b| {
        bundles[a as usize].amount.total_cmp(&bundles[b as usize].amount).then(a.cmp(&b))
    });
    let amounts: Vec<f64> = order.iter().map(|&at| bundles[at as usize].amount).collect();
    let mut shares = vec![[0.0; LEVELS.len()]; bundles.len()];
    for (position, level) in LEVELS.into_iter().enumerate() {
        let (mut first, mut end) = (0, 0);
        for (&at, &amount) in order.iter().zip(&amounts) {
            let band = Band::around(amount, level);
            while amounts[first] < band.low {
                first += 1;
            }
            while amounts.get(end).is_some_and(|amount| *amount <= band.high) {
                end += 1;
            }
            shares[at as usize][position] = (end - first) as f64 / amounts.len() as f64;
        }
    }
    shares
}
