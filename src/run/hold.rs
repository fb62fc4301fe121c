//! Limits of sources: the files of a run that are held, and the accepted files that it reads.
//!
//! A file, or all files of a source in a run, are held if they exceed a limit of the key `hold`. The run goes on with the last
//! good state of the source. An accepted file is read once by the next run, past the limits:
//!
//! | Mode | Tonight's files | Accepted copy |
//! |---|---|---|
//! | increment | any | is read, too |
//! | snapshot | within the limits, or within them compared with the accepted copies | is replaced: the newest files win |
//! | snapshot | held again, or absent | is read in their place |

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{config::Hold, error::RunError, inputs::Plan};
use crate::{
    archive::{
        Archive, ArchiveContents, CopyError, Exceeded, HeldDelivery, HeldEntry, LimitKind, SourceDelivery,
        live_keys,
    },
    ingest::{self, Delivery, Input, Location, Reject, RejectRule, Status},
    record::Mode,
    time::Moment,
};

/// An accepted copy that a run reads.
#[derive(Clone, Debug)]
pub struct AcceptedCopy {
    /// The copy, with the path of the delivered file.
    pub input: Input,
    /// The held delivery.
    pub entry: HeldEntry,
}

/// Returns the accepted copies that a run reads. `ignored` returns the patterns of a source.
pub(super) fn accepted_copies(
    archive: &Archive,
    as_of: Moment,
    ignored: &dyn Fn(&str) -> ingest::Ignore,
) -> Result<Vec<AcceptedCopy>, RunError> {
    let read = archive.held()?.into_iter().filter(|entry| entry.is_read_at(as_of));
    let copy = |entry: HeldEntry| {
        let HeldDelivery { source, path, delivery, .. } = entry.held.clone();
        let location = Location::File { path: archive.held_copy(&delivery), ignore: ignored(&source) };
        AcceptedCopy { input: Input { source, path, location, pseudonyms: None }, entry }
    };
    Ok(read.map(copy).collect())
}

/// Inputs of a run about whose bytes a person decided, and the other ones.
pub(super) struct Decided {
    /// Inputs to read, in order of source and path.
    pub(super) inputs: Vec<Input>,
    /// Positions in `inputs` of accepted bytes, which no limit concerns.
    exempt: BTreeSet<(String, String)>,
    /// Digests of accepted bytes among the inputs, with their source.
    accepted: BTreeSet<(String, String)>,
    /// Deliveries of rejected bytes, which are not read.
    pub(super) rejected: Vec<Delivery>,
}

impl Decided {
    /// Digests each input that has the size of a decided file, and looks up its decision.
    pub(super) fn of(archive: &Archive, inputs: &[Input]) -> Result<Self, RunError> {
        let decisions = archive.held_decisions()?;
        let sizes: BTreeSet<(&str, u64)> =
            decisions.values().map(|decision| (&*decision.source, decision.bytes)).collect();
        let mut decided = Self {
            inputs: Vec::new(),
            exempt: BTreeSet::new(),
            accepted: BTreeSet::new(),
            rejected: Vec::new(),
        };
        for input in inputs {
            let is_like = size_of(input).is_some_and(|size| sizes.contains(&(&input.source, size)));
            let digest = if is_like { ingest::stored_digest(&input.location) } else { None };
            let id = digest.as_ref().map(|digest| HeldDelivery::id_of(&input.source, digest));
            match (id.and_then(|id| decisions.get(&id)), digest) {
                (Some(decision), Some(digest)) if !decision.is_accepted => {
                    let reason = format!("a person rejected these bytes ({})", decision.id);
                    let cause = Reject::new(RejectRule::HeldRejected, reason);
                    decided.rejected.push(Delivery::rejected_unread(
                        &input.source,
                        &input.path,
                        digest,
                        cause,
                    ));
                    continue;
                }
                (Some(_), Some(digest)) => {
                    decided.exempt.insert((input.source.clone(), input.path.clone()));
                    decided.accepted.insert((input.source.clone(), digest));
                }
                _ => {}
            }
            decided.inputs.push(input.clone());
        }
        Ok(decided)
    }

    /// Returns whether the files of a source must be read, even if an earlier run read the same files.
    pub(super) fn concerns(&self, source: &str) -> bool {
        self.rejected.iter().any(|delivery| delivery.source == source)
    }

    /// Returns whether an input has accepted bytes.
    pub(super) fn is_exempt(&self, input: &Input) -> bool {
        self.exempt.contains(&(input.source.clone(), input.path.clone()))
    }

