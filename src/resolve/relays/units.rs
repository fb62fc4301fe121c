//! Units: the rare values that one source names together on one day.
//!
//! A unit has the values of a report. Values outside of reports form units by source, recorded day and stated day of
//! creation. One unit has all these values, and each named entity has one with the values that the source links to it.

use std::collections::HashMap;

use super::{copies::is_document, sourced::Sourced};
use crate::{
    entity::Entity,
    index::EntityIndex,
    link::Layer,
    record::Record,
    resolve::link_claims::LinkClaim,
    time::{DAY, Moment},
};

/// Records of one source of one day.
pub(super) type Batch = u32;

/// Largest number of entities to which one source links a value. A value of more entities is common.
const CONTAINERS_MAX: usize = 8;

/// A value that a record names as part of a unit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Naming {
    pub(super) unit: u32,
    pub(super) value: EntityIndex,
    pub(super) record: u32,
}

/// One unit.
pub(super) struct Unit {
    pub(super) batch: Batch,
    /// Entity that holds its values together; `None` for all values of a source and day.
    pub(super) container: Option<EntityIndex>,
    /// Number of its values.
    pub(super) size: usize,
    /// Its part of the namings, which are in order of unit, value and record.
    pub(super) namings: std::ops::Range<usize>,
}

/// All units of a view.
#[expect(clippy::struct_field_names, reason = "batches and units are what it lists")]
pub(super) struct Units {
    /// Batch of each record by the day on which it was recorded: the batches of reports.
    pub(super) recorded_batch: Vec<Batch>,
    /// Batch of each record by this day and the stated day of its creation: the batches of other units.
    pub(super) created_batch: Vec<Batch>,
    /// Source and recorded day of each batch.
    pub(super) batches: Vec<(u32, i64)>,
    pub(super) units: Vec<Unit>,
    pub(super) namings: Vec<Naming>,
    /// Entities of each report and batch, sorted: (report, batch, entity).
    pub(super) members: Vec<(EntityIndex, Batch, EntityIndex)>,
    pub(super) roles: Vec<Role>,
    /// Values of each indicator.
    pub(super) matched: HashMap<EntityIndex, Vec<EntityIndex>>,
}

impl Units {
    /// Returns the members of a report, in one batch or in all.
    pub(super) fn members_of(
        &self,
        report: EntityIndex,
        batch: Option<Batch>,
    ) -> &[(EntityIndex, Batch, EntityIndex)] {
        let key = |row: &(EntityIndex, Batch, EntityIndex)| (row.0, batch.map(|_| row.1));
        let start = self.members.partition_point(|row| key(row) < (report, batch));
        let end = self.members.partition_point(|row| key(row) <= (report, batch));
        &self.members[start..end]
    }

    /// Returns the records that name a value in a unit. Outside of reports these are all records of the batch that name it,
    /// such as the indicator beside the relationship that links it to an entity.
    pub(super) fn records_of_day(&self, unit: &Unit, namings: &[Naming]) -> Vec<u32> {
        let mut records: Vec<u32> = namings.iter().map(|naming| naming.record).collect();
        if unit.container.is_some_and(|container| self.is_named(container)) {
            // The unit of the whole batch precedes the units of its entities.
            let whole =
                self.units.partition_point(|other| (other.batch, other.container) < (unit.batch, None));
            let of_batch = &self.namings[self.units[whole].namings.clone()];
            let start = of_batch.partition_point(|naming| naming.value < namings[0].value);
            let of_value = of_batch[start..].iter().take_while(|naming| naming.value == namings[0].value);
            records.extend(of_value.map(|naming| naming.record));
        }
        records
    }

    /// Returns the values that an entity names: itself, or those of an indicator.
    pub(super) fn values_of<'a>(&'a self, entity: &'a EntityIndex) -> &'a [EntityIndex] {
        match self.roles[entity.index()] {
            Role::Value => std::slice::from_ref(entity),
            Role::Indicator => self.matched.get(entity).map_or(&[], Vec::as_slice),
            _ => &[],
        }
    }

