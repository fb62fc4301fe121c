//! The review queue as a table of 80 columns.

use super::sheet::{columns, cut, one_line, wrap};
use crate::explain::{NearMiss, PublishedFlag};

/// Widest line of the table, in columns.
const WIDTH: usize = 80;
/// Fewest digits of a short id.
const DIGITS_MIN: usize = 6;
/// Most lines of a title, of a failed test, and of a reason.
const LINES_MAX: usize = 3;

/// Returns the rows of flags with rank, score, state, short id and title, and a line for each verdict.
pub(super) fn flags(flags: &[PublishedFlag]) -> Vec<String> {
    let ids: Vec<&str> = flags.iter().map(|flag| &*flag.flag_id).collect();
    let digits = digits(&ids);
    let mut lines = vec![format!("Rank  Score  {:<9}  {:<digits$}  Title", "State", "Flag")];
    for flag in flags {
        let rank = flag.rank.map(|rank| rank.to_string()).unwrap_or_default();
        let id = short(&flag.flag_id, digits);
        let before = format!("{rank:>4}  {:.3}  {:<9}  {id:<digits$}  ", flag.score, flag.state);
        push(&mut lines, &before, &flag.title);
        let indent = " ".repeat(columns(&before));
        if let Some(verdicts) = verdicts(flag) {
            push(&mut lines, &indent, &format!("[{verdicts}]"));
        }
        if let Some(reason) = &flag.sampled_because {
            push(&mut lines, &indent, &format!("({reason})"));
        }
    }
    lines
}

fn verdicts(flag: &PublishedFlag) -> Option<String> {
    let mut by: Vec<String> =
        flag.verdicts.iter().map(|verdict| format!("{} by {}", verdict.value, verdict.by)).collect();
    if by.is_empty() {
        by.extend(flag.verdict.clone());
    }
    (!by.is_empty()).then(|| by.join(", "))
}

/// Returns the rows of leads and near misses with short id, pattern and title, and a line for each reason or failed test.
pub(super) fn misses(misses: &[NearMiss]) -> Vec<String> {
    let ids: Vec<&str> = misses.iter().map(|miss| &*miss.candidate_id).collect();
    let digits = digits(&ids);
    let mut lines = Vec::new();
    for miss in misses {
        let before = format!("  {:<digits$}  ", short(&miss.candidate_id, digits));
        push(&mut lines, &before, &format!("{}: {}", miss.pattern, miss.title));
        let indent = format!("{}- ", " ".repeat(columns(&before)));
        if let Some(lead) = &miss.lead {
            push(&mut lines, &indent, lead);
        }
        for test in miss.tests.iter().filter(|test| !test.passed) {
            push(&mut lines, &indent, &format!("{}: {}", test.test, test.sentence));
        }
    }
    lines
}

fn push(lines: &mut Vec<String>, before: &str, text: &str) {
    let indent = columns(before);
    let wrapped = cut(wrap(&one_line(text), WIDTH, indent), LINES_MAX, WIDTH - indent);
    for (number, line) in wrapped.into_iter().enumerate() {
        let start = if number == 0 { before.to_owned() } else { " ".repeat(indent) };
        lines.push(format!("{start}{line}").trim_end().to_owned());
    }
}

/// Returns the digits of an id, without its prefix.
fn digits_of(id: &str) -> &str {
    id.rsplit_once('-').map_or(id, |(_, digits)| digits)
}

fn short(id: &str, digits: usize) -> &str {
    let id = digits_of(id);
    id.get(..digits).unwrap_or(id)
}

/// Returns the number of digits that tells these ids apart.
fn digits(ids: &[&str]) -> usize {
    let longest = ids.iter().map(|id| digits_of(id).len()).max().unwrap_or_default();
    let are_distinct = |digits: &usize| {
        let mut short: Vec<&str> = ids.iter().map(|id| short(id, *digits)).collect();
        short.sort_unstable();
        short.windows(2).all(|pair| pair[0] != pair[1])
    };
    (DIGITS_MIN..longest).find(are_distinct).unwrap_or(longest.max(DIGITS_MIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ids_differ_and_no_line_is_wider_than_80_columns() {
        let flag = |id: &str, title: &str| PublishedFlag {
            rank: Some(12),
            flag_id: id.to_owned(),
            pattern: "surge".to_owned(),
            state: "contested".to_owned(),
            sampled: false,
            sampled_because: Some("word ".repeat(90)),
            title: title.to_owned(),
            score: 0.5,
            focus: None,
            first_flagged: None,
            verdict: Some("benign".to_owned()),
            verdicts: Vec::new(),
        };
        let long = "x".repeat(400);
        let wide = "\u{738b}\u{5b50} ".repeat(60);
        let rows =
            [flag("flag-01234567aa", "one"), flag("flag-01234568aa", &long), flag("flag-01234569aa", &wide)];
        let lines = flags(&rows);
        assert!(lines.iter().all(|line| columns(line) <= WIDTH), "{lines:#?}");
        assert!(lines[1].contains(" 01234567  one"), "{lines:#?}");
        assert!(lines.iter().any(|line| line.ends_with(" …")), "{lines:#?}");
        assert!(lines.iter().any(|line| line.trim() == "[benign]"), "{lines:#?}");
    }
}
