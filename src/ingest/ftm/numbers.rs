//! Numbers that identify an entity worldwide, and their validation.
//!
//! A number with a typing error, or one that means "none", would join strangers. A number joins only if it
//! has the complete form of its scheme: length, first digits, kinds of characters, check digits. Filler that
//! happens to satisfy a check digit (`1234567`, one digit repeated) joins nothing.

use super::schema::Schema;
use crate::entity::Identifier;

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
        let plain = value.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_uppercase();
        let prefix = if self.catalogue == "imo" { "IMO" } else { "" };
        let id = plain.strip_prefix(prefix).unwrap_or(&plain).to_owned();
        let fits = schema.is_a(self.of) && id.is_ascii() && (self.is_valid)(&id);
        fits.then(|| Identifier::Reference { catalogue: self.catalogue, kind: self.kind.to_owned(), id })
    }
}

/// Returns the identifying numbers among the values of a property.
pub(super) fn known_by(schema: &Schema, property: &str, value: &str) -> Option<Identifier> {
    SCHEMES.iter().filter(|scheme| scheme.property == property).find_map(|scheme| scheme.read(schema, value))
}

fn digits(text: &str) -> Option<Vec<u32>> {
    text.chars().map(|c| c.to_digit(10)).collect()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether a text is what people type into a form that requires a number: one character repeated, or
/// digits that count up or down. The check digit is excluded, because it follows from the others.
fn is_filler(signs: &str) -> bool {
    let steps =
        |step: i16| signs.as_bytes().windows(2).all(|two| i16::from(two[1]) - i16::from(two[0]) == step);
    steps(0) || (is_digits(signs) && (steps(1) || steps(-1)))
}

fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// Validates an item of Wikidata: `Q` and a number with at most ten digits.
fn is_wikidata(id: &str) -> bool {
    const FILLER_MIN: usize = 5;
    id.strip_prefix('Q').is_some_and(|number| {
        let is_number = !number.starts_with('0') && is_digits(number) && number.len() <= 10;
        is_number && (number.len() < FILLER_MIN || !is_filler(number))
    })
}

/// Validates an LEI (ISO 17442): 18 letters and digits and two check digits, modulo 97 (ISO 7064).
fn is_lei(id: &str) -> bool {
    let rest = |sum: u32, c: char| {
        let value = c.to_digit(36)?;
        Some(if value < 10 { (sum * 10 + value) % 97 } else { (sum * 100 + value) % 97 })
    };
    // The rule never gives the check digits 00, 01 and 99.
    let has_form = id.len() == 20 && is_digits(&id[18..]) && !matches!(&id[18..], "00" | "01" | "99");
    has_form && !is_filler(&id[..18]) && id.chars().try_fold(0, rest) == Some(1)
}

/// Validates a taxpayer number of Russia: ten digits with one check digit, or twelve with two; the first two
/// are a region.
fn is_inn(id: &str) -> bool {
    const WEIGHTS: [u32; 11] = [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8];
    let checks = if id.len() == 12 { 2 } else { 1 };
    if id.starts_with("00") || id.len() <= checks || is_filler(&id[..id.len() - checks]) {
        return false;
    }
    let Some(digits) = digits(id) else { return false };
    let check = |at: usize| weighted(&digits[..at], &WEIGHTS[11 - at..]) % 11 % 10 == digits[at];
    match digits.len() {
        10 => check(9),
        12 => check(10) && check(11),
        _ => false,
    }
}

/// Validates a state registration number of Russia: 13 digits that begin with 1 or 5, or 15 digits of an
/// entrepreneur that begin with 3.
fn is_ogrn(id: &str) -> bool {
    let by = match (id.len(), id.bytes().next()) {
        (13, Some(b'1' | b'5')) => 11,
        (15, Some(b'3')) => 13,
        _ => return false,
    };
    if is_filler(&id[..id.len() - 1]) {
        return false;
    }
    let (Ok(number), Ok(last)) = (id[..id.len() - 1].parse::<u64>(), id[id.len() - 1..].parse::<u64>())
    else {
        return false;
    };
    number % by % 10 == last
}

/// Validates a unified social credit code of China (GB 32100): 17 characters and one check character, modulo
/// 31.
fn is_uscc(id: &str) -> bool {
    const SIGNS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let values: Option<Vec<usize>> = id.chars().map(|c| SIGNS.find(c)).collect();
    let Some(values) = values.filter(|values| values.len() == 18) else { return false };
    // Authority, category, six digits of a district, and nine characters of the organisation.
    if !is_digits(&id[2..8]) || is_filler(&id[..17]) || is_filler(&id[8..17]) {
        return false;
    }
    let mut weight = 1;
    let mut sum = 0;
    for value in &values[..17] {
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    (31 - sum % 31) % 31 == values[17]
}

/// Returns Luhn's sum over digits, from the last.
fn luhn(digits: &[u32]) -> bool {
    let doubled = |(at, digit): (usize, &u32)| {
        let value = if at % 2 == 1 { digit * 2 } else { *digit };
        value / 10 + value % 10
    };
    digits.iter().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

/// Validates a national provider number of the United States: ten digits after the prefix 80840, of which
/// the first is 1 or 2.
fn is_npi(id: &str) -> bool {
    let has_form = id.len() == 10 && id.starts_with(['1', '2']) && !is_filler(&id[..9]);
    has_form && digits(&format!("80840{id}")).is_some_and(|digits| luhn(&digits))
}

/// Validates an IMO ship number: seven digits, of which the first is not 0 and the last is the last digit of
/// a sum.
fn is_imo_ship(id: &str) -> bool {
    let Some(digits) = imo_digits(id) else { return false };
    weighted(&digits, &[7, 6, 5, 4, 3, 2]) % 10 == digits[6]
}

/// Validates an IMO company or owner number: seven digits, with other weights.
fn is_imo_company(id: &str) -> bool {
    let Some(digits) = imo_digits(id) else { return false };
    (11 - weighted(&digits, &[8, 6, 4, 2, 9, 7]) % 11) % 10 == digits[6]
}

/// Returns the digits of an IMO number; none begins with 0.
fn imo_digits(id: &str) -> Option<Vec<u32>> {
    let has_form = id.len() == 7 && !id.starts_with('0') && !is_filler(&id[..6]);
    digits(id).filter(|_| has_form)
}

/// Validates an ISIN (ISO 6166): a country, nine characters, and a check digit.
fn is_isin(id: &str) -> bool {
    let is_country = id.len() == 12
        && id[..2].bytes().all(|byte| byte.is_ascii_uppercase())
        && id.ends_with(|c: char| c.is_ascii_digit())
        && !is_filler(&id[2..11]);
    let signs: String = id.chars().filter_map(|c| c.to_digit(36)).map(|value| value.to_string()).collect();
    is_country && digits(&signs).is_some_and(|digits| luhn(&digits))
}

#[cfg(test)]
mod tests {
    use super::super::schema::schema;
    use super::*;

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
