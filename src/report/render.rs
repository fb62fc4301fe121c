//! The report as one self-contained HTML file.
//!
//! The page has no script and no request, escapes every value, and shows hidden characters as code points.
//! No meaning depends on colour alone. The page opens from disk without a network, in light and dark, on
//! paper and on a phone.

#![expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand every value on by reference")]

mod queue;

use std::fmt::Display;

use askama::Template;

use queue::{FlagGroup, FlagView, MissView, reliability};

use super::content::{Answer, CAUSES, ChangeGroup, DeliveryCounts, FlagRow, Origin, Page, SourceRow};
use super::text::{self, thousands};
use crate::language::Language;

/// Largest number of characters of a value within a sentence.
const VALUE_MAX: usize = 120;

/// Terms that every page explains: keys of the language; the key of a meaning ends with `.meaning`.
const TERMS: &[&str] = &[
    "term.record",
    "term.entity",
    "term.link",
    "term.community",
    "term.silent-change",
    "term.cause",
    "term.flag",
    "term.score",
    "term.reliability",
    "term.probability",
    "term.recorded-time-valid-time",
    "term.snapshot-increment",
    "term.pagerank",
    "term.betweenness",
    "term.core-number",
    "term.modularity",
    "term.density",
    "term.conductance",
];

impl Origin {
    /// Returns the key of its text.
    fn key(self) -> &'static str {
        match self {
            Self::World => "origin.world",
            Self::Source => "origin.source",
            Self::Operator => "origin.operator",
        }
    }
}

/// Returns the page as HTML in a language.
pub fn render(language: &Language, page: &Page) -> String {
    let sources = page.deliveries.as_deref().unwrap_or_default();
    let view = ReportPage {
        language,
        page,
        tally: queue::tally(language, page),
        queue: queue::queue(language, page),
        without_card: queue::without_card(page),
        others: queue::others(language, page),
        leads: queue::leads(page),
        near_misses: queue::near_misses(language, page),
        answers: answers(page),
        causes: causes(language, &page.changes),
        total: total(sources),
        total_files: sources.iter().map(|source| source.file_count).sum(),
        glossary: TERMS
            .iter()
            .map(|key| (language.text(key), language.text(&format!("{key}.meaning"))))
            .collect(),
        tracked: page.communities.iter().any(|row| row.chance.is_some() || row.state.is_some()),
    };
    let html = view.render().expect("writing to memory does not fail");
    // One pass over the finished page covers every value. The template itself has no hidden character.
    text::visible(&html)
}

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage<'a> {
    language: &'a Language,
    page: &'a Page,
    /// Summary of the queue in one line.
    tally: String,
    queue: Vec<FlagView<'a>>,
    without_card: &'a [FlagRow],
    others: Vec<FlagGroup<'a>>,
    leads: Vec<MissView<'a>>,
    near_misses: Vec<MissView<'a>>,
    answers: Vec<Question<'a>>,
    causes: Vec<CauseGroup<'a>>,
    total: DeliveryCounts,
    total_files: u64,
    glossary: Vec<(String, String)>,
    /// True if any community was tested against chance or compared with the previous run.
    tracked: bool,
}

/// One of the four boxes of the first screen.
struct Question<'a> {
    /// Key of the heading.
    heading: &'static str,
    anchor: &'static str,
    answer: &'a Answer,
}

fn answers(page: &Page) -> Vec<Question<'_>> {
    let question = |heading, anchor, answer| Question { heading, anchor, answer };
    let mut questions = vec![
        question("section.deliveries", "delivered", &page.delivered),
        question("changes.title", "changed", &page.changed),
    ];
    questions.extend(page.rejected.as_ref().map(|answer| question("rejects.title", "rejected", answer)));
    questions.push(question("section.queue", "person", &page.to_review));
    questions
}

struct CauseGroup<'a> {
    name: &'a str,
    /// Key of the origin.
    origin: &'static str,
    meaning: Option<String>,
    count: u64,
    groups: Vec<&'a ChangeGroup>,
}

