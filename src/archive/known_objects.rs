//! Objects in the archive by their bytes as delivered, so that a later run recognises them without parsing.

use std::collections::{BTreeSet, HashMap};

use super::{contents::ArchiveContents, rows::RawObject, segment, store::ArchiveError};
use crate::{
    ingest::KnownObject,
    record::{ArchivedRecord, Digest},
    time::Moment,
};

/// Positions of the records of each source by the digest of their bytes, with their own times.
pub(crate) struct KnownRecords<'a> {
    records: &'a [ArchivedRecord],
    positions: HashMap<&'a str, HashMap<Digest, (u32, Option<Moment>)>>,
}

impl<'a> KnownRecords<'a> {
    /// Reads the digests of the records of some sources.
    ///
    /// # Errors
    /// If a segment cannot be read.
    pub(crate) fn of(contents: &'a ArchiveContents, sources: &BTreeSet<&str>) -> Result<Self, ArchiveError> {
        let mut positions: HashMap<&str, HashMap<_, _>> = HashMap::new();
        let mut rows: (&str, Vec<Option<RawObject>>) = ("", Vec::new());
        for (position, record) in contents.records().iter().enumerate() {
            if record.content().is_none() || !sources.contains(&*record.source) {
                continue;
            }
            let (segment, row) = contents.place(position);
            if rows.0 != segment {
                rows = (segment, segment::read_raw_objects(&contents.folder, segment)?);
            }
            if let Some(Some(raw)) = rows.1.get(row) {
                let of_source = positions.entry(&*record.source).or_default();
                of_source.insert(raw.digest, (position as u32, raw.own_time));
            }
        }
        Ok(Self { records: contents.records(), positions })
    }

    /// Returns the known object of a source with these bytes.
    pub(crate) fn object(&self, source: &str, raw: Digest) -> Option<KnownObject> {
        let (position, own_time) = self.positions.get(source)?.get(&raw)?;
        let record = self.records.get(*position as usize)?;
        Some(KnownObject {
            key: record.key.clone(),
            content: record.content()?,
            version: record.version.as_deref().map(str::to_owned),
            own_time: *own_time,
            markings: record.markings.iter().map(|marking| (**marking).to_owned()).collect(),
            defines: record.defines,
            revokes: record.revokes,
            surroundings: record.surroundings,
        })
    }
}
