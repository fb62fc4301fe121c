//! Two looks compared: records first, then the entities and links that they touch.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use super::{Change, ChangeTrait, Groups, ResolvedView, recent::arrival_of_new};
use crate::{
    entity::Entity,
    index::{EntityIndex, RecordIndex},
    link::Link,
    record::{Claim, Record, RecordId},
    time::Moment,
};

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A record.
    Record,
    /// An entity.
    Entity,
    /// A link.
    Link,
    /// A community.
    Community,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It was not there.
    Added,
    /// It is no longer there.
    Removed,
    /// It says something else.
    Changed,
    /// It is now part of another.
    Merged,
    /// It was part of another.
    Split,
    /// No earlier one is like it.
    Born,
    /// It has clearly more members.
    Grew,
    /// It has clearly fewer.
    Shrank,
    /// It is no more.
    Ended,
    /// It had ended, and is back.
    Reactivated,
}

/// Why something differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The world: it is told now, and is of now.
    ObservedNew,
    /// Told now, and of long ago.
    LateArrival,
    /// A source says something else than before.
    SourceCorrection,
    /// It passed the end of its validity.
    Expiry,
    /// A source withdrew or revoked it.
    Deletion,
    /// From a source that had told nothing before.
    NewSource,
    /// Our rules of identity are other ones.
    ResolverChange,
    /// Our configuration is another one.
    ConfigurationChange,
}

impl Subject {
    /// Returns the word in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Entity => "entity",
            Self::Link => "link",
            Self::Community => "community",
        }
    }
}

impl ChangeKind {
    /// Returns the word in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Merged => "merged",
            Self::Split => "split",
            Self::Born => "born",
            Self::Grew => "grew",
            Self::Shrank => "shrank",
            Self::Ended => "ended",
            Self::Reactivated => "reactivated",
        }
    }
}

impl Cause {
    /// Returns the word in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::ObservedNew => "observed-new",
            Self::LateArrival => "late-arrival",
            Self::SourceCorrection => "source-correction",
            Self::Expiry => "expiry",
            Self::Deletion => "deletion",
            Self::NewSource => "new-source",
            Self::ResolverChange => "resolver-change",
            Self::ConfigurationChange => "configuration-change",
        }
    }
}

/// Compares two looks that differ by our doing alone, or by the mere passing of time.
pub fn compare_rules(before: ResolvedView<'_>, after: ResolvedView<'_>, cause: Cause, changes: &mut Groups) {
    records(before, after, &|_, _| cause, changes);
    let always = |_: &[RecordId], _: &[RecordId], _: ChangeKind| cause;
    entities(before, after, &always, changes);
    // A link whose evidence merely grew a night older is the link it was.
    let is_other = |was: &Link, is: &Link| {
        is_changed(was, is) || (cause != Cause::Expiry && was.weight.to_bits() != is.weight.to_bits())
    };
    links(before, after, &always, &is_other, changes);
}

/// Compares what was known then with what is known tonight, under one set of rules and
/// at one moment; `previous` is the as-of time of the earlier run, `None` if there is none.
pub fn compare_world(
    before: ResolvedView<'_>,
    after: ResolvedView<'_>,
    previous: Option<Moment>,
    changes: &mut Groups,
) {
    let at = after.view.as_of().valid_at;
    let cause_of = |old: Option<&Record>, new: Option<&Record>| match (old, new) {
        (None, Some(new)) => arrival_of_new(after.view, new, previous).cause(),
        (Some(old), Some(new)) if old.content.is_retired(at) || !new.content.is_retired(at) => {
            Cause::SourceCorrection
        }
        (Some(_), Some(new)) if !new.content.retracted => Cause::Expiry,
        _ => Cause::Deletion,
    };
    let causes = records(before, after, &cause_of, changes);
    let cause_by_records = |old: &[RecordId], new: &[RecordId], what: ChangeKind| {
        let mut touched = old.iter().chain(new).filter_map(|id| causes.get(id)).copied();
        match what {
            // What went, went by what a source took back.
            ChangeKind::Removed => {
                touched.filter(|cause| LEAVING.contains(cause)).min().unwrap_or(Cause::Deletion)
            }
            _ => touched.by_ref().min().unwrap_or(Cause::SourceCorrection),
        }
    };
    entities(before, after, &cause_by_records, changes);
    // What joins a link may have become more or less rare by other links: that is no change of this one.
    links(before, after, &cause_by_records, &is_changed, changes);
}

