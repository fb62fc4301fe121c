//! Identifiers of entities with the rule and the record that assign each of them.

use std::path::Path;

use super::{
    ids::{ENTITY, RECORD},
    network::row,
    packed::{Grouped, Names, Texts},
    scan::{NO_TIME, has_table, scan},
};
use crate::explain::QuestionError;

/// Rows of the table `identifiers`.
#[derive(Debug, Default)]
pub(super) struct Identifiers {
    pub(super) names: Names,
    pub(super) values: Texts,
    pub(super) reasons: Vec<u32>,
    pub(super) rules: Vec<u32>,
    pub(super) sources: Vec<u32>,
    pub(super) records: Vec<Option<u128>>,
    pub(super) recorded_at: Vec<i64>,
    pub(super) of_entity: Grouped,
}

impl Identifiers {
    /// Reads the table in the folder of an audience; `None` if a run of an older version did not write it.
    pub(super) fn read(folder: &Path, entities: &[u128]) -> Result<Option<Self>, QuestionError> {
        if !has_table(folder, "identifiers") {
            return Ok(None);
        }
        let mut all = Self::default();
        let mut pairs = Vec::new();
        let columns = ["entity_id", "identifier", "source", "record_id", "rule", "reason", "recorded_at"];
        scan(folder, "identifiers", &columns, |part| {
            for position in 0..part.rows() {
                let text = |name: &str| Some(part.text(name)?[position].as_deref().unwrap_or_default());
                let entity = row(entities, part.text("entity_id")?[position].as_ref(), ENTITY)?;
                pairs.push((entity as u32, all.rules.len() as u32));
                all.values.push(text("identifier")?);
                all.rules.push(all.names.intern(text("rule")?));
                all.reasons.push(all.names.intern(text("reason")?));
                all.sources.push(all.names.intern(text("source")?));
                all.records.push(RECORD.parse(text("record_id")?));
                all.recorded_at.push(part.time("recorded_at")?[position].unwrap_or(NO_TIME));
            }
            Some(())
        })?;
        all.values.shrink();
        all.of_entity = Grouped::of_pairs(entities.len(), pairs);
        Ok(Some(all))
    }
}
