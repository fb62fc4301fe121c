//! Which objects stand in a MISP document, each with its place, its text and its context.
//!
//! The document is walked by outlines, never parsed whole: one object that is broken or
//! holds a key twice costs only itself. The depth of the walk is that of the format
//! (event, object, attribute, proposal), whatever the document's depth.

use std::{borrow::Cow, collections::BTreeMap, rc::Rc};

use serde_json::{Map, Value, value::RawValue};

use super::{Context, Element, is_of_collection, is_uuid, scalar, sharing};
use crate::{
    ingest::{
        Found, Object, Refusal, Rule,
        json::{self, Outline},
        lines,
    },
    marking::Marking,
    time::Moment,
};

/// Members in which delivered objects stand.
pub(super) const DELIVERED: [&str; 6] =
    ["Attribute", "Object", "ShadowAttribute", "Sighting", "EventReport", "GalaxyCluster"];

/// Returns what a member of an element delivers.
fn delivers(holder: Element, member: &str) -> Option<Element> {
    match (holder, member) {
        (Element::Event | Element::Object, "Attribute") => Some(Element::Attribute),
        (Element::Event, "Object") => Some(Element::Object),
        (Element::Event, "EventReport") => Some(Element::EventReport),
        (Element::Event, "GalaxyCluster") => Some(Element::GalaxyCluster),
        (Element::Event | Element::Object | Element::Attribute, "ShadowAttribute") => Some(Element::Proposal),
        (Element::Event | Element::Object | Element::Attribute, "Sighting") => Some(Element::Sighting),
        _ => None,
    }
}

pub(super) fn find<'a>(outline: &Outline<'a>) -> Option<Result<Found<'a>, Refusal>> {
    let mut found = Vec::new();
    match outline {
        Outline::Object { whole, members, .. } => {
            let shape = shape(outline);
            if shape.is_some_and(|shape| shape != Shape::IndexEntry) {
                gather(whole, "", &mut found);
            } else if let Some(response) = outline.member("response") {
                let elements = elements(response);
                let is_empty_answer = elements.is_empty() && members.len() == 1 && is_holder(response);
                if !is_empty_answer && !holds_misp(&elements) {
                    return None;
                }
                for (at, element) in &elements {
                    gather(element, &format!("/response{at}"), &mut found);
                }
            } else if !is_manifest(members) {
                return None;
            }
        }
        Outline::List(values) => {
            let elements: Vec<(String, &RawValue)> =
                values.iter().enumerate().map(|(at, raw)| (format!("/{at}"), *raw)).collect();
            if !holds_misp(&elements) {
                return is_index(&elements).then(|| {
                    Err(Refusal::new(
                        Rule::UnknownFormat,
                        "a list of MISP events without what stands in them",
                    ))
                });
            }
            for (at, element) in elements {
                gather(element, &at, &mut found);
            }
        }
        Outline::Scalar => return None,
    }
    Some(Ok(Found { objects: found }))
}

/// What an element of a document is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `{"Event": …}`
    Wrapped,
    /// An event without its wrapping.
    Event,
    /// Attributes, objects or clusters without an event.
    Parts,
    /// An entry of an answer to a search: an event's head.
    IndexEntry,
}

fn shape(outline: &Outline<'_>) -> Option<Shape> {
    let has = |names: &[&str]| names.iter().any(|name| outline.member(name).is_some());
    let wrapped = outline.member("Event").map(elements).unwrap_or_default();
    let says_event = |inner: &Outline<'_>| {
        ["info", "uuid", "Attribute", "Object", "Orgc"].iter().any(|name| inner.member(name).is_some())
    };
    if wrapped.iter().any(|(_, raw)| json::outline(raw.get()).is_ok_and(|inner| says_event(&inner))) {
        return Some(Shape::Wrapped);
    }
    let is_event = outline.text("info").is_some()
        && has(&["date", "Attribute", "Object", "Orgc"])
        && has(&["Attribute", "Object", "uuid", "analysis", "threat_level_id", "distribution"]);
    if is_event {
        let is_head = has(&["EventTag"]) || (has(&["org"]) && has(&["orgc"]));
        return Some(if is_head && !has(&["Attribute", "Object"]) {
            Shape::IndexEntry
        } else {
            Shape::Event
        });
    }
    let says_part = |(member, needed): &(&str, [&str; 2])| {
        let parts = outline.member(member).map(elements).unwrap_or_default();
        parts.iter().any(|(_, raw)| {
            json::outline(raw.get()).is_ok_and(|part| needed.iter().all(|name| part.member(name).is_some()))
        })
    };
    PARTS.iter().any(says_part).then_some(Shape::Parts)
}

