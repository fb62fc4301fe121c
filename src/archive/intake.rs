//! What a run's deliveries mean to the archive: what is new, changed, repeated or withdrawn.
//!
//! Counts compare with what was live after the runs of *earlier* as-of times, so that a run repeated at its
//! as-of time, or after a kill, counts alike. Which rows are kept is another question: all that a run found
//! under a key, or none of it where the last run with rows of the key found the same. So a row that one
//! reader may not see never decides what is kept for another, and `view` alone decides what rows mean.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use rayon::prelude::*;

use super::{DeliveryFact, Holdings, Kept, Origin, Reading, reading};
use crate::{
    ingest::{self, AcceptedObject, Delivery},
    marking::PARTLY_UNMARKED,
    record::{Digest, Found, Mode, Statement, Surroundings},
    time::Moment,
    view::{self, version_rank},
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
        let stated = of_sources.get(name.as_str()).map(Vec::as_slice).unwrap_or_default();
        let is_partial = run.mode == Mode::Snapshot && (!run.is_complete || ingest::is_incomplete(of_source));
        if is_partial {
            intake.incomplete.insert(name.clone());
        }
        let mode = if is_partial { Mode::Partial } else { run.mode };
        let known = Known::of(stated, of_source, mode, moment);
        let mut source =
            SourceIntake { name: name.as_str().into(), run, mode, moment, known: &known, adding: Vec::new() };
        intake.counts.extend(source.count(of_source));
        if mode == Mode::Snapshot {
            let withdrawn = source.withdraw(of_source);
            if let Some(last) = intake.counts.last_mut() {
                last.withdrawn = withdrawn;
            }
        }
        add_source(stated, source, of_source, &mut intake);
    }
    intake.readings = reading::readings(deliveries, &intake, moment, reading::mode_of(sources));
    intake
}

/// Adds a source's rows. A snapshot that is delivered again at its as-of time replaces what it stated then.
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
    if source.mode == Mode::Snapshot {
        let of_this_run = known.iter().filter(|statement| statement.run == source.moment);
        let held: BTreeSet<(&str, Mode, Variant<'_>)> =
            of_this_run.map(|statement| (&*statement.key, statement.mode, Variant::of(statement))).collect();
        let as_held = |kept: &Kept| {
            held.contains(&(&*kept.statement.key, kept.statement.mode, Variant::of(&kept.statement)))
        };
        if held.len() == kept.len() && kept.iter().all(as_held) {
            return;
        }
        if !held.is_empty() {
            intake.restated.insert(source.name.to_string());
        }
    }
    intake.kept.append(&mut kept);
}

/// A row that is to be added.
struct Adding<'a> {
    /// How the key begins: most keys are told apart by that.
    begins: u128,
    key: &'a Arc<str>,
    what: What<'a>,
}

/// What a run found under a key.
#[derive(Clone, Copy)]
enum What<'a> {
    Withdrawn,
    /// An object that could not be accepted, with its markings where they could be read.
    Rejected(Option<&'a [String]>),
    /// An accepted object, the position of its delivery, and its own time where that dates its record.
    Accepted(usize, &'a AcceptedObject, Option<Moment>),
}

impl<'a> Adding<'a> {
    fn new(key: &'a Arc<str>, what: What<'a>) -> Self {
        let mut begins = [0; 16];
        let length = key.len().min(begins.len());
        begins[..length].copy_from_slice(&key.as_bytes()[..length]);
        Self { begins: u128::from_be_bytes(begins), key, what }
    }

    /// Compares by key and by what was found; what is delivered in several places stands in an order of its
    /// own, not in that of the places.
    fn order(&self, other: &Self) -> Ordering {
        let by_key = || self.key.cmp(other.key);
        let found = |adding: &Self| adding.what.variant();
        self.begins.cmp(&other.begins).then_with(by_key).then_with(|| found(self).cmp(&found(other)))
    }
}

impl<'a> What<'a> {
    fn variant(self) -> Variant<'a> {
        let mut own_time = None;
        let (found, markings, surroundings) = match self {
            Self::Withdrawn => (Found::Withdrawn, Vec::new(), Surroundings::default()),
            Self::Rejected(markings) => {
                (Found::Rejected, rejected_markings(markings), Surroundings::default())
            }
            Self::Accepted(_, taken, own) => {
                own_time = own;
                let markings = taken.markings.iter().map(String::as_str).collect();
                (Found::Object(taken.content), markings, taken.surroundings)
            }
        };
        Variant { found, surroundings, markings, own_time }
    }
}

