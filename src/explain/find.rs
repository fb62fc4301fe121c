//! Lookup of entities by id, identifier, observable, name or alias.

use std::cmp::Reverse;

use super::{
    error::{Alternative, QuestionError},
    opened::OpenedRun,
};
use crate::{canonical, entity::Entity, index::EntityIndex};

/// Most alternatives that are listed for one name.
const ALTERNATIVES_MAX: usize = 50;

/// Finds the entity that a word means. A name may have its kind as a prefix (`malware:Sednit`). Returns the entity
/// with the name. A name of several entities is an error that lists them.
pub(super) fn find_entity<'a>(
    opened: &OpenedRun,
    word: &'a str,
) -> Result<(EntityIndex, &'a str), QuestionError> {
    let entities = &opened.resolution().entities;
    if let Ok(index) = entities.binary_search_by(|entity| entity.id.as_str().cmp(word)) {
        return Ok((EntityIndex::new(index), word));
    }
    let identifiers =
        [word.to_owned(), canonical::object_id(word), format!("galaxy:{}", word.to_ascii_lowercase())];
    let by_identifier = |identifier: &String| opened.resolution().by_identifier(identifier);
    if let Some(index) = identifiers.iter().find_map(by_identifier) {
        return Ok((index, word));
    }
    let (mut matches, mut name) = (entities_called(entities, word, None), word);
    if matches.is_empty()
        && let Some((kind, tail)) = word.split_once(':')
    {
        name = tail.trim();
        matches = entities_called(entities, name, Some(kind.trim()));
    }
    match matches[..] {
        [] => Err(QuestionError::Unknown(word.to_owned())),
        [only] => Ok((only, name)),
        _ => Err(ambiguous(entities, word, name, &matches)),
    }
}

/// Returns the entities that a word means, of one kind or of all: by exact key, else by catalogue number, else
/// by name.
fn entities_called(entities: &[Entity], word: &str, kind: Option<&str>) -> Vec<EntityIndex> {
    let name = canonical::name(word);
    let has_value = |entity: &Entity, is_value: &dyn Fn(&str) -> bool| {
        entity
            .identifiers
            .iter()
            .any(|known| known.id.rsplit_once(':').is_some_and(|(_, value)| is_value(value)))
    };
    // Keys of a source are case-sensitive, and numbers of catalogues are not.
    let by_key = |entity: &Entity| has_value(entity, &|value| value == word);
    let by_number = |entity: &Entity| has_value(entity, &|value| value.eq_ignore_ascii_case(word));
    let is_name = |text: &str| !name.is_empty() && canonical::name(text) == name;
    let by_name = |entity: &Entity| entity.names().any(is_name);
    let select = |is_match: &dyn Fn(&Entity) -> bool| -> Vec<EntityIndex> {
        let is_kind = |entity: &Entity| kind.is_none_or(|kind| entity.kind.eq_ignore_ascii_case(kind));
        let matches =
            EntityIndex::enumerate(entities).filter(|(_, entity)| is_kind(entity) && is_match(entity));
        matches.map(|(index, _)| index).collect()
    };
    let tests: [&dyn Fn(&Entity) -> bool; 3] = [&by_key, &by_number, &by_name];
    tests.into_iter().map(select).find(|matches| !matches.is_empty()).unwrap_or_default()
}

/// Lists the entities that a name may mean, those with the most records first.
fn ambiguous(entities: &[Entity], word: &str, name: &str, matches: &[EntityIndex]) -> QuestionError {
    let mut order = matches.to_vec();
    order.sort_by_key(|&index| (Reverse(entities[index.index()].records.len()), index));
    let alternative = |&index: &EntityIndex| {
        let entity = &entities[index.index()];
        let same_kind = matches.iter().filter(|other| entities[other.index()].kind == entity.kind);
        let is_unique = same_kind.count() == 1;
        let ask = if is_unique { format!("{}:{name}", entity.kind) } else { entity.id.into() };
        Alternative { ask, id: entity.id.into(), kind: entity.kind.into(), label: entity.label.to_string() }
    };
    QuestionError::Ambiguous {
        word: word.to_owned(),
        alternatives: order.iter().take(ALTERNATIVES_MAX).map(alternative).collect(),
    }
}
