//! Edge cases: markings, returned objects, copies, digests and glob patterns.

use serde_json::{Value, json};

use crate::support::{Deployment, PublishedRun, named};

const RUN_TIMES: [&str; 3] = ["2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"];
const GREEN: &str = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da";
const AMBER: &str = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82";
const RED: &str = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed";

fn actor(number: u32, name: &str, modified: &str, marking: Option<&str>) -> Value {
    let mut object = json!({
        "type": "intrusion-set", "id": format!("intrusion-set--00000000-0000-4000-8000-{number:012}"),
        "created": "2026-02-01T00:00:00Z", "modified": modified, "name": name,
    });
    if let Some(marking) = marking {
        object["object_marking_refs"] = json!([marking]);
    }
    object
}

fn bundle(objects: &[Value]) -> String {
    json!({"type": "bundle", "objects": objects}).to_string()
}

fn labels(run: &PublishedRun, audience: &str) -> Vec<String> {
    let entities = run.table(&format!("{audience}/entities"));
    let mut labels: Vec<String> = entities.rows().map(|row| entities.text("label", row).to_owned()).collect();
    labels.sort();
    labels
}

fn causes(run: &PublishedRun, audience: &str) -> Vec<String> {
    let changes = run.table(&format!("{audience}/changes"));
    changes
        .rows()
        .map(|row| {
            format!(
                "{} {} {}",
                changes.text("subject", row),
                changes.text("what", row),
                changes.text("cause", row)
            )
        })
        .collect()
}

#[test]
fn a_hidden_version_in_a_snapshot_does_not_hide_the_visible_version() {
    let configuration = "[[source]]\nname = \"feed\"\nmode = \"snapshot\"\n[[audience]]\nname = \"partners\"\nclearance = \"TLP:GREEN\"\n";
    let green = actor(1, "Heron", "2026-02-01T00:00:00Z", Some(GREEN));
    let red = actor(1, "Heron in red", "2026-02-02T00:00:00Z", Some(RED));
    let [with, without] = [vec![green.clone(), red], vec![green]].map(|objects| {
        let deployment = Deployment::new(configuration);
        let file = deployment.write("feed/a.json", bundle(&objects));
        deployment.run(RUN_TIMES[0], &[named("feed", file)]).ends_with(0);
        labels(&deployment.published(RUN_TIMES[0]), "partners")
    });
    assert_eq!(with, ["Heron"]);
    assert_eq!(with, without);
}

#[test]
fn a_record_that_an_audience_may_no_longer_see_is_not_reported_as_a_change() {
    let audience =
        |clearance: &str| format!("[[audience]]\nname = \"partners\"\nclearance = \"{clearance}\"\n");
    let deployment = Deployment::new(&audience("TLP:AMBER"));
    let objects = [
        actor(1, "Open", "2026-02-01T00:00:00Z", Some(GREEN)),
        actor(2, "Closed", "2026-02-01T00:00:00Z", Some(AMBER)),
    ];
    let file = named("feed", deployment.write("feed/a.json", bundle(&objects)));
    deployment.run(RUN_TIMES[0], std::slice::from_ref(&file)).ends_with(0);
    assert_eq!(labels(&deployment.published(RUN_TIMES[0]), "partners"), ["Closed", "Open"]);
    deployment.configure(&audience("TLP:GREEN"));
    deployment.run(RUN_TIMES[1], &[file]).ends_with(0);
    let run = deployment.published(RUN_TIMES[1]);
    assert_eq!(labels(&run, "partners"), ["Open"]);
    assert!(causes(&run, "partners").is_empty(), "{:?}", causes(&run, "partners"));
    assert!(!run.text("partners/report.html").contains("Closed"));
}