/// Members that hold delivered objects without an event, and what tells those from others.
const PARTS: [(&str, [&str; 2]); 4] = [
    ("Attribute", ["type", "value"]),
    ("Object", ["name", "Attribute"]),
    ("ShadowAttribute", ["type", "value"]),
    ("GalaxyCluster", ["type", "value"]),
];

fn holds_misp(elements: &[(String, &RawValue)]) -> bool {
    let is_misp = |shape| matches!(shape, Shape::Wrapped | Shape::Event | Shape::Parts);
    elements.iter().any(|(_, raw)| {
        json::outline(raw.get()).ok().and_then(|element| shape(&element)).is_some_and(is_misp)
    })
}

fn is_index(elements: &[(String, &RawValue)]) -> bool {
    let is_entry = |raw: &RawValue| {
        json::outline(raw.get()).is_ok_and(|element| shape(&element) == Some(Shape::IndexEntry))
    };
    !elements.is_empty() && elements.iter().all(|(_, raw)| is_entry(raw))
}

/// Returns whether a document is the `manifest.json` of a feed: heads of events by uuid.
fn is_manifest(members: &[(String, &RawValue)]) -> bool {
    let is_head = |raw: &RawValue| {
        json::outline(raw.get()).is_ok_and(|head| {
            head.text("info").is_some()
                && ["date", "timestamp", "Orgc"].iter().any(|name| head.member(name).is_some())
        })
    };
    !members.is_empty() && members.iter().all(|(key, raw)| is_uuid(key) && is_head(raw))
}

/// Returns whether a text is the `hashes.csv` of a feed: lines of a digest and a uuid.
pub(in crate::ingest) fn is_hash_index(text: &str) -> bool {
    let is_row = |line: &str| {
        line.split_once(',').is_some_and(|(digest, uuid)| {
            digest.len() == 32
                && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
                && is_uuid(uuid.trim_end())
        })
    };
    !text.is_empty() && lines::lines(text).all(is_row)
}

/// Returns the elements of a list with their pointers; one object stands for a list of one.
fn elements(raw: &RawValue) -> Vec<(String, &RawValue)> {
    match json::outline(raw.get()) {
        Ok(Outline::List(values)) => {
            values.into_iter().enumerate().map(|(at, value)| (format!("/{at}"), value)).collect()
        }
        Ok(Outline::Object { whole, .. }) => vec![(String::new(), whole)],
        _ => Vec::new(),
    }
}

fn is_holder(raw: &RawValue) -> bool {
    raw.get().starts_with(['[', '{'])
}

/// Delivers what one element of a document holds.
fn gather<'a>(raw: &'a RawValue, pointer: &str, found: &mut Vec<Object<'a>>) {
    let outline = json::outline(raw.get()).unwrap_or(Outline::Scalar);
    match (shape(&outline), &outline) {
        (Some(Shape::Wrapped), Outline::Object { members, .. }) => {
            for (_, event) in members.iter().filter(|(name, _)| name == "Event") {
                let events = elements(event);
                if events.is_empty() {
                    deliver(event, &format!("{pointer}/Event"), &Within::default(), found);
                }
                for (at, event) in events {
                    deliver(event, &format!("{pointer}/Event{at}"), &Within::default(), found);
                }
            }
        }
        (Some(Shape::Parts), _) => {
            deliver_parts(&outline, pointer, found);
        }
        // What is none of them is delivered as the event that should stand there, and refused.
        _ => deliver(raw, pointer, &Within::default(), found),
    }
}

/// What an element stands in: its context, and what tells when it ended.
#[derive(Clone, Default)]
struct Within {
    context: Context,
    endings: Rc<Endings>,
}

