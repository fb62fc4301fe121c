//! Bytes to records: which delivered objects are accepted, and why the others are rejected.
//!
//! A reader accepts or rejects an object; it cannot fail on one. It interprets an
//! object by itself. Canonical identifiers, identity and weight belong to `resolve`.

mod accept;
mod completeness;
mod document;
mod expand;
mod exported;
mod folders;
mod format;
pub mod ftm;
mod galaxy;
mod input;
mod json;
mod known;
mod lines;
mod load;
mod misp;
mod outline;
mod pages;
mod pattern;
mod pseudonym;
mod reject;
mod scan;
mod stix;
mod stream;
pub mod table;
mod text_buffer;
mod tree;
mod unpack;
pub mod warning_lists;
mod zipped;

use std::{borrow::Cow, io::Read, sync::Arc};

use rayon::prelude::*;

pub use completeness::{Gap, gap, is_incomplete};
pub use expand::{expand, expand_path, source_of};
pub use format::{
    AcceptedObject, Delivery, Format, Mappings, REJECTS_MAX, SourceMapping, Status, TableReading,
};
pub use input::{Ignore, Input, InputError, Location};
pub use known::{KnownObject, KnownObjects, ReadingKey};
pub use pages::Pages;
pub use pseudonym::{Field, KEY_MIN, PseudonymKey, Pseudonyms};
pub use reject::{RULES, Reject, RejectRule, RejectedObject};
pub use table::mappings;

pub(crate) use input::{describe, is_named_json};
pub(crate) use known::stored_digest;
pub(crate) use lines::lines;
pub use misp::{MISP_TAG, MISP_TEMPLATE};
pub(crate) use outline::outline;
pub use stix::{STIX_ENTITY_TYPE, STIX_EXTENSION, STIX_EXTENSION_TYPE};
pub(crate) use table::cells_of_line;
pub(crate) use unpack::{text, unpack};

use self::{
    document::read_text,
    format::StoredFile,
    stream::Reading,
    text_buffer::{NotStreamed, TextBuffer},
};
use crate::record::Content;

/// Every format, in the order in which a document is tried.
pub const FORMATS: &[Format] =
    &[stix::FORMAT, galaxy::FORMAT, misp::FORMAT, ftm::FORMAT, table::CSV, table::PARQUET, table::ARROW];

/// Reads every input; the deliveries are in order of source and path, whatever the order of inputs.
/// Tables have no mapping here and are rejected.
pub fn read(inputs: &[Input], progress: &(dyn Fn(&Delivery) + Sync)) -> Vec<Delivery> {
    read_mapped(inputs, &Mappings::new(), progress)
}

/// Reads every input, tables by the mapping of their source.
pub fn read_mapped(
    inputs: &[Input],
    mappings: &Mappings,
    progress: &(dyn Fn(&Delivery) + Sync),
) -> Vec<Delivery> {
    read_again(inputs, mappings, &known::nothing, progress)
}

/// Reads every input, tables by the mapping of their source. An object that is known by its bytes is not parsed.
pub fn read_again(
    inputs: &[Input],
    mappings: &Mappings,
    known: &KnownObjects<'_>,
    progress: &(dyn Fn(&Delivery) + Sync),
) -> Vec<Delivery> {
    read_within(inputs, mappings, known, &|_| None, progress)
}

