//! Reads large documents as a stream: STIX bundles, envelopes and lists, and JSON lines.
//!
//! A buffer of the text is in memory, and each object in it is read by itself. Only texts that are right are read here:
//! everything else is loaded whole and read by [`document`](super::document), so that rejects and positions do not
//! depend on this module. The delivery is complete only at the end of the text.

use std::{io::Read, ops::Range};

use rayon::prelude::*;

use super::{
    document,
    format::{AcceptedObject, DeliveredObject, Delivery, Format, TreeCheck, accept_tree},
    known::{self, KnownObject, KnownObjects},
    lines, outline,
    reject::RejectedObject,
    scan::{self, Found, Place},
    stix,
    text_buffer::{NotStreamed, TextBuffer},
};
use crate::record::Digest;

/// Objects that one thread reads at once, at least.
const OBJECTS: usize = 64;
/// Lines that one thread reads at once.
const LINES: usize = 256;
/// The member of a bundle that lists its objects.
const MEMBER: &str = "\"objects\"";

/// What a stream needs besides its text.
pub(super) struct Reading<'a> {
    /// Objects that are not parsed again.
    pub(super) known: &'a KnownObjects<'a>,
    /// Receives the delivery after each buffer. It may take out the accepted objects.
    pub(super) after_buffer: &'a mut dyn FnMut(&mut Delivery),
}

/// Reads a whole text into a delivery, and sets its digest. A result may also reject the whole file.
pub(super) fn read<R: Read>(
    mut buffer: TextBuffer<R>,
    delivery: &mut Delivery,
    reading: &mut Reading<'_>,
) -> Result<Result<(), RejectedObject>, NotStreamed> {
    if document::is_named_json_lines(&delivery.path) {
        // Two lines decide.
        while filled_lines(whole_lines(&buffer)).nth(1).is_none() && !buffer.is_last() {
            buffer.more()?;
        }
    }
    let first = scan::skip_blanks(buffer.text().as_bytes(), 0);
    let result = if begins_lines(&buffer, &delivery.path) {
        read_lines(&mut buffer, delivery, reading)?;
        Ok(())
    } else if buffer.text().as_bytes().get(first) == Some(&b'[') {
        buffer.consume(first + 1);
        let is_stix = read_list(&mut buffer, "", delivery, reading)?;
        ends(&mut buffer)?;
        // One object is enough to recognise a list.
        if !is_stix {
            return Err(NotStreamed);
        }
        delivery.format = Some(stix::FORMAT.name);
        Ok(())
    } else {
        read_bundle(&mut buffer, delivery, reading)?
    };
    delivery.digest = buffer.digest()?;
    Ok(result)
}

/// Reads an object whose member `objects` is a list: the list as a stream, and everything around it as a document.
fn read_bundle<R: Read>(
    buffer: &mut TextBuffer<R>,
    delivery: &mut Delivery,
    reading: &mut Reading<'_>,
) -> Result<Result<(), RejectedObject>, NotStreamed> {
    let begin = list_of_objects(buffer.text()).ok_or(NotStreamed)?;
    let mut around = buffer.text()[..begin].to_owned();
    buffer.consume(begin);
    read_list(buffer, "/objects", delivery, reading)?;
    around.push(']');
    around.push_str(ends_within(buffer)?);
    let outline = outline::outline(&around).map_err(|_| NotStreamed)?;
    if !stix::is_collection(&outline) {
        return Err(NotStreamed);
    }
    Ok(document::read_document(&outline, "", delivery).map_err(RejectedObject::from))
}

/// Returns the position behind the bracket that opens the list of objects at the top of a document.
fn list_of_objects(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = scan::skip_blanks(bytes, 0);
    if bytes.get(at) != Some(&b'{') {
        return None;
    }
    loop {
        let key = scan::skip_blanks(bytes, at + 1);
        if bytes.get(key) != Some(&b'"') {
            return None;
        }
        let key_end = scan::text_end(bytes, key)?;
        let colon = scan::skip_blanks(bytes, key_end);
        if bytes.get(colon) != Some(&b':') {
            return None;
        }
        let value = scan::skip_blanks(bytes, colon + 1);
        if &text[key..key_end] == MEMBER {
            return (bytes.get(value) == Some(&b'[')).then_some(value + 1);
        }
        at = scan::skip_blanks(bytes, scan::value_end(bytes, value)?);
        if bytes.get(at) != Some(&b',') {
            return None;
        }
    }
}

/// Reads the objects of a list of STIX, up to the position behind its closing bracket. Returns whether one is accepted.
fn read_list<R: Read>(
    buffer: &mut TextBuffer<R>,
    pointer: &str,
    delivery: &mut Delivery,
    reading: &mut Reading<'_>,
) -> Result<bool, NotStreamed> {
    let (mut count, mut place, mut is_stix) = (0, Place::First, false);
    loop {
        let text = buffer.text();
        let (mut at, mut values) = (0, Vec::new());
        let end = loop {
            match scan::next_value(text.as_bytes(), at, place) {
                Found::Value(range) => {
                    (at, place) = (range.end, Place::Behind);
                    values.push(range);
                }
                end => break end,
            }
        };
        let known = |raw| (reading.known)(&delivery.source, raw);
        delivery.add(accept(text, &values, (pointer, count), &known).ok_or(NotStreamed)?);
        is_stix |= !delivery.accepted.is_empty();
        // Most likely a list of another format.
        if !is_stix && !values.is_empty() {
            return Err(NotStreamed);
        }
        (reading.after_buffer)(delivery);
        count += values.len();
        match end {
            Found::End(end) => {
                buffer.consume(end);
                return Ok(is_stix);
            }
            Found::Unfinished if !buffer.is_last() => {
                buffer.consume(at);
                buffer.more()?;
            }
            _ => return Err(NotStreamed),
        }
    }
}

