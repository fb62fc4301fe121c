//! What a run's deliveries mean to the archive: what is new, changed, repeated or withdrawn.
//!
//! Everything is compared with what was live after the runs of *earlier* moments, so
//! that a run repeated at its moment, or after a kill, counts alike.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use rayon::prelude::*;

use super::{DeliveryFact, Holdings, Kept, Origin, Reading, reading};
use crate::{
    ingest::{self, Delivery, Taken},
    record::{Digest, Mode, Statement},
    time::Moment,
};

/// How one source takes part in a run.
#[derive(Clone, Debug)]
pub struct SourceRun {
    /// How it delivers.
    pub mode: Mode,
    /// Whether its objects say themselves when we were told.
    pub told_by_object: bool,
    /// Whether everything it was to deliver was found.
    pub is_complete: bool,
}

/// Numbers of one delivery, as `deliveries` shows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// All objects delivered: the sum of the next four.
    pub delivered: u64,
    /// Taken.
    pub taken: u64,
    /// Same source, key and content: live before, or earlier in this run.
    pub duplicate: u64,
    /// Refused.
    pub rejected: u64,
    /// Set aside until a person decides.
    pub held: u64,
    /// Keys that were not live.
    pub new: u64,
    /// Keys whose content is another one.
    pub changed: u64,
    /// Of these, those under the same version field.
    pub changed_unannounced: u64,
    /// Keys live before and absent now.
    pub withdrawn: u64,
}

impl Counts {
    /// Returns the sums, number by number.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            delivered: self.delivered + other.delivered,
            taken: self.taken + other.taken,
            duplicate: self.duplicate + other.duplicate,
            rejected: self.rejected + other.rejected,
            held: self.held + other.held,
            new: self.new + other.new,
            changed: self.changed + other.changed,
            changed_unannounced: self.changed_unannounced + other.changed_unannounced,
            withdrawn: self.withdrawn + other.withdrawn,
        }
    }
}

/// What a run adds to the archive, and the numbers of its deliveries.
#[derive(Debug, Default)]
pub struct Intake {
    /// Statements to add, in order of source, key and content.
    pub kept: Vec<Kept>,
    /// Deliveries never read before.
    pub deliveries: Vec<DeliveryFact>,
    /// Snapshot sources that were stated otherwise at this moment before.
    pub restated: BTreeSet<String>,
    /// For each delivery, in the order given.
    pub counts: Vec<Counts>,
    /// What was read, with those numbers.
    pub readings: Vec<Reading>,
    /// Snapshot sources of which nothing could be withdrawn, because something was missing.
    pub incomplete: BTreeSet<String>,
}

/// Compares deliveries, in order of source and path, with what the archive holds.
pub fn intake(
    holdings: &Holdings,
    deliveries: &[Delivery],
    sources: &BTreeMap<String, SourceRun>,
    moment: Moment,
) -> Intake {
    let mut intake =
        Intake { deliveries: fresh_deliveries(holdings, deliveries, moment), ..Intake::default() };
    let mut of_sources: HashMap<&str, Vec<&Statement>> = HashMap::new();
    for statement in &holdings.statements {
        of_sources.entry(&statement.source).or_default().push(statement);
    }
    let by_source = |a: &Delivery, b: &Delivery| a.source == b.source;
    for of_source in deliveries.chunk_by(by_source) {
        let name = &of_source[0].source;
        let run = &sources[name];
        let known = of_sources.get(name.as_str()).map(Vec::as_slice).unwrap_or_default();
        let base = base_of(known, of_source, run.mode, moment);
        let mut source =
            SourceIntake { name: name.as_str().into(), run, moment, base: &base, adding: Vec::new() };
        let counts = source.count(of_source);
        intake.counts.extend(counts);
        if run.mode == Mode::Snapshot {
            if !run.is_complete || ingest::is_incomplete(of_source) {
                intake.incomplete.insert(name.clone());
            } else {
                let withdrawn = source.withdraw(of_source);
                if let Some(last) = intake.counts.last_mut() {
                    last.withdrawn = withdrawn;
                }
            }
        }
        add_source(known, source, of_source, &mut intake);
    }
    intake.readings = reading::readings(deliveries, &intake, moment, reading::mode_of(sources));
    intake
}

