//! Candidate pairs: entities that share a key of their names, an attribute, or a stated similarity.
//!
//! Not every pair can be compared. A pair is a candidate if it shares a strong key: all words, all consonants, or a stated
//! similarity. The day of birth is a strong key together with the consonants of a word, a sound or another attribute. So is an attribute that few
//! entities have. A pair is also a candidate if it shares two weak keys: a sound, a rare word, a number, a contact or an address. A
//! key that too many entities share makes no pairs; the lost pairs are counted. All consonants that too many share are refined by the year of birth.
//!
//! A day of birth alone is not a weak key. Among a million people forty have each day, so that it would make most of all votes.

mod joined;

use std::collections::HashMap;

use rayon::prelude::*;

use super::bearers::Bearer;
use crate::{
    join_steps::JoinSteps,
    record::{Attribute, AttributeKind, LentClaim},
    resolve::{clusters::Clusters, identifier_nodes::NodeIndex},
    view::View,
};

/// Most entities that share a key, so that their pairs are compared.
pub(super) const BLOCK_MAX: usize = 50;
/// Most entities of a larger block of equal names that are listed as contested with the first one.
const CONTESTED_MAX: usize = 10;
/// Most entities with one attribute, so that it is a strong key.
const NARROW_MAX: usize = 10;
/// Rare words of a name that are keys.
const RARE_WORDS: usize = 2;
/// Kinds of links by which a source states that two entities may be one.
const SIMILAR: [&str; 3] = ["similar", "similar-to", "duplicate-of"];

/// Kind of a key, as a bit. Strong keys are below `WEAK`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    Words = 1,
    Consonants = 2,
    Stated = 4,
    Sound = 8,
    Word = 16,
    Attribute = 32,
    Dated = 64,
    Day = 128,
}

const STRONG: u8 =
    KeyKind::Words as u8 | KeyKind::Consonants as u8 | KeyKind::Stated as u8 | KeyKind::Dated as u8;

/// A pair of bearers by their positions, the lower one first.
pub(super) type BearerPair = (u32, u32);

/// A pair to compare.
pub(super) struct Candidate {
    pub(super) pair: BearerPair,
    /// A source states that both are similar.
    pub(super) is_stated: bool,
}

/// Counts of the search for pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockingCounts {
    /// Entities with a name whose kind is compared.
    pub entities: usize,
    /// Pairs that were compared.
    pub pairs: usize,
    /// Keys that too many entities share, so that they made no pairs.
    pub wide_keys: usize,
    /// Pairs that such keys would have made; a pair may share another key.
    pub lost_pairs: u64,
}

/// Candidate pairs of a view.
pub(super) struct Candidates {
    pub(super) pairs: Vec<Candidate>,
    /// Pairs of a name that too many entities share, with the number of those entities; not compared.
    pub(super) crowded: Vec<(BearerPair, usize)>,
    pub(super) counts: BlockingCounts,
}

/// Key of an entity, kind of the key, and position of the entity.
type BlockKey = (u64, u8, u32);

/// A pair of bearers with a kind of key that they share.
type Vote = (u32, u32, u8);

/// Use of the entities that share a key.
enum BlockUse {
    /// Too many entities share the key, so that its pairs are lost.
    Wide,
    /// The key says too little.
    Nothing,
    /// Each pair has a vote of this kind.
    Votes(u8),
}

impl BlockUse {
    fn of(kind: u8, size: usize) -> Self {
        let is_day = kind == KeyKind::Day as u8;
        // An attribute of few entities suffices, as names of two scripts may share no other key.
        let is_narrow = (is_day || kind == KeyKind::Attribute as u8) && size <= NARROW_MAX;
        match kind {
            _ if size > BLOCK_MAX => Self::Wide,
            _ if is_narrow => Self::Votes(KeyKind::Dated as u8),
            _ if is_day => Self::Nothing,
            kind => Self::Votes(kind),
        }
    }
}

/// Returns the pairs to compare, sorted. `steps` may bring equal keys together.
pub(super) fn candidates(
    bearers: &[Bearer],
    words: &WordCounts,
    (clusters, view): (&Clusters, &View),
    steps: &dyn JoinSteps,
) -> Candidates {
    let keys_at = |(position, bearer)| {
        let mut keys = keys_of(bearer, words, position as u32);
        keys.sort_unstable();
        keys.dedup();
        keys
    };
    let keys: Vec<BlockKey> = bearers.par_iter().enumerate().flat_map_iter(keys_at).collect();
    let stated = stated(bearers, clusters, view);
    let mut votes = match joined::votes(&keys, steps) {
        Some(votes) => votes,
        None => sorted_votes(keys),
    };
    votes.counts.entities = bearers.len();
    votes.add_stated(stated);
    votes.into_candidates()
}

