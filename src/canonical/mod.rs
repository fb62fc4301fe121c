//! Canonical identifiers: two forms of one identifier give one text.
//!
//! [`observable`] normalises a property of an observable, such as `domain-name:example.com`.
//! Values that only describe an object (a size, a port, a date) have no identifier. Values that
//! many objects share (a file's name, an import hash) have a kind of their own, so that they
//! never join two files.
//!
//! Normalisation is idempotent: kind, scheme and value of a canonical identifier give the same
//! identifier again.

pub(crate) mod derived;
pub(crate) mod detect;
mod digest;
mod finance;
pub mod forms;
mod kinds;
mod names;
mod network;
mod phone;
pub(crate) mod pseudonym;
pub mod published;
pub(crate) mod refang;
pub(crate) mod registers;
pub(crate) mod skeleton;
#[cfg(test)]
mod tests;
mod text;
mod wallet;

use std::{borrow::Cow, collections::HashSet, sync::LazyLock};

pub use names::name;

use self::{
    kinds::{address, autonomous_system, exact, folded, mac, registry_key, user_agent},
    registers::ORGANISATIONS,
    text::{lower, tidy},
};

pub use crate::identifier::CanonicalId;

/// Kinds that one property identifies: names of the kind, the property, the normalisation.
struct Named {
    kinds: &'static [&'static str],
    property: &'static str,
    normalise: fn(&str) -> Option<CanonicalId>,
}

/// Every kind with its own normalisation. The property `value` also means the identifying property.
const NAMED: &[Named] = &[
    Named {
        kinds: &["domain-name", "domain", "hostname", "host"],
        property: "value",
        normalise: network::domain,
    },
    Named {
        kinds: &["ipv4-addr", "ipv6-addr", "ip", "ip-addr"],
        property: "value",
        normalise: network::address,
    },
    Named { kinds: &["url", "uri"], property: "value", normalise: network::url },
    Named { kinds: &["email-addr", "email"], property: "value", normalise: network::email },
    Named { kinds: &["mac-addr"], property: "value", normalise: mac },
    Named { kinds: &["autonomous-system"], property: "number", normalise: autonomous_system },
    Named { kinds: &["windows-registry-key"], property: "key", normalise: registry_key },
    Named { kinds: &["mutex"], property: "name", normalise: |value| exact("mutex", value) },
    Named { kinds: &["file-name"], property: "name", normalise: |value| folded("file-name", value) },
    Named { kinds: &["phone-number"], property: "value", normalise: phone::phone },
    Named { kinds: &["user-agent"], property: "value", normalise: user_agent },
    Named { kinds: &["cryptocurrency-wallet"], property: "value", normalise: wallet::wallet },
    Named { kinds: &["address"], property: "full", normalise: address },
];

/// Hashes of a part of a file or of its similarity: many files share one.
const LIKENESSES: &[&str] = &["imphash", "authentihash", "pehash", "telfhash", "vhash", "impfuzzy"];

/// Properties that describe an object and never identify it, by the last step of their path.
static DESCRIBES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    HashSet::from([
        "size",
        "mime_type",
        "magic_number_hex",
        "encoding",
        "content_type",
        "type",
        "ctime",
        "mtime",
        "atime",
        "created",
        "modified",
        "start",
        "end",
        "is_active",
        "is_multipart",
        "is_self_signed",
        "is_disabled",
        "is_privileged",
        "protocols",
        "src_port",
        "dst_port",
        "src_byte_count",
        "dst_byte_count",
        "src_packets",
        "dst_packets",
        "pid",
        "account_type",
        "display_name",
        "version",
        "validity_not_before",
        "validity_not_after",
        "signature_algorithm",
        "issuer",
        "data_type",
        "modified_time",
        "pe_type",
        "encryption_algorithm",
        "request_method",
        "request_version",
        "languages",
        "date",
        "first_seen",
        "last_seen",
    ])
});

/// Returns whether a property, by its path, only describes an object.
pub(crate) fn only_describes(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or_default();
    // A list (`protocols[0]`) has the meaning of its name.
    DESCRIBES.contains(last.split('[').next().unwrap_or_default())
}

/// Returns the name of an algorithm whose digests identify content.
pub(crate) fn whole_digest(algorithm: &str) -> Option<&'static str> {
    digest::whole(algorithm)
}

