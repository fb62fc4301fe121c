//! Two looks compared: records first, then the entities and links that they touch.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Look};
use crate::{
    entity::Entity,
    link::Link,
    record::{Claim, Record, RecordId, RecordIndex},
    time::Moment,
};

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A record.
    Record,
    /// An entity.
    Entity,
    /// A link.
    Link,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
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
}

/// Why something differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
        }
    }
}

impl What {
    /// Returns the word in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Merged => "merged",
            Self::Split => "split",
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

/// What is told more than this many days after it began counts as a late arrival.
const LATE_DAYS: i64 = 30;

/// The version field is the one it was.
pub const UNANNOUNCED: &str = "under an unchanged version field";
/// What is claimed is what was claimed.
pub(super) const SAME_CLAIMS: &str = "with the same claims as before";
/// It was there before, and was withdrawn in between.
pub(super) const RETURNED: &str = "back after being withdrawn";

/// Compares two looks that differ by our doing alone, or by the mere passing of time.
pub fn compare_rules(before: Look<'_>, after: Look<'_>, cause: Cause) -> Vec<Change> {
    let records = records(before, after, &|_, _| cause);
    let mut changes: Vec<Change> = records.into_values().map(|(_, change)| change).collect();
    let always = |_: &[RecordId], _: &[RecordId], _: What| cause;
    changes.extend(entities(before, after, &always));
    // A link whose evidence merely grew a night older is the link it was.
    let is_other = if cause == Cause::Expiry { stands_otherwise } else { is_other_evidence };
    changes.extend(links(before, after, &always, is_other));
    changes
}

/// Compares what was known then with what is known tonight, under one set of rules and
/// at one moment; `then` is when the earlier night was.
pub fn compare_world(before: Look<'_>, after: Look<'_>, then: Moment) -> Vec<Change> {
    let known_sources: BTreeSet<&str> = stated(before).map(|record| &*record.source).collect();
    let cause_of = |old: Option<&Record>, new: Option<&Record>| match (old, new) {
        (None, Some(new)) if new.returned => Cause::LateArrival,
        (None, Some(new)) if !known_sources.contains(&*new.source) => Cause::NewSource,
        (None, Some(new)) => {
            let began = new.content.seen.start.or(new.content.created);
            let is_late = began.is_some_and(|began| began < then.days_earlier(LATE_DAYS));
            if is_late { Cause::LateArrival } else { Cause::ObservedNew }
        }
        (Some(old), Some(new)) if old.content.retracted || !new.content.retracted => Cause::SourceCorrection,
        _ => Cause::Deletion,
    };
    let records = records(before, after, &cause_of);
    let causes: BTreeMap<RecordId, Cause> =
        records.values().flat_map(|(ids, change)| ids.iter().map(|id| (*id, change.cause))).collect();
    // What no record of its own explains follows from the night's other changes.
    let otherwise = causes.values().copied().min().unwrap_or(Cause::SourceCorrection);
    let cause_by_records = |old: &[RecordId], new: &[RecordId], what: What| {
        let touched: BTreeSet<Cause> =
            old.iter().chain(new).filter_map(|id| causes.get(id)).copied().collect();
        let fallback = if what == What::Removed { Cause::Deletion } else { otherwise };
        match what {
            What::Removed => {
                touched.into_iter().find(|cause| matches!(cause, Cause::Deletion | Cause::SourceCorrection))
            }
            _ => touched.into_iter().next(),
        }
        .unwrap_or(fallback)
    };
    let mut changes: Vec<Change> = records.into_values().map(|(_, change)| change).collect();
    changes.extend(entities(before, after, &cause_by_records));
    changes.extend(links(before, after, &cause_by_records, is_other_evidence));
    changes
}

/// Returns every record that is stated, also those that their source calls revoked.
fn stated(look: Look<'_>) -> impl Iterator<Item = &Record> {
    look.view.records().iter().chain(look.view.retracted())
}

type RecordChanges<'a> = BTreeMap<(&'a str, &'a str), (Vec<RecordId>, Change)>;

fn records<'a>(
    before: Look<'a>,
    after: Look<'a>,
    cause_of: &dyn Fn(Option<&Record>, Option<&Record>) -> Cause,
) -> RecordChanges<'a> {
    let by_key = |look: Look<'a>| -> BTreeMap<(&'a str, &'a str), &'a Record> {
        stated(look).map(|record| ((&*record.source, &*record.key), record)).collect()
    };
    let (old, new) = (by_key(before), by_key(after));
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
    let mut changes = BTreeMap::new();
    for key in keys {
        let (was, is) = (old.get(&key).copied(), new.get(&key).copied());
        let what = match (was, is) {
            (None, _) => What::Added,
            (_, None) => What::Removed,
            (Some(was), Some(is)) if was.id == is.id && was.marking == is.marking => continue,
            _ => What::Changed,
        };
        let ids: Vec<RecordId> = was.iter().chain(is.iter()).map(|record| record.id).collect();
        let shown = is.or(was).expect("one of the two is there");
        changes.insert(
            key,
            (
                ids,
                Change {
                    subject: Subject::Record,
                    id: shown.id.to_string(),
                    what,
                    cause: cause_of(was, is),
                    kind: shown.content.kind.clone(),
                    label: name_of(shown),
                    source: shown.source.to_string(),
                    traits: traits(was, is),
                },
            ),
        );
    }
    changes
}

