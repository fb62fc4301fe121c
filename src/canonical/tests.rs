//! Forms of one identifier, and normalisation that changes nothing the second time.

use proptest::prelude::*;

use super::*;

fn key(kind: &str, property: &str, value: &str) -> String {
    observable(kind, property, value).map_or_else(|| "-".to_owned(), |canonical| canonical.to_string())
}

/// Asks for the identifier of an identifier's own parts.
fn again(id: &CanonicalId) -> Option<CanonicalId> {
    observable(id.kind(), id.scheme().unwrap_or("value"), id.value())
}

#[test]
fn a_thing_has_one_key_however_it_is_spelled() {
    const CASES: &str = r"
file | hashes.'SHA-256' | D7A8FBB307D7809469CA9ABCB0082E4F8D5651E46D3CDB762D02D0BF37C9E592 | file:sha-256:d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592
file | hashes.MD5 | 9E107D9D372BB6826BD81D3542A419D6 | file:md5:9e107d9d372bb6826bd81d3542a419d6
file | md5 | 9e107d9d372bb6826bd81d3542a419d6 | file:md5:9e107d9d372bb6826bd81d3542a419d6
file | hashes.sha1 | 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12 | file:sha-1:2fd4e1c67a2d28fced849ee1bb76e7391b93eb12
artifact | hashes.MD5 | 9e107d9d372bb6826bd81d3542a419d6 | file:md5:9e107d9d372bb6826bd81d3542a419d6
file | content_ref.hashes.MD5 | 9e107d9d372bb6826bd81d3542a419d6 | file:md5:9e107d9d372bb6826bd81d3542a419d6
process | image_ref.hashes.MD5 | 9e107d9d372bb6826bd81d3542a419d6 | file:md5:9e107d9d372bb6826bd81d3542a419d6
file | hashes.MD5 | 9e107d9d372bb6826bd81d3542a419d | -
file | hashes.SHA-256 | 9e107d9d372bb6826bd81d3542a419d6 | -
file | hashes.MD5 | g9e107d9d372bb6826bd81d3542a419d | -
file | hashes.SSDEEP | 3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C | file:ssdeep:3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C
file | hashes.SSDEEP | not one | -
file | hashes.TLSH | T1AA | -
file | hashes.IMPHASH | AABB | file-imphash:aabb
file | extensions.'windows-pebinary-ext'.imphash | AABB | file-imphash:aabb
file | name |  Evil.EXE | file-name:evil.exe
process | parent_ref.image_ref.name | Evil.EXE | file-name:evil.exe
file | size | 12 | -
file | path | /opt/Evil | file.path:/opt/Evil
windows-registry-key | values[*].data | 1 | windows-registry-key.values[*].data:1
x509-certificate | hashes.SHA-1 | 2FD4E1C67A2D28FCED849EE1BB76E7391B93EB12 | x509-certificate:sha-1:2fd4e1c67a2d28fced849ee1bb76e7391b93eb12
x509-certificate | serial_number | 00:AB:cd | x509-certificate:serial_number:abcd
x509-certificate | issuer | CN=x | -
windows-registry-key | key | HKEY_LOCAL_MACHINE\Software\Evil\ | windows-registry-key:hklm\software\evil
windows-registry-key | key | hklm:\SOFTWARE\EVIL | windows-registry-key:hklm\software\evil
windows-registry-key | key | \ | -
autonomous-system | number | AS64500 | autonomous-system:64500
autonomous-system | number | asn 64500 | autonomous-system:64500
autonomous-system | number | 1.10 | autonomous-system:65546
autonomous-system | number | 4294967296 | -
mac-addr | value | AABB.CCDD.EEFF | mac-addr:aa:bb:cc:dd:ee:ff
mac-addr | value | aa-bb-cc-dd-ee-FF | mac-addr:aa:bb:cc:dd:ee:ff
mac-addr | value | aa-bb-cc-dd-ee | -
mutex | name | Global\Evil | mutex:Global\Evil
user-account | account_login | Admin | user-account:account_login:Admin
phone | value | +1 555 0100 | phone:value:+1 555 0100
phone-number | value | +1 (555) 01-00 | phone-number:+15550100
phone-number | value | 001 555 0100 | phone-number:+15550100
phone-number | value | 555.0100 | phone-number:5550100
phone-number | value | front desk 12345 | phone-number:front desk 12345
bank-account | iban | de89 3704 0044 0532 0130 00 | bank-account:iban:DE89370400440532013000
address | full | Max-Joseph-Straße 5 , 80333 München | address:max joseph straße 5 80333 münchen
address | full | max joseph straße 5; 80333 MÜNCHEN | address:max joseph straße 5 80333 münchen
address | full | - | -
passport | number | passport ru ab123456 | passport:number:passport ru ab123456
cryptocurrency | address | 1BoatSLRHt | cryptocurrency:address:1BoatSLRHt
network-traffic | dst_ref.value | 192[.]0.2.1 | ipv4-addr:192.0.2.1
network-traffic | dst_ref.value | Example.COM | domain-name:example.com
network-traffic | dst_port | 443 | -
email-message | from_ref.value | A@Example.com | email-addr:a@example.com
domain-name | resolves_to_refs[*].value | 2001:DB8:0::1 | ipv6-addr:2001:db8::1
ipv4-addr | belongs_to_refs[*].number | 64500 | autonomous-system:64500
process | command_line | Evil.exe  -x | process:command_line:Evil.exe  -x
cryptocurrency-wallet | value | 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb | -
bank-account | iban | DE89370400440532013001 | -
file | hashes.MD5 | d41d8cd98f00b204e9800998ecf8427e | -
file | hashes.SHA-1 | DA39A3EE5E6B4B0D3255BFEF95601890AFD80709 | -
file | hashes.SHA-512 | cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e | -
file | hashes.SHA3-256 | a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a | -
file | hashes.MD5 | 00000000000000000000000000000000 | -
network-fingerprint | jarm | 00000000000000000000000000000000000000000000000000000000000000 | -
network-fingerprint | jarm | 27D40D40D29D40D1DC42D43D00041D4689EE210389F4F6B4B5B1B93F92252D | network-fingerprint:jarm:27d40d40d29d40d1dc42d43d00041d4689ee210389f4f6b4b5b1b93f92252d
network-fingerprint | ja4 | t13d1516h2_8daaf6152771_e5627efa2ab1 | network-fingerprint:ja4:t13d1516h2_8daaf6152771_e5627efa2ab1
network-traffic | extensions.'http-request-ext'.request_header.'User-Agent' | Mozilla/5.0  (X) | user-agent:Mozilla/5.0 (X)
windows-registry-key | key | \REGISTRY\MACHINE\Software\Evil | windows-registry-key:hklm\software\evil
windows-registry-key | key | Computer\HKLM\Software\Evil | windows-registry-key:hklm\software\evil
autonomous-system | number | 23456 | -
mac-addr | value | 00:00:00:00:00:00 | -
company | lei | 7LTWFZYICNSX8D621K87 | -
organization | imo | 9074729 | -
mutex | name |  | -";
    for line in CASES.trim().lines() {
        let cells: Vec<&str> = line.split(" | ").map(str::trim).collect();
        let [kind, property, value, expected] = cells[..] else { panic!("four cells: {line}") };
        assert_eq!(key(kind, property, value), expected, "{line}");
    }
}

