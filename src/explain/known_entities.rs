//! Entities of published runs that a command can name, with the identifiers that a judgement keeps.

use std::{collections::HashMap, path::Path};

use super::{error::QuestionError, run_tables::read_table};
use crate::{canonical, resolve::lasting_id};

/// Most identifiers that a judgement keeps of one entity.
const IDENTIFIERS_MAX: usize = 20;
/// Most entities that an error lists.
const LISTED_MAX: usize = 10;
/// Fewest digits that name an entity.
const DIGITS_MIN: usize = 6;

/// An entity of a published run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownEntity {
    /// Lasting id.
    pub id: String,
    /// Kind.
    pub kind: String,
    /// Label.
    pub label: String,
    aliases: Vec<String>,
    identifiers: Vec<(i64, String)>,
}

/// An entity that a word names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedEntity<'a> {
    /// The entity.
    pub entity: &'a KnownEntity,
    /// The identifier that the word is; `None` for an id and a name.
    pub identifier: Option<&'a str>,
}

/// Reason why a word names no entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnknownEntity {
    /// No entity has the id, identifier or name.
    None,
    /// Several entities have the name; the texts list some of them.
    Several(Vec<String>),
}

/// Entities of the published folders of some audiences.
#[derive(Debug, Default)]
pub struct KnownEntities(Vec<KnownEntity>);

impl KnownEntities {
    /// Adds the entities in the folder of an audience.
    ///
    /// # Errors
    /// If a table cannot be read.
    pub fn add(&mut self, folder: &Path) -> Result<(), QuestionError> {
        let (entities, identifiers) = (read_table(folder, "entities")?, read_table(folder, "identifiers")?);
        let lacks = || QuestionError::Lacks("identifiers");
        let (ids, kinds) = entities.text("entity_id").zip(entities.text("kind")).ok_or_else(lacks)?;
        let (labels, aliases) = entities.text("label").zip(entities.texts("aliases")).ok_or_else(lacks)?;
        let first = self.0.len();
        let mut positions = HashMap::with_capacity(ids.len());
        for (row, id) in ids.iter().enumerate() {
            let cell = |column: &[Option<String>]| column[row].clone().unwrap_or_default();
            let entity = KnownEntity {
                id: cell(ids),
                kind: cell(kinds),
                label: cell(labels),
                aliases: aliases[row].clone(),
                identifiers: Vec::new(),
            };
            positions.insert(id.as_deref().unwrap_or_default(), first + row);
            self.0.push(entity);
        }
        let (owners, values) =
            identifiers.text("entity_id").zip(identifiers.text("identifier")).ok_or_else(lacks)?;
        let times = identifiers.time("recorded_at").ok_or_else(lacks)?;
        for (row, owner) in owners.iter().enumerate() {
            let position = owner.as_deref().and_then(|owner| positions.get(owner));
            if let (Some(position), Some(value)) = (position, &values[row]) {
                self.0[*position].identifiers.push((times[row].unwrap_or(i64::MAX), value.clone()));
            }
        }
        // Audiences share entities.
        self.0.sort_by(|a, b| (&a.id, b.identifiers.len()).cmp(&(&b.id, a.identifiers.len())));
        self.0.dedup_by(|a, b| a.id == b.id);
        Ok(())
    }

    /// Finds the entity that a word names. The word is an id, at least six digits of an id, an identifier, or the key that a
    /// source gave. It may also be a name, with or without the kind before it.
    ///
    /// # Errors
    /// If the word names no entity, or several entities.
    pub fn find<'a>(&'a self, word: &str) -> Result<NamedEntity<'a>, UnknownEntity> {
        if let Ok(position) = self.0.binary_search_by(|entity| entity.id.as_str().cmp(word)) {
            return Ok(NamedEntity { entity: &self.0[position], identifier: None });
        }
        let object = canonical::object_id(word);
        let named: Vec<NamedEntity<'a>> = self.with_identifier(|text| text == word || text == object);
        let named = if named.is_empty() { self.with_identifier(|text| own_key(text) == word) } else { named };
        let named = if named.is_empty() { self.with_id_or_name(word) } else { named };
        match &named[..] {
            [] => Err(UnknownEntity::None),
            [only] => Ok(only.clone()),
            several => {
                let text = |named: &NamedEntity<'_>| {
                    format!("{} ({} {})", named.entity.id, named.entity.kind, named.entity.label)
                };
                Err(UnknownEntity::Several(several.iter().take(LISTED_MAX).map(text).collect()))
            }
        }
    }

    /// Returns the entities by id and by the key that a source gave. A key that several entities have is left out.
    pub fn by_key(&self) -> HashMap<&str, NamedEntity<'_>> {
        let mut by_key: HashMap<&str, Option<NamedEntity<'_>>> = HashMap::new();
        for entity in &self.0 {
            by_key.insert(&entity.id, Some(NamedEntity { entity, identifier: None }));
            for (_, text) in &entity.identifiers {
                let named = NamedEntity { entity, identifier: Some(text) };
                let known = by_key.entry(own_key(text)).or_insert_with(|| Some(named));
                if known.as_ref().is_some_and(|known| known.entity.id != entity.id) {
                    *known = None;
                }
            }
        }
        by_key.into_iter().filter_map(|(key, named)| Some((key, named?))).collect()
    }

    fn with_identifier(&self, is_meant: impl Fn(&str) -> bool) -> Vec<NamedEntity<'_>> {
        let mut named = Vec::new();
        for entity in &self.0 {
            let meant = entity.identifiers.iter().find(|(_, text)| is_meant(text));
            named.extend(meant.map(|(_, text)| NamedEntity { entity, identifier: Some(text.as_str()) }));
        }
        named
    }

    fn with_id_or_name(&self, word: &str) -> Vec<NamedEntity<'_>> {
        let digits = word.strip_prefix("entity-").unwrap_or(word).to_ascii_lowercase();
        let is_beginning = digits.len() >= DIGITS_MIN && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let named = |is_meant: &dyn Fn(&KnownEntity) -> bool| -> Vec<NamedEntity<'_>> {
            let meant = self.0.iter().filter(|entity| is_meant(entity));
            meant.map(|entity| NamedEntity { entity, identifier: None }).collect()
        };
        let by_id = |entity: &KnownEntity| {
            is_beginning && entity.id.strip_prefix("entity-").is_some_and(|id| id.starts_with(&digits))
        };
        let is_called = |entity: &KnownEntity, name: &str| {
            let name = canonical::name(name);
            let has_name = |text: &String| canonical::name(text) == name;
            !name.is_empty() && (has_name(&entity.label) || entity.aliases.iter().any(has_name))
        };
        let with_kind = |entity: &KnownEntity| {
            word.split_once(':').is_some_and(|(kind, name)| {
                entity.kind.eq_ignore_ascii_case(kind.trim()) && is_called(entity, name)
            })
        };
        let tests: [&dyn Fn(&KnownEntity) -> bool; 3] =
            [&by_id, &|entity| is_called(entity, word), &with_kind];
        tests.into_iter().map(named).find(|found| !found.is_empty()).unwrap_or_default()
    }
}

