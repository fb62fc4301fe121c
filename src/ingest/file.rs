//! One file: loaded or read as a stream, unpacked, and read as the format that recognises it.

use std::{borrow::Cow, io::Read, sync::Arc};

use bytes::Bytes;

use super::{
    FORMATS,
    document::read_text,
    format::{Delivery, SourceMapping, Status, StoredFile},
    input::{Ignore, Input, Location, is_named_json},
    known::ReadingKey,
    lines, load, outline,
    pseudonym::Pseudonyms,
    reject::{Reject, RejectRule, RejectedObject},
    stream::{self, Reading},
    text_buffer::{self, NotStreamed, TextBuffer},
    unpack::{text, unpack},
    worker::{self, Content, MemberHead, Reader, Stored, Task, WorkerText},
    zipped,
};

/// First bytes of a file that decide how it is read.
const FIRST_BYTES: usize = 8;

/// Rules of a source by which its files are read.
#[derive(Clone, Copy)]
struct ReadingRules<'a> {
    mapping: Option<&'a SourceMapping>,
    pseudonyms: Option<&'a Pseudonyms>,
    reader: &'a Reader,
}

impl<'a> ReadingRules<'a> {
    /// Returns a text of JSON with the pseudonyms of the source.
    fn replaced(self, text: &str) -> Cow<'_, str> {
        self.pseudonyms.map_or(Cow::Borrowed(text), |rule| rule.replaced_in_json(text).into())
    }

    /// Returns the mapping by which a columnar file with this name is read.
    fn mapping_for(self, path: &str) -> Option<&'a SourceMapping> {
        self.mapping.filter(|_| !is_named_json(path))
    }

    /// Returns whether a worker unpacks a file with this name and these first bytes.
    fn has_worker_for(self, path: &str, first_bytes: &[u8]) -> bool {
        self.reader.program.is_some() && worker::is_for_worker(first_bytes, self.mapping_for(path).is_some())
    }
}

