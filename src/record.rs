//! One thing one source said once: what was stated when, and what it claims.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::Arc,
};

use crate::{
    entity::Identifier,
    link::Layer,
    marking::Marking,
    time::{Moment, Span},
};

/// Names a record by what it is: it derives from source, key and content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId([u8; 16]);

impl RecordId {
    /// Returns the id of what `source` says under `key`, with that digest of its content.
    pub fn new(source: &str, key: &str, content: &Digest) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in [source.as_bytes(), key.as_bytes()] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        hasher.update(&content.0);
        let mut id = [0; 16];
        id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Self(id)
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record-")?;
        hex(&self.0, f)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Digest of an object's parsed content: equal for equal JSON values.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 16]);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

/// Writes up to 16 bytes at once, not byte by byte: tables and digests spell millions of these.
pub(crate) fn hex(bytes: &[u8], to: &mut impl fmt::Write) -> fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 32];
    let text = &mut text[..2 * bytes.len()];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    to.write_str(std::str::from_utf8(text).expect("hexadecimal digits are ASCII"))
}

/// How a source delivers.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Each run states all that the source holds: what is absent was withdrawn.
    Snapshot,
    /// A snapshot of which something was missing: absence says nothing.
    Partial,
    /// Each run adds: absence says nothing.
    #[default]
    Increment,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Snapshot => "snapshot",
            Self::Partial => "partial",
            Self::Increment => "increment",
        })
    }
}

/// What one run found under a key of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    /// A complete snapshot does not have the key any more.
    Withdrawn,
    /// The key was delivered with an object that could not be accepted: it is not absent.
    Rejected,
    /// An object with this digest.
    Object(Digest),
}

/// What an object's meaning needs of the document around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Surroundings {
    /// Digest of everything in the document that its meaning depends on, markings aside; 0 where nothing does.
    pub digest: u64,
    /// Digest of what holds the object, such as its event; 0 where nothing does.
    pub holder: u64,
}

/// One row of the archive, without its content: what one run found under a key of a source.
///
/// The row keeps what was delivered and decides nothing. `view` decides when a reader learned it.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Who delivered it.
    pub source: Arc<str>,
    /// The source's own id for the object.
    pub key: Arc<str>,
    /// What was found.
    pub found: Found,
    /// The object's own version field, such as STIX `modified`.
    pub version: Option<Arc<str>>,
    /// The object's own time, never after the run; only of sources whose objects date their records.
    pub own_time: Option<Moment>,
    /// As-of time of the run that read it.
    pub run: Moment,
    /// Position of its commit among the archive's commits: the order in which the archive learned.
    pub commit: u32,
    /// What absence means in that run.
    pub mode: Mode,
    /// Marking-definition ids (or TLP names) that the object carries.
    pub markings: Vec<Arc<str>>,
    /// What the object defines, if it is a marking definition.
    pub defines: Option<Definition>,
    /// What its meaning needs of the document around it.
    pub surroundings: Surroundings,
}

impl Statement {
    /// Returns the digest of the object; `None` where there is none.
    pub fn content(&self) -> Option<Digest> {
        match self.found {
            Found::Object(digest) => Some(digest),
            Found::Withdrawn | Found::Rejected => None,
        }
    }

    /// Returns the earliest time at which any reader can have learned it.
    pub fn earliest(&self) -> Moment {
        self.own_time.unwrap_or(self.run)
    }
}

/// What a marking-definition object means for sharing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Definition {
    /// A statement, such as a copyright: it restricts nothing.
    Statement,
    /// A level of the Traffic Light Protocol, or one not understood.
    Level(Marking),
}

/// A claim in a record, in the source's own spelling.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Claim {
    /// There is such an entity.
    Entity {
        /// How this record points at it; the first is the record's own.
        identifiers: Vec<Identifier>,
        /// Its type.
        kind: String,
        /// Its name.
        name: Option<String>,
        /// Other names for it.
        aliases: Vec<String>,
        /// The curated list it is an entry of, such as a galaxy: two entries of one
        /// list are two entities.
        vocabulary: Option<String>,
    },
    /// One entity is tied to another.
    Link {
        /// Where the tie begins.
        from: Identifier,
        /// Where it ends.
        to: Identifier,
        /// The relationship's type.
        kind: String,
        /// Family of the type.
        layer: Layer,
    },
}

/// How much a link that a record claims is about, such as what was paid.
#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    /// Position of the link among the record's claims.
    pub claim: u32,
    /// How much.
    pub value: f64,
    /// Of what; as the source writes it, in upper case.
    pub currency: Option<Arc<str>>,
}

/// One property of a tie that several records of one source tell together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The tie's id.
    pub of: String,
    /// What the tie is, in the format's own word.
    pub kind: String,
    /// The property.
    pub property: String,
    /// What it holds.
    pub value: String,
}

