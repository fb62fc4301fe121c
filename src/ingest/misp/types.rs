//! Observables of attributes: one row for each type.
//!
//! Types are those of the MISP core format, section 2.4 (`describeTypes.json`). Observables are STIX cyber
//! observables, as in misp-stix, so that both formats give the same entity. Any other type, and a type that
//! only describes (`comment`, `text`, `datetime`, `size-in-bytes`, a report's `link`), names no observable.

use crate::entity::Identifier;

/// Types with one observable: type, STIX kind, property.
const TYPES: [(&str, &str, &str); 64] = [
    ("md5", "file", "hashes.MD5"),
    ("sha1", "file", "hashes.SHA-1"),
    ("sha224", "file", "hashes.SHA-224"),
    ("sha256", "file", "hashes.SHA-256"),
    ("sha384", "file", "hashes.SHA-384"),
    ("sha512", "file", "hashes.SHA-512"),
    // Truncated SHA-512 differs from SHA-224 and SHA-256 of equal length.
    ("sha512/224", "file", "hashes.SHA-512/224"),
    ("sha512/256", "file", "hashes.SHA-512/256"),
    ("sha3-224", "file", "hashes.SHA3-224"),
    ("sha3-256", "file", "hashes.SHA3-256"),
    ("sha3-384", "file", "hashes.SHA3-384"),
    ("sha3-512", "file", "hashes.SHA3-512"),
    ("ssdeep", "file", "hashes.SSDEEP"),
    ("tlsh", "file", "hashes.TLSH"),
    ("imphash", "file", "hashes.IMPHASH"),
    ("impfuzzy", "file", "hashes.IMPFUZZY"),
    ("authentihash", "file", "hashes.AUTHENTIHASH"),
    ("pehash", "file", "hashes.PEHASH"),
    ("telfhash", "file", "hashes.TELFHASH"),
    ("vhash", "file", "hashes.VHASH"),
    ("filename", "file", "name"),
    ("attachment", "file", "name"),
    ("email-attachment", "file", "name"),
    ("pdb", "file", "pdb"),
    ("ip-src", "ipv4-addr", "value"),
    ("ip-dst", "ipv4-addr", "value"),
    ("domain", "domain-name", "value"),
    ("hostname", "domain-name", "value"),
    ("url", "url", "value"),
    ("uri", "url", "value"),
    ("email", "email-addr", "value"),
    ("email-src", "email-addr", "value"),
    ("email-dst", "email-addr", "value"),
    ("email-reply-to", "email-addr", "value"),
    ("target-email", "email-addr", "value"),
    ("dns-soa-email", "email-addr", "value"),
    ("whois-registrant-email", "email-addr", "value"),
    ("email-subject", "email-message", "subject"),
    ("email-message-id", "email-message", "message_id"),
    ("email-x-mailer", "email-message", "additional_header_fields.x_mailer"),
    ("mac-address", "mac-addr", "value"),
    ("AS", "autonomous-system", "number"),
    ("mutex", "mutex", "name"),
    ("regkey", "windows-registry-key", "key"),
    ("named pipe", "named-pipe", "value"),
    ("user-agent", "user-agent", "value"),
    ("github-username", "user-account", "account_login"),
    ("x509-fingerprint-md5", "x509-certificate", "hashes.MD5"),
    ("x509-fingerprint-sha1", "x509-certificate", "hashes.SHA-1"),
    ("x509-fingerprint-sha256", "x509-certificate", "hashes.SHA-256"),
    ("ja3-fingerprint-md5", "network-fingerprint", "ja3"),
    ("jarm-fingerprint", "network-fingerprint", "jarm"),
    ("hassh-md5", "network-fingerprint", "hassh"),
    ("hasshserver-md5", "network-fingerprint", "hasshserver"),
    ("btc", "cryptocurrency-wallet", "value"),
    ("xmr", "cryptocurrency-wallet", "value"),
    ("dash", "cryptocurrency-wallet", "value"),
    ("iban", "bank-account", "iban"),
    ("bank-account-nr", "bank-account", "account_number"),
    ("bic", "bank", "bic"),
    ("phone-number", "phone-number", "value"),
    ("whois-registrant-phone", "phone-number", "value"),
    ("chrome-extension-id", "software", "chrome_extension_id"),
    ("cpe", "software", "cpe"),
];

/// Texts in objects with one observable: templates, relation, STIX kind, property.
const RELATIONS: [(&[&str], &str, &str, &str); 7] = [
    (&["organization", "legal-entity"], "lei", "organization", "lei"),
    (&["vessel"], "imo-number", "vessel", "imo"),
    (&["file", "lnk", "directory"], "path", "directory", "path"),
    (&["mutex"], "name", "mutex", "name"),
    (&["user-account"], "username", "user-account", "account_login"),
    (&["btc-wallet", "coin-address"], "wallet-address", "cryptocurrency-wallet", "value"),
    (&["coin-address"], "address", "cryptocurrency-wallet", "value"),
];

/// Returns the observable of a text with a relation in a template.
pub(super) fn by_relation(template: &str, relation: &str, value: &str) -> Option<Identifier> {
    let is_row = |row: &&(&[&str], &str, &str, &str)| row.0.contains(&template) && row.1 == relation;
    let (.., kind, property) = RELATIONS.iter().find(is_row).filter(|_| !value.trim().is_empty())?;
    Some(observable(&(relation, kind, property), value))
}

