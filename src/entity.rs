//! Identifiers as sources deliver them, and entities after resolution.

use crate::{
    compact::{FixedText, MaybeNumber, RareList, SharedText, ShortList},
    identifier::CanonicalId,
    index::RecordIndex,
    marking::Marking,
    symbol::Symbol,
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

/// An identifier by which a record refers to an entity, as its source delivered it.
///
/// The order of the variants is the order of preference between identifiers with the same recorded time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identifier {
    /// A property of a cyber observable: a domain name, an address or a digest.
    Observable {
        /// STIX type of the observable, such as `domain-name`.
        kind: String,
        /// Property that contains the value, such as `value` or `hashes.SHA-256`.
        property: String,
        /// The value as delivered.
        value: String,
    },
    /// An object by its id: a STIX id, `type--uuid`.
    Object(String),
    /// A value of a MISP galaxy, by its UUID; without a UUID by galaxy and value.
    Galaxy(String),
    /// An entry of a public catalogue: ATT&CK, CAPEC, CVE.
    Reference {
        /// Normalised name of the catalogue, such as `mitre-attack`.
        catalogue: &'static str,
        /// Kind of the entry, because one id may name a technique and its mitigation.
        kind: String,
        /// Id of the entry in the catalogue, such as `T1486`.
        id: String,
    },
}

/// Kinds of `FollowTheMoney`: each broad kind with the narrower ones that it includes.
const BROADER: [(&str, &[&str]); 4] = [
    ("legal-entity", &["person", "organization", "company", "public-body"]),
    ("organization", &["company", "public-body"]),
    ("asset", &["company", "bank-account", "vehicle", "vessel", "airplane", "real-estate", "security"]),
    ("vehicle", &["vessel", "airplane"]),
];

/// Returns whether a broader kind includes a kind: each company is a legal entity.
pub fn is_narrower(kind: &str, than: &str) -> bool {
    BROADER.iter().any(|(broad, narrow)| *broad == than && narrow.contains(&kind))
}

/// Lasting id of an entity: `entity-` and twenty hexadecimal digits.
pub type EntityId = FixedText<27>;

/// A canonical identifier of an entity.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityIdentifier {
    /// The identifier.
    pub id: CanonicalId,
    /// Earliest recorded time of a record that names it.
    pub recorded_first: Moment,
    /// First record with that time.
    pub record: RecordIndex,
}

/// An object of the world, as the records of a view describe it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// Lasting id; derives from the canonical identifier that was recorded first.
    pub id: EntityId,
    /// STIX 2.1 or FollowTheMoney type, such as `threat-actor`.
    pub kind: Symbol,
    /// Name to show.
    pub label: SharedText,
    /// Other names, sorted.
    pub aliases: RareList<String>,
    /// Names of the warning lists that contain it, sorted. A listed entity is so common that its links have weight 0.
    pub warning_lists: RareList<String>,
    /// Canonical identifiers, sorted.
    pub identifiers: ShortList<EntityIdentifier>,
    /// Records about it, in the order of the view. Without such records, those that refer to it.
    pub records: ShortList<RecordIndex>,
    /// True if a record is about the entity itself; false if records only refer to it.
    pub has_own_record: bool,
    /// Sources of those records, sorted.
    pub sources: ShortList<Symbol>,
    /// Time of its activity, if its records give one.
    pub seen: Span,
    /// Earliest recorded time of its records.
    pub recorded_first: Moment,
    /// Latest recorded time of its records.
    pub recorded_last: Moment,
    /// Mean confidence in its records, from 0 to 100; `None` if no record states one.
    pub confidence: MaybeNumber,
    /// Join of the markings of its records.
    pub marking: Marking,
}

impl Entity {
    /// Returns its names: the label, then the aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.label).chain(self.aliases.iter().map(String::as_str))
    }

    /// Returns whether it is on a warning list. Many unrelated actors share such an entity.
    pub fn is_common(&self) -> bool {
        !self.warning_lists.is_empty()
    }
}
