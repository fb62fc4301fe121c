//! MISP: a folder that is a feed, with one event for each flag, `manifest.json` and `hashes.csv`.
//!
//! Format: <https://www.misp-standard.org/rfc/misp-standard-core.html>. No event is published, and no attribute is for
//! detection (`to_ids`), because Araneus inferred it. A flag that is no longer confirmed has an event whose attributes
//! are deleted. Other scopes give one event for each marking, in which each entity is an object.
//!
//! References begin at objects only, so each link is an object with a reference to both ends.
//!
//! Not expressed for other readers: weights of links, and entities without identifiers of their own in the events of flags.

mod attributes;
mod feed;
mod flag;
mod flag_links;
mod network;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Export, ExportError, Scope, Selection, Staging, Target, agreements, ids};
use crate::{
    ingest::MISP_TAG,
    language::Language,
    marking::Marking,
    time::{DAY, Moment},
};

pub(super) const EXPORT: Export = Export {
    name: "misp",
    about: "MISP, a feed folder: one unpublished event for each flag, with manifest.json and hashes.csv.",
    target: Target::Folder,
    write,
};

/// An event and the facts of its row in the manifest.
struct Event {
    uuid: String,
    value: Map<String, Value>,
}

fn write(selection: &Selection, staging: &mut Staging) -> Result<(), ExportError> {
    refuse_wide_distribution(selection)?;
    let events: Vec<Event> = match selection.scope {
        Scope::Flags => selection.flags.iter().map(|flag| flag::event(selection, flag)).collect(),
        _ => network::events(selection),
    };
    for event in &events {
        staging.write_json(&format!("{}.json", event.uuid), &json!({ "Event": event.value }))?;
    }
    add_losses(selection, staging);
    feed::write(&events, staging)
}

/// Fails if a row is more restricted than the distribution of its event: 1 is TLP:AMBER, 2 TLP:GREEN, 3 TLP:CLEAR.
fn refuse_wide_distribution(selection: &Selection) -> Result<(), ExportError> {
    let widest = match selection.distribution {
        0 => return Ok(()),
        1 => Marking::Amber,
        2 => Marking::Green,
        _ => Marking::Clear,
    };
    let flags = selection.flags.iter().map(|flag| flag.marking);
    let entities = selection.entities.iter().map(|entity| entity.marking);
    let links = selection.links.iter().map(|link| link.marking);
    if flags.chain(entities).chain(links).all(|marking| marking.admits(widest)) {
        return Ok(());
    }
    Err(ExportError::Refused(format!(
        "distribution {} is wider than the marking of a row admits; {widest} is the strictest that it admits",
        selection.distribution
    )))
}

/// Organisation that creates the events.
fn organisation() -> Value {
    json!({ "name": "Araneus", "uuid": ids::uuid("identity", "araneus") })
}

/// Starts an event. Attributes and objects have its distribution.
fn start(
    selection: &Selection,
    uuid: &str,
    info: &str,
    created: Moment,
    tags: Vec<String>,
) -> Map<String, Value> {
    let mut event = Map::new();
    let mut insert = |name: &str, value: Value| event.insert(name.to_owned(), value);
    insert("uuid", uuid.into());
    insert("info", info.into());
    insert("date", date(created).into());
    insert("timestamp", seconds(selection.exported_at.max(created)).into());
    insert("published", false.into());
    insert("analysis", "0".into());
    insert("threat_level_id", "4".into());
    insert("distribution", selection.distribution.to_string().into());
    insert("Orgc", organisation());
    insert("Tag", tags.into_iter().map(|name| tag(&name)).collect());
    event
}

/// Adds a report with the obligations of agreements to an event, if there are any.
fn add_obligations(selection: &Selection, event: &mut Map<String, Value>, uuid: &str) {
    if selection.obligations.is_empty() {
        return;
    }
    let report = json!({
        "uuid": ids::uuid("obligations", uuid), "name": Language::english().text("export.obligations"),
        "content": agreements::as_text(&selection.obligations), "distribution": "5",
        "timestamp": event["timestamp"], "deleted": false,
    });
    let reports = event.entry("EventReport").or_insert_with(|| json!([]));
    if let Value::Array(reports) = reports {
        reports.push(report);
    }
}

