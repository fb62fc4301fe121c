//! Bytes of a side: each column as its length and its values, least significant byte first.

use std::io::{self, Read, Write};

use super::{
    Side,
    columns::{Lists, Names, Texts},
};
use crate::{compact::Ends, record::RecordId, time::Moment};

/// Number of values that are written or read at once.
const BLOCK: usize = 16_384;

/// A value with a fixed number of bytes.
pub(super) trait Plain: Copy {
    const SIZE: usize;
    fn append(self, bytes: &mut Vec<u8>);
    /// Returns the value of exactly [`Self::SIZE`] bytes.
    fn from_slice(bytes: &[u8]) -> Self;
}

macro_rules! plain_number {
    ($($number:ty),*) => {$(
        impl Plain for $number {
            const SIZE: usize = size_of::<$number>();
            fn append(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
            fn from_slice(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().expect("as many bytes as the number has"))
            }
        }
    )*};
}
plain_number!(u8, u32, u64, i64);

impl<const N: usize> Plain for [u8; N] {
    const SIZE: usize = N;
    fn append(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self);
    }
    fn from_slice(bytes: &[u8]) -> Self {
        bytes.try_into().expect("as many bytes as the value has")
    }
}

impl Plain for RecordId {
    const SIZE: usize = 16;
    fn append(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.bytes());
    }
    fn from_slice(bytes: &[u8]) -> Self {
        Self::from_bytes(bytes.try_into().expect("as many bytes as an id has"))
    }
}

fn write<T: Plain>(values: &[T], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(&(values.len() as u64).to_le_bytes())?;
    let mut bytes = Vec::with_capacity(T::SIZE * BLOCK.min(values.len()));
    for block in values.chunks(BLOCK) {
        bytes.clear();
        for value in block {
            value.append(&mut bytes);
        }
        out.write_all(&bytes)?;
    }
    Ok(())
}

fn read<T: Plain>(from: &mut dyn Read) -> io::Result<Vec<T>> {
    let mut length = [0; 8];
    from.read_exact(&mut length)?;
    let mut left = usize::try_from(u64::from_le_bytes(length)).map_err(|_| invalid())?;
    let mut values = Vec::new();
    // A growing vector would need up to twice the memory.
    values.try_reserve_exact(left).map_err(|_| invalid())?;
    let mut bytes = Vec::new();
    while left > 0 {
        let count = left.min(BLOCK);
        bytes.resize(count * T::SIZE, 0);
        from.read_exact(&mut bytes)?;
        values.extend(bytes.chunks_exact(T::SIZE).map(T::from_slice));
        left -= count;
    }
    Ok(values)
}

fn invalid() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// Writes values and frees them.
fn write_out<T: Plain>(values: Vec<T>, out: &mut dyn Write) -> io::Result<()> {
    write(&values, out)?;
    drop(values);
    Ok(())
}

/// Writes the ends of texts or lists as lengths, which take fewer bytes.
fn write_ends(ends: &Ends, out: &mut dyn Write) -> io::Result<()> {
    let lengths: Vec<u32> = ends.lengths().map(|length| length as u32).collect();
    write(&lengths, out)
}

/// Reads ends, of which the last one must be `length`.
fn read_ends(from: &mut dyn Read, length: usize) -> io::Result<Ends> {
    let lengths: Vec<u32> = read(from)?;
    if lengths.iter().map(|length| u64::from(*length)).sum::<u64>() != length as u64 {
        return Err(invalid());
    }
    let mut ends = Ends::with_capacity(lengths.len());
    for length in lengths {
        ends.push(ends.last() + length as usize);
    }
    Ok(ends)
}

impl Texts {
    fn write(self, out: &mut dyn Write) -> io::Result<()> {
        write_out(self.text.into_bytes(), out)?;
        write_ends(&self.ends, out)
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        let text = String::from_utf8(read(from)?).map_err(|_| invalid())?;
        let ends = read_ends(from, text.len())?;
        if (0..ends.len()).all(|row| text.is_char_boundary(ends.range(row).end)) {
            Ok(Self { text, ends })
        } else {
            Err(invalid())
        }
    }
}

impl<T: Plain> Lists<T> {
    fn write(self, out: &mut dyn Write) -> io::Result<()> {
        write_out(self.items, out)?;
        write_ends(&self.ends, out)
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        let items: Vec<T> = read(from)?;
        let ends = read_ends(from, items.len())?;
        Ok(Self { items, ends })
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
