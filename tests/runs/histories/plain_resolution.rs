//! A slow and obvious resolution by equal identifiers, and its comparison with that of the program.

use std::collections::{BTreeMap, BTreeSet};

use araneus::{
    canonical::{self, CanonicalId},
    entity::Identifier,
    record::Claim,
    resolve::Resolution,
    view::View,
};

/// Identifiers of one entity.
type Identifiers = BTreeSet<String>;

fn canonical(identifier: &Identifier) -> Option<String> {
    let id = match identifier {
        Identifier::Observable { kind, property, value } => canonical::observable(kind, property, value)?,
        Identifier::Object(id) => CanonicalId::object(canonical::object_id(id)),
        Identifier::Galaxy(id) => CanonicalId::galaxy(id),
        Identifier::Reference { catalogue, kind, id } => CanonicalId::catalogue(catalogue, kind, id),
    };
    Some(id.to_string())
}

/// Joins sets with a common identifier until no two have one.
fn joined(claims: Vec<Identifiers>) -> BTreeSet<Identifiers> {
    let mut sets: Vec<Identifiers> = Vec::new();
    for mut claim in claims {
        let (common, apart): (Vec<_>, Vec<_>) = sets.into_iter().partition(|set| !set.is_disjoint(&claim));
        claim.extend(common.into_iter().flatten());
        sets = apart;
        sets.push(claim);
    }
    sets.into_iter().collect()
}

/// Compares entities and links with those of the claims of a view, if the rules join identifiers of one record only. Returns whether
/// no constraint prevented a merge: then the entities must be equal, and else each must be a part of one.
pub(super) fn assert_plain(found: &Resolution, view: &View, what: &str) -> bool {
    let claims = || {
        let records = view.records().iter();
        records.flat_map(|record| record.content.claims().map(|claim| claim.to_claim()).collect::<Vec<_>>())
    };
    let named = claims().flat_map(|claim| match claim {
        Claim::Entity { identifiers, .. } => vec![identifiers.iter().filter_map(canonical).collect()],
        Claim::Link { from, to, .. } => {
            [from, to].iter().filter_map(canonical).map(|id| Identifiers::from([id])).collect()
        }
    });
    let expected = joined(named.filter(|ids: &Identifiers| !ids.is_empty()).collect());
    let claimed: Identifiers = claims()
        .flat_map(|claim| match claim {
            Claim::Entity { identifiers, .. } => identifiers.iter().filter_map(canonical).collect(),
            Claim::Link { .. } => Vec::new(),
        })
        .collect();
    let identifiers = |entity: &araneus::entity::Entity| -> Identifiers {
        entity.identifiers.iter().map(|known| known.id.to_string()).collect()
    };
    let entities: BTreeSet<Identifiers> = found.entities.iter().map(identifiers).collect();
    if !found.contested.is_empty() {
        let is_part = |entity: &Identifiers| expected.iter().any(|whole| whole.is_superset(entity));
        assert!(entities.iter().all(is_part), "parts of entities, {what}");
        return false;
    }
    // An identifier that only links name makes no entity if its object was withdrawn, was revoked or has expired.
    let is_claimed = |entity: &&Identifiers| claimed.iter().any(|id| entity.contains(id));
    let of_records = found.entities.iter().filter(|entity| entity.has_own_record).map(identifiers);
    assert_eq!(
        of_records.collect::<BTreeSet<_>>(),
        expected.iter().filter(is_claimed).cloned().collect(),
        "{what}"
    );
    assert!(entities.is_subset(&expected), "entities that only links name, {what}");
    let mut entity_of: BTreeMap<&str, &Identifiers> = BTreeMap::new();
    for entity in &expected {
        entity_of.extend(entity.iter().map(|id| (id.as_str(), entity)));
    }
    let end = |id: &Identifier| canonical(id).and_then(|id| entity_of.get(id.as_str()).copied());
    let stated: BTreeSet<(&Identifiers, &Identifiers, String)> = claims()
        .filter_map(|claim| match claim {
            Claim::Link { from, to, kind, .. } => Some((end(&from)?, end(&to)?, kind)),
            Claim::Entity { .. } => None,
        })
        .collect();
    for link in &found.links {
        let ends = [link.from, link.to].map(|end| identifiers(&found.entities[end.index()]));
        let link = (&ends[0], &ends[1], link.kind.to_string());
        assert!(stated.contains(&link), "a link that no claim states, {what}: {link:?}");
    }
    true
}
