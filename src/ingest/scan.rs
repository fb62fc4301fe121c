//! Finds the values of a JSON list by depth and quotes, without reading them.
//!
//! The scan accepts more than JSON: each value that it finds is read by itself afterwards, and that decides. The scan
//! itself checks the commas: there is one between two values, and none behind the last one.

use std::ops::Range;

/// Result of a scan for the next value of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A value, by its position.
    Value(Range<usize>),
    /// The list ended; the position is that behind its bracket.
    End(usize),
    /// The text ended before the value or the list did.
    Unfinished,
    /// The text is not a list.
    Broken,
}

/// Place of a scan in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Behind the opening bracket.
    First,
    /// Behind a value.
    Behind,
}

/// Returns the next value of a list from a position. The position must be behind the opening bracket, or behind a value.
pub(super) fn next_value(text: &[u8], from: usize, place: Place) -> Found {
    let mut at = skip_blanks(text, from);
    match (text.get(at), place) {
        (None, _) => return Found::Unfinished,
        (Some(b']'), _) => return Found::End(at + 1),
        (Some(b','), Place::Behind) => at = skip_blanks(text, at + 1),
        (Some(_), Place::Behind) => return Found::Broken,
        (Some(_), Place::First) => {}
    }
    match text.get(at) {
        None => Found::Unfinished,
        Some(b',' | b']' | b'}' | b':') => Found::Broken,
        Some(_) => value_end(text, at).map_or(Found::Unfinished, |end| Found::Value(at..end)),
    }
}

/// Returns the positions of the key and the value of the next member of an object. The position must be behind the
/// opening bracket, or behind a value; `None` at the end of the object.
pub(super) fn next_member(text: &[u8], from: usize) -> Option<(Range<usize>, Range<usize>)> {
    let mut at = skip_blanks(text, from);
    if text.get(at) == Some(&b',') {
        at = skip_blanks(text, at + 1);
    }
    if text.get(at) != Some(&b'"') {
        return None;
    }
    let key = at..text_end(text, at)?;
    let colon = skip_blanks(text, key.end);
    if text.get(colon) != Some(&b':') {
        return None;
    }
    let value = skip_blanks(text, colon + 1);
    Some((key, value..value_end(text, value)?))
}

/// Returns the end of the value that begins at a position; `None` if the text ends before.
pub(super) fn value_end(text: &[u8], begin: usize) -> Option<usize> {
    match text.get(begin)? {
        b'"' => text_end(text, begin),
        b'{' | b'[' => container_end(text, begin),
        _ => {
            let is_end = |byte: &u8| matches!(byte, b',' | b']' | b'}') || is_blank(*byte);
            text[begin..].iter().position(is_end).map(|length| begin + length)
        }
    }
}

/// Returns the position behind an object or a list. Brackets of both kinds count alike here.
fn container_end(text: &[u8], begin: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = begin;
    loop {
        match text.get(at)? {
            b'"' => {
                at = text_end(text, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Returns the position behind a text that begins at a quote.
pub(super) fn text_end(text: &[u8], begin: usize) -> Option<usize> {
    let mut at = begin + 1;
    loop {
        at += quote_or_backslash(text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        // The escaped byte is never the end, whatever it is.
        at += 2;
    }
}

/// Bytes of a text that are compared one by one: most texts of an object are short.
const SHORT: usize = 16;

fn quote_or_backslash(text: &[u8]) -> Option<usize> {
    let (short, long) = text.split_at(SHORT.min(text.len()));
    let near = short.iter().position(|byte| matches!(byte, b'"' | b'\\'));
    near.or_else(|| Some(short.len() + memchr::memchr2(b'"', b'\\', long)?))
}

/// Returns the position of the first byte that is not white space (RFC 8259, section 2).
pub(super) fn skip_blanks(text: &[u8], from: usize) -> usize {
    let blanks = text[from..].iter().take_while(|byte| is_blank(**byte)).count();
    from + blanks
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
