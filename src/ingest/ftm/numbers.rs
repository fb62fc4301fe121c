//! Numbers of `FollowTheMoney` that identify an entity worldwide. A number joins only if it has the complete form of its
//! scheme, see [`crate::canonical::registers`].

use super::schema::Schema;
use crate::{
    canonical::registers::{
        is_imo_company, is_imo_ship, is_inn, is_isin, is_lei, is_npi, is_ogrn, is_uscc, is_wikidata,
        plain_number,
    },
    entity::Identifier,
};

/// A scheme of numbers, each given to one entity in the world.
pub(super) struct Scheme {
    /// Name of the catalogue.
    pub(super) catalogue: &'static str,
    /// Kind of its entries.
    kind: &'static str,
    /// Schema that has the property.
    pub(super) of: &'static str,
    /// Property that holds the number.
    pub(super) property: &'static str,
    is_valid: fn(&str) -> bool,
}

/// Every scheme that joins. Registration, tax, licence, passport and account numbers are excluded: each is
/// unique only within a register that the value does not name.
pub(super) const SCHEMES: &[Scheme] = &[
    scheme("wikidata", "item", "Thing", "wikidataId", is_wikidata),
    scheme("lei", "legal-entity", "LegalEntity", "leiCode", is_lei),
    scheme("ru-inn", "legal-entity", "LegalEntity", "innCode", is_inn),
    scheme("ru-ogrn", "legal-entity", "LegalEntity", "ogrnCode", is_ogrn),
    scheme("cn-uscc", "legal-entity", "LegalEntity", "uscCode", is_uscc),
    scheme("us-npi", "legal-entity", "LegalEntity", "npiCode", is_npi),
    scheme("imo", "organization", "Organization", "imoNumber", is_imo_company),
    scheme("imo", "vessel", "Vessel", "imoNumber", is_imo_ship),
    scheme("isin", "security", "Security", "isin", is_isin),
];

const fn scheme(
    catalogue: &'static str,
    kind: &'static str,
    of: &'static str,
    property: &'static str,
    is_valid: fn(&str) -> bool,
) -> Scheme {
    Scheme { catalogue, kind, of, property, is_valid }
}

impl Scheme {
    /// Returns the identifier of a value of an entity with a schema.
    fn read(&self, schema: &Schema, value: &str) -> Option<Identifier> {
        if !schema.is_a(self.of) {
            return None;
        }
        let id = plain_number(self.catalogue, value);
        let fits = id.is_ascii() && (self.is_valid)(&id);
        fits.then(|| Identifier::Reference { catalogue: self.catalogue, kind: self.kind.to_owned(), id })
    }
}

/// Returns the identifying numbers among the values of a property.
pub(super) fn known_by(schema: &Schema, property: &str, value: &str) -> Option<Identifier> {
    SCHEMES.iter().filter(|scheme| scheme.property == property).find_map(|scheme| scheme.read(schema, value))
}

#[cfg(test)]
mod tests {
    use super::super::schema::schema;
    use super::*;
    use crate::canonical::registers::{digits, weighted};

    /// Each of these has the check digit of its scheme, and is still none of its numbers.
    #[test]
    fn a_check_digit_is_not_the_whole_form() {
        let company =
            |property: &str, value: &str| known_by(schema("Company").expect("one"), property, value);
        let vessel = |value: &str| known_by(schema("Vessel").expect("one"), "imoNumber", value);
        for value in ["0123450", "1234567", "9876543", "1111117"] {
            let digits = digits(value).expect("digits");
            assert_eq!(weighted(&digits, &[7, 6, 5, 4, 3, 2]) % 10, digits[6], "{value} has its check digit");
            assert_eq!(vessel(value), None, "{value}");
        }
        for (property, value) in [
            ("leiCode", "00000000000000000098"),
            ("innCode", "1234567894"),
            ("innCode", "1111111117"),
            ("innCode", "0011223344"),
            ("ogrnCode", "1111111111110"),
            ("ogrnCode", "0027700132196"),
            ("npiCode", "1234567893"),
            ("wikidataId", "Q123456"),
            ("wikidataId", "Q98765432109"),
        ] {
            assert_eq!(company(property, value), None, "{property} {value}");
        }
        let security = |value: &str| known_by(schema("Security").expect("one"), "isin", value);
        assert_eq!(security("US0000000002"), None);
    }

    #[test]
    fn a_number_joins_only_where_its_check_digits_hold() {
        const CASES: &str = "
Company | leiCode | 7LTWFZYICNSX8D621K86 | lei:legal-entity:7LTWFZYICNSX8D621K86
Company | leiCode | 7ltw-FZYI-CNSX-8D62-1K86 | lei:legal-entity:7LTWFZYICNSX8D621K86
Company | leiCode | 7LTWFZYICNSX8D621K87 | -
Company | wikidataId | Q7747 | wikidata:item:Q7747
Company | wikidataId | 7747 | -
Company | innCode | 7707083893 | ru-inn:legal-entity:7707083893
Person | innCode | 500100732259 | ru-inn:legal-entity:500100732259
Company | innCode | 7707083894 | -
Company | innCode | 0000000000 | -
Company | ogrnCode | 1027700132195 | ru-ogrn:legal-entity:1027700132195
Company | ogrnCode | 1027700132196 | -
Company | uscCode | 91350100M000100Y43 | cn-uscc:legal-entity:91350100M000100Y43
Company | uscCode | 91350100M000100Y44 | -
Person | npiCode | 1245319599 | us-npi:legal-entity:1245319599
Person | npiCode | 1245319598 | -
Vessel | imoNumber | IMO 9074729 | imo:vessel:9074729
Vessel | imoNumber | 9074728 | -
Security | isin | US0378331005 | isin:security:US0378331005
Security | isin | US0378331006 | -
Company | isin | US0378331005 | -
Company | registrationNumber | HRB 12345 | -
Company | leiCode | n/a | -";
        for line in CASES.trim().lines() {
            let cells: Vec<&str> = line.split(" | ").collect();
            let [of, property, value, expected] = cells[..] else { panic!("four cells: {line}") };
            let found = known_by(schema(of).expect("a schema"), property, value);
            let said = found.map_or_else(
                || "-".to_owned(),
                |found| match found {
                    Identifier::Reference { catalogue, kind, id } => format!("{catalogue}:{kind}:{id}"),
                    other => panic!("{other:?}"),
                },
            );
            assert_eq!(said, expected, "{line}");
        }
    }
}
