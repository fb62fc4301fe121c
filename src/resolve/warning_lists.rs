//! Warning lists: common values, whose entities connect no others.
//!
//! An entity on a list stays visible with the names of its lists; its links have no weight. `ingest` parses the lists.
//!
//! `string`, `substring`, `cidr` and `regex` lists match as in MISP. A `hostname` list matches its hosts and the names
//! below them that belong to the same registrant by the public suffix list. So `ddns.net` on a list does not match
//! `a.ddns.net`. A URL counts as its host only if it has no path.

use std::{collections::HashSet, sync::Arc};

use serde::{Deserialize, Serialize};

use super::identifier_nodes::{canonical_id, identifiers};
use crate::{
    canonical::CanonicalId,
    entity::Entity,
    ingest::warning_lists::{Matching, WarningList, address_number, parse},
    record::PackedContent,
};

/// The configured warning lists. The digest of their texts alone decides equality, and it alone is serialised.
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

impl WarningLists {
    /// Reads lists from the texts of their files, in any order.
    ///
    /// # Errors
    ///
    /// Returns the position of an invalid text, and the reason.
    pub fn read(texts: Vec<String>) -> Result<Self, (usize, String)> {
        if texts.is_empty() {
            return Ok(Self::default());
        }
        let mut lists = Vec::new();
        for (position, text) in texts.iter().enumerate() {
            lists.push(parse(text).map_err(|reason| (position, reason))?);
        }
        lists.sort_by(|a, b| a.name.cmp(&b.name));
        let mut digests: Vec<_> =
            texts.iter().map(|text| *blake3::hash(text.as_bytes()).as_bytes()).collect();
        digests.sort_unstable();
        let digest = blake3::hash(&digests.concat()).to_hex().to_string();
        Ok(Self { digest, texts: Arc::new(texts), lists: Arc::new(lists) })
    }

    /// Returns the texts of the lists, in the order given to [`WarningLists::read`].
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// Returns the digest of the texts; empty without lists.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns true if only the digest of the lists is known, not their values.
    pub fn is_unread(&self) -> bool {
        !self.digest.is_empty() && self.lists.is_empty()
    }

    /// Returns the names of the lists that contain one of the canonical identifiers of an entity, sorted.
    fn names(&self, identifiers: &[&CanonicalId]) -> Vec<String> {
        let is_match = |list: &&WarningList| identifiers.iter().any(|id| contains(list, id));
        self.lists.iter().filter(is_match).map(|list| list.name.clone()).collect()
    }
}

/// Returns whether a list contains the value of a canonical identifier.
fn contains(list: &WarningList, identifier: &CanonicalId) -> bool {
    let Some(qualified_value) = identifier.qualified_value() else { return false };
    let kind = identifier.kind();
    if !(list.kinds.is_empty() || list.kinds.contains(kind)) {
        return false;
    }
    // Lists contain digests without their algorithm.
    let value = if kind == "file" { identifier.value() } else { qualified_value };
    let value = value.to_lowercase();
    match &list.matching {
        Matching::Values(values) => {
            values.contains(&value) || bare_host(kind, &value).is_some_and(|host| values.contains(host))
        }
        Matching::Hosts(hosts) => host(kind, &value).is_some_and(|host| is_below(host, hosts)),
        Matching::Parts(parts) => parts.iter().any(|part| value.contains(part)),
        Matching::Ranges { v4, v6 } => {
            let Ok(address) = host(kind, &value).unwrap_or(&value).parse() else { return false };
            let (number, _, is_v4) = address_number(address);
            let ranges = if is_v4 { v4 } else { v6 };
            let next = ranges.partition_point(|(first, _)| *first <= number);
            next > 0 && number <= ranges[next - 1].1
        }
        Matching::Patterns(set) => set.is_match(&value),
    }
}

/// Returns the host of a host name, or of a URL without a path; `None` for every other value.
fn host<'a>(kind: &str, value: &'a str) -> Option<&'a str> {
    match kind {
        "domain-name" | "hostname" => Some(value),
        _ => bare_host(kind, value),
    }
}

fn bare_host<'a>(kind: &str, value: &'a str) -> Option<&'a str> {
    let after_scheme = value.split_once("://").filter(|_| kind == "url")?.1;
    let host = after_scheme.strip_suffix('/').unwrap_or(after_scheme);
    (!host.contains(['/', '?', '#', '@'])).then(|| host.rsplit_once(':').map_or(host, |(host, _)| host))
}

