//! Hidden records do not change the results for partners: one test for each known fault. The module
//! `histories` searches for further faults at random.

use std::{collections::BTreeMap, fs};

use araneus::{tables, time::Moment};
use serde_json::{Value, json};

use crate::support::{CommandOutput, Deployment, named, names_in};

const GREEN: &str = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da";
const RED: &str = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed";

/// Returns a configuration with one source and the audience `partners`.
fn configuration(mode: &str, recorded_at: &str) -> String {
    format!(
        "[[source]]\nname = \"quay\"\nmode = \"{mode}\"\nrecorded_at = \"{recorded_at}\"\n[[audience]]\nname = \"partners\"\nclearance = \"TLP:GREEN\"\n"
    )
}

fn uuid(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

fn bundle(objects: &[Value]) -> String {
    json!({ "type": "bundle", "id": format!("bundle--{}", uuid(1)), "objects": objects }).to_string()
}

/// Returns a STIX tool of a day of 2026 with a marking and further properties.
fn tool(number: u32, day: &str, marking: &str, more: Value) -> Value {
    let mut tool = json!({
        "type": "tool", "spec_version": "2.1", "id": format!("tool--{}", uuid(number)), "name": format!("Capstan {number}"),
        "created": "2026-01-01T00:00:00Z", "modified": format!("2026-{day}T00:00:00Z"), "object_marking_refs": [marking],
    });
    let Value::Object(more) = more else { panic!("more properties are an object") };
    tool.as_object_mut().expect("an object").extend(more);
    tool
}

/// One run: its day of April 2026, and its files, each with whether partners may see it.
type Step = (u32, Vec<(bool, String)>);

/// Two deployments with the same runs. Only `with` receives the hidden files.
struct Worlds {
    with: Deployment,
    without: Deployment,
    codes: Vec<i32>,
}

fn as_of(day: u32) -> String {
    format!("2026-04-{day:02}T00:00:00Z")
}

impl Worlds {
    fn after(configuration: &str, steps: &[Step]) -> Self {
        let [with, without] = [true, false].map(|is_with| {
            let deployment = Deployment::new(configuration);
            let codes: Vec<i32> = steps.iter().map(|step| run(&deployment, step, is_with).code).collect();
            (deployment, codes)
        });
        let worlds = Self { codes: with.1, with: with.0, without: without.0 };
        for (day, _) in steps {
            worlds.are_equal(*day);
        }
        worlds
    }

    /// Runs both deployments on pairs of files: with hidden objects, and without them.
    fn of_files(steps: &[(u32, [String; 2])]) -> Self {
        let [with, without] = [0, 1].map(|which| {
            let deployment = Deployment::new(&configuration("increment", "delivery"));
            let file = |(day, texts): &(u32, [String; 2])| (*day, vec![(true, texts[which].clone())]);
            let codes: Vec<i32> = steps.iter().map(|step| run(&deployment, &file(step), true).code).collect();
            (deployment, codes)
        });
        let worlds = Self { codes: with.1, with: with.0, without: without.0 };
        for (day, _) in steps {
            worlds.are_equal(*day);
        }
        worlds
    }

    /// Fails unless partners receive the same bytes in both deployments.
    #[track_caller]
    fn are_equal(&self, day: u32) {
        let [with, without] = [&self.with, &self.without].map(|deployment| {
            let folder = deployment.published(&as_of(day)).folder.join("partners");
            let read = |name: String| (name.clone(), fs::read(folder.join(name)).expect("a file"));
            names_in(&folder).into_iter().map(read).collect::<BTreeMap<_, _>>()
        });
        assert_eq!(with.keys().collect::<Vec<_>>(), without.keys().collect::<Vec<_>>());
        for (name, bytes) in &with {
            assert!(*bytes == without[name], "April {day}: {name} differs by what partners may not see");
        }
    }

    /// Replays a run in both deployments.
    fn replay(&self, day: u32) {
        for deployment in [&self.with, &self.without] {
            deployment.run_with(&as_of(day), &[], &["--replay"]).ends_with(0);
        }
        self.are_equal(day);
    }

    /// Returns the labels that partners see.
    fn labels(&self, day: u32) -> Vec<String> {
        let entities = self.with.published(&as_of(day)).table("partners/entities");
        let mut labels: Vec<String> =
            entities.rows().map(|row| entities.text("label", row).to_owned()).collect();
        labels.sort();
        labels
    }

    /// Returns `recorded_last` of the entity with a label, as partners see it.
    fn recorded(&self, day: u32, label: &str) -> String {
        let folder = self.with.published(&as_of(day)).folder.join("partners");
        let entities = tables::read_table(&folder.join("entities.arrow")).expect("a table");
        let labels = entities.text("label").expect("labels");
        let row = labels.iter().position(|text| text.as_deref() == Some(label)).expect("the entity");
        let micros = entities.time("recorded_last").expect("times")[row].expect("a time");
        Moment::from_micros(micros).to_string()
    }

    /// Returns the changes that partners see: subject, kind and cause.
    fn changes(&self, day: u32) -> Vec<[String; 3]> {
        let changes = self.with.published(&as_of(day)).table("partners/changes");
        let row = |row| ["subject", "what", "cause"].map(|column| changes.text(column, row).to_owned());
        changes.rows().map(row).collect()
    }
}

fn run(deployment: &Deployment, (day, files): &Step, is_with: bool) -> CommandOutput {
    let shown = files.iter().enumerate().filter(|(_, (is_open, _))| is_with || *is_open);
    let inputs: Vec<String> = shown
        .map(|(at, (_, text))| named("quay", deployment.write(&format!("in/{day}/{at}.json"), text)))
        .collect();
    deployment.run(&as_of(*day), &inputs)
}

#[test]
fn an_object_delivered_again_beside_a_hidden_one_keeps_its_recorded_time() {
    let two = bundle(&[
        tool(1, "02-10", GREEN, json!({})),
        tool(1, "02-12", GREEN, json!({ "aliases": ["Windlass"] })),
    ]);
    let hidden = bundle(&[tool(1, "02-11", RED, json!({ "name": "Not for partners" }))]);
    let steps = [(1, vec![(true, two.clone()), (false, hidden)]), (2, vec![(true, two)])];
    let worlds = Worlds::after(&configuration("increment", "delivery"), &steps);
    assert_eq!(worlds.recorded(2, "Capstan 1"), as_of(1));
    assert!(worlds.changes(2).is_empty());
}

/// Returns a MISP event of a date with one attribute. The attribute is always the same.
fn event(number: u32, tlp: &str, date: &str, more_tag: Option<&str>, contains_attribute: bool) -> Value {
    let tags: Vec<Value> =
        [Some(tlp), more_tag].into_iter().flatten().map(|name| json!({ "name": name })).collect();
    let attribute =
        json!({ "uuid": uuid(50), "type": "domain", "value": "berth.example", "timestamp": "1767225600" });
    json!({ "Event": {
        "uuid": uuid(number), "info": format!("Quay log {number}"), "date": date, "timestamp": "1767225600", "Tag": tags,
        "Attribute": if contains_attribute { vec![attribute] } else { Vec::new() },
    } })
}

fn events(events: &[Value]) -> String {
    json!({ "response": events }).to_string()
}

#[test]
fn a_changed_event_changes_its_attributes_with_and_without_a_hidden_one() {
    let sure = Some("misp:confidence-level=\"fairly-confident\"");
    let steps = [
        (1, vec![(true, events(&[event(10, "tlp:green", "2026-03-01", None, true)]))]),
        (
            2,
            vec![
                (true, events(&[event(10, "tlp:green", "2026-03-11", sure, true)])),
                (false, events(&[event(11, "tlp:red", "2026-03-21", None, true)])),
            ],
        ),
    ];
    let worlds = Worlds::after(&configuration("increment", "delivery"), &steps);
    let entities = worlds.with.published(&as_of(2)).table("partners/entities");
    let held = entities.only("label", "berth.example");
    assert_eq!(entities.maybe_count("confidence", held), Some(50));
    let deliveries = worlds.without.published(&as_of(2)).table("steward/deliveries");
    assert_eq!((deliveries.sum("changed"), deliveries.sum("taken")), (2, 2), "the event and its attribute");
    let changes = worlds.with.published(&as_of(2)).table("partners/changes");
    let row =
        changes.rows().find(|&row| changes.text("subject", row) == "record").expect("records that changed");
    assert_eq!((changes.text("what", row), changes.count("count", row)), ("changed", 2));
}

#[test]
fn positions_of_one_object_in_different_runs_add_up_and_keep_their_evidence() {
    let steps = [
        (1, vec![(true, events(&[event(10, "tlp:green", "2026-03-01", None, true)]))]),
        (2, vec![(true, events(&[event(12, "tlp:green", "2026-03-02", None, true)]))]),
    ];
    let worlds = Worlds::after(&configuration("increment", "delivery"), &steps);
    let last = worlds.with.published(&as_of(2));
    let (entities, links) = (last.table("partners/entities"), last.table("partners/links"));
    let held = entities.text("entity_id", entities.only("label", "berth.example")).to_owned();
    let reports = links.rows().filter(|&row| links.text("to_id", row) == held);
    assert_eq!(reports.count(), 2, "both events contain it");
    let (evidence, positions) = (last.table("partners/evidence"), last.table("steward/record_evidence"));
    let record = evidence.text("record_id", evidence.only("subject_id", &held)).to_owned();
    assert_eq!(positions.rows().filter(|&row| positions.text("record_id", row) == record).count(), 2);
}

#[test]
fn the_recorded_time_of_a_returned_object_is_that_of_its_return() {
    let both = [tool(1, "02-01", GREEN, json!({})), tool(2, "02-05", GREEN, json!({}))];
    let hidden = tool(2, "02-06", RED, json!({ "name": "Not for partners" }));
    let back = tool(2, "02-07", GREEN, json!({ "aliases": ["Windlass"] }));
    let steps = [
        (1, vec![(true, bundle(&both))]),
        (2, vec![(true, bundle(&both[..1])), (false, bundle(&[hidden]))]),
        (3, vec![(true, bundle(&[both[0].clone(), back]))]),
    ];
    let worlds = Worlds::after(&configuration("snapshot", "object"), &steps);
    assert_eq!(worlds.labels(2), ["Capstan 1"]);
    assert_eq!(worlds.recorded(3, "Capstan 2"), as_of(3));
    // The replay of an earlier run is the same after later runs.
    for day in [1, 2] {
        worlds.replay(day);
    }
    let entities = worlds.with.published(&as_of(1)).table("partners/entities");
    assert!(entities.texts("aliases", entities.only("label", "Capstan 2")).is_empty());
    let removed = ["record", "removed", "deletion"].map(str::to_owned);
    assert!(worlds.changes(2).contains(&removed), "{:?}", worlds.changes(2));
}

#[test]
fn hidden_objects_of_an_incomplete_snapshot_withdraw_nothing() {
    let both = [tool(1, "02-01", GREEN, json!({})), tool(2, "02-05", GREEN, json!({}))];
    let hidden = tool(1, "02-06", RED, json!({ "name": "Not for partners" }));
    let steps = [
        (1, vec![(true, bundle(&both))]),
        (
            2,
            vec![
                (true, bundle(&both[1..])),
                (true, "{\"type\": \"bundle\", ".to_owned()),
                (false, bundle(&[hidden])),
            ],
        ),
    ];
    let worlds = Worlds::after(&configuration("snapshot", "delivery"), &steps);
    assert_eq!(worlds.codes, [0, 4]);
    assert_eq!(worlds.labels(2), ["Capstan 1", "Capstan 2"]);
    assert!(worlds.changes(2).is_empty());
}

#[test]
fn a_repeated_object_changes_no_recorded_time() {
    let open = bundle(&[tool(1, "02-05", GREEN, json!({}))]);
    let hidden = bundle(&[tool(1, "02-03", RED, json!({ "name": "Not for partners" }))]);
    let later = bundle(&[tool(1, "02-20", GREEN, json!({ "aliases": ["Windlass"] }))]);
    let steps =
        [(1, vec![(true, open.clone()), (false, hidden)]), (2, vec![(true, open)]), (3, vec![(true, later)])];
    let worlds = Worlds::after(&configuration("increment", "object"), &steps);
    assert_eq!(worlds.recorded(3, "Capstan 1"), "2026-02-20T00:00:00Z");
}

#[test]
fn a_snapshot_delivered_again_for_its_as_of_time_replaces_its_objects() {
    let holds = |first: bool| {
        events(&[
            event(10, "tlp:green", "2026-03-01", None, first),
            event(12, "tlp:green", "2026-03-01", None, !first),
        ])
    };
    let hidden = events(&[event(11, "tlp:red", "2026-03-01", None, false)]);
    let steps = [(1, vec![(true, holds(true)), (false, hidden)]), (1, vec![(true, holds(false))])];
    let worlds = Worlds::after(&configuration("snapshot", "delivery"), &steps);
    let last = worlds.with.published(&as_of(1));
    let (entities, links) = (last.table("partners/entities"), last.table("partners/links"));
    let id = |label: &str| entities.text("entity_id", entities.only("label", label)).to_owned();
    let holders: Vec<&str> = links
        .rows()
        .filter(|&row| links.text("to_id", row) == id("berth.example"))
        .map(|row| links.text("from_id", row))
        .collect();
    assert_eq!(holders, [id("Quay log 12")]);
}

#[test]
fn a_hidden_marking_definition_makes_no_object_visible() {
    let defined = format!("marking-definition--{}", uuid(90));
    let definition = |marks: Value| {
        json!({
            "type": "marking-definition", "spec_version": "2.1", "id": defined, "created": "2026-01-01T00:00:00Z",
            "definition_type": "tlp", "definition": { "tlp": "green" }, "object_marking_refs": marks,
        })
    };
    let shown = bundle(&[tool(1, "02-01", &defined, json!({})), tool(2, "02-01", GREEN, json!({}))]);
    let hidden = bundle(&[definition(json!([RED]))]);
    let steps = [
        (1, vec![(true, shown.clone()), (false, hidden)]),
        (2, vec![(true, shown), (true, bundle(&[definition(json!([]))]))]),
    ];
    let worlds = Worlds::after(&configuration("increment", "delivery"), &steps);
    assert_eq!(worlds.labels(1), ["Capstan 2"]);
    assert_eq!(worlds.labels(2), ["Capstan 1", "Capstan 2"], "a definition that may be seen opens");
}

#[test]
fn a_rejected_object_prevents_withdrawal_for_audiences_that_may_see_it() {
    let both = [tool(1, "02-01", GREEN, json!({})), tool(2, "02-05", GREEN, json!({}))];
    let rejected = |marking: &str| tool(1, "02-06", marking, json!({ "modified": "some day" }));
    let worlds = |marking: &str, is_open: bool| {
        let steps = [
            (1, vec![(true, bundle(&both))]),
            (2, vec![(true, bundle(&both[1..])), (is_open, bundle(&[rejected(marking)]))]),
        ];
        Worlds::after(&configuration("snapshot", "delivery"), &steps)
    };
    let hidden = worlds(RED, false);
    assert_eq!(hidden.labels(2), ["Capstan 2"], "for partners it is absent");
    let steward = hidden.with.published(&as_of(2)).table("steward/deliveries");
    assert_eq!(steward.sum("withdrawn"), 0, "for the data steward it is there");
    assert_eq!(worlds(GREEN, true).labels(2), ["Capstan 1", "Capstan 2"]);
}

/// Returns a MISP event that partners may see, with the given attribute and further members.
fn green_event(attribute: Value, event: Value) -> String {
    let merged = |base: Value, more: Value| {
        let (Value::Object(mut base), Value::Object(more)) = (base, more) else { panic!("objects") };
        base.extend(more);
        Value::Object(base)
    };
    let held =
        json!({ "uuid": uuid(50), "type": "domain", "value": "berth.example", "timestamp": "1767225600" });
    let head = json!({
        "uuid": uuid(10), "info": "Quay log 10", "date": "2026-03-01", "timestamp": "1767225600",
        "Orgc": { "uuid": uuid(70), "name": "Harbour office" }, "Tag": [{ "name": "tlp:green" }],
        "Attribute": [merged(held, attribute)],
    });
    json!({ "Event": merged(head, event) }).to_string()
}

/// Returns an expiration sighting by the organisation of the event, before the run.
fn expiration(more: &Value) -> Value {
    let mut sighting = json!({
        "uuid": uuid(80), "type": "2", "date_sighting": "1772600000", "attribute_uuid": uuid(50),
        "Organisation": { "uuid": uuid(70), "name": "Harbour office" },
    });
    let more = more.as_object().expect("an object").clone();
    sighting.as_object_mut().expect("an object").extend(more);
    sighting
}

#[test]
fn a_hidden_expiration_ends_no_object_that_partners_see() {
    let without = green_event(json!({}), json!({}));
    for marks in [
        json!({ "Tag": [{ "name": "tlp:red" }] }),
        json!({ "distribution": "0" }),
        json!({ "Tag": [{ "name": "tlp:ex:quay" }] }),
    ] {
        let sightings = json!({ "Sighting": [expiration(&marks)] });
        for with in [green_event(sightings.clone(), json!({})), green_event(json!({}), sightings)] {
            let worlds = Worlds::of_files(&[(5, [with, without.clone()])]);
            assert!(worlds.labels(5).contains(&"berth.example".to_owned()), "{marks}");
        }
    }
    // A visible expiration ends it, even if the marking of the attribute is stricter than that of the sighting.
    let red = json!({ "Tag": [{ "name": "tlp:red" }] });
    for (marks, of_attribute) in
        [(json!({}), json!({})), (json!({ "Tag": [{ "name": "tlp:green" }] }), json!({})), (red.clone(), red)]
    {
        let mut attribute = of_attribute;
        attribute["Sighting"] = json!([expiration(&marks)]);
        let text = green_event(attribute, json!({}));
        let deployment = Deployment::new(&configuration("increment", "delivery"));
        run(&deployment, &(5, vec![(true, text)]), true).ends_with(0);
        let steward = deployment.published(&as_of(5)).table("steward/record_evidence");
        assert!(!steward.rows().is_empty());
        let entities = deployment.published(&as_of(5)).table("partners/entities");
        assert!(entities.rows().all(|row| entities.text("label", row) != "berth.example"), "{marks}");
    }
}

#[test]
fn a_hidden_cluster_or_relation_leaves_no_trace_in_visible_objects() {
    let cluster = |number: u32, more: Value| {
        let mut cluster = json!({ "uuid": uuid(number), "type": "threat-actor", "value": format!("Gull {number}"), "version": "1" });
        cluster.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        cluster
    };
    let galaxy =
        |clusters: &[Value]| json!({ "Galaxy": [{ "type": "threat-actor", "GalaxyCluster": clusters }] });
    let relation = |number: u32, distribution: &str| json!({ "referenced_galaxy_cluster_uuid": uuid(number), "referenced_galaxy_cluster_type": "similar", "distribution": distribution });
    let shown =
        |relations: &[Value]| cluster(20, json!({ "distribution": "2", "GalaxyClusterRelation": relations }));
    let seen = [shown(&[relation(22, "3")])];
    let hidden = cluster(21, json!({ "distribution": "0" }));
    let all = [shown(&[relation(22, "3"), relation(23, "0")]), hidden];
    for is_of_event in [true, false] {
        let [with, without] = [galaxy(&all), galaxy(&seen)].map(|galaxies| {
            if is_of_event { green_event(json!({}), galaxies) } else { green_event(galaxies, json!({})) }
        });
        let worlds = Worlds::of_files(&[(5, [with, without])]);
        assert!(worlds.labels(5).contains(&"Gull 20".to_owned()));
        let links = worlds.with.published(&as_of(5)).table("partners/links");
        assert!(!links.rows().is_empty(), "the object that names the visible cluster has a link to it");
    }
}
