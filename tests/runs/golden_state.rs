//! A state of the current layout stays readable: it opens, verifies, shows the same tables and accepts more runs.
//!
//! `tests/fixtures/state-layout-3` was written by the first version of the program with layout 3. It is never
//! written again: a change that makes this test fail needs a new layout version and a new fixture, and the program
//! then rejects the old state. `ARANEUS_WRITE_GOLDEN=1 cargo test --test runs a_state_of_the_current_layout` writes a fixture.
//! `tests/fixtures/state-layout-3-erased` is the same for a state with an erasure.

#![expect(clippy::disallowed_methods, reason = "a test may be asked to write the fixture of a new layout")]

use std::{
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use araneus::{
    archive::add_judgements,
    columns::Column,
    judgement::{Judgement, Kind, Value},
    tables,
    time::Moment,
};
use serde_json::json;

use crate::support::{Deployment, named, names_in};

const RUNS: [&str; 2] = ["2026-05-01T02:00:00Z", "2026-05-02T02:00:00Z"];

const CONFIGURATION: &str = r#"warning_lists = ["list.json"]

[[source]]
name = "harbour"
mode = "snapshot"
marking = "TLP:GREEN"
reliability = "B"

[[source]]
name = "quay"
recorded_at = "object"
marking = "TLP:GREEN"

[[source]]
name = "ledger"
mapping = "payments"
marking = "TLP:GREEN"

[[source]]
name = "register"
marking = "TLP:GREEN"

[[audience]]
name = "analysts"
clearance = "TLP:RED"

[[audience]]
name = "partners"
clearance = "TLP:GREEN"
"#;

const LIST: &str = r#"{"name": "Public resolvers", "type": "cidr", "version": 1, "description": "",
"matching_attributes": ["ip-src", "ip-dst"], "list": ["192.0.2.0/24"]}"#;

/// Tables whose contents are compared, and the columns that depend on the archive and not on the analysis.
const TABLES: [(&str, &str); 5] = [
    (
        "steward/deliveries",
        "source path format status delivered taken duplicate rejected new changed withdrawn",
    ),
    (
        "analysts/entities",
        "kind label aliases sources record_count first_seen last_seen recorded_first recorded_last marking warning_lists",
    ),
    (
        "analysts/links",
        "kind layer source_count record_count first_seen last_seen recorded_first recorded_last marking",
    ),
    ("analysts/evidence", "record_id source object_id recorded_at marking"),
    ("partners/evidence", "record_id source object_id recorded_at marking"),
];

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/state-layout-3")
}

