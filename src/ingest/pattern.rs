//! Reads a STIX pattern and lists the observables it looks for; it never runs one.
//!
//! The grammar is that of STIX 2.1, section 9, and of STIX 2.0, part 5:
//!
//! ```text
//! observations  observation ((AND | OR | FOLLOWEDBY) observation)*
//! observation   ('[' comparisons ']' | '(' observations ')') qualifier*
//! qualifier     WITHIN number SECONDS | REPEATS number TIMES | START time STOP time
//! comparisons   comparison ((AND | OR) comparison)*
//! comparison    '(' comparisons ')' | EXISTS path | path NOT? operator constant
//! path          type ':' step ('.' step | '[' (number | '*') ']')*
//! ```
//!
//! AND binds tighter than OR, and that tighter than FOLLOWEDBY. Blanks and comments
//! (`/* */`, `//` to the end of the line) may stand between any two words.
//!
//! Half of a conjunction names nothing alone: a pattern for `setup.exe` *and* a registry key says
//! nothing of who has the one without the other. What the rest of a conjunction merely describes (a
//! size, a port), or what is one by itself (a digest, an address) beside more of the same object, is
//! named alone all the same; several digests of one file are that file.
//!
//! Feeds are looser than the grammar, and three habits are accepted because they
//! leave no doubt: keywords in lower case, hyphens in unquoted steps
//! (`hashes.SHA-256`), and a backslash before any other character, which then
//! stands for itself (`'C:\temp'`).
//!
//! Not done: object types are not checked against each other, regular
//! expressions and timestamps are not looked into, and a double negation
//! (`NOT !=`) is not taken for an equality.

mod conjunction;
mod words;

use std::{collections::HashMap, ops::Range};

use conjunction::{Comparison, Node};

/// Longest pattern that is read, in bytes.
pub(crate) const LENGTH_MAX: usize = 64 * 1024;
/// Deepest nesting of parentheses that is read.
pub(crate) const NESTING_MAX: usize = 64;
/// Most constants that one pattern may hold.
pub(crate) const CONSTANTS_MAX: usize = 10_000;
/// Longest object path, in bytes: a path is copied for every member of an `IN`.
pub(crate) const PATH_MAX: usize = 1_024;

/// One constant that a pattern asks an object's property to equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PatternObservable {
    /// Object type as written, such as `domain-name` or `file`.
    pub kind: String,
    /// Path below the object, quotes dropped: `value`, `hashes.SHA-256`, `values[*].data`.
    pub path: String,
    /// The constant: text without escapes, a number as written, hex digits, or base64.
    pub value: String,
}

/// Why a pattern cannot be read; positions are in bytes from its start.
///
/// The message names place and rule, and never a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    /// The pattern is longer than [`LENGTH_MAX`].
    #[error("pattern is longer than {LENGTH_MAX} bytes")]
    TooLong,
    /// Parentheses nest deeper than [`NESTING_MAX`].
    #[error("pattern byte {position}: parentheses nest deeper than {NESTING_MAX}")]
    TooDeep {
        /// Where the parenthesis too many opens.
        position: usize,
    },
    /// There are more constants than [`CONSTANTS_MAX`].
    #[error("pattern byte {position}: more than {CONSTANTS_MAX} constants")]
    TooManyConstants {
        /// Where the constant too many begins.
        position: usize,
    },
    /// An object path is longer than [`PATH_MAX`].
    #[error("pattern byte {position}: object path is longer than {PATH_MAX} bytes")]
    PathTooLong {
        /// Where the path ends.
        position: usize,
    },
    /// A quoted text has no closing quote.
    #[error("pattern byte {position}: quoted text is not closed")]
    Unclosed {
        /// Where the text opens.
        position: usize,
    },
    /// The grammar asks for something else.
    #[error("pattern byte {position}: expected {expected}")]
    Expected {
        /// Where it should have stood.
        position: usize,
        /// What should have stood there.
        expected: &'static str,
    },
}

type Read<T> = Result<T, PatternError>;

/// What a pattern looks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// Every constant that an equality asks for, in the order of the pattern and without duplicates.
    pub observables: Vec<PatternObservable>,
    /// For each of them, whether the pattern names it alone, and not only together with something else.
    pub is_alone: Vec<bool>,
    /// Positions of observables that are digests of one file.
    pub files: Vec<Vec<usize>>,
}

