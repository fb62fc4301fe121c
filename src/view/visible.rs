//! Access: the archived records that one audience may see.
//!
//! Everything that follows from archived records is computed from [`Delivered`], and only this file creates one.
//! So no later step can read a hidden record.

use std::collections::BTreeMap;

use super::policy::{AccessPolicy, AsOf};
use crate::{
    marking::{Marking, PARTLY_UNMARKED, SHARING_GROUP},
    record::{ArchivedRecord, Definition, Digest, Mode, RecordState, Surroundings, Terms},
    time::Moment,
};

/// The visible objects that one run delivered under one key of a source.
#[derive(Debug)]
pub(super) struct Delivered {
    /// As-of time of the run.
    pub(super) run: Moment,
    /// The objects, by version and content. The last one has the winning content.
    pub(super) objects: Vec<VisibleObject>,
    /// Is true if the delivery was a complete snapshot: the key has these objects and no others.
    pub(super) is_whole: bool,
    /// Is true if a complete snapshot does not contain the key.
    pub(super) is_absent: bool,
}

/// One object that an audience may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct VisibleObject {
    /// Position in the list of archived records.
    pub(super) position: usize,
    pub(super) content: Digest,
    pub(super) surroundings: Surroundings,
    pub(super) marking: Marking,
    /// Is true if the object revokes its key for ever.
    pub(super) revokes: bool,
    /// Time field of the object, if the source has `recorded_at = "object"`.
    pub(super) object_time: Option<Moment>,
}

/// Visibility of records for an audience.
pub(super) struct Visibility<'a> {
    first: Policy<'a>,
    /// A second policy that must also admit each record, when two runs are compared.
    also: Option<Policy<'a>>,
}

impl<'a> Visibility<'a> {
    pub(super) fn of(
        archived: &'a [ArchivedRecord],
        first: AccessPolicy<'a>,
        also: Option<AccessPolicy<'a>>,
        as_of: AsOf,
    ) -> Self {
        let policy = |access: AccessPolicy<'a>| Policy {
            access,
            definitions: Definitions::of(archived, access, as_of),
        };
        Self { first: policy(first), also: also.map(policy) }
    }

    /// Returns the visible objects of each run under one key. `positions` has the rows of the key in the order
    /// of runs, versions and contents.
    pub(super) fn delivered(&self, archived: &[ArchivedRecord], positions: &[usize]) -> Vec<Delivered> {
        let rows: Vec<VisibleRow<'_>> =
            positions.iter().map(|&position| (position, &archived[position])).collect();
        by_run(&rows, |record| self.marking(record))
    }

    /// Returns the marking of a record; `None` if the audience may not see the record.
    fn marking(&self, record: &ArchivedRecord) -> Option<Marking> {
        let marking = self.first.admitted(record)?;
        if let Some(also) = &self.also {
            also.admitted(record)?;
        }
        Some(marking)
    }
}

/// An archived record with its position.
type VisibleRow<'a> = (usize, &'a ArchivedRecord);

/// Returns the objects of each run under one key for an audience that may see everything.
pub(super) fn delivered_to_all(rows: &[&ArchivedRecord]) -> Vec<Delivered> {
    let rows: Vec<VisibleRow<'_>> = rows.iter().copied().enumerate().collect();
    // The caller does not use the marking.
    by_run(&rows, |_| Some(Marking::Clear))
}

fn by_run(rows: &[VisibleRow<'_>], marking: impl Fn(&ArchivedRecord) -> Option<Marking>) -> Vec<Delivered> {
    let object = |&(position, record): &VisibleRow<'_>| {
        Some(VisibleObject {
            position,
            content: record.content()?,
            surroundings: record.surroundings,
            marking: marking(record)?,
            revokes: record.revokes,
            object_time: record.object_time,
        })
    };
    // Every audience sees a rejected object without readable markings.
    let is_rejected = |(_, record): &VisibleRow<'_>| {
        record.state == RecordState::Rejected && (record.markings.is_empty() || marking(record).is_some())
    };
    let of_run = |rows: &[VisibleRow<'_>]| {
        let (_, first) = rows[0];
        let is_whole = first.mode == Mode::Snapshot;
        let objects: Vec<VisibleObject> = rows.iter().filter_map(object).collect();
        let is_absent = is_whole && objects.is_empty() && !rows.iter().any(is_rejected);
        Delivered { run: first.run, objects, is_whole, is_absent }
    };
    rows.chunk_by(|(_, a), (_, b)| a.commit == b.commit).map(of_run).collect()
}

