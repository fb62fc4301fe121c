//! Canonical identifiers of kinds that need little normalisation.

use unicode_normalization::char::is_combining_mark;

use super::text::{is_blank, lower, tidy};
use crate::identifier::CanonicalId;

/// Reads a MAC address: twelve hexadecimal digits, in pairs or fours, separated by `:`, `-`, `.` or nothing.
pub(super) fn mac(value: &str) -> Option<CanonicalId> {
    let text = tidy(value)?;
    let digits: String =
        text.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect::<String>().to_ascii_lowercase();
    if digits.len() != 12 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    // Only zeros mean no address, and only ones mean every address.
    if matches!(&*digits, "000000000000" | "ffffffffffff") {
        return None;
    }
    let pairs: Vec<&str> = (0..6).map(|pair| &digits[2 * pair..2 * pair + 2]).collect();
    Some(CanonicalId::observable("mac-addr", &pairs.join(":")))
}

/// Reads the number of an autonomous system. `AS64500`, `ASN 64500` and `0.64500` (RFC 5396) are equal.
pub(super) fn autonomous_system(value: &str) -> Option<CanonicalId> {
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
    // Reserved numbers belong to no system (RFC 6793, RFC 7300, RFC 7607).
    let is_reserved = matches!(number, 0 | 23_456 | 65_535 | u32::MAX);
    (!is_reserved).then(|| CanonicalId::observable("autonomous-system", &number.to_string()))
}

/// Normalises a registry key. Paths ignore case, and hives have a long and a short name.
pub(super) fn registry_key(value: &str) -> Option<CanonicalId> {
    const HIVES: &[(&str, &str)] = &[
        ("hkey_local_machine", "hklm"),
        ("hkey_current_user", "hkcu"),
        ("hkey_classes_root", "hkcr"),
        ("hkey_users", "hku"),
        ("hkey_current_config", "hkcc"),
        ("hkey_performance_data", "hkpd"),
    ];
    /// Roots of the names in the kernel, in front of a hive.
    const KERNEL: &[(&str, &str)] = &[("machine", "hklm"), ("user", "hku")];
    let text = lower(&tidy(value)?);
    let mut steps: Vec<&str> =
        text.split('\\').map(|step| step.trim_matches(is_blank)).filter(|step| !step.is_empty()).collect();
    while let Some(path) = steps.first().and_then(|first| first.strip_prefix("registry::")) {
        match path.trim_matches(is_blank) {
            "" => {
                steps.remove(0);
            }
            path => steps[0] = path,
        }
    }
    let hive = |step: &str| {
        let step = step.strip_suffix(':').unwrap_or(step);
        HIVES.iter().find(|(long, short)| step == *long || step == *short).map(|(_, short)| *short)
    };
    match steps.as_slice() {
        ["computer" | "my computer", second, ..] if hive(second).is_some() => {
            steps.remove(0);
        }
        ["registry", second, ..] => {
            if let Some((_, short)) = KERNEL.iter().find(|(name, _)| name == second) {
                steps.splice(..2, [*short]);
            }
        }
        _ => {}
    }
    if let Some(first) = steps.first_mut() {
        *first = hive(first).unwrap_or(first);
    }
    (!steps.is_empty()).then(|| CanonicalId::observable("windows-registry-key", &steps.join("\\")))
}

/// Normalises the name that a client gives itself. Blanks make no difference; a line of a dump begins with the header.
pub(super) fn user_agent(value: &str) -> Option<CanonicalId> {
    const HEADER: &str = "user-agent:";
    let tidied = tidy(value)?;
    let mut words: Vec<&str> = tidied.split(is_blank).filter(|word| !word.is_empty()).collect();
    while words.first().is_some_and(|first| first.eq_ignore_ascii_case(HEADER)) {
        words.remove(0);
    }
    let is_empty = words.iter().all(|word| !word.contains(char::is_alphanumeric));
    (!is_empty).then(|| CanonicalId::observable("user-agent", &words.join(" ")))
}

/// Normalises an address: case and punctuation make no difference.
pub(super) fn address(value: &str) -> Option<CanonicalId> {
    let folded = lower(&tidy(value)?);
    let words: Vec<&str> = folded.split(|c: char| !is_of_word(c)).filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| CanonicalId::observable("address", &words.join(" ")))
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

pub(super) fn exact(kind: &str, value: &str) -> Option<CanonicalId> {
    tidy(value).map(|value| CanonicalId::observable(kind, &value))
}

/// Normalises a value whose case makes no difference, as in most file systems of named files.
pub(super) fn folded(kind: &str, value: &str) -> Option<CanonicalId> {
    tidy(&lower(value)).map(|value| CanonicalId::observable(kind, &value))
}
