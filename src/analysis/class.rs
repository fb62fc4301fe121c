//! Classes of entities: the part that an entity of a kind plays in a pattern.

use crate::entity::OBSERVABLES;

/// Part that an entity plays in a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A threat actor, a person or a company.
    Actor,
    /// A campaign, an incident or another activity of an actor.
    Activity,
    /// Malware, a tool, infrastructure or another means of an actor.
    Capability,
    /// A pattern that detects.
    Indicator,
    /// A cyber observable, or an identifier of a person such as a phone number.
    Observable,
    /// A report, a note or another object that names several entities.
    Report,
    /// An entity that many unrelated actors share: a technique, a weakness, a place or a victim.
    Context,
}

impl Class {
    /// Returns the class of a kind.
    pub fn of(kind: &str) -> Self {
        match kind {
            "threat-actor" | "intrusion-set" | "person" | "organization" | "company" | "legal-entity"
            | "public-body" => Self::Actor,
            "campaign" | "incident" | "event" | "trip" | "project" | "contract" => Self::Activity,
            "indicator" => Self::Indicator,
            "report" | "note" | "opinion" | "grouping" | "observed-data" | "sighting" | "document"
            | "article" => Self::Report,
            "attack-pattern"
            | "vulnerability"
            | "weakness"
            | "location"
            | "identity"
            | "course-of-action"
            | "marking-definition"
            | "relationship"
            | "language-content"
            | "extension-definition"
            // An office that many people held, a territory, a sanctions list.
            | "position" | "territory" | "sanction" | "risk" => Self::Context,
            _ if kind.starts_with("x-mitre-") => Self::Context,
            _ if OBSERVABLES.contains(&kind) || OTHER_OBSERVABLES.contains(&kind) => Self::Observable,
            // A property of an observable, or an extension of one, as patterns name them.
            _ if kind.contains('.') || kind.ends_with("-ext") || kind.ends_with("-property") => Self::Observable,
            _ => Self::Capability,
        }
    }

    /// Returns whether a group of entities can be about it: it is an actor, an activity or a capability.
    pub fn is_principal(self) -> bool {
        matches!(self, Self::Actor | Self::Activity | Self::Capability)
    }
}

/// Kinds of observables that STIX does not have.
const OTHER_OBSERVABLES: [&str; 8] = [
    "hostname",
    "file-name",
    "user-agent",
    "cryptocurrency-wallet",
    "phone-number",
    "address",
    "passport",
    "identification",
];
