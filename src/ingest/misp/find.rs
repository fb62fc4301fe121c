//! Finds the objects in a MISP document, each with position, text and context.
//!
//! The document is walked by outlines and never parsed as a whole: an object that is broken or repeats a key
//! is the only one rejected. The depth of the walk is that of the format (event, object, attribute,
//! proposal), regardless of the document's depth.

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

use rayon::prelude::*;

use super::{
    check,
    context::{Context, Element},
    documents::{At, Shape, elements, holds_misp, is_holder, is_index, is_loss_report, is_manifest, shape},
    endings::Endings,
    levels::level,
    own_export,
    pruned::pruned,
    scalar, sharing,
};
use crate::{
    canonical::detect::is_uuid,
    ingest::{
        format::{DeliveredObject, TreeCheck},
        json,
        outline::{Outline, Raw, outline_of},
        reject::{Reject, RejectRule},
        tree::{self, Tree},
    },
};

pub(super) fn find<'a>(outline: &Outline<'a>) -> Option<Result<Vec<DeliveredObject<'a>>, Reject>> {
    let mut objects = Vec::new();
    match outline {
        Outline::Object { whole, members, .. } => {
            let shape = shape(outline);
            if shape.is_some_and(|shape| shape != Shape::IndexEntry) {
                gather(*whole, "", &mut objects);
            } else if let Some(response) = outline.member("response") {
                let elements = elements(response);
                let is_empty_answer = elements.is_empty() && members.len() == 1 && is_holder(response);
                if !is_empty_answer && !holds_misp(&elements) {
                    return None;
                }
                for (pointer, element) in &elements {
                    gather(*element, &format!("/response{pointer}"), &mut objects);
                }
            } else if !is_manifest(members) && !is_loss_report(members) {
                return None;
            }
        }
        Outline::List(values) => {
            let elements: Vec<(At, Raw<'_>)> =
                values.iter().enumerate().map(|(position, raw)| (At(Some(position)), *raw)).collect();
            if !holds_misp(&elements) {
                return is_index(&elements).then(|| {
                    Err(Reject::new(
                        RejectRule::UnknownFormat,
                        "a list of MISP events without their contents",
                    ))
                });
            }
            for (pointer, element) in elements {
                gather(element, &pointer.to_string(), &mut objects);
            }
        }
        Outline::Scalar => return None,
    }
    Some(Ok(objects))
}

/// Returns the objects in one element of a list, and whether the element is certainly one of MISP.
pub(in crate::ingest) fn objects_of<'a>(
    raw: Raw<'a>,
    outline: &Outline<'a>,
    pointer: &str,
) -> (Vec<DeliveredObject<'a>>, bool) {
    let mut objects = Vec::new();
    let shape = shape(outline);
    gather_shaped(raw, (shape, outline), pointer, &mut objects);
    (objects, shape.is_some_and(|shape| shape != Shape::IndexEntry))
}

/// Delivers the objects in one element of a document.
fn gather<'a>(raw: Raw<'a>, pointer: &str, found: &mut Vec<DeliveredObject<'a>>) {
    let outline = outline_of(raw).unwrap_or(Outline::Scalar);
    gather_shaped(raw, (shape(&outline), &outline), pointer, found);
}

fn gather_shaped<'a>(
    raw: Raw<'a>,
    (shape, outline): (Option<Shape>, &Outline<'a>),
    pointer: &str,
    found: &mut Vec<DeliveredObject<'a>>,
) {
    match (shape, outline) {
        (Some(Shape::Wrapped), Outline::Object { members, .. }) => {
            for (_, event) in members.iter().filter(|(name, _)| name == "Event") {
                let events = elements(*event);
                if events.is_empty() {
                    deliver(*event, &format!("{pointer}/Event"), &Within::default(), found);
                }
                for (at, event) in events {
                    deliver(event, &format!("{pointer}/Event{at}"), &Within::default(), found);
                }
            }
        }
        (Some(Shape::Parts), _) => {
            deliver_parts(outline, pointer, found);
        }
        // Any other element is delivered as an event, and rejected.
        _ => deliver(raw, pointer, &Within::default(), found),
    }
}

/// The surroundings of an element: its context, and the endings of its event.
#[derive(Clone, Default)]
struct Within {
    context: Context,
    endings: Arc<Endings>,
    /// The context as text, once it was needed.
    written: OnceLock<Arc<str>>,
    /// The check of an element in this context, once it was needed.
    check: OnceLock<Arc<TreeCheck>>,
}

