//! Reports as MISP events, as the two MISP agencies write them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{galaxy, ids};
use crate::{
    agencies::{AGENCIES, AgencyId, DeliveryFormat},
    calendar::{HOUR, date, rfc3339, time_of},
    entities::{EntityId, EntityKind},
    hidden_world::HiddenWorld,
    report::{Link, LinkKind, Report, ReportId},
};

/// Returns the events that an agency delivers on a day: new reports, relayed reports and withdrawals.
pub(super) fn events(world: &HiddenWorld, seed: u64, agency: AgencyId, day: u32) -> Vec<Value> {
    let mut events = Vec::new();
    for (id, report) in world.reports.iter().enumerate() {
        let is_author = report.author == agency;
        if is_author && report.day == day || report.relays.contains(&(agency, day)) {
            events.push(json!({ "Event": event(world, seed, id, None) }));
        }
        if is_author && report.withdrawn_on == Some(day) {
            events.push(json!({ "Event": event(world, seed, id, Some(day)) }));
        }
    }
    events
}

/// Returns the event of a report; with `withdrawn_on`, the event in which all attributes are deleted.
fn event(world: &HiddenWorld, seed: u64, id: ReportId, withdrawn_on: Option<u32>) -> Value {
    let report = &world.reports[id];
    let mut writer = EventWriter {
        world,
        seed,
        report,
        uuid: ids::uuid(seed, &["event", &id.to_string()]),
        has_clusters: AGENCIES[report.author].format == DeliveryFormat::MispClusters,
        modified_at: withdrawn_on.map_or(report.created_at, |day| time_of(day) - HOUR),
        is_deleted: withdrawn_on.is_some(),
        attributes: Vec::new(),
        objects: Vec::new(),
    };
    for link in &report.links {
        writer.add_link(link);
    }
    let named = if writer.is_deleted { BTreeSet::new() } else { named_entities(world, report) };
    for &entity in named.iter().filter(|&&entity| world.entities.kind(entity) == EntityKind::Vulnerability) {
        writer.add_vulnerability(entity);
    }
    writer.into_event(&named)
}

/// Returns the entities of a report that are not observables.
fn named_entities(world: &HiddenWorld, report: &Report) -> BTreeSet<EntityId> {
    let ends = report.links.iter().flat_map(|link| [link.from, link.to]);
    ends.chain(report.mentions.iter().copied())
        .filter(|&entity| !world.entities.kind(entity).is_observable())
        .collect()
}

/// Returns a title that names campaigns and hosting, which have no form of their own in MISP.
fn info(world: &HiddenWorld, report: &Report) -> String {
    let title = report.title.clone().unwrap_or_else(|| "Indicators".to_owned());
    let names: Vec<&str> = named_entities(world, report)
        .into_iter()
        .filter(|&entity| matches!(world.entities.kind(entity), EntityKind::Campaign | EntityKind::Hosting))
        .map(|entity| world.entities[entity].name_used_by(report.author))
        .collect();
    if names.is_empty() { title } else { format!("{title} ({})", names.join(", ")) }
}

/// Type and category of an attribute.
type AttributeType = (&'static str, &'static str);

/// Collects the attributes and objects of one event.
struct EventWriter<'a> {
    world: &'a HiddenWorld,
    seed: u64,
    report: &'a Report,
    uuid: String,
    /// True if the event has galaxy clusters in full, and attributes instead of objects.
    has_clusters: bool,
    modified_at: i64,
    is_deleted: bool,
    attributes: Vec<Value>,
    objects: Vec<Value>,
}

