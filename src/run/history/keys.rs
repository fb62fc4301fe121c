//! Keys of cached run states: digests of everything that a state depends on.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use rayon::prelude::*;
use serde::Serialize;

use super::{ReplayInputs, SideInputs};
use crate::{
    analysis::AnalysisConfig,
    archive::ArchiveContents,
    judgement::{Decisions, Kind},
    record::ArchivedRecord,
    resolve::{ResolveConfig, WeightConfig},
    run::{config::Rules, engine_version},
    time::Moment,
    view::Audience,
};

/// Version of the state; it changes whenever equal records would give another state.
const VERSION: u32 = 12;

/// Rules that decide the state of a run, without those that change nothing in it: the model, settings of queues, other
/// audiences, and terms of sources without records.
#[derive(Serialize)]
struct StateRules<'a> {
    version: u32,
    resolution: ResolutionRules<'a>,
    seed: u64,
    window_days: u32,
    fdr: f64,
    /// Places of the random sample.
    places: u32,
}

/// Rules that decide the entities and links of a run, without the terms of sources.
#[derive(Serialize)]
struct ResolutionRules<'a> {
    resolve: &'a ResolveConfig,
    weight: &'a WeightConfig,
    audience: Audience,
    /// Decisions of people about identity. They are rules of every replayed run, whenever a person made them.
    decisions: String,
}

impl<'a> ResolutionRules<'a> {
    fn of(rules: &'a Rules, audience: &Audience, decisions: &Decisions) -> Self {
        let AnalysisConfig { resolve, weight, .. } = &rules.analysis;
        Self { resolve, weight, audience: audience.without_queue_settings(), decisions: decisions.key() }
    }
}

/// Returns a key for the state after each run.
pub(super) fn keys(inputs: ReplayInputs<'_>, runs: &[Moment]) -> Vec<String> {
    let ReplayInputs { contents, rules, audience, judgements } = inputs;
    let sums = sums(contents, runs, None);
    let mut terms = terms(contents, rules, None);
    let state_rules = StateRules {
        version: VERSION,
        resolution: ResolutionRules::of(rules, audience, contents.decisions()),
        seed: rules.analysis.seed,
        window_days: rules.analysis.window_days,
        fdr: rules.review.fdr,
        places: rules.review.random_sample(rules.analysis.seed).places,
    };
    let text = serde_json::to_string(&state_rules).expect("rules are plain data");
    let mut key = blake3::hash(text.as_bytes());
    let mut judgements = judgements.iter().filter(|one| one.kind == Kind::Flag).peekable();
    runs.iter()
        .zip(sums)
        .map(|(run, sum)| {
            let mut hasher = blake3::Hasher::new();
            hasher.update(key.as_bytes());
            hasher.update(&run.micros().to_le_bytes());
            hasher.update(&sum.to_le_bytes());
            for (_, text) in terms.extract_if(.., |(first, _)| *first <= *run) {
                hasher.update(text.as_bytes());
            }
            while let Some(judgement) = judgements.next_if(|judgement| judgement.recorded_at <= *run) {
                let text = serde_json::to_string(judgement).expect("a judgement is plain data");
                hasher.update(text.as_bytes());
            }
            key = hasher.finalize();
            key.to_hex().to_string()
        })
        .collect()
}

/// Version of the columns of a side. It changes whenever equal records would give other columns: with the readers, the
/// rules of resolution, and the columns themselves.
const SIDE_VERSION: u32 = 2;

/// Returns the key of the side of a run: a digest of everything that its view and its resolution depend on.
pub(super) fn of_side(inputs: SideInputs<'_>) -> String {
    let SideInputs { contents, rules, audience, as_of, without } = inputs;
    let decisions = contents.decisions_until(as_of);
    let version = (SIDE_VERSION, VERSION, engine_version());
    let sum = format!("{:032x}", sums(contents, &[as_of], without)[0]);
    let mut terms = terms(contents, rules, without);
    terms.retain(|(first, _)| *first <= as_of);
    let rules = ResolutionRules::of(rules, audience, &decisions);
    let text = serde_json::to_string(&(version, rules, terms, as_of.micros(), sum));
    blake3::hash(text.expect("rules are plain data").as_bytes()).to_hex().to_string()
}

/// Returns the terms of each source with records, as text behind the name of the source, and the time from which a view
/// may show its first record. The records of the run `without` are left out.
fn terms(contents: &ArchiveContents, rules: &Rules, without: Option<Moment>) -> Vec<(Moment, String)> {
    let text = |source: &str| serde_json::to_string(&(source, rules.terms.get(source)));
    let sources = sources(contents, without).into_iter();
    sources.map(|(source, first)| (first, text(source).expect("terms are plain data"))).collect()
}

/// Returns the sources with records, each with the time from which a view may show its first record. The records of the
/// run `without` are left out.
pub(crate) fn sources(contents: &ArchiveContents, without: Option<Moment>) -> BTreeMap<&str, Moment> {
    let mut firsts: BTreeMap<&str, Moment> = BTreeMap::new();
    let is_of_source = |a: &ArchivedRecord, b: &ArchivedRecord| a.run == b.run && a.source == b.source;
    for records in contents.records().chunk_by(is_of_source).filter(|records| without != Some(records[0].run))
    {
        let first = records.iter().map(ArchivedRecord::earliest).min().expect("a chunk is not empty");
        firsts.entry(&records[0].source).and_modify(|known| *known = first.min(*known)).or_insert(first);
    }
    firsts
}

/// Returns, for each run, the sum of the digests of the archived records since the run before it. The records of the run
/// `without` are left out.
///
/// The records of a commit have one digest, that of its segment, if none of them has a time of its own.
fn sums(contents: &ArchiveContents, runs: &[Moment], without: Option<Moment>) -> Vec<u128> {
    let records = contents.records();
    let predecessors = predecessors(records);
    let mut sums = vec![0_u128; runs.len()];
    let mut first = 0;
    for commit in records.chunk_by(|record, next| record.commit == next.commit) {
        if without == Some(commit[0].run) {
            first += commit.len();
            continue;
        }
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
