//! Deliveries beyond the limits of their source are held until a person decides.

use std::fs;

use serde_json::Value;

use crate::support::{
    CommandOutput, Deployment, equal_files, every_object_is_accounted_for, malware, named, names_in,
    state_digests,
};

const DAYS: [&str; 7] =
    ["2026-06-01", "2026-06-02", "2026-06-03", "2026-06-04", "2026-06-05", "2026-06-06", "2026-06-07"];

/// Returns a bundle of malware with these numbers.
fn bundle(numbers: impl IntoIterator<Item = u32>) -> String {
    let objects: Vec<String> =
        numbers.into_iter().map(|number| malware(number, &format!("Reedwisp{number}"))).collect();
    format!(
        r#"{{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000001","objects":[{}]}}"#,
        objects.join(",")
    )
}

fn source(mode: &str, hold: &str) -> Deployment {
    Deployment::new(&format!(
        "[[source]]\nname = \"feed\"\nmode = \"{mode}\"\npaths = [\"feed\"]\nhold = {hold}\n"
    ))
    .working_in_itself()
}

fn json(output: &CommandOutput) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

/// Returns id and status of each held file.
fn held(deployment: &Deployment) -> Vec<(String, String)> {
    let list = json(deployment.ask(&["held", "list", "--json"]).ends_with(0));
    let text = |row: &Value, key: &str| row[key].as_str().expect("a text").to_owned();
    list.as_array().expect("rows").iter().map(|row| (text(row, "id"), text(row, "status"))).collect()
}

fn statuses(deployment: &Deployment) -> Vec<String> {
    held(deployment).into_iter().map(|(_, status)| status).collect()
}

fn copies(deployment: &Deployment) -> usize {
    if deployment.path("state/held").exists() { names_in(&deployment.path("state/held")).len() } else { 0 }
}

/// Runs, and returns the number of entities with path, status and counts of each delivery.
#[track_caller]
fn run(deployment: &Deployment, day: &str, code: i32) -> (usize, Vec<String>) {
    deployment.run(day, &[]).ends_with(code);
    outcome(deployment, day)
}

#[track_caller]
fn outcome(deployment: &Deployment, day: &str) -> (usize, Vec<String>) {
    let run = deployment.published(day);
    every_object_is_accounted_for(&run);
    let table = run.table("steward/deliveries");
    let row = |row| {
        let counts = ["delivered", "taken", "duplicate", "rejected", "held", "withdrawn"];
        let counts = counts.map(|column| table.count(column, row).to_string()).join(" ");
        let path = table.text("path", row).rsplit('/').next().unwrap_or_default();
        format!("{path} {} {counts}", table.text("status", row))
    };
    (run.table("all/entities").rows().len(), table.rows().map(row).collect())
}

#[test]
fn a_file_with_too_many_objects_is_held_and_read_once_after_it_is_accepted() {
    let deployment = source("increment", "{ objects = 3 }");
    deployment.write("feed/a.json", bundle(1..=3));
    deployment.write("feed/b.json", bundle(10..=14));
    let metrics = deployment.path("araneus.prom").display().to_string();
    let output = deployment.ask(&["run", "--as-of", DAYS[0], "--metrics-file", &metrics]);
    let text = fs::read_to_string(&metrics).expect("metrics");
    assert!(text.contains("araneus_source_lacking{source=\"feed\"} 1"), "{text}");
    assert!(text.contains("araneus_objects{source=\"feed\",outcome=\"held\"} 5"), "{text}");
    let stderr = &output.ends_with(4).stderr;
    assert!(stderr.contains("5 objects in one file") && stderr.contains("araneus held list"), "{stderr}");
    assert_eq!(
        outcome(&deployment, DAYS[0]),
        (3, vec!["a.json ok 3 3 0 0 0 0".to_owned(), "b.json held 5 0 0 0 5 0".to_owned()])
    );
    let sources = deployment.published(DAYS[0]).table("steward/sources");
    assert_eq!(sources.rows().len(), 1, "a held file is not a delivery that was read");
    assert_eq!(json(deployment.ask(&["verify", "--json"]).ends_with(0))["records"], 3);

    // Until a decision the same bytes are held again, under the same id and with one copy.
    assert_eq!(run(&deployment, DAYS[1], 4).1[1], "b.json held 5 0 0 0 5 0");
    let waiting = held(&deployment);
    assert_eq!((waiting.len(), &*waiting[0].1, copies(&deployment)), (1, "waiting", 1));

    deployment.ask(&["held", "accept", &waiting[0].0, "--by", "ana"]).ends_with(0);
    let plan = deployment.ask(&["plan", "--as-of", DAYS[2]]);
    assert!(plan.ends_with(0).stdout.contains(&waiting[0].0), "{}", plan.stdout);
    // The source delivers the same bytes again: they are read once.
    let (entities, rows) = run(&deployment, DAYS[2], 0);
    assert_eq!((entities, &*rows[1]), (8, "b.json ok 5 5 0 0 0 0"));
    assert_eq!(rows.len(), 2);
    assert_eq!(statuses(&deployment), ["settled"]);
    let (entities, rows) = run(&deployment, DAYS[3], 0);
    assert_eq!((entities, &*rows[1]), (8, "b.json ok 5 0 5 0 0 0"), "never held again");
    assert_eq!(copies(&deployment), 0);
    deployment.ask(&["verify"]).ends_with(0);
    deployment.ask(&["held", "reject", &waiting[0].0, "--reason", "too late"]).ends_with(2);
    let log = deployment.ask(&["audit", "--json"]);
    assert!(log.stdout.contains(&format!("[{{\"held\":\"{}\"}}]", waiting[0].0)), "{}", log.stdout);
}