/// Adds a source's statements, but for those that the archive holds of this moment.
fn add_source(
    known: &[&Statement],
    mut source: SourceIntake<'_>,
    deliveries: &[Delivery],
    intake: &mut Intake,
) {
    let mut adding = std::mem::take(&mut source.adding);
    adding.par_sort_by(Adding::order);
    let files: Vec<(Arc<str>, Arc<str>)> = deliveries
        .iter()
        .map(|delivery| (delivery.digest.as_str().into(), delivery.path.as_str().into()))
        .collect();
    let mut kept: Vec<Kept> =
        adding.par_iter().map(|adding| source.kept(adding, deliveries, &files)).collect();
    drop(adding);
    let held: BTreeSet<Variant<'_>> = known
        .iter()
        .filter(|statement| statement.run == source.moment)
        .map(|statement| variant(statement))
        .collect();
    match source.run.mode {
        Mode::Snapshot if held.is_empty() && !kept.is_empty() => {}
        Mode::Snapshot => {
            if held == kept.iter().map(|kept| variant(&kept.statement)).collect() {
                return;
            }
            intake.restated.insert(source.name.to_string());
        }
        Mode::Increment if held.is_empty() => {}
        Mode::Increment => {
            kept.retain(|kept| !held.contains(&variant(&kept.statement)));
        }
    }
    if intake.kept.is_empty() {
        intake.kept = kept;
    } else {
        intake.kept.extend(kept);
    }
}

/// A statement that is to be added: what was taken, or that its key is withdrawn.
struct Adding<'a> {
    /// How the key begins: most keys are told apart by that.
    begins: u128,
    key: &'a Arc<str>,
    /// What was taken, and the position of its delivery; `None` withdraws the key.
    said: Option<(usize, &'a Taken)>,
}

impl<'a> Adding<'a> {
    fn new(key: &'a Arc<str>, said: Option<(usize, &'a Taken)>) -> Self {
        let mut begins = [0; 16];
        let length = key.len().min(begins.len());
        begins[..length].copy_from_slice(&key.as_bytes()[..length]);
        Self { begins: u128::from_be_bytes(begins), key, said }
    }

    /// Compares by key and content; what is delivered in several places stands in an order of its own,
    /// not in that of the places.
    fn order(&self, other: &Self) -> Ordering {
        fn says<'t>(adding: &Adding<'t>) -> Option<(Digest, Place<'t>)> {
            adding.said.map(|(_, taken)| (taken.content, place(taken)))
        }
        let by_key = || self.key.cmp(other.key);
        self.begins.cmp(&other.begins).then_with(by_key).then_with(|| says(self).cmp(&says(other)))
    }
}

/// What a statement says of a key, and under which markings.
type Variant<'a> = (&'a str, Option<Digest>, &'a [Arc<str>]);

fn variant(statement: &Statement) -> Variant<'_> {
    (&statement.key, statement.content, &statement.markings)
}

fn fresh_deliveries(holdings: &Holdings, deliveries: &[Delivery], moment: Moment) -> Vec<DeliveryFact> {
    let known: BTreeSet<(&str, &str, &str)> =
        holdings.deliveries.iter().map(|fact| (&*fact.source, &*fact.delivery, &*fact.path)).collect();
    let read = deliveries.iter().filter(|delivery| !delivery.digest.is_empty());
    let mut fresh: Vec<DeliveryFact> = read
        .filter(|delivery| {
            !known.contains(&(delivery.source.as_str(), delivery.digest.as_str(), delivery.path.as_str()))
        })
        .map(|delivery| DeliveryFact {
            source: delivery.source.clone(),
            delivery: delivery.digest.clone(),
            path: delivery.path.clone(),
            format: delivery.format.unwrap_or_default().to_owned(),
            told: moment,
        })
        .collect();
    fresh.sort();
    fresh.dedup();
    fresh
}