#[test]
fn a_marking_definition_of_another_source_opens_no_record_and_an_invalid_marking_is_rejected() {
    let configuration = "[[source]]\nname = \"feed\"\nmarking = \"TLP:GREEN\"\n[[audience]]\nname = \"partners\"\nclearance = \"TLP:GREEN\"\n";
    let deployment = Deployment::new(configuration);
    let id = "marking-definition--00000000-0000-4000-8000-00000000000a";
    let definition = json!({"type": "marking-definition", "id": id, "created": "2026-01-01T00:00:00Z",
        "definition_type": "statement", "definition": {"statement": "as you like"}});
    let mut invalid = actor(2, "Invalid marking", "2026-02-01T00:00:00Z", None);
    invalid["granular_markings"] = json!({"marking_ref": RED});
    let feed = deployment
        .write("feed/a.json", bundle(&[actor(1, "Marked", "2026-02-01T00:00:00Z", Some(id)), invalid]));
    let other = deployment.write("other/a.json", bundle(&[definition]));
    deployment.run(RUN_TIMES[0], &[named("feed", feed), named("other", other)]).ends_with(3);
    let run = deployment.published(RUN_TIMES[0]);
    assert!(labels(&run, "partners").is_empty(), "{:?}", labels(&run, "partners"));
    let rejects = run.table("steward/rejects");
    assert_eq!(rejects.rows().map(|row| rejects.text("rule", row)).collect::<Vec<_>>(), ["wrong-type"]);
}

#[test]
fn a_list_that_two_sources_deliver_still_joins_entities() {
    let list = r#"{"type": "threat-actor", "name": "Actors", "category": "actor", "values": [
        {"value": "Heron", "uuid": "00000000-0000-4000-8000-0000000000aa", "meta": {"synonyms": ["Grey Wader"]}}]}"#;
    let deployment = Deployment::new("");
    let feed = named(
        "feed",
        deployment.write("feed/a.json", bundle(&[actor(1, "GREY WADER", "2026-02-01T00:00:00Z", None)])),
    );
    let [one, two] =
        ["one", "two"].map(|name| named(name, deployment.write(&format!("{name}/list.json"), list)));
    deployment.run(RUN_TIMES[0], &[feed.clone(), one.clone()]).ends_with(0);
    assert_eq!(deployment.published(RUN_TIMES[0]).table("all/entities").rows().len(), 1);
    deployment.run(RUN_TIMES[1], &[feed, one, two]).ends_with(0);
    let run = deployment.published(RUN_TIMES[1]);
    assert_eq!(run.table("all/entities").rows().len(), 1, "{:?}", causes(&run, "all"));
    assert!(causes(&run, "all").iter().all(|change| !change.contains("split")));
}

#[test]
fn files_with_one_weak_digest_and_two_strong_ones_stay_two_entities() {
    let file = |number: u32, strong: char| {
        json!({"type": "file", "spec_version": "2.1", "id": format!("file--00000000-0000-4000-8000-{number:012}"),
            "hashes": {"MD5": "9e107d9d372bb6826bd81d3542a419d6", "SHA-256": strong.to_string().repeat(64)}})
    };
    let deployment = Deployment::new("");
    let input = named("feed", deployment.write("feed/a.json", bundle(&[file(1, 'a'), file(2, 'b')])));
    deployment.run(RUN_TIMES[0], &[input]).ends_with(0);
    let run = deployment.published(RUN_TIMES[0]);
    assert_eq!(run.table("all/entities").rows().len(), 2);
    assert_eq!(run.table("steward/contested").rows().len(), 1);
}

