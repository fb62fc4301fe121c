//! Pairs of units of two sources, of which one repeats the other.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    CopyEvidence, Sourced,
    attribution::Attribution,
    copies::{Documents, share_reference},
    units::{Batch, Naming, Unit, Units},
};
use crate::{index::EntityIndex, resolve::link_claims::LinkClaim};

/// Smallest number of common values, and their smallest share of the smaller unit.
const VALUES_MIN: usize = 6;
const SHARE_MIN: f64 = 0.8;
/// A much larger unit contains some values of a small one by chance. From this ratio of sizes, twice as many must be common.
const SIZE_RATIO: usize = 10;
/// The same bounds for two reports that cite one address.
const VALUES_MIN_CITED: usize = 3;
const SHARE_MIN_CITED: f64 = 0.5;
/// Largest number of days between two units of which one repeats the other.
const DAYS_MAX: i64 = 30;
/// Largest number of units in which one value is compared.
const UNITS_MAX: usize = 96;
/// Largest number of records of a link that are compared.
const RECORDS_MAX: usize = 64;

/// Pairs of reports, the lower position first.
type ReportPairs = BTreeSet<(EntityIndex, EntityIndex)>;

/// Named entities that the units of two batches have in common, by the two batches.
type Related = BTreeMap<(Batch, Batch), Vec<(EntityIndex, CopyEvidence)>>;

