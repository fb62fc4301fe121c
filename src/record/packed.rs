//! Contents in memory: the claims of a record in one buffer.

use std::{
    fmt,
    hash::{Hash, Hasher},
    num::NonZeroU64,
};

use super::{
    Amount, Attribute, Content, LinkPart, Properties, Remarks, Traces,
    lent::{Buffer, LentClaim, LentClaims, STEP},
    packer::Packer,
    traces::StableHasher,
};
use crate::{
    symbol::Symbol,
    time::{Moment, Span},
};

/// A [`Content`] with its claims in one buffer. Equal contents have equal buffers.
#[derive(Clone, PartialEq)]
pub struct PackedContent {
    /// Type of the object, as its format names it.
    pub kind: Symbol,
    /// Stated confidence, 0 to 100.
    pub confidence: Option<u8>,
    /// Properties that contradict the format.
    pub remarks: Remarks,
    /// Truth values, and the words that the buffer begins with.
    bits: u8,
    claim_count: u32,
    /// Start of the claims in the buffer behind the words.
    claims_start: u32,
    /// Words of eight bytes, each only where the object has the value; then the claims.
    buffer: Box<[u8]>,
    further: Option<Box<Further>>,
}

/// Bits of the words that a buffer may begin with, in their order.
const CREATED: u8 = 1;
const SEEN_START: u8 = 2;
const SEEN_END: u8 = 4;
const EXPIRES: u8 = 8;
const PRODUCER: u8 = 16;
pub(super) const WORDS: u8 = CREATED | SEEN_START | SEEN_END | EXPIRES | PRODUCER;
/// The source revoked or deprecated the object.
const RETRACTED: u8 = 32;
/// See [`Content::is_collective`].
const COLLECTIVE: u8 = 64;

/// Attributes that few contents have.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Further {
    pub(super) references: u32,
    pub(super) amounts: Vec<Amount>,
    pub(super) weightless: Vec<u32>,
    pub(super) part: Option<Box<LinkPart>>,
    pub(super) properties: Option<Box<Properties>>,
    pub(super) attributes: Option<Box<[Attribute]>>,
    pub(super) traces: Option<Box<Traces>>,
}

impl Further {
    /// Returns the attributes in a box; `None` if there are none.
    fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}

impl Content {
    /// Packs the content.
    ///
    /// # Panics
    ///
    /// Panics if the texts of one record have more than 4 GB.
    pub fn packed(self) -> PackedContent {
        self.packed_by(&mut Packer::default())
    }

    /// Packs the content as [`Content::packed`] does, with the buffers of a packer.
    ///
    /// # Panics
    ///
    /// Panics if the texts of one record have more than 4 GB.
    pub fn packed_by(self, packer: &mut Packer) -> PackedContent {
        let micros = |time: Option<Moment>| time.map(|time| time.micros().cast_unsigned());
        let words = [
            (CREATED, micros(self.created)),
            (SEEN_START, micros(self.seen.start)),
            (SEEN_END, micros(self.seen.end)),
            (EXPIRES, micros(self.expires)),
            (PRODUCER, self.producer.map(NonZeroU64::get)),
        ];
        let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
        let has = words.iter().fold(0, |bits, (word, value)| bits | bit(value.is_some(), *word));
        let (buffer, claims_start) = packer.pack(words.iter().filter_map(|(_, value)| *value), &self.claims);
        let further = Further {
            references: self.references,
            amounts: self.amounts,
            weightless: self.weightless,
            part: self.part,
            properties: self.properties,
            attributes: self.attributes,
            traces: self.traces,
        };
        PackedContent {
            kind: self.kind.into(),
            confidence: self.confidence,
            remarks: self.remarks,
            bits: has | bit(self.retracted, RETRACTED) | bit(self.is_collective, COLLECTIVE),
            claim_count: self.claims.len() as u32,
            claims_start,
            buffer,
            further: further.boxed(),
        }
    }
}

