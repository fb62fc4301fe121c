//! Files of a run about whose bytes a person decided.

use std::collections::BTreeSet;

use super::error::RunError;
use crate::{
    archive::{Archive, HeldDelivery, HeldEntry},
    ingest::{self, Delivery, Input, Location, Reject, RejectRule},
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

pub(super) fn size_of(input: &Input) -> Option<u64> {
    match &input.location {
        Location::File { path, .. } => std::fs::metadata(path).ok().map(|metadata| metadata.len()),
        Location::Bytes(bytes) => Some(bytes.len() as u64),
        Location::Ignored { .. } | Location::Failed(_) => None,
    }
}
