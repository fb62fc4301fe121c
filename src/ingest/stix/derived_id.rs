//! Ids of cyber observables that derive from their properties.
//!
//! STIX 2.1 (section 2.9): the id of an observable should be a UUID of version 5 (RFC 9562). Its name is the canonical
//! JSON (RFC 8785) of the contributing properties of the type (section 6). An id of another version is a producer's own, and is not compared.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::object::text;

/// Namespace of the ids of observables (STIX 2.1, section 2.9).
const NAMESPACE: Uuid = Uuid::from_u128(0x00ab_edb4_aa42_466c_9c01_fed2_3315_a9b7);

/// Contributing properties of each type (STIX 2.1, section 6).
const CONTRIBUTING: [(&str, &[&str]); 17] = [
    ("artifact", &["hashes", "payload_bin"]),
    ("autonomous-system", &["number"]),
    ("directory", &["path"]),
    ("domain-name", &["value"]),
    ("email-addr", &["value"]),
    ("email-message", &["from_ref", "subject", "body"]),
    ("file", &["hashes", "name", "extensions", "parent_directory_ref"]),
    ("ipv4-addr", &["value"]),
    ("ipv6-addr", &["value"]),
    ("mac-addr", &["value"]),
    ("mutex", &["name"]),
    (
        "network-traffic",
        &["start", "end", "src_ref", "dst_ref", "src_port", "dst_port", "protocols", "extensions"],
    ),
    ("software", &["name", "cpe", "swid", "vendor", "version"]),
    ("url", &["value"]),
    ("user-account", &["account_type", "user_id", "account_login"]),
    ("windows-registry-key", &["key", "values"]),
    ("x509-certificate", &["hashes", "serial_number"]),
];

/// Digests in the order in which the first one contributes (STIX 2.1, section 2.9).
const HASHES: [&str; 4] = ["MD5", "SHA-1", "SHA-256", "SHA-512"];

/// Returns whether the id of an observable has the version of derived ids, and derives from other properties.
pub(super) fn is_other(kind: &str, id: &str, object: &Map<String, Value>) -> bool {
    let uuid = id.split_once("--").and_then(|(_, uuid)| Uuid::try_parse(uuid).ok());
    let Some(uuid) = uuid.filter(|uuid| uuid.get_version_num() == 5) else { return false };
    derived(kind, object).is_some_and(|derived| derived != uuid)
}

/// Returns the UUID that derives from the properties of an observable; `None` if the specification does not define it.
fn derived(kind: &str, object: &Map<String, Value>) -> Option<Uuid> {
    // The objects of STIX 2.0 have no ids, and an object of 2.1 may have its version in its bundle.
    if text(object, "spec_version").is_some_and(|version| version != "2.1") {
        return None;
    }
    let (_, properties) = CONTRIBUTING.iter().find(|(known, _)| *known == kind)?;
    let mut contributing = Map::new();
    for name in *properties {
        match object.get(*name) {
            Some(Value::Object(hashes)) if *name == "hashes" => {
                let first = HASHES.iter().find_map(|name| Some((*name, hashes.get(*name)?)));
                let (name, digest) = first?;
                contributing.insert(
                    "hashes".to_owned(),
                    Value::Object(Map::from_iter([(name.to_owned(), digest.clone())])),
                );
            }
            Some(value) => {
                contributing.insert((*name).to_owned(), value.clone());
            }
            None => {}
        }
    }
    if contributing.is_empty() {
        return None;
    }
    let name = serde_json_canonicalizer::to_vec(&contributing).ok()?;
    Some(Uuid::new_v5(&NAMESPACE, &name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn uuid(kind: &str, object: &Value) -> Option<String> {
        derived(kind, object.as_object().expect("an object")).map(|uuid| uuid.to_string())
    }

    #[test]
    fn ids_derive_from_the_contributing_properties() {
        // As the library `stix2` 3.0.2 derives them. The ids in the examples of the specification do not follow its rule.
        let digests = json!({ "SHA-256": "ceafbfd424be2ca4a5f0402cae090dda2fb0526cf521b60b60077c0f622b285a",
            "MD5": "d41d8cd98f00b204e9800998ecf8427e" });
        let value = json!({ "name": "Foo", "data": "qwerty", "data_type": "REG_SZ" });
        for (kind, object, id) in [
            ("ipv4-addr", json!({ "value": "198.51.100.3" }), "28bb3599-77cd-5a82-a950-b5bc3caf07c4"),
            ("email-addr", json!({ "value": "john@example.com" }), "7165e2a9-671f-585d-b1e1-ca59c671d934"),
            ("domain-name", json!({ "value": "example.com" }), "bedb4899-d24b-5401-bc86-8f6b4cc18ec7"),
            ("file", json!({ "hashes": digests, "name": "foo.dll" }), "447e0f4f-6fe4-545a-95a5-08097835e317"),
            ("autonomous-system", json!({ "number": 15139 }), "3aa27478-50b5-5ab8-9da9-cdc12b657fff"),
            (
                "network-traffic",
                json!({ "src_ref": "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", "src_port": 2487,
                    "protocols": ["ipv4", "tcp"] }),
                "a85dfa33-bb10-54d6-ab7c-e61f1ee5aa3c",
            ),
            (
                "windows-registry-key",
                json!({ "key": "hkey_local_machine\\system\\bar\\foo", "values": [value] }),
                "5f15b061-9c3d-5ea8-93b8-72468f206c1a",
            ),
            ("mutex", json!({ "name": "__CLEANSWEEP__ü\n" }), "65641d05-429d-5360-b428-7372bd622371"),
        ] {
            assert_eq!(uuid(kind, &object).as_deref(), Some(id), "{kind}");
        }
    }

    #[test]
    fn the_first_digest_of_the_list_contributes() {
        let both = json!({ "hashes": { "SHA-256": "00", "MD5": "11" }, "size": 5 });
        assert_eq!(uuid("file", &both), uuid("file", &json!({ "hashes": { "MD5": "11" } })));
        assert_ne!(uuid("file", &both), uuid("file", &json!({ "hashes": { "SHA-256": "00" } })));
        assert_eq!(uuid("file", &json!({ "hashes": { "SSDEEP": "3:a" } })), None, "no digest of the list");
        assert_eq!(uuid("process", &json!({ "pid": 4 })), None, "a type without contributing properties");
    }

    #[test]
    fn only_ids_of_version_5_are_compared() {
        let object = json!({ "value": "example.org" });
        let object = object.as_object().expect("an object");
        assert!(is_other("domain-name", "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7", object));
        assert!(!is_other("domain-name", "domain-name--5b000000-0000-4000-8000-000000000002", object));
        let own = format!("domain-name--{}", derived("domain-name", object).expect("a domain"));
        assert!(!is_other("domain-name", &own, object));
    }
}