impl PackedContent {
    /// Returns the content with texts of its own.
    pub fn unpacked(&self) -> Content {
        let further = self.further.as_deref().cloned().unwrap_or_default();
        Content {
            kind: self.kind.into(),
            created: self.created(),
            seen: self.seen(),
            expires: self.expires(),
            retracted: self.is_retracted(),
            is_collective: self.is_collective(),
            confidence: self.confidence,
            claims: self.claims().map(|claim| claim.to_claim()).collect(),
            amounts: further.amounts,
            weightless: further.weightless,
            part: further.part,
            properties: further.properties,
            attributes: further.attributes,
            producer: self.producer(),
            traces: further.traces,
            references: further.references,
            remarks: self.remarks,
        }
    }

    /// Returns the content of an object that an earlier version revoked.
    #[must_use]
    pub fn as_revoked(&self) -> Self {
        Self { bits: self.bits | RETRACTED, ..self.clone() }
    }

    /// Returns a content from its columns: kind and confidence, remarks and bits, and its claims by their number, their start and the
    /// buffer.
    pub(super) fn of_columns(
        (kind, confidence): (Symbol, Option<u8>),
        (remarks, bits): (Remarks, u8),
        (claim_count, claims_start, buffer): (u32, u32, Box<[u8]>),
        further: Further,
    ) -> Self {
        Self { kind, confidence, remarks, bits, claim_count, claims_start, buffer, further: further.boxed() }
    }

    /// Returns the truth values, and the bits of the words that the content has.
    pub(super) fn bits(&self) -> u8 {
        self.bits
    }