#[test]
fn an_accepted_copy_is_read_without_its_file_and_by_a_source_with_other_paths() {
    let deployment = source("increment", "{ objects = 3 }");
    deployment.write("feed/a.json", bundle(1..=2));
    let path = deployment.write("feed/b.json", bundle(10..=14));
    run(&deployment, DAYS[0], 4);
    fs::remove_file(path).expect("removed");
    deployment.ask(&["held", "accept", &held(&deployment)[0].0[5..12]]).ends_with(0);
    // A run of another source, and a replay, do not read it.
    let other = named("other", deployment.write("other/c.json", bundle(30..=30)));
    deployment.run(DAYS[0], &[other]).ends_with(0);
    deployment.run_with(DAYS[0], &[], &["--replay"]).ends_with(0);
    assert_eq!(statuses(&deployment), ["accepted"]);
    deployment.configure("[[source]]\nname = \"feed\"\npaths = [\"elsewhere\"]\n");
    deployment.write("elsewhere/d.json", bundle(20..=20));
    let (entities, rows) = run(&deployment, DAYS[1], 0);
    assert_eq!((entities, rows.len()), (9, 2), "{rows:?}");
    let first = deployment.published(DAYS[1]).digests();
    // The run repeated at its as-of time has the same bytes; an undo makes the copy wait again.
    run(&deployment, DAYS[1], 0);
    equal_files(&deployment.published(DAYS[1]).digests(), &first, "repeated");
    deployment.ask(&["undo", "--yes"]).ends_with(0);
    assert_eq!((statuses(&deployment), copies(&deployment)), (vec!["accepted".to_owned()], 1));
    deployment.ask(&["verify"]).ends_with(0);
    run(&deployment, DAYS[1], 0);
    equal_files(&deployment.published(DAYS[1]).digests(), &first, "after an undo");
    // Two runs back, the copy is gone, and the bytes must be delivered again.
    run(&deployment, DAYS[2], 0);
    assert_eq!(copies(&deployment), 0);
    for _ in 0..2 {
        deployment.ask(&["undo", "--yes"]).ends_with(0);
    }
    assert_eq!(statuses(&deployment), ["expected"]);
    deployment.ask(&["verify"]).ends_with(0);
    deployment.write("elsewhere/b.json", bundle(10..=14));
    assert_eq!(run(&deployment, DAYS[2], 0).0, 9);
    assert_eq!(statuses(&deployment), ["settled"]);
}