    /// Returns the accepted copies whose bytes are not among the inputs.
    pub(super) fn copies_to_read<'a>(&self, copies: &'a [AcceptedCopy]) -> Vec<&'a AcceptedCopy> {
        let is_delivered = |copy: &AcceptedCopy| {
            self.accepted.contains(&(copy.input.source.clone(), copy.entry.held.delivery.clone()))
        };
        copies.iter().filter(|copy| !is_delivered(copy)).collect()
    }
}

fn size_of(input: &Input) -> Option<u64> {
    match &input.location {
        Location::File { path, .. } => std::fs::metadata(path).ok().map(|metadata| metadata.len()),
        Location::Bytes(bytes) => Some(bytes.len() as u64),
        Location::Ignored { .. } | Location::Failed(_) => None,
    }
}

/// Deliveries of a run after its limits.
#[derive(Default)]
pub(super) struct Sorted {
    /// Deliveries to record, in order of source and path.
    pub(super) deliveries: Vec<Delivery>,
    /// Deliveries that are held.
    pub(super) held: Vec<Delivery>,
    /// Held files of each source with limits.
    pub(super) lists: BTreeMap<String, Vec<HeldDelivery>>,
    /// Ids of the accepted files that are read or replaced.
    pub(super) settled: BTreeSet<String>,
    /// Mode and completeness of each source.
    pub(super) sources: BTreeMap<String, SourceDelivery>,
}

/// Everything that decides about the files of a run.
#[derive(Clone, Copy)]
pub(super) struct HoldContext<'a> {
    pub(super) archive: &'a Archive,
    pub(super) contents: &'a ArchiveContents,
    pub(super) plan: &'a Plan,
    pub(super) decided: &'a Decided,
    /// Every held delivery of the archive.
    pub(super) known: &'a [HeldEntry],
    pub(super) as_of: Moment,
}

impl HoldContext<'_> {
    /// Returns the ids of the files that were held in an earlier run, from source and digest.
    pub(super) fn known_ids<'f>(&self, files: impl Iterator<Item = (&'f str, &'f str)>) -> BTreeSet<String> {
        let known: BTreeSet<&str> = self.known.iter().map(|entry| &*entry.held.id).collect();
        let ids = files.map(|(source, digest)| HeldDelivery::id_of(source, digest));
        ids.filter(|id| known.contains(&**id)).collect()
    }

    /// Returns whether a run read the bytes of a source before.
    fn is_read_before(&self, source: &str, digest: &str) -> bool {
        let deliveries = &self.contents.deliveries;
        deliveries.iter().any(|delivery| delivery.source == source && delivery.delivery == digest)
    }
}

/// Decides about the deliveries of a run, and sets the held files aside. `copies` are the accepted copies with what was read
/// of them.
pub(super) fn sort(
    context: HoldContext<'_>,
    tonight: Vec<Delivery>,
    copies: Vec<(&AcceptedCopy, Vec<Delivery>)>,
) -> Result<Sorted, RunError> {
    let mut sorted = Sorted { sources: context.plan.sources.clone(), ..Sorted::default() };
    let mut by_source: BTreeMap<String, Vec<Delivery>> = BTreeMap::new();
    for delivery in tonight {
        by_source.entry(delivery.source.clone()).or_default().push(delivery);
    }
    let mut copies_by_source: BTreeMap<String, Vec<(&AcceptedCopy, Vec<Delivery>)>> = BTreeMap::new();
    for copy in copies {
        copies_by_source.entry(copy.0.input.source.clone()).or_default().push(copy);
    }
    for name in context.plan.sources.keys() {
        let deliveries = by_source.remove(name).unwrap_or_default();
        let copies = copies_by_source.remove(name).unwrap_or_default();
        sort_source(context, name, deliveries, copies, &mut sorted)?;
    }
    sorted.deliveries.extend(by_source.into_values().flatten());
    sorted.deliveries.sort_by(|a, b| (&a.source, &a.path, &a.digest).cmp(&(&b.source, &b.path, &b.digest)));
    Ok(sorted)
}

