//! Comparison of the deliveries of one source with the archive.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use rayon::prelude::*;

use super::{
    novelty::Novelty,
    pending::{Finding, ObjectVariant, PendingRecord},
    prior::{PriorState, PriorStates},
};
use crate::{
    archive::{
        counts::DeliveryCounts,
        rows::{RawObject, RecordOrigin, StoredRecord},
    },
    ingest::{AcceptedObject, Delivery},
    record::{ArchivedRecord, Digest, Mode, Surroundings},
    symbol::Symbol,
    time::Moment,
    view::version_rank,
};

/// Delivery of one source in a run.
#[derive(Clone, Debug)]
pub struct SourceDelivery {
    /// Delivery mode of the source.
    pub mode: Mode,
    /// Is true if the recorded time of its objects is their own time (`recorded_at = "object"`).
    pub has_object_times: bool,
    /// Is true if every expected file was present.
    pub is_complete: bool,
}

/// Objects that a run delivers under a key that the archive has rows of.
struct KeyDelivery<'a> {
    /// The object that will be live: the one with the highest version field, then the highest digest.
    winner: &'a AcceptedObject,
    /// Is true if the live content stays the same, in the same surroundings.
    is_same: bool,
    /// Is true if the rows of the key are stored.
    is_stored: bool,
}

impl<'a> KeyDelivery<'a> {
    fn of(prior: &PriorState<'_>, objects: &[&'a AcceptedObject], is_stored: bool, mode: Mode) -> Self {
        fn rank(object: &AcceptedObject) -> (Option<Moment>, Option<&str>, Digest) {
            let (time, text) = version_rank(object.version.as_deref());
            (time, text, object.content)
        }
        let winner = objects.iter().copied().max_by(|a, b| rank(a).cmp(&rank(b)));
        let winner = winner.expect("the key has an object");
        Self { winner, is_same: is_same(prior, objects, winner.content, mode), is_stored }
    }

    /// Returns whether a content was live before, or was delivered beside the live one.
    fn is_known(&self, prior: &PriorState<'_>, live: Digest, content: Digest) -> bool {
        if content == live {
            return self.is_same || self.winner.content != live;
        }
        let was_delivered = || prior.earlier.iter().any(|record| record.content() == Some(content));
        self.winner.content == live && was_delivered()
    }
}

/// Returns whether the live content and its surroundings stay the same. In an increment, a container that is not
/// delivered stays as it is.
fn is_same(prior: &PriorState<'_>, objects: &[&AcceptedObject], winner: Digest, mode: Mode) -> bool {
    if prior.live().and_then(ArchivedRecord::content) != Some(winner) {
        return false;
    }
    let before: BTreeSet<Surroundings> = prior.live.iter().map(|record| record.surroundings).collect();
    let mut after =
        objects.iter().filter(|object| object.content == winner).map(|object| object.surroundings);
    match mode {
        Mode::Snapshot => after.collect::<BTreeSet<_>>() == before,
        Mode::Partial | Mode::Increment => after.all(|surroundings| before.contains(&surroundings)),
    }
}

/// Findings of rejected objects, by their known key.
type RejectedKeys<'a> = BTreeMap<&'a str, (&'a Arc<str>, Vec<Finding<'a>>)>;

/// One occurrence of an object: markings, surroundings, and the object's own time.
type Occurrence<'a> = (&'a [String], Surroundings, Option<Moment>);

/// Objects of the source that occurred in this run so far.
#[derive(Default)]
struct Seen<'a> {
    /// First object of each key and content.
    contents: HashMap<(&'a str, Digest), &'a AcceptedObject>,
    /// Further occurrences of a content: an object in two MISP events is stored for each of them.
    occurrences: HashSet<(&'a str, Digest, Occurrence<'a>)>,
    /// Keys with an object that is not a duplicate.
    keys: HashSet<&'a str>,
}

/// Comparison of one source's deliveries with the archive.
pub(super) struct SourceComparison<'a> {
    pub(super) name: Symbol,
    source: &'a SourceDelivery,
    /// Delivery mode in this run: an incomplete snapshot is `Partial`.
    pub(super) mode: Mode,
    /// As-of time of the run.
    pub(super) run: Moment,
    prior: &'a PriorStates<'a>,
    /// Rows to add, in no order.
    pub(super) pending: Vec<PendingRecord<'a>>,
}

impl<'a> SourceComparison<'a> {
    pub(super) fn new(
        name: &str,
        source: &'a SourceDelivery,
        prior: &'a PriorStates<'a>,
        (mode, run): (Mode, Moment),
    ) -> Self {
        Self { name: name.into(), source, mode, run, prior, pending: Vec::new() }
    }

