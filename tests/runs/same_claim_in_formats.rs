//! One claim in all formats that can express it gives equal links, valid times and entities.
//!
//! A row is one claim. Each format of the row expresses it in its own way and has its own deployment, and the results
//! must be equal. A format that cannot express the claim is not in the row.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Deployment, PublishedRun, every_object_is_accounted_for, named};

/// A delivery in one format: names of the format and the file, text of the file, and the mapping of a table.
struct Written {
    format: &'static str,
    file: &'static str,
    text: String,
    mapping: &'static str,
}

fn json(format: &'static str, document: &Value) -> Written {
    Written { format, file: "delivery.json", text: document.to_string(), mapping: "" }
}

fn table(text: &str, mapping: &'static str) -> Written {
    Written { format: "table", file: "delivery.csv", text: text.to_owned(), mapping }
}

/// Runs a delivery alone, and returns the deployment and the published run.
fn run(written: &Written, as_of: &str) -> (Deployment, PublishedRun) {
    let mapping = if written.mapping.is_empty() { "" } else { "mapping = \"mapping.toml\"\n" };
    let deployment = Deployment::new(&format!("[[source]]\nname = \"feed\"\n{mapping}"));
    if !mapping.is_empty() {
        deployment.write("mapping.toml", written.mapping);
    }
    let input = named("feed", deployment.write(&format!("in/{}", written.file), &written.text));
    deployment.run(as_of, &[input]).ends_with(0);
    let run = deployment.published(as_of);
    every_object_is_accounted_for(&run);
    (deployment, run)
}

/// Returns each link of these kinds as text: labels of its ends, valid time, and whether its weight is 0.
fn links(run: &PublishedRun, kinds: &[&str]) -> Vec<String> {
    let (entities, links) = (run.table("all/entities"), run.table("all/links"));
    let label: BTreeMap<&str, &str> =
        entities.rows().map(|row| (entities.text("entity_id", row), entities.text("label", row))).collect();
    let path = run.folder.join("all/links.arrow");
    let columns = araneus::tables::read_table(&path).expect("a table");
    let time = |name: &str, row: usize| {
        let micros = columns.time(name).expect("times")[row];
        micros.map_or_else(|| "?".to_owned(), |micros| araneus::time::Moment::from_micros(micros).to_string())
    };
    let is_asked = |row: &usize| kinds.contains(&links.text("kind", *row));
    let mut lines: Vec<String> = links
        .rows()
        .filter(is_asked)
        .map(|row| {
            let [from, to] = ["from_id", "to_id"].map(|end| label[links.text(end, row)]);
            let weight = links.number("weight", row).expect("a weight");
            assert!(weight.is_sign_positive(), "a weight of zero is positive zero");
            let has_weight = weight > 0.0;
            let (first, last) = (time("first_seen", row), time("last_seen", row));
            format!("{from} -> {to} {first}..{last}{}", if has_weight { "" } else { " has weight 0" })
        })
        .collect();
    lines.sort();
    lines
}

/// Fails unless every format shows these links.
#[track_caller]
fn all_show(row: &[Written], as_of: &str, kinds: &[&str], expected: &[&str]) {
    for written in row {
        let (_deployment, run) = run(written, as_of);
        assert_eq!(links(&run, kinds), expected, "{} as of {as_of}", written.format);
    }
}

fn bundle(objects: &Value) -> Value {
    json!({ "type": "bundle", "id": "bundle--5a000000-0000-4000-8000-000000000001", "objects": objects })
}

fn id(kind: &str, number: usize) -> String {
    format!("{kind}--5a000000-0000-4000-8000-{number:012}")
}

fn uuid(number: usize) -> String {
    format!("5a000000-0000-4000-8000-{number:012}")
}

/// Returns an indicator of a domain with the domain as its name, and further properties.
fn indicator(number: usize, domain: &str, more: &Value) -> Value {
    let mut indicator = json!({ "type": "indicator", "spec_version": "2.1", "id": id("indicator", number),
        "name": domain, "pattern": format!("[domain-name:value = '{domain}']"), "pattern_type": "stix" });
    for (name, value) in more.as_object().expect("members") {
        indicator[name] = value.clone();
    }
    indicator
}

