//! Claims as a packed content lends them: every text is borrowed from its buffer.
//!
//! The buffer has three parts: texts and identifiers, each at its place; claims, which name places; and the starts of
//! every eighth claim. Numbers have one byte for each seven bits. Types are symbols. An equal text or identifier is
//! stored once, as far as it is among the first of its record: a table row names its own value three times.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use super::Claim;
use crate::{
    entity::Identifier,
    link::{LAYERS, Layer},
    symbol::Symbol,
};

/// Number of claims with one entry in the list of starts.
pub(super) const STEP: usize = 8;

/// Bits of the first byte of a claim.
pub(super) const IS_LINK: u8 = 1;
pub(super) const HAS_NAME: u8 = 2;
pub(super) const HAS_VOCABULARY: u8 = 4;
pub(super) const HAS_ALIASES: u8 = 8;
/// First byte of an identifier: its variant.
const OBSERVABLE: u8 = 0;
const OBJECT: u8 = 1;
const GALAXY: u8 = 2;
const REFERENCE: u8 = 3;
/// The layer of a link is in the bits above these.
pub(super) const LAYER_SHIFT: u8 = 4;

/// A claim of a record, borrowed from its [`PackedContent`](super::PackedContent). The variants are those of [`Claim`].
#[derive(Clone, Debug)]
pub enum LentClaim<'a> {
    /// An entity exists.
    Entity {
        /// Identifiers of the entity in this record. The first one is the record's own.
        identifiers: LentIdentifiers<'a>,
        /// Type of the entity.
        kind: Symbol,
        /// Name of the entity.
        name: Option<&'a str>,
        /// Other names of the entity.
        aliases: LentTexts<'a>,
        /// Curated list that contains the entity. Two entries of one list are two entities.
        vocabulary: Option<&'a str>,
    },
    /// Two entities are related.
    Link {
        /// Start of the link.
        from: LentIdentifier<'a>,
        /// End of the link.
        to: LentIdentifier<'a>,
        /// Type of the relationship.
        kind: Symbol,
        /// Layer of the type.
        layer: Layer,
    },
}

impl LentClaim<'_> {
    /// Returns whether the claim is about an entity.
    pub fn is_entity(&self) -> bool {
        matches!(self, Self::Entity { .. })
    }

    /// Hashes the texts of the claim. Numbers of symbols are left out.
    pub(super) fn hash_texts(&self, hasher: &mut impl Hasher) {
        match self {
            Self::Entity { identifiers, kind, name, aliases, vocabulary } => {
                (0_u8, kind.as_str(), name, vocabulary, identifiers.count, aliases.count).hash(hasher);
                for identifier in identifiers.clone() {
                    identifier.hash_texts(hasher);
                }
                for alias in aliases.clone() {
                    alias.hash(hasher);
                }
            }
            Self::Link { from, to, kind, layer } => {
                (1_u8, kind.as_str(), layer.name()).hash(hasher);
                from.hash_texts(hasher);
                to.hash_texts(hasher);
            }
        }
    }

    /// Returns a copy of the claim with texts of its own.
    pub fn to_claim(&self) -> Claim {
        match self {
            Self::Entity { identifiers, kind, name, aliases, vocabulary } => Claim::Entity {
                identifiers: identifiers.clone().map(LentIdentifier::to_identifier).collect(),
                kind: (*kind).into(),
                name: name.map(str::to_owned),
                aliases: aliases.clone().map(str::to_owned).collect(),
                vocabulary: vocabulary.map(str::to_owned),
            },
            Self::Link { from, to, kind, layer } => Claim::Link {
                from: from.to_identifier(),
                to: to.to_identifier(),
                kind: (*kind).into(),
                layer: *layer,
            },
        }
    }
}

