//! Attributes of identities and locations, and names in other languages. Entity resolution reads the attributes, and no table shows them.

use serde_json::{Map, Value};

use super::{
    entity_types::is_entity_type,
    object::{text, texts, type_of},
};
use crate::{
    entity::Identifier,
    record::{Attribute, AttributeKind, Claim},
};

/// Longest value of an attribute, in bytes.
const VALUE_MAX: usize = 256;
/// Most contacts of one identity, and most sectors.
const CONTACTS_MAX: usize = 16;
const SECTORS_MAX: usize = 16;
/// Fewest digits of a telephone number in a text.
const DIGITS_MIN: usize = 8;

/// Returns the contacts and sectors of an identity, sorted. `contact_information` is a free text: addresses of e-mail are found by their
/// at sign, and telephone numbers by their country code.
pub(super) fn of_identity(object: &Map<String, Value>) -> Option<Box<[Attribute]>> {
    let contacts = text(object, "contact_information").unwrap_or_default();
    let parts = contacts.split([';', ',', '\n', '|']).flat_map(|part| {
        let is_number = |text: &str| {
            text.trim_start().starts_with('+')
                && text.bytes().filter(u8::is_ascii_digit).count() >= DIGITS_MIN
        };
        let after_label = part.rsplit_once(": ").map_or(part, |(_, value)| value);
        let number = Some(after_label).filter(|text| is_number(text));
        let mailboxes = part.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')'));
        number.into_iter().chain(mailboxes.filter(|word| is_mailbox(word)))
    });
    let contact =
        |value: &str| Attribute::new(AttributeKind::Contact, value.trim_start_matches("mailto:"), VALUE_MAX);
    let mut attributes: Vec<Attribute> = parts.filter_map(contact).take(CONTACTS_MAX).collect();
    let sector = |sector: &str| Attribute::new(AttributeKind::Sector, sector, VALUE_MAX);
    attributes.extend(texts(object.get("sectors")).filter_map(sector).take(SECTORS_MAX));
    sorted(attributes)
}

/// Returns country, town, state and postal code of a location, sorted (STIX 2.1, section 4.13). A region is too wide to be evidence.
pub(super) fn of_location(object: &Map<String, Value>) -> Option<Box<[Attribute]>> {
    let properties = [
        ("country", AttributeKind::Country),
        ("city", AttributeKind::Place),
        ("administrative_area", AttributeKind::Place),
        ("postal_code", AttributeKind::Place),
    ];
    let attribute = |(property, kind)| Attribute::new(kind, text(object, property)?, VALUE_MAX);
    sorted(properties.into_iter().filter_map(attribute).collect())
}

fn sorted(mut attributes: Vec<Attribute>) -> Option<Box<[Attribute]>> {
    attributes.sort_unstable();
    attributes.dedup();
    (!attributes.is_empty()).then(|| attributes.into())
}

fn is_mailbox(word: &str) -> bool {
    word.split_once('@')
        .is_some_and(|(local, host)| !local.is_empty() && host.contains('.') && !host.ends_with('.'))
}

/// Claims the names that an object of the type `language-content` gives another object (STIX 2.1, section 7.1).
pub(super) fn names_by_language(object: &Map<String, Value>) -> Option<Claim> {
    let id = text(object, "object_ref")?;
    let kind = type_of(id).filter(|kind| is_entity_type(kind))?;
    let contents = object.get("contents")?.as_object()?;
    let mut aliases: Vec<String> = contents
        .values()
        .filter_map(Value::as_object)
        .flat_map(|translated| {
            let name = translated.get("name").and_then(Value::as_str);
            name.into_iter().chain(texts(translated.get("aliases")))
        })
        .filter(|name| !name.trim().is_empty())
        .map(str::to_owned)
        .collect();
    aliases.sort_unstable();
    aliases.dedup();
    let identifiers = vec![Identifier::Object(id.to_owned())];
    let claim = Claim::Entity { identifiers, kind: kind.to_owned(), name: None, aliases, vocabulary: None };
    matches!(&claim, Claim::Entity { aliases, .. } if !aliases.is_empty()).then_some(claim)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ingest;

    const ID: &str = "identity--5f4a1f1e-2b0d-4a67-9a51-0d8f3b1c2d01";

    #[test]
    fn contacts_of_an_identity_have_one_form() {
        let contacts = "Press: Jane@Example.org; phone: +49 30 1234-567, see example.org @ night";
        let identity =
            json!({ "type": "identity", "id": ID, "name": "Harbour", "contact_information": contacts });
        let content = ingest::interpret("stix", &identity.to_string(), None, None);
        let values: Vec<&str> = content.attributes.iter().flatten().map(|one| &*one.value).collect();
        assert_eq!(values, ["49301234567", "jane@example.org"]);
    }

    #[test]
    fn sectors_and_places_are_attributes_and_invalid_values_are_left_out() {
        let read = |object: Value| {
            let content = ingest::interpret("stix", &object.to_string(), None, None);
            let attributes = content.attributes.iter().flatten();
            attributes.map(|one| (one.kind, one.value.to_string())).collect::<Vec<_>>()
        };
        let sectors = json!([" Energy", 7, "energy", "x".repeat(300), {}]);
        let identity = json!({ "type": "identity", "id": ID, "name": "Harbour", "sectors": sectors });
        assert_eq!(read(identity), [(AttributeKind::Sector, "energy".to_owned())]);
        let id = "location--5f4a1f1e-2b0d-4a67-9a51-0d8f3b1c2d03";
        let location =
            json!({ "type": "location", "id": id, "country": "LV", "city": "Riga", "region": "europe" });
        let expected = [(AttributeKind::Country, "lv".to_owned()), (AttributeKind::Place, "riga".to_owned())];
        assert_eq!(read(location), expected);
        assert!(read(json!({ "type": "location", "id": id, "country": ["LV"], "city": 5 })).is_empty());
    }

    #[test]
    fn translations_are_names_of_their_object() {
        let translated = |contents: Value| {
            let object = json!({ "type": "language-content", "object_ref": ID, "contents": contents,
                "id": "language-content--5f4a1f1e-2b0d-4a67-9a51-0d8f3b1c2d02" });
            ingest::interpret("stix", &object.to_string(), None, None).claims
        };
        let claims = translated(
            json!({ "de": { "name": "Hafen", "description": "Text" }, "ru": { "name": "Гавань" } }),
        );
        let [Claim::Entity { identifiers, kind, name, aliases, .. }] = &claims[..] else {
            panic!("{claims:?}")
        };
        assert_eq!(
            (identifiers.as_slice(), kind.as_str(), name),
            (&[Identifier::Object(ID.to_owned())][..], "identity", &None)
        );
        assert_eq!(aliases, &["Hafen", "Гавань"]);
        assert!(translated(json!({ "de": { "description": "Text" } })).is_empty());
    }
}
