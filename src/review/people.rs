//! People among the members of candidates, and the recorded facts about them.
//!
//! A flag that touches a person shows at least one fact that a reader can check in a record. It is a payment, a call, a dated
//! ownership or position, a shared identifier, or a designation. A claim of a connection, such as an attribution or a common
//! report, is no such fact. A candidate with a person without a fact fails the test `fact` of the gate.

use std::collections::BTreeMap;

use super::Reason;
use crate::{
    analysis::{Analysis, Class},
    features::Candidate,
    index::{EntityIndex, LinkIndex},
    link::{Layer, Link},
};

/// Largest number of people whose facts a flag shows.
const SHOWN_MAX: usize = 3;

/// A kind of fact with its name in the table of sentences; the first one that a link shows counts.
struct FactKind {
    name: &'static str,
    /// Returns whether a link of a person to another entity shows it.
    is_shown: fn(&Analysis, &Link, EntityIndex) -> bool,
}

const FACTS: [FactKind; 5] = [
    FactKind { name: "payment", is_shown: |_, link, _| link.is_payment() },
    FactKind {
        name: "designation",
        is_shown: |analysis, link, other| &*analysis[other].kind == "sanction" && is_dated(link),
    },
    FactKind { name: "control", is_shown: |_, link, _| link.layer == Layer::Ownership && is_dated(link) },
    FactKind { name: "contact", is_shown: |_, link, _| link.layer == Layer::Communication && is_dated(link) },
    FactKind {
        name: "identifier",
        is_shown: |analysis, _, other| analysis.context.class[other.index()] == Class::Observable,
    },
];

fn is_dated(link: &Link) -> bool {
    link.seen.start.or(link.seen.end).is_some()
}

/// Returns whether an entity may be a person. A STIX identity may be one unless all objects about it state another class, because
/// the class is optional.
pub(super) fn is_person(analysis: &Analysis, entity: EntityIndex) -> bool {
    match &*analysis[entity].kind {
        "person" => true,
        "identity" => {
            let records = analysis[entity].records.iter().map(|record| &analysis[*record].content);
            let mut identities = records.filter(|content| &*content.kind == "identity").peekable();
            identities.peek().is_none() || identities.any(|content| !content.is_collective())
        }
        _ => false,
    }
}

/// Links of the people among the members of candidates.
pub(super) struct LinksOfPeople(BTreeMap<EntityIndex, Vec<LinkIndex>>);

impl LinksOfPeople {
    /// Collects the links in one pass; without people it reads none.
    pub(super) fn of<'a>(analysis: &Analysis, candidates: impl IntoIterator<Item = &'a Candidate>) -> Self {
        let members = candidates.into_iter().flat_map(|candidate| candidate.members.iter().copied());
        let people = members.filter(|member| is_person(analysis, *member));
        let mut links: BTreeMap<EntityIndex, Vec<LinkIndex>> =
            people.map(|person| (person, Vec::new())).collect();
        if !links.is_empty() {
            for (index, link) in LinkIndex::enumerate(&analysis.resolution.links) {
                for end in [link.from, link.to] {
                    links.entry(end).and_modify(|of_person| of_person.push(index));
                }
            }
        }
        Self(links)
    }

    /// Returns the people of a candidate, each with a link that shows a fact; `None` without one. The other end of the link is a
    /// member, too.
    pub(super) fn facts(
        &self,
        analysis: &Analysis,
        candidate: &Candidate,
    ) -> Vec<(EntityIndex, Option<(&'static str, LinkIndex)>)> {
        let is_member = |entity: EntityIndex| candidate.members.binary_search(&entity).is_ok();
        let fact = |person: EntityIndex| {
            let of_person = self.0.get(&person).into_iter().flatten().copied();
            let among = of_person.filter_map(|index| {
                let link = &analysis[index];
                let other = if link.from == person { link.to } else { link.from };
                let position = FACTS.iter().position(|fact| (fact.is_shown)(analysis, link, other))?;
                (other != person && is_member(other)).then_some((position, index))
            });
            among.min().map(|(position, index)| (FACTS[position].name, index))
        };
        let people = candidate.members.iter().copied().filter(|member| self.0.contains_key(member));
        people.map(|person| (person, fact(person))).collect()
    }

    /// Returns the facts about the people of a candidate as reasons. Two people with one link share its reason.
    pub(super) fn reasons(&self, analysis: &Analysis, candidate: &Candidate) -> Vec<Reason> {
        let mut shown: Vec<LinkIndex> = Vec::new();
        let mut reasons = Vec::new();
        for (_, fact) in self.facts(analysis, candidate) {
            let Some((name, index)) = fact.filter(|(_, index)| !shown.contains(index)) else { continue };
            if shown.len() == SHOWN_MAX {
                break;
            }
            shown.push(index);
            let link = &analysis[index];
            let Some(record) = link.records.first() else { continue };
            reasons.push(Reason::RecordedFact {
                fact: name.to_owned(),
                kind: link.kind.to_string(),
                from: analysis[link.from].label.to_string(),
                to: analysis[link.to].label.to_string(),
                date: link.seen.start.or(link.seen.end),
                record: analysis[*record].id.to_string(),
            });
        }
        reasons
    }
}
