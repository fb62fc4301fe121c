//! The report as one self-contained HTML file.
//!
//! No script, no request, every value escaped, hidden characters shown as code points, nothing told by
//! colour alone; it opens from a disk without a network, in light and dark, on paper and on a phone.

#![expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand every value on by reference")]

mod queue;

use askama::Template;

use queue::{FlagView, MissView, Others, reliability};

use super::content::{Answer, CAUSES, ChangeGroup, Counts, Origin, Page, SourceRow};
use super::text::{self, thousands};

/// The words every page explains.
const GLOSSARY: &[(&str, &str)] = &[
    ("record", "One thing one source said once. Records are added, never edited."),
    ("entity", "What records are about, after it was settled which records mean the same."),
    ("link", "A typed tie between two entities, with the records behind it."),
    (
        "community",
        "Entities that hold together more than with the rest. It says who stands near whom in what was reported, not who works for whom.",
    ),
    ("silent change", "An object whose content changed while its version field stayed the same."),
    (
        "cause",
        "Why something differs from the night before: last night’s records are surveyed with tonight’s rules, and what differs then is our own doing.",
    ),
    ("flag", "A pattern put before a person, with reasons for and against. It is a question, not a finding."),
    ("score", "The order of urgency, 0 to 1. It is not a probability."),
    (
        "reliability",
        "How far a source could be relied on before, in the Admiralty system: A is completely reliable, E unreliable, F cannot be judged.",
    ),
    (
        "probability",
        "The share of such flags that review confirmed, shown only where it was measured on this deployment’s own labels.",
    ),
    ("told, seen", "Told is when we learned of it; seen is when it held in the world."),
    (
        "snapshot, increment",
        "A snapshot states all that its source holds, so what is absent was withdrawn; an increment only adds.",
    ),
    ("pagerank", "The share of time that a walker who follows links at random spends at an entity."),
    (
        "betweenness",
        "How many shortest paths between others lead over an entity, in the direction in which links are told.",
    ),
    (
        "core number",
        "The largest k for which an entity is in a group where each is tied to at least k others.",
    ),
    ("modularity", "How much more weight stays inside communities than chance would leave there."),
    ("density", "Links inside a community over all that are possible, 0 to 1."),
    (
        "conductance",
        "The weight of links that leave a community over the weight of all its links; low is well separated.",
    ),
];

impl Origin {
    fn words(self) -> &'static str {
        match self {
            Self::World => "the world’s doing",
            Self::Source => "a source’s doing",
            Self::Ourselves => "our own doing",
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
        near: queue::near(page),
        answers: answers(page),
        causes: causes(&page.changes),
        total: total(sources),
        total_files: sources.iter().map(|source| source.file_count).sum(),
        glossary: GLOSSARY,
        tracked: page.communities.iter().any(|row| row.significance.is_some() || row.state.is_some()),
    };
    let html = view.render().expect("writing to memory does not fail");
    // One pass over the finished page, so that no value can be forgotten. The template itself holds
    // none of these characters.
    text::visible(&html)
}

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage<'a> {
    page: &'a Page,
    /// The queue in one line.
    tally: String,
    queue: Vec<FlagView<'a>>,
    others: Vec<Others<'a>>,
    near: Vec<MissView<'a>>,
    answers: Vec<Question<'a>>,
    causes: Vec<CauseGroup<'a>>,
    total: Counts,
    total_files: u64,
    glossary: &'static [(&'static str, &'static str)],
    /// Whether any community was tested against chance or compared with the night before.
    tracked: bool,
}

/// One of the four boxes of the first screen.
struct Question<'a> {
    words: &'static str,
    anchor: &'static str,
    answer: &'a Answer,
}

fn answers(page: &Page) -> Vec<Question<'_>> {
    let ask = |words, anchor, answer| Question { words, anchor, answer };
    let mut asked = vec![ask("What came", "came", &page.came)];
    asked.push(ask("What changed, and why", "changed", &page.changed));
    asked.extend(page.refused.as_ref().map(|answer| ask("What was refused", "refused", answer)));
    asked.push(ask("What needs a person", "person", &page.person));
    asked
}

struct CauseGroup<'a> {
    name: &'a str,
    origin: &'static str,
    meaning: &'static str,
    count: u64,
    groups: Vec<&'a ChangeGroup>,
}

/// Groups by cause in the order of [`CAUSES`], then causes that are not listed there, by name.
fn causes(changes: &[ChangeGroup]) -> Vec<CauseGroup<'_>> {
    let mut unlisted: Vec<&str> = changes.iter().map(|group| group.cause.as_str()).collect();
    unlisted.retain(|name| CAUSES.iter().all(|cause| cause.0 != *name));
    unlisted.sort_unstable();
    unlisted.dedup();
    let listed = CAUSES.iter().map(|(name, origin, meaning)| (*name, origin.words(), *meaning));
    let unlisted = unlisted.into_iter().map(|name| (name, "not explained", ""));
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

fn total(sources: &[SourceRow]) -> Counts {
    sources.iter().fold(Counts::default(), |sum, source| sum.plus(source.counts))
}

/// What an answer counts, in the number of its count.
fn unit(answer: &&Answer) -> String {
    let word = text::short(&answer.unit, 80);
    if answer.count == 1 { word.trim_end_matches('s').to_owned() } else { word }
}

/// `count` in words for one or many: `1 file`, `12 files`.
fn plural(count: &u64, one: &str) -> String {
    let ending = if *count == 1 { "" } else { "s" };
    format!("{} {one}{ending}", thousands(count))
}

/// `count` in words, for nouns whose plural is a word of its own.
fn plural_of(count: &u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(count), if *count == 1 { one } else { many })
}

fn plural_small(count: &u32, one: &str) -> String {
    plural(&u64::from(*count), one)
}

/// The class that dresses a state; unknown ones are plain.
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

/// Writes a score as the queue does.
fn score(value: &f64) -> String {
    format!("{value:.3}")
}

/// How many of `count` are not among the `shown`.
fn beyond(count: &u64, shown: usize) -> Option<String> {
    let rest = count.saturating_sub(shown as u64);
    (rest > 0).then(|| thousands(&rest))
}

/// Width of a bar in percent of the largest of its list; never invisible.
fn bar(count: &u64, parts: &[(String, u64)]) -> u64 {
    let largest = parts.iter().map(|part| part.1).max().unwrap_or(0).max(1);
    (count * 100 / largest).max(1)
}

#[cfg(test)]
mod tests;
