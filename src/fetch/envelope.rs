//! One page of a collection: an envelope of TAXII 2.1.

use std::{fmt, io::BufReader, path::Path};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, IgnoredAny, MapAccess, Visitor},
};
use serde_json::error::Category;

use super::error::{FetchError, disk};

/// Members of an envelope that the client needs (TAXII 2.1, section 3.7).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// True if more objects follow.
    pub has_more: bool,
    /// Token of the next page; `None` if the server sends none.
    pub next: Option<String>,
    /// Number of objects, from 0.
    pub objects: u64,
}

/// Name of the document in errors.
const ENVELOPE: &str = "an envelope of TAXII 2.1";

impl Envelope {
    /// Reads an envelope from the bytes of a page.
    ///
    /// # Errors
    /// If the bytes are not JSON, if they are another document, or if a member of an envelope occurs twice.
    pub fn parse(page: &[u8]) -> Result<Self, FetchError> {
        serde_json::from_slice(page).map_err(|error| content_error(&error, ENVELOPE))
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Envelope;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an envelope of TAXII")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Envelope, A::Error> {
        let mut envelope = Envelope::default();
        let (mut seen, mut has_other): (Vec<&str>, bool) = (Vec::new(), false);
        while let Some(name) = members.next_key::<String>()? {
            let known = ["more", "next", "objects"].into_iter().find(|known| *known == name);
            if let Some(known) = known {
                if seen.contains(&known) {
                    return Err(A::Error::custom("a member occurs twice"));
                }
                seen.push(known);
            }
            match known {
                Some("more") => envelope.has_more = members.next_value::<Option<bool>>()?.unwrap_or(false),
                Some("next") => envelope.next = members.next_value()?,
                Some(_) => {
                    let objects: Option<Vec<IgnoredAny>> = members.next_value()?;
                    envelope.objects = objects.map_or(0, |objects| objects.len() as u64);
                }
                None => {
                    members.next_value::<IgnoredAny>()?;
                    has_other = true;
                }
            }
        }
        // An envelope without objects is empty. Anything else without objects is another document, such as an error.
        if has_other && !seen.contains(&"objects") {
            return Err(A::Error::custom("the members are those of another document"));
        }
        Ok(envelope)
    }
}

/// Reads a JSON document from a file. `what` names the expected document.
pub(super) fn read_document<T: DeserializeOwned>(path: &Path, what: &'static str) -> Result<T, FetchError> {
    let file = std::fs::File::open(path).map_err(disk("read", path))?;
    serde_json::from_reader(BufReader::with_capacity(1 << 16, file)).map_err(|error| match error.classify() {
        Category::Io => disk("read", path)(error.into()),
        _ => content_error(&error, what),
    })
}

/// Returns the error of a document that is not JSON, or not the expected one.
fn content_error(error: &serde_json::Error, what: &'static str) -> FetchError {
    match error.classify() {
        Category::Data => FetchError::Content(what),
        _ => FetchError::Json { line: error.line(), column: error.column() },
    }
}

/// Reads an envelope from a file.
pub(super) fn read_envelope(path: &Path) -> Result<Envelope, FetchError> {
    read_document(path, ENVELOPE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn envelope_of_bytes(bytes: &[u8]) -> Option<(bool, Option<String>, u64)> {
        let envelope = Envelope::parse(bytes).ok()?;
        Some((envelope.has_more, envelope.next, envelope.objects))
    }

    #[test]
    fn an_envelope_says_what_follows_and_how_many_objects_it_has() {
        let read = |text: &str| envelope_of_bytes(text.as_bytes());
        assert_eq!(read("{}"), Some((false, None, 0)));
        assert_eq!(
            read(r#"{"objects":[{"a":[1]},{}],"more":true,"next":"x"}"#),
            Some((true, Some("x".to_owned()), 2))
        );
        assert_eq!(read(r#"{"more":null,"next":null,"objects":null,"x":{}}"#), Some((false, None, 0)));
        for text in [
            "",
            "[]",
            "1",
            "null",
            "{",
            r#"{"objects":{}}"#,
            r#"{"more":"true","objects":[]}"#,
            r#"{"next":7}"#,
            r#"{"title":"Error","http_status":"500"}"#,
            r#"{"objects":[],"objects":[{}]}"#,
            r#"{"objects":[1,]}"#,
            r#"{"objects":[]} x"#,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    /// Reads an envelope a second way, through a whole document.
    fn reference(bytes: &[u8]) -> Option<(bool, Option<String>, u64)> {
        let Value::Object(members) = serde_json::from_slice(bytes).ok()? else { return None };
        let more = match members.get("more") {
            None | Some(Value::Null) => false,
            Some(more) => more.as_bool()?,
        };
        let next = match members.get("next") {
            None | Some(Value::Null) => None,
            Some(next) => Some(next.as_str()?.to_owned()),
        };
        let objects = match members.get("objects") {
            None | Some(Value::Null) => 0,
            Some(objects) => objects.as_array()?.len() as u64,
        };
        let has_other = members.keys().any(|name| !["more", "next", "objects"].contains(&name.as_str()));
        (members.contains_key("objects") || !has_other).then_some((more, next, objects))
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-z\"\\\\]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                proptest::collection::btree_map("more|next|objects|id", inner, 0..4)
                    .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_document_is_read_as_by_the_whole_reader(value in any_json(), cut in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut text = value.to_string().into_bytes();
            prop_assert_eq!(envelope_of_bytes(&text), reference(&text));
            // One byte is another one. A key that occurs twice is rejected, and the reference takes the last one.
            let position = cut.index(text.len());
            text[position] = byte;
            if let Some(read) = envelope_of_bytes(&text) {
                prop_assert_eq!(Some(read), reference(&text));
            }
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = envelope_of_bytes(&bytes);
        }
    }
}
