//! Spans of a JSON text: the place of each value, so that values can be replaced and every other byte stays.

use std::ops::Range;

/// Depth below which nothing is looked at. Readers reject an object of this depth.
const DEPTH_MAX: usize = 192;

/// A value with its place in the text.
#[derive(Debug)]
pub(super) enum Span {
    /// A text with its quotes.
    Text(Range<usize>),
    /// Another scalar.
    Scalar(Range<usize>),
    /// Members of an object; keys with their quotes.
    Object(Vec<(Range<usize>, Span)>),
    /// Elements of a list.
    List(Vec<Span>),
    /// A value that is too deep.
    Deep,
}

/// Returns the spans of a text; `None` if it is not JSON.
pub(super) fn spans(text: &str) -> Option<Span> {
    // The walk below relies on a valid text.
    serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
    let mut walk = Walk { bytes: text.as_bytes(), at: 0 };
    walk.value(0)
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Walk<'_> {
    fn skip_blanks(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn value(&mut self, depth: usize) -> Option<Span> {
        self.skip_blanks();
        if depth > DEPTH_MAX {
            self.at = crate::ingest::scan::value_end(self.bytes, self.at)?;
            return Some(Span::Deep);
        }
        match self.byte()? {
            b'"' => Some(Span::Text(self.text()?)),
            b'{' => self.object(depth),
            b'[' => self.list(depth),
            _ => {
                let start = self.at;
                while self.byte().is_some_and(|byte| !byte.is_ascii_whitespace() && !b",]}".contains(&byte)) {
                    self.at += 1;
                }
                Some(Span::Scalar(start..self.at))
            }
        }
    }

    fn text(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.byte()? {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    return Some(start..self.at);
                }
                _ => self.at += 1,
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Span> {
        let mut members = Vec::new();
        self.at += 1;
        loop {
            self.skip_blanks();
            match self.byte()? {
                b'}' => {
                    self.at += 1;
                    return Some(Span::Object(members));
                }
                b',' => self.at += 1,
                _ => {
                    let key = self.text()?;
                    self.skip_blanks();
                    // The colon.
                    self.at += 1;
                    members.push((key, self.value(depth + 1)?));
                }
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Span> {
        let mut elements = Vec::new();
        self.at += 1;
        loop {
            self.skip_blanks();
            match self.byte()? {
                b']' => {
                    self.at += 1;
                    return Some(Span::List(elements));
                }
                b',' => self.at += 1,
                _ => elements.push(self.value(depth + 1)?),
            }
        }
    }
}

/// Returns the text of a span with quotes; `None` if it has an invalid escape.
pub(super) fn decoded(text: &str, range: &Range<usize>) -> Option<String> {
    serde_json::from_str(&text[range.clone()]).ok()
}
