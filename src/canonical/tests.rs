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
file | hashes.'SHA-256' | E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855 | file:sha-256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
file | hashes.MD5 | D41D8CD98F00B204E9800998ECF8427E | file:md5:d41d8cd98f00b204e9800998ecf8427e
file | md5 | d41d8cd98f00b204e9800998ecf8427e | file:md5:d41d8cd98f00b204e9800998ecf8427e
file | hashes.sha1 | da39a3ee5e6b4b0d3255bfef95601890afd80709 | file:sha-1:da39a3ee5e6b4b0d3255bfef95601890afd80709
artifact | hashes.MD5 | d41d8cd98f00b204e9800998ecf8427e | file:md5:d41d8cd98f00b204e9800998ecf8427e
file | content_ref.hashes.MD5 | d41d8cd98f00b204e9800998ecf8427e | file:md5:d41d8cd98f00b204e9800998ecf8427e
process | image_ref.hashes.MD5 | d41d8cd98f00b204e9800998ecf8427e | file:md5:d41d8cd98f00b204e9800998ecf8427e
file | hashes.MD5 | d41d8cd98f00b204e9800998ecf8427 | -
file | hashes.SHA-256 | d41d8cd98f00b204e9800998ecf8427e | -
file | hashes.MD5 | g41d8cd98f00b204e9800998ecf8427e | -
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
x509-certificate | hashes.SHA-1 | DA39A3EE5E6B4B0D3255BFEF95601890AFD80709 | x509-certificate:sha-1:da39a3ee5e6b4b0d3255bfef95601890afd80709
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
            prop_assert!(begins);
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
