//! Content of records in words.

use std::collections::BTreeMap;

use super::opened::OpenedRun;
use crate::{entity::Entity, index::RecordIndex, link::Link};

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
    let entity = |record: &RecordIndex| {
        let entity = entities.get(record)?;
        let values = [("kind", entity.kind.into()), ("label", entity.label.to_string())];
        Some(opened.language.fill("record.entity", &values))
    };
    let statement = |record: &RecordIndex| {
        let links = Some(&links[record]).filter(|links| !links.is_empty());
        let links = links.map(|links| in_words(opened, links, *record));
        let parts: Vec<String> = entity(record).into_iter().chain(links).collect();
        if parts.is_empty() { opened.view[*record].content.kind.into() } else { parts.join("; ") }
    };
    records.iter().map(statement).collect()
}

/// Returns whether the first claim of a record is about an entity, and not about a link.
fn describes_entity(opened: &OpenedRun, record: RecordIndex) -> bool {
    opened.view[record].content.claims().next().is_some_and(|claim| claim.is_entity())
}

fn in_words(opened: &OpenedRun, links: &[&Link], record: RecordIndex) -> String {
    let content = &opened.view[record].content;
    let amount = match (links, content.amounts()) {
        ([link], [amount]) if !link.amounts.is_empty() => {
            let currency = amount.currency.as_deref().map(|currency| format!(" {currency}"));
            format!(" ({:.2}{})", amount.value, currency.unwrap_or_default())
        }
        _ => String::new(),
    };
    let resolution = opened.resolution();
    let link = |link: &&Link| {
        format!("{} {} {}{amount}", resolution[link.from].label, link.kind, resolution[link.to].label)
    };
    let shown: Vec<String> = links.iter().take(LINKS_MAX).map(link).collect();
    let left_out = links.len() - shown.len();
    opened
        .language
        .fill("flag.record-content", &[("links", shown.join("; ")), ("more", left_out.to_string())])
}
