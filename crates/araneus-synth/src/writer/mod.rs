//! Files of a world: deliveries of each source and day in its format, documents and truth tables.

mod documents;
mod file;
mod galaxy;
pub(crate) mod ids;
mod malformed;
mod misp;
mod payments;
mod stix;
mod truth;
mod versions;

use serde_json::{Value, json};

use crate::{
    agencies::{AGENCIES, AgencyId, DeliveryFormat},
    calendar::{DAYS, date, folder_name, rfc3339, time_of},
    difficulty::Level,
    hidden_world::HiddenWorld,
    random::RandomStream,
};

pub(crate) use documents::as_of;
pub(crate) use file::WrittenFile;
pub(crate) use truth::planted_cases;

/// Returns the deliveries of all sources and days.
pub(crate) fn deliveries(world: &HiddenWorld, random: &mut RandomStream, seed: u64) -> Vec<WrittenFile> {
    let versions = versions::collect(world, seed);
    let mut malformed = malformed::choose(world, random);
    let mut files = Vec::new();
    for day in 1..=DAYS {
        for (id, agency) in AGENCIES.iter().enumerate() {
            let (name, content) = match agency.format {
                DeliveryFormat::StixIncrement => {
                    let mut objects = versions.increment(id, day);
                    objects.extend(malformed::take_stix(&mut malformed, id, day));
                    (date(time_of(day)), bundle(seed, id, day, &objects))
                }
                DeliveryFormat::StixSnapshot => {
                    ("holdings".to_owned(), bundle(seed, id, day, &versions.snapshot(id, day)))
                }
                DeliveryFormat::MispClusters | DeliveryFormat::MispTags => {
                    let mut events = misp::events(world, seed, id, day);
                    malformed::add_to_misp(&mut malformed, id, day, &mut events);
                    if events.is_empty() {
                        continue;
                    }
                    (date(time_of(day)), json!({ "response": events }))
                }
            };
            files.push((path(day, agency.name, &name), json_bytes(&content)));
        }
        for (source, name, content) in galaxy::lists(world, seed, day) {
            files.push((path(day, source, name), json_bytes(&content)));
        }
    }
    files.extend(payments::deliveries(world, seed));
    files
}

/// Returns the files beside the deliveries: documentation, configuration, table of days and truth tables.
pub(crate) fn other_files(world: &HiddenWorld, seed: u64, level: Level) -> Vec<WrittenFile> {
    let file = |path: &str, content: String| (path.to_owned(), content.into_bytes());
    vec![
        file("README.md", documents::readme(seed, level)),
        file("araneus.toml", documents::configuration()),
        file(payments::MAPPING_PATH, payments::MAPPING.to_owned()),
        file("nights.csv", documents::days()),
        file("truth/planted.csv", truth::planted_table(world)),
        file("truth/identities.csv", truth::identities_table(world)),
    ]
}

/// Returns the path of a delivery.
fn path(day: u32, source: &str, name: &str) -> String {
    format!("{}/{source}/{name}.json", folder_name(day))
}

/// Returns a STIX bundle.
fn bundle(seed: u64, agency: AgencyId, day: u32, objects: &[Value]) -> Value {
    let id = ids::object(seed, "bundle", &[AGENCIES[agency].name, &rfc3339(time_of(day))]);
    json!({ "type": "bundle", "id": id, "objects": objects })
}

/// Returns JSON with a final line break.
pub(crate) fn json_bytes(value: &Value) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(value).expect("a JSON value is serialisable");
    bytes.push(b'\n');
    bytes
}
