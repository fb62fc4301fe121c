//! Columns that were written are read as they were, and damaged bytes are rejected.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use super::Side;
use crate::{
    compact::ShortList,
    entity::Identifier,
    link::Layer,
    record::{ArchivedRecord, Claim, Content, Digest, Mode, PackedContent, RecordState, Surroundings},
    resolve::{self, ResolveConfig, WeightConfig},
    temporal::ResolvedView,
    time::{Moment, Span},
    view::{AccessPolicy, AsOf, Audience, Live, View},
};

fn day(day: i64) -> Moment {
    Moment::from_micros(day * 86_400_000_000)
}

/// Returns the content of an object: a host with a family, every third with a second name and an expiry.
fn content(number: usize) -> Arc<PackedContent> {
    let host = Identifier::Observable {
        kind: "domain-name".to_owned(),
        property: "value".to_owned(),
        value: format!("host{number}.example"),
    };
    let family = Identifier::Object(format!("malware--{}", number % 2));
    let entity = |identifiers: Vec<Identifier>, kind: &str, name: Option<String>| Claim::Entity {
        identifiers,
        kind: kind.to_owned(),
        name,
        aliases: Vec::new(),
        vocabulary: None,
    };
    let link =
        Claim::Link { from: host.clone(), to: family.clone(), kind: "uses".into(), layer: Layer::Capability };
    let others = vec![family, Identifier::Galaxy(format!("family {}", number % 2))];
    let content = Content {
        kind: if number == 0 { "indicator" } else { "attribute" }.to_owned(),
        seen: Span { start: Some(day(1)), end: None },
        expires: number.is_multiple_of(3).then(|| day(i64::try_from(number).expect("a small number"))),
        claims: vec![
            entity(vec![host], "domain-name", (number == 1).then(|| "Größe".to_owned())),
            entity(others, "malware", Some("Brine".to_owned())),
            link,
        ],
        ..Content::default()
    };
    Arc::new(content.packed())
}

fn side() -> Side {
    let archived = |position: usize| ArchivedRecord {
        source: ["harbour", "quay"][position % 2].into(),
        key: format!("key {position}").into(),
        state: RecordState::Object(Digest([position as u8 + 1; 16])),
        version: (position == 4).then(|| "2".into()),
        object_time: None,
        run: day(5),
        commit: 1,
        mode: Mode::Increment,
        markings: ShortList::default(),
        defines: None,
        revokes: false,
        surroundings: Surroundings::default(),
    };
    let archived: Vec<ArchivedRecord> = (0..9).map(archived).collect();
    let (terms, audience) = (BTreeMap::new(), Audience::all());
    let policy = AccessPolicy { terms: &terms, audience: &audience };
    let read = |live: &[Live]| Ok::<_, Infallible>(live.iter().map(|live| content(live.position)).collect());
    let Ok(view) = View::open(&archived, policy, None, AsOf::of(day(5)), read);
    let resolution = resolve::resolve(&view, &ResolveConfig::default(), &WeightConfig::default());
    assert_eq!((view.records().len(), view.retired().len()), (7, 2), "two records expired");
    assert!(
        resolution.links.len() > 3 && resolution.entities.iter().any(|entity| entity.identifiers.len() > 1)
    );
    Side::of(ResolvedView { view: &view, resolution: &resolution })
}

fn written(side: &Side) -> Vec<u8> {
    let mut bytes = Vec::new();
    side.clone().write(&mut bytes).expect("written in memory");
    bytes
}

#[test]
fn a_side_is_read_as_it_was_written() {
    let side = side();
    assert_eq!(Side::read(&mut written(&side).as_slice()).expect("a side"), side);
    let empty = Side::empty(day(5));
    assert_eq!(Side::read(&mut written(&empty).as_slice()).expect("a side"), empty);
}

#[test]
fn bytes_that_end_early_or_refer_to_missing_rows_are_no_side() {
    let mut side = side();
    let bytes = written(&side);
    for length in 0..bytes.len() {
        assert!(Side::read(&mut &bytes[..length]).is_err(), "{length} of {} bytes", bytes.len());
    }
    // Any other byte gives another side or none, and never a panic.
    for place in 0..bytes.len() {
        let mut other = bytes.clone();
        other[place] ^= 0x81;
        let _ = Side::read(&mut other.as_slice());
    }
    side.links.to[0] = side.entities.len() as u32;
    assert!(Side::read(&mut written(&side).as_slice()).is_err(), "a link to a missing entity");
}

#[test]
fn a_side_advances_until_a_record_expires() {
    let mut side = side();
    assert!(side.advance(day(5)) && !side.advance(day(6)), "a record expires on day 6");
    assert_eq!(side.valid_at, day(5));
}
