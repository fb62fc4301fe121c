//! Index of a feed: `manifest.json`, and `hashes.csv` with the MD5 digest of each value.

use std::{collections::BTreeMap, io::Write as _};

use serde_json::{Map, Value};

use super::Event;
use crate::export::{ExportError, Staging};

/// Members of an event in the manifest.
const MEMBERS: [&str; 7] = ["info", "Orgc", "Tag", "date", "analysis", "threat_level_id", "timestamp"];

/// Writes the index. The manifest comes last, because a server follows it to the events.
pub(super) fn write(events: &[Event], staging: &mut Staging) -> Result<(), ExportError> {
    staging.write("hashes.csv", |writer| {
        for event in events {
            for value in values(&event.value) {
                let digest = md5::compute(value.as_bytes());
                writeln!(writer, "{digest:x},{}", event.uuid)?;
            }
        }
        Ok(())
    })?;
    let row = |event: &Event| {
        let members =
            MEMBERS.iter().filter_map(|name| Some(((*name).to_owned(), event.value.get(*name)?.clone())));
        (event.uuid.clone(), Value::Object(members.collect()))
    };
    let manifest: BTreeMap<String, Value> = events.iter().map(row).collect();
    staging.write_json("manifest.json", &Value::Object(manifest.into_iter().collect::<Map<_, _>>()))
}

/// Returns the values of an event by which servers correlate.
fn values(event: &Map<String, Value>) -> Vec<&str> {
    let own = listed(event.get("Attribute"));
    let inner = listed(event.get("Object")).iter().flat_map(|object| listed(object.get("Attribute")));
    own.iter()
        .chain(inner)
        .filter(|attribute| attribute["disable_correlation"] != true && attribute["deleted"] != true)
        .filter_map(|attribute| attribute["value"].as_str())
        .collect()
}

fn listed(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
