//! FollowTheMoney: published party donations, delivered as entities and as statements.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use serde_json::{Value, json};

use crate::support::{
    Deployment, PublishedRun, equal_files, every_object_is_accounted_for, named, real_data,
};

const FIRST: &str = "2026-03-01T02:00:00Z";
const SECOND: &str = "2026-03-02T02:00:00Z";
const THIRD: &str = "2026-03-03T02:00:00Z";
const SOURCE: &str = "[[source]]\nname = \"donations\"\n";

/// Returns the donations, one object for each line.
fn donations(claim: &str) -> Option<Vec<Value>> {
    let path = real_data("ftm/donations-organizations.ftm.json", claim)?;
    let text = fs::read_to_string(path).expect("a file");
    Some(text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect())
}

fn lines(objects: &[Value]) -> String {
    let lines: Vec<String> = objects.iter().map(ToString::to_string).collect();
    lines.join("\n") + "\n"
}

fn only<'a>(entity: &'a Value, property: &str) -> &'a str {
    entity["properties"][property][0].as_str().expect("a value")
}

/// Runs one file of the source.
fn run_one(deployment: &Deployment, as_of: &str, name: &str, text: &str, code: i32) -> PublishedRun {
    let path = deployment.write(&format!("{as_of}/{name}"), text);
    deployment.run(as_of, &[named("donations", path)]).ends_with(code);
    let run = deployment.published(as_of);
    every_object_is_accounted_for(&run);
    run
}

/// Returns each entity as a row: kind, label, aliases and marking.
fn entities(run: &PublishedRun) -> Vec<String> {
    let table = run.table("all/entities");
    let row = |row: usize| {
        let [kind, label, marking] = ["kind", "label", "marking"].map(|column| table.text(column, row));
        format!("{kind} {label} {:?} {marking}", table.texts("aliases", row))
    };
    let mut rows: Vec<String> = table.rows().map(row).collect();
    rows.sort();
    rows
}

/// Returns each link as a row: ends, kind, layer, weight, amount and span.
fn links(run: &PublishedRun) -> Vec<String> {
    let path = run.folder.join("all/links.arrow");
    let times = araneus::tables::read_table(&path).expect("a table");
    let [first, last] = ["first_seen", "last_seen"].map(|name| times.time(name).expect("times").to_vec());
    let (entities, links) = (run.table("all/entities"), run.table("all/links"));
    let label: BTreeMap<&str, &str> =
        entities.rows().map(|row| (entities.text("entity_id", row), entities.text("label", row))).collect();
    let row = |row: usize| {
        let [from, to] = ["from_id", "to_id"].map(|end| label[links.text(end, row)]);
        let [kind, layer, currency] = ["kind", "layer", "currency"].map(|column| links.text(column, row));
        let [weight, amount] = ["weight", "amount"].map(|column| links.number(column, row));
        format!(
            "{from} {kind} {to} ({layer}) {weight:?} {amount:?} {currency} {:?} {:?}",
            first[row], last[row]
        )
    };
    let mut rows: Vec<String> = links.rows().map(row).collect();
    rows.sort();
    rows
}

