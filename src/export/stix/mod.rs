//! STIX 2.1: one bundle. A flag is a grouping with a note of its reasons and an opinion for each verdict.
//!
//! Own ids are UUIDs that derive from our lasting ids, and those of observables follow STIX 2.1, section 2.9. A flag
//! refers to the object of another producer by its id, if a source delivered one. No indicator is made. Values
//! without a place in STIX are in one extension, which our own reader reads back.
//!
//! Not expressed for other readers: kinds without a STIX type (they have the type `x-araneus-entity`), and the layer.

mod entity;
mod flag;
mod link;
mod marking;
mod types;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

use serde_json::{Map, Value, json};

use super::{Export, ExportError, ONE_FILE, Scope, Selection, Staging, Target, ids};
use crate::{
    ingest::{STIX_EXTENSION, STIX_EXTENSION_TYPE},
    marking::Marking,
    time::Moment,
};

pub(super) const EXPORT: Export = Export {
    name: "stix",
    about: "STIX 2.1, one bundle: each flag as a grouping with a note of its reasons; for OpenCTI and other platforms.",
    target: Target::File,
    write,
};

/// Time at which our identity and our extension were defined.
const DEFINED: &str = "2026-11-01T00:00:00.000Z";

/// A STIX object in the making.
type Object = Map<String, Value>;

/// References that objects of an export share.
struct Context<'a> {
    selection: &'a Selection,
    /// Id of our identity.
    identity: String,
    /// Ids of the objects in `object_refs` and in relationships, by the id of the entity.
    ids: BTreeMap<&'a str, String>,
}

fn write(selection: &Selection, staging: &mut Staging) -> Result<(), ExportError> {
    let context = Context {
        selection,
        identity: format!("identity--{}", ids::uuid("identity", "araneus")),
        ids: selection
            .entities
            .iter()
            .map(|entity| (entity.id.as_str(), entity::reference(selection, entity)))
            .collect(),
    };
    add_losses(selection, staging);
    staging.write(ONE_FILE, |writer| write_bundle(&context, writer))
}

fn write_bundle(context: &Context<'_>, writer: &mut impl Write) -> io::Result<()> {
    let selection = context.selection;
    let scope = format!("{}:{}:{:?}", selection.run, selection.audience, selection.scope);
    let bundle = format!("bundle--{}", ids::uuid("bundle", &format!("{scope}:{}", selection.exported_at)));
    write!(writer, "{{\"type\": \"bundle\", \"id\": \"{bundle}\", \"objects\": [")?;
    let mut is_first = true;
    let mut seen = BTreeSet::new();
    let obligations = marking::obligations(&selection.obligations);
    let references: Vec<Value> = obligations.iter().filter_map(|object| object.get("id").cloned()).collect();
    let mut put = |mut object: Object| -> io::Result<()> {
        let id = object.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        if !seen.insert(id) {
            return Ok(());
        }
        if !references.is_empty() && is_of_data(&object) {
            let markings = object.entry("object_marking_refs").or_insert_with(|| json!([]));
            if let Value::Array(markings) = markings {
                markings.extend(references.iter().cloned());
            }
        }
        writer.write_all(if is_first { b"\n" } else { b",\n" })?;
        is_first = false;
        serde_json::to_writer(&mut *writer, &object).map_err(io::Error::from)
    };
    for definition in marking::definitions(&markings(selection)) {
        put(definition)?;
    }
    for definition in obligations {
        put(definition)?;
    }
    put(identity(context))?;
    put(extension_definition(context))?;
    for entity in &selection.entities {
        if !entity::is_delivered(selection, entity) {
            put(entity::object(context, entity))?;
        }
    }
    for link in &selection.links {
        if let Some(object) = link::object(context, link) {
            put(object)?;
        }
    }
    for flag in &selection.flags {
        for object in flag::objects(context, flag) {
            put(object)?;
        }
    }
    writer.write_all(b"\n]}\n")
}

/// Returns whether an object has values of sources. Definitions and our identity have none.
fn is_of_data(object: &Object) -> bool {
    let kind = object.get("type").and_then(Value::as_str).unwrap_or_default();
    let is_own_identity = kind == "identity" && object.get("identity_class") == Some(&"system".into());
    !kind.ends_with("-definition") && !is_own_identity
}

/// Returns every marking of the selection. Our identity and our extension are TLP:CLEAR.
fn markings(selection: &Selection) -> BTreeSet<Marking> {
    let entities = selection.entities.iter().map(|entity| entity.marking);
    let links = selection.links.iter().map(|link| link.marking);
    let flags = selection.flags.iter().map(|flag| flag.marking);
    entities.chain(links).chain(flags).chain([Marking::Clear]).collect()
}

/// Returns an object with the properties that all objects have.
fn start(kind: &str, id: &str, marking: Marking) -> Object {
    let mut object = Object::new();
    object.insert("type".to_owned(), kind.into());
    object.insert("spec_version".to_owned(), "2.1".into());
    object.insert("id".to_owned(), id.into());
    if let Some(reference) = marking::reference(marking) {
        object.insert("object_marking_refs".to_owned(), json!([reference]));
    }
    object
}

