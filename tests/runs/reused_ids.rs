//! A source gives the id of one actor to another actor: the links of the first do not become links of the second.

use serde_json::{Value, json};

use crate::support::{Deployment, PublishedRun, named};

const FIRST: &str = "2026-03-02T02:00:00Z";
const SECOND: &str = "2026-06-02T02:00:00Z";
const EARLY: &str = "2026-02-01T00:00:00Z";
const LATE: &str = "2026-06-01T00:00:00Z";
const ACTOR: &str = "intrusion-set--00000000-0000-4000-8000-000000000001";

/// Returns a bundle of the actor and one malware that it uses, all created at one time.
fn bundle(name: &str, created: &str, modified: &str, malware: u32) -> String {
    let object = |kind: &str, number: u32, more: Value| {
        let mut object = json!({
            "type": kind, "spec_version": "2.1", "id": format!("{kind}--00000000-0000-4000-8000-{number:012}"),
            "created": created, "modified": modified,
        });
        object.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        object
    };
    let used = format!("malware--00000000-0000-4000-8000-{malware:012}");
    let objects = [
        object("intrusion-set", 1, json!({ "name": name })),
        object("malware", malware, json!({ "name": format!("Sedge {malware}"), "is_family": true })),
        object(
            "relationship",
            malware + 10,
            json!({ "relationship_type": "uses", "source_ref": ACTOR, "target_ref": used }),
        ),
    ];
    json!({ "type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000009", "objects": objects })
        .to_string()
}

/// Runs two deliveries of one source; returns the second run, and the deployment that holds its folder.
fn second_run(configuration: &str, first: &str, second: &str) -> (Deployment, PublishedRun) {
    let deployment = Deployment::new(configuration);
    for (as_of, text) in [(FIRST, first), (SECOND, second)] {
        let file = deployment.write(&format!("vendor/{as_of}.json"), text);
        deployment.run(as_of, &[named("vendor", file)]).ends_with(0);
    }
    let run = deployment.published(SECOND);
    (deployment, run)
}

/// Returns the labels of what the actor uses.
fn used(run: &PublishedRun, actor: &str) -> Vec<String> {
    let (entities, links) = (run.table("all/entities"), run.table("all/links"));
    let label = |id: &str| entities.text("label", entities.only("entity_id", id)).to_owned();
    let of_actor = links.rows().filter(|&row| label(links.text("from_id", row)) == actor);
    let mut labels: Vec<String> = of_actor.map(|row| label(links.text("to_id", row))).collect();
    labels.sort();
    labels
}

fn reason(run: &PublishedRun) -> String {
    let identity = run.table("steward/identity");
    identity.text("reason", identity.only("identifier", ACTOR)).to_owned()
}

const INCREMENTS: &str = "[[source]]\nname = \"vendor\"\nreliability = \"B\"\n";

#[test]
fn another_name_and_another_time_of_creation_are_another_actor() {
    let first = bundle("Grey Heron Group", EARLY, EARLY, 2);
    let (_deployment, run) = second_run(INCREMENTS, &first, &bundle("Night Owl Group", LATE, LATE, 3));
    assert_eq!(used(&run, "Night Owl Group"), ["Sedge 3"]);
    assert!(reason(&run).contains("an earlier object had this id"), "{}", reason(&run));
}

#[test]
fn one_signal_is_not_enough() {
    let first = bundle("Grey Heron Group", EARLY, EARLY, 2);
    // An analyst renames an actor; a source creates an actor again with each report, also under a longer name.
    let renamed = bundle("Night Owl Group", EARLY, LATE, 3);
    for (second, name) in [
        (renamed, "Night Owl Group"),
        (bundle("Grey Heron Group", LATE, LATE, 3), "Grey Heron Group"),
        (bundle("Grey Heron", LATE, LATE, 3), "Grey Heron"),
    ] {
        let (_deployment, run) = second_run(INCREMENTS, &first, &second);
        assert_eq!(used(&run, name), ["Sedge 2", "Sedge 3"], "{name}");
        assert_eq!(reason(&run), "named by a record");
    }
}

#[test]
fn a_snapshot_withdraws_the_links_of_the_earlier_actor_by_itself() {
    let first = bundle("Grey Heron Group", EARLY, EARLY, 2);
    let configuration = format!("{INCREMENTS}mode = \"snapshot\"\n");
    let (_deployment, run) = second_run(&configuration, &first, &bundle("Night Owl Group", LATE, LATE, 3));
    assert_eq!(used(&run, "Night Owl Group"), ["Sedge 3"]);
    assert_eq!(reason(&run), "named by a record");
}

#[test]
fn two_versions_in_one_delivery_are_ordered_by_their_version() {
    let deployment = Deployment::new(INCREMENTS);
    let first = deployment.write("vendor/b.json", bundle("Grey Heron Group", EARLY, EARLY, 2));
    let second = deployment.write("vendor/a.json", bundle("Night Owl Group", LATE, LATE, 3));
    deployment.run(FIRST, &[named("vendor", first), named("vendor", second)]).ends_with(0);
    assert_eq!(used(&deployment.published(FIRST), "Night Owl Group"), ["Sedge 3"]);
}
