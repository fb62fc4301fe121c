//! What earlier nights leave to the next: a fold over the archive's nights, each surveyed from
//! its own view by tonight's rules.
//!
//! Since earlier nights are followed again whenever rules, records or judgements of then are
//! other ones, a changed rule finds its flags and communities on the nights that had them,
//! and none of them is new tonight. What a night leaves is kept in the state under a key of
//! all that it follows from, so that an ordinary run follows one night.

use std::{collections::HashMap, sync::Arc};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Rules, RunError};
use crate::{
    analysis::{self, Analysis, Depth},
    archive::{Archive, ArchiveContents},
    features::Candidate,
    judgement::Judgement,
    progress::Progress,
    record::ArchivedRecord,
    resolve::{self, Resolution},
    review::{self, Flag, Flags, Gate},
    temporal::Past,
    time::Moment,
    view::{AsOf, Audience, View},
};

/// Changes whenever the same records would leave something else.
const VERSION: u32 = 7;

/// What a night leaves to the next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    past: Past,
    flags: Flags,
}

impl Memory {
    /// Returns what surveys need of earlier nights.
    pub(crate) fn past(&self) -> &Past {
        &self.past
    }

    /// Returns what earlier runs remember of their flags.
    pub(crate) fn flags(&self) -> &Flags {
        &self.flags
    }
}

/// One night of one reader, followed from the nights before.
pub(crate) struct Followed {
    pub(crate) analysis: Analysis,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) gates: Vec<Gate>,
    /// By id.
    pub(crate) flags: Vec<Flag>,
    pub(crate) memory: Memory,
}

/// What is followed, and by whose eyes.
#[derive(Clone, Copy)]
pub(crate) struct Story<'a> {
    pub(crate) holdings: &'a ArchiveContents,
    pub(crate) rules: &'a Rules,
    pub(crate) audience: &'a Audience,
    pub(crate) judgements: &'a [Judgement],
}

/// Follows one night, and measures it.
pub(crate) fn follow(
    story: Story<'_>,
    memory: &Memory,
    moment: Moment,
    watch: &Progress,
) -> Result<Followed, RunError> {
    let view = shown(story, moment)?;
    let resolution = resolved(story.rules, &view);
    follow_resolved(story.rules, story.judgements, memory, (view, resolution), Depth::Whole, watch)
}

/// Shows a night to the one by whose eyes it is followed.
pub(crate) fn shown(story: Story<'_>, moment: Moment) -> Result<View, RunError> {
    Ok(story.holdings.view(story.rules.lens(story.audience), None, AsOf::of(moment))?)
}

/// Says who is who in a night.
pub(crate) fn resolved(rules: &Rules, view: &View) -> Resolution {
    resolve::resolve(view, &rules.analysis.resolve, &rules.analysis.weight)
}

/// Follows one night that is resolved already.
pub(crate) fn follow_resolved(
    rules: &Rules,
    judgements: &[Judgement],
    memory: &Memory,
    (view, resolution): (View, Resolution),
    depth: Depth,
    watch: &Progress,
) -> Result<Followed, RunError> {
    let moment = view.as_of().valid_at;
    let analysis = analysis::analyse_resolved(view, resolution, &rules.analysis, &memory.past, depth, watch)
        .ok_or(RunError::Stopped)?;
    let (candidates, gates) = review::candidates(&analysis, &rules.review, rules.analysis.seed);
    let (known, flags) = review::follow(&memory.flags, &analysis, &candidates, &gates, judgements);
    let mut nights = memory.past.nights.clone();
    nights.push(moment);
    let memory = Memory { past: Past { nights, lineages: analysis.lineages.clone() }, flags: known };
    Ok(Followed { analysis, candidates, gates, flags, memory })
}

