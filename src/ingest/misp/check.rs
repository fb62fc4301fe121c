//! Checks an object: the types of its properties, and its required properties.

use serde_json::Value;

use super::{
    context::{ANALYST_DATA, Context, DELIVERED, Element, id, own_uuid, uuid},
    scalar, sharing,
};
use crate::ingest::{
    format::{Checked, TreeCheck},
    reject::{Reject, RejectRule},
    tree::{Kind, Members, Node, Tree},
};
use crate::record::Surroundings;

/// Returns the key of an object with a uuid. A proposal has the uuid of the attribute that it would change,
/// so its key differs from the uuid.
pub(super) fn key(value: &Value, context: Option<&str>) -> Option<String> {
    let element = Context::read(context).element;
    Some(keyed(element, own_uuid(element, value.as_object()?)?))
}

fn keyed(element: Element, id: String) -> String {
    if element == Element::Proposal { format!("proposal--{id}") } else { id }
}

pub(super) fn check(value: &Value, context: Option<&str>) -> Result<Checked, Reject> {
    let context = Context::read(context);
    let object = value.as_object().ok_or_else(not_an_object)?;
    checked(object, &context, context.surroundings(), || id(context.element, value))
}

/// Prepares the check of elements with one context. It accepts elements with a uuid of their own, and no clusters.
pub(super) fn tree_check(context: Option<&str>) -> TreeCheck {
    prepared(Context::read(context))
}

/// Prepares the check of [`tree_check`].
pub(super) fn prepared(context: Context) -> TreeCheck {
    let surroundings = context.surroundings();
    Box::new(move |tree| {
        let object = Named::of(tree).filter(|_| context.element != Element::GalaxyCluster);
        let object = object.ok_or_else(not_an_object)?;
        let uuid = uuid(&object).ok_or_else(not_an_object)?;
        checked(&object, &context, surroundings, || uuid)
    })
}

/// An object and a set of its names, as bits. Most of the names that a check looks for are absent, and it need not compare them.
struct Named<'t, 'a> {
    tree: &'t Tree<'a>,
    names: u64,
}

impl<'t, 'a> Named<'t, 'a> {
    fn of(tree: &'t Tree<'a>) -> Option<Self> {
        let Tree::Object(members) = tree else { return None };
        let names = members.iter().fold(0, |names, (name, _)| names | Self::bit(name));
        Some(Self { tree, names })
    }

    /// Returns the bit of a name. Names can share a bit.
    #[inline]
    fn bit(name: &str) -> u64 {
        let bytes = name.as_bytes();
        let [first, last] =
            [bytes.first(), bytes.last()].map(|byte| byte.map_or(0, |byte| usize::from(*byte)));
        1 << ((7 * bytes.len() + 3 * first + last) % 64)
    }
}

impl<'a> Members for Named<'_, 'a> {
    type Value = Tree<'a>;

    #[inline]
    fn value(&self, name: &str) -> Option<&Tree<'a>> {
        if self.names & Self::bit(name) == 0 { None } else { self.tree.member(name) }
    }
}

fn not_an_object() -> Reject {
    Reject::new(RejectRule::NotAnObject, "an element that is not a JSON object")
}

fn checked<M: Members>(
    object: &M,
    context: &Context,
    surroundings: Surroundings,
    id: impl FnOnce() -> String,
) -> Result<Checked, Reject> {
    check_scalars(context.element, object)?;
    check_lists(context.element, object)?;
    check_needed(context.element, object)?;
    let moment = |name| scalar::moment(object.value(name));
    // The version of a cluster is that of its galaxy. The other elements have the time of their last
    // change.
    let version = match context.element {
        Element::GalaxyCluster => scalar::text(object.value("version")),
        Element::Sighting => moment("date_sighting").map(|moment| moment.to_string()),
        element if element.is_analyst_data() => moment("modified").map(|moment| moment.to_string()),
        _ => moment("timestamp").or_else(|| moment("publish_timestamp")).map(|moment| moment.to_string()),
    };
    let times: &[&str] = if context.element.is_analyst_data() {
        &["modified", "created"]
    } else {
        &["timestamp", "date_sighting", "publish_timestamp"]
    };
    let own_time = times.iter().copied().find_map(moment);
    let own_date = scalar::date(object.value("date")).filter(|_| context.element == Element::Event);
    Ok(Checked {
        key: keyed(context.element, id()),
        version,
        own_time: own_time.or(context.published).or(own_date).or(context.date),
        markings: all_markings(object, context),
        defines: None,
        revokes: false,
        surroundings,
    })
}

/// Returns the markings of an element and of every holder of it.
fn all_markings<M: Members>(object: &M, context: &Context) -> Vec<String> {
    let mut markings = sharing::level(context.element, object);
    markings.extend(context.markings.iter().cloned());
    markings.sort_unstable();
    markings.dedup();
    markings
}