impl Within {
    fn with(&self, context: Context) -> Self {
        Self { context, endings: Rc::clone(&self.endings) }
    }
}

/// Delivers what stands without an event around it. Answers to a search for attributes or objects hold
/// in each of them the head of its event, which is its context as if it stood there.
fn deliver_parts<'a>(outline: &Outline<'a>, pointer: &str, found: &mut Vec<Object<'a>>) {
    let Outline::Object { members, .. } = outline else { return };
    for (name, raw) in members.iter().filter(|(_, raw)| is_holder(raw)) {
        let Some(element) = delivers(Element::Event, name) else { continue };
        for (at, part) in elements(raw) {
            let event = json::outline(part.get()).ok().and_then(|part| part.member("Event"));
            let event = event.and_then(|raw| Some((raw, json::outline(raw.get()).ok()?)));
            let within = event.map_or_else(Within::default, |(raw, event)| {
                inner_context(&Within::default(), &event, raw.get())
            });
            let within = within.with(Context { element, ..within.context.clone() });
            deliver(part, &format!("{pointer}/{name}{at}"), &within, found);
        }
    }
}

/// Delivers an element, `within.context.element`, and what stands in it.
fn deliver<'a>(raw: &'a RawValue, pointer: &str, within: &Within, found: &mut Vec<Object<'a>>) {
    let outline = json::outline(raw.get()).unwrap_or(Outline::Scalar);
    let element = within.context.element;
    let text = pruned(&within.context, raw, &outline);
    let mut within = Cow::Borrowed(within);
    if let Some(expired) = within.endings.of(&within.context, &outline) {
        let context = &mut within.to_mut().context;
        context.expired = Some(context.expired.map_or(expired, |known| known.min(expired)));
    }
    let inner = holds_any(element, &outline).then(|| inner_context(&within, &outline, &text));
    // A context is texts, numbers and lists of them: writing it cannot fail.
    let written = serde_json::to_string(&within.context).ok();
    found.push(Object { pointer: pointer.to_owned(), text, context: written });
    if let Some(inner) = inner {
        deliver_inner(element, &outline, pointer, &inner, found);
    }
}

fn deliver_inner<'a>(
    holder: Element,
    outline: &Outline<'a>,
    pointer: &str,
    within: &Within,
    found: &mut Vec<Object<'a>>,
) {
    let Outline::Object { members, .. } = outline else { return };
    for (name, raw) in members.iter().filter(|(_, raw)| is_holder(raw)) {
        if let Some(element) = delivers(holder, name) {
            let within = within.with(Context { element, ..within.context.clone() });
            for (at, element) in elements(raw) {
                deliver(element, &format!("{pointer}/{name}{at}"), &within, found);
            }
        }
        if name == "Galaxy" && holds_galaxies(holder) {
            for (at, galaxy) in elements(raw) {
                let Ok(galaxy) = json::outline(galaxy.get()) else { continue };
                deliver_clusters(&galaxy, &format!("{pointer}/{name}{at}"), within, found);
            }
        }
    }
}

/// Returns whether anything may stand in an element; most attributes hold empty lists.
fn holds_any(holder: Element, outline: &Outline<'_>) -> bool {
    let Outline::Object { members, .. } = outline else { return false };
    members.iter().any(|(name, raw)| {
        let is_place = delivers(holder, name).is_some() || (name == "Galaxy" && holds_galaxies(holder));
        is_place && is_holder(raw) && raw.get() != "[]"
    })
}

fn holds_galaxies(holder: Element) -> bool {
    matches!(holder, Element::Event | Element::Object | Element::Attribute)
}

fn deliver_clusters<'a>(galaxy: &Outline<'a>, pointer: &str, within: &Within, found: &mut Vec<Object<'a>>) {
    let Outline::Object { members, .. } = galaxy else { return };
    let own = (Element::GalaxyCluster, galaxy.text("type"));
    let within = within.with(Context { element: own.0, galaxy: own.1, ..within.context.clone() });
    for (name, raw) in members.iter().filter(|(name, _)| name == "GalaxyCluster") {
        for (at, cluster) in elements(raw) {
            deliver(cluster, &format!("{pointer}/{name}{at}"), &within, found);
        }
    }
}

