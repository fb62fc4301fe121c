//! Rows of the table `properties`: the property values of records, one by one.

use rayon::prelude::*;

use super::{
    Folder,
    fill::{self, FilledTable, NamedColumn, marking_text, maybe_text, text, time},
};
use crate::{
    analysis::Analysis,
    canonical,
    index::{EntityIndex, LinkIndex, RecordIndex},
    record::{LentClaim, LentIdentifier, PackedContent, Properties, Property, Record},
};

/// Subject of a value; entities sort before links.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ValueSubject {
    Entity(EntityIndex),
    Link(LinkIndex),
}

/// Position of one value: its subject, its record, and its place among the record's values.
#[derive(Clone, Copy)]
struct ValuePosition {
    subject: ValueSubject,
    record: RecordIndex,
    value: u32,
}

/// One value with its record and subject.
struct PropertyValue<'a> {
    subject: &'static str,
    subject_id: &'a str,
    record: &'a Record,
    properties: &'a Properties,
    value: &'a Property,
}

/// Fills `properties` with every value of the view's records: by subject, property and value.
pub fn properties(analysis: &Analysis) -> FilledTable<'_> {
    let mut positions = positions(analysis);
    // Most subjects have few values, so that values are seldom read.
    positions.par_sort_by(|a, b| {
        let value_of = |row: &ValuePosition| value(analysis, row).value;
        let by_subject = a.subject.cmp(&b.subject);
        by_subject.then_with(|| value_of(a).cmp(value_of(b))).then(a.record.cmp(&b.record))
    });
    let rows = positions.into_iter().map(|position| value(analysis, &position));
    fill::from_iter(Folder::Audience, "properties", rows, columns)
}

fn positions(analysis: &Analysis) -> Vec<ValuePosition> {
    let records = analysis.view.records();
    // Most views have no such record, and their links have millions of records.
    if records.par_iter().all(|record| record.content.properties().is_none()) {
        return Vec::new();
    }
    let of_entities = RecordIndex::enumerate(records).filter_map(|(index, record)| {
        let properties = record.content.properties()?;
        Some((ValueSubject::Entity(entity_of(analysis, &record.content)?), index, properties))
    });
    let of_links = LinkIndex::enumerate(&analysis.resolution.links).flat_map(|(index, link)| {
        link.records.iter().filter_map(move |&record| {
            let content = &records[record.index()].content;
            let properties = content.properties()?;
            let is_of_link = content.kind == link.kind && subject_identifier(content).is_none();
            is_of_link.then_some((ValueSubject::Link(index), record, properties))
        })
    });
    let each = |(subject, record, properties): (ValueSubject, RecordIndex, &Properties)| {
        (0..properties.values.len() as u32).map(move |value| ValuePosition { subject, record, value })
    };
    of_entities.chain(of_links).flat_map(each).collect()
}

/// Returns the entity that a record describes; `None` if it only names entities.
fn entity_of(analysis: &Analysis, content: &PackedContent) -> Option<EntityIndex> {
    let LentIdentifier::Object(id) = subject_identifier(content)? else { return None };
    analysis.resolution.by_identifier(&canonical::object_id(id))
}

/// Returns the identifier of the entity that a record describes; `None` for a link.
fn subject_identifier(content: &PackedContent) -> Option<LentIdentifier<'_>> {
    match content.claims().next()? {
        LentClaim::Entity { identifiers, .. } => identifiers.first(),
        LentClaim::Link { .. } => None,
    }
}

fn value<'a>(analysis: &'a Analysis, position: &ValuePosition) -> PropertyValue<'a> {
    let record = &analysis[position.record];
    let properties = record.content.properties().expect("a position is of a record with values");
    let (subject, subject_id) = match position.subject {
        ValueSubject::Entity(entity) => ("entity", &*analysis[entity].id),
        ValueSubject::Link(link) => ("link", &*analysis[link].id),
    };
    PropertyValue {
        subject,
        subject_id,
        record,
        properties,
        value: &properties.values[position.value as usize],
    }
}

fn columns(rows: &[PropertyValue<'_>]) -> [NamedColumn; 13] {
    let optional = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
    [
        ("subject_id", text(rows, |row| row.subject_id.to_owned())),
        ("subject", text(rows, |row| row.subject.to_owned())),
        ("property", text(rows, |row| row.value.name.to_owned())),
        ("value", text(rows, |row| row.value.value.to_string())),
        ("language", maybe_text(rows, |row| optional(&row.value.language))),
        ("dataset", maybe_text(rows, |row| optional(&row.properties.dataset))),
        ("original_value", maybe_text(rows, |row| optional(&row.value.original))),
        ("first_seen", time(rows, |row| row.properties.first_seen)),
        ("last_seen", time(rows, |row| row.properties.last_seen)),
        ("source", text(rows, |row| row.record.source.to_string())),
        ("record_id", text(rows, |row| row.record.id.to_string())),
        ("recorded_at", time(rows, |row| Some(row.record.recorded_at))),
        ("marking", maybe_text(rows, |row| marking_text(row.record.marking))),
    ]
}
