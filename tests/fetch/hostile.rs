//! A hostile server: each kind of attack ends within its limit, with an error of its own, and keeps the good pages.

use std::{io::Write, thread, time::Duration};

use araneus::fetch::{FetchError, RemoteKind};
use serde_json::json;

use crate::{
    place::{Place, objects_of},
    server::{Request, answer, answer_bytes},
    taxii_server::{Collection, MEDIA_TYPE, stix},
};

const LATER: &str = "2026-04-01T00:00:00Z";

/// A file whose answer consists of these bytes.
fn file(bytes: Vec<u8>) -> Place {
    Place::new(RemoteKind::File, "/list.json", move |_, to| to.write_all(&bytes))
}

/// A collection whose first page is good, and whose other pages the handler writes.
fn second_page(
    handler: impl Fn(&Request, &mut dyn Write) -> std::io::Result<()> + Send + Sync + 'static,
) -> Place {
    let collection = Collection::of(10);
    Place::new(Place::taxii(), "/api1/", move |request, to| {
        let is_first = !request.path().ends_with("/objects/") || request.parameter("next").is_none();
        if is_first { collection.answer(request, to) } else { handler(request, to) }
    })
}

/// Fails a collection at its second page, and checks that the first page stays.
#[track_caller]
fn fails_after_first(place: &Place) -> FetchError {
    let error = place.failure();
    let (pages, failure) = place.read(LATER);
    assert!(objects_of(&pages).len() >= 4 && failure.is_some(), "{error}: {} pages", pages.len());
    error
}

/// Waits, as a slow server does.
#[expect(clippy::disallowed_methods, reason = "a slow server waits")]
fn pause(duration: Duration) {
    thread::sleep(duration);
}

#[test]
fn an_endless_body_ends_at_the_limit() {
    let endless = |_: &Request, to: &mut dyn Write| -> std::io::Result<()> {
        to.write_all(
            format!("HTTP/1.1 200 OK\r\ncontent-type: {MEDIA_TYPE}\r\ntransfer-encoding: chunked\r\n\r\n")
                .as_bytes(),
        )?;
        loop {
            to.write_all(b"1000\r\n")?;
            to.write_all(&[b' '; 0x1000])?;
            to.write_all(b"\r\n")?;
        }
    };
    assert!(matches!(fails_after_first(&second_page(endless)), FetchError::TooLarge(1_048_576)));
    let large = file(answer_bytes(200, &[("content-length", "99999999999")], b""));
    assert!(matches!(large.failure(), FetchError::TooLarge(_)));
    assert_eq!(large.stored().len(), 0);
}

#[test]
fn endless_pages_end_at_the_limit() {
    let number = std::sync::atomic::AtomicUsize::new(100);
    let place = second_page(move |_, to| {
        let number = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let object = stix(number, "2026-01-01T00:00:00.000Z");
        let page = json!({ "more": true, "next": number.to_string(), "objects": [object] });
        answer(to, 200, &[("content-type", MEDIA_TYPE)], page.to_string())
    });
    assert!(matches!(fails_after_first(&place), FetchError::TooManyPages(50)));
    assert_eq!(place.stored().len(), 50);
}

#[test]
fn many_bytes_end_at_the_limit() {
    let number = std::sync::atomic::AtomicUsize::new(0);
    let mut place = second_page(move |_, to| {
        let number = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut object = stix(number, "2026-01-01T00:00:00.000Z");
        object["description"] = json!("x".repeat(10_000));
        let page = json!({ "more": true, "next": number.to_string(), "objects": [object] });
        answer(to, 200, &[("content-type", MEDIA_TYPE)], page.to_string())
    });
    place.limits.total = 100_000;
    assert!(matches!(fails_after_first(&place), FetchError::TooManyBytes(100_000)));
}

#[test]
fn a_next_that_repeats_ends_with_an_error() {
    let place = second_page(|_, to| {
        let object = stix(50, "2026-01-01T00:00:00.000Z");
        let page = json!({ "more": true, "next": "again", "objects": [object] });
        answer(to, 200, &[("content-type", MEDIA_TYPE)], page.to_string())
    });
    assert!(matches!(fails_after_first(&place), FetchError::Repeats));
    assert_eq!(place.stored().len(), 2);
    let place = second_page(|_, to| {
        let page = json!({ "more": true, "objects": [stix(50, "2026-01-01T00:00:00.000Z")] });
        answer(to, 200, &[("content-type", MEDIA_TYPE)], page.to_string())
    });
    assert!(matches!(fails_after_first(&place), FetchError::NoNext));
}

