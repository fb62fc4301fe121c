//! Planted texts of a person: they are in files of the state and the results before an erasure, and in none of them after it.

use std::{
    collections::BTreeSet,
    fs,
    io::{Cursor, Write as _},
};

use serde_json::{Value, json};

use super::scan::{found, kind};
use crate::support::{Deployment, named, run_folder_name};

const CONFIGURATION: &str = r#"
[model]
id = "rules"
[[source]]
name = "ledger"
mapping = "ledger.toml"
[[source]]
name = "intel"
mode = "snapshot"
"#;

const MAPPING: &str = r#"
key = "{id}"
[[entity]]
as = "person"
kind = "person"
key = "{id}"
name = "{name}"
aliases = "{note}"
optional = true
"#;

/// Planted texts, each with a kind of file in which it must be before the erasure.
const TOKENS: [(&str, &[&str]); 12] = [
    ("tokenstixname", &["state/segments/.parquet", "out/all/entities.arrow", "out/all/report.html"]),
    ("tokenstixtext", &["state/segments/.parquet"]),
    (
        "tokenstixfile",
        &["state/segments/.parquet", "state/segments/.report.json.zst", "out/steward/deliveries.arrow"],
    ),
    ("tokenmispinfo", &["state/segments/.parquet"]),
    ("tokenmispvalue", &["state/segments/.parquet", "out/all/entities.arrow", "out/all/identifiers.arrow"]),
    ("tokenmispcomment", &["state/segments/.parquet"]),
    ("tokentablename", &["state/segments/.parquet", "out/all/entities.arrow"]),
    ("tokentablenote", &["state/segments/.parquet", "out/all/entities.arrow"]),
    ("tokenftmname", &["state/segments/.parquet", "out/all/entities.arrow", "out/all/properties.arrow"]),
    ("tokenftmnote", &["state/segments/.parquet"]),
    ("tokenstatement", &["state/segments/.parquet", "out/all/entities.arrow"]),
    ("tokenjudgement", &["state/judgements.jsonl"]),
];

fn uuid(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// Returns a STIX actor; the person is the one with the number 7.
fn actor(number: u32) -> Value {
    let (name, text) = match number {
        7 => ("Tokenstixname Vane".to_owned(), "Lives at tokenstixtext 4".to_owned()),
        number => (format!("Grey Heron {number}"), "An actor".to_owned()),
    };
    json!({
        "type": "threat-actor", "spec_version": "2.1", "id": format!("threat-actor--{}", uuid(number)),
        "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z", "name": name, "description": text,
    })
}

fn bundle(objects: &[Value]) -> String {
    json!({ "type": "bundle", "id": format!("bundle--{}", uuid(900)), "objects": objects }).to_string()
}

/// Returns an archive with a file of the person alone, and a file with others.
fn archive() -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let uses = json!({
        "type": "relationship", "spec_version": "2.1", "id": format!("relationship--{}", uuid(20)),
        "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z", "relationship_type": "uses",
        "source_ref": format!("threat-actor--{}", uuid(7)), "target_ref": format!("malware--{}", uuid(8)),
    });
    let malware = json!({
        "type": "malware", "spec_version": "2.1", "id": format!("malware--{}", uuid(8)), "name": "Tidewash",
        "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z", "is_family": true,
    });
    let members =
        [("others.json", bundle(&[actor(1), malware, uses])), ("tokenstixfile.json", bundle(&[actor(7)]))];
    for (name, text) in members {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).expect("a member");
        writer.write_all(text.as_bytes()).expect("its bytes");
    }
    writer.finish().expect("an archive").into_inner()
}

fn event(number: u32, info: &str, value: &str, comment: &str) -> Value {
    json!({ "Event": {
        "uuid": uuid(number), "info": info, "date": "2026-02-01", "Attribute": [
            { "uuid": uuid(number + 1), "type": "domain", "value": value, "comment": comment },
            { "uuid": uuid(number + 2), "type": "domain", "value": "shared.example" },
        ],
    } })
}

/// Writes the files of a run, and returns them as inputs.
fn inputs(feeds: &Deployment) -> Vec<String> {
    let events = json!({ "response": [
        event(100, "Harbour watch", "quay.example", "seen"),
        event(200, "About tokenmispinfo", "tokenmispvalue.example", "is tokenmispcomment"),
    ] });
    let entity = |id: &str, name: &str, note: &str| {
        json!({ "id": id, "schema": "Person", "properties": { "name": [name], "notes": [note] } }).to_string()
    };
    let statement = |number: u32, property: &str, value: &str| {
        json!({
            "id": format!("s{number}"), "entity_id": "p-8", "canonical_id": "p-8", "schema": "Person",
            "prop": property, "value": value, "dataset": "register",
        })
        .to_string()
    };
    let entities = [entity("p-1", "Ada Quill", "none"), entity("p-7", "Tokenftmname Reed", "tokenftmnote")];
    let statements = [statement(1, "name", "Tokenstatement Ley"), statement(2, "country", "is")];
    vec![
        named("intel", feeds.write("intel/feed.zip", archive())),
        named("events", feeds.write("events/events.json", events.to_string())),
        named(
            "ledger",
            feeds.write(
                "ledger/people.csv",
                "id,name,note\nr1,Ada Quill,x\nr7,Tokentablename Fen,tokentablenote\n",
            ),
        ),
        named("register", feeds.write("register/entities.json", entities.join("\n") + "\n")),
        named("statements", feeds.write("statements/statements.json", statements.join("\n") + "\n")),
    ]
}

