//! Payments reach tables, features and flags: their sums equal sums that a slow reference computes from the files.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use araneus::{
    compact::ShortList,
    features,
    index::EntityIndex,
    link::{Layer, Link, LinkId},
    marking::Marking,
    time::{Moment, Span},
};
use serde_json::Value;

use crate::support::{Deployment, PublishedRun, named, read_csv, read_unpacked, real_data};

const FIRST: &str = "2026-03-01T02:00:00Z";

fn mapped(name: &str, more: &str) -> String {
    let mapping = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/runs/tables").join(name);
    format!("[[source]]\nname = \"bank\"\nmapping = {:?}\n{more}\n", mapping.display().to_string())
}

/// Payer, payee, currency and amount of each delivered payment.
type Payments = Vec<(String, String, &'static str, f64)>;

/// Returns the expected rows of the table: payments in and out of each entity in each currency.
fn expected(payments: &Payments) -> BTreeSet<String> {
    let mut rows = BTreeSet::new();
    for (from, to, currency, _) in payments {
        for one in [from, to] {
            let of = |is_in: bool| {
                let own: Vec<_> = payments
                    .iter()
                    .filter(|(from, to, other, _)| {
                        from != to && other == currency && one == if is_in { to } else { from }
                    })
                    .collect();
                let others: BTreeSet<&String> =
                    own.iter().map(|(from, to, ..)| if is_in { from } else { to }).collect();
                let sum = own.iter().fold(0.0, |sum, (.., amount)| sum + amount);
                // To the cent: sums of the same amounts in another order differ in their last digits.
                format!("{} {:.2}", others.len(), sum)
            };
            rows.insert(format!("{one} finance {currency} in {} out {}", of(true), of(false)));
        }
    }
    rows
}

fn flows_of_entities(run: &PublishedRun) -> BTreeSet<String> {
    let (entities, flows) = (run.table("all/entities"), run.table("all/flows"));
    let label: BTreeMap<&str, &str> =
        entities.rows().map(|row| (entities.text("entity_id", row), entities.text("label", row))).collect();
    let of = |row: usize, way: &str| {
        let others = flows.count(&format!("others_{way}"), row);
        assert_eq!(others, flows.count(&format!("links_{way}"), row), "one kind: one link for each pair");
        format!("{others} {:.2}", flows.number(&format!("amount_{way}"), row).unwrap_or_default())
    };
    flows
        .rows()
        .filter(|&row| flows.text("subject", row) == "entity")
        .map(|row| {
            let [layer, currency] = ["layer", "currency"].map(|column| flows.text(column, row));
            let one = label[flows.text("subject_id", row)];
            format!("{one} {layer} {currency} in {} out {}", of(row, "in"), of(row, "out"))
        })
        .collect()
}

fn simulated(path: &Path) -> Payments {
    let paid = |row: &BTreeMap<String, String>| {
        let amount = row["TXN_AMOUNT_ORIG"].parse().expect("a number");
        (row["ACCOUNT_ID"].clone(), row["COUNTER_PARTY_ACCOUNT_NUM"].clone(), "USD", amount)
    };
    read_csv(path).iter().map(paid).collect()
}

#[test]
fn payments_of_each_account_equal_the_sums_of_the_file() {
    let Some(path) = real_data("amlsim/tiny/tx.csv", "payments_of_each_account_equal_the_sums_of_the_file")
    else {
        return;
    };
    let deployment = Deployment::new(&mapped("amlsim-tiny.toml", ""));
    deployment.run(FIRST, &[named("bank", &path)]).ends_with(0);
    let payments = simulated(&path);
    let actual = flows_of_entities(&deployment.published(FIRST));
    assert_eq!(actual, expected(&payments));
    assert!(actual.len() > 20 && actual.iter().any(|row| row.contains(" in 7 ")), "{actual:?}");
}

#[test]
fn donations_to_each_party_are_summed_in_euros() {
    let claim = "donations_to_each_party_are_summed_in_euros";
    let Some(path) = real_data("ftm/donations-organizations.ftm.json", claim) else { return };
    let text = read_unpacked(&path);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("an entity")).collect();
    let only = |entity: &Value, property: &str| {
        entity["properties"][property][0].as_str().expect("a value").to_owned()
    };
    let named_by_id: BTreeMap<&str, String> = lines
        .iter()
        .filter(|entity| entity["properties"]["name"].is_array())
        .map(|entity| (entity["id"].as_str().expect("an id"), only(entity, "name")))
        .collect();
    let payments: Payments = lines
        .iter()
        .filter(|entity| entity["schema"] == "Payment")
        .map(|paid| {
            let [payer, payee] = ["payer", "beneficiary"].map(|end| named_by_id[&*only(paid, end)].clone());
            (payer, payee, "EUR", only(paid, "amountEur").parse().expect("a number"))
        })
        .collect();
    let deployment = Deployment::new("");
    deployment.run(FIRST, &[named("donations", &path)]).ends_with(0);
    let actual = flows_of_entities(&deployment.published(FIRST));
    assert_eq!(actual, expected(&payments));
    assert!(actual.len() >= 60, "{} parties and donors", actual.len());
}

