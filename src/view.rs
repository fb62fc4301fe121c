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

use rayon::prelude::*;

use crate::{
    marking::{Marking, PARTLY_UNMARKED},
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

/// By which rules a statement is visible.
#[derive(Clone, Copy, Debug)]
pub struct Lens<'a> {
    /// What is agreed with each source.
    pub terms: &'a BTreeMap<String, Terms>,
    /// Who looks.
    pub audience: &'a Audience,
}

/// From where a view looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vantage {
    /// Nothing told later is seen.
    pub told_by: Moment,
    /// The moment at which validity and age are judged.
    pub at: Moment,
    /// A run of which nothing is seen, though its objects may say that they were told before.
    pub without: Option<Moment>,
}

impl Vantage {
    /// Returns the vantage of a night: told by then, and judged then.
    pub fn of(moment: Moment) -> Self {
        Self { told_by: moment, at: moment, without: None }
    }

    fn sees(self, statement: &Statement) -> bool {
        statement.told <= self.told_by && self.counts(statement)
    }

    fn counts(self, statement: &Statement) -> bool {
        self.without != Some(statement.run)
    }
}

/// What one audience may know from one vantage.
#[derive(Clone, Debug)]
pub struct View {
    vantage: Vantage,
    records: Vec<Record>,
    retired: Vec<Record>,
    gone: BTreeSet<Arc<str>>,
    terms: BTreeMap<String, Terms>,
    no_terms: Terms,
}

/// A statement that is live in a view, before its content is read.
#[derive(Clone, Copy, Debug)]
pub struct Live {
    /// Position in the list of statements.
    pub statement: usize,
    told: Moment,
    told_first: Moment,
    returned: bool,
    marking: Marking,
}