/// What was live under a key after earlier moments.
struct Base<'a> {
    live: &'a Statement,
    /// Every statement with content of the run that stated it.
    stated: Vec<&'a Statement>,
}

impl Base<'_> {
    fn content(&self) -> Digest {
        self.live.content.expect("only statements with content were kept")
    }

    /// Returns whether just these contents were stated; they stand in order.
    fn states(&self, contents: &[Digest]) -> bool {
        let mut stated: Vec<Digest> = self.stated.iter().filter_map(|statement| statement.content).collect();
        stated.sort_unstable();
        stated.dedup();
        stated == contents
    }

    fn has_stated(&self, content: Digest) -> bool {
        self.stated.iter().any(|statement| statement.content == Some(content))
    }

    /// Returns whether these contents were stated under just these markings: those that one inherits
    /// from what holds it are no part of it.
    fn marks(&self, marked: &BTreeSet<Marked<'_>>) -> bool {
        let stated = self.stated.iter().filter_map(|statement| {
            Some((statement.content?, statement.markings.iter().map(|marking| &**marking).collect()))
        });
        *marked == stated.collect()
    }
}

/// A content, and the markings under which it is stated.
type Marked<'a> = (Digest, BTreeSet<&'a str>);

/// The keys of a source before a moment.
struct Bases<'a> {
    live: BTreeMap<&'a str, Base<'a>>,
    /// Keys that were live once and are no more.
    withdrawn: BTreeSet<&'a str>,
    /// The markings that everything ever stated under a key carries; none for keys with several.
    marked: HashMap<&'a str, &'a [Arc<str>]>,
}

impl Bases<'_> {
    /// Returns whether everybody who may see this statement may see all that was stated under its key before.
    fn is_marked_alike(&self, taken: &Taken) -> bool {
        let known = self.marked.get(&*taken.key);
        known.is_some_and(|known| known.iter().map(|marking| &**marking).eq(taken.markings.iter()))
    }
}

/// Finds what was live before; for an increment under the keys that are delivered, since nothing
/// is asked of others.
fn base_of<'a>(known: &[&'a Statement], deliveries: &[Delivery], mode: Mode, moment: Moment) -> Bases<'a> {
    if known.is_empty() {
        return Bases { live: BTreeMap::new(), withdrawn: BTreeSet::new(), marked: HashMap::new() };
    }
    let taken = deliveries.iter().flat_map(|delivery| &delivery.taken);
    let delivered: HashSet<&str> = taken.map(|taken| &*taken.key).collect();
    let is_asked = |s: &&Statement| mode == Mode::Snapshot || delivered.contains(&*s.key);
    let mut statements: Vec<&Statement> =
        known.iter().copied().filter(|statement| statement.run < moment).filter(is_asked).collect();
    statements.sort_by_key(|statement| (&statement.key, statement.run));
    let mut bases = Bases { live: BTreeMap::new(), withdrawn: BTreeSet::new(), marked: HashMap::new() };
    for of_key in statements.chunk_by(|a, b| a.key == b.key) {
        let last = of_key.last().expect("a chunk is not empty").run;
        let stated: Vec<&Statement> =
            of_key.iter().copied().filter(|s| s.run == last && s.content.is_some()).collect();
        let key: &str = &of_key[0].key;
        let mut markings = of_key
            .iter()
            .filter(|statement| statement.content.is_some())
            .map(|statement| &*statement.markings);
        if let Some(first) = markings.next().filter(|first| markings.all(|other| other == *first)) {
            bases.marked.insert(key, first);
        }
        let live = stated.iter().copied().max_by_key(|s| (version_rank(s.version.as_deref()), s.content));
        match live {
            None => {
                bases.withdrawn.insert(key);
            }
            Some(live) => {
                bases.live.insert(key, Base { live, stated });
            }
        }
    }
    bases
}

/// Orders version fields: as moments where they are such, else as text.
fn version_rank(version: Option<&str>) -> (Option<Moment>, Option<&str>) {
    (version.and_then(Moment::parse), version)
}

