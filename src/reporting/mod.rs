//! Reporting history: who reported which link, when, and until when.
//!
//! A reporting history has *nodes*, which are entities, and *reported links*: a record claims a link between two nodes
//! from one recorded time until another. It comes from two places with one form: [`ReportingHistory::of_analysis`]
//! reads the view of a run, and `learn` folds the whole archive. So patterns in a run and rows of a backtest call
//! the same functions:
//!
//! | Function | Question |
//! |---|---|
//! | [`surge::surges`] | Which subjects have begun to be reported much more than before? |
//! | [`attribution::Evidence::suggestions`] | Which known subject does a new report belong to? |
//! | [`growth::forecast`] | How many new users will an entity have at the next run? |
//! | [`expected::expected`] | What else will a new subject be seen to use? |
//!
//! Each function reads mentions that were recorded until a *cut* only. A day is 24 hours that end at the cut or a
//! whole number of days before it.

pub mod attribution;
pub mod expected;
pub mod first_reports;
mod fold;
pub mod growth;
#[cfg(test)]
pub(crate) mod invented;
pub mod surge;
mod symmetric;
pub mod usage;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use crate::{
    analysis::{Analysis, Class},
    compact::ListsByPosition,
    entity::Entity,
    index::{EntityIndex, LinkIndex},
    link::Layer,
    symbol::Symbol,
    time::{DAY, Moment},
};

/// An entity of a reporting history.
#[derive(Clone, Debug, PartialEq)]
pub struct Node<'a> {
    /// Lasting id of the entity.
    pub id: Cow<'a, str>,
    /// Kind of the entity, such as `malware`.
    pub kind: Symbol,
    /// Name to show.
    pub label: Cow<'a, str>,
    /// Part that the entity plays in a pattern.
    pub class: Class,
    /// Earliest recorded time of a record that names the entity.
    pub first_recorded: Moment,
    /// True if the archive's first run has the entity already, so its earlier history is unknown.
    pub is_base: bool,
}

/// A reported link: one record claims it from one recorded time until another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    /// Time at which the archive learned the claim.
    pub recorded_at: Moment,
    /// Node at which the link begins: a position in [`ReportingHistory::nodes`].
    pub from: u32,
    /// Node at which the link ends: a position in [`ReportingHistory::nodes`].
    pub to: u32,
    /// Layer of the link.
    pub layer: Layer,
    /// Kind of the link: a position in [`ReportingHistory::kinds`].
    pub kind: u32,
    /// Number of the record version that claims the link. Links with one number come from one record.
    pub record: u32,
    /// Source of the record: a position in [`ReportingHistory::sources`].
    pub source: u32,
    /// Time at which the claim ended, because the record was withdrawn, retired or changed; `None` if it has not ended.
    pub until: Option<Moment>,
}

impl Mention {
    /// Returns whether the claim was live at a time.
    pub fn is_live(&self, time: Moment) -> bool {
        self.recorded_at <= time && self.until.is_none_or(|until| time < until)
    }
}

/// Size of a record about a node while one version of it was live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Details {
    /// Recorded time from which the version was live.
    pub from: Moment,
    /// Recorded time at which it ended; `None` if it has not ended.
    pub until: Option<Moment>,
    /// Number of its references, other names and links.
    pub size: u32,
}

/// The reporting history of an archive, as far as one audience may know it. The history of an analysis borrows its texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReportingHistory<'a> {
    /// Entities. In the history of an analysis they have the order of its entities.
    pub nodes: Vec<Node<'a>>,
    /// Reported links, ascending by recorded time, then by start and end.
    pub mentions: Vec<Mention>,
    /// Names of sources, ascending.
    pub sources: Vec<String>,
    /// Kinds of links, ascending.
    pub kinds: Vec<String>,
    /// Intervals in which a record about each node was live: start, and end if it ended. Empty for a node that records only
    /// refer to.
    pub presence: ListsByPosition<(Moment, Option<Moment>)>,
    /// Size of the records about each actor, activity and capability over time. Empty in the history of an analysis.
    pub details: BTreeMap<u32, Vec<Details>>,
    /// As-of times of the runs, ascending; the last one is the run of the analysis.
    pub runs: Vec<Moment>,
}

