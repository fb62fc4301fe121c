//! Layered flow: an account sends money through two or more layers of accounts that each keep little of it (Li et al. 2020,
//! `FlowScope`, AAAI 34).
//!
//! An account passes on what it receives if it has paid out nearly all of its receipts within a window after the first of them.
//! Amounts may be split and joined, so no payment need have the amount of another one. The chance that an account
//! passes on is the largest of three shares. The first is that of the windows of all accounts with about as many payments, and the
//! second that of the account's other windows. The third is that of payments with an amount that passes the sum on. The number of accounts of a layer that pass on is binomial. The
//! product over the layers, times the number of places to start, is the expected number of such flows.
//!
//! Time is linear in the payments, because each window, layer and flow has a bound.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::chance::ln_binomial_tail;
use super::instance::{FlowKind, Found};
use super::ledger::{Ledger, Window};
use super::passing::{LEVELS, Passing};
use crate::progress::Progress;

/// Smallest share of an account's receipts that comes from the flow.
const FROM_FLOW_MIN: f64 = 0.8;
/// Smallest share of the sum of a layer that reaches the next one.
const CARRIED_MIN: f64 = 0.5;
/// Largest number of layers of accounts that pass on.
pub const LAYERS_MAX: usize = 8;
/// Largest number of accounts of a layer: those that receive the largest sums.
pub const WIDTH_MAX: usize = 64;
/// Smallest numbers of layers and of accounts that pass on.
const LAYERS_MIN: usize = 2;
const BETWEEN_MIN: usize = 3;
/// Sources of one task.
const CHUNK: usize = 1 << 8;

/// Returns the flows from each source, window and level, in order of window and source.
pub(super) fn find(ledger: &Ledger, progress: &Progress) -> Option<Vec<Found>> {
    let sources: Vec<u32> = (0..ledger.accounts() as u32).collect();
    let (mut found, mut starts) = (Vec::new(), 0);
    for &length in &ledger.windows {
        let passing = Passing::new(ledger, length);
        let chunks: Option<Vec<(usize, Vec<Found>)>> = sources
            .par_chunks(CHUNK)
            .map(|sources| {
                let (mut starts, mut found) = (0, Vec::new());
                for &source in sources {
                    let times = passing.times_of_payments(source);
                    starts += times.len();
                    let search = |level: usize| Search { ledger, passing: &passing, level, source };
                    let flows = times.iter().flat_map(|time| {
                        (0..LEVELS.len()).filter_map(move |level| search(level).follow(*time).found(length))
                    });
                    found.extend(flows);
                }
                progress.advance(sources.len() as u64).then_some((starts, found))
            })
            .collect();
        for (count, mut of_chunk) in chunks? {
            starts += count;
            found.append(&mut of_chunk);
        }
    }
    let ln_starts = ((starts * LEVELS.len()).max(1) as f64).ln();
    for one in &mut found {
        one.ln_expected += ln_starts;
    }
    Some(found)
}

/// An account that receives the flow.
struct Member {
    account: u32,
    /// From its first receipt from the flow to its last payment with which it passes on.
    window: Window,
    /// Sum that it receives from the flow.
    sum: f64,
}

/// Accounts that receive from the layer before and pass on.
struct Layer {
    members: Vec<Member>,
    /// Logarithm of the chance that as many of the accounts that could pass on do so.
    ln_chance: f64,
    is_cut: bool,
}

/// A flow, layer by layer.
struct Flow {
    source: u32,
    layers: Vec<Layer>,
    bundles: Vec<u32>,
    ends: Vec<u32>,
    is_cut: bool,
}

/// A search from one source at one level.
#[derive(Clone, Copy)]
struct Search<'a> {
    ledger: &'a Ledger,
    passing: &'a Passing,
    level: usize,
    source: u32,
}

