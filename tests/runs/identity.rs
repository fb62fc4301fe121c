//! Judgements about the identity of two entities: they join and part, contradict each other, and can be withdrawn.

use std::{collections::BTreeSet, fs};

use crate::support::{CommandOutput, Deployment, PublishedRun, malware, named};

const RUNS: [&str; 4] =
    ["2026-03-02T02:00:00Z", "2026-03-03T02:00:00Z", "2026-03-04T02:00:00Z", "2026-03-05T02:00:00Z"];

/// Returns the object of an actor, and its use of a malware.
fn actor(number: u32, name: &str, uses: u32) -> String {
    let id = |kind: &str| format!("{kind}--00000000-0000-4000-8000-{number:012}");
    let times = r#""created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z""#;
    format!(
        r#"{{"type":"threat-actor","id":"{}",{times},"name":"{name}"}},
        {{"type":"relationship","id":"{}",{times},"relationship_type":"uses","source_ref":"{}","target_ref":"malware--00000000-0000-4000-8000-{uses:012}"}}"#,
        id("threat-actor"),
        id("relationship"),
        id("threat-actor")
    )
}

fn bundle(objects: &[String]) -> String {
    let id = "bundle--00000000-0000-4000-8000-000000000001";
    format!(r#"{{"type":"bundle","id":"{id}","objects":[{}]}}"#, objects.join(","))
}

/// Three actors of three sources without a common name, each with a malware of its own.
const NAMES: [&str; 3] = ["Grey Heron", "Salt Wren", "Moss Kestrel"];

/// Makes a deployment and its first run.
fn deployment() -> Deployment {
    let deployment = Deployment::new("");
    let inputs: Vec<String> = (1..)
        .zip(NAMES)
        .map(|(number, name)| {
            let objects = [malware(number, &format!("Tide {name}")), actor(number, name, number)];
            let file = deployment.write(&format!("in/source-{number}/bundle.json"), bundle(&objects));
            named(&format!("source-{number}"), file)
        })
        .collect();
    deployment.run(RUNS[0], &inputs).ends_with(0);
    deployment
}

fn add(deployment: &Deployment, words: [&str; 3], recorded_at: &str, by: &str) -> CommandOutput {
    let [one, other, value] = words;
    let reason = ["--reason", "seen in our own case", "--recorded-at", recorded_at, "--by", by];
    deployment.ask(&[&["judgements", "add", one, other, value], &reason[..]].concat())
}

/// Returns the labels of the actors, each with its aliases.
fn actors(run: &PublishedRun) -> BTreeSet<String> {
    let table = run.table("all/entities");
    let actors = table.rows().filter(|&row| table.text("kind", row) == "threat-actor");
    actors
        .map(|row| {
            let names = [&[table.text("label", row).to_owned()], table.texts("aliases", row)].concat();
            names.join(" = ")
        })
        .collect()
}

fn judgement_ids(deployment: &Deployment) -> Vec<String> {
    let output = deployment.ask(&["judgements", "list", "--json"]);
    let rows: serde_json::Value = serde_json::from_str(&output.stdout).expect("JSON");
    let id = |row: &serde_json::Value| row["judgement_id"].as_str().expect("an id").to_owned();
    rows.as_array().expect("a list").iter().map(id).collect()
}

#[test]
fn same_joins_two_entities_and_its_withdrawal_leaves_no_trace() {
    let (judged, untouched) = (deployment(), deployment());
    add(&judged, ["Grey Heron", "Salt Wren", "same"], "2026-03-02T12:00:00Z", "ana").ends_with(0);
    for deployment in [&judged, &untouched] {
        deployment.run(RUNS[1], &[]).ends_with(0);
    }
    let run = judged.published(RUNS[1]);
    assert_eq!(actors(&run), BTreeSet::from(["Grey Heron = Salt Wren", "Moss Kestrel"].map(str::to_owned)));
    let identity = run.table("steward/identity");
    let joined = identity.rows().find(|&row| identity.text("rule", row) == "judgement").expect("a reason");
    assert!(identity.text("reason", joined).contains("ana decided"), "{}", identity.text("reason", joined));
    assert_eq!(identity.text("record_id", joined), "", "a judgement is no record");
    let flags = run.table("all/flags");
    assert!(flags.rows().is_empty(), "a judgement is no news");
    let changes = run.table("all/changes");
    let causes: BTreeSet<&str> = changes.rows().map(|row| changes.text("cause", row)).collect();
    assert_eq!(causes, BTreeSet::from(["resolver-change"]));

    let id = judgement_ids(&judged).pop().expect("one judgement");
    judged
        .ask(&["judgements", "add", &id, "withdrawn", "--recorded-at", "2026-03-03T12:00:00Z", "--by", "ana"])
        .ends_with(0);
    for deployment in [&judged, &untouched] {
        deployment.run(RUNS[2], &[]).ends_with(0);
    }
    let read = |deployment: &Deployment, name: &str| {
        fs::read(deployment.published(RUNS[2]).folder.join(format!("{name}.arrow"))).expect("a table")
    };
    let tables =
        ["entities", "links", "metrics", "communities", "members", "identifiers", "evidence", "flags"];
    for table in tables.map(|name| format!("all/{name}")).iter().chain([&"steward/contested".to_owned()]) {
        assert!(read(&judged, table) == read(&untouched, table), "{table} differs");
    }
}

#[test]
fn a_judgement_outlives_the_ids_of_its_entities() {
    let deployment = deployment();
    add(&deployment, ["Grey Heron", "Salt Wren", "same"], "2026-03-02T12:00:00Z", "ana").ends_with(0);
    deployment.run(RUNS[1], &[]).ends_with(0);
    // The entity has one id now. The second judgement names it, and the first one is withdrawn.
    add(&deployment, ["Salt Wren", "Moss Kestrel", "same"], "2026-03-03T11:00:00Z", "ben").ends_with(0);
    deployment.run(RUNS[2], &[]).ends_with(0);
    let all = actors(&deployment.published(RUNS[2]));
    assert_eq!(all.len(), 1, "{all:?}");
    let refused = add(&deployment, ["Grey Heron", "Salt Wren", "different"], "2026-03-04T11:00:00Z", "ben");
    assert!(refused.ends_with(2).stderr.contains("both words name the entity"), "{}", refused.stderr);
    // The identifiers of a wrong merge can still be named.
    let ids = [
        "threat-actor--00000000-0000-4000-8000-000000000001",
        "threat-actor--00000000-0000-4000-8000-000000000003",
    ];
    add(&deployment, [ids[0], ids[1], "different"], "2026-03-04T12:00:00Z", "ben").ends_with(0);
    deployment.run(RUNS[3], &[]).ends_with(0);
    let all = actors(&deployment.published(RUNS[3]));
    let expected = BTreeSet::from(["Grey Heron = Salt Wren", "Moss Kestrel"].map(str::to_owned));
    assert_eq!(all, expected, "the last decision of a person on a pair counts");
}

#[test]
fn cyclic_judgements_are_a_conflict_that_names_all_three() {
    let deployment = deployment();
    let when = "2026-03-02T12:00:00Z";
    add(&deployment, [NAMES[0], NAMES[1], "same"], when, "ana").ends_with(0);
    add(&deployment, [NAMES[1], NAMES[2], "same"], when, "ana").ends_with(0);
    add(&deployment, [NAMES[0], NAMES[2], "different"], when, "ana").ends_with(0);
    deployment.run(RUNS[1], &[]).ends_with(0);
    let run = deployment.published(RUNS[1]);
    assert_eq!(actors(&run).len(), 3, "no merge");
    let contested = run.table("steward/contested");
    assert_eq!(contested.rows().len(), 2);
    for row in contested.rows() {
        for id in judgement_ids(&deployment) {
            assert!(contested.text("reason", row).contains(&id), "{}", contested.text("reason", row));
        }
    }
}

#[test]
fn people_who_disagree_leave_the_pair_apart() {
    let deployment = deployment();
    add(&deployment, [NAMES[0], NAMES[1], "same"], "2026-03-02T11:00:00Z", "ana").ends_with(0);
    add(&deployment, [NAMES[1], NAMES[0], "different"], "2026-03-02T12:00:00Z", "ben").ends_with(0);
    deployment.run(RUNS[1], &[]).ends_with(0);
    assert_eq!(actors(&deployment.published(RUNS[1])).len(), 3);
    // The last decision of a person counts.
    add(&deployment, [NAMES[0], NAMES[1], "same"], "2026-03-03T11:00:00Z", "ben").ends_with(0);
    deployment.run(RUNS[2], &[]).ends_with(0);
    assert_eq!(actors(&deployment.published(RUNS[2])).len(), 2);
}

#[test]
fn judgements_leave_and_come_back_also_as_a_resolver_file() {
    let deployment = deployment();
    add(&deployment, [NAMES[0], NAMES[1], "same"], "2026-03-02T12:00:00Z", "ana").ends_with(0);
    add(&deployment, [NAMES[1], NAMES[2], "different"], "2026-03-02T12:00:00Z", "ana").ends_with(0);
    for (flags, name) in [(&["--nomenklatura"][..], "resolver.ijson"), (&[], "judgements.jsonl")] {
        let exported = deployment.ask(&[&["judgements", "export"], flags].concat());
        let file = deployment.write(name, &exported.stdout);
        let other = self::deployment();
        for added in ["2 of 2", "0 of 2"] {
            let output = other.ask(&["judgements", "import", &file]);
            assert!(output.ends_with(0).stderr.contains(added), "{name}: {}", output.stderr);
        }
        other.run(RUNS[1], &[]).ends_with(0);
        let all = actors(&other.published(RUNS[1]));
        assert_eq!(
            all,
            BTreeSet::from(["Grey Heron = Salt Wren", "Moss Kestrel"].map(str::to_owned)),
            "{name}"
        );
    }
    let group = "[\"NK-group\", \"threat-actor--00000000-0000-4000-8000-000000000001\", \"positive\", 0.9, \"ben\", \"2026-03-02T10:00:00\"]\n\
                 [\"NK-group\", \"threat-actor--00000000-0000-4000-8000-000000000003\", \"positive\", 0.9, \"ben\", null]\n\
                 [\"NK-group\", \"no-such-id\", \"negative\", null, null, null]\n";
    let file = deployment.write("group.ijson", group);
    let output = deployment.ask(&["judgements", "import", &file]);
    assert!(output.ends_with(0).stderr.contains("1 of 1"), "{}", output.stderr);
    assert!(output.stderr.contains("1 edges name an entity"), "{}", output.stderr);
    let wrong = deployment.write("wrong.ijson", "[\"a\", \"b\", \"maybe\"]\n");
    let output = deployment.ask(&["judgements", "import", &wrong]);
    assert!(output.ends_with(2).stderr.contains("line 1"), "{}", output.stderr);
}
