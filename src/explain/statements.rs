//! Content of records in words.

use std::collections::BTreeMap;

use super::opened::OpenedRun;
use crate::{entity::Entity, index::RecordIndex, link::Link};

/// Most links in the content of one record.
const LINKS_MAX: usize = 3;

/// Returns the content of each record in words: the links that it supports, else the entity that it describes, else its
/// type.
pub(super) fn statements(opened: &OpenedRun, records: &[RecordIndex]) -> Vec<String> {
    let mut links: BTreeMap<RecordIndex, Vec<&Link>> = records.iter().map(|&at| (at, Vec::new())).collect();
    for link in &opened.resolution.links {
        for record in &link.records {
            if let Some(links) = links.get_mut(record) {
                links.push(link);
            }
        }
    }
    let mut entities: BTreeMap<RecordIndex, &Entity> = BTreeMap::new();
    for entity in &opened.resolution.entities {
        let described = entity.records.iter().filter(|record| links.get(*record).is_some_and(Vec::is_empty));
        for &record in described {
            entities.entry(record).or_insert(entity);
        }
    }
    let statement = |record: &RecordIndex| match (&*links[record], entities.get(record)) {
        ([], None) => opened.view[*record].content.kind.clone(),
        ([], Some(entity)) => opened
            .language
            .fill("record.entity", &[("kind", entity.kind.clone()), ("label", entity.label.clone())]),
        (links, _) => in_words(opened, links, *record),
    };
    records.iter().map(statement).collect()
}

fn in_words(opened: &OpenedRun, links: &[&Link], record: RecordIndex) -> String {
    let content = &opened.view[record].content;
    let amount = match (links, content.amounts.as_slice()) {
        ([link], [amount]) if !link.amounts.is_empty() => {
            let currency = amount.currency.as_deref().map(|currency| format!(" {currency}"));
            format!(" ({:.2}{})", amount.value, currency.unwrap_or_default())
        }
        _ => String::new(),
    };
    let resolution = &opened.resolution;
    let link = |link: &&Link| {
        format!("{} {} {}{amount}", resolution[link.from].label, link.kind, resolution[link.to].label)
    };
    let shown: Vec<String> = links.iter().take(LINKS_MAX).map(link).collect();
    let left_out = links.len() - shown.len();
    opened
        .language
        .fill("flag.record-content", &[("links", shown.join("; ")), ("more", left_out.to_string())])
}
