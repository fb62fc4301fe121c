//! Loads mappings: a mapping extends others, and each mistake has its line.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::mapping::Mapping;

/// Built-in mappings: name and text.
pub const MAPPINGS: [(&str, &str); 5] = [
    ("edge-list", include_str!("../../../datasets/mappings/edge-list.toml")),
    ("timed-edge-list", include_str!("../../../datasets/mappings/timed-edge-list.toml")),
    ("payments", include_str!("../../../datasets/mappings/payments.toml")),
    ("indicator-list", include_str!("../../../datasets/mappings/indicator-list.toml")),
    ("reported-indicators", include_str!("../../../datasets/mappings/reported-indicators.toml")),
];

/// Longest chain of mappings that extend one another.
const EXTENDS_MAX: usize = 8;

/// A mistake in a mapping, and its position.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// The file is missing or unreadable.
    #[error("cannot read the mapping `{path}`")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A mistake in the file.
    #[error("{path}:{line}: {what}")]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Line from 1.
        line: usize,
        /// The mistake, and what to write instead.
        what: String,
    },
}

/// Reads a mapping: a file relative to a folder, or a built-in mapping by its name.
pub fn read_mapping(written: &str, folder: &Path) -> Result<Mapping, MappingError> {
    let (path, text) = load(written, folder)?;
    let wrong = |at: usize, what: String| MappingError::Wrong {
        line: 1 + text[..at.min(text.len())].matches('\n').count(),
        path: path.clone(),
        what,
    };
    let mut own = parse(&text).map_err(|(at, what)| wrong(at, what))?;
    let mut whole = own.clone();
    let mut below = path.clone();
    for _ in 0..EXTENDS_MAX {
        let Some(base) = own.extends.take() else {
            whole.extends = None;
            return match fault(&whole) {
                None => Ok(whole),
                Some((place, what)) => Err(wrong(place_of(&text, &place), what)),
            };
        };
        let folder = below.parent().unwrap_or(Path::new("")).to_owned();
        let (path, text) = load(&base, &folder)?;
        own = parse(&text).map_err(|(at, what)| {
            let line = 1 + text[..at.min(text.len())].matches('\n').count();
            MappingError::Wrong { path: path.clone(), line, what }
        })?;
        whole = over(&whole, &own);
        below = path;
    }
    Err(wrong(place_of(&text, &["extends"]), format!("more than {EXTENDS_MAX} mappings extend one another")))
}

/// Returns a mapping's path and text.
fn load(written: &str, folder: &Path) -> Result<(PathBuf, String), MappingError> {
    let path = folder.join(written);
    let shipped = MAPPINGS.iter().find(|(name, _)| *name == written);
    if let (Some((name, text)), false) = (shipped, path.exists()) {
        return Ok((PathBuf::from(name), (*text).to_owned()));
    }
    let text = fs::read_to_string(&path)
        .map_err(|source| MappingError::Unreadable { path: path.clone(), source })?;
    Ok((path, text))
}

/// A mistake: its position in bytes, and what is wrong.
type MappingMistake = (usize, String);

/// Parses a mapping's text by itself; an error has its position in bytes.
pub(super) fn parse(text: &str) -> Result<Mapping, MappingMistake> {
    toml::from_str(text).map_err(|error| {
        let position = error.span().map_or(0, |span| span.start);
        let message = error.message().lines().next().unwrap_or_default();
        (position, worded(message, &key_at(text, position)))
    })
}

/// Keys that have a new name: old and new.
const RENAMED_KEYS: [(&str, &str); 4] =
    [("told", "recorded_at"), ("seen", "seen_at"), ("seen_first", "first_seen"), ("seen_last", "last_seen")];

/// Describes a mistake: the key, and what was probably meant.
fn worded(said: &str, key: &str) -> String {
    let quoted: Vec<&str> = said.split('`').skip(1).step_by(2).collect();
    if let (true, Some((unknown, known))) = (said.starts_with("unknown field"), quoted.split_first()) {
        let renamed = RENAMED_KEYS.iter().find(|(old, new)| old == unknown && known.contains(new));
        if let Some((old, new)) = renamed {
            return format!("there is no key `{old}` here; it is called `{new}` now");
        }
        let near = known.iter().map(|known| (strsim::damerau_levenshtein(unknown, known), *known)).min();
        return match near {
            Some((distance, near)) if distance <= 3.min(1 + unknown.len() / 3) => {
                format!("there is no key `{unknown}` here; did you mean `{near}`?")
            }
            _ => format!("there is no key `{unknown}` here; write one of {}", known.join(", ")),
        };
    }
    if key.is_empty() { said.to_owned() } else { format!("`{key}`: {said}") }
}

