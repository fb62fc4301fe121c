//! Single files over HTTPS: conditional requests, redirects and credentials.

use std::{
    io::Write as _,
    sync::{Arc, Mutex},
};

use araneus::fetch::{Credentials, FetchError, RemoteKind};

use crate::{place::Place, server::answer};

const LATER: &str = "2026-04-01T00:00:00Z";

#[test]
fn a_file_is_downloaded_again_only_if_it_changed() {
    let content = Arc::new(Mutex::new(("v1".to_owned(), "first".to_owned())));
    let of_server = Arc::clone(&content);
    let place = Place::new(RemoteKind::File, "/list.json", move |request, to| {
        let (tag, text) = of_server.lock().expect("no panic").clone();
        if request.header("if-none-match") == tag {
            return answer(to, 304, &[("etag", &tag)], "");
        }
        answer(to, 200, &[("etag", &tag), ("last-modified", "Sun, 01 Feb 2026 00:00:00 GMT")], text)
    })
    .snapshot();
    assert_eq!(place.fetch_whole().fetched.pages, 1);
    assert_eq!(place.fetch_whole().fetched.pages, 0, "not modified");
    assert_eq!(place.read(LATER), (vec!["first".to_owned()], None));
    let requests = place.server.requests.lock().expect("no panic").clone();
    assert_eq!(requests[0].header("if-none-match"), "");
    assert_eq!(requests[1].header("if-modified-since"), "Sun, 01 Feb 2026 00:00:00 GMT");
    *content.lock().expect("no panic") = ("v2".to_owned(), "second".to_owned());
    assert_eq!(place.fetch_whole().fetched.pages, 1);
    assert_eq!(place.read(LATER).0, ["second"]);
    // Another tag of the same content is no new delivery.
    content.lock().expect("no panic").0 = "v3".to_owned();
    assert_eq!(place.fetch_whole().fetched.pages, 0);
    assert_eq!(place.stored().len(), 1);
}

#[test]
fn a_compressed_transfer_is_stored_unpacked_and_a_packed_file_as_it_is() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(b"[1,2,3]").expect("written");
    let packed = packed.finish().expect("packed");
    let place = Place::new(RemoteKind::File, "/list.json", move |_, to| {
        answer(to, 200, &[("content-encoding", "gzip")], &packed)
    });
    place.fetch_whole();
    assert_eq!(place.read(LATER).0, ["[1,2,3]"]);
}

#[test]
fn a_redirect_within_the_origin_is_followed() {
    let place = Place::new(RemoteKind::File, "/a", |request, to| match request.path() {
        "/a" => answer(to, 301, &[("location", "/b")], ""),
        "/b" => answer(to, 302, &[("location", "c?x=1")], ""),
        _ => answer(to, 200, &[], "found"),
    });
    place.fetch_whole();
    assert_eq!(place.server.targets(), ["/a", "/b", "/c?x=1"]);
    assert_eq!(place.read(LATER).0, ["found"]);
}

#[test]
fn credentials_are_sent_to_the_source_and_wrong_ones_are_an_error() {
    let mut place = Place::new(RemoteKind::File, "/list.json", |request, to| {
        let is_right = request.header("authorization") == "Basic YW5hOnNlY3JldA==";
        answer(to, if is_right { 200 } else { 401 }, &[], "text")
    });
    assert!(matches!(place.failure(), FetchError::Status { status: 401, .. }));
    let path = place.folder.path().join("user");
    std::fs::write(&path, "ana:secret\n").expect("written");
    place.remote.credentials = Some(Credentials::UserFile(path));
    place.fetch_whole();
}

#[test]
fn another_place_of_the_same_source_begins_anew() {
    let mut place = Place::new(RemoteKind::File, "/a.json", |request, to| {
        assert_eq!(request.header("if-none-match"), "", "the tag belongs to another file");
        answer(to, 200, &[("etag", "\"v1\"")], request.path())
    })
    .snapshot();
    place.fetch_whole();
    place.remote.url = place.remote.url.join("/b.json").expect("an address");
    assert_eq!(place.read(LATER).0, ["/a.json"]);
    place.fetch_whole();
    assert_eq!(place.read(LATER).0, ["/b.json"]);
}
