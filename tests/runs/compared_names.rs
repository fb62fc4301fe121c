//! Names in a run: what joins, what waits for a person, and what no amount of aliases can do.

use std::{collections::BTreeSet, fmt::Write as _};

use serde_json::{Value, json};

use crate::support::{Deployment, PublishedRun, named};

const RUN: &str = "2026-03-02T02:00:00Z";
const NEXT: &str = "2026-03-03T02:00:00Z";

fn person(id: &str, name: &str, more: &Value) -> Value {
    let mut properties = json!({ "name": [name] });
    for (property, value) in more.as_object().expect("members") {
        properties[property] = json!([value]);
    }
    json!({ "id": id, "schema": "Person", "properties": properties })
}

/// Runs entities of several sources in a new deployment.
fn run(configuration: &str, sources: &[(&str, Vec<Value>)]) -> Deployment {
    let deployment = Deployment::new(configuration);
    let inputs: Vec<String> = sources
        .iter()
        .map(|(source, entities)| {
            let text = entities.iter().fold(String::new(), |mut text, entity| {
                writeln!(text, "{entity}").expect("writing to a text");
                text
            });
            named(source, deployment.write(&format!("in/{source}/entities.json"), text))
        })
        .collect();
    deployment.run(RUN, &inputs).ends_with(0);
    deployment
}

/// Returns the labels of entities, with the number of their sources.
fn entities(run: &PublishedRun) -> Vec<(String, usize)> {
    let table = run.table("all/entities");
    let mut rows: Vec<(String, usize)> = table
        .rows()
        .map(|row| (table.text("label", row).to_owned(), table.texts("sources", row).len()))
        .collect();
    rows.sort();
    rows
}

/// Returns state and constraint of the compared pairs.
fn states(run: &PublishedRun) -> Vec<(String, String)> {
    let table = run.table("steward/comparisons");
    let mut rows: Vec<(String, String)> = table
        .rows()
        .map(|row| (table.text("state", row).to_owned(), table.text("constraint", row).to_owned()))
        .collect();
    rows.sort();
    rows
}

fn waiting(deployment: &Deployment) -> Vec<Value> {
    let output = deployment.ask(&["resolve", "--review", "--json"]);
    let rows: Value = serde_json::from_str(&output.ends_with(0).stdout).expect("JSON");
    rows.as_array().expect("a list").clone()
}

