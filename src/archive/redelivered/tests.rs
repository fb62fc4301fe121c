//! Random histories: a commit that digests files has the rows, the counts and the reports of a commit that reads them.

use std::{collections::BTreeMap, fmt::Write};

use super::*;
use crate::{
    archive::{Access, prepare_commit},
    ingest::{Ignore, Location},
    random::{self, Stream},
};

const SOURCE: &str = "feed";
const SECOND: i64 = 1_000_000;

/// Returns a random number below a limit.
fn below(random: &mut Stream, limit: u64) -> u64 {
    random::below_u64(random, limit)
}

fn stix(random: &mut Stream) -> String {
    let key = below(random, 6);
    let name = ["\"Reed\"", "\"Sedge\"", "7"][below(random, 8).saturating_sub(5) as usize];
    let modified = ["", ",\"modified\":\"2026-04-02T00:00:00Z\"", ",\"modified\":\"2026-04-03T00:00:00Z\""]
        [below(random, 3) as usize];
    let id = match below(random, 30) {
        0 => String::new(),
        _ => format!("\"id\":\"malware--5b000000-0000-4000-8000-{key:012}\","),
    };
    format!(
        "{{\"type\":\"malware\",{id}\"is_family\":true,\"created\":\"2026-04-01T00:00:00Z\",\"name\":{name}{modified}}}"
    )
}

fn misp(random: &mut Stream) -> String {
    let tag = ["", "{\"name\":\"tlp:amber\"}", "{\"name\":\"tlp:green\"}"][below(random, 3) as usize];
    let event = below(random, 2);
    let mut attributes = String::new();
    for at in 0..=below(random, 3) {
        let (key, value) = (
            below(random, 4),
            ["reed.example", "sedge.example", ""][below(random, 9).saturating_sub(6) as usize],
        );
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(
            attributes,
            "{comma}{{\"uuid\":\"5b000000-0000-4000-8000-10000000000{key}\",\"type\":\"domain\",\"value\":\"{value}\",\"timestamp\":\"1700000000\"}}"
        );
    }
    format!(
        "{{\"Event\":{{\"uuid\":\"5b000000-0000-4000-8000-00000000000{event}\",\"info\":\"Rush {}\",\"date\":\"2026-04-0{}\",\"Tag\":[{tag}],\"Attribute\":[{attributes}]}}}}",
        below(random, 2),
        1 + below(random, 2),
    )
}

/// Returns the bytes of a random file of one or two objects.
fn file(random: &mut Stream) -> Vec<u8> {
    let count = 1 + below(random, 3);
    let objects = |random: &mut Stream, object: fn(&mut Stream) -> String| {
        (0..count).map(|_| object(random)).collect::<Vec<String>>().join(",")
    };
    match below(random, 12) {
        0 => b"{\"objects\":[".to_vec(),
        1 => format!("{{\"more\":true,\"objects\":[{}]}}", objects(random, stix)).into_bytes(),
        2..6 => format!("{{\"response\":[{}]}}", objects(random, misp)).into_bytes(),
        _ => format!("{{\"type\":\"bundle\",\"objects\":[{}]}}", objects(random, stix)).into_bytes(),
    }
}

fn inputs(random: &mut Stream, files: &mut Vec<Vec<u8>>) -> Vec<Input> {
    let mut inputs = Vec::new();
    for at in 0..=below(random, 2) {
        if files.len() < 2 || below(random, 6) == 0 {
            files.push(file(random));
        }
        let known = below(random, files.len() as u64) as usize;
        let path = format!("feed/{}-{at}.json", below(random, 3));
        inputs.push(Input {
            source: SOURCE.to_owned(),
            path,
            location: Location::Bytes(files[known].clone()),
            pseudonyms: None,
        });
    }
    if below(random, 4) == 0 {
        let location = Location::Ignored { could_hold_objects: below(random, 3) == 0 };
        inputs.push(Input {
            source: SOURCE.to_owned(),
            path: "feed/notes.txt".to_owned(),
            location,
            pseudonyms: None,
        });
    }
    inputs.sort();
    inputs
}

