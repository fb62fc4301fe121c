//! Entities of the hidden world, with their true names and the names that agencies use.

use std::{
    collections::BTreeSet,
    ops::{Index, IndexMut},
    slice,
};

use crate::{
    agencies::{AGENCIES, AgencyId},
    random::{RandomStream, below, between, chance, pick},
    vocabulary::{HOST_FIRST, HOST_SECOND, NAME_FIRST, NAME_SECOND, SOFTWARE_ENDINGS, SOFTWARE_ONSETS},
};

/// Position of an entity in [`Entities`].
pub(crate) type EntityId = usize;

/// Kind of an entity, in the order of `truth/identities.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EntityKind {
    Actor,
    Malware,
    Tool,
    Campaign,
    Hosting,
    Technique,
    Vulnerability,
    Sector,
    Domain,
    Ipv4,
    Ipv6,
    File,
    Certificate,
    Account,
}

impl EntityKind {
    /// Returns the STIX object type.
    pub(crate) fn stix_type(self) -> &'static str {
        match self {
            Self::Actor => "intrusion-set",
            Self::Malware => "malware",
            Self::Tool => "tool",
            Self::Campaign => "campaign",
            Self::Hosting => "infrastructure",
            Self::Technique => "attack-pattern",
            Self::Vulnerability => "vulnerability",
            Self::Sector => "identity",
            Self::Domain => "domain-name",
            Self::Ipv4 => "ipv4-addr",
            Self::Ipv6 => "ipv6-addr",
            Self::File => "file",
            Self::Certificate => "x509-certificate",
            Self::Account => "bank-account",
        }
    }

    /// Returns whether the entity is an observable, identified by its value.
    pub(crate) fn is_observable(self) -> bool {
        (Self::Domain..=Self::Certificate).contains(&self)
    }

    /// Returns whether the curated lists contain entities of this kind.
    pub(crate) fn can_be_listed(self) -> bool {
        matches!(self, Self::Actor | Self::Malware | Self::Tool)
    }
}

/// An entity of the hidden world.
#[derive(Clone, Debug)]
pub(crate) struct Entity {
    pub(crate) kind: EntityKind,
    /// True name, or value of an observable.
    pub(crate) name: String,
    /// Number in a public catalogue (ATT&CK, CVE).
    pub(crate) external_id: Option<String>,
    /// Names that single agencies use instead of the true name.
    pub(crate) agency_names: Vec<(AgencyId, String)>,
    /// First day on which a curated list contains it; `None` for never.
    pub(crate) listed_from: Option<u32>,
    /// Names that the curated list does not contain.
    pub(crate) unlisted_names: Vec<String>,
    /// Another entity of which a curated list gives the name as a synonym.
    pub(crate) synonym_of: Option<EntityId>,
}

impl Entity {
    /// Returns the name that an agency uses.
    pub(crate) fn name_used_by(&self, agency: AgencyId) -> &str {
        self.agency_names.iter().find(|(by, _)| *by == agency).map_or(&self.name, |(_, name)| name)
    }

    /// Returns whether an agency's name identifies the entity on a day: it is the true name, or a curated list
    /// contains it by then.
    pub(crate) fn is_known_by(&self, agency: AgencyId, day: u32) -> bool {
        let name = self.name_used_by(agency);
        let is_listed = self.listed_from.is_some_and(|from| from <= day);
        name == self.name || (is_listed && !self.unlisted_names.iter().any(|other| other == name))
    }

