//! Objects that an earlier run accepted, recognised by their bytes as delivered, without parsing.

use std::sync::{Arc, LazyLock};

use crate::{
    record::{Definition, Digest, Surroundings},
    time::Moment,
};

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
    static KEY: LazyLock<[u8; 32]> = LazyLock::new(|| blake3::derive_key(CHECK, &[]));
    let mut digest = [0; 16];
    digest.copy_from_slice(&blake3::keyed_hash(&KEY, text.as_bytes()).as_bytes()[..16]);
    Digest(digest)
}

/// Name and version of the check of a STIX object. Increase the number when the check, or what it returns, changes.
const CHECK: &str = "araneus 2026-11-29 accepted STIX object 1";