fn paid_by(row: &BTreeMap<String, String>) -> Link {
    let payments = Moment::parse(FIRST).expect("a moment");
    let account = |column: &str| EntityIndex::new(row[column].parse().expect("a number"));
    Link {
        id: LinkId::of("link-00000000000000000000").expect("an id"),
        from: account("sourceNodeId"),
        to: account("targetNodeId"),
        kind: "payment".into(),
        layer: Layer::Finance,
        weight: 1.0,
        source_count: 1,
        records: ShortList::default(),
        seen: Span::default(),
        recorded_first: payments,
        recorded_last: payments,
        confidence: None.into(),
        marking: Marking::Unmarked,
        amounts: vec![(row["value"].parse().expect("a number"), Some(Arc::from("USD")))].into(),
    }
}

/// Returns the share of a group's inner payments that are in cycles, and the most members that paid one member.
fn cycle_share_and_payers(links: &[Link], group: &BTreeSet<EntityIndex>) -> (f64, usize) {
    let among: Vec<&Link> = links
        .iter()
        .filter(|link| link.from != link.to && group.contains(&link.from) && group.contains(&link.to))
        .collect();
    let paid = features::payees_by_payer(&among, |_| true);
    let pairs: usize = paid.values().map(BTreeSet::len).sum();
    let of = |one: EntityIndex| {
        features::flows(among.iter().copied().filter(|link| link.to == one), |at| at == one)
    };
    let most = group.iter().flat_map(|one| of(*one)).map(|flow| flow.inward.others.len()).max();
    (features::payment_cycles(&paid).len() as f64 / pairs as f64, most.unwrap_or_default())
}

#[test]
fn simulated_launderers_pay_in_cycles_and_others_do_not() {
    let claim = "simulated_launderers_pay_in_cycles_and_others_do_not";
    let Some(folder) = real_data("amlsim", claim) else { return };
    let [cycles, fans] = ["20K_cycle200", "20K_fanin200"].map(|set| {
        let nodes = read_csv(&folder.join(set).join("nodes.csv.zst"));
        let links: Vec<Link> =
            read_csv(&folder.join(set).join("transactions.csv.zst")).iter().map(paid_by).collect();
        let account =
            |row: &BTreeMap<String, String>| EntityIndex::new(row["nodeid"].parse().expect("a number"));
        let of =
            |is_fraud: &'static str| nodes.iter().filter(move |row| row["isFraud"] == is_fraud).map(account);
        let launderers: BTreeSet<EntityIndex> = of("1").collect();
        let others: BTreeSet<EntityIndex> = of("0").step_by(20).take(launderers.len()).collect();
        assert!(launderers.len() > 900 && others.len() > 900);
        [launderers, others].map(|group| cycle_share_and_payers(&links, &group))
    });
    for [(cycle_share, payers), (other_cycle_share, other_payers)] in [cycles, fans] {
        assert!(cycle_share > 0.1 && other_cycle_share < 0.01, "{cycle_share} and {other_cycle_share}");
        assert!(payers > 2 * other_payers, "{payers} and {other_payers} payers");
    }
    assert!(cycles[0].0 > fans[0].0, "more payments are in cycles if cycles were planted");
}

