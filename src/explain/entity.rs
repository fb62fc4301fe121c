//! Explanations of entities: what an entity is, and why two names are one entity or two.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    answers::{
        AttributeClaims, ContestedRule, EntityExplanation, EntityReference, Explanation, IdentityReason,
        LevelLine, LinkLine, NameRecords, PairComparison, SameEntityExplanation, SharedLine,
        TwoEntitiesExplanation,
    },
    error::QuestionError,
    find::find_entity,
    network::{LINKS_MAX, explain_link, link_values, sort_by_weight},
    opened::OpenedRun,
    records::{describe_records, entity_reference, record},
};
use crate::{
    canonical,
    entity::Entity,
    index::{EntityIndex, RecordIndex},
    link::Link,
    record::LentClaim,
    resolve::{
        ATTRIBUTE_CLASSES, COMPARISONS, LevelWeight, RULES, SharedAttribute, canonical_id, shared_attributes,
    },
};

/// Most records that are shown of an entity, and of one name.
const RECORDS_MAX: usize = 50;
const NAME_RECORDS_MAX: usize = 5;
/// Most shared attributes that are shown.
const SHARED_MAX: usize = 50;
/// Most values of attributes that are shown.
const ATTRIBUTES_MAX: usize = 200;
/// Properties that a claim has as names.
const NAME_PROPERTIES: [&str; 3] = ["name", "alias", "previousName"];
/// Most other entities that are named.
const OTHERS_MAX: usize = 20;

/// Explains an entity.
pub(super) fn explain_entity(opened: &OpenedRun, index: EntityIndex) -> EntityExplanation {
    let entity = &opened.with_reasons()[index];
    let has_entity = |link: &&Link| link.from == index || link.to == index;
    let mut links: Vec<&Link> = opened.with_reasons().links.iter().filter(has_entity).collect();
    sort_by_weight(&mut links);
    EntityExplanation {
        question: opened.language.text("question.what"),
        entity: entity_reference(entity),
        aliases: entity.aliases.to_vec(),
        sources: entity.sources.iter().copied().map(String::from).collect(),
        marking: entity.marking.to_string(),
        recorded_first: entity.recorded_first,
        recorded_last: entity.recorded_last,
        because: identity_reasons(opened, index),
        attributes: attribute_claims(opened, entity),
        records: describe_records(opened, &entity.records, RECORDS_MAX),
        record_count: entity.records.len(),
        links: links.iter().take(LINKS_MAX).map(|link| link_line(opened, link)).collect(),
        link_count: links.len(),
        others_of_that_name: Vec::new(),
    }
}

fn link_line(opened: &OpenedRun, link: &Link) -> LinkLine {
    let label = |index: EntityIndex| opened.with_reasons()[index].label.to_string();
    LinkLine {
        id: link.id.into(),
        kind: link.kind.into(),
        from: label(link.from),
        to: label(link.to),
        weight: link.weight,
        values: link_values(link),
    }
}

/// Explains why two names mean one entity, or why they mean two.
pub(super) fn explain_pair(opened: &OpenedRun, one: &str, other: &str) -> Result<Explanation, QuestionError> {
    let ((a, one), (b, other)) = (find_entity(opened, one)?, find_entity(opened, other)?);
    Ok(if a == b {
        Explanation::SameEntity(Box::new(explain_one(opened, a, [one, other])))
    } else {
        Explanation::TwoEntities(Box::new(explain_two(opened, [a, b], [one, other])))
    })
}

fn explain_one(opened: &OpenedRun, index: EntityIndex, names: [&str; 2]) -> SameEntityExplanation {
    let entity = &opened.with_reasons()[index];
    let [one, other] = names.map(str::to_owned);
    let values = [("one", one), ("other", other), ("label", entity.label.to_string())];
    SameEntityExplanation {
        question: opened.language.text("question.one"),
        answer: opened.language.fill("answer.one", &values),
        entity: entity_reference(entity),
        others_of_these_names: names.map(|name| others_of_that_name(opened, name, index)).concat(),
        names: names_with_records(opened, entity, &names),
        because: identity_reasons(opened, index),
        comparisons: comparisons(opened, [index, index]),
    }
}

