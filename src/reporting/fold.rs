//! The fold: the reporting history of all versions of an archive's records.
//!
//! Two records mean one node if they have an identifier in common. Identifiers are assigned forward in time, so a later
//! record joins no nodes of an earlier time. No rule about names applies.

use std::collections::{BTreeMap, HashMap};

use super::{Details, Mention, Node, ReportingHistory, end_of_day};
use crate::{
    analysis::Class,
    canonical::CanonicalId,
    compact::ListsByPosition,
    ingest,
    record::{LentClaim, LentIdentifier},
    resolve::{self, lasting_id},
    symbol::Symbol,
    time::Moment,
    view::Version,
};

/// An interval of recorded time; without an end it lasts until today.
type Interval = (Moment, Option<Moment>);

impl ReportingHistory<'static> {
    /// Returns the history of all versions that an audience may know. `runs` are the as-of times of the archive's runs.
    pub fn of_versions(versions: &[Version], runs: Vec<Moment>) -> Self {
        let mut order: Vec<u32> = (0..versions.len() as u32).collect();
        order.sort_by_key(|&version| {
            let Version { record, from, .. } = &versions[version as usize];
            (*from, &record.source, &record.key)
        });
        let mut fold = Fold::new(versions);
        for of_one_time in order.chunk_by(|a, b| versions[*a as usize].from == versions[*b as usize].from) {
            for &version in of_one_time {
                fold.add_entities(&versions[version as usize]);
            }
            for &version in of_one_time {
                fold.add_links(version, &versions[version as usize]);
            }
        }
        fold.finish(runs)
    }
}

/// A history that is being built.
struct Fold<'a> {
    history: ReportingHistory<'static>,
    /// Intervals in which a record about each node was live.
    presence: Vec<Vec<Interval>>,
    node_of: HashMap<CanonicalId, u32>,
    /// Source of the record that first described each node; `None` if records only refer to it.
    described_by: Vec<Option<Symbol>>,
    kind_of: HashMap<&'a str, u32>,
    source_of: HashMap<&'a str, u32>,
    /// Intervals in which the object of a key is retired in every source.
    retired: BTreeMap<&'a str, Vec<Interval>>,
}

impl<'a> Fold<'a> {
    fn new(versions: &'a [Version]) -> Self {
        Self {
            history: ReportingHistory::default(),
            presence: Vec::new(),
            node_of: HashMap::with_capacity(versions.len()),
            described_by: Vec::new(),
            kind_of: HashMap::new(),
            source_of: HashMap::new(),
            retired: retired(versions),
        }
    }

