//! When elements of an event ended, by expiration sightings of the event's own organisation.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    context::{Context, Element},
    documents::{elements, is_holder},
    levels, scalar, sharing,
};
use crate::{
    ingest::{json, outline::Outline},
    marking::Marking,
    time::Moment,
};

/// Expiration sightings of an event, by the organisation that made the event.
#[derive(Default)]
pub(super) struct Endings {
    /// The event's organisation, by its uuid and by its number on the server.
    organisation: [Option<String>; 2],
    /// Ends that sightings of the event state, by the uuid of the ended element.
    of_element: BTreeMap<String, Vec<End>>,
}

/// Time of an end, and the marking of the sighting that states it.
#[derive(Clone, Copy)]
struct End {
    at: Moment,
    marking: Marking,
}

impl Endings {
    pub(super) fn of_event(event: &Outline<'_>) -> Self {
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
            let target =
                ["attribute_uuid", "object_uuid"].iter().find_map(|name| scalar::text(sighting.get(*name)));
            if let (Some(target), Some(end)) = (target, endings.end(&sighting)) {
                endings.of_element.entry(target.to_ascii_lowercase()).or_default().push(end);
            }
        }
        endings
    }

    /// Returns whether sightings beside the elements state an end of one of them.
    pub(super) fn has_elements(&self) -> bool {
        !self.of_element.is_empty()
    }

    /// Returns the end of an element, by the earliest sighting that is not marked more strictly than the
    /// element. The end must not reveal a sighting that the reader may not see.
    pub(super) fn of(&self, context: &Context, outline: &Outline<'_>) -> Option<Moment> {
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
        let marking = levels::joined(context, outline);
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
            // Numbers are valid on one server only, so they count only without uuids.
            _ => self.organisation[1].is_some() && self.organisation[1] == number,
        };
        let at = scalar::end(sighting.get("date_sighting")).filter(|_| is_own)?;
        Some(End {
            at,
            marking: sharing::strictest(&sharing::level(Element::Sighting, sighting.as_object()?)),
        })
    }
}

/// Returns the readable sightings in an element.
fn sightings(outline: &Outline<'_>) -> impl Iterator<Item = Value> {
    let listed = outline.member("Sighting").filter(|raw| is_holder(*raw) && raw.get() != "[]");
    let values = listed.map(elements).unwrap_or_default();
    values.into_iter().filter_map(|(_, raw)| json::value(raw.get()).ok())
}
