//! The mapping of one source, ready for use.

use std::{collections::BTreeMap, sync::Arc};

use super::mapping::Mapping;
use crate::{
    entity::Identifier,
    ingest::{json, pseudonym::Pseudonyms},
    record::{Digest, Terms},
};

/// A source's mapping, ready for use.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceMapping {
    pub(super) mapping: Mapping,
    /// Scope of the mapped keys: sources with one scope share their keys.
    scope: String,
    /// Digest of the mapping: rows are interpreted once for each.
    pub digest: Digest,
    /// Columns whose values become pseudonyms when a file is read.
    pub(super) pseudonyms: Option<Arc<Pseudonyms>>,
}

/// The mappings of sources, by the source's name.
pub type Mappings = BTreeMap<String, Arc<SourceMapping>>;

/// Returns the mappings in the terms of sources.
pub fn mappings(terms: &BTreeMap<String, Terms>) -> Mappings {
    let bound = |(source, terms): (&String, &Terms)| {
        let value = terms.mapping.as_ref()?;
        let mapping = serde_json::from_value(value.clone()).ok()?;
        Some((source.clone(), Arc::new(SourceMapping::new(mapping, source))))
    };
    terms.iter().filter_map(bound).collect()
}

impl SourceMapping {
    /// Creates the mapping of a source from a mapping.
    pub fn new(mapping: Mapping, source: &str) -> Self {
        let scope = mapping.scope.clone().unwrap_or_else(|| source.to_owned());
        let mut value = serde_json::to_value(&mapping).unwrap_or_default();
        value["scope"] = scope.as_str().into();
        Self { mapping, scope, digest: json::digest(&value), pseudonyms: None }
    }

    /// Returns the mapping with pseudonyms of a source.
    pub(in crate::ingest) fn with_pseudonyms(&self, pseudonyms: Arc<Pseudonyms>) -> Self {
        Self { pseudonyms: Some(pseudonyms), ..self.clone() }
    }

    /// Returns the fields that the mapping lists, as they are written.
    pub(crate) fn pseudonymised(&self) -> &[String] {
        self.mapping.pseudonymised()
    }

    /// Returns the identifier of an entity by the source's own key.
    pub(super) fn own_id(&self, kind: &str, key: &str) -> Identifier {
        Identifier::Object(format!("{kind}--{}:{key}", self.scope))
    }
}
