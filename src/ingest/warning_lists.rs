//! Warning lists of MISP: values so common that sharing one connects nobody.
//!
//! Format: <https://github.com/MISP/misp-warninglists>, one JSON file for each list. `resolve`
//! matches the values of entities with the lists.

use std::{collections::HashSet, net::IpAddr};

use regex::{RegexSet, RegexSetBuilder};
use serde::Deserialize;

/// One list, ready to match.
#[derive(Debug)]
pub struct WarningList {
    /// Name of the list.
    pub name: String,
    /// Kinds of observables that the list applies to; empty for all.
    pub kinds: HashSet<&'static str>,
    /// Comparison of values with its entries.
    pub matching: Matching,
}

/// Comparison of values with the entries of a list; the entries are in lower case.
#[derive(Debug)]
pub enum Matching {
    /// Equal to an entry.
    Values(HashSet<String>),
    /// A host that is an entry, or below one.
    Hosts(HashSet<String>),
    /// Contains an entry.
    Parts(Vec<String>),
    /// In a range. Ranges are first and last address, as numbers of their family; ascending and disjoint.
    Ranges {
        /// Ranges of IPv4.
        v4: Vec<(u128, u128)>,
        /// Ranges of IPv6.
        v6: Vec<(u128, u128)>,
    },
    /// Matches a regular expression.
    Patterns(RegexSet),
}

/// A list, in the form of its file.
#[derive(Deserialize)]
struct ListFile {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    list: Vec<String>,
    #[serde(default)]
    matching_attributes: Vec<String>,
}

/// MISP attribute types and the kinds of observables that each matches. A composite type is several types.
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

/// Parses the file of one list. An error says what is wrong, without values of the list.
pub fn parse(text: &str) -> Result<WarningList, String> {
    let file: ListFile =
        serde_json::from_str(text).map_err(|error| format!("not a MISP warning list: {error}"))?;
    let mut kinds = HashSet::new();
    for part in file.matching_attributes.iter().flat_map(|attribute| attribute.split('|')) {
        let known = ATTRIBUTES.iter().filter(|(name, _)| *name == part);
        kinds.extend(known.flat_map(|(_, kinds)| kinds.iter().copied()));
    }
    let folded = || file.list.iter().map(|value| value.trim().to_lowercase());
    let matching = match file.kind.as_str() {
        "string" => Matching::Values(folded().collect()),
        "hostname" => Matching::Hosts(folded().map(|host| host.trim_matches('.').to_owned()).collect()),
        "substring" => Matching::Parts(folded().filter(|part| !part.is_empty()).collect()),
        "cidr" => ranges(&file.list)?,
        "regex" => Matching::Patterns(patterns(&file.list)?),
        _ => return Err("`type` must be string, substring, hostname, cidr or regex".to_owned()),
    };
    Ok(WarningList { name: file.name, kinds, matching })
}

/// Returns the ranges of addresses; ranges that overlap are merged.
fn ranges(list: &[String]) -> Result<Matching, String> {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for (at, text) in list.iter().enumerate() {
        let (range, is_v4) =
            range(text.trim()).ok_or_else(|| format!("/list/{at} is not a range of addresses"))?;
        if is_v4 { &mut v4 } else { &mut v6 }.push(range);
    }
    let merged = |mut ranges: Vec<(u128, u128)>| {
        ranges.sort_unstable();
        ranges.dedup_by(|next, before| {
            let is_overlapping = next.0 <= before.1;
            before.1 = if is_overlapping { before.1.max(next.1) } else { before.1 };
            is_overlapping
        });
        ranges
    };
    Ok(Matching::Ranges { v4: merged(v4), v6: merged(v6) })
}

fn range(text: &str) -> Option<((u128, u128), bool)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
        None => (text, None),
    };
    let (first, bits, is_v4) = address_number(address.parse().ok()?);
    let length = length.unwrap_or(bits);
    let free = bits.checked_sub(length)?;
    let mask = if free == 128 { u128::MAX } else { (1 << free) - 1 };
    Some(((first & !mask, first | mask), is_v4))
}

/// Returns an address as a number, the number of bits of its family, and whether the family is IPv4.
pub fn address_number(address: IpAddr) -> (u128, u32, bool) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32, true),
        IpAddr::V6(address) => (address.to_bits(), 128, false),
    }
}

/// Reads regular expressions, `/between slashes/i` or bare; the library limits their size.
fn patterns(list: &[String]) -> Result<RegexSet, String> {
    let plain = list.iter().map(|text| {
        let inner = text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/'));
        inner.map_or(text.as_str(), |(pattern, _)| pattern)
    });
    let set = RegexSetBuilder::new(plain).case_insensitive(true).build();
    set.map_err(|_| "`list` contains a regular expression that cannot be read".to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn an_error_does_not_contain_values_of_the_list() {
        let error = |text: &str| parse(text).expect_err("not a list");
        assert!(error("[").starts_with("not a MISP warning list"));
        assert!(error(r#"{"name":"n","type":"magic","list":[]}"#).starts_with("`type` must be"));
        assert_eq!(
            error(r#"{"name":"n","type":"cidr","list":["10.0.0.0/8","10.0.0.0/33"]}"#),
            "/list/1 is not a range of addresses"
        );
    }
}
