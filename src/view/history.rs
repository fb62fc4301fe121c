//! When a reader learned what is delivered under one key, and what of it is live as of a time.
//!
//! Two steps, both from what the reader may see alone. First the runs are taken in the order in which the
//! archive learned, each against what the runs up to its own as-of time had left. An object gets its recorded
//! time: its own time, where objects date their records and the reader knew nothing of the key up to then;
//! else the as-of time of the run. A run that repeats what is live adds nothing. Then what is left is put in
//! the order of as-of times, and the as-of time of the view filters, and decides nothing else.

use std::collections::BTreeSet;

use super::{
    AsOf, Live,
    visible::{Delivered, Visible},
};
use crate::{
    marking::Marking,
    record::{Digest, Surroundings},
    time::Moment,
};

/// An object with the time at which the reader learned it.
#[derive(Clone, Copy)]
struct Recorded {
    object: Visible,
    time: Moment,
}

/// What one run changed under a key.
struct Event {
    run: Moment,
    /// The objects that it delivered; none where it withdrew the key.
    objects: Vec<Recorded>,
    is_whole: bool,
}

/// Returns what is live under one key: the objects of one content, in each of the places that hold it. A key
/// that is withdrawn has one entry, which is marked as such.
pub(super) fn live(delivered: Vec<Delivered>, as_of: AsOf) -> impl Iterator<Item = Live> {
    let (events, newest) = recorded(delivered);
    // Where nothing is filtered the state after the last run is the answer.
    let is_all_seen = events.iter().all(|event| event.is_seen_whole(as_of));
    let state = if is_all_seen { newest } else { replayed(&events, as_of) };
    let State { mut places, recorded, first, returned, withdrawn, .. } = state;
    let is_withdrawn = places.is_empty();
    places.extend(withdrawn.filter(|_| is_withdrawn));
    places.into_iter().filter_map(move |place| {
        let (told, First { recorded: told_first, run: first_run }) = recorded.zip(first)?;
        let Place { statement, marking, .. } = place;
        Some(Live { statement, told, told_first, first_run, returned, marking, is_withdrawn })
    })
}

/// Dates everything that was delivered; returns what changed the state of the key, in the order of as-of
/// times, and the last state.
fn recorded(delivered: Vec<Delivered>) -> (Vec<Event>, State) {
    let mut events: Vec<Event> = Vec::with_capacity(delivered.len());
    let mut state = State::default();
    for delivered in delivered {
        let run = delivered.run;
        // A run of an earlier as-of time than others that the archive has: late, and dated as of then.
        let place = events.partition_point(|event| event.run <= run);
        if place == events.len() {
            events.extend(state.after(delivered));
            continue;
        }
        let whole = |events: &[Event]| replayed(events, AsOf::of(Moment::from_micros(i64::MAX)));
        if let Some(event) = whole(&events[..place]).after(delivered) {
            events.insert(place, event);
            state = whole(&events);
        }
    }
    (events, state)
}

/// Applies what is seen as of a time.
fn replayed(events: &[Event], as_of: AsOf) -> State {
    let mut state = State::default();
    for event in events.iter().filter(|event| as_of.counts(event.run)) {
        if event.objects.is_empty() {
            if event.run <= as_of.told_by {
                state.withdraw();
            }
            continue;
        }
        let is_seen = |object: &&Recorded| object.time <= as_of.told_by;
        let seen: Vec<Recorded> = event.objects.iter().filter(is_seen).copied().collect();
        state.take(event.run, &seen, event.is_whole);
    }
    state
}

impl Event {
    fn is_seen_whole(&self, as_of: AsOf) -> bool {
        let last = self.objects.iter().map(|object| object.time).max().unwrap_or(self.run);
        last <= as_of.told_by && as_of.counts(self.run)
    }
}

/// One place of the live content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    surroundings: Surroundings,
    marking: Marking,
    statement: usize,
}

/// How a reader first learned of a key.
#[derive(Clone, Copy)]
struct First {
    recorded: Moment,
    /// As-of time of the run that delivered it.
    run: Moment,
}

