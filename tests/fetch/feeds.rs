//! MISP feeds: the manifest decides which events are downloaded, and nothing else is requested.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use araneus::fetch::{FetchError, RemoteKind};
use serde_json::{Value, json};

use crate::{place::Place, server::answer};

const LATER: &str = "2026-04-01T00:00:00Z";

fn uuid(number: u32) -> String {
    format!("5b000000-0000-4000-8000-{number:012}")
}

/// Events by number, with their timestamps; `None` for an event without a file.
type Feed = Arc<Mutex<BTreeMap<u32, (u32, Option<String>)>>>;

fn place(feed: &Feed) -> Place {
    let of_server = Arc::clone(feed);
    Place::new(RemoteKind::MispFeed, "/feed/", move |request, to| {
        let feed = of_server.lock().expect("no panic");
        if request.path() == "/feed/manifest.json" {
            let entry = |(number, (timestamp, _)): (&u32, &(u32, Option<String>))| {
                (uuid(*number), json!({ "info": "Reeds", "timestamp": timestamp.to_string() }))
            };
            let manifest: BTreeMap<String, Value> = feed.iter().map(entry).collect();
            return answer(to, 200, &[], json!(manifest).to_string());
        }
        let event =
            feed.iter().find(|(number, _)| request.path() == format!("/feed/{}.json", uuid(**number)));
        match event {
            Some((_, (_, Some(text)))) => answer(to, 200, &[], text),
            _ => answer(to, 404, &[], ""),
        }
    })
}

fn event(number: u32, info: &str) -> String {
    json!({ "Event": { "uuid": uuid(number), "info": info, "date": "2026-01-01" } }).to_string()
}

fn feed_of(numbers: &[u32]) -> Feed {
    Arc::new(Mutex::new(
        numbers.iter().map(|number| (*number, (100, Some(event(*number, "first"))))).collect(),
    ))
}

#[test]
fn only_new_and_changed_events_are_downloaded_and_deleted_ones_leave_the_snapshot() {
    let feed = feed_of(&[1, 2, 3]);
    let place = place(&feed).snapshot();
    assert_eq!(place.fetch_whole().fetched.pages, 3);
    assert_eq!(place.fetch_whole().fetched.pages, 0);
    assert_eq!(place.read(LATER).0.len(), 3);
    {
        let mut feed = feed.lock().expect("no panic");
        feed.remove(&1);
        feed.insert(2, (101, Some(event(2, "second"))));
        feed.insert(4, (100, Some(event(4, "first"))));
    }
    assert_eq!(place.fetch_whole().fetched.pages, 2);
    let (texts, failure) = place.read(LATER);
    let has = |number: u32, info: &str| {
        texts.iter().any(|text| text.contains(&uuid(number)) && text.contains(info))
    };
    assert_eq!((texts.len(), failure), (3, None));
    assert!(has(2, "second") && has(3, "first") && has(4, "first") && !has(1, ""));
    place.fetch_whole();
    assert_eq!(place.stored().len(), 3, "the files of events that left are removed");
}

#[test]
fn an_increment_reads_each_event_once() {
    let feed = feed_of(&[1, 2]);
    let mut place = place(&feed);
    place.fetch_whole();
    assert_eq!(place.run("2026-04-01T00:00:00Z").len(), 2);
    feed.lock().expect("no panic").insert(3, (100, Some(event(3, "first"))));
    place.fetch_whole();
    assert_eq!(place.run("2026-04-02T00:00:00Z").len(), 1);
    // The files of the first run are removed; its events are still known.
    assert_eq!(place.fetch_whole().fetched.pages, 0);
    assert_eq!(place.stored().len(), 1);
    assert_eq!(place.fetch_whole().fetched.pages, 0);
}

#[test]
fn an_event_without_a_file_makes_the_feed_incomplete_and_the_others_are_read() {
    let feed = feed_of(&[1, 2, 3]);
    feed.lock().expect("no panic").insert(2, (100, None));
    let place = place(&feed).snapshot();
    assert!(matches!(place.failure(), FetchError::MissingEvents { missing: 1, listed: 3 }));
    let (texts, failure) = place.read(LATER);
    assert_eq!((texts.len(), failure.is_some()), (2, true));
    feed.lock().expect("no panic").insert(2, (100, Some(event(2, "late"))));
    assert_eq!(place.fetch_whole().fetched.pages, 1);
    assert_eq!((place.read(LATER).0.len(), place.read(LATER).1), (3, None));
}

#[test]
fn an_event_of_another_uuid_and_a_manifest_with_paths_are_rejected() {
    let feed = feed_of(&[1]);
    feed.lock().expect("no panic").insert(1, (100, Some(event(2, "another"))));
    assert!(matches!(place(&feed).failure(), FetchError::MissingEvents { .. }));
    for manifest in [
        r#"{"../../etc/passwd":{"timestamp":"1"}}"#,
        r#"{"https://other.test/a":{"timestamp":"1"}}"#,
        r#"{"5b000000-0000-4000-8000-000000000001":{"timestamp":"../1"}}"#,
        r#"{"5b000000-0000-4000-8000-000000000001":{}}"#,
        "[]",
    ] {
        let place = Place::new(RemoteKind::MispFeed, "/feed/", move |_, to| answer(to, 200, &[], manifest));
        assert!(matches!(place.failure(), FetchError::Content(_)), "{manifest}");
        assert_eq!(place.server.targets(), ["/feed/manifest.json"], "{manifest}");
    }
}