/// Returns an event of a CERT with these attributes.
fn event(date: &str, attributes: &Value) -> Value {
    json!({ "Event": { "uuid": uuid(1), "info": "An event", "date": date,
        "Orgc": { "uuid": uuid(2), "name": "CERT Sample" }, "Attribute": attributes } })
}

fn attribute(number: usize, domain: &str, more: &Value) -> Value {
    let mut attribute = json!({ "uuid": uuid(number), "type": "domain", "value": domain, "to_ids": true });
    for (name, value) in more.as_object().expect("members") {
        attribute[name] = value.clone();
    }
    attribute
}

/// Mapping of rows with the number of an indicator, its domain and its valid time.
const INDICATORS: &str = r#"
expires = "{until}"
first_seen = "{from}"
last_seen = "{until}"
[[entity]]
as = "indicator"
kind = "indicator"
key = "{number}"
name = "{domain}"
[[entity]]
as = "domain"
kind = "domain-name"
value = "{domain}"
[[link]]
from = "indicator"
to = "domain"
kind = "matches"
"#;

#[test]
fn an_end_of_validity_ends_the_link_in_each_format() {
    let ended = json!([{ "uuid": uuid(9), "type": "2", "date_sighting": "1706745600",
        "Organisation": { "uuid": uuid(2), "name": "CERT Sample" } }]);
    let row = [
        json(
            "stix",
            &bundle(&json!([
                indicator(
                    3,
                    "over.example",
                    &json!({ "valid_from": "2024-01-10T00:00:00Z", "valid_until": "2024-02-01T00:00:00Z" })
                ),
                indicator(4, "still.example", &json!({ "valid_from": "2024-01-10T00:00:00Z" })),
            ])),
        ),
        json(
            "misp",
            &event(
                "2024-01-10",
                &json!([
                    attribute(3, "over.example", &json!({ "Sighting": ended })),
                    attribute(4, "still.example", &json!({}))
                ]),
            ),
        ),
        table(
            "number,domain,from,until\n3,over.example,2024-01-10T00:00:00Z,2024-02-01T00:00:00Z\n4,still.example,2024-01-10T00:00:00Z,\n",
            INDICATORS,
        ),
    ];
    let still = "still.example -> still.example 2024-01-10T00:00:00Z..?";
    let over = "over.example -> over.example 2024-01-10T00:00:00Z..2024-02-01T00:00:00Z";
    all_show(&row, "2024-01-20T00:00:00Z", &["matches"], &[over, still]);
    all_show(&row, "2024-06-01T00:00:00Z", &["matches"], &[still]);
}

