//! Entities, records and changes as entries of lists.

use super::{
    RunData,
    ids::{ENTITY, RECORD},
    network::Network,
    shown::time,
};
use crate::{language::Language, temporal::Subject};

/// Most records that a list shows.
const RECORDS_MAX: usize = 100;

/// An entity in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityRef {
    /// Lasting id.
    pub id: String,
    /// Label.
    pub label: String,
    /// Kind.
    pub kind: String,
    /// Is true if the run has the entity, so that there is a screen of it.
    pub is_current: bool,
}

/// A record in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRow {
    /// Id.
    pub id: String,
    /// Source.
    pub source: String,
    /// Source whose record it repeats; `None` if it repeats nothing.
    pub repeats: Option<String>,
    /// Id that the source gave the object.
    pub object: Option<String>,
    /// Recorded time in words.
    pub recorded_at: Option<String>,
    /// Marking; `None` if not marked.
    pub marking: Option<String>,
}

/// Returns an entity of a network as an entry of a list.
pub(super) fn entity_ref(data: &RunData, network: &Network, entity: usize) -> EntityRef {
    let id = network.entities.ids[entity];
    EntityRef {
        id: ENTITY.text(id),
        label: network.labels.get(entity).to_owned(),
        kind: network.names.get(network.entities.kinds[entity]).to_owned(),
        is_current: std::ptr::eq(network, &raw const data.network) || data.network.entity(id).is_some(),
    }
}

/// Returns what happened to a subject since the previous run, and the cause, in words.
pub(super) fn changes_in_words(data: &RunData, subject: Subject, id: u128) -> Vec<[String; 2]> {
    let changes = data.changes.of(subject, id);
    changes.into_iter().map(|change| [change.what.clone(), cause_in_words(&change.cause)]).collect()
}

/// Returns a cause in words.
pub(super) fn cause_in_words(cause: &str) -> String {
    Language::english().name("change.cause", cause)
}

/// Returns records as entries of a list, the latest first.
pub(super) fn record_rows(data: &RunData, records: &[u32]) -> Vec<RecordRow> {
    let evidence = &data.evidence;
    let mut records: Vec<usize> = records.iter().map(|record| *record as usize).collect();
    records.sort_by_key(|&record| (std::cmp::Reverse(evidence.recorded_at[record]), evidence.ids[record]));
    let row = |&record: &usize| {
        let (source, origin) = (evidence.sources[record], evidence.origins[record]);
        RecordRow {
            id: RECORD.text(evidence.ids[record]),
            source: evidence.names.get(source).to_owned(),
            repeats: (origin != source).then(|| evidence.names.get(origin).to_owned()),
            object: Some(evidence.objects.get(record)).filter(|key| !key.is_empty()).map(str::to_owned),
            recorded_at: time(evidence.recorded_at[record]),
            marking: evidence.names.known(evidence.markings[record]),
        }
    };
    records.iter().take(RECORDS_MAX).map(row).collect()
}
