//! MISP events: what stands in them is delivered object by object, each by itself.
//!
//! Format: the MISP core format (<https://www.misp-standard.org/rfc/misp-standard-core.html>),
//! read leniently, as published: wrapped in `Event`, `response` or a list, or bare; one
//! object where a list should be; numbers and truth values as texts. Delivered are Event,
//! Attribute (also inside an Object), Object, `ShadowAttribute`, Sighting, `EventReport` and
//! `GalaxyCluster`; tags, references, organisations and related events are part of what
//! holds them. The content of a holder is without the delivered objects inside it, so
//! that a changed attribute changes only itself. What an object needs of its surroundings
//! (the event's id, date, markings) is its [`Context`].
//!
//! What is claimed follows misp-stix, so that one fact gives one entity in both formats.
//! - `find`: which objects stand in a document;
//! - `scalar`: numbers, moments and truth values in any spelling;
//! - `sharing`: tags and distribution to markings and confidence;
//! - `types`: what the value of an attribute names;
//! - `things`: what an object is;
//! - `claims`: what each of them says.

mod claims;
mod find;
mod scalar;
mod sharing;
#[cfg(test)]
mod tests;
mod things;
mod types;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Checked, Format, Refusal, Rule,
    form::{is_uuid, short_digest},
    json,
};
use crate::{record::Surroundings, time::Moment};

pub(super) use find::is_hash_index;

pub(super) const FORMAT: Format = Format {
    name: "misp",
    about: "MISP events with their attributes, objects, proposals, sightings, reports and galaxy clusters: \
            wrapped, in lists or bare, and the index files of MISP feeds.",
    find: find::find,
    key_property: "uuid",
    key,
    check,
    markings,
    interpret: claims::interpret,
};

/// What is delivered, by its name in MISP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Element {
    #[default]
    Event,
    Attribute,
    Object,
    Proposal,
    Sighting,
    EventReport,
    GalaxyCluster,
}

/// What the meaning of an object needs of the document around it; kept beside the object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Context {
    element: Element,
    /// Id of the event: its uuid, else the digest of its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    /// The event's date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    date: Option<Moment>,
    /// When the event was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    published: Option<Moment>,
    /// Markings of what holds it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    markings: Vec<String>,
    /// Confidence that what holds it states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confidence: Option<u8>,
    /// Id and template of the object that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object: Option<(String, String)>,
    /// Id of the attribute that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attribute: Option<String>,
    /// Type of the galaxy that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    galaxy: Option<String>,
    /// Whether something that holds it is deleted.
    #[serde(default, skip_serializing_if = "is_false")]
    deleted: bool,
    /// Whether something that holds it says that its values tie nobody.
    #[serde(default, skip_serializing_if = "is_false")]
    uncorrelated: bool,
    /// When it ended, by sightings of the event's own organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expired: Option<Moment>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_false(truth: &bool) -> bool {
    !truth
}

impl Context {
    /// Returns what the meaning of an element needs of this context. Markings are kept beside it, and when
    /// its event was published says nothing of it. What a cluster says is of no event.
    fn surroundings(&self) -> Surroundings {
        let holder = (&self.event, &self.object, &self.attribute);
        match self.element {
            Element::Proposal => Surroundings::default(),
            Element::GalaxyCluster => {
                Surroundings { digest: self.galaxy.as_ref().map_or(0, short_digest), holder: 0 }
            }
            _ if *self == (Self { element: self.element, ..Self::default() }) => Surroundings::default(),
            _ => {
                let meaning = Self { markings: Vec::new(), published: None, ..self.clone() };
                Surroundings { digest: short_digest(&meaning), holder: short_digest(&holder) }
            }
        }
    }

    fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

/// Returns the uuid of an object in lower case, if it has a well-formed one.
fn uuid(object: &Map<String, Value>) -> Option<String> {
    object.get("uuid")?.as_str().filter(|text| is_uuid(text)).map(str::to_ascii_lowercase)
}

/// Returns what names an object: its uuid, and where it has none its content.
fn id(element: Element, value: &Value) -> String {
    let own = value.as_object().and_then(|object| own_uuid(element, object));
    own.unwrap_or_else(|| format!("{:?}", json::digest(value)))
}

/// Returns the uuid that is an object's own.
fn own_uuid(element: Element, object: &Map<String, Value>) -> Option<String> {
    let is_own = element != Element::GalaxyCluster || !is_of_collection(|name| object.get(name).cloned());
    uuid(object).filter(|_| is_own)
}

/// Returns whether the uuid of a cluster is that of the list it is an entry of, as servers
/// of before about 2020 wrote it: all entries of a list then share it. Later ones write both.
fn is_of_collection(member: impl Fn(&str) -> Option<Value>) -> bool {
    match member("collection_uuid").filter(|collection| !scalar::is_empty(Some(collection))) {
        Some(collection) => member("uuid") == Some(collection),
        None => member("galaxy_id").is_some(),
    }
}

/// Returns the key of an object with a uuid. A proposal carries the uuid of the attribute
/// that it would change, and must not stand in that one's place.
fn key(value: &Value, context: Option<&str>) -> Option<String> {
    let element = Context::read(context).element;
    Some(keyed(element, own_uuid(element, value.as_object()?)?))
}

fn keyed(element: Element, id: String) -> String {
    if element == Element::Proposal { format!("proposal--{id}") } else { id }
}

fn check(value: &Value, context: Option<&str>) -> Result<Checked, Refusal> {
    let context = Context::read(context);
    let object = value
        .as_object()
        .ok_or_else(|| Refusal::new(Rule::NotAnObject, "an element that is no JSON object"))?;
    check_scalars(object)?;
    check_lists(object)?;
    check_needed(context.element, object)?;
    let moment = |name| scalar::moment(object.get(name));
    // The version of a cluster is that of its galaxy; the others tell when they were edited.
    let version = match context.element {
        Element::GalaxyCluster => scalar::text(object.get("version")),
        Element::Sighting => moment("date_sighting").map(|moment| moment.to_string()),
        _ => moment("timestamp").or_else(|| moment("publish_timestamp")).map(|moment| moment.to_string()),
    };
    let own_time = ["timestamp", "date_sighting", "publish_timestamp"].into_iter().find_map(moment);
    let own_date = scalar::date(object.get("date")).filter(|_| context.element == Element::Event);
    Ok(Checked {
        key: keyed(context.element, id(context.element, value)),
        version,
        own_time: own_time.or(context.published).or(own_date).or(context.date),
        markings: all_markings(object, &context),
        defines: None,
        surroundings: context.surroundings(),
    })
}

/// Returns the markings of an element and of everything that holds it.
fn all_markings(object: &Map<String, Value>, context: &Context) -> Vec<String> {
    let mut markings = sharing::level(context.element, object);
    markings.extend(context.markings.iter().cloned());
    markings.sort_unstable();
    markings.dedup();
    markings
}

/// Returns the markings of an element that is not accepted; `None` where one of them may be unread.
fn markings(value: &Value, context: Option<&str>) -> Option<Vec<String>> {
    let context = Context::read(context);
    let markings = all_markings(value.as_object()?, &context);
    (!markings.iter().any(|marking| marking == sharing::UNREADABLE)).then_some(markings)
}

/// Properties that are moments, truth values and texts wherever they stand.
const MOMENTS: [&str; 5] = ["timestamp", "publish_timestamp", "date_sighting", "first_seen", "last_seen"];
const TRUTHS: [&str; 5] = ["deleted", "to_ids", "published", "default", "disable_correlation"];
const TEXTS: [&str; 7] = ["uuid", "info", "name", "type", "object_relation", "comment", "distribution"];

fn check_scalars(object: &Map<String, Value>) -> Result<(), Refusal> {
    for name in MOMENTS {
        if !scalar::is_empty(object.get(name)) && scalar::any_moment(object.get(name)).is_none() {
            return Err(Refusal::new(Rule::BadTime, format!("`{name}` is no moment")));
        }
    }
    if !scalar::is_empty(object.get("date")) && scalar::any_date(object.get("date")).is_none() {
        return Err(Refusal::new(Rule::BadTime, "`date` is no date"));
    }
    for name in TRUTHS {
        if !scalar::is_empty(object.get(name)) && scalar::truth(object.get(name)).is_none() {
            return Err(wrong(name, "true or false"));
        }
    }
    for name in TEXTS {
        if !scalar::is_empty(object.get(name)) && scalar::text(object.get(name)).is_none() {
            return Err(wrong(name, "a text"));
        }
    }
    Ok(())
}

/// Lists of objects that belong to what holds them, and lists of delivered objects: those
/// that still stand here could not be read.
fn check_lists(object: &Map<String, Value>) -> Result<(), Refusal> {
    if object.get("Tag").is_some_and(|tags| scalar::listed(tags).any(|tag| sharing::tag_name(tag).is_none()))
    {
        return Err(wrong("Tag", "a list of tags with names"));
    }
    for name in ["Galaxy", "ObjectReference", "GalaxyClusterRelation"] {
        if !object.get(name).is_none_or(|value| scalar::listed(value).all(Value::is_object)) {
            return Err(wrong(name, "a list of objects"));
        }
    }
    for name in find::DELIVERED {
        if object.contains_key(name) {
            return Err(wrong(name, "a list of objects"));
        }
    }
    Ok(())
}

/// What each must say (MISP core format, section 2).
fn check_needed(element: Element, object: &Map<String, Value>) -> Result<(), Refusal> {
    let has = |name: &str| scalar::text(object.get(name)).is_some_and(|text| !text.is_empty());
    match element {
        Element::Event if !has("info") => Err(wrong("info", "a text")),
        Element::Attribute | Element::Proposal if !has("type") => {
            Err(Refusal::new(Rule::BadType, "no `type`, or one that is no text"))
        }
        Element::Attribute if scalar::text(object.get("value")).is_none() => Err(wrong("value", "a text")),
        Element::Object if !has("name") => Err(wrong("name", "a text")),
        Element::GalaxyCluster if !has("value") => Err(wrong("value", "a text")),
        _ => Ok(()),
    }
}

fn wrong(name: &str, wanted: &str) -> Refusal {
    Refusal::new(Rule::WrongType, format!("`{name}` is not {wanted}"))
}
