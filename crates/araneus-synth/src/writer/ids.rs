//! Object ids derived from their purpose, so that a seed always gives the same ids.

use crate::agencies::{AGENCIES, AgencyId};

/// Returns a UUID in the form of version 4, derived from the seed and the parts.
pub(crate) fn uuid(seed: u64, parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = bytes.map(|byte| format!("{byte:02x}"));
    [&hex[..4], &hex[4..6], &hex[6..8], &hex[8..10], &hex[10..]].map(<[String]>::concat).join("-")
}

/// Returns a STIX id, derived from the seed, the type and the parts.
pub(crate) fn object(seed: u64, kind: &str, parts: &[&str]) -> String {
    let mut all = vec![kind];
    all.extend(parts);
    format!("{kind}--{}", uuid(seed, &all))
}

/// Returns the STIX id of an agency's identity.
pub(super) fn producer(seed: u64, agency: AgencyId) -> String {
    object(seed, "identity", &["producer", AGENCIES[agency].name])
}

/// Returns a number of `0..bound`, derived from an id.
pub(super) fn share_of(id: &str, bound: u8) -> u8 {
    blake3::hash(id.as_bytes()).as_bytes()[0] % bound
}
