//! The client of TAXII 2.1: from the configured address to the pages of a collection.
//!
//! The order of a collection is that of the times at which its objects were added. So a position is a time, and it
//! remains valid when a server forgets its `next`. Objects with that same time are requested again, because a page can
//! end between them; the archive recognises duplicates.

use std::{collections::BTreeSet, fs::File};

use serde::Deserialize;
use url::Url;

use super::{
    Fetched, SourceRequest, Surroundings,
    checkpoint::Position,
    client::{Answer, Client, Resource},
    envelope::{Envelope, read_document, read_envelope},
    error::{FetchError, disk},
    spool::Spool,
};
use crate::{
    record::Mode,
    time::{DAY, Moment},
};

/// Media type of all resources of TAXII 2.1.
const MEDIA_TYPE: &str = "application/taxii+json;version=2.1";
/// Microseconds after which a snapshot that was cut off starts again, because its first pages are too old.
const RESUMED_FOR: i64 = DAY;

/// A discovery resource or an API root.
#[derive(Deserialize)]
struct Server {
    default: Option<String>,
    #[serde(default)]
    api_roots: Vec<String>,
}

#[derive(Deserialize)]
struct Collection {
    #[serde(rename = "id")]
    _id: String,
    can_read: bool,
}

/// Fetches the pages of a collection that come after the checkpoint.
pub(super) fn fetch(
    client: &Client<'_>,
    request: &SourceRequest<'_>,
    collection: &str,
    spool: &mut Spool,
    surroundings: &Surroundings<'_>,
) -> Result<Fetched, FetchError> {
    let objects = find_collection(client, &request.remote.url, collection, spool)?;
    begin(request.mode, spool, surroundings.now);
    let mut fetched = Fetched::default();
    let ended = pages(client, request.mode, &objects, spool, surroundings, &mut fetched);
    match ended {
        // The server does not know the `next` of an earlier fetch any more. Without times the fetch starts again.
        Err(error) if error.is_rejected_request() && fetched.pages == 0 && is_resumed_by_token(spool) => {
            spool.checkpoint.position = None;
            spool.checkpoint.partial.clear();
            begin(request.mode, spool, surroundings.now);
            pages(client, request.mode, &objects, spool, surroundings, &mut fetched)?;
        }
        ended => ended?,
    }
    Ok(fetched)
}

fn is_resumed_by_token(spool: &Spool) -> bool {
    let position = spool.checkpoint.position.as_ref();
    position.is_some_and(|position| position.added_after.is_none() && position.next.is_some())
}

