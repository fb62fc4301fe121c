//! When a reader learned what is delivered under one key, and what of it is live as of a time.
//!
//! Two steps, both from what the reader may see alone. First every run is taken in the order in which the
//! archive learned, and each object gets its recorded time: its own time, where objects date their records and
//! the reader knew nothing of the key up to then; else the as-of time of the run. A run that repeats what is
//! live adds nothing. Then the as-of time filters, and decides nothing else.

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
enum Event {
    Delivered { run: Moment, objects: Vec<Recorded>, is_whole: bool },
    Withdrawn { run: Moment },
}

/// Returns what is live under one key: the objects of one content, in each of the places that hold it.
pub(super) fn live(delivered: Vec<Delivered>, as_of: AsOf) -> impl Iterator<Item = Live> {
    let (events, newest) = recorded(delivered);
    // Where nothing is filtered the state after the last run is the answer.
    let is_all_seen = events.iter().all(|event| event.is_seen_whole(as_of));
    let state = if is_all_seen { newest } else { replayed(&events, as_of) };
    let State { places, recorded, recorded_first, returned, .. } = state;
    places.into_iter().filter_map(move |place| {
        let (told, told_first) = recorded.zip(recorded_first)?;
        Some(Live { statement: place.statement, told, told_first, returned, marking: place.marking })
    })
}

/// Dates everything that was delivered; returns what changed the state of the key, and the last state.
fn recorded(delivered: Vec<Delivered>) -> (Vec<Event>, State) {
    let (mut state, mut latest) = (State::default(), None);
    let mut events = Vec::with_capacity(delivered.len());
    for Delivered { run, objects, is_whole, is_absent } in delivered {
        if objects.is_empty() {
            if is_absent && state.withdraw() {
                events.push(Event::Withdrawn { run });
            }
            continue;
        }
        // What dates itself before what is known already, or comes back, was learned from the run.
        let is_back = state.places.is_empty() && state.was_withdrawn;
        let is_own = |own: &Moment| !is_back && latest.is_none_or(|latest| *own > latest);
        let date = |object: Visible| Recorded { object, time: object.own_time.filter(is_own).unwrap_or(run) };
        let objects: Vec<Recorded> = objects.into_iter().map(date).collect();
        if state.take(&objects, is_whole) {
            latest = latest.max(objects.iter().map(|object| object.time).max());
            events.push(Event::Delivered { run, objects, is_whole });
        }
    }
    (events, state)
}

/// Applies what is seen as of a time.
fn replayed(events: &[Event], as_of: AsOf) -> State {
    let mut state = State::default();
    for event in events.iter().filter(|event| as_of.counts(event.run())) {
        match event {
            Event::Withdrawn { run } if *run <= as_of.told_by => {
                state.withdraw();
            }
            Event::Withdrawn { .. } => {}
            Event::Delivered { objects, is_whole, .. } => {
                let seen: Vec<Recorded> =
                    objects.iter().filter(|object| object.time <= as_of.told_by).copied().collect();
                state.take(&seen, *is_whole);
            }
        }
    }
    state
}

impl Event {
    fn run(&self) -> Moment {
        match self {
            Self::Delivered { run, .. } | Self::Withdrawn { run } => *run,
        }
    }

    fn is_seen_whole(&self, as_of: AsOf) -> bool {
        let is_in_time = match self {
            Self::Delivered { objects, .. } => objects.iter().all(|object| object.time <= as_of.told_by),
            Self::Withdrawn { run } => *run <= as_of.told_by,
        };
        is_in_time && as_of.counts(self.run())
    }
}

/// One place of the live content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    surroundings: Surroundings,
    marking: Marking,
    statement: usize,
}

/// What a reader knows of a key after some runs.
#[derive(Default)]
struct State {
    content: Option<Digest>,
    /// In order; empty where nothing is live.
    places: Vec<Place>,
    recorded: Option<Moment>,
    recorded_first: Option<Moment>,
    returned: bool,
    was_withdrawn: bool,
}

impl State {
    /// Takes what one run delivered, in order of version and content; returns whether that changed anything.
    ///
    /// Under an increment the places of one content add up, since absence says nothing there; a holder
    /// that is delivered again replaces what it said.
    fn take(&mut self, objects: &[Recorded], is_whole: bool) -> bool {
        let Some(last) = objects.last() else { return false };
        let content = last.object.content;
        let winners = || objects.iter().filter(|recorded| recorded.object.content == content);
        let is_other = self.content != Some(content);
        let is_delivered_again = |place: &Place| {
            winners().any(|winner| winner.object.surroundings.holder == place.surroundings.holder)
        };
        let mut places: Vec<Place> = if is_other || is_whole {
            Vec::new()
        } else {
            self.places.iter().filter(|place| !is_delivered_again(place)).copied().collect()
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
        self.recorded_first = self.recorded_first.or(objects.iter().map(|object| object.time).min());
        (self.content, self.places) = (Some(content), places);
        true
    }

    /// Takes that the key is gone; returns whether anything was there.
    fn withdraw(&mut self) -> bool {
        let was_there = !self.places.is_empty();
        self.was_withdrawn |= was_there;
        self.content = None;
        self.places.clear();
        was_there
    }
}