impl KnownEntity {
    /// Returns the identifiers that a judgement keeps: the one from which the id derives, then the earliest recorded.
    pub fn kept_identifiers(&self) -> Vec<String> {
        kept_identifiers(&self.id, self.identifiers.clone())
    }
}

impl NamedEntity<'_> {
    /// Returns the identifiers that a judgement keeps. A word that is an identifier comes first, so that one part of a wrong
    /// merge can be named.
    pub fn kept_identifiers(&self) -> Vec<String> {
        let mut kept = self.entity.kept_identifiers();
        if let Some(identifier) = self.identifier {
            kept.retain(|text| text != identifier);
            kept.insert(0, identifier.to_owned());
        }
        kept
    }
}

/// Returns the identifiers of an entity that a judgement keeps, from all of them with their recorded times.
pub fn kept_identifiers(entity_id: &str, mut identifiers: Vec<(i64, String)>) -> Vec<String> {
    identifiers.sort();
    identifiers.dedup_by(|a, b| a.1 == b.1);
    if let Some(anchor) = identifiers.iter().position(|(_, text)| lasting_id("entity", &[text]) == entity_id)
    {
        identifiers[..=anchor].rotate_right(1);
    }
    identifiers.into_iter().map(|(_, text)| text).take(IDENTIFIERS_MAX).collect()
}

/// Returns the key that the source gave in the identifier of an object, `kind--source:key`, or else the whole text.
pub fn own_key(identifier: &str) -> &str {
    let Some((_, scoped)) = identifier.split_once("--") else { return identifier };
    match scoped.split_once(':') {
        Some((_, key)) => key,
        None if scoped.starts_with("NK-") => scoped,
        None => identifier,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entities() -> KnownEntities {
        let entity = |anchor: &str, kind: &str, label: &str, aliases: &[&str]| KnownEntity {
            id: lasting_id("entity", &[anchor]),
            kind: kind.to_owned(),
            label: label.to_owned(),
            aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
            identifiers: vec![(5, anchor.to_owned()), (1, format!("mitre:{label}"))],
        };
        let mut all = vec![
            entity("threat-actor--1", "threat-actor", "Grey Heron", &["Ash"]),
            entity("malware--2", "malware", "Grey Heron", &[]),
            entity("ftm-entity--desk:k7", "person", "Jane Roe", &[]),
        ];
        all.sort_by(|a, b| a.id.cmp(&b.id));
        KnownEntities(all)
    }

    #[test]
    fn an_entity_is_named_by_id_identifier_key_or_name() {
        let known = entities();
        let label = |word: &str| known.find(word).map(|named| named.entity.kind.clone());
        let id = lasting_id("entity", &["malware--2"]);
        for (word, kind) in [
            (id.as_str(), "malware"),
            (&id[..14], "malware"),
            ("threat-actor--1", "threat-actor"),
            ("k7", "person"),
            ("ash", "threat-actor"),
            ("malware:grey heron", "malware"),
        ] {
            assert_eq!(label(word).as_deref(), Ok(kind), "{word}");
        }
        assert!(matches!(label("Grey Heron"), Err(UnknownEntity::Several(listed)) if listed.len() == 2));
        assert_eq!(label("Unknown Name"), Err(UnknownEntity::None));
    }

    #[test]
    fn the_identifier_behind_the_id_comes_first_unless_another_one_is_named() {
        let known = entities();
        let kept = |word: &str| known.find(word).expect("a known entity").kept_identifiers();
        assert_eq!(kept("ash"), ["threat-actor--1", "mitre:Grey Heron"]);
        assert_eq!(kept("mitre:Jane Roe"), ["mitre:Jane Roe", "ftm-entity--desk:k7"]);
    }
}
