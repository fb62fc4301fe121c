//! The canonical form of each kind, with the values that the form rejects.

/// Canonical form of the values of one kind.
pub struct Form {
    /// Kind, and the property that identifies it.
    pub of: (&'static str, &'static str),
    /// Form in which values are compared, in a sentence.
    pub about: &'static str,
    /// Values that identify nothing.
    pub rejected: &'static str,
    /// A value as reports write it.
    pub example: &'static str,
    /// Canonical identifier of the example.
    pub canonical: &'static str,
    /// A value that the form rejects; empty if every text is a value.
    pub wrong: &'static str,
}

const fn form(
    of: (&'static str, &'static str),
    about: &'static str,
    rejected: &'static str,
    example: [&'static str; 3],
) -> Form {
    Form { of, about, rejected, example: example[0], canonical: example[1], wrong: example[2] }
}

/// Every form.
pub const FORMS: &[Form] = &[
    form(
        ("domain-name", "value"),
        "Refanged, UTS 46 (IDNA, not transitional), lower case, without final dot and port; a wildcard stays.",
        "An empty label, a numeric last label, more than 253 bytes.",
        ["B\u{dc}CHER[.]example.", "domain-name:xn--bcher-kva.example", "a..example"],
    ),
    form(
        ("ipv4-addr", "value"),
        "Refanged, without port; a network has its prefix and no bits after it.",
        "An octet with a leading zero, because some systems read it as octal.",
        ["198.51.100[.]77/24", "ipv4-addr:198.51.100.0/24", "192.0.2.01"],
    ),
    form(
        ("ipv6-addr", "value"),
        "RFC 5952, without port and zone; an IPv4-mapped address is the IPv4 address.",
        "Every other text.",
        ["[2001:DB8:0::1]:443", "ipv6-addr:2001:db8::1", "2001:db8"],
    ),
    form(
        ("url", "value"),
        "Refanged, WHATWG URL Standard, without fragment.",
        "A path without host.",
        ["hxxps[:]//Example[.]com:443/a/../B#c", "url:https://example.com/B", "/gate.php"],
    ),
    form(
        ("email-addr", "value"),
        "Refanged, lower case, without display name; the host is a domain name.",
        "A blank in the local part; an address or a wildcard as host.",
        ["A User <User[at]Example[.]com>", "email-addr:user@example.com", "user@"],
    ),
    form(
        ("phone-number", "value"),
        "E.164: `+`, an assigned country code, 7 to 15 digits, without the `(0)` of a trunk line. A number without country \
         code stays as its digits, and a text stays as written.",
        "One digit repeated, or digits that count.",
        ["0049 (0)30 123-4567", "phone-number:+49301234567", "0000000000"],
    ),
    form(
        ("file", "hashes.SHA-256"),
        "Lower-case hexadecimal with the length of the algorithm; likewise MD5, SHA-1, SHA-2 and SHA-3.",
        "Another length; the digest of an empty file; only zeros or only `f`.",
        [
            "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08",
            "file:sha-256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ],
    ),
    form(
        ("network-fingerprint", "ja3"),
        "Lower case: 32 hexadecimal digits for JA3, JA3S and HASSH, 62 for JARM, three parts for JA4.",
        "Another length; the digest of nothing; only zeros, which mean no answer.",
        [
            "E7D705A3286E19EA42F587B344EE6865",
            "network-fingerprint:ja3:e7d705a3286e19ea42f587b344ee6865",
            "00000000000000000000000000000000",
        ],
    ),
    form(
        ("mac-addr", "value"),
        "Six pairs of lower-case hexadecimal digits.",
        "Only zeros, only ones, another length.",
        ["AABB.CCDD.EEFF", "mac-addr:aa:bb:cc:dd:ee:ff", "ff:ff:ff:ff:ff:ff"],
    ),
    form(
        ("autonomous-system", "number"),
        "The number (RFC 5396).",
        "Reserved numbers: 0, 23456, 65535 and 4294967295.",
        ["AS64500", "autonomous-system:64500", "AS0"],
    ),
    form(
        ("windows-registry-key", "key"),
        "Lower case, short name of the hive, without `Computer\\` and without the root of kernel names.",
        "An empty path.",
        [r"Computer\HKEY_LOCAL_MACHINE\Software\X", r"windows-registry-key:hklm\software\x", r"\"],
    ),
    form(
        ("user-agent", "value"),
        "Single blanks, without the name of the header; case counts.",
        "A value without letter or digit.",
        ["User-Agent: Mozilla/5.0  (X)", "user-agent:Mozilla/5.0 (X)", "-"],
    ),
    form(
        ("cryptocurrency-wallet", "value"),
        "Base58Check (Bitcoin, Litecoin, Dogecoin, Dash, Tron, Zcash, Ripple), Bech32 and Bech32m, EIP-55, Monero. An \
         address of another currency stays as written.",
        "A wrong checksum; the zero address of Ethereum.",
        [
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "cryptocurrency-wallet:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
        ],
    ),
    form(
        ("bank-account", "iban"),
        "ISO 13616: upper case without blanks, length by country, check digits modulo 97.",
        "A wrong length or check digit; one digit repeated.",
        ["de89 3704 0044 0532 0130 00", "bank-account:iban:DE89370400440532013000", "DE89370400440532013001"],
    ),
    form(
        ("bank", "bic"),
        "ISO 9362: upper case, with a country; `XXX` of the head office is left out. Likewise for organisations.",
        "Another length, an unknown country, a code of a test.",
        ["deutdeffxxx", "bank:bic:DEUTDEFF", "DEUTQQFF"],
    ),
    form(
        ("company", "lei"),
        "ISO 17442: 20 characters with two check digits modulo 97. Likewise for all organisations.",
        "A wrong check digit; filler.",
        ["7ltw-FZYI-CNSX-8D62-1K86", "lei:legal-entity:7LTWFZYICNSX8D621K86", "00000000000000000098"],
    ),
    form(
        ("vessel", "imo"),
        "Seven digits with a check digit; organisations have another check digit.",
        "A wrong check digit, a leading zero, one digit repeated, digits that count.",
        ["IMO 9074729", "imo:vessel:9074729", "1234567"],
    ),
    form(
        ("security", "isin"),
        "ISO 6166: a country, nine characters, a check digit.",
        "A wrong check digit; filler.",
        ["US0378331005", "isin:security:US0378331005", "US0000000002"],
    ),
    form(
        ("mutex", "name"),
        "As written, without blanks at its ends.",
        "An empty text.",
        [r" Global\X ", r"mutex:Global\X", ""],
    ),
    form(
        ("file-name", "name"),
        "Lower case. A name never identifies a file.",
        "An empty text.",
        ["Evil.EXE", "file-name:evil.exe", ""],
    ),
    form(
        ("address", "full"),
        "Words in lower case without punctuation.",
        "A text without letter or digit.",
        ["10, Main Street", "address:10 main street", "-"],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::{NAMED, observable};

    #[test]
    fn every_form_reads_its_example_and_rejects_the_wrong_value() {
        for form in FORMS {
            let (kind, property) = form.of;
            let read = |value: &str| observable(kind, property, value).map(|id| id.to_string());
            assert_eq!(read(form.example).as_deref(), Some(form.canonical), "{kind}");
            assert_eq!(read(form.wrong), None, "{kind}: {}", form.wrong);
        }
        for named in NAMED {
            assert!(FORMS.iter().any(|form| named.kinds.contains(&form.of.0)), "{:?}", named.kinds);
        }
    }
}
