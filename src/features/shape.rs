//! How large a candidate is, and how closely it hangs together.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fact, Family, Feature, Meaning, Scale, Shown, Unit, share};
use crate::index::EntityIndex;

pub(super) const MEMBERS: Feature = Feature {
    name: "members",
    about: "Number of members, reports not counted.",
    family: Family::Shape,
    scale: Scale::Log,
    unit: Unit::Number,
    message: "it has {} [member|members]",
    message_zero: None,
    meaning: Meaning::Undecided,
    fact: None,
    of: |shown| shown.members().count() as f64,
};

pub(super) const LINKS: Feature = Feature {
    name: "recent_links",
    about: "Number of recent links that support it.",
    family: Family::Shape,
    scale: Scale::Log,
    unit: Unit::Number,
    message: "{} recent [link supports|links support] it",
    message_zero: None,
    meaning: Meaning::High,
    fact: Some(Fact::Evidence),
    of: |shown| shown.candidate.support.len() as f64,
};

pub(super) const DENSITY: Feature = Feature {
    name: "density",
    about: "Linked pairs of members over all pairs of members, from 0 to 1.",
    family: Family::Shape,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of the pairs of its members are linked",
    message_zero: Some("no two of its members are linked"),
    meaning: Meaning::High,
    fact: Some(Fact::Cohesion),
    of: |shown| {
        let pairs = pairs(shown).len() as f64;
        let members = shown.candidate.members.len() as f64;
        share(2.0 * pairs, members * (members - 1.0))
    },
};

pub(super) const NEW_MEMBER_SHARE: Feature = Feature {
    name: "new_member_share",
    about: "Share of its members that were first recorded in the recent window, from 0 to 1.",
    family: Family::Shape,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its members are new to the archive",
    message_zero: Some("none of its members is new to the archive"),
    meaning: Meaning::Undecided,
    fact: None,
    of: |shown| {
        let fresh = shown.members().filter(|at| shown.analysis.context.is_new[at.index()]).count();
        share(fresh as f64, shown.members().count() as f64)
    },
};

pub(super) const CONNECTED_SHARE: Feature = Feature {
    name: "connected_share",
    about: "Share of its members in the largest connected component of its recent links, from 0 to 1.",
    family: Family::Shape,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its members are connected by recent links alone",
    message_zero: None,
    meaning: Meaning::High,
    fact: Some(Fact::Cohesion),
    of: connected_share,
};

pub(super) const INWARD_SHARE: Feature = Feature {
    name: "inward_share",
    about: "Share of its members\u{2019} recent links that lead to other members, from 0 to 1.",
    family: Family::Shape,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its members\u{2019} recent links lead to other members",
    message_zero: Some("none of its members\u{2019} recent links leads to another member"),
    meaning: Meaning::Undecided,
    fact: None,
    of: |shown| {
        let ends = shown.members().flat_map(|at| shown.analysis.context.links_of(at, true));
        let (mut inside, mut all) = (0.0, 0.0);
        for (other, _) in ends {
            all += 1.0;
            inside += f64::from(u8::from(shown.is_member(other)));
        }
        share(inside, all)
    },
};

/// Returns the pairs of members that are tied, old or recent, each once.
pub(super) fn pairs(shown: &Shown<'_>) -> BTreeSet<(EntityIndex, EntityIndex)> {
    let members = shown.candidate.members.iter();
    members
        .flat_map(|&at| {
            shown.analysis.context.neighbours[at.index()].iter().map(move |(other, _)| (at, *other))
        })
        .filter(|(at, other)| at < other && shown.is_member(*other))
        .collect()
}

fn connected_share(shown: &Shown<'_>) -> f64 {
    let mut part: BTreeMap<EntityIndex, EntityIndex> =
        shown.candidate.members.iter().map(|&at| (at, at)).collect();
    let mut changed = true;
    while changed {
        changed = false;
        for link in shown.support() {
            if let (Some(&a), Some(&b)) = (part.get(&link.from), part.get(&link.to))
                && a != b
            {
                part.insert(link.from, a.min(b));
                part.insert(link.to, a.min(b));
                changed = true;
            }
        }
    }
    let mut sizes: BTreeMap<EntityIndex, usize> = BTreeMap::new();
    for root in part.values() {
        *sizes.entry(*root).or_default() += 1;
    }
    share(sizes.values().copied().max().unwrap_or(0) as f64, part.len() as f64)
}
