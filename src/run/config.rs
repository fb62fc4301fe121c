//! What may be chosen: one table of keys reads the file, checks it and makes its documentation.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use toml::de::{DeTable, DeValue};

use super::warnings;
use crate::{
    analysis::AnalysisConfig,
    ingest::{
        Ignore,
        table::{MappingError, read_mapping},
    },
    link::Layer,
    marking::Marking,
    record::{Mode, Reliability, Terms},
    review::ReviewConfig,
    time::DAY,
    view::{AccessPolicy, Audience},
};

/// Everything that is configured.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Folder of the file; paths in it are relative to that.
    pub folder: PathBuf,
    /// Where the archive is.
    pub state: PathBuf,
    /// Where nights are left.
    pub out: PathBuf,
    /// Lists of values that are no evidence, in MISP's format.
    pub warning_lists: Vec<String>,
    /// Which model scores.
    pub model: String,
    /// Who delivers.
    pub sources: Vec<Source>,
    /// What a night's result depends on.
    pub rules: Rules,
}

/// What a night's result depends on, beside records and moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Who is who, and what weighs how much.
    pub analysis: AnalysisConfig,
    /// What comes before a person.
    pub review: ReviewConfig,
    /// Terms of each source that has any.
    pub terms: BTreeMap<String, Terms>,
    /// Who reads; none means one that sees everything.
    pub audiences: Vec<Audience>,
    /// Id of the model that scores.
    pub model: String,
}

impl Rules {
    /// Returns how an audience sees by these rules.
    pub fn lens<'a>(&'a self, audience: &'a Audience) -> AccessPolicy<'a> {
        AccessPolicy { terms: &self.terms, audience }
    }

    /// Returns those who read a night: the configured, or one that sees everything.
    pub fn readers(&self) -> Vec<Audience> {
        if self.audiences.is_empty() { vec![Audience::all()] } else { self.audiences.clone() }
    }
}

/// One who delivers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Source {
    /// Name.
    pub name: String,
    /// What a run without INPUT reads.
    pub paths: Vec<String>,
    /// Paths that are not read.
    pub ignore: Ignore,
    /// How it delivers.
    pub mode: Mode,
    /// Whether its objects say themselves when we were told.
    pub has_object_times: bool,
    /// Microseconds after which it is overdue, from when its last delivery was read.
    pub expect: Option<i64>,
    /// Mapping of its tables.
    pub mapping: Option<String>,
    /// What is agreed.
    pub terms: Terms,
}

/// What is wrong with a configuration, and where.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No such file, or not readable.
    #[error("cannot read the configuration `{path}`")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Something in it.
    #[error("{path}:{line}: {what}")]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// Line from 1.
        line: usize,
        /// What is wrong, and what to write instead.
        what: String,
    },
    /// A warning list that cannot be used.
    #[error("warning list `{path}`: {what}")]
    WarningList {
        /// Which.
        path: String,
        /// Why.
        what: String,
    },
    /// A mapping that it names.
    #[error(transparent)]
    Mapping(#[from] MappingError),
}

