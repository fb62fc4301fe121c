//! Elements of MISP, and the context of an element: what its meaning needs of the document around it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::scalar;
use crate::{
    canonical::detect::is_uuid,
    ingest::{
        json::{self, short_digest},
        tree::{Members, Node},
    },
    record::Surroundings,
    time::Moment,
};

/// Delivered elements, by their names in MISP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Element {
    #[default]
    Event,
    Attribute,
    Object,
    Proposal,
    Sighting,
    EventReport,
    GalaxyCluster,
    /// Analyst data: a note about another element.
    Note,
    /// Analyst data: an opinion about another element.
    Opinion,
    /// Analyst data: a relationship of two elements.
    Relationship,
}

/// Facts of the document around an element that its meaning depends on; archived beside the element.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Context {
    pub(super) element: Element,
    /// Id of the event: its uuid, else the digest of its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) event: Option<String>,
    /// The event's date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) date: Option<Moment>,
    /// Time at which the event was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) published: Option<Moment>,
    /// Markings of the holders.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) markings: Vec<String>,
    /// Confidence that a holder states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) confidence: Option<u8>,
    /// Id and template of the object around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) object: Option<(String, String)>,
    /// Id of the attribute around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) attribute: Option<String>,
    /// Type of the galaxy around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) galaxy: Option<String>,
    /// True if a holder is deleted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) deleted: bool,
    /// True if a holder excludes its values from correlation.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) uncorrelated: bool,
    /// True if Araneus exported the event.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) exported: bool,
    /// Time of its end, by sightings of the event's own organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expired: Option<Moment>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_false(truth: &bool) -> bool {
    !truth
}

impl Context {
    /// Returns digests of the part of the context that an element's meaning needs. Markings are compared
    /// separately, and the time of publication changes no meaning. A cluster means the same in every event.
    pub(super) fn surroundings(&self) -> Surroundings {
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

    pub(super) fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

/// Returns the ids of the event, the object and the attribute around an element.
pub(super) fn ids(context: &str) -> Vec<String> {
    let Context { event, object, attribute, .. } = Context::read(Some(context));
    event.into_iter().chain(object.map(|(id, _)| id)).chain(attribute).collect()
}

/// Returns the uuid of an object in lower case, if it has a well-formed one.
pub(super) fn uuid<M: Members>(object: &M) -> Option<String> {
    object.value("uuid")?.as_text().filter(|text| is_uuid(text)).map(str::to_ascii_lowercase)
}

/// Returns the id of an object: its uuid, else the digest of its content.
pub(super) fn id(element: Element, value: &Value) -> String {
    let own = value.as_object().and_then(|object| own_uuid(element, object));
    own.unwrap_or_else(|| format!("{:?}", json::digest(value)))
}

/// Returns the uuid of an object, if it is the object's own.
pub(super) fn own_uuid(element: Element, object: &Map<String, Value>) -> Option<String> {
    let is_own = element != Element::GalaxyCluster || !is_of_collection(|name| object.get(name).cloned());
    uuid(object).filter(|_| is_own)
}

/// Returns whether the uuid of a cluster is that of its list. Servers before about 2020 wrote one uuid for
/// all entries of a list; later ones write both.
pub(super) fn is_of_collection(member: impl Fn(&str) -> Option<Value>) -> bool {
    match member("collection_uuid").filter(|collection| !scalar::is_empty(Some(collection))) {
        Some(collection) => member("uuid") == Some(collection),
        None => member("galaxy_id").is_some(),
    }
}

/// Members that hold delivered objects.
pub(super) const DELIVERED: [&str; 6] =
    ["Attribute", "Object", "ShadowAttribute", "Sighting", "EventReport", "GalaxyCluster"];

/// Members that hold analyst data, which may have analyst data of its own
/// (<https://www.misp-standard.org/rfc/misp-standard-core.html>, "Analyst Data").
pub(super) const ANALYST_DATA: [(&str, Element); 3] =
    [("Note", Element::Note), ("Opinion", Element::Opinion), ("Relationship", Element::Relationship)];

impl Element {
    /// Returns what a member of this element delivers.
    pub(super) fn delivers(self, member: &str) -> Option<Self> {
        match (self, member) {
            (Self::Event | Self::Object, "Attribute") => Some(Self::Attribute),
            (Self::Event, "Object") => Some(Self::Object),
            (Self::Event, "EventReport") => Some(Self::EventReport),
            (Self::Event, "GalaxyCluster") => Some(Self::GalaxyCluster),
            (Self::Event | Self::Object | Self::Attribute, "ShadowAttribute") => Some(Self::Proposal),
            (Self::Event | Self::Object | Self::Attribute, "Sighting") => Some(Self::Sighting),
            (Self::Proposal | Self::Sighting, _) => None,
            _ => ANALYST_DATA.iter().find(|(name, _)| *name == member).map(|(_, element)| *element),
        }
    }

    /// Returns whether the element is analyst data.
    pub(super) fn is_analyst_data(self) -> bool {
        ANALYST_DATA.iter().any(|(_, element)| *element == self)
    }

    /// Returns whether this element may hold galaxies.
    pub(super) fn holds_galaxies(self) -> bool {
        matches!(self, Self::Event | Self::Object | Self::Attribute)
    }
}