/// Returns the tags that every event has.
fn tags(marking: Marking, mark: &str) -> Vec<String> {
    let mark = format!("{MISP_TAG}=\"{mark}\"");
    tlp(marking).into_iter().chain([mark]).collect()
}

fn tlp(marking: Marking) -> Option<String> {
    match marking {
        Marking::Unmarked => None,
        Marking::Unknown => Some("tlp:unknown".to_owned()),
        marking => Some(marking.to_string().to_lowercase()),
    }
}

fn tag(name: &str) -> Value {
    let colour = match name {
        "tlp:clear" => "#ffffff",
        "tlp:green" => "#339900",
        "tlp:amber" | "tlp:amber+strict" => "#ffc000",
        "tlp:red" => "#cc0033",
        _ => "#7a8a99",
    };
    json!({ "name": name, "colour": colour })
}

/// Returns a time as seconds since 1970.
fn seconds(moment: Moment) -> String {
    moment.micros().div_euclid(1_000_000).to_string()
}

/// Returns the day of a time in UTC.
fn date(moment: Moment) -> String {
    let day = Moment::from_micros(moment.micros().div_euclid(DAY) * DAY).to_string();
    day.get(..10).unwrap_or(&day).to_owned()
}

/// Reason of counts.
const COUNTED: &str = "The importing archive counts its own records and sources.";
/// Reason of missing markings.
const UNMARKED: &str = "An event without a tag has the marking of its distribution.";

fn add_losses(selection: &Selection, staging: &mut Staging) {
    let (entities, links) = (&selection.entities, &selection.links);
    let losses = &mut staging.losses;
    if selection.scope == Scope::Flags {
        for value in ["weight", "source_count", "amount"] {
            losses.add(
                "link",
                value,
                links.len(),
                "An object of a link has its kind, its layer and its times.",
            );
        }
        losses.add(
            "entity",
            "identifiers",
            entities.iter().filter(|entity| entity.identifiers.len() > 1).count(),
            "An attribute has one value.",
        );
        let mut other: BTreeMap<&str, usize> = BTreeMap::new();
        for entity in
            entities.iter().filter(|entity| attributes::of(entity).iter().all(|one| one.kind == "text"))
        {
            *other.entry(&entity.kind).or_default() += 1;
        }
        for (kind, count) in other {
            losses.add(
                "entity",
                format!("kind {kind}"),
                count,
                "MISP has no type of attribute for this kind; the name is a text.",
            );
        }
    } else {
        losses.add("entity", "sources", entities.len(), COUNTED);
        losses.add("entity", "record_count", entities.len(), COUNTED);
        losses.add("entity", "entity_id", entities.len(), "An importing archive derives its own ids.");
        losses.add(
            "entity",
            "confidence",
            entities.iter().filter(|entity| entity.confidence.is_some()).count(),
            "An object of MISP has no confidence.",
        );
        losses.add("link", "source_count", links.len(), COUNTED);
        losses.add(
            "link",
            "weight",
            links.len(),
            "An importing archive weighs each link by its own sources.",
        );
        losses.add(
            "link",
            "confidence",
            links.iter().filter(|link| link.confidence.is_some()).count(),
            "An object of MISP has no confidence.",
        );
        losses.add(
            "entity",
            "marking",
            entities.iter().filter(|entity| entity.marking == Marking::Unmarked).count(),
            UNMARKED,
        );
        losses.add(
            "link",
            "marking",
            links.iter().filter(|link| link.marking == Marking::Unmarked).count(),
            UNMARKED,
        );
    }
    let verdicts: usize = selection.flags.iter().map(|flag| flag.verdicts.len()).sum();
    losses.add("judgement", "every value", verdicts, "The tag of the event has the verdict in force only.");
}
