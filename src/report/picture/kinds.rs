//! Marks for the kind of an entity in a picture: an outline and a colour for its family, and letters.

use std::collections::BTreeMap;

/// A family of kinds with a common outline and colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Actors: circles.
    Actor,
    /// Capabilities: diamonds.
    Capability,
    /// Network infrastructure: squares.
    Network,
    /// Money and goods: hexagons.
    Value,
    /// Other kinds: triangles.
    Other,
}

/// Kinds with their families and letters. Any other kind is `Other`, with letters from its name.
const KINDS: &[(&str, Family, &str)] = &[
    ("threat-actor", Family::Actor, "A"),
    ("intrusion-set", Family::Actor, "IS"),
    ("campaign", Family::Actor, "Ca"),
    ("person", Family::Actor, "P"),
    ("organization", Family::Actor, "O"),
    ("company", Family::Actor, "Co"),
    ("legal-entity", Family::Actor, "LE"),
    ("public-body", Family::Actor, "PB"),
    ("identity", Family::Actor, "Id"),
    ("user-account", Family::Actor, "U"),
    ("malware", Family::Capability, "M"),
    ("tool", Family::Capability, "T"),
    ("attack-pattern", Family::Capability, "TT"),
    ("vulnerability", Family::Capability, "V"),
    ("file", Family::Capability, "F"),
    ("indicator", Family::Capability, "In"),
    ("domain-name", Family::Network, "D"),
    ("ipv4-addr", Family::Network, "IP"),
    ("ipv6-addr", Family::Network, "I6"),
    ("url", Family::Network, "Ur"),
    ("email-addr", Family::Network, "@"),
    ("infrastructure", Family::Network, "N"),
    ("autonomous-system", Family::Network, "AS"),
    ("x509-certificate", Family::Network, "X"),
    ("bank-account", Family::Value, "B"),
    ("payment", Family::Value, "Pa"),
    ("cryptocurrency-wallet", Family::Value, "W"),
    ("vessel", Family::Value, "Ve"),
    ("address", Family::Other, "Ad"),
    ("location", Family::Other, "L"),
    ("report", Family::Other, "R"),
];

impl Family {
    /// Returns the family of a kind.
    pub(super) fn of(kind: &str) -> Self {
        KINDS.iter().find(|(name, ..)| *name == kind).map_or(Self::Other, |(_, family, _)| *family)
    }

    /// Returns the CSS class, which sets the colour.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Actor => "actor",
            Self::Capability => "means",
            Self::Network => "network",
            Self::Value => "value",
            Self::Other => "other",
        }
    }

    /// Returns the outline as a closed SVG path around the origin, with about this radius.
    pub(super) fn path(self, radius: f64) -> String {
        // Corners in shares of the radius; a square is smaller than a diamond, so that areas look equal.
        let corners: &[(f64, f64)] = match self {
            Self::Actor => {
                return format!(
                    "M{0:.1} 0A{1:.1} {1:.1} 0 1 1 {1:.1} 0A{1:.1} {1:.1} 0 1 1 {0:.1} 0Z",
                    -radius, radius
                );
            }
            Self::Capability => &[(0.0, -1.12), (1.12, 0.0), (0.0, 1.12), (-1.12, 0.0)],
            Self::Network => &[(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)],
            Self::Value => {
                &[(-1.05, 0.0), (-0.53, -0.91), (0.53, -0.91), (1.05, 0.0), (0.53, 0.91), (-0.53, 0.91)]
            }
            Self::Other => &[(0.0, -1.15), (1.12, 0.85), (-1.12, 0.85)],
        };
        let points: Vec<String> =
            corners.iter().map(|(x, y)| format!("{:.1} {:.1}", x * radius, y * radius)).collect();
        format!("M{}Z", points.join("L"))
    }
}

/// Returns the letters of each kind, different for every kind given.
pub(super) fn letters<'a>(kinds: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, String> {
    let mut given: BTreeMap<&str, String> = kinds.map(|kind| (kind, String::new())).collect();
    let mut taken: Vec<String> = Vec::new();
    // Listed kinds come first, so that no other kind takes their letters.
    for is_listed in [true, false] {
        for (kind, letters) in &mut given {
            let listed = KINDS.iter().find(|(name, ..)| name == kind).map(|(.., letters)| *letters);
            if listed.is_some() != is_listed {
                continue;
            }
            *letters = listed.map_or_else(|| free_letters(kind, &taken), str::to_owned);
            taken.push(letters.clone());
        }
    }
    given
}

/// Returns free letters for an unlisted kind: the first letter, else the first two, else the first with a number.
fn free_letters(kind: &str, taken: &[String]) -> String {
    let plain: Vec<char> = kind.chars().filter(char::is_ascii_alphanumeric).collect();
    let first = plain.first().map_or('?', char::to_ascii_uppercase);
    let two = plain.get(1).map(|second| format!("{first}{second}"));
    let numbered = (2..).map(|number: u32| format!("{first}{number}"));
    std::iter::once(first.to_string())
        .chain(two)
        .chain(numbered)
        .find(|letters| !taken.contains(letters))
        .expect("numbers do not end")
}
