//! Planted flows of money and their look-alikes.
//!
//! A look-alike has the same shape, and its amounts, fees, times and sizes are from the same distributions. Its accounts
//! knew each other before, more often than those of the pattern, and are seldom new.

mod flows;
pub(super) mod variants;

use crate::{
    calendar::{DAY, HOUR, time_of},
    economy::{amount, pay},
    entities::{EntityId, EntityKind},
    hidden_world::HiddenWorld,
    random::{RandomStream, below, between, chance, pick, weighted_index, within},
};

/// Owners of the established accounts of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owners {
    People,
    Companies,
    Any,
}

/// Distribution of the accounts and times of a case.
#[derive(Clone, Copy, Debug)]
struct Parties {
    owners: Owners,
    /// Smallest and largest probability that an account is new, in percent; each case draws one.
    new: (i64, i64),
    /// Probability that two accounts of the flow paid each other before, in percent.
    acquainted: i64,
    /// Largest gap between two payments that follow each other, in hours; each case draws one up to this.
    gap: i64,
}

/// The accounts of the case that were chosen so far, and what is drawn once for the case.
struct Draw {
    parties: Parties,
    chosen: Vec<EntityId>,
    new_percent: i64,
    gap: i64,
    /// Largest fee of an account that passes a sum on, in thousandths.
    fee: i64,
    /// Time of the next payment.
    clock: i64,
}

impl Draw {
    fn new(world: &HiddenWorld, random: &mut RandomStream, parties: Parties, day: u32) -> Self {
        let is_blurred = chance(random, world.difficulty.blurred);
        let parties = if is_blurred { Parties { new: (0, 60), acquainted: 50, ..parties } } else { parties };
        let fee = match weighted_index(random, &[4, 4, 2]) {
            0 => 0,
            1 => within(random, 2, 19),
            _ => within(random, 20, 60),
        };
        Self {
            parties,
            chosen: Vec::new(),
            new_percent: within(random, parties.new.0, parties.new.1),
            gap: within(random, 2, parties.gap) * HOUR,
            fee,
            clock: time_of(day) - within(random, 2 * HOUR, DAY),
        }
    }

    /// Chooses an account that the case does not have yet.
    fn account(&mut self, world: &mut HiddenWorld, random: &mut RandomStream) -> EntityId {
        if chance(random, self.new_percent as f64 / 100.0) {
            let account = world.entities.invent(random, EntityKind::Account);
            self.chosen.push(account);
            return account;
        }
        let is_person = match self.parties.owners {
            Owners::People => true,
            Owners::Companies => false,
            Owners::Any => chance(random, 0.6),
        };
        let from = if is_person { &world.economy.people } else { &world.economy.companies };
        let mut account = pick(random, from);
        for _ in 0..40 {
            if !self.chosen.contains(&account) {
                break;
            }
            account = pick(random, from);
        }
        self.chosen.push(account);
        account
    }

    fn accounts(
        &mut self,
        world: &mut HiddenWorld,
        random: &mut RandomStream,
        count: usize,
    ) -> Vec<EntityId> {
        (0..count).map(|_| self.account(world, random)).collect()
    }

    /// Returns a sum less a fee. Banks round, so that two equal sums are seldom equal to the cent.
    fn less_fee(&self, random: &mut RandomStream, cents: i64) -> i64 {
        let fee = if self.fee == 0 { 0 } else { within(random, self.fee / 2, self.fee) };
        let rounding = if chance(random, 0.5) { within(random, 0, cents / 800) } else { 0 };
        cents - cents * fee / 1000 - rounding
    }

    /// Moves the clock on, and returns its time.
    fn next_time(&mut self, random: &mut RandomStream) -> i64 {
        self.clock += within(random, HOUR / 2, self.gap);
        self.clock
    }
}

/// Returns a sum that is moved: of the size of invoices and wages.
fn sum(random: &mut RandomStream) -> i64 {
    amount(random, 60_000, 5)
}

/// Payment of a planted flow.
type Step = (EntityId, EntityId, i64, i64);

/// Adds the payments of a flow. Some are never recorded, and some have a wrong date, at the rates of the level. Adds
/// earlier payments between accounts that knew each other.
fn publish(world: &mut HiddenWorld, random: &mut RandomStream, draw: &Draw, mut steps: Vec<Step>) {
    for position in 1..steps.len() {
        if chance(random, world.difficulty.misdated) {
            let earlier = steps[position - 1].2;
            steps[position - 1].2 = steps[position].2;
            steps[position].2 = earlier;
        }
    }
    let pairs: Vec<(EntityId, EntityId)> = steps.iter().map(|step| (step.0, step.1)).collect();
    let missing = world.difficulty.omitted * 0.2;
    let least = steps.len().saturating_sub(steps.len() / 4);
    let mut left = steps.len();
    for (payer, payee, time, cents) in steps {
        if left > least && chance(random, missing) {
            left -= 1;
            continue;
        }
        pay(world, random, (payer, payee), time, cents);
    }
    let case = world.current_case.take();
    for pair in pairs {
        if chance(random, draw.parties.acquainted as f64 / 100.0) {
            for _ in 0..between(random, 1, 3) {
                let pair = if chance(random, 0.3) { (pair.1, pair.0) } else { pair };
                let time = time_of(world.case_first_day) - within(random, 8 * DAY, 55 * DAY);
                let cents = amount(random, 5_000, 8);
                pay(world, random, pair, time, cents);
            }
        }
    }
    world.current_case = case;
}

/// Returns a number of payments or accounts from `low` to `high`; small ones are more frequent.
fn few(random: &mut RandomStream, low: usize, high: usize) -> usize {
    low + below(random, high - low + 1).min(below(random, high - low + 1))
}
