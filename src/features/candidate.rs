//! Candidates: instances of patterns in one run.

use crate::{
    analysis::Analysis,
    index::{EntityIndex, GroupIndex, LinkIndex},
    resolve::lasting_id,
    time::Moment,
};

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
}

impl Candidate {
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
