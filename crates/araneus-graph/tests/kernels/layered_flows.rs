//! Layered flows against a slow search that follows the definition word by word, and among simulated payments.

#![expect(clippy::cast_possible_wrap, reason = "small counts")]

use std::collections::{BTreeMap, BTreeSet};

use araneus_graph::flow::{FlowKind, Instance, LAYERS_MAX, Payment, find};
use araneus_graph::progress::Progress;
use araneus_graph::random::SplitMix64;

use super::payments::{FIRST, background};

const LEVELS: [f64; 3] = [0.02, 0.06, 0.15];

fn layered(payments: &[Payment]) -> Vec<Instance> {
    let found = find(payments, &Progress::silent()).expect("it is not cancelled");
    found.into_iter().filter(|instance| instance.kind == FlowKind::Layered).collect()
}

/// Payments without copies, and the length of a window.
struct World {
    payments: Vec<Payment>,
    length: i64,
}

/// Conduct of an account with its receipts from one time on.
struct Receipt {
    is_active: bool,
    size: usize,
    passed_on: Option<i64>,
}

/// A flow: number of its source and layers, its payments, and the logarithm of its chance.
type Slow = (Vec<Vec<u32>>, BTreeSet<usize>, f64);

impl World {
    /// Draws unrelated payments, some of which pass on others, and one flow through layers.
    fn random(seed: u64) -> Self {
        let mut random = SplitMix64::new(seed, 11);
        let mut payments: Vec<Payment> = Vec::new();
        while payments.len() < 70 {
            let time = i64::from(random.below(320));
            let payment = match payments.last() {
                Some(last) if random.below(4) == 0 => Payment {
                    payer: last.payee,
                    payee: random.below(24),
                    time: last.time + 3,
                    amount: last.amount * (1.0 - 0.1 * random.unit_interval()),
                },
                _ => Payment {
                    payer: random.below(24),
                    payee: random.below(24),
                    time,
                    amount: 10.0 + 900.0 * random.unit_interval(),
                },
            };
            payments.push(payment);
        }
        plant(&mut payments, &mut random, 30, 100, &[2, 3, 2], 5, 0.0);
        payments.retain(|payment| payment.payer != payment.payee);
        payments.sort_by_key(|payment| (payment.payer, payment.payee, payment.time));
        payments.dedup_by_key(|payment| (payment.payer, payment.payee, payment.time));
        Self { payments, length: 0 }
    }

    fn at(&self, account: u32, from: i64, until: i64, is_out: bool) -> Vec<usize> {
        let is_of = |payment: &Payment| {
            let of = if is_out { payment.payer } else { payment.payee };
            of == account && (from..=until).contains(&payment.time)
        };
        (0..self.payments.len()).filter(|at| is_of(&self.payments[*at])).collect()
    }

    fn sum(&self, positions: &[usize]) -> f64 {
        positions.iter().fold(0.0, |sum, at| sum + self.payments[*at].amount)
    }

    fn receipt(&self, account: u32, time: i64, level: f64) -> Receipt {
        let out = self.at(account, time, time + self.length, true);
        let size = out.len() + self.at(account, time, time + self.length, false).len();
        let mut passed_on = None;
        for end in out.iter().map(|at| self.payments[*at].time) {
            let [received, paid] = [false, true].map(|is_out| self.sum(&self.at(account, time, end, is_out)));
            let kept = 1.0 - paid / received;
            if (-0.01..=level).contains(&kept) {
                passed_on = passed_on.max(Some(end));
            }
        }
        Receipt { is_active: !out.is_empty(), size, passed_on }
    }

    /// Returns every receipt: account and time, each once.
    fn receipts(&self) -> BTreeSet<(u32, i64)> {
        self.payments.iter().map(|payment| (payment.payee, payment.time)).collect()
    }

    fn chance(&self, account: u32, time: i64, level: f64) -> f64 {
        let own = self.receipt(account, time, level);
        let windows: Vec<(bool, Receipt)> = self
            .receipts()
            .into_iter()
            .map(|(other, at)| {
                (other == account && (at - time).abs() > self.length, self.receipt(other, at, level))
            })
            .collect();
        let share = |passed_on: usize, windows: usize| (passed_on as f64 + 1.0) / (windows as f64 + 1.0);
        let of_class = |class: u32| {
            let windows =
                windows.iter().filter(|(_, receipt)| receipt.is_active && receipt.size.ilog2() == class);
            let passed_on = windows.clone().filter(|(_, receipt)| receipt.passed_on.is_some()).count();
            (windows.clone().count() >= 30).then(|| share(passed_on, windows.count()))
        };
        let all = windows.iter().filter(|(_, receipt)| receipt.passed_on.is_some()).count();
        let of_any = of_class(own.size.ilog2())
            .or_else(|| (0..8).filter_map(of_class).reduce(f64::max))
            .unwrap_or_else(|| share(all, windows.len()));
        let habits: Vec<&Receipt> =
            windows.iter().filter(|(is_own, _)| *is_own).map(|(_, receipt)| receipt).collect();
        let habit = habits.iter().filter(|receipt| receipt.passed_on.is_some()).count() as f64;
        let of_amount = own.passed_on.map_or(0.0, |last| {
            let mean = self.sum(&self.at(account, time, last, false))
                / self.at(account, time, last, true).len() as f64;
            let is_alike =
                |payment: &&Payment| (mean * (1.0 - level)..=mean * 1.01).contains(&payment.amount);
            self.payments.iter().filter(is_alike).count() as f64 / self.payments.len() as f64
        });
        of_any.max((habit + of_any) / (habits.len() as f64 + 1.0)).max(of_amount)
    }

