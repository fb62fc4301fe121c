//! MISP events: one for each bulletin, as the two MISP agencies write them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    super::{
        agencies::{AGENCIES, AgencyId, Delivery},
        bulletin::{Bulletin, BulletinId, Relation, Tie},
        cast::{Kind, ThingId},
        clock::{HOUR, day, moment, stamp},
        stage::Stage,
    },
    galaxy, ids,
};

/// Returns the events that an agency delivers on a night: its own, what it passes on, and
/// what it takes back.
pub(super) fn events(stage: &Stage, seed: u64, agency: AgencyId, night: u32) -> Vec<Value> {
    let mut events = Vec::new();
    for (at, bulletin) in stage.bulletins.iter().enumerate() {
        let is_own = bulletin.author == agency;
        if is_own && bulletin.night == night || bulletin.relays.contains(&(agency, night)) {
            events.push(json!({ "Event": event(stage, seed, at, None) }));
        }
        if is_own && bulletin.withdrawn == Some(night) {
            events.push(json!({ "Event": event(stage, seed, at, Some(night)) }));
        }
    }
    events
}

/// Writes one bulletin; on the night of its withdrawal with all deleted.
fn event(stage: &Stage, seed: u64, at: BulletinId, withdrawn: Option<u32>) -> Value {
    let bulletin = &stage.bulletins[at];
    let clusters = AGENCIES[bulletin.author].delivery == Delivery::MispClusters;
    let uuid = ids::uuid(seed, &["event", &at.to_string()]);
    let touched = withdrawn.map_or(bulletin.created, |night| moment(night) - HOUR);
    let leaf =
        Leaf { stage, seed, bulletin, uuid: &uuid, clusters, touched, is_deleted: withdrawn.is_some() };
    let (mut attributes, mut objects) = (Vec::new(), Vec::new());
    for tie in &bulletin.ties {
        leaf.tie(tie, &mut attributes, &mut objects);
    }
    let named = if withdrawn.is_some() { BTreeSet::new() } else { named(stage, bulletin) };
    for &thing in named.iter().filter(|&&thing| stage.cast.kind(thing) == Kind::Vulnerability) {
        attributes.push(leaf.attribute(
            "vulnerability",
            "External analysis",
            thing,
            false,
            None,
            bulletin.created,
        ));
    }
    attributes.sort_by_key(|attribute| attribute["uuid"].as_str().map(str::to_owned));
    attributes.dedup_by_key(|attribute| attribute["uuid"].as_str().map(str::to_owned));
    let (tags, galaxies) = leaf.event_tags(&named);
    let mark = if withdrawn.is_some() { "RETRACTED: " } else { "" };
    let (producer, name) =
        (&ids::producer(seed, bulletin.author)["identity--".len()..], AGENCIES[bulletin.author].title);
    let distribution = if bulletin.marking.starts_with("amber") { "1" } else { "3" };
    json!({
        "uuid": uuid, "info": format!("{mark}{}", info(stage, bulletin)), "date": day(bulletin.created),
        "threat_level_id": "2", "analysis": "2", "published": true, "distribution": distribution,
        "timestamp": touched.to_string(), "publish_timestamp": touched.to_string(),
        "Orgc": { "name": name, "uuid": producer }, "Org": { "name": name, "uuid": producer },
        "Tag": tags, "Galaxy": galaxies, "Attribute": attributes, "Object": objects,
    })
}

/// Returns what an event names as a whole.
fn named(stage: &Stage, bulletin: &Bulletin) -> BTreeSet<ThingId> {
    let ends = bulletin.ties.iter().flat_map(|tie| [tie.from, tie.to]);
    ends.chain(bulletin.mentions.iter().copied())
        .filter(|&thing| !stage.cast.kind(thing).is_observable())
        .collect()
}

