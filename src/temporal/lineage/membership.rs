//! Membership weights of a lineage, without an allocation for each entity.

use std::{fmt, iter, ops::Deref, sync::Arc};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, Visitor},
};

use crate::resolve::{entity_digits, entity_id_of};

/// Digits of the lasting id of an entity. They have the order of the ids.
pub type MemberId = [u8; 10];

/// Share of a membership weight that remains after a run without the member.
const DECAY: f64 = 0.8;
/// Least membership weight that a lineage keeps.
const KEPT_MIN: f64 = 0.05;

/// Membership weight of each entity, from 0 to 1, in order of the ids. Analysis and run state share the weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Memberships(Arc<[(MemberId, f64)]>);

impl Memberships {
    /// Returns the weights after a run in which a community has these members; `before` is `None` for a new lineage.
    pub(super) fn after(before: Option<&Self>, members: &[MemberId]) -> Self {
        let before = before.map_or(&[][..], |before| &**before);
        let gain = if before.is_empty() { 1.0 } else { 1.0 - DECAY };
        let mut members = members.to_vec();
        members.sort_unstable();
        members.dedup();
        let (mut earlier, mut current) = (before.iter().peekable(), members.iter().peekable());
        let merged = iter::from_fn(|| {
            let next = [earlier.peek().map(|(id, _)| *id), current.peek().map(|id| **id)];
            let id = next.into_iter().flatten().min()?;
            let decayed =
                earlier.next_if(|(known, _)| *known == id).map_or(0.0, |(_, weight)| weight * DECAY);
            let is_member = current.next_if(|member| **member == id).is_some();
            Some((id, if is_member { decayed + gain } else { decayed }))
        });
        Self(merged.filter(|(_, weight)| *weight >= KEPT_MIN).collect::<Vec<_>>().into())
    }

    /// Returns the sum of the weights.
    pub(super) fn total(&self) -> f64 {
        self.iter().map(|(_, weight)| weight).sum()
    }
}

impl Deref for Memberships {
    type Target = [(MemberId, f64)];

    fn deref(&self) -> &[(MemberId, f64)] {
        &self.0
    }
}

impl Serialize for Memberships {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(id, weight)| (String::from(entity_id_of(*id)), weight)))
    }
}

impl<'de> Deserialize<'de> for Memberships {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembershipsVisitor)
    }
}

/// Reads a map from the ids of entities to their weights.
struct MembershipsVisitor;

impl<'de> Visitor<'de> for MembershipsVisitor {
    type Value = Memberships;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a map from ids of entities to membership weights")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Memberships, A::Error> {
        let mut weights: Vec<(MemberId, f64)> = Vec::new();
        while let Some((id, weight)) = map.next_entry::<String, f64>()? {
            let id =
                entity_digits(&id).ok_or_else(|| A::Error::custom("a key is not the id of an entity"))?;
            weights.push((id, weight));
        }
        weights.sort_by_key(|(id, _)| *id);
        Ok(Memberships(weights.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn weights_follow_the_rule_run_by_run() {
        let mut state = 3_u64;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut expected: BTreeMap<MemberId, f64> = BTreeMap::new();
        let mut memberships: Option<Memberships> = None;
        for _ in 0..60 {
            let members: Vec<MemberId> = (0..draw(9)).map(|_| [draw(12) as u8; 10]).collect();
            let mut distinct = members.clone();
            distinct.sort_unstable();
            distinct.dedup();
            let gain = if expected.is_empty() { 1.0 } else { 1.0 - DECAY };
            for weight in expected.values_mut() {
                *weight *= DECAY;
            }
            for member in distinct {
                *expected.entry(member).or_default() += gain;
            }
            expected.retain(|_, weight| *weight >= KEPT_MIN);
            let after = Memberships::after(memberships.as_ref(), &members);
            assert_eq!(after.to_vec(), expected.clone().into_iter().collect::<Vec<_>>());
            let text = serde_json::to_string(&after).expect("JSON");
            assert_eq!(serde_json::from_str::<Memberships>(&text).expect("a map"), after);
            memberships = Some(after);
        }
    }

    #[test]
    fn a_key_that_is_no_id_is_an_error() {
        for key in ["a", "entity-0011", "link-00112233445566778899", "entity-0011223344556677889g"] {
            let read = serde_json::from_str::<Memberships>(&format!("{{\"{key}\": 1.0}}"));
            assert!(read.is_err(), "{key}");
        }
    }
}
