//! What every world must keep to.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::Value;

use super::{
    Level, World,
    agencies::AGENCIES,
    bulletin::Tie,
    clock::{DAY, NIGHTS, moment},
    plant::{INSTANCES, PATTERNS, TWINS},
    stage::Stage,
    told, world,
    write::planted,
};

fn deliveries(world: &World) -> impl Iterator<Item = (u32, &str, Value)> {
    world.files.iter().filter(|(path, _)| path.starts_with("night-")).map(|(path, content)| {
        let parts: Vec<&str> = path.split('/').collect();
        let night = parts[0]["night-".len()..].parse().expect("a number");
        (night, parts[1], serde_json::from_slice(content).expect("every delivery is JSON"))
    })
}

fn visit<'a>(value: &'a Value, see: &mut impl FnMut(&'a str)) {
    match value {
        Value::String(text) => see(text),
        Value::Array(values) => values.iter().for_each(|value| visit(value, see)),
        Value::Object(members) => members.values().for_each(|value| visit(value, see)),
        _ => {}
    }
}

#[test]
fn one_seed_gives_one_world_and_another_gives_another() {
    assert_eq!(world(3, Level::D2), world(3, Level::D2));
    let (one, other) = (world(1, Level::D1), world(2, Level::D1));
    let same = one.files.iter().filter(|file| file.0.starts_with("night-") && other.files.contains(file));
    assert_eq!(same.count(), 0);
    assert_ne!(one.planted, other.planted);
    assert_ne!(world(1, Level::D2).planted, one.planted);
}

#[test]
fn every_path_is_relative_and_plain_and_stands_once() {
    for level in Level::ALL {
        let world = world(1, level);
        let paths: BTreeSet<&str> = world.files.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths.len(), world.files.len());
        for path in paths {
            assert!(path.split('/').all(|part| !part.is_empty() && !part.starts_with('.')), "{path}");
            assert!(path.chars().all(|c| c.is_ascii_alphanumeric() || "-./_".contains(c)), "{path}");
        }
        for night in &world.nights {
            assert!(world.files.iter().any(|(path, _)| path.starts_with(&format!("{}/", night.folder))));
        }
        assert_eq!(world.nights.len(), NIGHTS as usize);
        assert_eq!(world.nights[0].as_of, "2026-03-01T02:00:00Z");
    }
}

#[test]
fn every_delivery_is_of_its_format() {
    for (_, source, value) in deliveries(&world(2, Level::D4)) {
        match AGENCIES.iter().find(|agency| agency.name == source) {
            Some(agency) if agency.delivery.is_stix() => assert_eq!(value["type"], "bundle"),
            Some(_) => assert!(value["response"].as_array().is_some_and(|events| !events.is_empty())),
            None => assert!(value["values"].as_array().is_some_and(|values| !values.is_empty())),
        }
    }
}

#[test]
fn as_many_are_planted_as_promised() {
    for level in Level::ALL {
        let planted = planted(&told(5, level));
        for (pattern, _) in PATTERNS {
            let of = |benign| {
                planted.iter().filter(move |plant| plant.pattern == pattern && plant.is_benign == benign)
            };
            assert_eq!((of(false).count(), of(true).count()), (INSTANCES, TWINS), "{pattern}");
        }
        for plant in &planted {
            let (first, emerges) = (plant.first_night, plant.emerges_night);
            assert!(8 <= first && first <= emerges && emerges <= NIGHTS, "{plant:?}");
            assert!((1..=3).contains(&plant.anchors.len()), "{plant:?}");
            assert!(plant.anchors.iter().all(|anchor| plant.members.contains(anchor)));
            assert!(plant.members.len() >= 2, "{plant:?}");
        }
    }
}

#[test]
fn what_is_planted_was_delivered_by_the_night_on_which_it_emerges() {
    for (seed, level) in [(1, Level::D1), (2, Level::D2), (3, Level::D4)] {
        let world = world(seed, level);
        let stage = told(seed, level);
        let mut first: BTreeMap<String, u32> = BTreeMap::new();
        for (night, source, value) in deliveries(&world) {
            if !source.ends_with("-book") {
                visit(&value, &mut |text| {
                    first.entry(text.to_owned()).or_insert(night);
                });
            }
        }
        // In MISP a campaign stands within a heading, and a name within a tag.
        let within: Vec<(&String, u32)> = first
            .iter()
            .filter(|(text, _)| text.contains(['(', '"', '|']))
            .map(|(text, at)| (text, *at))
            .collect();
        for plant in &world.planted {
            for member in &plant.members {
                let thing = stage.cast.things.iter().find(|thing| thing.name == *member).expect("a thing");
                let names = thing.names.iter().map(|(_, name)| name).chain([member]);
                let night = names
                    .filter_map(|name| {
                        let inside = within.iter().filter(|(text, _)| text.contains(name)).map(|(_, at)| *at);
                        first.get(name).copied().into_iter().chain(inside).min()
                    })
                    .min();
                assert!(night.is_some_and(|night| night <= plant.emerges_night), "{member} of {plant:?}");
            }
        }
    }
}

