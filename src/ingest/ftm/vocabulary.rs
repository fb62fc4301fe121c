//! Kinds of entities, and kinds and layers of links, for schemata and properties of FollowTheMoney.

use super::schema::{Schema, Type};
use crate::link::Layer;

/// Schemata whose kind has a name of its own, also for schemata that extend them; the first match counts.
const KINDS: [(&str, &str); 4] = [
    ("Email", "email-message"),
    ("Article", "article"),
    ("Document", "document"),
    ("CryptoWallet", "cryptocurrency-wallet"),
];

/// Returns the kind of a schema's entities or links: `LegalEntity` is `legal-entity`.
pub(super) fn kind(schema: &Schema) -> String {
    let named = KINDS.iter().find(|(name, _)| schema.is_a(name));
    named.map_or_else(|| kebab(&schema.name), |(_, kind)| (*kind).to_owned())
}

/// Returns a name in kebab case: `addressEntity` is `address-entity`.
pub(super) fn kebab(name: &str) -> String {
    let mut kebab = String::with_capacity(name.len() + 4);
    for (at, c) in name.char_indices() {
        if c.is_ascii_uppercase() && at > 0 {
            kebab.push('-');
        }
        kebab.push(c.to_ascii_lowercase());
    }
    kebab
}

/// An edge: its schema, the properties of its ends, and the layer. If an end has several properties, the
/// first filled one counts.
pub(super) struct Edge {
    pub(super) schema: &'static str,
    pub(super) from: &'static [&'static str],
    pub(super) to: &'static [&'static str],
    pub(super) layer: Layer,
    /// True if it happens on its `date` and does not continue.
    pub(super) happens: bool,
}

/// Every edge of the schema, and calls, which name both ends though the schema defines no edge.
pub(super) const EDGES: &[Edge] = &[
    lasting("Ownership", &["owner"], &["asset"], Layer::Ownership),
    lasting("Directorship", &["director"], &["organization"], Layer::Ownership),
    lasting("Control", &["controller"], &["controlled"], Layer::Ownership),
    lasting("Representation", &["agent"], &["client"], Layer::Ownership),
    lasting("Succession", &["predecessor"], &["successor"], Layer::Ownership),
    lasting("Employment", &["employee"], &["employer"], Layer::Other),
    lasting("Membership", &["member"], &["organization"], Layer::Other),
    lasting("Occupancy", &["holder"], &["post"], Layer::Other),
    lasting("Family", &["person"], &["relative"], Layer::Other),
    lasting("Associate", &["person"], &["associate"], Layer::Other),
    lasting("UnknownLink", &["subject"], &["object"], Layer::Other),
    lasting("ProjectParticipant", &["participant"], &["project"], Layer::Other),
    lasting("CourtCaseParty", &["party"], &["case"], Layer::Other),
    lasting("Documentation", &["document"], &["entity"], Layer::CoReport),
    lasting("Debt", &["debtor"], &["creditor"], Layer::Finance),
    lasting("ContractAward", &["contract"], &["supplier"], Layer::Finance),
    happening("Payment", &["payer", "payerAccount"], &["beneficiary", "beneficiaryAccount"], Layer::Finance),
    happening("Call", &["caller", "callerNumber"], &["receiver", "receiverNumber"], Layer::Communication),
];

const fn lasting(
    schema: &'static str,
    from: &'static [&'static str],
    to: &'static [&'static str],
    layer: Layer,
) -> Edge {
    Edge { schema, from, to, layer, happens: false }
}

const fn happening(
    schema: &'static str,
    from: &'static [&'static str],
    to: &'static [&'static str],
    layer: Layer,
) -> Edge {
    Edge { happens: true, ..lasting(schema, from, to, layer) }
}

/// Returns the edge of a schema.
pub(super) fn edge(schema: &Schema) -> Option<&'static Edge> {
    EDGES.iter().find(|edge| schema.is_a(edge.schema))
}

/// Schemata without claims. Nobody has confirmed yet what a machine found similar or detected in a text, and
/// a page is part of its document.
pub(super) const UNCLAIMED: [&str; 3] = ["Similar", "Mention", "Page"];