/// Computes the features of a candidate from the tables `links` and `candidates` only.
fn reference_features(run: &PublishedRun, members: &[String]) -> BTreeMap<&'static str, Option<f64>> {
    let links = run.table("all/links");
    let is_member = |id: &str| members.iter().any(|member| member == id);
    let mut payments: Vec<(&str, &str, &str, f64)> = Vec::new();
    for row in links.rows() {
        let [from, to, currency] = ["from_id", "to_id", "currency"].map(|column| links.text(column, row));
        if links.text("layer", row) == "finance" && (is_member(from) || is_member(to)) {
            payments.push((from, to, currency, links.number("amount", row).expect("one currency")));
        }
    }
    let currencies: BTreeSet<&str> = payments.iter().map(|paid| paid.2).collect();
    let ratio = |a: f64, b: f64| (a.max(b) > 0.0).then(|| a.min(b) / a.max(b));
    let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    let (mut of_members, mut through, mut kept): (Vec<f64>, Vec<f64>, Vec<f64>) = Default::default();
    for currency in currencies {
        let own: Vec<_> = payments.iter().filter(|paid| paid.2 == currency).collect();
        let sum = |from: &dyn Fn(&str) -> bool, to: &dyn Fn(&str) -> bool| -> (f64, usize) {
            let all: Vec<f64> =
                own.iter().filter(|paid| from(paid.0) && to(paid.1)).map(|paid| paid.3).collect();
            (all.iter().sum(), all.len())
        };
        for member in members {
            let (paid_in, paid_out) =
                (sum(&|_| true, &|id| id == member), sum(&|id| id == member, &|_| true));
            of_members.extend(ratio(paid_in.0, paid_out.0));
        }
        let is_other = |id: &str| !is_member(id);
        let (inward, outward, inside) =
            (sum(&is_other, &is_member), sum(&is_member, &is_other), sum(&is_member, &is_member));
        // A currency has the weight of its number of payments.
        let times =
            |value: Option<f64>, count: usize| value.into_iter().flat_map(move |one| vec![one; count]);
        through.extend(times(ratio(inward.0, outward.0), inward.1 + outward.1));
        kept.extend(times(share(inside.0, inward.0 + outward.0 + inside.0), own.len()));
    }
    let mean = |values: &[f64]| share(values.iter().sum(), values.len() as f64);
    let pairs: BTreeSet<(&str, &str)> = payments
        .iter()
        .filter(|paid| is_member(paid.0) && is_member(paid.1))
        .map(|paid| (paid.0, paid.1))
        .collect();
    let answered = pairs.iter().filter(|(from, to)| pairs.contains(&(*to, *from))).count();
    let most = |is_in: bool| {
        let mut others: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (from, to, ..) in &payments {
            let (one, other) = if is_in { (to, from) } else { (from, to) };
            if is_member(one) {
                others.entry(one).or_default().insert(other);
            }
        }
        (!payments.is_empty()).then(|| others.values().map(BTreeSet::len).max().unwrap_or_default() as f64)
    };
    BTreeMap::from([
        ("pass_through", mean(&of_members)),
        ("group_pass_through", mean(&through)),
        ("kept_share", mean(&kept)),
        ("reciprocity", share(answered as f64, pairs.len() as f64)),
        ("payers", most(true)),
        ("payees", most(false)),
    ])
}

/// Compares the features of each candidate with the reference, and returns the number of compared values.
fn compare(run: &PublishedRun) -> usize {
    let (candidates, shown, flows) =
        (run.table("all/candidates"), run.table("all/features"), run.table("all/flows"));
    let mut compared = 0;
    for row in candidates.rows() {
        let id = candidates.text("candidate_id", row);
        let expected = reference_features(run, candidates.texts("members", row));
        let features = shown.only("candidate_id", id);
        for (name, expected) in &expected {
            let actual = shown.number(name, features);
            let is_close = match (actual, expected) {
                (Some(actual), Some(expected)) => (actual - expected).abs() < 1e-9,
                (actual, expected) => actual.is_none() && expected.is_none(),
            };
            assert!(is_close, "{name} of {id}: {actual:?}, not {expected:?}");
            compared += usize::from(actual.is_some());
        }
        let of_it = flows.rows().filter(|&row| flows.text("subject_id", row) == id).count();
        assert_eq!(of_it > 0, expected["payers"].is_some(), "{id} has a row where it has payments");
    }
    compared
}

