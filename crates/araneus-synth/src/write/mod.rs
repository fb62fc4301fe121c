//! From what was said to files: each source's deliveries, night by night, in its format.

mod book;
mod galaxy;
mod ids;
mod malformed;
mod misp;
mod page;
mod stix;
mod truth;

use serde_json::{Value, json};

use super::{
    agencies::{AGENCIES, AgencyId, Delivery},
    clock::{NIGHTS, day, folder, moment, stamp},
    level::Level,
    random::Stream,
    stage::Stage,
};

pub(super) use page::as_of;
pub(super) use truth::planted;

/// A file: path relative to the world's folder, and content.
pub(super) type File = (String, Vec<u8>);

/// Writes everything but the truth.
pub(super) fn deliveries(stage: &Stage, random: &mut Stream, seed: u64) -> Vec<File> {
    let book = book::state(stage, seed);
    let mut files = Vec::new();
    let mut bad = malformed::choose(stage, random);
    for night in 1..=NIGHTS {
        for (agency, row) in AGENCIES.iter().enumerate() {
            let (name, content) = match row.delivery {
                Delivery::StixIncrement => {
                    let mut objects = book.increment(agency, night);
                    objects.extend(malformed::take_stix(&mut bad, agency, night));
                    (day(moment(night)), bundle(seed, agency, night, &objects))
                }
                Delivery::StixSnapshot => {
                    ("holdings".to_owned(), bundle(seed, agency, night, &book.snapshot(agency, night)))
                }
                Delivery::MispClusters | Delivery::MispTags => {
                    let mut events = misp::events(stage, seed, agency, night);
                    malformed::spoil_misp(&mut bad, agency, night, &mut events);
                    if events.is_empty() {
                        continue;
                    }
                    (day(moment(night)), json!({ "response": events }))
                }
            };
            files.push((path(night, row.name, &name), bytes(&content)));
        }
        for (source, name, content) in galaxy::lists(stage, seed, night) {
            files.push((path(night, source, name), bytes(&content)));
        }
    }
    files
}

/// Writes what a reader of the world needs beside the deliveries.
pub(super) fn papers(stage: &Stage, seed: u64, level: Level) -> Vec<File> {
    let text = |name: &str, content: String| (name.to_owned(), content.into_bytes());
    vec![
        text("README.md", page::readme(seed, level)),
        text("araneus.toml", page::configuration()),
        text("nights.csv", page::nights()),
        text("truth/planted.csv", truth::planted_table(stage)),
        text("truth/identities.csv", truth::identities_table(stage)),
    ]
}

fn path(night: u32, source: &str, name: &str) -> String {
    format!("{}/{source}/{name}.json", folder(night))
}

fn bundle(seed: u64, agency: AgencyId, night: u32, objects: &[Value]) -> Value {
    let id = ids::object(seed, "bundle", &[AGENCIES[agency].name, &stamp(moment(night))]);
    json!({ "type": "bundle", "id": id, "objects": objects })
}

fn bytes(value: &Value) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(value).expect("a value of texts and numbers can always be written");
    bytes.push(b'\n');
    bytes
}
