//! Scatter-gather: one account pays several, and each of these pays nearly the same amount to one target soon
//! afterwards.
//!
//! By chance a path of two such payments ends at a target in proportion to the target's payers, or to its payments at
//! that time, whichever is more. The expected number of intermediaries is the number of the source's
//! paths times that share, and their number is Poisson.

use rayon::prelude::*;

use super::chance::ln_poisson_tail;
use super::instance::{FlowKind, Found};
use super::ledger::{Band, Ledger, Window};
use crate::progress::Progress;

/// Largest relative difference of what an intermediary gets and pays on.
const LEVEL: f64 = 0.1;
/// Part of the span within which an intermediary pays the target.
const PART_OF_SPAN: i64 = 4;
/// Largest number of payments of an intermediary. Accounts that pay more are left out.
const PAYMENTS_MAX: usize = 200;
/// Smallest number of intermediaries.
const INTERMEDIARIES_MIN: usize = 3;
/// Sources of one task.
const CHUNK: usize = 1 << 8;

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

/// One intermediary between a source and a target, with its payment in and its payment on.
struct Step {
    target: u32,
    intermediary: u32,
    difference: f64,
    bundles: [u32; 2],
}

/// Returns the number of targets of a source, and its instances with the logarithm of the chance of each.
fn from_source(ledger: &Ledger, source: u32) -> (usize, Vec<Found>) {
    let steps = steps(ledger, source);
    let mut found = Vec::new();
    let targets = steps.chunk_by(|a, b| a.target == b.target);
    for between in targets.clone().filter(|between| between.len() >= INTERMEDIARIES_MIN) {
        let target = between[0].target;
        let of_payers = f64::from(ledger.payer_counts[target as usize]) / ledger.pair_count as f64;
        let mean_share = between.iter().map(|step| share_of(ledger, between, step, of_payers)).sum::<f64>()
            / between.len() as f64;
        let mean = steps.len() as f64 * of_payers.max(mean_share);
        let intermediaries = between.iter().map(|step| step.intermediary);
        found.push(Found {
            kind: FlowKind::ScatterGather,
            accounts: std::iter::once(source).chain(intermediaries).chain([target]).collect(),
            bundles: between.iter().flat_map(|step| step.bundles).collect(),
            ln_expected: ln_poisson_tail(between.len(), mean),
            layers: Vec::new(),
            is_cut: false,
            window: None,
        });
    }
    (targets.count(), found)
}

/// Returns the share of a target in the payments that follow the first payment of a step, those of the instance left
/// out.
fn share_of(ledger: &Ledger, between: &[Step], step: &Step, of_payers: f64) -> f64 {
    let window = window(ledger, step.bundles[0]);
    let time_of_second = |step: &Step| ledger.bundles[step.bundles[1] as usize].time;
    let own = between.iter().filter(|step| window.contains(time_of_second(step))).count();
    let to_target = ledger.inward.count_within(step.target, window) - own;
    (to_target as f64 + of_payers) / ((ledger.count_within(window) - own) as f64 + 1.0)
}

/// Returns the times within which an intermediary pays on what a bundle brings.
fn window(ledger: &Ledger, bundle: u32) -> Window {
    Window::from(ledger.bundles[bundle as usize].time, ledger.span() / PART_OF_SPAN)
}

/// Returns the intermediaries of a source that pay on what they get, in order of target and intermediary: each once
/// for a target.
fn steps(ledger: &Ledger, source: u32) -> Vec<Step> {
    let mut steps = Vec::new();
    for &first_at in ledger.out.all(source) {
        let first = &ledger.bundles[first_at as usize];
        if ledger.out.count(first.payee) > PAYMENTS_MAX {
            continue;
        }
        let window = window(ledger, first_at);
        for &second_at in ledger.out.in_band(first.payee, Band::around(first.amount, LEVEL)) {
            let second = &ledger.bundles[second_at as usize];
            if second.payee != source && window.contains(second.time) {
                steps.push(Step {
                    target: second.payee,
                    intermediary: first.payee,
                    difference: (second.amount / first.amount - 1.0).abs(),
                    bundles: [first_at, second_at],
                });
            }
        }
    }
    let pair = |step: &Step| (step.target, step.intermediary);
    steps.sort_by(|a, b| {
        let by_pair = pair(a).cmp(&pair(b));
        by_pair.then(a.difference.total_cmp(&b.difference)).then(a.bundles.cmp(&b.bundles))
    });
    steps.dedup_by_key(|step| pair(step));
    steps
}
