//! Payments, ratings and contacts in several runs with the times of their rows: sums are correct after each run, and
//! the documented peculiarities of the data sets are read correctly.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use araneus::time::{DAY, Moment};

use crate::support::{
    Deployment, PublishedRun, every_object_is_accounted_for, named, read_unpacked, real_data,
};

/// Returns a deployment whose source dates its records by its rows.
fn deployment(source: &str, mapping: &str) -> Deployment {
    let mapping = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/runs/tables").join(mapping);
    Deployment::new(&format!(
        "[[source]]\nname = \"{source}\"\nrecorded_at = \"object\"\nmapping = \"{}\"\n",
        mapping.display()
    ))
}

/// Runs parts of files, given as text, and returns the published run.
fn run(deployment: &Deployment, source: &str, at: Moment, parts: &[(&str, String)]) -> PublishedRun {
    let as_of = at.to_string();
    let write =
        |(name, text): &(&str, String)| named(source, deployment.write(&format!("{as_of}/{name}"), text));
    let inputs: Vec<String> = parts.iter().map(write).collect();
    deployment.run(&as_of, &inputs).ends_with(0);
    let run = deployment.published(&as_of);
    every_object_is_accounted_for(&run);
    let rows: usize = parts.iter().map(|(_, text)| text.lines().count()).sum();
    let header = parts.iter().filter(|(_, text)| text.starts_with("source")).count();
    assert_eq!(run.table("steward/deliveries").sum("delivered"), (rows - header) as u64, "{as_of}");
    assert_eq!(run.table("steward/deliveries").sum("rejected"), 0, "{as_of}");
    run
}

/// Returns the known times in a column of a table.
fn times(run: &PublishedRun, table: &str, column: &str) -> BTreeSet<Moment> {
    let path = run.folder.join(format!("all/{table}.arrow"));
    let columns = araneus::tables::read_table(&path).expect("a table");
    let micros = columns.time(column).expect("times").iter().flatten();
    micros.map(|&micros| Moment::from_micros(micros)).collect()
}

/// Returns a payment: from, to, amount and day.
fn payment(line: &str) -> (String, String, f64, i64) {
    let cells: Vec<&str> = line.trim_end().split(',').collect();
    let number = |at: usize| cells[at].parse::<f64>().expect("a number");
    (cells[0].to_owned(), cells[1].to_owned(), number(2), number(3) as i64)
}

#[test]
fn simulated_payments_are_accepted_day_by_day() {
    let claim = "simulated_payments_are_accepted_day_by_day";
    let Some(folder) = real_data("amlsim", claim) else { return };
    // Both sets are of one bank and share accounts. Lines end in CR and LF.
    let sets = ["20K_cycle200", "20K_fanin200"]
        .map(|set| (set, read_unpacked(&folder.join(set).join("transactions.csv.zst"))));
    assert!(sets.iter().all(|(_, text)| text.lines().count() > 100_000 && text.ends_with("\r\n")));
    let deployment = deployment("bank", "amlsim.toml");
    let start = Moment::parse("2017-01-01T00:00:00Z").expect("a moment");
    let mut sums: BTreeMap<(String, String), f64> = BTreeMap::new();
    let mut accounts: BTreeSet<String> = BTreeSet::new();
    let is_self_payment = |line: &str| payment(line).0 == payment(line).1;
    // A few days; the last run delivers payments of an account to itself only.
    for days in [0..=10, 11..=12, 13..=149] {
        let is_delivered =
            |line: &&str| days.contains(&payment(line).3) && (*days.end() < 13 || is_self_payment(line));
        let part = |text: &str| -> String {
            let (header, rows) = text.split_once('\n').expect("a header");
            let rows = rows.split_inclusive('\n').filter(is_delivered);
            std::iter::once(header).chain(["\n"]).chain(rows).collect()
        };
        let parts: Vec<(&str, String)> = sets
            .iter()
            .map(|(set, text)| (if *set == "20K_cycle200" { "a.csv" } else { "b.csv" }, part(text)))
            .collect();
        let at = Moment::from_micros(start.micros() + days.end() * DAY);
        let run = run(&deployment, "bank", at, &parts);
        let rows: BTreeSet<&str> = parts.iter().flat_map(|(_, text)| text.lines().skip(1)).collect();
        assert_eq!(
            run.table("steward/deliveries").sum("taken"),
            rows.len() as u64,
            "each row is delivered once"
        );
        for (from, to, sum, _) in rows.into_iter().map(payment) {
            accounts.extend([from.clone(), to.clone()]);
            if from != to {
                *sums.entry((from, to)).or_default() += sum;
            }
        }
        let links = run.table("all/links");
        assert_eq!(
            (links.rows().len(), run.table("all/entities").rows().len()),
            (sums.len(), accounts.len())
        );
        let sum: f64 = links.rows().map(|row| links.number("amount", row).expect("a sum")).sum();
        let expected: f64 = sums.values().sum();
        assert!((sum - expected).abs() < 1e-6 * expected, "{sum} {expected}");
        assert!(times(&run, "links", "last_seen").iter().all(|seen| *seen <= at));
    }
    let self_payments =
        sets.iter().map(|(_, text)| text.lines().skip(1).filter(|line| is_self_payment(line)).count());
    assert_eq!(
        self_payments.collect::<Vec<_>>(),
        [14, 14],
        "an account that pays itself is an entity without a link"
    );
}

