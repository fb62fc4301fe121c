//! STIX 2.1: a bulletin as objects.

use serde_json::{Map, Value, json};

use super::{
    super::{
        agencies::AGENCIES,
        bulletin::{Bulletin, Relation, Tie},
        cast::{Kind, ThingId},
        clock::{DAY, moment, stamp},
        stage::Stage,
    },
    ids,
};

/// Writes a bulletin as objects, each with its id, each once.
pub(super) fn objects(stage: &Stage, seed: u64, bulletin: &Bulletin) -> Vec<(String, Value)> {
    let mut pen = Pen { stage, seed, bulletin, objects: Vec::new() };
    pen.put(pen.producer());
    bulletin.ties.iter().for_each(|tie| pen.tie(tie));
    for &thing in &bulletin.mentions {
        let object = pen.entity(thing, None);
        pen.put(object);
    }
    pen.report();
    pen.objects
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

/// Writes one bulletin.
struct Pen<'a> {
    stage: &'a Stage,
    seed: u64,
    bulletin: &'a Bulletin,
    objects: Vec<(String, Value)>,
}

impl Pen<'_> {
    fn author(&self) -> &'static str {
        AGENCIES[self.bulletin.author].name
    }

    /// Notes an object once, and returns its id.
    fn put(&mut self, object: Value) -> String {
        let id = object["id"].as_str().expect("every object here has an id").to_owned();
        if !self.objects.iter().any(|(known, _)| *known == id) {
            self.objects.push((id.clone(), object));
        }
        id
    }

    /// What every object of a domain or relationship has.
    fn common(&self, kind: &str, id: &str) -> Map<String, Value> {
        let created = stamp(self.bulletin.created);
        let object = json!({
            "type": kind, "spec_version": "2.1", "id": id, "created": created, "modified": created,
            "created_by_ref": ids::producer(self.seed, self.bulletin.author),
            "confidence": self.bulletin.confidence,
            "object_marking_refs": [marking(self.bulletin.marking)],
        });
        let Value::Object(object) = object else { unreachable!("an object was written") };
        object
    }

    fn producer(&self) -> Value {
        // The organization's own card does not change with what it says.
        let created = stamp(moment(1) - 420 * DAY);
        json!({
            "type": "identity", "spec_version": "2.1", "id": ids::producer(self.seed, self.bulletin.author),
            "created": created, "modified": created, "name": AGENCIES[self.bulletin.author].title,
            "identity_class": "organization", "object_marking_refs": [marking("clear")],
        })
    }

    fn tie(&mut self, tie: &Tie) {
        let from = if tie.relation == Relation::Indicates {
            self.indicator(tie)
        } else {
            let object = self.entity(tie.from, Some(tie.seen));
            self.put(object)
        };
        let object = self.entity(tie.to, Some(tie.seen));
        let to = self.put(object);
        let kind = tie.relation.stix();
        let id = ids::object(self.seed, "relationship", &[self.author(), &from, kind, &to]);
        let mut object = self.common("relationship", &id);
        object.insert("relationship_type".into(), json!(kind));
        object.insert("source_ref".into(), json!(from));
        object.insert("target_ref".into(), json!(to));
        if AGENCIES[self.bulletin.author].states_start {
            object.insert("start_time".into(), json!(stamp(tie.seen)));
        }
        self.put(Value::Object(object));
    }

    /// Writes the indicator of an observable for what it is a sign of.
    fn indicator(&mut self, tie: &Tie) -> String {
        let (thing, target) = (&self.stage.cast.things[tie.from], &self.stage.cast.things[tie.to]);
        let id = ids::object(self.seed, "indicator", &[self.author(), &thing.name, &target.name]);
        let mut object = self.common("indicator", &id);
        let path = match thing.kind {
            Kind::File => "file:hashes.'SHA-256'",
            Kind::Certificate => "x509-certificate:hashes.'SHA-1'",
            Kind::Ipv4 => "ipv4-addr:value",
            Kind::Ipv6 => "ipv6-addr:value",
            _ => "domain-name:value",
        };
        object.insert("name".into(), json!(thing.name));
        object.insert("indicator_types".into(), json!(["malicious-activity"]));
        object.insert("pattern".into(), json!(format!("[{path} = '{}']", thing.name)));
        object.insert("pattern_type".into(), json!("stix"));
        object.insert("valid_from".into(), json!(stamp(tie.seen)));
        let days = AGENCIES[self.bulletin.author].valid_days;
        if days > 0 {
            object.insert("valid_until".into(), json!(stamp(tie.seen + days * DAY)));
        }
        self.put(Value::Object(object))
    }

    /// Writes a thing as its author knows it; who is but named was not seen.
    fn entity(&self, thing: ThingId, seen: Option<i64>) -> Value {
        let told = &self.stage.cast.things[thing];
        if told.kind.is_observable() {
            return observable(self.seed, told.kind, &told.name);
        }
        let author = self.bulletin.author;
        // Waystation holds that a name is a person's.
        let kind = if told.kind == Kind::Actor && author == 2 { "threat-actor" } else { told.kind.stix() };
        let name = told.name_by(author);
        let id = ids::object(self.seed, kind, &[self.author(), &thing.to_string(), name]);
        let mut object = self.common(kind, &id);
        object.insert("name".into(), json!(name));
        match told.kind {
            Kind::Actor => {
                if let Some(seen) = seen {
                    object.insert("first_seen".into(), json!(stamp(seen)));
                    object.insert("last_seen".into(), json!(stamp(seen.max(self.latest(thing)))));
                }
                if name != told.name && ids::share_of(&id, 3) == 0 {
                    object.insert("aliases".into(), json!([told.name]));
                }
            }
            Kind::Campaign => {
                if let Some(seen) = seen {
                    object.insert("first_seen".into(), json!(stamp(seen)));
                }
            }
            Kind::Malware => {
                object.insert("is_family".into(), json!(true));
            }
            Kind::Hosting => {
                object.insert("infrastructure_types".into(), json!(["hosting-malware"]));
            }
            Kind::Sector => {
                object.insert("identity_class".into(), json!("class"));
            }
            _ => {}
        }
        if let Some(number) = &told.number {
            let catalogue = if told.kind == Kind::Technique { "mitre-attack" } else { "cve" };
            let reference = json!([{ "source_name": catalogue, "external_id": number }]);
            object.insert("external_references".into(), reference);
        }
        Value::Object(object)
    }

    /// Returns when a thing was last seen, as far as the bulletin says.
    fn latest(&self, thing: ThingId) -> i64 {
        let of = |tie: &&Tie| tie.from == thing || tie.to == thing;
        self.bulletin.ties.iter().filter(of).map(|tie| tie.seen).max().unwrap_or_default()
    }

    fn report(&mut self) {
        let Some(title) = &self.bulletin.title else { return };
        let named = |id: &&String| !id.starts_with("relationship--");
        let refs: Vec<String> =
            self.objects.iter().map(|(id, _)| id).filter(named).skip(1).cloned().collect();
        let created = stamp(self.bulletin.created);
        let id = ids::object(self.seed, "report", &[self.author(), title, &created, &refs.join(" ")]);
        let mut object = self.common("report", &id);
        object.insert("name".into(), json!(title));
        object.insert("report_types".into(), json!(["threat-report"]));
        object.insert("published".into(), json!(created));
        object.insert("object_refs".into(), json!(refs));
        if !refs.is_empty() {
            self.put(Value::Object(object));
        }
    }
}

/// Writes an observable; its id is one for all, as STIX asks.
fn observable(seed: u64, kind: Kind, value: &str) -> Value {
    let id = ids::object(seed, kind.stix(), &[value]);
    let mut object = json!({ "type": kind.stix(), "spec_version": "2.1", "id": id });
    match kind {
        Kind::File => object["hashes"] = json!({ "SHA-256": value }),
        Kind::Certificate => object["hashes"] = json!({ "SHA-1": value }),
        _ => object["value"] = json!(value),
    }
    object
}
