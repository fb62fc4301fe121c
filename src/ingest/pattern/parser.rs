//! Grammar of a STIX pattern, by recursive descent.

use std::ops::Range;

use super::{
    conjunction::{Comparison, ExpressionNode},
    lexer::Lexer,
    syntax::{CONSTANTS_MAX, NESTING_MAX, PATH_MAX, PatternError, PatternObservable, Read},
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    In,
    /// Compares with one constant and names nothing.
    Compare,
    /// Compares with one text and names nothing.
    Match,
}

/// Parses a pattern and collects the observables that it names.
pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    depth: usize,
    constants: usize,
    observables: Vec<PatternObservable>,
}

/// Parses a whole pattern. Returns its tree and every observable that it names, in order.
pub(super) fn parse(pattern: &str) -> Read<(ExpressionNode, Vec<PatternObservable>)> {
    let mut parser = Parser { lexer: Lexer::new(pattern), depth: 0, constants: 0, observables: Vec::new() };
    let tree = parser.observations()?;
    parser.lexer.skip_blanks();
    if !parser.lexer.remaining().is_empty() {
        return Err(parser.lexer.expected("a qualifier, AND, OR, FOLLOWEDBY or the end"));
    }
    Ok((tree, parser.observables))
}

impl Parser<'_> {
    fn observations(&mut self) -> Read<ExpressionNode> {
        let (mut sequence, mut any, mut all) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            all.push(self.observation()?);
            if self.lexer.keyword("AND") {
                continue;
            }
            any.push(ExpressionNode::all(std::mem::take(&mut all), false));
            if self.lexer.keyword("OR") {
                continue;
            }
            sequence.push(ExpressionNode::any(std::mem::take(&mut any)));
            if !self.lexer.keyword("FOLLOWEDBY") {
                return Ok(ExpressionNode::all(sequence, false));
            }
        }
    }

    fn observation(&mut self) -> Read<ExpressionNode> {
        let node = if self.lexer.symbol(b'[') {
            let comparisons = self.comparisons()?;
            self.lexer.expect(b']', "AND, OR or ]")?;
            comparisons
        } else if self.lexer.symbol(b'(') {
            self.nested(Self::observations)?
        } else {
            return Err(self.lexer.expected("[ or ("));
        };
        while self.qualifier()? {}
        Ok(node)
    }

    fn qualifier(&mut self) -> Read<bool> {
        if self.lexer.keyword("WITHIN") {
            self.lexer.number("a number of seconds")?;
            self.lexer.expect_keyword("SECONDS")?;
        } else if self.lexer.keyword("REPEATS") {
            self.lexer.number("a number of times")?;
            self.lexer.expect_keyword("TIMES")?;
        } else if self.lexer.keyword("START") {
            self.time()?;
            self.lexer.expect_keyword("STOP")?;
            self.time()?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Reads a time: `t'…'` in STIX 2.1, a plain text in STIX 2.0.
    fn time(&mut self) -> Read<()> {
        self.lexer.skip_blanks();
        self.lexer.position += usize::from(self.lexer.prefixed(*b"tT"));
        self.lexer.quoted("a timestamp").map(drop)
    }

    fn nested(&mut self, inner: fn(&mut Self) -> Read<ExpressionNode>) -> Read<ExpressionNode> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(PatternError::TooDeep { position: self.lexer.position - 1 });
        }
        let node = inner(self)?;
        self.lexer.expect(b')', "AND, OR or )")?;
        self.depth -= 1;
        Ok(node)
    }

    fn comparisons(&mut self) -> Read<ExpressionNode> {
        let (mut any, mut all) = (Vec::new(), Vec::new());
        loop {
            all.push(self.comparison()?);
            if self.lexer.keyword("AND") {
                continue;
            }
            any.push(ExpressionNode::all(std::mem::take(&mut all), true));
            if !self.lexer.keyword("OR") {
                return Ok(ExpressionNode::any(any));
            }
        }
    }

    fn comparison(&mut self) -> Read<ExpressionNode> {
        if self.lexer.symbol(b'(') {
            return self.nested(Self::comparisons);
        }
        let first = self.observables.len();
        let leaf = |kind, path, named: Range<usize>| ExpressionNode::Leaf(Comparison { kind, path, named });
        if self.exists() {
            let (kind, path) = self.path()?;
            return Ok(leaf(kind, path, first..first));
        }
        let (kind, path) = self.path()?;
        let negated = self.lexer.keyword("NOT");
        match self.operator()? {
            Operator::Equal => {
                let value = self.constant()?;
                self.add(&kind, &path, negated, value);
            }
            Operator::In => self.members(&kind, &path, negated)?,
            Operator::Compare => self.constant().map(drop)?,
            Operator::Match => {
                self.count_constant()?;
                self.lexer.quoted("a quoted text")?;
            }
        }
        let named = first..self.observables.len();
        Ok(leaf(kind, path, named))
    }

    /// Reads the keyword EXISTS. A type may itself be called `exists`: then a colon follows.
    fn exists(&mut self) -> bool {
        let start = self.lexer.position;
        if !self.lexer.keyword("EXISTS") {
            return false;
        }
        self.lexer.skip_blanks();
        let is_type = self.lexer.peek() == Some(b':');
        if is_type {
            self.lexer.position = start;
        }
        !is_type
    }

    fn add(&mut self, kind: &str, path: &str, negated: bool, value: Option<String>) {
        if let Some(value) = value.filter(|_| !negated) {
            self.observables.push(PatternObservable { kind: kind.to_owned(), path: path.to_owned(), value });
        }
    }

    fn members(&mut self, kind: &str, path: &str, negated: bool) -> Read<()> {
        self.lexer.expect(b'(', "( after IN")?;
        if self.lexer.symbol(b')') {
            return Ok(());
        }
        loop {
            let value = self.constant()?;
            self.add(kind, path, negated, value);
            if !self.lexer.symbol(b',') {
                return self.lexer.expect(b')', ", or )");
            }
        }
    }

    fn operator(&mut self) -> Read<Operator> {
        const SYMBOLS: [(&str, Operator); 8] = [
            ("==", Operator::Equal),
            ("=", Operator::Equal),
            ("!=", Operator::Compare),
            ("<>", Operator::Compare),
            ("<=", Operator::Compare),
            (">=", Operator::Compare),
            ("<", Operator::Compare),
            (">", Operator::Compare),
        ];
        const WORDS: [(&str, Operator); 5] = [
            ("IN", Operator::In),
            ("LIKE", Operator::Match),
            ("MATCHES", Operator::Match),
            ("ISSUBSET", Operator::Match),
            ("ISSUPERSET", Operator::Match),
        ];
        self.lexer.skip_blanks();
        let remaining = self.lexer.remaining();
        if let Some((symbol, operator)) = SYMBOLS.iter().find(|(symbol, _)| remaining.starts_with(symbol)) {
            self.lexer.position += symbol.len();
            return Ok(*operator);
        }
        let word = WORDS.iter().find(|(word, _)| self.lexer.keyword(word));
        word.map(|(_, operator)| *operator).ok_or_else(|| self.lexer.expected("a comparison operator"))
    }

    fn path(&mut self) -> Read<(String, String)> {
        self.lexer.skip_blanks();
        let kind = self.lexer.word("an object type")?.to_owned();
        self.lexer.expect(b':', ": after the object type")?;
        let mut path = self.step()?;
        loop {
            if self.lexer.symbol(b'.') {
                path.push('.');
                path.push_str(&self.step()?);
            } else if self.lexer.symbol(b'[') {
                let index = if self.lexer.symbol(b'*') { "*" } else { self.lexer.number("an index or *")? };
                path.push('[');
                path.push_str(index);
                path.push(']');
                self.lexer.expect(b']', "] after the index")?;
            } else if kind.len() + path.len() > PATH_MAX {
                return Err(PatternError::PathTooLong { position: self.lexer.position });
            } else {
                return Ok((kind, path));
            }
        }
    }

    fn step(&mut self) -> Read<String> {
        self.lexer.skip_blanks();
        if self.lexer.peek() == Some(b'\'') {
            return self.lexer.quoted("a property");
        }
        self.lexer.word("a property").map(ToOwned::to_owned)
    }

    /// Reads a constant; `None` for one that names nothing: a truth value or a timestamp.
    fn constant(&mut self) -> Read<Option<String>> {
        const EXPECTED: &str = "a constant";
        self.lexer.skip_blanks();
        self.count_constant()?;
        if self.lexer.prefixed(*b"tT") {
            self.lexer.position += 1;
            return self.lexer.quoted(EXPECTED).map(|_| None);
        }
        if self.lexer.prefixed(*b"hH") {
            return self.coded("pairs of hexadecimal digits", 2, |byte| byte.is_ascii_hexdigit());
        }
        if self.lexer.prefixed(*b"bB") {
            return self.coded("base64 characters in fours", 4, |byte| {
                byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)
            });
        }
        match self.lexer.peek() {
            Some(b'\'') => self.lexer.quoted(EXPECTED).map(Some),
            Some(b'+' | b'-' | b'.' | b'0'..=b'9') => {
                self.lexer.number(EXPECTED).map(|number| Some(number.to_owned()))
            }
            _ if self.lexer.keyword("TRUE") || self.lexer.keyword("FALSE") => Ok(None),
            _ => Err(self.lexer.expected(EXPECTED)),
        }
    }

    /// Reads a quoted text after a one-letter prefix, of `allowed` bytes in groups of `group`.
    fn coded(
        &mut self,
        expected: &'static str,
        group: usize,
        allowed: fn(u8) -> bool,
    ) -> Read<Option<String>> {
        let position = self.lexer.position;
        self.lexer.position += 1;
        let value = self.lexer.quoted(expected)?;
        if value.len() % group == 0 && value.bytes().all(allowed) {
            return Ok(Some(value));
        }
        Err(PatternError::Expected { position, expected })
    }

    fn count_constant(&mut self) -> Read<()> {
        self.constants += 1;
        if self.constants > CONSTANTS_MAX {
            return Err(PatternError::TooManyConstants { position: self.lexer.position });
        }
        Ok(())
    }
}
