//! Limits of a source, and the files that exceed them.

use std::collections::{BTreeSet, HashSet};

use super::{HoldContext, ReadCopy};
use crate::{
    archive::{CopyError, Exceeded, HeldDelivery, LimitKind, SourceDelivery, live_keys},
    ingest::{self, Delivery, Input, Status},
    record::Mode,
    run::{config::Hold, decided::size_of},
};

/// A file of a source, which is several deliveries if it is an archive.
pub(super) struct File<'a> {
    pub(super) input: &'a Input,
    pub(super) digest: String,
    pub(super) format: Option<String>,
    pub(super) objects: u64,
    /// True if something was read as a format.
    pub(super) is_read: bool,
    /// True if a person accepted its bytes.
    pub(super) is_exempt: bool,
    pub(super) exceeded: Option<Exceeded>,
    /// Reason why it could not be set aside.
    pub(super) failure: Option<CopyError>,
}

impl File<'_> {
    pub(super) fn has(&self, delivery: &Delivery) -> bool {
        is_of(self.input, delivery)
    }

    pub(super) fn held(&self, source: &str, exceeded: Exceeded) -> HeldDelivery {
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

pub(super) fn files<'a>(context: HoldContext<'a>, name: &str, deliveries: &[Delivery]) -> Vec<File<'a>> {
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

pub(super) fn exceed_objects(hold: Hold, files: &mut [File<'_>]) {
    let Some(most) = hold.objects else { return };
    for file in files.iter_mut().filter(|file| file.is_read && !file.is_exempt && file.objects > most) {
        let (limit, found) = (LimitKind::Objects, file.objects);
        file.exceeded = Some(Exceeded { limit, allowed: most as f64, found, live: 0 });
    }
}

/// Returns the limit of new or withdrawn objects that the files of a source exceed. With accepted copies, both the last good
/// state and the accepted one must be exceeded.
pub(super) fn exceeded_by_source(
    context: HoldContext<'_>,
    (name, source): (&str, &SourceDelivery),
    hold: Hold,
    (deliveries, files): (&[Delivery], &[File<'_>]),
    copies: &[ReadCopy<'_>],
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

/// Returns whether a delivery has accepted bytes.
type IsExempt<'a> = dyn Fn(&&Delivery) -> bool + 'a;

/// Compares the files of a source with a state of it.
fn compare(
    hold: Hold,
    (deliveries, exempt): (&[Delivery], &IsExempt<'_>),
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
