//! Lasting ids of exported objects: UUIDs that derive from the ids of flags, entities and links.

use uuid::Uuid;

/// Namespace of our UUIDs (RFC 9562, version 5). It never changes, because recipients know objects by these ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f0c_6f0b_1d35_4f5e_9a53_2b7c_51e8_a0d4);
/// Namespace of STIX 2.1 for the ids of cyber observables (section 2.9).
const STIX_OBSERVABLES: Uuid = Uuid::from_u128(0x00ab_edb4_aa42_466c_9c01_fed2_3315_a9b7);

/// Returns the UUID of an object for an id, in one of its roles.
pub(super) fn uuid(role: &str, id: &str) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{role}:{id}").as_bytes()).to_string()
}

/// Returns the UUID of an observable by its identifying properties, as canonical JSON (RFC 8785).
pub(super) fn observable_uuid(properties: &str) -> Uuid {
    Uuid::new_v5(&STIX_OBSERVABLES, properties.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_never_change() {
        assert_eq!(uuid("grouping", "flag-1"), uuid("grouping", "flag-1"));
        assert_ne!(uuid("grouping", "flag-1"), uuid("note", "flag-1"));
        // As the library `stix2` computes it.
        let domain = observable_uuid(r#"{"value":"example.com"}"#);
        assert_eq!(domain.to_string(), "bedb4899-d24b-5401-bc86-8f6b4cc18ec7");
    }
}
