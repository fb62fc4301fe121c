//! What features read of a candidate, gathered once.

use std::collections::BTreeSet;

use super::{Candidate, Sources, evidence, flows};
use crate::{
    entity::{Entity, EntityIndex},
    link::Link,
    record::{Record, RecordIndex},
    survey::{Class, LinkIndex, Survey},
    temporal::Arrival,
    time::DAY,
};

/// A candidate with what stands behind it.
pub struct Shown<'a> {
    pub(super) survey: &'a Survey,
    pub(super) candidate: &'a Candidate,
    pub(super) sources: &'a Sources<'a>,
    /// Recent records behind the recent links, ascending.
    pub(super) records: Vec<RecordIndex>,
    /// Payments at its members, old and recent.
    pub(super) payments: Vec<&'a Link>,
}

impl<'a> Shown<'a> {
    /// Gathers what stands behind a candidate.
    pub fn of(survey: &'a Survey, candidate: &'a Candidate, sources: &'a Sources<'a>) -> Self {
        let payments = flows::payments(survey, candidate);
        Self { survey, candidate, sources, records: evidence::records(survey, candidate), payments }
    }

    pub(super) fn entity(&self, at: EntityIndex) -> &'a Entity {
        &self.survey.resolution.entities[at as usize]
    }

    pub(super) fn record(&self, at: RecordIndex) -> &'a Record {
        &self.survey.view.records()[at as usize]
    }

    pub(super) fn link(&self, at: LinkIndex) -> &'a Link {
        &self.survey.resolution.links[at as usize]
    }

    pub(super) fn class(&self, at: EntityIndex) -> Class {
        self.survey.scene.class[at as usize]
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
        all.filter(|at| self.class(*at) != Class::Container)
    }

    /// Every recent link of the entities it is about, whatever it leads to.
    pub(super) fn recent_of_anchors(&self) -> Vec<(EntityIndex, LinkIndex)> {
        let scene = &self.survey.scene;
        let near = self.candidate.anchors.iter().flat_map(|&anchor| &scene.near[anchor as usize]);
        near.filter(|(_, link)| scene.link_is_new[*link as usize]).copied().collect()
    }

    /// How the recent records of the entities it is about, and of their links, arrived.
    pub(super) fn arrivals_at_anchors(&self) -> Vec<Arrival> {
        let scene = &self.survey.scene;
        let mut behind: BTreeSet<RecordIndex> = BTreeSet::new();
        for &anchor in &self.candidate.anchors {
            behind.extend(&self.entity(anchor).records);
            behind.extend(scene.near[anchor as usize].iter().flat_map(|(_, link)| &self.link(*link).records));
        }
        let arrivals = behind.into_iter().map(|at| self.survey.recent.arrivals[at as usize]);
        arrivals.filter(|arrival| *arrival != Arrival::Standing).collect()
    }

    /// Days from one moment, in microseconds, to the night.
    pub(super) fn days_ago(&self, micros: i64) -> f64 {
        ((self.survey.view.as_of().valid_at.micros() - micros) as f64 / DAY as f64).max(0.0)
    }
}