/// Returns what a person calls a record: the name of its entity, else its key.
fn name_of(record: &Record) -> String {
    let name = record.content.claims.iter().find_map(|claim| match claim {
        Claim::Entity { name, .. } => name.as_deref(),
        Claim::Link { .. } => None,
    });
    name.map_or_else(|| record.key.to_string(), |name| format!("{name} ({})", record.content.kind))
}

fn traits(was: Option<&Record>, is: Option<&Record>) -> Vec<&'static str> {
    let mut traits = Vec::new();
    match (was, is) {
        (Some(was), Some(is)) => {
            if was.id != is.id && was.version == is.version {
                traits.push(UNANNOUNCED);
            }
            if was.content == is.content {
                traits.push(SAME_CLAIMS);
            }
        }
        (None, Some(is)) if is.returned => traits.push(RETURNED),
        _ => {}
    }
    traits
}

type CauseByRecords<'a> = dyn Fn(&[RecordId], &[RecordId], What) -> Cause + 'a;

fn ids(look: Look<'_>, records: &[RecordIndex]) -> Vec<RecordId> {
    let mut ids: Vec<RecordId> = records.iter().map(|&at| look.view.records()[at as usize].id).collect();
    ids.sort_unstable();
    ids
}

fn entities(before: Look<'_>, after: Look<'_>, cause_of: &CauseByRecords<'_>) -> Vec<Change> {
    let old: BTreeMap<&str, &Entity> =
        before.resolution.entities.iter().map(|entity| (&*entity.id, entity)).collect();
    let new: BTreeMap<&str, &Entity> =
        after.resolution.entities.iter().map(|entity| (&*entity.id, entity)).collect();
    let found_in = |entity: &Entity, look: Look<'_>| {
        let mut found =
            entity.identifiers.iter().filter_map(|(text, _)| look.resolution.of_identifier.get(text));
        found.next().map(|&at| at as usize)
    };
    let mut changes = Vec::new();
    let mut note = |entity: &Entity, what: What, was: &[RecordId], is: &[RecordId], label: String| {
        changes.push(Change {
            subject: Subject::Entity,
            id: entity.id.clone(),
            what,
            cause: cause_of(was, is, what),
            kind: entity.kind.clone(),
            label: format!("{label} ({})", entity.kind),
            source: String::new(),
            traits: Vec::new(),
        });
    };
    for (id, was) in &old {
        let of_was = ids(before, &was.records);
        match new.get(id) {
            Some(is) => {
                if differs(was, is) {
                    let of_is = ids(after, &is.records);
                    let (gone, come) = symmetric_difference(&of_was, &of_is);
                    note(is, What::Changed, &gone, &come, is.label.clone());
                }
            }
            None => match found_in(was, after).map(|at| &after.resolution.entities[at]) {
                Some(into) => {
                    let of_into = ids(after, &into.records);
                    let what = if old.contains_key(&*into.id) { What::Merged } else { What::Changed };
                    note(was, what, &of_was, &of_into, format!("{} into {}", was.label, into.label));
                }
                None => note(was, What::Removed, &of_was, &[], was.label.clone()),
            },
        }
    }
    for (id, is) in &new {
        if old.contains_key(id) {
            continue;
        }
        let of_is = ids(after, &is.records);
        match found_in(is, before).map(|at| &before.resolution.entities[at]) {
            Some(from) if new.contains_key(&*from.id) => {
                let of_from = ids(before, &from.records);
                note(is, What::Split, &of_from, &of_is, format!("{} from {}", is.label, from.label));
            }
            // The entity it was part of is no more: noted there, as going on under this id.
            Some(_) => {}
            None => note(is, What::Added, &[], &of_is, is.label.clone()),
        }
    }
    changes
}