#[test]
fn slow_headers_and_a_slow_body_end_at_their_times() {
    let drip = |to: &mut dyn Write, text: &[u8]| -> std::io::Result<()> {
        for byte in text.iter().cycle() {
            to.write_all(&[*byte])?;
            to.flush()?;
            pause(Duration::from_millis(10));
        }
        Ok(())
    };
    let mut place = second_page(move |_, to| drip(to, b"x-slow: 1\r\n"));
    place.limits.answer = Duration::from_millis(700);
    let error = place.failure();
    assert!(matches!(error, FetchError::TimedOut(_) | FetchError::Protocol(_)), "{error:?}");

    let mut place = Place::new(RemoteKind::File, "/list.json", move |_, to| {
        to.write_all(b"HTTP/1.1 200 OK\r\n")?;
        drip(to, b"x-slow: 1\r\n")
    });
    place.limits.answer = Duration::from_millis(700);
    let error = place.failure();
    assert!(matches!(error, FetchError::TimedOut("the headers of an answer")), "{error:?}");

    let mut place = Place::new(RemoteKind::File, "/list.json", move |_, to| {
        to.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")?;
        drip(to, b" ")
    });
    place.limits.transfer = Duration::from_millis(700);
    let error = place.failure();
    assert!(matches!(error, FetchError::TimedOut("the body of an answer")), "{error:?}");
    assert_eq!(place.stored().len(), 0);

    // A server that accepts the connection and sends nothing.
    let mut place = Place::new(RemoteKind::File, "/list.json", |_, _| {
        pause(Duration::from_secs(5));
        Ok(())
    });
    place.limits.answer = Duration::from_millis(500);
    assert!(matches!(place.failure(), FetchError::TimedOut(_)));
}

#[test]
fn headers_without_end_end_at_the_limit() {
    let mut place = Place::new(RemoteKind::File, "/list.json", |_, to| {
        to.write_all(b"HTTP/1.1 200 OK\r\n")?;
        loop {
            to.write_all(format!("x-large: {}\r\n", "x".repeat(4_000)).as_bytes())?;
        }
    });
    place.limits.headers = 16 << 10;
    let error = place.failure();
    assert!(matches!(error, FetchError::HeadersTooLarge(_) | FetchError::Protocol(_)), "{error:?}");
}

#[test]
fn redirects_to_other_places_and_in_circles_are_not_followed() {
    let other = Place::new(RemoteKind::File, "/", |_, to| answer(to, 200, &[], "secret"));
    let elsewhere = other.server.port;
    let places = [
        format!("https://feeds.test:{elsewhere}/"),
        "https://other.test/".to_owned(),
        "//other.test/".to_owned(),
        "file:///etc/passwd".to_owned(),
    ];
    for place in places {
        let source =
            Place::new(RemoteKind::File, "/a", move |_, to| answer(to, 302, &[("location", &place)], ""));
        assert!(matches!(source.failure(), FetchError::OtherOrigin));
    }
    assert_eq!(other.server.targets(), Vec::<String>::new());
    let plain = Place::new(RemoteKind::File, "/a", |request, to| {
        let place = format!("http://{}/a", request.header("host"));
        answer(to, 302, &[("location", &place)], "")
    });
    assert!(matches!(plain.failure(), FetchError::OtherOrigin));
    let circle = Place::new(RemoteKind::File, "/a", |_, to| answer(to, 307, &[("location", "/a")], ""));
    assert!(matches!(circle.failure(), FetchError::Redirects(5)));
    assert_eq!(circle.server.targets().len(), 6);
    let nowhere = Place::new(RemoteKind::File, "/a", |_, to| answer(to, 302, &[], ""));
    assert!(matches!(nowhere.failure(), FetchError::RedirectAddress));
}