#[test]
fn no_id_is_of_two_things() {
    for level in [Level::D2, Level::D4] {
        let mut things: BTreeMap<String, String> = BTreeMap::new();
        for (_, source, value) in deliveries(&world(4, level)) {
            let empty = Vec::new();
            for object in value["objects"].as_array().unwrap_or(&empty) {
                let own =
                    ["name", "value", "pattern", "relationship_type", "source_ref", "target_ref", "hashes"];
                let thing: Vec<String> = own.iter().map(|name| object[*name].to_string()).collect();
                let id = object["id"].as_str().expect("an id").to_owned();
                let thing = format!("{} {}", object["type"], thing.join(" "));
                assert_eq!(*things.entry(id).or_insert_with(|| thing.clone()), thing);
            }
            for event in value["response"].as_array().unwrap_or(&empty) {
                let attributes = event["Event"]["Attribute"].as_array().expect("a list");
                for attribute in attributes.iter().filter(|one| one["uuid"].is_string()) {
                    let thing = format!("{} {}", attribute["type"], attribute["value"]);
                    let id = attribute["uuid"].as_str().expect("just checked").to_owned();
                    if !id.starts_with("00000000") {
                        assert_eq!(*things.entry(id).or_insert_with(|| thing.clone()), thing);
                    }
                }
            }
            for entry in value["values"].as_array().unwrap_or(&empty) {
                let id = entry["uuid"].as_str().expect("a uuid").to_owned();
                let thing = format!("{source} {}", entry["value"]);
                assert_eq!(*things.entry(id).or_insert_with(|| thing.clone()), thing);
            }
        }
        assert!(things.len() > 2_000, "{}", things.len());
    }
}

