//! Entities of a side, in order of their lasting ids.

use super::columns::Names;
use crate::{
    compact::stored::{Lists, Texts},
    entity::Entity,
    resolve::{identifier_digits, lasting_digits},
    time::Moment,
};

/// Digits of a lasting id.
pub(in crate::temporal) type EntityId = [u8; 10];

/// Columns of entities.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::temporal) struct SideEntities {
    pub(super) ids: Vec<EntityId>,
    /// Digest of every property that is compared.
    pub(super) digests: Vec<[u8; 16]>,
    /// Number of the kind's name.
    pub(super) kinds: Vec<u32>,
    pub(super) labels: Texts,
    /// Rows of the records, in the order of the view.
    pub(super) records: Lists<u32>,
    /// Digits of the canonical identifiers, in order of their texts. The list is empty for a single identifier, because the
    /// id of the entity has its digits.
    pub(super) identifiers: Lists<EntityId>,
}

impl SideEntities {
    /// Returns the columns of entities. `rows` has the row of each record of the view.
    pub(super) fn of(entities: &[Entity], rows: &[u32], names: &mut Names) -> Self {
        let mut side = Self {
            ids: super::in_parallel(entities, |entity| lasting_digits(&entity.id)),
            digests: super::in_parallel(entities, digest),
            labels: Texts::with_capacity(entities.len()),
            kinds: Vec::with_capacity(entities.len()),
            records: Lists::with_capacity(entities.len()),
            identifiers: Lists::with_capacity(entities.len()),
        };
        for entity in entities {
            side.kinds.push(names.number(&entity.kind));
            side.labels.push(&entity.label);
            side.records.push(entity.records.iter().map(|record| rows[record.index()]));
        }
        let identifiers = super::in_parallel(entities, |entity| match &*entity.identifiers {
            [only] => {
                debug_assert_eq!(
                    identifier_digits(&only.id),
                    lasting_digits(&entity.id),
                    "the id is that of {only:?}"
                );
                Vec::new()
            }
            several => several.iter().map(|known| identifier_digits(&known.id)).collect(),
        });
        for list in identifiers {
            side.identifiers.push(list);
        }
        side
    }

    pub(in crate::temporal) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(in crate::temporal) fn id(&self, row: u32) -> EntityId {
        self.ids[row as usize]
    }

    pub(in crate::temporal) fn digest(&self, row: u32) -> [u8; 16] {
        self.digests[row as usize]
    }

    pub(in crate::temporal) fn kind<'n>(&self, row: u32, names: &'n Names) -> &'n str {
        names.get(self.kinds[row as usize])
    }

    pub(in crate::temporal) fn label(&self, row: u32) -> &str {
        self.labels.get(row)
    }

    /// Returns the rows of its records.
    pub(in crate::temporal) fn records(&self, row: u32) -> &[u32] {
        self.records.get(row)
    }

    /// Returns the entity with an id.
    pub(in crate::temporal) fn by_id(&self, id: EntityId) -> Option<u32> {
        self.ids.binary_search(&id).ok().map(|row| row as u32)
    }

    fn identifiers(&self, row: u32) -> &[EntityId] {
        match self.identifiers.get(row) {
            [] => std::slice::from_ref(&self.ids[row as usize]),
            several => several,
        }
    }

    /// Returns the entity that has the first known identifier of an entity of the other side.
    pub(in crate::temporal) fn by_identifier(
        &self,
        index: &IdentifierIndex,
        other: &Self,
        row: u32,
    ) -> Option<u32> {
        other.identifiers(row).iter().find_map(|identifier| index.get(self, *identifier))
    }
}

/// Entities by the identifiers that do not give them their id.
pub(in crate::temporal) struct IdentifierIndex(Vec<(EntityId, u32)>);

impl IdentifierIndex {
    /// Returns the index of a side.
    pub(in crate::temporal) fn of(entities: &SideEntities) -> Self {
        let mut index = Vec::new();
        for (row, id) in (0..).zip(&entities.ids) {
            let others = entities.identifiers.get(row).iter().filter(|identifier| *identifier != id);
            index.extend(others.map(|identifier| (*identifier, row)));
        }
        index.sort_unstable();
        Self(index)
    }

    /// Returns the entity of an identifier. The first identifier of an entity has the digits of its id.
    fn get(&self, entities: &SideEntities, identifier: EntityId) -> Option<u32> {
        entities.by_id(identifier).or_else(|| {
            let place = self.0.binary_search_by_key(&identifier, |(known, _)| *known).ok()?;
            Some(self.0[place].1)
        })
    }
}

/// Returns a digest of every property of an entity that is compared.
fn digest(entity: &Entity) -> [u8; 16] {
    let mut bytes: Vec<u8> = Vec::with_capacity(256);
    let mut add = |part: &[u8]| {
        bytes.extend((part.len() as u32).to_le_bytes());
        bytes.extend(part);
    };
    add(entity.kind.as_bytes());
    add(entity.label.as_bytes());
    add(&(entity.aliases.len() as u32).to_le_bytes());
    for alias in &entity.aliases {
        add(alias.as_bytes());
    }
    add(&(entity.sources.len() as u32).to_le_bytes());
    for source in &entity.sources {
        add(source.as_bytes());
    }
    // No time in a calendar and no confidence has these numbers.
    for time in [entity.seen.start, entity.seen.end] {
        add(&time.map_or(i64::MIN, Moment::micros).to_le_bytes());
    }
    add(&entity.confidence.get().map_or(u64::MAX, f64::to_bits).to_le_bytes());
    add(&[entity.marking as u8, u8::from(entity.has_own_record)]);
    for known in &entity.identifiers {
        add(known.id.as_bytes());
    }
    let mut digest = [0; 16];
    digest.copy_from_slice(&blake3::hash(&bytes).as_bytes()[..16]);
    digest
}
