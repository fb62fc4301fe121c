//! FollowTheMoney values: each has its dataset, language and times.

use std::{collections::BTreeMap, fs};

use araneus::{columns::Columns, tables, time::Moment};
use serde_json::{Value, json};

use crate::support::{Deployment, PublishedRun, equal_files, named, real_data};

const FIRST: &str = "2026-03-01T02:00:00Z";
const SECOND: &str = "2026-03-02T02:00:00Z";
const SOURCE: &str = "[[source]]\nname = \"register\"\nmode = \"snapshot\"\n";

fn lines(objects: &[Value]) -> String {
    let lines: Vec<String> = objects.iter().map(ToString::to_string).collect();
    lines.join("\n") + "\n"
}

fn run(deployment: &Deployment, as_of: &str, objects: &[Value]) -> PublishedRun {
    let path = deployment.write(&format!("{as_of}.json"), lines(objects));
    deployment.run(as_of, &[named("register", path)]).ends_with(0);
    deployment.published(as_of)
}

fn table(run: &PublishedRun, name: &str) -> Columns {
    tables::read_table(&run.folder.join(format!("{name}.arrow"))).expect("a table")
}

fn texts<'a>(table: &'a Columns, column: &str) -> Vec<&'a str> {
    let values = table.text(column).unwrap_or_else(|| panic!("no {column}"));
    values.iter().map(|value| value.as_deref().unwrap_or("-")).collect()
}

/// Returns the label of each entity, and `from > to` for each link, by id.
fn called(run: &PublishedRun, audience: &str) -> BTreeMap<String, String> {
    let (entities, links) =
        (table(run, &format!("{audience}/entities")), table(run, &format!("{audience}/links")));
    let owned = |id: &str| id.to_owned();
    let mut called: BTreeMap<String, String> = texts(&entities, "entity_id")
        .into_iter()
        .map(owned)
        .zip(texts(&entities, "label").into_iter().map(owned))
        .collect();
    let ends = texts(&links, "from_id").into_iter().zip(texts(&links, "to_id"));
    let link_labels: Vec<String> =
        ends.map(|(from, to)| format!("{} > {}", called[from], called[to])).collect();
    called.extend(texts(&links, "link_id").into_iter().map(owned).zip(link_labels));
    called
}

/// Returns each row as text: subject, property, value, language, dataset, origin, days, source and marking, in order of the text.
fn rows(run: &PublishedRun, audience: &str) -> Vec<String> {
    let (called, properties) = (called(run, audience), table(run, &format!("{audience}/properties")));
    let day = |column: &str, row: usize| {
        let moment = properties.time(column).expect("times")[row].map(Moment::from_micros);
        moment.map_or_else(|| "-".to_owned(), |moment| moment.to_string()[..10].to_owned())
    };
    let of = |column: &str| texts(&properties, column);
    let columns = ["property", "value", "language", "dataset", "original_value", "source", "marking"].map(of);
    let row = |row: usize| {
        let [property, value, language, dataset, original, source, marking] =
            [0, 1, 2, 3, 4, 5, 6].map(|at: usize| columns[at][row]);
        let subject = format!("{} {}", of("subject")[row], called[of("subject_id")[row]]);
        format!(
            "{subject}: {property}={value} [{language}] {dataset} ({original}) {}..{} {source} {marking}",
            day("first_seen", row),
            day("last_seen", row)
        )
    };
    let mut rows: Vec<String> = (0..properties.rows()).map(row).collect();
    rows.sort();
    rows
}

/// Returns a statement: entity, schema, property, value, and members that differ from the defaults.
fn statement([entity, schema, property, value]: [&str; 4], more: &Value) -> Value {
    let mut statement = json!({
        "canonical_id": entity, "entity_id": entity, "schema": schema, "prop": property, "value": value, "dataset": "gazette",
        "lang": null, "original_value": null, "external": false, "origin": null,
        "first_seen": "2025-01-01T00:00:00", "last_seen": "2025-02-01T00:00:00",
    });
    for (name, value) in more.as_object().expect("members") {
        statement[name] = value.clone();
    }
    statement
}