/// Reads every input like [`read_again`]. A file with more objects than `most` returns for its input has no accepted
/// objects; they are counted in `beyond`. A large file of STIX, MISP or JSON lines is then never in memory whole.
pub fn read_within(
    inputs: &[Input],
    mappings: &Mappings,
    known: &KnownObjects<'_>,
    most: &(dyn Fn(&Input) -> Option<u64> + Sync),
    progress: &(dyn Fn(&Delivery) + Sync),
) -> Vec<Delivery> {
    let read = |input: &Input| {
        let most = most(input);
        let mut after_buffer = |delivery: &mut Delivery| {
            if let Some(most) = most {
                delivery.drop_beyond(most);
            }
        };
        let mut reading = Reading { known, after_buffer: &mut after_buffer };
        let mut deliveries = read_input(input, mapping_of(mappings, input), &mut reading);
        if let Some(most) = most {
            for delivery in &mut deliveries {
                delivery.drop_beyond(most);
            }
        }
        deliveries.iter().for_each(progress);
        deliveries
    };
    // All threads read a large file together, so that only one of these files has a buffer in memory.
    let (large, small): (Vec<&Input>, Vec<&Input>) =
        inputs.iter().partition(|input| load::is_larger(&input.location, text_buffer::BUFFER));
    let mut deliveries: Vec<Delivery> = large.into_iter().flat_map(read).collect();
    deliveries.par_extend(small.into_par_iter().flat_map_iter(read));
    deliveries.sort_by(|a, b| (&a.source, &a.path).cmp(&(&b.source, &b.path)));
    deliveries
}

/// A part of what [`read_in_batches`] reads.
#[derive(Debug)]
pub enum Batch {
    /// Further objects, in order of position.
    Objects(Vec<AcceptedObject>),
    /// The objects given before do not count: the file is read again, or it is rejected as a whole.
    Restart,
}

/// Reads one input, and gives its objects in batches, so that a large file of STIX or JSON lines is never in memory
/// whole. The deliveries contain no objects. They are right only at the end, so no batch may be used before.
pub fn read_in_batches(input: &Input, mappings: &Mappings, mut give: impl FnMut(Batch)) -> Vec<Delivery> {
    let mut given = 0;
    let mut after_buffer = |delivery: &mut Delivery| {
        given += delivery.accepted.len();
        give(Batch::Objects(std::mem::take(&mut delivery.accepted)));
    };
    let mut reading = Reading { known: &known::nothing, after_buffer: &mut after_buffer };
    let mut deliveries = read_input(input, mapping_of(mappings, input), &mut reading);
    let is_other = deliveries.iter().any(|delivery| !delivery.accepted.is_empty());
    let is_rejected = deliveries.iter().any(|delivery| delivery.status != Status::Ok);
    if given > 0 && (is_other || is_rejected) {
        give(Batch::Restart);
    }
    for delivery in &mut deliveries {
        give(Batch::Objects(std::mem::take(&mut delivery.accepted)));
    }
    deliveries
}

pub(crate) fn mapping_of<'a>(mappings: &'a Mappings, input: &Input) -> Option<&'a SourceMapping> {
    mappings.get(&input.source).map(|mapping| &**mapping)
}

/// Returns the text of a file that is not a delivery, unpacked; `None` for a file that folders are
/// not read for.
pub fn text_of(input: &Input) -> Result<Option<String>, Reject> {
    let Some(stored) = load::load(&input.location)? else { return Ok(None) };
    text(&unpack(stored)?).map(|text| Some(text.to_owned()))
}

/// Returns the content of an archived object. `format` is a name from [`FORMATS`]; `mapping` is that
/// of the object's source. The object was checked when it was accepted, so reading it cannot fail.
pub fn interpret(
    format: &str,
    object: &str,
    context: Option<&str>,
    mapping: Option<&SourceMapping>,
) -> Content {
    // Only a damaged archive has another format or object; its segments are verified by digest.
    let Some(format) = FORMATS.iter().find(|known| known.name == format) else { return Content::default() };
    if let (Some(interpret), Some(mapping)) = (format.interpret_mapped, mapping) {
        return interpret(mapping, object);
    }
    json::value(object).map(|value| (format.interpret)(&value, context)).unwrap_or_default()
}

/// Returns the key of the record that an object identifier names, if the identifier has no other content.
pub fn record_key(id: &str) -> Option<&str> {
    FORMATS.iter().find_map(|format| (format.record_key)(id))
}

