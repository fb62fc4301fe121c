//! Pairs of units of two sources, of which one repeats the other.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    attribution::Attribution,
    chance::at_least,
    copies::{Documents, share_reference},
    evidence::CopyEvidence,
    members::{RepeatedMembers, repeat_members, same_reports},
    sourced::Sourced,
    units::{Batch, Naming, Unit, Units},
};
use crate::{entity::Entity, index::EntityIndex, resolve::link_claims::LinkClaim};

/// Smallest number of common values, and their smallest share of the smaller unit.
const VALUES_MIN: usize = 6;
const SHARE_MIN: f64 = 0.8;
/// Largest probability that two independent units have so many values in common.
const CHANCE_MAX: f64 = 0.01;
/// The same bounds for two reports that cite one address.
const VALUES_MIN_CITED: usize = 3;
const CHANCE_MAX_CITED: f64 = 0.1;
/// Largest number of days between two units of which one repeats the other.
const DAYS_MAX: i64 = 30;
/// Largest number of units in which one value is compared.
const UNITS_MAX: usize = 96;
/// Largest number of links from the values of a repeated report to another repeated claim.
const STEPS: usize = 3;
/// Largest number of records of a link that are compared.
const RECORDS_MAX: usize = 64;

/// Pairs of reports, the lower position first.
type ReportPairs = BTreeSet<(EntityIndex, EntityIndex)>;

/// Named entities that the units of two batches have in common, by the two batches.
type Related = BTreeMap<(Batch, Batch), BTreeMap<EntityIndex, CopyEvidence>>;

/// Adds the records of units that repeat units of another source.
pub(super) fn same_values(
    sourced: &Sourced<'_>,
    units: &Units,
    documents: &Documents,
    (texts, references): (&ReportPairs, &ReportPairs),
    (entities, links): (&[Entity], &[&[LinkClaim]]),
    attribution: &mut Attribution<'_>,
) {
    let mut by_value: Vec<Naming> = units.namings.clone();
    by_value.sort_unstable_by_key(|naming| (naming.value, naming.unit, naming.record));
    same_creation(sourced, &by_value, attribution);
    let reports = report_records(units, documents);
    let (mut related, mut repeated) = (Related::new(), RepeatedMembers::new());
    for (one, other, count) in common(units, &by_value) {
        let [a, b] = [one, other].map(|unit| &units.units[unit as usize]);
        let Some(evidence) = evidence(a, b, count, (texts, references)) else { continue };
        let Some(firsts) = repeat_values(sourced, units, (a, b), evidence, attribution) else { continue };
        let describing = |unit: &Unit| {
            unit.container.and_then(|report| reports.get(&(report, source(units, unit.batch)))).copied()
        };
        // The report itself repeats the other report, or the first record of the common values.
        let of_a = describing(a).unwrap_or(firsts[0]);
        let of_b = describing(b).unwrap_or(firsts[1]);
        let a_is_later = sourced.order(of_a) > sourced.order(of_b);
        let (later, earlier, [report, anchor]) =
            if a_is_later { (a, b, [of_a, of_b]) } else { (b, a, [of_b, of_a]) };
        if describing(later).is_some() {
            attribution.add(report, anchor, evidence);
        }
        if evidence == CopyEvidence::Text || count as f64 >= SHARE_MIN * later.size as f64 {
            repeat_members(units, (later, earlier), (anchor, evidence), &mut repeated);
        }
        relate(units, (a, b), evidence, &mut related);
    }
    for pair in texts {
        relate_reports(units, *pair, &mut related);
    }
    // A repeated link relates its other end, so that the claims around it are compared, too.
    for _ in 0..STEPS {
        let spread = same_links(sourced, units, &related, links, attribution);
        let before: usize = related.values().map(BTreeMap::len).sum();
        for (batches, entity, evidence) in spread {
            related.entry(batches).or_default().entry(entity).or_insert(evidence);
        }
        if related.values().map(BTreeMap::len).sum::<usize>() == before {
            break;
        }
    }
    if !repeated.is_empty() {
        same_reports(units, &repeated, (entities, links), attribution);
    }
}

fn source(units: &Units, batch: Batch) -> u32 {
    units.batches[batch as usize].0
}

