//! Attributes that separate an entity from others of its name.

/// Kind of an attribute, which decides how two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttributeKind {
    /// Date of birth: a year, or a year with month and day.
    BirthDate,
    /// Date of incorporation or construction.
    FoundingDate,
    /// Country of an entity, as a code.
    Country,
    /// Number of a register or a document, by the kind of the number.
    Number(NumberKind),
    /// Address of e-mail, or number of a telephone.
    Contact,
    /// Street and house.
    Address,
    /// Town, state or postal code.
    Place,
    /// Sector of the economy.
    Sector,
}

/// Kind of a number. Two numbers of different kinds, such as those of a tax office and of a passport, say nothing about each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NumberKind {
    /// The record does not name the kind.
    Unnamed,
    /// Register of companies, vehicles or vessels.
    Registration,
    /// Tax office.
    Tax,
    /// Tax on sales.
    Vat,
    /// Identity card or another document that the record does not name.
    IdentityCard,
    /// Passport.
    Passport,
    /// Social security.
    SocialSecurity,
    /// Certificate of birth.
    BirthCertificate,
    /// Licence.
    Licence,
    /// Code of a bank: BIC.
    Bic,
    /// Code of a bank in Russia: BIK.
    Bik,
    /// Dun & Bradstreet.
    Duns,
    /// Unique entity identifier of the United States.
    UniqueEntity,
    /// Commercial and government entity code of the NATO.
    Cage,
    /// Central index key of the securities register of the United States.
    Cik,
    /// Global intermediary identification number.
    Giin,
    /// Statistical office of Russia.
    Okpo,
    /// Maritime mobile service identity.
    Mmsi,
    /// Radio call sign.
    CallSign,
    /// Serial number of a manufacturer.
    Serial,
}

/// Every kind with its word in mappings and models.
const KINDS: [(AttributeKind, &str); 27] = [
    (AttributeKind::BirthDate, "birth-date"),
    (AttributeKind::FoundingDate, "founding-date"),
    (AttributeKind::Country, "country"),
    (AttributeKind::Number(NumberKind::Unnamed), "number"),
    (AttributeKind::Number(NumberKind::Registration), "registration-number"),
    (AttributeKind::Number(NumberKind::Tax), "tax-number"),
    (AttributeKind::Number(NumberKind::Vat), "vat-number"),
    (AttributeKind::Number(NumberKind::IdentityCard), "identity-card-number"),
    (AttributeKind::Number(NumberKind::Passport), "passport-number"),
    (AttributeKind::Number(NumberKind::SocialSecurity), "social-security-number"),
    (AttributeKind::Number(NumberKind::BirthCertificate), "birth-certificate-number"),
    (AttributeKind::Number(NumberKind::Licence), "licence-number"),
    (AttributeKind::Number(NumberKind::Bic), "bic"),
    (AttributeKind::Number(NumberKind::Bik), "bik"),
    (AttributeKind::Number(NumberKind::Duns), "duns-number"),
    (AttributeKind::Number(NumberKind::UniqueEntity), "uei"),
    (AttributeKind::Number(NumberKind::Cage), "cage-code"),
    (AttributeKind::Number(NumberKind::Cik), "cik"),
    (AttributeKind::Number(NumberKind::Giin), "giin"),
    (AttributeKind::Number(NumberKind::Okpo), "okpo"),
    (AttributeKind::Number(NumberKind::Mmsi), "mmsi"),
    (AttributeKind::Number(NumberKind::CallSign), "call-sign"),
    (AttributeKind::Number(NumberKind::Serial), "serial-number"),
    (AttributeKind::Contact, "contact"),
    (AttributeKind::Address, "address"),
    (AttributeKind::Place, "place"),
    (AttributeKind::Sector, "sector"),
];

impl AttributeKind {
    /// Returns the kind that a word names.
    pub fn named(word: &str) -> Option<Self> {
        KINDS.iter().find(|(_, name)| *name == word).map(|(kind, _)| *kind)
    }

    /// Returns the word of the kind.
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// Returns the words of all kinds.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KINDS.iter().map(|(_, name)| *name)
    }
}

/// One attribute of an entity. Only entity resolution reads it, and no table shows its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attribute {
    /// Kind.
    pub kind: AttributeKind,
    /// Value in the form in which it is compared.
    pub value: Box<str>,
}

impl Attribute {
    /// Creates an attribute from a value as delivered; `None` if the value is empty or longer than `longest` bytes.
    pub fn new(kind: AttributeKind, value: &str, longest: usize) -> Option<Self> {
        if value.len() > longest {
            return None;
        }
        let lower = value.trim().to_lowercase();
        let plain = || lower.chars().filter(|character| character.is_alphanumeric()).collect::<String>();
        let form = match kind {
            AttributeKind::BirthDate | AttributeKind::FoundingDate => date(&lower)?.to_owned(),
            AttributeKind::Country | AttributeKind::Sector => lower,
            AttributeKind::Address | AttributeKind::Place => {
                lower.split_whitespace().collect::<Vec<_>>().join(" ")
            }
            AttributeKind::Contact if lower.contains('@') => lower,
            AttributeKind::Number(_) | AttributeKind::Contact => plain(),
        };
        (!form.is_empty()).then(|| Self { kind, value: form.into() })
    }
}

/// Returns the day, the month or the year with which a text begins; `None` without a year.
fn date(text: &str) -> Option<&str> {
    let is_part =
        |part: &str, digits: usize| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
    let has = |from: usize, to: usize| text.get(from..to).is_some_and(|part| is_part(part, to - from));
    if !has(0, 4) {
        return None;
    }
    let dash = |at: usize| text.as_bytes().get(at) == Some(&b'-');
    let has_month = dash(4) && has(5, 7);
    Some(match (has_month, has_month && dash(7) && has(8, 10)) {
        (_, true) => &text[..10],
        (true, _) => &text[..7],
        _ => &text[..4],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_form_for_its_kind() {
        let form =
            |kind, text: &str| Attribute::new(kind, text, 40).map(|attribute| attribute.value.into_string());
        for (kind, text, expected) in [
            (AttributeKind::BirthDate, "1990-05-01T00:00:00", Some("1990-05-01")),
            (AttributeKind::BirthDate, "1990-05", Some("1990-05")),
            (AttributeKind::BirthDate, "about 1990", None),
            (AttributeKind::Number(NumberKind::Registration), "HRB 12-34", Some("hrb1234")),
            (AttributeKind::Country, " DE", Some("de")),
            (AttributeKind::Contact, "…", None),
        ] {
            assert_eq!(form(kind, text).as_deref(), expected, "{text}");
        }
        assert_eq!(form(AttributeKind::Number(NumberKind::Unnamed), &"1".repeat(41)), None);
        assert_eq!(form(AttributeKind::BirthDate, "19é0"), None);
    }

    #[test]
    fn every_kind_has_one_word() {
        for (kind, word) in KINDS {
            assert_eq!((AttributeKind::named(word), kind.name()), (Some(kind), word));
        }
    }
}
