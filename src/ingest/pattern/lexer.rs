//! Tokens of a STIX pattern: blanks and comments, symbols, keywords, numbers and quoted texts.
//!
//! Each function skips blanks first, and keeps the position if the token that it looks for does not
//! come next. No text is read twice, except for one keyword.

use super::syntax::{PatternError, Read};

/// A pattern's text and the position up to which it is read.
pub(super) struct Lexer<'a> {
    text: &'a str,
    /// Position in bytes.
    pub(super) position: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, position: 0 }
    }

    /// Returns the text that is not read yet.
    pub(super) fn remaining(&self) -> &'a str {
        &self.text[self.position..]
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    pub(super) fn expected(&self, expected: &'static str) -> PatternError {
        PatternError::Expected { position: self.position, expected }
    }

    pub(super) fn skip_blanks(&mut self) {
        loop {
            let rest = self.remaining();
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            self.position += rest.len() - trimmed.len();
            let comment = if trimmed.starts_with("//") {
                Some(trimmed.find('\n').unwrap_or(trimmed.len()))
            } else if trimmed.starts_with("/*") {
                // A comment without an end stays, and the caller rejects it.
                trimmed.get(2..).and_then(|inner| inner.find("*/")).map(|end| end + 4)
            } else {
                None
            };
            let Some(length) = comment else { return };
            self.position += length;
        }
    }

    pub(super) fn symbol(&mut self, symbol: u8) -> bool {
        self.skip_blanks();
        let here = self.peek() == Some(symbol);
        self.position += usize::from(here);
        here
    }

    pub(super) fn expect(&mut self, symbol: u8, expected: &'static str) -> Read<()> {
        if self.symbol(symbol) { Ok(()) } else { Err(self.expected(expected)) }
    }

    pub(super) fn keyword(&mut self, keyword: &str) -> bool {
        self.skip_blanks();
        let rest = &self.text.as_bytes()[self.position..];
        let here =
            rest.get(..keyword.len()).is_some_and(|word| word.eq_ignore_ascii_case(keyword.as_bytes()))
                && !rest.get(keyword.len()).copied().is_some_and(in_word);
        self.position += if here { keyword.len() } else { 0 };
        here
    }

    pub(super) fn expect_keyword(&mut self, keyword: &'static str) -> Read<()> {
        if self.keyword(keyword) { Ok(()) } else { Err(self.expected(keyword)) }
    }

    pub(super) fn word(&mut self, expected: &'static str) -> Read<&'a str> {
        self.skip_blanks();
        let rest = self.remaining();
        let length = rest.bytes().take_while(|byte| in_word(*byte)).count();
        if length == 0 {
            return Err(self.expected(expected));
        }
        self.position += length;
        Ok(&rest[..length])
    }

    pub(super) fn number(&mut self, expected: &'static str) -> Read<&'a str> {
        self.skip_blanks();
        let rest = self.remaining();
        let sign = usize::from(rest.starts_with(['+', '-']));
        let length =
            rest.bytes().skip(sign).take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let number = &rest[..sign + length];
        let glued = rest.as_bytes().get(sign + length).copied().is_some_and(in_word);
        let dots = number.bytes().filter(|byte| *byte == b'.').count();
        if dots > 1 || glued || !number.ends_with(|c: char| c.is_ascii_digit()) {
            return Err(self.expected(expected));
        }
        self.position += number.len();
        Ok(number)
    }

    /// Returns whether a constant's one-letter prefix and its quote come next.
    pub(super) fn prefixed(&self, letters: [u8; 2]) -> bool {
        let rest = &self.text.as_bytes()[self.position..];
        rest.first().is_some_and(|letter| letters.contains(letter)) && rest.get(1) == Some(&b'\'')
    }

    pub(super) fn quoted(&mut self, expected: &'static str) -> Read<String> {
        let start = self.position;
        if !self.symbol(b'\'') {
            return Err(self.expected(expected));
        }
        let mut text = String::new();
        loop {
            let rest = self.remaining();
            let Some(length) = rest.find(['\'', '\\']) else {
                return Err(PatternError::Unclosed { position: start });
            };
            text.push_str(&rest[..length]);
            self.position += length + 1;
            if rest[length..].starts_with('\'') {
                return Ok(text);
            }
            match self.peek() {
                Some(escaped @ (b'\'' | b'\\')) => {
                    text.push(char::from(escaped));
                    self.position += 1;
                }
                _ => text.push('\\'),
            }
        }
    }
}

fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}