/// Returns the context of what stands in an element.
fn inner_context(within: &Within, outline: &Outline<'_>, text: &str) -> Within {
    let Outline::Object { members, .. } = outline else { return within.clone() };
    let context = &within.context;
    let own_id = || {
        let uuid = outline.text("uuid").filter(|uuid| is_uuid(uuid)).map(|uuid| uuid.to_ascii_lowercase());
        uuid.or_else(|| json::value(text).ok().map(|value| format!("{:?}", json::digest(&value))))
    };
    let value = |name: &str| outline.member(name).and_then(|raw| json::value(raw.get()).ok());
    // What stands twice costs the element, and what it holds is read by whichever says more.
    let says = |name: &str| {
        let values = members.iter().filter(|(own, _)| own == name);
        values.filter_map(|(_, raw)| json::value(raw.get()).ok()).any(|value| scalar::is_true(Some(&value)))
    };
    let mut endings = Rc::clone(&within.endings);
    let mut inner = context.clone();
    let (markings, tags) = level(context.element, members);
    inner.markings.extend(markings);
    inner.markings.sort_unstable();
    inner.markings.dedup();
    inner.confidence = sharing::confidence(tags.iter().flat_map(scalar::listed)).or(context.confidence);
    inner.deleted |= says("deleted");
    inner.uncorrelated |= says("disable_correlation");
    match context.element {
        Element::Event => {
            inner.event = own_id();
            inner.date = scalar::date(value("date").as_ref());
            inner.published = scalar::moment(value("publish_timestamp").as_ref());
            endings = Rc::new(Endings::of_event(outline));
        }
        Element::Object => {
            inner.object = own_id().map(|id| (id, outline.text("name").unwrap_or_default()));
        }
        Element::Attribute => inner.attribute = own_id(),
        _ => {}
    }
    Within { context: inner, endings }
}

/// What tells when an element of an event ended: expiration sightings by the organisation that made the event.
#[derive(Default)]
struct Endings {
    /// The event's organisation, by its uuid and by its number on the server.
    organisation: [Option<String>; 2],
    /// Endings that sightings of the event itself state, by the uuid of what ended.
    of_element: BTreeMap<String, Vec<End>>,
}

/// When something ended, and how the sighting that says so is marked itself.
#[derive(Clone, Copy)]
struct End {
    at: Moment,
    marking: Marking,
}

impl Endings {
    fn of_event(event: &Outline<'_>) -> Self {
        let organisation = event.member("Orgc").and_then(|raw| json::value(raw.get()).ok());
        let of_name = |name: &str| scalar::text(organisation.as_ref()?.get(name));
        let number =
            event.member("orgc_id").and_then(|raw| scalar::text(json::value(raw.get()).ok().as_ref()));
        let mut endings = Self {
            organisation: [
                of_name("uuid").map(|uuid| uuid.to_ascii_lowercase()),
                number.or_else(|| of_name("id")),
            ],
            of_element: BTreeMap::new(),
        };
        for sighting in sightings(event) {
            let of =
                ["attribute_uuid", "object_uuid"].iter().find_map(|name| scalar::text(sighting.get(*name)));
            if let (Some(of), Some(end)) = (of, endings.end(&sighting)) {
                endings.of_element.entry(of.to_ascii_lowercase()).or_default().push(end);
            }
        }
        endings
    }

    /// Returns when an element ended, by the earliest sighting that says so and is not marked stricter
    /// than the element: who may see the element must not learn from it what a hidden sighting says.
    fn of(&self, context: &Context, outline: &Outline<'_>) -> Option<Moment> {
        if !matches!(context.element, Element::Attribute | Element::Object) {
            return None;
        }
        let mut ends: Vec<End> = sightings(outline).filter_map(|sighting| self.end(&sighting)).collect();
        if !self.of_element.is_empty()
            && let Some(uuid) = outline.text("uuid")
        {
            ends.extend(self.of_element.get(&uuid.to_ascii_lowercase()).into_iter().flatten());
        }
        if ends.is_empty() {
            return None;
        }
        let marking = joined(context, outline);
        ends.into_iter().filter(|end| end.marking <= marking).map(|end| end.at).min()
    }

