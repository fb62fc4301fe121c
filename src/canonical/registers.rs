//! Numbers of public registers, and their validation.
//!
//! A number with a typing error, or one that means "none", would join strangers. A number identifies only if it
//! has the complete form of its scheme: length, first digits, kinds of characters, check digits. Filler that
//! happens to satisfy a check digit (`1234567`, one digit repeated) identifies nothing.

use crate::identifier::CanonicalId;

/// Registers whose number identifies an entity of any format: property, kind of the entries, kinds of entities, validation.
type Register = (&'static str, &'static str, &'static [&'static str], fn(&str) -> bool);
const REGISTERS: &[Register] = &[
    ("lei", "legal-entity", ORGANISATIONS, is_lei),
    ("imo", "vessel", &["vessel"], is_imo_ship),
    ("imo", "organization", ORGANISATIONS, is_imo_company),
    ("isin", "security", &["security"], is_isin),
];

/// Kinds of organisations.
pub(super) const ORGANISATIONS: &[&str] = &["organization", "company", "legal-entity", "public-body"];

/// Returns whether a property of a kind is the number of a register.
pub(super) fn is_register(kind: &str, property: &str) -> bool {
    register(kind, property).is_some()
}

fn register(kind: &str, property: &str) -> Option<&'static Register> {
    REGISTERS.iter().find(|(name, _, kinds, _)| *name == property && kinds.contains(&kind))
}

/// Returns the entry of a register; `None` if the number does not have the form of the register.
pub(super) fn entry(kind: &str, property: &str, value: &str) -> Option<CanonicalId> {
    let (name, of, _, is_valid) = register(kind, property)?;
    let number = plain_number(name, value);
    (number.is_ascii() && is_valid(&number)).then(|| CanonicalId::catalogue(name, of, &number))
}

/// Returns the letters and digits of a number in upper case, without the name of its register.
pub(crate) fn plain_number(register: &str, value: &str) -> String {
    let plain = value.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_uppercase();
    let prefix = if register == "imo" { "IMO" } else { "" };
    plain.strip_prefix(prefix).unwrap_or(&plain).to_owned()
}

/// Returns the digits of a text; `None` if it has any other character.
pub(crate) fn digits(text: &str) -> Option<Vec<u32>> {
    text.chars().map(|c| c.to_digit(10)).collect()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether a text is what people type into a form that requires a number: one character repeated, or
/// digits that count up or down. The check digit is excluded, because it follows from the others.
pub(super) fn is_filler(signs: &str) -> bool {
    let steps =
        |step: i16| signs.as_bytes().windows(2).all(|two| i16::from(two[1]) - i16::from(two[0]) == step);
    steps(0) || (is_digits(signs) && (steps(1) || steps(-1)))
}

/// Returns the sum of digits, each times its weight.
pub(crate) fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// Validates an item of Wikidata: `Q` and a number with at most ten digits.
pub(crate) fn is_wikidata(id: &str) -> bool {
    const FILLER_MIN: usize = 5;
    id.strip_prefix('Q').is_some_and(|number| {
        let is_number = !number.starts_with('0') && is_digits(number) && number.len() <= 10;
        is_number && (number.len() < FILLER_MIN || !is_filler(number))
    })
}

/// Validates an LEI (ISO 17442): 18 letters and digits and two check digits, modulo 97 (ISO 7064).
pub(crate) fn is_lei(id: &str) -> bool {
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
pub(crate) fn is_inn(id: &str) -> bool {
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
pub(crate) fn is_ogrn(id: &str) -> bool {
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
pub(crate) fn is_uscc(id: &str) -> bool {
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
pub(crate) fn is_npi(id: &str) -> bool {
    let has_form = id.len() == 10 && id.starts_with(['1', '2']) && !is_filler(&id[..9]);
    has_form && digits(&format!("80840{id}")).is_some_and(|digits| luhn(&digits))
}

/// Validates an IMO ship number: seven digits, of which the first is not 0 and the last is the last digit of
/// a sum.
pub(crate) fn is_imo_ship(id: &str) -> bool {
    let Some(digits) = imo_digits(id) else { return false };
    weighted(&digits, &[7, 6, 5, 4, 3, 2]) % 10 == digits[6]
}

/// Validates an IMO company or owner number: seven digits, with other weights.
pub(crate) fn is_imo_company(id: &str) -> bool {
    let Some(digits) = imo_digits(id) else { return false };
    (11 - weighted(&digits, &[8, 6, 4, 2, 9, 7]) % 11) % 10 == digits[6]
}

/// Returns the digits of an IMO number; none begins with 0.
fn imo_digits(id: &str) -> Option<Vec<u32>> {
    let has_form = id.len() == 7 && !id.starts_with('0') && !is_filler(&id[..6]);
    digits(id).filter(|_| has_form)
}

/// Validates an ISIN (ISO 6166): a country, nine characters, and a check digit.
pub(crate) fn is_isin(id: &str) -> bool {
    let is_country = id.len() == 12
        && id[..2].bytes().all(|byte| byte.is_ascii_uppercase())
        && id.ends_with(|c: char| c.is_ascii_digit())
        && !is_filler(&id[2..11]);
    let signs: String = id.chars().filter_map(|c| c.to_digit(36)).map(|value| value.to_string()).collect();
    is_country && digits(&signs).is_some_and(|digits| luhn(&digits))
}
