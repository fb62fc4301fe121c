//! Delivery reports: the results of reading each file. They are stored, so that a later run for the same as-of
//! time can show them again.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    counts::DeliveryCounts,
    store::{self, ArchiveError},
};
use crate::{
    ingest::{Delivery, ReadingKey, RejectedObject, Status},
    record::Mode,
    time::Moment,
};

/// Result of reading one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeliveryReport {
    /// Source that delivered it.
    pub source: String,
    /// Path of the file as given.
    pub path: String,
    /// blake3 digest of the file as stored; `None` if the file could not be read.
    pub digest: Option<String>,
    /// Name of the format; `None` if none was recognised.
    pub format: Option<String>,
    /// Delivery mode of the source.
    pub mode: Mode,
    /// Result for the whole file: ok, rejected, failed or ignored.
    pub status: String,
    /// Counts of its objects.
    pub counts: DeliveryCounts,
    /// Accepted objects whose own time is after the as-of time of the run. Their recorded time is that of the run.
    #[serde(default)]
    pub dated_ahead: u64,
    /// Encoding of a text table, configured or detected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Key of everything that decided the result besides the bytes of the file, if the same bytes need not be read again. `None` if something
    /// else also decided it, such as a missing file of a snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<ReadingKey>,
    /// Rejected objects, in order of position.
    pub rejects: Vec<StoredReject>,
}

/// One rejected object, or a rejected file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredReject {
    /// JSON pointer or line number; `None` for the whole file.
    pub position: Option<String>,
    /// Id of the object; `None` if it could not be read without doubt.
    pub object_id: Option<String>,
    /// Name of the reject rule.
    pub rule: String,
    /// Explanation for a reader.
    pub reason: String,
    /// Is true if an earlier run of the source had the same reject. Not stored, but computed on request.
    #[serde(skip)]
    pub known: bool,
}

impl StoredReject {
    fn of(reject: &RejectedObject) -> Self {
        Self {
            position: Some(reject.position.clone()).filter(|position| !position.is_empty()),
            object_id: reject.object_id.clone(),
            rule: reject.cause.rule.name().to_owned(),
            reason: reject.cause.reason.clone(),
            known: false,
        }
    }
}

/// Returns the sum of the counts of reports.
pub fn total<'a>(reports: impl IntoIterator<Item = &'a DeliveryReport>) -> DeliveryCounts {
    reports.into_iter().fold(DeliveryCounts::default(), |sum, report| sum.plus(report.counts))
}

/// Returns the report of one delivery of a run. `is_whole` is true if only the files of the source decide what the run
/// records of it: the source has no object times, and its snapshot is complete.
pub(super) fn report(
    delivery: &Delivery,
    counts: DeliveryCounts,
    (mode, is_whole): (Mode, bool),
    run: Moment,
) -> DeliveryReport {
    let is_ahead = |time: &Option<Moment>| time.is_some_and(|time| time > run);
    let dated_ahead = delivery.accepted.iter().filter(|object| is_ahead(&object.own_time)).count() as u64;
    let is_repeatable = is_whole && delivery.status == Status::Ok && dated_ahead == 0;
    DeliveryReport {
        source: delivery.source.clone(),
        path: delivery.path.clone(),
        digest: Some(delivery.digest.clone()).filter(|digest| !digest.is_empty()),
        format: delivery.format.map(str::to_owned),
        mode,
        status: delivery.status.name().to_owned(),
        counts,
        dated_ahead,
        encoding: delivery
            .table
            .as_ref()
            .and_then(|table| table.text)
            .map(|(encoding, _)| encoding.to_owned()),
        reading: delivery.reading.clone().filter(|_| is_repeatable),
        rejects: delivery.rejects.iter().map(StoredReject::of).collect(),
    }
}

/// Writes reports as one compressed file, and returns its digest; `None` if there are none.
pub(super) fn write(folder: &Path, reports: &[DeliveryReport]) -> Result<Option<String>, ArchiveError> {
    if reports.is_empty() {
        return Ok(None);
    }
    let json = serde_json::to_vec(reports).expect("reports are plain data");
    let bytes = zstd::encode_all(json.as_slice(), 3).expect("compressing in memory");
    store::write_named(folder, store::REPORT, &bytes).map(Some)
}

/// Returns the bytes of a file of reports, after a check of its digest.
pub(super) fn verify(folder: &Path, digest: &str) -> Result<Vec<u8>, ArchiveError> {
    store::read_verified(&store::named_path(folder, store::REPORT, digest), digest)
}

/// Reads the reports of a file.
pub(super) fn read(folder: &Path, digest: &str) -> Result<Vec<DeliveryReport>, ArchiveError> {
    let path = store::named_path(folder, store::REPORT, digest);
    let bytes = verify(folder, digest)?;
    let damaged = || ArchiveError::Damaged { path: path.clone(), what: "cannot be read as delivery reports" };
    let json = zstd::decode_all(bytes.as_slice()).map_err(|_| damaged())?;
    serde_json::from_slice(&json).map_err(|_| damaged())
}
