//! Payments without a plan raise no flag, week after week.

use std::{fmt::Write, path::Path};

use crate::support::{Deployment, named};

const ACCOUNTS: u64 = 1500;
/// Pairs of accounts that pay each other, and payments in a week.
const PAIRS: u64 = 4000;
const PAYMENTS: u64 = 1200;
const WEEKS: u64 = 6;
const FIRST_DAY: u64 = 1;

/// Returns a number below `limit` that depends on `key` only (the finaliser of splitmix64).
fn drawn(key: u64, limit: u64) -> u64 {
    let mut hash = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (hash ^ (hash >> 31)) % limit
}

/// Returns the payments of a week. Payer and payee of each pair are drawn without regard to any group.
fn payments(week: u64) -> String {
    let mut rows = String::from("id,payer,payee,amount,day\n");
    for at in week * PAYMENTS..(week + 1) * PAYMENTS {
        let pair = drawn(3 * at + 1, PAIRS);
        let [payer, payee] = [2 * pair, 2 * pair + 1].map(|end| drawn((1 << 40) + end, ACCOUNTS));
        let cents = 1000 + drawn(3 * at + 2, 200_000);
        let day = FIRST_DAY + 7 * week + drawn(3 * at, 7);
        let (month, day) = if day > 31 { (4, day - 31) } else { (3, day) };
        if payer != payee {
            writeln!(
                rows,
                "{at},{payer},{payee},{}.{:02},2026-{month:02}-{day:02}",
                cents / 100,
                cents % 100
            )
            .expect("a text");
        }
    }
    rows
}

#[test]
fn payments_without_a_plan_raise_no_flag_in_any_week() {
    let mapping = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/runs/tables/payments.toml");
    let source = "[[source]]\nname = \"bank\"\nreliability = \"A\"\nrecorded_at = \"object\"";
    let configuration =
        format!("[review]\nexploration = 0\n{source}\nmapping = {:?}\n", mapping.display().to_string());
    let deployment = Deployment::new(&configuration);
    for week in 0..WEEKS {
        let path = deployment.write(&format!("week-{week}.csv"), payments(week));
        let end = FIRST_DAY + 7 * week + 6;
        let as_of = if end > 31 { format!("2026-04-{:02}", end - 31) } else { format!("2026-03-{end:02}") };
        let as_of = format!("{as_of}T23:59:59Z");
        deployment.run(&as_of, &[named("bank", &path)]).ends_with(0);
        let flags = deployment.published(&as_of).table("all/flags");
        let titles: Vec<&str> = flags.rows().map(|row| flags.text("title", row)).collect();
        assert!(titles.is_empty(), "week {week}: {titles:#?}");
    }
}
