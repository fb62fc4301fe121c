//! Collections of TAXII 2.1: paging, positions, and continuation after a cut.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use araneus::fetch::{FetchError, RemoteKind};

use crate::{
    place::{Place, objects_of},
    server::answer,
    taxii_server::{Collection, Paging, stix},
};

const LATER: &str = "2026-04-01T00:00:00Z";

/// Creates a source for a collection that the test can change.
fn place(collection: Collection, path: &str) -> (Place, Arc<Mutex<Collection>>) {
    let shared = Arc::new(Mutex::new(collection));
    let of_server = Arc::clone(&shared);
    let place = Place::new(Place::taxii(), path, move |request, to| {
        of_server.lock().expect("no panic").answer(request, to)
    });
    (place, shared)
}

#[test]
fn a_collection_is_found_from_discovery_and_from_its_root() {
    for path in ["/taxii2/", "/taxii2", "/api1/", "/api1"] {
        let (place, collection) = place(Collection::of(10), path);
        let result = place.fetch_whole();
        let (pages, failure) = place.read(LATER);
        assert_eq!((result.fetched.pages, result.fetched.objects, failure), (3, 10, None), "{path}");
        assert_eq!(objects_of(&pages), collection.lock().expect("no panic").ids(), "{path}");
    }
}

#[test]
fn every_kind_of_paging_reads_all_objects_also_those_added_at_one_time() {
    for paging in [Paging::Token, Paging::Time, Paging::TokenOnly] {
        for size in [4, 5, 7] {
            let (place, collection) =
                place(Collection { page: size, paging, ..Collection::of(31) }, "/api1/");
            place.fetch_whole();
            let (pages, failure) = place.read(LATER);
            assert_eq!(objects_of(&pages), collection.lock().expect("no panic").ids());
            assert_eq!(failure, None);
        }
    }
}

#[test]
fn an_increment_begins_where_the_last_one_ended_and_reads_equal_times_again() {
    let (mut place, collection) = place(Collection::of(10), "/api1/");
    place.fetch_whole();
    assert_eq!(objects_of(&place.run("2026-04-01T00:00:00Z")).len(), 10);
    // An object is added at the time of the last one, and another one later; one has a second version.
    {
        let mut collection = collection.lock().expect("no panic");
        let last = collection.objects[9].0;
        collection.objects.push((last, stix(10, "2026-01-01T00:00:00.000Z")));
        let later = araneus::time::Moment::from_micros(last.micros() + 5);
        collection.objects.push((later, stix(0, "2026-02-01T00:00:00.000Z")));
    }
    let result = place.fetch_whole();
    assert_eq!(result.fetched.objects, 3, "the last one again, and two new ones");
    let news = objects_of(&place.run("2026-04-02T00:00:00Z"));
    assert!(
        news.iter().any(|(id, _)| id.ends_with("010"))
            && news.iter().any(|(_, modified)| modified.starts_with("2026-02"))
    );
    // Nothing new: nothing is stored but what has that time.
    let result = place.fetch_whole();
    assert_eq!(result.fetched.objects, 1);
    assert!(place.server.targets().last().expect("requests").contains("added_after="));
}

#[test]
fn files_that_a_run_before_the_newest_has_read_are_removed() {
    let (mut place, _) = place(Collection::of(10), "/api1/");
    place.fetch_whole();
    place.run("2026-04-01T00:00:00Z");
    place.fetch_whole();
    assert_eq!(place.stored().len(), 4, "the newest run can be taken back");
    place.run("2026-04-02T00:00:00Z");
    place.fetch_whole();
    assert_eq!(place.stored().len(), 2, "{:?}", place.stored());
    // The newest run was taken back: its page is read again.
    place.runs.pop();
    assert_eq!(place.read("2026-04-03T00:00:00Z").0.len(), 2);
}

#[test]
fn a_snapshot_replaces_the_last_one_only_when_it_is_complete() {
    let failing = Arc::new(AtomicUsize::new(usize::MAX));
    let collection = Arc::new(Mutex::new(Collection::of(10)));
    let (of_server, fails) = (Arc::clone(&collection), Arc::clone(&failing));
    let mut place = Place::new(Place::taxii(), "/api1/", move |request, to| {
        if request.path().ends_with("/objects/") && fails.fetch_sub(1, Ordering::Relaxed) == 0 {
            return answer(to, 500, &[], "");
        }
        of_server.lock().expect("no panic").answer(request, to)
    })
    .snapshot();
    place.fetch_whole();
    let first = place.read(LATER).0;
    assert_eq!(objects_of(&first).len(), 10);

    // The server fails before the first page: the last snapshot stays, and is not complete.
    failing.store(0, Ordering::Relaxed);
    assert!(matches!(place.failure(), FetchError::Status { status: 500, .. }));
    let (pages, failure) = place.read(LATER);
    assert_eq!((pages, failure.is_some()), (first, true));

    // It fails after one page: that page is read, and is not complete.
    collection.lock().expect("no panic").objects.drain(..2);
    failing.store(1, Ordering::Relaxed);
    place.now = crate::place::time("2026-03-03T00:00:00Z");
    assert!(matches!(place.failure(), FetchError::Status { status: 500, .. }));
    let (pages, failure) = place.read(LATER);
    assert_eq!((pages.len(), objects_of(&pages).len(), failure.is_some()), (1, 4, true));

    // The next fetch continues, and the snapshot is complete.
    failing.store(usize::MAX, Ordering::Relaxed);
    place.fetch_whole();
    let (pages, failure) = place.read(LATER);
    assert_eq!((objects_of(&pages), failure), (collection.lock().expect("no panic").ids(), None));
    // Of three fetches the files of the last two snapshots stay.
    place.fetch_whole();
    place.fetch_whole();
    assert_eq!(place.stored().len(), 2 * 2, "{:?}", place.stored());
}

