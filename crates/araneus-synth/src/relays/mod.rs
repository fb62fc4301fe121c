//! Worlds of relays: reports that sources copy from each other, beside independent reports about the same groups.
//!
//! Each group has a report of one source. Other sources relay this report in several ways ([`VARIANTS`]). Further sources
//! report the group independently: each finds a part of the same hosts and files, and writes a text of its own.
//! The truth is the file `truth/relays.csv`.

mod delivered;
mod text;
mod writer;

use crate::{
    calendar::{folder_name, time_of},
    entities::{Entities, EntityId, EntityKind},
    random::{RandomStream, below, between, chance, pick, sample, shuffle, stream, within},
    world::{Day, World},
    writer::as_of,
};
use delivered::{DAYS, Delivered, Format, SOURCES, address};
use text::ReportText;

/// Random stream of these worlds; other worlds draw from other streams.
const STREAM_ID: u64 = 40;
/// Number of groups.
const GROUPS: usize = 16;

/// The source that delivers long lists of hosts each day, and relays nothing.
const SENSOR: usize = 8;

/// Ways in which a report is relayed: name, and the formats of the sources that can do so.
const VARIANTS: [(&str, Format); 8] = [
    ("same-objects", Format::Stix),
    ("named-producer", Format::Stix),
    ("partial", Format::Stix),
    ("edited-text", Format::Stix),
    ("cites", Format::Stix),
    ("stix-to-misp", Format::Misp),
    ("stix-to-csv", Format::Csv),
    ("misp-to-csv", Format::Csv),
];

/// Returns the world of relays of a seed. The same seed gives the same bytes.
///
/// The truth is in `truth/relays.csv`: one row for each object that names a value, with the variant of its report and the source that it repeats. The source is empty for
/// an own finding, and the variant for an independent report.
pub fn generate_relays(seed: u64) -> World {
    let mut random = stream(seed, STREAM_ID);
    let mut entities = Entities::new(seed);
    let mut reports = Vec::new();
    let mut pools = Vec::new();
    let mut variants: Vec<usize> = (0..2 * GROUPS).map(|number| number % VARIANTS.len()).collect();
    shuffle(&mut random, &mut variants);
    for group in 0..GROUPS {
        let pool = add_group(&mut random, &mut entities, group, &variants[2 * group..][..2], &mut reports);
        pools.push(pool);
    }
    add_sensor(&mut random, &mut entities, &pools, &mut reports);
    let mut files = writer::deliveries(seed, &entities, &reports);
    files.extend(writer::other_files(seed, &entities, &reports));
    let days = (1..=DAYS).map(|day| Day { folder: folder_name(day), as_of: as_of(day) }).collect();
    World { days, files, planted: Vec::new() }
}

/// Adds the reports about one group: the original, two relays, and independent ones. Returns the hosts of the group.
fn add_group(
    random: &mut RandomStream,
    entities: &mut Entities,
    group: usize,
    variants: &[usize],
    reports: &mut Vec<Delivered>,
) -> Vec<EntityId> {
    let malware = entities.invent(random, EntityKind::Malware);
    let count = between(random, 24, 48);
    let pool: Vec<EntityId> = (0..count).map(|_| invent_value(random, entities)).collect();
    let mut sources: Vec<usize> = (0..4).collect();
    shuffle(random, &mut sources);
    let author = sources[0];
    let day = between(random, 2, DAYS as usize - 5) as u32;
    let advisory = format!("https://advisories.example/{}", entities.name(malware).to_lowercase());
    let original = independent(random, entities, group, (author, day), (malware, &pool), &advisory);
    let mut used = vec![author];
    for &variant in variants {
        let relay = relay(random, entities, &original, variant, &mut used, &pool, reports);
        reports.extend(relay);
    }
    for _ in 0..between(random, 2, 3) {
        let free: Vec<usize> = (0..SENSOR).filter(|source| !used.contains(source)).collect();
        let source = pick(random, &free);
        used.push(source);
        let day = (day + below(random, 7) as u32).saturating_sub(2).clamp(2, DAYS);
        reports.push(independent(random, entities, group, (source, day), (malware, &pool), &advisory));
    }
    reports.push(original);
    pool
}

fn invent_value(random: &mut RandomStream, entities: &mut Entities) -> EntityId {
    let kind = pick(random, &[EntityKind::Domain, EntityKind::Domain, EntityKind::Ipv6, EntityKind::File]);
    entities.invent(random, kind)
}

