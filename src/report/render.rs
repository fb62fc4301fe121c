//! The report as one self-contained HTML file.
//!
//! The page has no script and no request, escapes every value, and shows hidden characters as code points.
//! No meaning depends on colour alone. The page opens from disk without a network, in light and dark, on
//! paper and on a phone.

#![expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand every value on by reference")]

mod queue;

use askama::Template;

use queue::{FlagGroup, FlagView, MissView, reliability};

use super::content::{Answer, CAUSES, ChangeGroup, DeliveryCounts, Origin, Page, SourceRow};
use super::text::{self, thousands};

/// Terms that every page explains.
const GLOSSARY: &[(&str, &str)] = &[
    (
        "record",
        "One claim set of one source about one object, at one recorded time. Records are added, never edited.",
    ),
    ("entity", "An object of the world: all records that resolution assigns to it."),
    ("link", "A typed link between two entities, with the records behind it."),
    (
        "community",
        "Entities with more link weight among them than with the other entities. A community shows closeness in reports, not who works together.",
    ),
    ("silent change", "An object whose content changed while its version field stayed the same."),
    (
        "cause",
        "The reason for a difference from the previous run. The records of the previous run are analysed again with the present rules: a difference that appears then comes from the rules.",
    ),
    (
        "flag",
        "An instance of a pattern that a person should review, with reasons for and against. A flag is a question, not a finding.",
    ),
    ("score", "A number from 0 to 1 that orders the queue. A score is not a probability."),
    (
        "reliability",
        "Reliability of a source in the Admiralty system: A is completely reliable, E unreliable, F cannot be judged.",
    ),
    (
        "probability",
        "The share of such flags that review confirmed; shown only if measured on labels of this deployment.",
    ),
    (
        "recorded time, valid time",
        "Recorded time is the time at which this archive learned a record. Valid time is the time at which it was true in the world.",
    ),
    (
        "snapshot, increment",
        "A snapshot contains every object of its source, so an absent object was withdrawn. An increment only adds objects.",
    ),
    ("pagerank", "The share of time that a random walk along the links spends at an entity."),
    (
        "betweenness",
        "The number of shortest paths between other entities that pass through an entity, in the direction of the links.",
    ),
    (
        "core number",
        "The largest k for which an entity belongs to a group in which each entity has links to at least k others.",
    ),
    (
        "modularity",
        "The share of link weight inside communities, less the share that a random graph of equal degrees has.",
    ),
    ("density", "Links inside a community over all possible links, 0 to 1."),
    (
        "conductance",
        "The weight of links that leave a community over the weight of all its links, 0 to 1; a low value means a well separated community.",
    ),
];

impl Origin {
    fn words(self) -> &'static str {
        match self {
            Self::World => "origin: the world",
            Self::Source => "origin: a source",
            Self::Operator => "origin: this deployment",
        }
    }
}

/// Returns the page as HTML.
pub fn render(page: &Page) -> String {
    let sources = page.deliveries.as_deref().unwrap_or_default();
    let view = ReportPage {
        page,
        tally: queue::tally(page),
        queue: queue::queue(page),
        others: queue::others(page),
        near_misses: queue::near_misses(page),
        answers: answers(page),
        causes: causes(&page.changes),
        total: total(sources),
        total_files: sources.iter().map(|source| source.file_count).sum(),
        glossary: GLOSSARY,
        tracked: page.communities.iter().any(|row| row.significance.is_some() || row.state.is_some()),
    };
    let html = view.render().expect("writing to memory does not fail");
    // One pass over the finished page covers every value. The template itself has no hidden character.
    text::visible(&html)
}

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage<'a> {
    page: &'a Page,
    /// Summary of the queue in one line.
    tally: String,
    queue: Vec<FlagView<'a>>,
    others: Vec<FlagGroup<'a>>,
    near_misses: Vec<MissView<'a>>,
    answers: Vec<Question<'a>>,
    causes: Vec<CauseGroup<'a>>,
    total: DeliveryCounts,
    total_files: u64,
    glossary: &'static [(&'static str, &'static str)],
    /// True if any community was tested against chance or compared with the previous run.
    tracked: bool,
}