/// Causes by which something goes.
const LEAVING: [Cause; 3] = [Cause::SourceCorrection, Cause::Expiry, Cause::Deletion];

/// Returns every record that is stated, also those that are revoked or expired.
fn stated(look: ResolvedView<'_>) -> impl Iterator<Item = &Record> {
    look.view.records().iter().chain(look.view.retired())
}

/// Compares records; returns the cause of each that differs.
fn records<'a>(
    before: ResolvedView<'a>,
    after: ResolvedView<'a>,
    cause_of: &dyn Fn(Option<&Record>, Option<&Record>) -> Cause,
    changes: &mut Groups,
) -> BTreeMap<RecordId, Cause> {
    let (old, new) = (by_key(before), by_key(after));
    let is_retired =
        |look: ResolvedView<'_>, record: &Record| record.content.is_retired(look.view.as_of().valid_at);
    let mut causes = BTreeMap::new();
    for (was, is) in side_by_side(&old, &new, |record| key(record)) {
        let (was, is) = (was.copied(), is.copied());
        let what = match (was, is) {
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Removed,
            // In the same words: it passed the end of its validity.
            (Some(was), Some(is)) if was.id == is.id && !is_retired(before, was) && is_retired(after, is) => {
                ChangeKind::Removed
            }
            (Some(was), Some(is)) if is_as_it_was(was, is) => continue,
            _ => ChangeKind::Changed,
        };
        let cause = cause_of(was, is);
        causes.extend(was.iter().chain(is.iter()).map(|record| (record.id, cause)));
        let shown = is.or(was).expect("one of the two is there");
        changes.add(Change {
            subject: Subject::Record,
            id: shown.id.to_string(),
            what,
            cause,
            kind: shown.content.kind.clone(),
            label: name_of(shown),
            source: shown.source.to_string(),
            traits: traits(was, is),
        });
    }
    causes
}

/// Returns whether a record is the same, in the same surroundings and under the same marking.
fn is_as_it_was(was: &Record, is: &Record) -> bool {
    was.id == is.id && was.surroundings == is.surroundings && was.marking == is.marking
}

/// Returns every record that is stated, in order of source and key; of several under one key the last.
fn by_key(look: ResolvedView<'_>) -> Vec<&Record> {
    let mut records: Vec<&Record> = stated(look).collect();
    records.sort_by_key(|record| key(record));
    // The last of each key, as a map keeps it: the others go before it.
    records.reverse();
    records.dedup_by_key(|record| key(record));
    records.reverse();
    records
}

fn key(record: &Record) -> (&str, &str) {
    (&record.source, &record.key)
}

/// Puts those of one key beside each other; both lists are in order of key.
fn side_by_side<'a, T, K: Ord>(
    old: &'a [T],
    new: &'a [T],
    key: impl Fn(&'a T) -> K,
) -> impl Iterator<Item = (Option<&'a T>, Option<&'a T>)> {
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    std::iter::from_fn(move || {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(was), Some(is)) => key(was).cmp(&key(is)),
        };
        Some(match order {
            Ordering::Less => (old.next(), None),
            Ordering::Greater => (None, new.next()),
            Ordering::Equal => (old.next(), new.next()),
        })
    })
}

/// Returns what a person calls a record: the name of its entity, else its key.
fn name_of(record: &Record) -> String {
    let name = record.content.claims.iter().find_map(|claim| match claim {
        Claim::Entity { name, .. } => name.as_deref(),
        Claim::Link { .. } => None,
    });
    name.map_or_else(|| record.key.to_string(), |name| format!("{name} ({})", record.content.kind))
}

fn traits(was: Option<&Record>, is: Option<&Record>) -> Vec<ChangeTrait> {
    let mut traits = Vec::new();
    match (was, is) {
        (Some(was), Some(is)) => {
            if was.id != is.id && was.version == is.version {
                traits.push(ChangeTrait::Unannounced);
            }
            if was.id != is.id && was.content.is_same_claim(&is.content) {
                traits.push(ChangeTrait::SameClaims);
            }
        }
        (None, Some(is)) if is.returned => traits.push(ChangeTrait::Returned),
        _ => {}
    }
    traits
}

