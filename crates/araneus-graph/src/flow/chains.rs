//! Chains and cycles: one sum that moves from account to account.
//!
//! From a payment to an account, each payment of that account with nearly the same amount is a continuation. The
//! expected number of such continuations by chance follows from the amounts of all payments and from the habits of
//! the account. The product over a path, times the number of places to start, is the expected number of such paths.
//! The order of time narrows the choice of continuations. It is evidence and not a condition.

use rayon::prelude::*;

use super::instance::{FlowKind, Found};
use super::ledger::{Band, LEVELS, Ledger, Window};
use crate::progress::Progress;

/// Largest expected number of continuations by chance that a path follows.
const CONTINUATIONS_MAX: f64 = 0.5;
/// Largest number of accounts on a path.
const ACCOUNTS_MAX: usize = 12;
/// Largest number of payments that a search visits from one start.
const STEPS_MAX: usize = 200;
/// Parts of the span within which the next payment follows; `None`: before or after, at any time.
const CONFIGURATIONS: [Option<i64>; 3] = [Some(16), Some(4), None];
/// Starts of one task.
const CHUNK: usize = 1 << 10;

/// Returns the best path from each payment, in order of the payments.
pub(super) fn find(ledger: &Ledger, progress: &Progress) -> Option<Vec<Found>> {
    let bands: Vec<[f64; 3]> =
        (0..ledger.count()).into_par_iter().map(|at| chances_of_continuation(ledger, at)).collect();
    let starts: Vec<u32> = (0..ledger.count() as u32).collect();
    let chunks: Option<Vec<Vec<Found>>> = starts
        .par_chunks(CHUNK)
        .map(|starts| {
            let mut search = Search::new(ledger, &bands);
            let found = starts.iter().filter_map(|&start| search.best_from(start)).collect();
            progress.advance(starts.len() as u64).then_some(found)
        })
        .collect();
    chunks.map(|chunks| chunks.into_iter().flatten().collect())
}

/// Returns the chance, for each level, that a payment of a bundle's payee has the bundle's amount.
fn chances_of_continuation(ledger: &Ledger, at: usize) -> [f64; 3] {
    let bundle = &ledger.bundles[at];
    if ledger.out.count(bundle.payee) == 0 {
        return [1.0; 3];
    }
    [0, 1, 2].map(|level| {
        let band = Band::around(bundle.amount, LEVELS[level]);
        // Three levels are tried, so each is three times as likely to hold.
        (3.0 * ledger.chance_of_band(bundle.payee, band, ledger.shares[at][level])).min(1.0)
    })
}

/// Depth-first search for the least expected path from one payment.
struct Search<'a> {
    ledger: &'a Ledger,
    chances: &'a [[f64; 3]],
    /// Length of the window after each payment; `None`: all times.
    length: Option<i64>,
    steps: usize,
    path: Vec<u32>,
    best: Path,
}

/// A path and the logarithm of its expected number, places to start left out.
#[derive(Clone, Debug, Default)]
struct Path {
    bundles: Vec<u32>,
    ln_expected: f64,
    is_closed: bool,
}

impl<'a> Search<'a> {
    fn new(ledger: &'a Ledger, chances: &'a [[f64; 3]]) -> Self {
        Self { ledger, chances, length: None, steps: 0, path: Vec::new(), best: Path::default() }
    }

    fn best_from(&mut self, start: u32) -> Option<Found> {
        self.best = Path::default();
        for part in CONFIGURATIONS {
            self.length = part.map(|part| self.ledger.span() / part);
            self.steps = 0;
            self.path.clear();
            self.path.push(start);
            self.extend(0.0);
        }
        if self.best.bundles.is_empty() {
            return None;
        }
        let Path { bundles, ln_expected, is_closed } = std::mem::take(&mut self.best);
        let all = &self.ledger.bundles;
        let mut accounts: Vec<u32> = vec![all[start as usize].payer];
        accounts.extend(bundles.iter().map(|&at| all[at as usize].payee));
        if is_closed {
            accounts.pop();
        }
        let starts = self.ledger.count() as f64 * CONFIGURATIONS.len() as f64;
        Some(Found {
            kind: if is_closed { FlowKind::Cycle } else { FlowKind::Chain },
            accounts,
            bundles,
            ln_expected: ln_expected + starts.ln(),
            layers: Vec::new(),
            is_cut: false,
            window: None,
        })
    }

    /// Tries every continuation of the path.
    fn extend(&mut self, ln_expected: f64) {
        let all = &self.ledger.bundles;
        let last_at = self.path[self.path.len() - 1];
        let last = &all[last_at as usize];
        let window = self.length.map_or(Window::ALL, |length| Window::from(last.time, length));
        let count = self.ledger.out.count_within(last.payee, window) as f64;
        let lambdas = self.chances[last_at as usize].map(|chance| count * chance);
        // A wider level is at least as likely, so the first one that is too likely ends the list.
        let levels = lambdas.iter().take_while(|lambda| **lambda <= CONTINUATIONS_MAX).count();
        if count == 0.0 || levels == 0 {
            return;
        }
        let first_payer = all[self.path[0] as usize].payer;
        let band = Band::around(last.amount, LEVELS[levels - 1]);
        for &next_at in self.ledger.out.in_band(last.payee, band) {
            let next = &all[next_at as usize];
            if !window.contains(next.time) {
                continue;
            }
            if self.steps == STEPS_MAX {
                return;
            }
            self.steps += 1;
            let holds = |level: &f64| Band::around(last.amount, *level).contains(next.amount);
            let level = LEVELS[..levels].iter().position(holds).unwrap_or(levels - 1);
            let with_next = ln_expected + lambdas[level].ln();
            if next.payee == first_payer {
                if self.path.len() >= 2 {
                    let payers = f64::from(self.ledger.payer_counts[first_payer as usize]);
                    let to_first = ((payers + 1.0) / self.ledger.count() as f64).min(1.0);
                    self.keep_if_better(next_at, with_next + to_first.ln(), true);
                }
                continue;
            }
            if self.path.iter().any(|&at| all[at as usize].payee == next.payee) {
                continue;
            }
            self.keep_if_better(next_at, with_next, false);
            if self.path.len() + 2 < ACCOUNTS_MAX {
                self.path.push(next_at);
                self.extend(with_next);
                self.path.pop();
            }
        }
    }

    fn keep_if_better(&mut self, next: u32, ln_expected: f64, is_closed: bool) {
        if self.best.bundles.is_empty() || ln_expected < self.best.ln_expected {
            self.best.bundles.clone_from(&self.path);
            self.best.bundles.push(next);
            self.best.ln_expected = ln_expected;
            self.best.is_closed = is_closed;
        }
    }
}