/// One of the four boxes of the first screen.
struct Question<'a> {
    heading: &'static str,
    anchor: &'static str,
    answer: &'a Answer,
}

fn answers(page: &Page) -> Vec<Question<'_>> {
    let question = |heading, anchor, answer| Question { heading, anchor, answer };
    let mut questions = vec![
        question("Deliveries", "delivered", &page.delivered),
        question("Changes and causes", "changed", &page.changed),
    ];
    questions.extend(page.rejected.as_ref().map(|answer| question("Rejected objects", "rejected", answer)));
    questions.push(question("Review queue", "person", &page.to_review));
    questions
}

struct CauseGroup<'a> {
    name: &'a str,
    origin: &'static str,
    meaning: &'static str,
    count: u64,
    groups: Vec<&'a ChangeGroup>,
}

/// Groups changes by cause: first in the order of [`CAUSES`], then causes that it lacks, by name.
fn causes(changes: &[ChangeGroup]) -> Vec<CauseGroup<'_>> {
    let mut unlisted: Vec<&str> = changes.iter().map(|group| group.cause.as_str()).collect();
    unlisted.retain(|name| CAUSES.iter().all(|cause| cause.0 != *name));
    unlisted.sort_unstable();
    unlisted.dedup();
    let listed = CAUSES.iter().map(|(name, origin, meaning)| (*name, origin.words(), *meaning));
    let unlisted = unlisted.into_iter().map(|name| (name, "origin: unknown", ""));
    listed
        .chain(unlisted)
        .map(|(name, origin, meaning)| {
            let mut groups: Vec<_> = changes.iter().filter(|group| group.cause == name).collect();
            groups.sort_by_key(|group| std::cmp::Reverse(group.count));
            let count = groups.iter().map(|group| group.count).sum();
            CauseGroup { name, origin, meaning, count, groups }
        })
        .filter(|cause| !cause.groups.is_empty())
        .collect()
}

fn total(sources: &[SourceRow]) -> DeliveryCounts {
    sources.iter().fold(DeliveryCounts::default(), |sum, source| sum.plus(source.counts))
}

/// Returns the unit of an answer.
fn unit(answer: &&Answer) -> String {
    text::short(&answer.unit, 80)
}

/// Returns a count with its noun: `1 file`, `12 files`.
fn plural(count: &u64, one: &str) -> String {
    let ending = if *count == 1 { "" } else { "s" };
    format!("{} {one}{ending}", thousands(count))
}

/// Returns a count with its noun, for nouns with an irregular plural.
fn plural_of(count: &u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(count), if *count == 1 { one } else { many })
}

fn plural_small(count: &u32, one: &str) -> String {
    plural(&u64::from(*count), one)
}

/// Returns the CSS class of a flag's state.
fn state_class(state: &str) -> &'static str {
    match state {
        "new" => "fresh",
        "grown" => "grown",
        _ => "plain-state",
    }
}

fn real(value: &f64) -> String {
    text::number(&Some(*value))
}

/// Returns a score with the digits that the queue shows.
fn score(value: &f64) -> String {
    format!("{value:.3}")
}

/// Returns the number of `count` items beyond the first `shown`; `None` if 0.
fn beyond(count: &u64, shown: usize) -> Option<String> {
    let hidden = count.saturating_sub(shown as u64);
    (hidden > 0).then(|| thousands(&hidden))
}

/// Returns the width of a bar in percent of the largest count of its list, at least 1.
fn bar(count: &u64, parts: &[(String, u64)]) -> u64 {
    let largest = parts.iter().map(|part| part.1).max().unwrap_or(0).max(1);
    (count * 100 / largest).max(1)
}

#[cfg(test)]
mod tests;
