//! Bytes of a side.

use std::io::{self, Read, Write};

use super::{Side, columns::Names};
use crate::{
    compact::stored::{Lists, Plain, Texts, invalid, read, write, write_out},
    record::RecordId,
    time::Moment,
};

impl Plain for RecordId {
    const SIZE: usize = 16;
    fn append(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.bytes());
    }
    fn from_slice(bytes: &[u8]) -> Self {
        Self::from_bytes(bytes.try_into().expect("as many bytes as an id has"))
    }
}

impl Side {
    /// Writes the columns, and frees each that is written.
    ///
    /// # Errors
    /// Returns the error of `out`.
    pub fn write(self, out: &mut dyn Write) -> io::Result<()> {
        let Self { valid_at, names, records, entities, links } = self;
        write(&[valid_at.micros()], out)?;
        let mut texts = Texts::default();
        for name in &names.texts {
            texts.push(name);
        }
        texts.write(out)?;
        write_out(records.ids, out)?;
        write_out(records.sources, out)?;
        records.keys.write(out)?;
        write_out(records.kinds, out)?;
        records.entity_names.write(out)?;
        write_out(records.flags, out)?;
        write_out(records.markings, out)?;
        write_out(records.surroundings, out)?;
        write_out(records.expiries, out)?;
        write_out(records.versions, out)?;
        write_out(records.claims, out)?;
        write_out(entities.ids, out)?;
        write_out(entities.digests, out)?;
        write_out(entities.kinds, out)?;
        entities.labels.write(out)?;
        entities.records.write(out)?;
        entities.identifiers.write(out)?;
        write_out(links.ids, out)?;
        write_out(links.from, out)?;
        write_out(links.to, out)?;
        write_out(links.kinds, out)?;
        write_out(links.layers, out)?;
        write_out(links.weights, out)?;
        write_out(links.source_counts, out)?;
        write_out(links.markings, out)?;
        write_out(links.first_seen, out)?;
        write_out(links.last_seen, out)?;
        links.records.write(out)
    }

    /// Reads the columns that [`Side::write`] wrote.
    ///
    /// # Errors
    /// Returns the error of `from`, or an error for bytes that [`Side::write`] does not write.
    pub fn read(from: &mut dyn Read) -> io::Result<Self> {
        let [valid_at] = read::<i64>(from)?[..] else { return Err(invalid()) };
        let texts = Texts::read(from)?;
        let names = (0..texts.ends.len() as u32).map(|row| texts.get(row).to_owned()).collect();
        // The fields are read in the order in which they were written.
        let side = Self {
            valid_at: Moment::from_micros(valid_at),
            names: Names::from_list(names),
            records: super::SideRecords {
                ids: read(from)?,
                sources: read(from)?,
                keys: Texts::read(from)?,
                kinds: read(from)?,
                entity_names: Texts::read(from)?,
                flags: read(from)?,
                markings: read(from)?,
                surroundings: read(from)?,
                expiries: read(from)?,
                versions: read(from)?,
                claims: read(from)?,
            },
            entities: super::SideEntities {
                ids: read(from)?,
                digests: read(from)?,
                kinds: read(from)?,
                labels: Texts::read(from)?,
                records: Lists::read(from)?,
                identifiers: Lists::read(from)?,
            },
            links: super::SideLinks {
                ids: read(from)?,
                from: read(from)?,
                to: read(from)?,
                kinds: read(from)?,
                layers: read(from)?,
                weights: read(from)?,
                source_counts: read(from)?,
                markings: read(from)?,
                first_seen: read(from)?,
                last_seen: read(from)?,
                records: Lists::read(from)?,
            },
        };
        if side.is_consistent() { Ok(side) } else { Err(invalid()) }
    }

    /// Returns whether all columns of a table have one length, and every row and name that they refer to exists.
    fn is_consistent(&self) -> bool {
        let Self { names, records, entities, links, .. } = self;
        let [named, recorded, known, linked] =
            [names.texts.len(), records.ids.len(), entities.ids.len(), links.ids.len()];
        let of_records = [
            records.sources.len(),
            records.keys.ends.len(),
            records.kinds.len(),
            records.entity_names.ends.len(),
            records.flags.len(),
            records.markings.len(),
            records.surroundings.len(),
            records.expiries.len(),
            records.versions.len(),
            records.claims.len(),
        ];
        let of_entities = [
            entities.digests.len(),
            entities.kinds.len(),
            entities.labels.ends.len(),
            entities.records.ends.len(),
            entities.identifiers.ends.len(),
        ];
        let of_links = [
            links.from.len(),
            links.to.len(),
            links.kinds.len(),
            links.layers.len(),
            links.weights.len(),
            links.source_counts.len(),
            links.markings.len(),
            links.first_seen.len(),
            links.last_seen.len(),
            links.records.ends.len(),
        ];
        let references = [
            (&records.sources, named),
            (&records.kinds, named),
            (&entities.kinds, named),
            (&links.kinds, named),
            (&entities.records.items, recorded),
            (&links.records.items, recorded),
            (&links.from, known),
            (&links.to, known),
        ];
        of_records.iter().all(|length| *length == recorded)
            && of_entities.iter().all(|length| *length == known)
            && of_links.iter().all(|length| *length == linked)
            && references.iter().all(|(rows, length)| rows.iter().all(|row| (*row as usize) < *length))
    }
}
