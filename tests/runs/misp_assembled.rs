//! Published MISP events become entities and links, without false merges.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use araneus::{
    ingest::{self, Delivery, Input, Location},
    record::{ArchivedRecord, Mode, RecordState},
    resolve::{self, Resolution, ResolveConfig, WeightConfig},
    time::Moment,
    view::{AccessPolicy, AsOf, Audience, View},
};
use serde_json::json;

use crate::support::real_data;

fn as_of() -> Moment {
    Moment::parse("2026-11-21T02:00:00Z").expect("a moment")
}

fn read(documents: &[(&str, String)]) -> Vec<Delivery> {
    let input = |(path, text): &(&str, String)| Input {
        source: "misp".to_owned(),
        path: (*path).to_owned(),
        location: Location::Bytes(text.as_bytes().to_vec()),
        pseudonyms: None,
    };
    ingest::read(&documents.iter().map(input).collect::<Vec<_>>(), &|_| ())
}

/// Resolves all accepted objects as one run sees them.
fn resolved(deliveries: &[Delivery]) -> Resolution {
    let mut records = Vec::new();
    let mut contents = Vec::new();
    let mut known = BTreeSet::new();
    for delivery in deliveries {
        let format = delivery.format.unwrap_or_default();
        for taken in delivery.accepted.iter().filter(|taken| known.insert((taken.key.clone(), taken.content)))
        {
            records.push(ArchivedRecord {
                source: delivery.source.as_str().into(),
                key: taken.key.clone(),
                state: RecordState::Object(taken.content),
                version: taken.version.as_deref().map(Into::into),
                object_time: None,
                run: as_of(),
                commit: 0,
                mode: Mode::Increment,
                markings: taken.markings.iter().map(Into::into).collect(),
                defines: taken.defines,
                revokes: taken.revokes,
                surroundings: taken.surroundings,
            });
            let content = ingest::interpret(format, &taken.object, taken.context.as_deref(), None);
            contents.push(Arc::new(content.packed()));
        }
    }
    let terms = BTreeMap::new();
    let policy = AccessPolicy { terms: &terms, audience: &Audience::all() };
    let of_live = |live: &[araneus::view::Live]| {
        Ok::<_, ()>(live.iter().map(|live| Arc::clone(&contents[live.position])).collect())
    };
    let view = View::open(&records, policy, None, AsOf::of(as_of()), of_live).expect("reads memory");
    resolve::resolve(&view, &ResolveConfig::default(), &WeightConfig::default())
}

const E: &str = "00000000-0000-4000-8000-00000000000e";
const A: &str = "00000000-0000-4000-8000-00000000000a";
const B: &str = "00000000-0000-4000-8000-00000000000b";
const O: &str = "00000000-0000-4000-8000-000000000001";

#[test]
fn the_attributes_of_a_file_object_are_one_file_and_its_references_find_their_ends() {
    let sha1 = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12";
    let md5 = "9e107d9d372bb6826bd81d3542a419d6";
    let document = |deleted: bool| {
        json!({ "Event": { "uuid": E, "info": "x", "date": "2020-10-25",
            "Attribute": [{ "uuid": A, "type": "domain", "value": "a.example", "to_ids": true, "deleted": deleted }],
            "Object": [{ "uuid": O, "name": "file", "ObjectReference": [
                { "referenced_uuid": A, "relationship_type": "connected-to" }],
                "Attribute": [
                { "uuid": B, "type": "md5", "object_relation": "md5", "value": md5, "to_ids": true },
                { "type": "sha1", "object_relation": "sha1", "value": sha1 },
                { "type": "filename", "object_relation": "filename", "value": "x.exe" }] }] } })
    };
    let resolution = resolved(&read(&[("e.json", document(false).to_string())]));
    let file = resolution.by_identifier(&format!("file:md5:{md5}")).expect("a file");
    assert_eq!(resolution.by_identifier(&format!("file:sha-1:{sha1}")), Some(file));
    assert_eq!(resolution[file].label, "x.exe");
    let indicator = resolution.by_identifier(&format!("indicator--{A}")).expect("an indicator");
    let connected = |resolution: &Resolution| {
        resolution
            .links
            .iter()
            .filter(|link| link.kind == "connected-to")
            .map(|l| (l.from, l.to))
            .collect::<Vec<_>>()
    };
    assert_eq!(connected(&resolution), [(file, indicator)]);
    let resolution = resolved(&read(&[("e.json", document(true).to_string())]));
    assert_eq!(connected(&resolution), [], "a reference does not restore a deleted object");
}

#[test]
fn published_campaigns_give_no_file_with_two_digests_of_one_kind() {
    let Some(path) = real_data("eset-misp", "published campaigns give no file with two digests of one kind")
    else {
        return;
    };
    let inputs = ingest::expand(path.to_str().expect("a text"), &mut || Ok(Vec::new())).expect("a folder");
    let resolution = resolved(&ingest::read(&inputs, &|_| ()));
    let digests =
        |text: &str| ["file:md5:", "file:sha-1:", "file:sha-256:"].iter().position(|of| text.starts_with(of));
    for entity in &resolution.entities {
        let mut digest_kinds: Vec<usize> =
            entity.identifiers.iter().filter_map(|known| digests(&known.id)).collect();
        let count = digest_kinds.len();
        digest_kinds.sort_unstable();
        digest_kinds.dedup();
        assert_eq!(digest_kinds.len(), count, "{:?}", entity.identifiers);
    }
    let turla = resolution.entities.iter().find(|entity| entity.label == "Turla Group").expect("an actor");
    let index = resolution.by_identifier(&turla.identifiers[0].id).expect("an entity");
    let reports = resolution.links.iter().filter(|link| link.to == index && link.kind == "object").count();
    assert_eq!(reports, 7, "seven events name Turla");
    assert!(resolution.entities.len() > 2_000 && resolution.links.len() > 3_000);
}
