//! Structuring: several nearly equal payments of one payer to one payee within a short time, by a payer that makes
//! larger payments otherwise.
//!
//! Many payers repeat payments, so the null is repetition. A repetition is another payment in the window to the same
//! payee with nearly the same amount. Its chance is the share of repetitions after the payments of all other payers, or
//! after those of the payer outside the window, whichever is larger. The number of repetitions is binomial.

use rayon::prelude::*;

use super::chance::ln_binomial_tail;
use super::instance::{FlowKind, Found};
use super::ledger::{Band, Ledger, Window};
use crate::progress::Progress;

/// Parts of the span that a window takes.
const PARTS: [i64; 2] = [64, 16];
/// Largest relative difference from the first amount.
const BANDS: [f64; 2] = [0.02, 0.1];
/// Smallest number of payments.
const PAYMENTS_MIN: usize = 3;
/// Largest number of payments of a payer. Larger payers are services.
const PAYMENTS_MAX: usize = 2000;
/// Payers of one task.
const CHUNK: usize = 1 << 8;

/// Payments of a payer within a window after one of them: all, and those to its payee with nearly its amount.
#[derive(Clone, Copy, Default)]
struct Repetition {
    payments: usize,
    repeated: usize,
}

/// Returns the best instance from each first payment, in order of payer.
pub(super) fn find(ledger: &Ledger, progress: &Progress) -> Option<Vec<Found>> {
    let payers: Vec<u32> = (0..ledger.accounts() as u32)
        .filter(|&payer| (PAYMENTS_MIN..=PAYMENTS_MAX).contains(&ledger.out.count(payer)))
        .collect();
    let mut found = Vec::new();
    for part in PARTS {
        for level in BANDS {
            let shape = Shape { level, length: ledger.span() / part };
            let rows: Option<Vec<Vec<Vec<Repetition>>>> = payers
                .par_chunks(CHUNK)
                .map(|payers| {
                    let rows = payers.iter().map(|&payer| repetitions(ledger, payer, shape)).collect();
                    progress.advance(payers.len() as u64).then_some(rows)
                })
                .collect();
            let rows: Vec<Vec<Repetition>> = rows?.into_iter().flatten().collect();
            let all = rows.iter().flatten();
            let (payments, repeated) =
                all.fold((0, 0), |sum, one| (sum.0 + one.payments, sum.1 + one.repeated));
            for (&payer, row) in payers.iter().zip(&rows) {
                let (own_payments, own_repeated) =
                    row.iter().fold((0, 0), |sum, one| (sum.0 + one.payments, sum.1 + one.repeated));
                let rate =
                    ((repeated - own_repeated) as f64 + 1.0) / ((payments - own_payments) as f64 + 1.0);
                found.extend(of_payer(ledger, payer, row, shape, rate));
            }
        }
    }
    Some(found)
}

#[derive(Clone, Copy)]
struct Shape {
    level: f64,
    length: i64,
}

/// Returns the payments of a payer in order of time.
fn in_order(ledger: &Ledger, payer: u32) -> Vec<u32> {
    let mut row = ledger.out.all(payer).to_vec();
    row.sort_by_key(|&at| (ledger.bundles[at as usize].time, at));
    row
}

/// Returns the positions after `first` of the payments within the window that starts there.
fn following(ledger: &Ledger, row: &[u32], first: usize, length: i64) -> std::ops::Range<usize> {
    let time = |at: usize| ledger.bundles[row[at] as usize].time;
    let last = time(first).saturating_add(length);
    first + 1..first + 1 + row[first + 1..].partition_point(|&at| ledger.bundles[at as usize].time <= last)
}

fn is_repeated(ledger: &Ledger, first: u32, next: u32, level: f64) -> bool {
    let [first, next] = [first, next].map(|at| &ledger.bundles[at as usize]);
    next.payee == first.payee && Band::around(first.amount, level).contains(next.amount)
}

fn repetitions(ledger: &Ledger, payer: u32, shape: Shape) -> Vec<Repetition> {
    let row = in_order(ledger, payer);
    let repetition = |first: usize| {
        let following = following(ledger, &row, first, shape.length);
        let repeated =
            row[following.clone()].iter().filter(|&&next| is_repeated(ledger, row[first], next, shape.level));
        Repetition { payments: following.len(), repeated: repeated.count() }
    };
    (0..row.len()).map(repetition).collect()
}

fn of_payer(ledger: &Ledger, payer: u32, counts: &[Repetition], shape: Shape, rate: f64) -> Vec<Found> {
    let tried = (ledger.count() * PARTS.len() * BANDS.len()) as f64;
    let row = in_order(ledger, payer);
    let mut found = Vec::new();
    for (first, count) in counts.iter().enumerate().filter(|(_, count)| count.repeated + 1 >= PAYMENTS_MIN) {
        let following = following(ledger, &row, first, shape.length);
        let start = &ledger.bundles[row[first] as usize];
        let window = Window::from(start.time, shape.length);
        // The payer's other payments: they show what it repeats, and that it pays larger amounts.
        let (mut own, mut larger) = (Repetition::default(), 0);
        for (at, other) in counts.iter().enumerate() {
            let bundle = &ledger.bundles[row[at] as usize];
            larger += usize::from(bundle.amount > start.amount * (1.0 + shape.level));
            if !window.contains(bundle.time) {
                own.payments += other.payments;
                own.repeated += other.repeated;
            }
        }
        if larger == 0 {
            continue;
        }
        let of_payer = (own.repeated as f64 + rate) / (own.payments as f64 + 1.0);
        let ln_tail = ln_binomial_tail(count.repeated, count.payments, rate.max(of_payer).min(1.0));
        let repeated =
            row[following].iter().copied().filter(|&next| is_repeated(ledger, row[first], next, shape.level));
        found.push(Found {
            kind: FlowKind::Structuring,
            accounts: vec![payer, start.payee],
            bundles: std::iter::once(row[first]).chain(repeated).collect(),
            ln_expected: tried.ln() + ln_tail,
            layers: Vec::new(),
            is_cut: false,
            window: None,
        });
    }
    found
}
