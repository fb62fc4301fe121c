//! Accounts that pass on nearly everything they receive within a window, and the chance of it.

use super::ledger::{Ledger, Window};

/// Largest shares of its receipts that an account keeps.
pub(super) const LEVELS: [f64; 3] = [0.02, 0.06, 0.15];
/// The largest level, in percent.
pub const KEPT_PERCENT_MAX: usize = 15;
/// Largest share by which it pays more than it received.
const OVERDRAWN_MAX: f64 = 0.01;
/// Largest number of payments of an account within a window. Accounts with more are not followed.
pub const PAYMENTS_MAX: usize = 200;
/// Classes of windows by their number of payments: each has up to twice as many as the one before.
const CLASSES: usize = 8;
/// Fewest windows with payments that show a share.
const WINDOWS_MIN: u32 = 30;

/// A payment from the side of one of its accounts.
#[derive(Clone, Copy, Debug)]
struct Event {
    time: i64,
    is_out: bool,
    bundle: u32,
}

/// A window that begins with a receipt of an account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Receipt {
    time: i64,
    /// Is true if the account pays within the window.
    pub(super) is_active: bool,
    /// Is true if the window has more payments than are followed.
    pub(super) is_skipped: bool,
    class: usize,
    /// Last payment after which the account has passed on its receipts, by level.
    pub(super) passed_on: [Option<i64>; LEVELS.len()],
}

/// Numbers of windows in which an account pays, and of those in which it passes on its receipts.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    active: u32,
    passed_on: [u32; LEVELS.len()],
}

impl Counts {
    fn add(&mut self, receipt: &Receipt) {
        self.active += u32::from(receipt.is_active);
        for (count, passed_on) in self.passed_on.iter_mut().zip(&receipt.passed_on) {
            *count += u32::from(passed_on.is_some());
        }
    }

    /// Returns the share of a number of windows in which receipts are passed on, with one more of them.
    fn share(&self, level: usize, windows: u32) -> f64 {
        (f64::from(self.passed_on[level]) + 1.0) / (f64::from(windows) + 1.0)
    }
}

/// The windows of all accounts.
pub(super) struct Passing {
    /// Length of a window.
    pub(super) length: i64,
    event_starts: Vec<u32>,
    /// Payments of each account, by time. Receipts come first.
    events: Vec<Event>,
    receipt_starts: Vec<u32>,
    /// Distinct times of receipts of each account.
    receipts: Vec<Receipt>,
    /// Counts of all receipts before each one.
    before: Vec<Counts>,
    /// Chance that an account passes on, by the class of its window and by level.
    shares: [[f64; LEVELS.len()]; CLASSES],
    /// Amounts of all payments, ascending.
    amounts: Vec<f64>,
}

/// Returns the chance that an account passes on, by class and level. A class with few windows has the largest share of the
/// others. If all have few, most accounts never pay, and the share is of all windows with receipts.
fn shares(classes: &[Counts; CLASSES], windows: u32) -> [[f64; LEVELS.len()]; CLASSES] {
    let mut all = Counts::default();
    for class in classes {
        all.active += class.active;
        for (sum, count) in all.passed_on.iter_mut().zip(class.passed_on) {
            *sum += count;
        }
    }
    let populated = || classes.iter().filter(|class| class.active >= WINDOWS_MIN);
    classes.map(|class| {
        [0, 1, 2].map(|level| {
            if class.active >= WINDOWS_MIN {
                return class.share(level, class.active);
            }
            let largest = populated().map(|class| class.share(level, class.active)).reduce(f64::max);
            largest.unwrap_or_else(|| all.share(level, windows))
        })
    })
}

impl Passing {
    pub(super) fn new(ledger: &Ledger, length: i64) -> Self {
        let (event_starts, events) = events(ledger);
        let mut passing = Self {
            length,
            event_starts,
            events,
            receipt_starts: Vec::new(),
            receipts: Vec::new(),
            before: Vec::new(),
            shares: [[1.0; LEVELS.len()]; CLASSES],
            amounts: ledger.bundles.iter().map(|bundle| bundle.amount).collect(),
        };
        passing.amounts.sort_unstable_by(f64::total_cmp);
        let (mut receipts, mut receipt_starts) = (Vec::new(), vec![0]);
        for account in 0..ledger.accounts() as u32 {
            let mut last = None;
            for event in passing.of(account, Window::ALL).iter().filter(|event| !event.is_out) {
                if last != Some(event.time) {
                    let window = Window::from(event.time, length);
                    receipts.push(receipt(ledger, event.time, passing.of(account, window)));
                    last = Some(event.time);
                }
            }
            receipt_starts.push(receipts.len() as u32);
        }
        (passing.receipts, passing.receipt_starts) = (receipts, receipt_starts);
        let (mut all, mut classes) = (Counts::default(), [Counts::default(); CLASSES]);
        for receipt in &passing.receipts {
            passing.before.push(all);
            all.add(receipt);
            classes[receipt.class].add(receipt);
        }
        passing.before.push(all);
        passing.shares = shares(&classes, passing.receipts.len() as u32);
        passing
    }

    fn of(&self, account: u32, window: Window) -> &[Event] {
        let account = account as usize;
        let row = &self.events[self.event_starts[account] as usize..self.event_starts[account + 1] as usize];
        let first = row.partition_point(|event| event.time < window.first);
        let end = row.partition_point(|event| event.time <= window.last);
        &row[first..end.max(first)]
    }

