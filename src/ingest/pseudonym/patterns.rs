//! Pseudonyms in patterns of STIX: the constants that a path of a field is compared with.

use super::{Pseudonyms, fields::Field, known_values::KnownValues};

impl Pseudonyms {
    /// Returns a pattern with pseudonyms in the place of the constants of listed fields; `None` if it has none.
    ///
    /// The pattern need not be valid. A constant is a text in quotes behind a path, up to the next path.
    pub(super) fn replaced_in_pattern(&self, pattern: &str, known: &mut KnownValues) -> Option<String> {
        let mut made = String::new();
        let (mut end, mut is_listed) = (0, false);
        let mut at = 0;
        let bytes = pattern.as_bytes();
        while at < bytes.len() {
            match bytes[at] {
                b'\'' => {
                    let close = constant_end(bytes, at)?;
                    if is_listed && !is_part_of_path(pattern, close) {
                        let value = unescaped(&pattern[at + 1..close - 1]);
                        made.push_str(&pattern[end..=at]);
                        made.push_str(&self.replace(&value, known));
                        end = close - 1;
                    }
                    at = close;
                }
                b':' => {
                    let path = path_at(pattern, at);
                    is_listed = self.fields.iter().any(|field| is_path(&path, field));
                    at = path.end;
                }
                // The comparisons of an observation end; times of a qualifier may follow.
                b']' => {
                    is_listed = false;
                    at += 1;
                }
                _ => at += 1,
            }
        }
        if end == 0 {
            return None;
        }
        made.push_str(&pattern[end..]);
        Some(made)
    }
}

/// Returns the position behind the closing quote; `None` if there is none.
fn constant_end(bytes: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'\'' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// Returns whether a text in quotes is a step of a path, such as `hashes.'SHA-256' = …`, and no constant: a comparison
/// follows it.
fn is_part_of_path(pattern: &str, close: usize) -> bool {
    let rest = pattern[close..].trim_start();
    rest.starts_with(['=', '!', '<', '>', '.'])
        || ["IN", "LIKE", "MATCHES", "NOT", "ISSUBSET", "ISSUPERSET"]
            .iter()
            .any(|word| rest.strip_prefix(word).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)))
}

/// A path of a pattern: `email-addr:value`.
struct PatternPath<'a> {
    kind: &'a str,
    /// Steps without quotes.
    steps: String,
    /// Position behind the path.
    end: usize,
}

/// Returns the path around a colon.
fn path_at(pattern: &str, colon: usize) -> PatternPath<'_> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let before = &pattern[..colon];
    let begin = before.len() - before.chars().rev().take_while(|c| is_name(*c)).count();
    let rest = &pattern[colon + 1..];
    let mut is_quoted = false;
    let end = rest.find(|c: char| {
        is_quoted ^= c == '\'';
        !(is_quoted || is_name(c) || matches!(c, '.' | '\'' | '[' | ']' | '*'))
    });
    let end = end.unwrap_or(rest.len());
    PatternPath { kind: &before[begin..], steps: rest[..end].replace('\'', ""), end: colon + 1 + end }
}

/// Returns whether a path is a field. A path through a reference may lead to an object of any kind.
fn is_path(path: &PatternPath<'_>, field: &Field) -> bool {
    let (kind, property) = field.in_pattern();
    let is_through_reference = path.steps.contains("_ref");
    let is_kind = is_through_reference || kind.is_none_or(|kind| path.kind.eq_ignore_ascii_case(kind));
    is_kind && (path.steps == property || path.steps.rsplit('.').next() == Some(property))
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    plain
}
