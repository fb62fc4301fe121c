//! Use of entities: which actors, activities and capabilities use which entity at a cut.

use std::collections::{BTreeMap, BTreeSet};

use super::{Mention, ReportingHistory};
use crate::{analysis::Class, link::Layer, time::Moment};

/// Users of entities at one cut. An entity is used if a live link of the capability layer leads to it from an actor, an
/// activity or a capability. Only entities that many unrelated actors share (the class context, such as techniques) count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// Users of each used entity.
    pub users: BTreeMap<u32, BTreeSet<u32>>,
    /// Used entities of each user.
    pub used: BTreeMap<u32, BTreeSet<u32>>,
}

impl Usage {
    /// Returns the number of users of an entity.
    pub fn count(&self, item: u32) -> usize {
        self.users.get(&item).map_or(0, BTreeSet::len)
    }
}

/// Returns whether a reported link is a use: see [`Usage`].
pub fn is_use(history: &ReportingHistory, mention: &Mention) -> bool {
    mention.layer == Layer::Capability
        && history.node(mention.from).class.is_principal()
        && history.node(mention.to).class == Class::Context
}

/// Returns the users of entities at a cut.
pub fn usage(history: &ReportingHistory, cut: Moment) -> Usage {
    usages(history, &[cut]).pop().unwrap_or_default()
}

/// Returns the users of entities at each cut.
pub fn usages(history: &ReportingHistory, cuts: &[Moment]) -> Vec<Usage> {
    let uses: Vec<&Mention> = history.mentions.iter().filter(|mention| is_use(history, mention)).collect();
    let at = |cut: &Moment| {
        let mut usage = Usage::default();
        let known = uses.partition_point(|mention| mention.recorded_at <= *cut);
        for mention in uses[..known].iter().filter(|mention| mention.is_live(*cut)) {
            usage.users.entry(mention.to).or_default().insert(mention.from);
            usage.used.entry(mention.from).or_default().insert(mention.to);
        }
        usage
    };
    cuts.iter().map(at).collect()
}