/// Returns the markings of a rejected element; `None` if one of them may be unread.
pub(super) fn markings(value: &Value, context: Option<&str>) -> Option<Vec<String>> {
    let context = Context::read(context);
    let markings = all_markings(value.as_object()?, &context);
    (!markings.iter().any(|marking| marking == sharing::UNREADABLE)).then_some(markings)
}

/// Properties that are times, truth values and texts in every element.
const MOMENTS: [&str; 5] = ["timestamp", "publish_timestamp", "date_sighting", "first_seen", "last_seen"];
const TRUTHS: [&str; 5] = ["deleted", "to_ids", "published", "default", "disable_correlation"];
const TEXTS: [&str; 7] = ["uuid", "info", "name", "type", "object_relation", "comment", "distribution"];

fn check_scalars<M: Members>(element: Element, object: &M) -> Result<(), Reject> {
    let filled = |name: &str| object.value(name).filter(|value| !scalar::is_empty(Some(*value)));
    let is_no_time = |name: &str| filled(name).is_some_and(|value| scalar::any_moment(Some(value)).is_none());
    let analyst_times = ["created", "modified"].into_iter().filter(|_| element.is_analyst_data());
    for name in MOMENTS.into_iter().chain(analyst_times) {
        if is_no_time(name) {
            return Err(Reject::new(RejectRule::BadTime, format!("`{name}` is not a time")));
        }
    }
    if filled("date").is_some_and(|value| scalar::any_date(Some(value)).is_none()) {
        return Err(Reject::new(RejectRule::BadTime, "`date` is not a date"));
    }
    for name in TRUTHS {
        if filled(name).is_some_and(|value| scalar::truth(Some(value)).is_none()) {
            return Err(wrong(name, "true or false"));
        }
    }
    for name in TEXTS {
        if filled(name).is_some_and(|value| value.as_scalar_text().is_none()) {
            return Err(wrong(name, "a text"));
        }
    }
    Ok(())
}

/// Checks lists of objects that belong to their holder. A list of delivered objects that is still here could
/// not be read.
fn check_lists<M: Members>(element: Element, object: &M) -> Result<(), Reject> {
    if object
        .value("Tag")
        .is_some_and(|tags| scalar::listed(tags).any(|tag| sharing::tag_name(tag).is_none()))
    {
        return Err(wrong("Tag", "a list of tags with names"));
    }
    for name in ["Galaxy", "ObjectReference", "GalaxyClusterRelation"] {
        if !object
            .value(name)
            .is_none_or(|value| scalar::listed(value).all(|entry| entry.kind() == Kind::Object))
        {
            return Err(wrong(name, "a list of objects"));
        }
    }
    let analyst_data = ANALYST_DATA.iter().map(|(name, _)| *name);
    for name in DELIVERED.into_iter().chain(analyst_data.filter(|name| element.delivers(name).is_some())) {
        if object.value(name).is_some() {
            return Err(wrong(name, "a list of objects"));
        }
    }
    Ok(())
}

/// Checks required properties (MISP core format, section 2).
fn check_needed<M: Members>(element: Element, object: &M) -> Result<(), Reject> {
    let has =
        |name: &str| object.value(name).and_then(Node::as_scalar_text).is_some_and(|text| !text.is_empty());
    match element {
        Element::Event if !has("info") => Err(wrong("info", "a text")),
        Element::Attribute | Element::Proposal if !has("type") => {
            Err(Reject::new(RejectRule::BadType, "`type` is missing or not a text"))
        }
        Element::Attribute if object.value("value").and_then(Node::as_scalar_text).is_none() => {
            Err(wrong("value", "a text"))
        }
        Element::Object if !has("name") => Err(wrong("name", "a text")),
        Element::GalaxyCluster if !has("value") => Err(wrong("value", "a text")),
        Element::Note if !has("note") => Err(wrong("note", "a text")),
        Element::Opinion if !object.value("opinion").is_some_and(is_percentage) => {
            Err(wrong("opinion", "a whole number from 0 to 100"))
        }
        Element::Relationship if !has("related_object_uuid") => {
            Err(Reject::new(RejectRule::MissingReference, "a relationship without `related_object_uuid`"))
        }
        _ => Ok(()),
    }
}

fn is_percentage<N: Node>(value: &N) -> bool {
    value.as_scalar_text().and_then(|text| text.trim().parse().ok()).is_some_and(|percent: u8| percent <= 100)
}

fn wrong(name: &str, wanted: &str) -> Reject {
    Reject::new(RejectRule::WrongType, format!("`{name}` is not {wanted}"))
}
