//! Claims of an entity about itself and about the entities that it names.

use std::collections::BTreeSet;

use super::{
    dates,
    ids::own_id,
    numbers,
    read::FtmEntity,
    schema::{Schema, Type},
    vocabulary,
};
use crate::{
    canonical::detect,
    entity::Identifier,
    record::{Claim, Content},
    time::Span,
};

/// Properties that hold other names. Weak aliases are excluded: many entities share them.
const OTHER_NAMES: [&str; 4] = ["name", "alias", "previousName", "abbreviation"];

/// Returns the claims of an entity that is not an edge.
pub(super) fn content(entity: &FtmEntity, source: &str) -> Content {
    let mut content = Content::default();
    if vocabulary::UNCLAIMED.contains(&entity.schema.name.as_str()) {
        return content;
    }
    if vocabulary::is_timed(entity.schema) {
        content.seen = span(entity, happens(entity.schema));
    }
    let own = own_id(&entity.id, source);
    content.claims.push(itself(entity, &own, source));
    for (property, values) in entity.properties() {
        let Some((kind, layer)) = vocabulary::property_link(entity.schema, property) else { continue };
        for value in values {
            let Some(to) = target(entity.schema, property, value, source) else { continue };
            if entity.schema.properties.get(property) == Some(&Type::Address) {
                content.claims.push(named(vec![to.clone()], "address", Some(value.clone())));
            }
            content.claims.push(link(&own, &to, &kind, layer));
        }
    }
    content
}

/// Returns the claim of a link.
pub(super) fn link(from: &Identifier, to: &Identifier, kind: &str, layer: crate::link::Layer) -> Claim {
    Claim::Link { from: from.clone(), to: to.clone(), kind: kind.to_owned(), layer }
}

/// Returns the valid time of an entity. An event on a vague date has the whole of that date.
pub(super) fn span(entity: &FtmEntity, happens: bool) -> Span {
    let first = |properties: &[String]| {
        entity.first_filled(properties).iter().filter_map(|text| dates::start(text)).min()
    };
    let last = |properties: &[String]| {
        entity.first_filled(properties).iter().filter_map(|text| dates::end(text)).max()
    };
    let end = last(&entity.schema.end);
    let starts = entity.schema.start.as_slice();
    Span { start: first(starts), end: if happens { end.or_else(|| last(starts)) } else { end } }
}

/// Returns whether a schema is that of events, which end on their date; memberships continue after it.
fn happens(schema: &Schema) -> bool {
    ["Event", "Message", "Document", "EconomicActivity"].iter().any(|name| schema.is_a(name))
}

fn named(identifiers: Vec<Identifier>, kind: &str, name: Option<String>) -> Claim {
    Claim::Entity { identifiers, kind: kind.to_owned(), name, aliases: Vec::new(), vocabulary: None }
}

/// Returns the claim of the entity itself, with all its identifiers.
fn itself(entity: &FtmEntity, own: &Identifier, source: &str) -> Claim {
    let mut identifiers = vec![own.clone()];
    let referents = entity.referents.iter().filter(|id| **id != entity.id);
    identifiers.extend(referents.map(|id| own_id(id, source)));
    for (property, values) in entity.properties() {
        for value in values {
            let known = numbers::known_by(entity.schema, property, value);
            identifiers.extend(known.or_else(|| account(property, value)));
        }
    }
    identifiers.extend(whole(entity).filter(|_| !entity.is_part));
    // A part does not know the entity's other values: only the first property by which the schema shows
    // entities names it.
    let captions = entity.schema.caption.as_slice();
    let captions = if entity.is_part { captions.get(..1).unwrap_or_default() } else { captions };
    let shown = || entity.first_filled(captions).first();
    let name = entity.caption.as_ref().or_else(shown).cloned();
    let names: BTreeSet<&String> = OTHER_NAMES.iter().flat_map(|property| entity.values(property)).collect();
    let aliases = names.into_iter().filter(|other| Some(*other) != name.as_ref()).cloned().collect();
    Claim::Entity { identifiers, kind: vocabulary::kind(entity.schema), name, aliases, vocabulary: None }
}