    /// Returns the words that the content has, in the order of their bits.
    pub(super) fn words(&self) -> impl Iterator<Item = u64> + '_ {
        let bits = (0..u8::BITS).map(|bit| 1 << bit).filter(|bit| WORDS & bit != 0);
        bits.filter_map(|bit| self.word(bit))
    }

    /// Returns the attributes that few contents have; `None` if this one has none.
    pub(super) fn further(&self) -> Option<&Further> {
        self.further.as_deref()
    }

    /// Returns the word of a bit; `None` if the object does not have the value.
    fn word(&self, bit: u8) -> Option<u64> {
        if self.bits & bit == 0 {
            return None;
        }
        let position = 8 * (self.bits & (bit - 1)).count_ones() as usize;
        self.buffer.get(position..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
    }

    fn time(&self, bit: u8) -> Option<Moment> {
        self.word(bit).map(|micros| Moment::from_micros(micros.cast_signed()))
    }

    /// Returns the buffer behind the words.
    fn claim_buffer(&self) -> &[u8] {
        let words = 8 * (self.bits & WORDS).count_ones() as usize;
        self.buffer.get(words..).unwrap_or_default()
    }

    /// Returns the time at which the source created the object.
    pub fn created(&self) -> Option<Moment> {
        self.time(CREATED)
    }

    /// Returns the valid time of the claims.
    pub fn seen(&self) -> Span {
        Span { start: self.time(SEEN_START), end: self.time(SEEN_END) }
    }

    /// Returns the time after which the object declares itself no longer valid.
    pub fn expires(&self) -> Option<Moment> {
        self.time(EXPIRES)
    }

    /// Returns the digest of the identity that created the object; `None` if the object names none.
    pub fn producer(&self) -> Option<NonZeroU64> {
        self.word(PRODUCER).and_then(NonZeroU64::new)
    }

    /// Returns whether the source revoked or deprecated the object.
    pub fn is_retracted(&self) -> bool {
        self.bits & RETRACTED != 0
    }

    /// Returns whether the object is an identity that states that it is no single person; see
    /// [`Content::is_collective`].
    pub fn is_collective(&self) -> bool {
        self.bits & COLLECTIVE != 0
    }

    /// Returns the number of references that an entry of a curated list has; 0 for other objects.
    pub fn references(&self) -> u32 {
        self.further.as_ref().map_or(0, |further| further.references)
    }

    /// Returns the claims of the object, in order.
    pub fn claims(&self) -> LentClaims<'_> {
        LentClaims {
            buffer: Buffer(self.claim_buffer()),
            next: self.claims_start as usize,
            count: self.claim_count as usize,
        }
    }

    /// Returns the claim at a position; `None` after the last.
    pub fn claim(&self, position: usize) -> Option<LentClaim<'_>> {
        if position >= self.claim_count as usize {
            return None;
        }
        let mut claims = self.claims();
        if let Some(before) = (position / STEP).checked_sub(1) {
            // The starts of the first eight claims are not listed.
            let listed = (claims.count - 1) / STEP;
            let buffer = self.claim_buffer();
            let start = buffer.len() - 4 * (listed - before);
            let start = buffer[start..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
            claims.next = start as usize;
            claims.count -= STEP * (before + 1);
        }
        claims.nth(position % STEP)
    }

    /// Returns the amounts of the claimed links, in the order of the links.
    pub fn amounts(&self) -> &[Amount] {
        self.further.as_ref().map_or(&[], |further| &further.amounts)
    }

    /// Returns the part of a link that this object describes; see [`Content::part`].
    pub fn part(&self) -> Option<&LinkPart> {
        self.further.as_ref()?.part.as_deref()
    }

    /// Returns the property values with their provenance; `None` for formats without provenance.
    pub fn properties(&self) -> Option<&Properties> {
        self.further.as_ref()?.properties.as_deref()
    }

    /// Returns the attributes of the record's own entity; see [`Content::attributes`].
    pub fn attributes(&self) -> &[Attribute] {
        self.further.as_ref().and_then(|further| further.attributes.as_deref()).unwrap_or_default()
    }

    /// Returns the digests by which a copy of the object is recognised.
    pub fn traces(&self) -> Option<&Traces> {
        self.further.as_ref()?.traces.as_deref()
    }

    /// Returns whether the claimed link at this position has weight zero; see [`Content::weightless`].
    pub fn is_weightless(&self, claim: u32) -> bool {
        self.further.as_ref().is_some_and(|further| further.weightless.contains(&claim))
    }

    /// Returns whether the object is revoked, deprecated, or no longer valid at a time.
    pub fn is_retired(&self, time: Moment) -> bool {
        self.is_retracted() || self.expires().is_some_and(|expires| expires <= time)
    }

    /// Returns a digest of the claims. Contents that claim the same have equal digests. The times at which a collection
    /// contained a value are left out, because each run of the collector moves them. Texts, references and attributes are
    /// left out, too. Every process computes the same digest.
    pub fn claim_digest(&self) -> u64 {
        let Self { kind, confidence, claim_count, .. } = self;
        let (created, seen, expires, retracted) =
            (self.created(), self.seen(), self.expires(), self.is_retracted());
        let mut hasher = StableHasher::default();
        (kind.as_str(), created, seen.start, seen.end, expires, retracted, confidence).hash(&mut hasher);
        claim_count.hash(&mut hasher);
        // The buffer has numbers of symbols, which another process gives to other texts.
        for claim in self.claims() {
            claim.hash_texts(&mut hasher);
        }
        let Some(Further { amounts, weightless, part, properties, references: _, attributes: _, traces: _ }) =
            self.further.as_deref()
        else {
            return hasher.finish();
        };
        for Amount { claim, value, currency } in amounts {
            // Both zeros are equal.
            (claim, (value + 0.0).to_bits(), currency).hash(&mut hasher);
        }
        // Attributes and traces are not claims.
        if !weightless.is_empty() {
            weightless.hash(&mut hasher);
        }
        if let Some(part) = part {
            part.hash(&mut hasher);
        }
        if let Some(Properties { dataset, values, first_seen: _, last_seen: _ }) = properties.as_deref() {
            (dataset, values).hash(&mut hasher);
        }
        hasher.finish()
    }
}

impl Default for PackedContent {
    fn default() -> Self {
        Content::default().packed()
    }
}

