//! Canonical identifiers of addresses, domains, URLs and mailboxes.
//!
//! Reports often make such values unclickable ("defanged", `hxxp://evil[.]example`). They are restored
//! first, and only for these kinds.

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use url::Url;

use super::{
    refang::{refang, refang_host},
    text::{is_blank, lower, tidy},
};
use crate::identifier::CanonicalId;

/// Longest domain name, in bytes without the trailing dot (RFC 1035 §2.3.4).
const DOMAIN_MAX: usize = 253;

/// Schemes without `//` after the colon.
const OPAQUE_SCHEMES: &[&str] =
    &["mailto", "data", "tel", "sip", "sips", "magnet", "urn", "javascript", "about"];

/// Returns an address or a network of either family.
pub(super) fn address(value: &str) -> Option<CanonicalId> {
    let tidied = tidy(value)?;
    let text = refang_host(&tidied);
    let (host, prefix) = match text.split_once('/') {
        Some((host, prefix)) => (host, Some(number(prefix, 128)?)),
        None => (&*text, None),
    };
    match (parse_address(host, prefix.is_none())?, prefix) {
        (IpAddr::V4(v4), None) => Some(version4(v4, 32)),
        (IpAddr::V4(v4), Some(prefix)) if prefix <= 32 => Some(version4(v4, prefix)),
        (IpAddr::V4(_), Some(_)) => None,
        (IpAddr::V6(v6), None) => Some(version6(v6, 128)),
        (IpAddr::V6(v6), Some(prefix)) => Some(version6(v6, prefix)),
    }
}

/// Parses an address. `port_allowed`: a network has no port.
///
/// Octets with leading zeros are invalid: some systems read them as octal, so they mean another machine
/// there.
fn parse_address(host: &str, port_allowed: bool) -> Option<IpAddr> {
    if let Ok(address) = host.parse() {
        return Some(address);
    }
    let (host, port) = match host.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':')?)),
        None if host.bytes().filter(|byte| *byte == b':').count() == 1 => {
            host.split_once(':').map(|(host, port)| (host, Some(port)))?
        }
        None => (host, None),
    };
    if let Some(port) = port
        && !(port_allowed && number(port, u32::from(u16::MAX)).is_some())
    {
        return None;
    }
    // The zone of a link-local address ("%eth0") has a meaning only on the reporter's machine.
    let host = host.split_once('%').map_or(host, |(host, _)| host);
    host.parse().ok()
}

fn number(text: &str, max: u32) -> Option<u32> {
    let digits = !text.is_empty() && text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number <= max)
}

fn version4(address: Ipv4Addr, prefix: u32) -> CanonicalId {
    let base = address.to_bits() & u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
    CanonicalId::observable("ipv4-addr", &network(&Ipv4Addr::from_bits(base).to_string(), prefix, 32))
}

/// Formats an address as in RFC 5952; an IPv4-mapped address is the IPv4 address that it reaches.
fn version6(address: Ipv6Addr, prefix: u32) -> CanonicalId {
    let base = Ipv6Addr::from_bits(address.to_bits() & u128::MAX.checked_shl(128 - prefix).unwrap_or(0));
    match base.to_ipv4_mapped() {
        Some(v4) if prefix >= 96 => version4(v4, prefix - 96),
        _ => CanonicalId::observable("ipv6-addr", &network(&base.to_string(), prefix, 128)),
    }
}

fn network(base: &str, prefix: u32, whole: u32) -> String {
    if prefix == whole { base.to_owned() } else { format!("{base}/{prefix}") }
}

/// Returns a domain name, with its wildcard, or the address in its place.
pub(super) fn domain(value: &str) -> Option<CanonicalId> {
    let tidied = tidy(value)?;
    let text = refang_host(&tidied);
    let may_be_address = text.contains(':') || text.starts_with(|first: char| first.is_ascii_digit());
    if may_be_address && let Some(address) = address(&text) {
        return Some(address);
    }
    let host = match text.rsplit_once(':') {
        Some((host, port)) => number(port, u32::from(u16::MAX)).map(|_| host)?,
        None => &text,
    };
    let (wildcard, host) = match host.strip_prefix("*.") {
        Some(host) => ("*.", host),
        None => ("", host),
    };
    let ascii = ascii_host(host)?;
    // Full-width digits become an address only after the mapping above.
    if let Ok(address) = ascii.parse::<Ipv4Addr>() {
        return wildcard.is_empty().then(|| version4(address, 32));
    }
    looks_like_host(&ascii).then(|| CanonicalId::observable("domain-name", &format!("{wildcard}{ascii}")))
}

