//! The one door through which computed things see records.
//!
//! A view holds what one audience was allowed to know at one moment. A statement that
//! the audience may not see counts as absence: in a snapshot absence withdraws, in an
//! increment it says nothing. So what an audience gets is the same, bit for bit,
//! whether the hidden statement was ever made or not.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    marking::Marking,
    record::{Content, Definition, Mode, Record, RecordId, Statement, Terms},
    time::Moment,
};

/// A reader of a night, and what it is cleared for.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Audience {
    /// Name, also of its folder in a night.
    pub name: String,
    /// Strictest TLP it may see; `None` sees everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clearance: Option<String>,
    /// What it reads for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purposes: Vec<String>,
}

impl Audience {
    /// Returns the audience of a deployment that names none: it sees everything.
    pub fn all() -> Self {
        Self { name: "all".to_owned(), clearance: None, purposes: Vec::new() }
    }

    fn may_see(&self, marking: Marking) -> bool {
        match &self.clearance {
            None => true,
            // A clearance that is not understood admits nothing.
            Some(text) => Marking::parse(text).is_some_and(|clearance| marking.admits(clearance)),
        }
    }
}

/// From where a view looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vantage {
    /// Nothing told later is seen.
    pub told_by: Moment,
    /// The moment at which validity and age are judged.
    pub at: Moment,
}

/// What one audience may know from one vantage.
#[derive(Debug)]
pub struct View {
    vantage: Vantage,
    records: Vec<Record>,
    retracted: Vec<Record>,
    gone: BTreeSet<Arc<str>>,
    terms: BTreeMap<String, Terms>,
}

/// A statement that is live in a view, before its content is read.
#[derive(Clone, Copy, Debug)]
pub struct Live {
    /// Position in the list of statements.
    pub statement: usize,
    told_first: Moment,
    returned: bool,
    marking: Marking,
}

impl View {
    /// Opens a view on `statements`; `read` brings the content of those that are live.
    ///
    /// Records stand in the order of source and key. Revoked and expired ones are left
    /// out, and their keys kept, so that nothing built from links brings them back.
    pub fn open<E>(
        statements: &[Statement],
        terms: &BTreeMap<String, Terms>,
        audience: &Audience,
        vantage: Vantage,
        read: impl FnOnce(&[Live]) -> Result<Vec<Arc<Content>>, E>,
    ) -> Result<Self, E> {
        let live = live(statements, terms, audience, vantage.told_by);
        let contents = read(&live)?;
        let mut view = Self {
            vantage,
            records: Vec::new(),
            retracted: Vec::new(),
            gone: BTreeSet::new(),
            terms: terms.clone(),
        };
        for (live, content) in live.iter().zip(contents) {
            let record = record(&statements[live.statement], live, content);
            if record.content.retracted {
                view.gone.insert(Arc::clone(&record.key));
                view.retracted.push(record);
            } else if record.content.expires.is_some_and(|expires| expires <= vantage.at) {
                view.gone.insert(record.key);
            } else {
                view.records.push(record);
            }
        }
        for record in &view.records {
            view.gone.remove(&record.key);
        }
        Ok(view)
    }

    /// Returns the records, in order of source and key.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Returns what its source states and calls revoked or deprecated: no part of any
    /// survey, and known only to tell what changed.
    pub fn retracted(&self) -> &[Record] {
        &self.retracted
    }

    /// Returns from where the view looks.
    pub fn vantage(&self) -> Vantage {
        self.vantage
    }

    /// Returns whether the object of that key was revoked or has expired, and nobody
    /// states it any more.
    pub fn is_gone(&self, key: &str) -> bool {
        self.gone.contains(key)
    }

    /// Returns the terms of a source; the default ones where none are configured.
    pub fn terms(&self, source: &str) -> Terms {
        self.terms.get(source).cloned().unwrap_or_default()
    }
}

fn record(statement: &Statement, live: &Live, content: Arc<Content>) -> Record {
    let digest = statement.content.expect("a live statement has content");
    Record {
        id: RecordId::new(&statement.source, &statement.key, &digest),
        source: Arc::clone(&statement.source),
        key: Arc::clone(&statement.key),
        version: statement.version.clone(),
        told: statement.told,
        told_first: live.told_first,
        returned: live.returned,
        marking: live.marking,
        content,
    }
}

