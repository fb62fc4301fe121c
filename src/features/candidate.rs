//! Candidates: instances of patterns in one run.

use serde::{Deserialize, Serialize};

use crate::{
    analysis::Analysis,
    index::{EntityIndex, GroupIndex, LinkIndex},
    link::Layer,
    resolve::lasting_id,
    time::Moment,
};

/// Reason why a candidate is at most a lead: it is listed, and never queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeadReason {
    /// Chance alone may give an instance like it in the whole input: the expected number is not small enough for a flag.
    Expected,
    /// All of its evidence is one report.
    OneReport,
    /// Its news comes from one source, which is not usually reliable.
    OneSource,
    /// Its pattern has no null model that is proven on data without the pattern.
    Unproven,
}

/// Every reason with its name in tables.
pub const LEAD_REASONS: &[(LeadReason, &str)] = &[
    (LeadReason::Expected, "expected"),
    (LeadReason::OneReport, "one-report"),
    (LeadReason::OneSource, "one-source"),
    (LeadReason::Unproven, "unproven"),
];

impl LeadReason {
    /// Returns the name in tables.
    pub fn name(self) -> &'static str {
        LEAD_REASONS.iter().find(|row| row.0 == self).expect("every reason is on the table").1
    }
}

/// A question about a candidate that later records answer, as a row of an outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Name of the outcome, whose model in service gives the probability.
    pub outcome: &'static str,
    /// Names of its columns.
    pub names: &'static [&'static str],
    /// Value of each column; NaN if unknown.
    pub columns: Vec<f64>,
}

/// Time by which a window counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeAxis {
    /// Recorded time.
    Recorded,
    /// Valid time.
    Valid,
}

/// The window of a candidate whose pattern compares several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowChoice {
    /// Length in days, at least 1.
    pub days: u32,
    /// Time by which it counts.
    pub axis: TimeAxis,
    /// Number of windows that were compared, at least 1.
    pub windows: u32,
}

/// The layer of a candidate whose pattern compares several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerChoice {
    /// Layer that chance explains least.
    pub layer: Layer,
    /// Number of layers that were compared, at least 1.
    pub layers: usize,
}

/// One instance of a pattern in one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Id, derived from the lineage and the as-of time of the run.
    pub id: String,
    /// Name of the pattern.
    pub pattern: &'static str,
    /// Lasting id over runs, derived from the pattern and the main entities.
    pub lineage: String,
    /// Main entities, one to three. The first one names the candidate.
    pub anchors: Vec<EntityIndex>,
    /// All entities of the instance, ascending.
    pub members: Vec<EntityIndex>,
    /// Established groups of the instance, as positions in the context.
    pub groups: Vec<GroupIndex>,
    /// Recent links that support it, ascending.
    pub support: Vec<LinkIndex>,
    /// Strength of the pattern, in a unit of the pattern.
    pub statistic: f64,
    /// Strength in earlier windows of the same length, the latest first.
    pub history: Vec<f64>,
    /// Share of random runs that reach the strength; `None` if none were drawn.
    pub null_p: Option<f64>,
    /// Number of instances as strong that chance gives in the whole input, at least 0: counted in random runs, or by a
    /// closed form; `None` if it was not measured.
    pub expected: Option<f64>,
    /// Reason of its pattern why it is at most a lead.
    pub lead: Option<LeadReason>,
    /// Window in which chance explains it least; `None` if its pattern has one window only, or states it in its title.
    pub window: Option<WindowChoice>,
    /// Layer whose links chance explains least; `None` if its pattern does not compare layers.
    pub layer: Option<LayerChoice>,
    /// Question about it that later records answer; `None` without one.
    pub question: Option<Question>,
    /// Counts that its title states and only its search knows, in the order of the pattern.
    pub counts: Vec<usize>,
}

impl Candidate {
    /// Returns true if a closed form and no random runs measured its chance.
    pub fn has_closed_form(&self) -> bool {
        self.null_p.is_none() && self.expected.is_some()
    }

    /// Returns a candidate with sorted lists, and with ids that derive from its main entities.
    pub fn new(
        analysis: &Analysis,
        pattern: &'static str,
        anchors: Vec<EntityIndex>,
        members: impl IntoIterator<Item = EntityIndex>,
        groups: Vec<GroupIndex>,
        support: impl IntoIterator<Item = LinkIndex>,
    ) -> Self {
        let mut parts: Vec<&str> = anchors.iter().map(|&anchor| analysis[anchor].id.as_str()).collect();
        parts.sort_unstable();
        parts.insert(0, pattern);
        let lineage = lasting_id("flag", &parts);
        Self {
            id: id(&lineage, analysis.view.as_of().valid_at),
            pattern,
            lineage,
            members: sorted(members.into_iter().chain(anchors.iter().copied())),
            anchors,
            groups,
            support: sorted(support),
            statistic: 0.0,
            history: Vec::new(),
            null_p: None,
            expected: None,
            lead: None,
            window: None,
            layer: None,
            question: None,
            counts: Vec::new(),
        }
    }
}

fn id(lineage: &str, as_of: Moment) -> String {
    lasting_id("candidate", &[lineage, &as_of.to_string()])
}

fn sorted<Position: Ord>(positions: impl IntoIterator<Item = Position>) -> Vec<Position> {
    let mut all: Vec<Position> = positions.into_iter().collect();
    all.sort_unstable();
    all.dedup();
    all
}