/// Maps a domain by UTS 46, non-transitional, without the length and hyphen rules of registries: names in
/// reports break these rules and were still resolved.
fn ascii_host(host: &str) -> Option<String> {
    let mapped =
        Uts46::new().to_ascii(host.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow, DnsLength::Ignore);
    let ascii = match mapped {
        Ok(ascii) => ascii.into_owned(),
        Err(_) if host.is_ascii() => host.to_ascii_lowercase(),
        Err(_) => return None,
    };
    Some(ascii.strip_suffix('.').map(ToOwned::to_owned).unwrap_or(ascii))
}

/// Returns whether the last label is numeric: a broken address, never a name (URL Standard, "ends in a
/// number").
fn looks_like_host(host: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    let label = |label: &str| !label.is_empty() && label.bytes().all(allowed);
    let last = host.rsplit('.').next().unwrap_or_default();
    host.len() <= DOMAIN_MAX
        && host.split('.').all(label)
        && host.bytes().any(|byte| byte.is_ascii_alphanumeric())
        && !last.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns a URL without its fragment, which a browser never sends.
pub(super) fn url(value: &str) -> Option<CanonicalId> {
    // Removing a fragment can expose a blank that the next pass trims. The loop ends when nothing changes.
    let mut text = url_once(value)?;
    for _ in 0..4 {
        let again = url_once(&text)?;
        if again == text {
            return Some(CanonicalId::observable("url", &text));
        }
        text = again;
    }
    None
}

fn url_once(value: &str) -> Option<String> {
    let tidied = tidy(value)?;
    let text = refang(&tidied);
    let Some((scheme, after)) = split_scheme(&text) else {
        return bare_url(text.strip_prefix("//").unwrap_or(&text));
    };
    let text = match after.strip_prefix("//") {
        Some(rest) => format!("{scheme}://{}", lower_authority(&without_blanks(rest))),
        None => format!("{scheme}:{after}"),
    };
    let Ok(mut url) = Url::parse(&text) else {
        // A text that no browser would open can still be the same text in two reports.
        return (after.len() > 2).then_some(text);
    };
    url.set_fragment(None);
    Some(url.into())
}

/// Removes blanks around the dots of a host, as in `http://evil [.] example/`.
fn without_blanks(rest: &str) -> Cow<'_, str> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    if !rest[..end].contains(char::is_whitespace) {
        return rest.into();
    }
    format!("{}{}", refang_host(&rest[..end]), &rest[end..]).into()
}

/// Splits off the scheme, in lower case; `host:8080/path` has none.
fn split_scheme(text: &str) -> Option<(String, &str)> {
    let (scheme, after) = text.split_once(':')?;
    let valid = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let scheme = scheme.to_ascii_lowercase();
    let known =
        after.starts_with("//") || after.starts_with("\\\\") || OPAQUE_SCHEMES.contains(&scheme.as_str());
    (valid && known).then_some((scheme, after))
}

fn bare_url(text: &str) -> Option<String> {
    let end = text.find(['/', '?', '#']).unwrap_or(text.len());
    let nameable =
        text[..end].contains(|c: char| c.is_alphanumeric()) && !text[..end].contains(char::is_whitespace);
    nameable.then(|| lower_authority(text))
}

/// Normalises a host: host names ignore case, the user name before them does not.
fn lower_authority(rest: &str) -> String {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].rfind('@').map_or(0, |at| at + 1);
    format!("{}{}{}", &rest[..host], rest[host..end].to_ascii_lowercase(), &rest[end..])
}