#[test]
fn a_split_entity_or_an_extended_indicator_is_not_new() {
    let list = |synonyms: &str| {
        format!(
            r#"{{"type": "threat-actor", "name": "Actors", "category": "actor", "values": [
            {{"value": "Heron", "uuid": "00000000-0000-4000-8000-0000000000aa", "meta": {{"synonyms": [{synonyms}]}}}}]}}"#
        )
    };
    let indicator = |until: &str, modified: &str| {
        json!({"type": "indicator", "spec_version": "2.1", "id": "indicator--00000000-0000-4000-8000-000000000009",
            "created": "2026-02-01T00:00:00Z", "modified": modified, "pattern": "[domain-name:value = 'a.example']",
            "pattern_type": "stix", "valid_from": "2026-02-01T00:00:00Z", "valid_until": until})
    };
    let links = [
        json!({"type": "malware", "spec_version": "2.1", "is_family": true, "id": "malware--00000000-0000-4000-8000-000000000005",
            "created": "2026-02-01T00:00:00Z", "modified": "2026-02-01T00:00:00Z", "name": "Lockbill"}),
        json!({"type": "relationship", "spec_version": "2.1", "id": "relationship--00000000-0000-4000-8000-000000000006",
            "created": "2026-02-01T00:00:00Z", "modified": "2026-02-01T00:00:00Z", "relationship_type": "uses",
            "source_ref": "intrusion-set--00000000-0000-4000-8000-000000000001",
            "target_ref": "malware--00000000-0000-4000-8000-000000000005"}),
    ];
    let feed = |until: &str, modified: &str| {
        let mut objects =
            vec![actor(1, "Grey Wader", "2026-02-01T00:00:00Z", None), indicator(until, modified)];
        objects.extend(links.clone());
        bundle(&objects)
    };
    let deployment = Deployment::new(
        "[[source]]\nname = \"book\"\nmode = \"snapshot\"\n[[source]]\nname = \"feed\"\nmode = \"snapshot\"\n",
    );
    let run = |at: usize, synonyms: &str, until: &str, modified: &str| {
        let book = deployment.write("book/list.json", list(synonyms));
        let feed = deployment.write("feed/a.json", feed(until, modified));
        deployment.run(RUN_TIMES[at], &[named("book", book), named("feed", feed)]).ends_with(0);
        causes(&deployment.published(RUN_TIMES[at]), "all")
    };
    run(0, r#""Grey Wader""#, "2026-03-01T12:00:00Z", "2026-02-01T00:00:00Z");
    let expired = run(1, "", "2026-03-01T12:00:00Z", "2026-02-01T00:00:00Z");
    assert!(expired.contains(&"record removed expiry".to_owned()), "{expired:?}");
    assert!(expired.contains(&"entity split source-correction".to_owned()), "{expired:?}");
    assert!(
        !expired.iter().any(|change| change.starts_with("link added") || change.contains("observed-new")),
        "{expired:?}"
    );
    let extended = run(2, "", "9999-12-31T23:59:59Z", "2026-03-02T12:00:00Z");
    assert!(extended.contains(&"record changed source-correction".to_owned()), "{extended:?}");
    assert!(!extended.iter().any(|change| change.contains("new")), "{extended:?}");
}

#[test]
fn a_glob_shows_paths_relative_as_configured() {
    let deployment = Deployment::new(
        "state = \"state\"\nout = \"out\"\n[[source]]\nname = \"feed\"\npaths = [\"feeds/*.json\"]\n",
    );
    deployment.write("feeds/abc.json", bundle(&[actor(1, "Heron", "2026-02-01T00:00:00Z", None)]));
    let output = deployment.run(RUN_TIMES[0], &[]);
    output.ends_with(0);
    let deliveries = deployment.published(RUN_TIMES[0]).table("steward/deliveries");
    assert_eq!(deliveries.text("path", 0), "feeds/abc.json");
}

#[test]
fn a_snapshot_folder_without_readable_files_withdraws_no_object() {
    let deployment = Deployment::new("[[source]]\nname = \"feed\"\nmode = \"snapshot\"\n");
    let file = deployment.write("feed/a.json", bundle(&[actor(1, "Heron", "2026-02-01T00:00:00Z", None)]));
    deployment.run(RUN_TIMES[0], &[named("feed", file)]).ends_with(0);
    deployment.write("empty/error.html", "try again later");
    deployment.run(RUN_TIMES[1], &[named("feed", deployment.path("empty"))]).ends_with(4);
    assert_eq!(deployment.published(RUN_TIMES[1]).table("all/entities").rows().len(), 1);
}

#[test]
fn an_object_dated_before_the_previous_run_is_a_late_arrival() {
    let deployment = Deployment::new("[[source]]\nname = \"feed\"\nrecorded_at = \"object\"\n");
    let one = deployment.write("feed/a.json", bundle(&[actor(1, "Heron", "2026-02-01T00:00:00Z", None)]));
    let two = deployment.write("feed/b.json", bundle(&[actor(2, "Wren", "2026-02-20T00:00:00Z", None)]));
    deployment.run(RUN_TIMES[0], &[named("feed", one)]).ends_with(0);
    deployment.run(RUN_TIMES[1], &[named("feed", two)]).ends_with(0);
    let changes = causes(&deployment.published(RUN_TIMES[1]), "all");
    assert_eq!(changes, ["record added late-arrival", "entity added late-arrival"]);
}

#[test]
fn an_object_dated_ahead_is_accepted_and_reported() {
    let deployment = Deployment::new("");
    let objects = [actor(1, "Heron", "2031-01-01T00:00:00Z", None)];
    let input = named("feed", deployment.write("feed/a.json", bundle(&objects)));
    deployment.run(RUN_TIMES[0], &[input]).ends_with(0);
    let run = deployment.published(RUN_TIMES[0]);
    assert_eq!(run.table("all/entities").rows().len(), 1);
    assert!(run.text("all/report.html").contains("1 object has a date after the as-of time of this run"));
}
