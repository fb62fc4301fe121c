//! Packing of claims; `lent` describes the buffer.

use super::{
    Claim, LentIdentifier,
    lent::{HAS_ALIASES, HAS_NAME, HAS_VOCABULARY, IS_LINK, LAYER_SHIFT, STEP},
};
use crate::symbol::Symbol;

/// Number of texts, and of identifiers, that are compared with each further one.
const COMPARED: usize = 24;

/// Buffers for packing. One packer packs many contents, one after the other.
#[derive(Debug, Default)]
pub struct Packer {
    data: Vec<u8>,
    claims: Vec<u8>,
    claim_count: usize,
    /// Starts of every eighth claim.
    starts: Vec<usize>,
    /// Places of the first texts and identifiers.
    texts: Vec<usize>,
    identifiers: Vec<usize>,
}

fn write(number: usize, to: &mut Vec<u8>) {
    let mut left = number;
    while left > 127 {
        to.push((left & 127) as u8 | 128);
        left >>= 7;
    }
    to.push(left as u8);
}

impl Packer {
    /// Returns a buffer of words and claims, and the start of the claims behind the words and texts.
    pub(super) fn pack(
        &mut self,
        words: impl Iterator<Item = u64> + Clone,
        claims: &[Claim],
    ) -> (Box<[u8]>, u32) {
        self.begin();
        for claim in claims {
            self.claim(claim);
        }
        self.finish(words)
    }

    /// Begins the claims of a content.
    pub(super) fn begin(&mut self) {
        let Self { data, claims, claim_count, starts, texts, identifiers } = self;
        data.clear();
        claims.clear();
        *claim_count = 0;
        starts.clear();
        texts.clear();
        identifiers.clear();
    }

    /// Returns a buffer of words and the claims since [`Packer::begin`], and the start of the claims behind the words and texts.
    pub(super) fn finish(&self, words: impl Iterator<Item = u64> + Clone) -> (Box<[u8]>, u32) {
        let start = self.data.len();
        let size = 8 * words.clone().count() + start + self.claims.len() + 4 * self.starts.len();
        let mut buffer = Vec::with_capacity(size);
        buffer.extend(words.flat_map(u64::to_le_bytes));
        buffer.extend_from_slice(&self.data);
        buffer.extend_from_slice(&self.claims);
        let short = |position: usize| u32::try_from(position).expect("a record has less than 4 GB");
        for claim in &self.starts {
            buffer.extend_from_slice(&short(start + claim).to_le_bytes());
        }
        (buffer.into_boxed_slice(), short(start))
    }

    fn claim(&mut self, claim: &Claim) {
        match claim {
            Claim::Entity { identifiers, kind, name, aliases, vocabulary } => {
                let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
                let bits = bit(name.is_some(), HAS_NAME)
                    | bit(vocabulary.is_some(), HAS_VOCABULARY)
                    | bit(!aliases.is_empty(), HAS_ALIASES);
                self.head(bits, Symbol::of(kind));
                for text in name.iter().chain(vocabulary) {
                    self.add_text(text);
                }
                self.add_count(identifiers.len());
                for identifier in identifiers {
                    self.add_identifier(LentIdentifier::of(identifier));
                }
                if !aliases.is_empty() {
                    self.add_count(aliases.len());
                }
                for alias in aliases {
                    self.add_text(alias);
                }
            }
            Claim::Link { from, to, kind, layer } => {
                self.head(IS_LINK | (*layer as u8) << LAYER_SHIFT, Symbol::of(kind));
                for end in [from, to] {
                    self.add_identifier(LentIdentifier::of(end));
                }
            }
        }
    }

    /// Adds the place of a text to the claim.
    pub(super) fn add_text(&mut self, text: &str) {
        let place = self.text(text);
        write(place, &mut self.claims);
    }

    /// Adds the place of an identifier to the claim.
    pub(super) fn add_identifier(&mut self, identifier: LentIdentifier<'_>) {
        let place = self.identifier(identifier);
        write(place, &mut self.claims);
    }

    /// Adds the length of a list to the claim.
    pub(super) fn add_count(&mut self, count: usize) {
        write(count, &mut self.claims);
    }

    /// Begins a claim.
    pub(super) fn head(&mut self, bits: u8, kind: Symbol) {
        if self.claim_count > 0 && self.claim_count.is_multiple_of(STEP) {
            self.starts.push(self.claims.len());
        }
        self.claim_count += 1;
        self.claims.push(bits);
        write(kind.number() as usize, &mut self.claims);
    }

    /// Stores a text, and returns its place.
    fn text(&mut self, text: &str) -> usize {
        let place = self.data.len();
        write(text.len(), &mut self.data);
        self.data.extend_from_slice(text.as_bytes());
        place_of(place, &mut self.data, &mut self.texts)
    }

    /// Stores an identifier, and returns its place.
    fn identifier(&mut self, identifier: LentIdentifier<'_>) -> usize {
        let (form, symbols, text) = identifier.parts();
        let text = self.text(text);
        let place = self.data.len();
        self.data.push(form);
        for symbol in symbols.into_iter().flatten() {
            write(symbol.number() as usize, &mut self.data);
        }
        write(text, &mut self.data);
        place_of(place, &mut self.data, &mut self.identifiers)
    }
}

/// Returns the place of the value that was written last, at `place`. An equal earlier value takes its place: a value
/// names its own length, so values that begin equally are equal.
fn place_of(place: usize, data: &mut Vec<u8>, known: &mut Vec<usize>) -> usize {
    let length = data.len() - place;
    let (before, value) = data.split_at(place);
    let is_equal = |earlier: &&usize| before.get(**earlier..**earlier + length) == Some(value);
    if let Some(&earlier) = known.iter().find(is_equal) {
        data.truncate(place);
        return earlier;
    }
    if known.len() < COMPARED {
        known.push(place);
    }
    place
}
