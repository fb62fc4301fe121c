//! Claims as a packed content lends them: every text is borrowed from its buffer.

use super::{Claim, packed::Buffer};
use crate::{entity::Identifier, link::Layer, symbol::Symbol};

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

    /// Returns a copy of the claim with texts of its own.
    pub fn to_claim(&self) -> Claim {
        match self {
            Self::Entity { identifiers, kind, name, aliases, vocabulary } => Claim::Entity {
                identifiers: identifiers.clone().map(|identifier| identifier.to_identifier()).collect(),
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
    pub(super) buffer: Buffer<'a>,
    /// Position of the place of the next identifier.
    pub(super) next: usize,
    pub(super) count: usize,
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
    pub(super) buffer: Buffer<'a>,
    /// Position of the place of the next text.
    pub(super) next: usize,
    pub(super) count: usize,
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