#[test]
fn rejected_bytes_are_rejected_and_known_after_the_first_time() {
    let deployment = source("increment", "{ objects = 3 }");
    deployment.write("feed/a.json", bundle(1..=2));
    deployment.write("feed/b.json", bundle(10..=14));
    run(&deployment, DAYS[0], 4);
    let id = held(&deployment)[0].0.clone();
    deployment.ask(&["held", "reject", &id, "--reason", "--"]).ends_with(2);
    deployment.ask(&["held", "reject", "held-zz", "--reason", "a test"]).ends_with(2);
    deployment.ask(&["held", "reject", &id, "--reason", "a test export", "--by", "ana"]).ends_with(0);
    assert_eq!((statuses(&deployment), copies(&deployment)), (vec!["rejected".to_owned()], 0));
    deployment.ask(&["verify"]).ends_with(0);
    for (day, code) in [(DAYS[1], 3), (DAYS[2], 0)] {
        assert_eq!(run(&deployment, day, code).1[1], "b.json rejected 1 0 0 1 0 0");
        let rejects = deployment.published(day).table("steward/rejects");
        assert_eq!((rejects.text("rule", 0), rejects.is_set("known", 0)), ("held-rejected", code == 0));
    }
    assert_eq!(statuses(&deployment), ["rejected"]);
    // Other bytes are held, too; a decision can be changed.
    deployment.write("feed/c.json", bundle(10..=15));
    run(&deployment, DAYS[3], 4);
    assert_eq!(statuses(&deployment), ["rejected", "waiting"]);
    deployment.ask(&["held", "accept", &id]).ends_with(0);
    assert_eq!(statuses(&deployment), ["expected", "waiting"]);
    let (entities, rows) = run(&deployment, DAYS[4], 4);
    assert_eq!((entities, &*rows[1]), (7, "b.json ok 5 5 0 0 0 0"));
}

#[test]
fn growth_of_a_source_holds_all_its_files_of_the_run() {
    let deployment = source("increment", "{ growth = 2.0 }");
    deployment.write("feed/a.json", bundle(1..=3));
    assert_eq!(run(&deployment, DAYS[0], 0).0, 3, "a first delivery has nothing to compare with");
    deployment.write("feed/b.json", bundle(10..=15));
    assert_eq!(run(&deployment, DAYS[1], 0).0, 9, "six new objects are twice the three live ones");
    deployment.write("feed/c.json", bundle(20..=29));
    deployment.write("feed/d.json", bundle(30..=39));
    let (entities, rows) = run(&deployment, DAYS[2], 4);
    assert_eq!(entities, 9);
    let of_status = |status: &str| rows.iter().filter(|row| row.contains(status)).count();
    assert_eq!(
        (of_status(" held "), of_status(" ok ")),
        (2, 2),
        "files that were read before stay: {rows:?}"
    );
    let list = json(deployment.ask(&["held", "list", "--json"]).ends_with(0));
    assert_eq!(
        (&list[0]["limit"], &list[0]["found"], &list[0]["live"]),
        (&"growth".into(), &20.into(), &9.into())
    );
    for name in ["c", "d"] {
        fs::rename(deployment.path(&format!("feed/{name}.json")), deployment.path(&format!("{name}.json")))
            .expect("moved");
    }
    assert_eq!(run(&deployment, DAYS[3], 0).1.len(), 2);
    let waiting: Vec<String> =
        held(&deployment).into_iter().filter(|(_, status)| status == "waiting").map(|(id, _)| id).collect();
    assert_eq!(waiting.len(), 2);
    let accept: Vec<&str> =
        ["held", "accept"].into_iter().chain(waiting.iter().map(String::as_str)).collect();
    deployment.ask(&accept).ends_with(0);
    let (entities, rows) = run(&deployment, DAYS[4], 0);
    assert_eq!((entities, rows.len()), (29, 4));
}

/// Returns a snapshot source with ten objects, whose next delivery of two objects is held.
fn shrunk() -> Deployment {
    let deployment = source("snapshot", "{ withdrawn = 0.5 }");
    deployment.write("feed/a.json", bundle(1..=10));
    assert_eq!(run(&deployment, DAYS[0], 0).0, 10);
    deployment.write("feed/a.json", bundle(1..=5));
    assert_eq!(
        run(&deployment, DAYS[1], 0),
        (5, vec!["a.json ok 5 0 5 0 0 5".to_owned()]),
        "half of them may go"
    );
    deployment.write("feed/a.json", bundle(1..=2));
    assert_eq!(run(&deployment, DAYS[2], 4), (5, vec!["a.json held 2 0 0 0 2 0".to_owned()]));
    deployment
}

