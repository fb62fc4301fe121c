//! Strict JSON: errors have a position, repeated keys are errors, and equal values have equal digests.
//!
//! A file is read in two steps. The [outline](super::outline) is read without recursion. Then each delivered object is
//! read by itself, so an object that is too deep or repeats a key is the only one rejected.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

use super::{
    outline::{Outline, outline},
    reject::{Reject, RejectRule},
};
use crate::record::Digest;

/// Deepest nesting that is read within one object.
pub(super) const DEPTH_MAX: usize = 127;

/// Reads one delivered object completely, or returns why it is rejected.
pub(super) fn value(text: &str) -> Result<Value, Reject> {
    serde_json::from_str::<Strict>(text).map(|Strict(value)| value).map_err(|error| {
        let message = error.to_string();
        if message.starts_with(REPEATED) {
            Reject::new(RejectRule::DuplicateKey, "a key occurs twice in one object")
        } else if message.starts_with("recursion limit") {
            Reject::new(RejectRule::Depth, format!("nested more than {DEPTH_MAX} levels deep"))
        } else if message.starts_with("number out of range") {
            Reject::new(RejectRule::NumberRange, "a number is outside the supported range")
        } else if message.contains("surrogate")
            || message.contains("unicode")
            || message.contains("hex escape")
        {
            Reject::new(RejectRule::Encoding, "a text contains half of a surrogate pair")
        } else {
            Reject::new(RejectRule::JsonSyntax, "not JSON")
        }
    })
}

/// Returns the id of an object that could not be read completely, if the id is beyond doubt.
pub(super) fn id_of_unread(text: &str, property: &str) -> Option<String> {
    let Ok(Outline::Object { members, .. }) = outline(text) else { return None };
    let mut ids = members.iter().filter(|(key, _)| key == property);
    let (_, id) = ids.next()?;
    if ids.next().is_some() {
        return None;
    }
    serde_json::from_str(id.get()).ok()
}

