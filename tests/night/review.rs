//! Odd turns that a careful reader asked about: markings, returns, copies, digests, patterns of paths.

use serde_json::{Value, json};

use crate::support::{Deployment, Night, named};

const NIGHTS: [&str; 3] = ["2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"];
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

fn labels(night: &Night, reader: &str) -> Vec<String> {
    let entities = night.table(&format!("{reader}/entities"));
    let mut labels: Vec<String> = entities.rows().map(|row| entities.text("label", row).to_owned()).collect();
    labels.sort();
    labels
}

fn causes(night: &Night, reader: &str) -> Vec<String> {
    let changes = night.table(&format!("{reader}/changes"));
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
fn a_hidden_version_in_the_same_snapshot_takes_nothing_from_who_may_see_the_other() {
    let configuration = "[[source]]\nname = \"feed\"\nmode = \"snapshot\"\n[[audience]]\nname = \"partners\"\nclearance = \"TLP:GREEN\"\n";
    let green = actor(1, "Heron", "2026-02-01T00:00:00Z", Some(GREEN));
    let red = actor(1, "Heron of the night", "2026-02-02T00:00:00Z", Some(RED));
    let [with, without] = [vec![green.clone(), red], vec![green]].map(|objects| {
        let deployment = Deployment::new(configuration);
        let file = deployment.write("feed/a.json", bundle(&objects));
        deployment.run(NIGHTS[0], &[named("feed", file)]).ends_with(0);
        labels(&deployment.night(NIGHTS[0]), "partners")
    });
    assert_eq!(with, ["Heron"]);
    assert_eq!(with, without);
}

#[test]
fn what_a_reader_may_no_longer_know_is_not_told_to_it_as_a_change() {
    let audience =
        |clearance: &str| format!("[[audience]]\nname = \"partners\"\nclearance = \"{clearance}\"\n");
    let deployment = Deployment::new(&audience("TLP:AMBER"));
    let objects = [
        actor(1, "Open", "2026-02-01T00:00:00Z", Some(GREEN)),
        actor(2, "Closed", "2026-02-01T00:00:00Z", Some(AMBER)),
    ];
    let file = named("feed", deployment.write("feed/a.json", bundle(&objects)));
    deployment.run(NIGHTS[0], std::slice::from_ref(&file)).ends_with(0);
    assert_eq!(labels(&deployment.night(NIGHTS[0]), "partners"), ["Closed", "Open"]);
    deployment.configure(&audience("TLP:GREEN"));
    deployment.run(NIGHTS[1], &[file]).ends_with(0);
    let night = deployment.night(NIGHTS[1]);
    assert_eq!(labels(&night, "partners"), ["Open"]);
    assert!(causes(&night, "partners").is_empty(), "{:?}", causes(&night, "partners"));
    assert!(!night.text("partners/report.html").contains("Closed"));
}

#[test]
fn another_sources_marking_definition_opens_nothing_and_a_broken_marking_is_refused() {
    let configuration = "[[source]]\nname = \"feed\"\nmarking = \"TLP:GREEN\"\n[[audience]]\nname = \"partners\"\nclearance = \"TLP:GREEN\"\n";
    let deployment = Deployment::new(configuration);
    let id = "marking-definition--00000000-0000-4000-8000-00000000000a";
    let definition = json!({"type": "marking-definition", "id": id, "created": "2026-01-01T00:00:00Z",
        "definition_type": "statement", "definition": {"statement": "as you like"}});
    let mut broken = actor(2, "Broken", "2026-02-01T00:00:00Z", None);
    broken["granular_markings"] = json!({"marking_ref": RED});
    let feed = deployment
        .write("feed/a.json", bundle(&[actor(1, "Marked", "2026-02-01T00:00:00Z", Some(id)), broken]));
    let other = deployment.write("other/a.json", bundle(&[definition]));
    deployment.run(NIGHTS[0], &[named("feed", feed), named("other", other)]).ends_with(3);
    let night = deployment.night(NIGHTS[0]);
    assert!(labels(&night, "partners").is_empty(), "{:?}", labels(&night, "partners"));
    let rejects = night.table("steward/rejects");
    assert_eq!(rejects.rows().map(|row| rejects.text("rule", row)).collect::<Vec<_>>(), ["wrong-type"]);
}

#[test]
fn a_list_delivered_by_two_sources_still_joins() {
    let list = r#"{"type": "threat-actor", "name": "Actors", "category": "actor", "values": [
        {"value": "Heron", "uuid": "00000000-0000-4000-8000-0000000000aa", "meta": {"synonyms": ["Grey Wader"]}}]}"#;
    let deployment = Deployment::new("");
    let feed = named(
        "feed",
        deployment.write("feed/a.json", bundle(&[actor(1, "GREY WADER", "2026-02-01T00:00:00Z", None)])),
    );
    let [one, two] =
        ["one", "two"].map(|name| named(name, deployment.write(&format!("{name}/list.json"), list)));
    deployment.run(NIGHTS[0], &[feed.clone(), one.clone()]).ends_with(0);
    assert_eq!(deployment.night(NIGHTS[0]).table("all/entities").rows().len(), 1);
    deployment.run(NIGHTS[1], &[feed, one, two]).ends_with(0);
    let night = deployment.night(NIGHTS[1]);
    assert_eq!(night.table("all/entities").rows().len(), 1, "{:?}", causes(&night, "all"));
    assert!(causes(&night, "all").iter().all(|change| !change.contains("split")));
}

