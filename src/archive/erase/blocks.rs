//! Objects that a person erased: a later delivery of them is rejected.

use std::collections::{HashMap, HashSet};

use super::tombstones::object_digest;
use crate::{
    archive::{Archive, store::ArchiveError},
    ingest::{self, AcceptedObject, Delivery, Reject, RejectRule, RejectedObject},
    record::{ArchivedRecord, RecordId},
};

/// Erased objects whose later deliveries are rejected, each with the id of its erasure.
#[derive(Debug, Default)]
pub struct Blocks {
    /// Sources that had one of the objects.
    sources: HashSet<String>,
    objects: HashMap<String, String>,
    records: HashMap<String, String>,
}

impl Archive {
    /// Returns the objects that are rejected if a source delivers them again.
    ///
    /// # Errors
    /// If the file of erasures is damaged or cannot be read.
    pub fn blocks(&self) -> Result<Blocks, ArchiveError> {
        let mut blocks = Blocks::default();
        let mut add = |tombstone: super::Tombstone| {
            if !tombstone.objects.is_empty() || !tombstone.records.is_empty() {
                blocks.sources.extend(tombstone.sources);
            }
            for (digests, known) in
                [(tombstone.objects, &mut blocks.objects), (tombstone.records, &mut blocks.records)]
            {
                known.extend(digests.into_iter().map(|digest| (digest, tombstone.id.clone())));
            }
        };
        let erasures = self.erasures()?;
        erasures.into_iter().filter(|(_, lift)| lift.is_none()).for_each(|(tombstone, _)| add(tombstone));
        if let Some(pending) = self.pending_erasure()? {
            add(pending.tombstone);
        }
        Ok(blocks)
    }
}

impl Blocks {
    /// Returns whether nothing is blocked.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.records.is_empty()
    }

    /// Returns the ids of the erasures that block an object.
    pub(in crate::archive) fn erasures(&self) -> HashSet<&str> {
        self.objects.values().chain(self.records.values()).map(String::as_str).collect()
    }

    /// Returns whether an archived row is one that is blocked.
    pub(in crate::archive) fn has(&self, record: &ArchivedRecord) -> bool {
        let is_object = || self.objects.contains_key(&object_digest(&record.source, &record.key));
        let is_record = || {
            let id = record.content().map(|content| RecordId::new(&record.source, &record.key, &content));
            id.is_some_and(|id| self.records.contains_key(&id.to_string()))
        };
        (!self.objects.is_empty() && is_object()) || (!self.records.is_empty() && is_record())
    }

    /// Rejects the blocked objects of deliveries. A reject names a digest of the id, because the id may contain a name.
    pub fn reject(&self, deliveries: &mut [Delivery]) {
        if self.is_empty() {
            return;
        }
        for delivery in deliveries.iter_mut().filter(|delivery| self.sources.contains(&delivery.source)) {
            let (source, format) = (delivery.source.clone(), delivery.format.unwrap_or_default());
            delivery.reject_accepted(|object| {
                let (digest, erasure) = self.block_of(&source, format, object)?;
                Some((Some(shown_id(&digest)), cause(erasure)))
            });
            for reject in &mut delivery.rejects {
                let digest = reject.object_id.as_deref().map(|id| object_digest(&source, id));
                if let Some((digest, erasure)) = digest.and_then(|digest| self.objects.get_key_value(&digest))
                {
                    reject.object_id = Some(shown_id(digest));
                    reject.cause = cause(erasure);
                }
            }
            hide_member(delivery);
        }
        // A hidden name has another place in the order, and a commit is made in that order.
        deliveries.sort_by(|a, b| (&a.source, &a.path).cmp(&(&b.source, &b.path)));
    }

    /// Returns the digest by which an object is blocked, and the id of the erasure.
    fn block_of(&self, source: &str, format: &str, object: &AcceptedObject) -> Option<(String, &str)> {
        if !self.objects.is_empty() {
            let further = ingest::further_ids(format, Some(&object.object), object.context.as_deref());
            for id in std::iter::once(&*object.key).chain(further.iter().map(String::as_str)) {
                let digest = object_digest(source, id);
                if let Some(erasure) = self.objects.get(&digest) {
                    // Several objects may be inside an erased one, so each has the digest of its own key.
                    return Some((object_digest(source, &object.key), erasure));
                }
            }
        }
        if self.records.is_empty() {
            return None;
        }
        let id = RecordId::new(source, &object.key, &object.content).to_string();
        let erasure = self.records.get(&id)?;
        Some((object_digest(source, &object.key), erasure))
    }
}

/// Sign between the path of an archive and the name of a file in it.
const MEMBER: &str = "!/";

/// Hides the name of a file in an archive if everything in it is erased, because the name may be that of a person.
fn hide_member(delivery: &mut Delivery) {
    let is_erased = |reject: &RejectedObject| reject.cause.rule == RejectRule::Erased;
    let has_nothing_else = delivery.accepted.is_empty() && delivery.rejects.iter().all(is_erased);
    let Some((archive, member)) = delivery.path.split_once(MEMBER) else { return };
    if has_nothing_else && !delivery.rejects.is_empty() {
        delivery.path = format!("{archive}{MEMBER}{}", shown_id(&object_digest(&delivery.source, member)));
    }
}

fn shown_id(digest: &str) -> String {
    format!("erased-{digest}")
}

fn cause(erasure: &str) -> Reject {
    let reason =
        format!("the object was erased ({erasure}); `araneus erase --lift {erasure}` accepts it again");
    Reject::new(RejectRule::Erased, reason)
}
