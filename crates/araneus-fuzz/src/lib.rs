//! Fuzz targets: each function reads arbitrary bytes in one role, and panics if a promise does not hold.
//!
//! `scripts/fuzz TARGET SECONDS` searches with libFuzzer. `cargo test -p araneus-fuzz` repeats the cases in `cases/TARGET`:
//! examples from which a search starts, and the cases that one found.

#![forbid(unsafe_code)]

mod archive;

use std::{collections::BTreeSet, path::Path, sync::Arc};

use araneus::{
    fetch::Envelope,
    ingest::{
        self, Delivery, Field, Input, Location, Mappings, PseudonymKey, Pseudonyms, SourceMapping, Status,
        table,
    },
    run,
};
use serde_json::Value;

pub use archive::archive;

/// A target: its name, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 9] = [
    ("documents", documents),
    ("tables", tables),
    ("columnar", columnar),
    ("compressed", compressed),
    ("patterns", patterns),
    ("mappings", mappings),
    ("configuration", configuration),
    ("archive", archive),
    ("answers", answers),
];

/// Name of the source of each input.
const SOURCE: &str = "feed";

/// Reads one file and checks the promises of reading. Returns the deliveries.
fn read(path: &str, bytes: &[u8], mapping: Option<&str>) -> Vec<Delivery> {
    read_by(path, bytes, mapping, None)
}

/// Reads one file of a source that may have pseudonyms.
fn read_by(
    path: &str,
    bytes: &[u8],
    mapping: Option<&str>,
    pseudonyms: Option<Arc<Pseudonyms>>,
) -> Vec<Delivery> {
    let input = Input {
        source: SOURCE.to_owned(),
        path: path.to_owned(),
        location: Location::Bytes(bytes.to_vec()),
        pseudonyms,
    };
    let mut mappings = Mappings::new();
    if let Some(mapping) = mapping.and_then(|name| table::read_mapping(name, Path::new("/nonexistent")).ok())
    {
        mappings.insert(SOURCE.to_owned(), Arc::new(SourceMapping::new(mapping, SOURCE)));
    }
    let deliveries = ingest::read_mapped(&[input], &mappings, &|_| ());
    assert!(!deliveries.is_empty(), "each input has a delivery");
    for delivery in &deliveries {
        let is_read = matches!(delivery.status, Status::Ok | Status::Ignored);
        assert!(is_read || delivery.rejected() > 0, "a file that is not read has a reject");
        let mut positions = BTreeSet::new();
        for object in &delivery.accepted {
            assert!(!object.key.is_empty(), "a record has a key");
            assert!(positions.insert(&*object.position), "one object for each position");
            let format = delivery.format.expect("an accepted object has a format");
            let mapping = mappings.get(SOURCE).map(|mapping| &**mapping);
            let content = ingest::interpret(format, &object.object, object.context.as_deref(), mapping);
            let packed = content.clone().packed();
            assert_eq!(packed.unpacked(), content, "a packed content keeps everything");
        }
        for reject in &delivery.rejects {
            assert!(!reject.cause.reason.is_empty(), "a reject has a reason");
        }
    }
    deliveries
}

/// Returns the first byte, which selects a variant, and the bytes after it.
fn split(data: &[u8]) -> (usize, &[u8]) {
    data.split_first().map_or((0, data), |(first, rest)| (usize::from(*first), rest))
}

/// Reads STIX, MISP, galaxies and FollowTheMoney, as documents and as lines.
pub fn documents(data: &[u8]) {
    const NAMES: [&str; 4] = ["feed.json", "feed.jsonl", "feed", "feed.ndjson"];
    let (variant, text) = split(data);
    read(NAMES[variant % NAMES.len()], text, None);
    pseudonyms(NAMES[variant % NAMES.len()], text);
}

/// Properties whose values must be pseudonyms.
const PRIVATE: [&str; 2] = ["name", "value"];

/// Reads a document with pseudonyms, and checks that no accepted object has a plain value of a listed property.
fn pseudonyms(path: &str, text: &[u8]) {
    let key = PseudonymKey::new(b"a key of the fuzz targets").expect("a key");
    let fields = PRIVATE.iter().map(|field| Field::parse(field).expect("a field")).collect();
    for delivery in read_by(path, text, None, Some(Arc::new(Pseudonyms::new(&key, fields)))) {
        for object in &delivery.accepted {
            let value = serde_json::from_str(&object.object).expect("an accepted object is JSON");
            assert!(is_private(&value, false), "a plain value stays");
        }
    }
}