/// Returns the markings kept of a rejected object: none where they could not be read, so that it is there for
/// everybody; and what leaves the marking to the source where the object has none.
fn rejected_markings(markings: Option<&[String]>) -> Vec<&str> {
    match markings {
        None => Vec::new(),
        Some([]) => vec![PARTLY_UNMARKED],
        Some(markings) => markings.iter().map(String::as_str).collect(),
    }
}

/// All that decides what a row means to any reader.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Variant<'a> {
    found: Found,
    surroundings: Surroundings,
    markings: Vec<&'a str>,
    own_time: Option<Moment>,
}

impl<'a> Variant<'a> {
    fn of(statement: &'a Statement) -> Self {
        Self {
            found: statement.found,
            surroundings: statement.surroundings,
            markings: statement.markings.iter().map(|marking| &**marking).collect(),
            own_time: statement.own_time,
        }
    }
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

/// What the archive holds under one key.
struct Before<'a> {
    /// The live object after the runs of earlier as-of times, in each of its places; empty where none is.
    live: Vec<&'a Statement>,
    /// Everything that the last of those runs with anything under the key found there.
    stated: Vec<&'a Statement>,
    /// The same of the last run of all, which may have been at this as-of time or a later one.
    last: Vec<&'a Statement>,
    /// Whether no run was late with the key: the archive learned in the order of as-of times.
    is_in_order: bool,
}

impl<'a> Before<'a> {
    fn live(&self) -> Option<&Statement> {
        self.live.first().copied()
    }

    fn key(&self) -> Option<&'a Arc<str>> {
        self.last.first().map(|statement| &statement.key)
    }

    fn is_withdrawn(&self) -> bool {
        self.last.iter().all(|statement| statement.found == Found::Withdrawn)
    }
}

/// The keys of a source that the archive has rows of.
struct Known<'a>(BTreeMap<&'a str, Before<'a>>);

impl<'a> Known<'a> {
    /// Reads what is known; for other runs than complete snapshots under the keys that are delivered, since
    /// nothing is asked of others.
    fn of(stated: &[&'a Statement], deliveries: &[Delivery], mode: Mode, moment: Moment) -> Self {
        let taken = || deliveries.iter().flat_map(|delivery| &delivery.accepted);
        let delivered: HashSet<&str> =
            if mode == Mode::Snapshot { HashSet::new() } else { taken().map(|taken| &*taken.key).collect() };
        // Of this as-of time a complete snapshot replaces what it stated.
        let stays = |statement: &&Statement| mode != Mode::Snapshot || statement.run != moment;
        let is_asked = |statement: &&Statement| mode == Mode::Snapshot || delivered.contains(&*statement.key);
        let mut statements: Vec<&'a Statement> =
            stated.iter().copied().filter(|statement| is_asked(statement) && stays(statement)).collect();
        // Rows are in the order of commits, and stay so under each key.
        statements.par_sort_by(|a, b| a.key.cmp(&b.key));
        let of_keys: Vec<&[&'a Statement]> = statements.chunk_by(|a, b| a.key == b.key).collect();
        let before = |of_key: &&[&'a Statement]| {
            let earlier: Vec<&'a Statement> =
                of_key.iter().copied().filter(|statement| statement.run < moment).collect();
            let live = view::live_of_key(&earlier);
            let is_in_order = of_key.is_sorted_by_key(|statement| statement.run);
            let before =
                Before { live, stated: of_last_run(&earlier), last: of_last_run(of_key), is_in_order };
            (&*of_key[0].key, before)
        };
        Self(of_keys.par_iter().map(before).collect::<Vec<_>>().into_iter().collect())
    }
}

/// Returns the statements of the last run, and of its last commit.
fn of_last_run<'a>(statements: &[&'a Statement]) -> Vec<&'a Statement> {
    let Some(last) = statements.iter().map(|statement| (statement.run, statement.commit)).max() else {
        return Vec::new();
    };
    statements.iter().copied().filter(|statement| (statement.run, statement.commit) == last).collect()
}

