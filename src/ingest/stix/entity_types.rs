//! Types of STIX whose objects are entities.

/// Types that describe the exchange itself, and no entity.
pub(super) const ABOUT_THE_EXCHANGE: [&str; 3] =
    ["marking-definition", "extension-definition", "language-content"];

/// Returns whether objects of a type are entities. Relationships and sightings are links, and other types
/// only describe the exchange.
pub(super) fn is_entity_type(kind: &str) -> bool {
    !matches!(kind, "relationship" | "sighting" | "bundle") && !ABOUT_THE_EXCHANGE.contains(&kind)
}