    fn add_entities(&mut self, version: &Version) {
        let Some((start, end)) = version.in_use() else { return };
        for claim in version.record.content.claims() {
            let LentClaim::Entity { identifiers, kind, name, aliases, .. } = claim else { continue };
            let ids: Vec<CanonicalId> = identifiers.filter_map(resolve::canonical_id).collect();
            let Some(node) = self.described(&ids, version.record.source, start) else { continue };
            let described_by = &mut self.described_by[node as usize];
            if described_by.is_none() {
                *described_by = Some(version.record.source);
                let described = &mut self.history.nodes[node as usize];
                (described.class, described.kind) = (Class::of(&kind), kind);
                if let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) {
                    described.label = name.to_owned().into();
                }
            }
            add_interval(&mut self.presence[node as usize], (start, end));
            if Class::of(&kind).is_principal() {
                let content = &version.record.content;
                let links = content.claims().filter(|claim| !claim.is_entity()).count();
                let size = content.references() + (aliases.len() + links) as u32;
                let details = Details { from: start, until: end, size };
                self.history.details.entry(node).or_default().push(details);
            }
        }
    }

    /// Returns the node that a record describes; `None` if no identifier has the form of its kind. Two objects of one
    /// source are two nodes, whatever catalogue number they have in common.
    fn described(&mut self, ids: &[CanonicalId], source: Symbol, time: Moment) -> Option<u32> {
        let (own, others) = ids.split_first()?;
        let other = || {
            let known = others.iter().filter_map(|id| self.node_of.get(id).copied());
            let is_of_source = |node: &u32| self.described_by[*node as usize] == Some(source);
            known.filter(|node| !is_of_source(node)).min()
        };
        let node = if let Some(node) = self.node_of.get(own).copied().or_else(other) {
            node
        } else {
            let anchor = ids.iter().min_by_key(|id| (id.is_catalogue(), (*id).clone()));
            self.new_node(anchor.unwrap_or(own), time)
        };
        for id in ids {
            self.node_of.entry(id.clone()).or_insert(node);
        }
        Some(node)
    }

    fn referred(&mut self, id: CanonicalId, time: Moment) -> u32 {
        if let Some(node) = self.node_of.get(&id) {
            return *node;
        }
        let node = self.new_node(&id, time);
        self.node_of.insert(id, node);
        node
    }

    fn new_node(&mut self, anchor: &CanonicalId, time: Moment) -> u32 {
        let node = self.history.nodes.len() as u32;
        let value = anchor.is_observable().then(|| anchor.qualified_value()).flatten();
        self.history.nodes.push(Node {
            id: lasting_id("entity", &[anchor]).into(),
            kind: anchor.kind().into(),
            label: value.unwrap_or(anchor).to_owned().into(),
            class: Class::of(anchor.kind()),
            first_recorded: time,
            is_base: false,
        });
        self.presence.push(Vec::new());
        self.described_by.push(None);
        node
    }

    fn add_links(&mut self, number: u32, version: &'a Version) {
        let Some(in_use) = version.in_use() else { return };
        for claim in version.record.content.claims() {
            let LentClaim::Link { from, to, kind, layer } = claim else { continue };
            // A value without the form of its kind names nothing, and its link has no effect.
            let (Some(from_id), Some(to_id)) = (resolve::canonical_id(from), resolve::canonical_id(to))
            else {
                continue;
            };
            let (from_node, to_node) = (self.referred(from_id, in_use.0), self.referred(to_id, in_use.0));
            if from_node == to_node {
                continue;
            }
            let (kinds, sources) = (self.kind_of.len() as u32, self.source_of.len() as u32);
            let kind = *self.kind_of.entry(kind.text()).or_insert(kinds);
            let source = *self.source_of.entry(&version.record.source).or_insert(sources);
            let live = without(&without(&[in_use], self.retired_intervals(from)), self.retired_intervals(to));
            self.history.mentions.extend(live.into_iter().map(|(recorded_at, until)| Mention {
                recorded_at,
                from: from_node,
                to: to_node,
                layer,
                kind,
                record: number,
                source,
                until,
            }));
        }
    }

    /// Returns the intervals in which the object that an identifier names is retired.
    fn retired_intervals(&self, identifier: LentIdentifier<'_>) -> &[Interval] {
        let retired = |key: &str| self.retired.get(key).map(Vec::as_slice);
        let intervals = match identifier {
            _ if self.retired.is_empty() => None,
            LentIdentifier::Object(id) => match (ingest::record_key(id), id.split_once("--")) {
                (Some(key), _) => retired(key),
                (None, Some((_, uuid))) => retired(id).or_else(|| retired(uuid)),
                (None, None) => retired(id),
            },
            LentIdentifier::Galaxy(key) => retired(key),
            _ => None,
        };
        intervals.unwrap_or_default()
    }

    fn finish(self, runs: Vec<Moment>) -> ReportingHistory<'static> {
        let Self { mut history, presence, kind_of, source_of, .. } = self;
        history.presence = presence.into_iter().fold(ListsByPosition::default(), |mut lists, list| {
            lists.push(list);
            lists
        });
        let (kinds, new_kind) = in_order(kind_of);
        let (sources, new_source) = in_order(source_of);
        for mention in &mut history.mentions {
            mention.kind = new_kind[mention.kind as usize];
            mention.source = new_source[mention.source as usize];
        }
        history.mentions.sort_unstable();
        history.mentions.dedup();
        (history.kinds, history.sources, history.runs) = (kinds, sources, runs);
        history.mark_base();
        history
    }
}

