//! Reads large documents as a stream: STIX bundles, envelopes and lists, answers and lists of MISP, and JSON lines.
//!
//! A buffer of the text is in memory, and each object in it is read by itself. Only texts that are right are read here:
//! everything else is loaded whole and read by [`document`](super::document), so that rejects and positions do not
//! depend on this module. The delivery is complete only at the end of the text.

mod elements;

use std::io::Read;

use rayon::prelude::*;

use super::{
    document,
    format::Delivery,
    input::is_named_json_lines,
    known::KnownObjects,
    lines, outline,
    reject::RejectedObject,
    scan::{self, Found, KnownEnds, Place},
    text_buffer::{NotStreamed, TextBuffer},
};
use elements::Listed;

/// Lines that one thread reads at once.
const LINES: usize = 256;
/// Inputs of a stream besides its text.
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
    if is_named_json_lines(&delivery.path) {
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
        let listed = list_format(&mut buffer)?;
        let is_recognised = read_list(&mut buffer, (listed, ""), delivery, reading)?;
        ends(&mut buffer)?;
        // One element is enough to recognise a list.
        if !is_recognised {
            return Err(NotStreamed);
        }
        delivery.format = Some(listed.format().name);
        Ok(())
    } else {
        read_object(&mut buffer, delivery, reading)?
    };
    delivery.digest = buffer.digest()?;
    Ok(result)
}

/// Returns the format of a list by its first element.
fn list_format<R: Read>(buffer: &mut TextBuffer<R>) -> Result<Listed, NotStreamed> {
    loop {
        match scan::next_value(buffer.text().as_bytes(), 0, Place::First) {
            Found::Value(range) => return Listed::of_list(&buffer.text()[range]).ok_or(NotStreamed),
            Found::Unfinished if !buffer.is_last() => buffer.more()?,
            _ => return Err(NotStreamed),
        }
    }
}

/// Reads an object with a list of elements: the list as a stream, and everything around it as a document.
fn read_object<R: Read>(
    buffer: &mut TextBuffer<R>,
    delivery: &mut Delivery,
    reading: &mut Reading<'_>,
) -> Result<Result<(), RejectedObject>, NotStreamed> {
    let (listed, pointer, begin) = list_in(buffer.text()).ok_or(NotStreamed)?;
    let mut around = buffer.text()[..begin].to_owned();
    buffer.consume(begin);
    let is_recognised = read_list(buffer, (listed, pointer), delivery, reading)?;
    around.push(']');
    around.push_str(ends_within(buffer)?);
    let outline = outline::outline(&around).map_err(|_| NotStreamed)?;
    if !listed.is_document(&outline, is_recognised) {
        return Err(NotStreamed);
    }
    Ok(document::read_around(listed.format(), &outline, delivery).map_err(RejectedObject::from))
}

/// Returns the first member of a document that may list elements: the format, the pointer of the list, and the position
/// behind its opening bracket.
fn list_in(text: &str) -> Option<(Listed, &'static str, usize)> {
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
        if let Some((pointer, listed)) = listed_by(&text[key..key_end]) {
            return (bytes.get(value) == Some(&b'[')).then_some((listed, pointer, value + 1));
        }
        at = scan::skip_blanks(bytes, scan::value_end(bytes, value)?);
        if bytes.get(at) != Some(&b',') {
            return None;
        }
    }
}

/// Returns the pointer and the format of a list by its key in quotes.
fn listed_by(key: &str) -> Option<(&'static str, Listed)> {
    match key {
        "\"objects\"" => Some(("/objects", Listed::Stix)),
        "\"response\"" => Some(("/response", Listed::Misp)),
        _ => None,
    }
}

/// Reads the elements of a list, up to the position behind its closing bracket. Returns whether one of
/// them is certainly of the format.
fn read_list<R: Read>(
    buffer: &mut TextBuffer<R>,
    (listed, pointer): (Listed, &str),
    delivery: &mut Delivery,
    reading: &mut Reading<'_>,
) -> Result<bool, NotStreamed> {
    let (mut count, mut place, mut is_recognised) = (0, Place::First, false);
    loop {
        let text = buffer.text();
        let (mut at, mut values, mut ends) = (0, Vec::new(), KnownEnds::default());
        let end = loop {
            match listed.next_value(text.as_bytes(), at, place, &mut ends) {
                Found::Value(range) => {
                    (at, place) = (range.end, Place::Behind);
                    values.push(range);
                }
                end => break end,
            }
        };
        ends.sort();
        let elements =
            listed.read((text, &ends), &values, (pointer, count), (delivery, reading)).ok_or(NotStreamed)?;
        is_recognised |= elements.is_recognised;
        // Most likely a list of another format.
        if !is_recognised && !values.is_empty() {
            return Err(NotStreamed);
        }
        delivery.accepted.reserve(elements.results.iter().map(Vec::len).sum());
        delivery.add(elements.results.into_iter().flatten());
        (reading.after_buffer)(delivery);
        count += values.len();
        match end {
            Found::End(end) => {
                buffer.consume(end);
                return Ok(is_recognised);
            }
            Found::Unfinished if !buffer.is_last() => {
                buffer.consume(at);
                buffer.more()?;
            }
            _ => return Err(NotStreamed),
        }
    }
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
        && (is_decided || is_named_json_lines(path))
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
            for (number, line) in lines {
                document::read_line(*number, line, &mut part);
            }
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
mod tests;
