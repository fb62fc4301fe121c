//! What one reader may see of the archive's statements.
//!
//! Everything that follows from statements is computed from [`Delivered`], and only this file makes one. So
//! no later step can read a hidden statement: in a complete snapshot it is absence, elsewhere it is nothing.

use std::collections::BTreeMap;

use super::{AccessPolicy, AsOf};
use crate::{
    marking::{Marking, PARTLY_UNMARKED},
    record::{Definition, Digest, Found, Mode, Statement, Surroundings, Terms},
    time::Moment,
};

/// What one run delivered under one key of a source, as far as a reader may know it.
#[derive(Debug)]
pub(super) struct Delivered {
    /// As-of time of the run.
    pub(super) run: Moment,
    /// The objects, by version and content; the last one has the content that counts.
    pub(super) objects: Vec<Visible>,
    /// Whether the run says what it has under the key and nothing else: it was a complete snapshot.
    pub(super) is_whole: bool,
    /// Whether the run says that the key is gone.
    pub(super) is_absent: bool,
}

/// One object that a reader may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Visible {
    /// Position in the list of statements.
    pub(super) statement: usize,
    pub(super) content: Digest,
    pub(super) surroundings: Surroundings,
    pub(super) marking: Marking,
    /// The object's own time, of a source whose objects date their records.
    pub(super) own_time: Option<Moment>,
}

/// What a reader can see.
pub(super) struct Visibility<'a> {
    own: Policy<'a>,
    /// A second policy that must also admit what is shown, where two runs are compared.
    also: Option<Policy<'a>>,
}

impl<'a> Visibility<'a> {
    pub(super) fn of(
        statements: &'a [Statement],
        own: AccessPolicy<'a>,
        also: Option<AccessPolicy<'a>>,
        as_of: AsOf,
    ) -> Self {
        let policy = |access: AccessPolicy<'a>| Policy {
            access,
            definitions: Definitions::of(statements, access, as_of),
        };
        Self { own: policy(own), also: also.map(policy) }
    }

    /// Returns what each run delivered under one key; `of_key` is in the order of runs, versions and contents.
    pub(super) fn delivered(&self, statements: &[Statement], of_key: &[usize]) -> Vec<Delivered> {
        let rows: Vec<Row<'_>> = of_key.iter().map(|&at| (at, &statements[at])).collect();
        by_run(&rows, |statement| self.marking(statement))
    }

    /// Returns a statement's marking; `None` where the reader may not see it.
    fn marking(&self, statement: &Statement) -> Option<Marking> {
        let marking = self.own.admitted(statement)?;
        if let Some(also) = &self.also {
            also.admitted(statement)?;
        }
        Some(marking)
    }
}

/// A statement and its position.
type Row<'a> = (usize, &'a Statement);

/// Returns what each run delivered under one key to a reader who may see everything.
pub(super) fn delivered_to_all(of_key: &[&Statement]) -> Vec<Delivered> {
    let rows: Vec<Row<'_>> = of_key.iter().copied().enumerate().collect();
    // Nobody asks for the marking.
    by_run(&rows, |_| Some(Marking::Clear))
}

fn by_run(rows: &[Row<'_>], marking: impl Fn(&Statement) -> Option<Marking>) -> Vec<Delivered> {
    let object = |&(at, statement): &Row<'_>| {
        Some(Visible {
            statement: at,
            content: statement.content()?,
            surroundings: statement.surroundings,
            marking: marking(statement)?,
            own_time: statement.own_time,
        })
    };
    // A rejected object without readable markings is there for everybody.
    let is_rejected = |(_, statement): &Row<'_>| {
        statement.found == Found::Rejected && (statement.markings.is_empty() || marking(statement).is_some())
    };
    let of_run = |rows: &[Row<'_>]| {
        let (_, first) = rows[0];
        let is_whole = first.mode == Mode::Snapshot;
        let objects: Vec<Visible> = rows.iter().filter_map(object).collect();
        let is_absent = is_whole && objects.is_empty() && !rows.iter().any(is_rejected);
        Delivered { run: first.run, objects, is_whole, is_absent }
    };
    rows.chunk_by(|(_, a), (_, b)| a.commit == b.commit).map(of_run).collect()
}

