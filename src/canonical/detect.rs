//! Detects what a value is by its form, defanged or not.

use std::{net::IpAddr, ops::RangeInclusive};

use super::refang::refang;

/// Words for observables, with STIX type and property; `None` if the form of the value decides.
pub(crate) const OBSERVABLE_KINDS: [(&str, Option<(&str, &str)>); 16] = [
    ("observable", None),
    ("hash", None),
    ("ip", None),
    ("ip-addr", None),
    ("domain", Some(("domain-name", "value"))),
    ("hostname", Some(("domain-name", "value"))),
    ("email", Some(("email-addr", "value"))),
    ("file-name", Some(("file", "name"))),
    ("md5", Some(("file", "hashes.MD5"))),
    ("sha-1", Some(("file", "hashes.SHA-1"))),
    ("sha-256", Some(("file", "hashes.SHA-256"))),
    ("sha-512", Some(("file", "hashes.SHA-512"))),
    ("file", None),
    ("mutex", Some(("mutex", "name"))),
    ("autonomous-system", Some(("autonomous-system", "number"))),
    ("windows-registry-key", Some(("windows-registry-key", "key"))),
];

/// Endings of file names that are not top-level domains.
const FILE_ENDINGS: [&str; 47] = [
    "exe", "dll", "sys", "bat", "ps1", "vbs", "vbe", "js", "jse", "wsf", "hta", "scr", "lnk", "doc", "docx",
    "docm", "xls", "xlsx", "xlsm", "ppt", "pptx", "rtf", "pdf", "jar", "apk", "msi", "rar", "7z", "iso",
    "img", "inf", "sct", "ini", "log", "logs", "tmp", "dat", "bin", "txt", "php", "asp", "aspx", "jsp",
    "html", "htm", "xml", "cmd",
];

/// Returns the STIX type and property that a value's form shows; `None` if it shows none.
///
/// Only the form counts: a host or an address need not exist.
pub(crate) fn observable(value: &str) -> Option<(&'static str, &'static str)> {
    let plain = refang(value);
    let text = plain.trim();
    if text.is_empty() {
        return None;
    }
    if let Some(property) = digest(text) {
        return Some(("file", property));
    }
    if let Some(kind) = address(text) {
        return Some((kind, "value"));
    }
    let begins =
        |with: &str| text.get(..with.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(with));
    if ["HKEY_", "HKLM\\", "HKCU\\"].into_iter().any(begins) {
        return Some(("windows-registry-key", "key"));
    }
    if text.split_once("://").is_some_and(|(scheme, rest)| is_scheme(scheme) && !rest.is_empty()) {
        return Some(("url", "value"));
    }
    if is_file_name(text) {
        return Some(("file", "name"));
    }
    if let Some(path) = text.strip_prefix('/') {
        // A path alone identifies no resource: it is a property of URLs and never joins two of them.
        return (!path.is_empty() && !path.contains(char::is_whitespace)).then_some(("url", "path"));
    }
    if let Some((local, host)) = text.rsplit_once('@')
        && !local.contains(['/', ':', '@'])
    {
        return (!local.is_empty() && is_host(host)).then_some(("email-addr", "value"));
    }
    let end = text.find(['/', '?', '#']).unwrap_or(text.len());
    let host = without_port(&text[..end]);
    if !is_host(host) && address(host).is_none() {
        return None;
    }
    Some(if end < text.len() { ("url", "value") } else { ("domain-name", "value") })
}

fn digest(text: &str) -> Option<&'static str> {
    let property = match text.len() {
        32 => "hashes.MD5",
        40 => "hashes.SHA-1",
        64 => "hashes.SHA-256",
        96 => "hashes.SHA-384",
        128 => "hashes.SHA-512",
        _ => return None,
    };
    text.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(property)
}

/// Returns the type of an address, of a network, or of an address with a port.
fn address(text: &str) -> Option<&'static str> {
    let (host, prefix) = text.split_once('/').unwrap_or((text, "0"));
    if prefix.is_empty() || prefix.len() > 3 || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let bare = host.strip_prefix('[').and_then(|inner| inner.split_once(']')).map(|(inner, _)| inner);
    let parsed = host.parse().or_else(|_| bare.unwrap_or(without_port(host)).parse::<IpAddr>());
    Some(match parsed.ok()? {
        IpAddr::V4(_) => "ipv4-addr",
        IpAddr::V6(_) => "ipv6-addr",
    })
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() && !host.contains(':') => host,
        _ => host,
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Returns whether a text is a path with backslashes, or has an ending that files have and hosts do not.
fn is_file_name(text: &str) -> bool {
    let ending = text.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let is_ending = ending.is_some_and(|ending| FILE_ENDINGS.contains(&ending.as_str()));
    text.contains('\\') || (is_ending && !text.contains(['/', '@']))
}

