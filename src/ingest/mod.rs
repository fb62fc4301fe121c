//! Bytes to records: which delivered objects are accepted, and why the others are rejected.
//!
//! A reader accepts or rejects an object; it cannot fail on one. It interprets an
//! object by itself. Canonical identifiers, identity and weight belong to `resolve`.

mod accept;
mod completeness;
mod document;
mod expand;
mod exported;
mod file;
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
mod worker;
mod zipped;

use std::sync::Arc;

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
pub use worker::{Reader, WORKER_ARGUMENT, serve};

pub(crate) use input::{describe, is_named_json};
pub(crate) use known::stored_digest;
pub(crate) use lines::lines;
pub use misp::{MISP_TAG, MISP_TEMPLATE};
pub(crate) use outline::outline;
pub use stix::{STIX_ENTITY_TYPE, STIX_EXTENSION, STIX_EXTENSION_TYPE};
pub(crate) use table::cells_of_line;
pub(crate) use unpack::{text, unpack};

use self::{file::read_input, stream::Reading};
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
    read_within(inputs, (mappings, &Reader::IN_PROCESS), known, &|_| None, progress)
}

/// Reads every input like [`read_again`]. A file with more objects than `most` returns for its input has no accepted
/// objects; they are counted in `beyond`. A large file of STIX, MISP or JSON lines is then never in memory whole.
///
/// The reader says in which process compressed and columnar files are unpacked.
pub fn read_within(
    inputs: &[Input],
    (mappings, reader): (&Mappings, &Reader),
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
        let mut deliveries = read_input(input, (mapping_of(mappings, input), reader), &mut reading);
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
    let rules = (mapping_of(mappings, input), &Reader::IN_PROCESS);
    let mut deliveries = read_input(input, rules, &mut reading);
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