impl ReportingHistory<'_> {
    /// Marks the nodes of the first run; of the first day, if one run brought a series that dates itself.
    pub(super) fn mark_base(&mut self) {
        let base = match self.runs.as_slice() {
            [first, _, ..] => Some(*first),
            _ => self.mentions.first().map(|mention| end_of_day(mention.recorded_at)),
        };
        for node in &mut self.nodes {
            node.is_base = base.is_none_or(|base| node.first_recorded <= base);
        }
    }
}

/// Returns names in their order, and the new position of each old one.
fn in_order(positions: HashMap<&str, u32>) -> (Vec<String>, Vec<u32>) {
    let sorted: BTreeMap<&str, u32> = positions.into_iter().collect();
    let mut new = vec![0; sorted.len()];
    for (position, old) in (0..).zip(sorted.values()) {
        new[*old as usize] = position;
    }
    (sorted.into_keys().map(str::to_owned).collect(), new)
}

/// Returns the intervals in which each key is retired and no source has a version in use.
fn retired(versions: &[Version]) -> BTreeMap<&str, Vec<Interval>> {
    let mut retired: BTreeMap<&str, Vec<Interval>> = BTreeMap::new();
    for version in versions {
        if let Some(interval) = version.retired() {
            add_interval(retired.entry(&version.record.key).or_default(), interval);
        }
    }
    if retired.is_empty() {
        return retired;
    }
    let mut in_use: BTreeMap<&str, Vec<Interval>> = BTreeMap::new();
    for version in versions.iter().filter(|version| retired.contains_key(&*version.record.key)) {
        in_use.entry(&version.record.key).or_default().extend(version.in_use());
    }
    for (key, intervals) in &mut retired {
        *intervals = without(intervals, in_use.get(key).map_or(&[], Vec::as_slice));
    }
    retired
}

/// Adds an interval to others. It is joined with the last one if that touches it.
fn add_interval(intervals: &mut Vec<Interval>, interval: Interval) {
    match intervals.last_mut() {
        Some((start, end)) if *start <= interval.0 && end.is_none_or(|end| interval.0 <= end) => {
            *end = end.zip(interval.1).map(|(one, other)| one.max(other));
        }
        _ => intervals.push(interval),
    }
}

/// Returns the parts of intervals outside others.
fn without(intervals: &[Interval], others: &[Interval]) -> Vec<Interval> {
    let mut left = intervals.to_vec();
    for &(start, end) in others {
        let outside = |(from, until): Interval| {
            let before =
                Some((from, Some(until.map_or(start, |until| until.min(start))))).filter(|_| from < start);
            let after = end.map(|end| (from.max(end), until));
            let after = after.filter(|(from, until)| until.is_none_or(|until| *from < until));
            before.into_iter().chain(after)
        };
        left = left.into_iter().flat_map(outside).collect();
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: i64) -> Moment {
        Moment::from_micros(time)
    }

    #[test]
    fn the_parts_outside_other_intervals_are_what_no_other_contains() {
        let mut seed = 5_u64;
        let mut draw = |bound: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((seed >> 33) % bound).cast_signed()
        };
        for _ in 0..2_000 {
            let mut interval = || {
                let start = draw(20);
                (at(start), (draw(4) > 0).then(|| at(start + 1 + draw(10))))
            };
            let (one, others) = (interval(), [interval(), interval()]);
            let contains =
                |(start, end): Interval, time: Moment| start <= time && end.is_none_or(|end| time < end);
            let left = without(&[one], &others);
            for time in (0..40).map(at) {
                let expected = contains(one, time) && !others.iter().any(|other| contains(*other, time));
                assert_eq!(
                    left.iter().any(|part| contains(*part, time)),
                    expected,
                    "{one:?} {others:?} {time:?}"
                );
            }
        }
    }
}
