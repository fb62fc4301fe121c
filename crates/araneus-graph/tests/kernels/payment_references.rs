//! Flows of money against slow searches that follow the definitions word by word.

#![expect(clippy::cast_possible_wrap, clippy::float_cmp, reason = "small counts, and exact limits")]

use std::collections::BTreeSet;

use araneus_graph::flow::{FlowKind, Payment, find};
use araneus_graph::progress::Progress;
use araneus_graph::random::SplitMix64;

const LEVELS: [f64; 3] = [0.002, 0.02, 0.1];

/// Payments without copies, and the span of their times.
struct World {
    payments: Vec<Payment>,
    span: i64,
}

/// An instance: logarithm of its expected number, its payments, and whether they come back to the first payer.
type Slow = (f64, Vec<usize>, bool);

impl World {
    /// Draws a world with some sums that move on.
    fn random(seed: u64) -> Self {
        let mut random = SplitMix64::new(seed, 7);
        let mut payments: Vec<Payment> = Vec::new();
        while payments.len() < 90 {
            let (payer, payee) = (random.below(24), random.below(24));
            let amount = match payments.last() {
                Some(last) if random.below(3) == 0 => last.amount * (1.0 - 0.03 * random.unit_interval()),
                _ => 10.0 + 900.0 * random.unit_interval(),
            };
            let payer = match payments.last() {
                Some(last) if random.below(3) == 0 => last.payee,
                _ => payer,
            };
            let payment = Payment { payer, payee, time: i64::from(random.below(64)), amount };
            let is_copy = |other: &Payment| {
                (other.payer, other.payee, other.time) == (payment.payer, payment.payee, payment.time)
            };
            if payer != payee && !payments.iter().any(is_copy) {
                payments.push(payment);
            }
        }
        let start = i64::from(random.below(40));
        for between in 19..23 {
            let amount = 300.0 + 40.0 * random.unit_interval();
            payments.push(Payment { payer: 18, payee: between, time: start + 100, amount });
            payments.push(Payment { payer: between, payee: 23, time: start + 105, amount: amount * 0.98 });
        }
        payments.sort_by_key(|payment| (payment.payer, payment.payee, payment.time));
        let times = payments.iter().map(|payment| payment.time);
        Self { span: times.clone().max().unwrap_or(0) - times.min().unwrap_or(0), payments }
    }

    fn count(&self, is_counted: impl Fn(&Payment) -> bool) -> f64 {
        self.payments.iter().filter(|payment| is_counted(payment)).count() as f64
    }

    fn all(&self) -> f64 {
        self.payments.len() as f64
    }

    fn is_near(amount: f64, level: f64, other: f64) -> bool {
        amount * (1.0 - level) <= other && other <= amount * (1.0 + level)
    }

    /// Returns the chance of an amount band at a payer.
    fn chance(&self, payer: u32, amount: f64, level: f64) -> f64 {
        let is_near = |payment: &Payment| Self::is_near(amount, level, payment.amount);
        let share = self.count(is_near) / self.all();
        let others = (self.count(|payment| payment.payer == payer) - 1.0).max(0.0);
        let in_band = (self.count(|payment| payment.payer == payer && is_near(payment)) - 1.0).max(0.0);
        share.max((in_band + share) / (others + 1.0))
    }

    /// Adds every path from the last payment of a path on.
    fn paths(&self, path: &mut Vec<usize>, ln_expected: f64, length: Option<i64>, found: &mut Vec<Slow>) {
        let last = self.payments[path[path.len() - 1]];
        let is_in_time = |payment: &Payment| {
            length.is_none_or(|length| last.time <= payment.time && payment.time <= last.time + length)
        };
        let choices = self.count(|payment| payment.payer == last.payee && is_in_time(payment));
        let first_payer = self.payments[path[0]].payer;
        for (at, next) in self.payments.iter().enumerate() {
            let level = LEVELS.into_iter().find(|level| Self::is_near(last.amount, *level, next.amount));
            let Some(level) = level.filter(|_| next.payer == last.payee && is_in_time(next)) else {
                continue;
            };
            let lambda = choices * (3.0 * self.chance(last.payee, last.amount, level)).min(1.0);
            if lambda > 0.5 {
                continue;
            }
            let mut longer = path.clone();
            longer.push(at);
            if next.payee == first_payer {
                if path.len() >= 2 {
                    let payers: BTreeSet<u32> = self
                        .payments
                        .iter()
                        .filter(|payment| payment.payee == first_payer)
                        .map(|payment| payment.payer)
                        .collect();
                    let to_first = ((payers.len() as f64 + 1.0) / self.all()).min(1.0);
                    found.push((ln_expected + lambda.ln() + to_first.ln(), longer, true));
                }
            } else if path.iter().all(|&at| self.payments[at].payee != next.payee) {
                found.push((ln_expected + lambda.ln(), longer, false));
                if path.len() < 10 {
                    path.push(at);
                    self.paths(path, ln_expected + lambda.ln(), length, found);
                    path.pop();
                }
            }
        }
    }