impl fmt::Debug for PackedContent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.unpacked().fmt(formatter)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        entity::Identifier,
        link::{LAYERS, Layer},
        record::Claim,
    };

    /// Returns pseudo-random numbers below `bound` (Knuth's generator for MMIX).
    pub(in crate::record) fn below(state: &mut u64, bound: usize) -> usize {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) as usize % bound
    }

    fn text(state: &mut u64) -> String {
        ["", "a.example", "Grey Heron", "ärger", &"long ".repeat(70)][below(state, 5)].to_owned()
            + &below(state, 90).to_string()
    }

    fn moment(state: &mut u64) -> Option<Moment> {
        let micros = (below(state, 1 << 30) as u32).cast_signed() - (1 << 29);
        (below(state, 2) == 0).then(|| Moment::from_micros(i64::from(micros)))
    }

    fn identifier(state: &mut u64) -> Identifier {
        match below(state, 4) {
            0 => {
                Identifier::Observable { kind: text(state), property: "value".to_owned(), value: text(state) }
            }
            1 => Identifier::Object(text(state)),
            2 => Identifier::Galaxy(text(state)),
            _ => Identifier::Reference { catalogue: "cve", kind: text(state), id: text(state) },
        }
    }

    fn claim(state: &mut u64) -> Claim {
        if below(state, 2) == 0 {
            let layer = LAYERS[below(state, LAYERS.len())].0;
            return Claim::Link { from: identifier(state), to: identifier(state), kind: text(state), layer };
        }
        let maybe = |state: &mut u64| (below(state, 2) == 0).then(|| text(state));
        Claim::Entity {
            identifiers: (0..below(state, 4)).map(|_| identifier(state)).collect(),
            kind: text(state),
            name: maybe(state),
            aliases: (0..below(state, 3)).map(|_| text(state)).collect(),
            vocabulary: maybe(state),
        }
    }

    /// Draws a content with some claims and attributes. Some have hundreds of claims.
    pub(in crate::record) fn content(state: &mut u64) -> Content {
        let size = if below(state, 50) == 0 { 400 } else { below(state, 30) };
        Content {
            kind: text(state),
            claims: (0..size).map(|_| claim(state)).collect(),
            weightless: (0..below(state, 2) as u32).collect(),
            confidence: (below(state, 2) == 0).then_some(7),
            created: moment(state),
            seen: Span { start: moment(state), end: moment(state) },
            expires: moment(state),
            producer: NonZeroU64::new(below(state, 3) as u64),
            retracted: below(state, 2) == 0,
            is_collective: below(state, 2) == 0,
            references: below(state, 2) as u32,
            ..Content::default()
        }
    }

    #[test]
    fn a_packed_content_keeps_everything() {
        let state = &mut 5;
        for _ in 0..2_000 {
            let content = content(state);
            let size = content.claims.len();
            let packed = content.clone().packed();
            assert_eq!(packed.unpacked(), content);
            assert_eq!(packed.as_revoked().unpacked(), Content { retracted: true, ..content.clone() });
            assert!(packed == content.clone().packed() && packed != PackedContent::default());
            for (position, claim) in content.claims.iter().enumerate() {
                let lent = packed.claim(position).expect("a claim");
                assert_eq!(&lent.to_claim(), claim, "{position} of {size}");
            }
            assert!(packed.claim(size).is_none() && packed.claims().len() == size);
        }
    }

    #[test]
    fn a_row_of_a_table_has_few_bytes() {
        let value = |text: &str| Identifier::Observable {
            kind: "domain-name".to_owned(),
            property: "value".to_owned(),
            value: text.to_owned(),
        };
        let family = || Identifier::Object("malware--0a3f0c7e".to_owned());
        let entity = |identifier: Identifier, name: &str| Claim::Entity {
            identifiers: vec![identifier],
            kind: "malware".to_owned(),
            name: Some(name.to_owned()),
            aliases: Vec::new(),
            vocabulary: None,
        };
        let name = "shop.harbour.example";
        let claims = vec![
            entity(value(name), name),
            entity(family(), "Tidewash"),
            Claim::Link {
                from: value(name),
                to: family(),
                kind: "indicates".to_owned(),
                layer: Layer::Other,
            },
        ];
        let packed = Content { claims, ..Content::default() }.packed();
        let texts = name.len() + "Tidewash".len() + "malware--0a3f0c7e".len();
        assert!(packed.buffer.len() <= texts + 40, "{} bytes", packed.buffer.len());
        assert!(size_of::<PackedContent>() <= 40, "{} bytes", size_of::<PackedContent>());
    }
}
