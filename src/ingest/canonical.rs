//! The one place where spelling is made canonical: two spellings of one thing give one text.
//!
//! The text is a key such as `domain-name:example.com`. Values that describe a
//! thing without naming it (a size, a port, a date) have no key, and values that
//! name too little to say that two things are one (a file's name, an import
//! hash) have a kind of their own, so that they never join two files.
//!
//! Making a canonical text canonical again changes nothing: split it at its
//! first `:`, or, for kinds with several names, at the second one too.

mod digest;
mod network;

use std::{borrow::Cow, collections::HashSet, sync::LazyLock};

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::form;

/// One thing's kind and its canonical text, which begins with the kind and a colon.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Canonical {
    /// STIX type where there is one; it may differ from the kind that was asked for.
    pub kind: String,
    /// Key that is equal for two spellings of the same thing.
    pub text: String,
}

impl Canonical {
    fn new(kind: &str, value: &str) -> Self {
        Self { kind: kind.to_owned(), text: format!("{kind}:{value}") }
    }

    /// The text without its kind.
    fn value(&self) -> &str {
        &self.text[self.kind.len() + 1..]
    }
}

/// Kinds that one property names: other names of the kind, the property, the spelling.
struct Named {
    kinds: &'static [&'static str],
    property: &'static str,
    spell: fn(&str) -> Option<Canonical>,
}

/// Every kind with a spelling of its own. The property `value` stands for the naming one.
const NAMED: &[Named] = &[
    Named {
        kinds: &["domain-name", "domain", "hostname", "host"],
        property: "value",
        spell: network::domain,
    },
    Named { kinds: &["ipv4-addr", "ipv6-addr", "ip", "ip-addr"], property: "value", spell: network::address },
    Named { kinds: &["url", "uri"], property: "value", spell: network::url },
    Named { kinds: &["email-addr", "email"], property: "value", spell: network::email },
    Named { kinds: &["mac-addr"], property: "value", spell: mac },
    Named { kinds: &["autonomous-system"], property: "number", spell: autonomous_system },
    Named { kinds: &["windows-registry-key"], property: "key", spell: registry_key },
    Named { kinds: &["mutex"], property: "name", spell: |value| exact("mutex", value) },
    Named { kinds: &["file-name"], property: "name", spell: |value| folded("file-name", value) },
    Named { kinds: &["phone-number"], property: "value", spell: phone },
    Named { kinds: &["address"], property: "full", spell: address },
];

/// Hashes of a part or a likeness of a file: many files share one.
const LIKENESSES: &[&str] = &["imphash", "authentihash", "pehash", "telfhash", "vhash", "impfuzzy"];

/// Properties that describe and never name, by the last step of their path.
static DESCRIBES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "size mime_type magic_number_hex encoding content_type type ctime mtime atime created \
     modified start end is_active is_multipart is_self_signed is_disabled is_privileged \
     protocols src_port dst_port src_byte_count dst_byte_count src_packets dst_packets pid \
     account_type display_name version validity_not_before validity_not_after \
     signature_algorithm issuer data_type modified_time pe_type encryption_algorithm \
     request_method request_version languages date first_seen last_seen"
        .split(' ')
        .collect()
});

/// Returns whether a property, by its path, only describes: it never names an object.
pub(super) fn only_describes(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or_default();
    // A member of a list (`protocols[0]`) is of the list's kind.
    DESCRIBES.contains(last.split('[').next().unwrap_or_default())
}

/// Returns the name of the algorithm of a digest that tells one content from every other.
pub(super) fn whole_digest(algorithm: &str) -> Option<&'static str> {
    digest::whole(algorithm)
}