/// Returns the canonical identifier; `None` if the value cannot identify anything: it is empty, not valid
/// for its kind, or of a property that only describes.
///
/// `kind` and `property` are those of STIX (`file`, `hashes.'SHA-256'`); their quotes and case do not
/// matter. A property of a reference (`dst_ref.value`) gives the identifier of the referenced object, if the
/// form of the value shows its kind.
pub fn observable(kind: &str, property: &str, value: &str) -> Option<CanonicalId> {
    let (kind, property) = (plain_kind(kind), plain_property(property));
    let (kind, property) = (&*kind, &*property);
    let last = property.rsplit('.').next().unwrap_or_default();
    if kind.is_empty() || kind.contains(':') || only_describes(property) {
        return None;
    }
    let named = NAMED.iter().find(|named| named.kinds.contains(&kind));
    if pseudonym::is_pseudonym(value) {
        return pseudonymised((kind, property), value.trim(), named);
    }
    if let Some(named) = named.filter(|named| property == "value" || property == named.property) {
        return (named.normalise)(value);
    }
    let likeness = LIKENESSES.iter().find(|likeness| match kind.strip_prefix("file") {
        Some("") => last == **likeness,
        Some(rest) => rest.strip_prefix('-') == Some(likeness),
        None => false,
    });
    if let Some(likeness) = likeness {
        return folded(&format!("file-{likeness}"), value);
    }
    match (kind, property) {
        ("file", "name") => folded("file-name", value),
        // An artifact is the content of a file without a name.
        ("file" | "artifact", hash) if digest::is_digest(hash) => digest::content("file", last, value),
        ("x509-certificate", hash) if digest::is_digest(hash) => digest::content(kind, last, value),
        ("x509-certificate", "serial_number") => {
            digest::serial(value).map(|serial| CanonicalId::with_scheme(kind, property, &serial))
        }
        ("x509-certificate", "serial-issuer") => {
            value.split_once(':').and_then(|(serial, issuer)| certificate(issuer, serial))
        }
        ("bank-account", "iban") => finance::iban(value),
        (_, "bic") if kind == "bank" || ORGANISATIONS.contains(&kind) => finance::bic(kind, value),
        ("network-fingerprint", property) if digest::is_fingerprint(property) => {
            digest::fingerprint(property, value)
        }
        ("network-traffic", path) if path.ends_with("request_header.user-agent") => user_agent(value),
        (_, property) if registers::is_register(kind, property) => registers::entry(kind, property, value),
        (_, path) => referred(path, value).or_else(|| described(kind, path, value, named.is_some())),
    }
}

/// Returns the identifier of an observable whose value is a pseudonym. It has the kind of its property, and its form is not
/// checked.
fn pseudonymised((kind, property): (&str, &str), value: &str, named: Option<&Named>) -> Option<CanonicalId> {
    match named {
        Some(named) if property == "value" || property == named.property => {
            Some(CanonicalId::observable(named.kinds[0], value))
        }
        _ => described(kind, property, value, named.is_some()),
    }
}

/// Returns the identifier of a certificate by the serial number (hexadecimal), which is unique within one
/// issuer.
pub fn certificate(issuer: &str, serial_number: &str) -> Option<CanonicalId> {
    let serial = digest::serial(serial_number)?;
    let issuer = lower(issuer);
    let issuer = tidy(&issuer)?;
    Some(CanonicalId::with_scheme("x509-certificate", "serial-issuer", &format!("{serial}:{issuer}")))
}

/// Returns the normalised id of an object, `type--id`. Types and UUIDs ignore case (RFC 9562 §4). Keys of a
/// source, such as those of accounts, stay as they are.
pub fn object_id(text: &str) -> String {
    let text = text.trim();
    match text.split_once("--") {
        Some((kind, id)) if !detect::is_uuid(id) => format!("{}--{id}", kind.to_ascii_lowercase()),
        _ => text.to_ascii_lowercase(),
    }
}

/// Returns a kind in lower case, as most kinds are.
fn plain_kind(kind: &str) -> Cow<'_, str> {
    let kind = kind.trim();
    if kind.bytes().any(|byte| byte.is_ascii_uppercase()) {
        kind.to_ascii_lowercase().into()
    } else {
        kind.into()
    }
}

/// Returns a property in lower case and without quotes. A colon would hide where the value begins, so it
/// becomes a dot.
fn plain_property(property: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'.');
    if !property.is_empty() && property.bytes().all(is_plain) {
        return property.into();
    }
    let plain = property.trim().replace(['\'', '"'], "").replace(':', ".").to_ascii_lowercase();
    let plain = plain.trim();
    if plain.is_empty() { "value".into() } else { plain.to_owned().into() }
}

/// Returns the identifier by any other property. If the kind has identifying properties, this one gets a
/// kind of its own, `windows-registry-key.values.data`, and never identifies the object. STIX types contain
/// no dot.
fn described(kind: &str, path: &str, value: &str, named: bool) -> Option<CanonicalId> {
    let value = tidy(value)?;
    let dotted = kind.contains('.');
    if dotted && path == "value" {
        return Some(CanonicalId::observable(kind, &value));
    }
    if dotted || named || matches!(kind, "file" | "artifact" | "x509-certificate") {
        return Some(CanonicalId::observable(&format!("{kind}.{path}"), &value));
    }
    Some(CanonicalId::with_scheme(kind, path, &value))
}

/// Returns the identifier of a referenced object, if the property of the reference shows its kind.
fn referred(path: &str, value: &str) -> Option<CanonicalId> {
    let is_reference = |step: &str| step.ends_with("_ref") || step.ends_with("_refs[*]");
    let (reference, property) = path.rsplit_once('.')?;
    match property {
        "value" if is_reference(reference) => guess(value),
        "number" if is_reference(reference) => autonomous_system(value),
        "name" if reference.ends_with("image_ref") || reference.ends_with("binary_ref") => {
            folded("file-name", value)
        }
        algorithm => {
            let holder = reference.strip_suffix(".hashes").filter(|holder| is_reference(holder));
            holder.and_then(|_| digest::content("file", algorithm, value))
        }
    }
}

fn guess(value: &str) -> Option<CanonicalId> {
    let kinds = [network::address, mac, network::email, network::domain];
    kinds.iter().find_map(|normalise| normalise(value))
}
