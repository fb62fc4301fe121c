//! Fan-in: several payers pay one payee nearly the same amount within a short time.
//!
//! A box around a payment is a time window and an amount band. The number of other payers in it is binomial. The
//! chance of each of the payee's other payers is the share of the window in time, times the chance of the band. The share
//! of the window is that of all payments, or of the payee's payments outside the band, whichever is larger. The chance
//! of the band is the mean over the payers, or its share in what the payee receives outside the window, whichever is
//! larger. Without the band every shop is a fan-in. A payer that pays the payee this amount more than once has a
//! habit, for example a subscription, and does not count.

use rayon::prelude::*;

use super::chance::ln_binomial_tail;
use super::instance::{FlowKind, Found};
use super::ledger::{Band, LEVELS, Ledger, Window};
use crate::progress::Progress;

/// Parts of the span that a window takes; 1 is all of it.
const PARTS: [i64; 3] = [16, 4, 1];
/// Positions in the list of levels of the amount bands.
const BANDS: [usize; 3] = [1, 2, 3];
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

/// Returns the best box around each payment of a payee.
fn to_payee(ledger: &Ledger, payee: u32) -> Vec<Found> {
    if (ledger.payer_counts[payee as usize] as usize) < PAYERS_MIN {
        return Vec::new();
    }
    let row = ledger.inward.all(payee);
    let mut best: Vec<Option<Found>> = vec![None; row.len()];
    for band in BANDS {
        for part in PARTS {
            let length = if part == 1 { i64::MAX } else { ledger.span() / part };
            let counts = counts_in_boxes(ledger, row, LEVELS[band], length);
            // In a long row similar boxes cover each payment a few times, so that the work stays near linear.
            let mut is_covered = vec![false; row.len()];
            for centre in in_order_of_count(&counts) {
                let is_long = row.len() > CENTRES_MAX;
                if counts[centre] < PAYERS_MIN || (is_long && is_covered[centre]) {
                    continue;
                }
                let shape = Shape::around(ledger, row[centre], LEVELS[band], length);
                let share = ledger.shares[row[centre] as usize][band];
                let Some((found, positions)) = in_box(ledger, payee, centre, counts[centre], shape, share)
                else {
                    continue;
                };
                if is_long {
                    for position in positions {
                        is_covered[position] = true;
                    }
                }
                let is_better = best[centre].as_ref().is_none_or(|best| found.ln_expected < best.ln_expected);
                if found.ln_expected <= LN_EXPECTED_MAX && is_better {
                    best[centre] = Some(found);
                }
            }
        }
    }
    best.into_iter().flatten().collect()
}

/// Returns the payments in a box and their positions in the payee's row; `None` if they are too few or too usual.
fn in_box(
    ledger: &Ledger,
    payee: u32,
    centre: usize,
    count: usize,
    Shape { band, window }: Shape,
    share: f64,
) -> Option<(Found, Vec<usize>)> {
    let row = ledger.inward.all(payee);
    let bundle = |at: usize| &ledger.bundles[row[at] as usize];
    let in_band = ledger.inward.band(payee, band);
    let within = ledger.inward.count_within(payee, window);
    let all_times = ledger.count_within(window) as f64 / ledger.count() as f64;
    // The times of the payee's payments outside the band show when it is paid anyway.
    let times_of_payee = ((within - count) as f64 + all_times) / ((row.len() - in_band.len()) as f64 + 1.0);
    let time_share = all_times.max(times_of_payee);
    let others = ledger.payer_counts[payee as usize] as usize - 1;
    let payments_of_payer = row.len() as f64 / (others + 1) as f64;
    let ln_expected = |chance: f64, payers: usize| {
        let of_payer = 1.0 - (1.0 - time_share * chance).powf(payments_of_payer);
        (ledger.count() as f64 * BOXES).ln() + ln_binomial_tail(payers - 1, others, of_payer)
    };
    // Habits can only raise the chance, and payers are at most as many as payments.
    if ln_expected(share, count.min(others + 1)) > LN_EXPECTED_MAX {
        return None;
    }
    let positions: Vec<usize> = in_band.clone().filter(|&at| window.contains(bundle(at).time)).collect();
    let bundles = of_single_payers(ledger, &row[in_band.clone()], window);
    if bundles.len() < PAYERS_MIN || !bundles.contains(&row[centre]) {
        return None;
    }
    let payers: Vec<u32> = bundles.iter().map(|&at| ledger.bundles[at as usize].payer).collect();
    let chances = payers.iter().map(|&payer| ledger.chance_of_band(payer, band, share));
    let of_payers = chances.sum::<f64>() / bundles.len() as f64;
    let of_payee = ((in_band.len() - count) as f64 + share) / ((row.len() - within) as f64 + 1.0);
    let found = Found {
        kind: FlowKind::FanIn,
        ln_expected: ln_expected(of_payers.max(of_payee).min(1.0), bundles.len()),
        accounts: payers.into_iter().chain([payee]).collect(),
        bundles,
        layers: Vec::new(),
        is_cut: false,
        window: None,
    };
    Some((found, positions))
}

/// Returns the payments within a window of the payers that have one payment in the band, in order of payer.
fn of_single_payers(ledger: &Ledger, in_band: &[u32], window: Window) -> Vec<u32> {
    let payer = |at: &u32| ledger.bundles[*at as usize].payer;
    let mut bundles = in_band.to_vec();
    bundles.sort_unstable();
    let of_payer = bundles.chunk_by(|a, b| payer(a) == payer(b)).filter(|bundles| bundles.len() == 1);
    of_payer
        .map(|bundles| bundles[0])
        .filter(|at| window.contains(ledger.bundles[*at as usize].time))
        .collect()
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