#[test]
fn nothing_in_it_can_be_reached() {
    let stage = told(6, Level::D3);
    for thing in stage.cast.things.iter().filter(|thing| thing.kind.is_observable()) {
        let name = thing.name.as_str();
        let is_documented = ["192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"]
            .iter()
            .any(|range| name.starts_with(range))
            || [".example", ".test", ".invalid"].iter().any(|ending| name.ends_with(ending))
            || (matches!(name.len(), 40 | 64) && name.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert!(is_documented, "{name}");
    }
    for (_, _, value) in deliveries(&world(6, Level::D3)) {
        visit(&value, &mut |text| {
            let numbers = text
                .split(|c: char| !c.is_ascii_digit() && c != '.')
                .filter(|part| part.split('.').count() == 4);
            for address in numbers.filter(|part| part.split('.').all(|number| number.parse::<u8>().is_ok())) {
                assert!(
                    ["192.0.2.", "198.51.100.", "203.0.113."].iter().any(|range| address.starts_with(range))
                );
            }
        });
    }
}

#[test]
fn nothing_is_told_before_it_happened() {
    let stage = told(7, Level::D3);
    for bulletin in &stage.bulletins {
        assert!(bulletin.created <= moment(bulletin.night), "{bulletin:?}");
        assert!(bulletin.ties.iter().all(|tie| tie.seen < bulletin.created), "{bulletin:?}");
        assert!(bulletin.relays.iter().all(|(_, night)| *night >= bulletin.night && *night <= NIGHTS));
    }
}

#[test]
fn a_sleeper_slept() {
    for seed in 8..14 {
        let stage = told(seed, Level::D3);
        let sleepers: BTreeSet<_> =
            stage.actors.iter().filter(|actor| actor.is_dormant).map(|actor| actor.thing).collect();
        assert!(sleepers.len() >= 10);
        // What is planted and what is taken back may say otherwise.
        let of_life = stage.bulletins.iter().filter(|one| one.plant.is_none() && one.withdrawn.is_none());
        let echoed = |tie: &Tie| {
            let wrong = stage.bulletins.iter().filter(|one| one.withdrawn.is_some());
            wrong.flat_map(|one| &one.ties).any(|other| other.from == tie.from && other.to == tie.to)
        };
        for tie in of_life.flat_map(|one| &one.ties).filter(|tie| tie.seen > moment(1) - 60 * DAY) {
            assert!(
                !sleepers.contains(&tie.from) && !sleepers.contains(&tie.to) || echoed(tie),
                "{seed} {tie:?}"
            );
        }
    }
}

/// What one could read off a plant without looking at the graph, as names and numbers.
fn figures(stage: &Stage, plant: usize) -> Vec<(&'static str, f64)> {
    let told: Vec<_> = stage.bulletins.iter().filter(|bulletin| bulletin.plant == Some(plant)).collect();
    let ties: BTreeSet<_> =
        told.iter().flat_map(|one| &one.ties).map(|tie| (tie.from, tie.relation, tie.to)).collect();
    let things: BTreeSet<_> = ties.iter().flat_map(|(from, _, to)| [*from, *to]).collect();
    let authors: BTreeSet<_> = told.iter().map(|one| one.author).collect();
    let sources: BTreeSet<_> =
        told.iter().flat_map(|one| one.relays.iter().map(|relay| relay.0).chain([one.author])).collect();
    let first = told.iter().map(|one| one.night).min().unwrap_or(1);
    let last = told.iter().map(|one| one.night).max().unwrap_or(1);
    let all = || told.iter().flat_map(|one| one.ties.iter().map(move |tie| (one, tie)));
    let count = all().count().max(1) as f64;
    let fresh = all().filter(|(one, tie)| moment(one.night) - tie.seen < 30 * DAY).count() as f64;
    let hubs =
        all().filter(|(_, tie)| [tie.from, tie.to].iter().any(|end| stage.common.hubs.contains(end))).count();
    let known = stage.bulletins.iter().filter(|one| one.night < first).flat_map(|one| &one.ties);
    let known: BTreeSet<_> = known.flat_map(|tie| [tie.from, tie.to]).collect();
    let reliability = authors.iter().map(|&at| f64::from(b'E' - AGENCIES[at].reliability as u8));
    vec![
        ("night", f64::from(first)),
        ("plant number", plant as f64),
        ("authors", authors.len() as f64),
        ("sources", sources.len() as f64),
        ("bulletins", told.len() as f64),
        ("ties", ties.len() as f64),
        ("things", things.len() as f64),
        ("nights", f64::from(last - first + 1)),
        ("fresh share", fresh / count),
        ("hub share", hubs as f64 / count),
        (
            "share of what is new",
            things.iter().filter(|one| !known.contains(one)).count() as f64 / things.len().max(1) as f64,
        ),
        ("best reliability", reliability.clone().fold(0.0, f64::max)),
        ("sum of reliability", reliability.sum()),
        (
            "confidence",
            told.iter().map(|one| f64::from(one.confidence)).sum::<f64>() / told.len().max(1) as f64,
        ),
        (
            "is in STIX",
            authors.iter().filter(|&&at| AGENCIES[at].delivery.is_stix()).count() as f64
                / authors.len().max(1) as f64,
        ),
        ("has a title", told.iter().filter(|one| one.title.is_some()).count() as f64),
    ]
}

/// How well a figure ranks the true above the false: 0.5 is chance.
fn area(of_true: &[f64], of_false: &[f64]) -> f64 {
    let win = |a: f64, b: f64| match a.total_cmp(&b) {
        Ordering::Greater => 1.0,
        Ordering::Equal => 0.5,
        Ordering::Less => 0.0,
    };
    let wins: f64 = of_true.iter().flat_map(|&a| of_false.iter().map(move |&b| win(a, b))).sum();
    wins / (of_true.len() * of_false.len()) as f64
}

#[test]
fn no_single_figure_tells_a_pattern_from_its_look_alikes() {
    // So many that chance alone stays well within the bounds.
    let stages: Vec<Stage> = (1..=40).map(|seed| told(seed, Level::D2)).collect();
    let mut telling = Vec::new();
    for (pattern, _) in PATTERNS {
        let mut of: BTreeMap<&str, [Vec<f64>; 2]> = BTreeMap::new();
        for stage in &stages {
            for (at, plant) in stage.plants.iter().enumerate().filter(|(_, plant)| plant.pattern == pattern) {
                for (name, value) in figures(stage, at) {
                    of.entry(name).or_default()[usize::from(plant.is_benign)].push(value);
                }
            }
        }
        for (name, [of_true, of_false]) in of {
            let area = area(&of_true, &of_false);
            let must_not_tell = ["night", "plant number", "confidence", "is in STIX"].contains(&name);
            let most = if must_not_tell { 0.65 } else { 0.80 };
            if area > most || area < 1.0 - most {
                telling.push(format!("{pattern}: {name} tells with {area:.2}"));
            }
        }
    }
    assert!(telling.is_empty(), "{telling:#?}");
}

/// Digest of a world's deliveries and truth: every file but the ones written for people, with its path.
fn digest(world: &World) -> String {
    let mut hasher = blake3::Hasher::new();
    for (path, content) in &world.files {
        if path == "README.md" || path == "araneus.toml" {
            continue;
        }
        hasher.update(&(path.len() as u64).to_le_bytes());
        hasher.update(path.as_bytes());
        hasher.update(&(content.len() as u64).to_le_bytes());
        hasher.update(content);
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

#[test]
fn worlds_are_the_same_bytes_in_every_build() {
    let digests =
        [(1, Level::D1), (7, Level::D2), (7, Level::D4)].map(|(seed, level)| digest(&world(seed, level)));
    assert_eq!(
        digests,
        [
            "08acb5b148ae6286110e7cd80fae17d0",
            "4953929292e2c184b6c9ff068148e4b8",
            "b5925cc48ea652cbbc46821f5e38aa49",
        ]
    );
}