impl Within {
    /// Returns the context as text. It is texts, numbers and lists of them, so it can always be serialised.
    fn written(&self) -> Arc<str> {
        let write = || serde_json::to_string(&self.context).unwrap_or_default().into();
        Arc::clone(self.written.get_or_init(write))
    }

    fn check(&self) -> &TreeCheck {
        self.check.get_or_init(|| Arc::new(check::prepared(self.context.clone())))
    }

    fn with(&self, context: Context) -> Self {
        Self { context, endings: Arc::clone(&self.endings), ..Self::default() }
    }
}

/// Delivers elements without an event around them. In answers to a search for attributes or objects, each
/// contains the head of its event, which becomes its context.
fn deliver_parts<'a>(outline: &Outline<'a>, pointer: &str, found: &mut Vec<DeliveredObject<'a>>) {
    let Outline::Object { members, .. } = outline else { return };
    for (name, raw) in members.iter().filter(|(_, raw)| is_holder(*raw)) {
        let Some(element) = Element::Event.delivers(name) else { continue };
        for (at, part) in elements(*raw) {
            let event = outline_of(part).ok().and_then(|part| part.member("Event"));
            let event = event.and_then(|raw| Some((raw, outline_of(raw).ok()?)));
            let within = event.map_or_else(Within::default, |(raw, event)| {
                inner_context(&Within::default(), &event, raw.get())
            });
            let within = within.with(Context { element, ..within.context.clone() });
            deliver(part, &format!("{pointer}/{name}{at}"), &within, found);
        }
    }
}

/// Elements of a list that one thread reads at once, at least.
const ELEMENTS: usize = 1024;

/// Delivers the elements of a list, and the elements inside them.
fn deliver_listed<'a>(raw: Raw<'a>, pointer: &str, within: &Within, found: &mut Vec<DeliveredObject<'a>>) {
    let elements = elements(raw);
    let deliver_each = |elements: &[(At, Raw<'a>)], found: &mut Vec<DeliveredObject<'a>>| {
        for (at, element) in elements {
            deliver(*element, &format!("{pointer}{at}"), within, found);
        }
    };
    if elements.len() <= ELEMENTS {
        found.reserve(elements.len());
        return deliver_each(&elements, found);
    }
    let read = |elements: &[(At, Raw<'a>)]| {
        let mut found = Vec::with_capacity(elements.len());
        deliver_each(elements, &mut found);
        found
    };
    let parts: Vec<Vec<DeliveredObject<'a>>> = elements.par_chunks(ELEMENTS).map(read).collect();
    found.extend(parts.into_iter().flatten());
}

/// Returns an attribute that contains no other element, with the result of its check. `None` if it may contain one, or if the
/// check does not accept it. Its text is read once, because large events consist of such attributes.
fn plain_attribute<'a>(raw: Raw<'a>, pointer: &str, within: &Within) -> Option<DeliveredObject<'a>> {
    let element = within.context.element;
    if element != Element::Attribute || within.endings.has_elements() {
        return None;
    }
    let mut tree = tree::tree(raw.get())?;
    let Tree::Object(members) = &mut tree else { return None };
    let is_place = |name: &str| name == "Galaxy" || element.delivers(name).is_some();
    let count = members.len();
    if members.iter().any(|(name, value)| is_place(name) && *value != Tree::List(Vec::new())) {
        return None;
    }
    // Servers write empty lists in each attribute, and its text is without them.
    members.retain(|(name, _)| !is_place(name));
    let text = if members.len() == count {
        Cow::Borrowed(raw.get())
    } else {
        pruned(&within.context, raw, &outline_of(raw).ok()?)
    };
    let checked = within.check()(&tree).ok()?;
    Some(DeliveredObject {
        pointer: pointer.to_owned(),
        text,
        context: Some(within.written()),
        accepted: Some((checked, tree::digest(&tree))),
    })
}

/// Delivers an element, `within.context.element`, and the elements inside it.
fn deliver<'a>(raw: Raw<'a>, pointer: &str, within: &Within, found: &mut Vec<DeliveredObject<'a>>) {
    match plain_attribute(raw, pointer, within) {
        Some(attribute) => found.push(attribute),
        None => deliver_any(raw, pointer, within, found),
    }
}