fn sort_source(
    context: HoldContext<'_>,
    name: &str,
    deliveries: Vec<Delivery>,
    copies: Vec<(&AcceptedCopy, Vec<Delivery>)>,
    sorted: &mut Sorted,
) -> Result<(), RunError> {
    let source = &context.plan.sources[name];
    let hold = context.plan.holds.get(name).copied().unwrap_or_default();
    let mut files = files(context, name, &deliveries);
    exceed_objects(hold, &mut files);
    if files.iter().all(|file| file.exceeded.is_none())
        && let Some(exceeded) =
            exceeded_by_source(context, (name, source), hold, (&deliveries, &files), &copies)
    {
        // All files of a snapshot belong together. In an increment, files that were read before stay as they are.
        let is_concerned = |file: &&mut File<'_>| {
            let is_snapshot = source.mode == Mode::Snapshot;
            file.is_read && !file.is_exempt && (is_snapshot || !context.is_read_before(name, &file.digest))
        };
        files.iter_mut().filter(is_concerned).for_each(|file| file.exceeded = Some(exceeded));
    }
    let mut list = Vec::new();
    for file in &mut files {
        let Some(exceeded) = file.exceeded else { continue };
        let held = file.held(name, exceeded);
        if !held.has_copy {
            list.push(held);
            continue;
        }
        match context.archive.keep_held_copy(&file.input.location, &held.delivery, held.bytes) {
            Ok(()) => list.push(held),
            Err(CopyError::Archive(error)) => return Err(error.into()),
            Err(error) => file.failure = Some(error),
        }
    }
    let is_readable = |file: &File<'_>| file.is_read && file.exceeded.is_none();
    let (mut replaced, mut is_whole) = (0, true);
    for (copy, read) in &copies {
        let is_same_path = |file: &&File<'_>| file.input.path == copy.input.path;
        let is_of_source = copy.entry.held.exceeded.limit.is_of_source();
        let is_replaced = source.mode == Mode::Snapshot
            && files.iter().filter(|file| is_of_source || is_same_path(file)).any(is_readable);
        replaced += usize::from(is_replaced);
        is_whole &= copy.entry.is_whole;
        let is_failed = read.iter().any(|delivery| delivery.status == Status::Failed);
        if is_replaced || !is_failed {
            sorted.settled.insert(copy.entry.held.id.clone());
        }
        if !is_replaced {
            sorted.deliveries.extend(read.iter().cloned());
        }
    }
    let has_held = files.iter().any(|file| file.exceeded.is_some());
    // Accepted copies are a whole snapshot where nothing of tonight is read.
    let is_settled_by_copies =
        !copies.is_empty() && replaced == 0 && is_whole && !files.iter().any(is_readable);
    if let Some(source) = sorted.sources.get_mut(name) {
        source.is_complete = is_settled_by_copies || (source.is_complete && !has_held);
    }
    let is_limited = hold != Hold::default() || context.known.iter().any(|entry| entry.held.source == name);
    if is_limited {
        sorted.lists.insert(name.to_owned(), list);
    }
    let mut failures: Vec<Delivery> = Vec::new();
    for file in &files {
        if let Some(failure) = &file.failure {
            let rule = if matches!(failure, CopyError::Full) {
                RejectRule::HeldFull
            } else {
                RejectRule::Unreadable
            };
            let cause = Reject::new(rule, failure.to_string());
            let failed = Delivery::rejected_unread(name, &file.input.path, String::new(), cause);
            failures.push(Delivery { status: Status::Failed, ..failed });
        }
    }
    let positions: Vec<Option<usize>> =
        deliveries.iter().map(|delivery| files.iter().position(|file| file.has(delivery))).collect();
    for (delivery, file) in deliveries.into_iter().zip(positions) {
        let file = file.map(|file| &files[file]).filter(|_| delivery.status != Status::Ignored);
        match file.filter(|file| file.exceeded.is_some()) {
            Some(file) if file.failure.is_some() => {}
            Some(_) => sorted.held.push(Delivery { status: Status::Held, ..delivery }),
            None => {
                let is_ok = delivery.status == Status::Ok;
                sorted
                    .settled
                    .extend(context.known_ids([(name, &*delivery.digest)].into_iter().filter(|_| is_ok)));
                sorted.deliveries.push(delivery);
            }
        }
    }
    sorted.deliveries.extend(failures);
    Ok(())
}

/// A file of a source, which is several deliveries if it is an archive.
struct File<'a> {
    input: &'a Input,
    digest: String,
    format: Option<String>,
    objects: u64,
    /// True if something was read as a format.
    is_read: bool,
    /// True if a person accepted its bytes.
    is_exempt: bool,
    exceeded: Option<Exceeded>,
    /// Reason why it could not be set aside.
    failure: Option<CopyError>,
}

impl File<'_> {
    fn has(&self, delivery: &Delivery) -> bool {
        is_of(self.input, delivery)
    }

    fn held(&self, source: &str, exceeded: Exceeded) -> HeldDelivery {
        HeldDelivery {
            id: HeldDelivery::id_of(source, &self.digest),
            source: source.to_owned(),
            path: self.input.path.clone(),
            delivery: self.digest.clone(),
            bytes: size_of(self.input).unwrap_or_default(),
            objects: self.objects,
            format: self.format.clone(),
            // The plain values of a source with pseudonyms are never stored.
            has_copy: self.input.pseudonyms.is_none(),
            exceeded,
        }
    }
}

