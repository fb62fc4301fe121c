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

/// Ends of the long containers that a scan passed, so that a later scan of the same text need not read them again. A scan without them
/// finds the same.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct KnownEnds {
    /// Position of a container, and the position behind it; in order of the first position once [`Self::sort`] was called.
    ends: Vec<(usize, usize)>,
}

/// Length of a container whose end is kept, in bytes: the search for it costs less than the scan of so many bytes. Tests keep
/// the ends of almost all containers.
const LONG: usize = if cfg!(test) { 4 } else { 1024 };

impl KnownEnds {
    /// A text of which nothing is known.
    pub(super) const NONE: &'static Self = &Self { ends: Vec::new() };

    /// Returns the next value of a list like [`next_value`], and keeps the ends in it.
    pub(super) fn record_next_value(&mut self, text: &[u8], from: usize, place: Place) -> Found {
        next_value_by(text, from, place, |begin| self.record_value_end(text, begin))
    }

    fn record_value_end(&mut self, text: &[u8], begin: usize) -> Option<usize> {
        if !matches!(text.get(begin)?, b'{' | b'[') {
            return value_end(text, begin);
        }
        let (mut open, mut at) = (Vec::with_capacity(OPEN), begin);
        loop {
            match text.get(at)? {
                b'"' => {
                    at = text_end(text, at)?;
                    continue;
                }
                b'{' | b'[' => open.push(at),
                b'}' | b']' => {
                    let begin = open.pop()?;
                    if at - begin >= LONG {
                        self.ends.push((begin, at + 1));
                    }
                    if open.is_empty() {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Sorts the ends, so that they can be found.
    pub(super) fn sort(&mut self) {
        self.ends.sort_unstable();
    }

    /// Returns the end of the value that begins at a position of `text`, which is the part from `offset` of the scanned text.
    fn value_end(&self, (text, offset): (&[u8], usize), begin: usize) -> Option<usize> {
        let known = self.ends.binary_search_by_key(&(offset + begin), |(begin, _)| *begin);
        known.map_or_else(|_| value_end(text, begin), |at| Some(self.ends[at].1 - offset))
    }
}

/// Containers that are open at once in most texts.
const OPEN: usize = 16;

/// Returns the next value of a list from a position. The position must be behind the opening bracket, or behind a value.
pub(super) fn next_value(text: &[u8], from: usize, place: Place) -> Found {
    next_value_by(text, from, place, |begin| value_end(text, begin))
}

/// Returns the next value of a list like [`next_value`], in the part of a text from `offset`.
pub(super) fn next_known_value(part: (&[u8], usize), from: usize, place: Place, ends: &KnownEnds) -> Found {
    next_value_by(part.0, from, place, |begin| ends.value_end(part, begin))
}

fn next_value_by(
    text: &[u8],
    from: usize,
    place: Place,
    value_end: impl FnOnce(usize) -> Option<usize>,
) -> Found {
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
        Some(_) => value_end(at).map_or(Found::Unfinished, |end| Found::Value(at..end)),
    }
}

/// Returns the positions of the key and the value of the next member of an object, in the part of a text from `offset`. The
/// position must be behind the opening bracket, or behind a value; `None` at the end of the object.
pub(super) fn next_member(
    part: (&[u8], usize),
    from: usize,
    ends: &KnownEnds,
) -> Option<(Range<usize>, Range<usize>)> {
    let text = part.0;
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
    Some((key, value..ends.value_end(part, value)?))
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

/// Bytes of a text that are compared in words of eight: most texts of an object are short, and memchr has a cost of its own.
const SHORT: usize = 40;

fn quote_or_backslash(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < SHORT
        && let Some(bytes) = text[at..].first_chunk()
    {
        let word = u64::from_le_bytes(*bytes);
        let marks = zero_bytes(word ^ all_bytes(b'"')) | zero_bytes(word ^ all_bytes(b'\\'));
        if marks != 0 {
            return Some(at + marks.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    Some(at + memchr::memchr2(b'"', b'\\', &text[at..])?)
}

const fn all_bytes(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Returns a word with the highest bit of each zero byte set. Bits above the lowest of them may be wrong, because a borrow can pass
/// a byte with the value 1 (Warren, *Hacker's Delight*, section 6-1).
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(all_bytes(1)) & !word & all_bytes(0x80)
}

/// Returns the position of the first byte that is not white space (RFC 8259, section 2).
pub(super) fn skip_blanks(text: &[u8], from: usize) -> usize {
    let blanks = text[from..].iter().take_while(|byte| is_blank(**byte)).count();
    from + blanks
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
