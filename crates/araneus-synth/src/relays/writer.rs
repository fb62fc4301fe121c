//! Files of a world of relays: STIX bundles, MISP events, tables, configuration and truth.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::delivered::{DAYS, Delivered, Format, SOURCES, address};
use crate::{
    calendar::{date, folder_name, rfc3339},
    entities::{Entities, EntityId, EntityKind},
    writer::{WrittenFile, ids, json_bytes},
};

/// Returns the deliveries of all sources and days.
pub(super) fn deliveries(seed: u64, entities: &Entities, reports: &[Delivered]) -> Vec<WrittenFile> {
    let mut files = Vec::new();
    for day in 1..=DAYS {
        for (source, (name, _, format)) in SOURCES.iter().enumerate() {
            let of_day: Vec<&Delivered> =
                reports.iter().filter(|report| (report.source, report.day) == (source, day)).collect();
            // Each source introduces itself on the first day, so that it is known before it reports.
            let (ending, bytes) = match format {
                Format::Stix => {
                    let mut objects = vec![identity(seed, source)];
                    for report in of_day {
                        for object in stix(seed, entities, report) {
                            if !objects.iter().any(|other: &Value| other["id"] == object["id"]) {
                                objects.push(object);
                            }
                        }
                    }
                    let id = ids::object(seed, "bundle", &[name, &day.to_string()]);
                    ("json", json_bytes(&json!({ "type": "bundle", "id": id, "objects": objects })))
                }
                Format::Misp => {
                    let mut events: Vec<Value> =
                        of_day.iter().map(|report| misp(seed, entities, report)).collect();
                    if day == 1 {
                        events.push(first_event(seed, source));
                    }
                    ("json", json_bytes(&json!({ "response": events })))
                }
                Format::Csv => ("csv", csv(seed, entities, &of_day, day)),
            };
            files.push((format!("{}/{name}/{}.{ending}", folder_name(day), date_of(day)), bytes));
        }
    }
    files
}

fn date_of(day: u32) -> String {
    date(crate::calendar::time_of(day))
}

fn producer(seed: u64, source: usize) -> String {
    ids::object(seed, "identity", &["producer", SOURCES[source].0])
}

fn identity(seed: u64, source: usize) -> Value {
    json!({
        "type": "identity", "spec_version": "2.1", "id": producer(seed, source),
        "created": "2025-01-06T09:00:00.000Z", "modified": "2025-01-06T09:00:00.000Z",
        "name": SOURCES[source].1, "identity_class": "organization",
    })
}

/// Returns the id of the object of a report that names a value: the key under which it is archived.
fn value_id(seed: u64, entities: &Entities, report: &Delivered, value: EntityId) -> String {
    let purpose = [report.ids.as_str(), entities.name(value)];
    match SOURCES[report.source].2 {
        Format::Stix => ids::object(seed, "indicator", &purpose),
        Format::Misp => ids::uuid(seed, &purpose),
        Format::Csv => format!("row-{}", &ids::uuid(seed, &purpose)[..12]),
    }
}

/// Returns the objects of a report in STIX.
fn stix(seed: u64, entities: &Entities, report: &Delivered) -> Vec<Value> {
    let created = rfc3339(report.created_at);
    let common = |kind: &str, id: &str| {
        let object = json!({
            "type": kind, "spec_version": "2.1", "id": id, "created": created, "modified": created,
            "created_by_ref": producer(seed, report.producer),
        });
        let Value::Object(object) = object else { unreachable!("a JSON object was built") };
        object
    };
    let name = entities.name(report.malware);
    let malware_id = ids::object(seed, "malware", &[&report.ids]);
    let mut malware = common("malware", &malware_id);
    malware.extend([("name".to_owned(), json!(name)), ("is_family".to_owned(), json!(true))]);
    let mut objects = vec![identity(seed, report.producer), Value::Object(malware)];
    let mut refs = vec![malware_id.clone()];
    for value in report.all_values() {
        let id = value_id(seed, entities, report, value);
        let mut indicator = common("indicator", &id);
        let path = match entities.kind(value) {
            EntityKind::File => "file:hashes.'SHA-256'",
            EntityKind::Ipv6 => "ipv6-addr:value",
            _ => "domain-name:value",
        };
        indicator.extend([
            ("pattern".to_owned(), json!(format!("[{path} = '{}']", entities.name(value)))),
            ("pattern_type".to_owned(), json!("stix")),
            ("valid_from".to_owned(), json!(created)),
        ]);
        let relationship_id = ids::object(seed, "relationship", &[&report.ids, entities.name(value)]);
        let mut relationship = common("relationship", &relationship_id);
        relationship.extend([
            ("relationship_type".to_owned(), json!("indicates")),
            ("source_ref".to_owned(), json!(id)),
            ("target_ref".to_owned(), json!(malware_id)),
        ]);
        refs.push(id);
        objects.extend([Value::Object(indicator), Value::Object(relationship)]);
    }
    objects.push(Value::Object(stix_report(
        common("report", &ids::object(seed, "report", &[&report.ids])),
        report,
        &created,
        &refs,
    )));
    objects
}

