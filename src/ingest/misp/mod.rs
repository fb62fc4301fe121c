//! MISP events: each object in an event is delivered by itself.
//!
//! Format: the MISP core format (<https://www.misp-standard.org/rfc/misp-standard-core.html>). The reader is
//! lenient: documents may be wrapped in `Event`, `response` or a list, or bare. A single object may replace
//! a list, and numbers and truth values may be texts. Delivered objects are Event, Attribute (also
//! inside an Object), Object, `ShadowAttribute`, Sighting, `EventReport`, `GalaxyCluster`, and the analyst data
//! Note, Opinion and Relationship. Tags,
//! references, organisations and related events are part of their holder. The content of a holder excludes
//! the delivered objects inside it, so a changed attribute changes only itself. The context of an object
//! holds what it needs of its surroundings: the event's id, date and markings.
//!
//! Claims follow misp-stix, so that one fact gives the same entity in both formats.
//! - `documents`, `find`: recognise a document, and find its objects;
//! - `pruned`, `levels`, `endings`: text, markings and ends of an object in its document;
//! - `context`: what an object needs of its surroundings; `check`: rejects;
//! - `scalar`: numbers, times and truth values in any notation;
//! - `sharing`: tags and distribution to markings and confidence;
//! - `types`: observables of attributes; `object_templates`: entities of objects;
//! - `claims`, `galaxy_clusters`, `analyst_data`: claims of each object; `own_export`: events that Araneus exported.

mod analyst_data;
mod attributes;
mod check;
mod claim;
mod claims;
mod context;
mod documents;
mod endings;
mod find;
mod galaxy_clusters;
mod levels;
mod object_templates;
mod own_export;
mod pruned;
mod scalar;
mod sharing;
#[cfg(test)]
mod tests;
mod types;

use super::{
    format::{Format, PLAIN},
    unpack,
};

pub(super) use documents::{is_answer, is_element};
pub(super) use find::objects_of;
pub use own_export::{MISP_TAG, MISP_TEMPLATE};

pub(super) const FORMAT: Format = Format {
    name: "misp",
    about: "MISP events with their attributes, objects, proposals, sightings, reports and galaxy clusters: \
            wrapped, in lists or bare, and the index files of MISP feeds.",
    sniff: |file| file.mapping.is_none() && unpack::text(&file.bytes).is_ok_and(documents::is_hash_index),
    // An index file contains no objects.
    read_file: |format, _, delivery| {
        delivery.format = Some(format.name);
        Ok(())
    },
    find: find::find,
    key_property: "uuid",
    key: check::key,
    check: check::check,
    tree_check: Some(check::tree_check),
    markings: check::markings,
    interpret: claims::interpret,
    record_key: claim::element_key,
    ids_in_context: Some(context::ids),
    ..PLAIN
};