/// Groups changes by cause: first in the order of [`CAUSES`], then causes that it lacks, by name.
fn causes<'a>(language: &Language, changes: &'a [ChangeGroup]) -> Vec<CauseGroup<'a>> {
    let mut unlisted: Vec<&str> = changes.iter().map(|group| group.cause.as_str()).collect();
    unlisted.retain(|name| CAUSES.iter().all(|cause| cause.0 != *name));
    unlisted.sort_unstable();
    unlisted.dedup();
    let listed = CAUSES
        .iter()
        .map(|(name, origin)| (*name, origin.key(), Some(language.text(&format!("cause.{name}.meaning")))));
    let unlisted = unlisted.into_iter().map(|name| (name, "origin.unknown", None));
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

/// Returns the text of a key with a count.
fn counted(language: &&Language, key: &str, count: &u64) -> String {
    language.fill(key, &[("count", thousands(count))])
}

/// Returns the text of a key with one value.
fn with(language: &&Language, key: &str, name: &str, value: &dyn Display) -> String {
    language.fill(key, &[(name, text::short(&value.to_string(), VALUE_MAX))])
}

/// Returns the text of a name from the data, such as a state or a cause.
fn name(language: &&Language, family: &str, name: &str) -> String {
    text::short(&language.name(family, name), VALUE_MAX)
}

/// Returns the rank of a flag among those of the queue.
fn rank(language: &&Language, rank: &u64, count: usize) -> String {
    language.fill("flag.rank", &[("rank", rank.to_string()), ("count", count.to_string())])
}

/// Returns the sentence about the window of a timeline.
fn window(language: &&Language, from: &str, to: &str) -> String {
    language.fill("timeline.window", &[("from", from.to_owned()), ("to", to.to_owned())])
}

/// Returns the text of a key with one value in an element that keeps its direction.
fn html(language: &&Language, key: &str, name: &str, value: impl Display) -> String {
    with_elements(language, key, &[(name, format!("<bdi>{}</bdi>", escaped(&value.to_string())))])
}

/// Returns the text of a key with a command or a path.
fn html_code(language: &&Language, key: &str, code: &str) -> String {
    with_elements(language, key, &[("code", format!("<code>{}</code>", escaped(code)))])
}

/// Returns the number of rows that only a table has.
fn in_table(language: &&Language, key: &str, count: &str, table: &str) -> String {
    with_elements(
        language,
        key,
        &[("count", escaped(count)), ("table", format!("<code>{}</code>", escaped(table)))],
    )
}

/// Returns the sentence with the as-of time and the audience.
fn as_of(language: &&Language, page: &&Page) -> String {
    let strong = |text: &str| format!("<strong>{}</strong>", escaped(&text::short(text, 80)));
    let audience = format!("<strong><bdi>{}</bdi></strong>", escaped(&text::short(&page.audience, 80)));
    with_elements(language, "page.as-of", &[("run", strong(&page.run)), ("audience", audience)])
}

/// Returns the text of a key, escaped, with values that are HTML.
fn with_elements(language: &Language, key: &str, values: &[(&str, String)]) -> String {
    // A private-use character for each value survives the escaping.
    let mark = |position: usize| char::from_u32(0xe000 + position as u32).unwrap_or('\u{fffd}').to_string();
    let marks: Vec<(&str, String)> =
        values.iter().enumerate().map(|(position, (name, _))| (*name, mark(position))).collect();
    let mut html = escaped(&language.fill(key, &marks));
    for (position, (_, value)) in values.iter().enumerate() {
        html = html.replace(&mark(position), value);
    }
    html
}

fn escaped(text: &str) -> String {
    text.replace('&', "&#38;")
        .replace('<', "&#60;")
        .replace('>', "&#62;")
        .replace('"', "&#34;")
        .replace('\'', "&#39;")
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
