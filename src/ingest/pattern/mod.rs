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
mod lexer;
mod parser;
mod syntax;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use self::syntax::LENGTH_MAX;

pub(super) use syntax::{PatternError, PatternObservable};

/// What a pattern looks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::ingest) struct Pattern {
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
pub(in crate::ingest) fn read(pattern: &str) -> Result<Pattern, PatternError> {
    if pattern.len() > LENGTH_MAX {
        return Err(PatternError::TooLong);
    }
    let (tree, found) = parser::parse(pattern)?;
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