/// What a reader knows of a key after some runs.
#[derive(Default)]
struct State {
    content: Option<Digest>,
    /// In order; empty where nothing is live.
    places: Vec<Place>,
    recorded: Option<Moment>,
    first: Option<First>,
    /// Recorded time of the last object that changed anything.
    latest: Option<Moment>,
    returned: bool,
    was_withdrawn: bool,
    /// A place of the content that was withdrawn last.
    withdrawn: Option<Place>,
}

impl State {
    /// Takes what the next run delivered, and dates it; returns what it changed.
    fn after(&mut self, delivered: Delivered) -> Option<Event> {
        let Delivered { run, objects, is_whole, is_absent } = delivered;
        if objects.is_empty() {
            return (is_absent && self.withdraw()).then(|| Event { run, objects: Vec::new(), is_whole });
        }
        let date = |object: Visible| Recorded { object, time: self.recorded_time(&object, run) };
        let objects: Vec<Recorded> = objects.into_iter().map(date).collect();
        self.take(run, &objects, is_whole).then_some(Event { run, objects, is_whole })
    }

    /// Returns when the reader learned an object. One that dates itself before what is known of its key, or
    /// that brings the key back, was learned from the run.
    fn recorded_time(&self, object: &Visible, run: Moment) -> Moment {
        let is_back = self.places.is_empty() && self.was_withdrawn;
        let is_own = |own: &Moment| !is_back && self.latest.is_none_or(|latest| *own > latest);
        object.own_time.filter(is_own).unwrap_or(run)
    }

    /// Takes what one run delivered, in order of version and content; returns whether that changed anything.
    ///
    /// Under an increment the places of one content add up, since absence says nothing there; a holder
    /// that is delivered again replaces what it said.
    fn take(&mut self, run: Moment, objects: &[Recorded], is_whole: bool) -> bool {
        let Some(last) = objects.last() else { return false };
        let content = last.object.content;
        let winners = || objects.iter().filter(|recorded| recorded.object.content == content);
        let is_other = self.content != Some(content);
        let mut places: Vec<Place> = if is_other || is_whole {
            Vec::new()
        } else {
            let holders: BTreeSet<u64> = winners().map(|winner| winner.object.surroundings.holder).collect();
            let stays = |place: &&Place| !holders.contains(&place.surroundings.holder);
            self.places.iter().filter(stays).copied().collect()
        };
        places.extend(winners().map(|Recorded { object, .. }| Place {
            surroundings: object.surroundings,
            marking: object.marking,
            statement: object.statement,
        }));
        places.sort_unstable();
        places.dedup_by_key(|place| (place.surroundings, place.marking));
        let surroundings = |places: &[Place]| -> Vec<Surroundings> {
            let mut all: Vec<Surroundings> = places.iter().map(|place| place.surroundings).collect();
            all.dedup();
            all
        };
        let says_otherwise = is_other || surroundings(&places) != surroundings(&self.places);
        let marked = |place: &Place| (place.surroundings, place.marking);
        if !says_otherwise && places.iter().map(marked).eq(self.places.iter().map(marked)) {
            return false;
        }
        // In the same words under another marking it was learned when it was learned first.
        if says_otherwise {
            self.recorded = winners().map(|winner| winner.time).max();
        }
        if is_other {
            self.returned = self.was_withdrawn;
        }
        self.latest = self.latest.max(objects.iter().map(|object| object.time).max());
        let recorded = objects.iter().map(|object| object.time).min();
        self.first = self.first.or(recorded.map(|recorded| First { recorded, run }));
        (self.content, self.places) = (Some(content), places);
        true
    }

    /// Takes that the key is gone; returns whether anything was there.
    fn withdraw(&mut self) -> bool {
        let was_there = !self.places.is_empty();
        self.was_withdrawn |= was_there;
        self.withdrawn = self.places.first().copied().or(self.withdrawn);
        self.content = None;
        self.places.clear();
        was_there
    }
}
