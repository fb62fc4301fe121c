//! Copies of single records: objects with one random id, near-equal texts, and equal references.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{attribution::Attribution, evidence::CopyEvidence, sourced::Sourced};
use crate::{
    canonical::detect::is_uuid,
    entity::{Entity, OBSERVABLES},
    index::EntityIndex,
    record::digest,
};

/// Largest number of records with one part of a text, or one reference; a more frequent one is boilerplate.
const RECORDS_MAX: usize = 40;
/// Largest number of them in one source.
const RECORDS_OF_SOURCE_MAX: usize = 4;
/// Smallest number of common parts of two sketches of texts, and their smallest share of the rare parts of the shorter one.
const TEXT_PARTS_MIN: usize = 9;
const TEXT_SHARE_MIN: f64 = 0.4;

/// Reports and the records that describe them.
pub(super) struct Documents {
    pub(super) of_record: BTreeMap<u32, EntityIndex>,
}

impl Documents {
    pub(super) fn of(sourced: &Sourced<'_>, entities: &[Entity]) -> Self {
        let mut of_record = BTreeMap::new();
        for (index, entity) in EntityIndex::enumerate(entities) {
            if is_document(entity) {
                of_record.extend(entity.records.iter().map(|record| (record.index() as u32, index)));
            }
        }
        debug_assert!(of_record.len() <= sourced.records.len());
        Self { of_record }
    }

    /// Returns the reports that two records describe.
    fn pair(&self, one: u32, other: u32) -> Option<(EntityIndex, EntityIndex)> {
        let (one, other) = (*self.of_record.get(&one)?, *self.of_record.get(&other)?);
        Some((one.min(other), one.max(other)))
    }
}

/// Returns whether an entity is a document that names other entities.
pub(super) fn is_document(entity: &Entity) -> bool {
    matches!(entity.kind.as_str(), "report" | "grouping")
}

/// Adds records of different sources about one object, if the id of the object is random.
pub(super) fn same_objects(sourced: &Sourced<'_>, attribution: &mut Attribution<'_>) {
    let mut keys: Vec<(u64, u32)> = (0..)
        .zip(sourced.records)
        .filter(|(_, record)| has_own_id(&record.key, &record.content.kind))
        .map(|(position, record)| (digest(&record.key), position))
        .collect();
    keys.sort_unstable();
    for group in keys.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
        let first = group.iter().map(|(_, record)| *record).min_by_key(|record| sourced.order(*record));
        let Some(first) = first else { continue };
        for &(_, record) in group {
            let is_same_object = sourced.records[record as usize]
                .key
                .eq_ignore_ascii_case(&sourced.records[first as usize].key);
            if is_same_object
                && (is_random(&sourced.records[record as usize].key)
                    || is_created_with(sourced, record, first))
            {
                attribution.add(record, first, CopyEvidence::Object);
            }
        }
    }
}

/// Returns whether equal keys of two sources can mean that one copied the object. The id of an observable derives from
/// its value, and the key of a table row may be a value.
fn has_own_id(key: &str, kind: &str) -> bool {
    key.starts_with("NK-") || (uuid(key).is_some() && !OBSERVABLES.contains(&kind))
}

fn uuid(key: &str) -> Option<&str> {
    key.get(key.len().checked_sub(36)?..).filter(|uuid| is_uuid(uuid))
}

/// Returns whether an id is random. A UUID of version 3 or 5 derives from the content of its object.
fn is_random(key: &str) -> bool {
    uuid(key).is_none_or(|uuid| !matches!(uuid.as_bytes()[14], b'3' | b'5'))
}

/// Returns whether two records state the same time of creation.
fn is_created_with(sourced: &Sourced<'_>, one: u32, other: u32) -> bool {
    let created = |record: u32| sourced.records[record as usize].content.created();
    created(one).is_some() && created(one) == created(other)
}

/// Returns whether two records cite one address among few.
pub(super) fn share_reference(sourced: &Sourced<'_>, one: u32, other: u32) -> bool {
    let references = |record: u32| {
        let traces = sourced.records[record as usize].content.traces();
        traces
            .map(|traces| &*traces.references)
            .filter(|references| references.len() <= 3)
            .unwrap_or_default()
    };
    references(one).iter().any(|reference| references(other).contains(reference))
}

/// Adds records whose texts are nearly equal, and returns the pairs of reports with such texts.
pub(super) fn same_texts(
    sourced: &Sourced<'_>,
    documents: &Documents,
    attribution: &mut Attribution<'_>,
) -> BTreeSet<(EntityIndex, EntityIndex)> {
    let text = |record: u32| {
        sourced.records[record as usize].content.traces().map_or(&[][..], |traces| &traces.text)
    };
    let parts = (0..sourced.records.len() as u32)
        .flat_map(|record| text(record).iter().map(move |part| (u64::from(*part), record)));
    let parts = rare(sourced, parts.collect());
    let mut rare_parts: HashMap<u32, usize> = HashMap::new();
    for (_, record) in &parts {
        *rare_parts.entry(*record).or_default() += 1;
    }
    let mut pairs = BTreeSet::new();
    for (one, other, count) in common(sourced, &parts) {
        let shorter = rare_parts[&one].min(rare_parts[&other]);
        if count >= TEXT_PARTS_MIN && count as f64 >= TEXT_SHARE_MIN * shorter as f64 {
            attribution.add(one, other, CopyEvidence::Text);
            pairs.extend(documents.pair(one, other));
        }
    }
    pairs
}

/// Returns the pairs of reports that cite one address among few.
pub(super) fn same_references(
    sourced: &Sourced<'_>,
    documents: &Documents,
) -> BTreeSet<(EntityIndex, EntityIndex)> {
    let mut cited: Vec<(u64, u32)> = Vec::new();
    for &record in documents.of_record.keys() {
        let traces = sourced.records[record as usize].content.traces();
        let references = traces.map(|traces| &*traces.references).filter(|all| all.len() <= 3);
        cited.extend(references.into_iter().flatten().map(|reference| (*reference, record)));
    }
    common(sourced, &rare(sourced, cited))
        .into_iter()
        .filter_map(|(one, other, _)| documents.pair(one, other))
        .collect()
}

/// Returns the parts that few records have, sorted.
fn rare(sourced: &Sourced<'_>, mut parts: Vec<(u64, u32)>) -> Vec<(u64, u32)> {
    parts.sort_unstable();
    parts.dedup();
    let mut kept = Vec::with_capacity(parts.len());
    for group in parts.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() <= RECORDS_MAX) {
        let of_sources = group.chunk_by(|a, b| sourced.source(a.1) == sourced.source(b.1));
        if of_sources.map(<[_]>::len).max().unwrap_or(0) <= RECORDS_OF_SOURCE_MAX {
            kept.extend_from_slice(group);
        }
    }
    kept
}

/// Returns the pairs of records of different sources that have parts in common, each with the number of common parts.
/// `parts` are sorted.
fn common(sourced: &Sourced<'_>, parts: &[(u64, u32)]) -> Vec<(u32, u32, usize)> {
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    for group in parts.chunk_by(|a, b| a.0 == b.0) {
        for (position, (_, one)) in group.iter().enumerate() {
            let others = group[position + 1..].iter().map(|(_, other)| *other);
            let foreign = others.filter(|other| sourced.source(*one) != sourced.source(*other));
            pairs.extend(foreign.map(|other| (*one, other)));
        }
    }
    pairs.sort_unstable();
    pairs.chunk_by(|a, b| a == b).map(|group| (group[0].0, group[0].1, group.len())).collect()
}