/// What a run delivers under a key that the archive has rows of.
struct Now<'a> {
    /// The object that will be live: that of the highest version field, then of the highest digest.
    winner: &'a AcceptedObject,
    /// Whether the content that is live stays so, in the same surroundings.
    is_same: bool,
    /// Whether the run adds rows under the key.
    is_added: bool,
}

impl<'a> Now<'a> {
    fn of(before: &Before<'_>, taken: &[&'a AcceptedObject], is_added: bool, mode: Mode) -> Self {
        fn rank(taken: &AcceptedObject) -> (Option<Moment>, Option<&str>, Digest) {
            let (time, text) = version_rank(taken.version.as_deref());
            (time, text, taken.content)
        }
        let winner = taken.iter().copied().max_by(|a, b| rank(a).cmp(&rank(b)));
        let winner = winner.expect("something is delivered under the key");
        Self { winner, is_same: is_same(before, taken, winner.content, mode), is_added }
    }

    /// Returns whether this content says nothing that was not live, or delivered beside it, before.
    fn is_as_before(&self, before: &Before<'_>, live: Digest, content: Digest) -> bool {
        if content == live {
            return self.is_same || self.winner.content != live;
        }
        let was_stated = || before.stated.iter().any(|statement| statement.content() == Some(content));
        self.winner.content == live && was_stated()
    }
}

/// Returns whether the live content stays, and what surrounds it, too. Under an increment a holder that is
/// not delivered says nothing.
fn is_same(before: &Before<'_>, taken: &[&AcceptedObject], winner: Digest, mode: Mode) -> bool {
    if before.live().and_then(Statement::content) != Some(winner) {
        return false;
    }
    let was: BTreeSet<Surroundings> = before.live.iter().map(|statement| statement.surroundings).collect();
    let mut is = taken.iter().filter(|taken| taken.content == winner).map(|taken| taken.surroundings);
    match mode {
        Mode::Snapshot => is.collect::<BTreeSet<_>>() == was,
        Mode::Partial | Mode::Increment => is.all(|surroundings| was.contains(&surroundings)),
    }
}

/// By known key what could not be accepted under it.
type Rejected<'a> = BTreeMap<&'a str, (&'a Arc<str>, Vec<What<'a>>)>;

/// Where an object stands: markings and what surrounds it; and its own time, which may follow from that.
type Place<'a> = (&'a [String], Surroundings, Option<Moment>);

struct SourceIntake<'a> {
    name: Arc<str>,
    run: &'a SourceRun,
    /// What absence means in this run.
    mode: Mode,
    moment: Moment,
    known: &'a Known<'a>,
    adding: Vec<Adding<'a>>,
}