#[test]
fn donations_are_payments_with_amount_direction_and_date() {
    let claim = "donations_are_payments_with_amount_direction_and_date";
    let Some(objects) = donations(claim) else { return };
    let deployment = Deployment::new(SOURCE);
    let run = run_one(&deployment, FIRST, "donations.ftm.json", &lines(&objects), 0);
    let deliveries = run.table("steward/deliveries");
    assert_eq!(deliveries.text("format", 0), "ftm");
    let counts = ["delivered", "taken", "new"].map(|name| deliveries.count(name, 0));
    assert_eq!(counts, [384, 384, 384]);

    let entities = run.table("all/entities");
    let of_kind = |kind: &str| entities.rows().filter(|&row| entities.text("kind", row) == kind).count();
    assert_eq!((of_kind("company"), of_kind("organization")), (56, 17));
    // Addresses with equal text are one address.
    let texts: BTreeSet<String> =
        objects.iter().filter(|entity| entity["schema"] == "Address").map(normalized_address).collect();
    assert_eq!(of_kind("address"), texts.len());
    assert_eq!(
        entities.rows().len(),
        56 + 17 + texts.len(),
        "there is no other entity, not even for a name alone"
    );

    // The payments of a pair are one link with their sum, from the first day to the last day.
    let name: BTreeMap<&str, &str> = objects
        .iter()
        .filter(|entity| entity["properties"]["name"].is_array())
        .map(|entity| (entity["id"].as_str().expect("an id"), only(entity, "name")))
        .collect();
    let mut paid: BTreeMap<(&str, &str), (f64, BTreeSet<&str>)> = BTreeMap::new();
    for payment in objects.iter().filter(|entity| entity["schema"] == "Payment") {
        let pair = (name[only(payment, "payer")], name[only(payment, "beneficiary")]);
        let of_pair = paid.entry(pair).or_default();
        of_pair.0 += only(payment, "amountEur").parse::<f64>().expect("a number");
        of_pair.1.insert(only(payment, "date"));
    }
    let micros = |day: &str, time: &str| {
        let moment = araneus::time::Moment::parse(&format!("{day}T{time}Z"));
        moment.expect("a moment").micros()
    };
    let expected: BTreeSet<String> = paid
        .iter()
        .map(|((payer, payee), (amount, days))| {
            let first = days.first().map(|day| micros(day, "00:00:00"));
            let last = days.last().map(|day| micros(day, "23:59:59.999999"));
            format!("{payer} payment {payee} (finance) {:?} EUR {first:?} {last:?}", Some(amount))
        })
        .collect();
    let links = links(&run);
    let without_weight = |link: &String| {
        let (begin, rest) = link.split_once("(finance) ").expect("a payment");
        format!("{begin}(finance) {}", rest.split_once(' ').expect("a weight").1)
    };
    let payments: BTreeSet<String> =
        links.iter().filter(|link| link.contains(" payment ")).map(without_weight).collect();
    assert_eq!(payments, expected);
    assert!(links.iter().all(|link| link.contains(" payment ") || link.contains(" address ")));
    let total: f64 = paid.values().map(|(amount, _)| amount).sum();
    assert!(paid.len() > 80 && total > 1e6, "{} pairs, {total}", paid.len());
}

