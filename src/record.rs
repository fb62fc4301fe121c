//! Records: the claims of one source about one object, as the archive stores them and as a view shows them.

mod attribute;
mod columns;
mod content;
mod lent;
mod packed;
mod packer;
mod remark;
mod traces;

use std::{fmt, sync::Arc};

use crate::{agreement::Agreement, compact::ShortList, marking::Marking, symbol::Symbol, time::Moment};

pub use attribute::{Attribute, AttributeKind, NumberKind};
pub use columns::{ContentColumns, ContentWriter};
pub use content::{Amount, Claim, Content, LinkPart, Properties, Property};
pub use lent::{LentClaim, LentClaims, LentIdentifier, LentIdentifiers, LentTexts};
pub use packed::PackedContent;
pub use packer::Packer;
pub use remark::{REMARKS, Remark, Remarks};
pub use traces::{Traces, digest};

/// Identifier of a record, derived from source, key and content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId([u8; 16]);

impl RecordId {
    /// Returns the id of the record of `source` under `key` with this content.
    pub fn new(source: &str, key: &str, content: &Digest) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in [source.as_bytes(), key.as_bytes()] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        hasher.update(&content.0);
        let mut id = [0; 16];
        id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Self(id)
    }

    /// Returns the id with these bytes.
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes of the id.
    pub(crate) fn bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record-")?;
        hex(&self.0, f)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Digest of an object's parsed content. Equal JSON values have equal digests.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 16]);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

/// Writes up to 16 bytes as hexadecimal digits in one call: tables contain millions of them.
pub(crate) fn hex(bytes: &[u8], to: &mut impl fmt::Write) -> fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 32];
    let text = &mut text[..2 * bytes.len()];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    to.write_str(std::str::from_utf8(text).expect("hexadecimal digits are ASCII"))
}

/// Delivery mode of a source: the meaning of a missing object.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Each delivery contains all objects of the source. A missing object was withdrawn.
    Snapshot,
    /// A snapshot that is incomplete. A missing object has no meaning.
    Partial,
    /// Each delivery adds objects. A missing object has no meaning.
    #[default]
    Increment,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Snapshot => "snapshot",
            Self::Partial => "partial",
            Self::Increment => "increment",
        })
    }
}

/// State in which one run found a key of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordState {
    /// A complete snapshot no longer contains the key.
    Withdrawn,
    /// The delivery contains the key, but its object was rejected. The key is not missing.
    Rejected,
    /// An accepted object with this digest.
    Object(Digest),
}

/// Digests of the parts of a document that an object inside it depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Surroundings {
    /// Digest of everything that the object depends on, except markings; 0 if it depends on nothing.
    pub digest: u64,
    /// Digest of the container of the object, such as its MISP event; 0 if it has none.
    pub holder: u64,
}

/// One row of the archive without its content: the state in which one run found a key of a source.
///
/// The row keeps what was delivered and decides nothing. `view` decides when an audience learned it.
#[derive(Clone, Debug)]
pub struct ArchivedRecord {
    /// Source that delivered it.
    pub source: Symbol,
    /// The source's identifier of the object.
    pub key: Arc<str>,
    /// State of the key.
    pub state: RecordState,
    /// Version field of the object, such as STIX `modified`.
    pub version: Option<Arc<str>>,
    /// Time field of the object, never after the run. `None` unless the source has `recorded_at = "object"`.
    pub object_time: Option<Moment>,
    /// As-of time of the run that read it.
    pub run: Moment,
    /// Position of its commit among the commits of the archive, in the order in which they were made.
    pub commit: u32,
    /// Delivery mode of the source in that run.
    pub mode: Mode,
    /// Marking-definition ids or TLP names of the object.
    pub markings: ShortList<Symbol>,
    /// Meaning of the object, if it is a marking definition.
    pub defines: Option<Definition>,
    /// Is true if the object revokes its key for ever, as `revoked` does in STIX.
    pub revokes: bool,
    /// Parts of the document that the object depends on.
    pub surroundings: Surroundings,
}

impl ArchivedRecord {
    /// Returns the digest of the object; `None` if the key was withdrawn or its object was rejected.
    pub fn content(&self) -> Option<Digest> {
        match self.state {
            RecordState::Object(digest) => Some(digest),
            RecordState::Withdrawn | RecordState::Rejected => None,
        }
    }

    /// Returns the earliest recorded time that this row can have for any audience.
    pub fn earliest(&self) -> Moment {
        self.object_time.unwrap_or(self.run)
    }
}

/// Meaning of a marking-definition object for sharing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Definition {
    /// A statement marking, such as a copyright. It restricts nothing.
    Statement,
    /// A level of the Traffic Light Protocol, or `Unknown`.
    Level(Marking),
}

/// A live record, as a view shows it.
#[derive(Clone, Debug)]
pub struct Record {
    /// Identifier, derived from source, key and content.
    pub id: RecordId,
    /// Source of the record.
    pub source: Symbol,
    /// The source's identifier of the object.
    pub key: Arc<str>,
    /// Version field of the object.
    pub version: Option<Arc<str>>,
    /// Recorded time of this content.
    pub recorded_at: Moment,
    /// Recorded time of the first content of this key.
    pub recorded_first: Moment,
    /// As-of time of the run that first delivered this key, as far as the audience may know.
    pub first_run: Moment,
    /// Is true if the key was withdrawn and came back.
    pub returned: bool,
    /// Marking of the record.
    pub marking: Marking,
    /// Digest of the parts of its documents that it depends on.
    pub surroundings: u64,
    /// Claims and attributes of the object.
    pub content: Arc<PackedContent>,
}

/// Terms of a source: configured marking, reliability, mapping and agreement.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Terms {
    /// Marking of objects that have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marking: Option<String>,
    /// Reliability of the source in the Admiralty system.
    #[serde(default)]
    pub reliability: Reliability,
    /// Is true if two entries of this source are never the same entity.
    #[serde(default)]
    pub duplicate_free: bool,
    /// Mapping of its tables, in the JSON form that `ingest` reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<serde_json::Value>,
    /// Agreement under which it shares its records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Agreement>,
}

/// Reliability of a source in the Admiralty system (NATO AJP-2.1): A to F.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum Reliability {
    /// Completely reliable.
    A,
    /// Usually reliable.
    B,
    /// Fairly reliable.
    C,
    /// Not usually reliable.
    D,
    /// Unreliable.
    E,
    /// Cannot be judged.
    #[default]
    F,
}

impl Reliability {
    /// Returns whether a source of this reliability is enough for a flag without a second one.
    pub fn suffices_alone(self) -> bool {
        matches!(self, Self::A | Self::B)
    }

    /// Returns the weight of one record of such a source, from 0 to 1.
    ///
    /// A source whose reliability cannot be judged has the weight of a fairly reliable one.
    pub fn weight(self) -> f64 {
        match self {
            Self::A => 1.0,
            Self::B => 0.8,
            Self::C | Self::F => 0.6,
            Self::D => 0.4,
            Self::E => 0.2,
        }
    }
}