/// Returns whether objects of a format have ids besides their keys in their texts.
pub(crate) fn has_ids_in_objects(format: &str) -> bool {
    FORMATS.iter().any(|known| known.name == format && known.ids_in_object.is_some())
}

/// Returns the ids besides its key by which a person may name an accepted object: ids in its text, and ids of the objects
/// around it.
pub(crate) fn further_ids(format: &str, object: Option<&str>, context: Option<&str>) -> Vec<String> {
    let Some(format) = FORMATS.iter().find(|known| known.name == format) else { return Vec::new() };
    let in_object = format
        .ids_in_object
        .zip(object)
        .and_then(|(ids, object)| json::value(object).ok().map(|value| ids(&value)));
    let in_context = format.ids_in_context.zip(context).map(|(ids, context)| ids(context));
    in_object.into_iter().chain(in_context).flatten().collect()
}

/// Completes the contents of a view that several records of one source claim together.
/// `source_of` returns the source of the content at a position.
pub fn assemble<'a>(contents: &mut [Arc<Content>], source_of: &dyn Fn(usize) -> &'a str) {
    for format in FORMATS {
        (format.assemble)(contents, source_of);
    }
}

fn read_input(input: &Input, mapping: Option<&SourceMapping>, reading: &mut Reading<'_>) -> Vec<Delivery> {
    let key = |size| Some(ReadingKey::new(&input.path, size, (mapping, input.pseudonyms.as_deref())));
    let with_pseudonyms = mapping.zip(input.pseudonyms.as_ref());
    let with_pseudonyms = with_pseudonyms.map(|(mapping, rule)| mapping.with_pseudonyms(Arc::clone(rule)));
    let rules = ReadingRules {
        mapping: with_pseudonyms.as_ref().or(mapping),
        pseudonyms: input.pseudonyms.as_deref(),
    };
    let file = load::open_larger(&input.location, text_buffer::BUFFER);
    let streamed = file.and_then(|(file, size)| {
        let delivery = read_streamed(input, file, size, reading)?;
        Ok(Delivery { reading: key(size), ..delivery })
    });
    if let Ok(delivery) = streamed {
        return vec![delivery];
    }
    let mut delivery = Delivery::new(&input.source, &input.path);
    let stored = match load::load(&input.location) {
        Ok(Some(stored)) => stored,
        Ok(None) => {
            delivery.status = Status::Ignored;
            delivery.could_hold_objects =
                matches!(input.location, Location::Ignored { could_hold_objects: true });
            return vec![delivery];
        }
        Err(reject) => {
            delivery.status = Status::Failed;
            delivery.rejects.push(reject.into());
            return vec![delivery];
        }
    };
    let size = stored.len() as u64;
    if let Ok(delivery) = read_streamed(input, stored.as_slice(), size, reading) {
        return vec![Delivery { reading: key(size), ..delivery }];
    }
    delivery.digest = blake3::hash(&stored).to_hex().to_string();
    if zipped::is_archive(&stored) {
        let ignore = match &input.location {
            Location::File { ignore, .. } => ignore.clone(),
            _ => Ignore::default(),
        };
        return read_archive(&stored, rules, &ignore, delivery);
    }
    delivery.reading = key(size);
    delivery.complete(|delivery| read_stored(stored, rules, delivery));
    vec![delivery]
}

/// Reads a file whose name says JSON through a buffer.
fn read_streamed(
    input: &Input,
    reader: impl Read,
    stored: u64,
    reading: &mut Reading<'_>,
) -> Result<Delivery, NotStreamed> {
    let mut delivery = Delivery::new(&input.source, &input.path);
    // Pseudonyms need the whole text.
    if !is_named_json(&delivery.path) || input.pseudonyms.is_some() {
        return Err(NotStreamed);
    }
    let result =
        stream::read(TextBuffer::open(reader, stored, text_buffer::BUFFER)?, &mut delivery, reading)?;
    delivery.complete(|_| result);
    Ok(delivery)
}