/// Values of properties that a record tells of its entity, or of the tie that it is, with what its
/// format tells of where they are from. For readers: nothing is computed from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Properties {
    /// The collection that the values are from.
    pub dataset: Option<Box<str>>,
    /// When they were first met there.
    pub first_seen: Option<Moment>,
    /// When they were last met there.
    pub last_seen: Option<Moment>,
    /// The values, sorted, each once.
    pub values: Box<[Property]>,
}

/// One value of one property.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Property {
    /// The property, in the format's own word.
    pub name: &'static str,
    /// What it holds, as told.
    pub value: Box<str>,
    /// The language it is written in.
    pub language: Option<Box<str>>,
    /// What stood at its origin before it was cleaned.
    pub original: Option<Box<str>>,
}

/// What an object says, read from its content alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    /// The object's type in its format.
    pub kind: String,
    /// When its source made it.
    pub created: Option<Moment>,
    /// When what it says held.
    pub seen: Span,
    /// When it says itself that it is no longer valid.
    pub expires: Option<Moment>,
    /// Revoked or deprecated by its source.
    pub retracted: bool,
    /// Stated confidence, 0 to 100.
    pub confidence: Option<u8>,
    /// What it claims.
    pub claims: Vec<Claim>,
    /// Amounts of the links it claims, in their order.
    pub amounts: Vec<Amount>,
    /// Positions, among the claims, of links that weigh nothing: by the source's own word they tie nobody,
    /// or they name something only together with something else.
    pub weightless: Vec<u32>,
    /// The part of a tie that it tells; what it claims then is the whole tie, as far as the other
    /// records of its view tell the rest.
    pub part: Option<Box<Part>>,
    /// Values that readers are shown with where they are from, where its format tells that.
    pub properties: Option<Box<Properties>>,
}

impl Content {
    /// Returns whether two contents say the same; when a value was last met is moved by each run of
    /// who collects it, and says nothing new.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let timeless = |content: &Self| {
            let mut content = content.clone();
            if let Some(properties) = &mut content.properties {
                (properties.first_seen, properties.last_seen) = (None, None);
            }
            content
        };
        self == other || (self.properties.is_some() && timeless(self) == timeless(other))
    }

    /// Returns whether a link that it claims weighs nothing.
    pub fn is_weightless(&self, claim: u32) -> bool {
        self.weightless.contains(&claim)
    }

    /// Returns what one object says in all its places, such as the events that hold it: the claims in the
    /// order of the places, each once.
    #[must_use]
    pub fn joined(places: &[Arc<Self>]) -> Self {
        // What is deleted in one place is still said in the others.
        let is_said = places.iter().any(|place| !place.retracted);
        let mut said = places.iter().filter(|place| place.retracted != is_said);
        let Some(first) = said.next() else { return Self::default() };
        let mut joined = Self::clone(first);
        let (mut known, mut weighing) = (HashMap::new(), HashSet::new());
        for (at, claim) in (0..).zip(&first.claims) {
            known.entry(claim).or_insert(at);
        }
        for place in said {
            joined.add(place, &mut known, &mut weighing);
        }
        joined.weightless.retain(|claim| !weighing.contains(claim));
        joined
    }

    /// Adds what the object says in another place. `known` has the first position of each claim, and
    /// `weighing` takes the positions of claims that weigh something in a place.
    fn add<'a>(&mut self, other: &'a Self, known: &mut HashMap<&'a Claim, u32>, weighing: &mut HashSet<u32>) {
        let weightless: HashSet<u32> = other.weightless.iter().copied().collect();
        let mut amounts: HashMap<u32, Vec<&Amount>> = HashMap::new();
        for amount in &other.amounts {
            amounts.entry(amount.claim).or_default().push(amount);
        }
        let own = self.claims.len() as u32;
        for (at, claim) in (0..).zip(&other.claims) {
            let place = self.claims.len() as u32;
            let first = *known.entry(claim).or_insert(place);
            if first < own {
                if !weightless.contains(&at) {
                    weighing.insert(first);
                }
                continue;
            }
            if weightless.contains(&at) {
                self.weightless.push(place);
            }
            let amounts = amounts.get(&at).into_iter().flatten();
            self.amounts.extend(amounts.map(|&amount| Amount { claim: place, ..amount.clone() }));
            self.claims.push(claim.clone());
        }
        self.seen = self.seen.join(other.seen);
        self.created = [self.created, other.created].into_iter().flatten().min();
        // The least that any of them is sure of, as among the tags of one place.
        self.confidence = [self.confidence, other.confidence].into_iter().flatten().min();
        // It has ended where every place says so, and then with the last of them.
        self.expires = self.expires.zip(other.expires).map(|(own, other)| own.max(other));
    }

    /// Returns whether the object is revoked, deprecated, or no longer valid at a moment.
    pub fn is_retired(&self, at: Moment) -> bool {
        self.retracted || self.expires.is_some_and(|expires| expires <= at)
    }

    /// Gives back what its lists have room for beyond what they hold: contents are kept by the
    /// million, and mostly hold one or two of each.
    #[must_use]
    pub fn shrunk(mut self) -> Self {
        for claim in &mut self.claims {
            if let Claim::Entity { identifiers, aliases, .. } = claim {
                identifiers.shrink_to_fit();
                aliases.shrink_to_fit();
            }
        }
        self.claims.shrink_to_fit();
        self.amounts.shrink_to_fit();
        self.weightless.shrink_to_fit();
        self
    }
}

