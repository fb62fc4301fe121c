//! Tests of pseudonyms in JSON.

use serde_json::{Value, json};

use super::*;

fn rule(fields: &[&str]) -> Pseudonyms {
    let key = PseudonymKey::new(b"a key of thirty-two bytes at least").expect("a key");
    Pseudonyms::new(&key, fields.iter().map(|field| Field::parse(field).expect("a field")).collect())
}

fn replaced(fields: &[&str], value: &Value) -> Value {
    serde_json::from_str(&rule(fields).replaced_in_json(&value.to_string())).expect("JSON")
}

const ANA: &str = "Ana Quillfeather";
const MAIL: &str = "ana@quill.example.com";

#[test]
fn a_property_of_a_kind_is_replaced_and_others_stay() {
    let bundle = json!({ "type": "bundle", "objects": [
        { "type": "identity", "identity_class": "individual", "name": ANA, "description": format!("Seen: {ANA}, twice.") },
        { "type": "identity", "identity_class": "organization", "name": "Harbour office" },
        { "type": "email-addr", "id": "email-addr--d1f2c3b4-0000-5000-8000-000000000001", "value": "Ana@Quill.example.com" },
        { "type": "indicator", "pattern": format!("[email-addr:value = '{MAIL}' AND file:name = 'a.txt'] START t'2026-01-01T00:00:00Z'") },
        { "type": "relationship", "source_ref": "email-addr--d1f2c3b4-0000-5000-8000-000000000001",
          "target_ref": "tool--d1f2c3b4-0000-4000-8000-000000000001" },
    ] });
    let rule = rule(&["person.name", "email-addr.value"]);
    let made: Value = serde_json::from_str(&rule.replaced_in_json(&bundle.to_string())).expect("JSON");
    let objects = &made["objects"];
    let (name, mail) = (rule.pseudonym(ANA), rule.pseudonym(MAIL));
    assert_eq!(objects[0]["name"], name);
    assert_eq!(objects[0]["description"], format!("Seen: {name}, twice."));
    assert_eq!(objects[1], bundle["objects"][1]);
    assert_eq!(objects[2]["value"], mail);
    assert_eq!(
        objects[3]["pattern"],
        format!("[email-addr:value = '{mail}' AND file:name = 'a.txt'] START t'2026-01-01T00:00:00Z'")
    );
    assert_ne!(objects[2]["id"], bundle["objects"][2]["id"], "the id derives from the value");
    assert_eq!(objects[2]["id"], objects[4]["source_ref"]);
    assert_eq!(objects[4]["target_ref"], bundle["objects"][4]["target_ref"], "a random id stays");
}

#[test]
fn attributes_of_misp_are_replaced_by_type_and_by_relation() {
    let event = json!({ "Event": { "info": format!("Mail of {MAIL}"), "Attribute": [
        { "type": "email-src", "value": MAIL },
        { "type": "ip-src|port", "value": "192.0.2.7|443" },
    ], "Object": [{ "name": "person", "Attribute": [
        { "type": "first-name", "object_relation": "first-name", "value": "Quillberta" },
        { "type": "text", "object_relation": "text", "value": "harmless" },
    ] }] } });
    let fields = ["email-src", "person.first-name", "ip-src"];
    let made = replaced(&fields, &event);
    let rule = rule(&fields);
    let attributes = &made["Event"]["Attribute"];
    assert_eq!(made["Event"]["info"], format!("Mail of {}", rule.pseudonym(MAIL)));
    assert_eq!(attributes[0]["value"], rule.pseudonym(MAIL));
    assert_eq!(attributes[1]["value"], format!("{}|443", rule.pseudonym("192.0.2.7")));
    let inner = &made["Event"]["Object"][0]["Attribute"];
    assert_eq!(inner[0]["value"], rule.pseudonym("Quillberta"));
    assert_eq!(inner[1]["value"], "harmless");
}

#[test]
fn entities_and_statements_lose_names_captions_and_ids() {
    let entity = json!({ "id": "list-ana-quillfeather", "schema": "Person", "caption": ANA,
        "properties": { "name": [ANA], "country": ["gb"] } });
    let link = json!({ "id": "own-1", "schema": "Ownership",
        "properties": { "owner": ["list-ana-quillfeather"], "asset": ["NK-aaaaaaaaaaaaaaaaaaaaaa"] } });
    let statement = json!({ "id": "x", "entity_id": "list-ana-quillfeather", "canonical_id": "Q1", "schema": "Person",
        "prop": "name", "value": ANA, "original_value": "ANA QUILLFEATHER" });
    for field in ["person.name", "legal-entity.name", "LegalEntity.name", "*.name", "name"] {
        let rule = rule(&[field]);
        let text = format!("{entity}\nnot JSON\n{link}\r\n{statement}\n");
        let made = rule.replaced_in_json(&text);
        assert!(!made.to_lowercase().contains("quillfeather"), "{field}: {made}");
        let lines: Vec<&str> = made.lines().collect();
        assert_eq!((lines.len(), lines[1]), (4, "not JSON"));
        let [entity, link, statement] =
            [0, 2, 3].map(|line| serde_json::from_str::<Value>(lines[line]).expect("JSON"));
        assert_eq!(entity["properties"]["name"][0], rule.pseudonym(ANA));
        assert_eq!(entity["properties"]["country"][0], "gb");
        assert_eq!(entity["id"], link["properties"]["owner"][0]);
        assert_eq!(entity["id"], statement["entity_id"]);
        assert_eq!(link["properties"]["asset"][0], "NK-aaaaaaaaaaaaaaaaaaaaaa");
        assert_eq!(statement["value"], statement["original_value"]);
    }
}