/// A key that may be set.
pub struct Key {
    /// Name with its table: `review.budget`; `source.` and `audience.` stand for `[[source]]` and `[[audience]]`.
    pub name: &'static str,
    /// What may stand there.
    pub takes: &'static str,
    /// What holds where it is not set.
    pub default: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
    set: fn(&mut Config, &DeValue<'_>) -> Option<()>,
}

const fn key(
    name: &'static str,
    takes: &'static str,
    default: &'static str,
    about: &'static str,
    set: fn(&mut Config, &DeValue<'_>) -> Option<()>,
) -> Key {
    Key { name, takes, default, about, set }
}

/// Every key. This table reads the file and makes `docs/configuration.md`.
pub const KEYS: &[Key] = &[
    key("state", "a folder", ".araneus", "Where the archive is kept.", |config, value| {
        config.state = config.folder.join(value.as_str()?);
        Some(())
    }),
    key("out", "a folder", "out", "Where nights are left.", |config, value| {
        config.out = config.folder.join(value.as_str()?);
        Some(())
    }),
    key(
        "warning_lists",
        "a list of paths",
        "none",
        "MISP warning lists, files or globs: what they hold is so common that its links weigh nothing and it ties nobody. A listed host stands also for the names below it that are the same registrant's.",
        |config, value| {
            config.warning_lists = texts(value)?;
            Some(())
        },
    ),
    key(
        "review.budget",
        "a whole number",
        "20",
        "Most flags that one night's queue holds.",
        |config, value| {
            config.rules.review.budget = whole(value)?;
            Some(())
        },
    ),
    key(
        "resolve.match_probability",
        "a number from 0 to 1",
        "0.95",
        "Rules of identity less probable than this are not applied.",
        |config, value| {
            config.rules.analysis.resolve.match_probability = share(value)?;
            Some(())
        },
    ),
    key(
        "weight.half_life_days",
        "a table of layer = days",
        "infrastructure 45, finance 180, co-report 180",
        "Days after which evidence of a layer counts half; layers that are not named do not age.",
        |config, value| {
            for (layer, days) in value.as_table()? {
                Layer::named(layer.get_ref())?;
                let days = number(days.get_ref()).filter(|days| *days > 0.0)?;
                config.rules.analysis.weight.half_life_days.insert(layer.get_ref().to_string(), days);
            }
            Some(())
        },
    ),
    key(
        "patterns.fdr",
        "a number from 0 to 1",
        "0.05",
        "False-discovery rate over a night's candidates: how many of a hundred that pass may be chance.",
        |config, value| {
            config.rules.review.fdr = share(value)?;
            Some(())
        },
    ),
    key(
        "patterns.window_days",
        "a whole number from 1",
        "7",
        "Days in which a pattern emerges; longer where nights lie further apart.",
        |config, value| {
            config.rules.analysis.window_days = whole(value).filter(|days| *days > 0)?;
            Some(())
        },
    ),
    key(
        "model.id",
        "a name",
        "default",
        "Which model scores: `default`, `rules` (no model), or one of the state's folder `models`.",
        |config, value| {
            value.as_str()?.clone_into(&mut config.model);
            Some(())
        },
    ),
    key("source.name", "a name", "required", "Name of the source.", |config, value| {
        let name = value.as_str().filter(|name| !name.is_empty())?;
        name.clone_into(&mut source(config).name);
        Some(())
    }),
    key(
        "source.paths",
        "a list of paths, folders or globs",
        "none",
        "What a run without INPUT reads.",
        |config, value| {
            source(config).paths = texts(value)?;
            Some(())
        },
    ),
    key(
        "source.ignore",
        "a list of globs",
        "none",
        "Files and folders that are not read: `*/hashes.csv` is compared with the whole path, and `*` also matches `/`; a pattern without `/` is compared with each name on the path. Members of archives count as files. What is left out makes no snapshot incomplete.",
        |config, value| {
            source(config).ignore = Ignore::new(&texts(value)?)?;
            Some(())
        },
    ),
    key(
        "source.mode",
        "\"snapshot\" or \"increment\"",
        "increment",
        "Whether a run states all that the source holds.",
        |config, value| {
            source(config).mode = match value.as_str()? {
                "snapshot" => Mode::Snapshot,
                "increment" => Mode::Increment,
                _ => return None,
            };
            Some(())
        },
    ),
    key(
        "source.recorded_at",
        "\"delivery\" or \"object\"",
        "delivery",
        "Where an object's recorded time comes from: the run's as-of time, or the object's own time, never later than that.",
        |config, value| {
            source(config).has_object_times = match value.as_str()? {
                "object" => true,
                "delivery" => false,
                _ => return None,
            };
            Some(())
        },
    ),
    key(
        "source.expect",
        "a number of minutes, hours, days or weeks, such as \"36h\"",
        "none",
        "The source is overdue, and a run ends with 4, when its last delivery was first read longer ago; equal bytes at the same path are no new delivery. Unset, an increment source may be silent and a snapshot source may not.",
        |config, value| {
            source(config).expect = Some(duration(value.as_str()?)?);
            Some(())
        },
    ),
    key(
        "source.reliability",
        "\"A\" to \"F\"",
        "F",
        "Reliability in the Admiralty system; F, cannot be judged, weighs as C.",
        |config, value| {
            source(config).terms.reliability = reliability(value.as_str()?)?;
            Some(())
        },
    ),
    key(
        "source.duplicate_free",
        "true or false",
        "false",
        "Two entries of this source are never one entity.",
        |config, value| {
            source(config).terms.duplicate_free = value.as_bool()?;
            Some(())
        },
    ),
    key(
        "source.marking",
        "a TLP marking",
        "unmarked",
        "Marking of what the source leaves unmarked; what stays unmarked is shown only to those without a clearance limit.",
        |config, value| {
            source(config).terms.marking = Some(tlp(value)?);
            Some(())
        },
    ),
    key(
        "source.mapping",
        "a path or a name",
        "none",
        "Mapping of the source's tables: a file, or the name of one that comes with the program; see docs/mapping.md.",
        |config, value| {
            source(config).mapping = Some(value.as_str()?.to_owned());
            Some(())
        },
    ),
    key(
        "audience.name",
        "a name of letters, digits, - and _, not \"steward\" or \"all\"",
        "required",
        "Name of the audience, and of its folder in a night.",
        |config, value| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let name = value.as_str().filter(|name| {
                !name.is_empty() && name.chars().all(is_plain) && !matches!(*name, "steward" | "all")
            })?;
            name.clone_into(&mut audience(config).name);
            Some(())
        },
    ),
    key(
        "audience.clearance",
        "a TLP marking",
        "required",
        "Strictest marking that the audience may see.",
        |config, value| {
            audience(config).clearance = Some(tlp(value)?);
            Some(())
        },
    ),
    key(
        "audience.purposes",
        "a list of words",
        "none",
        "What the audience reads for; kept for later, decides nothing yet.",
        |config, value| {
            audience(config).purposes = texts(value)?;
            Some(())
        },
    ),
];

fn source(config: &mut Config) -> &mut Source {
    config.sources.last_mut().expect("a source was begun before its keys are set")
}

fn audience(config: &mut Config) -> &mut Audience {
    config.rules.audiences.last_mut().expect("an audience was begun before its keys are set")
}

fn texts(value: &DeValue<'_>) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|value| value.get_ref().as_str().map(str::to_owned)).collect()
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    let text = value
        .as_float()
        .map(toml::de::DeFloat::as_str)
        .or_else(|| value.as_integer().map(toml::de::DeInteger::as_str))?;
    text.replace('_', "").parse().ok().filter(|number: &f64| number.is_finite())
}

fn share(value: &DeValue<'_>) -> Option<f64> {
    number(value).filter(|number| (0.0..=1.0).contains(number))
}

fn whole(value: &DeValue<'_>) -> Option<u32> {
    value.as_integer()?.as_str().replace('_', "").parse().ok()
}

/// Reads a reliability in the Admiralty system, `A` to `F`.
pub fn reliability(letter: &str) -> Option<Reliability> {
    Some(match letter {
        "A" => Reliability::A,
        "B" => Reliability::B,
        "C" => Reliability::C,
        "D" => Reliability::D,
        "E" => Reliability::E,
        "F" => Reliability::F,
        _ => return None,
    })
}

/// Reads a duration, such as `36h`, into microseconds.
fn duration(text: &str) -> Option<i64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number: i64 = text[..digits].parse().ok().filter(|number| *number > 0)?;
    let unit = match &text[digits..] {
        "m" => DAY / (24 * 60),
        "h" => DAY / 24,
        "d" => DAY,
        "w" => 7 * DAY,
        _ => return None,
    };
    number.checked_mul(unit)
}