/// Reads a pattern, and lists every constant that an equality (`=`, or a member of `IN`) asks for.
///
/// Negated equalities, other operators, truth values and timestamps are parsed
/// and left out: they do not name an observable.
pub(crate) fn read(pattern: &str) -> Result<Pattern, PatternError> {
    if pattern.len() > LENGTH_MAX {
        return Err(PatternError::TooLong);
    }
    let mut reader = Reader { text: pattern, at: 0, depth: 0, constants: 0, found: Vec::new() };
    let tree = reader.observations()?;
    reader.skip_blanks();
    if reader.at < pattern.len() {
        return Err(reader.expected("a qualifier, AND, OR, FOLLOWEDBY or the end"));
    }
    let found = reader.found;
    let (is_alone, files) = (conjunction::alone(&tree, &found), conjunction::files(&tree));
    Ok(without_duplicates(found, &is_alone, &files))
}

/// Keeps each observable once; one that the pattern names alone anywhere is named alone.
fn without_duplicates(found: Vec<PatternObservable>, alone: &[bool], files: &[Vec<usize>]) -> Pattern {
    let mut pattern = Pattern::default();
    let mut known: HashMap<PatternObservable, usize> = HashMap::new();
    let mut place_of = Vec::with_capacity(found.len());
    for (observable, &is_alone) in found.into_iter().zip(alone) {
        let place = *known.entry(observable).or_insert_with_key(|observable| {
            pattern.observables.push(observable.clone());
            pattern.is_alone.push(false);
            pattern.observables.len() - 1
        });
        pattern.is_alone[place] |= is_alone;
        place_of.push(place);
    }
    for file in files {
        let mut places: Vec<usize> = file.iter().map(|&at| place_of[at]).collect();
        places.sort_unstable();
        places.dedup();
        if places.len() > 1 && !pattern.files.contains(&places) {
            pattern.files.push(places);
        }
    }
    pattern
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    In,
    /// Asks for one constant and names nothing.
    Compare,
    /// Asks for one text and names nothing.
    Match,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    constants: usize,
    found: Vec<PatternObservable>,
}

