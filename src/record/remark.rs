//! Remarks: properties of an accepted object that contradict its format.
//!
//! The object is kept, because the remaining properties are usable. The data steward sees each remark, and can ask the
//! source.

/// One kind of remark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Remark {
    /// The pattern of an indicator cannot be parsed, so that the indicator names no observables.
    UnreadPattern,
    /// The id of a cyber observable is not the one that STIX 2.1 (section 2.9) derives from its properties.
    OtherId,
    /// The sending server states that the value has decayed.
    Decayed,
    /// The sharing group of the object has no organisations, so that nobody may receive the object.
    EmptyGroup,
    /// A source gave two contents to one version of an object.
    VersionConflict,
}

/// All kinds of remarks, with their names in tables.
pub const REMARKS: [(Remark, &str); 5] = [
    (Remark::UnreadPattern, "unread-pattern"),
    (Remark::OtherId, "other-id"),
    (Remark::Decayed, "decayed"),
    (Remark::EmptyGroup, "empty-group"),
    (Remark::VersionConflict, "version-conflict"),
];

impl Remark {
    /// Returns the name in tables.
    pub fn name(self) -> &'static str {
        REMARKS[self as usize].1
    }
}

/// A set of remarks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remarks(u8);

impl Remarks {
    /// Returns the set as bits.
    pub(super) fn bits(self) -> u8 {
        self.0
    }

    /// Returns the set of some [`Remarks::bits`].
    pub(super) fn of_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// Adds a remark.
    pub fn add(&mut self, remark: Remark) {
        self.0 |= 1 << remark as u8;
    }

    /// Returns the remarks of either set.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether the set has no remark.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the remarks, in their order.
    pub fn iter(self) -> impl Iterator<Item = Remark> {
        REMARKS.iter().map(|(remark, _)| *remark).filter(move |remark| self.0 & (1 << *remark as u8) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_the_remarks_that_were_added() {
        let mut remarks = Remarks::default();
        assert!(remarks.is_empty());
        remarks.add(Remark::Decayed);
        remarks.add(Remark::Decayed);
        let mut others = Remarks::default();
        others.add(Remark::UnreadPattern);
        let all: Vec<Remark> = remarks.join(others).iter().collect();
        assert_eq!(all, [Remark::UnreadPattern, Remark::Decayed]);
        for (place, (remark, name)) in REMARKS.iter().enumerate() {
            assert_eq!((*remark as usize, remark.name()), (place, *name));
        }
    }
}
