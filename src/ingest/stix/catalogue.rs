//! Catalogue entries (ATT&CK, CAPEC, CVE) that an object is.

use serde_json::{Map, Value};

use super::object::{aliases, text};
use crate::entity::Identifier;

/// Source names of references, the catalogue they mean, and the types that are entries of it.
const CATALOGUES: [(&str, &str, &[&str]); 5] = [
    ("mitre-attack", "mitre-attack", ATTACK_TYPES),
    ("mitre-mobile-attack", "mitre-attack", ATTACK_TYPES),
    ("mitre-ics-attack", "mitre-attack", ATTACK_TYPES),
    ("mitre-pre-attack", "mitre-attack", ATTACK_TYPES),
    ("capec", "capec", &["attack-pattern"]),
];
const ATTACK_TYPES: &[&str] =
    &["attack-pattern", "course-of-action", "intrusion-set", "malware", "tool", "campaign"];

/// Returns the catalogue entry that an object is.
///
/// References also point at related entries, and their order says nothing. What the object itself says
/// decides (`x_mitre_id`, the number that a vulnerability is named by); then ATT&CK comes before CAPEC, whose
/// own entries name ATT&CK by another word. Of several entries of one catalogue the one of the form that
/// its type has is meant, and where several have it, none.
pub(super) fn catalogue_entry(kind: &str, object: &Map<String, Value>) -> Option<Identifier> {
    if kind == "vulnerability" {
        return vulnerability_number(object).map(|number| reference("cve", kind, &number));
    }
    let is_of = |types: &[&str], catalogue: &str| {
        types.contains(&kind) || (catalogue == "mitre-attack" && kind.starts_with("x-mitre-"))
    };
    let said = object.iter().find_map(|(name, value)| {
        let is_number = |id: &&str| {
            id.bytes().any(|byte| byte.is_ascii_digit()) && !id.contains(|c: char| c.is_whitespace())
        };
        value.as_str().map(str::trim).filter(|id| name.ends_with("_mitre_id") && is_number(id))
    });
    if let Some(id) = said {
        let catalogue = if capec_number(id) { "capec" } else { "mitre-attack" };
        let row = CATALOGUES.iter().find(|(_, known, _)| *known == catalogue);
        return row.filter(|(_, _, types)| is_of(types, catalogue)).map(|_| reference(catalogue, kind, id));
    }
    let references = object.get("external_references").and_then(Value::as_array)?;
    for catalogue in ["mitre-attack", "capec"] {
        let mut ids: Vec<&str> = references
            .iter()
            .filter_map(|reference| {
                let (source, id) =
                    (reference.get("source_name")?.as_str()?, reference.get("external_id")?.as_str()?);
                let is_entry = |(name, known, types): &(&str, &str, &[&str])| {
                    *name == source && *known == catalogue && is_of(types, catalogue)
                };
                Some(id.trim()).filter(|id| !id.is_empty() && CATALOGUES.iter().any(is_entry))
            })
            .collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() > 1 {
            ids.retain(|id| catalogue != "mitre-attack" || has_form_of(kind, id));
        }
        if let [id] = ids[..] {
            return Some(reference(catalogue, kind, id));
        }
        if !ids.is_empty() {
            return None;
        }
    }
    None
}

/// Returns whether an id has the form that ATT&CK gives to entries of a type.
fn has_form_of(kind: &str, id: &str) -> bool {
    let prefixes: &[&str] = match kind {
        "attack-pattern" => &["T"],
        "intrusion-set" => &["G"],
        "malware" | "tool" => &["S"],
        "course-of-action" => &["M", "T"],
        "campaign" => &["C"],
        _ => return true,
    };
    let is_number = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    prefixes.iter().any(|prefix| id.strip_prefix(prefix).is_some_and(is_number))
}

/// Returns whether a text is an id of CAPEC.
fn capec_number(text: &str) -> bool {
    let upper = text.trim().to_ascii_uppercase();
    upper.strip_prefix("CAPEC-").is_some_and(is_digits)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads a CVE number, in any case: a year and at least four digits.
pub(in crate::ingest) fn cve_number(text: &str) -> Option<String> {
    let upper = text.trim().to_ascii_uppercase();
    let (year, number) = upper.strip_prefix("CVE-")?.split_once('-')?;
    let is_number = year.len() == 4 && is_digits(year) && number.len() >= 4 && is_digits(number);
    is_number.then_some(upper)
}

/// Returns the number of a vulnerability: that of its name, else the only one that it is referred to by,
/// whoever the source of the reference is, else the only one among its other names.
fn vulnerability_number(object: &Map<String, Value>) -> Option<String> {
    let named = text(object, "name").and_then(cve_number);
    let references = object.get("external_references").and_then(Value::as_array).into_iter().flatten();
    let only = |mut numbers: Vec<String>| {
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.len() == 1 { numbers.pop() } else { None }
    };
    let referred = || references.filter_map(|reference| cve_number(reference.get("external_id")?.as_str()?));
    let aliases = || aliases(object).filter_map(cve_number);
    named.or_else(|| only(referred().collect())).or_else(|| only(aliases().collect()))
}

/// Returns an identifier by catalogue entry; malware and tools share one list there.
pub(in crate::ingest) fn reference(catalogue: &'static str, kind: &str, id: &str) -> Identifier {
    let kind = if matches!(kind, "malware" | "tool") { "software" } else { kind };
    Identifier::Reference { catalogue, kind: kind.to_owned(), id: id.trim().to_ascii_uppercase() }
}
