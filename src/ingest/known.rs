//! Files and objects that an earlier run read, recognised by their bytes as delivered, without parsing.

use std::{
    fs::{self, File},
    sync::{Arc, LazyLock},
};

use serde::{Deserialize, Serialize};

use super::{
    input::{Input, Location, is_named_json, is_named_json_lines},
    pseudonym::Pseudonyms,
    table::source_mapping::SourceMapping,
};
use crate::{
    record::{Definition, Digest, Surroundings},
    time::Moment,
};

/// Stored size of a file, and a digest of everything besides its bytes that decides what is read of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReadingKey {
    /// Bytes of the file as stored.
    pub size: u64,
    /// Digest of the version of the readers, what the path says about the format, the mapping, and the
    /// fields and the key of pseudonyms.
    pub rules: String,
}

impl ReadingKey {
    pub(super) fn new(
        path: &str,
        size: u64,
        (mapping, pseudonyms): (Option<&SourceMapping>, Option<&Pseudonyms>),
    ) -> Self {
        let mut hasher =
            blake3::Hasher::new_derive_key(&format!("araneus 2026-11-30 readers of files {READERS}"));
        let names = [is_named_json(path), is_named_json_lines(path)];
        hasher.update(&names.map(u8::from));
        if let Some(mapping) = mapping {
            hasher.update(&mapping.digest.0);
        }
        if let Some(pseudonyms) = pseudonyms {
            hasher.update(pseudonyms.rules().as_bytes());
        }
        Self { size, rules: hasher.finalize().to_hex()[..32].to_owned() }
    }

    /// Returns the key of a file that is not read yet; `None` if it is not a regular file.
    pub(crate) fn of(input: &Input, mapping: Option<&SourceMapping>) -> Option<Self> {
        let size = match &input.location {
            Location::File { path, .. } => fs::metadata(path).ok().filter(fs::Metadata::is_file)?.len(),
            Location::Bytes(bytes) => bytes.len() as u64,
            Location::Ignored { .. } | Location::Failed(_) => return None,
        };
        Some(Self::new(&input.path, size, (mapping, input.pseudonyms.as_deref())))
    }
}

/// Returns the digest of the stored bytes of a file; `None` if it cannot be read.
pub(crate) fn stored_digest(location: &Location) -> Option<String> {
    let hash = match location {
        Location::File { path, .. } => {
            let mut hasher = blake3::Hasher::new();
            hasher.update_reader(File::open(path).ok()?).ok()?;
            hasher.finalize()
        }
        Location::Bytes(bytes) => blake3::hash(bytes),
        Location::Ignored { .. } | Location::Failed(_) => return None,
    };
    Some(hash.to_hex().to_string())
}

/// Version of the readers of all formats. Increase it when an accepted object, a reject or a position changes: files that
/// an earlier version read are then read again. `tests/versions.rs` fails until a change of the sources is signed.
const READERS: u32 = 2;

/// Facts of an accepted object that follow from its bytes.
#[derive(Clone, Debug)]
pub struct KnownObject {
    /// The source's own id of the object.
    pub key: Arc<str>,
    /// Digest of its parsed content.
    pub content: Digest,
    /// Its own version field.
    pub version: Option<String>,
    /// Its own time.
    pub own_time: Option<Moment>,
    /// Marking references that it carries.
    pub markings: Vec<String>,
    /// Its definition, if it is a marking definition.
    pub defines: Option<Definition>,
    /// Is true if it revokes its key for ever.
    pub revokes: bool,
    /// Digests of the context.
    pub surroundings: Surroundings,
}

/// Returns the known object of a source that has these bytes, by their digest.
pub type KnownObjects<'a> = dyn Fn(&str, Digest) -> Option<KnownObject> + Sync + 'a;

/// A source of which no object is known.
pub(super) fn nothing(_: &str, _: Digest) -> Option<KnownObject> {
    None
}

/// Returns the digest of the bytes of a STIX object. It depends on the version of the check: an object that an earlier
/// version accepted is checked again.
pub(super) fn raw_digest(text: &str) -> Digest {
    static KEY: LazyLock<[u8; 32]> = LazyLock::new(|| {
        blake3::derive_key(&format!("araneus 2026-11-29 accepted STIX object {CHECK}"), &[])
    });
    let mut digest = [0; 16];
    digest.copy_from_slice(&blake3::keyed_hash(&KEY, text.as_bytes()).as_bytes()[..16]);
    Digest(digest)
}

/// Version of the check of a STIX object. Increase it when the check, or what it returns, changes. `tests/versions.rs` fails
/// until a change of the sources is signed.
const CHECK: u32 = 2;
