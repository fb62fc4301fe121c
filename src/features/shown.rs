//! What features read of a candidate, gathered once.

use std::collections::BTreeSet;

use super::{Candidate, Sources, evidence, flows};
use crate::{
    analysis::{Analysis, Class},
    entity::Entity,
    index::{EntityIndex, LinkIndex, RecordIndex},
    link::Link,
    record::Record,
    temporal::Arrival,
    time::DAY,
};

/// A candidate with what stands behind it.
pub struct Shown<'a> {
    pub(super) analysis: &'a Analysis,
    pub(super) candidate: &'a Candidate,
    pub(super) sources: &'a Sources<'a>,
    /// Recent records behind the recent links, ascending.
    pub(super) records: Vec<RecordIndex>,
    /// Payments at its members, old and recent.
    pub(super) payments: Vec<&'a Link>,
}

impl<'a> Shown<'a> {
    /// Gathers what stands behind a candidate.
    pub fn of(analysis: &'a Analysis, candidate: &'a Candidate, sources: &'a Sources<'a>) -> Self {
        let payments = flows::payments(analysis, candidate);
        Self { analysis, candidate, sources, records: evidence::records(analysis, candidate), payments }
    }

    pub(super) fn entity(&self, at: EntityIndex) -> &'a Entity {
        &self.analysis[at]
    }

    pub(super) fn record(&self, at: RecordIndex) -> &'a Record {
        &self.analysis[at]
    }

    pub(super) fn link(&self, at: LinkIndex) -> &'a Link {
        &self.analysis[at]
    }

    pub(super) fn class(&self, at: EntityIndex) -> Class {
        self.analysis.context.class[at.index()]
    }

    /// The recent links that make it one.
    pub(super) fn support(&self) -> impl Iterator<Item = &'a Link> {
        self.candidate.support.iter().map(|&at| self.link(at))
    }

    pub(super) fn behind(&self) -> impl Iterator<Item = &'a Record> {
        self.records.iter().map(|&at| self.record(at))
    }

    pub(super) fn is_member(&self, at: EntityIndex) -> bool {
        self.candidate.members.binary_search(&at).is_ok()
    }

    /// Members that are no reports.
    pub(super) fn members(&self) -> impl Iterator<Item = EntityIndex> {
        let all = self.candidate.members.iter().copied();
        all.filter(|at| self.class(*at) != Class::Report)
    }

    /// Every recent link of the entities it is about, whatever it leads to.
    pub(super) fn recent_of_anchors(&self) -> Vec<(EntityIndex, LinkIndex)> {
        let context = &self.analysis.context;
        let near = self.candidate.anchors.iter().flat_map(|&anchor| &context.neighbours[anchor.index()]);
        near.filter(|(_, link)| context.link_is_new[link.index()]).copied().collect()
    }

    /// How the recent records of the entities it is about, and of their links, arrived.
    pub(super) fn arrivals_at_anchors(&self) -> Vec<Arrival> {
        let context = &self.analysis.context;
        let mut behind: BTreeSet<RecordIndex> = BTreeSet::new();
        for &anchor in &self.candidate.anchors {
            behind.extend(&self.entity(anchor).records);
            behind.extend(
                context.neighbours[anchor.index()].iter().flat_map(|(_, link)| &self.link(*link).records),
            );
        }
        let arrivals = behind.into_iter().map(|at| self.analysis.recent.arrivals[at.index()]);
        arrivals.filter(|arrival| *arrival != Arrival::Earlier).collect()
    }

    /// Days from one moment, in microseconds, to the night.
    pub(super) fn days_ago(&self, micros: i64) -> f64 {
        ((self.analysis.view.as_of().valid_at.micros() - micros) as f64 / DAY as f64).max(0.0)
    }
}
