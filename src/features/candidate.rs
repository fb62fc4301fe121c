//! One instance of a pattern on one night, with what makes it one.

use crate::{
    analysis::Analysis,
    index::{EntityIndex, GroupIndex, LinkIndex},
    resolve::lasting_id,
    time::Moment,
};

/// One instance of a pattern on one night.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Derives from the pattern, what it is about, and the night.
    pub id: String,
    /// Name of the pattern.
    pub pattern: &'static str,
    /// What it is about, over the nights: derives from the pattern and its anchors.
    pub lineage: String,
    /// The one to three entities that it is about, the first naming it.
    pub anchors: Vec<EntityIndex>,
    /// The entities that form it, ascending.
    pub members: Vec<EntityIndex>,
    /// The established groups it is about, as positions in the context.
    pub groups: Vec<GroupIndex>,
    /// The recent links that make it one, ascending.
    pub support: Vec<LinkIndex>,
    /// How strongly the pattern shows, in its own unit.
    pub statistic: f64,
    /// The same in earlier windows of as many days, the latest first.
    pub history: Vec<f64>,
    /// Share of random nights that show it as strongly; `None` where none were drawn.
    pub null_p: Option<f64>,
}

impl Candidate {
    /// Returns a candidate whose lists are in order and whose ids follow from its anchors.
    pub fn new(
        analysis: &Analysis,
        pattern: &'static str,
        anchors: Vec<EntityIndex>,
        members: impl IntoIterator<Item = EntityIndex>,
        groups: Vec<GroupIndex>,
        support: impl IntoIterator<Item = LinkIndex>,
    ) -> Self {
        let mut names: Vec<&str> = anchors.iter().map(|&at| analysis[at].id.as_str()).collect();
        names.sort_unstable();
        names.insert(0, pattern);
        let lineage = lasting_id("flag", &names);
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

fn id(lineage: &str, night: Moment) -> String {
    lasting_id("candidate", &[lineage, &night.to_string()])
}

fn sorted<Position: Ord>(positions: impl IntoIterator<Item = Position>) -> Vec<Position> {
    let mut all: Vec<Position> = positions.into_iter().collect();
    all.sort_unstable();
    all.dedup();
    all
}