impl Reader<'_> {
    fn observations(&mut self) -> Read<Node> {
        let (mut sequence, mut any, mut all) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            all.push(self.observation()?);
            if self.keyword("AND") {
                continue;
            }
            any.push(Node::all(std::mem::take(&mut all), false));
            if self.keyword("OR") {
                continue;
            }
            sequence.push(Node::any(std::mem::take(&mut any)));
            if !self.keyword("FOLLOWEDBY") {
                return Ok(Node::all(sequence, false));
            }
        }
    }

    fn observation(&mut self) -> Read<Node> {
        let node = if self.symbol(b'[') {
            let comparisons = self.comparisons()?;
            self.expect(b']', "AND, OR or ]")?;
            comparisons
        } else if self.symbol(b'(') {
            self.nested(Self::observations)?
        } else {
            return Err(self.expected("[ or ("));
        };
        while self.qualifier()? {}
        Ok(node)
    }

    fn qualifier(&mut self) -> Read<bool> {
        if self.keyword("WITHIN") {
            self.number("a number of seconds")?;
            self.expect_keyword("SECONDS")?;
        } else if self.keyword("REPEATS") {
            self.number("a number of times")?;
            self.expect_keyword("TIMES")?;
        } else if self.keyword("START") {
            self.time()?;
            self.expect_keyword("STOP")?;
            self.time()?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// STIX 2.1 writes `t'…'`, STIX 2.0 a plain text.
    fn time(&mut self) -> Read<()> {
        self.skip_blanks();
        self.at += usize::from(self.prefixed(*b"tT"));
        self.quoted("a timestamp").map(drop)
    }

    fn nested(&mut self, inner: fn(&mut Self) -> Read<Node>) -> Read<Node> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(PatternError::TooDeep { position: self.at - 1 });
        }
        let node = inner(self)?;
        self.expect(b')', "AND, OR or )")?;
        self.depth -= 1;
        Ok(node)
    }

    fn comparisons(&mut self) -> Read<Node> {
        let (mut any, mut all) = (Vec::new(), Vec::new());
        loop {
            all.push(self.comparison()?);
            if self.keyword("AND") {
                continue;
            }
            any.push(Node::all(std::mem::take(&mut all), true));
            if !self.keyword("OR") {
                return Ok(Node::any(any));
            }
        }
    }

    fn comparison(&mut self) -> Read<Node> {
        if self.symbol(b'(') {
            return self.nested(Self::comparisons);
        }
        let first = self.found.len();
        let leaf = |kind, path, named: Range<usize>| Node::Leaf(Comparison { kind, path, named });
        if self.exists() {
            let (kind, path) = self.path()?;
            return Ok(leaf(kind, path, first..first));
        }
        let (kind, path) = self.path()?;
        let negated = self.keyword("NOT");
        match self.operator()? {
            Operator::Equal => {
                let value = self.constant()?;
                self.take(&kind, &path, negated, value);
            }
            Operator::In => self.members(&kind, &path, negated)?,
            Operator::Compare => self.constant().map(drop)?,
            Operator::Match => {
                self.count_constant()?;
                self.quoted("a quoted text")?;
            }
        }
        let named = first..self.found.len();
        Ok(leaf(kind, path, named))
    }

    /// A type may itself be called `exists`: then a colon follows.
    fn exists(&mut self) -> bool {
        let start = self.at;
        if !self.keyword("EXISTS") {
            return false;
        }
        self.skip_blanks();
        let is_type = self.peek() == Some(b':');
        if is_type {
            self.at = start;
        }
        !is_type
    }

    fn take(&mut self, kind: &str, path: &str, negated: bool, value: Option<String>) {
        if let Some(value) = value.filter(|_| !negated) {
            self.found.push(PatternObservable { kind: kind.to_owned(), path: path.to_owned(), value });
        }
    }

    fn members(&mut self, kind: &str, path: &str, negated: bool) -> Read<()> {
        self.expect(b'(', "( after IN")?;
        if self.symbol(b')') {
            return Ok(());
        }
        loop {
            let value = self.constant()?;
            self.take(kind, path, negated, value);
            if !self.symbol(b',') {
                return self.expect(b')', ", or )");
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
        self.skip_blanks();
        let rest = &self.text[self.at..];
        if let Some((symbol, operator)) = SYMBOLS.iter().find(|(symbol, _)| rest.starts_with(symbol)) {
            self.at += symbol.len();
            return Ok(*operator);
        }
        let word = WORDS.iter().find(|(word, _)| self.keyword(word));
        word.map(|(_, operator)| *operator).ok_or_else(|| self.expected("a comparison operator"))
    }

    fn path(&mut self) -> Read<(String, String)> {
        self.skip_blanks();
        let kind = self.word("an object type")?.to_owned();
        self.expect(b':', ": after the object type")?;
        let mut path = self.step()?;
        loop {
            if self.symbol(b'.') {
                path.push('.');
                path.push_str(&self.step()?);
            } else if self.symbol(b'[') {
                let index = if self.symbol(b'*') { "*" } else { self.number("an index or *")? };
                path.push('[');
                path.push_str(index);
                path.push(']');
                self.expect(b']', "] after the index")?;
            } else if kind.len() + path.len() > PATH_MAX {
                return Err(PatternError::PathTooLong { position: self.at });
            } else {
                return Ok((kind, path));
            }
        }
    }

    fn step(&mut self) -> Read<String> {
        self.skip_blanks();
        if self.peek() == Some(b'\'') {
            return self.quoted("a property");
        }
        self.word("a property").map(ToOwned::to_owned)
    }

    /// `None` is a constant that names nothing: a truth value or a timestamp.
    fn constant(&mut self) -> Read<Option<String>> {
        const EXPECTED: &str = "a constant";
        self.skip_blanks();
        self.count_constant()?;
        if self.prefixed(*b"tT") {
            self.at += 1;
            return self.quoted(EXPECTED).map(|_| None);
        }
        if self.prefixed(*b"hH") {
            return self.coded("pairs of hexadecimal digits", 2, |byte| byte.is_ascii_hexdigit());
        }
        if self.prefixed(*b"bB") {
            return self.coded("base64 characters in fours", 4, |byte| {
                byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)
            });
        }
        match self.peek() {
            Some(b'\'') => self.quoted(EXPECTED).map(Some),
            Some(b'+' | b'-' | b'.' | b'0'..=b'9') => {
                self.number(EXPECTED).map(|number| Some(number.to_owned()))
            }
            _ if self.keyword("TRUE") || self.keyword("FALSE") => Ok(None),
            _ => Err(self.expected(EXPECTED)),
        }
    }

    /// A quoted text after a one-letter prefix, of `allowed` bytes in groups of `group`.
    fn coded(
        &mut self,
        expected: &'static str,
        group: usize,
        allowed: fn(u8) -> bool,
    ) -> Read<Option<String>> {
        let position = self.at;
        self.at += 1;
        let value = self.quoted(expected)?;
        if value.len() % group == 0 && value.bytes().all(allowed) {
            return Ok(Some(value));
        }
        Err(PatternError::Expected { position, expected })
    }

    fn count_constant(&mut self) -> Read<()> {
        self.constants += 1;
        if self.constants > CONSTANTS_MAX {
            return Err(PatternError::TooManyConstants { position: self.at });
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn observables(pattern: &str) -> Result<Vec<PatternObservable>, PatternError> {
        read(pattern).map(|pattern| pattern.observables)
    }

    /// Says what a pattern looks for, one observable after another, or why it cannot be read.
    fn check(pattern: &str) -> String {
        match observables(pattern) {
            Ok(found) => {
                let each = found.iter().map(|o| format!("{}:{}={}", o.kind, o.path, o.value));
                each.collect::<Vec<_>>().join(" | ")
            }
            Err(error) => format!("! {error}"),
        }
    }

    #[test]
    fn equalities_are_observables_and_nothing_else_is() {
        const CASES: &[(&str, &str)] = &[
            ("[domain-name:value = 'a.example']", "domain-name:value=a.example"),
            ("[domain-name:value=='a.example']", "domain-name:value=a.example"),
            ("[file:hashes.'SHA-256' = 'aa']", "file:hashes.SHA-256=aa"),
            (
                "[file:hashes.MD5 = 'aa' AND file:hashes.SHA-1 = 'bb']",
                "file:hashes.MD5=aa | file:hashes.SHA-1=bb",
            ),
            ("[a:b = 'x'] AND [a:b = 'y'] OR [a:b = 'x']", "a:b=x | a:b=y"),
            ("[a:b IN ('x', 2, h'0aFF', b'YQ==')]", "a:b=x | a:b=2 | a:b=0aFF | a:b=YQ=="),
            ("[a:b IN ()]", ""),
            ("[a:b NOT IN ('x') OR a:b NOT = 'y' OR a:b != 'z' OR a:b <> 'z' OR a:b NOT != 'w']", ""),
            (
                "[a:b LIKE 'x%' OR a:b NOT MATCHES '^x' OR a:b ISSUBSET '10.0.0.0/8' OR a:b ISSUPERSET '::1']",
                "",
            ),
            ("[a:b < 1 OR a:b <= -1.5 OR a:b > .5 OR a:b >= t'2020-01-01T00:00:00Z']", ""),
            ("[a:b = true OR a:b = FALSE OR a:b = t'2020-01-01T00:00:00Z']", ""),
            ("[a:b = -5 OR a:b = 1.50]", "a:b=-5 | a:b=1.50"),
            ("[EXISTS a:b OR a:c = 'x']", "a:c=x"),
            ("[exists:b = 'x']", "exists:b=x"),
            ("[x:y[*].z = 'a' AND x:y[0].'k-k'.z = 'b']", "x:y[*].z=a | x:y[0].k-k.z=b"),
            ("[network-traffic:dst_ref.value = '192.0.2.1']", "network-traffic:dst_ref.value=192.0.2.1"),
            (
                "[file:extensions.'windows-pebinary-ext'.imphash = 'x']",
                "file:extensions.windows-pebinary-ext.imphash=x",
            ),
            (r"[a:b = 'it\'s \\ C:\temp']", r"a:b=it's \ C:\temp"),
            ("[a:b = 'ünïcode ] AND ['] // ends", "a:b=ünïcode ] AND ["),
            ("/* one */ [ a : b = 'x' // two\n AND a : c . d = 'y' ]", "a:b=x | a:c.d=y"),
            ("[a:b='x' and a:c='y' or a:in='z']", "a:b=x | a:c=y | a:in=z"),
            ("([a:b='x'] AND ([a:b='y'] FOLLOWEDBY [a:b='z'])) WITHIN 5.5 SECONDS", "a:b=x | a:b=y | a:b=z"),
            ("[a:b='x'] REPEATS 5 TIMES WITHIN 600 SECONDS AND [a:b='y']", "a:b=x | a:b=y"),
            ("[a:b='x'] START t'2020-01-01T00:00:00Z' STOP t'2020-01-02T00:00:00Z'", "a:b=x"),
            ("[a:b='x'] START '2020-01-01T00:00:00Z' STOP '2020-01-02T00:00:00Z'", "a:b=x"),
            ("[(a:b='x' OR (a:b='y')) AND a:c='']", "a:b=x | a:b=y | a:c="),
        ];
        for (pattern, expected) in CASES {
            assert_eq!(check(pattern), *expected, "{pattern}");
        }
    }

    /// Says what a pattern names alone, and in brackets what it names only together with something else.
    fn told_apart(pattern: &str) -> String {
        let pattern = read(pattern).expect("a pattern");
        let each = pattern.observables.iter().zip(&pattern.is_alone).map(|(of, is_alone)| {
            let text = format!("{}={}", of.path, of.value);
            if *is_alone { text } else { format!("({text})") }
        });
        each.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn half_of_a_conjunction_names_nothing_alone() {
        for (pattern, expected) in [
            ("[file:name='a' AND windows-registry-key:key='k']", "(name=a) (key=k)"),
            ("[file:name='a' AND file:size=5]", "(name=a) (size=5)"),
            ("[file:name='a']", "name=a"),
            ("[file:name='a' OR windows-registry-key:key='k']", "name=a key=k"),
            ("[file:name='a'] OR [windows-registry-key:key='k']", "name=a key=k"),
            ("[file:name='a'] AND [windows-registry-key:key='k']", "(name=a) (key=k)"),
            ("[domain-name:value='a'] FOLLOWEDBY [url:value='b']", "(value=a) (value=b)"),
            ("[domain-name:value='a'] AND [url:value='b'] OR [url:value='c']", "(value=a) (value=b) value=c"),
            (
                "[domain-name:value='a' AND ipv4-addr:value='b' OR url:value='c']",
                "(value=a) (value=b) value=c",
            ),
            (
                "[domain-name:value='a' AND (ipv4-addr:value='b' OR url:value='c')]",
                "(value=a) (value=b) (value=c)",
            ),
            // What the pattern names alone in one place is named alone.
            ("[domain-name:value='a' AND url:value='b'] OR [domain-name:value='a']", "value=a (value=b)"),
            ("[domain-name:value='a' AND url:value LIKE 'b%']", "(value=a)"),
            ("[domain-name:value='a' AND NOT (url:value='b')]", "!"),
        ] {
            if expected == "!" {
                assert!(read(pattern).is_err(), "{pattern}");
            } else {
                assert_eq!(told_apart(pattern), expected, "{pattern}");
            }
        }
    }

    #[test]
    fn what_the_rest_only_describes_is_named_alone() {
        for (pattern, expected) in [
            (
                "[network-traffic:dst_ref.type='ipv4-addr' AND network-traffic:dst_ref.value='1' AND network-traffic:dst_port=443 AND network-traffic:protocols[0]='tcp']",
                "(dst_ref.type=ipv4-addr) dst_ref.value=1 dst_port=443 (protocols[0]=tcp)",
            ),
            (
                "[network-traffic:src_ref.value='1' AND network-traffic:dst_ref.value='2']",
                "(src_ref.value=1) (dst_ref.value=2)",
            ),
            (
                "[domain-name:value='a' AND domain-name:resolves_to_refs[*].value='1']",
                "value=a (resolves_to_refs[*].value=1)",
            ),
            ("[file:hashes.MD5='a' AND file:name='b' AND file:size=3]", "hashes.MD5=a (name=b) (size=3)"),
            ("[file:hashes.MD5='a' AND file:hashes.'SHA-1'='b']", "hashes.MD5=a hashes.SHA-1=b"),
            ("[file:hashes.MD5='a' AND file:hashes.MD5='b']", "(hashes.MD5=a) (hashes.MD5=b)"),
            ("[file:hashes.MD5='a' AND file:hashes.SSDEEP='b']", "hashes.MD5=a (hashes.SSDEEP=b)"),
            ("[url:value='a' AND url:value MATCHES '^a']", "value=a"),
            (
                "[windows-registry-key:key='k' AND windows-registry-key:values[*].data='d']",
                "(key=k) (values[*].data=d)",
            ),
        ] {
            let found = told_apart(pattern);
            let describes =
                |word: &&str| !["type=", "port=", "size=", "protocols"].iter().any(|of| word.contains(of));
            let named = |text: &str| text.split(' ').filter(describes).map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(named(&found), named(expected), "{pattern}");
        }
        let many = (0..100).map(|at| format!("file:hashes.MD5='{at}'")).collect::<Vec<_>>().join(" AND ");
        assert!(read(&format!("[{many}]")).expect("a pattern").is_alone.iter().all(|is_alone| !is_alone));
    }

    #[test]
    fn digests_that_must_hold_together_are_of_one_file() {
        let files = |pattern: &str| read(pattern).expect("a pattern").files;
        let both = "file:hashes.MD5='a' AND file:hashes.'SHA-1'='b'";
        assert_eq!(files(&format!("[{both}]")), [[0, 1]]);
        assert_eq!(files(&format!("[file:name='n' AND ({both})]")), [[1, 2]]);
        assert_eq!(
            files(&format!("[({both}) OR (file:hashes.MD5='c' AND file:hashes.SHA256='d')]")),
            [[0, 1], [2, 3]]
        );
        for none in [
            "[file:hashes.MD5='a' OR file:hashes.'SHA-1'='b']",
            "[file:hashes.MD5='a'] AND [file:hashes.'SHA-1'='b']",
            "[file:hashes.MD5='a' AND file:hashes.MD5='b']",
            "[file:hashes.MD5 IN ('a','b') AND file:hashes.'SHA-1'='c']",
            "[file:hashes.MD5='a' AND x509-certificate:hashes.'SHA-1'='b']",
        ] {
            assert!(files(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn a_mistake_is_named_by_place_and_rule_and_never_by_value() {
        const CASES: &[(&str, &str)] = &[
            ("", "! pattern byte 0: expected [ or ("),
            ("rule secret { }", "! pattern byte 0: expected [ or ("),
            ("[a:b = 'secret]", "! pattern byte 7: quoted text is not closed"),
            ("[a:b = secret]", "! pattern byte 7: expected a constant"),
            ("[a:b = 5x]", "! pattern byte 7: expected a constant"),
            ("[a:b = h'abc']", "! pattern byte 7: expected pairs of hexadecimal digits"),
            ("[a:b = b'abc']", "! pattern byte 7: expected base64 characters in fours"),
            ("[a:b LIKE 5]", "! pattern byte 10: expected a quoted text"),
            ("[a:b 'x']", "! pattern byte 5: expected a comparison operator"),
            ("[a:b[x] = 'x']", "! pattern byte 5: expected an index or *"),
            ("[a = 'x']", "! pattern byte 3: expected : after the object type"),
            ("[a:b IN 'x']", "! pattern byte 8: expected ( after IN"),
            ("[a:b = 'x'", "! pattern byte 10: expected AND, OR or ]"),
            (
                "[a:b = 'x'] trailing",
                "! pattern byte 12: expected a qualifier, AND, OR, FOLLOWEDBY or the end",
            ),
            ("[a:b = 'x'] WITHIN 5 DAYS", "! pattern byte 21: expected SECONDS"),
            ("[a:b /* open = 'x']", "! pattern byte 5: expected a comparison operator"),
            ("[[a:b = 'x']]", "! pattern byte 1: expected an object type"),
        ];
        for (pattern, expected) in CASES {
            assert_eq!(check(pattern), *expected, "{pattern}");
        }
    }

    #[test]
    fn every_limit_has_a_name() {
        let nested = |n: usize| format!("{}[a:b='x']{}", "(".repeat(n), ")".repeat(n));
        let members = |n: usize| format!("[a:b IN ({})]", vec!["1"; n].join(","));
        let path = |n: usize| format!("[a:{}='x']", "b".repeat(n));
        assert_eq!(check(&nested(NESTING_MAX)), "a:b=x");
        assert_eq!(check(&nested(NESTING_MAX + 1)), "! pattern byte 64: parentheses nest deeper than 64");
        assert_eq!(check(&members(CONSTANTS_MAX)), "a:b=1");
        assert!(check(&members(CONSTANTS_MAX + 1)).ends_with("more than 10000 constants"));
        assert_eq!(observables(&path(PATH_MAX - 1)).map(|found| found.len()), Ok(1));
        assert!(check(&path(PATH_MAX)).ends_with("object path is longer than 1024 bytes"));
        assert_eq!(observables(&" ".repeat(LENGTH_MAX + 1)), Err(PatternError::TooLong));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in any::<String>()) {
            let _ = observables(&text);
        }

        #[test]
        fn no_broken_pattern_makes_the_reader_panic(words in prop::collection::vec(prop::sample::select(vec![
            "[", "]", "(", ")", "a:b", "=", "'", "'x'", "\\", "IN", "NOT", "AND", "LIKE", "h'", "t'", "/*", "*/",
            "//", "\n", " ", "5", "-", ".", ",", "EXISTS", "START", "STOP", "WITHIN", "é",
        ]), 0..40)) {
            let _ = observables(&words.concat());
        }

        #[test]
        fn what_is_quoted_comes_back(value in any::<String>()) {
            let quoted = value.replace('\\', r"\\").replace('\'', r"\'");
            let found = observables(&format!("[a:b='{quoted}']")).expect("a well-formed pattern");
            prop_assert_eq!(&found[0].value, &value);
        }
    }

    /// Every distinct STIX pattern of the shared test data; `None` where it is absent.
    pub(crate) fn real_patterns() -> Option<Vec<String>> {
        const FOLDERS: [&str; 5] =
            ["unit42-playbooks", "unit42-reports", "amnesty-stix2", "oasis-stix", "misp-stix-pairs"];
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
        if !root.is_dir() {
            return None;
        }
        let mut folders: Vec<_> = FOLDERS.iter().map(|folder| root.join(folder)).collect();
        let mut patterns = std::collections::BTreeSet::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a readable folder") {
                let path = entry.expect("a readable entry").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = std::fs::read(&path).expect("a readable file");
                let suffix = path.extension().and_then(|suffix| suffix.to_str());
                let bytes = match suffix {
                    Some("json" | "stix2") => bytes,
                    Some("zst") => zstd::decode_all(bytes.as_slice()).expect("a zstd file"),
                    _ => continue,
                };
                if let Ok(document) = serde_json::from_slice(&bytes) {
                    collect(&document, &mut patterns);
                }
            }
        }
        Some(patterns.into_iter().collect())
    }

    fn collect(value: &Value, patterns: &mut std::collections::BTreeSet<String>) {
        if value["type"] == "indicator" && value.get("pattern_type").is_none_or(|kind| kind == "stix") {
            patterns.extend(value["pattern"].as_str().map(ToOwned::to_owned));
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| collect(item, patterns)),
            Value::Object(members) => members.values().for_each(|member| collect(member, patterns)),
            _ => {}
        }
    }

    #[test]
    fn every_real_pattern_can_be_read() {
        let Some(patterns) = real_patterns() else {
            eprintln!("SKIPPED: every_real_pattern_can_be_read: ../shared/data is absent");
            return;
        };
        let refused =
            |pattern: &String| observables(pattern).err().map(|error| format!("{error}: {pattern}"));
        let refused: Vec<String> = patterns.iter().filter_map(refused).collect();
        let found: usize =
            patterns.iter().filter_map(|pattern| observables(pattern).ok()).map(|found| found.len()).sum();
        eprintln!("{} patterns, {found} observables, {} refused", patterns.len(), refused.len());
        assert!(patterns.len() > 11_000, "only {} patterns", patterns.len());
        assert!(found > patterns.len(), "only {found} observables");
        assert!(refused.is_empty(), "{}", refused.join("\n"));
    }
}