    /// Returns the distinct times at which an account pays.
    pub(super) fn times_of_payments(&self, account: u32) -> Vec<i64> {
        let out = self.of(account, Window::ALL).iter().filter(|event| event.is_out);
        let mut times: Vec<i64> = out.map(|event| event.time).collect();
        times.dedup();
        times
    }

    /// Returns the bundles that an account pays within a window, by time.
    pub(super) fn payments(&self, account: u32, window: Window) -> Vec<u32> {
        self.of(account, window).iter().filter(|event| event.is_out).map(|event| event.bundle).collect()
    }

    /// Returns the sum that an account receives within a window.
    pub(super) fn received(&self, ledger: &Ledger, account: u32, window: Window) -> f64 {
        let receipts = self.of(account, window).iter().filter(|event| !event.is_out);
        receipts.fold(0.0, |sum, event| sum + ledger.bundles[event.bundle as usize].amount)
    }

    fn row(&self, account: u32) -> std::ops::Range<usize> {
        let account = account as usize;
        self.receipt_starts[account] as usize..self.receipt_starts[account + 1] as usize
    }

    /// Returns the window that begins with a receipt at a time.
    pub(super) fn receipt(&self, account: u32, time: i64) -> &Receipt {
        let row = &self.receipts[self.row(account)];
        &row[row.partition_point(|receipt| receipt.time < time)]
    }

    /// Returns the chance that an account passes on what it receives from a time on: the largest of three shares. The first is
    /// that of the windows with about as many payments, the second that of the account's other windows. The third is
    /// that of the payments whose amount would pass it on, where the account passes it on: if all payments have one amount,
    /// any payment does.
    pub(super) fn chance(&self, ledger: &Ledger, account: u32, receipt: &Receipt, level: usize) -> f64 {
        let row = self.row(account);
        let of_account = &self.receipts[row.clone()];
        // Windows that overlap with this one show no habit.
        let (first, last) =
            (receipt.time.saturating_sub(self.length), receipt.time.saturating_add(self.length));
        let first = row.start + of_account.partition_point(|one| one.time < first);
        let end = row.start + of_account.partition_point(|one| one.time <= last);
        let passed_on = |start: usize, end: usize| {
            f64::from(self.before[end].passed_on[level] - self.before[start].passed_on[level])
        };
        let windows = (row.len() - (end - first)) as f64;
        let passed_on = passed_on(row.start, row.end) - passed_on(first, end);
        let share = self.shares[receipt.class][level];
        share
            .max((passed_on + share) / (windows + 1.0))
            .max(self.share_of_amount(ledger, account, receipt, level))
    }

    /// Returns the share of all payments whose amount would pass on the receipts of an account, if it paid equal amounts.
    fn share_of_amount(&self, ledger: &Ledger, account: u32, receipt: &Receipt, level: usize) -> f64 {
        let Some(last) = receipt.passed_on[level] else { return 0.0 };
        let window = Window { first: receipt.time, last };
        let payments = self.of(account, window).iter().filter(|event| event.is_out).count();
        let mean = self.received(ledger, account, window) / payments as f64;
        let first = self.amounts.partition_point(|amount| *amount < mean * (1.0 - LEVELS[level]));
        let end = self.amounts.partition_point(|amount| *amount <= mean * (1.0 + OVERDRAWN_MAX));
        end.saturating_sub(first) as f64 / self.amounts.len() as f64
    }
}

/// Returns the payments of each account, by time.
fn events(ledger: &Ledger) -> (Vec<u32>, Vec<Event>) {
    let mut starts = vec![0_u32; ledger.accounts() + 1];
    for bundle in &ledger.bundles {
        starts[bundle.payer as usize + 1] += 1;
        starts[bundle.payee as usize + 1] += 1;
    }
    for at in 0..ledger.accounts() {
        starts[at + 1] += starts[at];
    }
    let mut next = starts.clone();
    let mut events = vec![Event { time: 0, is_out: false, bundle: 0 }; 2 * ledger.count()];
    for (at, bundle) in (0..).zip(&ledger.bundles) {
        for (account, is_out) in [(bundle.payee, false), (bundle.payer, true)] {
            let slot = &mut next[account as usize];
            events[*slot as usize] = Event { time: bundle.time, is_out, bundle: at };
            *slot += 1;
        }
    }
    for row in starts.windows(2) {
        events[row[0] as usize..row[1] as usize]
            .sort_unstable_by_key(|event| (event.time, event.is_out, event.bundle));
    }
    (starts, events)
}

/// Returns what an account does with its receipts, from its payments within a window.
fn receipt(ledger: &Ledger, time: i64, events: &[Event]) -> Receipt {
    let is_skipped = events.len() > PAYMENTS_MAX;
    let mut receipt = Receipt {
        time,
        is_active: !is_skipped && events.iter().any(|event| event.is_out),
        is_skipped,
        class: (events.len().max(1).ilog2() as usize).min(CLASSES - 1),
        passed_on: [None; LEVELS.len()],
    };
    if !receipt.is_active {
        return receipt;
    }
    let (mut received, mut paid) = (0.0, 0.0);
    for at_time in events.chunk_by(|a, b| a.time == b.time) {
        for event in at_time {
            let amount = ledger.bundles[event.bundle as usize].amount;
            *(if event.is_out { &mut paid } else { &mut received }) += amount;
        }
        let kept = 1.0 - paid / received;
        if kept < -OVERDRAWN_MAX || !at_time.iter().any(|event| event.is_out) {
            continue;
        }
        for (level, passed_on) in LEVELS.iter().zip(&mut receipt.passed_on) {
            if kept <= *level {
                *passed_on = Some(at_time[0].time);
            }
        }
    }
    receipt
}