    /// Returns the end that a sighting states, if it is an expiration by the event's organisation.
    fn end(&self, sighting: &Value) -> Option<End> {
        let is_expiration = scalar::text(sighting.get("type")).as_deref() == Some("2");
        if !is_expiration || scalar::is_true(sighting.get("deleted")) {
            return None;
        }
        let organisation = sighting.get("Organisation");
        let uuid =
            organisation.and_then(|by| scalar::text(by.get("uuid"))).map(|uuid| uuid.to_ascii_lowercase());
        let number = scalar::text(sighting.get("org_id"))
            .or_else(|| organisation.and_then(|by| scalar::text(by.get("id"))));
        let is_own = match (&self.organisation[0], uuid) {
            (Some(own), Some(by)) => *own == by,
            // Numbers are a server's own, and decide only where a uuid is missing.
            _ => self.organisation[1].is_some() && self.organisation[1] == number,
        };
        let at = scalar::end(sighting.get("date_sighting")).filter(|_| is_own)?;
        Some(End {
            at,
            marking: sharing::strictest(&sharing::level(Element::Sighting, sighting.as_object()?)),
        })
    }
}

/// Returns the sightings that stand in an element; one that cannot be read says nothing here.
fn sightings(outline: &Outline<'_>) -> impl Iterator<Item = Value> {
    let listed = outline.member("Sighting").filter(|raw| is_holder(raw) && raw.get() != "[]");
    let values = listed.map(elements).unwrap_or_default();
    values.into_iter().filter_map(|(_, raw)| json::value(raw.get()).ok())
}

/// Returns the markings that an element states, and its tags. Where a member stands twice
/// the element itself is refused, and what it holds is marked by both.
fn level(element: Element, members: &[(String, &RawValue)]) -> (Vec<String>, Option<Value>) {
    let mut tags = Vec::new();
    let mut distributions = Vec::new();
    for (name, raw) in members {
        // What cannot be read is a tag without a name, and no known distribution: it fails closed.
        let value = || json::value(raw.get()).unwrap_or(Value::Bool(true));
        if sharing::TAGS.contains(&name.as_str()) {
            tags.extend(scalar::listed(&value()).cloned());
        } else if name == "distribution" {
            distributions.push(value());
        }
    }
    let tags = (!tags.is_empty()).then_some(Value::Array(tags));
    let mut markings = Vec::new();
    for distribution in distributions.into_iter().map(Some).chain([None]) {
        let mut stated = Map::new();
        stated.extend(tags.clone().map(|tags| ("Tag".to_owned(), tags)));
        stated.extend(distribution.map(|distribution| ("distribution".to_owned(), distribution)));
        markings.extend(sharing::level(element, &stated));
    }
    (markings, tags)
}

/// Returns the marking of an element by its own markings and those of all that holds it.
fn joined(context: &Context, outline: &Outline<'_>) -> Marking {
    let Outline::Object { members, .. } = outline else { return Marking::Clear };
    let (own, _) = level(context.element, members);
    sharing::strictest(own.iter().chain(&context.markings))
}