/// Returns true if a host, or a name above it that belongs to the same registrant, is listed.
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

/// Returns the canonical identifiers of a content that a list contains, sorted, each once.
pub(crate) fn listed(content: &PackedContent, lists: &WarningLists) -> Vec<CanonicalId> {
    let named = content.claims().flat_map(|claim| identifiers(&claim)).filter_map(canonical_id);
    let is_listed = |id: &CanonicalId| lists.lists.iter().any(|list| contains(list, id));
    let mut listed: Vec<CanonicalId> = named.filter(is_listed).collect();
    listed.sort();
    listed.dedup();
    listed
}

/// Adds the names of its warning lists to an entity.
pub(super) fn mark(entity: &mut Entity, lists: &WarningLists) {
    if !lists.lists.is_empty() {
        let identifiers: Vec<&CanonicalId> = entity.identifiers.iter().map(|known| &known.id).collect();
        entity.warning_lists = lists.names(&identifiers).into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(kind: &str, attributes: &str, list: &str) -> WarningLists {
        let text =
            format!(r#"{{"name":"n","type":"{kind}","matching_attributes":[{attributes}],"list":[{list}]}}"#);
        WarningLists::read(vec![text]).expect("a list")
    }

    fn is_listed(lists: &WarningLists, identifier: &str) -> bool {
        let (kind, value) = identifier.split_once(':').expect("a kind");
        let id = match value.split_once(':').filter(|_| kind == "file") {
            Some((scheme, value)) => CanonicalId::with_scheme(kind, scheme, value),
            None => CanonicalId::observable(kind, value),
        };
        !lists.names(&[&id]).is_empty()
    }

    #[test]
    fn ranges_contain_their_first_and_last_address_and_no_other() {
        let lists = lists(
            "cidr",
            r#""ip-src","domain|ip""#,
            r#""10.0.0.0/8","10.1.0.0/16","192.0.2.7","2001:db8::/32""#,
        );
        for inside in ["10.0.0.0", "10.255.255.255", "192.0.2.7"] {
            assert!(is_listed(&lists, &format!("ipv4-addr:{inside}")), "{inside}");
        }
        for outside in ["9.255.255.255", "11.0.0.0", "192.0.2.6", "192.0.2.8"] {
            assert!(!is_listed(&lists, &format!("ipv4-addr:{outside}")), "{outside}");
        }
        assert!(is_listed(&lists, "ipv6-addr:2001:db8:ffff::1"));
        assert!(!is_listed(&lists, "ipv6-addr:2001:db9::1"));
    }

    #[test]
    fn a_range_may_contain_every_address() {
        assert!(is_listed(&lists("cidr", "", r#""::/0""#), "ipv6-addr:ffff::"));
    }

    #[test]
    fn a_host_includes_the_names_below_it_of_the_same_registrant() {
        let lists = lists("hostname", r#""domain","url""#, r#""google.com","ddns.net","a.example.org.""#);
        for inside in ["google.com", "www.google.com", "ddns.net", "a.example.org", "b.a.example.org"] {
            assert!(is_listed(&lists, &format!("domain-name:{inside}")), "{inside}");
        }
        for outside in ["evil.ddns.net", "example.org", "notgoogle.com", "com"] {
            assert!(!is_listed(&lists, &format!("domain-name:{outside}")), "{outside}");
        }
        assert!(is_listed(&lists, "url:https://google.com/"));
        assert!(is_listed(&lists, "url:https://www.google.com:8443"));
        assert!(!is_listed(&lists, "url:https://google.com/a-file"));
        assert!(!is_listed(&lists, "file:sha-256:google.com"));
    }

    #[test]
    fn values_parts_and_patterns_match_in_any_case() {
        let hashes = lists("string", r#""filename|md5""#, r#""9E107D9D372BB6826BD81D3542A419D6""#);
        assert!(is_listed(&hashes, "file:md5:9e107d9d372bb6826bd81d3542a419d6"));
        assert!(!is_listed(&hashes, "mutex:9e107d9d372bb6826bd81d3542a419d6"));
        assert!(is_listed(&lists("substring", "", r#""Sandbox.example""#), "url:http://x.sandbox.example/y"));
        let patterns = lists("regex", r#""hostname""#, r#""/^mail[0-9]+\\./i""#);
        assert!(is_listed(&patterns, "domain-name:MAIL12.example.org"));
        assert!(!is_listed(&patterns, "domain-name:email1.example.org"));
    }
}