/// Properties whose values readers see one by one, each with its origin, by the schema that has them. They
/// are names, numbers of organisations, and details of links. Of a person only names are shown, and no
/// protected characteristic from any source.
pub(super) const SHOWN: &[(&str, &[&str])] = &[
    ("Thing", &["name", "alias", "previousName", "weakAlias"]),
    ("LegalEntity", &["abbreviation"]),
    ("Person", &["firstName", "secondName", "middleName", "lastName", "nameSuffix"]),
    (
        "Organization",
        &[
            "registrationNumber",
            "wikidataId",
            "leiCode",
            "innCode",
            "ogrnCode",
            "uscCode",
            "npiCode",
            "imoNumber",
        ],
    ),
    ("Vessel", &["imoNumber"]),
    ("Security", &["registrationNumber", "isin"]),
    ("Interest", &["role", "status", "startDate", "endDate", "date"]),
    (
        "Ownership",
        &[
            "percentage",
            "sharesCount",
            "sharesValue",
            "sharesCurrency",
            "sharesType",
            "ownershipType",
            "legalBasis",
        ],
    ),
    ("Control", &["controlType", "legalBasis"]),
    ("Directorship", &["secretary"]),
    (
        "Occupancy",
        &[
            "status",
            "constituency",
            "startDate",
            "endDate",
            "date",
            "periodStart",
            "periodEnd",
            "electionDate",
        ],
    ),
    ("Family", &["relationship", "startDate", "endDate", "date"]),
    ("Associate", &["relationship", "startDate", "endDate", "date"]),
    ("Debt", &["startDate", "endDate", "date"]),
    ("Payment", &["purpose", "programme"]),
];

/// Returns the name of a property that readers see.
pub(super) fn shown(schema: &Schema, property: &str) -> Option<&'static str> {
    let of = |(name, properties): &(&str, &'static [&'static str])| {
        properties.iter().find(|own| **own == property && schema.is_a(name)).copied()
    };
    SHOWN.iter().find_map(of)
}

/// Properties that link an entity to their values: property, kind of the link, layer. For any other property
/// of type entity the kind is its name and the layer is `other`.
pub(super) const PROPERTY_LINKS: &[(&str, &str, Layer)] = &[
    ("addressEntity", "address", Layer::Other),
    ("address", "address", Layer::Other),
    ("location", "address", Layer::Other),
    ("email", "email", Layer::Infrastructure),
    ("phone", "phone", Layer::Infrastructure),
    ("website", "website", Layer::Infrastructure),
    ("ipAddress", "ip-address", Layer::Infrastructure),
    ("contentHash", "content", Layer::Infrastructure),
    ("parent", "parent", Layer::Ownership),
    ("owner", "owner", Layer::Ownership),
    ("operator", "operator", Layer::Ownership),
    ("holder", "holder", Layer::Ownership),
    ("issuer", "issuer", Layer::Ownership),
    ("bank", "bank", Layer::Finance),
    ("taxee", "taxee", Layer::Finance),
    ("authority", "authority", Layer::Finance),
    ("onBehalfOf", "on-behalf-of", Layer::Finance),
    ("tenderers", "tenderer", Layer::Finance),
    ("declarant", "declarant", Layer::Finance),
    ("contractHolder", "contract-holder", Layer::Finance),
    ("bankAccount", "bank-account", Layer::Finance),
    ("bankRub", "bank-account", Layer::Finance),
    ("bankForeign", "bank-account", Layer::Finance),
    ("sender", "sender", Layer::Communication),
    ("senderAccount", "sender", Layer::Communication),
    ("receiver", "receiver", Layer::Communication),
    ("recipients", "recipient", Layer::Communication),
    ("recipientAccount", "recipient", Layer::Communication),
    ("emitters", "sender", Layer::Communication),
    ("inReplyToEmail", "in-reply-to", Layer::Communication),
    ("inReplyToMessage", "in-reply-to", Layer::Communication),
    ("proof", "proof", Layer::Provenance),
    ("entity", "about", Layer::CoReport),
    ("pictured", "pictured", Layer::CoReport),
    ("partOf", "part-of", Layer::Taxonomy),
];