#[test]
fn a_placeholder_for_an_unknown_time_is_unknown_in_each_format() {
    let unknown =
        [("1970-01-01T00:00:00Z", "5138-11-16T09:46:40Z"), ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")];
    for (from, until) in unknown {
        let row = [
            json(
                "stix",
                &bundle(&json!([indicator(
                    3,
                    "a.example",
                    &json!({ "valid_from": from, "valid_until": until })
                )])),
            ),
            json(
                "misp",
                &event(
                    "1970-01-01",
                    &json!([attribute(3, "a.example", &json!({ "first_seen": from, "last_seen": until }))]),
                ),
            ),
            table(&format!("number,domain,from,until\n3,a.example,{from},{until}\n"), INDICATORS),
        ];
        all_show(&row, "2024-06-01T00:00:00Z", &["matches"], &["a.example -> a.example ?..?"]);
        let person =
            |id: &str, name: &str| json!({ "id": id, "schema": "Person", "properties": { "name": [name] } });
        let link = json!({ "id": "t", "schema": "UnknownLink",
            "properties": { "subject": ["p"], "object": ["q"], "startDate": [from], "endDate": [until] } });
        let lines =
            [person("p", "Ada Example"), person("q", "Ben Example"), link].map(|line| line.to_string());
        let ftm = Written { format: "ftm", file: "delivery.ndjson", text: lines.join("\n"), mapping: "" };
        all_show(&[ftm], "2024-06-01T00:00:00Z", &["unknown-link"], &["Ada Example -> Ben Example ?..?"]);
    }
}

#[test]
fn a_denied_sighting_is_no_sighting_in_any_format() {
    let seen_by = |of: &str, more: &Value| {
        let mut sighting = json!({ "type": "sighting", "spec_version": "2.1", "id": id("sighting", 7), "sighting_of_ref": of,
            "where_sighted_refs": [id("identity", 5)] });
        for (name, value) in more.as_object().expect("members") {
            sighting[name] = value.clone();
        }
        let identity =
            json!({ "type": "identity", "spec_version": "2.1", "id": id("identity", 5), "name": "Reader" });
        json("stix", &bundle(&json!([identity, indicator(3, "a.example", &json!({})), sighting])))
    };
    let misp = |kind: &str| {
        let sighting =
            json!([{ "uuid": uuid(7), "type": kind, "Organisation": { "uuid": uuid(5), "name": "Reader" } }]);
        json(
            "misp",
            &event("1970-01-01", &json!([attribute(3, "a.example", &json!({ "Sighting": sighting }))])),
        )
    };
    let of = id("indicator", 3);
    let extension = json!({ "extensions": { "extension-definition--5a": { "negative": true } } });
    let denied = [
        seen_by(&of, &json!({ "x_opencti_negative": true })),
        seen_by(&of, &extension),
        seen_by(&of, &json!({ "count": 0 })),
        misp("1"),
    ];
    all_show(&denied, "2024-06-01T00:00:00Z", &["sighted"], &[]);
    let affirmed = [seen_by(&of, &json!({ "count": 3 })), misp("0")];
    all_show(&affirmed, "2024-06-01T00:00:00Z", &["sighted"], &["Reader -> a.example ?..?"]);
}

#[test]
fn a_deleted_object_is_absent_in_each_format() {
    let row = [
        json(
            "stix",
            &bundle(&json!([
                indicator(3, "gone.example", &json!({ "revoked": true })),
                indicator(4, "kept.example", &json!({}))
            ])),
        ),
        json(
            "misp",
            &event(
                "1970-01-01",
                &json!([
                    attribute(3, "gone.example", &json!({ "deleted": true })),
                    attribute(4, "kept.example", &json!({}))
                ]),
            ),
        ),
        {
            let mut whole = event("1970-01-01", &json!([attribute(4, "kept.example", &json!({}))]));
            let mut inside = attribute(3, "gone.example", &json!({}));
            inside["object_relation"] = json!("domain");
            whole["Event"]["Object"] =
                json!([{ "uuid": uuid(6), "name": "domain-ip", "deleted": true, "Attribute": [inside] }]);
            json("misp, by its holder", &whole)
        },
    ];
    all_show(&row, "2024-06-01T00:00:00Z", &["matches"], &["kept.example -> kept.example ?..?"]);
    for written in &row {
        let (_deployment, run) = run(written, "2024-06-01T00:00:00Z");
        let entities = run.table("all/entities");
        assert!(
            entities.rows().all(|row| entities.text("label", row) != "gone.example"),
            "{}",
            written.format
        );
    }
}

#[test]
fn patterns_that_hold_only_in_combination_have_weight_0_in_each_format() {
    let digest = "0f".repeat(16);
    let mut pattern = indicator(3, "copper.exe", &json!({}));
    pattern["pattern"] = json!(format!("[file:name = 'copper.exe' AND file:hashes.MD5 = '{digest}']"));
    let composite = json!([{ "uuid": uuid(3), "type": "filename|md5", "value": format!("copper.exe|{digest}"), "to_ids": true }]);
    for written in [json("stix", &bundle(&json!([pattern]))), json("misp", &event("1970-01-01", &composite))]
    {
        let (_deployment, run) = run(&written, "2024-06-01T00:00:00Z");
        let weightless: Vec<bool> =
            links(&run, &["matches"]).iter().map(|link| link.ends_with("has weight 0")).collect();
        let mut sorted = weightless.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [false, true], "{}: the digest weighs, and the name does not", written.format);
        let entities = run.table("all/entities");
        assert!(entities.rows().any(|row| entities.text("label", row) == "copper.exe"), "it is shown");
    }
}

#[test]
fn an_attribute_without_correlation_joins_no_two_events() {
    let document = |disabled: bool| {
        let of = |number: usize| {
            let mut attribute =
                attribute(number + 20, "shared.example", &json!({ "disable_correlation": disabled }));
            attribute["to_ids"] = json!(false);
            json!({ "Event": { "uuid": uuid(number), "info": format!("Event {number}"), "date": "1970-01-01",
                "Attribute": [attribute] } })
        };
        json("misp", &json!({ "response": [of(10), of(11)] }))
    };
    let shown = |weight: &str| {
        ["Event 10", "Event 11"].map(|event| format!("{event} -> shared.example ?..?{weight}"))
    };
    for (disabled, weight, size) in [(false, "", 3), (true, " has weight 0", 1)] {
        let (_deployment, run) = run(&document(disabled), "2024-06-01T00:00:00Z");
        assert_eq!(links(&run, &["object"]), shown(weight));
        let communities = run.table("all/communities");
        let largest = communities.rows().map(|row| communities.count("size", row)).max();
        assert_eq!(largest, Some(size), "disabled: {disabled}");
    }
}