/// Follows every night before tonight's, from the last that is kept; `tell` hears of each.
pub(crate) fn before(
    archive: &Archive,
    story: Story<'_>,
    tonight: Moment,
    watch: &Progress,
    tell: &dyn Fn(&str),
) -> Result<Memory, RunError> {
    let nights = nights_before(archive, tonight);
    let keys = keys(story, &nights);
    let (mut done, mut memory) = (0, Memory::default());
    for (at, key) in keys.iter().enumerate().rev() {
        if let Some(kept) = read(archive, key)? {
            (done, memory) = (at + 1, kept);
            break;
        }
    }
    let mut at_hand = None;
    for (at, key) in keys.iter().enumerate().skip(done) {
        tell(&format!("follow {}", nights[at].display_utc()));
        let known = match at_hand.take() {
            Some(known) => known,
            None => who_is_who(story.rules, shown(story, nights[at])?),
        };
        // Who is who in the next night does not follow from this one: both at once.
        let next = nights.get(at + 1).map(|night| shown(story, *night)).transpose()?;
        let Story { rules, judgements, .. } = story;
        let (left, known) = rayon::join(
            || {
                let night = follow_resolved(rules, judgements, &memory, known, Depth::Unmeasured, watch);
                night.map(|followed| followed.memory)
            },
            || next.map(|view| who_is_who(rules, view)),
        );
        (memory, at_hand) = (left?, known);
        archive.keep_run_state(key, &write(&memory))?;
    }
    Ok(memory)
}

/// Says who is who in a night of which nobody asks why.
fn who_is_who(rules: &Rules, view: View) -> (View, Resolution) {
    let resolution = resolve::resolve_without_reasons(&view, &rules.analysis.resolve, &rules.analysis.weight);
    (view, resolution)
}

/// Keeps what tonight leaves, and lets go of what no coming night will ask for. Returns the
/// names of what is to be kept.
pub(crate) fn keep(
    archive: &Archive,
    story: Story<'_>,
    tonight: Moment,
    memory: &Memory,
) -> Result<Vec<String>, RunError> {
    let mut nights = nights_before(archive, tonight);
    nights.push(tonight);
    let mut keys = keys(story, &nights);
    let key = keys.last().expect("tonight is one of the nights");
    archive.keep_run_state(key, &write(memory))?;
    Ok(keys.split_off(keys.len().saturating_sub(KEPT)))
}

/// Computes again what the last runs up to one leave, where it is not kept. Returns the names of what is to be
/// kept, as [`keep`] does.
pub(crate) fn restore(
    archive: &Archive,
    story: Story<'_>,
    last: Moment,
    watch: &Progress,
    tell: &dyn Fn(&str),
) -> Result<Vec<String>, RunError> {
    let mut nights = nights_before(archive, last);
    nights.push(last);
    let keys = keys(story, &nights);
    let first = keys.len().saturating_sub(KEPT);
    let mut is_whole = true;
    for key in &keys[first..] {
        is_whole &= read(archive, key)?.is_some();
    }
    let mut memory = Memory::default();
    for (night, (at, key)) in nights.iter().zip(keys.iter().enumerate()) {
        if is_whole {
            break;
        }
        tell(&format!("follow {}", night.display_utc()));
        let known = who_is_who(story.rules, shown(story, *night)?);
        let Story { rules, judgements, .. } = story;
        memory = follow_resolved(rules, judgements, &memory, known, Depth::Unmeasured, watch)?.memory;
        if at >= first {
            archive.keep_run_state(key, &write(&memory))?;
        }
    }
    Ok(keys[first..].to_vec())
}

/// Nights whose memory is kept for each reader: the last, and some to run again from.
const KEPT: usize = 3;

fn nights_before(archive: &Archive, tonight: Moment) -> Vec<Moment> {
    archive.runs().into_iter().map(|night| night.moment).filter(|night| *night < tonight).collect()
}

