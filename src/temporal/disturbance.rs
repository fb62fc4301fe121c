//! Disturbances of identity: runs in which many entities were merged or split at once.
//!
//! A new rule, or a source that gives many objects one identifier, changes what an entity is. The world did not change, so
//! the list is for the data steward and never for an audience. The number of merges of a run is compared with the rate of earlier
//! runs: merges for each new or changed record of the source. The predicted number is negative binomial, which allows for a rate that is known from
//! few runs (Gamma prior with shape 1/2). A split undoes a merge, so the same rate serves for both. Equal records under equal
//! rules never merge, so a merge or split by a changed rule has no usual rate.

use std::collections::BTreeMap;

use super::{Cause, ChangeGroup, ChangeKind, Subject};
use crate::{
    entity::Entity,
    identifier::CanonicalId,
    index::RecordIndex,
    record::{LentClaim, Record},
    resolve::{Resolution, canonical_id},
    time::Moment,
    view::View,
};

/// Smallest number of merges or splits that is many.
const COUNT_MIN: usize = 10;
/// Largest probability of a disturbance, over all that a run compares.
const PROBABILITY_MAX: f64 = 0.01;
/// Largest number of entities that a row names.
const ENTITIES_MAX: usize = 100;
/// Shape of the prior of a rate.
const SHAPE: f64 = 0.5;

/// Many merges or splits of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Disturbance {
    /// Cause of the changes.
    pub cause: Cause,
    /// The source whose records merge; `None` where no single source does.
    pub source: Option<String>,
    /// Merged or split.
    pub what: ChangeKind,
    /// Number of merges or splits.
    pub count: usize,
    /// Number that the rate of earlier runs gives; `None` without earlier runs, and for changed rules.
    pub expected: Option<f64>,
    /// Probability of at least this number at the rate of earlier runs; `None` without such a rate.
    pub probability: Option<f64>,
    /// Ids of the first entities.
    pub entities: Vec<String>,
}

/// New and changed records and merges of one source in one run.
#[derive(Clone, Debug, Default)]
struct OfRun {
    records: usize,
    merged: Vec<String>,
}

/// Returns the disturbances of a run, by cause, source and kind of change. `changes` are those of the run, and `previous` is the
/// as-of time of the previous run.
pub fn disturbances(
    view: &View,
    resolution: &Resolution,
    changes: &[ChangeGroup],
    previous: Option<Moment>,
) -> Vec<Disturbance> {
    let as_of = view.as_of().valid_at;
    let by_source = by_source(view, resolution, previous);
    let mut found = of_rules_and_splits(changes, &by_source, as_of);
    for (source, runs) in &by_source {
        let Some(now) = runs.get(&as_of).filter(|now| now.merged.len() >= COUNT_MIN) else { continue };
        // The first delivery of a source merges what it has in common with the others.
        let earlier: Vec<&OfRun> = runs.range(..as_of).skip(1).map(|(_, run)| run).collect();
        let rate = (!earlier.is_empty()).then(|| Rate::of(earlier.into_iter()));
        found.push(Disturbance {
            cause: Cause::ObservedNew,
            source: Some((*source).to_owned()),
            what: ChangeKind::Merged,
            count: now.merged.len(),
            expected: rate.map(|rate| rate.expected(now.records)),
            probability: rate.map(|rate| rate.probability(now.merged.len(), now.records)),
            entities: now.merged.iter().take(ENTITIES_MAX).cloned().collect(),
        });
    }
    let compared = found.iter().filter(|one| one.probability.is_some()).count().max(1);
    let is_usual = |one: &Disturbance| {
        one.probability.is_some_and(|probability| probability * compared as f64 > PROBABILITY_MAX)
    };
    found.retain(|one| !is_usual(one));
    found.sort_by(|a, b| (a.cause, &a.source, a.what).cmp(&(b.cause, &b.source, b.what)));
    found
}

