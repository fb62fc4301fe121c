//! Reports as STIX 2.1 objects.

use serde_json::{Map, Value, json};

use super::ids;
use crate::{
    agencies::AGENCIES,
    calendar::{DAY, rfc3339, time_of},
    entities::{EntityId, EntityKind},
    hidden_world::HiddenWorld,
    report::{Link, LinkKind, Report},
};

/// Returns the objects of a report with their ids, each object once.
pub(super) fn objects(world: &HiddenWorld, seed: u64, report: &Report) -> Vec<(String, Value)> {
    let mut writer = ReportWriter { world, seed, report, objects: Vec::new() };
    writer.add(writer.producer());
    report.links.iter().for_each(|link| writer.add_link(link));
    for &entity in &report.mentions {
        let object = writer.entity_object(entity, None);
        writer.add(object);
    }
    writer.add_report();
    writer.objects
}

/// Returns the id of a TLP 2.0 marking definition.
pub(super) fn marking(colour: &str) -> &'static str {
    match colour {
        "clear" => "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
        "green" => "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
        "amber" => "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
        _ => "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    }
}

/// Collects the objects of one report.
struct ReportWriter<'a> {
    world: &'a HiddenWorld,
    seed: u64,
    report: &'a Report,
    objects: Vec<(String, Value)>,
}

