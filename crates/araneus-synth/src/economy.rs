//! Payments between accounts outside of planted cases: wages, rents, purchases, invoices and transfers among friends.

use crate::{
    calendar::{DAY, DAYS, HOUR, day_after, time_of},
    entities::{EntityId, EntityKind},
    hidden_world::HiddenWorld,
    payment::{COLLECTORS, CollectorId, Economy, Payment},
    random::{RandomStream, below, between, chance, pick, pick_popular, within},
};

const PEOPLE: usize = 50;
const COMPANIES: usize = 14;
const SHOPS: usize = 7;
/// Days of payments before the first day.
const HISTORY_DAYS: i64 = 60;

/// Adds accounts and the payments of everyday life.
pub(crate) fn add(world: &mut HiddenWorld, random: &mut RandomStream) {
    let mut accounts =
        |count| (0..count).map(|_| world.entities.invent(random, EntityKind::Account)).collect::<Vec<_>>();
    let (people, companies, shops) = (accounts(PEOPLE), accounts(COMPANIES), accounts(SHOPS));
    world.economy = Economy { people, companies, shops, payments: Vec::new() };
    add_wages_and_rents(world, random);
    for day in -HISTORY_DAYS..i64::from(DAYS) - 1 {
        for _ in 0..between(random, 2, 6) {
            let (person, shop) =
                (pick(random, &world.economy.people), pick_popular(random, &world.economy.shops));
            let cents = amount(random, 300, 6);
            pay_on(world, random, (person, shop), day, cents);
        }
        for _ in 0..between(random, 1, 3) {
            let payer = pick(random, &world.economy.companies);
            let payee = pick_popular(random, &world.economy.companies);
            let cents = amount(random, 20_000, 8);
            pay_on(world, random, (payer, payee), day, cents);
        }
        for _ in 0..between(random, 0, 2) {
            // Friends are neighbours on the list, so the same two pay each other again.
            let position = below(random, PEOPLE);
            let friend = (position + between(random, 1, 3)) % PEOPLE;
            let cents = amount(random, 400, 6);
            let cents = if chance(random, 0.4) { (cents / 500 + 1) * 500 } else { cents };
            let pair = (world.economy.people[position], world.economy.people[friend]);
            pay_on(world, random, pair, day, cents);
        }
    }
}

/// Adds the wage and the rent of each person, once a month.
fn add_wages_and_rents(world: &mut HiddenWorld, random: &mut RandomStream) {
    for person in world.economy.people.clone() {
        let employer = pick(random, &world.economy.companies);
        let landlord = pick(random, &world.economy.companies);
        let wage = within(random, 140_000, 420_000);
        let rent = wage * within(random, 22, 41) / 100;
        let (payday, rent_day) = (within(random, 0, 3), within(random, 0, 27));
        for month in 0..3 {
            let start = 30 * month - HISTORY_DAYS;
            // Hours of overtime make wages differ from month to month.
            let bonus = if chance(random, 0.3) { wage * within(random, 1, 12) / 100 } else { 0 };
            pay_on(world, random, (employer, person), start + payday, wage + bonus);
            pay_on(world, random, (person, landlord), start + rent_day, rent);
        }
    }
}

/// Returns a random amount in cents from `low` to `low` times two to the power of `octaves`. Each octave has the same
/// probability.
pub(crate) fn amount(random: &mut RandomStream, low: i64, octaves: usize) -> i64 {
    let start = low << below(random, octaves);
    within(random, start, 2 * start - 1)
}

/// Adds a payment at a random hour of a day, counted from the first day.
fn pay_on(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    pair: (EntityId, EntityId),
    day: i64,
    cents: i64,
) {
    let time = time_of(1) + day * DAY + within(random, 0, 23 * HOUR);
    pay(world, random, pair, time, cents);
}

/// Adds a payment with the agencies that record it. Payments to oneself and after the last day are left out.
pub(crate) fn pay(
    world: &mut HiddenWorld,
    random: &mut RandomStream,
    (payer, payee): (EntityId, EntityId),
    time: i64,
    cents: i64,
) {
    if payer == payee || cents <= 0 {
        return;
    }
    let mut collectors: Vec<CollectorId> = (0..COLLECTORS.len()).collect();
    collectors.retain(|&id| chance(random, COLLECTORS[id].records));
    if collectors.is_empty() {
        collectors.push(below(random, COLLECTORS.len()));
    }
    let mut deliveries = Vec::new();
    for id in collectors {
        let is_late = chance(random, world.difficulty.delayed * 0.6);
        let delay = if is_late { between(random, 1, 4) as u32 } else { 0 };
        deliveries.push((id, day_after(time) + delay));
    }
    deliveries.retain(|(_, day)| *day <= DAYS);
    if !deliveries.is_empty() {
        let case = world.current_case;
        world.economy.payments.push(Payment { payer, payee, time, cents, case, deliveries });
    }
}
