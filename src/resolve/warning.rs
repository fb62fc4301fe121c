//! Warning lists: values so common that sharing one says nothing of two who share it.
//!
//! Format: <https://github.com/MISP/misp-warninglists>, one JSON file a list. What is on a
//! list stays visible with its lists' names; its links weigh nothing and it ties nobody.
//!
//! `string`, `substring`, `cidr` and `regex` lists match as MISP does. A `hostname` list
//! names hosts: it matches them, and names below them, but not across the border of the
//! public suffix list: `ddns.net` on a list says nothing of `a.ddns.net`, which is
//! somebody else's. A URL counts as its host only where it has no path of its own.

use std::{collections::HashSet, net::IpAddr, sync::Arc};

use rayon::prelude::*;
use regex::{RegexSet, RegexSetBuilder};
use serde::{Deserialize, Serialize};

use crate::entity::Entity;

/// The lists in force. Equal, and written in a night's rules, by the digest of their text alone.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct WarningLists {
    digest: String,
    texts: Arc<Vec<String>>,
    lists: Arc<Vec<WarningList>>,
}

impl PartialEq for WarningLists {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl From<String> for WarningLists {
    fn from(digest: String) -> Self {
        Self { digest, ..Self::default() }
    }
}

impl From<WarningLists> for String {
    fn from(lists: WarningLists) -> Self {
        lists.digest
    }
}

/// One list, ready to match.
#[derive(Debug)]
pub(super) struct WarningList {
    name: String,
    /// Kinds of observables it speaks of; none means all.
    kinds: HashSet<&'static str>,
    matches: Matches,
}

#[derive(Debug)]
enum Matches {
    Values(HashSet<String>),
    Hosts(HashSet<String>),
    Parts(Vec<String>),
    /// First and last address of each range, as numbers of their family; ascending, apart.
    Ranges {
        v4: Vec<(u128, u128)>,
        v6: Vec<(u128, u128)>,
    },
    Patterns(RegexSet),
}

/// A list as its file spells it.
#[derive(Deserialize)]
struct Written {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    list: Vec<String>,
    #[serde(default)]
    matching_attributes: Vec<String>,
}

/// MISP attribute types, of which a composite is several, and what is matched of each.
const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("ip-src", &["ipv4-addr", "ipv6-addr"]),
    ("ip-dst", &["ipv4-addr", "ipv6-addr"]),
    ("ip", &["ipv4-addr", "ipv6-addr"]),
    ("domain", &["domain-name", "hostname"]),
    ("hostname", &["domain-name", "hostname"]),
    ("url", &["url"]),
    ("uri", &["url"]),
    ("link", &["url"]),
    ("email", &["email-addr"]),
    ("email-src", &["email-addr"]),
    ("email-dst", &["email-addr"]),
    ("md5", &["file"]),
    ("sha1", &["file"]),
    ("sha224", &["file"]),
    ("sha256", &["file"]),
    ("sha384", &["file"]),
    ("sha512", &["file"]),
    ("ssdeep", &["file"]),
    ("filename", &["file-name"]),
    ("AS", &["autonomous-system"]),
    ("mac-address", &["mac-addr"]),
    ("user-agent", &["user-agent"]),
    ("mutex", &["mutex"]),
    ("btc", &["cryptocurrency-wallet"]),
    ("phone-number", &["phone-number"]),
];

impl WarningLists {
    /// Makes lists from the texts of their files, in any order; an error says which text and why.
    pub fn read(texts: Vec<String>) -> Result<Self, (usize, String)> {
        if texts.is_empty() {
            return Ok(Self::default());
        }
        let mut lists = Vec::new();
        for (at, text) in texts.iter().enumerate() {
            lists.push(read(text).map_err(|why| (at, why))?);
        }
        lists.sort_by(|a, b| a.name.cmp(&b.name));
        let mut digests: Vec<_> =
            texts.iter().map(|text| *blake3::hash(text.as_bytes()).as_bytes()).collect();
        digests.sort_unstable();
        let digest = blake3::hash(&digests.concat()).to_hex().to_string();
        Ok(Self { digest, texts: Arc::new(texts), lists: Arc::new(lists) })
    }

    /// Returns what [`WarningLists::read`] was given.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// Returns the digest of the lists' texts; empty where there are none.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Says whether only the digest of lists is known, and not what they hold.
    pub fn is_unread(&self) -> bool {
        !self.digest.is_empty() && self.lists.is_empty()
    }

    /// Returns the names of the lists that hold one of the canonical identifiers of an entity, sorted.
    fn of(&self, identifiers: &[&str]) -> Vec<String> {
        let holds = |list: &&WarningList| identifiers.iter().any(|identifier| list.holds(identifier));
        self.lists.iter().filter(holds).map(|list| list.name.clone()).collect()
    }
}

