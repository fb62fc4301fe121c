//! Content of a record: the claims of one object, read from its JSON or table row.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroU64,
    sync::Arc,
};

use super::{Attribute, Remarks, Traces};
use crate::{
    entity::Identifier,
    link::Layer,
    time::{Moment, Span},
};

/// A claim of a record. Identifiers and names are as the source writes them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Claim {
    /// An entity exists.
    Entity {
        /// Identifiers of the entity in this record. The first one is the record's own.
        identifiers: Vec<Identifier>,
        /// Type of the entity.
        kind: String,
        /// Name of the entity.
        name: Option<String>,
        /// Other names of the entity.
        aliases: Vec<String>,
        /// Curated list that contains the entity, such as a galaxy. Two entries of one list are two entities.
        vocabulary: Option<String>,
    },
    /// Two entities are related.
    Link {
        /// Start of the link.
        from: Identifier,
        /// End of the link.
        to: Identifier,
        /// Type of the relationship.
        kind: String,
        /// Layer of the type.
        layer: Layer,
    },
}

/// Amount of a claimed link, such as a payment.
#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    /// Position of the link among the record's claims.
    pub claim: u32,
    /// Value in units of the currency.
    pub value: f64,
    /// Currency in upper case, otherwise as the source writes it.
    pub currency: Option<Arc<str>>,
}

/// One property of a link that several records of one source describe together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LinkPart {
    /// Identifier of the link.
    pub link_id: String,
    /// Type of the link, as the format names it.
    pub kind: String,
    /// Name of the property.
    pub property: String,
    /// Value of the property.
    pub value: String,
}

/// Property values of the entity or link that a record describes, with their provenance. They are shown to
/// readers, and nothing is computed from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Properties {
    /// Collection that the values come from.
    pub dataset: Option<Box<str>>,
    /// Time at which the collection first contained them.
    pub first_seen: Option<Moment>,
    /// Time at which the collection last contained them.
    pub last_seen: Option<Moment>,
    /// The distinct values, sorted.
    pub values: Box<[Property]>,
}

/// One value of one property.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Property {
    /// Name of the property, as the format names it.
    pub name: &'static str,
    /// Value as delivered.
    pub value: Box<str>,
    /// Language of the value.
    pub language: Option<Box<str>>,
    /// Value before its collection cleaned it.
    pub original: Option<Box<str>>,
}

/// Content of an object: its claims and attributes, read from the object alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    /// Type of the object, as its format names it.
    pub kind: String,
    /// Time at which the source created the object.
    pub created: Option<Moment>,
    /// Valid time of the claims.
    pub seen: Span,
    /// Time after which the object declares itself no longer valid.
    pub expires: Option<Moment>,
    /// Is true if the source revoked or deprecated the object.
    pub retracted: bool,
    /// Is true if the object is an identity that states that it is no single person, such as an organisation.
    pub is_collective: bool,
    /// Stated confidence, 0 to 100.
    pub confidence: Option<u8>,
    /// Claims of the object.
    pub claims: Vec<Claim>,
    /// Amounts of the claimed links, in the order of the links.
    pub amounts: Vec<Amount>,
    /// Positions of claimed links with weight zero: the source disabled their correlation, or
    /// they identify an object only together with another link.
    pub weightless: Vec<u32>,
    /// Part of a link that this object describes. The claims then describe the whole link, as far as the
    /// other records of the view contain the other parts.
    pub part: Option<Box<LinkPart>>,
    /// Property values with their provenance; `None` for formats without provenance.
    pub properties: Option<Box<Properties>>,
    /// Attributes that separate the record's own entity from others of its name, sorted; `None` without any.
    pub attributes: Option<Box<[Attribute]>>,
    /// Digest of the identity that created the object; `None` if the object names none.
    pub producer: Option<NonZeroU64>,
    /// Digests by which a copy of the object is recognised; `None` if it has neither references nor text.
    pub traces: Option<Box<Traces>>,
    /// Number of references that an entry of a curated list has; 0 for other objects.
    pub references: u32,
    /// Properties that contradict the format.
    pub remarks: Remarks,
}

impl Content {
    /// Returns the joined content of one object in several places, such as the events that contain it.
    /// Each claim occurs once, in the order of the places.
    #[must_use]
    pub fn joined(places: &[Self]) -> Self {
        // An object that is deleted in one place is still claimed in the others.
        let has_claims = places.iter().any(|place| !place.retracted);
        let mut counted = places.iter().filter(|place| place.retracted != has_claims);
        let Some(first) = counted.next() else { return Self::default() };
        let mut joined = first.clone();
        let (mut positions, mut weighted) = (HashMap::new(), HashSet::new());
        for (position, claim) in (0..).zip(&first.claims) {
            positions.entry(claim).or_insert(position);
        }
        for place in counted {
            joined.add(place, &mut positions, &mut weighted);
        }
        joined.weightless.retain(|claim| !weighted.contains(claim));
        joined
    }

