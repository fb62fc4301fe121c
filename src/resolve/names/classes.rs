//! Classes of entities whose names are compared with each other.

use araneus_names::NameKind;

/// A class of entities.
#[derive(Debug)]
pub(super) struct Class {
    /// Kinds of the class.
    kinds: &'static [&'static str],
    /// Reading of their names.
    pub(super) names: NameKind,
    /// True if a similar name with an equal attribute may join two entities without a person.
    pub(super) may_merge: bool,
}

impl Class {
    /// Returns whether entities of a kind are in the class.
    pub(super) fn has_kind(&self, kind: &str) -> bool {
        self.kinds.contains(&kind)
    }
}

/// Every class. Actors, software and campaigns have aliases that sources use for related objects, so that only curated lists
/// and people join them.
pub(super) const CLASSES: &[Class] = &[
    Class { kinds: &["person"], names: NameKind::Person, may_merge: true },
    Class {
        kinds: &["organization", "company", "public-body", "legal-entity"],
        names: NameKind::Organisation,
        may_merge: true,
    },
    Class { kinds: &["vessel", "airplane"], names: NameKind::Vessel, may_merge: true },
    Class { kinds: &["identity"], names: NameKind::Organisation, may_merge: false },
    Class { kinds: &["threat-actor", "intrusion-set"], names: NameKind::Organisation, may_merge: false },
    Class { kinds: &["malware", "tool"], names: NameKind::Organisation, may_merge: false },
    Class { kinds: &["campaign"], names: NameKind::Organisation, may_merge: false },
];

/// Returns the position in [`CLASSES`] of the class of a kind; `None` if names of the kind are not compared.
pub(super) fn class_of(kind: &str) -> Option<usize> {
    CLASSES.iter().position(|class| class.has_kind(kind))
}