/// Returns the record of each report in each source.
fn report_records(units: &Units, documents: &Documents) -> BTreeMap<(EntityIndex, u32), u32> {
    let mut records = BTreeMap::new();
    for (&record, &report) in &documents.of_record {
        let key = (report, source(units, units.recorded_batch[record as usize]));
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
            .created()
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
            let Some(first) = first else { continue };
            for (_, record) in same {
                attribution.add(*record, first, CopyEvidence::Created);
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
        if references.contains(&pair) && count >= VALUES_MIN_CITED && chance(a, b, count) <= CHANCE_MAX_CITED
        {
            return Some(CopyEvidence::Reference);
        }
    }
    let is_contained = count >= VALUES_MIN && count as f64 >= SHARE_MIN * a.size.min(b.size) as f64;
    (is_contained && chance(a, b, count) <= CHANCE_MAX).then_some(CopyEvidence::Values)
}

/// Returns the probability that two independent units have at least this number of values in common.
fn chance(a: &Unit, b: &Unit, count: usize) -> f64 {
    at_least(count, a.size) * at_least(count, b.size)
}

/// Adds the records of two units that name a common value. Returns the first of these records in each unit.
fn repeat_values(
    sourced: &Sourced<'_>,
    units: &Units,
    (a, b): (&Unit, &Unit),
    evidence: CopyEvidence,
    attribution: &mut Attribution<'_>,
) -> Option<[u32; 2]> {
    let of_value = |unit: &Unit| -> Vec<&[Naming]> {
        units.namings[unit.namings.clone()].chunk_by(|a, b| a.value == b.value).collect()
    };
    let (ours, theirs) = (of_value(a), of_value(b));
    let mut theirs = theirs.iter().peekable();
    let mut firsts: [Option<u32>; 2] = [None; 2];
    for one in ours {
        while theirs.peek().is_some_and(|other| other[0].value < one[0].value) {
            theirs.next();
        }
        let Some(other) = theirs.peek().filter(|other| other[0].value == one[0].value) else { continue };
        // Each record is compared with the first ones of the other side; the attribution keeps the earliest.
        let [ours, theirs] =
            [(a, one), (b, **other)].map(|(unit, namings)| units.records_of_day(unit, namings));
        for (records, others) in [(&ours, &theirs), (&theirs, &ours)] {
            for &record in records {
                others.iter().take(RECORDS_MAX).for_each(|other| attribution.add(record, *other, evidence));
            }
        }
        for (first, namings) in firsts.iter_mut().zip([one, **other]) {
            let records = namings.iter().map(|naming| naming.record).chain(*first);
            *first = records.min_by_key(|record| sourced.order(*record));
        }
    }
    let [one, other] = firsts;
    Some([one?, other?])
}

/// Notes the named entities that two units have in common, for their batches.
fn relate(units: &Units, (a, b): (&Unit, &Unit), evidence: CopyEvidence, related: &mut Related) {
    let [one, other] = [a, b].map(|unit| named(units, unit));
    let shared = one.into_iter().filter(|entity| other.binary_search(entity).is_ok());
    let key = (a.batch.min(b.batch), a.batch.max(b.batch));
    for entity in shared {
        related.entry(key).or_default().entry(entity).or_insert(evidence);
    }
}

/// Returns the named entities of a unit, sorted: its container, or the entities that its report names.
fn named(units: &Units, unit: &Unit) -> Vec<EntityIndex> {
    let Some(container) = unit.container else { return Vec::new() };
    if units.is_named(container) {
        return vec![container];
    }
    let members = units.members_of(container, Some(unit.batch)).iter().map(|(.., entity)| *entity);
    members.filter(|entity| units.is_named(*entity)).collect()
}

/// Notes the named entities that two reports with nearly equal texts have in common.
fn relate_reports(units: &Units, (one, other): (EntityIndex, EntityIndex), related: &mut Related) {
    let theirs: BTreeMap<EntityIndex, Vec<Batch>> = {
        let mut theirs: BTreeMap<EntityIndex, Vec<Batch>> = BTreeMap::new();
        for (_, batch, entity) in units.members_of(other, None) {
            theirs.entry(*entity).or_default().push(*batch);
        }
        theirs
    };
    let ours = units.members_of(one, None).iter().filter(|(.., entity)| units.is_named(*entity));
    for (_, batch, entity) in ours {
        for their_batch in theirs.get(entity).into_iter().flatten() {
            let key = (*batch.min(their_batch), *batch.max(their_batch));
            related.entry(key).or_default().entry(*entity).or_insert(CopyEvidence::Text);
        }
    }
}

/// Adds records of one link that repeat each other. Their batches are related through an end of the link, or they have
/// the same time of creation to the fraction of a second, or they cite one address. Returns the ends of these links with
/// the batches that they relate.
fn same_links(
    sourced: &Sourced<'_>,
    units: &Units,
    related: &Related,
    links: &[&[LinkClaim]],
    attribution: &mut Attribution<'_>,
) -> Vec<((Batch, Batch), EntityIndex, CopyEvidence)> {
    let mut spread = Vec::new();
    let source = |claim: &LinkClaim| sourced.source(claim.record.index() as u32);
    for claims in links.iter().filter(|claims| source(&claims[0]) != source(&claims[claims.len() - 1])) {
        let (from, to, ..) = claims[0].key;
        let mut records: Vec<u32> = claims.iter().map(|claim| claim.record.index() as u32).collect();
        records.dedup();
        records.sort_by_key(|record| sourced.order(*record));
        records.truncate(RECORDS_MAX);
        for (position, &later) in records.iter().enumerate() {
            for &earlier in &records[..position] {
                let by_end = related_by(units, related, (later, earlier), [from, to]);
                let evidence = if is_created_at_once(sourced, later, earlier) {
                    Some(CopyEvidence::Created)
                } else if let Some((batches, evidence)) = by_end {
                    let ends = [from, to].into_iter().filter(|end| units.is_named(*end));
                    spread.extend(ends.map(|end| (batches, end, evidence)));
                    Some(evidence)
                } else {
                    share_reference(sourced, later, earlier).then_some(CopyEvidence::Reference)
                };
                if let Some(evidence) = evidence {
                    attribution.add(later, earlier, evidence);
                }
            }
        }
    }
    spread
}

/// Returns the related batches of two records and the evidence, if an end of their link relates them.
fn related_by(
    units: &Units,
    related: &Related,
    (one, other): (u32, u32),
    ends: [EntityIndex; 2],
) -> Option<((Batch, Batch), CopyEvidence)> {
    let batches = |record: u32| [units.recorded_batch[record as usize], units.created_batch[record as usize]];
    let mut pairs = batches(one).into_iter().flat_map(|a| batches(other).map(|b| (a.min(b), a.max(b))));
    pairs.find_map(|pair| {
        let entities = related.get(&pair)?;
        Some((pair, *ends.iter().find_map(|end| entities.get(end))?))
    })
}

/// Returns whether two records were created at the same fraction of a second.
fn is_created_at_once(sourced: &Sourced<'_>, one: u32, other: u32) -> bool {
    let created = |record: u32| sourced.records[record as usize].content.created();
    created(one).is_some_and(|at| at.micros() % 1_000_000 != 0) && created(one) == created(other)
}