    /// Adds the content of the object in another place. `positions` has the first position of each claim.
    /// `weighted` receives the positions of claims that have a weight in some place.
    fn add<'a>(
        &mut self,
        other: &'a Self,
        positions: &mut HashMap<&'a Claim, u32>,
        weighted: &mut HashSet<u32>,
    ) {
        let weightless: HashSet<u32> = other.weightless.iter().copied().collect();
        let mut amounts: HashMap<u32, Vec<&Amount>> = HashMap::new();
        for amount in &other.amounts {
            amounts.entry(amount.claim).or_default().push(amount);
        }
        let count_before = self.claims.len() as u32;
        for (other_position, claim) in (0..).zip(&other.claims) {
            let next_position = self.claims.len() as u32;
            let first = *positions.entry(claim).or_insert(next_position);
            if first < count_before {
                if !weightless.contains(&other_position) {
                    weighted.insert(first);
                }
                continue;
            }
            if weightless.contains(&other_position) {
                self.weightless.push(next_position);
            }
            let amounts = amounts.get(&other_position).into_iter().flatten();
            self.amounts.extend(amounts.map(|&amount| Amount { claim: next_position, ..amount.clone() }));
            self.claims.push(claim.clone());
        }
        self.seen = self.seen.join(other.seen);
        self.remarks = self.remarks.join(other.remarks);
        self.is_collective &= other.is_collective;
        self.created = [self.created, other.created].into_iter().flatten().min();
        // The lowest confidence of all places.
        self.confidence = [self.confidence, other.confidence].into_iter().flatten().min();
        // The object expires only if it expires in every place, and then at the latest of these times.
        self.expires = self.expires.zip(other.expires).map(|(one, other)| one.max(other));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Joins two contents by linear search, as a reference for `Content::joined`.
    fn add_slowly(joined: &mut Content, other: &Content) {
        // An object that is deleted in one place is still claimed in the other.
        match (joined.retracted, other.retracted) {
            (true, false) => return joined.clone_from(other),
            (false, true) => return,
            _ => {}
        }
        let before = joined.claims.len();
        for (position, claim) in (0..).zip(&other.claims) {
            if let Some(known) = joined.claims[..before].iter().position(|known| known == claim) {
                if !other.weightless.contains(&position) {
                    joined.weightless.retain(|place| *place as usize != known);
                }
                continue;
            }
            let place = joined.claims.len() as u32;
            if other.weightless.contains(&position) {
                joined.weightless.push(place);
            }
            let amounts = other.amounts.iter().filter(|amount| amount.claim == position);
            joined.amounts.extend(amounts.map(|amount| Amount { claim: place, ..amount.clone() }));
            joined.claims.push(claim.clone());
        }
        joined.seen = joined.seen.join(other.seen);
        joined.created = [joined.created, other.created].into_iter().flatten().min();
        // The lowest confidence of both.
        joined.confidence = [joined.confidence, other.confidence].into_iter().flatten().min();
        // The object expires only if it expires in both places, and then at the later time.
        joined.expires = joined.expires.zip(other.expires).map(|(one, other)| one.max(other));
    }

    /// A reproducible pseudo-random sequence.
    struct RandomSequence(u64);

    impl RandomSequence {
        fn below(&mut self, bound: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % bound
        }

        fn moment(&mut self) -> Option<Moment> {
            (self.below(3) > 0).then(|| Moment::from_micros(self.below(50).cast_signed()))
        }

        fn content(&mut self) -> Content {
            let end = |draws: &mut Self| Identifier::Object(format!("tool--{}", draws.below(3)));
            let claims: Vec<Claim> = (0..self.below(6))
                .map(|_| Claim::Link {
                    from: end(self),
                    to: end(self),
                    kind: "uses".to_owned(),
                    layer: Layer::Capability,
                })
                .collect();
            let mut weightless: Vec<u32> = (0..claims.len() as u32).filter(|_| self.below(2) == 0).collect();
            weightless.reverse();
            let amounts = (0..claims.len() as u32)
                .flat_map(|claim| [claim, claim])
                .filter(|_| self.below(2) == 0)
                .map(|claim| Amount { claim, value: 2.0 * f64::from(claim), currency: None })
                .collect();
            Content {
                created: self.moment(),
                seen: Span { start: self.moment(), end: self.moment() },
                expires: self.moment(),
                retracted: self.below(3) == 0,
                confidence: (self.below(2) == 0).then(|| self.below(100) as u8),
                claims,
                amounts,
                weightless,
                ..Content::default()
            }
        }
    }

    #[test]
    fn joining_many_places_at_once_equals_joining_them_one_by_one() {
        let mut draws = RandomSequence(7);
        for _ in 0..3_000 {
            let places: Vec<Content> = (0..=draws.below(6)).map(|_| draws.content()).collect();
            let mut slowly = places[0].clone();
            for place in &places[1..] {
                add_slowly(&mut slowly, place);
            }
            assert_eq!(Content::joined(&places), slowly, "{places:?}");
        }
    }

    #[test]
    fn many_places_are_joined_in_one_pass() {
        let place = |container: u32| {
            let link = |kind: &str, to: u32| Claim::Link {
                from: Identifier::Object("domain-name--1".to_owned()),
                to: Identifier::Object(format!("report--{to}")),
                kind: kind.to_owned(),
                layer: Layer::CoReport,
            };
            Content { claims: vec![link("object", container), link("object", 0)], ..Content::default() }
        };
        // A linear search would make twenty billion comparisons here.
        let places: Vec<Content> = (0..200_000).map(place).collect();
        assert_eq!(Content::joined(&places).claims.len(), 200_001);
    }
}
