//! Statements: one value of one property, each with its dataset and times.
//!
//! A statement is one record. What it says of an entity it says alone; its canonical id and the
//! id that its entity had before are both identifiers, so that statements of one canonical entity
//! come together, and part again when the source says otherwise. A tie between two entities is
//! told by several statements: each keeps its part of it, and [`weave`] puts together those that
//! a view shows, so that the link stands on all of them and falls with its ends.

use std::{collections::BTreeMap, sync::Arc};

use csv::StringRecord;
use serde_json::Value;

use super::{
    claims, dates, edge, properties,
    read::{self, Entity, is_id},
    schema::{self, Schema, Type},
    words,
};
use crate::{
    ingest::{Delivery, Object, Refusal, Reject, Rule, Taken, json, table, take},
    record::{Claim, Content, LinkPart},
    time::Moment,
};

/// A statement as it is told.
pub(super) struct Statement {
    pub(super) key: String,
    canonical: String,
    entity: String,
    pub(super) schema: &'static Schema,
    pub(super) property: String,
    pub(super) value: String,
    /// The language the value is written in, ISO 639-3.
    pub(super) language: Option<String>,
    /// What the value was before it was cleaned.
    pub(super) original: Option<String>,
    pub(super) dataset: Option<String>,
    /// Met while looking for more, and not yet held to be of the entity.
    is_external: bool,
    pub(super) first_seen: Option<Moment>,
    pub(super) last_seen: Option<Moment>,
}

/// Reads a statement.
pub(super) fn read(value: &Value) -> Result<Statement, Refusal> {
    let object = value
        .as_object()
        .ok_or_else(|| Refusal::new(Rule::NotAnObject, "an element that is no JSON object"))?;
    let id = |name: &str| match read::text(object, name)? {
        Some(id) if !is_id(id) => Err(Refusal::new(Rule::BadId, format!("`{name}` is not one word"))),
        id => Ok(id.map(str::to_owned)),
    };
    let (entity, canonical) = (id("entity_id")?, id("canonical_id")?);
    let known = canonical.clone().or_else(|| entity.clone());
    let known = known.ok_or_else(|| Refusal::new(Rule::BadId, "neither `entity_id` nor `canonical_id`"))?;
    let schema = read::known_schema(object)?;
    // What only describes costs nobody a statement.
    let described = |name: &str| read::text(object, name).ok().flatten().map(str::to_owned);
    let needed = |name: &str| read::text(object, name)?.ok_or_else(|| read::wrong(name, "a text"));
    let (property, said) = (needed("prop")?, needed("value")?);
    match schema.properties.get(property) {
        Some(Type::Entity) if !is_id(said) => {
            return Err(Refusal::new(Rule::BadId, "`value` is an id that is not one word"));
        }
        Some(Type::Date) if read::is_read_date(schema, property) && dates::first(said).is_none() => {
            return Err(read::no_date("value"));
        }
        _ => {}
    }
    Ok(Statement {
        key: key(value).ok_or_else(|| Refusal::new(Rule::BadId, "`id` is not one word"))?,
        entity: entity.unwrap_or_else(|| known.clone()),
        canonical: known,
        schema,
        property: property.to_owned(),
        value: said.to_owned(),
        language: described("lang"),
        original: described("original_value"),
        dataset: described("dataset"),
        is_external: object.get("external").is_some_and(is_true),
        first_seen: read::moment(object, "first_seen")?,
        last_seen: read::moment(object, "last_seen")?,
    })
}

fn is_true(value: &Value) -> bool {
    value.as_bool() == Some(true)
        || value.as_str().is_some_and(|text| matches!(text.to_lowercase().as_str(), "t" | "true" | "1"))
}

/// What makes a statement without an id the one it is.
const OWN: [&str; 6] = ["dataset", "entity_id", "prop", "value", "lang", "external"];

/// Returns the key of a statement: its id, and where it has none what FollowTheMoney makes ids of.
pub(super) fn key(value: &Value) -> Option<String> {
    match value.get("id") {
        None | Some(Value::Null) => {
            let own = OWN.iter().map(|name| value.get(name).cloned().unwrap_or_default()).collect();
            Some(format!("statement:{:?}", json::digest(&Value::Array(own))))
        }
        Some(id) => id.as_str().filter(|id| is_id(id)).map(str::to_owned),
    }
}

/// Returns what a statement says by itself.
pub(super) fn content(said: &Statement, source: &str) -> Content {
    let mut content = Content::default();
    let is_edge = words::edge(said.schema).is_some();
    // What is not yet held to be of the entity says nothing of it.
    if !said.is_external && !is_edge {
        let value = (said.property.clone(), said.value.clone());
        let mut entity = Entity::of_values(&said.canonical, said.schema, [value]);
        entity.referents.push(said.entity.clone());
        entity.is_part = true;
        content = claims::content(&entity, source);
    }
    if !said.is_external && (is_edge || claims::is_of_whole(said.schema, &said.property)) {
        content.part = Some(Box::new(LinkPart {
            link_id: said.canonical.clone(),
            kind: said.schema.name.clone(),
            property: said.property.clone(),
            value: said.value.clone(),
        }));
    }
    if content.part.is_some() || !content.claims.is_empty() {
        content.properties = properties::of_statement(said);
    }
    content.kind = words::kind(said.schema);
    content.created = said.first_seen;
    content
}

