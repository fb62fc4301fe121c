//! Search of entities by their canonical identifiers.

use std::hash::{DefaultHasher, Hash, Hasher};

use rayon::prelude::*;

use crate::{entity::Entity, index::EntityIndex};

/// Hash of each canonical identifier with its entity, sorted. The entities have the texts.
#[derive(Debug, Default)]
pub(super) struct EntitiesByIdentifier {
    hashes: Vec<u64>,
    entities: Vec<EntityIndex>,
}

impl EntitiesByIdentifier {
    pub(super) fn of(entities: &[Entity]) -> Self {
        let mut hashed: Vec<(u64, EntityIndex)> =
            Vec::with_capacity(entities.iter().map(|entity| entity.identifiers.len()).sum());
        for (index, entity) in EntityIndex::enumerate(entities) {
            hashed.extend(entity.identifiers.iter().map(|known| (hash(&known.id), index)));
        }
        hashed.par_sort_unstable();
        let hashes = hashed.iter().map(|(hash, _)| *hash).collect();
        Self { hashes, entities: hashed.into_iter().map(|(_, entity)| entity).collect() }
    }

    /// Returns the entity that has an identifier. `entities` are those of which the index was made.
    pub(super) fn find(&self, entities: &[Entity], identifier: &str) -> Option<EntityIndex> {
        let wanted = hash(identifier);
        let first = self.hashes.partition_point(|hash| *hash < wanted);
        let equal = self.hashes[first..].iter().take_while(|hash| **hash == wanted).count();
        let has_it = |entity: &EntityIndex| {
            let identifiers = &entities[entity.index()].identifiers;
            identifiers.binary_search_by(|known| known.id.as_str().cmp(identifier)).is_ok()
        };
        self.entities[first..first + equal].iter().copied().find(has_it)
    }
}

/// Returns the hash of an identifier. Equal texts have equal hashes in one version of the program.
pub(super) fn hash(identifier: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    identifier.hash(&mut hasher);
    hasher.finish()
}