#[test]
fn a_certificate_is_its_serial_number_within_its_issuer() {
    let one = certificate("CN=Root, O=Example", "0x00AB:CD").expect("a certificate");
    assert_eq!(one.as_str(), "x509-certificate:serial-issuer:abcd:cn=root, o=example");
    assert_eq!(again(&one), Some(one));
    assert_eq!(certificate("CN=Root", "zz"), None);
}

#[test]
fn the_two_writings_of_a_tlsh_digest_are_one() {
    let digest = "0A".repeat(35);
    assert_eq!(key("file", "hashes.TLSH", &digest), format!("file:tlsh:{}", "0a".repeat(35)));
    assert_eq!(key("file", "hashes.TLSH", &format!("T1{digest}")), format!("file:tlsh:{}", "0a".repeat(35)));
}

#[test]
fn names_that_differ_in_case_and_punctuation_are_equal() {
    const CASES: &[(&str, &str)] = &[
        ("APT 28", "apt28"),
        ("apt-28", "apt28"),
        ("ＡＰＴ２８", "apt28"),
        ("O'Brien’s «Group»", "obriensgroup"),
        ("Straße", "strasse"),
        ("ΟΔΟΣ ΑΒ", "οδοσαβ"),
        ("Медведь", "медведь"),
        ("蛇 组", "蛇组"),
        ("Cafe\u{301}", "café"),
        (" ._-'\"“” ", ""),
        ("\u{301}", ""),
    ];
    for (text, expected) in CASES {
        assert_eq!(name(text), *expected, "{text}");
    }
}