fn acme() -> Vec<Value> {
    let plain = json!({});
    let leak = json!({ "dataset": "leak", "first_seen": "2025-03-01", "last_seen": null });
    vec![
        statement(["acme", "Company", "name", "Acme"], &json!({ "lang": "eng" })),
        statement(["acme", "Company", "name", "Acme"], &leak),
        statement(["acme", "Company", "name", "Акме"], &json!({ "lang": "rus", "original_value": "АКМЕ" })),
        statement(["acme", "Company", "alias", "Acne"], &json!({ "external": true })),
        statement(["acme", "Company", "country", "ru"], &plain),
        statement(["jane", "Person", "name", "Jane"], &plain),
        statement(["jane", "Person", "nationality", "ru"], &plain),
        statement(["own", "Ownership", "owner", "jane"], &plain),
        statement(["own", "Ownership", "asset", "acme"], &plain),
        statement(["own", "Ownership", "percentage", "51"], &plain),
        statement(["own", "Ownership", "percentage", "49"], &leak),
        statement(["half", "Ownership", "owner", "jane"], &plain),
        statement(["half", "Ownership", "role", "of no company"], &plain),
    ]
}

const PROPERTIES: [&str; 6] = [
    "entity Acme: name=Acme [-] leak (-) 2025-03-01..- register -",
    "entity Acme: name=Acme [eng] gazette (-) 2025-01-01..2025-02-01 register -",
    "entity Acme: name=Акме [rus] gazette (АКМЕ) 2025-01-01..2025-02-01 register -",
    "entity Jane: name=Jane [-] gazette (-) 2025-01-01..2025-02-01 register -",
    "link Jane > Acme: percentage=49 [-] leak (-) 2025-03-01..- register -",
    "link Jane > Acme: percentage=51 [-] gazette (-) 2025-01-01..2025-02-01 register -",
];

#[test]
fn each_value_keeps_its_dataset_its_language_and_its_times() {
    let deployment = Deployment::new(SOURCE);
    let all = acme();
    assert_eq!(rows(&run(&deployment, FIRST, &all), "all"), PROPERTIES);
    let link = texts(&table(&deployment.published(FIRST), "all/links"), "link_id")[0].to_owned();
    let output = deployment.ask(&["explain", &link]);
    assert!(output.ends_with(0).stdout.contains("properties: percentage 51\n"), "{}", output.stdout);
    // The answer has the first values and their number.
    let answer = deployment.ask(&["explain", &link, "--json"]);
    assert!(answer.ends_with(0).stdout.contains("\"property_count\":1"), "{}", answer.stdout);
    // A withdrawn value is no longer shown, and an incomplete link is not shown.
    let without = |gone: &str| -> Vec<Value> {
        all.iter().filter(|statement| statement["value"] != gone).cloned().collect()
    };
    let second = run(&deployment, SECOND, &without("49"));
    assert_eq!(rows(&second, "all"), [&PROPERTIES[..4], &PROPERTIES[5..]].concat());
    assert_eq!(rows(&run(&Deployment::new(SOURCE), FIRST, &without("acme")), "all"), PROPERTIES[..4]);
}

