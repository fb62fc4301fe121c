//! Input of features: a candidate with its records and payments, collected once.

use super::{Candidate, SharedFacts, evidence, flows};
use crate::{
    analysis::{Analysis, Class},
    entity::Entity,
    index::{EntityIndex, LinkIndex, RecordIndex},
    link::Link,
    record::Record,
    temporal::Arrival,
    time::DAY,
};

/// A candidate with the records and payments that features read.
pub struct FeatureInput<'a> {
    pub(super) analysis: &'a Analysis,
    pub(super) candidate: &'a Candidate,
    pub(super) facts: &'a SharedFacts<'a>,
    /// Recent records of the recent links, ascending.
    pub(super) records: Vec<RecordIndex>,
    /// Payments at the members, earlier and recent.
    pub(super) payments: Vec<&'a Link>,
}

impl<'a> FeatureInput<'a> {
    /// Collects the records and payments of a candidate.
    pub fn of(analysis: &'a Analysis, candidate: &'a Candidate, facts: &'a SharedFacts<'a>) -> Self {
        let payments = flows::payments(analysis, candidate);
        Self { analysis, candidate, facts, records: evidence::records(analysis, candidate), payments }
    }

    pub(super) fn entity(&self, entity: EntityIndex) -> &'a Entity {
        &self.analysis[entity]
    }

    pub(super) fn link(&self, link: LinkIndex) -> &'a Link {
        &self.analysis[link]
    }

    pub(super) fn class(&self, entity: EntityIndex) -> Class {
        self.analysis.context.class[entity.index()]
    }

    /// Returns the first main entity.
    pub(super) fn first_anchor(&self) -> EntityIndex {
        self.candidate.anchors[0]
    }

    /// Returns the links of an entity that can connect it with others, each with its other end.
    pub(super) fn all_links_of(&self, entity: EntityIndex) -> &'a [(EntityIndex, LinkIndex)] {
        &self.analysis.context.neighbours[entity.index()]
    }

    /// Returns true if a link was first recorded in the recent window.
    pub(super) fn is_recent(&self, link: LinkIndex) -> bool {
        self.analysis.context.link_is_new[link.index()]
    }

    /// Returns the recent links that support the candidate.
    pub(super) fn support(&self) -> impl Iterator<Item = &'a Link> {
        self.candidate.support.iter().map(|&link| self.link(link))
    }

    /// Returns the recent records of the supporting links.
    pub(super) fn recent_records(&self) -> impl Iterator<Item = &'a Record> {
        self.records.iter().map(|&record| &self.analysis[record])
    }

    /// Parts the entity with the most links from the others of a list. A link between two of the list is also a link of one of the
    /// others, and so is one to a neighbour of two. A million links of one entity need not be read for them.
    pub(super) fn without_largest(
        &self,
        entities: impl Iterator<Item = EntityIndex>,
    ) -> (Option<EntityIndex>, Vec<EntityIndex>) {
        let mut others: Vec<EntityIndex> = entities.collect();
        let largest = (0..others.len()).max_by_key(|at| self.all_links_of(others[*at]).len());
        (largest.map(|at| others.swap_remove(at)), others)
    }

    pub(super) fn is_member(&self, entity: EntityIndex) -> bool {
        self.candidate.members.binary_search(&entity).is_ok()
    }

    /// Returns the members that are not reports.
    pub(super) fn members(&self) -> impl Iterator<Item = EntityIndex> {
        let members = self.candidate.members.iter().copied();
        members.filter(|member| self.class(*member) != Class::Report)
    }

    /// Returns every recent link of the main entities with its other end.
    pub(super) fn recent_links_of_anchors(&self) -> Vec<(EntityIndex, LinkIndex)> {
        self.candidate.anchors.iter().flat_map(|anchor| self.facts.recent_links(*anchor).to_vec()).collect()
    }

    /// Returns how the recent records of the main entities and of their links arrived.
    pub(super) fn arrivals_at_anchors(&self) -> Vec<Arrival> {
        let anchors = self.candidate.anchors.iter();
        let mut recent: Vec<RecordIndex> =
            anchors.flat_map(|anchor| self.facts.recent_records(*anchor).to_vec()).collect();
        recent.sort_unstable();
        recent.dedup();
        recent.into_iter().map(|record| self.analysis.recent.arrivals[record.index()]).collect()
    }

    /// Returns the days from a time, in microseconds, to the as-of time; 0 for a later time.
    pub(super) fn days_since(&self, micros: i64) -> f64 {
        ((self.analysis.view.as_of().valid_at.micros() - micros) as f64 / DAY as f64).max(0.0)
    }
}