/// Properties of type entity that claim no link: conclusions of the source, and folders above.
const UNTIED: [&str; 2] = ["riskSource", "ancestors"];

/// Returns kind and layer of the link of a property; `None` if it claims none.
pub(super) fn property_link(schema: &Schema, property: &str) -> Option<(String, Layer)> {
    let of = *schema.properties.get(property)?;
    let is_entity = of == Type::Entity;
    let points = is_entity
        || matches!(of, Type::Address | Type::Email | Type::Phone | Type::Url | Type::Ip | Type::Checksum);
    if !points || UNTIED.contains(&property) {
        return None;
    }
    // Goods have senders and receivers, too.
    let is_trade = schema.is_a("EconomicActivity");
    match PROPERTY_LINKS.iter().find(|(name, ..)| *name == property) {
        Some((_, kind, _)) if is_trade => Some(((*kind).to_owned(), Layer::Finance)),
        Some((_, kind, layer)) => Some(((*kind).to_owned(), *layer)),
        None => is_entity.then(|| (kebab(property), Layer::Other)),
    }
}

/// Returns whether the claims of an entity have a valid time. The dates of a person, a company or a ship say
/// how long it has existed, and not when it was seen.
pub(super) fn is_timed(schema: &Schema) -> bool {
    ["Interval", "Document", "CourtCase", "Contract"].iter().any(|name| schema.is_a(name))
}

#[cfg(test)]
mod tests {
    use super::super::schema::{schema, schemata};
    use super::*;

    #[test]
    fn every_edge_of_the_schema_has_a_row_with_its_ends() {
        for schema in schemata() {
            let Some((source, target)) = &schema.edge else { continue };
            let row = edge(schema).unwrap_or_else(|| panic!("{} has no row", schema.name));
            assert_eq!((row.from[0], row.to[0]), (source.as_str(), target.as_str()), "{}", schema.name);
        }
        for row in EDGES {
            let schema = schema(row.schema).unwrap_or_else(|| panic!("{} is no schema", row.schema));
            for property in row.from.iter().chain(row.to) {
                let of = schema.properties[*property];
                assert!(matches!(of, Type::Entity | Type::Phone), "{}.{property}", row.schema);
            }
        }
    }

    #[test]
    fn every_property_with_a_row_is_one_of_the_schema() {
        for (property, ..) in PROPERTY_LINKS {
            assert!(schemata().any(|schema| property_link(schema, property).is_some()), "{property}");
        }
        for property in UNTIED {
            assert!(schemata().any(|schema| schema.properties.get(property) == Some(&Type::Entity)));
        }
        for name in UNCLAIMED {
            assert!(schema(name).is_some(), "{name}");
        }
    }

    #[test]
    fn what_is_shown_is_of_the_schema_and_of_persons_it_is_their_names() {
        for (name, properties) in SHOWN {
            let of = schema(name).unwrap_or_else(|| panic!("{name} is no schema"));
            for property in *properties {
                assert!(of.properties.contains_key(*property), "{name}.{property}");
            }
        }
        let person = schema("Person").expect("a schema");
        let shown: Vec<&str> =
            person.properties.keys().filter_map(|property| shown(person, property)).collect();
        assert_eq!(
            shown,
            [
                "abbreviation",
                "alias",
                "firstName",
                "lastName",
                "middleName",
                "name",
                "nameSuffix",
                "previousName",
                "secondName",
                "weakAlias"
            ]
        );
    }

    #[test]
    fn a_schema_s_kind_is_its_name_where_no_other_is_in_use() {
        let of = |name: &str| kind(schema(name).expect("a schema"));
        assert_eq!(of("LegalEntity"), "legal-entity");
        assert_eq!(of("PublicBody"), "public-body");
        assert_eq!(of("CryptoWallet"), "cryptocurrency-wallet");
        assert_eq!(of("PlainText"), "document");
        assert_eq!(of("Email"), "email-message");
        assert_eq!(of("UnknownLink"), "unknown-link");
    }
}