type Accepted = Result<AcceptedObject, RejectedObject>;

/// Accepts or rejects values of a list, the first of which has the position `first`; `None` if one of them is not JSON.
fn accept(
    text: &str,
    values: &[Range<usize>],
    (pointer, first): (&str, usize),
    known: &(dyn Fn(Digest) -> Option<KnownObject> + Sync),
) -> Option<Vec<Accepted>> {
    let check = stix::FORMAT.tree_check(None);
    let accept = |(position, range): (usize, &Range<usize>)| {
        let position = format!("{pointer}/{}", first + position);
        let text = &text[range.clone()];
        let raw = known::raw_digest(text);
        if let Some(known) = known(raw) {
            return Some(Ok(AcceptedObject::of_known(known, raw, position, text)));
        }
        let accepted = accept_one(&stix::FORMAT, check.as_ref(), position, text)?;
        Some(accepted.map(|accepted| AcceptedObject { raw: Some(raw), ..accepted }))
    };
    values.par_iter().enumerate().with_min_len(OBJECTS).map(accept).collect()
}

fn accept_one(format: &Format, check: Option<&TreeCheck>, position: String, text: &str) -> Option<Accepted> {
    if let Some(accepted) = check.and_then(|check| accept_tree(check, &position, text, None)) {
        return Some(Ok(accepted));
    }
    let raw = outline::raw(text).ok()?;
    Some(format.accept(position, DeliveredObject::whole(String::new(), raw)))
}

/// Checks that only white space follows.
fn ends<R: Read>(buffer: &mut TextBuffer<R>) -> Result<(), NotStreamed> {
    let rest = ends_within(buffer)?;
    if scan::skip_blanks(rest.as_bytes(), 0) == rest.len() { Ok(()) } else { Err(NotStreamed) }
}

/// Returns the rest of the text, which is in memory or one buffer away.
fn ends_within<R: Read>(buffer: &mut TextBuffer<R>) -> Result<&str, NotStreamed> {
    if !buffer.is_last() {
        buffer.more()?;
    }
    if buffer.is_last() { Ok(buffer.text()) } else { Err(NotStreamed) }
}

/// Returns whether a text is JSON lines beyond doubt: its first line is a document, and there are more lines.
fn begins_lines<R: Read>(buffer: &TextBuffer<R>, path: &str) -> bool {
    let whole = whole_lines(buffer);
    let mut filled = filled_lines(whole);
    let Some(first) = filled.next() else { return false };
    let further = filled.take(document::SNIFFED_LINES).count();
    let is_decided = buffer.is_last() || further >= document::SNIFFED_LINES;
    further > 0
        && (is_decided || document::is_named_json_lines(path))
        && outline::outline(first).is_ok()
        && document::is_json_lines(whole, path)
}

fn filled_lines(text: &str) -> impl Iterator<Item = &str> {
    lines::lines(text).filter(|line| !line.trim().is_empty())
}

/// Returns the lines of the buffer whose ends are certain.
fn whole_lines<R: Read>(buffer: &TextBuffer<R>) -> &str {
    let text = buffer.text();
    if buffer.is_last() {
        return text;
    }
    // A `\r` at the end may belong to a `\n` behind the buffer.
    let known = text.strip_suffix('\r').unwrap_or(text);
    let end = memchr::memrchr2(b'\n', b'\r', known.as_bytes()).map_or(0, |end| end + 1);
    &text[..end]
}

/// Reads each line as a document.
fn read_lines<R: Read>(
    buffer: &mut TextBuffer<R>,
    delivery: &mut Delivery,
    reading: &mut Reading<'_>,
) -> Result<(), NotStreamed> {
    let mut before = 0;
    loop {
        let whole = whole_lines(buffer);
        let numbered: Vec<(usize, &str)> = (before + 1..).zip(lines::lines(whole)).collect();
        let read = |lines: &[(usize, &str)]| {
            let mut part = Delivery::new(&delivery.source, &delivery.path);
            lines.iter().for_each(|(number, line)| document::read_line(*number, line, &mut part));
            part
        };
        let parts: Vec<Delivery> = numbered.par_chunks(LINES).map(read).collect();
        before += numbered.len();
        let length = whole.len();
        for part in parts {
            // The rejects of one line are too many to be listed.
            if part.unlisted > 0 {
                return Err(NotStreamed);
            }
            delivery.append(part);
        }
        (reading.after_buffer)(delivery);
        buffer.consume(length);
        if buffer.is_last() {
            return Ok(());
        }
        buffer.more()?;
    }
}

#[cfg(test)]
#[path = "stream/tests.rs"]
mod tests;
