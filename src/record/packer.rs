//! Packing of claims; `lent` describes the buffer.

use super::{
    Claim,
    lent::{HAS_ALIASES, HAS_NAME, HAS_VOCABULARY, IS_LINK, LAYER_SHIFT, STEP},
};
use crate::{entity::Identifier, symbol::Symbol};

/// Number of texts, and of identifiers, that are compared with each further one.
const COMPARED: usize = 24;

/// Buffers for packing. One packer packs many contents, one after the other.
#[derive(Debug, Default)]
pub struct Packer {
    data: Vec<u8>,
    claims: Vec<u8>,
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
        let Self { data, claims: packed, starts, texts, identifiers } = self;
        data.clear();
        packed.clear();
        starts.clear();
        texts.clear();
        identifiers.clear();
        for (position, claim) in claims.iter().enumerate() {
            if position > 0 && position % STEP == 0 {
                self.starts.push(self.claims.len());
            }
            self.claim(claim);
        }
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
                self.head(bits, kind);
                for text in name.iter().chain(vocabulary) {
                    let place = self.text(text);
                    write(place, &mut self.claims);
                }
                write(identifiers.len(), &mut self.claims);
                for identifier in identifiers {
                    let place = self.identifier(identifier);
                    write(place, &mut self.claims);
                }
                if !aliases.is_empty() {
                    write(aliases.len(), &mut self.claims);
                }
                for alias in aliases {
                    let place = self.text(alias);
                    write(place, &mut self.claims);
                }
            }
            Claim::Link { from, to, kind, layer } => {
                self.head(IS_LINK | (*layer as u8) << LAYER_SHIFT, kind);
                for end in [from, to] {
                    let place = self.identifier(end);
                    write(place, &mut self.claims);
                }
            }
        }
    }

    fn head(&mut self, bits: u8, kind: &str) {
        self.claims.push(bits);
        write(Symbol::of(kind).number() as usize, &mut self.claims);
    }

    /// Stores a text, and returns its place.
    fn text(&mut self, text: &str) -> usize {
        let place = self.data.len();
        write(text.len(), &mut self.data);
        self.data.extend_from_slice(text.as_bytes());
        place_of(place, &mut self.data, &mut self.texts)
    }

    /// Stores an identifier, and returns its place.
    fn identifier(&mut self, identifier: &Identifier) -> usize {
        let (tag, symbols, text) = match identifier {
            Identifier::Observable { kind, property, value } => (0, Some([kind.as_str(), property]), value),
            Identifier::Object(id) => (1, None, id),
            Identifier::Galaxy(id) => (2, None, id),
            Identifier::Reference { catalogue, kind, id } => (3, Some([*catalogue, kind]), id),
        };
        let text = self.text(text);
        let place = self.data.len();
        self.data.push(tag);
        for symbol in symbols.into_iter().flatten() {
            write(Symbol::of(symbol).number() as usize, &mut self.data);
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