impl EventWriter<'_> {
    /// Returns the event with its tags, galaxies, attributes and objects.
    fn into_event(mut self, named: &BTreeSet<EntityId>) -> Value {
        self.attributes.sort_by_key(|attribute| attribute["uuid"].as_str().map(str::to_owned));
        self.attributes.dedup_by_key(|attribute| attribute["uuid"].as_str().map(str::to_owned));
        let (tags, galaxies) = self.event_tags(named);
        let prefix = if self.is_deleted { "RETRACTED: " } else { "" };
        let producer = &ids::producer(self.seed, self.report.author)["identity--".len()..];
        let organization = json!({ "name": AGENCIES[self.report.author].organization, "uuid": producer });
        let distribution = if self.report.marking.starts_with("amber") { "1" } else { "3" };
        let timestamp = self.modified_at.to_string();
        json!({
            "uuid": self.uuid, "info": format!("{prefix}{}", info(self.world, self.report)),
            "date": date(self.report.created_at), "threat_level_id": "2", "analysis": "2", "published": true,
            "distribution": distribution, "timestamp": timestamp, "publish_timestamp": timestamp,
            "Orgc": organization, "Org": organization,
            "Tag": tags, "Galaxy": galaxies, "Attribute": self.attributes, "Object": self.objects,
        })
    }

    /// Adds a link of an observable; other links show in the tags of the event only.
    fn add_link(&mut self, link: &Link) {
        match link.kind {
            LinkKind::Indicates => self.add_value(link.from, Some(link.to), link.seen_at),
            LinkKind::CommunicatesWith => self.add_value(link.to, Some(link.from), link.seen_at),
            LinkKind::ConsistsOf => self.add_value(link.to, None, link.seen_at),
            LinkKind::ResolvesTo => self.add_resolution(link),
            _ => {}
        }
    }

    /// Adds a resolution of a domain: an attribute `domain|ip`, or an object `domain-ip`.
    fn add_resolution(&mut self, link: &Link) {
        let names = [self.world.entities.name(link.from), self.world.entities.name(link.to)];
        if self.has_clusters {
            let value = names.join("|");
            let mut attribute =
                self.attribute(("domain|ip", "Network activity"), link.from, None, link.seen_at);
            attribute["uuid"] = json!(ids::uuid(self.seed, &[&self.uuid, &value]));
            attribute["value"] = json!(value);
            self.attributes.push(attribute);
            return;
        }
        let mut attributes = Vec::new();
        for (object_relation, end) in [("domain", link.from), ("ip", link.to)] {
            let kind = self.world.entities.kind(end);
            let mut attribute = self.attribute(attribute_type(kind), end, None, link.seen_at);
            let purpose = [&self.uuid, object_relation, names[0], names[1]];
            attribute["uuid"] = json!(ids::uuid(self.seed, &purpose));
            attribute["object_relation"] = json!(object_relation);
            attributes.push(attribute);
        }
        self.add_object("domain-ip", "network", &names, &attributes);
    }

    /// Adds an observable as an attribute, or as an object `file`; `indicated` is what it indicates.
    fn add_value(&mut self, value: EntityId, indicated: Option<EntityId>, seen_at: i64) {
        let kind = self.world.entities.kind(value);
        let mut attribute = self.attribute(attribute_type(kind), value, indicated, seen_at);
        if kind == EntityKind::File && !self.has_clusters {
            attribute["object_relation"] = json!("sha256");
            let uuid = attribute["uuid"].as_str().unwrap_or_default().to_owned();
            let purpose = [self.world.entities.name(value), &uuid];
            self.add_object("file", "file", &purpose, &[attribute]);
        } else {
            self.attributes.push(attribute);
        }
    }

    /// Adds a vulnerability as an attribute.
    fn add_vulnerability(&mut self, entity: EntityId) {
        let kind = ("vulnerability", "External analysis");
        let mut attribute = self.attribute(kind, entity, None, self.report.created_at);
        attribute["to_ids"] = json!(false);
        self.attributes.push(attribute);
    }

    /// Adds an object unless it is there; its UUID derives from `purpose`.
    fn add_object(&mut self, name: &str, category: &str, purpose: &[&str], attributes: &[Value]) {
        let mut parts = vec![self.uuid.as_str(), name];
        parts.extend(purpose);
        let uuid = ids::uuid(self.seed, &parts);
        if self.objects.iter().any(|object| object["uuid"] == json!(uuid)) {
            return;
        }
        self.objects.push(json!({
            "uuid": uuid, "name": name, "meta-category": category, "timestamp": self.modified_at.to_string(),
            "distribution": "5", "deleted": self.is_deleted, "Attribute": attributes, "ObjectReference": [],
        }));
    }

    /// Returns the attribute of a value, with the tag and the galaxy of what it indicates.
    fn attribute(
        &self,
        (kind, category): AttributeType,
        value: EntityId,
        indicated: Option<EntityId>,
        seen_at: i64,
    ) -> Value {
        let entities = &self.world.entities;
        let indicated_name = indicated.map(|entity| entities.name(entity)).unwrap_or_default();
        let mut attribute = json!({
            "uuid": ids::uuid(self.seed, &[&self.uuid, entities.name(value), indicated_name]),
            "type": kind, "category": category, "to_ids": true, "value": entities.name(value), "comment": "",
            "timestamp": self.modified_at.to_string(), "distribution": "5", "deleted": self.is_deleted,
        });
        if AGENCIES[self.report.author].has_start_times {
            attribute["first_seen"] = json!(rfc3339(seen_at));
        }
        let is_tagged = |entity: &EntityId| entities.kind(*entity).can_be_listed() && !self.is_deleted;
        if let Some(entity) = indicated.filter(is_tagged) {
            if self.is_cluster(entity) {
                attribute["Galaxy"] = json!([self.galaxy(entities.kind(entity), &[entity])]);
            }
            attribute["Tag"] = json!([{ "name": self.tag(entity) }]);
        }
        attribute
    }

    /// Returns whether the event shows an entity as a galaxy cluster.
    fn is_cluster(&self, entity: EntityId) -> bool {
        self.has_clusters && galaxy::is_listed(self.world, entity, self.report.day)
    }

    /// Returns the galaxy tag of an entity.
    fn tag(&self, entity: EntityId) -> String {
        let tagged = &self.world.entities[entity];
        let name =
            if self.is_cluster(entity) { &tagged.name } else { tagged.name_used_by(self.report.author) };
        match (tagged.kind, &tagged.external_id) {
            (EntityKind::Technique, Some(number)) => {
                format!("misp-galaxy:mitre-attack-pattern=\"{name} - {number}\"")
            }
            (EntityKind::Sector, _) => format!("misp-galaxy:sector=\"{name}\""),
            (kind, _) => format!("misp-galaxy:{}=\"{name}\"", galaxy::galaxy_type(kind)),
        }
    }

    /// Returns a galaxy with the clusters of entities.
    fn galaxy(&self, kind: EntityKind, entities: &[EntityId]) -> Value {
        let galaxy_type = galaxy::galaxy_type(kind);
        let cluster = |&entity: &EntityId| {
            json!({
                "uuid": galaxy::entry_uuid(self.seed, entity), "type": galaxy_type,
                "value": self.world.entities.name(entity), "tag_name": self.tag(entity),
                "meta": { "synonyms": self.world.entities[entity].synonyms() },
            })
        };
        let clusters: Vec<Value> = entities.iter().map(cluster).collect();
        json!({
            "uuid": ids::uuid(self.seed, &["galaxy", galaxy_type]), "name": galaxy_type,
            "type": galaxy_type, "namespace": "misp", "GalaxyCluster": clusters,
        })
    }

    /// Returns the tags and the galaxies of the whole event.
    fn event_tags(&self, named: &BTreeSet<EntityId>) -> (Vec<Value>, Vec<Value>) {
        let mut tags = vec![json!({ "name": format!("tlp:{}", self.report.marking) })];
        let mut galaxies = Vec::new();
        let kinds = [
            EntityKind::Actor,
            EntityKind::Malware,
            EntityKind::Tool,
            EntityKind::Technique,
            EntityKind::Sector,
        ];
        for kind in kinds {
            let entities: Vec<EntityId> =
                named.iter().copied().filter(|&entity| self.world.entities.kind(entity) == kind).collect();
            tags.extend(entities.iter().map(|&entity| json!({ "name": self.tag(entity) })));
            let clusters: Vec<EntityId> =
                entities.into_iter().filter(|&entity| self.is_cluster(entity)).collect();
            if !clusters.is_empty() {
                galaxies.push(self.galaxy(kind, &clusters));
            }
        }
        (tags, galaxies)
    }
}

/// Returns the attribute type of a kind of observable.
fn attribute_type(kind: EntityKind) -> AttributeType {
    match kind {
        EntityKind::Domain => ("domain", "Network activity"),
        EntityKind::File => ("sha256", "Payload delivery"),
        EntityKind::Certificate => ("x509-fingerprint-sha1", "Network activity"),
        _ => ("ip-dst", "Network activity"),
    }
}