fn uuid(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// A STIX bundle of tools, each with its number, its name and its day of April 2026.
fn bundle(tools: &[(u32, &str, u32)]) -> String {
    let amber = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82";
    let tool = |(number, name, day): &(u32, &str, u32)| {
        let markings = if number.is_multiple_of(2) { vec![amber] } else { Vec::new() };
        json!({
            "type": "tool", "spec_version": "2.1", "id": format!("tool--{}", uuid(*number)), "name": name,
            "created": "2026-04-01T00:00:00Z", "modified": format!("2026-04-{day:02}T00:00:00Z"),
            "object_marking_refs": markings,
        })
    };
    let objects: Vec<_> = tools.iter().map(tool).collect();
    json!({ "type": "bundle", "id": format!("bundle--{}", uuid(99)), "objects": objects }).to_string()
}

/// A MISP event with attributes: number, type, value.
fn event(tag: &str, attributes: &[(u32, &str, &str)]) -> String {
    let attribute = |(number, kind, value): &(u32, &str, &str)| json!({ "uuid": uuid(*number), "type": kind, "value": value, "to_ids": true, "timestamp": "1777000000" });
    let attributes: Vec<_> = attributes.iter().map(attribute).collect();
    json!({ "Event": {
        "uuid": uuid(50), "info": "Phishing against the port", "date": "2026-04-24", "timestamp": "1777000000",
        "Tag": [{ "name": tag }], "Attribute": attributes,
    } })
    .to_string()
}

/// Returns the files of each run: source, path, text.
fn files() -> [Vec<(&'static str, &'static str, String)>; 2] {
    let company = |id: &str, name: &str| {
        json!({ "id": id, "schema": "Company", "properties": { "name": [name] } }).to_string() + "\n"
    };
    let first = vec![
        (
            "harbour",
            "run-1/harbour.json",
            bundle(&[(1, "Capstan", 2), (2, "Windlass", 2), (3, "Bollard", 2)]),
        ),
        (
            "quay",
            "run-1/quay.json",
            event("tlp:green", &[(51, "domain", "berth.example"), (52, "ip-dst", "192.0.2.7")]),
        ),
        (
            "ledger",
            "run-1/ledger.csv",
            "id,payer,payee,amount,currency,time\n1,A1,B2,10.5,EUR,2026-04-20T00:00:00Z\n".to_owned(),
        ),
        ("register", "run-1/register.ftm.json", company("nk-1", "Grey Ledger Ltd")),
    ];
    let second = vec![
        (
            "harbour",
            "run-2/harbour.json",
            bundle(&[(1, "Capstan 2", 25), (2, "Windlass", 2), (4, "Fender", 26)]),
        ),
        (
            "quay",
            "run-2/quay.json",
            event("tlp:amber", &[(51, "domain", "berth.example"), (53, "domain", "mole.example")]),
        ),
        (
            "ledger",
            "run-2/ledger.csv",
            "id,payer,payee,amount,currency,time\n2,B2,C3,9,EUR,2026-04-28T00:00:00Z\n,x\n".to_owned(),
        ),
        (
            "register",
            "run-2/register.ftm.json",
            company("nk-1", "Grey Ledger Ltd") + &company("nk-2", "North Mole Ltd"),
        ),
    ];
    [first, second]
}

/// Returns a deployment with the configuration of the fixture.
fn deployment() -> Deployment {
    let deployment = Deployment::new(CONFIGURATION).working_in_itself();
    deployment.write("list.json", LIST);
    deployment
}

fn judgement() -> Judgement {
    Judgement {
        judgement_id: None,
        recorded_at: Moment::parse("2026-05-01T12:00:00Z").expect("a time"),
        by: "ana".to_owned(),
        subject_id: "flag-0123456789abcdef0123".to_owned(),
        other_id: None,
        kind: Kind::Flag,
        value: Value::Benign,
        reason: "our own exercise".to_owned(),
        reason_code: None,
        note: None,
        identifiers: Vec::new(),
        audience: None,
    }
}

/// Returns the compared values of the tables of a run, one line for each row.
fn tables(deployment: &Deployment, as_of: &str) -> String {
    let mut text = format!("run {as_of}\n");
    for (name, columns) in TABLES {
        let path = deployment.published(as_of).folder.join(format!("{name}.arrow"));
        let table = tables::read_table(&path).expect("a table");
        let column = |column: &str| {
            values(table.get(column).unwrap_or_else(|| panic!("{name} has no column {column}")))
        };
        let columns: Vec<Vec<String>> = columns.split(' ').map(column).collect();
        let row =
            |row: usize| columns.iter().map(|column| column[row].as_str()).collect::<Vec<_>>().join(" | ");
        let mut rows: Vec<String> = (0..table.rows()).map(row).collect();
        rows.sort();
        rows.dedup();
        writeln!(text, "table {name}\n{}", rows.join("\n")).expect("writing to a text");
    }
    text
}

fn values(column: &Column) -> Vec<String> {
    fn text<T: ToString>(value: Option<T>) -> String {
        value.map_or_else(|| "null".to_owned(), |value| value.to_string())
    }
    match column {
        Column::Text(values) => values.iter().map(|value| text(value.as_ref())).collect(),
        Column::Texts(values) => values.iter().map(|values| values.join(", ")).collect(),
        Column::Count(values) => values.iter().map(|value| text(*value)).collect(),
        Column::Number(values) => values.iter().map(|value| text(*value)).collect(),
        Column::Time(values) => values.iter().map(|micros| text(micros.map(Moment::from_micros))).collect(),
        Column::Flag(values) => values.iter().map(|value| text(*value)).collect(),
        Column::Whole(values) => values.iter().map(|value| text(Some(*value))).collect(),
        Column::Packed(_) | Column::PackedLists(_) | Column::Real(_) => {
            panic!("a table that was read has none of these")
        }
    }
}

/// Copies the files that belong to the layout: not the lock, and not the run state, which may be deleted.
fn copy_state(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for name in names_in(from) {
        let (from, to) = (from.join(&name), to.join(&name));
        if from.is_dir() && name != "run-state" {
            copy_state(&from, &to);
        } else if from.is_file() && name != "lock" {
            fs::copy(&from, &to).expect("a copy");
        }
    }
}

fn deliver(deployment: &Deployment, run: usize) {
    let inputs: Vec<String> = files()[run]
        .iter()
        .map(|(source, path, text)| {
            deployment.write(path, text);
            named(source, path)
        })
        .collect();
    deployment.run(RUNS[run], &inputs).ends_with([0, 3][run]);
}

#[test]
fn a_state_of_the_current_layout_stays_readable() {
    if env::var_os("ARANEUS_WRITE_GOLDEN").is_some() {
        let made = deployment();
        deliver(&made, 0);
        add_judgements(&made.path("state"), &[judgement()]).expect("a judgement");
        deliver(&made, 1);
        let _ = fs::remove_dir_all(fixture());
        copy_state(&made.path("state"), &fixture().join("state"));
        // A replay shows objects of a later run with an earlier time of their own.
        for as_of in RUNS {
            made.run_with(as_of, &[], &["--replay"]).ends_with(0);
        }
        let text: String = RUNS.iter().map(|as_of| tables(&made, as_of)).collect();
        fs::write(fixture().join("tables.txt"), text).expect("the tables");
    }
    let stored = deployment();
    copy_state(&fixture().join("state"), &stored.path("state"));
    stored.ask(&["verify"]).ends_with(0);
    for as_of in RUNS {
        stored.run_with(as_of, &[], &["--replay"]).ends_with(0);
    }
    let expected = fs::read_to_string(fixture().join("tables.txt")).expect("the tables");
    let replayed: String = RUNS.iter().map(|as_of| tables(&stored, as_of)).collect();
    assert!(
        replayed == expected,
        "the tables of the stored state differ; expected\n{expected}\nfound\n{replayed}"
    );
    let judgements = stored.ask(&["judgements", "export"]).ends_with(0).stdout.clone();
    let expected_judgement = Judgement { judgement_id: Some(judgement().id()), ..judgement() };
    assert_eq!(serde_json::from_str(judgements.trim()).ok(), Some(expected_judgement), "{judgements}");
    // The archive recognises what it has, and accepts what is new.
    stored.write("run-3/harbour.json", bundle(&[(1, "Capstan 2", 25), (5, "Cleat", 27)]));
    stored.run("2026-05-03T02:00:00Z", &[named("harbour", "run-3/harbour.json")]).ends_with(0);
    let deliveries = stored.published("2026-05-03T02:00:00Z").table("steward/deliveries");
    let counts = ["delivered", "taken", "duplicate", "new", "withdrawn"].map(|column| deliveries.sum(column));
    assert_eq!(counts, [2, 1, 1, 1, 2]);
    stored.ask(&["verify"]).ends_with(0);
}

/// The object that the second fixture has erased.
fn erased_id() -> String {
    format!("tool--{}", uuid(2))
}

fn erase(deployment: &Deployment) {
    let erase = ["erase", "--id", &erased_id(), "--reason", "request 17", "--by", "ana", "--yes"];
    deployment.ask(&erase).ends_with(0);
}

/// Returns the rules of the rejects when the source delivers the erased object again.
fn rejects_of_next_run(deployment: &Deployment, as_of: &str) -> Vec<String> {
    deployment.write("run-3/harbour.json", bundle(&[(1, "Capstan 2", 25), (2, "Windlass", 2)]));
    let inputs = [named("harbour", "run-3/harbour.json")];
    let code = deployment.run(as_of, &inputs).code;
    assert!([0, 3].contains(&code), "{code}");
    let rejects = deployment.published(as_of).table("steward/rejects");
    rejects.rows().map(|row| rejects.text("rule", row).to_owned()).collect()
}

#[test]
fn a_record_of_the_stored_state_can_be_erased() {
    let stored = deployment();
    copy_state(&fixture().join("state"), &stored.path("state"));
    erase(&stored);
    stored.ask(&["verify"]).ends_with(0);
    assert_eq!(rejects_of_next_run(&stored, "2026-05-03T02:00:00Z"), ["erased"]);
    stored.ask(&["verify"]).ends_with(0);
}

#[test]
fn a_state_with_an_erasure_stays_readable() {
    let fixture = fixture().with_file_name("state-layout-3-erased");
    if env::var_os("ARANEUS_WRITE_GOLDEN").is_some() {
        let made = deployment();
        deliver(&made, 0);
        add_judgements(&made.path("state"), &[judgement()]).expect("a judgement");
        deliver(&made, 1);
        erase(&made);
        let _ = fs::remove_dir_all(&fixture);
        copy_state(&made.path("state"), &fixture);
    }
    let stored = deployment();
    copy_state(&fixture, &stored.path("state"));
    stored.ask(&["verify"]).ends_with(0);
    let list = stored.ask(&["erase", "--list", "--json"]).ends_with(0).stdout.clone();
    let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    let id = list[0]["erasure"]["id"].as_str().expect("an id").to_owned();
    assert_eq!(list[0]["erasure"]["reason"], "request 17");
    assert_eq!(rejects_of_next_run(&stored, "2026-05-03T02:00:00Z"), ["erased"]);
    stored.ask(&["erase", "--lift", &id, "--reason", "a test", "--by", "ana"]).ends_with(0);
    assert_eq!(rejects_of_next_run(&stored, "2026-05-04T02:00:00Z"), Vec::<String>::new());
    stored.ask(&["verify"]).ends_with(0);
}

#[test]
fn a_state_of_an_older_layout_is_rejected_with_both_versions() {
    for layout in [1, 2] {
        let deployment = deployment();
        let manifest =
            format!(r#"{{"layout":{layout},"commits":[{{"moment":"2026-05-01T02:00:00Z","rules":{{}}}}]}}"#);
        let digest = blake3::hash(manifest.as_bytes()).to_hex().to_string();
        deployment.write(&format!("state/manifests/{digest}.json"), &manifest);
        deployment.write("state/current", &digest);
        deployment.write("state/confirmed", &digest);
        let output = deployment.ask(&["verify"]);
        let text = format!("has layout {layout}, but this version of araneus reads layout 3");
        assert!(output.ends_with(7).stderr.contains(&text), "{}", output.stderr);
    }
}