type CauseByRecords<'a> = dyn Fn(&[RecordId], &[RecordId], ChangeKind) -> Cause + 'a;

fn ids(look: ResolvedView<'_>, records: &[RecordIndex]) -> Vec<RecordId> {
    let mut ids: Vec<RecordId> = records.iter().map(|&at| look.view[at].id).collect();
    ids.sort_unstable();
    ids
}

/// The entities of two looks, by id, and where each went.
struct EntitySuccession<'a> {
    before: ResolvedView<'a>,
    after: ResolvedView<'a>,
}

impl<'a> EntitySuccession<'a> {
    /// Returns the entity of that id in a look; entities stand in order of id.
    fn by_id(id: &str, look: ResolvedView<'a>) -> Option<&'a Entity> {
        let entities = &look.resolution.entities;
        entities.binary_search_by(|entity| (*entity.id).cmp(id)).ok().map(|at| &entities[at])
    }

    /// Returns the entity of a look that bears the first identifier of another that it knows.
    fn found_in(entity: &Entity, look: ResolvedView<'a>) -> Option<&'a Entity> {
        let mut found =
            entity.identifiers.iter().filter_map(|(text, _)| look.resolution.of_identifier.get(&**text));
        found.next().map(|&at| &look.resolution[at])
    }

    /// Returns what an earlier entity is part of tonight.
    fn successor(&self, was: &Entity) -> Option<&'a Entity> {
        Self::by_id(&was.id, self.after).or_else(|| Self::found_in(was, self.after))
    }

    fn was_there(&self, id: &str) -> bool {
        Self::by_id(id, self.before).is_some()
    }
}

fn entities(
    before: ResolvedView<'_>,
    after: ResolvedView<'_>,
    cause_of: &CauseByRecords<'_>,
    changes: &mut Groups,
) {
    let succession = EntitySuccession { before, after };
    let mut note = |entity: &Entity, what: ChangeKind, cause: Cause, label: String| {
        changes.add(Change {
            subject: Subject::Entity,
            id: entity.id.clone(),
            what,
            cause,
            kind: entity.kind.clone(),
            label: format!("{label} ({})", entity.kind),
            source: String::new(),
            traits: Vec::new(),
        });
    };
    // Many may become part of one: what that one brings is looked at once.
    let mut joined: BTreeMap<&str, Cause> = BTreeMap::new();
    let mut come: Vec<&Entity> = Vec::new();
    for (was, is) in
        side_by_side(&before.resolution.entities, &after.resolution.entities, |entity| &*entity.id)
    {
        let Some(was) = was else {
            come.extend(is);
            continue;
        };
        if let Some(is) = is {
            if differs(was, is) {
                let (gone, come) = symmetric_difference(&ids(before, &was.records), &ids(after, &is.records));
                note(is, ChangeKind::Changed, cause_of(&gone, &come, ChangeKind::Changed), is.label.clone());
            }
            continue;
        }
        let of_was = ids(before, &was.records);
        match EntitySuccession::found_in(was, after) {
            None => {
                note(was, ChangeKind::Removed, cause_of(&of_was, &[], ChangeKind::Removed), was.label.clone())
            }
            Some(into) => {
                let what =
                    if succession.was_there(&into.id) { ChangeKind::Merged } else { ChangeKind::Changed };
                let brings = *joined
                    .entry(&into.id)
                    .or_insert_with(|| cause_of(&[], &ids(after, &into.records), what));
                note(
                    was,
                    what,
                    brings.min(cause_of(&of_was, &[], what)),
                    format!("{} into {}", was.label, into.label),
                );
            }
        }
    }
    for is in come {
        let of_is = ids(after, &is.records);
        match EntitySuccession::found_in(is, before) {
            None => note(is, ChangeKind::Added, cause_of(&[], &of_is, ChangeKind::Added), is.label.clone()),
            // The entity goes on under this id: noted where it left the other.
            Some(from) if succession.successor(from).is_some_and(|successor| successor.id == is.id) => {}
            Some(from) => {
                let cause = cause_of(&ids(before, &from.records), &of_is, ChangeKind::Split);
                note(is, ChangeKind::Split, cause, format!("{} from {}", is.label, from.label));
            }
        }
    }
}

/// Returns what is only in the first, and only in the second, of two sorted lists.
fn symmetric_difference(a: &[RecordId], b: &[RecordId]) -> (Vec<RecordId>, Vec<RecordId>) {
    let only = |of: &[RecordId], not: &[RecordId]| {
        of.iter().filter(|id| not.binary_search(id).is_err()).copied().collect()
    };
    (only(a, b), only(b, a))
}

fn differs(was: &Entity, is: &Entity) -> bool {
    fn texts(entity: &Entity) -> impl Iterator<Item = &str> {
        entity.identifiers.iter().map(|(text, _)| &**text)
    }
    was.kind != is.kind
        || was.label != is.label
        || was.aliases != is.aliases
        || was.seen != is.seen
        || was.marking != is.marking
        || was.sources != is.sources
        || was.has_own_record != is.has_own_record
        || was.confidence.map(f64::to_bits) != is.confidence.map(f64::to_bits)
        || !texts(was).eq(texts(is))
}

/// Returns the keys of records, in their order: that of the view.
fn keys<'a>(look: ResolvedView<'a>, records: &[RecordIndex]) -> impl Iterator<Item = (&'a str, &'a str)> {
    records.iter().map(move |&at| key(&look.view[at]))
}