    pub(super) fn is_named(&self, entity: EntityIndex) -> bool {
        self.roles[entity.index()] == Role::Named
    }
}

/// A value that a record names, with the container; the container is `None` for the whole batch.
type Token = (Batch, Option<EntityIndex>, EntityIndex, u32);

/// Collects the units of a view.
pub(super) fn collect(sourced: &Sourced<'_>, entities: &[Entity], links: &[&[LinkClaim]]) -> Units {
    let Batches { recorded_batch, created_batch, batches } = Batches::of(sourced);
    let roles: Vec<Role> = entities.iter().map(Role::of).collect();
    let matched = matched(&roles, links);
    // Tokens of reports, and all others.
    let (mut reported, mut others): (Vec<Token>, Vec<Token>) = (Vec::new(), Vec::new());
    let mut members = Vec::new();
    for claims in links {
        let (from, to, _, layer) = claims[0].key;
        if layer == Layer::Provenance {
            continue;
        }
        let ends = [(from, to), (to, from)];
        for claim in *claims {
            let record = claim.record.index() as u32;
            let batch = recorded_batch[record as usize];
            let created = created_batch[record as usize];
            for (end, other) in ends {
                if roles[other.index()] == Role::Document {
                    members.push((other, batch, end));
                }
                let values: &[EntityIndex] = match roles[end.index()] {
                    Role::Value => std::slice::from_ref(&end),
                    Role::Indicator => matched.get(&end).map_or(&[], Vec::as_slice),
                    Role::Document | Role::Named | Role::Ignored => continue,
                };
                if roles[other.index()] == Role::Document {
                    reported.extend(values.iter().map(|value| (batch, Some(other), *value, record)));
                } else {
                    let container = Some(other).filter(|other| roles[other.index()] == Role::Named);
                    others.extend(values.iter().map(|value| (created, container, *value, record)));
                }
            }
        }
    }
    // A row that only names a value belongs to its batch.
    for (value, entity) in EntityIndex::enumerate(entities) {
        if roles[value.index()] == Role::Value && entity.has_own_record {
            let records = entity.records.iter().map(|record| record.index() as u32);
            others.extend(records.map(|record| (created_batch[record as usize], None, value, record)));
        }
    }
    members.sort_unstable();
    members.dedup();
    let tokens = in_reports(reported, others, &recorded_batch);
    let (units, namings) = units(rare(tokens, &batches));
    Units { recorded_batch, created_batch, batches, units, namings, members, roles, matched }
}

/// Returns the tokens of all units. A record that names a value of a report of its source and day belongs to that report.
/// Another record belongs to its batch, and to the entity that it links to the value.
fn in_reports(reported: Vec<Token>, others: Vec<Token>, recorded_batch: &[Batch]) -> Vec<Token> {
    let mut reports: Vec<(Batch, EntityIndex, EntityIndex)> =
        reported.iter().filter_map(|token| Some((token.0, token.2, token.1?))).collect();
    reports.sort_unstable();
    reports.dedup();
    let mut tokens = reported;
    for (created, container, value, record) in others {
        let batch = recorded_batch[record as usize];
        let start = reports.partition_point(|row| (row.0, row.1) < (batch, value));
        let holding = reports[start..].iter().take_while(|row| (row.0, row.1) == (batch, value));
        let before = tokens.len();
        tokens.extend(holding.map(|(.., report)| (batch, Some(*report), value, record)));
        if tokens.len() == before {
            tokens.push((created, None, value, record));
            tokens.extend(container.map(|container| (created, Some(container), value, record)));
        }
    }
    tokens
}

/// Batches of all records.
#[expect(clippy::struct_field_names, reason = "a batch is what each list names")]
struct Batches {
    recorded_batch: Vec<Batch>,
    created_batch: Vec<Batch>,
    /// Source and recorded day of each batch.
    batches: Vec<(u32, i64)>,
}