/// Digests of a whole file, which identify it.
pub(super) const FILE_DIGESTS: [&str; 12] = [
    "md5",
    "sha1",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "sha512/224",
    "sha512/256",
    "sha3-224",
    "sha3-256",
    "sha3-384",
    "sha3-512",
];

/// Returns whether a type is a digest of a file, exact or fuzzy.
pub(super) fn is_file_digest(kind: &str) -> bool {
    TYPES
        .iter()
        .any(|(known, of, property)| *known == kind && *of == "file" && property.starts_with("hashes."))
}

/// Types whose value is a rule or a signature: always an indicator, whatever `to_ids` says.
pub(super) const RULES: [&str; 7] = ["yara", "sigma", "snort", "suricata", "zeek", "bro", "stix2-pattern"];

/// Returns the observables of an attribute's value. The first one is the main one.
///
/// Composite values are one text with `|`. Digests, ports and addresses contain no `|`, but file names may.
/// The first `|` separates a registry key from its value.
pub(super) fn observables(kind: &str, value: &str) -> Vec<Identifier> {
    let named = |(kind, value): (&str, &str)| {
        let row = TYPES.iter().find(|(known, ..)| *known == kind);
        row.filter(|_| !value.trim().is_empty()).map(|row| observable(row, value))
    };
    let parts: Vec<(&str, &str)> = match kind.split_once('|') {
        Some(("regkey", _)) => match value.split_once('|') {
            Some((key, data)) => {
                let data = Identifier::Observable {
                    kind: "windows-registry-key".to_owned(),
                    property: "values.data".to_owned(),
                    value: data.trim().to_owned(),
                };
                return named(("regkey", key)).into_iter().chain([data]).collect();
            }
            None => vec![("regkey", value)],
        },
        Some(("filename", digest)) => match value.rsplit_once('|') {
            Some((name, of)) => vec![(digest, of), ("filename", name)],
            None => vec![("filename", value)],
        },
        Some((first, second)) => match value.rsplit_once('|') {
            // A port identifies nothing.
            Some((of_first, of_second)) => vec![(first, of_first), (second, of_second)],
            None => vec![(first, value)],
        },
        // A sample is delivered with its MD5 digest, or by its name alone.
        None if kind == "malware-sample" => match value.rsplit_once('|') {
            Some((name, digest)) => vec![("md5", digest), ("filename", name)],
            None => vec![("filename", value)],
        },
        None => vec![(kind, value)],
    };
    let parts = parts.into_iter().map(|(kind, value)| (if kind == "ip" { "ip-dst" } else { kind }, value));
    parts.filter_map(named).collect()
}

fn observable((_, kind, property): &(&str, &str, &str), value: &str) -> Identifier {
    let value = value.trim();
    let is_version6 = *kind == "ipv4-addr" && value.bytes().filter(|byte| *byte == b':').count() > 1;
    let kind = if is_version6 { "ipv6-addr" } else { kind };
    Identifier::Observable {
        kind: kind.to_owned(),
        property: (*property).to_owned(),
        value: value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(kind: &str, value: &str) -> String {
        let text = |identifier: Identifier| match identifier {
            Identifier::Observable { kind, property, value } => format!("{kind}:{property}={value}"),
            _ => unreachable!("a type names observables only"),
        };
        observables(kind, value).into_iter().map(text).collect::<Vec<_>>().join(" + ")
    }

    #[test]
    fn composites_are_taken_apart() {
        const CASES: &str = r"
filename|md5 => a|b 'c'.exe|D41D => file:hashes.MD5=D41D + file:name=a|b 'c'.exe
filename|sha1 => x y.exe|da39 => file:hashes.SHA-1=da39 + file:name=x y.exe
filename|sha1 => only a name.exe => file:name=only a name.exe
malware-sample => bar.exe => file:name=bar.exe
malware-sample => bar.exe|d41d => file:hashes.MD5=d41d + file:name=bar.exe
domain|ip => evil.example|192.0.2.1 => domain-name:value=evil.example + ipv4-addr:value=192.0.2.1
domain|ip => evil.example|2001:db8::1 => domain-name:value=evil.example + ipv6-addr:value=2001:db8::1
ip-dst|port => 192.0.2.1|443 => ipv4-addr:value=192.0.2.1
ip-dst|port => 192.0.2.1:443 => ipv4-addr:value=192.0.2.1:443
ip-src|port => 2001:db8::1|443 => ipv6-addr:value=2001:db8::1
hostname|port => evil.example|8443 => domain-name:value=evil.example
regkey|value => HKLM\A b\C | one|two => windows-registry-key:key=HKLM\A b\C + windows-registry-key:values.data=one|two
regkey|value => HKLM\Only => windows-registry-key:key=HKLM\Only
regkey => HKLM\A | B => windows-registry-key:key=HKLM\A | B
sha512/224 => 5d6d => file:hashes.SHA-512/224=5d6d
bic => DEUTDEFF => bank:bic=DEUTDEFF
AS => AS174 => autonomous-system:number=AS174";
        for line in CASES.trim().lines() {
            let cells: Vec<&str> = line.split(" => ").collect();
            let [kind, value, expected] = cells[..] else { panic!("three cells: {line}") };
            assert_eq!(spelled(kind, value), expected, "{line}");
        }
    }

    #[test]
    fn what_only_describes_names_nothing() {
        for kind in ["comment", "text", "other", "link", "port", "size-in-bytes", "no such type", "a|b"] {
            assert!(observables(kind, "a|b").is_empty(), "{kind}");
        }
        assert!(observables("domain", " ").is_empty());
    }
}