#[test]
fn a_snapshot_that_withdraws_too_much_withdraws_nothing_until_it_is_accepted() {
    // The same bytes again.
    let deployment = shrunk();
    let id = held(&deployment)[0].0.clone();
    deployment.ask(&["held", "accept", &id]).ends_with(0);
    assert_eq!(run(&deployment, DAYS[3], 0), (2, vec!["a.json ok 2 0 2 0 0 3".to_owned()]));

    // Newer bytes that are near the accepted ones: the newest file wins, and the copy is not read.
    let deployment = shrunk();
    deployment.ask(&["held", "accept", &held(&deployment)[0].0]).ends_with(0);
    deployment.write("feed/a.json", bundle([1, 2, 11]));
    assert_eq!(run(&deployment, DAYS[3], 0), (3, vec!["a.json ok 3 1 2 0 0 3".to_owned()]));
    assert_eq!(statuses(&deployment), ["settled"]);

    // The state before comes back: it is the newest file, too.
    let deployment = shrunk();
    deployment.ask(&["held", "accept", &held(&deployment)[0].0]).ends_with(0);
    deployment.write("feed/a.json", bundle(1..=5));
    assert_eq!(run(&deployment, DAYS[3], 0).0, 5);
    assert_eq!(statuses(&deployment), ["settled"]);

    // Newer bytes that are far from both are held, and the accepted copy is read in their place.
    let deployment = shrunk();
    deployment.ask(&["held", "accept", &held(&deployment)[0].0]).ends_with(0);
    deployment.write("feed/a.json", bundle(20..=20));
    let (entities, rows) = run(&deployment, DAYS[3], 4);
    assert_eq!((entities, rows.len()), (2, 2), "{rows:?}");
    assert!(rows.contains(&"a.json ok 2 0 2 0 0 3".to_owned()), "{rows:?}");
    assert_eq!(statuses(&deployment), ["settled", "waiting"]);

    // No file: the accepted copy is the snapshot, and the missing file is still named.
    let deployment = shrunk();
    deployment.ask(&["held", "accept", &held(&deployment)[0].0]).ends_with(0);
    fs::remove_file(deployment.path("feed/a.json")).expect("removed");
    assert_eq!(run(&deployment, DAYS[3], 4), (2, vec!["a.json ok 2 0 2 0 0 3".to_owned()]));
}

#[test]
fn a_part_of_a_held_snapshot_withdraws_nothing() {
    let deployment = source("snapshot", "{ withdrawn = 0.5 }");
    deployment.write("feed/a.json", bundle(1..=5));
    deployment.write("feed/b.json", bundle(6..=10));
    run(&deployment, DAYS[0], 0);
    deployment.write("feed/a.json", bundle(1..=1));
    deployment.write("feed/b.json", bundle(6..=6));
    run(&deployment, DAYS[1], 4);
    let ids: Vec<String> = held(&deployment).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), 2);
    deployment.ask(&["held", "accept", &ids[0]]).ends_with(0);
    fs::remove_dir_all(deployment.path("feed")).expect("removed");
    assert_eq!(run(&deployment, DAYS[2], 4).0, 10, "one of two accepted files is not a whole snapshot");
}

#[test]
fn an_undo_and_a_kill_leave_no_held_file() {
    let (deployment, never) =
        (source("increment", "{ objects = 3 }"), source("increment", "{ objects = 3 }"));
    for either in [&deployment, &never] {
        either.write("feed/a.json", bundle(1..=2));
        run(either, DAYS[0], 0);
    }
    deployment.write("feed/b.json", bundle(10..=14));
    run(&deployment, DAYS[1], 4);
    deployment.ask(&["undo", "--yes"]).ends_with(0);
    equal_files(&state_digests(&deployment), &state_digests(&never), "undone");
    assert_eq!(held(&deployment), []);
    // A run that was killed before its commit leaves a copy that nothing names.
    let orphan = deployment.write(&format!("state/held/{}", "0f".repeat(32)), "bytes");
    deployment.write("state/held/0f.partial", "by");
    deployment.ask(&["verify"]).ends_with(0);
    let garbage = json(deployment.ask(&["gc", "--json"]).ends_with(0));
    assert_eq!(garbage["orphans"][0]["path"].as_str(), Some(&*orphan), "{garbage}");
    assert_eq!(copies(&deployment), 0);
}

#[test]
fn a_lost_or_changed_copy_and_a_changed_decision_are_found() {
    let deployment = source("increment", "{ objects = 3 }");
    deployment.write("feed/b.json", bundle(10..=14));
    run(&deployment, DAYS[0], 4);
    let path = deployment.path("state/held").join(&names_in(&deployment.path("state/held"))[0]);
    let whole = fs::read(&path).expect("a copy");
    assert_eq!(whole, bundle(10..=14).into_bytes());
    fs::write(&path, &whole[1..]).expect("written");
    deployment.ask(&["verify"]).ends_with(7);
    fs::remove_file(&path).expect("removed");
    deployment.ask(&["verify"]).ends_with(7);
    fs::write(&path, &whole).expect("written");
    deployment.ask(&["verify"]).ends_with(0);
    deployment.ask(&["held", "accept", &held(&deployment)[0].0]).ends_with(0);
    let decisions = deployment.path("state/held.jsonl");
    let text = fs::read_to_string(&decisions).expect("decisions");
    fs::write(&decisions, text.replace("\"is_accepted\":true", "\"is_accepted\":false")).expect("written");
    deployment.ask(&["verify"]).ends_with(7);
    deployment.run(DAYS[1], &[]).ends_with(7);
}

