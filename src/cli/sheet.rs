//! Layout of text for a terminal: paragraphs, facts with labels, lists and their wrapping. Widths are columns of the terminal: a
//! character of a wide script has two.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::console::harmless;
use crate::report::is_hidden;

/// Widest line of an answer, in columns.
pub(super) const WIDTH: usize = 100;
/// Widest label of a fact.
const LABEL_MAX: usize = 14;

/// Lines of an answer.
#[derive(Default)]
pub(super) struct Sheet {
    lines: Vec<String>,
}

impl Sheet {
    /// Adds a paragraph.
    pub(super) fn paragraph(&mut self, text: &str) {
        self.lines.extend(wrap(&one_line(text), WIDTH, 0));
    }

    /// Adds facts: labels in one column, and their texts in the next one. A fact without a text is left out.
    pub(super) fn facts(&mut self, facts: &[(&str, String)]) {
        self.gap();
        let facts = facts.iter().filter(|(_, text)| !text.is_empty());
        for (label, text) in facts {
            self.hanging(&format!("  {label:<LABEL_MAX$}"), text);
        }
    }

    /// Adds a heading after an empty line.
    pub(super) fn heading(&mut self, text: &str) {
        self.gap();
        self.lines.extend(wrap(&one_line(text), WIDTH, 0));
    }

    /// Adds an item whose further lines begin below its text.
    pub(super) fn hanging(&mut self, before: &str, text: &str) {
        let indent = columns(before);
        for (number, line) in wrap(&one_line(text), WIDTH, indent).into_iter().enumerate() {
            let start = if number == 0 { before.to_owned() } else { " ".repeat(indent) };
            self.lines.push(format!("{start}{line}"));
        }
    }

    fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
    }

    /// Returns the lines.
    pub(super) fn lines(self) -> Vec<String> {
        self.lines
    }
}

/// Returns the number of columns that a text has in a terminal.
pub(super) fn columns(text: &str) -> usize {
    // The columns of single characters are added, because a terminal may not join them. A line is then too short at most.
    text.chars().map(columns_of).sum::<usize>().max(text.width())
}

fn columns_of(character: char) -> usize {
    character.width().unwrap_or_default()
}

/// Returns a text with spaces behind it, up to a number of columns.
pub(super) fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// Returns a text with its control characters and hidden characters escaped, so that it stays on its line.
pub(super) fn one_line(text: &str) -> String {
    let escaped = |c: char| match c {
        c if c.is_control() => c.escape_debug().to_string(),
        c if is_hidden(c) => harmless(&c.to_string()),
        c => c.to_string(),
    };
    text.chars().map(escaped).collect()
}

/// Breaks a text into lines that end before `width`, if each begins after `indent` columns. A longer word is cut.
pub(super) fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    let room = width.saturating_sub(indent).max(8);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let word_length = columns(word);
        if length > 0 && length + 1 + word_length > room {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        if word_length <= room {
            line.push_str(word);
            length += word_length;
            continue;
        }
        for character in word.chars() {
            if length + columns_of(character) > room {
                lines.push(std::mem::take(&mut line));
                length = 0;
            }
            line.push(character);
            length += columns_of(character);
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Cuts lines to the first few; the last one ends with `…` where text is left out.
pub(super) fn cut(mut lines: Vec<String>, most: usize, room: usize) -> Vec<String> {
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            if columns(last) + 2 > room {
                let kept = beginning(last, room.saturating_sub(2));
                *last = kept.rsplit_once(' ').map_or(kept, |(words, _)| words).to_owned();
            }
            last.push_str(" …");
        }
    }
    lines
}

/// Returns the beginning of a text that has at most this number of columns.
fn beginning(text: &str, room: usize) -> &str {
    let mut length = 0;
    let end = text.char_indices().find(|(_, character)| {
        length += columns_of(*character);
        length > room
    });
    end.map_or(text, |(position, _)| &text[..position])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_the_sheet_and_no_word_is_lost() {
        let mut sheet = Sheet::default();
        let text = format!("{} {}", "word ".repeat(60), "x".repeat(250));
        sheet.paragraph(&text);
        sheet.facts(&[("Marking", text.clone()), ("Empty", String::new())]);
        sheet.heading("Records");
        sheet.hanging("  + ", &text);
        let lines = sheet.lines();
        assert!(lines.iter().all(|line| columns(line) <= WIDTH), "{lines:#?}");
        assert_eq!(lines.concat().matches("word").count(), 180);
        assert_eq!(lines.concat().matches('x').count(), 750);
        assert!(!lines.iter().any(|line| line.contains("Empty")));
    }

    #[test]
    fn control_characters_are_escaped_and_cut_lines_end_with_dots() {
        assert_eq!(one_line("a\u{1b}[31m\nb"), "a\\u{1b}[31m\\nb");
        let lines = wrap("one two three four five six", 17, 2);
        assert_eq!(lines, ["one two three", "four five six"]);
        assert_eq!(cut(lines.clone(), 1, 15), ["one two three …"]);
        assert_eq!(cut(lines.clone(), 2, 15), lines);
    }

    #[test]
    fn wide_characters_keep_the_limits_and_are_neither_lost_nor_split() {
        let name = "\u{738b}\u{5b50}\u{718a}\u{732b}";
        assert_eq!(columns(name), 8);
        assert_eq!(padded(name, 10), format!("{name}  "));
        // Half-width kana, a letter with a combining accent, and an emoji with a joiner.
        let text =
            format!("{} \u{ff76}\u{ff85} e\u{301} \u{1f469}\u{200d}\u{1f4bb} ", name.repeat(20)).repeat(5);
        let text = one_line(&text);
        for indent in [0, 5, 31] {
            let lines = wrap(&text, WIDTH, indent);
            assert!(lines.iter().all(|line| indent + columns(line) <= WIDTH), "{lines:#?}");
            assert!(lines.iter().any(|line| indent + columns(line) >= WIDTH - 1), "{lines:#?}");
            assert_eq!(lines.concat().matches('\u{738b}').count(), 100);
        }
        let cut_lines = cut(wrap(&text, 40, 0), 2, 40);
        assert!(cut_lines.iter().all(|line| columns(line) <= 40), "{cut_lines:#?}");
        assert!(cut_lines[1].ends_with(" …"));
    }
}