    /// Returns the least expected path from each payment.
    fn chains(&self) -> Vec<Slow> {
        let best = |start: usize| {
            let mut found = Vec::new();
            for length in [Some(self.span / 16), Some(self.span / 4), None] {
                self.paths(&mut vec![start], (3.0 * self.all()).ln(), length, &mut found);
            }
            found.into_iter().min_by(|a, b| a.0.total_cmp(&b.0))
        };
        (0..self.payments.len()).filter_map(best).collect()
    }

    /// Returns the best box around each payment.
    fn fan_ins(&self) -> Vec<Slow> {
        let best = |at: usize| {
            let boxes = [0.02, 0.1, 0.25].into_iter().flat_map(|level| [16, 4, 1].map(|part| (level, part)));
            boxes.filter_map(|(level, part)| self.fan_in(at, level, part)).min_by(|a, b| a.0.total_cmp(&b.0))
        };
        (0..self.payments.len()).filter_map(best).collect()
    }

    fn fan_in(&self, at: usize, level: f64, part: i64) -> Option<Slow> {
        let centre = self.payments[at];
        let is_in_band = |payment: &Payment| Self::is_near(centre.amount, level, payment.amount);
        let last = centre.time + self.span / part;
        let is_in_time = |payment: &Payment| part == 1 || (centre.time..=last).contains(&payment.time);
        let is_paid = |payment: &Payment| payment.payee == centre.payee;
        let bundles: Vec<usize> = (0..self.payments.len())
            .filter(|&at| {
                let payment = &self.payments[at];
                let of_payer =
                    self.count(|other| is_paid(other) && is_in_band(other) && other.payer == payment.payer);
                is_paid(payment) && is_in_band(payment) && is_in_time(payment) && of_payer == 1.0
            })
            .collect();
        if bundles.len() < 3 || !bundles.contains(&at) {
            return None;
        }
        let share = self.count(is_in_band) / self.all();
        let chances = bundles.iter().map(|&at| self.chance(self.payments[at].payer, centre.amount, level));
        let of_payers = chances.sum::<f64>() / bundles.len() as f64;
        let in_band_outside = self.count(|one| is_paid(one) && is_in_band(one) && !is_in_time(one));
        let of_payee = (in_band_outside + share) / (self.count(|one| is_paid(one) && !is_in_time(one)) + 1.0);
        let time_share = self.count(is_in_time) / self.all();
        let of_times = (self.count(|one| is_paid(one) && is_in_time(one) && !is_in_band(one)) + time_share)
            / (self.count(|one| is_paid(one) && !is_in_band(one)) + 1.0);
        let payers: BTreeSet<u32> =
            self.payments.iter().filter(|one| is_paid(one)).map(|one| one.payer).collect();
        let per_payer = self.count(is_paid) / payers.len() as f64;
        let chance =
            1.0 - (1.0 - time_share.max(of_times) * of_payers.max(of_payee).min(1.0)).powf(per_payer);
        let (least, trials) = (bundles.len() - 1, payers.len() - 1);
        let binomial = |count: usize| {
            let choices =
                (0..count).fold(1.0, |product, at| product * (trials - at) as f64 / (at + 1) as f64);
            choices * chance.powi(count as i32) * (1.0 - chance).powi((trials - count) as i32)
        };
        let is_usual = least as f64 <= trials as f64 * chance;
        let tail: f64 = if is_usual { 1.0 } else { (least..=trials).map(binomial).sum() };
        let ln_expected = (self.all() * 9.0).ln() + tail.ln();
        (ln_expected <= 9.0).then_some((ln_expected, bundles, false))
    }

    /// Returns the scatter-gathers.
    fn scatter_gathers(&self) -> Vec<Slow> {
        let window = self.span / 4;
        let (mut found, mut pairs_seen) = (Vec::new(), 0_usize);
        let pairs: BTreeSet<(u32, u32)> = self.payments.iter().map(|one| (one.payer, one.payee)).collect();
        for source in 0..24 {
            // The nearest amounts of each intermediary and target.
            let mut steps: Vec<(u32, u32, f64, usize, usize)> = Vec::new();
            for (at, first) in self.payments.iter().enumerate().filter(|(_, first)| first.payer == source) {
                for (next, second) in self.payments.iter().enumerate() {
                    let is_step = second.payer == first.payee
                        && second.payee != source
                        && (first.time..=first.time + window).contains(&second.time)
                        && Self::is_near(first.amount, 0.1, second.amount);
                    if is_step {
                        let difference = (second.amount / first.amount - 1.0).abs();
                        steps.push((second.payee, first.payee, difference, at, next));
                    }
                }
            }
            steps.sort_by(|a, b| {
                (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)).then((a.3, a.4).cmp(&(b.3, b.4)))
            });
            steps.dedup_by_key(|step| (step.0, step.1));
            let targets: BTreeSet<u32> = steps.iter().map(|step| step.0).collect();
            pairs_seen += targets.len();
            for target in targets {
                let between: Vec<_> = steps.iter().filter(|step| step.0 == target).collect();
                if between.len() < 3 {
                    continue;
                }
                let of_payers =
                    pairs.iter().filter(|pair| pair.1 == target).count() as f64 / pairs.len() as f64;
                let shares = between.iter().map(|step| {
                    let start = self.payments[step.3].time;
                    let is_in_time = |payment: &Payment| (start..=start + window).contains(&payment.time);
                    let own = between.iter().filter(|step| is_in_time(&self.payments[step.4])).count() as f64;
                    let to_target = self.count(|payment| payment.payee == target && is_in_time(payment));
                    (to_target - own + of_payers) / (self.count(is_in_time) - own + 1.0)
                });
                let share = of_payers.max(shares.sum::<f64>() / between.len() as f64);
                let mean = steps.len() as f64 * share;
                let poisson = |count: i32| {
                    (1..=count).fold(f64::exp(-mean), |product, at| product * mean / f64::from(at))
                };
                let count = between.len() as i32;
                let tail: f64 =
                    if f64::from(count) <= mean { 1.0 } else { (count..count + 60).map(poisson).sum() };
                found.push((tail.ln(), between.iter().flat_map(|step| [step.3, step.4]).collect(), false));
            }
        }
        for one in &mut found {
            one.0 += (pairs_seen as f64).ln();
        }
        found
    }
}