/// Reads each member of an archive as a file of its own; a single member has the archive's path.
fn read_archive(
    stored: &[u8],
    rules: ReadingRules<'_>,
    ignore: &Ignore,
    mut archive: Delivery,
) -> Vec<Delivery> {
    let is_ignored = |name: &str| ignore.matches(&format!("{}!/{name}", archive.path));
    let members = match zipped::members(stored, is_ignored) {
        Ok(members) => members,
        Err(reject) => {
            archive.complete(|_| Err(reject.into()));
            return vec![archive];
        }
    };
    let is_alone = members.len() == 1;
    members.into_iter().map(|member| read_member(member, rules, &archive, is_alone)).collect()
}

fn read_member(
    member: zipped::Member,
    rules: ReadingRules<'_>,
    archive: &Delivery,
    is_alone: bool,
) -> Delivery {
    let mut delivery = archive.clone();
    if !is_alone {
        delivery.path = format!("{}!/{}", archive.path, member.name);
    }
    let Some(bytes) = member.bytes else {
        delivery.status = Status::Ignored;
        delivery.could_hold_objects = member.could_hold_objects;
        delivery.digest.clear();
        return delivery;
    };
    delivery.complete(|delivery| {
        // The member's own name decides how it is read, if it is a name that folders are read for.
        let name = if input::is_read(&member.name) { member.name } else { archive.path.clone() };
        let path = std::mem::replace(&mut delivery.path, name);
        let result =
            bytes.map_err(RejectedObject::from).and_then(|bytes| read_stored(bytes, rules, delivery));
        delivery.path = path;
        result
    });
    delivery
}

/// Reads a file as the format that recognises it, else as JSON.
fn read_stored(
    stored: Vec<u8>,
    rules: ReadingRules<'_>,
    delivery: &mut Delivery,
) -> Result<(), RejectedObject> {
    let bytes = unpack(stored)?;
    if is_named_json(&delivery.path) {
        return read_text(&rules.replaced(text(&bytes)?), delivery);
    }
    let mapping = rules.mapping.filter(|_| !begins_like_json(&bytes));
    let file = StoredFile { bytes, mapping };
    if let Some(format) = FORMATS.iter().find(|format| (format.sniff)(&file)) {
        return (format.read_file)(format, file, delivery);
    }
    read_text(&rules.replaced(text_that_may_be_json(&file.bytes)?), delivery)
}

/// Rules of a source by which its files are read.
#[derive(Clone, Copy)]
struct ReadingRules<'a> {
    mapping: Option<&'a SourceMapping>,
    pseudonyms: Option<&'a Pseudonyms>,
}

impl ReadingRules<'_> {
    /// Returns a text of JSON with the pseudonyms of the source.
    fn replaced(self, text: &str) -> Cow<'_, str> {
        self.pseudonyms.map_or(Cow::Borrowed(text), |rule| rule.replaced_in_json(text).into())
    }
}

/// Returns the text of a file whose name does not say JSON, if it begins like JSON. Tables without
/// a mapping, and archives, are rejected as such and not as broken JSON.
fn text_that_may_be_json(bytes: &[u8]) -> Result<&str, Reject> {
    let reason = "the file has no supported format; a table needs the `mapping` of its source";
    let text = text(bytes).ok().filter(|text| text.trim_start().starts_with(['{', '[']));
    text.ok_or_else(|| Reject::new(RejectRule::UnknownFormat, reason))
}

/// Returns whether a text, or its first line, is JSON. The first cell of a table can begin with a
/// bracket, too.
fn begins_like_json(bytes: &[u8]) -> bool {
    let Ok(text) = text(bytes) else { return false };
    let text = text.trim_start();
    let first_line = lines(text).next().unwrap_or_default();
    text.starts_with(['{', '[']) && (outline(first_line).is_ok() || outline(text).is_ok())
}
