//! Canonical identifiers of kinds that need little normalisation.

use unicode_normalization::char::is_combining_mark;

use super::text::{is_blank, lower, tidy};
use crate::identifier::CanonicalId;

/// Twelve hexadecimal digits, in pairs or in fours, with `:`, `-`, `.` or nothing between them.
pub(super) fn mac(value: &str) -> Option<CanonicalId> {
    let text = tidy(value)?;
    let digits: String =
        text.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect::<String>().to_ascii_lowercase();
    if digits.len() != 12 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let pairs: Vec<&str> = (0..6).map(|pair| &digits[2 * pair..2 * pair + 2]).collect();
    Some(CanonicalId::observable("mac-addr", &pairs.join(":")))
}

/// `AS64500`, `ASN 64500` and `0.64500` (RFC 5396) are one number.
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
    Some(CanonicalId::observable("autonomous-system", &number.to_string()))
}

/// Registry paths ignore case; hives have a long and a short name.
pub(super) fn registry_key(value: &str) -> Option<CanonicalId> {
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
    (!steps.is_empty()).then(|| CanonicalId::observable("windows-registry-key", &steps.join("\\")))
}

/// Blanks and case make no difference in an account number (ISO 13616).
pub(super) fn iban(value: &str) -> Option<CanonicalId> {
    let plain: String = tidy(value)?.chars().filter(|c| !c.is_whitespace()).collect();
    (!plain.is_empty()).then(|| CanonicalId::with_scheme("bank-account", "iban", &plain.to_ascii_uppercase()))
}

/// Telephone numbers are digits, however they are grouped; `00` before a country's is `+`.
pub(super) fn phone(value: &str) -> Option<CanonicalId> {
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
    Some(CanonicalId::observable("phone-number", &plain))
}

/// Case, and what stands between words, make no difference in an address.
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

/// Most named files are of systems that ignore case.
pub(super) fn folded(kind: &str, value: &str) -> Option<CanonicalId> {
    tidy(&lower(value)).map(|value| CanonicalId::observable(kind, &value))
}