/// Runs a random history, and returns how many of its runs were digested only.
fn history(seed: u64) -> usize {
    let random = &mut random::open(seed, 0);
    let folder = tempfile::tempdir().expect("a folder");
    let mut archive = Archive::open(folder.path(), Access::Write).expect("an archive");
    let usual_mode = [Mode::Snapshot, Mode::Increment][below(random, 2) as usize];
    let mut files = Vec::new();
    let mut last = Vec::new();
    let (mut now, mut digested) = (1_780_000_000 * SECOND, 0);
    for _ in 0..12 {
        now += [1, 1, 1, 1, 1, 1, 0, -1][below(random, 8) as usize] * SECOND;
        let run = Moment::from_micros(now);
        let mode = if below(random, 10) == 0 { Mode::Increment } else { usual_mode };
        let source = SourceDelivery {
            mode,
            has_object_times: below(random, 12) == 0,
            is_complete: below(random, 8) != 0,
        };
        let sources = BTreeMap::from([(SOURCE.to_owned(), source)]);
        let inputs = if below(random, 2) == 0 { last } else { inputs(random, &mut files) };
        let contents = archive.read().expect("an archive");
        let redelivered =
            archive.redelivered(&contents, &inputs, (&sources, &Mappings::new()), run).expect("an archive");
        let read = prepare_commit(&contents, &ingest::read(&inputs, &|_| {}), &sources, run);
        if redelivered.has(SOURCE) {
            digested += 1;
            let mut commit = Commit::default();
            redelivered.add_to(&mut commit, &contents, run);
            assert_eq!(format!("{commit:#?}"), format!("{read:#?}"), "history {seed}");
        }
        archive.commit(run, serde_json::Value::Null, None, &read).expect("commits");
        last = inputs;
    }
    digested
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a long run is asked for by hand")]
fn files_that_are_only_digested_give_the_commit_of_reading_them() {
    let histories = std::env::var("ARANEUS_REDELIVERIES").ok().and_then(|text| text.parse().ok());
    let digested: usize = (0..histories.unwrap_or(200)).map(history).sum();
    assert!(digested > 100, "{digested}");
}

#[test]
fn a_changed_file_of_the_same_size_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut archive = Archive::open(folder.path(), Access::Write).expect("an archive");
    let path = folder.path().join("a.json");
    let input = Input {
        source: SOURCE.to_owned(),
        path: "feed/a.json".to_owned(),
        location: Location::File { path: path.clone(), ignore: Ignore::default() },
        pseudonyms: None,
    };
    let source = SourceDelivery { mode: Mode::Snapshot, has_object_times: false, is_complete: true };
    let sources = BTreeMap::from([(SOURCE.to_owned(), source)]);
    let mut is_digested = |text: &str, second: i64| {
        std::fs::write(&path, text).expect("writes");
        let run = Moment::from_micros(second * SECOND);
        let contents = archive.read().expect("an archive");
        let inputs = std::slice::from_ref(&input);
        let found =
            archive.redelivered(&contents, inputs, (&sources, &Mappings::new()), run).expect("an archive");
        let read = prepare_commit(&contents, &ingest::read(inputs, &|_| {}), &sources, run);
        archive.commit(run, serde_json::Value::Null, None, &read).expect("commits");
        found.has(SOURCE)
    };
    let object = r#"{"type":"malware","id":"malware--5b000000-0000-4000-8000-000000000001","name":"Reed","is_family":true}"#;
    let other = object.replace("\"name\":\"Reed\"", "\"name\":\"Rush\"");
    let runs = [object, object, &other, &other, object];
    let digested: Vec<bool> = (1..).zip(runs).map(|(second, text)| is_digested(text, second)).collect();
    assert_eq!(digested, [false, true, false, true, false]);
}
