//! Reads large documents as a stream: STIX bundles, envelopes and lists, and JSON lines.
//!
//! A window of the text is in memory, and each object in it is read by itself. Only texts that are right are read here:
//! everything else is loaded whole and read by [`document`](super::document), so that rejects and positions do not
//! depend on this module. The delivery is complete only at the end of the text.

use std::{io::Read, ops::Range};

use rayon::prelude::*;
use serde_json::value::RawValue;

use super::{
    document,
    format::{AcceptedObject, Delivery, DeliveredObject, Format},
    json,
    lines,
    reject::RejectedObject,
    scan::{self, Found, Place},
    stix,
    window::{NotStreamed, Window},
};

/// Objects that one thread reads at once, at least.
const OBJECTS: usize = 64;
/// Lines that one thread reads at once.
const LINES: usize = 256;
/// The member of a bundle that lists its objects.
const MEMBER: &str = "\"objects\"";

/// Reads a whole text into a delivery, and sets its digest. A result may also reject the whole file.
pub(super) fn read<R: Read>(
    mut window: Window<R>,
    delivery: &mut Delivery,
) -> Result<Result<(), RejectedObject>, NotStreamed> {
    if document::is_named_json_lines(&delivery.path) {
        // Two lines decide.
        while filled_lines(whole_lines(&window)).nth(1).is_none() && !window.is_last() {
            window.more()?;
        }
    }
    let first = scan::skip_blanks(window.text().as_bytes(), 0);
    let result = if begins_lines(&window, &delivery.path) {
        read_lines(&mut window, delivery)?;
        Ok(())
    } else if window.text().as_bytes().get(first) == Some(&b'[') {
        window.consume(first + 1);
        read_list(&mut window, "", delivery)?;
        ends(&mut window)?;
        // One object is enough to recognise a list.
        if delivery.accepted.is_empty() {
            return Err(NotStreamed);
        }
        delivery.format = Some(stix::FORMAT.name);
        Ok(())
    } else {
        read_bundle(&mut window, delivery)?
    };
    delivery.digest = window.digest()?;
    Ok(result)
}

/// Reads an object whose member `objects` is a list: the list as a stream, and everything around it as a document.
fn read_bundle<R: Read>(
    window: &mut Window<R>,
    delivery: &mut Delivery,
) -> Result<Result<(), RejectedObject>, NotStreamed> {
    let begin = list_of_objects(window.text()).ok_or(NotStreamed)?;
    let mut around = window.text()[..begin].to_owned();
    window.consume(begin);
    read_list(window, "/objects", delivery)?;
    around.push(']');
    around.push_str(ends_within(window)?);
    let outline = json::outline(&around).map_err(|_| NotStreamed)?;
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

/// Reads the objects of a list of STIX, up to the position behind its closing bracket.
fn read_list<R: Read>(
    window: &mut Window<R>,
    pointer: &str,
    delivery: &mut Delivery,
) -> Result<(), NotStreamed> {
    let (mut count, mut place) = (0, Place::First);
    loop {
        let text = window.text();
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
        let accepted = accept(text, &values, (pointer, count)).ok_or(NotStreamed)?;
        delivery.add(accepted);
        // Most likely a list of another format.
        if count == 0 && delivery.accepted.is_empty() && !values.is_empty() {
            return Err(NotStreamed);
        }
        count += values.len();
        match end {
            Found::End(end) => {
                window.consume(end);
                return Ok(());
            }
            Found::Unfinished if !window.is_last() => {
                window.consume(at);
                window.more()?;
            }
            _ => return Err(NotStreamed),
        }
    }
}

type Accepted = Result<AcceptedObject, RejectedObject>;

/// Accepts or rejects values of a list, the first of which has the position `first`; `None` if one of them is not JSON.
fn accept(text: &str, values: &[Range<usize>], (pointer, first): (&str, usize)) -> Option<Vec<Accepted>> {
    let accept = |(position, range): (usize, &Range<usize>)| {
        accept_one(&stix::FORMAT, format!("{pointer}/{}", first + position), &text[range.clone()])
    };
    values.par_iter().enumerate().with_min_len(OBJECTS).map(accept).collect()
}

fn accept_one(format: &Format, position: String, text: &str) -> Option<Accepted> {
    if let Some(check) = format.check_tree
        && let Some(accepted) = format.accept_tree(check, &position, text)
    {
        return Some(Ok(accepted));
    }
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    Some(format.accept(position, DeliveredObject::whole(String::new(), raw)))
}

/// Checks that only white space follows.
fn ends<R: Read>(window: &mut Window<R>) -> Result<(), NotStreamed> {
    let rest = ends_within(window)?;
    if scan::skip_blanks(rest.as_bytes(), 0) == rest.len() { Ok(()) } else { Err(NotStreamed) }
}

/// Returns the rest of the text, which is in memory or one window away.
fn ends_within<R: Read>(window: &mut Window<R>) -> Result<&str, NotStreamed> {
    if !window.is_last() {
        window.more()?;
    }
    if window.is_last() { Ok(window.text()) } else { Err(NotStreamed) }
}

/// Returns whether a text is JSON lines beyond doubt: its first line is a document, and there are more lines.
fn begins_lines<R: Read>(window: &Window<R>, path: &str) -> bool {
    let whole = whole_lines(window);
    let mut filled = filled_lines(whole);
    let Some(first) = filled.next() else { return false };
    let further = filled.take(document::SNIFFED_LINES).count();
    let is_decided = window.is_last() || further >= document::SNIFFED_LINES;
    further > 0
        && (is_decided || document::is_named_json_lines(path))
        && json::outline(first).is_ok()
        && document::is_json_lines(whole, path)
}

fn filled_lines(text: &str) -> impl Iterator<Item = &str> {
    lines::lines(text).filter(|line| !line.trim().is_empty())
}

/// Returns the lines of the window whose ends are certain.
fn whole_lines<R: Read>(window: &Window<R>) -> &str {
    let text = window.text();
    if window.is_last() {
        return text;
    }
    // A `\r` at the end may belong to a `\n` behind the window.
    let known = text.strip_suffix('\r').unwrap_or(text);
    let end = memchr::memrchr2(b'\n', b'\r', known.as_bytes()).map_or(0, |end| end + 1);
    &text[..end]
}

/// Reads each line as a document.
fn read_lines<R: Read>(window: &mut Window<R>, delivery: &mut Delivery) -> Result<(), NotStreamed> {
    let mut before = 0;
    loop {
        let whole = whole_lines(window);
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
        window.consume(length);
        if window.is_last() {
            return Ok(());
        }
        window.more()?;
    }
}

#[cfg(test)]
#[path = "stream/tests.rs"]
mod tests;