/// What an object's meaning needs of where it stands: markings and context.
type Place<'a> = (&'a [String], Option<&'a str>);

fn place(taken: &Taken) -> Place<'_> {
    (&taken.markings, taken.context.as_deref())
}

struct SourceIntake<'a> {
    name: Arc<str>,
    run: &'a SourceRun,
    moment: Moment,
    base: &'a Bases<'a>,
    adding: Vec<Adding<'a>>,
}

impl<'a> SourceIntake<'a> {
    /// Counts each delivery of the source, noting what is to be added.
    fn count(&mut self, deliveries: &'a [Delivery]) -> Vec<Counts> {
        let stated = stated(deliveries, self.base);
        let many = deliveries.iter().map(|delivery| delivery.taken.len()).sum();
        let mut seen: HashMap<(&str, Digest), &Taken> = HashMap::with_capacity(many);
        // One object in several places, such as a cluster in two events, is stated in each of them.
        let mut places: HashSet<(&str, Digest, Place<'_>)> = HashSet::new();
        let mut counted: HashSet<&str> = HashSet::with_capacity(many);
        let mut all = Vec::with_capacity(deliveries.len());
        for (at, delivery) in deliveries.iter().enumerate() {
            let mut counts = Counts { rejected: delivery.refused(), ..Counts::default() };
            for taken in &delivery.taken {
                let key = &*taken.key;
                let base = self.base.live.get(key);
                let before = base.zip(stated.get(key));
                let first = *seen.entry((key, taken.content)).or_insert(taken);
                let is_repeated = !std::ptr::eq(first, taken);
                let is_new_place = !is_repeated
                    || (place(first) != place(taken) && places.insert((key, taken.content, place(taken))));
                // What stands as it stood, and what is said of a key whose live content stays.
                let stands = before.is_some_and(|(base, stated)| base.states(&stated.contents));
                let is_live = before.is_some_and(|(base, stated)| {
                    base.content() == taken.content
                        || (base.content() == stated.live && base.has_stated(taken.content))
                });
                if is_repeated || stands || is_live {
                    counts.duplicate += 1;
                    // Beside something else than before, or marked otherwise, it is stated anew:
                    // see `View`.
                    let is_remarked = before.is_some_and(|(base, stated)| !base.marks(&stated.marked));
                    if is_new_place && (!stands || is_remarked) {
                        self.adding.push(Adding::new(&taken.key, Some((at, taken))));
                    }
                    continue;
                }
                counts.taken += 1;
                if counted.insert(key) {
                    match base {
                        None => counts.new += 1,
                        Some(base) => {
                            counts.changed += 1;
                            counts.changed_unannounced +=
                                u64::from(base.live.version.as_deref() == taken.version.as_deref());
                        }
                    }
                }
                self.adding.push(Adding::new(&taken.key, Some((at, taken))));
            }
            counts.delivered = counts.taken + counts.duplicate + counts.rejected + counts.held;
            all.push(counts);
        }
        all
    }

    fn kept(&self, adding: &Adding<'_>, deliveries: &[Delivery], files: &[(Arc<str>, Arc<str>)]) -> Kept {
        match adding.said {
            Some((at, taken)) => self.statement(&deliveries[at], &files[at], taken),
            None => self.withdrawal(adding.key),
        }
    }

    fn statement(&self, delivery: &Delivery, file: &(Arc<str>, Arc<str>), taken: &Taken) -> Kept {
        // What was withdrawn, or said otherwise since, is told again when it is told again. Where not all
        // of that may be seen by the same, each view decides by what it sees: see `View`.
        let is_alike = self.base.is_marked_alike(taken);
        let returns = is_alike && self.base.withdrawn.contains(&*taken.key);
        let since = self.base.live.get(&*taken.key).filter(|_| is_alike).map(|base| base.live.told);
        let is_own =
            |own: &Moment| self.run.told_by_object && !returns && since.is_none_or(|since| *own > since);
        let own = taken.own_time.filter(is_own);
        Kept {
            statement: Statement {
                source: Arc::clone(&self.name),
                key: Arc::clone(&taken.key),
                content: Some(taken.content),
                version: taken.version.as_deref().map(Into::into),
                told: own.map_or(self.moment, |own| own.min(self.moment)),
                run: self.moment,
                mode: self.run.mode,
                markings: taken.markings.iter().map(|marking| marking.as_str().into()).collect(),
                defines: taken.defines,
            },
            origin: Origin {
                delivery: Arc::clone(&file.0),
                path: Arc::clone(&file.1),
                position: Arc::clone(&taken.position),
            },
            format: delivery.format,
            object: Some(Arc::clone(&taken.object)),
            context: taken.context.clone(),
        }
    }

    fn withdrawal(&self, key: &Arc<str>) -> Kept {
        let nowhere: Arc<str> = "".into();
        Kept {
            statement: Statement {
                source: Arc::clone(&self.name),
                key: Arc::clone(key),
                content: None,
                version: None,
                told: self.moment,
                run: self.moment,
                mode: Mode::Snapshot,
                markings: Vec::new(),
                defines: None,
            },
            origin: Origin { delivery: Arc::clone(&nowhere), path: Arc::clone(&nowhere), position: nowhere },
            format: None,
            object: None,
            context: None,
        }
    }

    /// Withdraws every live key that a complete snapshot no longer states.
    fn withdraw(&mut self, deliveries: &[Delivery]) -> u64 {
        let taken = deliveries.iter().flat_map(|delivery| &delivery.taken).map(|taken| &*taken.key);
        let refused = deliveries
            .iter()
            .flat_map(|delivery| &delivery.rejects)
            .filter_map(|reject| reject.object_id.as_deref());
        let present: BTreeSet<&str> = taken.chain(refused).collect();
        let live = self.base.live.values().map(|base| &base.live.key);
        let absent = live.filter(|key| !present.contains(&***key));
        let before = self.adding.len();
        self.adding.extend(absent.map(|key| Adding::new(key, None)));
        (self.adding.len() - before) as u64
    }
}

/// What a run states under one key.
struct Stated<'a> {
    /// Every content, in order.
    contents: Vec<Digest>,
    /// Every content with its markings.
    marked: BTreeSet<Marked<'a>>,
    /// The one that will be live: the highest version field, then the highest digest.
    live: Digest,
}

