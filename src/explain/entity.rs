//! Explanations of entities: what an entity is, and why two names are one entity or two.

use serde_json::{Value, json};

use super::{
    error::QuestionError,
    find::find_entity,
    network::{LINKS_MAX, explain_link, sort_by_weight, with_valid_time_and_amount},
    opened::OpenedRun,
    records::{describe_records, entity_reference, record},
};
use crate::{canonical, entity::Entity, index::EntityIndex, index::RecordIndex, link::Link, record::Claim};

/// Most records that are shown of an entity, and of one name.
const RECORDS_MAX: usize = 50;
const NAME_RECORDS_MAX: usize = 5;
/// Most other entities that are named.
const OTHERS_MAX: usize = 20;

/// Explains an entity; `name` is the word of the question.
pub(super) fn explain_entity(opened: &OpenedRun, index: EntityIndex) -> Value {
    let entities = &opened.resolution.entities;
    let entity = &entities[index.index()];
    let has_entity = |link: &&Link| link.from == index || link.to == index;
    let mut links: Vec<&Link> = opened.resolution.links.iter().filter(has_entity).collect();
    sort_by_weight(&mut links);
    let label = |index: EntityIndex| entities[index.index()].label.as_str();
    let describe = |link: &&Link| {
        let description = json!({
            "id": link.id, "kind": link.kind, "from": label(link.from), "to": label(link.to), "weight": link.weight,
        });
        with_valid_time_and_amount(description, link)
    };
    let shown: Vec<Value> = links.iter().take(LINKS_MAX).map(describe).collect();
    json!({
        "question": "what is this",
        "entity": entity_reference(entity),
        "aliases": entity.aliases,
        "sources": entity.sources,
        "marking": entity.marking.to_string(),
        "recorded_first": entity.recorded_first,
        "recorded_last": entity.recorded_last,
        "because": identity_reasons(opened, index),
        "records": describe_records(opened, &entity.records, RECORDS_MAX),
        "record_count": entity.records.len(),
        "links": shown,
        "link_count": links.len(),
    })
}

/// Explains why two words mean one entity, or why they mean two.
pub(super) fn explain_pair(opened: &OpenedRun, one: &str, other: &str) -> Result<Value, QuestionError> {
    let ((a, one), (b, other)) = (find_entity(opened, one)?, find_entity(opened, other)?);
    if a == b {
        Ok(explain_one(opened, a, one, other))
    } else {
        Ok(explain_two(opened, (a, one), (b, other)))
    }
}

fn explain_one(opened: &OpenedRun, index: EntityIndex, one: &str, other: &str) -> Value {
    let entity = &opened.resolution[index];
    let others =
        [others_of_that_name(opened, one, index), others_of_that_name(opened, other, index)].concat();
    json!({
        "question": "why one",
        "answer": format!("\u{201c}{one}\u{201d} and \u{201c}{other}\u{201d} are one entity: {}", entity.label),
        "entity": entity_reference(entity),
        "others_of_these_names": others,
        "names": names_with_records(opened, entity, &[one, other]),
        "because": identity_reasons(opened, index),
    })
}

fn explain_two(opened: &OpenedRun, (a, one): (EntityIndex, &str), (b, other): (EntityIndex, &str)) -> Value {
    let resolution = &opened.resolution;
    let (low, high) = (a.min(b), a.max(b));
    let contested: Vec<Value> = resolution
        .contested
        .iter()
        .filter(|row| row.entity == low && row.other == high)
        .map(|row| json!({ "rule": row.rule, "reason": row.reason }))
        .collect();
    let why = if contested.is_empty() {
        "no rule of identity joins them: they share no canonical identifier, catalogue entry, uuid or listed name"
    } else {
        "a rule would join them, and a constraint keeps them apart"
    };
    let links: Vec<Value> = resolution
        .links
        .iter()
        .filter(|link| (link.from, link.to) == (a, b) || (link.from, link.to) == (b, a))
        .map(|link| explain_link(opened, link))
        .collect();
    let reference = |index: EntityIndex| entity_reference(&resolution[index]);
    json!({
        "question": "why two",
        "answer": format!("\u{201c}{one}\u{201d} and \u{201c}{other}\u{201d} are two entities: {why}"),
        "entities": [reference(a), reference(b)],
        "contested": contested,
        "links": links,
    })
}

/// Returns the other entities whose name or alias is the word of a question.
pub(super) fn others_of_that_name(opened: &OpenedRun, word: &str, shown: EntityIndex) -> Vec<Value> {
    let name = canonical::name(word);
    let entities = &opened.resolution.entities;
    let has_name = |entity: &Entity| {
        std::iter::once(&entity.label).chain(&entity.aliases).any(|text| canonical::name(text) == name)
    };
    if name.is_empty() || !has_name(&entities[shown.index()]) {
        return Vec::new();
    }
    let others =
        EntityIndex::enumerate(entities).filter(|(index, entity)| *index != shown && has_name(entity));
    others.map(|(_, entity)| entity_reference(entity)).take(OTHERS_MAX).collect()
}

/// Returns the identifiers of an entity, each with the rule and the record that joined it.
fn identity_reasons(opened: &OpenedRun, index: EntityIndex) -> Vec<Value> {
    let rows = opened.resolution.identity.iter().filter(|row| row.entity == index);
    rows.map(|row| {
        let record = record(opened, row.record);
        json!({
            "identifier": &*row.identifier, "rule": row.rule, "reason": row.reason,
            "source": &*record.source, "object": &*record.key, "record": record.id.to_string(),
            "identifier_recorded_first": row.recorded_first,
        })
    })
    .collect()
}

/// Returns some names of an entity, each with the records that give it.
fn names_with_records(opened: &OpenedRun, entity: &Entity, words: &[&str]) -> Vec<Value> {
    let gives = |index: &RecordIndex, name: &str| {
        record(opened, *index).content.claims.iter().any(|claim| match claim {
            Claim::Entity { name: label, aliases, .. } => {
                label.iter().chain(aliases).any(|text| canonical::name(text) == name)
            }
            Claim::Link { .. } => false,
        })
    };
    let describe = |word: &&str| {
        let name = canonical::name(word);
        let records: Vec<RecordIndex> =
            entity.records.iter().copied().filter(|index| gives(index, &name)).collect();
        json!({ "name": word, "given_by": describe_records(opened, &records, NAME_RECORDS_MAX) })
    };
    words.iter().map(describe).collect()
}
