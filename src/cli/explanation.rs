//! Explanations as text for a person: the answer first, then its reasons, the records in words, and the ids last.

mod flags;
mod network;

use super::sheet::{Sheet, columns, one_line, padded};
use crate::explain::{EntityReference, Explanation, FlagExplanation, RecordDescription};

/// Returns the lines of an explanation.
pub(super) fn lines(answer: &Explanation) -> Vec<String> {
    match answer {
        Explanation::Flag(flag) => return [before_support(flag), from_support(flag)].concat(),
        Explanation::PublishedFlag(flag) => flags::published_flag(flag),
        Explanation::Candidate(candidate) => flags::candidate(candidate),
        Explanation::Entity(entity) => network::entity(entity),
        Explanation::SameEntity(answer) => network::same_entity(answer),
        Explanation::TwoEntities(answer) => network::two_entities(answer),
        Explanation::Link(link) => network::link(link),
        Explanation::Community(community) => network::community(community),
    }
    .lines()
}

/// Returns the lines of a flag's explanation before its minimal support.
pub(super) fn before_support(flag: &FlagExplanation) -> Vec<String> {
    flags::before_support(flag).lines()
}

/// Returns the lines of a flag's explanation from its minimal support on.
pub(super) fn from_support(flag: &FlagExplanation) -> Vec<String> {
    let mut lines = vec![String::new()];
    lines.extend(flags::from_support(flag).lines());
    lines
}

/// Widest column of names of sources.
const SOURCE_MAX: usize = 24;

/// Adds the records in words, with numbers if the text refers to them.
fn records(sheet: &mut Sheet, records: &[RecordDescription], is_numbered: bool) {
    let widest = records.iter().map(|record| columns(&record.source)).max();
    let width = widest.unwrap_or_default().min(SOURCE_MAX);
    for (number, record) in (1..).zip(records) {
        let number = if is_numbered { format!("{number:>2}") } else { String::new() };
        let day: String = record.recorded_at.display_utc().chars().take(10).collect();
        let before = format!("  {number:<2}  {day}  {}  ", padded(&one_line(&record.source), width));
        sheet.hanging(&before, &format!("{} ({})", record.states, record.marking));
        let indent = " ".repeat(columns(&before));
        for place in &record.places {
            sheet.hanging(&indent, &format!("{} {}", place.path, place.position));
        }
        if let Some(properties) = record.properties.as_ref().filter(|properties| !properties.is_empty()) {
            let count = record.property_count.unwrap_or(properties.len());
            let more = count.saturating_sub(properties.len());
            let more = if more == 0 { String::new() } else { format!("; and {more} more") };
            sheet.hanging(&indent, &format!("properties: {}{more}", properties.join("; ")));
        }
    }
}

/// Returns a heading with the number of rows, and the number of those that are shown if it is smaller.
fn counted(title: &str, count: usize, shown: usize) -> String {
    if shown < count {
        format!("{title} ({count}, {shown} of them shown)")
    } else {
        format!("{title} ({count})")
    }
}

/// Adds the ids of records, each with the id that its source gave the object.
fn record_ids(sheet: &mut Sheet, records: &[RecordDescription]) {
    for record in records {
        let has_type = record.object.starts_with(&record.r#type);
        let object =
            if has_type { record.object.clone() } else { format!("{} {}", record.r#type, record.object) };
        sheet.hanging(&format!("  {}  ", record.record), &object);
    }
}

/// Adds the ids of entities.
fn entity_ids(sheet: &mut Sheet, entities: &[EntityReference]) {
    for entity in entities {
        sheet.hanging(&format!("  {}  ", entity.id), &format!("{} ({})", entity.label, entity.kind));
    }
}

/// Returns a number with its noun.
fn number_of(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