/// One thing one source said once, as a view shows it.
#[derive(Clone, Debug)]
pub struct Record {
    /// Derives from source, key and content.
    pub id: RecordId,
    /// Who said it.
    pub source: Arc<str>,
    /// The source's own id for the object.
    pub key: Arc<str>,
    /// The object's own version field.
    pub version: Option<Arc<str>>,
    /// When we were told this.
    pub told: Moment,
    /// When this source first told us anything under this key.
    pub told_first: Moment,
    /// As-of time of the run that first delivered this key, as far as the reader may know.
    pub first_run: Moment,
    /// Said before, withdrawn, and said again.
    pub returned: bool,
    /// Who may know.
    pub marking: Marking,
    /// Digest of what its meaning needs of the documents around it.
    pub surroundings: u64,
    /// What it says.
    pub content: Arc<Content>,
}

/// What is agreed with, and known of, a source.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Terms {
    /// Marking of what the source leaves unmarked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marking: Option<String>,
    /// Reliability in the Admiralty system.
    #[serde(default)]
    pub reliability: Reliability,
    /// Two entries of this source are never one entity.
    #[serde(default)]
    pub duplicate_free: bool,
    /// What the columns of its tables mean, as `ingest` reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<serde_json::Value>,
}

/// Reliability of a source in the Admiralty system (NATO AJP-2.1): A to F.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum Reliability {
    /// Completely reliable.
    A,
    /// Usually reliable.
    B,
    /// Fairly reliable.
    C,
    /// Not usually reliable.
    D,
    /// Unreliable.
    E,
    /// Cannot be judged.
    #[default]
    F,
}

impl Reliability {
    /// Returns the weight of one record of such a source, from 0 to 1.
    ///
    /// A source that cannot be judged counts as a fairly reliable one.
    pub fn weight(self) -> f64 {
        match self {
            Self::A => 1.0,
            Self::B => 0.8,
            Self::C | Self::F => 0.6,
            Self::D => 0.4,
            Self::E => 0.2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks each claim up among all: what `Content::joined` must give.
    fn add_slowly(own: &mut Content, other: &Content) {
        // What is deleted in one place is still said in the other.
        match (own.retracted, other.retracted) {
            (true, false) => return own.clone_from(other),
            (false, true) => return,
            _ => {}
        }
        let before = own.claims.len();
        for (at, claim) in (0..).zip(&other.claims) {
            if let Some(known) = own.claims[..before].iter().position(|known| known == claim) {
                if !other.is_weightless(at) {
                    own.weightless.retain(|place| *place as usize != known);
                }
                continue;
            }
            let place = own.claims.len() as u32;
            if other.is_weightless(at) {
                own.weightless.push(place);
            }
            let amounts = other.amounts.iter().filter(|amount| amount.claim == at);
            own.amounts.extend(amounts.map(|amount| Amount { claim: place, ..amount.clone() }));
            own.claims.push(claim.clone());
        }
        own.seen = own.seen.join(other.seen);
        own.created = [own.created, other.created].into_iter().flatten().min();
        // The least that any of them is sure of, as among the tags of one place.
        own.confidence = [own.confidence, other.confidence].into_iter().flatten().min();
        // It has ended where every place says so, and then with the last of them.
        own.expires = own.expires.zip(other.expires).map(|(one, other)| one.max(other));
    }

    /// A sequence that looks random, and is the same each time.
    struct Draws(u64);

    impl Draws {
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
    fn what_an_object_says_in_many_places_is_what_they_say_one_after_the_other() {
        let mut draws = Draws(7);
        for _ in 0..3_000 {
            let places: Vec<Arc<Content>> = (0..=draws.below(6)).map(|_| Arc::new(draws.content())).collect();
            let mut slowly = Content::clone(&places[0]);
            for place in &places[1..] {
                add_slowly(&mut slowly, place);
            }
            assert_eq!(Content::joined(&places), slowly, "{places:?}");
        }
    }

    #[test]
    fn many_places_are_joined_in_one_pass() {
        let place = |at: u32| {
            let link = |kind: &str, to: u32| Claim::Link {
                from: Identifier::Object("domain-name--1".to_owned()),
                to: Identifier::Object(format!("report--{to}")),
                kind: kind.to_owned(),
                layer: Layer::CoReport,
            };
            Arc::new(Content { claims: vec![link("object", at), link("object", 0)], ..Content::default() })
        };
        // Looked up one by one these would be compared twenty thousand million times.
        let places: Vec<Arc<Content>> = (0..200_000).map(place).collect();
        assert_eq!(Content::joined(&places).claims.len(), 200_001);
    }
}
