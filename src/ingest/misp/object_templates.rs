//! Object templates: one row for the templates of one kind of entity.
//!
//! Templates: <https://github.com/MISP/misp-objects>. The attributes of an object are records of their own;
//! each knows its object by the context. If an attribute identifies the object (a file and its digests),
//! both are one entity. Other observables of the object are linked to it. An object of any other template is
//! an observation that links its observables, like `observed-data` in STIX.

/// The entity of objects with some templates.
pub(super) struct ObjectTemplate {
    /// Names of the templates.
    templates: &'static [&'static str],
    /// Kind of the entity.
    pub(super) kind: &'static str,
    /// STIX type in its id.
    pub(super) stix: &'static str,
    /// Types, or relations, of the attributes that identify the entity.
    pub(super) known_by: &'static [&'static str],
    /// Relations of the attributes that hold its name.
    names: &'static [&'static str],
}

const NAME: &[&str] = &["name"];

const TEMPLATES: &[ObjectTemplate] = &[
    template(
        &["file", "lnk", "hashlookup", "artifact", "image"],
        "file",
        &super::types::FILE_DIGESTS,
        &["filename", "FileName"],
    ),
    template(
        &["x509"],
        "x509-certificate",
        &["x509-fingerprint-md5", "x509-fingerprint-sha1", "x509-fingerprint-sha256"],
        &["subject"],
    ),
    template(&["url"], "url", &["url"], &["url"]),
    template(&["asn"], "autonomous-system", &["AS"], &[]),
    template(&["registry-key"], "windows-registry-key", &["regkey"], &["key"]),
    template(&["mutex"], "mutex", &["name"], NAME),
    template(&["directory"], "directory", &["path"], &["path"]),
    template(&["user-account"], "user-account", &["username"], &["username"]),
    template(&["process"], "process", &[], NAME),
    template(&["email"], "email-message", &[], &["subject"]),
    template(&["vulnerability"], "vulnerability", &["vulnerability"], &["id", "name"]),
    template(&["attack-pattern"], "attack-pattern", &[], NAME),
    template(&["course-of-action"], "course-of-action", &[], NAME),
    template(&["intrusion-set"], "intrusion-set", &[], NAME),
    template(&["threat-actor"], "threat-actor", &[], NAME),
    template(&["campaign"], "campaign", &[], NAME),
    template(&["malware"], "malware", &[], NAME),
    template(&["tool"], "tool", &[], NAME),
    template(&["geolocation"], "location", &[], &["city", "country"]),
    template(&["bank-account"], "bank-account", &["iban"], &["account-name"]),
    template(
        &["btc-wallet", "coin-address"],
        "cryptocurrency-wallet",
        &["btc", "xmr", "dash", "wallet-address", "address"],
        &["wallet-address", "address"],
    ),
    ObjectTemplate { stix: "identity", ..template(&["person"], "person", &[], &["full-name", "name"]) },
    ObjectTemplate {
        stix: "identity",
        ..template(&["organization", "legal-entity", "news-agency"], "organization", &["lei"], NAME)
    },
    template(&["vessel"], "vessel", &["imo-number"], NAME),
    template(&["identity", "employee", "victim"], "identity", &[], NAME),
];

/// An observation: it links its observables.
const OBSERVATION: ObjectTemplate = template(&[], "observed-data", &[], &[]);

const fn template(
    templates: &'static [&'static str],
    kind: &'static str,
    known_by: &'static [&'static str],
    names: &'static [&'static str],
) -> ObjectTemplate {
    ObjectTemplate { templates, kind, stix: kind, known_by, names }
}

/// Returns the row of a template.
pub(super) fn named(name: &str) -> &'static ObjectTemplate {
    TEMPLATES.iter().find(|row| row.templates.contains(&name)).unwrap_or(&OBSERVATION)
}

impl ObjectTemplate {
    /// Returns whether an attribute with a relation holds the entity's name.
    pub(super) fn is_named_by(&self, relation: &str) -> bool {
        self.names.contains(&relation)
    }

    /// Returns whether an attribute with a relation holds an alias.
    pub(super) fn is_alias(&self, relation: &str) -> bool {
        !self.names.is_empty() && matches!(relation, "alias" | "aliases" | "synonym")
    }
}

/// Returns whether a digest with a relation is that of a whole file. Outside of a file's object it may be
/// that of a section or a certificate.
pub(super) fn is_of_file(name: &str, relation: &str, kind: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_'], "");
    let is_part = name.ends_with("-section") || name.ends_with("-segment");
    named(name).kind == "file" || (!is_part && plain(relation) == plain(kind))
}