    /// Counts the objects of each delivery, and collects the rows to add.
    pub(super) fn count(&mut self, deliveries: &'a [Delivery]) -> Vec<DeliveryCounts> {
        let rejected = self.rejected(deliveries);
        let delivered = self.delivered(deliveries, &rejected);
        let object_count = deliveries.iter().map(|delivery| delivery.accepted.len()).sum();
        let mut seen = Seen::default();
        seen.contents.reserve(object_count);
        seen.keys.reserve(object_count);
        let mut all = Vec::with_capacity(deliveries.len());
        for (position, delivery) in deliveries.iter().enumerate() {
            let rejected = delivery.rejected();
            let mut counts = DeliveryCounts { delivered: rejected, rejected, ..DeliveryCounts::default() };
            for object in &delivery.accepted {
                let key_delivery = delivered.get(&*object.key);
                let first = *seen.contents.entry((&object.key, object.content)).or_insert(object);
                if self.is_new_occurrence(object, first, &mut seen)
                    && key_delivery.is_none_or(|delivery| delivery.is_stored)
                {
                    let object_time = self.object_time(object);
                    let finding = Finding::Accepted { delivery: position, object, object_time };
                    self.pending.push(PendingRecord::new(&object.key, finding));
                }
                let is_first = std::ptr::eq(first, object);
                self.novelty(object, is_first, key_delivery, &mut seen.keys).add_to(&mut counts);
            }
            all.push(counts);
        }
        self.add_rejected(rejected, &delivered);
        all
    }

    /// Returns the novelty of an object. `is_first` is true if its content occurs for the first time in this
    /// run. `keys` has the keys with an object that is not a duplicate.
    fn novelty(
        &self,
        object: &'a AcceptedObject,
        is_first: bool,
        delivered: Option<&KeyDelivery<'_>>,
        keys: &mut HashSet<&'a str>,
    ) -> Novelty {
        if !is_first {
            return Novelty::Repeated;
        }
        let known = self.prior.get(&object.key).zip(delivered);
        let live = known.and_then(|(prior, delivered)| Some((prior, delivered, prior.live()?)));
        let is_unchanged = live.is_some_and(|(prior, delivered, live)| {
            live.content().is_some_and(|live| delivered.is_known(prior, live, object.content))
        });
        if is_unchanged {
            return Novelty::Unchanged;
        }
        if !keys.insert(&object.key) {
            return Novelty::Additional;
        }
        match live {
            None => Novelty::New,
            Some((_, delivered, live)) if live.version.as_deref() == delivered.winner.version.as_deref() => {
                Novelty::ChangedUnannounced
            }
            Some(_) => Novelty::Changed,
        }
    }

    /// Returns whether an object differs from each earlier one of its key and content in an audience's eyes.
    fn is_new_occurrence(
        &self,
        object: &'a AcceptedObject,
        first: &'a AcceptedObject,
        seen: &mut Seen<'a>,
    ) -> bool {
        if std::ptr::eq(first, object) {
            return true;
        }
        let occurrence = self.occurrence(object);
        self.occurrence(first) != occurrence
            && seen.occurrences.insert((&object.key, object.content, occurrence))
    }

    /// Adds the rows of rejected objects.
    fn add_rejected(&mut self, rejected: RejectedKeys<'a>, delivered: &HashMap<&str, KeyDelivery<'_>>) {
        for (key, findings) in rejected.into_values() {
            let is_stored = match delivered.get(&**key) {
                Some(delivery) => delivery.is_stored,
                None => self.prior.get(key).is_some_and(|prior| self.is_stored(prior, &[], &findings)),
            };
            if is_stored {
                self.pending.extend(findings.into_iter().map(|finding| PendingRecord::new(key, finding)));
            }
        }
    }

    /// Returns the own time of an object, if it is the recorded time of the record; never after the run.
    fn object_time(&self, object: &AcceptedObject) -> Option<Moment> {
        object.own_time.filter(|_| self.source.has_object_times).map(|time| time.min(self.run))
    }

