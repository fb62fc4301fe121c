//! Candidates by rare attributes, and by texts that only look equal: both wait for a person and join nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde_json::{Value, json};

use crate::support::{Deployment, PublishedRun, named, names_in, read_unpacked, real_data};

const RUN: &str = "2026-03-02T02:00:00Z";
const NEXT: &str = "2026-03-03T02:00:00Z";

fn id(kind: &str, number: usize) -> String {
    format!("{kind}--00000000-0000-4000-8000-{number:012}")
}

fn object(kind: &str, number: usize, name: &str) -> Value {
    json!({ "type": kind, "id": id(kind, number), "name": name,
        "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z" })
}

/// Actors of one source; each uses the listed techniques.
fn bundle(actors: &[(&str, Vec<usize>)]) -> String {
    let mut objects = Vec::new();
    let techniques = actors.iter().flat_map(|(_, techniques)| techniques).max().copied().unwrap_or_default();
    objects
        .extend((0..=techniques).map(|number| object("attack-pattern", number, &format!("Method {number}"))));
    for (actor, (name, used)) in actors.iter().enumerate() {
        objects.push(object("threat-actor", actor, name));
        for technique in used {
            let mut link = object("relationship", actor * 10_000 + technique, "");
            link["relationship_type"] = json!("uses");
            link["source_ref"] = json!(id("threat-actor", actor));
            link["target_ref"] = json!(id("attack-pattern", *technique));
            objects.push(link);
        }
    }
    json!({ "type": "bundle", "id": id("bundle", 1), "objects": objects }).to_string()
}

/// Returns the labels and the constraints of waiting pairs.
fn waiting(run: &PublishedRun) -> Vec<([String; 2], String)> {
    let table = run.table("all/pairs");
    let pair = |row| {
        let labels = ["label", "other_label"].map(|column| table.text(column, row).to_owned());
        let [one, other] = labels;
        let labels = if one < other { [one, other] } else { [other, one] };
        (labels, table.text("constraint", row).to_owned())
    };
    table.rows().map(pair).collect()
}

/// Returns the number of entities of a kind.
fn count(run: &PublishedRun, kind: &str) -> usize {
    let table = run.table("all/entities");
    table.rows().filter(|&row| table.text("kind", row) == kind).count()
}

#[test]
fn rare_attributes_raise_a_candidate_and_common_tools_do_not() {
    // Every actor uses eight common techniques, and a few of its own. Two of them share six rare ones.
    let words = ["Grey", "Salt", "Moss", "Pine", "Reed", "Fern", "Clay", "Iron", "Dusk", "Frost"];
    let names: Vec<String> = (0..60).map(|at| format!("{}{at}", words[at % 10])).collect();
    let used = |at: usize| {
        let rare: Vec<usize> = if at < 2 { (500..506).collect() } else { Vec::new() };
        (0..8).chain(100 + 4 * at..104 + 4 * at).chain(rare).collect()
    };
    let actors: Vec<(&str, Vec<usize>)> =
        names.iter().enumerate().map(|(at, name)| (name.as_str(), used(at))).collect();
    let deployment = Deployment::new("");
    let input = named("partner", deployment.write("in/partner/bundle.json", bundle(&actors)));
    deployment.run(RUN, &[input]).ends_with(0);
    let run = deployment.published(RUN);
    assert_eq!(count(&run, "threat-actor"), 60, "no merge");
    let pairs = waiting(&run);
    assert_eq!(pairs.len(), 1, "{pairs:?}");
    let (labels, constraint) = &pairs[0];
    assert_eq!(labels, &["Grey0".to_owned(), "Salt1".to_owned()]);
    assert!(
        constraint.contains("both share 14 attributes") && constraint.contains("Method 50"),
        "{constraint}"
    );

    let explained = deployment.ask(&["explain", "Grey0", "Salt1", "--json"]);
    let answer: Value = serde_json::from_str(&explained.ends_with(0).stdout).expect("JSON");
    let shared = answer["shared"].as_array().expect("shared attributes");
    assert_eq!(shared.len(), 14);
    assert!((shared[0]["bits"].as_f64().expect("a number") - 30_f64.log2()).abs() < 1e-9, "{}", shared[0]);
    assert_eq!(shared[13]["bits"], 0.0, "a technique of all actors is no evidence");
    assert!(deployment.ask(&["explain", "Grey0", "Salt1"]).ends_with(0).stdout.contains("Shared attributes"));

    // A person decides, and the pair waits no more.
    let reason = ["--reason", "two teams", "--recorded-at", "2026-03-02T12:00:00Z", "--by", "ana"];
    deployment
        .ask(&[&["judgements", "add", "Grey0", "Salt1", "different"], &reason[..]].concat())
        .ends_with(0);
    deployment.run(NEXT, &[]).ends_with(0);
    assert!(waiting(&deployment.published(NEXT)).is_empty());
}

