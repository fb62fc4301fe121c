//! Rows of the archive's segments: records and deliveries.

use std::sync::Arc;

use crate::{
    record::{ArchivedRecord, Digest},
    time::Moment,
};

/// A record with everything that the archive stores of it.
#[derive(Clone, Debug)]
pub struct StoredRecord {
    /// The record without its content.
    pub record: ArchivedRecord,
    /// Place in the delivery; all parts are empty for a withdrawal.
    pub origin: RecordOrigin,
    /// Name of the format.
    pub format: Option<&'static str>,
    /// JSON of the object as delivered.
    pub object: Option<Arc<str>>,
    /// Parts of the document that the object depends on.
    pub context: Option<Arc<str>>,
    /// The object's bytes as delivered; `None` if a later delivery of them is to be parsed again.
    pub raw: Option<RawObject>,
}

/// The bytes of an object as delivered, and what follows from them besides the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawObject {
    /// Digest of the bytes.
    pub digest: Digest,
    /// The object's own time, whatever the terms of its source.
    pub own_time: Option<Moment>,
}

/// Place of a record in a delivery.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordOrigin {
    /// blake3 digest of the file as stored.
    pub delivery: Arc<str>,
    /// Path of the file as given.
    pub path: Arc<str>,
    /// JSON pointer or line number.
    pub position: Arc<str>,
}

impl RecordOrigin {
    /// Returns the origin of a row without an object.
    pub(super) fn none() -> Self {
        let empty: Arc<str> = "".into();
        Self { delivery: Arc::clone(&empty), path: Arc::clone(&empty), position: empty }
    }
}

/// One delivery that the archive has read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ArchivedDelivery {
    /// Source that delivered it.
    pub source: String,
    /// blake3 digest of the file as stored.
    pub delivery: String,
    /// Path of the file as given.
    pub path: String,
    /// Name of the format; empty if none was recognised.
    pub format: String,
    /// As-of time of the first run that read it.
    pub recorded_at: Moment,
}

impl ArchivedDelivery {
    /// Returns the parts that identify a delivery: source, digest and path.
    pub(super) fn identity(&self) -> (&str, &str, &str) {
        (&self.source, &self.delivery, &self.path)
    }
}