    fn occurrence<'o>(&self, object: &'o AcceptedObject) -> Occurrence<'o> {
        (&object.markings, object.surroundings, self.object_time(object))
    }

    /// Returns whether the rows of a key are stored: they are, unless they equal those of the last run that has
    /// rows of the key. Either all of them are stored or none, because a row that one audience may not see must
    /// not decide anything for the others.
    fn is_stored(
        &self,
        prior: &PriorState<'_>,
        objects: &[&AcceptedObject],
        rejected: &[Finding<'_>],
    ) -> bool {
        // A complete snapshot claims more than a partial one with the same objects. And after a late run, the
        // last run is not the previous state for every view.
        let was_whole = prior.last.iter().all(|record| record.mode == Mode::Snapshot);
        let is_late = prior.last.iter().any(|record| record.run > self.run);
        if (self.mode == Mode::Snapshot && !was_whole) || is_late || !prior.is_in_order {
            return true;
        }
        let accepted = objects.iter().map(|object| Finding::Accepted {
            delivery: 0,
            object,
            object_time: self.object_time(object),
        });
        let mut variants: Vec<ObjectVariant<'_>> =
            accepted.chain(rejected.iter().copied()).map(Finding::variant).collect();
        let mut last: Vec<ObjectVariant<'_>> =
            prior.last.iter().map(|record| ObjectVariant::of(record)).collect();
        for variants in [&mut variants, &mut last] {
            variants.sort_unstable();
            variants.dedup();
        }
        variants != last
    }

    /// Returns the rejected objects with a known key. A complete snapshot with such an object does not withdraw
    /// its key.
    fn rejected(&self, deliveries: &'a [Delivery]) -> RejectedKeys<'a> {
        let mut rejected = RejectedKeys::new();
        if self.mode != Mode::Snapshot {
            return rejected;
        }
        for reject in deliveries.iter().flat_map(|delivery| &delivery.rejects) {
            let prior = reject.object_id.as_deref().and_then(|id| self.prior.get(id));
            let Some(key) = prior.and_then(PriorState::key) else { continue };
            let finding = Finding::Rejected(reject.markings.as_deref());
            let (_, findings) = rejected.entry(&**key).or_insert((key, Vec::new()));
            if findings.iter().all(|known| known.variant() != finding.variant()) {
                findings.push(finding);
            }
        }
        rejected
    }

    /// Returns the objects that are delivered under each known key.
    fn delivered(
        &self,
        deliveries: &'a [Delivery],
        rejected: &RejectedKeys<'a>,
    ) -> HashMap<&'a str, KeyDelivery<'a>> {
        let objects = deliveries.iter().flat_map(|delivery| &delivery.accepted);
        let mut known: Vec<&AcceptedObject> =
            objects.filter(|object| self.prior.get(&object.key).is_some()).collect();
        known.par_sort_by(|a, b| a.key.cmp(&b.key));
        let by_key: Vec<&[&'a AcceptedObject]> = known.chunk_by(|a, b| a.key == b.key).collect();
        let key_delivery = |objects: &&[&'a AcceptedObject]| {
            let key = &*objects[0].key;
            let prior = self.prior.get(key)?;
            let rejected = rejected.get(key).map_or(&[][..], |(_, findings)| findings);
            let is_stored = self.is_stored(prior, objects, rejected);
            Some((key, KeyDelivery::of(prior, objects, is_stored, self.mode)))
        };
        by_key.par_iter().filter_map(key_delivery).collect()
    }

    /// Returns the row of the archive for a pending record.
    pub(super) fn stored(
        &self,
        pending: &PendingRecord<'_>,
        deliveries: &[Delivery],
        files: &[(Arc<str>, Arc<str>)],
    ) -> StoredRecord {
        let ObjectVariant { state, surroundings, markings, object_time } = pending.finding.variant();
        let mut record = ArchivedRecord {
            source: self.name,
            key: Arc::clone(pending.key),
            state,
            version: None,
            object_time,
            run: self.run,
            // A row does not store its commit. It is set when the row is read.
            commit: 0,
            mode: self.mode,
            markings: markings.into_iter().map(Into::into).collect(),
            defines: None,
            revokes: false,
            surroundings,
        };
        let Finding::Accepted { delivery, object, .. } = pending.finding else {
            return StoredRecord {
                record,
                origin: RecordOrigin::none(),
                format: None,
                object: None,
                context: None,
                raw: None,
            };
        };
        record.version = object.version.as_deref().map(Into::into);
        record.defines = object.defines;
        record.revokes = object.revokes;
        let (digest, path) = files[delivery].clone();
        StoredRecord {
            record,
            origin: RecordOrigin { delivery: digest, path, position: Arc::clone(&object.position) },
            format: deliveries[delivery].format,
            object: Some(Arc::clone(&object.object)),
            context: object.context.clone(),
            raw: object.raw.map(|digest| RawObject { digest, own_time: object.own_time }),
        }
    }

    /// Withdraws every key that a complete snapshot no longer contains; returns the number of live ones.
    pub(super) fn withdraw(&mut self, deliveries: &[Delivery]) -> u64 {
        let accepted = deliveries.iter().flat_map(|delivery| &delivery.accepted).map(|object| &*object.key);
        let rejected = deliveries
            .iter()
            .flat_map(|delivery| &delivery.rejects)
            .filter_map(|reject| reject.object_id.as_deref());
        let present: HashSet<&str> = accepted.chain(rejected).collect();
        let mut withdrawn = 0;
        for (_, prior) in self.prior.iter().filter(|(key, _)| !present.contains(key)) {
            withdrawn += u64::from(prior.live().is_some());
            if let Some(key) = prior.key().filter(|_| !prior.is_withdrawn()) {
                self.pending.push(PendingRecord::new(key, Finding::Withdrawn));
            }
        }
        withdrawn
    }
}