#[test]
fn a_name_joins_with_an_attribute_and_waits_without_one() {
    let born = json!({ "birthDate": "1961-04-09", "country": "de" });
    let deployment = run(
        "",
        &[
            ("desk", vec![person("1", "Usama bin Ladin", &born), person("2", "Maria Kalnins", &json!({}))]),
            ("bank", vec![person("7", "Osama bin Laden", &born), person("8", "Kalnins, Maria", &json!({}))]),
            (
                "port",
                vec![person("9", "Osama bin Laden", &json!({ "birthDate": "1999-12-31", "country": "us" }))],
            ),
        ],
    );
    let published = deployment.published(RUN);
    let joined: Vec<(String, usize)> =
        entities(&published).into_iter().filter(|(_, sources)| *sources > 1).collect();
    assert_eq!(joined.len(), 1, "{:?}", entities(&published));
    let identity = published.table("steward/identity");
    let rule = identity.rows().find(|&row| identity.text("rule", row) == "name-and-attribute");
    let reason = identity.text("reason", rule.expect("a merge by names"));
    assert!(reason.contains("birth-date") && !reason.contains("1961"), "{reason}");

    // Each value says which source claims it; an attribute that only resolution reads is no value.
    let explained = deployment.ask(&["explain", "ftm-entity--desk:1", "--json"]);
    let entity: Value = serde_json::from_str(&explained.ends_with(0).stdout).expect("JSON");
    let claims: BTreeSet<(String, String)> = entity["attributes"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|claims| claims["attribute"] == "name" && claims["record_count"] == 1)
        .map(|claims| (claims["value"].to_string(), claims["sources"].to_string()))
        .collect();
    let expected = [(r#""Osama bin Laden""#, r#"["bank"]"#), (r#""Usama bin Ladin""#, r#"["desk"]"#)];
    assert_eq!(claims, expected.map(|(value, sources)| (value.to_owned(), sources.to_owned())).into());
    assert!(!entity["attributes"].to_string().contains("1961"), "{}", entity["attributes"]);

    let pairs = waiting(&deployment);
    assert_eq!(pairs.len(), 1, "{pairs:?}");
    let labels: BTreeSet<&str> =
        pairs[0]["labels"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(labels, BTreeSet::from(["Kalnins, Maria", "Maria Kalnins"]), "raw names are kept");
    let sum: f64 = pairs[0]["levels"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|level| level["weight"].as_str().expect("a text").parse::<f64>().expect("a number"))
        .sum();
    assert!((sum - pairs[0]["bits"].as_f64().expect("a number")).abs() < 0.05, "levels add up to the sum");

    let ids: Vec<&str> =
        pairs[0]["entity_ids"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    let explained = deployment.ask(&["explain", ids[0], ids[1]]);
    // The model that sorts the pairs that wait is shown beside the sum, and joined nothing.
    let learned = pairs[0]["review_probability"].as_f64().expect("two people have a probability");
    assert!(0.0 < learned && learned < 1.0, "{learned}");
    let review = deployment.ask(&["resolve", "--review"]).ends_with(0).stdout.clone();
    assert!(review.contains(&format!("(by pairs with truth {learned:.3})")), "{review}");
    for part in
        ["Comparison: unsure", "prior", "agreement", "sum", &format!("Order       {learned:.3} by the model")]
    {
        assert!(explained.ends_with(0).stdout.contains(part), "{part}: {}", explained.stdout);
    }
    // A person decides; the pair waits no more.
    let reason = ["--reason", "one passport", "--recorded-at", "2026-03-02T12:00:00Z", "--by", "ana"];
    let decide = [&["judgements", "add", ids[0], ids[1], "same"], &reason[..]].concat();
    deployment.ask(&decide).ends_with(0);
    assert!(waiting(&deployment).is_empty(), "a pair that was judged since the run does not wait");
    deployment.run(NEXT, &[]).ends_with(0);
    let all = entities(&deployment.published(NEXT));
    assert!(all.contains(&("Kalnins, Maria".to_owned(), 2)), "{all:?}");
    assert!(
        states(&deployment.published(NEXT))
            .iter()
            .any(|(state, by)| state == "same" && by.contains("judgement-"))
    );
}

#[test]
fn only_numbers_of_one_kind_join_and_none_of_another_kind_parts() {
    let one = |property: &str, number: &str| json!({ "country": "de", property: number });
    let born = |property: &str| json!({ "birthDate": "1961-04-09", "country": "de", property: "77010011" });
    let deployment = run(
        "",
        &[
            (
                "desk",
                vec![
                    person("1", "Osama bin Laden", &born("taxNumber")),
                    person("2", "Maria Kalnins", &one("idNumber", "4509 123456")),
                    person("3", "Ivo Adler", &one("taxNumber", "93456789")),
                ],
            ),
            (
                "bank",
                vec![
                    person("7", "Usama bin Ladin", &born("passportNumber")),
                    person("8", "Kalnins, Maria", &one("idNumber", "4509123456")),
                    person("9", "Ivo Adler", &one("passportNumber", "93456789")),
                ],
            ),
        ],
    );
    let all = entities(&deployment.published(RUN));
    let joined: BTreeSet<&str> =
        all.iter().filter(|(_, sources)| *sources == 2).map(|(label, _)| label.as_str()).collect();
    assert_eq!(joined.len(), 2, "{all:?}");
    assert!(!joined.contains("Ivo Adler"), "a passport is no tax number: {all:?}");
    let waiting = waiting(&deployment);
    assert!(waiting.iter().all(|pair| pair["labels"] == json!(["Ivo Adler", "Ivo Adler"])), "{waiting:?}");
    assert!(!waiting[0]["levels"].to_string().contains("number"), "{waiting:?}");
}

#[test]
fn a_telephone_in_the_place_of_a_name_is_no_second_evidence() {
    let nameless = |id: &str, property: &str, value: &str| {
        let mut entity = person(id, "", &json!({}));
        entity["properties"] = json!({ property: [value] });
        entity
    };
    let of_source =
        || vec![nameless("1", "phone", "+49 30 9876543"), nameless("2", "email", "desk@heron.example")];
    let deployment = run("", &[("desk", of_source()), ("bank", of_source())]);
    let published = deployment.published(RUN);
    let people = published.table("all/entities");
    let people = people.rows().filter(|&row| people.text("kind", row) == "person").count();
    assert_eq!((people, states(&published)), (4, vec![]));
}

#[test]
fn a_day_of_birth_finds_a_name_of_another_script_and_a_year_alone_joins_nothing() {
    let born = |date: &str| json!({ "birthDate": date, "country": "eg" });
    let deployment = run(
        "",
        &[
            ("desk", vec![person("1", "أحمد المصري", &born("1961-04-09"))]),
            ("bank", vec![person("2", "Ahmed El Masry", &born("1961-04-09"))]),
            ("port", vec![person("3", "Ahmad Al-Masri", &born("1961"))]),
        ],
    );
    let published = deployment.published(RUN);
    let sources: Vec<usize> = entities(&published).into_iter().map(|(_, sources)| sources).collect();
    assert_eq!(sources.iter().sum::<usize>(), 3);
    assert_eq!(sources.len(), 2, "the two days agree: {:?}", entities(&published));
    let waits = waiting(&deployment);
    assert!(waits.iter().any(|pair| pair["levels"].to_string().contains("birth-year")), "{waits:?}");
}

#[test]
fn a_group_joins_only_if_pairs_that_no_key_finds_agree_too() {
    let joined = |date: &str| {
        let [phone, number] = ["+4930123456", "HRB 7712"];
        let first = person("1", "خالد فاروق", &json!({ "birthDate": "1961-04-09", "phone": phone }));
        let second = person("2", "Khaled Farouk", &json!({ "phone": phone, "taxNumber": number }));
        let third = person("3", "Khaled Farouk", &json!({ "birthDate": date, "taxNumber": number }));
        let sources = [("desk", vec![first]), ("bank", vec![second]), ("port", vec![third])];
        let all = entities(&run("", &sources).published(RUN));
        // The telephone number is an entity, too.
        all.iter().filter(|(label, _)| label.chars().any(char::is_alphabetic)).count()
    };
    assert_eq!(joined("1961"), 1, "the first and the third agree, too");
    assert_eq!(joined("1999-12-31"), 2, "the first and the third have other dates of birth");
}

#[test]
fn sectors_and_places_of_identities_are_evidence_for_a_candidate() {
    let id = |kind: &str, number: u32| format!("{kind}--00000000-0000-4000-8000-{number:012}");
    let bundle = |number: u32| {
        let objects = json!([
            { "type": "identity", "id": id("identity", number), "name": "Harbour Works", "sectors": ["energy", 7],
                "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z" },
            { "type": "location", "id": id("location", number), "country": "LV", "city": "Riga",
                "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z" },
            { "type": "relationship", "id": id("relationship", number), "relationship_type": "located-at",
                "source_ref": id("identity", number), "target_ref": id("location", number),
                "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z" },
        ]);
        json!({ "type": "bundle", "id": id("bundle", number), "objects": objects }).to_string()
    };
    let deployment = Deployment::new("");
    let inputs: Vec<String> = [1, 2]
        .map(|number| {
            let path = format!("in/source-{number}/bundle.json");
            named(&format!("source-{number}"), deployment.write(&path, bundle(number)))
        })
        .to_vec();
    deployment.run(RUN, &inputs).ends_with(0);
    let pairs = waiting(&deployment);
    let pair = pairs.iter().find(|pair| pair["labels"] == json!(["Harbour Works", "Harbour Works"]));
    let levels = pair.expect("a pair that waits")["levels"].to_string();
    for level in ["\"country\"", "\"place\"", "\"sector\""] {
        assert!(levels.contains(level), "{level}: {levels}");
    }
}

#[test]
fn constraints_and_doubts_win_over_any_evidence() {
    let born = json!({ "birthDate": "1961-04-09" });
    let twice = vec![person("1", "Jana Novakova", &born), person("2", "Jana Novakova", &born)];
    let free = "[[source]]\nname = \"desk\"\nduplicate_free = true\n";
    let deployment = run(free, &[("desk", twice.clone())]);
    let published = deployment.published(RUN);
    assert_eq!(entities(&published).len(), 2);
    let expected = "they are two objects of the duplicate-free source desk";
    assert_eq!(states(&published), [("different".to_owned(), expected.to_owned())]);
    assert!(waiting(&deployment).is_empty());

    // Without the constraint they are one; a person who is unsure keeps them apart.
    let deployment = run("", &[("desk", twice)]);
    assert_eq!(entities(&deployment.published(RUN)).len(), 1);
    let ids = ["ftm-entity--desk:1", "ftm-entity--desk:2"];
    let unsure = [
        "judgements",
        "add",
        ids[0],
        ids[1],
        "unsure",
        "--recorded-at",
        "2026-03-02T12:00:00Z",
        "--by",
        "ana",
    ];
    deployment.ask(&unsure).ends_with(0);
    deployment.run(NEXT, &[]).ends_with(0);
    assert_eq!(entities(&deployment.published(NEXT)).len(), 2);
    assert_eq!(waiting(&deployment).len(), 1);
}

#[test]
fn hostile_names_raise_a_candidate_at_most() {
    let born = json!({ "birthDate": "1952-10-07" });
    let long = "Abcd ".repeat(20_000);
    let deployment = run(
        "",
        &[
            ("desk", vec![person("1", "Vladimir Putin", &born), person("2", &long, &born)]),
            ("bank", vec![person("3", "Vladimir P\u{443}tin", &born), person("4", &long, &born)]),
            ("port", vec![person("5", "\u{202e}\u{200b}", &born), person("6", "\u{202e}", &born)]),
        ],
    );
    let published = deployment.published(RUN);
    assert!(entities(&published).iter().all(|(_, sources)| *sources == 1), "no merge");
    let states = states(&published);
    let mixed = |(state, constraint): &(String, String)| state == "unsure" && constraint.contains("scripts");
    assert!(states.iter().any(mixed), "{states:?}");
    // Names that only look alike, or have hidden characters, wait for a person. Names are kept as written.
    let deployment = run(
        "",
        &[
            ("desk", vec![person("1", "Jane Roe", &born), person("2", "Anna Flippen", &json!({}))]),
            (
                "bank",
                vec![person("3", "Jane\u{200b} Roe", &born), person("4", "Anna \u{202e}neppilF", &json!({}))],
            ),
            ("port", vec![person("5", "Jane \u{202e}Roe", &born)]),
        ],
    );
    let published = deployment.published(RUN);
    let table = published.table("all/entities");
    let labels: Vec<&str> = table.rows().map(|row| table.text("label", row)).collect();
    assert_eq!(table.rows().len(), 5, "{labels:?}");
    assert!(labels.contains(&"Jane\u{200b} Roe"), "{labels:?}");
    let rows = self::states(&published);
    let count = |word: &str| rows.iter().filter(|row| row.0 == "unsure" && row.1.contains(word)).count();
    assert_eq!((count("hide or reverse"), count("directions")), (3, 1), "{rows:?}");
}

#[test]
fn an_alias_on_a_thousand_entities_joins_none_and_is_reported() {
    let poisoned = |number: u32| {
        let mut entity =
            person(&number.to_string(), &format!("Person {number}"), &json!({ "country": "de" }));
        entity["properties"]["alias"] = json!(["Big Boss"]);
        entity
    };
    let deployment = run("", &[("desk", (0..1_000).map(poisoned).collect())]);
    let published = deployment.published(RUN);
    assert_eq!(entities(&published).len(), 1_000);
    let contested: Vec<_> =
        states(&published).into_iter().filter(|(state, _)| state == "contested").collect();
    assert!(!contested.is_empty() && contested.len() <= 10, "{}", contested.len());
    assert!(contested[0].1.contains("1000 entities have this name"), "{contested:?}");
    let manifest: Value = serde_json::from_str(&published.text("manifest.json")).expect("JSON");
    assert!(manifest["comparisons"]["lost_pairs"].as_u64() >= Some(499_500), "{}", manifest["comparisons"]);
}

#[test]
fn actors_are_joined_by_lists_and_people_only() {
    let actor = |number: u32, name: &str, alias: &str| {
        format!(
            r#"{{"type":"threat-actor","id":"threat-actor--00000000-0000-4000-8000-{number:012}","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z","name":"{name}","aliases":["{alias}"]}}"#
        )
    };
    let deployment = Deployment::new("");
    let inputs: Vec<String> =
        [(1, "Grey Heron", "Team 41"), (2, "Grey Heron", "Ash Crew"), (3, "Moss Wren", "Ash Crew")]
            .map(|(number, name, alias)| {
                let path = format!("in/source-{number}/actor.json");
                named(&format!("source-{number}"), deployment.write(&path, actor(number, name, alias)))
            })
            .to_vec();
    deployment.run(RUN, &inputs).ends_with(0);
    assert_eq!(entities(&deployment.published(RUN)).len(), 3);
    let pairs = waiting(&deployment);
    assert!(pairs.iter().any(|pair| pair["labels"] == json!(["Grey Heron", "Grey Heron"])), "{pairs:?}");
}
