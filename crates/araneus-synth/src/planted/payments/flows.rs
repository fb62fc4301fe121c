//! Shapes of planted flows of money: chain, cycle, scatter-gather, fan-in, pass-through and structuring.

use super::{Draw, Parties, Step, few, publish, sum};
use crate::{
    calendar::{DAY, HOUR},
    economy::amount,
    entities::EntityId,
    hidden_world::HiddenWorld,
    random::{RandomStream, between, chance, pick, within},
};

/// Adds a chain of payments of nearly one sum, and returns its first accounts.
pub(super) fn chain(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    day: u32,
    parties: &Parties,
) -> Vec<EntityId> {
    let mut draw = Draw::new(world, random, *parties, day);
    let count = few(random, 5, 9);
    let accounts = draw.accounts(world, random, count);
    let steps = along(random, &mut draw, &accounts);
    publish(world, random, &draw, steps);
    accounts.into_iter().take(3).collect()
}

/// Adds payments of nearly one sum around a cycle of accounts.
pub(super) fn cycle(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    day: u32,
    parties: &Parties,
) -> Vec<EntityId> {
    let mut draw = Draw::new(world, random, *parties, day);
    let count = few(random, 3, 6);
    let mut accounts = draw.accounts(world, random, count);
    accounts.push(accounts[0]);
    let steps = along(random, &mut draw, &accounts);
    publish(world, random, &draw, steps);
    accounts.into_iter().take(3).collect()
}

/// Returns payments from each account to the next.
fn along(random: &mut RandomStream, draw: &mut Draw, accounts: &[EntityId]) -> Vec<Step> {
    let mut cents = sum(random);
    let mut steps = Vec::new();
    for pair in accounts.windows(2) {
        steps.push((pair[0], pair[1], draw.next_time(random), cents));
        cents = draw.less_fee(random, cents);
    }
    steps
}

/// Adds payments of one account to several, and of these to one target.
pub(super) fn scatter_gather(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    day: u32,
    parties: &Parties,
) -> Vec<EntityId> {
    let mut draw = Draw::new(world, random, *parties, day);
    let ends = draw.accounts(world, random, 2);
    let count = few(random, 4, 8);
    let between = draw.accounts(world, random, count);
    let is_one_sum = chance(random, 0.4);
    let common = sum(random);
    let start = draw.clock;
    let mut steps = Vec::new();
    for account in between {
        let cents = if is_one_sum { common - within(random, 0, common / 50) } else { sum(random) };
        draw.clock = start + within(random, 0, DAY);
        steps.push((ends[0], account, draw.clock, cents));
        let passed_on = draw.less_fee(random, cents);
        steps.push((account, ends[1], draw.next_time(random), passed_on));
    }
    publish(world, random, &draw, steps);
    ends
}

/// Adds payments of several accounts to one, of nearly one sum.
pub(super) fn fan_in(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    day: u32,
    parties: &Parties,
) -> Vec<EntityId> {
    let mut draw = Draw::new(world, random, *parties, day);
    let payee = draw.account(world, random);
    let count = few(random, 5, 11);
    let payers = draw.accounts(world, random, count);
    let cents = amount(random, 9_000, 7);
    // Payers of one sum round differently; some band of a few percent is left.
    let band = within(random, 0, 40);
    let mut steps = Vec::new();
    for payer in payers {
        let less = within(random, 0, cents * band / 1000);
        steps.push((payer, payee, draw.next_time(random), cents - less));
    }
    let first = steps[0].0;
    publish(world, random, &draw, steps);
    vec![payee, first]
}

/// Adds an account that passes on what it receives, several times.
pub(super) fn pass_through(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    day: u32,
    parties: &Parties,
) -> Vec<EntityId> {
    let mut draw = Draw::new(world, random, *parties, day);
    let account = draw.account(world, random);
    let (payer_count, payee_count) = (between(random, 1, 4), between(random, 1, 3));
    let payers = draw.accounts(world, random, payer_count);
    let payees = draw.accounts(world, random, payee_count);
    let mut steps = Vec::new();
    for _ in 0..few(random, 4, 7) {
        let cents = sum(random);
        steps.push((pick(random, &payers), account, draw.next_time(random), cents));
        let passed_on = draw.less_fee(random, cents);
        steps.push((account, pick(random, &payees), draw.next_time(random), passed_on));
    }
    publish(world, random, &draw, steps);
    vec![account]
}

/// Adds nearly equal payments of one account to another, beside a larger one of the payer.
pub(super) fn structuring(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    day: u32,
    parties: &Parties,
) -> Vec<EntityId> {
    let mut draw = Draw::new(world, random, *parties, day);
    let pair = draw.accounts(world, random, 2);
    let part = sum(random);
    let band = within(random, 0, 20);
    let mut steps = Vec::new();
    for _ in 0..few(random, 4, 8) {
        let less = within(random, 0, part * band / 1000);
        draw.clock += within(random, HOUR, DAY / 2);
        steps.push((pair[0], pair[1], draw.clock, part - less));
    }
    publish(world, random, &draw, steps);
    // The payer makes larger payments to others.
    let case = world.current_case.take();
    for _ in 0..between(random, 1, 3) {
        let time = draw.clock - within(random, 2 * DAY, 60 * DAY);
        let payee = pick(random, &world.economy.companies);
        let cents = part * within(random, 150, 400) / 100;
        crate::economy::pay(world, random, (pair[0], payee), time, cents);
    }
    world.current_case = case;
    pair
}