/// Reads an input by the mapping of its source. An archive has a delivery for each member.
pub(super) fn read_input(
    input: &Input,
    (mapping, reader): (Option<&SourceMapping>, &Reader),
    reading: &mut Reading<'_>,
) -> Vec<Delivery> {
    let key = |size| Some(ReadingKey::new(&input.path, size, (mapping, input.pseudonyms.as_deref())));
    let with_pseudonyms = mapping.zip(input.pseudonyms.as_ref());
    let with_pseudonyms = with_pseudonyms.map(|(mapping, rule)| mapping.with_pseudonyms(Arc::clone(rule)));
    let rules = ReadingRules {
        mapping: with_pseudonyms.as_ref().or(mapping),
        pseudonyms: input.pseudonyms.as_deref(),
        reader,
    };
    let file = load::open_larger(&input.location, text_buffer::BUFFER);
    let streamed = file.and_then(|(mut file, size)| {
        let first_bytes = load::first_bytes(&mut file, FIRST_BYTES)?;
        let streamed =
            read_streamed(input, (Opened::File(file), first_bytes.as_slice(), size), rules, reading)?;
        Ok((streamed, size))
    });
    if let Ok((delivery, size)) = streamed {
        return vec![with_key(delivery, key(size))];
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
    let stored = Bytes::from(stored);
    let opened = (Opened::Bytes(&stored), &stored[..FIRST_BYTES.min(stored.len())], size);
    if let Ok(delivery) = read_streamed(input, opened, rules, reading) {
        return vec![with_key(delivery, key(size))];
    }
    delivery.digest = blake3::hash(&stored).to_hex().to_string();
    if zipped::is_archive(&stored) {
        let ignore = match &input.location {
            Location::File { ignore, .. } => ignore.clone(),
            _ => Ignore::default(),
        };
        return read_archive(stored, rules, &ignore, delivery);
    }
    delivery.complete(|delivery| read_stored(stored, rules, delivery));
    vec![with_key(delivery, key(size))]
}

/// Returns a delivery with the key of its reading. A file that its reader could not finish has none: the next run tries again.
fn with_key(delivery: Delivery, key: Option<ReadingKey>) -> Delivery {
    let is_final = !delivery.rejects.iter().any(|rejected| rejected.cause.rule.is_of_reader());
    Delivery { reading: key.filter(|_| is_final), ..delivery }
}

/// A file that is open.
enum Opened<'a> {
    File(std::fs::File),
    Bytes(&'a Bytes),
}

/// Reads a file whose name says JSON through a buffer. `first_bytes` and `size` are those of the stored file.
fn read_streamed(
    input: &Input,
    (opened, first_bytes, size): (Opened<'_>, &[u8], u64),
    rules: ReadingRules<'_>,
    reading: &mut Reading<'_>,
) -> Result<Delivery, NotStreamed> {
    // Pseudonyms need the whole text.
    if !is_named_json(&input.path) || input.pseudonyms.is_some() || zipped::is_archive(first_bytes) {
        return Err(NotStreamed);
    }
    if !rules.has_worker_for(&input.path, first_bytes) {
        return match opened {
            Opened::File(file) => read_plain_stream(input, file, size, reading),
            Opened::Bytes(bytes) => read_plain_stream(input, &bytes[..], size, reading),
        };
    }
    let mut delivery = Delivery::new(&input.source, &input.path);
    let (stored, digest) = match opened {
        Opened::File(file) => (Stored::File(file), None),
        Opened::Bytes(bytes) => {
            (Stored::Bytes(bytes.clone()), Some(blake3::hash(bytes).to_hex().to_string()))
        }
    };
    let mut unpacked = match WorkerText::start(rules.reader, stored, size) {
        Ok(unpacked) => unpacked,
        Err(reject) => return rejected(delivery, digest, reject),
    };
    let buffer = TextBuffer::open_unpacked(&mut unpacked, text_buffer::BUFFER);
    let streamed = buffer.and_then(|buffer| stream::read(buffer, &mut delivery, reading));
    if let Ok(result) = streamed {
        delivery.digest = unpacked.digest().map_err(|_| NotStreamed)?;
        if let Some(digest) = digest {
            delivery.digest = digest;
        }
        delivery.complete(|_| result);
        return Ok(delivery);
    }
    // Without a stream, the text is read as a document.
    let mut delivery = Delivery::new(&input.source, &input.path);
    let bytes = match unpacked.whole() {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Err(NotStreamed),
        Err(reject) => {
            let read = unpacked.digest();
            return rejected(delivery, digest.or(read.ok()), reject);
        }
    };
    let read = unpacked.digest().map_err(|_| NotStreamed)?;
    delivery.digest = digest.unwrap_or(read);
    delivery.complete(|delivery| read_text(&rules.replaced(text(&bytes)?), delivery));
    Ok(delivery)
}

/// Returns the delivery of a rejected file. Without a digest the file is loaded, and rejected then.
fn rejected(mut delivery: Delivery, digest: Option<String>, reject: Reject) -> Result<Delivery, NotStreamed> {
    delivery.digest = digest.ok_or(NotStreamed)?;
    delivery.complete(|_| Err(reject.into()));
    Ok(delivery)
}

fn read_plain_stream(
    input: &Input,
    reader: impl Read,
    size: u64,
    reading: &mut Reading<'_>,
) -> Result<Delivery, NotStreamed> {
    let mut delivery = Delivery::new(&input.source, &input.path);
    let buffer = TextBuffer::open(reader, size, text_buffer::BUFFER)?;
    let result = stream::read(buffer, &mut delivery, reading)?;
    delivery.complete(|_| result);
    Ok(delivery)
}

/// Reads each member of an archive as a file of its own; a single member has the archive's path.
fn read_archive(
    stored: Bytes,
    rules: ReadingRules<'_>,
    ignore: &Ignore,
    mut archive: Delivery,
) -> Vec<Delivery> {
    let read = if rules.reader.program.is_some() {
        read_members_by_worker(stored, rules, ignore, &archive)
    } else {
        read_members(&stored, rules, ignore, &archive)
    };
    read.unwrap_or_else(|reject| {
        archive.complete(|_| Err(reject.into()));
        vec![archive]
    })
}

fn read_members(
    stored: &[u8],
    rules: ReadingRules<'_>,
    ignore: &Ignore,
    archive: &Delivery,
) -> Result<Vec<Delivery>, Reject> {
    let is_ignored = |name: &str| ignore.matches(&format!("{}!/{name}", archive.path));
    let members = zipped::members(stored, is_ignored)?;
    let is_alone = members.len() == 1;
    let read = |member: zipped::Member| {
        let head = MemberHead {
            name: member.name,
            is_read: member.bytes.is_some(),
            could_hold_objects: member.could_hold_objects,
            is_alone,
        };
        read_member(&head, archive, |delivery| {
            let bytes = member.bytes.unwrap_or(Ok(Vec::new()))?;
            read_stored(bytes.into(), rules, delivery)
        })
    };
    Ok(members.into_iter().map(read).collect())
}

/// Reads the members by one worker. If the worker fails, the archive is rejected as a whole.
fn read_members_by_worker(
    stored: Bytes,
    rules: ReadingRules<'_>,
    ignore: &Ignore,
    archive: &Delivery,
) -> Result<Vec<Delivery>, Reject> {
    let task = Task::Archive {
        path: archive.path.clone(),
        ignore: ignore.patterns(),
        decimal: rules.mapping.map(worker::decimal),
    };
    let mut members = worker::read_archive(rules.reader, stored, task)?;
    let mut deliveries = Vec::new();
    while let Some(head) = members.next_member()? {
        deliveries.push(read_member(&head, archive, |delivery| {
            let content = members.content(rules.mapping_for(&delivery.path), delivery)?;
            read_content(content, rules, delivery)
        }));
        if let Some(failure) = members.failure() {
            return Err(failure.clone());
        }
    }
    Ok(deliveries)
}

fn read_member(
    head: &MemberHead,
    archive: &Delivery,
    read: impl FnOnce(&mut Delivery) -> Result<(), RejectedObject>,
) -> Delivery {
    let mut delivery = archive.clone();
    if !head.is_alone {
        delivery.path = format!("{}!/{}", archive.path, head.name);
    }
    if !head.is_read {
        delivery.status = Status::Ignored;
        delivery.could_hold_objects = head.could_hold_objects;
        delivery.digest.clear();
        return delivery;
    }
    delivery.complete(|delivery| {
        let name = zipped::Member::read_name(&head.name, &archive.path).to_owned();
        let path = std::mem::replace(&mut delivery.path, name);
        let result = read(delivery);
        delivery.path = path;
        result
    });
    delivery
}

/// Reads a file as the format that recognises it, else as JSON.
fn read_stored(
    stored: Bytes,
    rules: ReadingRules<'_>,
    delivery: &mut Delivery,
) -> Result<(), RejectedObject> {
    if rules.has_worker_for(&delivery.path, &stored) && !zipped::is_archive(&stored) {
        let mapping = rules.mapping_for(&delivery.path);
        let content = worker::read_file(rules.reader, stored, mapping, delivery)?;
        return read_content(content, rules, delivery);
    }
    read_unpacked(unpack(stored.into())?, rules, delivery)
}

/// Reads what a worker returned of a file.
fn read_content(
    content: Content,
    rules: ReadingRules<'_>,
    delivery: &mut Delivery,
) -> Result<(), RejectedObject> {
    match content {
        Content::Table => Ok(()),
        Content::Bytes(bytes) => read_unpacked(bytes, rules, delivery),
    }
}

fn read_unpacked(
    bytes: Vec<u8>,
    rules: ReadingRules<'_>,
    delivery: &mut Delivery,
) -> Result<(), RejectedObject> {
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
    let first_line = lines::lines(text).next().unwrap_or_default();
    text.starts_with(['{', '[']) && (outline::outline(first_line).is_ok() || outline::outline(text).is_ok())
}