#[test]
fn a_snapshot_that_is_too_old_begins_anew() {
    let failing = Arc::new(AtomicUsize::new(2));
    let (collection, fails) = (Collection::of(10), Arc::clone(&failing));
    let mut place = Place::new(Place::taxii(), "/api1/", move |request, to| {
        if request.path().ends_with("/objects/") && fails.fetch_sub(1, Ordering::Relaxed) == 0 {
            return answer(to, 500, &[], "");
        }
        collection.answer(request, to)
    })
    .snapshot();
    place.failure();
    assert_eq!(place.read(LATER).0.len(), 2);
    failing.store(usize::MAX, Ordering::Relaxed);
    place.now = crate::place::time("2026-03-09T00:00:00Z");
    assert_eq!(place.fetch_whole().fetched.pages, 3);
}

#[test]
fn a_forgotten_token_begins_anew() {
    let failing = Arc::new(AtomicUsize::new(2));
    let (collection, fails) =
        (Collection { paging: Paging::TokenOnly, ..Collection::of(10) }, Arc::clone(&failing));
    let place = Place::new(Place::taxii(), "/api1/", move |request, to| {
        let left = fails.load(Ordering::Relaxed);
        if request.path().ends_with("/objects/") && left < 3 {
            fails.fetch_sub(1, Ordering::Relaxed);
            if left == 0 {
                fails.store(10, Ordering::Relaxed);
                return answer(to, 500, &[], "");
            }
        }
        // After the failure the server knows no token of before.
        if left == 10 && request.parameter("next").is_some() {
            fails.store(11, Ordering::Relaxed);
            return answer(to, 400, &[], "");
        }
        collection.answer(request, to)
    });
    place.failure();
    let result = place.fetch_whole();
    assert_eq!(result.fetched.pages, 3);
    assert_eq!(objects_of(&place.read(LATER).0).len(), 10);
}

#[test]
fn a_token_that_is_forgotten_between_two_pages_is_replaced_by_a_time() {
    let (requests, collection) = (AtomicUsize::new(0), Collection::of(31));
    let place = Place::new(Place::taxii(), "/api1/", move |request, to| {
        // Each token is valid for two requests.
        let has_token = request.parameter("next").is_some();
        if has_token && requests.fetch_add(1, Ordering::Relaxed) % 3 == 2 {
            return answer(to, 400, &[], "");
        }
        collection.answer(request, to)
    });
    place.fetch_whole();
    assert_eq!(objects_of(&place.read(LATER).0).len(), 31);
    let times = place.server.targets().iter().filter(|target| target.contains("added_after")).count();
    assert!(times > 2, "{times}");
    // Without an earlier time there is no progress, and the fetch ends.
    let collection = Collection { page: 2, ..Collection::of(6) };
    let place = Place::new(Place::taxii(), "/api1/", move |request, to| {
        if request.parameter("next").is_some() {
            answer(to, 400, &[], "")
        } else {
            collection.answer(request, to)
        }
    });
    assert!(matches!(place.failure(), FetchError::Status { status: 400, .. }));
}

#[test]
fn a_collection_must_exist_and_be_readable() {
    for (name, is_expected) in [
        ("closed", (|error| matches!(error, FetchError::NotReadable)) as fn(&FetchError) -> bool),
        ("absent", |error| matches!(error, FetchError::NoCollection)),
        ("../../secret", |error| matches!(error, FetchError::NoCollection)),
    ] {
        let kind = RemoteKind::Taxii { collection: name.to_owned() };
        let collection = Collection::of(1);
        let place = Place::new(kind, "/taxii2/", move |request, to| collection.answer(request, to));
        let error = place.failure();
        assert!(is_expected(&error), "{name}: {error}");
        assert!(place.server.targets().iter().all(|target| !target.contains("/secret")), "{name}");
    }
}

#[test]
fn an_api_root_at_another_host_is_not_requested() {
    let other = Arc::new(AtomicUsize::new(0));
    let asked = Arc::clone(&other);
    let elsewhere = Place::new(RemoteKind::File, "/", move |_, to| {
        asked.fetch_add(1, Ordering::Relaxed);
        answer(to, 200, &[], "")
    });
    let root = format!("https://feeds.test:{}/api1/", elsewhere.server.port);
    let place = Place::new(Place::taxii(), "/taxii2/", move |_, to| -> io::Result<()> {
        crate::taxii_server::document(to, &serde_json::json!({ "title": "Server", "api_roots": [root] }))
    });
    assert!(matches!(place.failure(), FetchError::OtherRoot));
    assert_eq!(other.load(Ordering::Relaxed), 0);
}
