//! Objects of STIX: markings, exchange, times and identifiers.

use serde_json::{Map, Value, json};

use super::{catalogue::catalogue_entry, check::check, claims::interpret, markings::definition};
use crate::{
    entity::Identifier,
    link::Layer,
    marking::Marking,
    record::{Claim, Content, Definition, Remark},
    time::{Moment, Span},
};

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

/// An object of a type with more members.
fn made(kind: &str, members: &Value) -> Value {
    let mut value = json!({ "type": kind, "id": format!("{kind}--00000000-0000-4000-8000-000000000001") });
    for (name, member) in members.as_object().expect("members") {
        value[name] = member.clone();
    }
    value
}

const IDENTITY: &str = "identity--00000000-0000-4000-8000-0000000000aa";

#[test]
fn a_marking_definition_restricts_nothing_only_if_nothing_in_it_names_a_level() {
    let level = |marking: Marking| Some(marking);
    for (members, expected) in [
        (json!({ "definition": { "statement": "Copyright 2024, Example Corp" } }), None),
        (json!({ "definition": { "statement": "custom" }, "name": "Terms of use" }), None),
        (json!({ "definition": { "statement": "Published by the Example Red Team" } }), None),
        (
            json!({ "definition": { "statement": "custom" }, "x_opencti_definition_type": "statement",
                "x_opencti_definition": "(c) Example" }),
            None,
        ),
        (json!({ "definition": { "statement": "see elsewhere; this was TLP:CLEAR once" } }), None),
        (json!({ "definition": { "statement": "TLP:RED" } }), level(Marking::Red)),
        (
            json!({ "definition": { "statement": "For members, tlp amber strict." } }),
            level(Marking::AmberStrict),
        ),
        (json!({ "definition": { "statement": "x" }, "name": "TLP:AMBER" }), level(Marking::Amber)),
        (json!({ "definition": { "statement": "x" }, "name": "TLP:PURPLE" }), level(Marking::Unknown)),
        (
            json!({ "definition": { "statement": "custom" }, "x_opencti_definition": "TLP:AMBER+STRICT",
                "x_opencti_definition_type": "TLP" }),
            level(Marking::AmberStrict),
        ),
        (
            json!({ "definition": { "statement": "custom" }, "x_opencti_definition": "INTERNAL",
                "x_opencti_definition_type": "house rules" }),
            level(Marking::Unknown),
        ),
        (
            json!({ "definition": { "statement": "custom" }, "x_opencti_definition": "PAP:RED",
                "x_opencti_definition_type": "PAP" }),
            level(Marking::Unknown),
        ),
        (
            json!({ "definition": { "statement": "custom" }, "x_opencti_definition": "PAP:CLEAR",
                "x_opencti_definition_type": "PAP" }),
            None,
        ),
        (
            json!({ "definition": { "statement": "x" }, "extensions": { "extension-definition--1": { "tlp_2_0": "green" } } }),
            level(Marking::Green),
        ),
        (json!({ "definition": { "statement": "TLP:GREEN" }, "name": "TLP:RED" }), level(Marking::Red)),
    ] {
        let mut definition_object = object(&members);
        definition_object.insert("definition_type".to_owned(), json!("statement"));
        let expected = expected.map_or(Definition::Statement, Definition::Level);
        assert_eq!(definition(&Value::Object(definition_object)), expected, "{members}");
    }
}

#[test]
fn a_definition_that_is_no_statement_opens_only_by_a_level() {
    for (members, expected) in [
        (json!({ "definition_type": "tlp", "definition": { "tlp": "green" } }), Marking::Green),
        (json!({ "definition_type": "tlp", "definition": { "tlp": "purple" } }), Marking::Unknown),
        (json!({ "definition_type": "tlp", "name": "TLP:AMBER" }), Marking::Amber),
        (json!({ "definition_type": "house", "name": "like TLP:CLEAR" }), Marking::Unknown),
        (json!({ "name": "anything" }), Marking::Unknown),
        (json!({}), Marking::Unknown),
    ] {
        assert_eq!(definition(&members), Definition::Level(expected), "{members}");
    }
}

fn layers(value: &Value) -> Vec<(String, Layer)> {
    let claims = interpret(value, None).claims;
    let links = claims.into_iter().filter_map(|claim| match claim {
        Claim::Link { kind, layer, .. } => Some((kind, layer)),
        Claim::Entity { .. } => None,
    });
    links.collect()
}

#[test]
fn what_names_who_made_or_may_have_an_object_is_provenance() {
    for name in [
        "created_by_ref",
        "x_opencti_created_by_ref",
        "x_other_last_modified_by_ref",
        "x_opencti_granted_refs",
        "granted_refs",
        "x_house_author_ref",
        "x_house_shared_with_refs",
    ] {
        let ids = if name.ends_with('s') { json!([IDENTITY]) } else { json!(IDENTITY) };
        for kind in ["ipv4-addr", "url", "malware", "tool", "report"] {
            for members in [
                json!({ name: ids }),
                json!({ "extensions": { "extension-definition--1": { name: ids } } }),
                json!({ "extensions": { "extension-definition--1": { "history": [{ name: ids }] } } }),
            ] {
                let found = layers(&made(kind, &members));
                assert!(matches!(found[..], [(_, Layer::Provenance)]), "{kind} {members}: {found:?}");
            }
        }
    }
    let process =
        made("process", &json!({ "creator_user_ref": "user-account--00000000-0000-4000-8000-000000000002" }));
    assert_eq!(layers(&process), [("creator-user".to_owned(), Layer::Infrastructure)]);
}