/// Returns whether a text consists of labels with dots between them, the last of which is not numeric.
fn is_host(text: &str) -> bool {
    let text = text.strip_prefix("*.").unwrap_or(text);
    let text = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .chars()
                .all(|c| c.is_alphanumeric() || c == '-' || c == '_' || (!c.is_ascii() && !c.is_whitespace()))
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    text.contains('.') && text.split('.').all(is_label) && !last.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether a text has the form of a UUID, in either case (RFC 9562, section 4).
pub(crate) fn is_uuid(text: &str) -> bool {
    let Ok(bytes) = <&[u8; 36]>::try_from(text.as_bytes()) else { return false };
    // Digits are counted without a branch for each byte: large deliveries have several ids in each object.
    let digits: u8 = bytes.iter().map(|byte| u8::from(byte.is_ascii_hexdigit())).sum();
    digits == 32 && [8, 13, 18, 23].iter().all(|at| bytes[*at] == b'-')
}

/// Reads a decimal number whose thousands may be separated. Groups have three digits, or two as in India.
/// `last` is the allowed number of digits in the last group.
///
/// A separator in any other position makes the text invalid: `1,5` is never 15.
pub(crate) fn number(
    text: &str,
    decimal: char,
    is_parting: impl Fn(char) -> bool,
    last: RangeInclusive<usize>,
) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once(decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let groups: Vec<&str> = whole.split(is_parting).collect();
    if let [first, middle @ .., end] = groups.as_slice() {
        let parts_well = (1..=3).contains(&first.len())
            && middle.iter().all(|group| (2..=3).contains(&group.len()))
            && last.contains(&end.len());
        if groups.len() > 1 && !parts_well {
            return None;
        }
    }
    let (whole, fraction) = (groups.concat(), fraction.unwrap_or_default());
    let is_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(&whole) || !is_digits(fraction) || whole.len() + fraction.len() == 0 {
        return None;
    }
    let size: f64 = format!("{whole}.{fraction}").parse().ok()?;
    Some(if text.starts_with('-') { -size } else { size }).filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_that_parts_no_thousands_is_no_such_sign() {
        let read = |text: &str| number(text, '.', |c| c == ',', 3..=3);
        for (text, expected) in [
            ("1,234.5", 1_234.5),
            ("-12,34,567", -1_234_567.0),
            ("1234567.25", 1_234_567.25),
            ("+5", 5.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("000,123", 123.0),
        ] {
            assert_eq!(read(text), Some(expected), "{text}");
        }
        for wrong in [
            "", ".", "-", "1,5", ",5", "1,,000", "1.234,5", "1234,567", "12,34", "1,2345", "1.5.2", "1e5",
            "0x1", "inf", "1 000", "--1",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(number("12.345,6", ',', |c| c == '.', 3..=3), Some(12_345.6));
    }

    #[test]
    fn a_value_is_what_its_form_shows() {
        const CASES: &str = r"
192.0.2.1 | ipv4-addr value
192[.]0[.]2[.]1 | ipv4-addr value
192.0.2.1:8080 | ipv4-addr value
192.0.2.0/24 | ipv4-addr value
2001:db8::1 | ipv6-addr value
[2001:db8::1]:443 | ipv6-addr value
192.0.2.300 | -
evil.example | domain-name value
*.evil[.]example | domain-name value
evil(dot)example:8443 | domain-name value
evil.example/gate?x=1 | url value
192.0.2.1/gate | url value
192.0.2.1:80/gate | url value
hxxps[:]//evil[.]example/a | url value
ftp://evil.example | url value
/gate/panel.php | url path
a[at]evil[.]example | email-addr value
9e107d9d372bb6826bd81d3542a419d6 | file hashes.MD5
2FD4E1C67A2D28FCED849EE1BB76E7391B93EB12 | file hashes.SHA-1
d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592 | file hashes.SHA-256
9e107d9d372bb6826bd81d3542a419dg | -
%SystemDrive%\ProgramData\x.ini | file name
invoice 2017.exe | file name
HKLM\Software\Run | windows-registry-key key
1.2.3 | -
two words | -
word | -";
        for line in CASES.trim().lines() {
            let (value, expected) = line.split_once(" | ").expect("two cells");
            let found = observable(value)
                .map_or_else(|| "-".to_owned(), |(kind, property)| format!("{kind} {property}"));
            assert_eq!(found, expected, "{value}");
        }
    }
}