/// Returns the key of the value at a position, such as `entity[2].kind`.
fn key_at(text: &str, at: usize) -> String {
    fn inside(value: &DeValue<'_>, at: usize, key: &str) -> Option<String> {
        match value {
            DeValue::Table(table) => in_table(table, at, key),
            DeValue::Array(items) => {
                // The span of a [[table]] is only that of its head.
                let in_item = |(number, item): (usize, &toml::Spanned<DeValue<'_>>)| {
                    let key = format!("{key}[{number}]");
                    let own = item.span().contains(&at).then(|| key.clone());
                    inside(item.get_ref(), at, &key).or(own)
                };
                (1..).zip(items).find_map(in_item)
            }
            _ => None,
        }
    }
    fn in_table(table: &DeTable<'_>, at: usize, key: &str) -> Option<String> {
        let dotted = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
        for (name, value) in table {
            let key = dotted(name.get_ref());
            let deeper = inside(value.get_ref(), at, &key);
            if deeper.is_some() || value.span().contains(&at) {
                return deeper.or(Some(key));
            }
        }
        None
    }
    DeTable::parse(text).ok().and_then(|root| in_table(root.get_ref(), at, "")).unwrap_or_default()
}

/// Returns the position of a key, given by names and, in a list, numbers from 0; 0 if there is no such key.
fn place_of(text: &str, steps: &[impl AsRef<str>]) -> usize {
    let Ok(root) = DeTable::parse(text) else { return 0 };
    let mut place = 0;
    let whole = DeValue::Table(root.get_ref().clone());
    let mut value = &whole;
    for step in steps {
        let step = step.as_ref();
        let next = match value {
            DeValue::Table(table) => table.get(step),
            DeValue::Array(items) => step.parse().ok().and_then(|at: usize| items.get(at)),
            _ => None,
        };
        let Some(next) = next else { break };
        place = next.span().start;
        value = next.get_ref();
    }
    place
}

/// Merges a mapping with the one that it extends: tables by key, everything else replaced.
fn over(own: &Mapping, base: &Mapping) -> Mapping {
    fn lay(own: Value, base: &mut Value) {
        match (own, base) {
            (Value::Object(own), Value::Object(base)) => {
                for (name, value) in own {
                    lay(value, base.entry(name).or_insert(Value::Null));
                }
            }
            (own, base) => *base = own,
        }
    }
    let [own_value, mut whole] =
        [own, base].map(|mapping| serde_json::to_value(mapping).expect("a mapping is plain data"));
    lay(own_value, &mut whole);
    serde_json::from_value(whole).expect("two mappings make one")
}

/// A contradiction between the parts of a mapping: the path of its key, and what is wrong.
pub(super) type Fault = (Vec<String>, String);

/// Returns a contradiction between the parts of a mapping: its key and what is wrong.
pub(super) fn fault(mapping: &Mapping) -> Option<Fault> {
    fault_of_table(mapping).or_else(|| fault_of_entities(mapping)).or_else(|| fault_of_links(mapping))
}

fn path_of(steps: &[&str]) -> Vec<String> {
    steps.iter().map(ToString::to_string).collect()
}

fn fault_of_table(mapping: &Mapping) -> Option<Fault> {
    if mapping.entities.is_empty() {
        return Some((Vec::new(), "a mapping needs an [[entity]]".to_owned()));
    }
    if mapping.has_header() && !mapping.table.columns.is_empty() {
        return Some((
            path_of(&["table", "columns"]),
            "`table.columns` is only for tables without a header".to_owned(),
        ));
    }
    if mapping.table.thousands.is_some_and(|sign| char::from(sign.0) == mapping.decimal()) {
        let what = "`table.thousands` equals the decimal sign: see `table.decimal`";
        return Some((path_of(&["table", "thousands"]), what.to_owned()));
    }
    if let Some((word, _)) = mapping.confidences.iter().find(|(_, confidence)| **confidence > 100) {
        return Some((
            path_of(&["confidences", word]),
            "`confidences` must be numbers from 0 to 100".to_owned(),
        ));
    }
    let forms = mapping.forms();
    if mapping.time.zone.is_none() && forms.iter().any(|form| !form.has_offset()) {
        let what = "`time.forms` has a form without an offset, which needs `time.zone`: UTC, +02:00 or Europe/Berlin";
        return Some((path_of(&["time", "forms"]), what.to_owned()));
    }
    if mapping.seen_at.is_some() && mapping.first_seen.is_some() && mapping.last_seen.is_some() {
        return Some((
            path_of(&["seen_at"]),
            "`seen_at` has no effect beside `first_seen` and `last_seen`".to_owned(),
        ));
    }
    None
}

fn labels(mapping: &Mapping) -> Vec<&str> {
    mapping.entities.iter().map(|entity| entity.label.as_str()).collect()
}

