//! Keys of cached run states: digests of everything that a state depends on.

use std::{collections::HashMap, sync::Arc};

use rayon::prelude::*;

use super::ReplayInputs;
use crate::{
    archive::ArchiveContents, judgement::Kind, record::ArchivedRecord, run::config::Rules, time::Moment,
};

/// Version of the state; it changes whenever equal records would give another state.
const VERSION: u32 = 11;

/// Returns a key for the state after each run.
pub(super) fn keys(inputs: ReplayInputs<'_>, runs: &[Moment]) -> Vec<String> {
    let sums = sums(inputs.contents, runs);
    // The model and the settings of an audience's queue decide nothing that the state holds.
    let mut rules = Rules { model: String::new(), ..inputs.rules.clone() };
    rules.audiences.iter_mut().for_each(|audience| *audience = audience.without_queue_settings());
    let audience = inputs.audience.without_queue_settings();
    // Decisions about identity are rules of every replayed run, whenever a person made them.
    let decisions = inputs.contents.decisions().key();
    let text = serde_json::to_string(&(VERSION, rules, audience, decisions)).expect("rules are plain data");
    let mut key = blake3::hash(text.as_bytes());
    let mut judgements = inputs.judgements.iter().filter(|one| one.kind == Kind::Flag).peekable();
    runs.iter()
        .zip(sums)
        .map(|(run, sum)| {
            let mut hasher = blake3::Hasher::new();
            hasher.update(key.as_bytes());
            hasher.update(&run.micros().to_le_bytes());
            hasher.update(&sum.to_le_bytes());
            while let Some(judgement) = judgements.next_if(|judgement| judgement.recorded_at <= *run) {
                let text = serde_json::to_string(judgement).expect("a judgement is plain data");
                hasher.update(text.as_bytes());
            }
            key = hasher.finalize();
            key.to_hex().to_string()
        })
        .collect()
}

/// Returns, for each run, the sum of the digests of the archived records since the run before it.
///
/// The records of a commit have one digest, that of its segment, if none of them has a time of its own.
fn sums(contents: &ArchiveContents, runs: &[Moment]) -> Vec<u128> {
    let records = contents.records();
    let predecessors = predecessors(records);
    let mut sums = vec![0_u128; runs.len()];
    let mut first = 0;
    for commit in records.chunk_by(|record, next| record.commit == next.commit) {
        let digests: Vec<(Moment, u128)> = if commit.iter().all(|record| record.object_time.is_none()) {
            vec![(commit[0].run, digest_of_commit(contents.segment(first), commit))]
        } else {
            let digest_at = |(offset, record): (usize, &ArchivedRecord)| {
                let before = predecessors.get(&(first + offset)).copied().unwrap_or_default();
                (record.earliest(), digest(record, before))
            };
            commit.par_iter().enumerate().map(digest_at).collect()
        };
        for (earliest, digest) in digests {
            if let Some(sum) = sums.get_mut(runs.partition_point(|run| *run < earliest)) {
                *sum = sum.wrapping_add(digest);
            }
        }
        first += commit.len();
    }
    sums
}

/// Returns a digest of the records of one commit, none of which has a time of its own. A later commit may have replaced
/// those of some sources.
fn digest_of_commit(segment: &str, records: &[ArchivedRecord]) -> u128 {
    let mut sources: Vec<&str> = Vec::new();
    for record in records {
        if sources.last().is_none_or(|last| *last != &*record.source) && !sources.contains(&&*record.source) {
            sources.push(&record.source);
        }
    }
    sources.sort_unstable();
    let (run, commit) = (records[0].run.micros(), records[0].commit);
    let text = serde_json::to_string(&(segment, run, commit, sources)).expect("texts are plain data");
    first_bits(blake3::hash(text.as_bytes()))
}

/// Returns, for the archived records of objects with times of their own, a digest of the earlier records of the
/// same object. The earlier records decide whether those times are valid.
fn predecessors(records: &[ArchivedRecord]) -> HashMap<usize, u128> {
    type Object = (Arc<str>, Arc<str>);
    let object = |record: &ArchivedRecord| (Arc::clone(&record.source), Arc::clone(&record.key));
    let with_own_times = records.iter().filter(|record| record.object_time.is_some());
    let mut chains: HashMap<Object, (usize, u128)> =
        with_own_times.map(|record| (object(record), (0, 0))).collect();
    let mut predecessors = HashMap::new();
    if chains.is_empty() {
        return predecessors;
    }
    for record in records {
        if let Some((count, _)) = chains.get_mut(&object(record)) {
            *count += 1;
        }
    }
    // A single record has no predecessor.
    chains.retain(|_, (count, _)| *count > 1);
    for (index, record) in records.iter().enumerate() {
        if let Some((_, chain)) = chains.get_mut(&object(record)) {
            predecessors.insert(index, *chain);
            *chain = digest(record, *chain);
        }
    }
    predecessors
}

/// Returns a digest of everything in an archived record that a view may read, and of the records before it.
fn digest(record: &ArchivedRecord, before: u128) -> u128 {
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add(record.source.as_bytes());
    add(record.key.as_bytes());
    add(record.version.as_deref().unwrap_or_default().as_bytes());
    add(&record.earliest().micros().to_le_bytes());
    add(&record.run.micros().to_le_bytes());
    add(&record.commit.to_le_bytes());
    add(&before.to_le_bytes());
    let ArchivedRecord { state, mode, markings, defines, surroundings, .. } = record;
    add(format!("{state:?}{mode:?}{markings:?}{defines:?}{surroundings:?}").as_bytes());
    first_bits(hasher.finalize())
}

/// Returns the first 128 bits of a digest.
fn first_bits(digest: blake3::Hash) -> u128 {
    let mut first = [0; 16];
    first.copy_from_slice(&digest.as_bytes()[..16]);
    u128::from_le_bytes(first)
}