fn links(
    before: ResolvedView<'_>,
    after: ResolvedView<'_>,
    cause_of: &CauseByRecords<'_>,
    is_other: &dyn Fn(&Link, &Link) -> bool,
    changes: &mut Groups,
) {
    let mut note =
        |look: ResolvedView<'_>, link: &Link, what: ChangeKind, was: &[RecordId], is: &[RecordId]| {
            let label = |at: EntityIndex| &look.resolution[at].label;
            changes.add(Change {
                subject: Subject::Link,
                id: link.id.clone(),
                what,
                cause: cause_of(was, is, what),
                kind: link.kind.clone(),
                label: format!("{} {} {}", label(link.from), link.kind, label(link.to)),
                source: String::new(),
                traits: Vec::new(),
            });
        };
    let (mut gone, mut come): (Vec<&Link>, Vec<&Link>) = (Vec::new(), Vec::new());
    for pair in side_by_side(&before.resolution.links, &after.resolution.links, |link| &*link.id) {
        match pair {
            // Evidence in other words is the same evidence.
            (Some(was), Some(is)) => {
                if !keys(before, &was.records).eq(keys(after, &is.records)) || is_other(was, is) {
                    let (gone, come) =
                        symmetric_difference(&ids(before, &was.records), &ids(after, &is.records));
                    note(after, is, ChangeKind::Changed, &gone, &come);
                }
            }
            (was, is) => {
                gone.extend(was);
                come.extend(is);
            }
        }
    }
    // A link whose end became part of another entity, or came apart from it, on the same
    // evidence is the same link.
    let tie = |look: ResolvedView<'_>, link: &Link| {
        (ids(look, &link.records), link.kind.clone(), link.layer.name())
    };
    let gone_ties: BTreeSet<_> = gone.iter().map(|link| tie(before, link)).collect();
    // Where nothing went, nobody asks whether it came back otherwise.
    let come_ties: BTreeSet<_> =
        come.iter().filter(|_| !gone.is_empty()).map(|link| tie(after, link)).collect();
    for link in gone.into_iter().filter(|link| !come_ties.contains(&tie(before, link))) {
        note(before, link, ChangeKind::Removed, &ids(before, &link.records), &[]);
    }
    for link in come.into_iter().filter(|link| !gone_ties.contains(&tie(after, link))) {
        note(after, link, ChangeKind::Added, &[], &ids(after, &link.records));
    }
}

/// Returns whether a link differs in more than its weight.
fn is_changed(was: &Link, is: &Link) -> bool {
    was.seen != is.seen || was.marking != is.marking || was.source_count != is.source_count
}
