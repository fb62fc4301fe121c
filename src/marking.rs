//! Who may know: the Traffic Light Protocol as a lattice, joined by taking the stricter.
//!
//! TLP 1 (white, green, amber, red) and TLP 2 (clear, green, amber, amber+strict,
//! red) are read into one order. What carries no marking, or one that is not
//! understood, stands above red: it fails closed.

use std::fmt;

/// Stands among the markings of an object of which a part carries none of its own: for that part what is
/// configured for its source counts.
pub const PARTLY_UNMARKED: &str = "partly unmarked";

/// How far something may be shared, from the widest to the narrowest.
///
/// The order is the lattice: the join of two markings is their maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Marking {
    /// TLP:CLEAR, and TLP:WHITE of TLP 1.
    Clear,
    /// TLP:GREEN.
    Green,
    /// TLP:AMBER.
    Amber,
    /// TLP:AMBER+STRICT.
    AmberStrict,
    /// TLP:RED.
    Red,
    /// No marking, and none configured for its source.
    Unmarked,
    /// A marking that is not understood, or that could not be found.
    Unknown,
}

impl Marking {
    /// Returns the stricter of the two.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        self.max(other)
    }

    /// Returns whether a reader cleared up to `clearance` may see what is so marked.
    pub fn admits(self, clearance: Self) -> bool {
        self <= clearance && self < Self::Unmarked
    }

    /// Reads a TLP name in any spelling in use: `TLP:AMBER+STRICT`, `tlp:white`, `amber`.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.trim().to_ascii_lowercase();
        let name = name.strip_prefix("tlp:").or_else(|| name.strip_prefix("tlp-")).unwrap_or(&name);
        match name.trim() {
            "clear" | "white" => Some(Self::Clear),
            "green" => Some(Self::Green),
            "amber" => Some(Self::Amber),
            "amber+strict" | "amber-strict" | "amber strict" | "amber_strict" => Some(Self::AmberStrict),
            "red" => Some(Self::Red),
            _ => None,
        }
    }

    /// Returns the marking of a well-known marking-definition id: those of TLP 1 that
    /// STIX fixes (STIX 2.1, section 7.2.1.4), and those of the TLP 2 extension.
    pub fn of_definition(id: &str) -> Option<Self> {
        let id = id.to_ascii_lowercase();
        TLP_DEFINITIONS.iter().find(|(known, _)| *known == id).map(|(_, marking)| *marking)
    }
}

const TLP_DEFINITIONS: [(&str, Marking); 9] = [
    ("marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", Marking::Clear),
    ("marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", Marking::Green),
    ("marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", Marking::Amber),
    ("marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", Marking::Red),
    ("marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", Marking::Clear),
    ("marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", Marking::Green),
    ("marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", Marking::Amber),
    ("marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003", Marking::AmberStrict),
    ("marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", Marking::Red),
];

impl fmt::Display for Marking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clear => "TLP:CLEAR",
            Self::Green => "TLP:GREEN",
            Self::Amber => "TLP:AMBER",
            Self::AmberStrict => "TLP:AMBER+STRICT",
            Self::Red => "TLP:RED",
            Self::Unmarked => "unmarked",
            Self::Unknown => "unknown",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Marking; 7] = [
        Marking::Clear,
        Marking::Green,
        Marking::Amber,
        Marking::AmberStrict,
        Marking::Red,
        Marking::Unmarked,
        Marking::Unknown,
    ];

    #[test]
    fn join_is_commutative_associative_and_idempotent() {
        for a in ALL {
            assert_eq!(a.join(a), a);
            for b in ALL {
                assert_eq!(a.join(b), b.join(a));
                for c in ALL {
                    assert_eq!(a.join(b).join(c), a.join(b.join(c)));
                }
            }
        }
    }

    #[test]
    fn what_is_unmarked_or_not_understood_is_admitted_to_nobody_with_a_clearance() {
        for clearance in ALL {
            assert!(!Marking::Unmarked.admits(clearance));
            assert!(!Marking::Unknown.admits(clearance));
        }
        assert!(Marking::Green.admits(Marking::Amber));
        assert!(!Marking::AmberStrict.admits(Marking::Amber));
    }

    #[test]
    fn what_is_shown_is_read_back() {
        for marking in &ALL[..5] {
            assert_eq!(Marking::parse(&marking.to_string()), Some(*marking));
        }
        assert_eq!(Marking::parse("TLP:WHITE"), Some(Marking::Clear));
        assert_eq!(Marking::parse("PAP:RED"), None);
    }
}