#[test]
fn files_of_one_weak_digest_and_two_strong_ones_stay_two() {
    let file = |number: u32, strong: char| {
        json!({"type": "file", "spec_version": "2.1", "id": format!("file--00000000-0000-4000-8000-{number:012}"),
            "hashes": {"MD5": "d41d8cd98f00b204e9800998ecf8427e", "SHA-256": strong.to_string().repeat(64)}})
    };
    let deployment = Deployment::new("");
    let input = named("feed", deployment.write("feed/a.json", bundle(&[file(1, 'a'), file(2, 'b')])));
    deployment.run(NIGHTS[0], &[input]).ends_with(0);
    let night = deployment.night(NIGHTS[0]);
    assert_eq!(night.table("all/entities").rows().len(), 2);
    assert_eq!(night.table("steward/contested").rows().len(), 1);
}

#[test]
fn what_came_apart_or_was_extended_is_no_news() {
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
    let ties = [
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
        objects.extend(ties.clone());
        bundle(&objects)
    };
    let deployment = Deployment::new(
        "[[source]]\nname = \"book\"\nmode = \"snapshot\"\n[[source]]\nname = \"feed\"\nmode = \"snapshot\"\n",
    );
    let night = |at: usize, synonyms: &str, until: &str, modified: &str| {
        let book = deployment.write("book/list.json", list(synonyms));
        let feed = deployment.write("feed/a.json", feed(until, modified));
        deployment.run(NIGHTS[at], &[named("book", book), named("feed", feed)]).ends_with(0);
        causes(&deployment.night(NIGHTS[at]), "all")
    };
    night(0, r#""Grey Wader""#, "2026-03-01T12:00:00Z", "2026-02-01T00:00:00Z");
    let expired = night(1, "", "2026-03-01T12:00:00Z", "2026-02-01T00:00:00Z");
    assert!(expired.contains(&"record removed expiry".to_owned()), "{expired:?}");
    assert!(expired.contains(&"entity split source-correction".to_owned()), "{expired:?}");
    assert!(
        !expired.iter().any(|change| change.starts_with("link added") || change.contains("observed-new")),
        "{expired:?}"
    );
    let extended = night(2, "", "9999-12-31T23:59:59Z", "2026-03-02T12:00:00Z");
    assert!(extended.contains(&"record changed source-correction".to_owned()), "{extended:?}");
    assert!(!extended.iter().any(|change| change.contains("new")), "{extended:?}");
}

#[test]
fn a_pattern_of_paths_shows_paths_as_they_were_given() {
    let deployment = Deployment::new(
        "state = \"state\"\nout = \"out\"\n[[source]]\nname = \"feed\"\npaths = [\"feeds/*.json\"]\n",
    );
    deployment.write("feeds/abc.json", bundle(&[actor(1, "Heron", "2026-02-01T00:00:00Z", None)]));
    let said = deployment.run(NIGHTS[0], &[]);
    said.ends_with(0);
    let deliveries = deployment.night(NIGHTS[0]).table("steward/deliveries");
    assert_eq!(deliveries.text("path", 0), "feeds/abc.json");
}

#[test]
fn a_snapshot_folder_without_anything_to_read_withdraws_nothing() {
    let deployment = Deployment::new("[[source]]\nname = \"feed\"\nmode = \"snapshot\"\n");
    let file = deployment.write("feed/a.json", bundle(&[actor(1, "Heron", "2026-02-01T00:00:00Z", None)]));
    deployment.run(NIGHTS[0], &[named("feed", file)]).ends_with(0);
    deployment.write("empty/error.html", "try again later");
    deployment.run(NIGHTS[1], &[named("feed", deployment.path("empty"))]).ends_with(4);
    assert_eq!(deployment.night(NIGHTS[1]).table("all/entities").rows().len(), 1);
}

#[test]
fn an_object_that_dates_itself_before_the_last_night_is_a_late_arrival() {
    let deployment = Deployment::new("[[source]]\nname = \"feed\"\nrecorded_at = \"object\"\n");
    let one = deployment.write("feed/a.json", bundle(&[actor(1, "Heron", "2026-02-01T00:00:00Z", None)]));
    let two = deployment.write("feed/b.json", bundle(&[actor(2, "Wren", "2026-02-20T00:00:00Z", None)]));
    deployment.run(NIGHTS[0], &[named("feed", one)]).ends_with(0);
    deployment.run(NIGHTS[1], &[named("feed", two)]).ends_with(0);
    let changes = causes(&deployment.night(NIGHTS[1]), "all");
    assert_eq!(changes, ["record added late-arrival", "entity added late-arrival"]);
}

#[test]
fn an_object_dated_ahead_is_taken_and_noted() {
    let deployment = Deployment::new("");
    let objects = [actor(1, "Heron", "2031-01-01T00:00:00Z", None)];
    let input = named("feed", deployment.write("feed/a.json", bundle(&objects)));
    deployment.run(NIGHTS[0], &[input]).ends_with(0);
    let night = deployment.night(NIGHTS[0]);
    assert_eq!(night.table("all/entities").rows().len(), 1);
    assert!(night.text("all/report.html").contains("1 object has a date after the as-of time of this run"));
}
