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
    markings: check::markings,
    interpret: claims::interpret,
    record_key: claim::element_key,
    ..PLAIN
};