fn stix_report(
    mut object: Map<String, Value>,
    report: &Delivered,
    created: &str,
    refs: &[String],
) -> Map<String, Value> {
    object.extend([
        ("name".to_owned(), json!(report.title)),
        ("published".to_owned(), json!(created)),
        ("object_refs".to_owned(), json!(refs)),
    ]);
    if let Some(text) = &report.text {
        object.insert("description".to_owned(), json!(text));
    }
    let own = (report.producer == report.source && report.repeats.is_none()).then(|| address(report));
    let references: Vec<Value> =
        own.iter().chain(&report.cites).map(|url| json!({ "source_name": "report", "url": url })).collect();
    if !references.is_empty() {
        object.insert("external_references".to_owned(), json!(references));
    }
    object
}

/// Returns an event of the first day, with the organisation of its source.
fn first_event(seed: u64, source: usize) -> Value {
    json!({ "Event": {
        "uuid": ids::uuid(seed, &["first", SOURCES[source].0]), "info": "Start of the exchange",
        "date": date_of(1), "timestamp": "1772330400", "published": true, "Orgc": organisation(seed, source),
        "Attribute": [],
    }})
}

fn organisation(seed: u64, source: usize) -> Value {
    json!({ "name": SOURCES[source].1, "uuid": &producer(seed, source)["identity--".len()..] })
}

/// Returns a report as a MISP event.
fn misp(seed: u64, entities: &Entities, report: &Delivered) -> Value {
    let timestamp = report.created_at.to_string();
    let attribute = |value: EntityId| {
        let (kind, category) = match entities.kind(value) {
            EntityKind::File => ("sha256", "Payload delivery"),
            EntityKind::Ipv6 => ("ip-dst", "Network activity"),
            _ => ("domain", "Network activity"),
        };
        json!({
            "uuid": value_id(seed, entities, report, value), "type": kind, "category": category, "to_ids": true,
            "value": entities.name(value), "comment": "", "timestamp": timestamp, "deleted": false,
        })
    };
    let attributes: Vec<Value> = report.all_values().map(attribute).collect();
    let texts: Vec<Value> = report
        .text
        .iter()
        .map(|text| json!({ "uuid": ids::uuid(seed, &[&report.ids, "text"]), "name": report.title, "content": text }))
        .collect();
    let tag = json!({ "name": format!("misp-galaxy:backdoor=\"{}\"", entities.name(report.malware)) });
    json!({ "Event": {
        "uuid": ids::uuid(seed, &[&report.ids, "event"]), "info": report.title, "date": date(report.created_at),
        "timestamp": timestamp, "published": true, "Orgc": organisation(seed, report.producer),
        "Tag": [tag], "Attribute": attributes, "EventReport": texts,
    }})
}

/// Returns the rows of reports of one day.
fn csv(seed: u64, entities: &Entities, reports: &[&Delivered], day: u32) -> Vec<u8> {
    let mut text = String::from("id,value,malware,seen\n");
    let _ = writeln!(text, "row-first-{day},start-{day}.example,,{}", rfc3339(crate::calendar::time_of(day)));
    for report in reports {
        let malware = if report.is_bare { "" } else { entities.name(report.malware) };
        for value in report.all_values() {
            let id = value_id(seed, entities, report, value);
            let _ = writeln!(text, "{id},{},{malware},{}", entities.name(value), rfc3339(report.created_at));
        }
    }
    text.into_bytes()
}

const MAPPING: &str = r#"key = "{id}"
first_seen = "{seen}"

[[entity]]
as = "value"
kind = "observable"
value = "{value}"

[[entity]]
as = "malware"
kind = "malware"
key = "{malware}"
name = "{malware}"
optional = true

[[link]]
from = "value"
to = "malware"
kind = "indicates"
layer = "infrastructure"
"#;

/// Returns the configuration, the mapping of tables, the table of days and the truth.
pub(super) fn other_files(seed: u64, entities: &Entities, reports: &[Delivered]) -> Vec<WrittenFile> {
    let mut configuration = String::from("state = \".araneus\"\nout = \"out\"\n");
    for (name, _, format) in SOURCES {
        let _ = write!(configuration, "\n[[source]]\nname = \"{name}\"\nreliability = \"C\"\n");
        if format == Format::Csv {
            configuration.push_str("mapping = \"table.toml\"\n");
        }
    }
    let mut truth = String::from("group,source,report,object,variant,repeats\n");
    for report in reports {
        let (variant, repeats) =
            report.repeats.map_or(("", ""), |(variant, source)| (variant, SOURCES[source].0));
        for value in report.all_values() {
            let object = value_id(seed, entities, report, value);
            let source = SOURCES[report.source].0;
            let repeats = if report.own.contains(&value) { "" } else { repeats };
            let _ = writeln!(truth, "{},{source},{},{object},{variant},{repeats}", report.group, report.ids);
        }
    }
    let file = |path: &str, content: String| (path.to_owned(), content.into_bytes());
    vec![
        file("araneus.toml", configuration),
        file("table.toml", MAPPING.to_owned()),
        file("truth/relays.csv", truth),
    ]
}