/// Returns what is only in the first, and only in the second, of two sorted lists.
fn symmetric_difference(a: &[RecordId], b: &[RecordId]) -> (Vec<RecordId>, Vec<RecordId>) {
    let only = |of: &[RecordId], not: &[RecordId]| {
        of.iter().filter(|id| not.binary_search(id).is_err()).copied().collect()
    };
    (only(a, b), only(b, a))
}

fn differs(was: &Entity, is: &Entity) -> bool {
    let texts = |entity: &Entity| -> Vec<String> {
        entity.identifiers.iter().map(|(text, _)| text.clone()).collect()
    };
    was.kind != is.kind
        || was.label != is.label
        || was.aliases != is.aliases
        || was.seen != is.seen
        || was.marking != is.marking
        || was.sources != is.sources
        || was.is_told != is.is_told
        || was.confidence.map(f64::to_bits) != is.confidence.map(f64::to_bits)
        || texts(was) != texts(is)
}

fn links(
    before: Look<'_>,
    after: Look<'_>,
    cause_of: &CauseByRecords<'_>,
    is_other: fn(&Link, &Link) -> bool,
) -> Vec<Change> {
    let old: BTreeMap<&str, &Link> = before.resolution.links.iter().map(|link| (&*link.id, link)).collect();
    let new: BTreeMap<&str, &Link> = after.resolution.links.iter().map(|link| (&*link.id, link)).collect();
    let mut changes = Vec::new();
    let mut note = |look: Look<'_>, link: &Link, what: What, was: &[RecordId], is: &[RecordId]| {
        let label = |at: u32| &look.resolution.entities[at as usize].label;
        changes.push(Change {
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
    for (id, was) in &old {
        match new.get(id) {
            None => note(before, was, What::Removed, &ids(before, &was.records), &[]),
            Some(is) if is_other(was, is) => {
                let (gone, come) = symmetric_difference(&ids(before, &was.records), &ids(after, &is.records));
                note(after, is, What::Changed, &gone, &come);
            }
            Some(_) => {}
        }
    }
    for (_, is) in new.iter().filter(|(id, _)| !old.contains_key(*id)) {
        note(after, is, What::Added, &[], &ids(after, &is.records));
    }
    changes
}

/// Returns whether a link weighs otherwise, or stands otherwise.
fn is_other_evidence(was: &Link, is: &Link) -> bool {
    was.weight.to_bits() != is.weight.to_bits() || stands_otherwise(was, is)
}

/// Returns whether a link differs in more than its weight.
fn stands_otherwise(was: &Link, is: &Link) -> bool {
    was.seen != is.seen || was.marking != is.marking || was.source_count != is.source_count
}
