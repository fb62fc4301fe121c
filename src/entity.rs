//! What records are about: identifiers as sources spell them, and entities after resolution.

use crate::{
    identifier::CanonicalId,
    index::RecordIndex,
    marking::Marking,
    time::{Moment, Span},
};

/// Types of cyber observables (STIX 2.1, section 6).
pub const OBSERVABLES: [&str; 18] = [
    "artifact",
    "autonomous-system",
    "directory",
    "domain-name",
    "email-addr",
    "email-message",
    "file",
    "ipv4-addr",
    "ipv6-addr",
    "mac-addr",
    "mutex",
    "network-traffic",
    "process",
    "software",
    "url",
    "user-account",
    "windows-registry-key",
    "x509-certificate",
];

/// One way in which a record points at an entity, spelled as its source spelled it.
///
/// The order of the variants is the order of preference when two identifiers
/// were told at the same moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identifier {
    /// A fact of the network: a domain name, an address, a digest (STIX cyber observables).
    Observable {
        /// STIX type of the observable, such as `domain-name`.
        kind: String,
        /// Which property holds the value, such as `value` or `hashes.SHA-256`.
        property: String,
        /// The value as delivered.
        value: String,
    },
    /// An object by its id: a STIX id, `type--uuid`.
    Object(String),
    /// A value of a MISP galaxy, by its uuid (where it has none, by galaxy and value).
    Galaxy(String),
    /// An entry of a public catalogue: ATT&CK, CAPEC, CVE.
    Reference {
        /// Name of the catalogue in one spelling, such as `mitre-attack`.
        catalogue: &'static str,
        /// What kind of entry: one id may name a technique and its mitigation.
        kind: String,
        /// The catalogue's id for it, such as `T1486`.
        id: String,
    },
}

/// Kinds of FollowTheMoney that are other ones, told less exactly: the broader, and the narrower.
const BROADER: [(&str, &[&str]); 4] = [
    ("legal-entity", &["person", "organization", "company", "public-body"]),
    ("organization", &["company", "public-body"]),
    ("asset", &["company", "bank-account", "vehicle", "vessel", "airplane", "real-estate", "security"]),
    ("vehicle", &["vessel", "airplane"]),
];

/// Says whether one kind is another one, told more exactly: a company is a legal entity.
pub fn is_narrower(kind: &str, than: &str) -> bool {
    BROADER.iter().any(|(broad, narrow)| *broad == than && narrow.contains(&kind))
}

/// One thing in the world, as everything the view holds tells of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// Lasting id: it derives from the earliest-told canonical identifier.
    pub id: String,
    /// STIX 2.1 or FollowTheMoney type, such as `threat-actor`.
    pub kind: String,
    /// The name a person reads.
    pub label: String,
    /// Other names, sorted.
    pub aliases: Vec<String>,
    /// Names of the warning lists that hold it, sorted: so common that it ties nobody.
    pub warning_lists: Vec<String>,
    /// Canonical identifiers, sorted, each with the moment it was first told.
    pub identifiers: Vec<(CanonicalId, Moment)>,
    /// Records that tell of it, in the order of the view; where none does, those that
    /// only point at it.
    pub records: Vec<RecordIndex>,
    /// Whether a record tells of the entity itself.
    pub has_own_record: bool,
    /// Sources of those records, sorted.
    pub sources: Vec<String>,
    /// When it was active, as far as its records say.
    pub seen: Span,
    /// When we were first told of it.
    pub recorded_first: Moment,
    /// When we were last told something of it.
    pub recorded_last: Moment,
    /// Mean of the confidence its records state, 0 to 100.
    pub confidence: Option<f64>,
    /// Join of the markings of its records.
    pub marking: Marking,
}

impl Entity {
    /// Says whether it is on a warning list: shared by so many that sharing it says nothing.
    pub fn is_common(&self) -> bool {
        !self.warning_lists.is_empty()
    }
}
