//! Content of records in words.

use std::collections::BTreeMap;

use super::opened::OpenedRun;
use crate::{entity::Entity, index::RecordIndex, language::Language, link::Link, record::PackedContent};

/// Most links in the content of one record.
const LINKS_MAX: usize = 3;

/// Returns the content of each record in words: the entity that it describes and the links that it supports, else its type.
/// Links of provenance are left out.
pub(super) fn statements(opened: &OpenedRun, records: &[RecordIndex]) -> Vec<String> {
    let mut links: BTreeMap<RecordIndex, Vec<&Link>> = records.iter().map(|&at| (at, Vec::new())).collect();
    for link in opened.resolution().links.iter().filter(|link| link.layer.is_measured()) {
        for record in &link.records {
            if let Some(links) = links.get_mut(record) {
                links.push(link);
            }
        }
    }
    let mut entities: BTreeMap<RecordIndex, &Entity> = BTreeMap::new();
    for entity in &opened.resolution().entities {
        for record in entity.records.iter().filter(|record| describes_entity(opened, **record)) {
            if links.contains_key(record) {
                entities.entry(*record).or_insert(entity);
            }
        }
    }
    let resolution = opened.resolution();
    let statement = |record: &RecordIndex| {
        let in_words = |link: &&Link| LinkInWords {
            from: resolution[link.from].label.to_string(),
            kind: link.kind.into(),
            to: resolution[link.to].label.to_string(),
            has_amount: !link.amounts.is_empty(),
        };
        let entity = entities.get(record).map(|entity| (entity.kind.into(), entity.label.to_string()));
        let links: Vec<LinkInWords> = links[record].iter().map(in_words).collect();
        sentence(opened.language, &opened.view()[*record].content, entity, &links)
    };
    records.iter().map(statement).collect()
}

/// A link that a record supports.
pub(super) struct LinkInWords {
    pub(super) from: String,
    pub(super) kind: String,
    pub(super) to: String,
    pub(super) has_amount: bool,
}

/// Returns the content of a record in words: kind and label of the entity that it describes, and the links that it supports.
pub(super) fn sentence(
    language: &Language,
    content: &PackedContent,
    entity: Option<(String, String)>,
    links: &[LinkInWords],
) -> String {
    let entity =
        entity.map(|(kind, label)| language.fill("record.entity", &[("kind", kind), ("label", label)]));
    let links = Some(links).filter(|links| !links.is_empty());
    let links = links.map(|links| in_words(language, content, links));
    let parts: Vec<String> = entity.into_iter().chain(links).collect();
    if parts.is_empty() { content.kind.into() } else { parts.join("; ") }
}

/// Returns whether the first claim of a record is about an entity, and not about a link.
fn describes_entity(opened: &OpenedRun, record: RecordIndex) -> bool {
    opened.view()[record].content.claims().next().is_some_and(|claim| claim.is_entity())
}

fn in_words(language: &Language, content: &PackedContent, links: &[LinkInWords]) -> String {
    let amount = match (links, content.amounts()) {
        ([link], [amount]) if link.has_amount => {
            let currency = amount.currency.as_deref().map(|currency| format!(" {currency}"));
            format!(" ({:.2}{})", amount.value, currency.unwrap_or_default())
        }
        _ => String::new(),
    };
    let link = |link: &LinkInWords| format!("{} {} {}{amount}", link.from, link.kind, link.to);
    let shown: Vec<String> = links.iter().take(LINKS_MAX).map(link).collect();
    let left_out = links.len() - shown.len();
    language.fill("flag.record-content", &[("links", shown.join("; ")), ("more", left_out.to_string())])
}
