//! Attributes that separate an entity from others of its name. Entity resolution reads them, and no table shows them.

use super::{read::FtmEntity, schema::Schema, statement::Statement};
use crate::record::{Attribute, AttributeKind, NumberKind};

/// Longest value, in bytes.
const VALUE_MAX: usize = 256;

/// Attributes by schema and property.
const ATTRIBUTES: &[(&str, &str, AttributeKind)] = &[
    ("Person", "birthDate", AttributeKind::BirthDate),
    ("Thing", "country", AttributeKind::Country),
    ("LegalEntity", "jurisdiction", AttributeKind::Country),
    ("LegalEntity", "mainCountry", AttributeKind::Country),
    ("Vessel", "flag", AttributeKind::Country),
    ("LegalEntity", "incorporationDate", AttributeKind::FoundingDate),
    ("Vehicle", "buildDate", AttributeKind::FoundingDate),
    ("LegalEntity", "registrationNumber", AttributeKind::Number(NumberKind::Registration)),
    ("LegalEntity", "taxNumber", AttributeKind::Number(NumberKind::Tax)),
    ("LegalEntity", "vatCode", AttributeKind::Number(NumberKind::Vat)),
    ("LegalEntity", "idNumber", AttributeKind::Number(NumberKind::IdentityCard)),
    ("Person", "passportNumber", AttributeKind::Number(NumberKind::Passport)),
    ("Person", "socialSecurityNumber", AttributeKind::Number(NumberKind::SocialSecurity)),
    ("LegalEntity", "licenseNumber", AttributeKind::Number(NumberKind::Licence)),
    ("LegalEntity", "swiftBic", AttributeKind::Number(NumberKind::Bic)),
    ("Company", "bikCode", AttributeKind::Number(NumberKind::Bik)),
    ("LegalEntity", "dunsCode", AttributeKind::Number(NumberKind::Duns)),
    ("LegalEntity", "uniqueEntityId", AttributeKind::Number(NumberKind::UniqueEntity)),
    ("Organization", "cageCode", AttributeKind::Number(NumberKind::Cage)),
    ("Company", "cikCode", AttributeKind::Number(NumberKind::Cik)),
    ("Organization", "giiNumber", AttributeKind::Number(NumberKind::Giin)),
    ("LegalEntity", "okpoCode", AttributeKind::Number(NumberKind::Okpo)),
    ("Vehicle", "registrationNumber", AttributeKind::Number(NumberKind::Registration)),
    ("Vessel", "crsNumber", AttributeKind::Number(NumberKind::Registration)),
    ("Vessel", "mmsi", AttributeKind::Number(NumberKind::Mmsi)),
    ("Vessel", "callSign", AttributeKind::Number(NumberKind::CallSign)),
    ("Airplane", "serialNumber", AttributeKind::Number(NumberKind::Serial)),
    ("LegalEntity", "email", AttributeKind::Contact),
    ("LegalEntity", "phone", AttributeKind::Contact),
];

/// Returns the attributes of an entity, sorted.
pub(super) fn of_entity(entity: &FtmEntity) -> Option<Box<[Attribute]>> {
    let all = entity.properties().filter_map(|(property, values)| {
        let kind = kind(entity.schema, property)?;
        Some(values.iter().filter_map(move |value| Attribute::new(kind, value, VALUE_MAX)))
    });
    listed(all.flatten().collect())
}

/// Returns the attribute that a statement gives.
pub(super) fn of_statement(statement: &Statement) -> Option<Box<[Attribute]>> {
    let kind = kind(statement.schema, &statement.property)?;
    listed(Attribute::new(kind, &statement.value, VALUE_MAX).into_iter().collect())
}

fn kind(schema: &Schema, property: &str) -> Option<AttributeKind> {
    let row = ATTRIBUTES.iter().find(|(of, name, _)| *name == property && schema.is_a(of));
    row.map(|(.., kind)| *kind)
}

fn listed(mut attributes: Vec<Attribute>) -> Option<Box<[Attribute]>> {
    attributes.sort_unstable();
    attributes.dedup();
    (!attributes.is_empty()).then(|| attributes.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{ingest, ingest::ftm::schema::schema};

    #[test]
    fn every_attribute_is_a_property_of_its_schema() {
        for (name, property, _) in ATTRIBUTES {
            let of = schema(name).unwrap_or_else(|| panic!("{name} is no schema"));
            assert!(of.properties.contains_key(*property), "{name}.{property}");
        }
    }

    #[test]
    fn attributes_have_one_form_and_protected_ones_are_left_out() {
        let jane = json!({ "id": "j", "schema": "Person", "properties": {
            "name": ["Jane"], "birthDate": ["1990-05-01", "1990"], "country": ["DE"], "nationality": ["fr"],
            "religion": ["none"], "idNumber": ["4509 123456"], "passportNumber": ["75 1234567"], "taxNumber": ["500100"], "phone": ["+49 (30) 123-456"], "email": ["Jane@Example.org "] } });
        let content = ingest::interpret("ftm", &jane.to_string(), Some("desk"), None);
        let listed: Vec<(AttributeKind, &str)> =
            content.attributes.iter().flatten().map(|one| (one.kind, &*one.value)).collect();
        let expected = [
            (AttributeKind::BirthDate, "1990"),
            (AttributeKind::BirthDate, "1990-05-01"),
            (AttributeKind::Country, "de"),
            (AttributeKind::Number(NumberKind::Tax), "500100"),
            (AttributeKind::Number(NumberKind::IdentityCard), "4509123456"),
            (AttributeKind::Number(NumberKind::Passport), "751234567"),
            (AttributeKind::Contact, "4930123456"),
            (AttributeKind::Contact, "jane@example.org"),
        ];
        assert_eq!(listed, expected);
    }
}