/// Adds the producer and the times of versions. The time of a version is never before the time of creation.
fn add_version(context: &Context<'_>, object: &mut Object, created: Moment) {
    let modified = context.selection.exported_at.max(created);
    object.insert("created_by_ref".to_owned(), context.identity.clone().into());
    object.insert("created".to_owned(), timestamp(created).into());
    object.insert("modified".to_owned(), timestamp(modified).into());
}

/// Adds the values of our extension.
fn add_extension(object: &mut Object, values: Value) {
    let kind = if object.get("type").and_then(Value::as_str) == Some(types::OWN) {
        "new-sdo"
    } else {
        "property-extension"
    };
    let mut extension = Object::new();
    extension.insert("extension_type".to_owned(), kind.into());
    if let Value::Object(values) = values {
        // Null is not allowed in STIX (section 2.11 of the JSON serialisation), and an empty list says nothing.
        let is_stated =
            |value: &Value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty());
        extension.extend(values.into_iter().filter(|(_, value)| is_stated(value)));
    }
    object.insert("extensions".to_owned(), json!({ STIX_EXTENSION: extension }));
}

/// Returns a time with three digits of the second, as platforms compare versions.
fn timestamp(moment: Moment) -> String {
    let text = moment.to_string();
    let seconds = text.get(..19).unwrap_or(&text);
    let millis = moment.micros().rem_euclid(1_000_000) / 1_000;
    format!("{seconds}.{millis:03}Z")
}

fn identity(context: &Context<'_>) -> Object {
    let mut identity = start("identity", &context.identity, Marking::Clear);
    identity.insert("created".to_owned(), DEFINED.into());
    identity.insert("modified".to_owned(), DEFINED.into());
    identity.insert("name".to_owned(), "Araneus".into());
    identity.insert("identity_class".to_owned(), "system".into());
    add_extension(&mut identity, json!({ "object": "exporter" }));
    identity
}

fn extension_definition(context: &Context<'_>) -> Object {
    let mut definition = start("extension-definition", STIX_EXTENSION, Marking::Clear);
    for (name, value) in [
        ("created_by_ref", json!(context.identity)),
        ("created", json!(DEFINED)),
        ("modified", json!(DEFINED)),
        ("name", json!("Araneus: findings and the network behind them")),
        (
            "description",
            json!("Score, pattern and judgement of a finding; kind, identifiers and layer of the network."),
        ),
        ("schema", json!("https://github.com/araneus-project/araneus/blob/main/docs/exports.md")),
        ("version", json!("1.0.0")),
        ("extension_types", json!(["property-extension", STIX_EXTENSION_TYPE])),
    ] {
        definition.insert(name.to_owned(), value);
    }
    definition
}

/// Reason of values that stay with another producer.
const ELSEWHERE: &str = "The object of another producer is referred to by its id, and its values stay there.";
/// Reason of kinds without a type.
const NO_TYPE: &str = "STIX has no type for this kind; the object has the type x-araneus-entity.";
/// Reason of counts.
const COUNTED: &str = "The importing archive counts its own records and sources.";

/// Lists the values that neither STIX nor the extension carries.
fn add_losses(selection: &Selection, staging: &mut Staging) {
    let losses = &mut staging.losses;
    let (entities, links) = (&selection.entities, &selection.links);
    let referred = entities.iter().filter(|entity| entity::is_delivered(selection, entity)).count();
    losses.add("entity", "every value", referred, ELSEWHERE);
    let referred = links.iter().filter(|link| link::is_delivered(selection, link)).count();
    losses.add("link", "every value", referred, ELSEWHERE);
    for entity in entities.iter().filter(|entity| !entity::is_delivered(selection, entity)) {
        if types::stix_type(entity) == types::OWN {
            losses.add("entity", format!("kind {}", entity.kind), 1, NO_TYPE);
        }
    }
    if selection.scope != Scope::Flags {
        losses.add("entity", "sources", entities.len(), COUNTED);
        losses.add("entity", "record_count", entities.len(), COUNTED);
        losses.add("link", "source_count", links.len(), COUNTED);
        losses.add("link", "record_count", links.len(), COUNTED);
        losses.add(
            "link",
            "weight",
            links.len(),
            "An importing archive weighs each link by its own sources.",
        );
        losses.add("entity", "entity_id", entities.len(), "An importing archive derives its own ids.");
    }
    let listed = entities.iter().filter(|entity| !entity.warning_lists.is_empty()).count();
    losses.add("entity", "warning_lists", listed, "STIX has no property for it.");
    let names: usize = selection.flags.iter().map(|flag| flag.verdicts.len()).sum();
    if !selection.with_names {
        losses.add(
            "judgement",
            "by, reason",
            names,
            "Names and reasons of reviewers leave with --with-names only.",
        );
    }
}