fn read(archive: &Archive, key: &str) -> Result<Option<Memory>, RunError> {
    let kept = archive.run_state(key)?;
    // What another version of this program kept is computed again.
    Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

fn write(memory: &Memory) -> Vec<u8> {
    serde_json::to_vec(memory).expect("a memory is plain data")
}

/// Returns, for each night, a key of all that its memory follows from.
fn keys(story: Story<'_>, nights: &[Moment]) -> Vec<String> {
    let told = sums(story.holdings.records(), nights);
    // Which model scores decides nothing that is remembered.
    let rules = Rules { model: String::new(), ..story.rules.clone() };
    let text = serde_json::to_string(&(VERSION, rules, story.audience)).expect("rules are plain data");
    let mut key = blake3::hash(text.as_bytes());
    let mut judged = story.judgements.iter().peekable();
    nights
        .iter()
        .zip(told)
        .map(|(night, sum)| {
            let mut hasher = blake3::Hasher::new();
            hasher.update(key.as_bytes());
            hasher.update(&night.micros().to_le_bytes());
            hasher.update(&sum.to_le_bytes());
            while let Some(judgement) = judged.next_if(|judgement| judgement.recorded_at <= *night) {
                hasher
                    .update(serde_json::to_string(judgement).expect("a judgement is plain data").as_bytes());
            }
            key = hasher.finalize();
            key.to_hex().to_string()
        })
        .collect()
}

/// Adds up, for each night, the digests of what may have been recorded since the one before.
fn sums(statements: &[ArchivedRecord], nights: &[Moment]) -> Vec<u128> {
    let followed = followed(statements);
    let of_chunk = |(chunk, statements): (usize, &[ArchivedRecord])| {
        let mut sums = vec![0_u128; nights.len()];
        for (at, statement) in (chunk * CHUNK..).zip(statements) {
            let night = nights.partition_point(|night| *night < statement.earliest());
            if let Some(sum) = sums.get_mut(night) {
                *sum = sum.wrapping_add(digest(statement, followed.get(&at).copied().unwrap_or_default()));
            }
        }
        sums
    };
    let of_chunks: Vec<Vec<u128>> = statements.par_chunks(CHUNK).enumerate().map(of_chunk).collect();
    let of_night = |at: usize| of_chunks.iter().fold(0_u128, |sum, sums| sum.wrapping_add(sums[at]));
    (0..nights.len()).map(of_night).collect()
}

/// Returns, for statements of keys that date themselves, a digest of all that was stated under the key
/// before: it decides whether their own times hold.
fn followed(statements: &[ArchivedRecord]) -> HashMap<usize, u128> {
    let key = |statement: &'_ ArchivedRecord| (Arc::clone(&statement.source), Arc::clone(&statement.key));
    let own_times = statements.iter().filter(|statement| statement.object_time.is_some());
    let mut dated: HashMap<(Arc<str>, Arc<str>), (usize, u128)> =
        own_times.map(|statement| (key(statement), (0, 0))).collect();
    let mut followed = HashMap::new();
    if dated.is_empty() {
        return followed;
    }
    for statement in statements {
        if let Some((count, _)) = dated.get_mut(&key(statement)) {
            *count += 1;
        }
    }
    // Nothing came before what stands alone.
    dated.retain(|_, (count, _)| *count > 1);
    for (at, statement) in statements.iter().enumerate() {
        if let Some((_, chain)) = dated.get_mut(&key(statement)) {
            followed.insert(at, *chain);
            *chain = digest(statement, *chain);
        }
    }
    followed
}

/// Statements that are digested together.
const CHUNK: usize = 65_536;

/// Digest of everything in a statement that a view may read, and of what came before it under its key.
fn digest(statement: &ArchivedRecord, before: u128) -> u128 {
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add(statement.source.as_bytes());
    add(statement.key.as_bytes());
    add(statement.version.as_deref().unwrap_or_default().as_bytes());
    add(&statement.earliest().micros().to_le_bytes());
    add(&statement.run.micros().to_le_bytes());
    add(&statement.commit.to_le_bytes());
    add(&before.to_le_bytes());
    let ArchivedRecord { state, mode, markings, defines, surroundings, .. } = statement;
    add(format!("{state:?}{mode:?}{markings:?}{defines:?}{surroundings:?}").as_bytes());
    let mut first = [0; 16];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    u128::from_le_bytes(first)
}
