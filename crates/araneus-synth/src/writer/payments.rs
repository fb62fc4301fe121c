//! Payments as tables: one CSV file for each agency and day, and the mapping of its columns.

use std::fmt::Write;

use super::{file::WrittenFile, ids};
use crate::{
    calendar::{DAYS, date, folder_name, rfc3339, time_of},
    hidden_world::HiddenWorld,
    payment::{COLLECTORS, Payment},
};

/// Path of the mapping.
pub(super) const MAPPING_PATH: &str = "payments.toml";

/// Mapping of the tables. Both agencies use the numbers of the accounts.
pub(super) const MAPPING: &str = "\
about = \"Payments that a financial-intelligence agency collected: one row for each payment.\"
extends = \"payments\"
scope = \"accounts\"
";

/// Returns the tables of all agencies and days. A day without payments has no table.
pub(super) fn deliveries(world: &HiddenWorld, seed: u64) -> Vec<WrittenFile> {
    let mut payments: Vec<&Payment> = world.economy.payments.iter().collect();
    payments.sort_by_key(|payment| (payment.time, payment.payer, payment.payee, payment.cents));
    let mut files = Vec::new();
    for day in 1..=DAYS {
        for (id, collector) in COLLECTORS.iter().enumerate() {
            let mut text = String::from("id,time,payer,payee,amount,currency\n");
            let mut is_empty = true;
            for (position, payment) in payments.iter().enumerate() {
                if !payment.deliveries.contains(&(id, day)) {
                    continue;
                }
                is_empty = false;
                let number = ids::uuid(seed, &["payment", collector.name, &position.to_string()]);
                let name = |entity| world.entities.name(entity);
                let _ = writeln!(
                    text,
                    "{number},{},{},{},{}.{:02},EUR",
                    rfc3339(payment.time),
                    name(payment.payer),
                    name(payment.payee),
                    payment.cents / 100,
                    payment.cents % 100,
                );
            }
            if !is_empty {
                let path = format!("{}/{}/{}.csv", folder_name(day), collector.name, date(time_of(day)));
                files.push((path, text.into_bytes()));
            }
        }
    }
    files
}
