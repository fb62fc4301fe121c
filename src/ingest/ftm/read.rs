//! Reads entities: id, schema and values, or the reason of a reject.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    dates,
    ids::is_id,
    schema::{self, Schema, Type},
    vocabulary,
};
use crate::{
    ingest::reject::{Reject, RejectRule},
    time::Moment,
};

/// An entity as delivered.
#[derive(Clone, Debug)]
pub(super) struct FtmEntity {
    pub(super) id: String,
    /// Other ids that were joined with this one.
    pub(super) referents: Vec<String>,
    pub(super) schema: &'static Schema,
    /// Name under which its source shows it.
    pub(super) caption: Option<String>,
    /// True if it has only one value of the entity, so that no name can be chosen.
    pub(super) is_part: bool,
    /// Values of known properties, in the order delivered.
    values: BTreeMap<String, Vec<String>>,
    /// The entity's dataset, if it has only one.
    pub(super) dataset: Option<String>,
    pub(super) first_seen: Option<Moment>,
    pub(super) last_seen: Option<Moment>,
    pub(super) last_change: Option<Moment>,
}

impl FtmEntity {
    /// Creates an entity from values that are delivered one by one.
    pub(super) fn of_values(
        id: &str,
        schema: &'static Schema,
        values: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let mut of: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (property, value) in values {
            let values = of.entry(property).or_default();
            if !values.contains(&value) {
                values.push(value);
            }
        }
        Self {
            id: id.to_owned(),
            referents: Vec::new(),
            schema,
            caption: None,
            is_part: false,
            values: of,
            dataset: None,
            first_seen: None,
            last_seen: None,
            last_change: None,
        }
    }

    /// Returns the values of a property.
    pub(super) fn values(&self, property: &str) -> &[String] {
        self.values.get(property).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns every filled property with its values.
    pub(super) fn properties(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.values.iter().map(|(property, values)| (property.as_str(), values.as_slice()))
    }

    /// Returns the values of the first filled one of some properties.
    pub(super) fn first_filled(&self, properties: &[impl AsRef<str>]) -> &[String] {
        let filled = properties.iter().map(|property| self.values(property.as_ref()));
        filled.into_iter().find(|values| !values.is_empty()).unwrap_or_default()
    }
}

/// Reads an entity.
pub(super) fn entity(value: &Value) -> Result<FtmEntity, Reject> {
    let object = value
        .as_object()
        .ok_or_else(|| Reject::new(RejectRule::NotAnObject, "an element that is not a JSON object"))?;
    let id = text(object, "id")?.filter(|id| is_id(id));
    let id = id.ok_or_else(|| Reject::new(RejectRule::BadId, "`id` is missing or not one word"))?;
    let schema = known_schema(object)?;
    let none = Map::new();
    let properties = match object.get("properties") {
        None | Some(Value::Null) => &none,
        Some(Value::Object(properties)) => properties,
        Some(_) => return Err(wrong("properties", "an object")),
    };
    let mut values = BTreeMap::new();
    for (name, value) in properties {
        // Unknown properties are kept and claim nothing.
        let Some(of) = schema.properties.get(name) else { continue };
        let read = listed(value).ok_or_else(|| wrong(name, "a list of texts"))?;
        if is_read_date(schema, name) && read.iter().any(|text| dates::first(text).is_none()) {
            return Err(no_date(name));
        }
        if *of == Type::Entity && read.iter().any(|id| !is_id(id)) {
            return Err(Reject::new(
                RejectRule::BadId,
                format!("`{name}` contains an id that is not one word"),
            ));
        }
        if !read.is_empty() {
            values.insert(name.clone(), read);
        }
    }
    Ok(FtmEntity {
        id: id.to_owned(),
        referents: listed(object.get("referents").unwrap_or(&Value::Null))
            .filter(|ids| ids.iter().all(|id| is_id(id)))
            .ok_or_else(|| wrong("referents", "a list of ids"))?,
        schema,
        caption: text(object, "caption")?.map(str::to_owned),
        is_part: false,
        values,
        dataset: dataset(object),
        first_seen: moment(object, "first_seen")?,
        last_seen: moment(object, "last_seen")?,
        last_change: moment(object, "last_change")?,
    })
}

/// Returns the dataset of an entity. With several, nobody can say which value is from which.
fn dataset(object: &Map<String, Value>) -> Option<String> {
    let named = ["datasets", "dataset"].iter().filter_map(|name| listed(object.get(*name)?));
    let datasets: BTreeSet<String> = named.flatten().collect();
    if datasets.len() == 1 { datasets.into_iter().next() } else { None }
}

/// Returns the schema that an object names.
pub(super) fn known_schema(object: &Map<String, Value>) -> Result<&'static Schema, Reject> {
    let name = text(object, "schema")?.ok_or_else(|| Reject::new(RejectRule::BadType, "no `schema`"))?;
    schema::schema(name).ok_or_else(|| {
        let reason = format!("FollowTheMoney {} has no such `schema`", schema::version());
        Reject::new(RejectRule::UnknownSchema, reason)
    })
}

/// Returns whether a property is a start or an end and therefore must be a date; other dates only describe.
pub(super) fn is_read_date(schema: &Schema, name: &str) -> bool {
    let is_read = vocabulary::is_timed(schema) || vocabulary::edge(schema).is_some();
    is_read
        && [&schema.start, &schema.end]
            .iter()
            .any(|properties| properties.iter().any(|property| property == name))
}

/// Returns the reject of a value that is not a date.
pub(super) fn no_date(name: &str) -> Reject {
    Reject::new(RejectRule::BadTime, format!("`{name}` contains a value that is not a date"))
}

pub(super) fn wrong(name: &str, wanted: &str) -> Reject {
    Reject::new(RejectRule::WrongType, format!("`{name}` is not {wanted}"))
}

/// Returns a text, which may be absent.
pub(super) fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Reject> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.trim().is_empty())),
        Some(_) => Err(wrong(name, "a text")),
    }
}

/// Returns a time, which may be absent.
pub(super) fn moment(object: &Map<String, Value>, name: &str) -> Result<Option<Moment>, Reject> {
    let Some(text) = text(object, name)? else { return Ok(None) };
    let read = dates::first(text).map(Moment::known);
    read.ok_or_else(|| Reject::new(RejectRule::BadTime, format!("`{name}` is not a time")))
}

/// Returns a list of texts, or a single text as a list; `None` for any other value.
fn listed(value: &Value) -> Option<Vec<String>> {
    let one = |value: &Value| match value {
        Value::Null => Some(None),
        Value::String(text) => Some(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Value::Number(number) => Some(Some(number.to_string())),
        _ => None,
    };
    let values: Option<Vec<Option<String>>> = match value {
        Value::Array(values) => values.iter().map(one).collect(),
        value => one(value).map(|one| vec![one]),
    };
    Some(values?.into_iter().flatten().collect())
}
