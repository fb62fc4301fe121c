//! History of one key: the time at which an audience learned each object, and the live object as of a time.
//!
//! There are two steps, and both use only what the audience may see. The first step takes the runs in the order
//! of commits and compares each with the state that the runs up to its own as-of time left. An object receives
//! its recorded time. This is its own time field, if the source has `recorded_at = "object"` and the audience did not
//! know the key before that time. Otherwise it is the as-of time of the run. A run that repeats the live object adds
//! nothing. The second step orders the changes by as-of time and applies those that the as-of time of the view
//! includes.

use std::collections::BTreeSet;

use super::{
    policy::AsOf,
    visible::{Delivered, VisibleObject},
};
use crate::{
    marking::Marking,
    record::{Digest, Surroundings},
    time::Moment,
};

/// A live row of the archive before its content is read.
#[derive(Clone, Copy, Debug)]
pub struct Live {
    /// Position in the list of archived records.
    pub position: usize,
    /// Position of the first content of the key, by version if one run delivered several.
    pub(super) earliest: usize,
    pub(super) recorded_at: Moment,
    pub(super) recorded_first: Moment,
    /// As-of time of the run that first delivered the key.
    pub(super) first_run: Moment,
    pub(super) returned: bool,
    pub(super) marking: Marking,
    /// Is true if this content or an earlier one revoked the key. STIX 2.1 (section 3.2) allows no version after that.
    pub(super) is_revoked: bool,
    /// Is true if the key is withdrawn. Such an entry serves only for the first run of its source.
    pub(super) is_withdrawn: bool,
}

/// An object with its recorded time.
#[derive(Clone, Copy)]
struct Recorded {
    object: VisibleObject,
    time: Moment,
}

/// A change of a key by one run.
struct KeyChange {
    run: Moment,
    /// The delivered objects; empty if the run withdrew the key.
    objects: Vec<Recorded>,
    is_whole: bool,
}

/// Returns the live rows of one key: the winning content in each place that contains it. A withdrawn key has one
/// entry, which is marked as such.
pub(super) fn live(delivered: Vec<Delivered>, as_of: AsOf) -> impl Iterator<Item = Live> {
    let (events, newest) = recorded(delivered);
    // If the view includes every event, the state after the last run is the answer.
    let is_all_visible = events.iter().all(|event| event.is_included(as_of));
    if is_all_visible { newest } else { replayed(&events, as_of) }.into_live()
}

/// Returns the live rows of one key at each time in `[start, end)` at which they change, ascending. The rows of a time
/// are those that [`live`] returns as of it. A withdrawn key has no rows.
pub(super) fn changes(delivered: Vec<Delivered>, start: Moment, end: Moment) -> Vec<(Moment, Vec<Live>)> {
    let (events, _) = recorded(delivered);
    let times = events.iter().flat_map(|event| {
        let of_objects = event.objects.iter().map(|object| object.time);
        of_objects.chain(event.objects.is_empty().then_some(event.run))
    });
    // The rows before the first change in the range are those as of its start.
    let times: BTreeSet<Moment> = times.chain([start]).filter(|time| (start..end).contains(time)).collect();
    let rows_at = |time: Moment| {
        let live = replayed(&events, AsOf::of(time)).into_live();
        (time, live.filter(|live| !live.is_withdrawn).collect())
    };
    times.into_iter().map(rows_at).collect()
}

/// Gives each delivered object its recorded time. Returns the changes of the key in the order of as-of times,
/// and the last state.
fn recorded(delivered: Vec<Delivered>) -> (Vec<KeyChange>, KeyState) {
    let mut events: Vec<KeyChange> = Vec::with_capacity(delivered.len());
    let mut state = KeyState::default();
    for delivered in delivered {
        let run = delivered.run;
        // A late run has an earlier as-of time than runs before it. It is compared with the state of its time.
        let next = events.partition_point(|event| event.run <= run);
        if next == events.len() {
            events.extend(state.after(delivered));
            continue;
        }
        if let Some(event) = replayed(&events[..next], AsOf::latest()).after(delivered) {
            events.insert(next, event);
            state = replayed(&events, AsOf::latest());
        }
    }
    (events, state)
}

/// Returns the state after the events that an as-of time includes.
fn replayed(events: &[KeyChange], as_of: AsOf) -> KeyState {
    let mut state = KeyState::default();
    for event in events.iter().filter(|event| as_of.has_run(event.run)) {
        if event.objects.is_empty() {
            if event.run <= as_of.recorded_until {
                state.withdraw();
            }
            continue;
        }
        let is_recorded = |object: &&Recorded| object.time <= as_of.recorded_until;
        let objects: Vec<Recorded> = event.objects.iter().filter(is_recorded).copied().collect();
        state.apply(event.run, &objects, event.is_whole);
    }
    state
}

impl KeyChange {
    fn is_included(&self, as_of: AsOf) -> bool {
        let last = self.objects.iter().map(|object| object.time).max().unwrap_or(self.run);
        last <= as_of.recorded_until && as_of.has_run(self.run)
    }
}

/// One place of the live content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    surroundings: Surroundings,
    marking: Marking,
    position: usize,
}

impl Place {
    /// Returns everything of the place that matters to an audience.
    fn meaning(&self) -> (Surroundings, Marking) {
        (self.surroundings, self.marking)
    }
}

