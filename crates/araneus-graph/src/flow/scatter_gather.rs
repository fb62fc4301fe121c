//! Scatter-gather: one account pays several, and each of these pays one target soon afterwards.
//!
//! A path of two payments from a source ends at a target by chance in proportion to the payers of that target. The
//! expected number of intermediaries is the number of such paths times that share, and their number is Poisson.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::chance::ln_poisson_tail;
use super::ledger::{Ledger, Window};
use super::{FlowKind, Found};
use crate::progress::Progress;

/// Part of the span within which an intermediary pays the target.
const PART_OF_SPAN: i64 = 4;
/// Largest number of payments of an intermediary. An account that pays more is no evidence.
const PAYMENTS_MAX: usize = 200;
/// Smallest number of intermediaries.
const INTERMEDIARIES_MIN: usize = 2;
/// Sources of one task.
const CHUNK: usize = 1 << 8;

/// Intermediaries between a source and a target: each with its payment in and its payment on.
type Intermediaries = BTreeMap<u32, Vec<(u32, u32)>>;

/// Returns the instances, in order of source and target.
pub(super) fn find(ledger: &Ledger, progress: &Progress) -> Option<Vec<Found>> {
    let sources: Vec<u32> = (0..ledger.accounts() as u32).collect();
    let chunks: Option<Vec<(usize, Vec<Found>)>> = sources
        .par_chunks(CHUNK)
        .map(|sources| {
            let (mut pairs, mut found) = (0, Vec::new());
            for &source in sources {
                let (count, mut of_source) = from_source(ledger, source);
                pairs += count;
                found.append(&mut of_source);
            }
            progress.advance(sources.len() as u64).then_some((pairs, found))
        })
        .collect();
    let chunks = chunks?;
    let pairs: usize = chunks.iter().map(|(pairs, _)| pairs).sum();
    let ln_pairs = (pairs.max(1) as f64).ln();
    let mut found: Vec<Found> = chunks.into_iter().flat_map(|(_, found)| found).collect();
    for one in &mut found {
        one.ln_expected += ln_pairs;
    }
    Some(found)
}

/// Returns the number of targets of a source, and its instances with the logarithm of the chance of each.
fn from_source(ledger: &Ledger, source: u32) -> (usize, Vec<Found>) {
    let all = &ledger.bundles;
    let length = ledger.span() / PART_OF_SPAN;
    let mut paths = 0_usize;
    let mut by_target: Intermediaries = BTreeMap::new();
    // Bundles of a payer are in order of payee and time, so those of one intermediary follow each other.
    let mut row = ledger.out.all(source).to_vec();
    row.sort_unstable();
    for inward in row.chunk_by(|a, b| all[*a as usize].payee == all[*b as usize].payee) {
        let intermediary = all[inward[0] as usize].payee;
        if ledger.out.count(intermediary) > PAYMENTS_MAX {
            continue;
        }
        let mut onward = ledger.out.all(intermediary).to_vec();
        onward.sort_unstable();
        for to_target in onward.chunk_by(|a, b| all[*a as usize].payee == all[*b as usize].payee) {
            let target = all[to_target[0] as usize].payee;
            if target == source {
                continue;
            }
            let in_time = inward.iter().find_map(|&first| {
                let window = Window::from(all[first as usize].time, length);
                let second = to_target.iter().find(|second| window.contains(all[**second as usize].time))?;
                Some((first, *second))
            });
            if let Some(pair) = in_time {
                paths += 1;
                by_target.entry(target).or_default().push(pair);
            }
        }
    }
    let instances = by_target.iter().filter(|(_, between)| between.len() >= INTERMEDIARIES_MIN);
    let found = instances.map(|(&target, between)| {
        let payers = f64::from(ledger.payer_counts[target as usize]);
        let mean = paths as f64 * payers / ledger.pair_count as f64;
        let intermediaries = between.iter().map(|(first, _)| all[*first as usize].payee);
        Found {
            kind: FlowKind::ScatterGather,
            accounts: std::iter::once(source).chain(intermediaries).chain([target]).collect(),
            bundles: between.iter().flat_map(|(first, second)| [*first, *second]).collect(),
            ln_expected: ln_poisson_tail(between.len(), mean),
        }
    });
    (by_target.len(), found.collect())
}
