//! Keys of kept stages: digests of everything that a stage depends on.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use rayon::prelude::*;
use serde::Serialize;

use super::{
    ReplayInputs, SideInputs, listed,
    stage_files::digest_of,
    versions::{FINDS, FOLLOWS, GROUPS, RESOLVED, SIDES},
};
use crate::{
    analysis::AnalysisConfig,
    archive::{Archive, ArchiveContents},
    judgement::{Decisions, Judgement, Kind},
    record::ArchivedRecord,
    resolve::{ResolveConfig, WarningLists, WeightConfig},
    run::{config::Rules, error::RunError},
    symbol::Symbol,
    time::Moment,
    view::Audience,
};

/// Rules that decide the entities and links of a run, without the terms of sources.
#[derive(Serialize)]
struct ResolutionRules<'a> {
    resolve: &'a ResolveConfig,
    weight: Cow<'a, WeightConfig>,
    audience: Audience,
    /// Decisions of people about identity. They are rules of every replayed run, whenever a person made them.
    decisions: String,
}

impl<'a> ResolutionRules<'a> {
    fn of(rules: &'a Rules, audience: &Audience, decisions: &Decisions) -> Self {
        let AnalysisConfig { resolve, weight, .. } = &rules.analysis;
        let weight = Cow::Borrowed(weight);
        Self { resolve, weight, audience: audience.without_queue_settings(), decisions: decisions.key() }
    }

    /// Returns the rules without the warning lists, beside which a key has the listed values.
    fn without_lists(self) -> Self {
        let weight = WeightConfig { warning_lists: WarningLists::default(), ..self.weight.into_owned() };
        Self { weight: Cow::Owned(weight), ..self }
    }
}

/// Keys of the kept stages of each run.
///
/// A key is a digest of everything that its stage follows from, and of nothing else. So a changed setting leaves the keys
/// of all stages that do not read it.
pub(super) struct StageKeys {
    /// Of the found candidates.
    pub(super) found: Vec<String>,
    /// Of the communities.
    pub(super) communities: Vec<String>,
    /// Of the flags.
    pub(super) flags: Vec<String>,
    /// Of the listed values of each commit.
    pub(super) listed: Vec<String>,
}

impl StageKeys {
    /// Returns the keys of the stages of some runs, which are all runs until the last of them.
    pub(super) fn of(archive: &Archive, inputs: ReplayInputs<'_>, runs: &[Moment]) -> Result<Self, RunError> {
        let ReplayInputs { contents, rules, audience, judgements } = inputs;
        let listed = listed::of_runs(archive, contents, rules, runs)?;
        let resolution = ResolutionRules::of(rules, audience, contents.decisions()).without_lists();
        let AnalysisConfig { seed, window_days, .. } = rules.analysis;
        let communities = digest_of(&("communities", RESOLVED, GROUPS, &resolution, seed));
        let found = digest_of(&("found", RESOLVED, GROUPS, FINDS, &resolution, seed, window_days));
        let places = rules.review.random_sample(seed).places;
        let flags = digest_of(&("flags", FOLLOWS, rules.review.fdr, places, seed));
        let views = views(contents, rules, runs, &listed.sums);
        let found: Vec<String> = views.iter().map(|view| joined(&found, &[view])).collect();
        let judgements = judged(judgements, runs);
        let flag_keys = found.iter().zip(&judgements).map(|(found, judged)| joined(&flags, &[found, judged]));
        Ok(Self {
            flags: flag_keys.collect(),
            communities: views.iter().map(|view| joined(&communities, &[view])).collect(),
            found,
            listed: listed.keys,
        })
    }
}

/// Returns, for each run, a digest of the records, their listed values, the times of the runs and the terms of sources until
/// then.
fn views(contents: &ArchiveContents, rules: &Rules, runs: &[Moment], listed: &[u128]) -> Vec<String> {
    let mut terms = terms(contents, rules, None);
    let mut digest = String::new();
    let sums = sums(contents, runs, None);
    let add = |((run, sum), listed): ((&Moment, u128), &u128)| {
        let until: Vec<String> =
            terms.extract_if(.., |(first, _)| *first <= *run).map(|(_, text)| text).collect();
        digest = digest_of(&(&digest, run.micros(), format!("{sum:032x}{listed:032x}"), until));
        digest.clone()
    };
    runs.iter().zip(sums).zip(listed).map(add).collect()
}

/// Returns, for each run, a digest of the judgements about flags until then.
fn judged(judgements: &[Judgement], runs: &[Moment]) -> Vec<String> {
    let mut judgements = judgements.iter().filter(|one| one.kind == Kind::Flag).peekable();
    let mut digest = String::new();
    let add = |run: &Moment| {
        while let Some(judgement) = judgements.next_if(|judgement| judgement.recorded_at <= *run) {
            digest = digest_of(&(&digest, judgement));
        }
        digest.clone()
    };
    runs.iter().map(add).collect()
}

/// Returns a digest of digests.
fn joined(first: &str, others: &[&str]) -> String {
    digest_of(&(first, others))
}

/// Returns the key of the side of a run: a digest of everything that its view and its resolution depend on.
pub(super) fn of_side(inputs: SideInputs<'_>) -> String {
    let SideInputs { contents, rules, audience, as_of, without } = inputs;
    let decisions = contents.decisions_until(as_of);
    let sum = format!("{:032x}", sums(contents, &[as_of], without)[0]);
    let mut terms = terms(contents, rules, without);
    terms.retain(|(first, _)| *first <= as_of);
    let rules = ResolutionRules::of(rules, audience, &decisions);
    digest_of(&("side", RESOLVED, SIDES, rules, terms, as_of.micros(), sum))
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
    type Object = (Symbol, Arc<str>);
    let object = |record: &ArchivedRecord| (record.source, Arc::clone(&record.key));
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
    let ArchivedRecord { state, mode, markings, defines, revokes, surroundings, .. } = record;
    add(format!("{state:?}{mode:?}{markings:?}{defines:?}{revokes}{surroundings:?}").as_bytes());
    first_bits(hasher.finalize())
}

/// Returns the first 128 bits of a digest.
fn first_bits(digest: blake3::Hash) -> u128 {
    let mut first = [0; 16];
    first.copy_from_slice(&digest.as_bytes()[..16]);
    u128::from_le_bytes(first)
}
