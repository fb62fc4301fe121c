//! Flows of money among payments: chains, cycles, scatter-gathers, fan-ins, pass-throughs, structured payments and layered
//! flows.
//!
//! Each instance has E, the number of such instances that chance would bring in all payments. E follows from the
//! amounts, times and habits in the same payments. No amount, time or account has a meaning of its own: there are no
//! fixed limits. Payments must have one currency.
//!
//! ```
//! use araneus_graph::flow::{FlowKind, Payment, find};
//! use araneus_graph::progress::Progress;
//!
//! // Unrelated payments among 200 accounts, and one sum that passes through four of them and back.
//! let mut payments: Vec<Payment> = (0..2000_u32)
//!     .map(|at| Payment {
//!         payer: at * 7 % 200,
//!         payee: (at * 13 + 5) % 200,
//!         time: i64::from(at),
//!         amount: 20.0 + f64::from(at * 7919 % 100_000) / 50.0,
//!     })
//!     .collect();
//! for (step, pair) in [(3, 50), (50, 120), (120, 77), (77, 3)].into_iter().enumerate() {
//!     let amount = 901.37 * f64::powi(0.9995, step as i32);
//!     payments.push(Payment { payer: pair.0, payee: pair.1, time: 1000 + step as i64, amount });
//! }
//! let instances = find(&payments, &Progress::silent()).expect("it is not cancelled");
//! let cycle = instances.iter().find(|instance| instance.kind == FlowKind::Cycle).expect("the sum came back");
//! assert_eq!(cycle.payments, [2000, 2001, 2002, 2003]);
//! assert!(cycle.expected() < 0.01);
//! ```

mod chains;
mod chance;
mod fan_in;
mod instance;
mod layered;
mod ledger;
mod pass_through;
mod passing;
mod scatter_gather;
mod structuring;

pub use chance::ln_binomial_tail;
pub use instance::{FlowKind, Instance, Payment};
pub use layered::{LAYERS_MAX, WIDTH_MAX};
pub use passing::{KEPT_PERCENT_MAX, PAYMENTS_MAX};

use crate::progress::Progress;
use instance::Found;
use ledger::Ledger;

/// A search for instances of one kind, or of chains and cycles.
type Search = fn(&Ledger, &Progress) -> Option<Vec<Found>>;

const SEARCHES: [Search; 6] =
    [chains::find, scatter_gather::find, fan_in::find, pass_through::find, structuring::find, layered::find];

/// Number of instances of a kind that are listed even if chance would bring them.
pub const LISTED_MIN: usize = 600;

/// Finds the instances of all kinds as [`find_within`] does. Layered flows have windows of a sixteenth and a quarter of the time
/// span.
pub fn find(payments: &[Payment], progress: &Progress) -> Option<Vec<Instance>> {
    let ledger = Ledger::new(payments);
    let windows = [ledger.span() / 16, ledger.span() / 4];
    search(&ledger.with_windows(windows.to_vec()), progress)
}

/// Finds the instances of all kinds, with windows of these lengths for layered flows. A window that is as long as the time span
/// is left out, unless it is the shortest. Instances are listed least expected first. All with E below 1 are listed, and at least the first
/// [`LISTED_MIN`] of each search. Returns `None` if `progress` was cancelled.
pub fn find_within(payments: &[Payment], windows: &[i64], progress: &Progress) -> Option<Vec<Instance>> {
    let ledger = Ledger::new(payments);
    let windows = compared_windows(ledger.span(), windows);
    search(&ledger.with_windows(windows), progress)
}

/// Returns the windows that [`find_within`] compares for payments of this time span: those that are shorter, and the shortest.
pub fn compared_windows(span: i64, windows: &[i64]) -> Vec<i64> {
    let shortest = windows.iter().min().copied();
    let is_compared = |length: &i64| *length < span || Some(*length) == shortest;
    windows.iter().copied().filter(is_compared).collect()
}

fn search(ledger: &Ledger, progress: &Progress) -> Option<Vec<Instance>> {
    let mut listed = Vec::new();
    for search in SEARCHES {
        let mut found = search(ledger, progress)?;
        found.sort_by(|a, b| a.ln_expected.total_cmp(&b.ln_expected).then_with(|| a.bundles.cmp(&b.bundles)));
        listed.extend(without_repeats(ledger.count(), found));
    }
    listed.sort_by(|a, b| {
        let by_expected = a.ln_expected.total_cmp(&b.ln_expected);
        by_expected.then(a.kind.cmp(&b.kind)).then_with(|| a.bundles.cmp(&b.bundles))
    });
    Some(listed.into_iter().map(|found| instance(ledger, found)).collect())
}

/// Returns the instances that share less than half of their payments with a better one.
fn without_repeats(bundles: usize, found: Vec<Found>) -> Vec<Found> {
    let mut owners: Vec<Vec<u32>> = vec![Vec::new(); bundles];
    let mut kept: Vec<Found> = Vec::new();
    for one in found {
        if one.ln_expected >= 0.0 && kept.len() >= LISTED_MIN {
            break;
        }
        let mut shared: Vec<u32> =
            one.bundles.iter().flat_map(|&at| owners[at as usize].iter().copied()).collect();
        shared.sort_unstable();
        if shared.chunk_by(|a, b| a == b).any(|owner| 2 * owner.len() >= one.bundles.len()) {
            continue;
        }
        for &at in &one.bundles {
            owners[at as usize].push(kept.len() as u32);
        }
        kept.push(one);
    }
    kept
}

fn instance(ledger: &Ledger, found: Found) -> Instance {
    let times: Vec<i64> = found.bundles.iter().map(|&at| ledger.bundles[at as usize].time).collect();
    Instance {
        kind: found.kind,
        accounts: found.accounts,
        payments: found.bundles.iter().flat_map(|&at| ledger.payments(at).iter().copied()).collect(),
        log10_expected: found.ln_expected / std::f64::consts::LN_10,
        is_ordered: times.is_sorted(),
        layers: found.layers,
        is_cut: found.is_cut,
        window: found.window,
    }
}
