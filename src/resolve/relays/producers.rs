//! Producers: the organisations that records name as their creators, and the source of each.

use std::{
    collections::{BTreeMap, HashMap},
    num::NonZeroU64,
};

use super::sourced::{RecordOrder, Sourced};
use crate::{
    link::Layer,
    record::{LentClaim, LentIdentifier, PackedContent, digest},
};

/// Share of the records with a producer from which a source counts as the producer's own.
const OWN_SHARE: f64 = 0.5;

/// The source of the producer of each record.
pub(super) struct Producers {
    /// Producer of each record.
    producer: Vec<Option<NonZeroU64>>,
    /// Source of each producer.
    source: HashMap<NonZeroU64, u32>,
}

impl Producers {
    pub(super) fn of(sourced: &Sourced<'_>) -> Self {
        let producer = stated(sourced);
        // Number of records and the first record of each producer in each source.
        let mut counts: BTreeMap<(u32, NonZeroU64), (usize, RecordOrder)> = BTreeMap::new();
        let mut totals: HashMap<u32, usize> = HashMap::new();
        for (record, producer) in (0..).zip(&producer) {
            let Some(producer) = producer else { continue };
            let order = sourced.order(record);
            let (count, first) = counts.entry((sourced.source(record), *producer)).or_insert((0, order));
            *count += 1;
            *first = (*first).min(order);
            *totals.entry(sourced.source(record)).or_default() += 1;
        }
        // A producer's own source comes before a source that only relays it, then the first source that names it.
        let mut best: HashMap<NonZeroU64, (bool, RecordOrder, u32)> = HashMap::new();
        for ((source, producer), (count, first)) in counts {
            let is_own = count as f64 >= OWN_SHARE * totals[&source] as f64;
            let rank = (!is_own, first, source);
            let known = best.entry(producer).or_insert(rank);
            *known = (*known).min(rank);
        }
        let source = best.into_iter().map(|(producer, (_, _, source))| (producer, source)).collect();
        Self { producer, source }
    }

    /// Returns the source of a record's producer; `None` if the record names none.
    pub(super) fn source_of(&self, record: u32) -> Option<u32> {
        self.source.get(&self.producer[record as usize]?).copied()
    }
}

/// Returns the producer that each record names, or that its report names.
fn stated(sourced: &Sourced<'_>) -> Vec<Option<NonZeroU64>> {
    let names = names(sourced);
    let named = |producer: NonZeroU64| names.get(&producer).copied().unwrap_or(producer);
    let mut of_report: HashMap<(u32, &str), NonZeroU64> = HashMap::new();
    for (source, record) in sourced.source.iter().zip(sourced.records) {
        if let (Some(producer), Some(report)) = (record.content.producer(), own_report(&record.content)) {
            of_report.insert((*source, report), named(producer));
        }
    }
    let producer = |(source, record): (&u32, &crate::record::Record)| {
        let content = &record.content;
        content.producer().map(named).or_else(|| {
            let report = content.claims().find_map(|claim| containing_report(&claim))?;
            of_report.get(&(*source, report)).copied()
        })
    };
    sourced.source.iter().zip(sourced.records).map(producer).collect()
}

/// Returns the digest of the name of each named identity: one organisation may have an id in each format.
fn names(sourced: &Sourced<'_>) -> HashMap<NonZeroU64, NonZeroU64> {
    let mut names: HashMap<NonZeroU64, NonZeroU64> = HashMap::new();
    for claim in sourced.records.iter().flat_map(|record| record.content.claims()) {
        let LentClaim::Entity { identifiers, kind, name: Some(name), .. } = claim else { continue };
        let (true, Some(LentIdentifier::Object(id))) = (kind == *"identity", identifiers.first()) else {
            continue;
        };
        if let (Some(id), Some(name)) = (NonZeroU64::new(digest(id)), NonZeroU64::new(digest(name.trim()))) {
            let known = names.entry(id).or_insert(name);
            *known = (*known).min(name);
        }
    }
    names
}

/// Returns the id of the report that claims describe.
fn own_report(content: &PackedContent) -> Option<&str> {
    content.claims().find_map(|claim| match claim {
        LentClaim::Entity { identifiers, kind, .. } if kind == *"report" => match identifiers.first() {
            Some(LentIdentifier::Object(id)) => Some(id),
            _ => None,
        },
        _ => None,
    })
}

/// Returns the id of the report that contains an entity, by a claim of the entity's record.
fn containing_report<'a>(claim: &LentClaim<'a>) -> Option<&'a str> {
    match *claim {
        LentClaim::Link { from: LentIdentifier::Object(report), layer: Layer::CoReport, .. } => Some(report),
        _ => None,
    }
}
