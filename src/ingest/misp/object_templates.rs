//! What an object is: one row for the templates that mean one kind of thing.
//!
//! Templates: <https://github.com/MISP/misp-objects>. The attributes of an object stand
//! in records of their own; each knows its object by the context. Where the object *is*
//! what an attribute names (a file and its digests), that is one entity; what else it names
//! is linked to it. An object of any other template is an observation that ties what it
//! names, as `observed-data` is in STIX.

/// What objects of some templates are.
pub(super) struct Thing {
    /// Names of the templates.
    templates: &'static [&'static str],
    /// Kind of the entity.
    pub(super) kind: &'static str,
    /// STIX type in its id.
    pub(super) stix: &'static str,
    /// Types of the attributes that say which one it is, or relations under which that stands.
    pub(super) known_by: &'static [&'static str],
    /// Relations under which its name stands.
    names: &'static [&'static str],
}

const NAME: &[&str] = &["name"];

const THINGS: &[Thing] = &[
    thing(
        &["file", "lnk", "hashlookup", "artifact", "image"],
        "file",
        &super::types::FILE_DIGESTS,
        &["filename", "FileName"],
    ),
    thing(
        &["x509"],
        "x509-certificate",
        &["x509-fingerprint-md5", "x509-fingerprint-sha1", "x509-fingerprint-sha256"],
        &["subject"],
    ),
    thing(&["url"], "url", &["url"], &["url"]),
    thing(&["asn"], "autonomous-system", &["AS"], &[]),
    thing(&["registry-key"], "windows-registry-key", &["regkey"], &["key"]),
    thing(&["mutex"], "mutex", &["name"], NAME),
    thing(&["directory"], "directory", &["path"], &["path"]),
    thing(&["user-account"], "user-account", &["username"], &["username"]),
    thing(&["process"], "process", &[], NAME),
    thing(&["email"], "email-message", &[], &["subject"]),
    thing(&["vulnerability"], "vulnerability", &["vulnerability"], &["id", "name"]),
    thing(&["attack-pattern"], "attack-pattern", &[], NAME),
    thing(&["course-of-action"], "course-of-action", &[], NAME),
    thing(&["intrusion-set"], "intrusion-set", &[], NAME),
    thing(&["threat-actor"], "threat-actor", &[], NAME),
    thing(&["campaign"], "campaign", &[], NAME),
    thing(&["malware"], "malware", &[], NAME),
    thing(&["tool"], "tool", &[], NAME),
    thing(&["geolocation"], "location", &[], &["city", "country"]),
    thing(&["bank-account"], "bank-account", &["iban"], &["account-name"]),
    thing(
        &["btc-wallet", "coin-address"],
        "cryptocurrency-wallet",
        &["btc", "xmr", "dash", "wallet-address", "address"],
        &["wallet-address", "address"],
    ),
    Thing { stix: "identity", ..thing(&["person"], "person", &[], &["full-name", "name"]) },
    Thing {
        stix: "identity",
        ..thing(&["organization", "legal-entity", "news-agency"], "organization", &[], NAME)
    },
    thing(&["identity", "employee", "victim"], "identity", &[], NAME),
];

/// An observation: it ties what it names.
const OBSERVATION: Thing = thing(&[], "observed-data", &[], &[]);

const fn thing(
    templates: &'static [&'static str],
    kind: &'static str,
    known_by: &'static [&'static str],
    names: &'static [&'static str],
) -> Thing {
    Thing { templates, kind, stix: kind, known_by, names }
}

/// Returns what an object of a template is.
pub(super) fn of(template: &str) -> &'static Thing {
    THINGS.iter().find(|thing| thing.templates.contains(&template)).unwrap_or(&OBSERVATION)
}

impl Thing {
    /// Returns whether what stands under a relation is the thing's name.
    pub(super) fn is_named_by(&self, relation: &str) -> bool {
        self.names.contains(&relation)
    }

    /// Returns whether what stands under a relation is another name of it.
    pub(super) fn is_alias(&self, relation: &str) -> bool {
        !self.names.is_empty() && matches!(relation, "alias" | "aliases" | "synonym")
    }
}

/// Returns whether a digest under a relation is that of a whole file: elsewhere than in a
/// file's object it may be a section's or a certificate's.
pub(super) fn is_of_file(template: &str, relation: &str, kind: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_'], "");
    let is_part = template.ends_with("-section") || template.ends_with("-segment");
    of(template).kind == "file" || (!is_part && plain(relation) == plain(kind))
}
