//! Kinds of entities and their references, for code that knows no schema.

use super::{
    schema::{self, Type},
    vocabulary,
};

/// Returns whether a text is the name of a schema.
pub(in crate::ingest) fn is_schema(name: &str) -> bool {
    schema::schema(name).is_some()
}

/// Returns whether a schema is of a kind: its own name or that of a schema that it extends, in any case, or as a kind is
/// written (`legal-entity`).
pub(in crate::ingest) fn is_of_kind(name: &str, kind: &str) -> bool {
    schema::schema(name).is_some_and(|schema| {
        vocabulary::kind(schema) == kind
            || schema.lineage().any(|name| name.eq_ignore_ascii_case(kind) || vocabulary::kebab(name) == kind)
    })
}

/// Returns whether the values of a property are ids of entities.
pub(in crate::ingest) fn is_reference(name: &str, property: &str) -> bool {
    schema::schema(name).is_some_and(|schema| schema.properties.get(property) == Some(&Type::Entity))
}
