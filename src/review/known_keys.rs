//! Keys of values, such as hosts and domains, with the groups that used them before the recent window.

use std::collections::{BTreeSet, HashMap};

use crate::{
    analysis::{Analysis, Class, PatternContext},
    index::EntityIndex,
    reporting::attribution::{KeyKind, texts},
    time::Moment,
};

/// Position of a key in [`Keys::known`].
pub(super) type Key = u32;

/// Keys of observables.
pub(super) struct Keys {
    /// Returns whether observables of a kind have keys.
    is_counted: fn(&str) -> bool,
    position: HashMap<(KeyKind, String), Key>,
    /// Every key.
    pub(super) known: Vec<KnownKey>,
}

/// A key, with what was recorded about it before the recent window.
pub(super) struct KnownKey {
    pub(super) kind: KeyKind,
    /// Main entities of the groups that used it.
    pub(super) owners: BTreeSet<EntityIndex>,
    /// Last time at which a record named it; `None` if no record did.
    pub(super) last: Option<Moment>,
}

impl Keys {
    /// Returns an empty list for the kinds of observables that count.
    pub(super) fn new(is_counted: fn(&str) -> bool) -> Self {
        Self { is_counted, position: HashMap::new(), known: Vec::new() }
    }

    /// Returns the keys of an observable, the most exact first; empty if its kind does not count.
    pub(super) fn of(&mut self, analysis: &Analysis, observable: EntityIndex) -> Vec<Key> {
        let entity = &analysis[observable];
        if !(self.is_counted)(&entity.kind) {
            return Vec::new();
        }
        let mut keys = Vec::new();
        for (kind, text) in texts(&entity.kind, &entity.label, &entity.id) {
            let next = self.known.len() as Key;
            let key = *self.position.entry((kind, text)).or_insert(next);
            if key == next {
                self.known.push(KnownKey { kind, owners: BTreeSet::new(), last: None });
            }
            keys.push(key);
        }
        keys
    }

    /// Adds the groups that used each key before the recent window, and the last record of it.
    pub(super) fn learn(&mut self, analysis: &Analysis) {
        let context = &analysis.context;
        for observable in EntityIndex::first(context.class.len()) {
            if context.class[observable.index()] != Class::Observable || !context.can_connect(observable) {
                continue;
            }
            let Some(last) = last_named(analysis, observable) else { continue };
            let owners = owners(context, observable);
            for key in self.of(analysis, observable) {
                let known = &mut self.known[key as usize];
                known.owners.extend(&owners);
                known.last = known.last.max(Some(last));
            }
        }
    }
}

/// Returns the main entities of the groups that an observable led to before the recent window: directly, or through an
/// indicator or a report.
pub(super) fn owners(context: &PatternContext, observable: EntityIndex) -> BTreeSet<EntityIndex> {
    let mut owners = BTreeSet::new();
    for (other, _) in context.links_of(observable, false) {
        if context.class[other.index()].is_principal() {
            owners.insert(context.main_of(other));
        } else if let Some(mains) = context.named_mains.get(&other) {
            owners.extend(mains);
        }
    }
    owners
}

/// Returns the last time before the recent window at which a record named an observable.
fn last_named(analysis: &Analysis, observable: EntityIndex) -> Option<Moment> {
    let cut = analysis.recent.cut?;
    let links = analysis.context.links_of(observable, false);
    let times =
        links.flat_map(|(_, link)| &analysis[link].records).map(|record| analysis[*record].recorded_at);
    times.filter(|time| *time <= cut).max()
}