/// Returns the merges and splits by changed rules, and the splits by changed records.
fn of_rules_and_splits(
    changes: &[ChangeGroup],
    by_source: &BTreeMap<&str, BTreeMap<Moment, OfRun>>,
    as_of: Moment,
) -> Vec<Disturbance> {
    let changed: usize = changes
        .iter()
        .filter(|group| group.subject == Subject::Record && group.what != ChangeKind::Added)
        .map(|group| group.subject_ids.len())
        .sum();
    let earlier = by_source.values().flat_map(|runs| runs.range(..as_of).skip(1).map(|(_, run)| run));
    let rate = Rate::of(earlier);
    let of_entities = changes.iter().filter(|group| {
        group.subject == Subject::Entity
            && matches!(group.what, ChangeKind::Merged | ChangeKind::Split)
            && group.subject_ids.len() >= COUNT_MIN
    });
    let disturbance = |group: &ChangeGroup| {
        let is_rule = matches!(group.cause, Cause::ResolverChange | Cause::ConfigurationChange);
        // Merges by records are counted for each source.
        if !is_rule && group.what == ChangeKind::Merged {
            return None;
        }
        let count = group.subject_ids.len();
        let rate = (!is_rule && rate.records > 0.0).then_some(rate);
        Some(Disturbance {
            cause: group.cause,
            source: None,
            what: group.what,
            count,
            expected: rate.map(|rate| rate.expected(changed)),
            probability: rate.map(|rate| rate.probability(count, changed)),
            entities: group.subject_ids.iter().take(ENTITIES_MAX).map(|id| id.to_string()).collect(),
        })
    };
    of_entities.filter_map(disturbance).collect()
}

/// Merges of earlier runs, and the new records that brought them.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rate {
    merges: f64,
    records: f64,
}

impl Rate {
    fn of<'a>(runs: impl Iterator<Item = &'a OfRun>) -> Self {
        runs.fold(Self { merges: 0.0, records: 0.0 }, |rate, run| Self {
            merges: rate.merges + run.merged.len() as f64,
            records: rate.records + run.records as f64,
        })
    }

    fn expected(self, records: usize) -> f64 {
        (self.merges + SHAPE) / self.records.max(1.0) * records as f64
    }

    /// Returns the probability of at least `count` merges among so many new records.
    fn probability(self, count: usize, records: usize) -> f64 {
        let size = self.merges + SHAPE;
        let success = records as f64 / (records as f64 + self.records.max(1.0));
        negative_binomial_tail(count, size, success)
    }
}

/// Returns P(X >= `least`) of a negative binomial distribution: P(X = k) is proportional to Γ(k + size) / k! · `success`^k.
fn negative_binomial_tail(least: usize, size: f64, success: f64) -> f64 {
    let mut term = (size * (1.0 - success).ln()).exp();
    let mut below = 0.0;
    for count in 0..least {
        below += term;
        term *= success * (size + count as f64) / (count as f64 + 1.0);
    }
    if below < 0.999 {
        return 1.0 - below;
    }
    // A small tail is summed directly, because the difference from 1 has no correct digits.
    let (mut tail, mut count) = (0.0, least as f64);
    while term > tail * 1e-12 && term > 0.0 {
        tail += term;
        term *= success * (size + count) / (count + 1.0);
        count += 1.0;
    }
    tail
}

/// Returns the run of the current content of a record: `as_of` for a record that the previous run did not have.
fn run_of(record: &Record, previous: Option<Moment>, as_of: Moment) -> Moment {
    let recorded = record.first_run.max(record.recorded_at);
    if previous.is_none_or(|previous| recorded > previous) { as_of } else { recorded }
}

/// Returns the new and changed records and the merges of each source and run. A merge joins identifiers that were known before the
/// run and belonged to two entities.
fn by_source<'a>(
    view: &'a View,
    resolution: &Resolution,
    previous: Option<Moment>,
) -> BTreeMap<&'a str, BTreeMap<Moment, OfRun>> {
    let as_of = view.as_of().valid_at;
    let mut by_source: BTreeMap<&str, BTreeMap<Moment, OfRun>> = BTreeMap::new();
    for record in view.records() {
        let runs = by_source.entry(&record.source).or_default();
        runs.entry(run_of(record, previous, as_of)).or_default().records += 1;
    }
    for entity in resolution.entities.iter().filter(|entity| entity.identifiers.len() > 1) {
        for record in merging_records(view, entity, previous) {
            let record = &view[record];
            let runs = by_source.entry(&record.source).or_default();
            runs.entry(run_of(record, previous, as_of)).or_default().merged.push(entity.id.to_string());
        }
    }
    by_source
}

/// Identifiers that a record names in a run, by their positions in the entity.
struct Naming {
    run: Moment,
    record: RecordIndex,
    named: Vec<usize>,
}