#[test]
fn the_records_behind_values_are_evidence_and_the_order_of_lines_changes_no_byte() {
    let mut all = acme();
    let at = |objects: &[Value], threads: &str| {
        let deployment = Deployment::new(SOURCE);
        let path = deployment.write("all.json", lines(objects));
        deployment.run_with(FIRST, &[named("register", path)], &["--threads", threads]).ends_with(0);
        let run = deployment.published(FIRST);
        let mut digests = run.digests();
        digests.retain(|name, _| name.starts_with("all/"));
        (run, digests, deployment)
    };
    let (run, expected, _kept) = at(&all, "1");
    all.reverse();
    equal_files(&at(&all, "2").1, &expected, "reversed, two threads");
    assert!(expected.contains_key("all/properties.arrow"));
    let (properties, evidence) = (table(&run, "all/properties"), table(&run, "all/evidence"));
    let pairs = |table: &Columns| -> Vec<String> {
        let records = texts(table, "record_id").into_iter();
        texts(table, "subject_id").into_iter().zip(records).map(|(a, b)| format!("{a} {b}")).collect()
    };
    let behind = pairs(&evidence);
    assert!(pairs(&properties).iter().all(|pair| behind.contains(pair)));
    let order: Vec<String> = texts(&properties, "subject")
        .into_iter()
        .zip(pairs(&properties))
        .map(|(subject, pair)| format!("{subject} {}", pair.split(' ').next().unwrap_or_default()))
        .collect();
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn an_audience_that_may_not_see_a_record_sees_none_of_its_values() {
    let configuration = "[[source]]\nname = \"open\"\nmarking = \"TLP:GREEN\"\n\
        [[source]]\nname = \"closed\"\nmarking = \"TLP:RED\"\n\
        [[audience]]\nname = \"partners\"\nclearance = \"TLP:GREEN\"\n\
        [[audience]]\nname = \"desk\"\nclearance = \"TLP:RED\"\n";
    let one = "NK-2uZtqvDXMPdSTdwPRyDpXq";
    let jane = |property: &str, value: &str| statement([one, "Person", property, value], &json!({}));
    let open = [jane("name", "Jane")];
    let closed = [jane("name", "Jane"), jane("alias", "Джейн")];
    let rows_and_bytes = |with_closed: bool| {
        let deployment = Deployment::new(configuration);
        let mut inputs = vec![named("open", deployment.write("open.json", lines(&open)))];
        if with_closed {
            inputs.push(named("closed", deployment.write("closed.json", lines(&closed))));
        }
        deployment.run(FIRST, &inputs).ends_with(0);
        let run = deployment.published(FIRST);
        let bytes = fs::read(run.folder.join("partners/properties.arrow")).expect("a file");
        (rows(&run, "partners"), rows(&run, "desk"), bytes)
    };
    let ((partners, desk, with), (.., without)) = (rows_and_bytes(true), rows_and_bytes(false));
    let row = |value: &str, suffix: &str| {
        format!("entity Jane: {value} [-] gazette (-) 2025-01-01..2025-02-01 {suffix}")
    };
    let shown = row("name=Jane", "open TLP:GREEN");
    assert_eq!(partners, std::slice::from_ref(&shown));
    assert_eq!(desk, [row("alias=Джейн", "closed TLP:RED"), row("name=Jane", "closed TLP:RED"), shown]);
    assert!(with == without, "partners' table differs by records that they may not see");
}

#[test]
fn names_of_donors_are_equal_as_entities_and_as_statements() {
    let claim = "names_of_donors_are_equal_as_entities_and_as_statements";
    let Some(path) = real_data("ftm/donations-organizations.ftm.json", claim) else { return };
    let text = fs::read_to_string(path).expect("a file");
    let mut donations: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let plain = rows(&run(&Deployment::new(SOURCE), FIRST, &donations), "all");
    for entity in &mut donations {
        entity["datasets"] = json!(["gazette"]);
        entity["first_seen"] = json!("2025-01-01T00:00:00");
        entity["last_seen"] = json!("2025-02-01T00:00:00");
    }
    let mut statements = Vec::new();
    let mut expected = 0;
    for entity in &donations {
        let [id, schema] = ["id", "schema"].map(|name| entity[name].as_str().expect("a text"));
        for (property, values) in entity["properties"].as_object().expect("properties") {
            let values =
                values.as_array().expect("a list").iter().map(|value| value.as_str().expect("a text"));
            statements.extend(values.map(|value| statement([id, schema, property, value], &json!({}))));
        }
        expected += entity["properties"]["name"].as_array().map_or(0, Vec::len);
    }
    let entities = rows(&run(&Deployment::new(SOURCE), FIRST, &donations), "all");
    assert_eq!(entities, rows(&run(&Deployment::new(SOURCE), FIRST, &statements), "all"));
    assert!(expected > 70 && entities.len() == expected, "{} rows of {expected} names", entities.len());
    assert!(entities.iter().all(|row| row.contains(" gazette (-) 2025-01-01..2025-02-01 ")));
    let bare = |row: &String| row.replace(" gazette (-) 2025-01-01..2025-02-01 ", " - (-) -..- ");
    assert_eq!(entities.iter().map(bare).collect::<Vec<_>>(), plain);
}