/// Returns payments as CSV: number, payer, payee, amount and currency.
fn payments_csv(rows: &[(String, String, f64, &str)], from: usize) -> String {
    let line = |(number, (payer, payee, amount, currency)): (usize, &(String, String, f64, &str))| {
        format!("{number},{payer},{payee},{amount},{currency}\n")
    };
    let head = "number,payer,payee,amount,currency\n".to_owned();
    head + &(from..).zip(rows).map(line).collect::<String>()
}

/// Background payments among three hundred companies, with other pairs each week. No company is a hub, whose links would
/// not count.
fn background_payments(week: usize, count: usize) -> Vec<(String, String, f64, &'static str)> {
    let pair = |at: usize| {
        let from = (at * 7 + week * 41) % 300;
        let to = (from + 1 + (at * 13 + week * 17) % 299) % 300;
        (format!("known {from}"), format!("known {to}"), 20.0 + at as f64, "EUR")
    };
    (0..count).map(pair).collect()
}

#[test]
fn a_new_cycle_of_payments_is_flagged_with_its_amounts() {
    let mapping = concat!(
        "key = \"{number}\"\n[[entity]]\nas = \"payer\"\nkind = \"company\"\nkey = \"{payer}\"\n",
        "[[entity]]\nas = \"payee\"\nkind = \"company\"\nkey = \"{payee}\"\n",
        "[[link]]\nfrom = \"payer\"\nto = \"payee\"\nkind = \"payment\"\nlayer = \"finance\"\n",
        "amount = \"{amount}\"\ncurrency = \"{currency}\"\n",
    );
    let deployment = Deployment::new("");
    let mapping = deployment.write("book.toml", mapping);
    deployment
        .configure(&format!("[[source]]\nname = \"bank\"\nreliability = \"A\"\nmapping = {mapping:?}\n"));
    let runs = ["2026-01-04", "2026-01-11", "2026-01-18", "2026-01-25", "2026-02-01", "2026-02-08"];
    for (week, run) in runs.iter().enumerate() {
        let mut rows = background_payments(week, if week == 0 { 300 } else { 40 });
        if week == 5 {
            let shell = |at: usize| format!("shell {}", at % 5);
            for at in 0..5 {
                rows.push((shell(at), shell(at + 1), 1000.0, "EUR"));
                rows.push((shell(at), shell(at + 2), 70.0, "USD"));
            }
            rows.push(("known 3".to_owned(), shell(0), 1200.0, "EUR"));
            rows.push((shell(4), "known 9".to_owned(), 900.0, "EUR"));
        }
        let path = deployment.write(&format!("{run}.csv"), payments_csv(&rows, week * 1000));
        deployment.run(run, &[named("bank", path)]).ends_with(0);
    }
    let run = deployment.published(runs[5]);
    let compared = compare(&run);
    assert!(compared >= 6, "{compared} values of candidates are known");

    let flags = run.table("all/flags");
    let row = flags.only("pattern", "payment cycle");
    let sentences = flags.texts("reasons_for", row);
    let contains = |sentence: &str| {
        assert!(sentences.iter().any(|other| other == sentence), "{sentence}: {sentences:#?}");
    };
    contains(
        "In all records, its members received 1200.00 EUR from 1 other; paid 900.00 EUR to 1 other; paid 5000.00 EUR to each other.",
    );
    contains("In all records, its members paid 350.00 USD to each other.");
    assert!(
        sentences.iter().any(|sentence| sentence.starts_with("Payments form a cycle: shell ")),
        "{sentences:#?}"
    );
    let report = run.text("all/report.html");
    // The payments in dollars are another cycle, of two steps around the circle.
    assert!(report.contains("(1000.00 EUR)"), "amounts are shown with their records");

    let (candidates, shown) = (run.table("all/candidates"), run.table("all/features"));
    let id = candidates.text("candidate_id", candidates.only("lineage", flags.text("flag_id", row)));
    let feature = |name: &str| shown.number(name, shown.only("candidate_id", id)).expect("known");
    assert_eq!(
        [feature("circle_share"), feature("finance_share")].map(f64::to_bits),
        [1.0_f64; 2].map(f64::to_bits)
    );
    // 900 of 1200 in euros; no dollars cross the border.
    assert!((feature("group_pass_through") - 0.75).abs() < 1e-12);
    assert!(shown.number("ownership_share", 0).is_none(), "no source reports ownership");
}