/// Returns the address of the objects of the collection, after a check that it may be read.
fn find_collection(
    client: &Client<'_>,
    address: &Url,
    collection: &str,
    spool: &Spool,
) -> Result<Url, FetchError> {
    let mut is_elsewhere = false;
    let mut failure = None;
    for root in api_roots(client, address, spool)? {
        let Some(root) = root.filter(|root| client.is_of_origin(root)) else {
            is_elsewhere = true;
            continue;
        };
        let of_collection = below(&root, &["collections", collection, ""]);
        match get_document::<Collection>(client, &of_collection, spool, "a collection of TAXII 2.1") {
            Ok(Collection { can_read: true, .. }) => {
                return Ok(below(&root, &["collections", collection, "objects", ""]));
            }
            Ok(_) => return Err(FetchError::NotReadable),
            Err(error @ FetchError::Status { status: 403 | 404, .. }) => failure = failure.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    Err(match failure {
        Some(error @ FetchError::Status { status: 403, .. }) => error,
        None if is_elsewhere => FetchError::OtherRoot,
        _ => FetchError::NoCollection,
    })
}

/// Returns the API roots at an address, which is that of a discovery resource or of an API root. `None` is an address
/// that cannot be read.
fn api_roots(client: &Client<'_>, address: &Url, spool: &Spool) -> Result<Vec<Option<Url>>, FetchError> {
    let address = below(address, &[""]);
    let server =
        match get_document::<Server>(client, &address, spool, "a discovery or an API root of TAXII 2.1") {
            Ok(server) => server,
            // An API root need not describe itself to everyone.
            Err(FetchError::Status { status: 403 | 404, .. }) => return Ok(vec![Some(address)]),
            Err(error) => return Err(error),
        };
    if server.api_roots.is_empty() && server.default.is_none() {
        return Ok(vec![Some(address)]);
    }
    let mut known = BTreeSet::new();
    let roots = server.default.iter().chain(&server.api_roots);
    Ok(roots.filter(|root| known.insert(root.as_str())).map(|root| address.join(root).ok()).collect())
}

/// Returns an address below another one. The parts are escaped.
fn below(address: &Url, parts: &[&str]) -> Url {
    let mut url = address.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(parts);
    }
    url
}

fn get_document<T: serde::de::DeserializeOwned>(
    client: &Client<'_>,
    url: &Url,
    spool: &Spool,
    what: &'static str,
) -> Result<T, FetchError> {
    let to = spool.download();
    client
        .get(&Resource { url: url.clone(), accept: MEDIA_TYPE, conditions: &[], to: &to })?
        .expect_media_type(MEDIA_TYPE)?;
    read_document(&to, what)
}

/// Prepares the checkpoint: a snapshot that was cut off is continued, if it is not too old.
fn begin(mode: Mode, spool: &mut Spool, now: Moment) {
    let checkpoint = &mut spool.checkpoint;
    let is_old = |position: &Position| {
        now.micros().saturating_sub(position.began.micros()) > RESUMED_FOR || now < position.began
    };
    let is_outdated = mode == Mode::Snapshot && checkpoint.position.as_ref().is_none_or(is_old);
    if is_outdated {
        checkpoint.position = None;
        checkpoint.partial.clear();
    }
    let added_after = if mode == Mode::Snapshot { None } else { checkpoint.added_after.clone() };
    checkpoint.position.get_or_insert(Position { began: now, added_after, next: None });
}

/// Requests pages from the position on, and stores each.
fn pages(
    client: &Client<'_>,
    mode: Mode,
    objects: &Url,
    spool: &mut Spool,
    surroundings: &Surroundings<'_>,
    fetched: &mut Fetched,
) -> Result<(), FetchError> {
    let position = spool.checkpoint.position.clone().expect("a fetch has a position");
    // A time is a better position than a `next`, which a server forgets.
    let mut next = if position.added_after.is_some() { None } else { position.next };
    let mut added_after = position.added_after;
    let mut received = BTreeSet::new();
    loop {
        if fetched.pages >= client.limits().pages {
            return Err(FetchError::TooManyPages(client.limits().pages));
        }
        let url = page_url(objects, client.limits().page_objects, added_after.as_deref(), next.as_deref());
        let to = spool.download();
        let answer = match client.get(&Resource { url, accept: MEDIA_TYPE, conditions: &[], to: &to }) {
            // The server has forgotten `next`: the fetch continues at the time of the last page.
            Err(error)
                if error.is_rejected_request()
                    && next.is_some()
                    && is_behind(spool, added_after.as_ref()) =>
            {
                added_after =
                    spool.checkpoint.position.as_ref().and_then(|position| position.added_after.clone());
                next = None;
                continue;
            }
            answer => answer?,
        };
        answer.expect_media_type(MEDIA_TYPE)?;
        let page = read_envelope(&to)?;
        let mut digest = blake3::Hasher::new();
        digest.update_reader(File::open(&to).map_err(disk("read", &to))?).map_err(disk("read", &to))?;
        if !received.insert(*digest.finalize().as_bytes()) && page.has_more {
            return Err(FetchError::Repeats);
        }
        let last = last_added(&answer);
        keep(mode, &page, spool)?;
        fetched.pages += 1;
        fetched.objects += page.objects;
        fetched.bytes += answer.bytes;
        (surroundings.note)(&format!("page {}: {} objects", fetched.pages, page.objects));
        if !page.has_more {
            end(mode, last, spool);
            return spool.save();
        }
        advance(page.next, last, &mut added_after, &mut next)?;
        let position = spool.checkpoint.position.as_mut().expect("a fetch has a position");
        position.added_after = last.map(before).or(position.added_after.take());
        position.next.clone_from(&next);
        spool.save()?;
    }
}

/// Returns whether the position is later than the time of the query.
fn is_behind(spool: &Spool, added_after: Option<&String>) -> bool {
    let position = spool.checkpoint.position.as_ref().and_then(|position| position.added_after.as_ref());
    let time = |text: Option<&String>| text.and_then(|text| Moment::parse(text));
    time(position).is_some_and(|position| time(added_after).is_none_or(|time| time < position))
}

/// Stores a page. An empty page of an increment says nothing.
fn keep(mode: Mode, page: &Envelope, spool: &mut Spool) -> Result<(), FetchError> {
    if mode != Mode::Snapshot && page.objects == 0 {
        return Ok(());
    }
    let number = spool.keep_download("page.json")?;
    if mode == Mode::Snapshot {
        spool.checkpoint.add_partial(number);
    }
    Ok(())
}

/// Moves to the next page: by `next` with the same query, else by the time of the last object.
fn advance(
    token: Option<String>,
    last: Option<Moment>,
    added_after: &mut Option<String>,
    next: &mut Option<String>,
) -> Result<(), FetchError> {
    if let Some(token) = token.filter(|token| !token.is_empty()) {
        *next = Some(token);
        return Ok(());
    }
    let current = added_after.as_deref().and_then(Moment::parse);
    let later = last.map(|last| Moment::from_micros(last.micros().saturating_sub(1)));
    let Some(later) = later.filter(|later| current.is_none_or(|current| *later > current)) else {
        return Err(FetchError::NoNext);
    };
    (*added_after, *next) = (Some(later.to_string()), None);
    Ok(())
}

/// Completes the checkpoint after the last page.
fn end(mode: Mode, last: Option<Moment>, spool: &mut Spool) {
    let checkpoint = &mut spool.checkpoint;
    let position = checkpoint.position.take();
    if mode == Mode::Snapshot {
        checkpoint.complete = Some(std::mem::take(&mut checkpoint.partial));
    } else {
        let before_last = position.and_then(|position| position.added_after);
        checkpoint.added_after = last.map(before).or(before_last).or(checkpoint.added_after.take());
    }
}

/// Returns the time of the last object of a page, from the header.
fn last_added(answer: &Answer) -> Option<Moment> {
    Moment::parse(answer.header("x-taxii-date-added-last")?)
}

/// Returns the time just before another one, so that objects of that time are requested again.
fn before(time: Moment) -> String {
    Moment::from_micros(time.micros().saturating_sub(1)).to_string()
}

/// Returns the address of a page. All pages of a fetch have the same query, apart from `next`.
fn page_url(objects: &Url, limit: u32, added_after: Option<&str>, next: Option<&str>) -> Url {
    let mut url = objects.clone();
    let mut query = url.query_pairs_mut();
    query.append_pair("limit", &limit.to_string()).append_pair("match[version]", "all");
    for (name, value) in [("added_after", added_after), ("next", next)] {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    drop(query);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_an_address_are_escaped() {
        let root = Url::parse("https://taxii.example/api1").expect("an address");
        let url = below(&root, &["collections", "../a b", "objects", ""]);
        assert_eq!(url.as_str(), "https://taxii.example/api1/collections/..%2Fa%20b/objects/");
        let page = page_url(&url, 5, Some("2026-01-01T00:00:00Z"), Some("a&b"));
        assert_eq!(
            page.query(),
            Some("limit=5&match%5Bversion%5D=all&added_after=2026-01-01T00%3A00%3A00Z&next=a%26b")
        );
    }

    #[test]
    fn a_page_without_next_needs_a_later_time() {
        let time = |text: &str| Moment::parse(text);
        let (mut added_after, mut next) = (None, None);
        let later = time("2026-01-01T00:00:00.000500Z");
        advance(None, later, &mut added_after, &mut next).expect("a later time");
        assert_eq!(added_after.as_deref(), Some("2026-01-01T00:00:00.000499Z"));
        assert!(matches!(advance(None, later, &mut added_after, &mut next), Err(FetchError::NoNext)));
        assert!(matches!(advance(None, None, &mut added_after, &mut next), Err(FetchError::NoNext)));
        advance(Some("t".to_owned()), None, &mut added_after, &mut next).expect("a token");
        assert_eq!(next.as_deref(), Some("t"));
    }
}
