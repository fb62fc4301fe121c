//! Fan-in: several payers pay one payee nearly the same amount within a short time.
//!
//! A box around a payment is a time window and an amount band. The number of other payers in it is binomial: each of
//! the payee's other payments is in the box with the share of the window in time, times the mean chance of the band
//! over the payers. Without the band every shop is a fan-in.

use rayon::prelude::*;

use super::chance::ln_binomial_tail;
use super::ledger::{Band, Ledger, Window};
use super::{FlowKind, Found};
use crate::progress::Progress;

/// Parts of the span that a window takes; 1 is all of it.
const PARTS: [i64; 3] = [16, 4, 1];
/// Largest relative difference from the amount of the payment in the centre.
const BANDS: [f64; 3] = [0.02, 0.1, 0.25];
/// Number of boxes that are tried around each payment.
const BOXES: f64 = 9.0;
/// Smallest number of payers.
const PAYERS_MIN: usize = 3;
/// Boxes that are expected more often than this are not listed.
const LN_EXPECTED_MAX: f64 = 9.0;
/// Number of payments of a payee up to which each is the centre of boxes.
const CENTRES_MAX: usize = 200;
/// Payees of one task.
const CHUNK: usize = 1 << 7;
/// Returns the best box around each payment, in order of payee and payment.
pub(super) fn find(ledger: &Ledger, progress: &Progress) -> Option<Vec<Found>> {
    let payees: Vec<u32> = (0..ledger.accounts() as u32).collect();
    let chunks: Option<Vec<Vec<Found>>> = payees
        .par_chunks(CHUNK)
        .map(|payees| {
            let found = payees.iter().flat_map(|&payee| to_payee(ledger, payee)).collect();
            progress.advance(payees.len() as u64).then_some(found)
        })
        .collect();
    chunks.map(|chunks| chunks.into_iter().flatten().collect())
}

/// Returns the best box around each payment of a payee, if it is not to be expected.
fn to_payee(ledger: &Ledger, payee: u32) -> Vec<Found> {
    if (ledger.payer_counts[payee as usize] as usize) < PAYERS_MIN {
        return Vec::new();
    }
    let row = ledger.inward.all(payee);
    let ln_boxes = (ledger.count() as f64 * BOXES).ln();
    let mut best: Vec<Option<Found>> = vec![None; row.len()];
    for level in BANDS {
        for part in PARTS {
            let length = if part == 1 { i64::MAX } else { ledger.span() / part };
            let counts = counts_in_boxes(ledger, row, level, length);
            // In a long row the boxes of a shape cover each payment a few times, so that the work stays near linear.
            let mut is_covered = vec![false; row.len()];
            for centre in in_order_of_count(&counts) {
                let is_long = row.len() > CENTRES_MAX;
                if counts[centre] < PAYERS_MIN || (is_long && is_covered[centre]) {
                    continue;
                }
                let Shape { band, window } = Shape::around(ledger, row[centre], level, length);
                let (share, time_share) = (ledger.share(band), ledger.share_of_time(window));
                let least = |chance: f64, payers: usize| {
                    ln_boxes + ln_binomial_tail(payers - 1, row.len() - 1, time_share * chance)
                };
                // Habits can only raise the chance, and payers are at most as many as payments.
                if least(share, counts[centre]) > LN_EXPECTED_MAX {
                    continue;
                }
                let positions = ledger.inward.band(payee, band);
                let in_box = positions
                    .clone()
                    .filter(|&at| window.contains(ledger.bundles[row[at] as usize].time));
                if is_long {
                    in_box.clone().for_each(|at| is_covered[at] = true);
                }
                let bundles = one_of_each_payer(ledger, row[centre], in_box.map(|at| row[at]));
                if bundles.len() < PAYERS_MIN {
                    continue;
                }
                let chances = bundles
                    .iter()
                    .map(|&at| ledger.chance_of_band(ledger.bundles[at as usize].payer, band, share));
                let ln_expected = least(chances.sum::<f64>() / bundles.len() as f64, bundles.len());
                let is_better = best[centre].as_ref().is_none_or(|best| ln_expected < best.ln_expected);
                if ln_expected <= LN_EXPECTED_MAX && is_better {
                    let payers = bundles.iter().map(|&at| ledger.bundles[at as usize].payer);
                    best[centre] = Some(Found {
                        kind: FlowKind::FanIn,
                        accounts: payers.chain([payee]).collect(),
                        bundles,
                        ln_expected,
                    });
                }
            }
        }
    }
    best.into_iter().flatten().collect()
}

/// Amount band and time window of a box.
struct Shape {
    band: Band,
    window: Window,
}

impl Shape {
    fn around(ledger: &Ledger, centre: u32, level: f64, length: i64) -> Self {
        let centre = &ledger.bundles[centre as usize];
        let window = if length == i64::MAX { Window::ALL } else { Window::from(centre.time, length) };
        Self { band: Band::around(centre.amount, level), window }
    }
}

/// Returns the number of payments in the box around each payment of a row, which is in order of amount.
///
/// Bands move along the row. A binary indexed tree (Fenwick 1994) over the times counts those in the band.
fn counts_in_boxes(ledger: &Ledger, row: &[u32], level: f64, length: i64) -> Vec<usize> {
    let bundle = |at: u32| &ledger.bundles[at as usize];
    let mut times: Vec<i64> = row.iter().map(|&at| bundle(at).time).collect();
    times.sort_unstable();
    let mut tree = CountTree(vec![0; times.len() + 1]);
    let rank = |time: i64| times.partition_point(|&other| other < time);
    let (mut low, mut high) = (0, 0);
    let count = |&centre: &u32| {
        let Shape { band, window } = Shape::around(ledger, centre, level, length);
        while high < row.len() && bundle(row[high]).amount <= band.high() {
            tree.add(rank(bundle(row[high]).time), 1);
            high += 1;
        }
        while bundle(row[low]).amount < band.low() {
            tree.add(rank(bundle(row[low]).time), -1);
            low += 1;
        }
        let until = times.partition_point(|&time| time <= window.last);
        tree.before(until) - tree.before(rank(window.first))
    };
    row.iter().map(count).map(|count| count as usize).collect()
}

/// Counts at positions, with sums over the first ones.
struct CountTree(Vec<i32>);

impl CountTree {
    fn add(&mut self, position: usize, count: i32) {
        let mut at = position + 1;
        while at < self.0.len() {
            self.0[at] += count;
            at += at & at.wrapping_neg();
        }
    }

    fn before(&self, position: usize) -> i32 {
        let (mut at, mut sum) = (position, 0);
        while at > 0 {
            sum += self.0[at];
            at &= at - 1;
        }
        sum
    }
}

/// Returns the positions of counts, largest first.
fn in_order_of_count(counts: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&at| (std::cmp::Reverse(counts[at]), at));
    order
}

/// Returns for each payer of a box the payment whose amount is nearest to the centre's, in order of payer.
fn one_of_each_payer(ledger: &Ledger, centre: u32, in_box: impl Iterator<Item = u32>) -> Vec<u32> {
    let bundle = |at: u32| &ledger.bundles[at as usize];
    let distance = |at: u32| (bundle(at).amount - bundle(centre).amount).abs();
    let mut bundles: Vec<u32> = in_box.collect();
    bundles.sort_by(|&a, &b| {
        let by_payer = bundle(a).payer.cmp(&bundle(b).payer);
        by_payer.then(distance(a).total_cmp(&distance(b))).then(a.cmp(&b))
    });
    bundles.dedup_by_key(|at| bundle(*at).payer);
    bundles
}