impl ReportWriter<'_> {
    /// Returns the source name of the author.
    fn author(&self) -> &'static str {
        AGENCIES[self.report.author].name
    }

    /// Adds an object unless it is there, and returns its id.
    fn add(&mut self, object: Value) -> String {
        let id = object["id"].as_str().expect("every object has an id").to_owned();
        if !self.objects.iter().any(|(other, _)| *other == id) {
            self.objects.push((id.clone(), object));
        }
        id
    }

    /// Returns the common properties of domain objects and relationships.
    fn common_properties(&self, kind: &str, id: &str) -> Map<String, Value> {
        let created_at = rfc3339(self.report.created_at);
        let object = json!({
            "type": kind, "spec_version": "2.1", "id": id, "created": created_at, "modified": created_at,
            "created_by_ref": ids::producer(self.seed, self.report.author),
            "confidence": self.report.confidence,
            "object_marking_refs": [marking(self.report.marking)],
        });
        let Value::Object(object) = object else { unreachable!("a JSON object was built") };
        object
    }

    /// Returns the identity of the author.
    fn producer(&self) -> Value {
        // The identity of an agency is older than all its reports and does not change.
        let created_at = rfc3339(time_of(1) - 420 * DAY);
        json!({
            "type": "identity", "spec_version": "2.1", "id": ids::producer(self.seed, self.report.author),
            "created": created_at, "modified": created_at, "name": AGENCIES[self.report.author].organization,
            "identity_class": "organization", "object_marking_refs": [marking("clear")],
        })
    }

    /// Adds a link as a relationship, with its two ends.
    fn add_link(&mut self, link: &Link) {
        let from = if link.kind == LinkKind::Indicates {
            self.add_indicator(link)
        } else {
            let object = self.entity_object(link.from, Some(link.seen_at));
            self.add(object)
        };
        let object = self.entity_object(link.to, Some(link.seen_at));
        let to = self.add(object);
        let kind = link.kind.stix_type();
        let id = ids::object(self.seed, "relationship", &[self.author(), &from, kind, &to]);
        let mut object = self.common_properties("relationship", &id);
        object.insert("relationship_type".into(), json!(kind));
        object.insert("source_ref".into(), json!(from));
        object.insert("target_ref".into(), json!(to));
        if AGENCIES[self.report.author].has_start_times {
            object.insert("start_time".into(), json!(rfc3339(link.seen_at)));
        }
        self.add(Value::Object(object));
    }

    /// Adds the indicator of a link from an observable, and returns its id.
    fn add_indicator(&mut self, link: &Link) -> String {
        let (entity, target) = (&self.world.entities[link.from], &self.world.entities[link.to]);
        let id = ids::object(self.seed, "indicator", &[self.author(), &entity.name, &target.name]);
        let mut object = self.common_properties("indicator", &id);
        let path = match entity.kind {
            EntityKind::File => "file:hashes.'SHA-256'",
            EntityKind::Certificate => "x509-certificate:hashes.'SHA-1'",
            EntityKind::Ipv4 => "ipv4-addr:value",
            EntityKind::Ipv6 => "ipv6-addr:value",
            _ => "domain-name:value",
        };
        object.insert("name".into(), json!(entity.name));
        object.insert("indicator_types".into(), json!(["malicious-activity"]));
        object.insert("pattern".into(), json!(format!("[{path} = '{}']", entity.name)));
        object.insert("pattern_type".into(), json!("stix"));
        object.insert("valid_from".into(), json!(rfc3339(link.seen_at)));
        let days = AGENCIES[self.report.author].valid_days;
        if days > 0 {
            object.insert("valid_until".into(), json!(rfc3339(link.seen_at + days * DAY)));
        }
        self.add(Value::Object(object))
    }

    /// Returns an entity under the author's name; an entity without a link has no times.
    fn entity_object(&self, entity: EntityId, seen_at: Option<i64>) -> Value {
        let known = &self.world.entities[entity];
        if known.kind.is_observable() {
            return observable_object(self.seed, known.kind, &known.name);
        }
        let author = self.report.author;
        // Waystation Exchange uses the type `threat-actor`.
        let kind = if known.kind == EntityKind::Actor && author == 2 {
            "threat-actor"
        } else {
            known.kind.stix_type()
        };
        let name = known.name_used_by(author);
        let id = ids::object(self.seed, kind, &[self.author(), &entity.to_string(), name]);
        let mut object = self.common_properties(kind, &id);
        object.insert("name".into(), json!(name));
        match known.kind {
            EntityKind::Actor => {
                if let Some(seen_at) = seen_at {
                    object.insert("first_seen".into(), json!(rfc3339(seen_at)));
                    object.insert("last_seen".into(), json!(rfc3339(seen_at.max(self.last_seen(entity)))));
                }
                if name != known.name && ids::share_of(&id, 3) == 0 {
                    object.insert("aliases".into(), json!([known.name]));
                }
            }
            EntityKind::Campaign => {
                if let Some(seen_at) = seen_at {
                    object.insert("first_seen".into(), json!(rfc3339(seen_at)));
                }
            }
            EntityKind::Malware => {
                object.insert("is_family".into(), json!(true));
            }
            EntityKind::Hosting => {
                object.insert("infrastructure_types".into(), json!(["hosting-malware"]));
            }
            EntityKind::Sector => {
                object.insert("identity_class".into(), json!("class"));
            }
            _ => {}
        }
        if let Some(number) = &known.external_id {
            let catalogue = if known.kind == EntityKind::Technique { "mitre-attack" } else { "cve" };
            let reference = json!([{ "source_name": catalogue, "external_id": number }]);
            object.insert("external_references".into(), reference);
        }
        Value::Object(object)
    }

    /// Returns the latest time of a link of an entity in the report.
    fn last_seen(&self, entity: EntityId) -> i64 {
        let has_entity = |link: &&Link| link.from == entity || link.to == entity;
        self.report.links.iter().filter(has_entity).map(|link| link.seen_at).max().unwrap_or_default()
    }

    /// Adds the report object, if the report has a title and objects.
    fn add_report(&mut self) {
        let Some(title) = &self.report.title else { return };
        let is_named = |id: &&String| !id.starts_with("relationship--");
        let refs: Vec<String> =
            self.objects.iter().map(|(id, _)| id).filter(is_named).skip(1).cloned().collect();
        let created_at = rfc3339(self.report.created_at);
        let id = ids::object(self.seed, "report", &[self.author(), title, &created_at, &refs.join(" ")]);
        let mut object = self.common_properties("report", &id);
        object.insert("name".into(), json!(title));
        object.insert("report_types".into(), json!(["threat-report"]));
        object.insert("published".into(), json!(created_at));
        object.insert("object_refs".into(), json!(refs));
        if !refs.is_empty() {
            self.add(Value::Object(object));
        }
    }
}

/// Returns an observable; its id depends on the value only, as STIX requires.
fn observable_object(seed: u64, kind: EntityKind, value: &str) -> Value {
    let id = ids::object(seed, kind.stix_type(), &[value]);
    let mut object = json!({ "type": kind.stix_type(), "spec_version": "2.1", "id": id });
    match kind {
        EntityKind::File => object["hashes"] = json!({ "SHA-256": value }),
        EntityKind::Certificate => object["hashes"] = json!({ "SHA-1": value }),
        _ => object["value"] = json!(value),
    }
    object
}