impl<'a> SourceIntake<'a> {
    /// Counts each delivery of the source, noting what is to be added.
    fn count(&mut self, deliveries: &'a [Delivery]) -> Vec<Counts> {
        let rejected = self.rejected(deliveries);
        let now = self.now(deliveries, &rejected);
        let many = deliveries.iter().map(|delivery| delivery.accepted.len()).sum();
        let mut seen: HashMap<(&str, Digest), &AcceptedObject> = HashMap::with_capacity(many);
        // One object in several places, such as a cluster in two events, is stated in each of them.
        let mut places: HashSet<(&str, Digest, Place<'_>)> = HashSet::new();
        let mut counted: HashSet<&str> = HashSet::with_capacity(many);
        let mut all = Vec::with_capacity(deliveries.len());
        for (at, delivery) in deliveries.iter().enumerate() {
            let mut counts = Counts { rejected: delivery.rejected(), ..Counts::default() };
            for taken in &delivery.accepted {
                let key = &*taken.key;
                let known = self.known.0.get(key).zip(now.get(key));
                let first = *seen.entry((key, taken.content)).or_insert(taken);
                let is_repeated = !std::ptr::eq(first, taken);
                let is_new_place = !is_repeated
                    || (self.place(first) != self.place(taken)
                        && places.insert((key, taken.content, self.place(taken))));
                if is_new_place && known.is_none_or(|(_, now)| now.is_added) {
                    self.adding
                        .push(Adding::new(&taken.key, What::Accepted(at, taken, self.own_time(taken))));
                }
                let live = known.and_then(|(before, now)| Some((before, now, before.live()?)));
                let is_as_before = live.is_some_and(|(before, now, live)| {
                    live.content().is_some_and(|live| now.is_as_before(before, live, taken.content))
                });
                if is_repeated || is_as_before {
                    counts.duplicate += 1;
                    continue;
                }
                counts.taken += 1;
                if counted.insert(key) {
                    match live {
                        None => counts.new += 1,
                        Some((_, now, live)) => {
                            counts.changed += 1;
                            counts.changed_unannounced +=
                                u64::from(live.version.as_deref() == now.winner.version.as_deref());
                        }
                    }
                }
            }
            counts.delivered = counts.taken + counts.duplicate + counts.rejected + counts.held;
            all.push(counts);
        }
        for (key, rejected) in rejected.into_values() {
            let alone =
                || self.known.0.get(&**key).is_some_and(|before| self.is_added(before, &[], &rejected));
            let is_added = now.get(&**key).map_or_else(alone, |now| now.is_added);
            self.adding.extend(rejected.into_iter().filter(|_| is_added).map(|what| Adding::new(key, what)));
        }
        all
    }

    /// Returns the time by which an object dates its record; `None` where the run does.
    fn own_time(&self, taken: &AcceptedObject) -> Option<Moment> {
        taken.own_time.filter(|_| self.run.told_by_object).map(|own| own.min(self.moment))
    }

    fn place<'t>(&self, taken: &'t AcceptedObject) -> Place<'t> {
        (&taken.markings, taken.surroundings, self.own_time(taken))
    }

    /// Returns whether a run means anything to anybody under a key: whether it found something else there than
    /// the last run that has rows of it. All of its rows are then kept, since what one reader may not see
    /// decides nothing for the others.
    fn is_added(&self, before: &Before<'_>, taken: &[&AcceptedObject], rejected: &[What<'_>]) -> bool {
        // What a complete snapshot states says more than the same without it. And where a run was late, the
        // last one need not be what came before for everybody.
        let was_whole = before.last.iter().all(|statement| statement.mode == Mode::Snapshot);
        let is_late = before.last.iter().any(|statement| statement.run > self.moment);
        if (self.mode == Mode::Snapshot && !was_whole) || is_late || !before.is_in_order {
            return true;
        }
        let accepted = taken.iter().map(|taken| What::Accepted(0, taken, self.own_time(taken)));
        let mut now: Vec<Variant<'_>> = accepted.chain(rejected.iter().copied()).map(What::variant).collect();
        let mut last: Vec<Variant<'_>> = before.last.iter().map(|statement| Variant::of(statement)).collect();
        for variants in [&mut now, &mut last] {
            variants.sort_unstable();
            variants.dedup();
        }
        now != last
    }

    /// Returns the known keys under which an object could not be accepted: a complete snapshot that has them
    /// does not withdraw them.
    fn rejected(&self, deliveries: &'a [Delivery]) -> Rejected<'a> {
        let mut rejected = Rejected::new();
        if self.mode != Mode::Snapshot {
            return rejected;
        }
        for reject in deliveries.iter().flat_map(|delivery| &delivery.rejects) {
            let known = reject.object_id.as_deref().and_then(|id| self.known.0.get(id));
            let Some(key) = known.and_then(Before::key) else { continue };
            let what = What::Rejected(reject.markings.as_deref());
            let (_, rejected) = rejected.entry(&**key).or_insert((key, Vec::new()));
            if rejected.iter().all(|known| known.variant() != what.variant()) {
                rejected.push(what);
            }
        }
        rejected
    }

    /// Returns what is delivered under each known key.
    fn now(&self, deliveries: &'a [Delivery], rejected: &Rejected<'a>) -> HashMap<&'a str, Now<'a>> {
        let taken = deliveries.iter().flat_map(|delivery| &delivery.accepted);
        let mut of_known: Vec<&AcceptedObject> =
            taken.filter(|taken| self.known.0.contains_key(&*taken.key)).collect();
        of_known.par_sort_by(|a, b| a.key.cmp(&b.key));
        let of_keys: Vec<&[&'a AcceptedObject]> = of_known.chunk_by(|a, b| a.key == b.key).collect();
        let now = |taken: &&[&'a AcceptedObject]| {
            let key = &*taken[0].key;
            let before = self.known.0.get(key)?;
            let rejected = rejected.get(key).map_or(&[][..], |(_, rejected)| rejected);
            let is_added = self.is_added(before, taken, rejected);
            Some((key, Now::of(before, taken, is_added, self.mode)))
        };
        of_keys.par_iter().filter_map(now).collect()
    }

    fn kept(&self, adding: &Adding<'_>, deliveries: &[Delivery], files: &[(Arc<str>, Arc<str>)]) -> Kept {
        let Variant { found, surroundings, markings, own_time } = adding.what.variant();
        let nowhere: Arc<str> = "".into();
        let mut statement = Statement {
            source: Arc::clone(&self.name),
            key: Arc::clone(adding.key),
            found,
            version: None,
            own_time,
            run: self.moment,
            // Given when it is read: a row knows no other.
            commit: 0,
            mode: self.mode,
            markings: markings.into_iter().map(Into::into).collect(),
            defines: None,
            surroundings,
        };
        let What::Accepted(at, taken, _) = adding.what else {
            let origin =
                Origin { delivery: Arc::clone(&nowhere), path: Arc::clone(&nowhere), position: nowhere };
            return Kept { statement, origin, format: None, object: None, context: None };
        };
        statement.version = taken.version.as_deref().map(Into::into);
        statement.defines = taken.defines;
        let (delivery, path) = files[at].clone();
        Kept {
            statement,
            origin: Origin { delivery, path, position: Arc::clone(&taken.position) },
            format: deliveries[at].format,
            object: Some(Arc::clone(&taken.object)),
            context: taken.context.clone(),
        }
    }

    /// Withdraws every key that a complete snapshot no longer states; returns how many were live.
    fn withdraw(&mut self, deliveries: &[Delivery]) -> u64 {
        let taken = deliveries.iter().flat_map(|delivery| &delivery.accepted).map(|taken| &*taken.key);
        let rejected = deliveries
            .iter()
            .flat_map(|delivery| &delivery.rejects)
            .filter_map(|reject| reject.object_id.as_deref());
        let present: BTreeSet<&str> = taken.chain(rejected).collect();
        let mut withdrawn = 0;
        for (_, before) in self.known.0.iter().filter(|(key, _)| !present.contains(*key)) {
            withdrawn += u64::from(before.live().is_some());
            if let Some(key) = before.key().filter(|_| !before.is_withdrawn()) {
                self.adding.push(Adding::new(key, What::Withdrawn));
            }
        }
        withdrawn
    }
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
        let mut adding: Vec<Adding<'_>> = keys.iter().map(|key| Adding::new(key, What::Withdrawn)).collect();
        adding.sort_by(Adding::order);
        let sorted: Vec<&str> = adding.iter().map(|adding| &**adding.key).collect();
        let mut expected = texts.to_vec();
        expected.sort_unstable();
        assert_eq!(sorted, expected);
    }
}