/// An access policy with the marking definitions that its audience knows.
struct Policy<'a> {
    access: AccessPolicy<'a>,
    definitions: Definitions<'a>,
}

impl Policy<'_> {
    fn admitted(&self, record: &ArchivedRecord) -> Option<Marking> {
        let audience = self.access.audience;
        if !self.access.agrees(&record.source)
            || record.markings.iter().any(|entry| audience.is_outside(entry))
        {
            return None;
        }
        let marking = self.marking(record, self.access.terms);
        self.access.audience.may_see(marking).then_some(marking)
    }

    /// Returns the join of the markings of an object; the configured marking of its source if none of them
    /// restricts it.
    fn marking(&self, record: &ArchivedRecord, terms: &BTreeMap<String, Terms>) -> Marking {
        let configured = || configured(record, terms).unwrap_or(Marking::Unmarked);
        let markings = record.markings.iter().filter_map(|reference| match &**reference {
            PARTLY_UNMARKED => Some(configured()),
            reference if reference.starts_with(SHARING_GROUP) => None,
            reference => self.definitions.meaning(&record.source, reference),
        });
        markings.reduce(Marking::join).unwrap_or_else(configured)
    }
}

/// Marking definitions that an audience may see, by source and lower-cased id. A definition applies only to
/// the objects of its own source.
struct Definitions<'a>(BTreeMap<(&'a str, String), Definition>);

impl<'a> Definitions<'a> {
    /// Collects the definitions that an audience may see. A definition of a source that an agreement closes is not
    /// visible. A definition without markings has the configured
    /// marking of its source, and is visible to all if there is none. Definitions that are marked by another
    /// definition are read last, and do not make further definitions visible.
    fn of(archived: &'a [ArchivedRecord], access: AccessPolicy<'_>, as_of: AsOf) -> Self {
        let definitions =
            archived.iter().filter(|record| record.defines.is_some() && as_of.can_include(record));
        let definitions = definitions.filter(|record| access.agrees(&record.source));
        let is_plain = |record: &&ArchivedRecord| {
            record.markings.iter().all(|reference| fixed_meaning(reference).is_some())
        };
        let (plain, nested): (Vec<&ArchivedRecord>, Vec<&ArchivedRecord>) = definitions.partition(is_plain);
        let mut known = Self(BTreeMap::new());
        for definitions in [plain, nested] {
            let admitted: Vec<&ArchivedRecord> =
                definitions.into_iter().filter(|record| known.admits(record, access)).collect();
            for record in admitted {
                known.add(record);
            }
        }
        known
    }

    fn admits(&self, definition: &ArchivedRecord, access: AccessPolicy<'_>) -> bool {
        let references = definition.markings.iter();
        let marking = references.filter_map(|reference| self.meaning(&definition.source, reference));
        let marking = marking.reduce(Marking::join).or_else(|| configured(definition, access.terms));
        marking.is_none_or(|marking| access.audience.may_see(marking))
    }

    fn add(&mut self, record: &'a ArchivedRecord) {
        let Some(definition) = record.defines else { return };
        // A definition that is delivered again can only become stricter.
        let known = self.0.entry((&*record.source, record.key.to_lowercase())).or_insert(definition);
        *known = (*known).max(definition);
    }

    /// Returns the level that a reference means; `None` if it restricts nothing.
    fn meaning(&self, source: &str, reference: &str) -> Option<Marking> {
        if let Some(marking) = fixed_meaning(reference) {
            return Some(marking);
        }
        match self.0.get(&(source, reference.to_owned())) {
            Some(Definition::Statement) => None,
            Some(Definition::Level(marking)) => Some(*marking),
            None => Some(Marking::Unknown),
        }
    }
}

/// Returns the configured marking of the source of a record.
fn configured(record: &ArchivedRecord, terms: &BTreeMap<String, Terms>) -> Option<Marking> {
    let text = terms.get(&*record.source)?.marking.as_deref()?;
    Some(Marking::parse(text).unwrap_or(Marking::Unknown))
}

/// Returns the level of a reference that needs no definition.
fn fixed_meaning(reference: &str) -> Option<Marking> {
    Marking::of_definition(reference).or_else(|| Marking::parse(reference))
}