#[test]
fn an_object_id_ignores_case_where_it_is_a_uuid() {
    assert_eq!(
        object_id(" Malware--0A0A0A0A-0B0B-4C0C-8D0D-0E0E0E0E0E0E "),
        "malware--0a0a0a0a-0b0b-4c0c-8d0d-0e0e0e0e0e0e"
    );
    assert_eq!(object_id("Bank-Account--bank:aB3"), "bank-account--bank:aB3");
}

const KINDS: &[(&str, &str)] = &[
    ("domain-name", "value"),
    ("ipv4-addr", "value"),
    ("ipv6-addr", "value"),
    ("url", "value"),
    ("email-addr", "value"),
    ("mac-addr", "value"),
    ("autonomous-system", "number"),
    ("windows-registry-key", "key"),
    ("mutex", "name"),
    ("file", "name"),
    ("file", "hashes.MD5"),
    ("file", "hashes.TLSH"),
    ("file", "hashes.SSDEEP"),
    ("file", "hashes.IMPHASH"),
    ("file", "hashes.other"),
    ("x509-certificate", "serial_number"),
    ("network-traffic", "dst_ref.value"),
    ("phone", ""),
    ("phone-number", "value"),
    ("address", "full"),
    ("bank-account", "iban"),
    ("bank", "bic"),
    ("company", "lei"),
    ("vessel", "imo"),
    ("security", "isin"),
    ("user-agent", "value"),
    ("cryptocurrency-wallet", "value"),
    ("network-fingerprint", "ja3"),
    ("network-fingerprint", "jarm"),
    ("network-fingerprint", "ja4"),
    ("network-traffic", "extensions.http-request-ext.request_header.user-agent"),
    ("file", "path"),
    ("x509-certificate", "serial-issuer"),
    ("process", "image_ref.hashes.MD5"),
    ("process", "image_ref.name"),
];

/// Pieces that the rules above look for: chance alone would never write them.
const PIECES: &[&str] = &[
    "a",
    "Z",
    "0",
    "1",
    "255",
    "00",
    ".",
    ":",
    "::",
    "/",
    "//",
    "\\",
    "?",
    "#",
    "@",
    "[",
    "]",
    "(",
    ")",
    "[.]",
    "[:]",
    "hxxp",
    "HTTP://",
    "http:",
    "mailto:",
    "data:",
    "foo:",
    "xn--",
    "*.",
    "%",
    "%20",
    "-",
    "_",
    " ",
    "\u{200b}",
    "<",
    ">",
    "dot",
    "at",
    "ß",
    "Σ",
    "İ",
    "．",
    "１",
    "é",
    "e\u{301}",
    "AS",
    "HKEY_USERS",
    "hklm:",
    "Computer\\",
    "\\REGISTRY\\USER\\",
    "registry::",
    "User-Agent:",
    "tel:",
    "+49",
    "(0)",
    "0049",
    "bitcoin:",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "DE89370400440532013000",
    "IBAN",
    "DEUTDEFF",
    "XXX",
    "7LTWFZYICNSX8D621K86",
    "IMO",
    "9074729",
    "US0378331005",
    "9e107d9d372bb6826bd81d3542a419d6",
    " dot ",
    "<at>",
    "0x",
    "ffff",
    "\u{1}",
    ";",
    ",",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn canonical_is_idempotent(
        which in 0..KINDS.len(),
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..12),
    ) {
        let (kind, property) = KINDS[which];
        if let Some(canonical) = observable(kind, property, &pieces.concat()) {
            let begins = canonical.strip_prefix(canonical.kind()).is_some_and(|rest| rest.starts_with(':'));
            prop_assert!(begins || canonical.is_catalogue());
            prop_assert_eq!(again(&canonical), Some(canonical));
        }
    }

    #[test]
    fn any_kind_property_and_value_is_idempotent(kind in any::<String>(), property in any::<String>(), value in any::<String>()) {
        if let Some(canonical) = observable(&kind, &property, &value) {
            prop_assert_eq!(again(&canonical), Some(canonical));
        }
    }

    #[test]
    fn any_value_is_idempotent(which in 0..KINDS.len(), value in any::<String>()) {
        let (kind, property) = KINDS[which];
        if let Some(canonical) = observable(kind, property, &value) {
            prop_assert_eq!(again(&canonical), Some(canonical));
        }
    }

    #[test]
    fn a_name_is_idempotent(text in any::<String>()) {
        let once = name(&text);
        prop_assert_eq!(name(&once), once);
    }
}