fn fault_of_entities(mapping: &Mapping) -> Option<Fault> {
    let labels = labels(mapping);
    for (at, entity) in mapping.entities.iter().enumerate() {
        let here = |key: &str| path_of(&["entity", &at.to_string(), key]);
        if labels[..at].contains(&entity.label.as_str()) {
            return Some((here("as"), format!("two entities are called `{}`", entity.label)));
        }
        if entity.naming().next().is_none() {
            let what = format!(
                "entity `{}` needs a `value`, a `key`, an `id`, `identifiers` or `references`",
                entity.label
            );
            return Some((here("as"), what));
        }
        let may_have_attributes = at == 0 && entity.split.is_none() && !entity.mentioned;
        if !entity.attributes.is_empty() && !may_have_attributes {
            let what = "only the first entity has `attributes`, without `split` or `mentioned`";
            return Some((here("attributes"), what.to_owned()));
        }
    }
    None
}

fn fault_of_links(mapping: &Mapping) -> Option<Fault> {
    let labels = labels(mapping);
    mapping.links.iter().enumerate().find_map(|(at, link)| {
        let ends = [("from", &link.from), ("to", &link.to)];
        let (key, end) = ends.into_iter().find(|(_, end)| !labels.contains(&end.as_str()))?;
        let near = labels.iter().map(|label| (strsim::damerau_levenshtein(end, label), *label)).min();
        let near = near.filter(|(distance, _)| *distance <= 3).map_or_else(
            || format!("write one of {}", labels.join(", ")),
            |(_, near)| format!("did you mean `{near}`?"),
        );
        let what = format!("`link[{}].{key}`: no entity is called `{end}`; {near}", at + 1);
        Some((path_of(&["link", &at.to_string(), key]), what))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("m.toml"), text).expect("written");
        match read_mapping("m.toml", folder.path()) {
            Ok(_) => "fine".to_owned(),
            Err(MappingError::Wrong { line, what, .. }) => format!("{line}: {what}"),
            Err(other) => other.to_string(),
        }
    }

    #[test]
    fn mistakes_are_named_with_line_key_and_a_suggestion() {
        let entity = "[[entity]]\nas = \"host\"\nkind = \"observable\"\nvalue = \"{v}\"\n";
        let with = |more: &str| said(&format!("{entity}{more}"));
        assert_eq!(with(""), "fine");
        assert_eq!(with("nmae = \"{v}\"\n"), "5: there is no key `nmae` here; did you mean `name`?");
        assert_eq!(with("[tabel]\n"), "5: there is no key `tabel` here; did you mean `table`?");
        assert!(
            with("[table]\ndelimiter = \"x\"\n").starts_with("6: `table.delimiter`: not a delimiter; write")
        );
        assert!(with("[time]\nforms = [\"rfc3339\", \"iso\"]\n").starts_with("6: `time.forms"));
        assert!(with("[time]\nforms = [\"day-first\"]\n").starts_with("6: `time.forms` has a form without"));
        assert!(with("name = \"{v\"\n").starts_with("5: `entity[1].name`: a brace"));
        assert!(
            with("[[link]]\nfrom = \"host\"\nto = \"hots\"\nkind = \"x\"\n")
                .starts_with("7: `link[1].to`: no entity is called `hots`; did you mean `host`?")
        );
        assert!(
            with("[[link]]\nfrom = \"host\"\nto = \"host\"\nkind = \"x\"\nlayer = \"finanse\"\n")
                .starts_with("9: `link[1].layer`: not a layer; write one of")
        );
        assert!(
            with("[[link]]\nfrom = \"host\"\n").starts_with("5: "),
            "{}",
            with("[[link]]\nfrom = \"host\"\n")
        );
        assert!(said("key = 3\n").starts_with("1: `key`: invalid type"), "{}", said("key = 3\n"));
        assert!(said("").contains("needs an [[entity]]"));
        assert!(said("extends = \"none\"\n").starts_with("cannot read the mapping"));
        assert!(said("extends = \"m.toml\"\n").contains("extend one another"));
    }

    #[test]
    fn a_key_of_an_earlier_version_is_refused_with_its_new_name() {
        let entity = "[[entity]]\nas = \"host\"\nkind = \"observable\"\nvalue = \"{v}\"\n";
        for (old, new) in RENAMED_KEYS {
            let expected = format!("1: there is no key `{old}` here; it is called `{new}` now");
            assert_eq!(said(&format!("{old} = \"{{t}}\"\n{entity}")), expected);
        }
    }

    #[test]
    fn what_comes_with_the_program_can_be_used_and_extended() {
        for (name, _) in MAPPINGS {
            let mapping = read_mapping(name, Path::new("")).unwrap_or_else(|error| panic!("{error}"));
            assert!(mapping.about.as_ref().is_some_and(|about| about.ends_with('.')), "{name}");
            let value = serde_json::to_value(&mapping).expect("plain data");
            assert_eq!(serde_json::from_value::<Mapping>(value).ok(), Some(mapping), "{name}");
        }
        assert_eq!(
            said("extends = \"edge-list\"\n[table]\nheader = false\ncolumns = [\"source\", \"target\"]\n"),
            "fine"
        );
    }
}