fn read(text: &str) -> Result<WarningList, String> {
    let written: Written =
        serde_json::from_str(text).map_err(|error| format!("no warning list of MISP: {error}"))?;
    let mut kinds = HashSet::new();
    for part in written.matching_attributes.iter().flat_map(|attribute| attribute.split('|')) {
        let known = ATTRIBUTES.iter().filter(|(name, _)| *name == part);
        kinds.extend(known.flat_map(|(_, kinds)| kinds.iter().copied()));
    }
    let folded = || written.list.iter().map(|value| value.trim().to_lowercase());
    let matches = match written.kind.as_str() {
        "string" => Matches::Values(folded().collect()),
        "hostname" => Matches::Hosts(folded().map(|host| host.trim_matches('.').to_owned()).collect()),
        "substring" => Matches::Parts(folded().filter(|part| !part.is_empty()).collect()),
        "cidr" => ranges(&written.list)?,
        "regex" => Matches::Patterns(patterns(&written.list)?),
        _ => return Err("`type` is none of string, substring, hostname, cidr and regex".to_owned()),
    };
    Ok(WarningList { name: written.name, kinds, matches })
}

/// Returns the ranges of addresses, those that meet made one.
fn ranges(list: &[String]) -> Result<Matches, String> {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for (at, text) in list.iter().enumerate() {
        let (range, is_v4) =
            range(text.trim()).ok_or_else(|| format!("/list/{at} is no range of addresses"))?;
        if is_v4 { &mut v4 } else { &mut v6 }.push(range);
    }
    let joined = |mut ranges: Vec<(u128, u128)>| {
        ranges.sort_unstable();
        ranges.dedup_by(|next, before| {
            let is_met = next.0 <= before.1;
            before.1 = if is_met { before.1.max(next.1) } else { before.1 };
            is_met
        });
        ranges
    };
    Ok(Matches::Ranges { v4: joined(v4), v6: joined(v6) })
}

fn range(text: &str) -> Option<((u128, u128), bool)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
        None => (text, None),
    };
    let (first, bits, is_v4) = number(address.parse().ok()?);
    let length = length.unwrap_or(bits);
    let free = bits.checked_sub(length)?;
    let mask = if free == 128 { u128::MAX } else { (1 << free) - 1 };
    Some(((first & !mask, first | mask), is_v4))
}

/// Returns an address as a number, how many bits its family has, and whether that is IPv4.
fn number(address: IpAddr) -> (u128, u32, bool) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32, true),
        IpAddr::V6(address) => (address.to_bits(), 128, false),
    }
}

/// Reads patterns, `/between slashes/i` or bare; their size is limited by the library.
fn patterns(list: &[String]) -> Result<RegexSet, String> {
    let plain = list.iter().map(|text| {
        let inner = text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/'));
        inner.map_or(text.as_str(), |(pattern, _)| pattern)
    });
    let set = RegexSetBuilder::new(plain).case_insensitive(true).build();
    set.map_err(|_| "`list` holds a pattern that cannot be read".to_owned())
}

impl WarningList {
    /// Says whether the list holds what a canonical identifier, `kind:value`, names.
    fn holds(&self, identifier: &str) -> bool {
        let Some((kind, named)) = identifier.split_once(':') else { return false };
        if kind.contains("--") || !(self.kinds.is_empty() || self.kinds.contains(kind)) {
            return false;
        }
        // A file's digest stands behind its algorithm.
        let value =
            if kind == "file" { named.split_once(':').map_or(named, |(_, digest)| digest) } else { named };
        let value = value.to_lowercase();
        match &self.matches {
            Matches::Values(values) => {
                values.contains(&value) || bare_host(kind, &value).is_some_and(|host| values.contains(host))
            }
            Matches::Hosts(hosts) => host(kind, &value).is_some_and(|host| is_below(host, hosts)),
            Matches::Parts(parts) => parts.iter().any(|part| value.contains(part)),
            Matches::Ranges { v4, v6 } => {
                let Ok(address) = host(kind, &value).unwrap_or(&value).parse() else { return false };
                let (number, _, is_v4) = number(address);
                let ranges = if is_v4 { v4 } else { v6 };
                let at = ranges.partition_point(|(first, _)| *first <= number);
                at > 0 && number <= ranges[at - 1].1
            }
            Matches::Patterns(set) => set.is_match(&value),
        }
    }
}

/// Returns the host that a name is, or that a URL without a path of its own names.
fn host<'a>(kind: &str, value: &'a str) -> Option<&'a str> {
    match kind {
        "domain-name" | "hostname" => Some(value),
        _ => bare_host(kind, value),
    }
}

