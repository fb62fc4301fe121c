//! First reports: the first link of a value with a subject. The same value reported again is not a first report.

use std::collections::{BTreeMap, BTreeSet};

use super::{Mention, ReportingHistory};
use crate::{analysis::Class, link::Layer, time::DAY, time::Moment};

/// Origin of a first report: a report, or a record that belongs to no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A node of the class report.
    Report(u32),
    /// Number of a record version.
    Record(u32),
}

/// First reported link of a value (an observable or an indicator) with a subject (an actor, an activity or a capability).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FirstReport {
    /// Time at which the archive learned it.
    pub recorded_at: Moment,
    /// Node of the subject.
    pub subject: u32,
    /// Node of the value.
    pub value: u32,
    /// Report that brought it.
    pub origin: Origin,
}

/// The first reports of a history, with the posts and the reporters of each report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FirstReports {
    /// First reports, ascending by recorded time, subject and value.
    pub reports: Vec<FirstReport>,
    /// Posts that each report cites: nodes of URLs. Empty lists are left out.
    pub posts: BTreeMap<Origin, Vec<u32>>,
    /// Reporters of each report: positions in [`Self::reporters`]. Empty lists are left out.
    pub reporters_of: BTreeMap<Origin, Vec<u32>>,
    /// Names of reporters, ascending: host and first path segment of a post, else the author of the report, else the
    /// source of a record without a report.
    pub reporters: Vec<String>,
}

/// A reported link from a report to a value.
struct ReportMention {
    recorded_at: Moment,
    record: u32,
    report: u32,
}

/// Returns the first reports of a history.
pub fn first_reports(history: &ReportingHistory) -> FirstReports {
    let mut by_value: BTreeMap<u32, Vec<ReportMention>> = BTreeMap::new();
    let mut authors: BTreeMap<u32, Vec<(Moment, u32)>> = BTreeMap::new();
    for mention in &history.mentions {
        if mention.layer == Layer::Provenance {
            if history.node(mention.from).class == Class::Report {
                authors.entry(mention.from).or_default().push((mention.recorded_at, mention.to));
            }
        } else if let Some((report, value)) = ends(history, mention, |class| class == Class::Report) {
            let Mention { recorded_at, record, .. } = *mention;
            by_value.entry(value).or_default().push(ReportMention { recorded_at, record, report });
        }
    }
    let mut known = std::collections::HashSet::new();
    let mut reports: Vec<FirstReport> = Vec::new();
    let mut source_of: BTreeMap<Origin, u32> = BTreeMap::new();
    for mention in &history.mentions {
        let Some((subject, value)) = ends(history, mention, Class::is_principal) else { continue };
        if mention.layer == Layer::Provenance || !known.insert((subject, value)) {
            continue;
        }
        let origin = origin(mention, by_value.get(&value).map_or(&[], Vec::as_slice));
        if matches!(origin, Origin::Record(_)) {
            source_of.insert(origin, mention.source);
        }
        reports.push(FirstReport { recorded_at: mention.recorded_at, subject, value, origin });
    }
    reports.sort_unstable();
    let mut first = FirstReports { reports, ..FirstReports::default() };
    first.add_reporters(history, &authors, &source_of);
    first
}

/// Returns the node whose class is asked for and the value at the other end; `None` for other links.
fn ends(
    history: &ReportingHistory,
    mention: &Mention,
    is_asked: impl Fn(Class) -> bool,
) -> Option<(u32, u32)> {
    let class = |node: u32| history.node(node).class;
    let is_value = |node: u32| matches!(class(node), Class::Observable | Class::Indicator);
    let Mention { from, to, .. } = *mention;
    if is_asked(class(from)) && is_value(to) {
        Some((from, to))
    } else if is_asked(class(to)) && is_value(from) {
        Some((to, from))
    } else {
        None
    }
}

/// Returns the report of the same record; else the last one that named the value within the day before.
fn origin(mention: &Mention, reports: &[ReportMention]) -> Origin {
    let same_record = reports.iter().filter(|report| report.record == mention.record);
    if let Some(report) = same_record.map(|report| report.report).min() {
        return Origin::Report(report);
    }
    let age = |report: &ReportMention| mention.recorded_at.micros() - report.recorded_at.micros();
    let near = reports.iter().filter(|report| (0..DAY).contains(&age(report)));
    let latest = near.min_by_key(|report| (age(report), report.report));
    latest.map_or(Origin::Record(mention.record), |report| Origin::Report(report.report))
}

impl FirstReports {
    /// Adds posts and reporters. A post that the archive learned after the report does not count, so that a row of a
    /// past day does not depend on later records.
    fn add_reporters(
        &mut self,
        history: &ReportingHistory,
        authors: &BTreeMap<u32, Vec<(Moment, u32)>>,
        source_of: &BTreeMap<Origin, u32>,
    ) {
        let mut names: BTreeMap<Origin, BTreeSet<String>> = BTreeMap::new();
        for report in &self.reports {
            if names.contains_key(&report.origin) {
                continue;
            }
            let reporters = names.entry(report.origin).or_default();
            match report.origin {
                Origin::Record(_) => {
                    reporters.insert(history.sources[source_of[&report.origin] as usize].clone());
                }
                Origin::Report(node) => {
                    let known = authors.get(&node).into_iter().flatten();
                    for &(_, author) in known.filter(|(recorded_at, _)| *recorded_at <= report.recorded_at) {
                        let author_node = history.node(author);
                        if author_node.kind == "url" {
                            self.posts.entry(report.origin).or_default().push(author);
                            reporters.insert(reporter(&author_node.label).to_owned());
                        } else {
                            reporters.insert(author_node.id.clone());
                        }
                    }
                }
            }
        }
        for posts in self.posts.values_mut() {
            posts.sort_unstable();
            posts.dedup();
        }
        let all: BTreeSet<&String> = names.values().flatten().collect();
        self.reporters = all.into_iter().cloned().collect();
        let position =
            |name: &String| self.reporters.binary_search(name).expect("every name is listed") as u32;
        let positions = |(origin, names): (&Origin, &BTreeSet<String>)| {
            (*origin, names.iter().map(position).collect::<Vec<u32>>())
        };
        self.reporters_of =
            names.iter().map(positions).filter(|(_, reporters)| !reporters.is_empty()).collect();
    }

    /// Returns the posts that a report cites.
    pub fn posts(&self, origin: Origin) -> &[u32] {
        self.posts.get(&origin).map_or(&[], Vec::as_slice)
    }

    /// Returns the reporters of a report.
    pub fn reporters_of(&self, origin: Origin) -> &[u32] {
        self.reporters_of.get(&origin).map_or(&[], Vec::as_slice)
    }
}

/// Returns the author of a post: host and first path segment of its URL, without scheme.
fn reporter(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
    let second_slash = rest.match_indices('/').nth(1).map_or(rest.len(), |(position, _)| position);
    rest[..second_slash].trim_end_matches('/')
}