/// Finds the live statement of each key, as the audience may know it.
fn live(
    statements: &[Statement],
    terms: &BTreeMap<String, Terms>,
    audience: &Audience,
    told_by: Moment,
) -> Vec<Live> {
    let definitions = Definitions::of(statements, told_by);
    let mut order: Vec<usize> = (0..statements.len()).filter(|&at| statements[at].told <= told_by).collect();
    order.sort_by(|&a, &b| in_order(&statements[a], &statements[b]));
    let same_key = |a: &usize, b: &usize| {
        statements[*a].key == statements[*b].key && statements[*a].source == statements[*b].source
    };
    order
        .chunk_by(same_key)
        .filter_map(|of_key| live_of_key(statements, of_key, terms, audience, &definitions))
        .collect()
}

/// Orders statements by source and key, then by what overrides what.
fn in_order(a: &Statement, b: &Statement) -> std::cmp::Ordering {
    let version = |s: &Statement| s.version.as_deref().map(|text| (Moment::parse(text), text.to_owned()));
    (&a.source, &a.key, a.told, a.run)
        .cmp(&(&b.source, &b.key, b.told, b.run))
        .then_with(|| a.content.is_some().cmp(&b.content.is_some()))
        .then_with(|| version(a).cmp(&version(b)))
        .then_with(|| a.content.cmp(&b.content))
}

fn live_of_key(
    statements: &[Statement],
    of_key: &[usize],
    terms: &BTreeMap<String, Terms>,
    audience: &Audience,
    definitions: &Definitions<'_>,
) -> Option<Live> {
    let mut live: Option<Live> = None;
    let mut told_first = None;
    let mut was_withdrawn = false;
    for &at in of_key {
        let statement = &statements[at];
        let marking = marking_of(statement, terms, definitions);
        let hidden = !audience.may_see(marking);
        if statement.content.is_none() || (hidden && statement.mode == Mode::Snapshot) {
            was_withdrawn |= live.take().is_some();
        } else if !hidden {
            let told_first = *told_first.get_or_insert(statement.told);
            live = Some(Live { statement: at, told_first, returned: was_withdrawn, marking });
        }
    }
    live
}

/// Returns the join of an object's markings; where none restricts it, what is
/// configured for its source.
fn marking_of(
    statement: &Statement,
    terms: &BTreeMap<String, Terms>,
    definitions: &Definitions<'_>,
) -> Marking {
    let stated = statement
        .markings
        .iter()
        .filter_map(|reference| definitions.meaning(&statement.source, reference))
        .reduce(Marking::join);
    stated.unwrap_or_else(|| {
        let configured = terms.get(&*statement.source).and_then(|terms| terms.marking.as_deref());
        configured.map_or(Marking::Unmarked, |text| Marking::parse(text).unwrap_or(Marking::Unknown))
    })
}

/// What marking definitions were known to mean.
struct Definitions<'a> {
    by_source: BTreeMap<(&'a str, &'a str), Definition>,
    by_id: BTreeMap<&'a str, Definition>,
}

impl<'a> Definitions<'a> {
    fn of(statements: &'a [Statement], told_by: Moment) -> Self {
        let mut definitions = Self { by_source: BTreeMap::new(), by_id: BTreeMap::new() };
        for statement in statements.iter().filter(|statement| statement.told <= told_by) {
            let Some(definition) = statement.defines else { continue };
            // Whoever redefines a marking can only make it stricter.
            let own = definitions.by_source.entry((&statement.source, &statement.key)).or_insert(definition);
            *own = (*own).max(definition);
            let any = definitions.by_id.entry(&statement.key).or_insert(definition);
            *any = (*any).max(definition);
        }
        definitions
    }

    /// Returns the level that a reference asks for; `None` where it restricts nothing.
    fn meaning(&self, source: &str, reference: &str) -> Option<Marking> {
        if let Some(marking) = Marking::of_definition(reference).or_else(|| Marking::parse(reference)) {
            return Some(marking);
        }
        match self.by_source.get(&(source, reference)).or_else(|| self.by_id.get(reference)) {
            Some(Definition::Statement) => None,
            Some(Definition::Level(marking)) => Some(*marking),
            None => Some(Marking::Unknown),
        }
    }
}
