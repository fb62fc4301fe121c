//! Canonical identifiers by digests and serial numbers: lower-case hexadecimal of the right length.

use super::text::tidy;
use crate::identifier::CanonicalId;

/// Hash algorithms that identify content: canonical name, name without punctuation, number of hexadecimal
/// digits.
const HASHES: &[(&str, &str, usize)] = &[
    ("md5", "md5", 32),
    ("sha-1", "sha1", 40),
    ("sha-224", "sha224", 56),
    ("sha-256", "sha256", 64),
    ("sha-384", "sha384", 96),
    ("sha-512", "sha512", 128),
    ("sha3-224", "sha3224", 56),
    ("sha3-256", "sha3256", 64),
    ("sha3-384", "sha3384", 96),
    ("sha3-512", "sha3512", 128),
];

/// First 32 digits of the digest of an empty file, for each row of [`HASHES`]. Unrelated reports name an empty file.
const EMPTY_FILES: [&str; 10] = [
    "d41d8cd98f00b204e9800998ecf8427e",
    "da39a3ee5e6b4b0d3255bfef95601890",
    "d14a028c2a3a2bc9476102bb288234c4",
    "e3b0c44298fc1c149afbf4c8996fb924",
    "38b060a751ac96384cd9327eb1b1e36a",
    "cf83e1357eefb8bdf1542850d66d8007",
    "6b4e03423667dbb73b6e15454f0eb1ab",
    "a7ffc6f8bf1ed76651c14756a061d662",
    "0c63a75b845e4f7d01107d852e4c2485",
    "a69f73cca23a9ac5c8b567dc185a756e",
];

/// Returns whether a digest in lower case is filler: that of an empty file, only zeros, or only `f`.
fn is_filler(digest: &str) -> bool {
    [b'0', b'f'].iter().any(|filler| digest.bytes().all(|byte| byte == *filler))
        || EMPTY_FILES.iter().any(|empty| digest.starts_with(empty))
}

/// Returns whether a property is a digest of the whole object and not of a section: `hashes.md5`, or an
/// algorithm's bare name.
pub(super) fn is_digest(property: &str) -> bool {
    property.starts_with("hashes.") || known_hash(property).is_some()
}

/// Returns the canonical name of an algorithm whose digest identifies content.
pub(super) fn whole(algorithm: &str) -> Option<&'static str> {
    match known_hash(&algorithm.to_ascii_lowercase())? {
        Hash::Digest { name, .. } => Some(name),
        Hash::Ssdeep | Hash::Tlsh => None,
    }
}

/// The form of an algorithm's digests.
enum Hash {
    Digest { name: &'static str, digits: usize },
    Ssdeep,
    Tlsh,
}

fn known_hash(algorithm: &str) -> Option<Hash> {
    let plain: String = algorithm.chars().filter(char::is_ascii_alphanumeric).collect();
    match plain.as_str() {
        "ssdeep" => Some(Hash::Ssdeep),
        "tlsh" => Some(Hash::Tlsh),
        plain => {
            let digest = HASHES.iter().find(|(_, without, _)| *without == plain);
            digest.map(|(name, _, digits)| Hash::Digest { name, digits: *digits })
        }
    }
}

/// Returns the identifier of an object by its digest; `None` if the digest does not have the form of its
/// algorithm.
pub(super) fn content(kind: &str, algorithm: &str, value: &str) -> Option<CanonicalId> {
    let value = tidy(value)?;
    let hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match known_hash(algorithm) {
        Some(Hash::Digest { name, digits }) => (value.len() == digits && hexadecimal(&value))
            .then(|| value.to_ascii_lowercase())
            .filter(|digest| !is_filler(digest))
            .map(|digest| CanonicalId::with_scheme(kind, name, &digest)),
        Some(Hash::Ssdeep) => is_ssdeep(&value).then(|| CanonicalId::with_scheme(kind, "ssdeep", &value)),
        Some(Hash::Tlsh) => {
            // TLSH version 4 writes `T1` before the digest, earlier versions do not.
            let digest = value.strip_prefix("T1").or_else(|| value.strip_prefix("t1")).unwrap_or(&value);
            (matches!(digest.len(), 70 | 134) && hexadecimal(digest))
                .then(|| CanonicalId::with_scheme(kind, "tlsh", &digest.to_ascii_lowercase()))
        }
        None => Some(CanonicalId::with_scheme(kind, &format!("hashes.{algorithm}"), &value)),
    }
}

/// Fingerprints of network software: property and number of hexadecimal digits.
const FINGERPRINTS: &[(&str, usize)] =
    &[("ja3", 32), ("ja3s", 32), ("jarm", 62), ("hassh", 32), ("hasshserver", 32)];

/// Returns whether a property is a fingerprint of network software.
pub(super) fn is_fingerprint(property: &str) -> bool {
    property == "ja4" || FINGERPRINTS.iter().any(|(name, _)| *name == property)
}

/// Returns the identifier of a fingerprint. Only zeros mean that a server did not answer.
pub(super) fn fingerprint(property: &str, value: &str) -> Option<CanonicalId> {
    let digits = tidy(value)?.to_ascii_lowercase();
    let is_hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let has_form = if let Some((_, length)) = FINGERPRINTS.iter().find(|(name, _)| *name == property) {
        digits.len() == *length && is_hexadecimal(&digits) && !is_filler(&digits)
    } else {
        let parts: Vec<&str> = digits.split('_').collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        let is_plain = parts[0].bytes().all(|byte| byte.is_ascii_alphanumeric());
        lengths == [10, 12, 12] && is_plain && parts[1..].iter().all(|part| is_hexadecimal(part))
    };
    has_form.then(|| CanonicalId::with_scheme("network-fingerprint", property, &digits))
}

/// Returns whether a value has the form of ssdeep, `blocksize:base64:base64`; its case matters.
fn is_ssdeep(value: &str) -> bool {
    let parts: Vec<&str> = value.splitn(4, ':').collect();
    let base64 =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/');
    parts.len() == 3
        && !parts[0].is_empty()
        && parts[0].bytes().all(|byte| byte.is_ascii_digit())
        && base64(parts[1])
        && base64(parts[2])
}

/// Returns a certificate's serial number as hexadecimal digits without leading zeros.
pub(super) fn serial(value: &str) -> Option<String> {
    let plain: String =
        tidy(value)?.chars().filter(|c| !c.is_whitespace() && *c != ':' && *c != '-').collect();
    let plain = plain.to_ascii_lowercase();
    let digits = plain.strip_prefix("0x").unwrap_or(&plain).trim_start_matches('0');
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| digits.to_owned())
}
