//! Flows of money in simulated payments with known patterns, and in payments without any.
//!
//! The data is not part of the project; without it these tests print `SKIPPED:`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use araneus_graph::flow::{FlowKind, Instance, Payment, find};
use araneus_graph::progress::Progress;
use araneus_graph::random::SplitMix64;

/// Instances that a person could look at.
pub(crate) const FIRST: usize = 100;

/// A planted pattern.
#[derive(Default)]
struct Planted {
    kind: String,
    is_closed: bool,
    accounts: BTreeSet<u32>,
}

/// Returns a file of the shared data; `None` where there is none.
#[expect(
    clippy::print_stdout,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a skipped test says so"
)]
fn text(folder: &str, name: &str) -> Option<String> {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/amlsim").join(folder).join(name);
    let Ok(bytes) = fs::read(&path) else {
        println!("SKIPPED: {} is not there", path.display());
        return None;
    };
    let bytes =
        if name.ends_with(".zst") { zstd::decode_all(&bytes[..]).expect("compressed") } else { bytes };
    Some(String::from_utf8(bytes).expect("text"))
}

fn payments(folder: &str, name: &str) -> Option<Vec<Payment>> {
    let payment = |line: &str| {
        let cells: Vec<&str> = line.trim().split(',').collect();
        let number = |at: usize| cells[at].parse().expect("a number");
        Payment {
            payer: number(0),
            payee: number(1),
            amount: cells[2].parse().expect("a number"),
            time: i64::from(number(3)),
        }
    };
    text(folder, &format!("{name}.csv.zst")).map(|text| text.lines().skip(1).map(payment).collect())
}

fn planted(folder: &str, name: &str) -> Option<Vec<Planted>> {
    let mut patterns: BTreeMap<String, Planted> = BTreeMap::new();
    for line in text(folder, &format!("{name}-patterns.csv"))?.lines().skip(1) {
        let cells: Vec<&str> = line.trim().split(',').collect();
        let pattern = patterns.entry(cells[0].to_owned()).or_default();
        cells[1].clone_into(&mut pattern.kind);
        pattern.is_closed = cells[2] == "1";
        pattern.accounts.insert(cells[5].parse().expect("a number"));
    }
    Some(patterns.into_values().collect())
}

fn instances(payments: &[Payment]) -> Vec<Instance> {
    find(payments, &Progress::silent()).expect("it is not cancelled")
}

fn of_kinds(instances: &[Instance], kinds: &[FlowKind]) -> Vec<Instance> {
    instances.iter().filter(|instance| kinds.contains(&instance.kind)).cloned().collect()
}

/// Kinds of instances that show a cycle: few planted cycles are whole.
const PATHS: [FlowKind; 2] = [FlowKind::Chain, FlowKind::Cycle];

/// Instances of one kind against the planted patterns of that kind.
struct Score<'a> {
    patterns: Vec<&'a Planted>,
    instances: Vec<Instance>,
}

impl<'a> Score<'a> {
    fn new(patterns: &'a [Planted], kind: &str, instances: &[Instance], kinds: &[FlowKind]) -> Self {
        let patterns = patterns.iter().filter(|pattern| pattern.kind == kind).collect();
        Self { patterns, instances: of_kinds(instances, kinds) }
    }

    /// Returns how many patterns of at least so many accounts have half of their accounts in one of the first instances.
    fn found(&self, accounts_min: usize, is_asked: impl Fn(&Planted) -> bool) -> usize {
        let is_found = |pattern: &&&Planted| {
            self.instances
                .iter()
                .take(FIRST)
                .any(|instance| 2 * shared(pattern, instance) >= pattern.accounts.len())
        };
        let asked = self
            .patterns
            .iter()
            .filter(|pattern| pattern.accounts.len() >= accounts_min && is_asked(pattern));
        asked.filter(is_found).count()
    }

    /// Returns how many of the first instances have half of their accounts in one pattern.
    fn right(&self, first: usize) -> usize {
        let is_right = |instance: &&Instance| {
            self.patterns.iter().any(|pattern| 2 * shared(pattern, instance) >= instance.accounts.len())
        };
        self.instances.iter().take(first).filter(is_right).count()
    }

    /// Returns the number of instances with E below 0.01.
    fn flags(&self) -> usize {
        flags(&self.instances)
    }
}

fn shared(pattern: &Planted, instance: &Instance) -> usize {
    instance.accounts.iter().filter(|account| pattern.accounts.contains(account)).count()
}