    fn flow(&self, source: u32, time: i64, level: f64) -> Slow {
        let mut layers = vec![vec![source]];
        let (mut used, mut ln_chance, mut sum_before) = (BTreeSet::new(), 0.0, 0.0);
        let mut payments = self.at(source, time, time + self.length, true);
        while layers.len() <= LAYERS_MAX {
            let known: BTreeSet<u32> = layers.iter().flatten().copied().collect();
            let payees: BTreeSet<u32> = payments.iter().map(|at| self.payments[*at].payee).collect();
            let (mut next, mut on, mut sum_of_layer) = (Vec::new(), Vec::new(), 0.0);
            let (mut tried, mut chances) = (0_u32, 0.0);
            for payee in payees.difference(&known) {
                let own: Vec<usize> =
                    payments.iter().copied().filter(|at| self.payments[*at].payee == *payee).collect();
                let first = own.iter().map(|at| self.payments[*at].time).min().expect("one payment");
                let receipt = self.receipt(*payee, first, level);
                tried += 1;
                chances += self.chance(*payee, first, level);
                let Some(last) = receipt.passed_on else { continue };
                let from_flow: Vec<usize> =
                    own.into_iter().filter(|at| self.payments[*at].time <= last).collect();
                if self.sum(&from_flow) >= 0.8 * self.sum(&self.at(*payee, first, last, false)) {
                    sum_of_layer += self.sum(&from_flow);
                    next.push(*payee);
                    on.extend(self.at(*payee, first, last, true));
                }
            }
            if next.is_empty() || sum_of_layer < 0.5 * sum_before {
                break;
            }
            if layers.len() == 1 {
                used.extend(payments.iter().copied().filter(|at| next.contains(&self.payments[*at].payee)));
            }
            used.extend(on.iter().copied());
            ln_chance += tail(next.len(), tried, chances / f64::from(tried));
            sum_before = sum_of_layer;
            layers.push(next);
            payments = on;
        }
        layers.remove(0);
        (layers, used, ln_chance)
    }

    fn flows(&mut self) -> Vec<(f64, BTreeSet<usize>)> {
        let times = self.payments.iter().map(|payment| payment.time);
        let span = times.clone().max().unwrap_or(0) - times.min().unwrap_or(0);
        let starts: BTreeSet<(u32, i64)> =
            self.payments.iter().map(|payment| (payment.payer, payment.time)).collect();
        let mut found = Vec::new();
        for part in [16, 4] {
            self.length = span / part;
            for (source, time) in &starts {
                for level in LEVELS {
                    let (layers, used, ln_chance) = self.flow(*source, *time, level);
                    let between = layers.iter().flatten().count();
                    if layers.len() >= 2 && between >= 3 && layers.iter().any(|layer| layer.len() > 1) {
                        found.push((ln_chance + (starts.len() as f64 * 6.0).ln(), used));
                    }
                }
            }
        }
        found
    }
}

fn tail(least: usize, trials: u32, chance: f64) -> f64 {
    let term = |count: u32| {
        let choices =
            (0..count).fold(1.0, |product, at| product * f64::from(trials - at) / f64::from(at + 1));
        choices * chance.powi(count as i32) * (1.0 - chance).powi((trials - count) as i32)
    };
    if least as f64 <= f64::from(trials) * chance {
        return 0.0;
    }
    (least as u32..=trials).map(term).sum::<f64>().ln()
}

#[test]
fn layered_flows_equal_those_of_a_slow_search() {
    let mut compared = 0;
    for seed in 0..12 {
        let mut world = World::random(seed);
        let mut slow = world.flows();
        slow.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
        let mut kept: Vec<(f64, BTreeSet<usize>)> = Vec::new();
        for one in slow {
            let shares_half =
                |other: &(f64, BTreeSet<usize>)| 2 * one.1.intersection(&other.1).count() >= one.1.len();
            if !kept.iter().any(shares_half) {
                kept.push(one);
            }
        }
        let rounded = |ln_expected: f64| (ln_expected / std::f64::consts::LN_10 * 1e7).round() as i64;
        let slow: Vec<i64> = kept.iter().map(|one| rounded(one.0)).collect();
        let fast: Vec<i64> = layered(&world.payments)
            .iter()
            .map(|one| rounded(one.log10_expected * std::f64::consts::LN_10))
            .collect();
        assert_eq!(fast, slow, "world {seed}");
        compared += slow.len();
    }
    assert!(compared >= 12, "{compared}");
}