fn bare_host<'a>(kind: &str, value: &'a str) -> Option<&'a str> {
    let rest = value.split_once("://").filter(|_| kind == "url")?.1;
    let host = rest.strip_suffix('/').unwrap_or(rest);
    (!host.contains(['/', '?', '#', '@'])).then(|| host.rsplit_once(':').map_or(host, |(host, _)| host))
}

/// Says whether a host, or a name above it that belongs to the same registrant, is listed.
fn is_below(host: &str, hosts: &HashSet<String>) -> bool {
    let registrable = psl::domain_str(host).map_or(host.len(), str::len);
    let mut name = host;
    loop {
        if hosts.contains(name) {
            return true;
        }
        match name.split_once('.') {
            Some((_, above)) if above.len() >= registrable => name = above,
            _ => return false,
        }
    }
}

/// Tells each entity which lists it is on.
pub(super) fn mark(entities: &mut [Entity], lists: &WarningLists) {
    if lists.lists.is_empty() {
        return;
    }
    entities.par_iter_mut().for_each(|entity| {
        let identifiers: Vec<&str> = entity.identifiers.iter().map(|(text, _)| &**text).collect();
        entity.warning_lists = lists.of(&identifiers);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(kind: &str, attributes: &str, list: &str) -> WarningLists {
        let text =
            format!(r#"{{"name":"n","type":"{kind}","matching_attributes":[{attributes}],"list":[{list}]}}"#);
        WarningLists::read(vec![text]).expect("a list")
    }

    fn holds(lists: &WarningLists, identifier: &str) -> bool {
        !lists.of(&[identifier]).is_empty()
    }

    #[test]
    fn ranges_hold_their_first_and_last_address_and_no_other() {
        let some = lists(
            "cidr",
            r#""ip-src","domain|ip""#,
            r#""10.0.0.0/8","10.1.0.0/16","192.0.2.7","2001:db8::/32""#,
        );
        for inside in ["10.0.0.0", "10.255.255.255", "192.0.2.7"] {
            assert!(holds(&some, &format!("ipv4-addr:{inside}")), "{inside}");
        }
        for outside in ["9.255.255.255", "11.0.0.0", "192.0.2.6", "192.0.2.8"] {
            assert!(!holds(&some, &format!("ipv4-addr:{outside}")), "{outside}");
        }
        assert!(holds(&some, "ipv6-addr:2001:db8:ffff::1"));
        assert!(!holds(&some, "ipv6-addr:2001:db9::1"));
        assert!(holds(&lists("cidr", "", r#""::/0""#), "ipv6-addr:ffff::"));
    }

    #[test]
    fn a_host_stands_for_names_below_it_within_one_registrant() {
        let some = lists("hostname", r#""domain","url""#, r#""google.com","ddns.net","a.example.org.""#);
        for inside in ["google.com", "www.google.com", "ddns.net", "a.example.org", "b.a.example.org"] {
            assert!(holds(&some, &format!("domain-name:{inside}")), "{inside}");
        }
        for outside in ["evil.ddns.net", "example.org", "notgoogle.com", "com"] {
            assert!(!holds(&some, &format!("domain-name:{outside}")), "{outside}");
        }
        assert!(holds(&some, "url:https://google.com/"));
        assert!(holds(&some, "url:https://www.google.com:8443"));
        assert!(!holds(&some, "url:https://google.com/a-file"));
        assert!(!holds(&some, "file:sha-256:google.com"));
    }

    #[test]
    fn values_parts_and_patterns_match_in_any_case() {
        let hashes = lists("string", r#""filename|md5""#, r#""D41D8CD98F00B204E9800998ECF8427E""#);
        assert!(holds(&hashes, "file:md5:d41d8cd98f00b204e9800998ecf8427e"));
        assert!(!holds(&hashes, "mutex:d41d8cd98f00b204e9800998ecf8427e"));
        assert!(holds(&lists("substring", "", r#""Sandbox.example""#), "url:http://x.sandbox.example/y"));
        let patterns = lists("regex", r#""hostname""#, r#""/^mail[0-9]+\\./i""#);
        assert!(holds(&patterns, "domain-name:MAIL12.example.org"));
        assert!(!holds(&patterns, "domain-name:email1.example.org"));
    }

    #[test]
    fn what_is_no_list_is_said_without_its_values() {
        let error = |text: &str| WarningLists::read(vec![text.to_owned()]).expect_err("no list").1;
        assert!(error("[").starts_with("no warning list of MISP"));
        assert!(error(r#"{"name":"n","type":"magic","list":[]}"#).starts_with("`type` is none"));
        assert_eq!(
            error(r#"{"name":"n","type":"cidr","list":["10.0.0.0/8","10.0.0.0/33"]}"#),
            "/list/1 is no range of addresses"
        );
        assert!(WarningLists::read(Vec::new()).expect("none").digest().is_empty());
    }
}