/// Returns whether every scalar of a listed property is a pseudonym or blank.
fn is_private(value: &Value, is_listed: bool) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => !is_listed || text.trim().is_empty() || text.trim().starts_with("pseudonym-"),
        Value::Bool(_) | Value::Number(_) => !is_listed,
        Value::Array(elements) => elements.iter().all(|element| is_private(element, is_listed)),
        Value::Object(members) => {
            members.iter().all(|(name, value)| is_private(value, is_listed || PRIVATE.contains(&&**name)))
        }
    }
}

/// Reads text tables by each built-in mapping.
pub fn tables(data: &[u8]) {
    let (variant, text) = split(data);
    let (mapping, _) = table::MAPPINGS[variant % table::MAPPINGS.len()];
    read("feed.csv", text, Some(mapping));
}

/// Reads Parquet and Arrow files.
pub fn columnar(data: &[u8]) {
    const NAMES: [&str; 2] = ["feed.parquet", "feed.arrow"];
    let (variant, bytes) = split(data);
    let (mapping, _) = table::MAPPINGS[(variant / 2) % table::MAPPINGS.len()];
    read(NAMES[variant % 2], bytes, Some(mapping));
}

/// Reads compressed files and archives.
pub fn compressed(data: &[u8]) {
    const NAMES: [&str; 4] = ["feed.json.gz", "feed.json.zst", "feed.zip", "feed.csv.zip"];
    let (variant, bytes) = split(data);
    read(NAMES[variant % NAMES.len()], bytes, Some("indicator-list"));
}

/// Reads the pattern of an indicator.
pub fn patterns(data: &[u8]) {
    let Ok(pattern) = std::str::from_utf8(data) else { return };
    let indicator = serde_json::json!({
        "type": "indicator", "id": "indicator--00000000-0000-4000-8000-000000000001", "pattern_type": "stix",
        "pattern": pattern, "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z",
    });
    let deliveries = read("feed.json", indicator.to_string().as_bytes(), None);
    assert_eq!(deliveries[0].accepted.len(), 1, "any text is accepted as a pattern");
}

/// Reads a mapping, and a table by it.
pub fn mappings(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    if std::fs::write(folder.path().join("fuzz.toml"), data).is_err() {
        return;
    }
    let Ok(mapping) = table::read_mapping("fuzz.toml", folder.path()) else { return };
    let mapping = Arc::new(SourceMapping::new(mapping, SOURCE));
    let input = Input {
        source: SOURCE.to_owned(),
        path: "feed.csv".to_owned(),
        location: Location::Bytes(b"from,to,time,value\na.example,192.0.2.7,2026-01-01,5\n,,x,\n".to_vec()),
        pseudonyms: None,
    };
    let known = Mappings::from([(SOURCE.to_owned(), Arc::clone(&mapping))]);
    for delivery in ingest::read_mapped(&[input], &known, &|_| ()) {
        for object in &delivery.accepted {
            let format = delivery.format.expect("an accepted object has a format");
            let _ = ingest::interpret(format, &object.object, object.context.as_deref(), Some(&mapping));
        }
    }
}

/// Reads a configuration.
pub fn configuration(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("araneus.toml");
    if std::fs::write(&path, data).is_ok() {
        let _ = run::read_config(&path);
    }
}

/// Reads a page of a TAXII server: its envelope as `araneus fetch` does, and its objects as a run does. The envelope must equal
/// that of a whole document.
pub fn answers(data: &[u8]) {
    if let Ok(envelope) = Envelope::parse(data)
        && let Ok(Value::Object(members)) = serde_json::from_slice(data)
    {
        let member = |name: &str| members.get(name).filter(|value| !value.is_null());
        let objects = member("objects").map_or(0, |objects| objects.as_array().expect("a list").len());
        assert_eq!(envelope.objects, objects as u64);
        assert_eq!(envelope.next.as_deref(), member("next").map(|next| next.as_str().expect("a text")));
        let has_more = member("more").is_some_and(|more| more.as_bool().expect("true or false"));
        assert_eq!(envelope.has_more, has_more);
        let is_envelope = members.contains_key("objects")
            || members.keys().all(|name| matches!(name.as_str(), "more" | "next"));
        assert!(is_envelope, "another document is not an envelope");
    }
    read("page.json", data, None);
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn every_case_that_a_search_found_passes() {
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
        for (name, target) in TARGETS {
            let mut seen = 0;
            for entry in fs::read_dir(cases.join(name)).expect("a folder of cases for each target") {
                target(&fs::read(entry.expect("a case").path()).expect("a case"));
                seen += 1;
            }
            assert!(seen > 0, "{name} has no case");
        }
    }
}
