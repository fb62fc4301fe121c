//! Markings: the levels of the Traffic Light Protocol as a lattice. The join of two markings is the stricter one.
//!
//! TLP 1 (white, green, amber, red) and TLP 2 (clear, green, amber, amber+strict, red) have one order. A missing
//! or unknown marking is stricter than red, so no audience with a clearance sees such an object.

use std::fmt;

/// Entry in the markings of an object for its parts without a marking. Their marking is the configured one of
/// the source.
pub const PARTLY_UNMARKED: &str = "partly unmarked";

/// Beginning of the entry for a sharing group of MISP, before its uuid. The entry restricts the audiences that list
/// their groups; the level beside it restricts every audience.
pub const SHARING_GROUP: &str = "misp:sharing-group:";

/// Limit of sharing, from the widest to the narrowest. The join of two markings is their maximum.
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
    /// No marking, and the source has no configured one.
    Unmarked,
    /// An unknown marking, or one whose definition is missing.
    Unknown,
}

impl Marking {
    /// Returns the stricter of two markings.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        self.max(other)
    }

    /// Returns whether an audience with this clearance may see an object with this marking.
    pub fn admits(self, clearance: Self) -> bool {
        self <= clearance && self < Self::Unmarked
    }

    /// Reads a TLP name in any common form: `TLP:AMBER+STRICT`, `tlp:white`, `amber`.
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

    /// Returns the level that a text names: a level alone, or a level after the name of the protocol, such as
    /// `For partners only, TLP 2.0 AMBER STRICT`. If there are several, the strictest one counts.
    ///
    /// A text that names the protocol without a level is [`Unknown`](Self::Unknown). `None` if the text names
    /// neither.
    pub fn named_in(text: &str) -> Option<Self> {
        if let Some(level) = Self::parse(text) {
            return Some(level);
        }
        let lower = text.to_lowercase();
        let words: Vec<&str> =
            lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
        let level_at = |position: usize| match (words.get(position)?, words.get(position + 1)) {
            (&"amber", Some(&"strict")) => Some(Self::AmberStrict),
            (word, _) => Self::parse(word),
        };
        let is_version = |word: &&str| {
            word.strip_prefix('v').unwrap_or(word).bytes().all(|byte| byte.is_ascii_digit())
                || *word == "version"
        };
        let mut is_named = false;
        let mut levels = Vec::new();
        for (position, word) in words.iter().enumerate() {
            let Some(suffix) = word.strip_prefix("tlp") else { continue };
            if suffix.is_empty() || is_version(&suffix) {
                is_named = true;
                let versions = words[position + 1..].iter().take_while(|word| is_version(word)).count();
                levels.extend(level_at(position + 1 + versions));
            } else {
                levels.extend(Self::parse(suffix));
            }
        }
        if words.windows(3).any(|words| words == ["traffic", "light", "protocol"]) {
            is_named = true;
            levels.extend((0..words.len()).filter_map(level_at));
        }
        levels.into_iter().max().or(is_named.then_some(Self::Unknown))
    }

    /// Returns the marking of a predefined marking-definition id: the ids of TLP 1 in STIX 2.1 (section 7.2.1.4), of
    /// the TLP 2 extension, and of OpenCTI.
    pub fn of_definition(id: &str) -> Option<Self> {
        let id = id.to_ascii_lowercase();
        TLP_DEFINITIONS.iter().find(|(known, _)| *known == id).map(|(_, marking)| *marking)
    }
}

const TLP_DEFINITIONS: [(&str, Marking); 10] = [
    ("marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", Marking::Clear),
    ("marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", Marking::Green),
    ("marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", Marking::Amber),
    ("marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", Marking::Red),
    ("marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", Marking::Clear),
    ("marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", Marking::Green),
    ("marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", Marking::Amber),
    ("marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003", Marking::AmberStrict),
    ("marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", Marking::Red),
    ("marking-definition--826578e1-40ad-459f-bc73-ede076f81f37", Marking::AmberStrict),
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
    fn missing_and_unknown_markings_are_admitted_for_no_clearance() {
        for clearance in ALL {
            assert!(!Marking::Unmarked.admits(clearance));
            assert!(!Marking::Unknown.admits(clearance));
        }
        assert!(Marking::Green.admits(Marking::Amber));
        assert!(!Marking::AmberStrict.admits(Marking::Amber));
    }

    #[test]
    fn a_level_is_found_wherever_a_text_names_it() {
        for (text, level) in [
            ("TLP:AMBER+STRICT", Some(Marking::AmberStrict)),
            ("amber", Some(Marking::Amber)),
            ("For partners only: tlp:amber", Some(Marking::Amber)),
            ("TLP 2.0 AMBER+STRICT applies", Some(Marking::AmberStrict)),
            ("TLPv2:RED", Some(Marking::Red)),
            ("TLPRED", Some(Marking::Red)),
            ("Green under the Traffic Light Protocol", Some(Marking::Green)),
            ("was TLP:GREEN, is TLP:RED", Some(Marking::Red)),
            ("Shared under the TLP", Some(Marking::Unknown)),
            ("TLP:PURPLE", Some(Marking::Unknown)),
            ("Copyright 2024, Example Red Team", None),
            ("custom", None),
            ("", None),
        ] {
            assert_eq!(Marking::named_in(text), level, "{text}");
        }
        let of_opencti = "marking-definition--826578E1-40AD-459F-BC73-EDE076F81F37";
        assert_eq!(Marking::of_definition(of_opencti), Some(Marking::AmberStrict));
    }

    #[test]
    fn a_displayed_marking_can_be_parsed() {
        for marking in &ALL[..5] {
            assert_eq!(Marking::parse(&marking.to_string()), Some(*marking));
        }
        assert_eq!(Marking::parse("TLP:WHITE"), Some(Marking::Clear));
        assert_eq!(Marking::parse("PAP:RED"), None);
    }
}
