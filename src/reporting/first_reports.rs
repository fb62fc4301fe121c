//! First reports: the first link of a value with a subject. The same value reported again is not a first report.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::{Mention, ReportingHistory};
use crate::{
    analysis::Class,
    compact::ListsByPosition,
    link::Layer,
    time::{DAY, Moment},
};

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
    /// Layer of the link.
    pub layer: Layer,
}

/// The first reports of a history, with the posts and the reporters of each report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FirstReports {
    /// First reports, ascending by recorded time, subject and value.
    pub reports: Vec<FirstReport>,
    /// Every origin of a report, ascending.
    origins: Vec<Origin>,
    /// Posts that the report of each origin cites: nodes of URLs, ascending.
    posts: ListsByPosition<u32>,
    /// Reporters of the report of each origin: positions in [`Self::reporters`], ascending.
    reporters_of: ListsByPosition<u32>,
    /// Names of reporters, ascending: host and first path segment of a post, else the author of the report, else the
    /// source of a record without a report.
    pub reporters: Vec<String>,
}

/// A reported link from a report to a value.
struct ReportMention {
    value: u32,
    recorded_at: Moment,
    record: u32,
    report: u32,
}

/// Returns the first reports of a history.
pub fn first_reports(history: &ReportingHistory) -> FirstReports {
    let mut named: Vec<ReportMention> = Vec::new();
    let mut authors: BTreeMap<u32, Vec<(Moment, u32)>> = BTreeMap::new();
    // Position of the first mention of each subject and value.
    let mut firsts: Vec<(u32, u32, u32)> = Vec::new();
    for (position, mention) in (0_u32..).zip(&history.mentions) {
        let Mention { recorded_at, record, .. } = *mention;
        if mention.layer == Layer::Provenance {
            if history.node(mention.from).class == Class::Report {
                authors.entry(mention.from).or_default().push((recorded_at, mention.to));
            }
        } else if let Some((report, value)) = ends(history, mention, |class| class == Class::Report) {
            named.push(ReportMention { value, recorded_at, record, report });
        } else if let Some((subject, value)) = ends(history, mention, Class::is_principal) {
            firsts.push((subject, value, position));
        }
    }
    named.par_sort_unstable_by_key(|mention| mention.value);
    firsts.par_sort_unstable();
    firsts.dedup_by_key(|(subject, value, _)| (*subject, *value));
    let mut source_of: Vec<(u32, u32)> = Vec::new();
    let mut reports: Vec<FirstReport> = Vec::with_capacity(firsts.len());
    for (subject, value, position) in firsts {
        let mention = &history.mentions[position as usize];
        let start = named.partition_point(|report| report.value < value);
        let end = start + named[start..].partition_point(|report| report.value == value);
        let origin = origin(mention, &named[start..end]);
        if let Origin::Record(record) = origin {
            source_of.push((record, mention.source));
        }
        let Mention { recorded_at, layer, .. } = *mention;
        reports.push(FirstReport { recorded_at, subject, value, origin, layer });
    }
    reports.par_sort_unstable();
    source_of.par_sort_unstable();
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
    /// past day does not depend on later records. `source_of` has the source of each record that is an origin, ascending.
    fn add_reporters(
        &mut self,
        history: &ReportingHistory,
        authors: &BTreeMap<u32, Vec<(Moment, u32)>>,
        source_of: &[(u32, u32)],
    ) {
        let origins = self.reports.iter().map(|report| (report.origin, report.recorded_at));
        let mut origins: Vec<(Origin, Moment)> = origins.collect();
        origins.par_sort_unstable();
        origins.dedup_by_key(|(origin, _)| *origin);
        // Names by the order in which they are met, until all are known.
        let mut met = MetNames::default();
        let (mut posts, mut reporters): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
        let mut reporters_of: ListsByPosition<u32> = ListsByPosition::default();
        for &(origin, recorded_at) in &origins {
            posts.clear();
            reporters.clear();
            match origin {
                Origin::Record(record) => {
                    let first = source_of.partition_point(|(other, _)| *other < record);
                    reporters.push(met.number(&history.sources[source_of[first].1 as usize]));
                }
                Origin::Report(node) => {
                    let known = authors.get(&node).into_iter().flatten();
                    for &(_, author) in known.filter(|(learned, _)| *learned <= recorded_at) {
                        let author_node = history.node(author);
                        if author_node.kind == "url" {
                            posts.push(author);
                            reporters.push(met.number(reporter(&author_node.label)));
                        } else {
                            reporters.push(met.number(&author_node.id));
                        }
                    }
                }
            }
            posts.sort_unstable();
            posts.dedup();
            self.posts.push(posts.iter().copied());
            reporters_of.push(reporters.iter().copied());
        }
        let rank_of = met.ranks();
        for position in 0..origins.len() {
            reporters.clear();
            reporters.extend(reporters_of[position].iter().map(|number| rank_of[*number as usize]));
            reporters.sort_unstable();
            reporters.dedup();
            self.reporters_of.push(reporters.iter().copied());
        }
        self.reporters = met.sorted();
        self.origins = origins.into_iter().map(|(origin, _)| origin).collect();
    }

    /// Returns the posts that a report cites.
    pub fn posts(&self, origin: Origin) -> &[u32] {
        self.position(origin).map_or(&[], |position| &self.posts[position])
    }

    /// Returns the reporters of a report.
    pub fn reporters_of(&self, origin: Origin) -> &[u32] {
        self.position(origin).map_or(&[], |position| &self.reporters_of[position])
    }

    fn position(&self, origin: Origin) -> Option<usize> {
        self.origins.binary_search(&origin).ok()
    }
}

/// Names by number, in the order in which they are met.
#[derive(Default)]
struct MetNames<'a> {
    names: Vec<&'a str>,
    numbers: HashMap<&'a str, u32>,
}

impl<'a> MetNames<'a> {
    fn number(&mut self, name: &'a str) -> u32 {
        let next = self.names.len() as u32;
        let number = *self.numbers.entry(name).or_insert(next);
        if number == next {
            self.names.push(name);
        }
        number
    }

    /// Returns the names, ascending.
    fn sorted(&self) -> Vec<String> {
        let mut names = self.names.clone();
        names.sort_unstable();
        names.into_iter().map(str::to_owned).collect()
    }

    /// Returns the position of each name among the ascending names.
    fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<usize> = (0..self.names.len()).collect();
        order.sort_unstable_by_key(|number| self.names[*number]);
        let mut ranks = vec![0; order.len()];
        for (rank, number) in (0..).zip(order) {
            ranks[number] = rank;
        }
        ranks
    }
}

/// Returns the author of a post: host and first path segment of its URL, without scheme.
fn reporter(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
    let second_slash = rest.match_indices('/').nth(1).map_or(rest.len(), |(position, _)| position);
    rest[..second_slash].trim_end_matches('/')
}