/// Splits a sum into parts of uneven size.
fn parts(random: &mut SplitMix64, sum: f64, count: usize) -> Vec<f64> {
    let weights: Vec<f64> = (0..count).map(|_| 0.5 + random.unit_interval()).collect();
    let all = weights.iter().fold(0.0, |all, weight| all + weight);
    weights.iter().map(|weight| sum * weight / all).collect()
}

/// Adds payments from one account through layers of new accounts to one last account. Each account passes on what it gets,
/// less a fee of at most 2 % and a part that it keeps.
fn plant(
    payments: &mut Vec<Payment>,
    random: &mut SplitMix64,
    first: u32,
    start: i64,
    widths: &[usize],
    step: i64,
    kept: f64,
) -> Vec<u32> {
    let mut next = first + 1;
    let mut layer: Vec<(u32, f64)> = vec![(first, 9000.0 * (0.5 + random.unit_interval()))];
    let mut accounts = vec![first];
    for (depth, width) in widths.iter().chain(&[1]).enumerate() {
        let payees: Vec<u32> = (next..next + *width as u32).collect();
        next += *width as u32;
        let mut received: BTreeMap<u32, f64> = BTreeMap::new();
        for (payer, sum) in layer {
            let fee = if depth == 0 { 0.0 } else { kept + (1.0 - kept) * 0.02 * random.unit_interval() };
            for (payee, part) in payees.iter().zip(parts(random, sum * (1.0 - fee), *width)) {
                let time = start + depth as i64 * step + i64::from(random.below(step as u32));
                payments.push(Payment { payer, payee: *payee, time, amount: part });
                *received.entry(*payee).or_default() += part;
            }
        }
        layer = received.into_iter().collect();
        accounts.extend(payees);
    }
    accounts
}

const SHAPES: [&[usize]; 5] = [&[3, 3], &[2, 4], &[1, 3, 2], &[4, 2, 3], &[2, 2, 2, 2]];

/// Returns the positions of the account lists that one of the first flags is about, and the number of flags about none.
fn found_of(payments: &[Payment], planted: &[Vec<u32>]) -> (usize, usize) {
    let is_of = |instance: &Instance, accounts: &[u32]| {
        2 * instance.accounts.iter().filter(|account| accounts.contains(account)).count()
            >= instance.accounts.len()
    };
    let flags: Vec<Instance> =
        layered(payments).into_iter().filter(|instance| instance.expected() < 0.01).collect();
    let is_found = |accounts: &&Vec<u32>| flags.iter().take(FIRST).any(|one| is_of(one, accounts));
    let of_none = flags.iter().filter(|one| !planted.iter().any(|accounts| is_of(one, accounts)));
    (planted.iter().filter(is_found).count(), of_none.count())
}

#[test]
fn planted_layers_are_found_among_real_marginals_and_look_alikes_are_not() {
    for folder in ["20K_cycle200", "20K_fanin200"] {
        let Some(background) = background(folder) else { return };
        let mut random = SplitMix64::new(5, 1);
        // Ten draws with one flow of each shape.
        let mut plant_50 = |starts: &[i64], kept: f64| {
            let (mut found, mut of_none) = (0, 0);
            for _ in 0..10 {
                let mut payments = background.clone();
                let plant_one = |(first, shape): (u32, &&[usize])| {
                    let offset = i64::from(random.below(19));
                    let flows = starts.iter().map(|start| {
                        plant(&mut payments, &mut random, first, start + offset, shape, 3, kept)
                    });
                    flows.last().expect("a start")
                };
                let planted: Vec<Vec<u32>> =
                    (1000..).step_by(100).map(|at| 100_000 + at).zip(&SHAPES).map(plant_one).collect();
                let of_draw = found_of(&payments, &planted);
                found += of_draw.0;
                of_none += of_draw.1;
            }
            (found, of_none)
        };
        let (found, wrong) = plant_50(&[70], 0.0);
        // The accounts keep a part of what they get.
        let (of_keepers, of_others) = plant_50(&[70], 0.3);
        // Suppliers, an agent for wages or a market: the same accounts pass on money in each of seven periods.
        let (of_rhythm, of_none) = plant_50(&[0, 21, 42, 63, 84, 105, 126], 0.0);
        println!(
            "{folder}: {found} of 50 found, {of_keepers} of 50 that keep a part, {of_rhythm} of 50 with a rhythm"
        );
        assert!(found >= 40, "{folder}: {found}");
        assert!(of_keepers <= 5 && of_rhythm <= 5, "{folder}: {of_keepers} {of_rhythm}");
        assert_eq!((wrong, of_others, of_none), (0, 0, 0), "{folder}: flags without a planted flow");
    }
}
