//! JSON values that borrow their texts, for the check and the digest of an accepted object.
//!
//! A tree is read only from JSON that is right in every way. For any other text, [`json::value`](super::json::value)
//! says which rule it breaks.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

use super::json::DigestWriter;
use crate::record::Digest;

/// A JSON value; the members of objects are in order of their keys, and no key occurs twice.
#[derive(Debug, PartialEq)]
pub(super) enum Tree<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Tree<'a>>),
    Object(Vec<(Cow<'a, str>, Tree<'a>)>),
}

/// Members that most objects have at most.
const MEMBERS: usize = 12;

/// Reads a JSON value; `None` if [`json::value`](super::json::value) would reject it.
pub(super) fn tree(text: &str) -> Option<Tree<'_>> {
    serde_json::from_str(text).ok()
}

impl<'de> Deserialize<'de> for Tree<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyTree)
    }
}

struct AnyTree;

impl<'de> Visitor<'de> for AnyTree {
    type Value = Tree<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Tree<'de>, E> {
        Ok(Tree::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number(value.into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Tree<'de>, E> {
        Ok(Number::from_f64(value).map_or(Tree::Null, Tree::Number))
    }
    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Borrowed(value)))
    }
    fn visit_str<E>(self, value: &str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Owned(value.to_owned())))
    }
    fn visit_string<E>(self, value: String) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Owned(value)))
    }
    fn visit_unit<E>(self) -> Result<Tree<'de>, E> {
        Ok(Tree::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tree<'de>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Tree::List(values))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree<'de>, A::Error> {
        let mut members = Vec::with_capacity(MEMBERS);
        while let Some(key) = map.next_key_seed(Key)? {
            members.push((key, map.next_value()?));
        }
        members.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        if members.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(A::Error::custom("repeated key"));
        }
        Ok(Tree::Object(members))
    }
}

/// Reads a key; serde's own `Cow` never borrows.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }
    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

/// Returns the digest of a tree: that of the equal value by [`json::digest`](super::json::digest).
pub(super) fn digest(tree: &Tree<'_>) -> Digest {
    let mut writer = DigestWriter::default();
    write(tree, &mut writer);
    writer.digest()
}

fn write(tree: &Tree<'_>, writer: &mut DigestWriter) {
    match tree {
        Tree::Null => writer.null(),
        Tree::Bool(truth) => writer.truth(*truth),
        Tree::Number(number) => writer.number(number),
        Tree::Text(text) => writer.text(text),
        Tree::List(values) => {
            writer.begin_list(values.len());
            for value in values {
                write(value, writer);
            }
        }
        Tree::Object(members) => {
            writer.object(members.len());
            for (key, value) in members {
                writer.key(key);
                write(value, writer);
            }
        }
    }
}

/// A JSON value in either representation, for checks that read both.
pub(super) trait Node: Sized {
    /// Returns the text, if the value is one.
    fn as_text(&self) -> Option<&str>;
    /// Returns the elements, if the value is a list.
    fn as_list(&self) -> Option<&[Self]>;
    /// Returns a member, if the value is an object with such a member.
    fn member(&self, name: &str) -> Option<&Self>;
    /// Returns the members of an object in order of their keys; none of other values.
    fn members(&self) -> impl Iterator<Item = (&str, &Self)>;
    /// Returns the number, if the value is a whole number from 0.
    fn as_whole(&self) -> Option<u64>;
    /// Returns what kind of value it is.
    fn kind(&self) -> Kind;
    /// Returns a text, or a number or truth value as a text.
    fn as_scalar_text(&self) -> Option<Cow<'_, str>>;
}

/// The members of an object in either representation.
pub(super) trait Members {
    /// Value of a member.
    type Value: Node;
    /// Returns the value of a member.
    fn value(&self, name: &str) -> Option<&Self::Value>;
}

impl Members for Map<String, Value> {
    type Value = Value;
    fn value(&self, name: &str) -> Option<&Value> {
        self.get(name)
    }
}

impl Members for Tree<'_> {
    type Value = Self;
    fn value(&self, name: &str) -> Option<&Self> {
        self.member(name)
    }
}

/// Kinds of JSON values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool,
    Number,
    Text,
    List,
    Object,
}

impl Node for Value {
    fn as_text(&self) -> Option<&str> {
        self.as_str()
    }
    fn as_list(&self) -> Option<&[Self]> {
        self.as_array().map(Vec::as_slice)
    }
    fn member(&self, name: &str) -> Option<&Self> {
        self.get(name)
    }
    fn members(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
    }
    fn as_whole(&self) -> Option<u64> {
        self.as_u64()
    }
    fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Bool(_) => Kind::Bool,
            Self::Number(_) => Kind::Number,
            Self::String(_) => Kind::Text,
            Self::Array(_) => Kind::List,
            Self::Object(_) => Kind::Object,
        }
    }
    fn as_scalar_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::String(text) => Some(Cow::Borrowed(text)),
            Self::Number(number) => Some(number.to_string().into()),
            Self::Bool(truth) => Some(if *truth { "true" } else { "false" }.into()),
            _ => None,
        }
    }
}

impl Node for Tree<'_> {
    fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
    fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(values) = self { Some(values) } else { None }
    }
    fn member(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
    fn members(&self) -> impl Iterator<Item = (&str, &Self)> {
        let members = if let Self::Object(members) = self { members.as_slice() } else { &[] };
        members.iter().map(|(key, value)| (&**key, value))
    }
    fn as_whole(&self) -> Option<u64> {
        if let Self::Number(number) = self { number.as_u64() } else { None }
    }
    fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Bool(_) => Kind::Bool,
            Self::Number(_) => Kind::Number,
            Self::Text(_) => Kind::Text,
            Self::List(_) => Kind::List,
            Self::Object(_) => Kind::Object,
        }
    }
    fn as_scalar_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Number(number) => Some(number.to_string().into()),
            Self::Bool(truth) => Some(if *truth { "true" } else { "false" }.into()),
            _ => None,
        }
    }
}