#[test]
fn a_sighting_that_denies_makes_no_link() {
    let seen = json!({ "sighting_of_ref": "indicator--00000000-0000-4000-8000-000000000003",
        "where_sighted_refs": [IDENTITY], "created_by_ref": IDENTITY });
    let with = |more: Value| {
        let mut members = seen.clone();
        for (name, value) in more.as_object().expect("members") {
            members[name] = value.clone();
        }
        layers(&made("sighting", &members)).len()
    };
    for denied in [
        json!({ "x_opencti_negative": true }),
        json!({ "x_house_false_positive": true }),
        json!({ "extensions": { "extension-definition--1": { "negative": true } } }),
        json!({ "count": 0 }),
    ] {
        assert_eq!(with(denied.clone()), 0, "{denied}");
    }
    for affirmed in [
        json!({}),
        json!({ "x_opencti_negative": false }),
        json!({ "count": 2 }),
        json!({ "nonnegative": true }),
    ] {
        assert_eq!(with(affirmed.clone()), 2, "{affirmed}");
    }
}

/// The catalogue entry that an object is, as text.
fn entry(kind: &str, members: &Value) -> String {
    match catalogue_entry(kind, &object(members)) {
        Some(Identifier::Reference { catalogue, id, .. }) => format!("{catalogue} {id}"),
        other => format!("{other:?}"),
    }
}

fn references(of: &[(&str, &str)]) -> Value {
    let list: Vec<Value> =
        of.iter().map(|(source, id)| json!({ "source_name": source, "external_id": id })).collect();
    json!({ "external_references": list })
}

#[test]
fn the_order_of_references_does_not_decide_which_entry_an_object_is() {
    for (kind, members, expected) in [
        (
            "attack-pattern",
            references(&[("mitre-attack", "T9001"), ("capec", "CAPEC-9001")]),
            "mitre-attack T9001",
        ),
        (
            "attack-pattern",
            references(&[("capec", "CAPEC-9001"), ("mitre-attack", "T9001")]),
            "mitre-attack T9001",
        ),
        ("attack-pattern", references(&[("ATTACK", "T9001"), ("capec", "CAPEC-9001")]), "capec CAPEC-9001"),
        (
            "intrusion-set",
            references(&[("mitre-attack", "T9001"), ("mitre-attack", "G9001")]),
            "mitre-attack G9001",
        ),
        ("attack-pattern", references(&[("mitre-attack", "T9001"), ("mitre-attack", "T9002")]), "None"),
        ("malware", references(&[("capec", "CAPEC-9001"), ("mitre-attack", "S9001")]), "mitre-attack S9001"),
        ("report", references(&[("mitre-attack", "T9001")]), "None"),
        ("x-mitre-tactic", references(&[("mitre-attack", "TA9001")]), "mitre-attack TA9001"),
    ] {
        assert_eq!(entry(kind, &members), expected, "{kind} {members}");
    }
    let mut own = references(&[("mitre-attack", "T9001"), ("mitre-attack", "T9002")]);
    own["x_mitre_id"] = json!("T9002");
    assert_eq!(entry("attack-pattern", &own), "mitre-attack T9002");
    own["x_mitre_id"] = json!("CAPEC-9003");
    assert_eq!(entry("attack-pattern", &own), "capec CAPEC-9003");
}

#[test]
fn a_vulnerability_is_the_entry_of_its_number_wherever_the_number_stands() {
    let number = "cve CVE-2099-10001";
    for members in [
        json!({ "name": "CVE-2099-10001" }),
        json!({ "name": " cve-2099-10001 " }),
        references(&[("NVD", "cve-2099-10001")]),
        references(&[("house", "17"), ("CVE", "CVE-2099-10001")]),
        json!({ "name": "Open door", "aliases": ["CVE-2099-10001"] }),
    ] {
        assert_eq!(entry("vulnerability", &members), number, "{members}");
    }
    let mut named = references(&[("cve", "CVE-2099-10002"), ("cve", "CVE-2099-10001")]);
    assert_eq!(entry("vulnerability", &named), "None", "two numbers, and no word which");
    named["name"] = json!("CVE-2099-10001");
    assert_eq!(entry("vulnerability", &named), number);
    for none in [
        json!({ "name": "CVE-TBD" }),
        json!({ "name": "CVE-2099-1" }),
        json!({ "name": "no CVE-2099-10001" }),
    ] {
        assert_eq!(entry("vulnerability", &none), "None", "{none}");
    }
    assert_eq!(entry("malware", &json!({ "name": "CVE-2099-10001" })), "None");
}