#[test]
fn every_other_byte_of_a_text_stays() {
    let text = "{ \"a\" : 1.00e0,\n \"type\":\"identity\", \"name\" :  \"Ana \\u0051uillfeather\" , \"n\": 3, \"deep\": [[{\"name\":null}]] }";
    let rule = rule(&["identity.name"]);
    let expected = text.replace("Ana \\u0051uillfeather", &rule.pseudonym(ANA));
    assert_eq!(rule.replaced_in_json(text), expected);
    assert_eq!(rule.replaced_in_json(&expected), expected, "a pseudonym stays");
    for broken in ["", "{", "{\"name\": \"Ana", "[1,2"] {
        assert_eq!(rule.replaced_in_json(broken), broken);
    }
    let deep = format!("{}\"{ANA}\"{}", "[".repeat(5_000), "]".repeat(5_000));
    assert_eq!(rule.replaced_in_json(&deep), deep, "no reader accepts it");
}

#[test]
fn numbers_lists_and_objects_of_a_field_are_replaced_whole() {
    let fields = ["user-account.user_id", "user-account.extensions"];
    let made = replaced(
        &fields,
        &json!({ "type": "user-account", "user_id": 1_000_417, "extensions": { "x": [MAIL, true] } }),
    );
    let rule = rule(&fields);
    assert_eq!(made["user_id"], rule.pseudonym("1000417"));
    assert_eq!(made["extensions"]["x"][0], rule.pseudonym(MAIL));
    assert_eq!(made["extensions"]["x"][1], rule.pseudonym("true"));
}

#[test]
fn constants_of_a_path_are_replaced_in_every_comparison() {
    let rule = rule(&["email-addr.value", "user-account.account_login"]);
    let mail = rule.pseudonym(MAIL);
    for (pattern, expected) in [
        (format!("[email-addr:value IN ('{MAIL}', 'b@x.example.com')]"), 2),
        (format!("[email-addr:value NOT = '{MAIL}'] FOLLOWEDBY [file:name = 'b.txt']"), 1),
        (format!("[email-message:to_refs[*].value = '{MAIL}']"), 1),
        (format!("[user-account:account_login = 'o\\'quill' AND email-message:from_ref.value='{MAIL}']"), 2),
        ("[file:hashes.'SHA-256' = 'aa' AND domain-name:value = 'quill.example']".to_owned(), 0),
    ] {
        let made = rule.replaced_in_pattern(&pattern, &mut KnownValues::default());
        let count = made.as_deref().map_or(0, |made| made.matches(PREFIX).count());
        assert_eq!(count, expected, "{pattern}: {made:?}");
        assert!(made.is_none_or(|made| !made.contains(MAIL) || !pattern.contains(&mail)), "{pattern}");
    }
}

#[test]
fn another_key_gives_other_pseudonyms_and_another_check_value() {
    let keys = [b"the first key of this test".as_slice(), b"the second key of this test"]
        .map(|bytes| PseudonymKey::new(bytes).expect("a key"));
    let [one, other] = keys.each_ref().map(|key| Pseudonyms::new(key, Vec::new()).pseudonym(ANA));
    assert_ne!(one, other);
    assert!(is_pseudonym(&one) && is_pseudonym(&other));
    assert_ne!(keys[0].check_value(), keys[1].check_value());
    assert_eq!(
        PseudonymKey::new(b"the first key of this test\n"),
        Some(keys[0].clone()),
        "the line break is no part"
    );
    assert!(!format!("{:?}", keys[0]).contains("first"));
    assert_eq!(PseudonymKey::new(b"short"), None);
}

#[test]
fn a_field_has_a_property_that_is_not_structural() {
    for text in ["payer", "person.name", "*.description", "a.b.c"] {
        assert!(Field::parse(text).is_some(), "{text}");
    }
    for text in ["", "person.", "type", "identity.type", "*.schema"] {
        assert!(Field::parse(text).is_none(), "{text}");
    }
}

#[test]
fn a_wide_character_before_a_path_is_not_a_part_of_it() {
    let rule = rule(&["email-addr.value"]);
    for before in ["", "\u{feff}", "é", "😀"] {
        let indicator =
            json!({ "type": "indicator", "pattern": format!("[{before}email-addr:value = '{MAIL}']") });
        let made: Value = serde_json::from_str(&rule.replaced_in_json(&indicator.to_string())).expect("JSON");
        assert_eq!(made["pattern"], format!("[{before}email-addr:value = '{}']", rule.pseudonym(MAIL)));
    }
}