/// Keys under the names that they had before.
const FORMER: &[(&str, &str)] = &[("source.told", "source.recorded_at")];

/// Returns a key's name as it is now, where it is known under a former one.
fn present_name(full: String) -> String {
    FORMER.iter().find(|(former, _)| *former == full).map_or(full, |(_, present)| (*present).to_owned())
}

fn tlp(value: &DeValue<'_>) -> Option<String> {
    Marking::parse(value.as_str()?).map(|marking| marking.to_string())
}

impl Config {
    /// Returns what holds where nothing is configured, with paths relative to `folder`.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            state: folder.join(".araneus"),
            out: folder.join("out"),
            warning_lists: Vec::new(),
            model: "default".to_owned(),
            sources: Vec::new(),
            rules: Rules::default(),
        }
    }

    /// Returns what is configured for a source; an unknown one delivers increments.
    pub fn source(&self, name: &str) -> Source {
        let known = self.sources.iter().find(|source| source.name == name).cloned();
        known.unwrap_or_else(|| Source { name: name.to_owned(), ..Source::default() })
    }
}

/// Reads a configuration file.
pub fn read_config(path: &Path) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut config = parse(&text, folder).map_err(|(at, what)| {
        let line = 1 + text[..at.min(text.len())].matches('\n').count();
        ConfigError::Wrong { path: path.to_owned(), line, what }
    })?;
    config.rules.analysis.weight.warning_lists = warnings::read(&config.warning_lists, folder)?;
    with_mappings(config)
}