/// First delivery of a key.
#[derive(Clone, Copy)]
struct FirstRecorded {
    /// Position of its content.
    position: usize,
    recorded_at: Moment,
    /// As-of time of the run that delivered it.
    run: Moment,
}

/// State of a key for an audience after some runs.
#[derive(Default)]
struct KeyState {
    content: Option<Digest>,
    /// Places of the live content, in order; empty if the key is not live.
    places: Vec<Place>,
    recorded_at: Option<Moment>,
    first: Option<FirstRecorded>,
    /// Recorded time of the last object that changed the state.
    latest: Option<Moment>,
    returned: bool,
    /// Is true after an object that revoked the key, as far as the audience may know.
    is_revoked: bool,
    was_withdrawn: bool,
    /// A place of the content that was withdrawn last.
    withdrawn: Option<Place>,
}

impl KeyState {
    /// Returns the live rows; for a withdrawn key one row, which is marked as such.
    fn into_live(self) -> impl Iterator<Item = Live> {
        let Self { mut places, recorded_at, first, returned, is_revoked, withdrawn, .. } = self;
        let is_withdrawn = places.is_empty();
        places.extend(withdrawn.filter(|_| is_withdrawn));
        places.into_iter().filter_map(move |place| {
            let (recorded_at, first) = recorded_at.zip(first)?;
            let FirstRecorded { position: earliest, recorded_at: recorded_first, run: first_run } = first;
            let (position, marking) = (place.position, place.marking);
            Some(Live {
                position,
                earliest,
                recorded_at,
                recorded_first,
                first_run,
                returned,
                marking,
                is_revoked,
                is_withdrawn,
            })
        })
    }

    /// Applies the next run, and returns its change; `None` if it changes nothing.
    fn after(&mut self, delivered: Delivered) -> Option<KeyChange> {
        let Delivered { run, objects, is_whole, is_absent } = delivered;
        if objects.is_empty() {
            return (is_absent && self.withdraw()).then(|| KeyChange { run, objects: Vec::new(), is_whole });
        }
        let with_time = |object: VisibleObject| Recorded { object, time: self.recorded_time(&object, run) };
        let objects: Vec<Recorded> = objects.into_iter().map(with_time).collect();
        self.apply(run, &objects, is_whole).then_some(KeyChange { run, objects, is_whole })
    }

    /// Returns the recorded time of an object. This is its own time, unless that is before the last change of the key,
    /// or the object brings the key back. Then it is the as-of time of the run.
    fn recorded_time(&self, object: &VisibleObject, run: Moment) -> Moment {
        let is_back = self.places.is_empty() && self.was_withdrawn;
        let is_usable = |time: &Moment| !is_back && self.latest.is_none_or(|latest| *time > latest);
        object.object_time.filter(is_usable).unwrap_or(run)
    }

    /// Applies the objects of one run, in order of version and content; returns whether the state changes.
    ///
    /// In an increment a missing place has no meaning, so new places of the live content are added to the known
    /// ones. A place replaces those with the same container.
    fn apply(&mut self, run: Moment, objects: &[Recorded], is_whole: bool) -> bool {
        let Some(last) = objects.last() else { return false };
        self.is_revoked |= objects.iter().any(|recorded| recorded.object.revokes);
        let content = last.object.content;
        let winners = || objects.iter().filter(|recorded| recorded.object.content == content);
        let is_other_content = self.content != Some(content);
        let mut places: Vec<Place> = if is_other_content || is_whole {
            Vec::new()
        } else {
            let holders: BTreeSet<u64> = winners().map(|winner| winner.object.surroundings.holder).collect();
            let is_kept = |place: &&Place| !holders.contains(&place.surroundings.holder);
            self.places.iter().filter(is_kept).copied().collect()
        };
        places.extend(winners().map(|Recorded { object, .. }| Place {
            surroundings: object.surroundings,
            marking: object.marking,
            position: object.position,
        }));
        places.sort_unstable();
        places.dedup_by_key(|place| place.meaning());
        let is_other_claim = is_other_content || surroundings(&places) != surroundings(&self.places);
        if !is_other_claim && places.iter().map(Place::meaning).eq(self.places.iter().map(Place::meaning)) {
            return false;
        }
        // The same claim under another marking keeps its recorded time.
        if is_other_claim {
            self.recorded_at = winners().map(|winner| winner.time).max();
        }
        if is_other_content {
            self.returned = self.was_withdrawn;
        }
        self.latest = self.latest.max(objects.iter().map(|object| object.time).max());
        if let (None, [earliest, ..]) = (self.first, objects) {
            let recorded_at = objects.iter().map(|object| object.time).min().unwrap_or(earliest.time);
            self.first = Some(FirstRecorded { position: earliest.object.position, recorded_at, run });
        }
        (self.content, self.places) = (Some(content), places);
        true
    }

    /// Withdraws the key; returns whether it was live.
    fn withdraw(&mut self) -> bool {
        let was_live = !self.places.is_empty();
        self.was_withdrawn |= was_live;
        self.withdrawn = self.places.first().copied().or(self.withdrawn);
        self.content = None;
        self.places.clear();
        was_live
    }
}

/// Returns the distinct surroundings of places, in order.
fn surroundings(places: &[Place]) -> Vec<Surroundings> {
    let mut all: Vec<Surroundings> = places.iter().map(|place| place.surroundings).collect();
    all.dedup();
    all
}