#[test]
fn archives_and_standard_input_are_held_too() {
    let deployment = source("increment", "{ objects = 3 }");
    let output = deployment.run_piped(DAYS[0], "feed=-", bundle(10..=14).as_bytes());
    output.ends_with(4);
    deployment.ask(&["held", "accept", &held(&deployment)[0].0]).ends_with(0);
    let file = deployment.write("feed/small.json", bundle(1..=1));
    deployment.run(DAYS[1], &[named("feed", file)]).ends_with(0);
    assert_eq!(outcome(&deployment, DAYS[1]).0, 6);
}

#[test]
fn a_limit_that_is_removed_lets_the_file_through_and_nothing_waits() {
    let deployment = source("increment", "{ objects = 3 }");
    deployment.write("feed/b.json", bundle(10..=14));
    run(&deployment, DAYS[0], 4);
    deployment.configure("[[source]]\nname = \"feed\"\npaths = [\"feed\"]\n");
    // The run is repeated at its as-of time, and then again with the limit.
    assert_eq!(run(&deployment, DAYS[0], 0).0, 5);
    assert_eq!(held(&deployment), []);
    deployment.configure("[[source]]\nname = \"feed\"\npaths = [\"feed\"]\nhold = { objects = 3 }\n");
    deployment.write("feed/c.json", bundle(20..=24));
    run(&deployment, DAYS[1], 4);
    deployment.configure("[[source]]\nname = \"feed\"\npaths = [\"feed\"]\n");
    assert_eq!(run(&deployment, DAYS[2], 0).0, 10);
    assert_eq!(statuses(&deployment), ["settled", "settled"]);
    for wrong in ["{ objects = -1 }", "{ growth = \"2\" }", "{ withdrawn = 1.5 }", "{ size = 3 }", "3"] {
        deployment.configure(&format!("[[source]]\nname = \"feed\"\nhold = {wrong}\n"));
        let stderr = deployment.run(DAYS[3], &[]).ends_with(2).stderr.clone();
        assert!(stderr.contains("`source.hold` takes a table of objects, growth and withdrawn"), "{stderr}");
    }
}

#[test]
fn a_large_file_is_counted_whole_and_an_invalid_one_is_rejected() {
    let deployment = source("increment", "{ objects = 3 }");
    // Larger than the buffer of 2 MiB through which files are read.
    let large = bundle(1..=15_000);
    assert!(large.len() > 2 << 20);
    deployment.write("feed/a.json", &large);
    deployment.write("feed/b.json", &large[..large.len() - 2]);
    let lines: Vec<String> = (1..=15_000).map(|number| malware(number, "Reedwisp")).collect();
    deployment.write("feed/c.jsonl", lines.join("\n"));
    let rows = run(&deployment, DAYS[0], 4).1;
    assert_eq!(
        rows,
        [
            "a.json held 15000 0 0 0 15000 0",
            "b.json rejected 1 0 0 1 0 0",
            "c.jsonl held 15000 0 0 0 15000 0"
        ]
    );
    let ids: Vec<String> = held(&deployment).into_iter().map(|(id, _)| id).collect();
    deployment.ask(&["held", "accept", &ids[0], &ids[1]]).ends_with(0);
    let rows = run(&deployment, DAYS[1], 0).1;
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert!(rows.contains(&"a.json ok 15000 15000 0 0 0 0".to_owned()), "{rows:?}");
}

#[test]
fn a_state_has_a_limit_of_held_files() {
    let deployment = source("increment", "{ objects = 3 }");
    deployment.write("feed/a.json", bundle(1..=2));
    run(&deployment, DAYS[0], 0);
    for number in 0..1_000 {
        deployment.write(&format!("state/held/{number:064x}"), "");
    }
    deployment.write("feed/b.json", bundle(10..=14));
    let (entities, rows) = run(&deployment, DAYS[1], 4);
    assert_eq!((entities, &*rows[1]), (2, "b.json failed 1 0 0 1 0 0"));
    let rejects = deployment.published(DAYS[1]).table("steward/rejects");
    assert_eq!(rejects.text("rule", 0), "held-full");
    // The run removed copies that nothing names, so the next one holds the file.
    assert_eq!(run(&deployment, DAYS[2], 4).1[1], "b.json held 5 0 0 0 5 0");
}
