//! What records tell of entities and links value by value, as a table.

use std::iter;

use rayon::prelude::*;

use super::{
    Folder,
    arrow::BATCH_ROWS,
    rows::{Filled, marking_text, maybe_text, text, time},
    table,
};
use crate::{
    analysis::Analysis,
    canonical,
    columns::Columns,
    entity::Identifier,
    index::{EntityIndex, LinkIndex, RecordIndex},
    record::{Claim, Content, Properties, Property, Record},
};

/// What a value is told of; entities stand before links.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Entity(EntityIndex),
    Link(LinkIndex),
}

/// One value that a record tells: the record, and the value's place in it.
#[derive(Clone, Copy)]
struct Row {
    subject: Subject,
    record: RecordIndex,
    value: u32,
}

/// A row with all that it tells.
struct Told<'a> {
    subject: (&'static str, &'a str),
    record: &'a Record,
    all: &'a Properties,
    one: &'a Property,
}

/// Every value that a record of the view tells of an entity or a link: by subject, property and value.
pub fn properties(analysis: &Analysis) -> Filled<'_> {
    let mut rows = rows(analysis);
    rows.par_sort_by(|a, b| {
        let key = |row: &Row| (row.subject, told(analysis, row).one, row.record);
        key(a).cmp(&key(b))
    });
    let mut rows = rows.into_iter();
    let parts = iter::from_fn(move || {
        let part: Vec<Row> = rows.by_ref().take(BATCH_ROWS).collect();
        let part: Vec<Told<'_>> = part.iter().map(|row| told(analysis, row)).collect();
        (!part.is_empty()).then(|| columns(&part))
    });
    Filled { table: table(Folder::Audience, "properties"), extra: Vec::new(), parts: Box::new(parts) }
}

fn rows(analysis: &Analysis) -> Vec<Row> {
    let records = analysis.view.records();
    // Most nights have none, and their links millions of records.
    if records.par_iter().all(|record| record.content.properties.is_none()) {
        return Vec::new();
    }
    let of_entities = RecordIndex::enumerate(records).filter_map(|(at, record)| {
        let properties = record.content.properties.as_deref()?;
        Some((Subject::Entity(own_entity(analysis, &record.content)?), at, properties))
    });
    let of_links = LinkIndex::enumerate(&analysis.resolution.links).flat_map(|(at, link)| {
        link.records.iter().filter_map(move |&record| {
            let content = &records[record.index()].content;
            let properties = content.properties.as_deref()?;
            let is_its_own = content.kind == link.kind && own_identifier(content).is_none();
            is_its_own.then_some((Subject::Link(at), record, properties))
        })
    });
    let each = |(subject, record, properties): (Subject, RecordIndex, &Properties)| {
        (0..properties.values.len() as u32).map(move |value| Row { subject, record, value })
    };
    of_entities.chain(of_links).flat_map(each).collect()
}

/// Returns the entity that a record tells of, and not only names.
fn own_entity(analysis: &Analysis, content: &Content) -> Option<EntityIndex> {
    let Identifier::Object(id) = own_identifier(content)? else { return None };
    analysis.resolution.of_identifier.get(canonical::object_id(id).as_str()).copied()
}

/// Returns the identifier of the entity that a record tells of; a tie has none.
fn own_identifier(content: &Content) -> Option<&Identifier> {
    match content.claims.first()? {
        Claim::Entity { identifiers, .. } => identifiers.first(),
        Claim::Link { .. } => None,
    }
}

fn told<'a>(analysis: &'a Analysis, row: &Row) -> Told<'a> {
    let record = &analysis[row.record];
    let all = record.content.properties.as_deref().expect("a row is of a record that tells values");
    let subject = match row.subject {
        Subject::Entity(at) => ("entity", &*analysis[at].id),
        Subject::Link(at) => ("link", &*analysis[at].id),
    };
    Told { subject, record, all, one: &all.values[row.value as usize] }
}

fn columns(rows: &[Told<'_>]) -> Columns {
    let names = table(Folder::Audience, "properties").fields.iter().map(|field| field.name);
    let maybe = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
    Columns::new(names.zip([
        text(rows, |row| row.subject.1.to_owned()),
        text(rows, |row| row.subject.0.to_owned()),
        text(rows, |row| row.one.name.to_owned()),
        text(rows, |row| row.one.value.to_string()),
        maybe_text(rows, |row| maybe(&row.one.language)),
        maybe_text(rows, |row| maybe(&row.all.dataset)),
        maybe_text(rows, |row| maybe(&row.one.original)),
        time(rows, |row| row.all.first_seen),
        time(rows, |row| row.all.last_seen),
        text(rows, |row| row.record.source.to_string()),
        text(rows, |row| row.record.id.to_string()),
        time(rows, |row| Some(row.record.recorded_at)),
        maybe_text(rows, |row| marking_text(row.record.marking)),
    ]))
}
