//! Traits of claims, which passes over all claims read instead of their contents.

use crate::record::LentClaim;

/// Kind of the link from a revoked object to the object that takes its place.
pub(in crate::resolve) const REVOKED_BY: &str = "revoked-by";
/// Kind of the entities whose attributes count for those that are located there, and kind of these links (STIX 2.1, section 4.13).
const LOCATION: &str = "location";
const LOCATED_AT: &str = "located-at";

/// Traits of a claim, for which passes over all claims need not read its content.
#[derive(Clone, Copy)]
pub(in crate::resolve) struct ClaimTraits(u8);

impl ClaimTraits {
    const ENTITY: u8 = 1;
    const NAMED: u8 = 2;
    const LISTED: u8 = 4;
    const FACTS: u8 = 8;
    const REVOKED_BY: u8 = 16;
    const LOCATED_AT: u8 = 32;
    const LOCATION: u8 = 64;

    pub(super) fn of(claim: &LentClaim<'_>) -> Self {
        let bit = |bit: u8, is_set: bool| if is_set { bit } else { 0 };
        match claim {
            LentClaim::Entity { kind, name, aliases, vocabulary, .. } => Self(
                Self::ENTITY
                    | bit(Self::NAMED, name.is_some() || aliases.clone().next().is_some())
                    | bit(Self::LISTED, vocabulary.is_some())
                    | bit(Self::LOCATION, &**kind == LOCATION),
            ),
            LentClaim::Link { kind, .. } => Self(
                bit(Self::REVOKED_BY, &**kind == REVOKED_BY) | bit(Self::LOCATED_AT, &**kind == LOCATED_AT),
            ),
        }
    }

    /// Returns the traits of an entity claim of which an identifier is a fact of the entity.
    pub(super) fn with_facts(self) -> Self {
        Self(self.0 | Self::FACTS)
    }

    /// Returns whether the claim is about an entity; else it is about a link.
    pub(in crate::resolve) fn is_entity(self) -> bool {
        self.0 & Self::ENTITY != 0
    }

    /// Returns whether the claim is about a place.
    pub(in crate::resolve) fn is_location(self) -> bool {
        self.0 & Self::LOCATION != 0
    }

    /// Returns whether the claim is the link of an entity to its place.
    pub(in crate::resolve) fn is_located_at(self) -> bool {
        self.0 & Self::LOCATED_AT != 0
    }

    /// Returns whether the claim gives an entity a name or an alias.
    pub(in crate::resolve) fn is_named(self) -> bool {
        self.0 & Self::NAMED != 0
    }

    /// Returns whether the claim is about an entry of a curated list.
    pub(in crate::resolve) fn is_listed(self) -> bool {
        self.0 & Self::LISTED != 0
    }

    /// Returns whether the list, or an identifier, of an entity claim is a fact of the entity.
    pub(in crate::resolve) fn has_facts(self) -> bool {
        self.0 & (Self::LISTED | Self::FACTS) != 0
    }

    /// Returns whether the claim is the link from a revoked object to the object that takes its place.
    pub(in crate::resolve) fn is_revoked_by(self) -> bool {
        self.0 & Self::REVOKED_BY != 0
    }
}