fn deliver_any<'a>(raw: Raw<'a>, pointer: &str, within: &Within, found: &mut Vec<DeliveredObject<'a>>) {
    let outline = outline_of(raw).unwrap_or(Outline::Scalar);
    let element = within.context.element;
    let text = pruned(&within.context, raw, &outline);
    let mut within = Cow::Borrowed(within);
    if let Some(expired) = within.endings.of(&within.context, &outline) {
        let mut context = within.context.clone();
        context.expired = Some(context.expired.map_or(expired, |known| known.min(expired)));
        within = Cow::Owned(within.with(context));
    }
    let inner = holds_any(element, &outline).then(|| inner_context(&within, &outline, &text));
    let context = Some(within.written());
    found.push(DeliveredObject { pointer: pointer.to_owned(), text, context, accepted: None });
    if let Some(inner) = inner {
        deliver_inner(element, &outline, pointer, &inner, found);
    }
}

fn deliver_inner<'a>(
    holder: Element,
    outline: &Outline<'a>,
    pointer: &str,
    within: &Within,
    found: &mut Vec<DeliveredObject<'a>>,
) {
    let Outline::Object { members, .. } = outline else { return };
    for (name, raw) in members.iter().filter(|(_, raw)| is_holder(*raw)) {
        if let Some(element) = holder.delivers(name) {
            let within = within.with(Context { element, ..within.context.clone() });
            deliver_listed(*raw, &format!("{pointer}/{name}"), &within, found);
        }
        if name == "Galaxy" && holder.holds_galaxies() {
            for (at, galaxy) in elements(*raw) {
                let Ok(galaxy) = outline_of(galaxy) else { continue };
                deliver_clusters(&galaxy, &format!("{pointer}/{name}{at}"), within, found);
            }
        }
    }
}

/// Returns whether an element may contain others; most attributes have empty lists.
fn holds_any(holder: Element, outline: &Outline<'_>) -> bool {
    let Outline::Object { members, .. } = outline else { return false };
    members.iter().any(|(name, raw)| {
        let is_place = holder.delivers(name).is_some() || (name == "Galaxy" && holder.holds_galaxies());
        is_place && is_holder(*raw) && raw.get() != "[]"
    })
}

fn deliver_clusters<'a>(
    galaxy: &Outline<'a>,
    pointer: &str,
    within: &Within,
    found: &mut Vec<DeliveredObject<'a>>,
) {
    let Outline::Object { members, .. } = galaxy else { return };
    let own = (Element::GalaxyCluster, galaxy.text("type"));
    let within = within.with(Context { element: own.0, galaxy: own.1, ..within.context.clone() });
    for (name, raw) in members.iter().filter(|(name, _)| name == "GalaxyCluster") {
        deliver_listed(*raw, &format!("{pointer}/{name}"), &within, found);
    }
}

/// Returns the context of the elements inside an element.
fn inner_context(within: &Within, outline: &Outline<'_>, text: &str) -> Within {
    let Outline::Object { members, .. } = outline else { return within.clone() };
    let context = &within.context;
    let own_id = || {
        let uuid = outline.text("uuid").filter(|uuid| is_uuid(uuid)).map(|uuid| uuid.to_ascii_lowercase());
        uuid.or_else(|| json::value(text).ok().map(|value| format!("{:?}", json::digest(&value))))
    };
    let value = |name: &str| outline.member(name).and_then(|raw| json::value(raw.get()).ok());
    // A repeated member rejects the element; the elements inside it get the strictest of its values.
    let says = |name: &str| {
        let values = members.iter().filter(|(own, _)| own == name);
        values.filter_map(|(_, raw)| json::value(raw.get()).ok()).any(|value| scalar::is_true(Some(&value)))
    };
    let mut endings = Arc::clone(&within.endings);
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
            let mut names = tags.iter().flat_map(scalar::listed).filter_map(sharing::tag_name);
            inner.exported = names.any(|tag| own_export::is_mark(&tag));
            inner.date = scalar::date(value("date").as_ref());
            inner.published = scalar::moment(value("publish_timestamp").as_ref());
            endings = Arc::new(Endings::of_event(outline));
        }
        Element::Object => {
            inner.object = own_id().map(|id| (id, outline.text("name").unwrap_or_default()));
        }
        Element::Attribute => inner.attribute = own_id(),
        _ => {}
    }
    Within { context: inner, endings, ..Within::default() }
}

#[cfg(test)]
mod tests;
