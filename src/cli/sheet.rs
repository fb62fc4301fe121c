//! Layout of text for a terminal: paragraphs, facts with labels, lists and their wrapping.

/// Widest line of an answer, in characters.
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
        let indent = before.chars().count();
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

/// Returns a text with its control characters escaped, so that it stays on its line.
pub(super) fn one_line(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_debug().collect() } else { vec![c] }).collect()
}

/// Breaks a text into lines that end before `width`, if each begins after `indent` characters. A longer word is cut.
pub(super) fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    let room = width.saturating_sub(indent).max(8);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        if length > 0 && length + 1 + word.len() > room {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        while word.len() > room {
            let tail = word.split_off(room);
            lines.push(word.into_iter().collect());
            word = tail;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        length += word.len();
        line.extend(word);
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
            if last.chars().count() + 2 > room {
                let kept: String = last.chars().take(room.saturating_sub(2)).collect();
                *last = kept.rsplit_once(' ').map_or(kept.clone(), |(words, _)| words.to_owned());
            }
            last.push_str(" …");
        }
    }
    lines
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
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{lines:#?}");
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
}
