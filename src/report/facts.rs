//! Input of a report: the results of one run, cut to what one audience may see.

use std::collections::BTreeSet;

use super::{content::FlagLine, text::short};
use crate::{
    analysis::{Analysis, Community},
    archive::DeliveryReport,
    features::Candidate,
    index::EntityIndex,
    language::Language,
    model::Model,
    record::Reliability,
    review::{CandidateStatus, Gate, QueuedFlag},
    temporal::ChangeGroup,
    time::Moment,
};

/// Longest label of an entity in the name of a community, in characters.
const LABEL_MAX: usize = 28;

/// Everything from which a page is made.
pub struct Facts<'a> {
    /// Language of the page.
    pub language: &'a Language,
    /// As-of time of the run.
    pub moment: Moment,
    /// As-of time of the previous run, if there is one.
    pub previous: Option<Moment>,
    /// Name of the audience.
    pub audience: &'a str,
    /// Analysis of the audience's view.
    pub analysis: &'a Analysis,
    /// Changes since the previous run, as the audience may know them.
    pub changes: &'a [ChangeGroup],
    /// Deliveries of the run; `None` if the audience may not know them.
    pub deliveries: Option<&'a [DeliveryReport]>,
    /// Every flag, those of the queue first and in order.
    pub flags: &'a [QueuedFlag],
    /// Flags of earlier runs that closed without a verdict.
    pub closed: &'a [FlagLine],
    /// Instances of patterns, flagged or not; the next two lists have the same order.
    pub candidates: &'a [Candidate],
    /// Gate results of each candidate.
    pub gates: &'a [Gate],
    /// `CandidateStatus` of each candidate.
    pub statuses: &'a [CandidateStatus],
    /// Model of the scores.
    pub model: &'a Model,
    /// Id of the model of the previous run, if known.
    pub model_before: Option<String>,
    /// True for the data steward, who may know files, digests, positions and rejected objects.
    pub shows_files: bool,
    /// Name and value of versions, configuration and digests.
    pub provenance: Vec<(String, String)>,
}

/// Returns the sources with a record in the view, with their reliability.
pub fn sources_seen(analysis: &Analysis) -> BTreeSet<(String, Reliability)> {
    let names: BTreeSet<&str> = analysis.view.records().iter().map(|record| &*record.source).collect();
    names.into_iter().map(|name| (name.to_owned(), analysis.view.terms(name).reliability)).collect()
}

/// Returns the name of a community: the labels of its two most central members.
pub(super) fn name_of(analysis: &Analysis, community: &Community) -> String {
    let central = most_central(analysis.metric("pagerank"), community.members.iter().copied(), 2);
    let mut names: Vec<String> =
        central.iter().map(|&member| short(&analysis[member].label, LABEL_MAX)).collect();
    names.dedup();
    names.join(", ")
}

/// Returns at most `count` entities by a metric, the highest value first; the lowest index first on ties.
pub(super) fn most_central(
    values: &[f64],
    entities: impl Iterator<Item = EntityIndex>,
    count: usize,
) -> Vec<EntityIndex> {
    let value = |entity: EntityIndex| match values[entity.index()] {
        value if value.is_nan() => f64::NEG_INFINITY,
        value => value,
    };
    let mut order: Vec<EntityIndex> = entities.collect();
    order.sort_by(|&a, &b| value(b).total_cmp(&value(a)).then_with(|| a.cmp(&b)));
    order.truncate(count);
    order
}
