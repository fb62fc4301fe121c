//! Variants of patterns and of their look-alikes.

use crate::{entities::EntityId, hidden_world::HiddenWorld, random::RandomStream};

/// Adds the reports of a case from a day on, and returns the entities that the case is about.
type AddCase = fn(&mut HiddenWorld, &mut RandomStream, u32) -> Vec<EntityId>;

/// One way in which a pattern, or a look-alike of it, can arise.
pub(crate) struct Variant {
    /// Name in the column `mechanism` of `truth/planted.csv`.
    pub(crate) name: &'static str,
    /// True for a look-alike.
    pub(crate) is_benign: bool,
    /// True if training skips it, so that evaluation shows if a model finds variants that it was not shown.
    pub(crate) held_out: bool,
    /// Description for the world's README, one sentence.
    pub(crate) about: &'static str,
    /// Adds a case of the variant.
    pub(super) add: AddCase,
}

impl Variant {
    /// Returns a variant of the pattern.
    pub(super) const fn pattern(name: &'static str, about: &'static str, add: AddCase) -> Self {
        Self { name, is_benign: false, held_out: false, about, add }
    }

    /// Returns a variant of a look-alike.
    pub(super) const fn look_alike(name: &'static str, about: &'static str, add: AddCase) -> Self {
        Self { name, is_benign: true, held_out: false, about, add }
    }

    /// Returns the variant as one that training skips.
    pub(super) const fn held_out(self) -> Self {
        Self { held_out: true, ..self }
    }
}