const REPEATED: &str = "repeated key";

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Strict;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Strict, E> {
                Ok(Strict(Value::Bool(value)))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Strict, E> {
                Ok(Strict(Value::Number(value.into())))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Strict, E> {
                Ok(Strict(Value::Number(value.into())))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Strict, E> {
                Ok(Strict(Number::from_f64(value).map_or(Value::Null, Value::Number)))
            }
            fn visit_str<E>(self, value: &str) -> Result<Strict, E> {
                Ok(Strict(Value::String(value.to_owned())))
            }
            fn visit_string<E>(self, value: String) -> Result<Strict, E> {
                Ok(Strict(Value::String(value)))
            }
            fn visit_unit<E>(self) -> Result<Strict, E> {
                Ok(Strict(Value::Null))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Strict, A::Error> {
                let mut values = Vec::new();
                while let Some(Strict(value)) = list.next_element()? {
                    values.push(value);
                }
                Ok(Strict(Value::Array(values)))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Strict, A::Error> {
                let mut object = Map::new();
                while let Some((key, Strict(value))) = map.next_entry::<String, Strict>()? {
                    if object.insert(key, value).is_some() {
                        return Err(A::Error::custom(REPEATED));
                    }
                }
                Ok(Strict(Value::Object(object)))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Returns the digest of a value. The order of keys and the notation of numbers and texts make no
/// difference; the order of lists does.
pub(super) fn digest(value: &Value) -> Digest {
    let mut writer = DigestWriter::default();
    writer.value(value);
    writer.digest()
}

/// Writer of values for digests: equal values, and only equal values, give equal bytes.
pub(super) struct DigestWriter(Vec<u8>);

impl Default for DigestWriter {
    fn default() -> Self {
        Self(Vec::with_capacity(1024))
    }
}

impl DigestWriter {
    fn sized(&mut self, tag: u8, size: usize) {
        self.0.push(tag);
        self.0.extend_from_slice(&(size as u64).to_le_bytes());
    }

    /// Begins an object. Its keys must follow in ascending order, each before its value.
    pub(super) fn object(&mut self, members: usize) {
        self.sized(b'o', members);
    }

    pub(super) fn key(&mut self, key: &str) {
        self.sized(b'k', key.len());
        self.0.extend_from_slice(key.as_bytes());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.sized(b's', text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(super) fn null(&mut self) {
        self.0.push(b'0');
    }

    pub(super) fn truth(&mut self, truth: bool) {
        self.0.push(if truth { b't' } else { b'f' });
    }

    pub(super) fn number(&mut self, number: &Number) {
        // 1 and 1.0 are the same number.
        let whole =
            number.as_f64().filter(|n| n.fract() == 0.0 && n.abs() < 9e15).map(|n| (n as i64).to_string());
        let text = whole.unwrap_or_else(|| number.to_string());
        self.sized(b'n', text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Begins a list. Its values must follow.
    pub(super) fn begin_list(&mut self, values: usize) {
        self.sized(b'l', values);
    }

    pub(super) fn list(&mut self, values: &[Value]) {
        self.begin_list(values.len());
        for value in values {
            self.value(value);
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.null(),
            Value::Bool(truth) => self.truth(*truth),
            Value::Number(number) => self.number(number),
            Value::String(text) => self.text(text),
            Value::Array(values) => self.list(values),
            Value::Object(members) => {
                self.object(members.len());
                for (key, value) in members {
                    self.key(key);
                    self.value(value);
                }
            }
        }
    }

    /// Returns the digest of the values written so far.
    pub(super) fn digest(&self) -> Digest {
        let mut digest = [0; 16];
        digest.copy_from_slice(&blake3::hash(&self.0).as_bytes()[..16]);
        Digest(digest)
    }
}

/// Returns the first eight bytes of the digest of a value as JSON.
pub(super) fn short_digest(value: &impl serde::Serialize) -> u64 {
    let text = serde_json::to_vec(value).expect("texts, numbers and lists can be serialised");
    let mut short = [0; 8];
    short.copy_from_slice(&blake3::hash(&text).as_bytes()[..8]);
    u64::from_le_bytes(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Option<RejectRule> {
        value(text).err().map(|reject| reject.rule)
    }

    #[test]
    fn key_order_and_spelling_do_not_count_and_list_order_does() {
        let of = |text| digest(&value(text).expect("JSON"));
        assert_eq!(of(r#"{"a":1,"b":"\u0041"}"#), of(r#"{ "b": "A", "a": 1.0 }"#));
        assert_ne!(of("[1,2]"), of("[2,1]"));
        assert_ne!(of(r#"["ab"]"#), of(r#"["a","b"]"#));
        assert_ne!(of(r#"{"a":{"b":1}}"#), of(r#"{"a":{},"b":1}"#));
    }

    #[test]
    fn each_refusal_names_its_rule() {
        assert_eq!(rule(r#"{"a":1,"a":1}"#), Some(RejectRule::DuplicateKey));
        assert_eq!(rule(r#"{"a":{"b":[{"c":1,"c":2}]}}"#), Some(RejectRule::DuplicateKey));
        assert_eq!(rule(&("[".repeat(200) + &"]".repeat(200))), Some(RejectRule::Depth));
        assert_eq!(rule(r#"["\ud800"]"#), Some(RejectRule::Encoding));
        assert_eq!(rule("[1e999]"), Some(RejectRule::NumberRange));
        assert_eq!(rule(r#"{"a":[1,2.5,null,true,"x"]}"#), None);
    }

    #[test]
    fn the_id_of_an_unread_object_is_read_only_without_doubt() {
        assert_eq!(id_of_unread(r#"{"id":"x","a":1,"a":2}"#, "id").as_deref(), Some("x"));
        assert_eq!(id_of_unread(r#"{"id":"x","id":"y"}"#, "id"), None);
        assert_eq!(id_of_unread(r#"{"id":7}"#, "id"), None);
    }
}