impl Batches {
    fn of(sourced: &Sourced<'_>) -> Self {
        let mut batches = Vec::new();
        let day = |time: Moment| time.micros().div_euclid(DAY);
        let mut numbered = |created_of: fn(&Record) -> Option<Moment>| -> Vec<Batch> {
            let mut numbers: HashMap<(u32, i64, Option<i64>), Batch> = HashMap::new();
            let number = |(source, record): (&u32, &Record)| {
                let recorded = day(record.recorded_first);
                *numbers.entry((*source, recorded, created_of(record).map(day))).or_insert_with(|| {
                    batches.push((*source, recorded));
                    batches.len() as Batch - 1
                })
            };
            sourced.source.iter().zip(sourced.records).map(number).collect()
        };
        let recorded_batch = numbered(|_| None);
        let created_batch = numbered(|record| record.content.created());
        Self { recorded_batch, created_batch, batches }
    }
}

/// Role of an entity in a unit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// An atomic value, such as a host or the digest of a file.
    Value,
    /// An indicator, in whose place its values are read.
    Indicator,
    /// A report.
    Document,
    /// Any other named entity.
    Named,
    /// An entity that shows no copy, such as a value on a warning list.
    Ignored,
}

/// Kinds of atomic values that identify one object. Command lines, keys and names of files are common to many.
const VALUES: [&str; 10] = [
    "domain-name",
    "ipv4-addr",
    "ipv6-addr",
    "url",
    "email-addr",
    "x509-certificate",
    "cryptocurrency-wallet",
    "bank-account",
    "phone-number",
    "network-fingerprint",
];

impl Role {
    fn of(entity: &Entity) -> Self {
        let is_digest = |scheme: &str| scheme.starts_with("md5") || scheme.starts_with("sha");
        let has_digest = || entity.identifiers.iter().any(|known| known.id.scheme().is_some_and(is_digest));
        match entity.kind.as_str() {
            _ if entity.is_common() => Self::Ignored,
            "file" if has_digest() => Self::Value,
            kind if VALUES.contains(&kind) => Self::Value,
            "indicator" => Self::Indicator,
            kind if crate::entity::OBSERVABLES.contains(&kind) => Self::Ignored,
            _ if is_document(entity) => Self::Document,
            _ => Self::Named,
        }
    }
}

/// Returns the values of each indicator.
fn matched(roles: &[Role], links: &[&[LinkClaim]]) -> HashMap<EntityIndex, Vec<EntityIndex>> {
    let mut matched: HashMap<EntityIndex, Vec<EntityIndex>> = HashMap::new();
    for claims in links {
        let (from, to, ..) = claims[0].key;
        for (one, other) in [(from, to), (to, from)] {
            if roles[one.index()] == Role::Indicator && roles[other.index()] == Role::Value {
                matched.entry(one).or_default().push(other);
            }
        }
    }
    matched
}

/// Removes the values that one source links to many entities.
fn rare(mut tokens: Vec<Token>, batches: &[(u32, i64)]) -> Vec<Token> {
    let source = |token: &Token| batches[token.0 as usize].0;
    tokens.sort_unstable_by_key(|token| (token.2, source(token), token.1, token.0, token.3));
    tokens.dedup();
    let mut kept = Vec::with_capacity(tokens.len());
    for of_value in tokens.chunk_by(|a, b| a.2 == b.2) {
        let containers = |group: &[Token]| group.chunk_by(|a, b| a.1 == b.1).count();
        if of_value.chunk_by(|a, b| source(a) == source(b)).map(containers).max() <= Some(CONTAINERS_MAX + 1)
        {
            kept.extend_from_slice(of_value);
        }
    }
    kept
}

/// Returns the units of tokens, and the namings of all units.
fn units(mut tokens: Vec<Token>) -> (Vec<Unit>, Vec<Naming>) {
    tokens.sort_unstable();
    let mut units: Vec<Unit> = Vec::new();
    let mut namings = Vec::with_capacity(tokens.len());
    for group in tokens.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let (start, unit) = (namings.len(), units.len() as u32);
        namings.extend(group.iter().map(|&(.., value, record)| Naming { unit, value, record }));
        units.push(Unit {
            batch: group[0].0,
            container: group[0].1,
            size: group.chunk_by(|a, b| a.2 == b.2).count(),
            namings: start..namings.len(),
        });
    }
    (units, namings)
}
