//! Records behind entities and links, and the sources without which a link would not exist.

use std::{collections::HashMap, path::Path};

use super::{
    ids::{ENTITY, LINK, RECORD},
    network::Network,
    packed::{Grouped, Names, Texts},
    scan::{NO_TIME, has_table, scan},
};
use crate::explain::QuestionError;

/// Position of a source where there is none.
pub(super) const NO_SOURCE: u32 = u32::MAX;

/// Records of the audience's view that the tables mention.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// Ids, in the order in which the table mentions them.
    pub(super) ids: Vec<u128>,
    by_id: Vec<u32>,
    pub(super) names: Names,
    pub(super) sources: Vec<u32>,
    /// Source of the first record in the chain of copies; the own source of a record that repeats nothing.
    pub(super) origins: Vec<u32>,
    pub(super) objects: Texts,
    pub(super) recorded_at: Vec<i64>,
    pub(super) markings: Vec<u32>,
    pub(super) of_entity: Grouped,
    pub(super) of_link: Grouped,
    /// Sources without which a link does not exist: each of its records comes from such a source, or repeats it.
    pub(super) needs: Vec<[u32; 2]>,
}

impl Evidence {
    /// Reads the tables `evidence` and `relays` in the folder of an audience.
    pub(super) fn read(folder: &Path, network: &Network) -> Result<Self, QuestionError> {
        let mut evidence = Self::default();
        let mut positions: HashMap<u128, u32> = HashMap::new();
        let (mut of_entity, mut of_link) = (Vec::new(), Vec::new());
        let columns = ["subject_id", "record_id", "source", "object_id", "recorded_at", "marking"];
        scan(folder, "evidence", &columns, |part| {
            for row in 0..part.rows() {
                let id = RECORD.parse(part.text("record_id")?[row].as_deref()?)?;
                let record = if let Some(&record) = positions.get(&id) {
                    record
                } else {
                    let record = evidence.ids.len() as u32;
                    positions.insert(id, record);
                    evidence.ids.push(id);
                    evidence.sources.push(evidence.names.intern(part.text("source")?[row].as_deref()?));
                    evidence.objects.push(part.text("object_id")?[row].as_deref().unwrap_or_default());
                    evidence.recorded_at.push(part.time("recorded_at")?[row].unwrap_or(NO_TIME));
                    let marking = part.text("marking")?[row].as_deref().unwrap_or_default();
                    evidence.markings.push(evidence.names.intern(marking));
                    record
                };
                let subject = part.text("subject_id")?[row].as_deref()?;
                if let Some(id) = ENTITY.parse(subject) {
                    of_entity.push((network.entity(id)? as u32, record));
                } else if let Some(id) = LINK.parse(subject) {
                    of_link.push((network.link(id)? as u32, record));
                }
            }
            Some(())
        })?;
        drop(positions);
        evidence.objects.shrink();
        evidence.of_entity = Grouped::of_pairs(network.entities.ids.len(), of_entity);
        evidence.of_link = Grouped::of_pairs(network.links.common.ids.len(), of_link);
        let mut by_id: Vec<u32> = (0..evidence.ids.len() as u32).collect();
        by_id.sort_unstable_by_key(|&record| evidence.ids[record as usize]);
        evidence.by_id = by_id;
        evidence.read_origins(folder)?;
        evidence.needs =
            (0..network.links.common.ids.len()).map(|link| evidence.needed_sources(link)).collect();
        Ok(evidence)
    }

    /// Returns the sources of the records, once for each run of equal ones.
    pub(super) fn sources_named(&self) -> impl Iterator<Item = &str> {
        self.sources.chunk_by(|a, b| a == b).map(|group| self.names.get(group[0]))
    }

    /// Returns the position of a record.
    pub(super) fn record(&self, id: u128) -> Option<usize> {
        let found = self.by_id.binary_search_by_key(&id, |&record| self.ids[record as usize]);
        found.ok().map(|position| self.by_id[position] as usize)
    }

    fn read_origins(&mut self, folder: &Path) -> Result<(), QuestionError> {
        self.origins = self.sources.clone();
        // A run of an older version has no such table.
        if !has_table(folder, "relays") {
            return Ok(());
        }
        scan(folder, "relays", &["record_id", "origin"], |part| {
            for row in 0..part.rows() {
                let id = RECORD.parse(part.text("record_id")?[row].as_deref()?)?;
                let origin = self.names.intern(part.text("origin")?[row].as_deref()?);
                // A record may repeat another one and be behind no entity and no link.
                if let Some(record) = self.record(id) {
                    self.origins[record] = origin;
                }
            }
            Some(())
        })
    }

    /// Returns the sources that every record of a link comes from or repeats: at most two.
    fn needed_sources(&self, link: usize) -> [u32; 2] {
        let mut records = self
            .of_link
            .of(link)
            .iter()
            .map(|&record| [self.sources[record as usize], self.origins[record as usize]]);
        let Some([source, origin]) = records.next() else { return [NO_SOURCE; 2] };
        let mut needed = [source, if origin == source { NO_SOURCE } else { origin }];
        for sources in records {
            for need in &mut needed {
                if !sources.contains(need) {
                    *need = NO_SOURCE;
                }
            }
        }
        needed
    }
}
