//! Reader of the configuration file.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::{
    keys::{KEYS, agreement, audience, source},
    settings::{Config, ConfigError, Source},
    warning_lists,
};
use crate::{agreement::Agreement, ingest::table::read_mapping, record::Terms, view::Audience};

/// Reads a configuration file, its warning lists and its mappings.
pub fn read_config(path: &Path) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut config = parse(&text, folder).map_err(|mistake| mistake.in_file(path, &text))?;
    config.rules.analysis.weight.warning_lists = warning_lists::read(&config.warning_lists, folder)?;
    with_mappings(config)
}

/// Reads a configuration from its text; paths in it are relative to `folder`.
pub(crate) fn parse_config(text: &str, folder: &Path) -> Result<Config, ConfigError> {
    let path = folder.join("araneus.toml");
    with_mappings(parse(text, folder).map_err(|mistake| mistake.in_file(&path, text))?)
}

/// Reads the mappings that sources name. A mapping is part of the terms: it decides the results of a run.
fn with_mappings(mut config: Config) -> Result<Config, ConfigError> {
    for source in &mut config.sources {
        if let Some(name) = &source.mapping {
            let mapping = read_mapping(name, &config.folder)?;
            if source.remote.is_some() && !mapping.pseudonymised().is_empty() {
                return Err(ConfigError::PlainFetches { name: source.name.clone(), what: PLAIN_FETCHES });
            }
            source.terms.mapping = Some(serde_json::to_value(&mapping).expect("a mapping is plain data"));
            config.rules.terms.insert(source.name.clone(), source.terms.clone());
        }
    }
    Ok(config)
}

/// Reason why a source in the network has no pseudonyms.
const PLAIN_FETCHES: &str = "a source with `taxii` or `url` has no `pseudonymise`, because fetched files are kept as delivered; \
     fetch them with another program into `paths`";

/// A mistake in the text of a configuration.
struct ConfigMistake {
    /// Position in the text, in bytes.
    byte: usize,
    what: String,
}

impl ConfigMistake {
    fn new(byte: usize, what: impl Into<String>) -> Self {
        Self { byte, what: what.into() }
    }

    fn in_file(self, path: &Path, text: &str) -> ConfigError {
        let line = 1 + text[..self.byte.min(text.len())].matches('\n').count();
        ConfigError::Wrong { path: path.to_owned(), line, what: self.what }
    }
}

fn parse(text: &str, folder: &Path) -> Result<Config, ConfigMistake> {
    let root = DeTable::parse(text)
        .map_err(|error| ConfigMistake::new(error.span().map_or(0, |span| span.start), error.message()))?;
    let mut config = Config::new(folder);
    read_table(&mut config, "", root.get_ref())?;
    let by_name = |a: &Source, b: &Source| a.name.cmp(&b.name);
    config.sources.sort_by(by_name);
    if let Some(pair) = config.sources.windows(2).find(|pair| pair[0].name == pair[1].name) {
        return Err(ConfigMistake::new(0, format!("two sources are named `{}`", pair[0].name)));
    }
    add_agreements(&mut config);
    let terms = config.sources.iter().filter(|source| source.terms != Terms::default());
    config.rules.terms = terms.map(|source| (source.name.clone(), source.terms.clone())).collect();
    Ok(config)
}

/// Adds its agreement to the terms of each source. An agreement that is not configured closes its source.
fn add_agreements(config: &mut Config) {
    let Config { agreements, sources, .. } = config;
    for source in sources {
        let Some(name) = &source.agreement else { continue };
        let found = agreements.iter().find(|agreement| agreement.name == *name).cloned();
        source.terms.agreement = Some(found.unwrap_or_else(|| Agreement::missing(name)));
    }
}

fn read_table(config: &mut Config, prefix: &str, table: &DeTable<'_>) -> Result<(), ConfigMistake> {
    for (name, value) in table {
        let full = if prefix.is_empty() {
            name.get_ref().to_string()
        } else {
            format!("{prefix}.{}", name.get_ref())
        };
        if let Some(key) = KEYS.iter().find(|key| key.name == full) {
            let mistake = || ConfigMistake::new(value.span().start, format!("`{full}` takes {}", key.takes));
            (key.set)(config, value.get_ref()).ok_or_else(mistake)?;
            continue;
        }
        let is_table =
            KEYS.iter().any(|key| key.name.strip_prefix(&full).is_some_and(|tail| tail.starts_with('.')));
        match value.get_ref() {
            DeValue::Array(items) if is_table && is_repeated(&full) => {
                for item in items {
                    let begins = item.span().start;
                    let table = item.get_ref().as_table();
                    let table =
                        table.ok_or_else(|| ConfigMistake::new(begins, format!("write [[{full}]]")))?;
                    read_item(config, &full, begins, table)?;
                }
            }
            DeValue::Table(inner) if is_table && !is_repeated(&full) => read_table(config, &full, inner)?,
            _ if is_table => {
                let form = if is_repeated(&full) { format!("[[{full}]]") } else { format!("[{full}]") };
                return Err(ConfigMistake::new(
                    name.span().start,
                    format!("`{full}` is a table; write {form}"),
                ));
            }
            _ => return Err(ConfigMistake::new(name.span().start, unknown_key(&full))),
        }
    }
    Ok(())
}

/// Returns whether a table may occur several times.
fn is_repeated(table: &str) -> bool {
    matches!(table, "source" | "audience" | "agreement")
}

