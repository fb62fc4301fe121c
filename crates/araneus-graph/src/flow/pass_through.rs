//! Pass-through: an account that passes on most of what it receives, nearly the same amounts and soon, again and again.
//!
//! An incoming payment is passed on if the account makes a payment of nearly the same amount to another account soon
//! afterwards. Each outgoing payment serves once. The chance of that follows from the number of the
//! account's payments in the window, from the amounts of all payments and from the account's habits. The number of such
//! payments is binomial with the mean of these chances.

use rayon::prelude::*;

use super::chance::ln_binomial_tail;
use super::instance::{FlowKind, Found};
use super::ledger::{Band, Bundle, LEVELS, Ledger, Window};
use crate::progress::Progress;

/// Part of the span within which a payment is passed on.
const PART_OF_SPAN: i64 = 16;
/// Smallest number of payments that are passed on.
const PASSED_ON_MIN: usize = 3;
/// Smallest share of the received sum that is passed on.
const SHARE_MIN: f64 = 0.5;
/// Number of amount bands that are tried: the first of the levels.
const LEVELS_TRIED: usize = 3;
/// Largest number of payments of an account on each side. Larger accounts are services whose business it is.
const PAYMENTS_MAX: usize = 200;
/// Accounts of one task.
const CHUNK: usize = 1 << 8;

/// Returns the instances, in order of account.
pub(super) fn find(ledger: &Ledger, progress: &Progress) -> Option<Vec<Found>> {
    let accounts: Vec<u32> = (0..ledger.accounts() as u32).collect();
    let chunks: Option<Vec<Vec<Found>>> = accounts
        .par_chunks(CHUNK)
        .map(|accounts| {
            let found = accounts.iter().filter_map(|&account| through(ledger, account)).collect();
            progress.advance(accounts.len() as u64).then_some(found)
        })
        .collect();
    let mut found: Vec<Found> = chunks?.into_iter().flatten().collect();
    let able = |account: &&u32| {
        let [inward, out] = [&ledger.inward, &ledger.out].map(|rows| rows.count(**account));
        inward.min(out) >= PASSED_ON_MIN
    };
    let tried = accounts.iter().filter(able).count() * LEVELS_TRIED;
    for one in &mut found {
        one.ln_expected += (tried as f64).ln();
    }
    Some(found)
}

/// Returns the payments that an account passes on, by the level that is least likely.
fn through(ledger: &Ledger, account: u32) -> Option<Found> {
    let counts = [&ledger.inward, &ledger.out].map(|rows| rows.count(account));
    if counts.iter().any(|count| !(PASSED_ON_MIN..=PAYMENTS_MAX).contains(count)) {
        return None;
    }
    let mut inward = ledger.inward.all(account).to_vec();
    inward.sort_by_key(|&at| (ledger.bundles[at as usize].time, at));
    let of_levels = (0..LEVELS_TRIED).filter_map(|level| at_level(ledger, account, &inward, level));
    of_levels.min_by(|a, b| a.ln_expected.total_cmp(&b.ln_expected))
}

fn at_level(ledger: &Ledger, account: u32, inward: &[u32], level: usize) -> Option<Found> {
    let bundle = |at: u32| &ledger.bundles[at as usize];
    let (mut pairs, mut chances): (Vec<[u32; 2]>, f64) = (Vec::new(), 0.0);
    let (mut received, mut passed_on) = (0.0, 0.0);
    let mut is_used = vec![false; ledger.out.count(account)];
    for &first in inward {
        let &Bundle { payer, time, amount, .. } = bundle(first);
        let (band, window) =
            (Band::around(amount, LEVELS[level]), Window::from(time, ledger.span() / PART_OF_SPAN));
        let payments = ledger.out.count_within(account, window) as f64;
        chances +=
            (payments * ledger.chance_of_band(account, band, ledger.shares[first as usize][level])).min(1.0);
        received += amount;
        let out = ledger.out.all(account);
        let is_free = |at: &usize| {
            let second = bundle(out[*at]);
            !is_used[*at] && second.payee != payer && window.contains(second.time)
        };
        let difference = |at: usize| (bundle(out[at]).amount - amount).abs();
        let nearest = ledger.out.band(account, band).filter(is_free);
        let nearest =
            nearest.min_by(|&a, &b| difference(a).total_cmp(&difference(b)).then(out[a].cmp(&out[b])));
        if let Some(at) = nearest {
            is_used[at] = true;
            pairs.push([first, out[at]]);
            passed_on += amount;
        }
    }
    if pairs.len() < PASSED_ON_MIN || passed_on < SHARE_MIN * received {
        return None;
    }
    let ln_expected = ln_binomial_tail(pairs.len(), inward.len(), chances / inward.len() as f64);
    let mut others: Vec<u32> =
        pairs.iter().flat_map(|[first, second]| [bundle(*first).payer, bundle(*second).payee]).collect();
    others.sort_unstable();
    others.dedup();
    Some(Found {
        kind: FlowKind::PassThrough,
        accounts: std::iter::once(account).chain(others).collect(),
        bundles: pairs.into_iter().flatten().collect(),
        ln_expected,
        layers: Vec::new(),
        is_cut: false,
        window: None,
    })
}