/// Returns what the records of an entity name, by run. Of an earlier content of a changed record only the object's own
/// identifier is known.
fn namings(view: &View, entity: &Entity, previous: Option<Moment>) -> Vec<Naming> {
    let as_of = view.as_of().valid_at;
    let position = |id: &CanonicalId| entity.identifiers.iter().position(|known| known.id == *id);
    let mut namings = Vec::new();
    for &index in &entity.records {
        let record = &view[index];
        let run = run_of(record, previous, as_of);
        let mut named = Vec::new();
        for claim in record.content.claims() {
            let LentClaim::Entity { identifiers, .. } = claim else { continue };
            let of_entity = identifiers.filter_map(canonical_id);
            let positions: Vec<usize> = of_entity.filter_map(|id| position(&id)).collect();
            if record.first_run < run {
                let named = positions.iter().take(1).copied().collect();
                namings.push(Naming { run: record.first_run, record: index, named });
            }
            named.extend(positions);
        }
        namings.push(Naming { run, record: index, named });
    }
    namings.sort_by_key(|naming| (naming.run, view[naming.record].id));
    namings
}

/// Returns the records that join two known parts of an entity, one record for each part that it adds.
fn merging_records(view: &View, entity: &Entity, previous: Option<Moment>) -> Vec<RecordIndex> {
    // Each identifier has its part, and the run that first knew it.
    let mut parts: Vec<Option<(usize, Moment)>> = vec![None; entity.identifiers.len()];
    let mut merging = Vec::new();
    for Naming { run, record, named } in namings(view, entity, previous) {
        let Some(&first) = named.first() else { continue };
        let mut known: Vec<(usize, Moment)> = named.iter().filter_map(|at| parts[*at]).collect();
        known.sort_unstable();
        known.dedup_by_key(|(part, _)| *part);
        let earlier = known.iter().filter(|(_, known)| *known < run).count();
        merging.extend(std::iter::repeat_n(record, earlier.saturating_sub(1)));
        let part = known.first().map_or(first, |(part, _)| *part);
        let since = known.iter().map(|(_, known)| *known).min().unwrap_or(run);
        for slot in parts.iter_mut().flatten().filter(|(of, _)| known.iter().any(|(part, _)| part == of)) {
            *slot = (part, since);
        }
        for at in named {
            parts[at] = Some((part, since));
        }
    }
    merging
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temporal::{SubjectId, SubjectIds};

    #[test]
    fn a_negative_binomial_tail_is_one_minus_the_probabilities_below() {
        // Size 1 is the geometric distribution: P(X >= k) = success^k.
        for least in [0, 1, 5, 40] {
            let tail = negative_binomial_tail(least, 1.0, 0.3);
            assert!((tail / 0.3_f64.powf(least as f64) - 1.0).abs() < 1e-9, "{least}: {tail}");
        }
        // Size 2: P(X >= 2) = 1 - q^2 - 2 q^2 p.
        let tail = negative_binomial_tail(2, 2.0, 0.4);
        assert!((tail - (1.0 - 0.36 - 2.0 * 0.36 * 0.4)).abs() < 1e-12);
    }

    #[test]
    fn a_rate_follows_earlier_runs_and_new_records() {
        let run = |records, merges| OfRun { records, merged: vec![String::new(); merges] };
        let rate = Rate::of([run(1000, 3), run(2000, 5)].iter());
        assert!((rate.expected(300) - 8.5 / 3000.0 * 300.0).abs() < 1e-12);
        assert!(rate.probability(2, 300) > 0.1, "one or two are usual");
        assert!(rate.probability(20, 300) < 1e-6, "twenty are not");
        assert!(rate.probability(20, 6000) > 0.2, "a large delivery merges more");
    }

    #[test]
    fn a_changed_rule_has_no_usual_rate() {
        let group = |cause, what, count: usize| ChangeGroup {
            id: String::new(),
            subject: Subject::Entity,
            what,
            cause,
            source: String::new(),
            subject_ids: SubjectIds::of(Subject::Entity, vec![SubjectId::of_lasting([7; 10]); count]),
            kinds: Vec::new(),
            traits: Vec::new(),
            examples: Vec::new(),
        };
        let as_of = Moment::parse("2026-03-02T02:00:00Z").expect("a time");
        let changes = [
            group(Cause::ResolverChange, ChangeKind::Merged, 120),
            group(Cause::ConfigurationChange, ChangeKind::Split, 9),
            group(Cause::ObservedNew, ChangeKind::Merged, 50),
        ];
        let found = of_rules_and_splits(&changes, &BTreeMap::new(), as_of);
        assert_eq!(found.len(), 1, "nine are few, and merges by records are counted for each source");
        assert_eq!(
            (found[0].cause, found[0].count, found[0].entities.len()),
            (Cause::ResolverChange, 120, 100)
        );
        assert_eq!((found[0].expected, found[0].probability), (None, None));
    }
}
