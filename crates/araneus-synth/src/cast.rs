//! Who and what there is in the hidden world: things with their true names.

use std::collections::BTreeSet;

use super::{
    agencies::{AGENCIES, AgencyId},
    random::{Stream, below, between, chance, pick},
    words::{ENDINGS, FIRST, HOST_FIRST, HOST_SECOND, ONSETS, SECOND},
};

/// Position in [`Cast`]'s things.
pub(super) type ThingId = usize;

/// What a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
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
}

impl Kind {
    /// Returns the STIX type.
    pub(super) fn stix(self) -> &'static str {
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
        }
    }

    /// Returns whether it is a fact of the network, known by its value.
    pub(super) fn is_observable(self) -> bool {
        self >= Self::Domain
    }

    /// Returns whether curated lists know things of this kind.
    pub(super) fn is_listed(self) -> bool {
        matches!(self, Self::Actor | Self::Malware | Self::Tool)
    }
}

/// One thing.
#[derive(Clone, Debug)]
pub(super) struct Thing {
    pub(super) kind: Kind,
    /// Its true name, or its value.
    pub(super) name: String,
    /// Its number in a public catalogue.
    pub(super) number: Option<String>,
    /// What single agencies call it.
    pub(super) names: Vec<(AgencyId, String)>,
    /// The night from which on a curated list has it; `None` is never.
    pub(super) listed: Option<u32>,
    /// Names of it that the list leaves out.
    pub(super) unlisted: Vec<String>,
    /// A list gives the name as a synonym of this other thing.
    pub(super) alias_of: Option<ThingId>,
}

impl Thing {
    /// Returns what an agency calls it.
    pub(super) fn name_by(&self, agency: AgencyId) -> &str {
        self.names.iter().find(|(by, _)| *by == agency).map_or(&self.name, |(_, name)| name)
    }

    /// Says whether an agency's name for it leads to it on a night: its own, or one that a list has by then.
    pub(super) fn is_known_by(&self, agency: AgencyId, night: u32) -> bool {
        let name = self.name_by(agency);
        let is_listed = self.listed.is_some_and(|from| from <= night);
        name == self.name || (is_listed && !self.unlisted.iter().any(|other| other == name))
    }

    /// Returns the synonyms that its list has.
    pub(super) fn synonyms(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.names.iter().map(|(_, name)| name.as_str()).collect();
        names.retain(|name| !self.unlisted.iter().any(|other| other == name));
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Everything there is, and which names are taken.
#[derive(Debug, Default)]
pub(super) struct Cast {
    pub(super) things: Vec<Thing>,
    taken: BTreeSet<String>,
    addresses: usize,
    salt: u64,
}

impl Cast {
    pub(super) fn of(salt: u64) -> Self {
        Self { salt, ..Self::default() }
    }

    pub(super) fn kind(&self, thing: ThingId) -> Kind {
        self.things[thing].kind
    }

    pub(super) fn name(&self, thing: ThingId) -> &str {
        &self.things[thing].name
    }

    pub(super) fn add(&mut self, kind: Kind, name: &str, number: Option<&str>) -> ThingId {
        self.taken.insert(name.to_lowercase());
        self.things.push(Thing {
            kind,
            name: name.to_owned(),
            number: number.map(str::to_owned),
            names: Vec::new(),
            listed: None,
            unlisted: Vec::new(),
            alias_of: None,
        });
        self.things.len() - 1
    }

    /// Adds a thing under a name that nothing else bears.
    pub(super) fn invent(&mut self, random: &mut Stream, kind: Kind) -> ThingId {
        let name = self.free_name(random, kind);
        self.add(kind, &name, None)
    }

    fn free_name(&mut self, random: &mut Stream, kind: Kind) -> String {
        loop {
            let name = match kind {
                Kind::Malware | Kind::Tool => software_name(random),
                Kind::Campaign => format!("Operation {} {}", pick(random, &FIRST), pick(random, &SECOND)),
                Kind::Hosting => format!("{} hosting", software_name(random)),
                Kind::Vulnerability => format!("CVE-2099-{}", 10_000 + below(random, 9_000)),
                Kind::Domain => domain_name(random),
                Kind::Ipv4 => self.address(),
                Kind::Ipv6 => {
                    format!("2001:db8:{:x}::{:x}", below(random, 65_000) + 1, below(random, 4_000) + 1)
                }
                Kind::File => self.digest(random, "sample", 64),
                Kind::Certificate => self.digest(random, "certificate", 40),
                _ => format!("{} {}", pick(random, &FIRST), pick(random, &SECOND)),
            };
            if self.taken.insert(name.to_lowercase()) {
                return name;
            }
        }
    }

    /// Returns the next address of the documentation ranges; when all are given, they begin again.
    fn address(&mut self) -> String {
        // Stepping by a number coprime to 762 spreads neighbours over the three ranges.
        let at = (self.addresses * 331 + self.salt as usize % 762) % 762;
        self.addresses += 1;
        let range = ["192.0.2", "198.51.100", "203.0.113"][at / 254];
        format!("{range}.{}", at % 254 + 1)
    }

    /// Returns whether addresses of version 4 are left.
    pub(super) fn has_addresses(&self) -> bool {
        self.addresses < 762
    }

    /// Returns the digest of some words: no file has it.
    fn digest(&self, random: &mut Stream, word: &str, digits: usize) -> String {
        let text = format!("{word} {} {} {}", self.salt, self.things.len(), below(random, 1 << 30));
        blake3::hash(text.as_bytes()).to_hex()[..digits].to_owned()
    }

    /// Gives a listed kind of thing names of single agencies' own.
    pub(super) fn give_aliases(&mut self, random: &mut Stream, thing: ThingId, alias: f64, unlisted: f64) {
        let kind = self.kind(thing);
        for agency in 0..AGENCIES.len() {
            if !chance(random, alias) {
                continue;
            }
            let name = match kind {
                Kind::Actor => self.actor_alias(random, agency),
                _ => self.free_name(random, kind),
            };
            if chance(random, unlisted) {
                self.things[thing].unlisted.push(name.clone());
            }
            self.things[thing].names.push((agency, name));
        }
    }

    fn actor_alias(&mut self, random: &mut Stream, agency: AgencyId) -> String {
        loop {
            let name = match agency {
                0 => format!("NG-{}", between(random, 100, 999)),
                2 => format!("Cluster {}{}", pick(random, &["K", "L", "M", "R"]), between(random, 10, 99)),
                4 => format!("TG-{}", pick(random, &SECOND)),
                _ => format!("{} {}", pick(random, &FIRST), pick(random, &SECOND)),
            };
            if self.taken.insert(name.to_lowercase()) {
                return name;
            }
        }
    }
}

fn software_name(random: &mut Stream) -> String {
    let middle = if chance(random, 0.4) { pick(random, &["a", "e", "i", "o"]) } else { "" };
    format!("{}{middle}{}", pick(random, &ONSETS), pick(random, &ENDINGS))
}

fn domain_name(random: &mut Stream) -> String {
    let ending = pick(random, &["example", "example", "test", "invalid"]);
    let number = if chance(random, 0.3) { between(random, 2, 99).to_string() } else { String::new() };
    let mark = pick(random, &["-", "", "."]);
    format!("{}{mark}{}{number}.{ending}", pick(random, &HOST_FIRST), pick(random, &HOST_SECOND))
}
