//! Invented histories for the tests of this room.

use super::{Mention, Node, ReportingHistory};
use crate::{
    analysis::Class,
    link::Layer,
    time::{DAY, Moment},
};

/// A history that a test builds.
#[derive(Default)]
pub(crate) struct Invented {
    pub(crate) history: ReportingHistory<'static>,
}

/// Returns noon of a day.
pub(crate) fn day(day: i64) -> Moment {
    Moment::from_micros(day * DAY + DAY / 2)
}

/// A reproducible sequence of numbers.
pub(crate) struct Draws(pub(crate) u64);

impl Draws {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

impl Invented {
    /// Adds a node, and returns its position.
    pub(crate) fn node(&mut self, kind: &str, label: &str, first_recorded: Moment) -> u32 {
        self.history.nodes.push(Node {
            id: format!("{kind}-{label}").into(),
            kind: kind.into(),
            label: label.to_owned().into(),
            class: Class::of(kind),
            first_recorded,
            is_base: false,
        });
        self.history.presence.push([(first_recorded, None)]);
        self.history.nodes.len() as u32 - 1
    }

    /// Adds a reported link of a record.
    pub(crate) fn mention(&mut self, from: u32, to: u32, layer: Layer, record: u32, recorded_at: Moment) {
        let mention = Mention { recorded_at, from, to, layer, kind: 0, record, source: 0, until: None };
        self.history.mentions.push(mention);
    }

    /// Returns the history with its mentions in order.
    pub(crate) fn finish(mut self, runs: Vec<Moment>) -> ReportingHistory<'static> {
        self.history.mentions.sort_unstable();
        (self.history.sources, self.history.kinds) = (vec!["feed".to_owned()], vec!["link".to_owned()]);
        self.history.runs = runs;
        self.history.mark_base();
        self.history
    }
}