/// Returns a report of a source's own findings: a third to two thirds of the hosts of the group.
fn independent(
    random: &mut RandomStream,
    entities: &Entities,
    group: usize,
    (source, day): (usize, u32),
    (malware, pool): (EntityId, &[EntityId]),
    advisory: &str,
) -> Delivered {
    let share = between(random, 33, 66);
    let count = (pool.len() * share).div_ceil(100);
    Delivered {
        source,
        day,
        created_at: time_of(day) - within(random, 3_600, 80_000),
        malware,
        values: sample(random, pool, count),
        own: Vec::new(),
        title: format!("{} in {}", entities.name(malware), text::place(random)),
        text: Some(ReportText::invent(random, entities.name(malware)).to_string()),
        // Some reports name the same background reading.
        cites: chance(random, 0.3).then(|| advisory.to_owned()),
        producer: source,
        ids: format!("{}/{group}", SOURCES[source].0),
        repeats: None,
        group,
        is_bare: chance(random, 0.5),
    }
}

/// Returns a relay of a report; for a relay of a relay both.
fn relay(
    random: &mut RandomStream,
    entities: &mut Entities,
    original: &Delivered,
    variant: usize,
    used: &mut Vec<usize>,
    pool: &[EntityId],
    reports: &[Delivered],
) -> Vec<Delivered> {
    let (name, format) = VARIANTS[variant];
    let mut listener = |random: &mut RandomStream, format| {
        let is_free = |source: &usize| SOURCES[*source].2 == format && !used.contains(source);
        let free: Vec<usize> = (0..SENSOR).filter(is_free).collect();
        let any: Vec<usize> = (0..SENSOR).filter(|source| SOURCES[*source].2 == format).collect();
        let source = if free.is_empty() { pick(random, &any) } else { pick(random, &free) };
        used.push(source);
        source
    };
    let mut copy = Delivered { repeats: Some((name, original.source)), ..original.clone() };
    copy.source = listener(random, format);
    if copy.source == original.source {
        return Vec::new();
    }
    copy.day = (original.day + below(random, 4) as u32).min(DAYS);
    copy.is_bare = chance(random, 0.5);
    let mut all = Vec::new();
    if name != "same-objects" {
        copy.ids = format!("{}/{}/{}/{name}", SOURCES[copy.source].0, original.group, reports.len());
        copy.created_at = time_of(copy.day) - within(random, 600, 3_000);
        copy.cites = None;
        copy.producer = if name == "named-producer" { original.source } else { copy.source };
    }
    match name {
        "named-producer" => {
            let count = between(random, original.values.len() / 3, original.values.len());
            copy.values = sample(random, &original.values, count.max(1));
            copy.text = None;
        }
        "partial" => {
            let count = (original.values.len() * 4).div_ceil(5);
            copy.values = sample(random, &original.values, count);
            copy.text = None;
        }
        "edited-text" => {
            let count = original.values.len() * between(random, 50, 80) / 100;
            copy.values = sample(random, &original.values, count.max(1));
            copy.own = own_values(random, entities, pool);
            copy.own.retain(|value| !original.values.contains(value));
            copy.text = original.text.as_deref().map(|text| text::edited(random, text));
        }
        "cites" => {
            let count = original.values.len() * between(random, 60, 80) / 100;
            copy.values = sample(random, &original.values, count.max(1));
            copy.text = Some(ReportText::invent(random, entities.name(original.malware)).to_string());
            copy.cites = Some(address(original));
        }
        "stix-to-misp" => copy.text = copy.text.filter(|_| chance(random, 0.5)),
        "misp-to-csv" => {
            let mut event = Delivered { source: listener(random, Format::Misp), ..copy.clone() };
            event.ids = format!("{}/{}/{}/event", SOURCES[event.source].0, original.group, reports.len());
            (event.producer, event.text) = (event.source, None);
            event.day = (original.day + below(random, 3) as u32).min(DAYS);
            copy.day = (event.day + below(random, 3) as u32).min(DAYS);
            all.push(event);
        }
        _ => {}
    }
    all.push(copy);
    all
}

/// Returns one or two values that a source adds to a report that it relays.
fn own_values(random: &mut RandomStream, entities: &mut Entities, pool: &[EntityId]) -> Vec<EntityId> {
    let mut values = sample(random, pool, 1);
    if chance(random, 0.5) {
        values.push(invent_value(random, entities));
    }
    values
}

/// Adds the lists of the sensor network: hosts of no known group, and some of each group.
fn add_sensor(
    random: &mut RandomStream,
    entities: &mut Entities,
    pools: &[Vec<EntityId>],
    reports: &mut Vec<Delivered>,
) {
    let malware = entities.invent(random, EntityKind::Malware);
    for day in 2..=DAYS {
        let count = between(random, 60, 140);
        let mut values: Vec<EntityId> = (0..count).map(|_| invent_value(random, entities)).collect();
        for pool in pools {
            let count = pool.len() * between(random, 0, 8) / 100;
            values.extend(sample(random, pool, count));
        }
        reports.push(Delivered {
            source: SENSOR,
            day,
            created_at: time_of(day) - 3_600,
            malware,
            values,
            own: Vec::new(),
            title: String::new(),
            text: None,
            cites: None,
            producer: SENSOR,
            ids: format!("sensor/{day}"),
            repeats: None,
            group: GROUPS,
            is_bare: true,
        });
    }
}