impl Search<'_> {
    /// Follows the payments that the source makes from a time on.
    fn follow(self, time: i64) -> Flow {
        let mut flow = Flow {
            source: self.source,
            layers: Vec::new(),
            bundles: Vec::new(),
            ends: Vec::new(),
            is_cut: false,
        };
        let mut accounts = vec![self.source];
        let mut payments = self.passing.payments(self.source, Window::from(time, self.passing.length));
        let mut sum_before = 0.0;
        while flow.layers.len() < LAYERS_MAX {
            let layer = self.next_layer(&accounts, &payments);
            let sum = layer.members.iter().fold(0.0, |sum, member| sum + member.sum);
            if layer.members.is_empty() || sum < CARRIED_MIN * sum_before {
                break;
            }
            sum_before = sum;
            if flow.layers.is_empty() {
                let to_layer = |at: &u32| {
                    let payee = self.ledger.bundles[*at as usize].payee;
                    layer.members.iter().any(|member| member.account == payee)
                };
                flow.bundles.extend(payments.iter().copied().filter(to_layer));
            }
            let of_member = |member: &Member| self.passing.payments(member.account, member.window);
            payments = layer.members.iter().flat_map(of_member).collect();
            flow.bundles.extend(&payments);
            accounts.extend(layer.members.iter().map(|member| member.account));
            flow.is_cut |= layer.is_cut;
            flow.layers.push(layer);
        }
        flow.is_cut |= flow.layers.len() == LAYERS_MAX;
        flow.ends = flow.bundles.iter().map(|at| self.ledger.bundles[*at as usize].payee).collect();
        flow.ends.sort_unstable();
        flow.ends.dedup();
        flow.ends.retain(|end| !accounts.contains(end));
        flow
    }

    /// Returns the payees of a layer's payments that pass on what they get, without the accounts of the flow until then.
    fn next_layer(self, accounts: &[u32], payments: &[u32]) -> Layer {
        // Each payee with its receipts from the flow.
        let mut receipts: BTreeMap<u32, Vec<(i64, f64)>> = BTreeMap::new();
        for &at in payments {
            let bundle = &self.ledger.bundles[at as usize];
            if !accounts.contains(&bundle.payee) {
                receipts.entry(bundle.payee).or_default().push((bundle.time, bundle.amount));
            }
        }
        let mut layer = Layer { members: Vec::new(), ln_chance: 0.0, is_cut: false };
        let (mut tried, mut chances) = (0, 0.0);
        for (account, receipts) in receipts {
            let Some(first) = receipts.iter().map(|(time, _)| *time).min() else { continue };
            let receipt = self.passing.receipt(account, first);
            layer.is_cut |= receipt.is_skipped;
            tried += 1;
            chances += self.passing.chance(self.ledger, account, receipt, self.level);
            let Some(last) = receipt.passed_on[self.level] else { continue };
            let window = Window { first, last };
            let in_window = receipts.iter().filter(|(time, _)| window.contains(*time));
            let sum = in_window.fold(0.0, |sum, (_, amount)| sum + amount);
            if sum >= FROM_FLOW_MIN * self.passing.received(self.ledger, account, window) {
                layer.members.push(Member { account, window, sum });
            }
        }
        if layer.members.len() > WIDTH_MAX {
            layer.is_cut = true;
            layer.members.sort_by(|a, b| b.sum.total_cmp(&a.sum).then(a.account.cmp(&b.account)));
            layer.members.truncate(WIDTH_MAX);
            layer.members.sort_by_key(|member| member.account);
        }
        if tried > 0 {
            layer.ln_chance = ln_binomial_tail(layer.members.len(), tried, chances / tried as f64);
        }
        layer
    }
}

impl Flow {
    /// Returns the flow if it has enough layers and accounts, and at least two accounts side by side. A flow of one account
    /// after the other is a chain.
    fn found(self, length: i64) -> Option<Found> {
        let widths: Vec<u32> = self.layers.iter().map(|layer| layer.members.len() as u32).collect();
        let between = widths.iter().sum::<u32>() as usize;
        let is_wide = widths.iter().any(|width| *width > 1);
        if widths.len() < LAYERS_MIN || between < BETWEEN_MIN || !is_wide {
            return None;
        }
        let members = self.layers.iter().flat_map(|layer| layer.members.iter().map(|member| member.account));
        let mut bundles = self.bundles;
        bundles.sort_unstable();
        bundles.dedup();
        Some(Found {
            kind: FlowKind::Layered,
            accounts: std::iter::once(self.source).chain(members).chain(self.ends).collect(),
            bundles,
            ln_expected: self.layers.iter().map(|layer| layer.ln_chance).sum(),
            layers: widths,
            is_cut: self.is_cut,
            window: Some(length),
        })
    }
}