fn read_item(config: &mut Config, kind: &str, byte: usize, table: &DeTable<'_>) -> Result<(), ConfigMistake> {
    if kind == "source" {
        config.sources.push(Source::default());
        read_table(config, kind, table)?;
        let origins = ["paths", "taxii", "url"];
        if table.keys().filter(|name| origins.contains(&name.get_ref().as_ref())).count() > 1 {
            return Err(ConfigMistake::new(byte, "a [[source]] has one of `paths`, `taxii` and `url`"));
        }
        if source(config).remote.is_some() && !source(config).pseudonymise.is_empty() {
            return Err(ConfigMistake::new(byte, PLAIN_FETCHES));
        }
        let is_named = !source(config).name.is_empty();
        return if is_named { Ok(()) } else { Err(ConfigMistake::new(byte, "a [[source]] needs a `name`")) };
    }
    if kind == "agreement" {
        config.agreements.push(Agreement::default());
        read_table(config, kind, table)?;
        let added = agreement(config).name.clone();
        let same_name = config.agreements.iter().filter(|other| other.name == added).count();
        return match (added.is_empty(), same_name) {
            (true, _) => Err(ConfigMistake::new(byte, "an [[agreement]] needs a `name`")),
            (_, 2..) => Err(ConfigMistake::new(byte, format!("two agreements are named `{added}`"))),
            _ => Ok(()),
        };
    }
    config.rules.audiences.push(Audience { name: String::new(), ..Audience::all() });
    read_table(config, kind, table)?;
    let added = audience(config).clone();
    if added.name.is_empty() || added.clearance.is_none() {
        return Err(ConfigMistake::new(byte, "an [[audience]] needs a `name` and a `clearance`"));
    }
    let same_name = config.rules.audiences.iter().filter(|other| other.name == added.name).count();
    if same_name > 1 {
        return Err(ConfigMistake::new(byte, format!("two audiences are named `{}`", added.name)));
    }
    Ok(())
}

/// Former names of keys, with the present ones.
const RENAMED: &[(&str, &str)] = &[("source.told", "source.recorded_at")];

fn unknown_key(name: &str) -> String {
    if let Some((_, present)) = RENAMED.iter().find(|(former, _)| *former == name) {
        return format!("there is no key `{name}`; it is called `{present}` now");
    }
    let tables = KEYS.iter().filter_map(|key| key.name.rsplit_once('.')).map(|(table, _)| table);
    let closest = KEYS
        .iter()
        .map(|key| key.name)
        .chain(tables)
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .min();
    match closest {
        Some((distance, known)) if distance <= 3.min(1 + name.len() / 3) => {
            format!("there is no key `{name}`; did you mean `{known}`?")
        }
        _ => format!("there is no key `{name}`; `araneus list keys` names all"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{record::Mode, run::configuration_markdown};

    fn message(text: &str) -> String {
        parse(text, Path::new("here"))
            .map_or_else(|mistake| format!("{}: {}", mistake.byte, mistake.what), |_| "fine".to_owned())
    }

    fn parsed(text: &str) -> Config {
        parse(text, Path::new("here")).unwrap_or_else(|mistake| panic!("{}", mistake.what))
    }

    #[test]
    fn an_example_with_every_kind_of_key_is_read() {
        let text = "state = \".araneus\"\nwarning_lists = [\"lists/*.json\"]\n[review]\nbudget = 20\n[weight]\n\
            half_life_days = { infrastructure = 45, finance = 180 }\n[[source]]\nname = \"attack\"\nmode = \"snapshot\"\n\
            recorded_at = \"object\"\nreliability = \"B\"\nduplicate_free = true\nmarking = \"TLP:GREEN\"\n[[audience]]\n\
            name = \"partners\"\nclearance = \"TLP:GREEN\"\npurposes = [\"analyse\"]\n";
        let config = parsed(text);
        assert_eq!(config.state, Path::new("here/.araneus"));
        assert_eq!(config.source("attack").mode, Mode::Snapshot);
        assert!(config.source("attack").has_object_times);
        assert_eq!(config.rules.terms["attack"].marking.as_deref(), Some("TLP:GREEN"));
        assert_eq!(config.rules.audiences_of_run()[0].name, "partners");
    }

    #[test]
    fn mistakes_are_named_with_their_place_and_a_suggestion() {
        assert_eq!(
            message("[review]\nbudgte = 3\n"),
            "9: there is no key `review.budgte`; did you mean `review.budget`?"
        );
        assert_eq!(message("[review]\nbudget = \"many\"\n"), "18: `review.budget` takes a whole number");
        assert!(message("[[source]]\nmode = \"snapshot\"\n").ends_with("a [[source]] needs a `name`"));
        assert!(message("[source]\nname = \"x\"\n").ends_with("write [[source]]"));
        assert!(message("state = \n").starts_with("8: "), "{}", message("state = \n"));
        assert!(message("[[audience]]\nname = \"a/b\"\n").contains("`audience.name` takes"));
    }

    #[test]
    fn a_former_name_of_a_key_is_refused_with_the_present_one() {
        let source = |key: &str| format!("[[source]]\nname = \"feed\"\n{key}\n");
        assert!(parsed(&source("recorded_at = \"object\"")).source("feed").has_object_times);
        let rejected = message(&source("told = \"object\""));
        assert!(
            rejected.ends_with("no key `source.told`; it is called `source.recorded_at` now"),
            "{rejected}"
        );
        assert!(message(&source("recorded_at = \"never\"")).contains("`source.recorded_at` takes"));
        assert!(!configuration_markdown().contains("source.told"));
    }
}
