//! The one door through which computed things see records.
//!
//! A view holds what one audience was allowed to know at one moment. A statement that the audience may not
//! see counts as absence: in a complete snapshot absence withdraws, elsewhere it says nothing. So what an
//! audience gets is the same, bit for bit, whether the hidden statement was ever made or not. `visible`
//! decides what a reader may see, `history` when the reader learned it and what of it is live.
//!
//! One exception: a rejected object whose markings cannot be read is not absent, for any audience. A
//! rejected object whose key cannot be read stops withdrawal for all: its delivery is an incomplete snapshot.

mod history;
mod visible;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Index,
    sync::Arc,
};

use rayon::prelude::*;

use crate::{
    index::RecordIndex,
    marking::Marking,
    record::{Content, Record, RecordId, Statement, Terms},
    time::Moment,
};
use visible::Visibility;

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

/// Which markings and agreements decide what a reader may see.
#[derive(Clone, Copy, Debug)]
pub struct AccessPolicy<'a> {
    /// What is agreed with each source.
    pub terms: &'a BTreeMap<String, Terms>,
    /// Who reads.
    pub audience: &'a Audience,
}

/// The time a view looks from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// Nothing recorded later is seen.
    pub told_by: Moment,
    /// The time at which validity and age are judged.
    pub at: Moment,
    /// A run of which nothing is seen, though its objects may date their records before it.
    pub without: Option<Moment>,
}

impl AsOf {
    /// Returns the as-of time of a run: recorded by then, and judged then.
    pub fn of(moment: Moment) -> Self {
        Self { told_by: moment, at: moment, without: None }
    }

    fn sees(self, statement: &Statement) -> bool {
        statement.earliest() <= self.told_by && self.counts(statement.run)
    }

    fn counts(self, run: Moment) -> bool {
        self.without != Some(run)
    }
}

/// What one audience may know from one vantage.
#[derive(Clone, Debug)]
pub struct View {
    vantage: AsOf,
    records: Vec<Record>,
    retired: Vec<Record>,
    gone: BTreeSet<Arc<str>>,
    first_runs: BTreeMap<Arc<str>, Moment>,
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
    first_run: Moment,
    returned: bool,
    marking: Marking,
    /// The key is withdrawn: this entry only dates its source.
    is_withdrawn: bool,
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
        lens: AccessPolicy<'_>,
        also: Option<AccessPolicy<'_>>,
        vantage: AsOf,
        read: impl FnOnce(&[Live]) -> Result<Vec<Arc<Content>>, E>,
    ) -> Result<Self, E> {
        let mut live = live(statements, lens, also, vantage);
        let first_runs = first_runs(statements, &live);
        live.retain(|live| !live.is_withdrawn);
        let contents = read(&live)?;
        let mut told: Vec<Record> = live
            .par_iter()
            .zip(contents)
            .map(|(live, content)| record(&statements[live.statement], live, content))
            .collect();
        // What was delivered in several places is one record, which says what it says in each of them.
        for places in told.chunk_by_mut(|a, b| a.id == b.id).filter(|places| places.len() > 1) {
            join(places);
        }
        told.dedup_by(|other, first| other.id == first.id);
        let mut view = Self {
            vantage,
            records: Vec::with_capacity(told.len()),
            retired: Vec::new(),
            gone: BTreeSet::new(),
            first_runs,
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
    /// of any analysis, and known only to tell what changed.
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

    /// Returns the as-of time of the first run in which a source delivered anything that the reader may know;
    /// `None` for an unknown source.
    pub fn first_run(&self, source: &str) -> Option<Moment> {
        self.first_runs.get(source).copied()
    }

    /// Returns from where the view looks.
    pub fn vantage(&self) -> AsOf {
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

impl Index<RecordIndex> for View {
    type Output = Record;

    fn index(&self, record: RecordIndex) -> &Record {
        &self.records[record.index()]
    }
}

fn record(statement: &Statement, live: &Live, content: Arc<Content>) -> Record {
    let digest = statement.content().expect("a live statement has content");
    Record {
        id: RecordId::new(&statement.source, &statement.key, &digest),
        source: Arc::clone(&statement.source),
        key: Arc::clone(&statement.key),
        version: statement.version.clone(),
        told: live.told,
        told_first: live.told_first,
        first_run: live.first_run,
        returned: live.returned,
        marking: live.marking,
        surroundings: statement.surroundings.digest,
        content,
    }
}

/// Returns the first run of each source, withdrawn keys included; `learned` is in order of source.
fn first_runs(statements: &[Statement], learned: &[Live]) -> BTreeMap<Arc<str>, Moment> {
    let source = |live: &Live| &statements[live.statement].source;
    let of_source = |group: &[Live]| {
        let first = group.iter().map(|live| live.first_run).min().expect("a group is not empty");
        (Arc::clone(source(&group[0])), first)
    };
    learned.chunk_by(|a, b| source(a) == source(b)).map(of_source).collect()
}

/// Makes the first of the places of one object the record of them all.
fn join(places: &mut [Record]) {
    let contents: Vec<Arc<Content>> = places.iter().map(|place| Arc::clone(&place.content)).collect();
    let Some((first, others)) = places.split_first_mut() else { return };
    first.content = Arc::new(Content::joined(&contents));
    for other in others {
        first.marking = first.marking.join(other.marking);
        // In whatever order the places come.
        first.surroundings = first.surroundings.wrapping_add(other.surroundings);
    }
}

/// Finds the live statement of each key, as the audience may know it; a withdrawn key has one entry that says so.
fn live(
    statements: &[Statement],
    policy: AccessPolicy<'_>,
    also: Option<AccessPolicy<'_>>,
    as_of: AsOf,
) -> Vec<Live> {
    let visibility = Visibility::of(statements, policy, also, as_of);
    let mut order: Vec<usize> = (0..statements.len()).collect();
    order.par_sort_by(|&a, &b| in_order(&statements[a], &statements[b]));
    let same_key = |a: &usize, b: &usize| {
        statements[*a].key == statements[*b].key && statements[*a].source == statements[*b].source
    };
    order
        .par_chunk_by(same_key)
        .flat_map_iter(|of_key| history::live(visibility.delivered(statements, of_key), as_of))
        .collect()
}

/// Returns what is live under one key for a reader who may see everything. `of_key` has the statements of
/// the key in the order of commits.
pub fn live_of_key<'a>(of_key: &[&'a Statement]) -> Vec<&'a Statement> {
    let mut of_key = of_key.to_vec();
    of_key.sort_by(|a, b| in_order(a, b));
    let newest = AsOf::of(Moment::from_micros(i64::MAX));
    let delivered = visible::delivered_to_all(&of_key);
    history::live(delivered, newest)
        .filter(|live| !live.is_withdrawn)
        .map(|live| of_key[live.statement])
        .collect()
}

/// Orders statements by source and key, by run, and within a run by what counts more.
fn in_order(a: &Statement, b: &Statement) -> std::cmp::Ordering {
    (&a.source, &a.key, a.commit)
        .cmp(&(&b.source, &b.key, b.commit))
        .then_with(|| a.content().is_some().cmp(&b.content().is_some()))
        .then_with(|| version_rank(a.version.as_deref()).cmp(&version_rank(b.version.as_deref())))
        .then_with(|| a.content().cmp(&b.content()))
        .then_with(|| (a.surroundings, &a.markings).cmp(&(b.surroundings, &b.markings)))
}

/// Orders version fields: as times where they are such, else as text.
pub fn version_rank(version: Option<&str>) -> (Option<Moment>, Option<&str>) {
    (version.and_then(Moment::parse), version)
}