impl<'a> ReportingHistory<'a> {
    /// Returns the history that the view of a run contains. No link has an end, because a view has
    /// no withdrawn record, and one version only of a changed record.
    pub fn of_analysis(analysis: &'a Analysis) -> Self {
        let resolution = &analysis.resolution;
        let node = |entity: &'a Entity| Node {
            id: entity.id.as_str().into(),
            kind: entity.kind,
            label: (&*entity.label).into(),
            class: Class::of(&entity.kind),
            first_recorded: entity.recorded_first,
            is_base: false,
        };
        let sources = distinct(analysis.view.records().iter().map(|record| &*record.source));
        let kinds = distinct(resolution.links.iter().map(|link| &*link.kind));
        let position = |names: &[String], name: &str| {
            names.binary_search_by(|known| (**known).cmp(name)).expect("the list has every name") as u32
        };
        let mut mentions = Vec::with_capacity(resolution.links.iter().map(|link| link.records.len()).sum());
        for (_, link) in LinkIndex::enumerate(&resolution.links) {
            for &record in &link.records {
                let source = &analysis[record].source;
                mentions.push(Mention {
                    recorded_at: analysis[record].recorded_first,
                    from: link.from.node(),
                    to: link.to.node(),
                    layer: link.layer,
                    kind: position(&kinds, &link.kind),
                    record: record.index() as u32,
                    source: position(&sources, source),
                    until: None,
                });
            }
        }
        mentions.sort_unstable();
        let nodes = resolution.entities.iter().map(node).collect();
        let mut presence = ListsByPosition::default();
        for entity in &resolution.entities {
            presence.push(entity.has_own_record.then_some((entity.recorded_first, None)));
        }
        let mut history = Self {
            nodes,
            mentions,
            sources,
            kinds,
            presence,
            details: BTreeMap::new(),
            runs: analysis.runs.clone(),
        };
        history.mark_base();
        history
    }

    /// Returns whether a record about the node was live at a time.
    pub fn is_present(&self, node: u32, time: Moment) -> bool {
        let stood =
            |&(start, end): &(Moment, Option<Moment>)| start <= time && end.is_none_or(|end| time < end);
        self.presence[node as usize].iter().any(stood)
    }

    /// Returns the number of references, other names and links in the records about a node that were live at a time.
    pub fn size(&self, node: u32, time: Moment) -> u32 {
        let is_live =
            |details: &&Details| details.from <= time && details.until.is_none_or(|until| time < until);
        self.details.get(&node).into_iter().flatten().filter(is_live).map(|details| details.size).sum()
    }

    /// Returns a node.
    pub fn node(&self, node: u32) -> &Node<'a> {
        &self.nodes[node as usize]
    }

    /// Returns the entity of a node, in the history of an analysis.
    pub fn entity(node: u32) -> EntityIndex {
        EntityIndex::new(node as usize)
    }

    /// Returns the times at which to look: the runs if there are at least two. Otherwise these are the ends of the days
    /// on which something was recorded, because one run may bring a series that dates itself.
    pub fn cuts(&self) -> Vec<Moment> {
        if self.runs.len() > 1 {
            return self.runs.clone();
        }
        let mut days: Vec<Moment> =
            self.mentions.iter().map(|mention| end_of_day(mention.recorded_at)).collect();
        days.dedup();
        days
    }
}

/// Returns each of some names once, ascending.
fn distinct<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut distinct = BTreeSet::new();
    let mut last = None;
    for name in names {
        // Records of one source follow each other.
        if last.replace(name) != Some(name) {
            distinct.insert(name);
        }
    }
    distinct.into_iter().map(str::to_owned).collect()
}

/// Returns the last microsecond of a time's day, in UTC.
fn end_of_day(time: Moment) -> Moment {
    Moment::from_micros((time.micros().div_euclid(DAY) + 1) * DAY - 1)
}
