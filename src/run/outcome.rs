//! Outcome of a run: counts, warnings and durations.

use std::{collections::BTreeMap, path::PathBuf};

use super::{publication::Publication, source_warnings::source_warnings};
use crate::{
    analysis::Analysis,
    archive::{DeliveryCounts, DeliveryReport, HeldDelivery},
    review::{ReviewQueue, State},
    time::Moment,
};

/// Outcome of a published run.
#[derive(Debug)]
pub struct Outcome {
    /// Folder of the run.
    pub folder: PathBuf,
    /// Names of the audiences, which are the names of their folders.
    pub audiences: Vec<String>,
    /// Counts of all deliveries together.
    pub counts: DeliveryCounts,
    /// Counts of the deliveries of each source that was read.
    pub by_source: BTreeMap<String, DeliveryCounts>,
    /// Number of rejected objects and files.
    pub rejects: usize,
    /// Rejects by rule: new to their source, or known from an earlier run.
    pub rejects_by_rule: BTreeMap<String, Newness>,
    /// Number of accepted objects in the view that contradict their format, by remark.
    pub remarks: BTreeMap<&'static str, usize>,
    /// Sources that failed, or whose snapshot is incomplete.
    pub incomplete: Vec<String>,
    /// Files that a limit of their source set aside.
    pub held: Vec<HeldDelivery>,
    /// Fetched sources that are not complete, each with the reason. They are incomplete, too.
    pub unfetched: Vec<(String, String)>,
    /// Sources whose last delivery is older than their configured `expect`.
    pub overdue: Vec<String>,
    /// Sources that delivered nothing and may be silent.
    pub silent: Vec<String>,
    /// Flags of each audience, aligned with `audiences`.
    pub flags: Vec<FlagCounts>,
    /// Name and seconds of each step.
    pub steps: Vec<(String, f64)>,
    /// Size of the network, as the data steward sees it.
    pub network: NetworkCounts,
    /// Reasons why an audience can get no flag, or hardly any: sentences.
    pub warnings: Vec<String>,
    /// As-of time of an earlier run that had not been published, and was published first.
    pub published_late: Option<Moment>,
}

/// Number of new and of known rejects of one rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Newness {
    /// Rejects that no earlier run of their source had.
    pub new: usize,
    /// Rejects that an earlier run of their source had.
    pub known: usize,
}

/// Number of flags of one audience.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct FlagCounts {
    /// Flags by state.
    pub by_state: BTreeMap<&'static str, usize>,
    /// Flags in the queue of this run.
    pub queued: usize,
    /// Candidates in the queue that were drawn at random and are not flags.
    pub sampled: usize,
    /// Flags outside the queue that are not closed and have no verdict.
    pub waiting: usize,
    /// As-of time of the run that raised the oldest open flag without a verdict; `None` without such a flag.
    pub oldest_open: Option<Moment>,
}

/// Size of the network of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetworkCounts {
    /// Entities.
    pub entities: usize,
    /// Links.
    pub links: usize,
    /// Communities of two or more.
    pub communities: usize,
}

impl Outcome {
    /// Returns the outcome of a publication, without folder, sources and durations. `counts` are those of the
    /// deliveries that were read; `None` where nothing was read.
    pub(super) fn of(publication: &Publication<'_>, counts: Option<DeliveryCounts>) -> Self {
        let audiences = publication.audiences;
        let rejects_by_rule = counts.map(|_| rejects_by_rule(publication.deliveries));
        let by_source = counts.map(|_| by_source(publication.deliveries)).unwrap_or_default();
        let counts = counts.unwrap_or_default();
        Self {
            folder: PathBuf::new(),
            audiences: audiences.iter().map(|run| run.audience.name.clone()).collect(),
            counts,
            by_source,
            rejects: counts.rejected as usize,
            rejects_by_rule: rejects_by_rule.unwrap_or_default(),
            remarks: remarks(&publication.unrestricted().analysis),
            incomplete: Vec::new(),
            held: Vec::new(),
            overdue: Vec::new(),
            unfetched: Vec::new(),
            silent: Vec::new(),
            flags: audiences.iter().map(|run| FlagCounts::of(&run.queue)).collect(),
            steps: Vec::new(),
            network: NetworkCounts::of(&publication.unrestricted().analysis),
            warnings: source_warnings(audiences.iter().map(|run| (&run.audience, &run.analysis))),
            published_late: None,
        }
    }

    /// Returns the number of rejects that no earlier run of their source had.
    pub fn rejects_new(&self) -> usize {
        self.rejects_by_rule.values().map(|rule| rule.new).sum()
    }

    /// Returns whether a source is overdue, failed or held, or its snapshot is incomplete.
    pub fn lacks_a_source(&self) -> bool {
        !self.incomplete.is_empty() || !self.overdue.is_empty() || !self.held.is_empty()
    }
}

impl FlagCounts {
    fn of(queue: &ReviewQueue) -> Self {
        let mut counts = Self::default();
        for row in &queue.flags {
            if row.flag.sampled.is_some() {
                counts.sampled += usize::from(row.rank.is_some());
                continue;
            }
            *counts.by_state.entry(row.flag.state.name()).or_default() += 1;
            let is_open = row.flag.verdicts.judged().is_none() && row.flag.state != State::Closed;
            if is_open {
                let first = row.flag.first_flagged;
                counts.oldest_open = Some(counts.oldest_open.map_or(first, |oldest| oldest.min(first)));
            }
            counts.queued += usize::from(row.rank.is_some());
            counts.waiting += usize::from(is_open && row.rank.is_none());
        }
        counts
    }
}

impl NetworkCounts {
    /// Counts the entities, links and communities of an analysis.
    fn of(analysis: &Analysis) -> Self {
        let communities = analysis.communities.iter().filter(|community| community.members.len() > 1);
        Self {
            entities: analysis.resolution.entities.len(),
            links: analysis.resolution.links.len(),
            communities: communities.count(),
        }
    }
}

/// Adds up the counts of each source.
fn by_source(reports: &[DeliveryReport]) -> BTreeMap<String, DeliveryCounts> {
    let mut by_source: BTreeMap<String, DeliveryCounts> = BTreeMap::new();
    for report in reports {
        let counts = by_source.entry(report.source.clone()).or_default();
        *counts = counts.plus(report.counts);
    }
    by_source
}

/// Counts the remarks about the records of a view.
fn remarks(analysis: &Analysis) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    let records = analysis.view.records().iter().chain(analysis.view.retired());
    for remark in records.flat_map(|record| record.content.remarks.iter()) {
        *counts.entry(remark.name()).or_default() += 1;
    }
    counts
}

/// Counts rejects by rule.
fn rejects_by_rule(reports: &[DeliveryReport]) -> BTreeMap<String, Newness> {
    let mut by_rule: BTreeMap<String, Newness> = BTreeMap::new();
    for reject in reports.iter().flat_map(|report| &report.rejects) {
        let count = by_rule.entry(reject.rule.clone()).or_default();
        *(if reject.known { &mut count.known } else { &mut count.new }) += 1;
    }
    by_rule
}