/// Returns what a run states under each key that was live before.
fn stated<'a>(deliveries: &'a [Delivery], base: &Bases<'_>) -> HashMap<&'a str, Stated<'a>> {
    let taken = deliveries.iter().flat_map(|delivery| &delivery.taken);
    let mut by_key: Vec<&Taken> = taken.filter(|taken| base.live.contains_key(&*taken.key)).collect();
    by_key.sort_by(|a, b| a.key.cmp(&b.key));
    let rank =
        |taken: &&&Taken| (version_rank(taken.version.as_deref()).0, taken.version.clone(), taken.content);
    by_key
        .chunk_by(|a, b| a.key == b.key)
        .map(|taken| {
            let live =
                taken.iter().max_by_key(rank).expect("a key is there because something was taken").content;
            let mut contents: Vec<Digest> = taken.iter().map(|taken| taken.content).collect();
            contents.sort_unstable();
            contents.dedup();
            let marked = taken
                .iter()
                .map(|taken| (taken.content, taken.markings.iter().map(String::as_str).collect()));
            (&*taken[0].key, Stated { contents, marked: marked.collect(), live })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_stands_in_the_order_of_its_keys() {
        let long = "a".repeat(16);
        let texts =
            ["b", "a\0b", "a", "", "a\0", "é", &long, &format!("{long}b"), &format!("{long}\0"), "ab"];
        let keys: Vec<Arc<str>> = texts.into_iter().map(Arc::from).collect();
        let mut adding: Vec<Adding<'_>> = keys.iter().map(|key| Adding::new(key, None)).collect();
        adding.sort_by(Adding::order);
        let sorted: Vec<&str> = adding.iter().map(|adding| &**adding.key).collect();
        let mut expected = texts.to_vec();
        expected.sort_unstable();
        assert_eq!(sorted, expected);
    }
}
