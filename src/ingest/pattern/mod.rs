//! Reads STIX patterns and lists the observables that they look for; it never runs a pattern.
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
//! AND binds tighter than OR, and OR tighter than FOLLOWEDBY. Blanks and comments (`/* */`, `//` to the end
//! of the line) may separate any two tokens.
//!
//! One half of a conjunction identifies nothing alone: a pattern for `setup.exe` *and* a registry key does
//! not apply to a machine that has only one of them. There are three exceptions. An observable still counts
//! alone if the rest of its conjunction only describes it (a size, a port). It also does if it identifies
//! the object by itself (a digest, an address) beside other properties of the same object. Several digests
//! of one file are that file.
//!
//! Three habits of feeds are accepted, because they are unambiguous: keywords in lower case, hyphens in
//! unquoted steps (`hashes.SHA-256`), and a backslash before any other character (`'C:\temp'`). Such a
//! backslash belongs to the value.
//!
//! Limits: object types are not checked against each other, regular expressions and timestamps are not
//! parsed, and a double negation (`NOT !=`) is not an equality.

mod conjunction;
mod lexer;
mod parser;
mod syntax;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use self::syntax::LENGTH_MAX;

pub(super) use syntax::{PatternError, PatternObservable};

/// The observables that a pattern looks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::ingest) struct StixPattern {
    /// Every constant of an equality, in the order of the pattern and without duplicates.
    pub observables: Vec<PatternObservable>,
    /// For each observable, whether the pattern names it alone and not only together with others.
    pub is_alone: Vec<bool>,
    /// Positions of observables that are digests of the same file.
    pub files: Vec<Vec<usize>>,
}

/// Reads a pattern and lists every constant of an equality (`=`, or a member of `IN`).
///
/// Negated equalities, other operators, truth values and timestamps are parsed and left out: they do not
/// name an observable.
pub(in crate::ingest) fn read(pattern: &str) -> Result<StixPattern, PatternError> {
    if pattern.len() > LENGTH_MAX {
        return Err(PatternError::TooLong);
    }
    let (tree, found) = parser::parse(pattern)?;
    let (is_alone, files) = (conjunction::alone(&tree, &found), conjunction::files(&tree));
    Ok(without_duplicates(found, &is_alone, &files))
}

/// Keeps each observable once. An observable that the pattern names alone anywhere counts as named alone.
fn without_duplicates(found: Vec<PatternObservable>, alone: &[bool], files: &[Vec<usize>]) -> StixPattern {
    let mut pattern = StixPattern::default();
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