/// Puts together what several statements of one source tell: ties, and by what a paper or an
/// address is known.
pub fn weave<'a>(contents: &mut [Arc<Content>], source_of: impl Fn(usize) -> &'a str) {
    let mut wholes: BTreeMap<(&str, String), Vec<usize>> = BTreeMap::new();
    for (at, content) in contents.iter().enumerate() {
        if let Some(part) = &content.part {
            wholes.entry((source_of(at), part.link_id.clone())).or_default().push(at);
        }
    }
    for ((source, of), members) in wholes {
        let parts = || members.iter().filter_map(|&at| contents[at].part.as_deref());
        let Some(schema) = of_all(parts().map(|part| part.kind.as_str())) else { continue };
        let values = parts().map(|part| (part.property.clone(), part.value.clone()));
        let entity = Entity::of_values(&of, schema, values);
        if let Some(edge) = words::edge(schema).filter(|_| edge::check(&entity).is_ok()) {
            weave_tie(contents, &members, edge::content(&entity, edge, source));
        } else if let Some(known_by) = claims::whole(&entity) {
            for at in members {
                if let Some(Claim::Entity { identifiers, .. }) =
                    Arc::make_mut(&mut contents[at]).claims.first_mut()
                {
                    identifiers.push(known_by.clone());
                }
            }
        }
    }
}

/// All statements of a tie stand behind its link; what was paid was paid once.
fn weave_tie(contents: &mut [Arc<Content>], members: &[usize], mut whole: Content) {
    for &at in members {
        let content = Arc::make_mut(&mut contents[at]);
        content.claims.clone_from(&whole.claims);
        content.seen = whole.seen;
        content.amounts = std::mem::take(&mut whole.amounts);
    }
}

/// Returns the schema that extends all the others of a name, or the first.
fn of_all<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'static Schema> {
    let known: BTreeMap<&str, &'static Schema> =
        names.filter_map(|name| Some((name, schema::schema(name)?))).collect();
    let narrowest = known.values().find(|schema| known.keys().all(|name| schema.is_a(name)));
    narrowest.or_else(|| known.values().next()).copied()
}

/// Columns by which an export of statements is known.
const HEADER: [&str; 4] = ["entity_id", "prop", "value", "dataset"];

/// Returns whether a table is an export of statements, by its first line.
pub(in crate::ingest) fn is_export(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let Ok(first) = std::str::from_utf8(first) else { return false };
    let cells: Vec<&str> = first.split(',').map(|cell| cell.trim().trim_matches('"')).collect();
    HEADER.iter().all(|name| cells.contains(name))
}

/// Reads an export of statements; each row is the object that it is in JSON lines.
pub(in crate::ingest) fn read_export(bytes: &[u8], delivery: &mut Delivery) {
    delivery.format = Some(super::FORMAT.name);
    let source = delivery.source.clone();
    let mut header: Option<Vec<String>> = None;
    table::each_plain_row(bytes, |line, cells| {
        let position = format!("line {line}");
        let result = match (cells, &header) {
            (Ok(cells), None) => {
                header = Some(cells.iter().map(|cell| cell.trim().to_owned()).collect());
                return;
            }
            (Ok(cells), Some(header)) if cells.len() > header.len() => {
                let reason = format!("more cells than the {} columns of the header", header.len());
                Err(Refusal::new(Rule::RowLength, reason))
            }
            (Ok(cells), Some(header)) => Ok(row(header, &cells)),
            (Err(refusal), _) => Err(refusal),
        };
        let taken: Result<Taken, Reject> = match result {
            Ok(object) => {
                let text = object.to_string().into();
                let object = Object { pointer: String::new(), text, context: Some(source.clone()) };
                take(&super::FORMAT, &position, object)
            }
            Err(refusal) => Err(Reject { position, object_id: None, markings: None, refusal }),
        };
        match taken {
            Ok(taken) => delivery.taken.push(taken),
            Err(reject) => delivery.refuse(reject),
        }
    });
}

/// Members of a statement in JSON, in the order in which they are written.
const MEMBERS: [&str; 12] = [
    "canonical_id",
    "entity_id",
    "prop",
    "schema",
    "value",
    "dataset",
    "lang",
    "original_value",
    "first_seen",
    "last_seen",
    "origin",
    "id",
];

/// Makes the object of a row. In packs the schema stands before the property, and each entity is
/// its own canonical one.
fn row(header: &[String], cells: &StringRecord) -> Value {
    let cell = |name: &str| {
        let at = header.iter().position(|column| column == name)?;
        cells.get(at).filter(|cell| !cell.is_empty())
    };
    let mut object: serde_json::Map<String, Value> = MEMBERS
        .iter()
        .map(|name| ((*name).to_owned(), cell(name).map_or(Value::Null, Value::from)))
        .collect();
    object.insert("external".to_owned(), cell("external").is_some_and(|text| is_true(&text.into())).into());
    if let (None, Some((schema, property))) =
        (cell("schema"), cell("prop").and_then(|prop| prop.split_once(':')))
    {
        object.insert("schema".to_owned(), schema.into());
        object.insert("prop".to_owned(), property.into());
    }
    if let (None, Some(id)) = (cell("canonical_id"), cell("entity_id")) {
        object.insert("canonical_id".to_owned(), id.into());
    }
    Value::Object(object)
}