impl View {
    /// Opens a view on `statements`; `read` brings the content of those that are live.
    ///
    /// What is visible must be so through the lens, and through `also` where two nights
    /// are compared: what a reader may no longer know is not told to it as a change.
    /// Records stand in the order of source and key. Revoked and expired ones are set
    /// aside, and their keys kept, so that nothing built from links brings them back.
    pub fn open<E>(
        statements: &[Statement],
        lens: Lens<'_>,
        also: Option<Lens<'_>>,
        vantage: Vantage,
        read: impl FnOnce(&[Live]) -> Result<Vec<Arc<Content>>, E>,
    ) -> Result<Self, E> {
        let live = live(statements, lens, also, vantage);
        let contents = read(&live)?;
        let mut told: Vec<Record> = live
            .par_iter()
            .zip(contents)
            .map(|(live, content)| record(&statements[live.statement], live, content))
            .collect();
        // What was delivered in several places is one record, which says what it says in each of them.
        told.dedup_by(|other, first| {
            let is_one = other.id == first.id;
            if is_one {
                Arc::make_mut(&mut first.content).add(&other.content);
                first.marking = first.marking.join(other.marking);
            }
            is_one
        });
        let mut view = Self {
            vantage,
            records: Vec::with_capacity(told.len()),
            retired: Vec::new(),
            gone: BTreeSet::new(),
            terms: lens.terms.clone(),
            no_terms: Terms::default(),
        };
        for record in told {
            if record.content.is_retired(vantage.at) {
                view.gone.insert(Arc::clone(&record.key));
                view.retired.push(record);
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

    /// Returns what its source states and what is revoked, deprecated or expired: no part
    /// of any survey, and known only to tell what changed.
    pub fn retired(&self) -> &[Record] {
        &self.retired
    }

    /// Returns the view as it judges validity at another moment; the view as it is where something would
    /// expire, or be in force again.
    pub fn still(mut self, at: Moment) -> Result<Self, Box<Self>> {
        let is_retired = |record: &Record| record.content.is_retired(at);
        if self.records.iter().any(is_retired) || !self.retired.iter().all(is_retired) {
            return Err(Box::new(self));
        }
        self.vantage.at = at;
        Ok(self)
    }

    /// Returns the view as it would be without some records.
    #[must_use]
    pub fn without(&self, records: &BTreeSet<RecordId>) -> Self {
        let mut fewer = self.clone();
        fewer.records.retain(|record| !records.contains(&record.id));
        fewer
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
    pub fn terms(&self, source: &str) -> &Terms {
        self.terms.get(source).unwrap_or(&self.no_terms)
    }
}

fn record(statement: &Statement, live: &Live, content: Arc<Content>) -> Record {
    let digest = statement.content.expect("a live statement has content");
    Record {
        id: RecordId::new(&statement.source, &statement.key, &digest),
        source: Arc::clone(&statement.source),
        key: Arc::clone(&statement.key),
        version: statement.version.clone(),
        told: live.told,
        told_first: live.told_first,
        returned: live.returned,
        marking: live.marking,
        content,
    }
}

/// Finds the live statement of each key, as the audience may know it.
fn live(statements: &[Statement], lens: Lens<'_>, also: Option<Lens<'_>>, vantage: Vantage) -> Vec<Live> {
    let sight =
        Sight { lens, also, definitions: Definitions::of(statements, vantage), told_by: vantage.told_by };
    let mut order: Vec<usize> = (0..statements.len()).filter(|&at| vantage.counts(&statements[at])).collect();
    order.par_sort_by(|&a, &b| in_order(&statements[a], &statements[b]));
    let same_key = |a: &usize, b: &usize| {
        statements[*a].key == statements[*b].key && statements[*a].source == statements[*b].source
    };
    order.par_chunk_by(same_key).flat_map_iter(|of_key| live_of_key(statements, of_key, &sight)).collect()
}

/// Orders statements by source and key, then by what overrides what.
fn in_order(a: &Statement, b: &Statement) -> std::cmp::Ordering {
    fn version(statement: &Statement) -> Option<(Option<Moment>, &str)> {
        statement.version.as_deref().map(|text| (Moment::parse(text), text))
    }
    (&a.source, &a.key, a.run)
        .cmp(&(&b.source, &b.key, b.run))
        .then_with(|| a.content.is_some().cmp(&b.content.is_some()))
        .then_with(|| version(a).cmp(&version(b)))
        .then_with(|| a.content.cmp(&b.content))
}

/// Returns what is live under one key: the last visible statement, and with it those of the same run that
/// state the same content elsewhere.
fn live_of_key(
    statements: &[Statement],
    of_key: &[usize],
    sight: &Sight<'_>,
) -> impl Iterator<Item = Live> + use<> {
    let seen: Vec<Option<Marking>> =
        of_key.iter().map(|&at| sight.marking_if_visible(&statements[at])).collect();
    // A run that states the key visibly, too, does not withdraw it by what it hides.
    let shown: BTreeSet<Moment> = of_key
        .iter()
        .zip(&seen)
        .filter(|(_, marking)| marking.is_some())
        .map(|(&at, _)| statements[at].run)
        .collect();
    let mut live: Option<Live> = None;
    let mut elsewhere: Vec<Live> = Vec::new();
    let mut told_first = None;
    let mut was_withdrawn = false;
    // When something was told last, at all and by earlier runs; and whether the run at hand brings the key back.
    let (mut latest, mut before, mut is_back, mut run) = (None, None, false, None);
    for (&at, marking) in of_key.iter().zip(seen) {
        let statement = &statements[at];
        // What dates itself before what was told already, or comes back, was told by the run that told it.
        if run.replace(statement.run) != Some(statement.run) {
            (before, is_back) = (latest, live.is_none() && was_withdrawn);
        }
        let is_again = is_back || before.is_some_and(|before| statement.told <= before);
        let told = if is_again || marking.is_none() { statement.run } else { statement.told };
        if told > sight.told_by {
            continue;
        }
        match marking {
            Some(marking) => {
                latest = latest.max(Some(told));
                let told_first = *told_first.get_or_insert(told);
                // Said again in the same words: it was told when it was told first.
                let said_before = live.filter(|live| statements[live.statement].content == statement.content);
                let (told, returned) =
                    said_before.map_or((told, was_withdrawn), |live| (live.told, live.returned));
                match said_before {
                    Some(live) if statements[live.statement].run == statement.run => elsewhere.push(live),
                    _ => elsewhere.clear(),
                }
                live = Some(Live { statement: at, told, told_first, returned, marking });
            }
            None if statement.content.is_none()
                || (statement.mode == Mode::Snapshot && !shown.contains(&statement.run)) =>
            {
                was_withdrawn |= live.take().is_some();
                elsewhere.clear();
            }
            None => {}
        }
    }
    elsewhere.into_iter().chain(live)
}

/// What a reader can see.
struct Sight<'a> {
    lens: Lens<'a>,
    also: Option<Lens<'a>>,
    definitions: Definitions<'a>,
    told_by: Moment,
}

impl Sight<'_> {
    /// Returns a statement's marking; `None` where it withdraws, or may not be seen.
    fn marking_if_visible(&self, statement: &Statement) -> Option<Marking> {
        statement.content?;
        let through = |lens: Lens<'_>| {
            let marking = self.marking(statement, lens.terms);
            lens.audience.may_see(marking).then_some(marking)
        };
        let marking = through(self.lens)?;
        if let Some(also) = self.also {
            through(also)?;
        }
        Some(marking)
    }

    /// Returns the join of an object's markings; where none restricts it, what is
    /// configured for its source.
    fn marking(&self, statement: &Statement, terms: &BTreeMap<String, Terms>) -> Marking {
        let configured = || {
            let configured = terms.get(&*statement.source).and_then(|terms| terms.marking.as_deref());
            configured.map_or(Marking::Unmarked, |text| Marking::parse(text).unwrap_or(Marking::Unknown))
        };
        let stated = statement.markings.iter().filter_map(|reference| match &**reference {
            PARTLY_UNMARKED => Some(configured()),
            reference => self.definitions.meaning(&statement.source, reference),
        });
        stated.reduce(Marking::join).unwrap_or_else(configured)
    }
}

/// What a source's own marking definitions were known to mean, by source and lower-cased
/// id. Another source's definition opens nothing.
struct Definitions<'a>(BTreeMap<(&'a str, String), Definition>);

impl<'a> Definitions<'a> {
    fn of(statements: &'a [Statement], vantage: Vantage) -> Self {
        let mut definitions = BTreeMap::new();
        for statement in statements.iter().filter(|statement| vantage.sees(statement)) {
            let Some(definition) = statement.defines else { continue };
            // A definition that is told again can only become stricter.
            let known =
                definitions.entry((&*statement.source, statement.key.to_lowercase())).or_insert(definition);
            *known = (*known).max(definition);
        }
        Self(definitions)
    }

    /// Returns the level that a reference asks for; `None` where it restricts nothing.
    fn meaning(&self, source: &str, reference: &str) -> Option<Marking> {
        if let Some(marking) = Marking::of_definition(reference).or_else(|| Marking::parse(reference)) {
            return Some(marking);
        }
        match self.0.get(&(source, reference.to_owned())) {
            Some(Definition::Statement) => None,
            Some(Definition::Level(marking)) => Some(*marking),
            None => Some(Marking::Unknown),
        }
    }
}