/// An identifier of a claim, borrowed from its content. The variants are those of [`Identifier`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LentIdentifier<'a> {
    /// A property of a cyber observable.
    Observable {
        /// STIX type of the observable.
        kind: Symbol,
        /// Property that contains the value.
        property: Symbol,
        /// The value as delivered.
        value: &'a str,
    },
    /// An object by its id.
    Object(&'a str),
    /// A value of a MISP galaxy.
    Galaxy(&'a str),
    /// An entry of a public catalogue.
    Reference {
        /// Normalised name of the catalogue.
        catalogue: Symbol,
        /// Kind of the entry.
        kind: Symbol,
        /// Id of the entry in the catalogue.
        id: &'a str,
    },
}

impl<'a> LentIdentifier<'a> {
    /// Borrows an identifier.
    pub fn of(identifier: &'a Identifier) -> Self {
        match identifier {
            Identifier::Observable { kind, property, value } => {
                Self::Observable { kind: kind.into(), property: property.into(), value }
            }
            Identifier::Object(id) => Self::Object(id),
            Identifier::Galaxy(id) => Self::Galaxy(id),
            Identifier::Reference { catalogue, kind, id } => {
                Self::Reference { catalogue: Symbol::of(catalogue), kind: kind.into(), id }
            }
        }
    }

    /// Returns the number of the variant, its symbols and its text.
    pub(super) fn parts(self) -> (u8, Option<[Symbol; 2]>, &'a str) {
        match self {
            Self::Observable { kind, property, value } => (OBSERVABLE, Some([kind, property]), value),
            Self::Object(id) => (OBJECT, None, id),
            Self::Galaxy(id) => (GALAXY, None, id),
            Self::Reference { catalogue, kind, id } => (REFERENCE, Some([catalogue, kind]), id),
        }
    }

    /// Returns the identifier of some [`LentIdentifier::parts`].
    pub(super) fn of_parts(form: u8, [first, second]: [Symbol; 2], text: &'a str) -> Self {
        match form {
            OBSERVABLE => Self::Observable { kind: first, property: second, value: text },
            OBJECT => Self::Object(text),
            GALAXY => Self::Galaxy(text),
            _ => Self::Reference { catalogue: first, kind: second, id: text },
        }
    }

    fn hash_texts(self, hasher: &mut impl Hasher) {
        match self {
            Self::Observable { kind, property, value } => {
                (0_u8, kind.as_str(), property.as_str(), value).hash(hasher);
            }
            Self::Object(id) => (1_u8, id).hash(hasher),
            Self::Galaxy(id) => (2_u8, id).hash(hasher),
            Self::Reference { catalogue, kind, id } => {
                (3_u8, catalogue.as_str(), kind.as_str(), id).hash(hasher);
            }
        }
    }

    fn to_identifier(self) -> Identifier {
        match self {
            Self::Observable { kind, property, value } => Identifier::Observable {
                kind: kind.into(),
                property: property.into(),
                value: value.to_owned(),
            },
            Self::Object(id) => Identifier::Object(id.to_owned()),
            Self::Galaxy(id) => Identifier::Galaxy(id.to_owned()),
            Self::Reference { catalogue, kind, id } => {
                Identifier::Reference { catalogue: catalogue.text(), kind: kind.into(), id: id.to_owned() }
            }
        }
    }
}

/// Identifiers of an entity claim, in order.
#[derive(Clone, Debug)]
pub struct LentIdentifiers<'a> {
    buffer: Buffer<'a>,
    /// Position of the place of the next identifier.
    next: usize,
    count: usize,
}

impl<'a> LentIdentifiers<'a> {
    /// Returns the first identifier, which is the record's own.
    pub fn first(&self) -> Option<LentIdentifier<'a>> {
        self.clone().next()
    }
}

impl<'a> Iterator for LentIdentifiers<'a> {
    type Item = LentIdentifier<'a>;

    fn next(&mut self) -> Option<LentIdentifier<'a>> {
        self.count = self.count.checked_sub(1)?;
        let place = self.buffer.number(&mut self.next);
        Some(self.buffer.identifier(place))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.count, Some(self.count))
    }
}

impl ExactSizeIterator for LentIdentifiers<'_> {}