/// Reads the mappings that sources name: what a row says is one of the rules of a night.
fn with_mappings(mut config: Config) -> Result<Config, ConfigError> {
    for source in &mut config.sources {
        if let Some(written) = &source.mapping {
            let mapping = read_mapping(written, &config.folder)?;
            source.terms.mapping = Some(serde_json::to_value(&mapping).expect("a mapping is plain data"));
            config.rules.terms.insert(source.name.clone(), source.terms.clone());
        }
    }
    Ok(config)
}

/// Reads a configuration from its text; paths in it are relative to `folder`.
pub(crate) fn parse_config(text: &str, folder: &Path) -> Result<Config, ConfigError> {
    let config = parse(text, folder).map_err(|(at, what)| {
        let line = 1 + text[..at.min(text.len())].matches('\n').count();
        ConfigError::Wrong { path: folder.join("araneus.toml"), line, what }
    })?;
    with_mappings(config)
}

type Wrong = (usize, String);

/// Reads a configuration's text; an error carries the byte it is about.
fn parse(text: &str, folder: &Path) -> Result<Config, Wrong> {
    let root = DeTable::parse(text)
        .map_err(|error| (error.span().map_or(0, |span| span.start), error.message().to_owned()))?;
    let mut config = Config::new(folder);
    read_table(&mut config, "", root.get_ref())?;
    let by_name = |a: &Source, b: &Source| a.name.cmp(&b.name);
    config.sources.sort_by(by_name);
    if let Some(twice) = config.sources.windows(2).find(|pair| pair[0].name == pair[1].name) {
        return Err((0, format!("two sources are named `{}`", twice[0].name)));
    }
    let terms = config.sources.iter().filter(|source| source.terms != Terms::default());
    config.rules.terms = terms.map(|source| (source.name.clone(), source.terms.clone())).collect();
    Ok(config)
}

fn read_table(config: &mut Config, prefix: &str, table: &DeTable<'_>) -> Result<(), Wrong> {
    let mut seen = BTreeSet::new();
    for (name, value) in table {
        let full = if prefix.is_empty() {
            name.get_ref().to_string()
        } else {
            format!("{prefix}.{}", name.get_ref())
        };
        let at = name.span().start;
        let full = present_name(full);
        if !seen.insert(full.clone()) {
            return Err((at, format!("`{full}` stands there twice, once under a former name")));
        }
        if let Some(key) = KEYS.iter().find(|key| key.name == full) {
            let wrong = || (value.span().start, format!("`{full}` takes {}", key.takes));
            (key.set)(config, value.get_ref()).ok_or_else(wrong)?;
            continue;
        }
        let begins =
            KEYS.iter().any(|key| key.name.strip_prefix(&full).is_some_and(|rest| rest.starts_with('.')));
        match value.get_ref() {
            DeValue::Array(items) if begins && matches!(full.as_str(), "source" | "audience") => {
                for item in items {
                    let table = item
                        .get_ref()
                        .as_table()
                        .ok_or_else(|| (item.span().start, format!("write [[{full}]]")))?;
                    read_item(config, &full, item.span().start, table)?;
                }
            }
            DeValue::Table(inner) if begins && !matches!(full.as_str(), "source" | "audience") => {
                read_table(config, &full, inner)?;
            }
            _ if begins => return Err((at, format!("`{full}` is a table; write {}", table_form(&full)))),
            _ => return Err((at, unknown(&full))),
        }
    }
    Ok(())
}

fn table_form(name: &str) -> String {
    if matches!(name, "source" | "audience") { format!("[[{name}]]") } else { format!("[{name}]") }
}

fn read_item(config: &mut Config, kind: &str, at: usize, table: &DeTable<'_>) -> Result<(), Wrong> {
    if kind == "source" {
        config.sources.push(Source::default());
        read_table(config, kind, table)?;
        let is_named = !source(config).name.is_empty();
        return if is_named { Ok(()) } else { Err((at, "a [[source]] needs a `name`".to_owned())) };
    }
    config.rules.audiences.push(Audience { name: String::new(), ..Audience::all() });
    read_table(config, kind, table)?;
    let own = audience(config).clone();
    if own.name.is_empty() || own.clearance.is_none() {
        return Err((at, "an [[audience]] needs a `name` and a `clearance`".to_owned()));
    }
    let twins = config.rules.audiences.iter().filter(|other| other.name == own.name).count();
    if twins > 1 { Err((at, format!("two audiences are named `{}`", own.name))) } else { Ok(()) }
}

