//! How an entity's kind is told in a picture: a shape for its family, letters, and a colour.

use std::collections::BTreeMap;

/// A family of kinds, with the shape and colour they share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Who acts: circles.
    Actor,
    /// What they act with: diamonds.
    Means,
    /// Where on the network: squares.
    Network,
    /// Money and goods: hexagons.
    Value,
    /// Everything else: triangles.
    Other,
}

/// Kinds with their families and letters. A kind that is not here is `Other`, with letters of its name.
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
    ("malware", Family::Means, "M"),
    ("tool", Family::Means, "T"),
    ("attack-pattern", Family::Means, "TT"),
    ("vulnerability", Family::Means, "V"),
    ("file", Family::Means, "F"),
    ("indicator", Family::Means, "In"),
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

    /// Returns the class that colours it.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Actor => "actor",
            Self::Means => "means",
            Self::Network => "network",
            Self::Value => "value",
            Self::Other => "other",
        }
    }

    /// Returns the shape as a closed SVG path around the origin that fits a circle of about this radius.
    pub(super) fn path(self, radius: f64) -> String {
        // Corners in shares of the radius; areas look alike, so a square is smaller than a diamond.
        let corners: &[(f64, f64)] = match self {
            Self::Actor => {
                return format!(
                    "M{0:.1} 0A{1:.1} {1:.1} 0 1 1 {1:.1} 0A{1:.1} {1:.1} 0 1 1 {0:.1} 0Z",
                    -radius, radius
                );
            }
            Self::Means => &[(0.0, -1.12), (1.12, 0.0), (0.0, 1.12), (-1.12, 0.0)],
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
    // Kinds with letters of their own come first, so that nobody takes those.
    for own in [true, false] {
        for (kind, letters) in &mut given {
            let listed = KINDS.iter().find(|(name, ..)| name == kind).map(|(.., letters)| *letters);
            if listed.is_some() != own {
                continue;
            }
            *letters = listed.map_or_else(|| invented(kind, &taken), str::to_owned);
            taken.push(letters.clone());
        }
    }
    given
}

/// The first letter, then the first two, then the first with a number.
fn invented(kind: &str, taken: &[String]) -> String {
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