#[test]
fn a_time_that_stands_for_an_unknown_one_gives_way_to_the_next() {
    let content = interpret(
        &made(
            "indicator",
            &json!({ "created": "1970-01-01T00:00:00Z", "valid_from": "0001-01-01T00:00:00Z",
                "first_seen": "2024-02-01T00:00:00Z", "valid_until": "9999-12-31T23:59:59Z",
                "last_seen": "2024-03-01T00:00:00Z" }),
        ),
        None,
    );
    assert_eq!((content.created, content.expires), (None, None));
    assert_eq!(content.seen.start, Moment::parse("2024-02-01T00:00:00Z"));
    assert_eq!(content.seen.end, Moment::parse("2024-03-01T00:00:00Z"));
    let relationship =
        json!({ "start_time": "1970-01-01T00:00:00Z", "stop_time": "5138-11-16T09:46:40.000Z" });
    assert_eq!(interpret(&made("relationship", &relationship), None).seen, Span::default());
    let checked = check(&made(
        "malware",
        &json!({ "name": "n", "created": "2024-01-01T00:00:00Z", "modified": "1970-01-01T00:00:00Z" }),
    ));
    assert_eq!(checked.expect("an object").own_time, Moment::parse("2024-01-01T00:00:00Z"));
}

#[test]
fn digests_of_a_conjunction_are_one_file_and_halves_weigh_nothing() {
    let pattern = "[file:hashes.MD5 = '0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f' AND file:hashes.'SHA-1' = '1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e' AND file:name = 'copper.exe']";
    let content = interpret(&made("indicator", &json!({ "pattern": pattern, "pattern_type": "stix" })), None);
    let files = content.claims.iter().filter(|claim| {
        matches!(claim, Claim::Entity { kind, identifiers, .. } if kind == "file" && identifiers.len() == 2)
    });
    assert_eq!(files.count(), 1);
    let weightless: Vec<&str> = content
        .weightless
        .iter()
        .map(|at| match &content.claims[*at as usize] {
            Claim::Link { to: Identifier::Observable { property, .. }, .. } => property.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(weightless, ["name"]);
}

#[test]
fn members_of_observed_data_refer_to_each_other_within_extensions() {
    let value = json!({
        "type": "observed-data", "id": "observed-data--00000000-0000-4000-8000-000000000001",
        "objects": {
            "0": { "type": "file", "name": "kit.zip", "hashes": { "MD5": "d41d8cd98f00b204e9800998ecf8427f" },
                   "extensions": { "archive-ext": { "contains_refs": ["1"] } } },
            "1": { "type": "file", "name": "a.exe", "hashes": { "MD5": "0d41d8cd98f00b204e9800998ecf8427" } },
            "2": { "type": "email-message", "is_multipart": true,
                   "body_multipart": [{ "body_raw_ref": "0" }, { "body_raw_ref": "9" }] } },
    });
    let content = interpret(&value, None);
    let links: Vec<&str> = content
        .claims
        .iter()
        .filter_map(|claim| match claim {
            Claim::Link { kind, .. } if kind != "object" => Some(kind.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(links, ["contains", "body-raw"]);
}

#[test]
fn an_accepted_object_that_contradicts_the_format_has_a_remark() {
    let remarks = |value: &Value| interpret(value, None).remarks.iter().collect::<Vec<_>>();
    let indicator = |pattern: &str| {
        json!({ "type": "indicator", "id": "indicator--00000000-0000-4000-8000-000000000001",
            "pattern_type": "stix", "pattern": pattern })
    };
    assert_eq!(remarks(&indicator("[domain-name:value = 'a.example'")), [Remark::UnreadPattern]);
    assert!(remarks(&indicator("[domain-name:value = 'a.example']")).is_empty());
    let mut sigma = indicator("title: x");
    sigma["pattern_type"] = json!("sigma");
    assert!(remarks(&sigma).is_empty(), "another language is no error");
    let domain = |value: &str| json!({ "type": "domain-name", "id": "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7", "value": value });
    assert_eq!(remarks(&domain("example.org")), [Remark::OtherId]);
    assert!(remarks(&domain("example.com")).is_empty());
}

#[test]
fn an_identity_is_collective_only_by_a_class_that_says_so() {
    let of_class = |class: Option<&str>| {
        let mut object = json!({"type": "identity", "id": "identity--23ba1f9c-0ab1-4b1d-8f3b-54ac3b1e3fb1", "name": "Ada"});
        if let Some(class) = class {
            object["identity_class"] = json!(class);
        }
        interpret(&object, None)
    };
    for class in ["group", "system", "organization", "class"] {
        assert!(of_class(Some(class)).is_collective, "{class}");
    }
    for class in [None, Some("individual"), Some("unknown"), Some("other")] {
        assert!(!of_class(class).is_collective, "{class:?}");
    }
    // An object that two places describe is collective only if both say so.
    for (one, other, both) in
        [("group", "group", true), ("group", "individual", false), ("individual", "group", false)]
    {
        let content = Content::joined(&[of_class(Some(one)), of_class(Some(other))]);
        assert_eq!(content.is_collective, both, "{one} and {other}");
    }
}