#[test]
fn ratings_keep_fractions_of_a_second() {
    let claim = "ratings_keep_fractions_of_a_second";
    let Some(folder) = real_data("temporal", claim) else { return };
    let text = read_unpacked(&folder.join("bitcoin-otc/soc-sign-bitcoinotc.csv.zst"));
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    assert_eq!(lines.len(), 35_592);
    let deployment = deployment("otc", "ratings.toml");
    let time =
        |line: &str| line.trim_end().rsplit(',').next().expect("a time").parse::<f64>().expect("a number");
    let mut known = 0;
    for upto in [1_000, 1_500] {
        let at = Moment::from_micros(time(lines[upto - 1]).ceil() as i64 * 1_000_000);
        let run = run(&deployment, "otc", at, &[("ratings.csv", lines[known..upto].concat())]);
        let users: BTreeSet<&str> = lines[..upto].iter().flat_map(|line| line.split(',').take(2)).collect();
        assert_eq!(run.table("all/entities").rows().len(), users.len());
        let links = run.table("all/links");
        assert_eq!(links.rows().len(), upto, "no user rates another user twice");
        let distrusted = lines[..upto].iter().filter(|line| line.contains(",-")).count();
        let of_kind = |kind: &str| links.rows().filter(|&row| links.text("kind", row) == kind).count();
        assert_eq!((of_kind("distrusts"), of_kind("trusts")), (distrusted, upto - distrusted));
        let expected: BTreeSet<Moment> =
            lines[..upto].iter().map(|line| Moment::from_micros((time(line) * 1e6).round() as i64)).collect();
        assert_eq!(times(&run, "links", "recorded_first"), expected, "to the microsecond");
        known = upto;
    }
}

#[test]
fn contacts_are_accepted_day_by_day_and_a_role_is_no_person() {
    let claim = "contacts_are_accepted_day_by_day_and_a_role_is_no_person";
    let Some(folder) = real_data("temporal", claim) else { return };
    let text = read_unpacked(&folder.join("hospital-ward/Contacts_Hospital.tsv.zst"));
    assert!(text.lines().count() == 32_424 && text.contains("\t1232\tMED\tADM\r\n"));
    let deployment = deployment("ward", "hospital.toml");
    let day_of =
        |line: &str| line.split('\t').next().expect("a time").parse::<i64>().expect("a second") / 86_400;
    let cells = |line: &str, which: [usize; 2]| -> Vec<String> {
        let cells: Vec<&str> = line.trim_end().split('\t').collect();
        which.map(|at| cells[at].to_owned()).to_vec()
    };
    let mut known: BTreeSet<String> = BTreeSet::new();
    for day in [14_949, 14_951] {
        let today: Vec<&str> =
            text.split_inclusive('\n').filter(|line| day_of(line) == day).take(4_000).collect();
        let at = Moment::from_micros((day + 1) * DAY - 1);
        let run = run(&deployment, "ward", at, &[("contacts.tsv", today.concat())]);
        known.extend(today.iter().flat_map(|line| cells(line, [1, 2])));
        let entities = run.table("all/entities");
        assert_eq!(entities.rows().len(), known.len());
        assert!(entities.rows().all(|row| entities.text("kind", row) == "person"));
        let roles: BTreeSet<&str> =
            entities.rows().flat_map(|row| entities.texts("aliases", row)).map(String::as_str).collect();
        assert_eq!(roles, ["ADM", "MED", "NUR", "PAT"].into(), "four, not eight");
        // The row names the two persons in any order.
        let met: BTreeSet<Vec<String>> = today.iter().map(|line| cells(line, [1, 2])).collect();
        let links = run.table("all/links");
        assert!(links.rows().len() >= met.len());
        assert!(links.rows().all(|row| links.text("layer", row) == "communication"));
    }
}
