//! What a run read: kept, so that a night surveyed again tells of its deliveries as it did.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    Counts, Intake, SourceRun,
    store::{self, ArchiveError},
};
use crate::{ingest::Delivery, record::Mode, time::Moment};

/// One file as a run read it, with what became of its objects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Who delivered.
    pub source: String,
    /// Path as given.
    pub path: String,
    /// blake3 of the bytes as stored; `None` where they could not be read.
    pub digest: Option<String>,
    /// Name of the format, where one was found.
    pub format: Option<String>,
    /// How the source delivers.
    pub mode: Mode,
    /// How reading ended: ok, rejected, failed, held or ignored.
    pub status: String,
    /// What became of its objects.
    pub counts: Counts,
    /// Objects that date themselves after the run's moment: taken, and told then.
    #[serde(default)]
    pub dated_ahead: u64,
    /// Encoding of a table that is text, found or said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// What was refused, in order of position.
    pub rejects: Vec<Refused>,
}

/// One object, or a whole file, that was refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// JSON pointer or line; `None` for the whole file.
    pub position: Option<String>,
    /// Its id, where that could be read without doubt.
    pub object_id: Option<String>,
    /// Name of the rule.
    pub rule: String,
    /// How it was broken, in words.
    pub reason: String,
    /// Whether an earlier run of the source rejected it, too; found again whenever it is asked.
    #[serde(skip)]
    pub known: bool,
}

/// Adds up the numbers of readings.
pub fn total<'a>(readings: impl IntoIterator<Item = &'a Reading>) -> Counts {
    readings.into_iter().fold(Counts::default(), |sum, reading| sum.plus(reading.counts))
}

/// Puts what was read beside what became of it.
pub(super) fn readings(
    deliveries: &[Delivery],
    intake: &Intake,
    moment: Moment,
    mode_of: impl Fn(&str) -> Mode,
) -> Vec<Reading> {
    let reading = |(delivery, counts): (&Delivery, &Counts)| Reading {
        source: delivery.source.clone(),
        path: delivery.path.clone(),
        digest: Some(delivery.digest.clone()).filter(|digest| !digest.is_empty()),
        format: delivery.format.map(str::to_owned),
        mode: mode_of(&delivery.source),
        status: delivery.status.name().to_owned(),
        counts: *counts,
        dated_ahead: delivery
            .accepted
            .iter()
            .filter(|taken| taken.own_time.is_some_and(|own| own > moment))
            .count() as u64,
        encoding: delivery
            .table
            .as_ref()
            .and_then(|table| table.text)
            .map(|(encoding, _)| encoding.to_owned()),
        rejects: delivery
            .rejects
            .iter()
            .map(|reject| Refused {
                position: Some(reject.position.clone()).filter(|position| !position.is_empty()),
                object_id: reject.object_id.clone(),
                rule: reject.cause.rule.name().to_owned(),
                reason: reject.cause.reason.clone(),
                known: false,
            })
            .collect(),
    };
    deliveries.iter().zip(&intake.counts).map(reading).collect()
}

/// Returns how a source of a run delivers; one that is not in it delivers increments.
pub(super) fn mode_of(sources: &std::collections::BTreeMap<String, SourceRun>) -> impl Fn(&str) -> Mode {
    |source| sources.get(source).map_or(Mode::Increment, |source| source.mode)
}

/// Writes readings as one compressed file named by its digest; `None` if there are none.
pub(super) fn write(folder: &Path, readings: &[Reading]) -> Result<Option<String>, ArchiveError> {
    if readings.is_empty() {
        return Ok(None);
    }
    let json = serde_json::to_vec(readings).expect("readings are plain data");
    let bytes = zstd::encode_all(json.as_slice(), 3).expect("compressing in memory");
    store::write_named(folder, store::READING, &bytes).map(Some)
}

/// Checks that they are as they were written; returns their bytes.
pub(super) fn verify(folder: &Path, digest: &str) -> Result<Vec<u8>, ArchiveError> {
    store::read_verified(&store::named_path(folder, store::READING, digest), digest)
}

/// Reads them back.
pub(super) fn read(folder: &Path, digest: &str) -> Result<Vec<Reading>, ArchiveError> {
    let path = store::named_path(folder, store::READING, digest);
    let bytes = verify(folder, digest)?;
    let damaged = || ArchiveError::Damaged { path: path.clone(), what: "cannot be read as readings" };
    let json = zstd::decode_all(bytes.as_slice()).map_err(|_| damaged())?;
    serde_json::from_slice(&json).map_err(|_| damaged())
}
