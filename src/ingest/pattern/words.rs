//! The words of a STIX pattern: blanks and comments, symbols, keywords, numbers and quoted texts.
//!
//! Each function steps over blanks first, and leaves the place alone when what
//! it looks for is not there. No text is read twice, save for one keyword.

use super::{PatternError, Read, Reader};

impl<'a> Reader<'a> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn expected(&self, expected: &'static str) -> PatternError {
        PatternError::Expected { position: self.at, expected }
    }

    pub(super) fn skip_blanks(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            self.at += rest.len() - trimmed.len();
            let comment = if trimmed.starts_with("//") {
                Some(trimmed.find('\n').unwrap_or(trimmed.len()))
            } else if trimmed.starts_with("/*") {
                // One that never closes is left standing, for the caller to trip over.
                trimmed.get(2..).and_then(|inner| inner.find("*/")).map(|end| end + 4)
            } else {
                None
            };
            let Some(length) = comment else { return };
            self.at += length;
        }
    }

    pub(super) fn symbol(&mut self, symbol: u8) -> bool {
        self.skip_blanks();
        let here = self.peek() == Some(symbol);
        self.at += usize::from(here);
        here
    }

    pub(super) fn expect(&mut self, symbol: u8, expected: &'static str) -> Read<()> {
        if self.symbol(symbol) { Ok(()) } else { Err(self.expected(expected)) }
    }

    pub(super) fn keyword(&mut self, keyword: &str) -> bool {
        self.skip_blanks();
        let rest = &self.text.as_bytes()[self.at..];
        let here =
            rest.get(..keyword.len()).is_some_and(|word| word.eq_ignore_ascii_case(keyword.as_bytes()))
                && !rest.get(keyword.len()).copied().is_some_and(in_word);
        self.at += if here { keyword.len() } else { 0 };
        here
    }

    pub(super) fn expect_keyword(&mut self, keyword: &'static str) -> Read<()> {
        if self.keyword(keyword) { Ok(()) } else { Err(self.expected(keyword)) }
    }

    pub(super) fn word(&mut self, expected: &'static str) -> Read<&'a str> {
        self.skip_blanks();
        let rest = &self.text[self.at..];
        let length = rest.bytes().take_while(|byte| in_word(*byte)).count();
        if length == 0 {
            return Err(self.expected(expected));
        }
        self.at += length;
        Ok(&rest[..length])
    }

    pub(super) fn number(&mut self, expected: &'static str) -> Read<&'a str> {
        self.skip_blanks();
        let rest = &self.text[self.at..];
        let sign = usize::from(rest.starts_with(['+', '-']));
        let length =
            rest.bytes().skip(sign).take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let number = &rest[..sign + length];
        let glued = rest.as_bytes().get(sign + length).copied().is_some_and(in_word);
        let dots = number.bytes().filter(|byte| *byte == b'.').count();
        if dots > 1 || glued || !number.ends_with(|c: char| c.is_ascii_digit()) {
            return Err(self.expected(expected));
        }
        self.at += number.len();
        Ok(number)
    }

    /// Whether a constant's one-letter prefix and its quote stand here.
    pub(super) fn prefixed(&self, letters: [u8; 2]) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        rest.first().is_some_and(|letter| letters.contains(letter)) && rest.get(1) == Some(&b'\'')
    }

    pub(super) fn quoted(&mut self, expected: &'static str) -> Read<String> {
        let start = self.at;
        if !self.symbol(b'\'') {
            return Err(self.expected(expected));
        }
        let mut text = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(length) = rest.find(['\'', '\\']) else {
                return Err(PatternError::Unclosed { position: start });
            };
            text.push_str(&rest[..length]);
            self.at += length + 1;
            if rest[length..].starts_with('\'') {
                return Ok(text);
            }
            match self.peek() {
                Some(escaped @ (b'\'' | b'\\')) => {
                    text.push(char::from(escaped));
                    self.at += 1;
                }
                _ => text.push('\\'),
            }
        }
    }
}

fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}