    /// Returns the synonyms on the curated list, sorted.
    pub(crate) fn synonyms(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.agency_names.iter().map(|(_, name)| name.as_str()).collect();
        names.retain(|name| !self.unlisted_names.iter().any(|other| other == name));
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// All entities of a world, and the names in use.
#[derive(Debug, Default)]
pub(crate) struct Entities {
    all: Vec<Entity>,
    used_names: BTreeSet<String>,
    address_count: usize,
    salt: u64,
}

impl Entities {
    /// Returns an empty set of entities; the salt makes the values of different worlds differ.
    pub(crate) fn new(salt: u64) -> Self {
        Self { salt, ..Self::default() }
    }

    /// Returns the kind of an entity.
    pub(crate) fn kind(&self, entity: EntityId) -> EntityKind {
        self.all[entity].kind
    }

    /// Returns the true name or value of an entity.
    pub(crate) fn name(&self, entity: EntityId) -> &str {
        &self.all[entity].name
    }

    /// Returns the number of entities.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns all entities in order of their positions.
    pub(crate) fn iter(&self) -> slice::Iter<'_, Entity> {
        self.all.iter()
    }

    /// Adds an entity with a given name.
    pub(crate) fn add(&mut self, kind: EntityKind, name: &str, external_id: Option<&str>) -> EntityId {
        self.used_names.insert(name.to_lowercase());
        self.all.push(Entity {
            kind,
            name: name.to_owned(),
            external_id: external_id.map(str::to_owned),
            agency_names: Vec::new(),
            listed_from: None,
            unlisted_names: Vec::new(),
            synonym_of: None,
        });
        self.all.len() - 1
    }

    /// Adds an entity with an invented name that no other entity has.
    pub(crate) fn invent(&mut self, random: &mut RandomStream, kind: EntityKind) -> EntityId {
        let name = self.unused_name(random, kind);
        self.add(kind, &name, None)
    }

    fn unused_name(&mut self, random: &mut RandomStream, kind: EntityKind) -> String {
        loop {
            let name = match kind {
                EntityKind::Malware | EntityKind::Tool => software_name(random),
                EntityKind::Campaign => {
                    format!("Operation {} {}", pick(random, &NAME_FIRST), pick(random, &NAME_SECOND))
                }
                EntityKind::Hosting => format!("{} hosting", software_name(random)),
                EntityKind::Vulnerability => format!("CVE-2099-{}", 10_000 + below(random, 9_000)),
                EntityKind::Domain => domain_name(random),
                EntityKind::Ipv4 => self.next_ipv4(),
                EntityKind::Ipv6 => {
                    format!("2001:db8:{:x}::{:x}", below(random, 65_000) + 1, below(random, 4_000) + 1)
                }
                EntityKind::File => self.digest(random, "sample", 64),
                EntityKind::Certificate => self.digest(random, "certificate", 40),
                EntityKind::Account => format!("{}", 10_000_000 + below(random, 89_999_999)),
                _ => format!("{} {}", pick(random, &NAME_FIRST), pick(random, &NAME_SECOND)),
            };
            if self.used_names.insert(name.to_lowercase()) {
                return name;
            }
        }
    }

    /// Returns the next IPv4 address of the documentation ranges; after the last one the first follows.
    fn next_ipv4(&mut self) -> String {
        // A step coprime to 762 spreads successive addresses over the three ranges.
        let index = (self.address_count * 331 + self.salt as usize % 762) % 762;
        self.address_count += 1;
        let range = ["192.0.2", "198.51.100", "203.0.113"][index / 254];
        format!("{range}.{}", index % 254 + 1)
    }

    /// Returns whether an unused IPv4 address is left.
    pub(crate) fn has_ipv4_left(&self) -> bool {
        self.address_count < 762
    }

    /// Returns a digest of words, which no real file has.
    fn digest(&self, random: &mut RandomStream, word: &str, digits: usize) -> String {
        let text = format!("{word} {} {} {}", self.salt, self.all.len(), below(random, 1 << 30));
        blake3::hash(text.as_bytes()).to_hex()[..digits].to_owned()
    }

    /// Adds names of single agencies to an entity; `alias` and `unlisted` are probabilities.
    pub(crate) fn add_aliases(
        &mut self,
        random: &mut RandomStream,
        entity: EntityId,
        alias: f64,
        unlisted: f64,
    ) {
        let kind = self.kind(entity);
        for agency in 0..AGENCIES.len() {
            if !chance(random, alias) {
                continue;
            }
            let name = match kind {
                EntityKind::Actor => self.actor_alias(random, agency),
                _ => self.unused_name(random, kind),
            };
            if chance(random, unlisted) {
                self.all[entity].unlisted_names.push(name.clone());
            }
            self.all[entity].agency_names.push((agency, name));
        }
    }

    fn actor_alias(&mut self, random: &mut RandomStream, agency: AgencyId) -> String {
        loop {
            let name = match agency {
                0 => format!("NG-{}", between(random, 100, 999)),
                2 => format!("Cluster {}{}", pick(random, &["K", "L", "M", "R"]), between(random, 10, 99)),
                4 => format!("TG-{}", pick(random, &NAME_SECOND)),
                _ => format!("{} {}", pick(random, &NAME_FIRST), pick(random, &NAME_SECOND)),
            };
            if self.used_names.insert(name.to_lowercase()) {
                return name;
            }
        }
    }
}

impl Index<EntityId> for Entities {
    type Output = Entity;

    fn index(&self, entity: EntityId) -> &Entity {
        &self.all[entity]
    }
}

impl IndexMut<EntityId> for Entities {
    fn index_mut(&mut self, entity: EntityId) -> &mut Entity {
        &mut self.all[entity]
    }
}

fn software_name(random: &mut RandomStream) -> String {
    let middle = if chance(random, 0.4) { pick(random, &["a", "e", "i", "o"]) } else { "" };
    format!("{}{middle}{}", pick(random, &SOFTWARE_ONSETS), pick(random, &SOFTWARE_ENDINGS))
}

fn domain_name(random: &mut RandomStream) -> String {
    let ending = pick(random, &["example", "example", "test", "invalid"]);
    let number = if chance(random, 0.3) { between(random, 2, 99).to_string() } else { String::new() };
    let mark = pick(random, &["-", "", "."]);
    format!("{}{mark}{}{number}.{ending}", pick(random, &HOST_FIRST), pick(random, &HOST_SECOND))
}