/// Returns the canonical spelling, or `None` where the value cannot name anything:
/// empty, not valid for its kind, or a property that only describes.
///
/// `kind` and `property` are those of STIX (`file`, `hashes.'SHA-256'`); quotes and
/// case in them do not matter. A reference's property (`dst_ref.value`) gives what it
/// refers to, when its spelling shows that.
pub fn observable(kind: &str, property: &str, value: &str) -> Option<Canonical> {
    let (kind, property) = (plain_kind(kind), plain_property(property));
    let (kind, property) = (&*kind, &*property);
    let last = property.rsplit('.').next().unwrap_or_default();
    if kind.is_empty() || kind.contains(':') || only_describes(property) {
        return None;
    }
    let named = NAMED.iter().find(|named| named.kinds.contains(&kind));
    if let Some(named) = named.filter(|named| property == "value" || property == named.property) {
        return (named.spell)(value);
    }
    let likeness = LIKENESSES.iter().find(|likeness| match kind.strip_prefix("file") {
        Some("") => last == **likeness,
        Some(rest) => rest.strip_prefix('-') == Some(likeness),
        None => false,
    });
    if let Some(likeness) = likeness {
        return folded(&format!("file-{likeness}"), value);
    }
    match (kind, property) {
        ("file", "name") => folded("file-name", value),
        // An artifact is a file's content without its name.
        ("file" | "artifact", hash) if digest::is_digest(hash) => digest::content("file", last, value),
        ("x509-certificate", hash) if digest::is_digest(hash) => digest::content(kind, last, value),
        ("x509-certificate", "serial_number") => {
            digest::serial(value).map(|serial| other(kind, property, &serial))
        }
        ("x509-certificate", "serial-issuer") => {
            value.split_once(':').and_then(|(serial, issuer)| certificate(issuer, serial))
        }
        ("bank-account", "iban") => iban(value),
        (_, path) => referred(path, value).or_else(|| described(kind, path, value, named.is_some())),
    }
}

/// Returns the key of a certificate by what an authority promises to use once:
/// a serial number (hexadecimal), within one issuer.
pub fn certificate(issuer: &str, serial_number: &str) -> Option<Canonical> {
    let serial = digest::serial(serial_number)?;
    let issuer = lower(issuer);
    let issuer = tidy(&issuer)?;
    Some(Canonical::new("x509-certificate", &format!("serial-issuer:{serial}:{issuer}")))
}

/// Returns the form in which names of actors and malware are compared:
/// compatibility forms, case, blanks and punctuation make no difference, so that
/// `APT 28`, `APT28` and `apt-28` are equal. Empty when no letter or digit is left.
///
/// Letters, digits and combining marks of every script stay.
pub fn name(text: &str) -> String {
    let mut form = name_once(text);
    // Dropping punctuation can bring two characters together that compose into one.
    loop {
        let again = name_once(&form);
        if again == form {
            return form;
        }
        form = again;
    }
}

fn name_once(text: &str) -> String {
    if text.is_ascii() {
        return text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    }
    // Upper case first: `ß` and `SS`, `ς` and `Σ` meet only there.
    let folded = text.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    let is_selector = |c: char| ('\u{fe00}'..='\u{fe0f}').contains(&c);
    let kept: String = folded
        .nfkc()
        .filter(|c| c.is_alphanumeric() || (is_combining_mark(*c) && !is_selector(*c)))
        .collect();
    if kept.contains(char::is_alphanumeric) { kept } else { String::new() }
}

/// Returns the id of an object, `type--id`, in one spelling: a type ignores case, and so does a UUID
/// (RFC 9562 §4). What a source made up itself, such as the key of an account, is taken as it stands.
pub fn object_id(text: &str) -> String {
    let text = text.trim();
    match text.split_once("--") {
        Some((kind, id)) if !form::is_uuid(id) => format!("{}--{id}", kind.to_ascii_lowercase()),
        _ => text.to_ascii_lowercase(),
    }
}

/// Lower case; most kinds are written so.
fn plain_kind(kind: &str) -> Cow<'_, str> {
    let kind = kind.trim();
    if kind.bytes().any(|byte| byte.is_ascii_uppercase()) {
        kind.to_ascii_lowercase().into()
    } else {
        kind.into()
    }
}

/// Lower case without quotes, as most properties are written; a colon would blur where the value begins.
fn plain_property(property: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'.');
    if !property.is_empty() && property.bytes().all(is_plain) {
        return property.into();
    }
    let plain = property.trim().replace(['\'', '"'], "").replace(':', ".").to_ascii_lowercase();
    let plain = plain.trim();
    if plain.is_empty() { "value".into() } else { plain.to_owned().into() }
}

fn other(kind: &str, property: &str, value: &str) -> Canonical {
    Canonical::new(kind, &format!("{property}:{value}"))
}

/// Any further property. Where the kind has names of its own, the property does
/// not name it: it gets a kind of its own, `windows-registry-key.values.data`
/// (STIX types hold no dot), and cannot be taken for a name.
fn described(kind: &str, path: &str, value: &str, named: bool) -> Option<Canonical> {
    let value = tidy(value)?;
    let dotted = kind.contains('.');
    if dotted && path == "value" {
        return Some(Canonical::new(kind, &value));
    }
    if dotted || named || matches!(kind, "file" | "artifact" | "x509-certificate") {
        return Some(Canonical::new(&format!("{kind}.{path}"), &value));
    }
    Some(other(kind, path, &value))
}