/// Texts of a claim, such as its aliases, in order.
#[derive(Clone, Debug)]
pub struct LentTexts<'a> {
    buffer: Buffer<'a>,
    /// Position of the place of the next text.
    next: usize,
    count: usize,
}

impl<'a> Iterator for LentTexts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.count = self.count.checked_sub(1)?;
        let place = self.buffer.number(&mut self.next);
        Some(self.buffer.text(place))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.count, Some(self.count))
    }
}

impl ExactSizeIterator for LentTexts<'_> {}

/// Claims of a content, in order.
#[derive(Clone, Debug)]
pub struct LentClaims<'a> {
    pub(super) buffer: Buffer<'a>,
    pub(super) next: usize,
    pub(super) count: usize,
}

impl<'a> Iterator for LentClaims<'a> {
    type Item = LentClaim<'a>;

    fn next(&mut self) -> Option<LentClaim<'a>> {
        self.count = self.count.checked_sub(1)?;
        Some(self.buffer.claim(&mut self.next))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.count, Some(self.count))
    }
}

impl ExactSizeIterator for LentClaims<'_> {}

/// The bytes of a packed content. Every position comes from the packer, so a read never fails.
#[derive(Clone, Copy)]
pub(super) struct Buffer<'a>(pub(super) &'a [u8]);

impl fmt::Debug for Buffer<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes", self.0.len())
    }
}

impl<'a> Buffer<'a> {
    fn byte(self, position: &mut usize) -> u8 {
        let byte = self.0.get(*position).copied().unwrap_or_default();
        *position += 1;
        byte
    }

    /// Reads a number, and moves the position behind it.
    fn number(self, position: &mut usize) -> usize {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte(position);
            number |= usize::from(byte & 127) << shift;
            if byte < 128 {
                return number;
            }
            shift += 7;
        }
    }

    fn symbol(self, position: &mut usize) -> Symbol {
        Symbol::from_number(self.number(position) as u32)
    }

    /// Returns the text at a place.
    fn text(self, mut place: usize) -> &'a str {
        let length = self.number(&mut place);
        let bytes = self.0.get(place..place + length).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    fn text_at(self, position: &mut usize) -> &'a str {
        let place = self.number(position);
        self.text(place)
    }

    /// Returns the identifier at a place.
    fn identifier(self, mut place: usize) -> LentIdentifier<'a> {
        let position = &mut place;
        let form = self.byte(position);
        let has_symbols = matches!(form, OBSERVABLE | REFERENCE);
        let mut symbol = || if has_symbols { self.symbol(position) } else { Symbol::default() };
        let symbols = [symbol(), symbol()];
        LentIdentifier::of_parts(form, symbols, self.text_at(position))
    }

    /// Reads a claim, and moves the position behind it.
    fn claim(self, position: &mut usize) -> LentClaim<'a> {
        let bits = self.byte(position);
        let kind = self.symbol(position);
        if bits & IS_LINK != 0 {
            let (from, to) = (self.number(position), self.number(position));
            let layer = LAYERS[usize::from(bits >> LAYER_SHIFT)].0;
            return LentClaim::Link { from: self.identifier(from), to: self.identifier(to), kind, layer };
        }
        let name = (bits & HAS_NAME != 0).then(|| self.text_at(position));
        let vocabulary = (bits & HAS_VOCABULARY != 0).then(|| self.text_at(position));
        let identifiers = self.places(position);
        let no_texts = LentTexts { buffer: self, next: *position, count: 0 };
        let aliases = if bits & HAS_ALIASES == 0 {
            no_texts
        } else {
            let LentIdentifiers { buffer, next, count } = self.places(position);
            LentTexts { buffer, next, count }
        };
        LentClaim::Entity { identifiers, kind, name, aliases, vocabulary }
    }

    /// Reads a list of places, and moves the position behind it.
    fn places(self, position: &mut usize) -> LentIdentifiers<'a> {
        let count = self.number(position);
        let list = LentIdentifiers { buffer: self, next: *position, count };
        for _ in 0..count {
            self.number(position);
        }
        list
    }
}
