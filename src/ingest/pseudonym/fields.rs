//! Fields whose values become pseudonyms: a column, or a property of objects of a kind.

use crate::ingest::ftm::kinds;

/// A field: `payer`, or `person.name`. A kind `*` means every kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field {
    /// Kind of the objects, in lower case; `None` for every kind.
    kind: Option<String>,
    /// Name of the property.
    property: String,
    /// The field as it is configured, which may be the name of a column with a dot.
    written: String,
}

/// Members that say what an object is. Nothing could read an object without them.
const STRUCTURAL: [&str; 5] = ["type", "spec_version", "schema", "object_relation", "objects"];

impl Field {
    /// Reads a field; `None` if its property is empty, or if it is one that says what an object is.
    pub fn parse(text: &str) -> Option<Self> {
        let written = text.trim();
        let (kind, property) = match written.split_once('.') {
            Some((kind, property)) if !kind.is_empty() => (Some(kind.to_lowercase()), property),
            _ => (None, written),
        };
        let is_usable = !property.is_empty() && !STRUCTURAL.contains(&property);
        is_usable.then(|| Self {
            kind: kind.filter(|kind| kind != "*"),
            property: property.to_owned(),
            written: written.to_owned(),
        })
    }

    /// Returns whether the field is a column of a table, by the name or the number of the column.
    pub(super) fn is_column(&self, name: &str, number: usize) -> bool {
        self.written == name
            || (self.kind.is_none() && (self.property == name || self.property == number.to_string()))
    }

    /// Returns the column that a table must have; `None` for a property of objects of a kind, which may be no column.
    pub(super) fn column(&self) -> Option<&str> {
        (self.written == self.property).then_some(&self.property)
    }

    /// Returns whether the field is this property of an object with one of these kinds.
    pub(super) fn is_property(&self, kinds: &Kinds, property: &str) -> bool {
        self.property == property && self.kind.as_ref().is_none_or(|kind| kinds.has(kind))
    }

    /// Returns whether the field is a value of this type of MISP: `email-src`, or `email-src.value`.
    pub(super) fn is_type_of_misp(&self, name: &str) -> bool {
        match &self.kind {
            Some(kind) => kind == name && self.property == "value",
            None => self.property == name,
        }
    }

    /// Returns kind and property of a path in a pattern, such as `email-addr:value`; `None` for every kind.
    pub(super) fn in_pattern(&self) -> (Option<&str>, &str) {
        (self.kind.as_deref(), &self.property)
    }
}

/// Names of the kinds of one object, in lower case.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    names: Vec<String>,
    /// Name of a schema of `FollowTheMoney`, whose ancestors are kinds, too.
    schema: Option<String>,
}

impl Kinds {
    /// Returns the kinds of an object by its members, which `text` returns. `holder` is the name of the object of MISP around an
    /// attribute.
    pub(super) fn of(text: impl Fn(&str) -> Option<String>, holder: Option<&str>) -> Self {
        let mut names: Vec<String> = Vec::new();
        let kind = text("type").map(|kind| kind.to_lowercase());
        if kind.as_deref() == Some("identity") {
            let class = text("identity_class").unwrap_or_default().to_lowercase();
            names.extend(match class.as_str() {
                "individual" => Some("person".to_owned()),
                "organization" => Some("organization".to_owned()),
                _ => None,
            });
        }
        names.extend(kind);
        names.extend(holder.map(str::to_lowercase));
        Self { names, schema: text("schema") }
    }

    fn has(&self, kind: &str) -> bool {
        self.names.iter().any(|name| name == kind)
            || self.schema.as_ref().is_some_and(|schema| kinds::is_of_kind(schema, kind))
    }
}

/// Returns whether a member of an entity of `FollowTheMoney` is its caption, which repeats a name.
pub(super) fn is_caption(member: &str) -> bool {
    member == "caption"
}
