//! Pseudonyms: values that become keyed digests before anything of a delivery is kept.
//!
//! A delivery of a source with pseudonyms is rewritten first, and only then read. So no reader, reject, digest or stored
//! object has the plain value. Such a delivery is loaded whole.

mod fields;
mod json;
mod known_values;
mod patterns;
mod spans;

use std::{cmp::Ordering, fmt};

use hmac::{Hmac, Mac};
use sha2::Sha256;

pub use fields::Field;
pub(super) use known_values::KnownValues;

use crate::{
    canonical::pseudonym::{PREFIX, is_pseudonym, plain_form},
    record::hex,
};

/// Fewest bytes of a key.
pub const KEY_MIN: usize = 16;

/// Purposes of a digest. Digests of two purposes have nothing in common.
const VALUES: &str = "araneus pseudonym of a value 1";
const IDS: &str = "araneus pseudonym of an id 1";
const CHECK: &str = "araneus check value of a pseudonym key 1";

/// Key of pseudonyms. It is never written or printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PseudonymKey(Vec<u8>);

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey")
    }
}

impl PseudonymKey {
    /// Creates a key from the bytes of a file or a variable, without the line break at their end. `None` if they are fewer
    /// than [`KEY_MIN`].
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.trim_ascii_end();
        (bytes.len() >= KEY_MIN).then(|| Self(bytes.to_owned()))
    }

    /// Returns the check value: it shows whether another key is the same, and says nothing about pseudonyms.
    pub fn check_value(&self) -> String {
        hex_of(&digest(self.mac(), CHECK, ""))
    }

    fn mac(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.0).expect("HMAC takes a key of any length")
    }
}

/// Rule of one source: its key and the fields whose values become pseudonyms.
#[derive(Clone)]
pub struct Pseudonyms {
    mac: Hmac<Sha256>,
    fields: Vec<Field>,
    /// Digest of key and fields, for the comparison with an earlier reading.
    rules: String,
}

impl Pseudonyms {
    /// Creates the rule of a source.
    pub fn new(key: &PseudonymKey, mut fields: Vec<Field>) -> Self {
        fields.sort();
        fields.dedup();
        let rules = format!("{} {fields:?}", key.check_value());
        Self { mac: key.mac(), fields, rules: blake3::hash(rules.as_bytes()).to_hex()[..32].to_owned() }
    }

    /// Returns a digest of the key and the fields.
    pub(super) fn rules(&self) -> &str {
        &self.rules
    }

    /// Returns the pseudonym of a value. A blank value and a pseudonym stay.
    pub fn pseudonym(&self, value: &str) -> String {
        if value.trim().is_empty() || is_pseudonym(value) {
            return value.to_owned();
        }
        format!("{PREFIX}{}", hex_of(&self.digest(VALUES, &plain_form(value))[..16]))
    }

    /// Returns whether a column of a table is listed, by its name or its number from 1.
    pub(super) fn has_column(&self, name: &str, number: usize) -> bool {
        self.fields.iter().any(|field| field.is_column(name, number))
    }

    /// Returns a listed column that a table lacks. Its values may have another name there, and would be stored as they are.
    pub(super) fn absent_column(&self, names: &[String]) -> Option<&str> {
        let is_absent = |column: &&str| {
            !(1..).zip(names).any(|(number, name)| name == column || **column == *number.to_string())
        };
        self.fields.iter().filter_map(Field::column).find(is_absent)
    }

    /// Returns the id in the place of an id that derives from values: the same type with a UUID of version 8.
    fn keyed_id(&self, kind: &str, uuid: &str) -> String {
        let id = format!("{kind}--{uuid}").to_ascii_lowercase();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.digest(IDS, &id)[..16]);
        // RFC 9562, section 5.8: version and variant.
        bytes[6] = (bytes[6] & 0x0f) | 0x80;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let digits = hex_of(&bytes);
        let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
        format!("{kind}--{}", parts.join("-"))
    }

    fn digest(&self, purpose: &str, text: &str) -> [u8; 32] {
        digest(self.mac.clone(), purpose, text)
    }
}

fn digest(mut mac: Hmac<Sha256>, purpose: &str, text: &str) -> [u8; 32] {
    mac.update(purpose.as_bytes());
    mac.update(&[0]);
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

fn hex_of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for part in bytes.chunks(16) {
        hex(part, &mut text).expect("writing to memory does not fail");
    }
    text
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pseudonyms({:?})", self.fields)
    }
}

impl PartialEq for Pseudonyms {
    fn eq(&self, other: &Self) -> bool {
        self.rules == other.rules
    }
}

impl Eq for Pseudonyms {}

impl PartialOrd for Pseudonyms {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pseudonyms {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rules.cmp(&other.rules)
    }
}

#[cfg(test)]
mod tests;
