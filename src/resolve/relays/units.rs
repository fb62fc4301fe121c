//! Units: the rare values that one source names together on one day.
//!
//! A unit is a report with its values, another named entity with the values that its source linked to it on one day, or
//! all values of one source and day.

use std::collections::HashMap;

use super::{Sourced, copies::is_document};
use crate::{entity::Entity, index::EntityIndex, link::Layer, resolve::link_claims::LinkClaim, time::DAY};

/// Records of one source of one day.
pub(super) type Batch = u32;

/// Largest number of entities to which one source links a value. A value of more entities is no evidence.
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
pub(super) struct Units {
    /// Batch of each record.
    pub(super) batch_of: Vec<Batch>,
    /// Source and day of each batch.
    pub(super) batches: Vec<(u32, i64)>,
    pub(super) units: Vec<Unit>,
    pub(super) namings: Vec<Naming>,
    /// Named entities of each report and batch, sorted: (report, batch, entity).
    pub(super) named: Vec<(EntityIndex, Batch, EntityIndex)>,
}

/// A value that a record names, with the container; the container is `None` for the whole batch.
type Token = (Batch, Option<EntityIndex>, EntityIndex, u32);

/// Collects the units of a view.
pub(super) fn collect(sourced: &Sourced<'_>, entities: &[Entity], links: &[&[LinkClaim<'_>]]) -> Units {
    let (batch_of, batches) = batches(sourced);
    let roles: Vec<Role> = entities.iter().map(Role::of).collect();
    let matched = matched(&roles, links);
    let mut tokens: Vec<Token> = Vec::new();
    let mut named = Vec::new();
    for claims in links {
        let (from, to, _, layer) = claims[0].key;
        if layer == Layer::Provenance {
            continue;
        }
        let ends = [(from, to), (to, from)];
        for claim in claims.iter() {
            let record = claim.record.index() as u32;
            let batch = batch_of[record as usize];
            for (end, other) in ends {
                let values: &[EntityIndex] = match roles[end.index()] {
                    Role::Value => std::slice::from_ref(&end),
                    Role::Indicator => matched.get(&end).map_or(&[], Vec::as_slice),
                    Role::Document | Role::Named => {
                        if roles[other.index()] == Role::Document {
                            named.push((other, batch, end));
                        }
                        continue;
                    }
                    Role::Ignored => continue,
                };
                let container =
                    Some(other).filter(|other| matches!(roles[other.index()], Role::Document | Role::Named));
                for &value in values {
                    tokens.push((batch, None, value, record));
                    tokens.extend(container.map(|container| (batch, Some(container), value, record)));
                }
            }
        }
    }
    // A row that only names a value belongs to its batch.
    for (value, entity) in EntityIndex::enumerate(entities) {
        if roles[value.index()] == Role::Value && entity.has_own_record {
            let records = entity.records.iter().map(|record| record.index() as u32);
            tokens.extend(records.map(|record| (batch_of[record as usize], None, value, record)));
        }
    }
    named.sort_unstable();
    named.dedup();
    let (units, namings) = units(rare(tokens, &batches));
    Units { batch_of, batches, units, namings, named }
}

/// Returns the batch of each record, and the source and day of each batch.
fn batches(sourced: &Sourced<'_>) -> (Vec<Batch>, Vec<(u32, i64)>) {
    let mut numbers: HashMap<(u32, i64), Batch> = HashMap::new();
    let mut batches = Vec::new();
    let batch_of = sourced
        .source
        .iter()
        .zip(sourced.records)
        .map(|(source, record)| {
            let key = (*source, record.recorded_first.micros().div_euclid(DAY));
            *numbers.entry(key).or_insert_with(|| {
                batches.push(key);
                batches.len() as Batch - 1
            })
        })
        .collect();
    (batch_of, batches)
}

/// Role of an entity in a unit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// An atomic value, such as a host or the digest of a file.
    Value,
    /// An indicator, in whose place its values are read.
    Indicator,
    /// A report.
    Document,
    /// Any other named entity.
    Named,
    /// An entity that is no evidence, such as a value on a warning list.
    Ignored,
}

/// Kinds of atomic values that identify one thing. Command lines, keys and names of files are common to many.
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
        let has_digest = || entity.identifiers.iter().any(|(id, _)| id.scheme().is_some_and(is_digest));
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
fn matched(roles: &[Role], links: &[&[LinkClaim<'_>]]) -> HashMap<EntityIndex, Vec<EntityIndex>> {
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
