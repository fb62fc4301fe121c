//! Canonical spelling of digests and serial numbers: lower-case hexadecimal of the right length.

use super::text::tidy;
use crate::identifier::CanonicalId;

/// Hash algorithms that name content: canonical name, name without punctuation, hexadecimal digits.
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

/// Whether the property says that its value is a digest of the whole object, and
/// not of a section within it: `hashes.md5`, or an algorithm's bare name.
pub(super) fn is_digest(property: &str) -> bool {
    property.starts_with("hashes.") || known_hash(property).is_some()
}

/// Returns the canonical name of an algorithm whose digest tells one content from every other.
pub(super) fn whole(algorithm: &str) -> Option<&'static str> {
    match known_hash(&algorithm.to_ascii_lowercase())? {
        Hash::Digest { name, .. } => Some(name),
        Hash::Ssdeep | Hash::Tlsh => None,
    }
}

/// What a digest of an algorithm looks like.
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

/// Returns the key of what has this digest, `None` when the digest is not one of its algorithm.
pub(super) fn content(kind: &str, algorithm: &str, value: &str) -> Option<CanonicalId> {
    let value = tidy(value)?;
    let hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match known_hash(algorithm) {
        Some(Hash::Digest { name, digits }) => (value.len() == digits && hexadecimal(&value))
            .then(|| CanonicalId::with_scheme(kind, name, &value.to_ascii_lowercase())),
        Some(Hash::Ssdeep) => is_ssdeep(&value).then(|| CanonicalId::with_scheme(kind, "ssdeep", &value)),
        Some(Hash::Tlsh) => {
            // Version 4 writes `T1` before the digest that earlier ones wrote bare.
            let digest = value.strip_prefix("T1").or_else(|| value.strip_prefix("t1")).unwrap_or(&value);
            (matches!(digest.len(), 70 | 134) && hexadecimal(digest))
                .then(|| CanonicalId::with_scheme(kind, "tlsh", &digest.to_ascii_lowercase()))
        }
        None => Some(CanonicalId::with_scheme(kind, &format!("hashes.{algorithm}"), &value)),
    }
}

/// `blocksize:base64:base64`; its letters tell case apart.
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
