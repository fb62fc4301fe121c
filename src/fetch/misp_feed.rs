//! A MISP feed: `manifest.json` lists the events, and each event is a file beside it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{
    Fetched, SourceRequest, Surroundings,
    checkpoint::ranges,
    client::{Client, Resource},
    envelope::read_document,
    error::FetchError,
    folder::{numbered_files, read_json, write_json},
    spool::Spool,
};
use crate::record::Mode;

pub(super) const EVENTS: &str = "events.json";

/// Downloaded events: by uuid the timestamp of the manifest, and the number of the file.
type Events = BTreeMap<String, (String, u64)>;

#[derive(Deserialize)]
struct EventFile {
    #[serde(rename = "Event")]
    event: Event,
}

#[derive(Deserialize)]
struct Event {
    uuid: String,
}

/// Fetches the events of the manifest that are new or have another timestamp.
pub(super) fn fetch(
    client: &Client<'_>,
    request: &SourceRequest<'_>,
    spool: &mut Spool,
    surroundings: &Surroundings<'_>,
) -> Result<Fetched, FetchError> {
    let folder = folder_of_feed(&request.remote.url);
    let mut fetched = Fetched::default();
    let listed = manifest(client, &folder, spool)?;
    let known = known_events(spool, request.mode)?;
    let mut events = Events::new();
    let mut missing = 0;
    for (uuid, timestamp) in &listed {
        if let Some(event) = known.get(uuid).filter(|(known, _)| known == timestamp) {
            events.insert(uuid.clone(), event.clone());
            continue;
        }
        if fetched.pages >= client.limits().pages {
            return Err(FetchError::TooManyPages(client.limits().pages));
        }
        match event(client, &folder, uuid, spool) {
            Ok(bytes) => {
                let number = spool.keep_download(&format!("{uuid}.{timestamp}.json"))?;
                events.insert(uuid.clone(), (timestamp.clone(), number));
                fetched.pages += 1;
                fetched.objects += 1;
                fetched.bytes += bytes;
                (surroundings.note)(&format!("event {} of {}", events.len(), listed.len()));
            }
            // The other events are still fetched.
            Err(FetchError::Status { status: 403 | 404 | 410, .. } | FetchError::Content(_)) => missing += 1,
            Err(error) => return Err(error),
        }
    }
    write_json(spool.folder(), EVENTS, &events)?;
    let numbers = ranges(events.values().map(|(_, number)| *number).collect());
    if missing > 0 {
        if request.mode == Mode::Snapshot {
            spool.checkpoint.partial = numbers;
        }
        spool.save()?;
        return Err(FetchError::MissingEvents { missing, listed: listed.len() });
    }
    if request.mode == Mode::Snapshot {
        spool.checkpoint.complete = Some(numbers);
        spool.checkpoint.partial.clear();
    }
    spool.save()?;
    Ok(fetched)
}

/// Returns the folder of a feed, with a slash at its end.
fn folder_of_feed(url: &Url) -> Url {
    url.join(".").unwrap_or_else(|_| url.clone())
}

/// Returns the uuid of each event of the manifest with its timestamp.
fn manifest(
    client: &Client<'_>,
    folder: &Url,
    spool: &Spool,
) -> Result<BTreeMap<String, String>, FetchError> {
    const WHAT: &str = "the manifest of a MISP feed";
    let to = spool.download();
    let url = folder.join("manifest.json").map_err(|_| FetchError::RedirectAddress)?;
    client.get(&Resource { url, accept: "application/json", conditions: &[], to: &to })?;
    let entries: BTreeMap<String, BTreeMap<String, Value>> = read_document(&to, WHAT)?;
    if entries.len() > client.limits().events {
        return Err(FetchError::TooManyPages(client.limits().events as u64));
    }
    let entry = |(uuid, entry): (String, BTreeMap<String, Value>)| {
        let timestamp = match entry.get("timestamp") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return None,
        };
        let is_timestamp = !timestamp.is_empty()
            && timestamp.len() <= 20
            && timestamp.bytes().all(|byte| byte.is_ascii_digit());
        // The uuid is part of an address and of a path, so that it must be one.
        (is_timestamp && is_uuid(&uuid)).then(|| (uuid.to_ascii_lowercase(), timestamp))
    };
    entries.into_iter().map(entry).collect::<Option<_>>().ok_or(FetchError::Content(WHAT))
}

fn is_uuid(text: &str) -> bool {
    let has_form = |(position, byte): (usize, u8)| match position {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.bytes().enumerate().all(has_form)
}

/// Downloads an event, and checks that it is the event of this uuid.
fn event(client: &Client<'_>, folder: &Url, uuid: &str, spool: &Spool) -> Result<u64, FetchError> {
    const WHAT: &str = "the event of its name";
    let to = spool.download();
    let url = folder.join(&format!("{uuid}.json")).map_err(|_| FetchError::RedirectAddress)?;
    let answer = client.get(&Resource { url, accept: "application/json", conditions: &[], to: &to })?;
    let file: EventFile = read_document(&to, WHAT)?;
    if file.event.uuid.eq_ignore_ascii_case(uuid) { Ok(answer.bytes) } else { Err(FetchError::Content(WHAT)) }
}

/// Returns the events that were downloaded: those of the last fetch, and those of a fetch that was cut off.
fn known_events(spool: &Spool, mode: Mode) -> Result<Events, FetchError> {
    let mut events: Events = read_json(&spool.folder().join(EVENTS))?.unwrap_or_default();
    // Events of another place are not those of this feed.
    let begins = spool.checkpoint.begins;
    events.retain(|_, (_, number)| *number >= begins);
    let mut files = numbered_files(spool.folder())?;
    files.retain(|(number, _)| *number >= begins);
    if mode == Mode::Snapshot {
        let numbers: Vec<u64> = files.iter().map(|(number, _)| *number).collect();
        events.retain(|_, (_, number)| numbers.binary_search(number).is_ok());
    }
    for (number, name) in files {
        let Some((_, name)) = name.split_once('-') else { continue };
        let parts: Vec<&str> = name.split('.').collect();
        if let [uuid, timestamp, "json"] = parts[..]
            && is_uuid(uuid)
        {
            events.insert(uuid.to_owned(), (timestamp.to_owned(), number));
        }
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_uuid_is_one() {
        assert!(is_uuid("5b000000-0000-4000-8000-0000000000e1"));
        for text in [
            "",
            "../../../../etc/passwd",
            "5b000000-0000-4000-8000-0000000000e",
            "5b000000/0000-4000-8000-0000000000e1",
        ] {
            assert!(!is_uuid(text), "{text}");
        }
    }

    #[test]
    fn the_folder_of_a_feed_ends_with_a_slash() {
        let folder = |text: &str| folder_of_feed(&Url::parse(text).expect("an address")).to_string();
        assert_eq!(folder("https://feeds.example/feed/"), "https://feeds.example/feed/");
        assert_eq!(folder("https://feeds.example/feed/manifest.json"), "https://feeds.example/feed/");
    }
}