/// Returns the text of an element without the delivered objects inside it.
///
/// Of its galaxies remain references to their clusters: that they are named is said by
/// the holder, what they are by the clusters. No reference remains to a cluster that is marked
/// stricter than the holder, nor a relation of a cluster that is marked stricter than the cluster. A member that stands twice keeps standing
/// twice, so that the element is refused for it.
fn pruned<'a>(context: &Context, raw: &'a RawValue, outline: &Outline<'a>) -> Cow<'a, str> {
    let element = context.element;
    let Outline::Object { members, repeated, .. } = outline else { return Cow::Borrowed(raw.get()) };
    let is_dropped = |name: &str, raw: &RawValue| {
        delivers(element, name).is_some() && (is_holder(raw) || raw.get() == "null")
    };
    let is_replaced = |name: &str| name == "Galaxy" && holds_galaxies(element);
    let is_relations = |name: &str, raw: &RawValue| {
        element == Element::GalaxyCluster && name == "GalaxyClusterRelation" && is_holder(raw)
    };
    if !members
        .iter()
        .any(|(name, raw)| is_dropped(name, raw) || is_replaced(name) || is_relations(name, raw))
    {
        return Cow::Borrowed(raw.get());
    }
    let mut kept = Vec::with_capacity(members.len());
    for (name, raw) in members {
        let value = if is_dropped(name, raw) {
            repeated.then_some(Cow::Borrowed("null"))
        } else if is_replaced(name) {
            references(raw, joined(context, outline)).or_else(|| repeated.then_some(Cow::Borrowed("null")))
        } else if is_relations(name, raw) {
            // What a cluster says is of no event, whatever holds it.
            Some(relations(raw, sharing::strictest(&level(element, members).0)))
        } else {
            Some(Cow::Borrowed(raw.get()))
        };
        kept.extend(value.map(|value| format!("{}:{value}", Value::String(name.clone()))));
    }
    Cow::Owned(format!("{{{}}}", kept.join(",")))
}

/// Members of a cluster that say which one it is, and how it stands to what names it.
const NAMES_CLUSTER: [&str; 5] = ["uuid", "tag_name", "type", "value", "relationship_type"];

/// Returns the relations of a cluster that are not marked stricter than the cluster.
fn relations(raw: &RawValue, of_cluster: Marking) -> Cow<'_, str> {
    let all = elements(raw);
    let is_shown =
        |(_, relation): &&(String, &RawValue)| own_marking(Element::GalaxyCluster, relation) <= of_cluster;
    let shown: Vec<&str> = all.iter().filter(is_shown).map(|(_, relation)| relation.get()).collect();
    if shown.len() == all.len() {
        return Cow::Borrowed(raw.get());
    }
    Cow::Owned(format!("[{}]", shown.join(",")))
}

/// Returns how an element is marked itself.
fn own_marking(element: Element, raw: &RawValue) -> Marking {
    match json::outline(raw.get()) {
        Ok(Outline::Object { members, .. }) => sharing::strictest(&level(element, &members).0),
        _ => Marking::Clear,
    }
}

/// Returns a list of references to the clusters of galaxies that are not marked stricter than their
/// holder; `None` where there are none.
fn references(raw: &RawValue, of_holder: Marking) -> Option<Cow<'_, str>> {
    let galaxies = elements(raw);
    let mut references = Vec::new();
    for (_, galaxy) in &galaxies {
        let Ok(Outline::Object { members, repeated, .. }) = json::outline(galaxy.get()) else {
            // Not galaxies: the holder is refused for what stands there.
            return Some(Cow::Borrowed(raw.get()));
        };
        if repeated {
            references.push(r#"{"repeated":null,"repeated":null}"#.to_owned());
        }
        for (_, clusters) in members.iter().filter(|(name, _)| name == "GalaxyCluster") {
            let clusters = elements(clusters).into_iter().map(|(_, cluster)| cluster);
            let shown = clusters.filter(|cluster| own_marking(Element::GalaxyCluster, cluster) <= of_holder);
            references.extend(shown.filter_map(reference));
        }
    }
    if references.is_empty() {
        return (!is_holder(raw) && raw.get() != "null").then_some(Cow::Borrowed(raw.get()));
    }
    Some(Cow::Owned(format!("[{}]", references.join(","))))
}

fn reference(cluster: &RawValue) -> Option<String> {
    let outline = json::outline(cluster.get()).ok()?;
    let member = |name: &str| outline.member(name).and_then(|raw| json::value(raw.get()).ok());
    let has_uuid = outline.text("uuid").is_some_and(|uuid| is_uuid(&uuid)) && !is_of_collection(member);
    let says = |name: &&&str| match **name {
        "uuid" => has_uuid,
        "type" | "value" => !has_uuid,
        _ => true,
    };
    let named = NAMES_CLUSTER.iter().filter(says).filter_map(|name| {
        let text = outline.text(name).filter(|text| !text.is_empty())?;
        Some(((*name).to_owned(), Value::String(text)))
    });
    let reference: Map<String, Value> = named.collect();
    (!reference.is_empty()).then(|| Value::Object(reference).to_string())
}