/// Votes of all blocks.
#[derive(Default)]
struct Votes {
    /// Pairs, ascending, with the kinds of their votes as bits and their number.
    pairs: Vec<(BearerPair, u8, u32)>,
    crowded: Vec<(BearerPair, usize)>,
    counts: BlockingCounts,
}

impl Votes {
    fn add_wide(&mut self, size: usize) {
        self.counts.wide_keys += 1;
        self.counts.lost_pairs += size as u64 * (size as u64 - 1) / 2;
    }

    /// Adds votes of links, at most one for each pair.
    fn add_stated(&mut self, stated: Vec<Vote>) {
        if stated.is_empty() {
            return;
        }
        self.pairs.extend(stated.into_iter().map(|(one, other, kind)| ((one, other), kind, 1)));
        self.pairs.par_sort_unstable();
        self.pairs.dedup_by(|vote, known| {
            let is_same = vote.0 == known.0;
            if is_same {
                known.1 |= vote.1;
                known.2 += vote.2;
            }
            is_same
        });
    }

    fn into_candidates(self) -> Candidates {
        let Self { pairs, mut crowded, mut counts } = self;
        let is_candidate = |(_, kinds, votes): &(_, u8, u32)| kinds & STRONG != 0 || *votes > 1;
        let pairs: Vec<Candidate> = pairs
            .into_iter()
            .filter(is_candidate)
            .map(|(pair, kinds, _)| Candidate { pair, is_stated: kinds & KeyKind::Stated as u8 != 0 })
            .collect();
        crowded.sort_unstable();
        crowded.dedup_by_key(|(pair, _)| *pair);
        crowded.retain(|(pair, _)| pairs.binary_search_by_key(pair, |candidate| candidate.pair).is_err());
        counts.pairs = pairs.len();
        Candidates { pairs, crowded, counts }
    }
}

/// Returns the votes of distinct keys.
fn sorted_votes(mut keys: Vec<BlockKey>) -> Votes {
    keys.par_sort_unstable();
    let (mut all, mut votes) = (Votes::default(), Vec::<Vote>::new());
    for block in keys.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let (size, kind) = (block.len(), block[0].1);
        match BlockUse::of(kind, size) {
            BlockUse::Wide => {
                all.add_wide(size);
                if kind == KeyKind::Words as u8 {
                    let others = block.iter().skip(1).take(CONTESTED_MAX);
                    all.crowded.extend(others.map(|other| ((block[0].2, other.2), size)));
                }
            }
            BlockUse::Nothing => {}
            BlockUse::Votes(kind) => {
                for (at, one) in block.iter().enumerate() {
                    votes.extend(block[at + 1..].iter().map(|other| (one.2, other.2, kind)));
                }
            }
        }
    }
    votes.par_sort_unstable();
    let of_pair = |same: &[Vote]| {
        let kinds = same.iter().fold(0, |kinds, vote| kinds | vote.2);
        ((same[0].0, same[0].1), kinds, same.len() as u32)
    };
    all.pairs = votes.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).map(of_pair).collect();
    all
}