/// Returns the instances that share less than half of their payments with a better one, and the bases of the searches.
fn without_repeats(mut found: Vec<Slow>) -> Vec<Slow> {
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
    let mut kept: Vec<Slow> = Vec::new();
    for one in found {
        let shares_half =
            |other: &Slow| 2 * one.1.iter().filter(|at| other.1.contains(at)).count() >= one.1.len();
        if !kept.iter().any(shares_half) {
            kept.push(one);
        }
    }
    kept
}

fn assert_equal(world: &World, kinds: &[FlowKind], slow: Vec<Slow>) -> usize {
    let fast = find(&world.payments, &Progress::silent()).expect("it is not cancelled");
    let fast: Vec<_> = fast.iter().filter(|instance| kinds.contains(&instance.kind)).collect();
    let slow = without_repeats(slow);
    let listed = |ln_expected: f64| (ln_expected / std::f64::consts::LN_10 * 1e9).round() as i64;
    let fast: Vec<i64> = fast.iter().map(|one| (one.log10_expected * 1e9).round() as i64).collect();
    let slow: Vec<i64> = slow.iter().map(|one| listed(one.0)).collect();
    assert_eq!(fast, slow, "{kinds:?}");
    slow.len()
}

#[test]
fn instances_equal_those_of_an_exhaustive_search() {
    let (mut chains, mut scatter_gathers, mut fan_ins) = (0, 0, 0);
    for seed in 0..40 {
        let world = World::random(seed);
        chains += assert_equal(&world, &[FlowKind::Chain, FlowKind::Cycle], world.chains());
        scatter_gathers += assert_equal(&world, &[FlowKind::ScatterGather], world.scatter_gathers());
        fan_ins += assert_equal(&world, &[FlowKind::FanIn], world.fan_ins());
    }
    println!("{chains} chains, {scatter_gathers} scatter-gathers, {fan_ins} fan-ins");
    assert!(chains > 100 && scatter_gathers >= 40 && fan_ins > 40);
}

#[test]
fn the_order_of_the_input_changes_nothing_but_positions() {
    let world = World::random(3);
    let mut shuffled = world.payments.clone();
    SplitMix64::new(1, 1).shuffle(&mut shuffled);
    let lists = [&world.payments, &shuffled].map(|payments| {
        let found = find(payments, &Progress::silent()).expect("it is not cancelled");
        let payments = |positions: &[u32]| -> Vec<Payment> {
            positions.iter().map(|&at| payments[at as usize]).collect()
        };
        let list: Vec<_> = found
            .iter()
            .map(|one| {
                (one.kind, one.accounts.clone(), payments(&one.payments), one.log10_expected.to_bits())
            })
            .collect();
        list
    });
    assert_eq!(lists[0], lists[1]);
}

#[test]
fn copies_and_payments_to_oneself_change_nothing() {
    let world = World::random(5);
    let mut copied = world.payments.clone();
    copied.extend(world.payments.iter().copied());
    copied.push(Payment { payer: 3, payee: 3, time: 1, amount: 5.0 });
    copied.push(Payment { payer: 3, payee: 4, time: 1, amount: f64::NAN });
    copied.push(Payment { payer: 3, payee: 4, time: 2, amount: -1.0 });
    let expected = |payments: &[Payment]| -> Vec<u64> {
        let found = find(payments, &Progress::silent()).expect("it is not cancelled");
        found.iter().map(|one| one.log10_expected.to_bits()).collect()
    };
    assert_eq!(expected(&world.payments), expected(&copied));
    assert!(find(&[], &Progress::silent()).expect("it is not cancelled").is_empty());
}

#[test]
fn a_cancelled_search_finds_nothing() {
    let progress = Progress::silent();
    progress.cancel();
    assert!(find(&World::random(1).payments, &progress).is_none());
}