fn unknown(name: &str) -> String {
    let tables = KEYS.iter().filter_map(|key| key.name.rsplit_once('.')).map(|(table, _)| table);
    let near = KEYS
        .iter()
        .map(|key| key.name)
        .chain(tables)
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .min();
    match near {
        Some((distance, near)) if distance <= 3.min(1 + name.len() / 3) => {
            format!("there is no key `{name}`; did you mean `{near}`?")
        }
        _ => format!("there is no key `{name}`; `araneus list keys` names all"),
    }
}

/// Returns `docs/configuration.md`.
pub fn configuration_markdown() -> String {
    let mut text =
        "# Configuration\n\nMade from `KEYS` in `src/run/config.rs`, the table that reads the file. \
        Paths are relative to the file's folder; a flag wins over a key; an unknown key is an error.\n\n\
        | Key | Takes | Default | What it does |\n|---|---|---|---|\n"
            .to_owned();
    for key in KEYS {
        let _ = writeln!(text, "| `{}` | {} | {} | {} |", key.name, key.takes, key.default, key.about);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        parse(text, Path::new("here"))
            .map_or_else(|(at, what)| format!("{at}: {what}"), |_| "fine".to_owned())
    }

    #[test]
    fn the_contract_s_example_is_read() {
        let text = "state = \".araneus\"\nwarning_lists = [\"lists/*.json\"]\n[review]\nbudget = 20\n[weight]\n\
            half_life_days = { infrastructure = 45, finance = 180 }\n[[source]]\nname = \"attack\"\nmode = \"snapshot\"\n\
            told = \"object\"\nreliability = \"B\"\nduplicate_free = true\nmarking = \"TLP:GREEN\"\n[[audience]]\n\
            name = \"partners\"\nclearance = \"TLP:GREEN\"\npurposes = [\"analyse\"]\n";
        let config = parse(text, Path::new("here")).expect("reads");
        assert_eq!(config.state, Path::new("here/.araneus"));
        assert_eq!(config.source("attack").mode, Mode::Snapshot);
        assert_eq!(config.rules.terms["attack"].marking.as_deref(), Some("TLP:GREEN"));
        assert_eq!(config.rules.readers()[0].name, "partners");
    }

    #[test]
    fn mistakes_are_named_with_their_place_and_a_suggestion() {
        assert_eq!(
            said("[review]\nbudgte = 3\n"),
            "9: there is no key `review.budgte`; did you mean `review.budget`?"
        );
        assert_eq!(said("[review]\nbudget = \"many\"\n"), "18: `review.budget` takes a whole number");
        assert!(said("[[source]]\nmode = \"snapshot\"\n").ends_with("a [[source]] needs a `name`"));
        assert!(said("[source]\nname = \"x\"\n").ends_with("write [[source]]"));
        assert!(said("state = \n").starts_with("8: "), "{}", said("state = \n"));
        assert!(said("[[audience]]\nname = \"a/b\"\n").contains("`audience.name` takes"));
    }

    #[test]
    fn where_a_recorded_time_comes_from_has_one_key_and_a_former_name() {
        let source = |keys: &str| format!("[[source]]\nname = \"feed\"\n{keys}\n");
        for key in ["recorded_at = \"object\"", "told = \"object\""] {
            let config = parse(&source(key), Path::new("here")).expect("reads");
            assert!(config.source("feed").has_object_times, "{key}");
        }
        let both = said(&source("recorded_at = \"object\"\ntold = \"object\""));
        assert!(both.contains("`source.recorded_at`") && both.contains("twice"), "{both}");
        assert!(said(&source("told = \"never\"")).contains("`source.recorded_at` takes"));
        assert!(!configuration_markdown().contains("source.told"));
    }

    #[test]
    fn a_duration_has_a_number_and_a_unit() {
        assert_eq!(duration("36h"), Some(36 * DAY / 24));
        assert_eq!(duration("90m"), Some(DAY / 16));
        assert_eq!((duration("2d"), duration("1w")), (Some(2 * DAY), Some(7 * DAY)));
        for wrong in ["", "h", "36", "-1h", "0h", "1.5h", "36 h", "3y", "99999999999999d"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_key_has_one_name_and_a_sentence() {
        for (at, key) in KEYS.iter().enumerate() {
            assert!(key.about.ends_with('.'), "{}", key.name);
            assert!(KEYS[..at].iter().all(|other| other.name != key.name), "{}", key.name);
        }
    }
}