/// Adds the records of units that repeat units of another source.
pub(super) fn same_values(
    sourced: &Sourced<'_>,
    units: &Units,
    documents: &Documents,
    (texts, references): (&ReportPairs, &ReportPairs),
    links: &[&[LinkClaim<'_>]],
    attribution: &mut Attribution<'_>,
) {
    let mut by_value: Vec<Naming> = units.namings.clone();
    by_value.sort_unstable_by_key(|naming| (naming.value, naming.unit, naming.record));
    same_creation(sourced, &by_value, attribution);
    let reports = report_records(units, documents);
    let mut related = Related::new();
    for (one, other, count) in common(units, &by_value) {
        let [a, b] = [one, other].map(|unit| &units.units[unit as usize]);
        let Some(evidence) = evidence(a, b, count, (texts, references)) else { continue };
        repeat_values(units, (a, b), evidence, attribution);
        let describing = |unit: &Unit| {
            unit.container.and_then(|report| reports.get(&(report, source(units, unit.batch)))).copied()
        };
        // The report itself repeats the other report, or the first of its values.
        let first = |unit: &Unit| {
            let records = units.namings[unit.namings.clone()].iter().map(|naming| naming.record);
            records.min_by_key(|record| sourced.order(*record))
        };
        match (describing(a), describing(b)) {
            (Some(one), Some(other)) => attribution.add(one, other, evidence),
            (Some(one), None) => first(b).into_iter().for_each(|other| attribution.add(one, other, evidence)),
            (None, Some(other)) => first(a).into_iter().for_each(|one| attribution.add(one, other, evidence)),
            (None, None) => {}
        }
        relate(units, (a, b), evidence, &mut related);
    }
    for pair in texts {
        relate_reports(units, *pair, &mut related);
    }
    for entities in related.values_mut() {
        entities.sort_unstable();
        entities.dedup_by_key(|(entity, _)| *entity);
    }
    same_links(sourced, units, &related, links, attribution);
}

fn source(units: &Units, batch: Batch) -> u32 {
    units.batches[batch as usize].0
}

/// Returns the record of each report in each source.
fn report_records(units: &Units, documents: &Documents) -> BTreeMap<(EntityIndex, u32), u32> {
    let mut records = BTreeMap::new();
    for (&record, &report) in &documents.of_record {
        let key = (report, source(units, units.batch_of[record as usize]));
        let first = records.entry(key).or_insert(record);
        *first = record.min(*first);
    }
    records
}

/// Adds records that name one value and have the same time of creation, to the fraction of a second.
fn same_creation(sourced: &Sourced<'_>, by_value: &[Naming], attribution: &mut Attribution<'_>) {
    let exact = |record: u32| {
        let content = &sourced.records[record as usize].content;
        content
            .created
            .filter(|created| created.micros() % 1_000_000 != 0)
            .map(|created| (created, &content.kind))
    };
    for group in by_value.chunk_by(|a, b| a.value == b.value) {
        let mut created: Vec<_> =
            group.iter().filter_map(|naming| Some((exact(naming.record)?, naming.record))).collect();
        created.sort_unstable();
        created.dedup();
        for same in created.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
            let first = same.iter().map(|(_, record)| *record).min_by_key(|record| sourced.order(*record));
            for (_, record) in same {
                first.into_iter().for_each(|first| attribution.add(*record, first, CopyEvidence::Created));
            }
        }
    }
}

/// Returns the pairs of units of different sources within some days that have values in common, with their number.
fn common(units: &Units, by_value: &[Naming]) -> Vec<(u32, u32, usize)> {
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    for group in by_value.chunk_by(|a, b| a.value == b.value) {
        let mut holders: Vec<u32> = group.iter().map(|naming| naming.unit).collect();
        holders.dedup();
        let place = |unit: u32| units.batches[units.units[unit as usize].batch as usize];
        if holders.iter().all(|unit| place(*unit).0 == place(holders[0]).0) {
            continue;
        }
        holders.sort_by_key(|unit| (place(*unit).1, *unit));
        holders.truncate(UNITS_MAX);
        for (position, &one) in holders.iter().enumerate() {
            let near = holders[position + 1..]
                .iter()
                .take_while(|other| place(**other).1 - place(one).1 <= DAYS_MAX);
            let others = near.filter(|other| place(**other).0 != place(one).0);
            pairs.extend(others.map(|&other| (one.min(other), one.max(other))));
        }
    }
    pairs.sort_unstable();
    pairs.chunk_by(|a, b| a == b).map(|group| (group[0].0, group[0].1, group.len())).collect()
}

/// Returns the evidence that one of two units repeats the other; `None` if there is not enough.
fn evidence(
    a: &Unit,
    b: &Unit,
    count: usize,
    (texts, references): (&ReportPairs, &ReportPairs),
) -> Option<CopyEvidence> {
    if let (Some(one), Some(other)) = (a.container, b.container) {
        let pair = (one.min(other), one.max(other));
        if texts.contains(&pair) {
            return Some(CopyEvidence::Text);
        }
        let share = count as f64 / a.size.min(b.size) as f64;
        if references.contains(&pair) && count >= VALUES_MIN_CITED && share >= SHARE_MIN_CITED {
            return Some(CopyEvidence::Reference);
        }
    }
    let (smaller, larger) = (a.size.min(b.size), a.size.max(b.size));
    let least = if larger > SIZE_RATIO * smaller { 2 * VALUES_MIN } else { VALUES_MIN };
    (count >= least && count as f64 >= SHARE_MIN * smaller as f64).then_some(CopyEvidence::Values)
}

/// Adds the records of two units that name a common value.
fn repeat_values(
    units: &Units,
    (a, b): (&Unit, &Unit),
    evidence: CopyEvidence,
    attribution: &mut Attribution<'_>,
) {
    let of_value = |unit: &Unit| -> Vec<&[Naming]> {
        units.namings[unit.namings.clone()].chunk_by(|a, b| a.value == b.value).collect()
    };
    let (ours, theirs) = (of_value(a), of_value(b));
    let mut theirs = theirs.iter().peekable();
    for one in ours {
        while theirs.peek().is_some_and(|other| other[0].value < one[0].value) {
            theirs.next();
        }
        let Some(other) = theirs.peek().filter(|other| other[0].value == one[0].value) else { continue };
        // Each record is compared with the first ones of the other side; the attribution keeps the earliest.
        for (records, others) in [(one, **other), (**other, one)] {
            for naming in records {
                for repeated in others.iter().take(RECORDS_MAX) {
                    attribution.add(naming.record, repeated.record, evidence);
                }
            }
        }
    }
}

/// Notes the named entities that two units have in common, for their batches.
fn relate(units: &Units, (a, b): (&Unit, &Unit), evidence: CopyEvidence, related: &mut Related) {
    let [one, other] = [a, b].map(|unit| named(units, unit));
    let shared = one.into_iter().filter(|entity| other.binary_search(entity).is_ok());
    let key = (a.batch.min(b.batch), a.batch.max(b.batch));
    let shared: Vec<_> = shared.map(|entity| (entity, evidence)).collect();
    if !shared.is_empty() {
        related.entry(key).or_default().extend(shared);
    }
}

/// Returns the named entities of a unit, sorted: its container, or the entities that its report names.
fn named(units: &Units, unit: &Unit) -> Vec<EntityIndex> {
    let Some(container) = unit.container else { return Vec::new() };
    let of_report = named_in(units, container, Some(unit.batch));
    if of_report.is_empty() {
        vec![container]
    } else {
        of_report.iter().map(|(.., entity)| *entity).collect()
    }
}

/// Returns the named entities of a report, in one batch or in all.
fn named_in(
    units: &Units,
    report: EntityIndex,
    batch: Option<Batch>,
) -> &[(EntityIndex, Batch, EntityIndex)] {
    let key = |row: &(EntityIndex, Batch, EntityIndex)| (row.0, batch.map(|_| row.1));
    let start = units.named.partition_point(|row| key(row) < (report, batch));
    let end = units.named.partition_point(|row| key(row) <= (report, batch));
    &units.named[start..end]
}

/// Notes the named entities that two reports with nearly equal texts have in common.
fn relate_reports(units: &Units, (one, other): (EntityIndex, EntityIndex), related: &mut Related) {
    let theirs: BTreeMap<EntityIndex, Vec<Batch>> = {
        let mut theirs: BTreeMap<EntityIndex, Vec<Batch>> = BTreeMap::new();
        for (_, batch, entity) in named_in(units, other, None) {
            theirs.entry(*entity).or_default().push(*batch);
        }
        theirs
    };
    for (_, batch, entity) in named_in(units, one, None) {
        for their_batch in theirs.get(entity).into_iter().flatten() {
            let key = (*batch.min(their_batch), *batch.max(their_batch));
            related.entry(key).or_default().push((*entity, CopyEvidence::Text));
        }
    }
}

/// Adds the records of each link whose batches are related through an end of the link, whose creation times are equal to
/// the fraction of a second, or that cite one address.
fn same_links(
    sourced: &Sourced<'_>,
    units: &Units,
    related: &Related,
    links: &[&[LinkClaim<'_>]],
    attribution: &mut Attribution<'_>,
) {
    let source = |claim: &LinkClaim<'_>| sourced.source(claim.record.index() as u32);
    for claims in links.iter().filter(|claims| source(&claims[0]) != source(&claims[claims.len() - 1])) {
        let (from, to, ..) = claims[0].key;
        let mut records: Vec<u32> = claims.iter().map(|claim| claim.record.index() as u32).collect();
        records.dedup();
        records.sort_by_key(|record| sourced.order(*record));
        records.truncate(RECORDS_MAX);
        for (position, &later) in records.iter().enumerate() {
            for &earlier in &records[..position] {
                let [one, other] = [later, earlier].map(|record| units.batch_of[record as usize]);
                let known = related.get(&(one.min(other), one.max(other))).map_or(&[][..], Vec::as_slice);
                let by_end = known.iter().find(|(entity, _)| *entity == from || *entity == to);
                let evidence = if is_created_at_once(sourced, later, earlier) {
                    Some(CopyEvidence::Created)
                } else if let Some((_, evidence)) = by_end {
                    Some(*evidence)
                } else {
                    share_reference(sourced, later, earlier).then_some(CopyEvidence::Reference)
                };
                evidence.into_iter().for_each(|evidence| attribution.add(later, earlier, evidence));
            }
        }
    }
}

/// Returns whether two records were created at the same fraction of a second.
fn is_created_at_once(sourced: &Sourced<'_>, one: u32, other: u32) -> bool {
    let created = |record: u32| sourced.records[record as usize].content.created;
    created(one).is_some_and(|at| at.micros() % 1_000_000 != 0) && created(one) == created(other)
}