/// Returns a heading that names what has no form of its own in MISP.
fn info(stage: &Stage, bulletin: &Bulletin) -> String {
    let title = bulletin.title.clone().unwrap_or_else(|| "Indicators".to_owned());
    let names: Vec<&str> = named(stage, bulletin)
        .into_iter()
        .filter(|&thing| matches!(stage.cast.kind(thing), Kind::Campaign | Kind::Hosting))
        .map(|thing| stage.cast.things[thing].name_by(bulletin.author))
        .collect();
    if names.is_empty() { title } else { format!("{title} ({})", names.join(", ")) }
}

/// What the parts of one event have in common.
struct Leaf<'a> {
    stage: &'a Stage,
    seed: u64,
    bulletin: &'a Bulletin,
    uuid: &'a str,
    clusters: bool,
    touched: i64,
    is_deleted: bool,
}

impl Leaf<'_> {
    /// Writes a tie that shows a value; other ties show in the event's tags alone.
    fn tie(&self, tie: &Tie, attributes: &mut Vec<Value>, objects: &mut Vec<Value>) {
        let cast = &self.stage.cast;
        match tie.relation {
            Relation::Indicates => self.value(tie.from, Some(tie.to), tie.seen, attributes, objects),
            Relation::CommunicatesWith => self.value(tie.to, Some(tie.from), tie.seen, attributes, objects),
            Relation::ConsistsOf => self.value(tie.to, None, tie.seen, attributes, objects),
            Relation::ResolvesTo if self.clusters => {
                let value = format!("{}|{}", cast.name(tie.from), cast.name(tie.to));
                let mut attribute =
                    self.attribute("domain|ip", "Network activity", tie.from, true, None, tie.seen);
                attribute["uuid"] = json!(ids::uuid(self.seed, &[self.uuid, &value]));
                attribute["value"] = json!(value);
                attributes.push(attribute);
            }
            Relation::ResolvesTo => {
                let mut parts = Vec::new();
                for (relation, end) in [("domain", tie.from), ("ip", tie.to)] {
                    let (kind, category) = attribute_type(cast.kind(end));
                    let mut part = self.attribute(kind, category, end, true, None, tie.seen);
                    let parts_of = [self.uuid, relation, cast.name(tie.from), cast.name(tie.to)];
                    part["uuid"] = json!(ids::uuid(self.seed, &parts_of));
                    part["object_relation"] = json!(relation);
                    parts.push(part);
                }
                self.object(
                    "domain-ip",
                    "network",
                    &[cast.name(tie.from), cast.name(tie.to)],
                    &parts,
                    objects,
                );
            }
            _ => {}
        }
    }

    fn value(
        &self,
        value: ThingId,
        sign_of: Option<ThingId>,
        seen: i64,
        attributes: &mut Vec<Value>,
        objects: &mut Vec<Value>,
    ) {
        let kind = self.stage.cast.kind(value);
        let (name, category) = attribute_type(kind);
        let mut attribute = self.attribute(name, category, value, true, sign_of, seen);
        if kind == Kind::File && !self.clusters {
            attribute["object_relation"] = json!("sha256");
            let parts = [self.stage.cast.name(value), attribute["uuid"].as_str().unwrap_or_default()];
            let parts = parts.map(str::to_owned);
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            self.object("file", "file", &parts, &[attribute], objects);
        } else {
            attributes.push(attribute);
        }
    }

    fn object(&self, name: &str, category: &str, parts: &[&str], inner: &[Value], objects: &mut Vec<Value>) {
        let mut all = vec![self.uuid, name];
        all.extend(parts);
        let uuid = ids::uuid(self.seed, &all);
        if objects.iter().any(|object| object["uuid"] == json!(uuid)) {
            return;
        }
        objects.push(json!({
            "uuid": uuid, "name": name, "meta-category": category, "timestamp": self.touched.to_string(),
            "distribution": "5", "deleted": self.is_deleted, "Attribute": inner, "ObjectReference": [],
        }));
    }

    fn attribute(
        &self,
        kind: &str,
        category: &str,
        value: ThingId,
        to_ids: bool,
        sign_of: Option<ThingId>,
        seen: i64,
    ) -> Value {
        let cast = &self.stage.cast;
        let of = sign_of.map(|thing| cast.name(thing)).unwrap_or_default();
        let mut attribute = json!({
            "uuid": ids::uuid(self.seed, &[self.uuid, cast.name(value), of]),
            "type": kind, "category": category, "to_ids": to_ids, "value": cast.name(value), "comment": "",
            "timestamp": self.touched.to_string(), "distribution": "5", "deleted": self.is_deleted,
        });
        if AGENCIES[self.bulletin.author].states_start {
            attribute["first_seen"] = json!(stamp(seen));
        }
        if let Some(of) = sign_of.filter(|&thing| cast.kind(thing).is_listed() && !self.is_deleted) {
            if self.is_cluster(of) {
                attribute["Galaxy"] = json!([self.galaxy(cast.kind(of), &[of])]);
            }
            attribute["Tag"] = json!([{ "name": self.tag(of) }]);
        }
        attribute
    }

    /// Returns whether a thing is shown as an entry of a curated list.
    fn is_cluster(&self, thing: ThingId) -> bool {
        self.clusters && galaxy::is_listed(self.stage, thing, self.bulletin.night)
    }

    /// Returns the galaxy tag of a thing.
    fn tag(&self, thing: ThingId) -> String {
        let told = &self.stage.cast.things[thing];
        let name = if self.is_cluster(thing) { &told.name } else { told.name_by(self.bulletin.author) };
        match (told.kind, &told.number) {
            (Kind::Technique, Some(number)) => {
                format!("misp-galaxy:mitre-attack-pattern=\"{name} - {number}\"")
            }
            (Kind::Sector, _) => format!("misp-galaxy:sector=\"{name}\""),
            (kind, _) => format!("misp-galaxy:{}=\"{name}\"", galaxy::galaxy(kind)),
        }
    }

    fn galaxy(&self, kind: Kind, things: &[ThingId]) -> Value {
        let clusters: Vec<Value> = things
            .iter()
            .map(|&thing| {
                json!({
                    "uuid": galaxy::entry(self.seed, thing), "type": galaxy::galaxy(kind),
                    "value": self.stage.cast.name(thing), "tag_name": self.tag(thing),
                    "meta": { "synonyms": self.stage.cast.things[thing].synonyms() },
                })
            })
            .collect();
        json!({
            "uuid": ids::uuid(self.seed, &["galaxy", galaxy::galaxy(kind)]), "name": galaxy::galaxy(kind),
            "type": galaxy::galaxy(kind), "namespace": "misp", "GalaxyCluster": clusters,
        })
    }

    /// Writes the tags and the galaxies of the event as a whole.
    fn event_tags(&self, named: &BTreeSet<ThingId>) -> (Vec<Value>, Vec<Value>) {
        let mut tags = vec![json!({ "name": format!("tlp:{}", self.bulletin.marking) })];
        let mut galaxies = Vec::new();
        let kinds = [Kind::Actor, Kind::Malware, Kind::Tool, Kind::Technique, Kind::Sector];
        for kind in kinds {
            let things: Vec<ThingId> =
                named.iter().copied().filter(|&thing| self.stage.cast.kind(thing) == kind).collect();
            tags.extend(things.iter().map(|&thing| json!({ "name": self.tag(thing) })));
            let entries: Vec<ThingId> = things.into_iter().filter(|&thing| self.is_cluster(thing)).collect();
            if !entries.is_empty() {
                galaxies.push(self.galaxy(kind, &entries));
            }
        }
        (tags, galaxies)
    }
}

fn attribute_type(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Domain => ("domain", "Network activity"),
        Kind::File => ("sha256", "Payload delivery"),
        Kind::Certificate => ("x509-fingerprint-sha1", "Network activity"),
        _ => ("ip-dst", "Network activity"),
    }
}
