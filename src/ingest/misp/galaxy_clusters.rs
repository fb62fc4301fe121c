//! Galaxy clusters: those that an event or attribute names, and clusters that are delivered themselves.

use serde_json::{Map, Value};

use super::{
    claim::{link, text},
    context::{Context, Element, own_uuid, uuid},
    scalar, sharing,
};
use crate::{
    entity::Identifier,
    ingest::{galaxy, stix},
    record::Claim,
};

/// A cluster that an event or attribute names, by reference or by tag.
pub(super) struct NamedCluster {
    pub(super) identifier: Identifier,
    /// Its kind, where the name of its galaxy tells.
    kind: String,
    /// How it stands to what names it, where that is said.
    relation: Option<String>,
    /// The entity, where nothing but a tag tells of it.
    pub(super) claim: Option<Claim>,
}

pub(super) fn clusters(object: &Map<String, Value>) -> Vec<NamedCluster> {
    let references = object.get("Galaxy").into_iter().flat_map(scalar::listed).filter_map(Value::as_object);
    let mut told = Vec::new();
    let mut named: Vec<NamedCluster> = references
        .map(|reference| {
            let tag = text(reference, "tag_name");
            let of_tag = tag.as_deref().and_then(galaxy_tag).map(|(galaxy, _)| galaxy.to_owned());
            let galaxy = of_tag.or_else(|| text(reference, "type")).unwrap_or_default();
            told.extend(tag);
            NamedCluster {
                identifier: galaxy::identifier(
                    &galaxy,
                    uuid(reference).as_deref(),
                    &text(reference, "value").unwrap_or_default(),
                ),
                kind: galaxy::kind_of(&galaxy, "").to_owned(),
                relation: text(reference, "relationship_type"),
                claim: None,
            }
        })
        .collect();
    let tags = sharing::tags(object).filter_map(sharing::tag_name);
    for tag in tags.filter(|tag| !told.contains(tag)) {
        let Some((galaxy, value)) = galaxy_tag(&tag) else { continue };
        let claim = galaxy::named(galaxy, value);
        if let Claim::Entity { identifiers, kind, .. } = &claim
            && let Some(identifier) = identifiers.first().cloned()
        {
            named.push(NamedCluster { identifier, kind: kind.clone(), relation: None, claim: Some(claim) });
        }
    }
    named
}

/// Reads `misp-galaxy:threat-actor="Sofacy"`.
fn galaxy_tag(tag: &str) -> Option<(&str, &str)> {
    let (galaxy, value) = tag.trim().strip_prefix("misp-galaxy:")?.split_once('=')?;
    let value = value.trim().trim_matches('"').trim();
    (!galaxy.is_empty() && !value.is_empty()).then_some((galaxy.trim(), value))
}

/// Claims what a thing has to do with the clusters that its attribute names.
pub(super) fn tied_clusters(own: &Identifier, object: &Map<String, Value>, claims: &mut Vec<Claim>) {
    let is_indicator = matches!(own, Identifier::Object(id) if id.starts_with("indicator--"));
    for named in clusters(object) {
        let usual =
            if is_indicator && INDICATED.contains(&named.kind.as_str()) { "indicates" } else { "related-to" };
        let kind = named.relation.unwrap_or_else(|| usual.to_owned());
        claims.push(link(own, &named.identifier, &kind, stix::layer_of_relationship(&kind)));
        claims.extend(named.claim);
    }
}

/// What an indicator may indicate (STIX 2.1, section 4.7).
const INDICATED: [&str; 7] =
    ["attack-pattern", "campaign", "infrastructure", "intrusion-set", "malware", "threat-actor", "tool"];

/// A galaxy's entry, as the galaxy's own file would tell it. What other entries say of
/// this one is left to them.
pub(super) fn cluster(object: &Map<String, Value>, context: &Context, claims: &mut Vec<Claim>) {
    let galaxy = text(object, "type").or_else(|| context.galaxy.clone()).unwrap_or_default();
    let uuid = own_uuid(Element::GalaxyCluster, object);
    let mut entry = galaxy::entry(&galaxy, galaxy::kind_of(&galaxy, ""), uuid.as_deref(), object);
    if let (None, Claim::Entity { vocabulary, .. }) = (&uuid, &mut entry) {
        // Without its own uuid it may be any list's entry of that name, and is joined to that.
        *vocabulary = None;
    }
    claims.push(entry);
    let own = galaxy::identifier(&galaxy, uuid.as_deref(), &text(object, "value").unwrap_or_default());
    let relations = object.get("GalaxyClusterRelation").into_iter().flat_map(scalar::listed);
    claims.extend(relations.filter_map(Value::as_object).filter_map(|relation| {
        let kind =
            text(relation, "referenced_galaxy_cluster_type").unwrap_or_else(|| "related-to".to_owned());
        galaxy::relation(&own, &text(relation, "referenced_galaxy_cluster_uuid")?, &kind)
    }));
}
