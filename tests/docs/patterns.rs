//! The page of patterns: each with a picture, a case that must be flagged, its look-alikes and its figures.

use std::fmt::Write;

use araneus::review::{PATTERNS, Pattern};

use super::pictures;

/// Results of `benches/planted`: a row for each base and pattern, and one for the chance draws of each base.
const FIGURES: &str = include_str!("../../benches/planted/figures.csv");

/// Content of the page about a pattern.
pub(super) struct Page {
    pattern: &'static Pattern,
    /// Title and lines of the first case that must be flagged.
    case: (String, String),
    look_alikes: Vec<String>,
}

impl Page {
    fn code(&self) -> String {
        self.pattern.name.replace(' ', "-")
    }

    /// Returns the path of its picture below `docs`.
    pub(super) fn picture_path(&self) -> String {
        format!("patterns/{}.svg", self.code())
    }

    /// Returns its picture as SVG.
    pub(super) fn picture(&self) -> String {
        pictures::svg(self.pattern.name, &self.case.0, &self.case.1)
    }
}

/// Reads the cases of every pattern.
pub(super) fn pages() -> Vec<Page> {
    PATTERNS
        .iter()
        .map(|pattern| {
            let code = pattern.name.replace(' ', "-");
            let path = format!("{}/tests/patterns/{code}.md", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(&path).expect("a file of cases");
            let (flagged, others) = text.split_once("\n## It must not be flagged\n").expect("two sections");
            let (title, rest) =
                flagged.split_once("\n### ").and_then(|(_, rest)| rest.split_once('\n')).expect("a case");
            let lines =
                rest.split_once("```text\n").and_then(|(_, rest)| rest.split_once("```")).expect("a block").0;
            let look_alikes = others.lines().filter_map(|line| line.strip_prefix("### ")).map(str::to_owned);
            Page { pattern, case: (title.to_owned(), lines.to_owned()), look_alikes: look_alikes.collect() }
        })
        .collect()
}

/// Returns the page.
pub(super) fn markdown(pages: &[Page]) -> String {
    let mut text = String::from(
        "# Patterns\n\nMade from `PATTERNS` in `src/review/patterns/mod.rs`, the cases in `tests/patterns` and the figures of \
         `benches/planted`; a test keeps this page and its pictures equal to them. The conditions for a flag are in \
         [flags.md](flags.md). The file of each pattern has its method and its papers.\n\n\
         A picture shows the first case that must be flagged. The background of the cases has seven established groups, of \
         which the picture shows what connects the case. A case names the source of each claim.\n\n\
         ## Planted patterns\n\n\
         `benches/planted/run` plants each pattern into real runs and counts what the program flags ([its page](../benches/planted/README.md)). \
         *Found* is the number of draws whose instance is among the first 20 flags of its run. Look-alikes have a benign \
         explanation. Intervals are those of Wilson, at 95 %.\n\n\
         | Pattern | Planted into | Found | Interval | Look-alikes flagged | Interval |\n|---|---|--:|--:|--:|--:|\n",
    );
    for row in figures().filter(|row| row[1] != "chance") {
        let [base, pattern, found, draws, interval, flagged, alike, alike_interval] = row;
        let _ = writeln!(
            text,
            "| {pattern} | {base} | {found} of {draws} | {interval} | {flagged} of {alike} | {alike_interval} |"
        );
    }
    text.push_str("\nThe same runs with nothing planted, and with ends that are exchanged or drawn:\n\n| Base | Draws with a flag | Interval |\n|---|--:|--:|\n");
    for [base, _, flagged, draws, interval, ..] in figures().filter(|row| row[1] == "chance") {
        let _ = writeln!(text, "| {base} | {flagged} of {draws} | {interval} |");
    }
    for page in pages {
        write_pattern(&mut text, page);
    }
    text
}

fn write_pattern(text: &mut String, page: &Page) {
    let Pattern { name, about, rationale, false_positives, unit, .. } = page.pattern;
    let _ = write!(
        text,
        "\n## {name}\n\n{about}\n\n![{name}: {}]({})\n\n- Reason to review: {rationale}\n- Benign explanations: {false_positives}\n\
         - Its statistic: {unit}.\n- Its look-alikes in the tests, which must not be flagged:\n",
        page.case.0,
        page.picture_path(),
    );
    for title in &page.look_alikes {
        let _ = writeln!(text, "  - {title}");
    }
    for [base, _, found, draws, interval, flagged, alike, _] in figures().filter(|row| row[1] == *name) {
        let _ = writeln!(
            text,
            "- Planted into {base}: found in {found} of {draws} draws ({interval}), look-alikes flagged in {flagged} of {alike}."
        );
    }
    let _ = write!(text, "\n{}:\n\n```text\n{}```\n", page.case.0, page.case.1);
}

/// Returns the rows of the figures.
fn figures() -> impl Iterator<Item = [&'static str; 8]> {
    FIGURES.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        cells.try_into().unwrap_or_else(|_| panic!("a row of figures: {line}"))
    })
}

#[test]
fn each_pattern_has_figures_of_planted_instances() {
    for pattern in PATTERNS {
        assert!(figures().any(|row| row[1] == pattern.name), "{} was never planted", pattern.name);
    }
    assert!(figures().any(|row| row[1] == "chance"));
}
