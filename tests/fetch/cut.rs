//! Connections that end at every byte of a page, and fetches that are killed.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use araneus::fetch::{FetchError, RemoteKind};

use crate::{
    place::{Place, objects_of},
    server::answer_bytes,
    taxii_server::Collection,
};

const LATER: &str = "2026-04-01T00:00:00Z";

/// Answers the second page of a collection up to a byte, and then ends the connection.
fn cut_at(byte: Arc<AtomicUsize>, is_chunked: bool) -> Place {
    let collection = Collection::of(6);
    Place::new(Place::taxii(), "/api1/", move |request, to| {
        let cut = byte.load(Ordering::Relaxed);
        if !request.path().ends_with("/objects/") || request.parameter("next").is_none() {
            return collection.answer(request, to);
        }
        let mut whole = Vec::new();
        collection.answer(request, &mut whole)?;
        if is_chunked {
            let text = String::from_utf8(whole).expect("a text");
            let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
            let head: Vec<&str> = head.lines().filter(|line| !line.starts_with("content-length")).collect();
            let chunks = body.as_bytes().chunks(100).map(|chunk| {
                format!("{:x}\r\n{}\r\n", chunk.len(), std::str::from_utf8(chunk).expect("a text"))
            });
            let body: String = chunks.collect();
            whole = format!("{}\r\ntransfer-encoding: chunked\r\n\r\n{body}0\r\n\r\n", head.join("\r\n"))
                .into_bytes();
        }
        if cut >= whole.len() {
            return to.write_all(&whole);
        }
        to.write_all(&whole[..cut])?;
        to.flush()?;
        // Without a farewell of TLS, as a cut cable leaves it.
        Err(std::io::ErrorKind::ConnectionReset.into())
    })
}

#[test]
fn a_page_cut_at_any_byte_is_never_stored_and_no_page_is_lost() {
    for is_chunked in [false, true] {
        let byte = Arc::new(AtomicUsize::new(0));
        let place = cut_at(Arc::clone(&byte), is_chunked);
        let mut cuts = 0;
        loop {
            let result = place.fetch().unwrap_or_else(|error| panic!("{error}"));
            let (pages, failure) = place.read(LATER);
            let objects = objects_of(&pages);
            let Some(error) = result.failure else {
                assert_eq!((objects.len(), failure), (6, None));
                break;
            };
            let is_named = matches!(
                error,
                FetchError::Connection(_)
                    | FetchError::Cut { .. }
                    | FetchError::Protocol(_)
                    | FetchError::NoLength
            );
            assert!(is_named && failure.is_some(), "byte {cuts}: {error:?}");
            assert_eq!(objects.len(), 4, "byte {cuts}: the first page stays");
            cuts += 1;
            byte.store(cuts, Ordering::Relaxed);
            araneus::fetch::forget(place.folder.path(), "feed").expect("removed");
        }
        assert!(cuts > 600, "{cuts}");
    }
}

#[test]
fn a_failure_that_passes_is_tried_again() {
    let failures = Arc::new(AtomicUsize::new(2));
    let count = Arc::clone(&failures);
    let mut place = Place::new(RemoteKind::File, "/list.csv", move |_, to| {
        if count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
            to.write_all(&answer_bytes(200, &[("content-length", "10")], b"a,b"))?;
            return Err(std::io::ErrorKind::ConnectionReset.into());
        }
        to.write_all(&answer_bytes(200, &[], b"a,b\n1,2\n"))
    });
    place.limits.attempts = 3;
    place.fetch_whole();
    let waits: Vec<u64> = place.waits.borrow().iter().map(std::time::Duration::as_secs).collect();
    assert_eq!(waits, [1, 4]);
    assert_eq!(place.read(LATER).0, ["a,b\n1,2\n"]);
}