/// Returns a mailbox.
///
/// RFC 5321 leaves the case of the local part to the receiving host. No mail system in use distinguishes
/// `A@example.com` from `a@example.com`, so both are one mailbox.
pub(super) fn email(value: &str) -> Option<CanonicalId> {
    let tidied = tidy(value)?;
    let text = refang(&tidied);
    let inner =
        text.strip_suffix('>').and_then(|text| text.rsplit_once('<')).map_or(&*text, |(_, inner)| inner);
    let inner = &*refang_host(inner);
    let scheme = inner.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    let inner = &inner[scheme.map_or(0, str::len)..];
    let (local, host) = inner.rsplit_once('@')?;
    let local = lower(local);
    let named = !local.is_empty() && !local.contains(|c: char| is_blank(c) || "<>:@".contains(c));
    let host = domain(host).filter(|host| host.kind() == "domain-name" && !host.value().starts_with('*'))?;
    named.then(|| CanonicalId::observable("email-addr", &format!("{local}@{}", host.value())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(normalise: fn(&str) -> Option<CanonicalId>, cases: &str) {
        assert!(cases.trim().lines().count() > 4);
        for line in cases.trim().lines() {
            let (value, expected) = line.split_once(" => ").expect("value => text");
            let text =
                normalise(value.trim()).map_or_else(|| "-".to_owned(), |canonical| canonical.to_string());
            assert_eq!(text, expected, "{line}");
        }
    }

    #[test]
    fn an_address_has_one_spelling() {
        check(
            address,
            "
192.0.2.1 => ipv4-addr:192.0.2.1
192[.]0.2[.]1 => ipv4-addr:192.0.2.1
192.0.2.1/32 => ipv4-addr:192.0.2.1
198.51.100.77/24 => ipv4-addr:198.51.100.0/24
198.51.100.77/0 => ipv4-addr:0.0.0.0/0
198.51.100.77/33 => -
198.51.100.77/ => -
192.0.2.1:80 => ipv4-addr:192.0.2.1
192.0.2.1:99999 => -
192.0.2.1:80/24 => -
192.0.2.01 => -
192.0.2 => -
256.0.2.1 => -
example.com => -
2001:DB8:0:0:0:0:0:1 => ipv6-addr:2001:db8::1
2001:db8:0:0:1:0:0:1 => ipv6-addr:2001:db8::1:0:0:1
[2001:db8::1]:443 => ipv6-addr:2001:db8::1
fe80::1%eth0 => ipv6-addr:fe80::1
2001:db8::1/128 => ipv6-addr:2001:db8::1
2001:db8:ffff::1/32 => ipv6-addr:2001:db8::/32
::ffff:192.0.2.1 => ipv4-addr:192.0.2.1
::ffff:192.0.2.77/120 => ipv4-addr:192.0.2.0/24
:: => ipv6-addr:::",
        );
    }

    #[test]
    fn a_domain_has_one_spelling() {
        check(
            domain,
            "
Example.COM => domain-name:example.com
example.com. => domain-name:example.com
example.com.. => -
example[.]com => domain-name:example.com
example[.com => domain-name:example.com
example[.com] => domain-name:example.com
example dot com => domain-name:example.com
example.com:8080 => domain-name:example.com
*.Example.com => domain-name:*.example.com
_dmarc.example.com => domain-name:_dmarc.example.com
localhost => domain-name:localhost
BÜCHER.example => domain-name:xn--bcher-kva.example
faß.example => domain-name:xn--fa-hia.example
xn--bcher-kva.example => domain-name:xn--bcher-kva.example
XN--A.example => domain-name:xn--a.example
-a-.example => domain-name:-a-.example
192.0.2.1 => ipv4-addr:192.0.2.1
2001:db8::1 => ipv6-addr:2001:db8::1
192.0.2.01 => -
１９２.0.2.1 => ipv4-addr:192.0.2.1
a..b => -
a b.example => -
http://example.com/ => -
. => -
--- => -",
        );
        let label = "a".repeat(70);
        assert_eq!(
            domain(&format!("{label}.Example")).map(|id| id.to_string()),
            Some(format!("domain-name:{label}.example"))
        );
        assert_eq!(domain(&format!("{}example", "a.".repeat(130))), None);
    }

    #[test]
    fn a_url_has_one_spelling() {
        check(
            url,
            "
HTTP://Example.COM => url:http://example.com/
hxxp://example[.]com:80/A?b#c => url:http://example.com/A?b
https://example.com:8443/a/../B => url:https://example.com:8443/B
http://User@EXAMPLE.com/ => url:http://User@example.com/
http://bücher.example/ü => url:http://xn--bcher-kva.example/%C3%BC
http://[2001:DB8::1]/ => url:http://[2001:db8::1]/
tcp://EXAMPLE.com:1234 => url:tcp://example.com:1234
Example.com/Path => url:example.com/Path
Example.com:8080/Path => url:example.com:8080/Path
//Example.com/Path => url:example.com/Path
mailto:a@example.com => url:mailto:a@example.com
http://example [.] com/A b => url:http://example.com/A%20b
HTTP://Exa mple.com/A => url:http://exa mple.com/A
/gate.php => -
http:// => -",
        );
    }

    #[test]
    fn a_mailbox_has_one_spelling() {
        check(
            email,
            "
User@Example.COM => email-addr:user@example.com
user[at]example[.]com => email-addr:user@example.com
user at example dot com => email-addr:user@example.com
A User <User@example.com> => email-addr:user@example.com
MAILTO:user@example.com => email-addr:user@example.com
user@bücher.example => email-addr:user@xn--bcher-kva.example
@example.com => -
user@ => -
user@*.example.com => -
user@192.0.2.1 => -
a b@example.com => -
user => -",
        );
    }
}
