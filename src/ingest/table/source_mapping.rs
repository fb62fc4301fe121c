//! The mapping of one source, ready for use.

use std::{collections::BTreeMap, sync::Arc};

use super::mapping::Mapping;
use crate::{
    entity::Identifier,
    ingest::json,
    record::{Digest, Terms},
};

/// A source's mapping, ready to be used.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceMapping {
    pub(super) mapping: Mapping,
    /// Whose keys the mapped ones are.
    scope: String,
    /// Digest of the mapping: rows are read once for each.
    pub digest: Digest,
}

/// The mappings of sources, by the source's name.
pub type Mappings = BTreeMap<String, Arc<SourceMapping>>;

/// Returns the mappings that are agreed with sources.
pub fn mappings(terms: &BTreeMap<String, Terms>) -> Mappings {
    let bound = |(source, terms): (&String, &Terms)| {
        let value = terms.mapping.as_ref()?;
        let mapping = serde_json::from_value(value.clone()).ok()?;
        Some((source.clone(), Arc::new(SourceMapping::new(mapping, source))))
    };
    terms.iter().filter_map(bound).collect()
}

impl SourceMapping {
    /// Binds a mapping to the source whose tables it reads.
    pub fn new(mapping: Mapping, source: &str) -> Self {
        let scope = mapping.scope.clone().unwrap_or_else(|| source.to_owned());
        let mut value = serde_json::to_value(&mapping).unwrap_or_default();
        value["scope"] = scope.as_str().into();
        Self { mapping, scope, digest: json::digest(&value) }
    }

    /// Returns the identifier of what a source knows under a key of its own.
    pub(super) fn own_id(&self, kind: &str, key: &str) -> Identifier {
        Identifier::Object(format!("{kind}--{}:{key}", self.scope))
    }
}
