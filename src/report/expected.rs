//! Entities that a subject is expected to use, and is not seen to use, for the cards of a run.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    analysis::Analysis,
    features::Candidate,
    index::EntityIndex,
    reporting::{
        ReportingHistory,
        expected::UseMatrix,
        usage::{Usage, usage},
    },
};

/// An entity that the subject is expected to use, and is not seen to use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CardExpected {
    /// Lasting id.
    pub id: String,
    /// Name.
    pub label: String,
    /// Number of subjects that use it.
    pub users: u64,
    /// Number of subjects of the same kind that use it.
    pub users_of_kind: u64,
}

/// Largest number of expected entities that a card lists.
const SHOWN_MAX: usize = 8;

/// Use of entities in a run, prepared once for all cards; empty if no card needs it.
#[derive(Default)]
pub(super) struct ExpectedItems<'a> {
    prepared: Option<(ReportingHistory<'a>, Usage, UseMatrix)>,
}

impl<'a> ExpectedItems<'a> {
    /// Prepares the use of entities if one of the candidates asks about a subject. Preparation takes seconds for thousands of
    /// entities, so it happens only for such a candidate.
    pub(super) fn of<'c>(analysis: &'a Analysis, candidates: impl Iterator<Item = &'c Candidate>) -> Self {
        let mut asked = candidates.filter(|candidate| subject(analysis, candidate).is_some());
        if asked.next().is_none() {
            return Self::default();
        }
        let history = ReportingHistory::of_analysis(analysis);
        let usage = usage(&history, analysis.view.as_of().recorded_until);
        if usage.used.is_empty() {
            return Self::default();
        }
        let matrix = UseMatrix::new(&history, &usage);
        Self { prepared: Some((history, usage, matrix)) }
    }

    /// Returns the name of the subject of a candidate and the entities that it is expected to use; both are empty if the pattern
    /// asks about no subject.
    pub(super) fn of_candidate(
        &self,
        analysis: &Analysis,
        candidate: &Candidate,
    ) -> (String, Vec<CardExpected>) {
        let Some((history, usage, matrix)) = &self.prepared else { return Default::default() };
        let Some(subject) = subject(analysis, candidate) else { return Default::default() };
        let empty = BTreeSet::new();
        let seen = usage.used.get(&subject.node()).unwrap_or(&empty);
        if seen.is_empty() {
            return Default::default();
        }
        let expected = matrix.expected(seen, &history.node(subject.node()).kind);
        let row = |one: &crate::reporting::expected::Expected| {
            let node = history.node(one.item);
            CardExpected {
                id: node.id.to_string(),
                label: node.label.to_string(),
                users: one.users as u64,
                users_of_kind: one.users_of_kind as u64,
            }
        };
        (analysis[subject].label.to_string(), expected.iter().take(SHOWN_MAX).map(row).collect())
    }
}

/// Returns the subject of a candidate whose pattern asks a question about an actor, an activity or a capability.
fn subject(analysis: &Analysis, candidate: &Candidate) -> Option<EntityIndex> {
    candidate.question.as_ref()?;
    let is_principal = |entity: &EntityIndex| analysis.context.class[entity.index()].is_principal();
    candidate.anchors.iter().copied().find(is_principal)
}