fn flags(instances: &[Instance]) -> usize {
    instances.iter().filter(|instance| instance.expected() < 0.01).count()
}

#[test]
fn planted_cycles_are_the_first_instances() {
    let folder = "20K_cycle200";
    for (variant, least_found, least_right) in [("transactions", 100, 95), ("transactions-lifted", 85, 85)] {
        let (Some(payments), Some(patterns)) = (payments(folder, variant), planted(folder, "visible")) else {
            return;
        };
        let score = Score::new(&patterns, "cycle", &instances(&payments), &PATHS);
        let (found, closed) = (score.found(3, |_| true), score.found(3, |pattern| pattern.is_closed));
        let (right, flags) = (score.right(FIRST), score.flags());
        println!("{variant}: {found} of 122 found, {closed} of 21 closed, {right} right, {flags} flags");
        assert!(found >= least_found && right >= least_right, "{variant}: {found} found, {right} right");
        assert_eq!(closed, 21, "{variant}");
        assert_eq!(score.right(flags), flags, "{variant}: flags are right");
        assert!(flags >= 20);
        // Order is evidence and no condition.
        assert!(
            score.instances.iter().take(FIRST).any(|instance| instance.is_closed() && !instance.is_ordered)
        );
    }
}

#[test]
fn planted_fan_ins_are_the_first_instances() {
    let folder = "20K_fanin200";
    let (Some(payments), Some(patterns)) = (payments(folder, "transactions"), planted(folder, "visible"))
    else {
        return;
    };
    let score = Score::new(&patterns, "fan-in", &instances(&payments), &[FlowKind::FanIn]);
    let (found, flags) = (score.found(4, |_| true), score.flags());
    println!("{found} of 101 found, {} right, {flags} flags", score.right(FIRST));
    assert!(found >= 90, "{found}");
    assert_eq!(score.right(flags), flags);
}

#[test]
fn patterns_planted_at_everyday_amounts_are_found() {
    for folder in ["20K_cycle200", "20K_fanin200"] {
        let (Some(payments), Some(patterns)) =
            (payments(folder, "transactions-planted"), planted(folder, "planted"))
        else {
            return;
        };
        let instances = instances(&payments);
        for (kind, kinds) in [("cycle", &PATHS[..]), ("scatter-gather", &[FlowKind::ScatterGather])] {
            let score = Score::new(&patterns, kind, &instances, kinds);
            let (found, flags) = (score.found(3, |_| true), score.flags());
            println!("{folder} {kind}: {found} of 50 found, {flags} flags");
            assert_eq!(found, 50, "{folder} {kind}");
            assert_eq!(score.right(flags), flags, "{folder} {kind}: flags are right");
        }
        let score = Score::new(&patterns, "fan-in", &instances, &[FlowKind::FanIn]);
        println!("{folder} fan-in: {} of 50 found, {} flags", score.found(4, |_| true), score.flags());
        assert!(score.found(4, |_| true) >= 40, "{folder}");
    }
}

/// Returns the payments that two lists have in common.
fn common(one: &[Payment], other: &[Payment]) -> Vec<Payment> {
    let key = |payment: &Payment| (payment.payer, payment.payee, payment.time, payment.amount.to_bits());
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    for payment in other {
        *counts.entry(key(payment)).or_default() += 1;
    }
    let is_common = |payment: &&Payment| {
        counts.get_mut(&key(payment)).is_some_and(|count| {
            *count > 0 && {
                *count -= 1;
                true
            }
        })
    };
    one.iter().filter(is_common).copied().collect()
}

/// Returns the payments of a folder without any planted pattern; `None` where there is none.
pub(crate) fn background(folder: &str) -> Option<Vec<Payment>> {
    Some(common(&payments(folder, "transactions")?, &payments(folder, "transactions-planted")?))
}

fn shuffled<Value: Copy>(
    payments: &[Payment],
    get: impl Fn(&Payment) -> Value,
    set: impl Fn(&mut Payment, Value),
) -> Vec<Payment> {
    let mut values: Vec<Value> = payments.iter().map(get).collect();
    SplitMix64::new(1, 1).shuffle(&mut values);
    let mut shuffled = payments.to_vec();
    shuffled.iter_mut().zip(values).for_each(|(payment, value)| set(payment, value));
    shuffled
}

