//! Pseudonyms: the plain value is in no file of the state and of the results, and sources with one key still meet.

use std::{fs, path::Path};

use araneus::tables;
use serde_json::{Value, json};

use crate::{
    scanner::{files_below, files_with},
    support::{CommandOutput, Deployment, araneus, named},
};

const FIRST: &str = "2026-03-02T02:00:00Z";
const SECOND: &str = "2026-03-03T02:00:00Z";
const KEY: &str = "a key for pseudonyms of these tests";

/// Plain values that must be nowhere. Each is in several forms and places of the deliveries.
const TOKENS: [&str; 7] = [
    "quillfeather",
    "ana@harbour.example.com",
    "GB33BUKB20201555555555",
    "login-7741-brine",
    "Zephyrine",
    "d1f2c3b4-aaaa-5000-8000-000000000001",
    "+44 20 7946 0958",
];

const MAPPING: &str = r#"
key = "{id}"
pseudonymise = ["phone"]
[[entity]]
as = "payer"
kind = "bank-account"
identifiers = { iban = "{payer}" }
key = "{payer}"
name = "{holder}"
[[entity]]
as = "payee"
kind = "bank-account"
key = "{payee}"
[[entity]]
as = "mail"
kind = "email"
value = "{mail}"
optional = true
[[link]]
from = "payer"
to = "payee"
kind = "pays"
layer = "finance"
"#;

fn configuration(key: &str) -> String {
    let source = |name: &str, fields: &str, more: &str| {
        format!("[[source]]\nname = \"{name}\"\npseudonymise = [{fields}]\n{more}")
    };
    [
        format!("{key}[model]\nid = \"rules\"\n[keep]\nruns = 30\n"),
        source(
            "payments",
            "\"payer\", \"holder\", \"mail\"",
            "mapping = \"mapping.toml\"\nmode = \"snapshot\"\n",
        ),
        source("bank", "\"payer\", \"holder\", \"mail\"", "mapping = \"mapping.toml\"\n"),
        source("intel", "\"person.name\", \"email-addr.value\", \"user-account.account_login\"", ""),
        source("misp", "\"email-src\", \"person.first-name\", \"person.last-name\"", ""),
        source("list", "\"person.name\", \"person.email\", \"person.alias\"", ""),
        "[[source]]\nname = \"open\"\n".to_owned(),
    ]
    .concat()
}

const KEY_FILE: &str = "pseudonym_key_file = \"key\"\n";

fn deployment(key_line: &str) -> Deployment {
    let deployment = Deployment::new(&configuration(key_line)).working_in_itself();
    deployment.write("mapping.toml", MAPPING);
    write_key(&deployment, KEY);
    deployment
}

fn write_key(deployment: &Deployment, key: &str) {
    let path = deployment.write("key", format!("{key}\n"));
    restrict(Path::new(&path), 0o600);
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
}

#[cfg(not(unix))]
fn restrict(_: &Path, _: u32) {}

