//! An object to an entity: its id, schema and values, or why it is refused.

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

/// An entity as it is told.
#[derive(Clone, Debug)]
pub(super) struct Entity {
    pub(super) id: String,
    /// Ids that were joined to this one.
    pub(super) referents: Vec<String>,
    pub(super) schema: &'static Schema,
    /// Name by which its source shows it.
    pub(super) caption: Option<String>,
    /// Whether this is one value of it, so that nothing can be chosen among its names.
    pub(super) is_part: bool,
    /// Values of the properties that the schema knows, in the order delivered.
    values: BTreeMap<String, Vec<String>>,
    /// The dataset that it is from, where it is from one.
    pub(super) dataset: Option<String>,
    pub(super) first_seen: Option<Moment>,
    pub(super) last_seen: Option<Moment>,
    pub(super) last_change: Option<Moment>,
}

impl Entity {
    /// Makes an entity of values told one by one.
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

    /// Returns every property that is filled, with its values.
    pub(super) fn properties(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.values.iter().map(|(property, values)| (property.as_str(), values.as_slice()))
    }

    /// Returns the values of the first of some properties that is filled.
    pub(super) fn first_filled(&self, properties: &[impl AsRef<str>]) -> &[String] {
        let filled = properties.iter().map(|property| self.values(property.as_ref()));
        filled.into_iter().find(|values| !values.is_empty()).unwrap_or_default()
    }
}

/// Reads an entity.
pub(super) fn entity(value: &Value) -> Result<Entity, Reject> {
    let object = value
        .as_object()
        .ok_or_else(|| Reject::new(RejectRule::NotAnObject, "an element that is no JSON object"))?;
    let id = text(object, "id")?.filter(|id| is_id(id));
    let id = id.ok_or_else(|| Reject::new(RejectRule::BadId, "no `id`, or one that is not one word"))?;
    let schema = known_schema(object)?;
    let none = Map::new();
    let properties = match object.get("properties") {
        None | Some(Value::Null) => &none,
        Some(Value::Object(properties)) => properties,
        Some(_) => return Err(wrong("properties", "an object")),
    };
    let mut values = BTreeMap::new();
    for (name, value) in properties {
        // What the schema does not know is kept, and says nothing.
        let Some(of) = schema.properties.get(name) else { continue };
        let read = listed(value).ok_or_else(|| wrong(name, "a list of texts"))?;
        if is_read_date(schema, name) && read.iter().any(|text| dates::first(text).is_none()) {
            return Err(no_date(name));
        }
        if *of == Type::Entity && read.iter().any(|id| !is_id(id)) {
            return Err(Reject::new(RejectRule::BadId, format!("`{name}` holds an id that is not one word")));
        }
        if !read.is_empty() {
            values.insert(name.clone(), read);
        }
    }
    Ok(Entity {
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

/// Returns the dataset that an entity is from. Of several nobody can say which value is from which.
fn dataset(object: &Map<String, Value>) -> Option<String> {
    let named = ["datasets", "dataset"].iter().filter_map(|name| listed(object.get(*name)?));
    let datasets: BTreeSet<String> = named.flatten().collect();
    if datasets.len() == 1 { datasets.into_iter().next() } else { None }
}

/// Returns the schema that an object names.
pub(super) fn known_schema(object: &Map<String, Value>) -> Result<&'static Schema, Reject> {
    let name = text(object, "schema")?.ok_or_else(|| Reject::new(RejectRule::BadType, "no `schema`"))?;
    schema::schema(name).ok_or_else(|| {
        let reason = format!("`schema` is none of FollowTheMoney {}", schema::version());
        Reject::new(RejectRule::UnknownSchema, reason)
    })
}

/// Dates that say when something began or ended must be such; others only describe.
pub(super) fn is_read_date(schema: &Schema, name: &str) -> bool {
    let is_read = vocabulary::is_timed(schema) || vocabulary::edge(schema).is_some();
    is_read && [&schema.start, &schema.end].iter().any(|said| said.iter().any(|own| own == name))
}

/// Says that a date is none.
pub(super) fn no_date(name: &str) -> Reject {
    Reject::new(RejectRule::BadTime, format!("`{name}` holds what is no date"))
}

pub(super) fn wrong(name: &str, wanted: &str) -> Reject {
    Reject::new(RejectRule::WrongType, format!("`{name}` is not {wanted}"))
}

/// Reads a text that may be missing.
pub(super) fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Reject> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.trim().is_empty())),
        Some(_) => Err(wrong(name, "a text")),
    }
}

/// Reads a moment that may be missing.
pub(super) fn moment(object: &Map<String, Value>, name: &str) -> Result<Option<Moment>, Reject> {
    let Some(text) = text(object, name)? else { return Ok(None) };
    let read = dates::first(text).map(Moment::known);
    read.ok_or_else(|| Reject::new(RejectRule::BadTime, format!("`{name}` is no moment")))
}

/// Reads a list of texts, or one of them where a list should be; `None` where it is neither.
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