fn keys_of(bearer: &Bearer, words: &WordCounts, position: u32) -> Vec<BlockKey> {
    let mut keys = Vec::new();
    let mut add = |kind: KeyKind, text: &str| {
        if !text.is_empty() {
            keys.push((hash(bearer.class, text), kind as u8, position));
        }
    };
    for name in &bearer.names {
        add(KeyKind::Words, &name.keys.words.join(" "));
        add(KeyKind::Consonants, &name.keys.consonants);
        add(KeyKind::Sound, &name.keys.sound);
        let mut rare: Vec<&String> = name.keys.words.iter().collect();
        rare.sort_by_key(|word| (words.of(bearer.class, word), *word));
        for word in rare.into_iter().take(RARE_WORDS) {
            add(KeyKind::Word, word);
        }
    }
    let is_selective = |attribute: &&Attribute| {
        matches!(attribute.kind, AttributeKind::Number(_) | AttributeKind::Contact | AttributeKind::Address)
    };
    for date in bearer.attributes.iter().filter(|attribute| attribute.kind == AttributeKind::BirthDate) {
        let date = &*date.value;
        let (year, has_month) = (date.get(..4).unwrap_or_default(), date.len() > 4);
        for keys in bearer.names.iter().map(|name| &name.keys) {
            if !keys.consonants.is_empty() {
                add(KeyKind::Dated, &format!("{year} {}", keys.consonants));
            }
            // A word without enough consonants is a key itself.
            let words =
                if keys.consonants.is_empty() { keys.words.join(" ") } else { keys.consonants.clone() };
            for word in words.split(' ').filter(|_| has_month) {
                add(KeyKind::Dated, &format!("{date} {word}"));
            }
            if has_month && !keys.sound.is_empty() {
                add(KeyKind::Dated, &format!("{date} sound {}", keys.sound));
            }
        }
        for attribute in bearer.attributes.iter().filter(is_selective).filter(|_| has_month) {
            add(KeyKind::Dated, &format!("{date} attribute {}", attribute.value));
        }
    }
    for attribute in &bearer.attributes {
        let is_day = attribute.value.len() > 4;
        match attribute.kind {
            AttributeKind::Number(_) | AttributeKind::Contact | AttributeKind::Address => {
                add(KeyKind::Attribute, &attribute.value);
            }
            AttributeKind::BirthDate if is_day => add(KeyKind::Day, &attribute.value),
            AttributeKind::BirthDate
            | AttributeKind::FoundingDate
            | AttributeKind::Country
            | AttributeKind::Place
            | AttributeKind::Sector => {}
        }
    }
    keys
}

/// Returns a vote for each pair of bearers of one class that a link states to be similar.
fn stated(bearers: &[Bearer], clusters: &Clusters, view: &View) -> Vec<Vote> {
    let mut ends: Vec<[NodeIndex; 2]> = Vec::new();
    for (position, record) in view.records().iter().enumerate() {
        for (number, claim) in record.content.claims().enumerate() {
            let LentClaim::Link { kind, .. } = claim else { continue };
            if SIMILAR.contains(&&*kind)
                && let &[from, to] = clusters.identifiers.of_claim(position, number)
            {
                ends.push([from, to].map(|node| clusters.root(node)));
            }
        }
    }
    if ends.is_empty() {
        return Vec::new();
    }
    let of_root: HashMap<NodeIndex, u32> =
        bearers.iter().zip(0..).map(|(bearer, position)| (bearer.root, position)).collect();
    let vote = |[from, to]: [NodeIndex; 2]| {
        let (from, to) = (*of_root.get(&from)?, *of_root.get(&to)?);
        let is_pair = from != to && bearers[from as usize].class == bearers[to as usize].class;
        is_pair.then(|| (from.min(to), from.max(to), KeyKind::Stated as u8))
    };
    let mut votes: Vec<Vote> = ends.into_iter().filter_map(vote).collect();
    votes.sort_unstable();
    votes.dedup();
    votes
}

/// Number of entities that have each word and each whole name, by class.
#[derive(Default)]
pub(super) struct WordCounts {
    words: HashMap<u64, u32>,
    names: HashMap<u64, u32>,
    /// Number of entities of each class.
    pub(super) of_class: HashMap<usize, u32>,
}

impl WordCounts {
    /// Counts each word once for an entity.
    pub(super) fn of_bearers(bearers: &[Bearer]) -> Self {
        let mut counts = Self::default();
        for bearer in bearers {
            *counts.of_class.entry(bearer.class).or_default() += 1;
            let hashed = |text: &str| hash(bearer.class, text);
            let all = bearer.names.iter().flat_map(|name| &name.keys.words).map(|word| hashed(word));
            add_each_once(&mut counts.words, all.collect());
            let all = bearer.names.iter().map(|name| hashed(&name.keys.words.join(" ")));
            add_each_once(&mut counts.names, all.collect());
        }
        counts
    }

    /// Returns the number of entities of a class that have a word.
    pub(super) fn of(&self, class: usize, word: &str) -> u32 {
        self.words.get(&hash(class, word)).copied().unwrap_or_default()
    }

    /// Returns the number of entities of a class that have these words as a whole name.
    pub(super) fn of_name(&self, class: usize, words: &[String]) -> u32 {
        self.names.get(&hash(class, &words.join(" "))).copied().unwrap_or_default()
    }
}

fn add_each_once(counts: &mut HashMap<u64, u32>, mut hashes: Vec<u64>) {
    hashes.sort_unstable();
    hashes.dedup();
    for hash in hashes {
        *counts.entry(hash).or_default() += 1;
    }
}

/// Returns a hash of a text for a class (FNV-1a). Two texts with one hash are compared in vain, and nothing worse.
fn hash(class: usize, text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(step(0xcbf2_9ce4_8422_2325, class as u8), step)
}