fn uuid(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// Returns a STIX object with the properties that all have.
fn object(kind: &str, number: u32, more: Value) -> Value {
    let mut object = json!({
        "type": kind, "spec_version": "2.1", "id": format!("{kind}--{}", uuid(number)),
        "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z",
    });
    let Value::Object(more) = more else { panic!("properties") };
    object.as_object_mut().expect("an object").extend(more);
    object
}

fn stix() -> String {
    let mail_id = "email-addr--d1f2c3b4-aaaa-5000-8000-000000000001";
    let objects = [
        object(
            "identity",
            1,
            json!({
                "name": "Ana Quillfeather", "identity_class": "individual",
                "description": "Ana Quillfeather (ana@harbour.example.com) lives at the quay.",
            }),
        ),
        object(
            "note",
            2,
            json!({
                "content": "ANA QUILLFEATHER called again", "object_refs": [format!("identity--{}", uuid(1)), mail_id],
            }),
        ),
        json!({ "type": "email-addr", "spec_version": "2.1", "id": mail_id, "value": "Ana@Harbour.example.com" }),
        json!({ "type": "user-account", "spec_version": "2.1", "id": format!("user-account--{}", uuid(3)),
            "account_login": "login-7741-brine", "display_name": "Ana Quillfeather" }),
        object(
            "indicator",
            4,
            json!({
                "pattern": "[email-addr:value = 'ana@harbour.example.com'] OR [user-account:account_login = 'login-7741-brine']",
                "pattern_type": "stix", "valid_from": "2026-01-01T00:00:00Z",
            }),
        ),
        object("malware", 5, json!({ "name": "Brinewick", "is_family": true })),
        object(
            "relationship",
            6,
            json!({
                "relationship_type": "communicates-with", "source_ref": format!("malware--{}", uuid(5)), "target_ref": mail_id,
            }),
        ),
        // Rejected: its time is none. Its id derives from the value.
        json!({ "type": "email-addr", "spec_version": "2.1", "id": mail_id, "value": 7, "defanged": "ana@harbour.example.com" }),
        object(
            "identity",
            7,
            json!({ "name": "Ana Quillfeather", "identity_class": "individual", "modified": "some day" }),
        ),
    ];
    json!({ "type": "bundle", "id": format!("bundle--{}", uuid(9)), "objects": objects }).to_string()
}

fn misp() -> String {
    json!({ "Event": {
        "uuid": uuid(20), "info": "Mail from ana@harbour.example.com", "date": "2026-01-02",
        "Tag": [{ "name": "tlp:clear" }],
        "Attribute": [{ "uuid": uuid(21), "type": "email-src", "value": "ana@harbour.example.com", "comment": "of Zephyrine" }],
        "Object": [{ "uuid": uuid(22), "name": "person", "meta-category": "misc", "Attribute": [
            { "uuid": uuid(23), "type": "first-name", "object_relation": "first-name", "value": "Zephyrine" },
            { "uuid": uuid(24), "type": "last-name", "object_relation": "last-name", "value": "Quillfeather" },
        ] }],
    } })
    .to_string()
}

fn ftm() -> String {
    let person = json!({ "id": "list-zephyrine-quillfeather", "schema": "Person", "caption": "Zephyrine Quillfeather",
        "properties": { "name": ["Zephyrine Quillfeather"], "alias": ["Quillfeather"], "email": ["ana@harbour.example.com"],
            "notes": ["Zephyrine Quillfeather has a boat."] } });
    let company = json!({ "id": "list-quay-works", "schema": "Company", "caption": "Quay Works",
        "properties": { "name": ["Quay Works"] } });
    let owns = json!({ "id": "list-own-1", "schema": "Ownership",
        "properties": { "owner": ["list-zephyrine-quillfeather"], "asset": ["list-quay-works"] } });
    format!("{person}\n{company}\n{owns}\n")
}

fn table(payer: &str, mail: &str) -> String {
    format!(
        "id,payer,holder,payee,mail,phone,note\n1,{payer},Ana Quillfeather,house-rent,{mail},+44 20 7946 0958,\"from Ana Quillfeather, by {mail}\"\n2,n-2,Someone Else,house-rent,,,\n"
    )
}

fn run(deployment: &Deployment, as_of: &str) -> CommandOutput {
    let inputs = [
        named(
            "payments",
            deployment.write("in/p.csv", table("GB33BUKB20201555555555", "Ana@Harbour.example.com")),
        ),
        named(
            "bank",
            deployment.write("in/b.csv", table("gb33 bukb 2020 1555 5555 55", "ana@harbour.example.com")),
        ),
        named("intel", deployment.write("in/s.json", stix())),
        named("misp", deployment.write("in/m.json", misp())),
        named("list", deployment.write("in/l.jsonl", ftm())),
    ];
    deployment.run(as_of, &inputs)
}

fn assert_clean(deployment: &Deployment) {
    for folder in ["state", "out", "exports"] {
        let path = deployment.path(folder);
        assert!(!files_below(&path).is_empty(), "{folder} has files");
        assert_eq!(files_with(&path, &TOKENS), [], "{folder}");
        assert_eq!(files_with(&path, &[KEY]), [], "{folder}");
    }
}

#[test]
fn no_plain_value_is_in_the_state_or_in_a_result() {
    let deployment = deployment(KEY_FILE);
    for as_of in [FIRST, SECOND] {
        let output = run(&deployment, as_of);
        assert!([0, 3].contains(&output.code), "{}", output.stderr);
        for token in TOKENS {
            assert!(
                !format!("{}{}", output.stdout, output.stderr).to_lowercase().contains(&token.to_lowercase())
            );
        }
    }
    for format in ["stix", "misp", "jsonl", "parquet", "csv"] {
        let to = deployment.path(&format!("exports/{format}")).display().to_string();
        deployment.ask(&["export", format, "--all", "--to", &to]).ends_with(0);
    }
    deployment.ask(&["verify"]).ends_with(0);
    assert_clean(&deployment);
    let second = deployment.published(SECOND);
    let deliveries = second.table("steward/deliveries");
    assert_eq!(deliveries.sum("taken"), 0, "the same files again are duplicates");
    assert!(deliveries.sum("duplicate") > 10, "{}", deliveries.sum("duplicate"));
    let rejects = second.table("steward/rejects");
    assert!(!rejects.rows().is_empty(), "a reject may have an id that derives from a value");
}

#[test]
fn sources_with_one_key_meet_in_one_entity() {
    let deployment = deployment(KEY_FILE);
    run(&deployment, FIRST);
    let first = deployment.published(FIRST);
    let entities = first.table("all/entities");
    let sources_of = |kind: &str| -> Vec<Vec<String>> {
        let mut all: Vec<Vec<String>> = entities
            .rows()
            .filter(|&row| {
                entities.text("kind", row) == kind && entities.text("label", row).starts_with("pseudonym-")
            })
            .map(|row| entities.texts("sources", row).to_vec())
            .collect();
        all.sort();
        all
    };
    let mail = sources_of("email-addr");
    assert!(mail.iter().any(|sources| *sources == ["bank", "intel", "misp", "payments"]), "{mail:?}");
    // The two forms of one IBAN are one account.
    let accounts = first.table("all/identifiers");
    let ibans: Vec<&str> = accounts
        .rows()
        .map(|row| accounts.text("identifier", row))
        .filter(|identifier| identifier.starts_with("bank-account:iban:pseudonym-"))
        .collect();
    assert_eq!(ibans.iter().collect::<std::collections::BTreeSet<_>>().len(), 2, "{ibans:?}");
    // Names that are pseudonyms are compared with nothing.
    let comparisons = first.table("steward/comparisons");
    assert!(comparisons.rows().all(|row| !comparisons.text("name", row).starts_with("pseudonym-")));
    // A person and the link of an owner survive the change of ids.
    let links = first.table("all/links");
    assert!(
        links.rows().any(|row| links.text("kind", row) == "owner" || links.text("layer", row) == "ownership")
    );
}

#[test]
fn another_key_and_a_missing_key_are_refused_before_anything_is_read() {
    let deployment = deployment(KEY_FILE);
    run(&deployment, FIRST);
    let before = tables::digests(&deployment.path("state")).expect("the state");
    write_key(&deployment, "another key for pseudonyms of these tests");
    let refused = run(&deployment, SECOND);
    refused.ends_with(5);
    assert!(refused.stderr.contains("pseudonym.check"), "{}", refused.stderr);
    let input = named("intel", deployment.path("in/s.json"));
    for command in ["plan", "check"] {
        deployment.ask(&[command, "--as-of", SECOND, &input]).ends_with(5);
    }
    fs::remove_file(deployment.path("key")).expect("removed");
    run(&deployment, SECOND).ends_with(2);
    write_key(&deployment, "short");
    run(&deployment, SECOND).ends_with(2);
    assert_eq!(
        tables::digests(&deployment.path("state")).expect("the state"),
        before,
        "nothing was recorded"
    );
    // A source without pseudonyms needs no key.
    let open = deployment.write("in/open.json", stix());
    let open = deployment.run(SECOND, &[named("open", open)]);
    assert!([0, 3].contains(&open.code), "{}", open.stderr);
    // The first key is good for ever.
    write_key(&deployment, KEY);
    assert!([0, 3].contains(&run(&deployment, "2026-03-04T02:00:00Z").code));
}

#[cfg(unix)]
#[test]
fn a_key_that_everybody_can_read_is_refused() {
    let deployment = deployment(KEY_FILE);
    restrict(&deployment.path("key"), 0o644);
    let output = run(&deployment, FIRST);
    output.ends_with(2);
    assert!(output.stderr.contains("chmod"), "{}", output.stderr);
    restrict(&deployment.path("key"), 0o640);
    assert!([0, 3].contains(&run(&deployment, FIRST).code));
}

#[test]
fn the_key_may_come_from_the_environment() {
    let deployment = deployment("pseudonym_key_env = \"QUAY_KEY\"\n");
    run(&deployment, FIRST).ends_with(2);
    let input = named("intel", deployment.write("in/s.json", stix()));
    let config = deployment.path("araneus.toml").display().to_string();
    let working = deployment.path("");
    let arguments = ["--config", &config, "run", "--as-of", FIRST, &input];
    let with = |key: &str| crate::support::araneus_with(&arguments, &working, ("QUAY_KEY", Path::new(key)));
    assert_eq!(with("short").code, 2);
    let output = with(KEY);
    assert!([0, 3].contains(&output.code), "{}", output.stderr);
    assert_eq!(files_with(&working.join(".araneus"), &TOKENS), []);
    assert_eq!(with("another key of the environment").code, 5);
    assert_eq!(araneus(&arguments, &working).code, 2);
}

#[test]
fn a_table_that_lacks_a_listed_column_is_rejected() {
    let deployment = deployment(KEY_FILE);
    let text = table("GB33BUKB20201555555555", "ana@harbour.example.com").replacen("holder", "Holder", 1);
    let path = deployment.write("in/p.csv", text);
    deployment.run(FIRST, &[named("payments", path)]).ends_with(4);
    let rejects = deployment.published(FIRST).table("steward/rejects");
    assert_eq!(rejects.text("rule", 0), "missing-column");
    assert!(rejects.text("reason", 0).contains("`holder`"), "{}", rejects.text("reason", 0));
    assert_eq!(files_with(&deployment.path("state"), &TOKENS), []);
}

#[test]
fn a_source_in_the_network_has_no_pseudonyms_because_its_files_are_kept() {
    let source =
        |more: &str| format!("[[source]]\nname = \"a\"\nurl = \"https://feeds.example/a.csv\"\n{more}\n");
    for more in ["pseudonymise = [\"payer\"]", "mapping = \"mapping.toml\""] {
        let deployment = Deployment::new(&source(more)).working_in_itself();
        deployment.write("mapping.toml", MAPPING);
        let output = deployment.ask(&["check", "."]);
        output.ends_with(2);
        assert!(output.stderr.contains("fetched files are kept"), "{}", output.stderr);
    }
}

#[test]
fn a_field_that_is_none_is_an_error_of_the_configuration() {
    let deployment = Deployment::new("[[source]]\nname = \"a\"\npseudonymise = [\"identity.type\"]\n");
    let output = deployment.ask(&["check", "."]);
    output.ends_with(2);
    assert!(output.stderr.contains("source.pseudonymise"), "{}", output.stderr);
}
