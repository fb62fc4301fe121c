//! Attributes of people, organisations and vessels in objects. Entity resolution reads them, and no table shows them.

use crate::record::{Attribute, AttributeKind, NumberKind};

/// Longest value, in bytes.
const VALUE_MAX: usize = 256;

/// Attributes by kind of the object's entity and relation. Nationality, gender and beliefs are protected, and are not read.
const ATTRIBUTES: &[(&[&str], &str, AttributeKind)] = &[
    (PERSON, "date-of-birth", AttributeKind::BirthDate),
    (PERSON, "country-of-residence", AttributeKind::Country),
    (PERSON, "passport-number", AttributeKind::Number(NumberKind::Passport)),
    (PERSON, "identity-card-number", AttributeKind::Number(NumberKind::IdentityCard)),
    (PERSON, "social-security-number", AttributeKind::Number(NumberKind::SocialSecurity)),
    (PERSON, "birth-certificate-number", AttributeKind::Number(NumberKind::BirthCertificate)),
    (ORGANISATION, "date-of-inception", AttributeKind::FoundingDate),
    (ORGANISATION, "registration-number", AttributeKind::Number(NumberKind::Registration)),
    (ORGANISATION, "VAT", AttributeKind::Number(NumberKind::Vat)),
    (ORGANISATION, "country", AttributeKind::Country),
    (VESSEL, "flag", AttributeKind::Country),
    (VESSEL, "mmsi", AttributeKind::Number(NumberKind::Mmsi)),
    (VESSEL, "call-sign", AttributeKind::Number(NumberKind::CallSign)),
    (BEARERS, "e-mail", AttributeKind::Contact),
    (BEARERS, "phone-number", AttributeKind::Contact),
];
const PERSON: &[&str] = &["person"];
const ORGANISATION: &[&str] = &["organization"];
const VESSEL: &[&str] = &["vessel"];
const BEARERS: &[&str] = &["person", "organization"];

/// Returns the attribute that a value with a relation gives an entity of a kind.
pub(super) fn of_entity(kind: &str, relation: &str, value: &str) -> Option<Attribute> {
    let row = ATTRIBUTES.iter().find(|(kinds, name, _)| kinds.contains(&kind) && *name == relation)?;
    Attribute::new(row.2, value, VALUE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_have_one_form_and_protected_ones_are_left_out() {
        let read = |kind: &str, relation: &str, value: &str| {
            of_entity(kind, relation, value).map(|attribute| (attribute.kind, attribute.value.into_string()))
        };
        assert_eq!(
            read("person", "date-of-birth", "1990-05-01T00:00:00"),
            Some((AttributeKind::BirthDate, "1990-05-01".to_owned()))
        );
        assert_eq!(
            read("organization", "phone-number", "+49 30 1234-567"),
            Some((AttributeKind::Contact, "49301234567".to_owned()))
        );
        let numbers = ["passport-number", "identity-card-number"].map(|name| read("person", name, "75 12"));
        let expected = [NumberKind::Passport, NumberKind::IdentityCard].map(AttributeKind::Number);
        assert_eq!(numbers, expected.map(|kind| Some((kind, "7512".to_owned()))));
        for (kind, relation) in
            [("person", "nationality"), ("person", "gender"), ("file", "e-mail"), ("vessel", "date-of-birth")]
        {
            assert_eq!(read(kind, relation, "1990-05-01"), None, "{kind} {relation}");
        }
    }
}