#[test]
fn one_vulnerability_is_one_entity_in_each_format() {
    const VULNERABILITIES: &str =
        "[[entity]]\nas = \"it\"\nkind = \"vulnerability\"\nkey = \"{number}\"\nname = \"{name}\"\n";
    let number = "CVE-2099-10007";
    let vulnerability = |members: Value| {
        let mut object =
            json!({ "type": "vulnerability", "spec_version": "2.1", "id": id("vulnerability", 3) });
        for (name, value) in members.as_object().expect("members") {
            object[name] = value.clone();
        }
        json("stix", &bundle(&json!([object])))
    };
    let attribute = json!([{ "uuid": uuid(4), "type": "vulnerability", "value": "cve-2099-10007" }]);
    let galaxy = json!({ "name": "Branded", "type": "branded-vulnerability", "values": [{ "value": number, "uuid": uuid(5) }] });
    let row = [
        vulnerability(json!({ "name": number })),
        vulnerability(
            json!({ "name": "Open door", "external_references": [{ "source_name": "NVD", "external_id": "cve-2099-10007" }] }),
        ),
        json("misp", &event("2024-02-01", &attribute)),
        json("misp-galaxy", &galaxy),
        table(&format!("number,name\n17,{number}\n"), VULNERABILITIES),
    ];
    let names: Vec<String> = (0..row.len()).map(|at| format!("source{at}")).collect();
    let sources: Vec<String> = names
        .iter()
        .zip(&row)
        .map(|(name, written)| {
            let mapping = if written.mapping.is_empty() { "" } else { "mapping = \"mapping.toml\"\n" };
            format!("[[source]]\nname = \"{name}\"\n{mapping}")
        })
        .collect();
    let deployment = Deployment::new(&sources.concat());
    deployment.write("mapping.toml", VULNERABILITIES);
    let inputs: Vec<String> = names
        .iter()
        .zip(&row)
        .map(|(name, written)| {
            named(name, deployment.write(&format!("{name}/{}", written.file), &written.text))
        })
        .collect();
    deployment.run("2024-06-01T00:00:00Z", &inputs).ends_with(0);
    let entities = deployment.published("2024-06-01T00:00:00Z").table("all/entities");
    let found: Vec<&[String]> = entities
        .rows()
        .filter(|&row| entities.text("kind", row) == "vulnerability")
        .map(|row| entities.texts("sources", row))
        .collect();
    assert_eq!(found, [names.as_slice()], "one entity, of every source");
}

#[test]
fn an_entry_of_a_list_changes_with_the_lists_category() {
    let deployment = Deployment::new("[[source]]\nname = \"lists\"\nmode = \"snapshot\"\n");
    let list = |category: &str| {
        json!({
            "name": "Harbour crews", "type": "harbour-crew", "category": category, "version": 1,
            "uuid": "5a000000-0000-4000-8000-000000000040", "description": "", "source": "", "authors": [],
            "values": [{ "uuid": "5a000000-0000-4000-8000-000000000041", "value": "Gull Crew" }],
        })
        .to_string()
    };
    for (day, category, changed, kind) in [
        ("01", "tool", 0, "harbour-crew"),
        ("02", "actor", 1, "threat-actor"),
        ("03", "actor", 0, "threat-actor"),
    ] {
        let as_of = format!("2026-05-{day}T00:00:00Z");
        let file = deployment.write("in/list.json", list(category));
        deployment.run(&as_of, &[named("lists", file)]).ends_with(0);
        let run = deployment.published(&as_of);
        let (deliveries, entities) = (run.table("steward/deliveries"), run.table("all/entities"));
        assert_eq!(deliveries.sum("changed"), changed, "May {day}");
        assert_eq!(entities.text("kind", entities.only("label", "Gull Crew")), kind, "May {day}");
    }
}