fn explain_two(opened: &OpenedRun, pair: [EntityIndex; 2], names: [&str; 2]) -> TwoEntitiesExplanation {
    let resolution = opened.with_reasons();
    let [a, b] = pair;
    let (low, high) = (a.min(b), a.max(b));
    let contested: Vec<ContestedRule> = resolution
        .contested
        .iter()
        .filter(|row| row.entity == low && row.other == high)
        .map(|row| ContestedRule { rule: row.rule.to_owned(), reason: row.reason.clone() })
        .collect();
    let key = if contested.is_empty() { "answer.two" } else { "answer.two-contested" };
    let [one, other] = names.map(str::to_owned);
    let links = resolution.links.iter().filter(|link| [(a, b), (b, a)].contains(&(link.from, link.to)));
    TwoEntitiesExplanation {
        question: opened.language.text("question.two"),
        answer: opened.language.fill(key, &[("one", one), ("other", other)]),
        entities: pair.map(|index| entity_reference(&resolution[index])),
        contested,
        comparison: comparisons(opened, [low, high]).pop(),
        shared: shared_lines(opened, [low, high]),
        links: links.map(|link| explain_link(opened, link)).collect(),
    }
}

/// Returns the attributes that two campaigns, reports or actors share, the rarest first.
fn shared_lines(opened: &OpenedRun, pair: [EntityIndex; 2]) -> Vec<SharedLine> {
    let line = |SharedAttribute { level, name, subjects, bits }: SharedAttribute| SharedLine {
        level: level.to_owned(),
        name,
        subjects,
        bits,
    };
    shared_attributes(opened.resolution(), pair).into_iter().take(SHARED_MAX).map(line).collect()
}

/// Returns the comparisons of two entities, or of the parts of one.
fn comparisons(opened: &OpenedRun, [low, high]: [EntityIndex; 2]) -> Vec<PairComparison> {
    let compared = opened.with_reasons().compared.iter();
    let pairs = compared.filter(|pair| pair.entity == low && pair.other == high);
    let level = |level: &LevelWeight| LevelLine {
        level: level.level.to_owned(),
        bits: level.bits,
        about: level_meaning(level.level).to_owned(),
    };
    pairs
        .map(|pair| PairComparison {
            names: Some(pair.names.clone()).filter(|names| !names[0].is_empty()),
            identifiers: pair.identifiers.clone().map(|identifier| identifier.to_string()),
            levels: pair.levels.iter().map(level).collect(),
            bits: pair.bits,
            probability: pair.probability(),
            review_probability: pair.review_probability,
            constraint: pair.constraint.clone(),
            state: pair.state.name().to_owned(),
        })
        .collect()
}

/// Returns the meaning of a level: of names, of other comparisons, or of an identity rule.
pub fn level_meaning(level: &str) -> &'static str {
    let of_name = araneus_names::LEVELS.iter().find(|known| known.name == level);
    let of_comparison = COMPARISONS.iter().find(|known| known.name == level);
    let of_rule = RULES.iter().find(|known| known.name == level);
    let of_class = ATTRIBUTE_CLASSES.iter().find(|known| known.level == level);
    (of_name.map(|known| known.description))
        .or_else(|| of_comparison.map(|known| known.about))
        .or_else(|| of_rule.map(|known| known.about))
        .or_else(|| of_class.map(|known| known.about))
        .unwrap_or_default()
}