/// An access policy, and the marking definitions that its reader knows.
struct Policy<'a> {
    access: AccessPolicy<'a>,
    definitions: Definitions<'a>,
}

impl Policy<'_> {
    fn admitted(&self, statement: &Statement) -> Option<Marking> {
        let marking = self.marking(statement, self.access.terms);
        self.access.audience.may_see(marking).then_some(marking)
    }

    /// Returns the join of an object's markings; where none restricts it, what is
    /// configured for its source.
    fn marking(&self, statement: &Statement, terms: &BTreeMap<String, Terms>) -> Marking {
        let configured = || configured(statement, terms).unwrap_or(Marking::Unmarked);
        let stated = statement.markings.iter().filter_map(|reference| match &**reference {
            PARTLY_UNMARKED => Some(configured()),
            reference => self.definitions.meaning(&statement.source, reference),
        });
        stated.reduce(Marking::join).unwrap_or_else(configured)
    }
}

/// The meaning of each source's own marking definitions, by source and lower-cased id, as far as a reader
/// may know it. Another source's definition opens nothing.
struct Definitions<'a>(BTreeMap<(&'a str, String), Definition>);

impl<'a> Definitions<'a> {
    /// Reads the definitions that a reader may see. A definition without a marking of its own has that of its
    /// source, and is open where its source has none either; one that is marked by another definition is read
    /// after the others, and opens no third.
    fn of(statements: &'a [Statement], access: AccessPolicy<'_>, as_of: AsOf) -> Self {
        let stated =
            statements.iter().filter(|statement| statement.defines.is_some() && as_of.sees(statement));
        let is_plain = |statement: &&Statement| {
            statement.markings.iter().all(|reference| fixed_meaning(reference).is_some())
        };
        let (plain, nested): (Vec<&Statement>, Vec<&Statement>) = stated.partition(is_plain);
        let mut known = Self(BTreeMap::new());
        for definitions in [plain, nested] {
            let admitted: Vec<&Statement> =
                definitions.into_iter().filter(|statement| known.admits(statement, access)).collect();
            for statement in admitted {
                known.add(statement);
            }
        }
        known
    }

    fn admits(&self, definition: &Statement, access: AccessPolicy<'_>) -> bool {
        let stated = definition.markings.iter();
        let marking = stated.filter_map(|reference| self.meaning(&definition.source, reference));
        let marking = marking.reduce(Marking::join).or_else(|| configured(definition, access.terms));
        marking.is_none_or(|marking| access.audience.may_see(marking))
    }

    fn add(&mut self, statement: &'a Statement) {
        let Some(definition) = statement.defines else { return };
        // A definition that is delivered again can only become stricter.
        let known = self.0.entry((&*statement.source, statement.key.to_lowercase())).or_insert(definition);
        *known = (*known).max(definition);
    }

    /// Returns the level that a reference asks for; `None` where it restricts nothing.
    fn meaning(&self, source: &str, reference: &str) -> Option<Marking> {
        if let Some(marking) = fixed_meaning(reference) {
            return Some(marking);
        }
        match self.0.get(&(source, reference.to_owned())) {
            Some(Definition::Statement) => None,
            Some(Definition::Level(marking)) => Some(*marking),
            None => Some(Marking::Unknown),
        }
    }
}

/// Returns the marking that is configured for what the source of a statement leaves unmarked.
fn configured(statement: &Statement, terms: &BTreeMap<String, Terms>) -> Option<Marking> {
    let text = terms.get(&*statement.source)?.marking.as_deref()?;
    Some(Marking::parse(text).unwrap_or(Marking::Unknown))
}

/// Returns what a reference means that needs no definition.
fn fixed_meaning(reference: &str) -> Option<Marking> {
    Marking::of_definition(reference).or_else(|| Marking::parse(reference))
}