/// Returns whether a delivery is an input, or a member of the archive that the input is.
fn is_of(input: &Input, delivery: &Delivery) -> bool {
    let tail = delivery.path.strip_prefix(&input.path);
    input.source == delivery.source && tail.is_some_and(|tail| tail.is_empty() || tail.starts_with("!/"))
}

fn files<'a>(context: HoldContext<'a>, name: &str, deliveries: &[Delivery]) -> Vec<File<'a>> {
    let of_source = context.decided.inputs.iter().filter(|input| input.source == name);
    let file = |input: &'a Input| {
        let mut own =
            deliveries.iter().filter(|delivery| is_of(input, delivery) && !delivery.digest.is_empty());
        let first = own.clone().next()?;
        Some(File {
            input,
            digest: first.digest.clone(),
            format: own.clone().find_map(|delivery| delivery.format).map(str::to_owned),
            objects: own.clone().map(Delivery::objects).sum(),
            is_read: own.any(|delivery| delivery.status == Status::Ok),
            is_exempt: context.decided.is_exempt(input),
            exceeded: None,
            failure: None,
        })
    };
    of_source.filter_map(file).collect()
}

fn exceed_objects(hold: Hold, files: &mut [File<'_>]) {
    let Some(most) = hold.objects else { return };
    for file in files.iter_mut().filter(|file| file.is_read && !file.is_exempt && file.objects > most) {
        let (limit, found) = (LimitKind::Objects, file.objects);
        file.exceeded = Some(Exceeded { limit, allowed: most as f64, found, live: 0 });
    }
}

/// Returns the limit of new or withdrawn objects that the files of a source exceed. With accepted copies, both the last good
/// state and the accepted one must be exceeded.
fn exceeded_by_source(
    context: HoldContext<'_>,
    (name, source): (&str, &SourceDelivery),
    hold: Hold,
    (deliveries, files): (&[Delivery], &[File<'_>]),
    copies: &[(&AcceptedCopy, Vec<Delivery>)],
) -> Option<Exceeded> {
    if hold.growth.is_none() && hold.withdrawn.is_none() {
        return None;
    }
    let exempt = |delivery: &&Delivery| files.iter().any(|file| file.is_exempt && file.has(delivery));
    if deliveries.iter().all(|delivery| exempt(&delivery)) {
        return None;
    }
    let is_whole = source.mode == Mode::Snapshot && source.is_complete && !ingest::is_incomplete(deliveries);
    let live = live_keys(context.contents, name, context.as_of);
    let exceeded = |state: &BTreeSet<&str>| compare(hold, (deliveries, &exempt), is_whole, state);
    let found = exceeded(&live)?;
    if copies.is_empty() {
        return Some(found);
    }
    let objects = copies.iter().flat_map(|(_, read)| read).flat_map(|delivery| &delivery.accepted);
    let mut accepted: BTreeSet<&str> = objects.map(|object| &*object.key).collect();
    let is_whole_state = source.mode == Mode::Snapshot && copies.iter().all(|(copy, _)| copy.entry.is_whole);
    if !is_whole_state {
        accepted.extend(&live);
    }
    exceeded(&accepted)
}

/// Compares the files of a source with a state of it.
fn compare(
    hold: Hold,
    (deliveries, exempt): (&[Delivery], &dyn Fn(&&Delivery) -> bool),
    is_whole: bool,
    state: &BTreeSet<&str>,
) -> Option<Exceeded> {
    if state.is_empty() {
        return None;
    }
    let live = state.len() as u64;
    let mut present: HashSet<&str> = HashSet::new();
    let accepted = |is_exempt: bool| {
        let chosen = deliveries.iter().filter(move |delivery| exempt(delivery) == is_exempt);
        chosen.flat_map(|delivery| &delivery.accepted).map(|object| &*object.key)
    };
    present.extend(accepted(true));
    let new = accepted(false).filter(|key| present.insert(key) && !state.contains(key)).count() as u64;
    if let Some(growth) = hold.growth.filter(|growth| new as f64 > growth * live as f64) {
        return Some(Exceeded { limit: LimitKind::Growth, allowed: growth, found: new, live });
    }
    let share = hold.withdrawn.filter(|_| is_whole)?;
    let rejected = deliveries.iter().flat_map(|delivery| &delivery.rejects);
    present.extend(rejected.filter_map(|reject| reject.object_id.as_deref()));
    let withdrawn = state.iter().filter(|key| !present.contains(*key)).count() as u64;
    (withdrawn as f64 > share * live as f64).then_some(Exceeded {
        limit: LimitKind::Withdrawn,
        allowed: share,
        found: withdrawn,
        live,
    })
}