/// Returns a deployment after two runs with the person, and a judgement.
fn deployment(feeds: &Deployment) -> Deployment {
    let deployment = Deployment::new(CONFIGURATION);
    deployment.write("ledger.toml", MAPPING);
    let stix = format!("threat-actor--{}", uuid(7));
    let other = format!("threat-actor--{}", uuid(1));
    let inputs = inputs(feeds);
    for as_of in ["2026-06-01", "2026-06-02"] {
        deployment.run(as_of, &inputs).ends_with(0);
    }
    let reason = "tokenjudgement met both";
    let judge = ["judgements", "add", &stix, &other, "different", "--reason", reason, "--by", "ana"];
    deployment.ask(&judge).ends_with(0);
    deployment
}

fn tokens() -> Vec<&'static str> {
    TOKENS.iter().map(|(token, _)| *token).collect()
}

#[test]
fn planted_texts_are_in_no_file_after_an_erasure_and_the_next_run() {
    let feeds = Deployment::new("");
    let deployment = deployment(&feeds);
    let folders = ["state", "out"].map(|name| deployment.path(name));
    let before = found(&folders, &tokens());
    for (token, kinds) in TOKENS {
        let files = before.get(token).unwrap_or_else(|| panic!("{token} is not found before the erasure"));
        let found: BTreeSet<String> = files.iter().map(|path| kind(path)).collect();
        for wanted in kinds {
            assert!(found.contains(*wanted), "{token} is not found in {wanted}: {found:?}");
        }
    }
    let ids = [
        format!("threat-actor--{}", uuid(7)),
        uuid(200),
        "r7".to_owned(),
        "p-7".to_owned(),
        "p-8".to_owned(),
    ];
    let mut erase = vec!["erase", "--reason", "request 17", "--by", "ana", "--yes"];
    for id in &ids {
        erase.extend(["--id", id]);
    }
    let dry = deployment.ask(&[&erase[..], &["--dry-run", "--json"]].concat());
    let plan: Value = serde_json::from_str(&dry.ends_with(0).stdout).expect("JSON");
    assert_eq!(plan["mentions"].as_array().map(Vec::len), Some(1), "the relationship of the actor: {plan}");
    assert_eq!(found(&folders, &tokens()), before, "--dry-run changes nothing");
    deployment.ask(&erase).ends_with(0);
    assert_eq!(found(&folders, &tokens()), [].into(), "after the erasure");
    deployment.ask(&["verify"]).ends_with(0);
    // A link still names the erased actor, so the decision stays, without its text.
    let judgements = fs::read_to_string(deployment.path("state/judgements.jsonl")).expect("judgements");
    assert_eq!((judgements.lines().count(), judgements.contains("\"different\"")), (1, true), "{judgements}");

    // The sources still deliver the person: the objects are rejected, once as new.
    for (as_of, code) in [("2026-06-03", 3), ("2026-06-04", 0), ("2026-06-05", 0)] {
        deployment.run(as_of, &inputs(&feeds)).ends_with(code);
        assert_eq!(found(&folders, &tokens()), [].into(), "after the run of {as_of}");
        let rejects = deployment.published(as_of).table("steward/rejects");
        let rules: BTreeSet<&str> = rejects.rows().map(|row| rejects.text("rule", row)).collect();
        assert_eq!((rejects.rows().len(), rules), (8, ["erased"].into()), "{as_of}");
        deployment.ask(&["verify"]).ends_with(0);
    }
    let first = run_folder_name("2026-06-01");
    for question in [vec!["queue", &first], vec!["explain", "Ada Quill", "--run", &first]] {
        let output = deployment.ask(&question);
        assert!(output.ends_with(2).stderr.contains("was erased"), "{question:?}: {}", output.stderr);
    }

    // After the end of the block the objects are recorded again.
    let list: Value =
        serde_json::from_str(&deployment.ask(&["erase", "--list", "--json"]).stdout).expect("JSON");
    let id = list[0]["erasure"]["id"].as_str().expect("an id");
    deployment.ask(&["erase", "--lift", id, "--reason", "a mistake", "--by", "ana"]).ends_with(0);
    deployment.run("2026-06-06", &inputs(&feeds)).ends_with(0);
    assert_eq!(deployment.published("2026-06-06").table("steward/rejects").rows().len(), 0);
    let again = found(&folders, &tokens());
    assert_eq!(again.len(), TOKENS.len() - 1, "everything but the judgement is back: {:?}", again.keys());
}