#[test]
fn chance_brings_no_flag() {
    for folder in ["20K_cycle200", "20K_fanin200"] {
        let (Some(all), Some(other)) =
            (payments(folder, "transactions"), payments(folder, "transactions-planted"))
        else {
            return;
        };
        let background = common(&all, &other);
        assert!(background.len() > 100_000);
        let rounded = |payments: &[Payment]| -> Vec<Payment> {
            let rounded = payments
                .iter()
                .map(|payment| Payment { amount: (payment.amount / 50.0).round() * 50.0, ..*payment });
            rounded.collect()
        };
        let amounts = |payments: &[Payment]| {
            shuffled(payments, |payment| payment.amount, |payment, amount| payment.amount = amount)
        };
        let payees = |payments: &[Payment]| {
            shuffled(payments, |payment| payment.payee, |payment, payee| payment.payee = payee)
        };
        for (name, payments) in [
            ("background", background.clone()),
            ("amounts shuffled", amounts(&all)),
            ("payees shuffled", payees(&all)),
            ("amounts rounded", rounded(&all)),
            ("background, amounts shuffled", amounts(&background)),
            ("background, payees shuffled", payees(&background)),
            ("background, amounts rounded", rounded(&background)),
        ] {
            let instances = instances(&payments);
            let likely = instances.iter().filter(|instance| instance.expected() < 1.0).count();
            let strongest = instances.first().map(|instance| (instance.kind, instance.expected()));
            println!("{folder} {name}: {likely} leads, strongest {strongest:?}");
            assert_eq!(flags(&instances), 0, "{folder} {name}: {strongest:?}");
            assert!(likely < 10, "{folder} {name}: {likely} leads");
        }
    }
}

/// Draws accounts and amounts for patterns that a test plants.
struct Planter {
    random: SplitMix64,
    payments: Vec<Payment>,
    background: usize,
}

impl Planter {
    fn any(&mut self) -> Payment {
        let at = self.random.below(self.background as u32) as usize;
        self.payments[at]
    }

    /// Plants a quiet account that passes on eight payments, each within a fortieth of the span and with a fee of 1 %.
    fn pass_through(&mut self) -> u32 {
        let account = loop {
            let account = self.any().payer;
            let received = self.payments.iter().filter(|payment| payment.payee == account).count();
            if received < 4 {
                break account;
            }
        };
        for at in 0..8 {
            let (from, to) = (self.any(), self.any());
            let time = 10 + 15 * at;
            self.payments.push(Payment { payee: account, time, ..from });
            self.payments.push(Payment {
                payer: account,
                payee: to.payee,
                time: time + 2,
                amount: from.amount * 0.99,
            });
        }
        account
    }

    /// Plants six payments of one payer to one payee within a twentieth of the span, each just below half of a payment
    /// that it makes.
    fn structuring(&mut self) -> u32 {
        let large = self.any();
        let payee = self.any().payer;
        for at in 0..6 {
            let amount = large.amount * 0.5 * (1.0 - f64::from(at as u32) * 0.002);
            self.payments.push(Payment { payee, time: 50 + at, amount, ..large });
        }
        large.payer
    }
}

#[test]
fn repeated_pass_throughs_and_structured_payments_are_found() {
    let folder = "20K_cycle200";
    let (Some(all), Some(other)) =
        (payments(folder, "transactions"), payments(folder, "transactions-planted"))
    else {
        return;
    };
    let background = common(&all, &other);
    let mut planter =
        Planter { random: SplitMix64::new(3, 1), background: background.len(), payments: background };
    let through: BTreeSet<u32> = (0..30).map(|_| planter.pass_through()).collect();
    let structured: BTreeSet<u32> = (0..30).map(|_| planter.structuring()).collect();
    let instances = instances(&planter.payments);
    for (kind, planted) in [(FlowKind::PassThrough, &through), (FlowKind::Structuring, &structured)] {
        let of_kind = of_kinds(&instances, &[kind]);
        let found: BTreeSet<u32> = of_kind.iter().take(FIRST).map(|instance| instance.accounts[0]).collect();
        let found = planted.intersection(&found).count();
        let raised = flags(&of_kind);
        let wrong =
            of_kind.iter().take(raised).filter(|instance| !planted.contains(&instance.accounts[0])).count();
        println!("{kind:?}: {found} of {} found, {raised} flags, {wrong} wrong", planted.len());
        assert!(10 * found >= 8 * planted.len(), "{kind:?}: {found} found");
        assert_eq!(wrong, 0, "{kind:?}");
    }
}