#[test]
fn names_and_domains_that_only_look_equal_wait_for_a_person() {
    let actor = |number: usize, name: &str| {
        let mut lines = object("threat-actor", number, name).to_string();
        let domain = ["coco.example", "xn--80aa0acb.example"][number - 1];
        let observable = json!({ "type": "domain-name", "id": id("domain-name", number), "value": domain });
        write!(lines, ",{observable}").expect("writing to a text");
        format!(r#"{{"type":"bundle","id":"{}","objects":[{lines}]}}"#, id("bundle", number))
    };
    let deployment = Deployment::new("");
    let inputs: Vec<String> = [(1, "Coco"), (2, "\u{421}\u{43e}\u{441}\u{43e}")]
        .into_iter()
        .map(|(number, name)| {
            let file = deployment.write(&format!("in/source-{number}/bundle.json"), actor(number, name));
            named(&format!("source-{number}"), file)
        })
        .collect();
    deployment.run(RUN, &inputs).ends_with(0);
    let run = deployment.published(RUN);
    assert_eq!(run.table("all/entities").rows().len(), 4, "no merge");
    let pairs = waiting(&run);
    let of_names = |(_, constraint): &&([String; 2], String)| constraint.contains("names look alike");
    assert_eq!(pairs.iter().filter(of_names).count(), 1, "{pairs:?}");
}

#[test]
fn ascii_letters_that_look_alike_raise_a_candidate_and_join_nothing() {
    let person = |number: usize, name: &str| {
        json!({ "id": number.to_string(), "schema": "Person",
            "properties": { "name": [name], "birthDate": ["1961-04-09"] } })
    };
    let domain = |number: usize, value: &str| json!({ "type": "domain-name", "id": id("domain-name", number), "value": value });
    let long = "0".repeat(5_000);
    let deployment = Deployment::new("");
    let inputs = [
        ("desk", ["Anna Kern", &long], ["pay10.example", "modern.example"]),
        ("bank", ["Anna Kem", "Boris 1100"], ["paylo.example", "moder.example"]),
    ]
    .iter()
    .enumerate()
    .flat_map(|(number, (source, names, domains))| {
        let people = [person(1, names[0]), person(2, names[1])].map(|one| format!("{one}\n")).concat();
        let domains: Vec<Value> =
            domains.iter().enumerate().map(|(at, value)| domain(number * 10 + at, value)).collect();
        let objects = json!({ "type": "bundle", "id": id("bundle", 1), "objects": domains });
        [
            named(source, deployment.write(&format!("in/{source}/people.json"), people)),
            named(source, deployment.write(&format!("in/{source}/bundle.json"), objects.to_string())),
        ]
    })
    .collect::<Vec<_>>();
    deployment.run(RUN, &inputs).ends_with(0);
    let run = deployment.published(RUN);
    assert_eq!(count(&run, "domain-name"), 4);
    let pairs = waiting(&run);
    let alike: BTreeSet<[&str; 2]> = pairs
        .iter()
        .filter(|(_, constraint)| constraint.contains("differ only in"))
        .map(|(labels, _)| labels.each_ref().map(String::as_str))
        .collect();
    assert_eq!(
        alike,
        BTreeSet::from([["Anna Kem", "Anna Kern"], ["pay10.example", "paylo.example"]]),
        "{pairs:?}"
    );
}

/// Playbook of each campaign by its label, and the ids of all campaigns.
type Truth = (BTreeMap<String, String>, BTreeSet<String>);

/// Removes who a campaign is attributed to, and returns it apart.
fn without_attribution(bundle: &str, playbook: &str, (truth, ids): &mut Truth) -> String {
    let mut bundle: Value = serde_json::from_str(bundle).expect("a bundle");
    let objects = bundle["objects"].as_array_mut().expect("objects");
    for object in objects.iter().filter(|object| object["type"] == "campaign") {
        ids.insert(object["id"].as_str().expect("an id").to_owned());
        truth.insert(object["name"].as_str().expect("a name").trim().to_owned(), playbook.to_owned());
    }
    // A report or an actor of the playbook shows that its campaigns belong together.
    let names_actor =
        |kind: &str| ["report--", "intrusion-set--", "threat-actor--"].iter().any(|of| kind.starts_with(of));
    let names = |object: &Value, member: &str| object[member].as_str().is_some_and(names_actor);
    objects.retain(|object| !["id", "source_ref", "target_ref"].iter().any(|member| names(object, member)));
    bundle.to_string()
}

#[test]
fn campaigns_of_one_actor_are_found_in_real_playbooks() {
    let Some(folder) = real_data("unit42-playbooks", "campaigns of one actor share rare attributes") else {
        return;
    };
    let deployment = Deployment::new("");
    let mut truth = Truth::default();
    for file in names_in(&folder).iter().filter(|name| name.contains(".json")) {
        let playbook = file.split('.').next().expect("a name");
        let text = without_attribution(&read_unpacked(&folder.join(file)), playbook, &mut truth);
        deployment.write(&format!("in/playbooks/{playbook}.json"), text);
    }
    let input = named("playbooks", deployment.path("in/playbooks"));
    deployment.run(RUN, &[input]);
    let (truth, ids) = truth;
    let run = deployment.published(RUN);
    let pairs = waiting(&run);
    let raised: Vec<&[String; 2]> = pairs
        .iter()
        .filter(|(_, constraint)| constraint.contains("attributes"))
        .map(|(labels, _)| labels)
        .collect();
    let is_true = |pair: &&&[String; 2]| {
        let [one, other] = pair.each_ref().map(|label| truth.get(label.trim()));
        one.is_some() && one == other
    };
    let found = raised.iter().filter(is_true).count();
    println!("campaigns: {}; raised pairs: {}, of one actor: {found}", truth.len(), raised.len());
    for pair in raised.iter().filter(|pair| !is_true(pair)) {
        println!("of two actors: {pair:?}");
    }
    assert!(found >= 8, "{found}");
    assert!(found * 20 >= raised.len() * 19, "{found} of {}", raised.len());
    assert_eq!(count(&run, "campaign"), ids.len(), "no merge");
}