/// What a reference's property names, when it does and its spelling shows what.
fn referred(path: &str, value: &str) -> Option<Canonical> {
    let is_reference = |step: &str| step.ends_with("_ref") || step.ends_with("_refs[*]");
    let (reference, property) = path.rsplit_once('.')?;
    match property {
        "value" if is_reference(reference) => guess(value),
        "number" if is_reference(reference) => autonomous_system(value),
        "name" if reference.ends_with("image_ref") || reference.ends_with("binary_ref") => {
            folded("file-name", value)
        }
        algorithm => {
            let holder = reference.strip_suffix(".hashes").filter(|holder| is_reference(holder));
            holder.and_then(|_| digest::content("file", algorithm, value))
        }
    }
}

fn guess(value: &str) -> Option<Canonical> {
    let kinds = [network::address, mac, network::email, network::domain];
    kinds.iter().find_map(|spell| spell(value))
}

/// Twelve hexadecimal digits, in pairs or in fours, with `:`, `-`, `.` or nothing between them.
fn mac(value: &str) -> Option<Canonical> {
    let text = tidy(value)?;
    let digits: String =
        text.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect::<String>().to_ascii_lowercase();
    if digits.len() != 12 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let pairs: Vec<&str> = (0..6).map(|pair| &digits[2 * pair..2 * pair + 2]).collect();
    Some(Canonical::new("mac-addr", &pairs.join(":")))
}

/// `AS64500`, `ASN 64500` and `0.64500` (RFC 5396) are one number.
fn autonomous_system(value: &str) -> Option<Canonical> {
    let text = tidy(value)?.to_ascii_lowercase();
    let digits = text.strip_prefix("asn").or_else(|| text.strip_prefix("as")).unwrap_or(&text).trim();
    let whole = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = match digits.split_once('.') {
        Some((high, low)) if whole(high) && whole(low) => {
            let (high, low): (u16, u16) = (high.parse().ok()?, low.parse().ok()?);
            u32::from(high) << 16 | u32::from(low)
        }
        _ if whole(digits) => digits.parse().ok()?,
        _ => return None,
    };
    Some(Canonical::new("autonomous-system", &number.to_string()))
}

/// Registry paths ignore case; hives have a long and a short name.
fn registry_key(value: &str) -> Option<Canonical> {
    const HIVES: &[(&str, &str)] = &[
        ("hkey_local_machine", "hklm"),
        ("hkey_current_user", "hkcu"),
        ("hkey_classes_root", "hkcr"),
        ("hkey_users", "hku"),
        ("hkey_current_config", "hkcc"),
    ];
    let text = lower(&tidy(value)?);
    let mut steps: Vec<&str> =
        text.split('\\').map(|step| step.trim_matches(is_blank)).filter(|step| !step.is_empty()).collect();
    if let Some(first) = steps.first_mut() {
        let hive = first.strip_suffix(':').unwrap_or(first);
        let known = HIVES.iter().find(|(long, short)| hive == *long || hive == *short);
        *first = known.map_or(*first, |(_, short)| short);
    }
    (!steps.is_empty()).then(|| Canonical::new("windows-registry-key", &steps.join("\\")))
}

/// Blanks and case make no difference in an account number (ISO 13616).
fn iban(value: &str) -> Option<Canonical> {
    let plain: String = tidy(value)?.chars().filter(|c| !c.is_whitespace()).collect();
    (!plain.is_empty()).then(|| other("bank-account", "iban", &plain.to_ascii_uppercase()))
}

/// Telephone numbers are digits, however they are grouped; `00` before a country's is `+`.
fn phone(value: &str) -> Option<Canonical> {
    const DIGITS_MIN: usize = 5;
    let text = tidy(value)?;
    let is_grouping = |c: char| is_blank(c) || matches!(c, '+' | '-' | '.' | '(' | ')' | '/');
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < DIGITS_MIN || !text.chars().all(|c| c.is_ascii_digit() || is_grouping(c)) {
        // A name of a line, or one with an extension, stays as it is written.
        return exact("phone-number", value);
    }
    let abroad = if text.trim_start_matches('(').starts_with('+') {
        Some(digits.as_str())
    } else {
        digits.strip_prefix("00")
    };
    let plain = abroad.map_or_else(|| digits.clone(), |rest| format!("+{rest}"));
    Some(Canonical::new("phone-number", &plain))
}

