//! Limits of sources: the files of a run that are held, and the accepted files that it reads.
//!
//! A file, or all files of a source in a run, are held if they exceed a limit of the key `hold`. The run goes on with the last
//! good state of the source. An accepted file is read once by the next run, past the limits:
//!
//! | Mode | Files of this run | Accepted copy |
//! |---|---|---|
//! | increment | any | is read, too |
//! | snapshot | within the limits, or within them compared with the accepted copies | is replaced: the newest files win |
//! | snapshot | held again, or absent | is read in their place |

mod limits;

use std::collections::{BTreeMap, BTreeSet};

use limits::{File, exceed_objects, exceeded_by_source, files};

use super::{
    config::Hold,
    decided::{AcceptedCopy, Decided},
    error::RunError,
    inputs::Plan,
};
use crate::{
    archive::{Archive, ArchiveContents, CopyError, HeldDelivery, HeldEntry, SourceDelivery},
    ingest::{Delivery, Reject, RejectRule, Status},
    record::Mode,
    time::Moment,
};

/// An accepted copy, with what was read of it.
pub(super) type ReadCopy<'a> = (&'a AcceptedCopy, Vec<Delivery>);

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
    copies: Vec<ReadCopy<'_>>,
) -> Result<Sorted, RunError> {
    let mut sorted = Sorted { sources: context.plan.sources.clone(), ..Sorted::default() };
    let mut by_source: BTreeMap<String, Vec<Delivery>> = BTreeMap::new();
    for delivery in tonight {
        by_source.entry(delivery.source.clone()).or_default().push(delivery);
    }
    let mut copies_by_source: BTreeMap<String, Vec<ReadCopy<'_>>> = BTreeMap::new();
    for copy in copies {
        copies_by_source.entry(copy.0.input.source.clone()).or_default().push(copy);
    }
    for name in context.plan.sources.keys() {
        let deliveries = by_source.remove(name).unwrap_or_default();
        let copies = copies_by_source.remove(name).unwrap_or_default();
        sort_source(context, name, deliveries, &copies, &mut sorted)?;
    }
    sorted.deliveries.extend(by_source.into_values().flatten());
    sorted.deliveries.sort_by(|a, b| (&a.source, &a.path, &a.digest).cmp(&(&b.source, &b.path, &b.digest)));
    Ok(sorted)
}

fn sort_source(
    context: HoldContext<'_>,
    name: &str,
    deliveries: Vec<Delivery>,
    copies: &[ReadCopy<'_>],
    sorted: &mut Sorted,
) -> Result<(), RunError> {
    let source = &context.plan.sources[name];
    let hold = context.plan.holds.get(name).copied().unwrap_or_default();
    let mut files = files(context, name, &deliveries);
    exceed_objects(hold, &mut files);
    if files.iter().all(|file| file.exceeded.is_none())
        && let Some(exceeded) =
            exceeded_by_source(context, (name, source), hold, (&deliveries, &files), copies)
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
    for (copy, read) in copies {
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
    // Accepted copies are a whole snapshot where no other file is read.
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
