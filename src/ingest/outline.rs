//! The top of a JSON text: its members or elements as texts. It is read without recursion and without their values.

use std::{borrow::Cow, collections::BTreeMap, ops::Range};

use serde_json::value::RawValue;

use super::scan::{self, Found, KnownEnds, Place};

/// The text of one JSON value, without white space around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Raw<'a> {
    text: &'a str,
    /// Position of the value in the text that `ends` is about.
    offset: usize,
    ends: &'a KnownEnds,
}

impl<'a> Raw<'a> {
    /// Returns the text.
    pub(crate) fn get(self) -> &'a str {
        self.text
    }

    fn part(self) -> (&'a [u8], usize) {
        (self.text.as_bytes(), self.offset)
    }

    /// Returns a value inside this one.
    fn inner(self, range: Range<usize>) -> Self {
        Self { offset: self.offset + range.start, text: &self.text[range], ends: self.ends }
    }
}

/// Key and value of a member.
pub(crate) type Member<'a> = (Cow<'a, str>, Raw<'a>);

/// The top of a JSON text: enough to recognise the kind of document.
pub(crate) enum Outline<'a> {
    /// An object's members, in order; `repeated` if a key occurs twice.
    Object { whole: Raw<'a>, members: Vec<Member<'a>>, repeated: bool },
    /// A list's elements, in order.
    List(Vec<Raw<'a>>),
    /// A text, number, truth value or null.
    Scalar,
}

impl<'a> Outline<'a> {
    /// Returns the value of a member of an object.
    pub(super) fn member(&self, name: &str) -> Option<Raw<'a>> {
        match self {
            Self::Object { members, .. } => {
                members.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
            }
            _ => None,
        }
    }

    /// Returns a member, if it is a text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.member(name)?.get()).ok()
    }
}

/// Reads the outline of a whole JSON text.
pub(crate) fn outline(text: &str) -> Result<Outline<'_>, serde_json::Error> {
    // An error in a list is described better by an attempt to read it as one.
    if is_list(text) && serde_json::from_str::<&RawValue>(text).is_err() {
        serde_json::from_str::<Vec<&RawValue>>(text)?;
    }
    let raw = raw(text)?;
    outline_of(raw).or_else(|error| {
        // The same error, with its position in the whole text.
        serde_json::from_str::<BTreeMap<String, &RawValue>>(text)?;
        Err(error)
    })
}

/// Checks that a text is JSON.
pub(super) fn raw(text: &str) -> Result<Raw<'_>, serde_json::Error> {
    let raw = serde_json::from_str::<&RawValue>(text)?;
    Ok(Raw { text: raw.get(), offset: 0, ends: KnownEnds::NONE })
}

/// Checks that a part of a text is JSON, with nothing around it. The ends are those of containers in the whole text.
pub(super) fn raw_part<'a>(
    text: &'a str,
    range: Range<usize>,
    ends: &'a KnownEnds,
) -> Result<Raw<'a>, serde_json::Error> {
    let offset = range.start;
    let text = &text[range];
    serde_json::from_str::<&RawValue>(text)?;
    Ok(Raw { text, offset, ends })
}

fn is_list(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.get(scan::skip_blanks(bytes, 0)) == Some(&b'[')
}

/// Reads the outline of a JSON value. The only possible error is a key with half of a surrogate pair.
pub(crate) fn outline_of(raw: Raw<'_>) -> Result<Outline<'_>, serde_json::Error> {
    let text = raw.get();
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let members = members(raw)?;
            let repeated = has_repeated_key(&members);
            Outline::Object { whole: raw, members, repeated }
        }
        Some(b'[') => Outline::List(values(raw)),
        _ => Outline::Scalar,
    })
}

/// Returns the values of a list.
fn values(raw: Raw<'_>) -> Vec<Raw<'_>> {
    let (mut at, mut place, mut values) = (1, Place::First, Vec::new());
    while let Found::Value(range) = scan::next_known_value(raw.part(), at, place, raw.ends) {
        (at, place) = (range.end, Place::Behind);
        values.push(raw.inner(range));
    }
    values
}

/// Returns the members of an object.
fn members(raw: Raw<'_>) -> Result<Vec<Member<'_>>, serde_json::Error> {
    let mut members = Vec::with_capacity(MEMBERS);
    let mut at = 1;
    while let Some((key, value)) = scan::next_member(raw.part(), at, raw.ends) {
        at = value.end;
        members.push((unescaped(&raw.text[key])?, raw.inner(value)));
    }
    Ok(members)
}

/// Returns whether a text may have half of a surrogate pair, the only error of an outline of JSON.
pub(super) fn may_have_half_pairs(text: &str) -> bool {
    [b"\\ud", b"\\uD"].iter().any(|escape| memchr::memmem::find(text.as_bytes(), *escape).is_some())
}

/// Returns whether a JSON value is an object with one of these members. It is read up to the first of them.
pub(super) fn has_member(raw: Raw<'_>, names: &[&str]) -> bool {
    let text = raw.get();
    if !text.starts_with('{') {
        return false;
    }
    if may_have_half_pairs(text) {
        return outline_of(raw).is_ok_and(|outline| names.iter().any(|name| outline.member(name).is_some()));
    }
    let mut at = 1;
    while let Some((key, value)) = scan::next_member(raw.part(), at, raw.ends) {
        at = value.end;
        if unescaped(&text[key]).is_ok_and(|key| names.contains(&&*key)) {
            return true;
        }
    }
    false
}

/// Members that most objects have at most.
const MEMBERS: usize = 16;

fn unescaped(key: &str) -> Result<Cow<'_, str>, serde_json::Error> {
    if key.contains('\\') {
        return serde_json::from_str(key).map(Cow::Owned);
    }
    Ok(Cow::Borrowed(&key[1..key.len() - 1]))
}

/// Returns whether a key occurs twice.
fn has_repeated_key(members: &[Member<'_>]) -> bool {
    if members.len() <= MEMBERS {
        let mut pairs = members.iter().enumerate();
        return pairs.any(|(at, (key, _))| members[..at].iter().any(|(other, _)| other == key));
    }
    let mut keys: Vec<&str> = members.iter().map(|(key, _)| &**key).collect();
    keys.sort_unstable();
    keys.windows(2).any(|pair| pair[0] == pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_found_as_in_the_outline() {
        for text in [
            r#"{"a":1,"uuid":"x","Attribute":[{"info":1}]}"#,
            r#"{"a":{"info":1},"\u0069nfo":2}"#,
            r#"{"info":1,"\ud800":2}"#,
            r#"{"\uD83E\uDEB6":"\\ud","info":2}"#,
            r#"["info"]"#,
            r#""info""#,
            "{}",
        ] {
            let raw = raw(text).expect("JSON");
            for names in [&["info"][..], &["uuid", "x"], &["missing"]] {
                let outlined = outline_of(raw)
                    .is_ok_and(|outline| names.iter().any(|name| outline.member(name).is_some()));
                assert_eq!(has_member(raw, names), outlined, "{text} {names:?}");
            }
        }
    }
}