#[test]
fn wrong_lengths_are_errors() {
    let place = file(answer_bytes(200, &[("content-length", "100")], b"short"));
    assert!(matches!(place.failure(), FetchError::Cut { received: 5, announced: 100 }));
    for length in ["-1", "many", "1, 2", "99999999999999999999999"] {
        let place = file(answer_bytes(200, &[("content-length", length)], b"short"));
        let error = place.failure();
        assert!(matches!(error, FetchError::Protocol(_)), "{length}: {error:?}");
    }
    let place = file(b"HTTP/1.1 200 OK\r\n\r\n[]".to_vec());
    assert!(matches!(place.failure(), FetchError::NoLength));
    // A length that is too small leaves half a page, which is not JSON.
    let place = second_page(|_, to| {
        answer(to, 200, &[("content-type", MEDIA_TYPE), ("content-length", "12")], r#"{"objects": [{}]}"#)
    });
    assert!(matches!(fails_after_first(&place), FetchError::Json { .. }));
    let place = file(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n".to_vec());
    let error = place.failure();
    assert!(matches!(error, FetchError::Protocol(_) | FetchError::Connection(_)), "{error:?}");
    let place = file(b"\x00\x01\x02 not http at all\r\n\r\n".to_vec());
    let error = place.failure();
    assert!(matches!(error, FetchError::Protocol(_)), "{error:?}");
}

#[test]
fn compressed_bodies_have_limits_and_must_be_whole() {
    let pack = |bytes: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(bytes).expect("written");
        packed.finish().expect("packed")
    };
    let gzip: &[(&str, &str)] = &[("content-encoding", "gzip")];
    let mut bomb = file(answer_bytes(200, gzip, &pack(&vec![b' '; 64 << 20])));
    assert!(matches!(bomb.failure(), FetchError::TooLarge(1_048_576)));
    bomb.limits.body = 1 << 30;
    bomb.limits.ratio = 500;
    assert!(matches!(bomb.failure(), FetchError::Ratio(500)));
    let small = pack(&b"0123456789abcdef".repeat(99));
    for cut in [0, 5, 12, small.len() - 1] {
        let error = file(answer_bytes(200, gzip, &small[..cut])).failure();
        assert!(matches!(error, FetchError::Compression), "{cut}: {error:?}");
    }
    let announced = small.len().to_string();
    let headers = [gzip[0], ("content-length", announced.as_str())];
    let error = file(answer_bytes(200, &headers, &small[..20])).failure();
    assert!(matches!(error, FetchError::Cut { received: 20, .. }), "{error:?}");
    let mut damaged = small.clone();
    damaged[small.len() - 6] ^= 1;
    assert!(matches!(file(answer_bytes(200, gzip, &damaged)).failure(), FetchError::Compression));
    let other = file(answer_bytes(200, &[("content-encoding", "br")], b"x")).failure();
    assert!(matches!(other, FetchError::Encoding));
}

#[test]
fn a_certificate_must_be_valid_for_the_name_and_the_time() {
    for (name, until, reason) in
        [("other.test", 2100, "it belongs to another name"), ("feeds.test", 2021, "it has expired")]
    {
        let place =
            Place::with_certificate(RemoteKind::File, "/a", (name, until), |_, to| answer(to, 200, &[], "x"));
        let error = place.failure();
        assert!(matches!(&error, FetchError::Certificate(text) if text == reason), "{error:?}");
        assert_eq!(place.server.targets(), Vec::<String>::new(), "nothing was sent");
    }
    // The authority is another one.
    let mut place = Place::new(RemoteKind::File, "/a", |_, to| answer(to, 200, &[], "x"));
    let other = Place::new(RemoteKind::File, "/a", |_, to| answer(to, 200, &[], "x"));
    place.remote.ca.clone_from(&other.remote.ca);
    let error = place.failure();
    assert!(matches!(&error, FetchError::Certificate(text) if text.contains("issuer")), "{error:?}");
    assert_eq!(place.server.targets(), Vec::<String>::new(), "nothing was sent");
}

#[test]
fn a_wait_has_a_limit() {
    let mut place =
        Place::new(RemoteKind::File, "/a", |_, to| answer(to, 429, &[("retry-after", "86400")], ""));
    place.limits.attempts = 4;
    assert!(matches!(place.failure(), FetchError::WaitTooLong { .. }));
    assert_eq!(place.waits.borrow().len(), 0);

    let mut place = Place::new(RemoteKind::File, "/a", |_, to| answer(to, 503, &[("retry-after", "7")], ""));
    place.limits.attempts = 4;
    assert!(matches!(place.failure(), FetchError::Status { status: 503, .. }));
    assert_eq!(place.waits.borrow().iter().map(Duration::as_secs).collect::<Vec<_>>(), [7, 7, 7]);

    let date = "Sun, 01 Mar 2026 00:00:09 GMT";
    let mut place =
        Place::new(RemoteKind::File, "/a", move |_, to| answer(to, 503, &[("retry-after", date)], ""));
    place.limits.attempts = 2;
    place.failure();
    assert_eq!(place.waits.borrow().iter().map(Duration::as_secs).collect::<Vec<_>>(), [9]);
}

#[test]
fn each_status_has_its_meaning_and_is_tried_once() {
    for (status, text) in [
        (401, "credentials"),
        (403, "may not read"),
        (404, "nothing"),
        (406, "TAXII 2.1"),
        (416, "range"),
        (418, "request"),
    ] {
        let mut place = file(answer_bytes(status, &[], b"not for people"));
        place.limits.attempts = 4;
        let error = place.failure();
        let message = error.to_string();
        assert!(message.contains(text) && message.contains(&status.to_string()), "{message}");
        assert!(!message.contains("not for people"));
        assert_eq!(place.waits.borrow().len(), 0, "{status}");
    }
    let place = second_page(|_, to| answer(to, 401, &[], ""));
    assert!(matches!(fails_after_first(&place), FetchError::Status { status: 401, .. }));
    assert!(matches!(file(answer_bytes(304, &[], b"")).failure(), FetchError::Status { status: 304, .. }));
    assert!(matches!(file(answer_bytes(204, &[], b"")).failure(), FetchError::Status { status: 204, .. }));
}

#[test]
fn another_media_type_and_other_content_are_rejected() {
    let page = r#"{"objects":[]}"#;
    for media_type in ["text/html", "application/json", "", "application/stix+json"] {
        let place = second_page(move |_, to| answer(to, 200, &[("content-type", media_type)], page));
        assert!(matches!(fails_after_first(&place), FetchError::MediaType(_)), "{media_type}");
    }
    let place = second_page(move |_, to| {
        answer(to, 200, &[("content-type", "application/TAXII+json; version=2.1; charset=utf-8")], page)
    });
    place.fetch_whole();
    let taxii: &[(&str, &str)] = &[("content-type", MEDIA_TYPE)];
    for body in ["<html>", "", "{\"objects\":[", "{\"objects\":[]} x", "\u{feff}{}"] {
        let place = second_page(move |_, to| answer(to, 200, taxii, body));
        let error = fails_after_first(&place);
        assert!(matches!(error, FetchError::Json { .. }), "{body}: {error:?}");
    }
    for body in ["[]", "7", r#"{"objects":7}"#, r#"{"title":"Error"}"#, r#"{"more":"yes"}"#] {
        let place = second_page(move |_, to| answer(to, 200, taxii, body));
        let error = fails_after_first(&place);
        assert!(matches!(error, FetchError::Content(_)), "{body}: {error:?}");
    }
    // Deep nesting costs no stack.
    let deep = format!(r#"{{"objects":[{}{}]}}"#, "[".repeat(200_000), "]".repeat(200_000));
    second_page(move |_, to| answer(to, 200, taxii, &deep)).fetch_whole();
}

#[test]
fn a_name_with_a_private_address_is_refused() {
    let mut place = Place::new(RemoteKind::File, "/a", |_, to| answer(to, 200, &[], "x"));
    place.remote.may_be_private = false;
    assert!(matches!(place.failure(), FetchError::PrivateAddress));
    assert_eq!(place.server.targets(), Vec::<String>::new());
}

#[test]
fn a_port_that_nobody_serves_is_a_failure_of_the_source() {
    let mut place = Place::new(RemoteKind::File, "/a", |_, to| answer(to, 200, &[], "x"));
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    place.remote.url.set_port(Some(port)).expect("a port");
    assert!(matches!(place.failure(), FetchError::Connection(_)));
}