/// Returns the values that the records of an entity claim: kind, names, and the properties that readers may see.
fn attribute_claims(opened: &OpenedRun, entity: &Entity) -> Vec<AttributeClaims> {
    let mut claims: BTreeMap<(String, String), BTreeSet<RecordIndex>> = BTreeMap::new();
    for &index in entity.records.iter().filter(|_| entity.has_own_record) {
        let content = &record(opened, index).content;
        for (position, claim) in content.claims().enumerate() {
            let LentClaim::Entity { identifiers, kind, name, aliases, .. } = claim else { continue };
            let is_own = identifiers.filter_map(canonical_id).any(|identifier| {
                entity.identifiers.binary_search_by(|known| known.id.cmp(&identifier)).is_ok()
            });
            if !is_own {
                continue;
            }
            let names = name.into_iter().map(|name| ("name", name));
            let aliases = aliases.map(|alias| ("alias", alias));
            let properties = content.properties().into_iter().flat_map(|properties| &properties.values);
            let properties = properties
                .filter(|property| position == 0 && !NAME_PROPERTIES.contains(&property.name))
                .map(|property| (property.name, &*property.value));
            for (attribute, value) in
                std::iter::once(("kind", &*kind)).chain(names).chain(aliases).chain(properties)
            {
                claims.entry((attribute.to_owned(), value.to_owned())).or_default().insert(index);
            }
        }
    }
    let described = |((attribute, value), records): ((String, String), BTreeSet<RecordIndex>)| {
        let of_record = |index: &RecordIndex| record(opened, *index);
        let sources: BTreeSet<String> =
            records.iter().map(|index| of_record(index).source.to_string()).collect();
        AttributeClaims {
            attribute,
            value,
            sources: sources.into_iter().collect(),
            records: records
                .iter()
                .take(NAME_RECORDS_MAX)
                .map(|index| of_record(index).id.to_string())
                .collect(),
            record_count: records.len(),
        }
    };
    claims.into_iter().take(ATTRIBUTES_MAX).map(described).collect()
}

/// Returns the other entities with a name or an alias.
pub(super) fn others_of_that_name(
    opened: &OpenedRun,
    word: &str,
    shown: EntityIndex,
) -> Vec<EntityReference> {
    let name = canonical::name(word);
    let entities = &opened.with_reasons().entities;
    let has_name = |entity: &Entity| entity.names().any(|text| canonical::name(text) == name);
    if name.is_empty() || !has_name(&entities[shown.index()]) {
        return Vec::new();
    }
    let others =
        EntityIndex::enumerate(entities).filter(|(index, entity)| *index != shown && has_name(entity));
    others.map(|(_, entity)| entity_reference(entity)).take(OTHERS_MAX).collect()
}

/// Returns the identifiers of an entity, each with the rule and the record that joined it.
fn identity_reasons(opened: &OpenedRun, index: EntityIndex) -> Vec<IdentityReason> {
    let rows = opened.with_reasons().identity_of(index, opened.view());
    rows.map(|row| {
        let record = row.record.map(|index| record(opened, index));
        IdentityReason {
            identifier: row.identifier.to_string(),
            rule: row.rule.to_owned(),
            reason: row.reason.to_string(),
            source: record.map(|record| record.source.to_string()),
            object: record.map(|record| record.key.to_string()),
            record: record.map(|record| record.id.to_string()),
            identifier_recorded_first: row.recorded_first,
        }
    })
    .collect()
}

/// Returns some names of an entity, each with the records that give it.
fn names_with_records(opened: &OpenedRun, entity: &Entity, names: &[&str]) -> Vec<NameRecords> {
    let gives = |index: &RecordIndex, name: &str| {
        record(opened, *index).content.claims().any(|claim| match claim {
            LentClaim::Entity { name: label, aliases, .. } => {
                label.into_iter().chain(aliases).any(|text| canonical::name(text) == name)
            }
            LentClaim::Link { .. } => false,
        })
    };
    let describe = |name: &&str| {
        let canonical_name = canonical::name(name);
        let records = entity.records.iter().copied().filter(|index| gives(index, &canonical_name));
        let records: Vec<RecordIndex> = records.collect();
        NameRecords {
            name: (*name).to_owned(),
            given_by: describe_records(opened, &records, NAME_RECORDS_MAX),
        }
    };
    names.iter().map(describe).collect()
}