/// Returns the account or wallet that a value is, as in other formats.
fn account(property: &str, value: &str) -> Option<Identifier> {
    let (kind, of) = match property {
        "iban" => ("bank-account", "iban"),
        "publicKey" => ("cryptocurrency-wallet", "value"),
        _ => return None,
    };
    Some(Identifier::Observable { kind: kind.to_owned(), property: of.to_owned(), value: value.to_owned() })
}

fn address(value: &str) -> Identifier {
    Identifier::Observable {
        kind: "address".to_owned(),
        property: "full".to_owned(),
        value: value.to_owned(),
    }
}

/// Properties that identify an entity only together: the schema and its properties.
const TOGETHER: [(&str, &[&str]); 2] =
    [("Address", &["full"]), ("Identification", &["number", "passportNumber", "country", "type"])];

/// Returns whether a property is one of those that identify an entity only together.
pub(super) fn is_of_whole(schema: &Schema, property: &str) -> bool {
    TOGETHER.iter().any(|(name, properties)| schema.is_a(name) && properties.contains(&property))
}

/// Returns the identifier of a whole entity: the text of an address, or the number of a paper.
pub(super) fn whole(entity: &FtmEntity) -> Option<Identifier> {
    if entity.schema.is_a("Address") { whole_address(entity) } else { whole_number(entity) }
}

/// Returns the text of an address. Of several texts none counts: one might be "Berlin", which would join
/// everything in Berlin.
fn whole_address(entity: &FtmEntity) -> Option<Identifier> {
    let texts = entity.values("full");
    let distinct: BTreeSet<String> = texts.iter().map(|text| plain(text)).collect();
    (distinct.len() == 1).then(|| address(&texts[0]))
}

/// Returns the number of a passport or another paper, within its country and its kind. Two holders of one
/// paper are linked by it and stay two entities.
fn whole_number(entity: &FtmEntity) -> Option<Identifier> {
    if !entity.schema.is_a("Identification") {
        return None;
    }
    let one = |properties: &[&str]| {
        let values = properties.iter().flat_map(|property| entity.values(property));
        let distinct: BTreeSet<String> = values.map(|value| plain(value)).collect();
        if distinct.len() == 1 { distinct.into_iter().next() } else { None }
    };
    let paper = if entity.schema.is_a("Passport") { "passport".to_owned() } else { one(&["type"])? };
    let (country, number) = (one(&["country"])?, one(&["number", "passportNumber"])?);
    let is_number = number.len() >= NUMBER_MIN && number.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    let value = format!("{paper} {country} {number}");
    is_number.then(|| Identifier::Observable {
        kind: vocabulary::kind(entity.schema),
        property: "number".to_owned(),
        value,
    })
}

/// Shortest number of a paper: shorter numbers are unique only within an office.
const NUMBER_MIN: usize = 5;

/// Returns a text in lower case without the characters between its words.
fn plain(text: &str) -> String {
    text.to_lowercase().split(|c: char| !c.is_alphanumeric()).collect()
}

/// Returns the target of a property's value; `None` if the value does not have the form of its type.
pub(super) fn target(schema: &Schema, property: &str, value: &str, source: &str) -> Option<Identifier> {
    let observable = |kind: &str, property: &str| Identifier::Observable {
        kind: kind.to_owned(),
        property: property.to_owned(),
        value: value.to_owned(),
    };
    Some(match schema.properties.get(property)? {
        Type::Entity => own_id(value, source),
        Type::Address => address(value),
        Type::Email => observable("email-addr", "value"),
        Type::Phone => observable("phone-number", "value"),
        Type::Url => observable("url", "value"),
        Type::Checksum => observable("file", "hashes.SHA-1"),
        Type::Ip => {
            let (kind, of) = detect::observable(value).filter(|(kind, _)| kind.starts_with("ipv"))?;
            observable(kind, of)
        }
        Type::Name | Type::Identifier | Type::Date | Type::Other => return None,
    })
}