/// Case, and what stands between words, make no difference in an address.
fn address(value: &str) -> Option<Canonical> {
    let folded = lower(&tidy(value)?);
    let words: Vec<&str> = folded.split(|c: char| !is_of_word(c)).filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| Canonical::new("address", &words.join(" ")))
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

fn exact(kind: &str, value: &str) -> Option<Canonical> {
    tidy(value).map(|value| Canonical::new(kind, &value))
}

/// Most named files are of systems that ignore case.
fn folded(kind: &str, value: &str) -> Option<Canonical> {
    tidy(&lower(value)).map(|value| Canonical::new(kind, &value))
}

/// Composed form (NFC) without blanks at its ends; `None` when nothing is left.
fn tidy(text: &str) -> Option<Cow<'_, str>> {
    let trimmed = match composed(text) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(is_blank)),
        Cow::Owned(text) => Cow::Owned(text.trim_matches(is_blank).to_owned()),
    };
    (!trimmed.is_empty()).then_some(trimmed)
}

/// Composed form (NFC); ASCII is composed as it stands.
fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { text.into() } else { text.nfc().collect() }
}

/// White space, and what shows as nothing and comes along when text is copied.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// Lower case by character, without the context that a second pass might see otherwise.
fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfc().flat_map(char::to_lowercase).nfc().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ingest::pattern;

    fn key(kind: &str, property: &str, value: &str) -> String {
        observable(kind, property, value).map_or_else(|| "-".to_owned(), |canonical| canonical.text)
    }

    /// Splits a canonical text into what `observable` was asked for, and asks again.
    fn again(canonical: &Canonical) -> Option<Canonical> {
        let one_name = NAMED.iter().any(|named| named.kinds.contains(&canonical.kind.as_str()))
            || LIKENESSES.iter().any(|likeness| canonical.kind == format!("file-{likeness}"))
            || canonical.kind.contains('.');
        let (property, value) =
            if one_name { ("value", canonical.value()) } else { canonical.value().split_once(':')? };
        observable(&canonical.kind, property, value)
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
        assert_eq!(one.text, "x509-certificate:serial-issuer:abcd:cn=root, o=example");
        assert_eq!(again(&one), Some(one));
        assert_eq!(certificate("CN=Root", "zz"), None);
    }

    #[test]
    fn the_two_writings_of_a_tlsh_digest_are_one() {
        let digest = "0A".repeat(35);
        assert_eq!(key("file", "hashes.TLSH", &digest), format!("file:tlsh:{}", "0a".repeat(35)));
        assert_eq!(
            key("file", "hashes.TLSH", &format!("T1{digest}")),
            format!("file:tlsh:{}", "0a".repeat(35))
        );
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

    #[test]
    fn every_real_observable_keeps_its_key() {
        let Some(patterns) = pattern::tests::real_patterns() else {
            eprintln!("SKIPPED: every_real_observable_keeps_its_key: ../shared/data is absent");
            return;
        };
        let read = patterns.iter().filter_map(|text| pattern::read(text).ok());
        let found = read.flat_map(|pattern| pattern.observables);
        let (mut named, mut unnamed) = (std::collections::BTreeMap::new(), std::collections::BTreeMap::new());
        for each in found {
            match observable(&each.kind, &each.path, &each.value) {
                Some(canonical) => {
                    assert_eq!(again(&canonical).as_ref(), Some(&canonical), "{each:?}");
                    *named.entry(canonical.kind).or_insert(0) += 1;
                }
                None => unnamed
                    .entry(format!("{}:{}", each.kind, each.path))
                    .or_insert_with(Vec::new)
                    .push(each.value),
            }
        }
        let count: i32 = named.values().sum();
        let refused: usize = unnamed.values().map(Vec::len).sum();
        eprintln!("{count} with a key: {named:?}");
        eprintln!(
            "{refused} without: {:?}",
            unnamed.iter().map(|(path, all)| (path, all.len())).collect::<Vec<_>>()
        );
        assert!(count > 11_000, "only {count} observables have a key");
        assert!(refused * 50 < count as usize, "{refused} observables have no key");
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
                let begins = canonical.text.strip_prefix(&canonical.kind).is_some_and(|rest| rest.starts_with(':'));
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
}