/// Returns the normalised text of an address: lower case, words only.
fn normalized_address(address: &Value) -> String {
    let text = only(address, "full").to_lowercase();
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Returns an entity as statements, one for each value, as nomenklatura writes them.
fn statements(entity: &Value, canonical: &str) -> Vec<Value> {
    let (id, schema) = (&entity["id"], &entity["schema"]);
    let one = |property: &str, value: &str| {
        json!({
            "canonical_id": canonical, "entity_id": id, "prop": property, "schema": schema, "value": value,
            "dataset": "donations", "lang": null, "original_value": null, "external": false, "origin": null,
            "first_seen": "2026-01-01T00:00:00", "last_seen": "2026-02-01T00:00:00",
            "id": format!("{}.{property}.{value}", id.as_str().expect("an id")).replace(char::is_whitespace, "_"),
        })
    };
    let mut all = vec![one("id", "checksum")];
    for (property, values) in entity["properties"].as_object().expect("properties") {
        all.extend(
            values
                .as_array()
                .expect("a list")
                .iter()
                .map(|value| one(property, value.as_str().expect("a text"))),
        );
    }
    all
}

fn all_statements(objects: &[Value]) -> Vec<Value> {
    objects.iter().flat_map(|entity| statements(entity, entity["id"].as_str().expect("an id"))).collect()
}

/// Returns statements as CSV, as `ftm` writes them.
fn export(statements: &[Value]) -> String {
    const COLUMNS: [&str; 13] = [
        "canonical_id",
        "entity_id",
        "prop",
        "schema",
        "value",
        "dataset",
        "origin",
        "lang",
        "original_value",
        "external",
        "first_seen",
        "last_seen",
        "id",
    ];
    let cell = |value: &Value| match value {
        Value::Bool(truth) => if *truth { "t" } else { "f" }.to_owned(),
        value => value.as_str().unwrap_or_default().replace('"', "\"\""),
    };
    let row = |statement: &Value| {
        let cells: Vec<String> =
            COLUMNS.iter().map(|name| format!("\"{}\"", cell(&statement[*name]))).collect();
        cells.join(",") + "\n"
    };
    format!("{}\n{}", COLUMNS.join(","), statements.iter().map(row).collect::<String>())
}

#[test]
fn donations_as_statements_give_the_same_graph() {
    let claim = "donations_as_statements_give_the_same_graph";
    let Some(objects) = donations(claim) else { return };
    let statements = all_statements(&objects);
    let at = |name: &str, text: &str| {
        let deployment = Deployment::new(SOURCE);
        let run = run_one(&deployment, FIRST, name, text, 0);
        let taken = run.table("steward/deliveries").count("taken", 0);
        (entities(&run), links(&run), taken, run.digests())
    };
    let (entities, links, taken, digests) = at("entities.json", &lines(&objects));
    assert_eq!(taken, 384);
    let as_lines = at("statements.json", &lines(&statements));
    assert_eq!(as_lines.2, statements.len() as u64);
    // If a payer has two names, the first is the label. Statements have no order, so labels are not compared there.
    let labels =
        |rows: &[String]| rows.iter().filter(|row| !row.starts_with("address ")).cloned().collect::<Vec<_>>();
    assert_eq!(labels(&as_lines.0), labels(&entities));
    let payments =
        |rows: &[String]| rows.iter().filter(|row| row.contains(" payment ")).cloned().collect::<Vec<_>>();
    assert_eq!(payments(&as_lines.1), payments(&links));
    assert_eq!((as_lines.0.len(), as_lines.1.len()), (entities.len(), links.len()));
    for table in ["metrics", "members"] {
        let name = format!("all/{table}.arrow");
        assert_eq!(as_lines.3[&name], digests[&name], "{table}");
    }
    let as_table = at("statements.csv", &export(&statements));
    for table in ["entities", "links", "evidence", "metrics", "communities", "members"] {
        let name = format!("all/{table}.arrow");
        assert_eq!(as_table.3[&name], as_lines.3[&name], "{table}");
    }
}

#[test]
fn the_order_of_lines_and_the_number_of_threads_change_no_table() {
    let Some(objects) = donations("the_order_of_lines_and_the_number_of_threads_change_no_table") else {
        return;
    };
    for objects in [objects.clone(), all_statements(&objects)] {
        let at = |objects: &[Value], threads: &str| {
            let deployment = Deployment::new(SOURCE);
            let path = deployment.write("donations.json", lines(objects));
            deployment.run_with(FIRST, &[named("donations", path)], &["--threads", threads]).ends_with(0);
            let mut digests = deployment.published(FIRST).digests();
            // The data steward's tables contain line numbers, and the manifest names deliveries.
            digests.retain(|name, _| name.starts_with("all/"));
            digests
        };
        let expected = at(&objects, "1");
        let mut turned = objects.clone();
        turned.reverse();
        turned.rotate_left(objects.len() / 3);
        equal_files(&at(&turned, "2"), &expected, "turned, two threads");
    }
}

fn person(id: &str, name: &str) -> Value {
    json!({ "id": id, "schema": "Person", "properties": { "name": [name] } })
}

fn directorship(start: &str) -> Value {
    json!({ "id": "d", "schema": "Directorship", "properties": {
        "director": ["jane"], "organization": ["acme"], "startDate": [start] } })
}

const ACME: &str = r#"{"id":"acme","schema":"Company","properties":{"name":["Acme"]}}"#;

#[test]
fn an_invalid_line_affects_only_itself_and_a_snapshot_withdraws_missing_objects() {
    let deployment = Deployment::new(&format!("{SOURCE}mode = \"snapshot\"\n"));
    let acme: Value = serde_json::from_str(ACME).expect("JSON");
    let good = [person("jane", "Jane"), acme.clone(), directorship("2020-05")];
    let invalid = "{\"id\":\"u\",\"schema\":\"Unicorn\",\"properties\":{\"name\":[\"secret\"]}}\n\
               {\"id\":\"e\",\"schema\":\"Ownership\",\"properties\":{\"owner\":[\"jane\"]}}\n";
    let first = run_one(&deployment, FIRST, "all.json", &format!("{}{invalid}", lines(&good)), 3);
    let rejects = first.table("steward/rejects");
    let row = |row: usize| {
        ["position", "object_id", "rule"].map(|column| rejects.text(column, row).to_owned()).join(" ")
    };
    assert_eq!(
        rejects.rows().map(row).collect::<Vec<_>>(),
        ["line 4 u unknown-schema", "line 5 e missing-reference"]
    );
    assert!(rejects.rows().all(|row| !rejects.text("reason", row).contains("secret")));
    assert_eq!(
        links(&first),
        ["Jane directorship Acme (ownership) Some(0.6) None  Some(1588291200000000) None"]
    );

    let second =
        run_one(&deployment, SECOND, "all.json", &lines(&[good[0].clone(), acme, directorship("2021")]), 0);
    let deliveries = second.table("steward/deliveries");
    let counts = ["taken", "duplicate", "new", "changed", "withdrawn"].map(|name| deliveries.count(name, 0));
    assert_eq!(counts, [1, 2, 0, 1, 0]);
    assert!(links(&second)[0].contains("Some(1609459200000000)"), "{:?}", links(&second));

    let third = run_one(&deployment, THIRD, "all.json", &lines(&good[..2]), 0);
    assert_eq!(third.table("steward/deliveries").count("withdrawn", 0), 1);
    assert!(links(&third).is_empty());
}

#[test]
fn canonical_ids_join_and_split_entities_and_a_link_without_an_end_is_removed() {
    let deployment = Deployment::new(&format!("{SOURCE}mode = \"snapshot\"\n"));
    let (jane, joan) = (person("jane", "Jane"), person("joan", "Joan"));
    let acme: Value = serde_json::from_str(ACME).expect("JSON");
    let delivery = |canonical: &str, with_end: bool| {
        let mut all =
            [statements(&jane, "jane"), statements(&joan, canonical), statements(&acme, "acme")].concat();
        let link = statements(&directorship("2020-05"), "d");
        all.extend(link.into_iter().filter(|statement| with_end || statement["prop"] != "director"));
        lines(&all)
    };
    let first = run_one(&deployment, FIRST, "all.json", &delivery("joan", true), 0);
    let apart = (entities(&first), links(&first));
    assert_eq!(apart.0.iter().filter(|row| row.starts_with("person ")).count(), 2);
    assert_eq!(apart.1.len(), 1);
    let evidence = first.table("all/evidence");
    let link = first.table("all/links").text("link_id", 0).to_owned();
    let behind = evidence.rows().filter(|&row| evidence.text("subject_id", row) == link).count();
    assert_eq!(behind, 4, "each statement of the link is evidence of it");

    let second = run_one(&deployment, SECOND, "all.json", &delivery("jane", true), 0);
    let persons: Vec<String> =
        entities(&second).into_iter().filter(|row| row.starts_with("person ")).collect();
    assert_eq!(persons.len(), 1, "{persons:?}");
    assert!(persons[0].contains("Jane") && persons[0].contains("Joan"), "{persons:?}");

    let third = run_one(&deployment, THIRD, "all.json", &delivery("joan", true), 0);
    assert_eq!((entities(&third), links(&third)), apart, "as if they had never been joined");

    let fourth = run_one(&deployment, "2026-03-04T02:00:00Z", "all.json", &delivery("joan", false), 0);
    assert!(links(&fourth).is_empty(), "a link without its director");
}

#[test]
fn equal_ids_of_two_sources_are_two_entities_and_numbers_with_check_digits_join() {
    let deployment = Deployment::new("[[source]]\nname = \"one\"\n[[source]]\nname = \"two\"\n");
    let company = |id: &str, name: &str, lei: &str| json!({ "id": id, "schema": "Company", "properties": { "name": [name], "leiCode": [lei], "registrationNumber": ["1"] } });
    let lei = "7LTWFZYICNSX8D621K86";
    let one = lines(&[company("1", "Acme", lei), person("2", "Jane"), company("3", "Wren", "n/a")]);
    let mut vague = company("9", "ACME AG", lei);
    vague["schema"] = json!("LegalEntity");
    let two = lines(&[vague, person("2", "Hank"), company("4", "Heron", "n/a")]);
    let inputs =
        [named("one", deployment.write("one.json", one)), named("two", deployment.write("two.json", two))];
    deployment.run(FIRST, &inputs).ends_with(0);
    let rows = entities(&deployment.published(FIRST));
    assert_eq!(rows.len(), 5, "{rows:?}");
    let is_both = |row: &&String| row.contains("Acme") && row.contains("ACME AG");
    // The less specific kind of one source agrees with the kind of the other.
    assert!(rows.iter().find(is_both).is_some_and(|row| row.starts_with("company ")), "{rows:?}");
}

#[test]
fn the_marking_of_the_source_decides_and_the_object_dates_its_record() {
    let configuration = format!("{SOURCE}marking = \"TLP:AMBER\"\nrecorded_at = \"object\"\n");
    let deployment = Deployment::new(&configuration);
    let mut acme: Value = serde_json::from_str(ACME).expect("JSON");
    acme["last_change"] = json!("2025-02-03T04:05:06");
    let run = run_one(&deployment, FIRST, "one.json", &lines(&[acme]), 0);
    let entities = run.table("all/entities");
    assert_eq!(entities.text("marking", 0), "TLP:AMBER");
    let columns = araneus::tables::read_table(&run.folder.join("all/entities.arrow")).expect("a table");
    let recorded_first =
        columns.time("recorded_first").expect("times")[0].map(araneus::time::Moment::from_micros);
    assert_eq!(recorded_first, araneus::time::Moment::parse("2025-02-03T04:05:06Z"));
}

#[test]
fn a_link_to_an_address_of_hundreds_of_entities_weighs_less() {
    let deployment = Deployment::new(SOURCE);
    let company = |at: usize| {
        let address = if at < 2 { "rare" } else { "factory" };
        json!({ "id": format!("c{at}"), "schema": "Company", "properties": { "name": [format!("C{at}")], "addressEntity": [address] } })
    };
    let mut all: Vec<Value> = (0..302).map(company).collect();
    all.extend(
        ["rare", "factory"]
            .map(|id| json!({ "id": id, "schema": "Address", "properties": { "full": [id] } })),
    );
    let run = run_one(&deployment, FIRST, "all.json", &lines(&all), 0);
    let (entities, links) = (run.table("all/entities"), run.table("all/links"));
    let weight = |label: &str| {
        let id = entities.text("entity_id", entities.only("label", label));
        let row = links.rows().find(|&row| links.text("to_id", row) == id).expect("a link");
        links.number("weight", row).expect("a weight")
    };
    assert!(weight("factory") < 0.2 * weight("rare"), "{} {}", weight("factory"), weight("rare"));
}
