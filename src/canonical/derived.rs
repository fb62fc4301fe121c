//! Values that derive from a canonical identifier: registrable domain, and shape of a path.
//!
//! A derived value never joins two entities. Domains of one registrant, and URLs of one shape, are evidence that a person
//! weighs.

use super::CanonicalId;

/// Returns the registrable domain of a host by the public suffix list with its private section. A name directly below the
/// suffix of a hosting service, such as `a.ddns.net`, is a domain of its own. `None` for a suffix itself, and for a last
/// label that the list does not have.
pub(crate) fn registrable_domain(host: &str) -> Option<&str> {
    use psl::Psl as _;
    let host = host.strip_prefix("*.").unwrap_or(host);
    let domain = psl::domain_str(host)?;
    psl::List.suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known()).then_some(domain)
}

/// Returns the host of a canonical URL or domain; `None` for an address.
pub(crate) fn host(id: &CanonicalId) -> Option<&str> {
    let host = match id.kind() {
        "domain-name" => id.value(),
        "email-addr" => id.value().rsplit_once('@')?.1,
        "url" => {
            let rest = id.value().split_once("://").map_or(id.value(), |(_, rest)| rest);
            let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            host.split_once(':').map_or(host, |(host, _)| host)
        }
        _ => return None,
    };
    let is_name = host.contains('.') && host.parse::<std::net::IpAddr>().is_err() && !host.starts_with('[');
    is_name.then_some(host)
}

/// Returns the shape of a URL's path: numbers become `0`, and hexadecimal runs of eight or more become `#`. `None` for a path
/// of fewer than two steps, which many unrelated URLs have.
pub(crate) fn path_shape(id: &CanonicalId) -> Option<String> {
    const HEX_MIN: usize = 8;
    const SHAPE_MAX: usize = 200;
    let rest =
        (id.kind() == "url").then(|| id.value().split_once("://").map_or(id.value(), |(_, rest)| rest))?;
    let path = &rest[rest.find('/')?..];
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty()).collect();
    if steps.len() < 2 || path.len() > SHAPE_MAX {
        return None;
    }
    let shape = |run: &str| {
        let has_digit = run.bytes().any(|byte| byte.is_ascii_digit());
        let is_hex = run.len() >= HEX_MIN && run.bytes().all(|byte| byte.is_ascii_hexdigit());
        if has_digit && run.bytes().all(|byte| byte.is_ascii_digit()) {
            "0".to_owned()
        } else if has_digit && is_hex {
            "#".to_owned()
        } else {
            run.to_ascii_lowercase()
        }
    };
    let mut made = String::with_capacity(path.len());
    for step in steps {
        made.push('/');
        let mut rest = step;
        while let Some(first) = rest.chars().next() {
            let end =
                rest.find(|c: char| c.is_alphanumeric() != first.is_alphanumeric()).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            if first.is_alphanumeric() {
                made.push_str(&shape(run));
            } else {
                made.push_str(run);
            }
            rest = after;
        }
    }
    Some(made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::observable;

    #[test]
    fn a_name_below_a_shared_suffix_is_a_domain_of_its_own() {
        for (host, expected) in [
            ("www.example.co.uk", Some("example.co.uk")),
            ("a.b.example.com", Some("example.com")),
            ("x.evil.ddns.net", Some("evil.ddns.net")),
            ("ddns.net", None),
            ("co.uk", None),
            ("host.no-such-suffix", None),
            ("*.example.com", Some("example.com")),
        ] {
            assert_eq!(registrable_domain(host), expected, "{host}");
        }
    }

    #[test]
    fn a_url_has_a_host_and_a_shape() {
        for (value, host_of, shape) in [
            (
                "http://u@a.example.com:8080/gate/17/panel.php?x=1",
                Some("a.example.com"),
                Some("/gate/0/panel.php"),
            ),
            ("http://a.example/img/0a1b2c3d4e5f/x-12.png", Some("a.example"), Some("/img/#/x-0.png")),
            ("http://192.0.2.1/a/b", None, Some("/a/b")),
            ("http://[2001:db8::1]/a/b", None, Some("/a/b")),
            ("http://a.example/panel.php", Some("a.example"), None),
        ] {
            let id = observable("url", "value", value).expect("a URL");
            assert_eq!(host(&id), host_of, "{value}");
            assert_eq!(path_shape(&id).as_deref(), shape, "{value}");
        }
    }
}
