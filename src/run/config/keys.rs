//! The table of keys: it reads the file, checks it and makes its documentation.

use std::fmt::Write;

use toml::de::DeValue;

use super::{
    remote,
    settings::{Config, Source},
    values::{duration, number, reliability, share, texts, tlp, whole},
};
use crate::{
    agreement::Agreement,
    canonical::detect::is_uuid,
    ingest::{Field, Ignore},
    link::Layer,
    record::Mode,
    resolve::read_attribute_model,
    view::Audience,
};

/// A key of the configuration.
pub struct Key {
    /// Name with its table: `review.budget`; `source.`, `agreement.` and `audience.` mean `[[source]]`, `[[agreement]]` and
    /// `[[audience]]`.
    pub name: &'static str,
    /// Description of the accepted values.
    pub takes: &'static str,
    /// Value of a key that is not set.
    pub default: &'static str,
    /// Effect of the key, in one sentence.
    pub about: &'static str,
    pub(super) set: fn(&mut Config, &DeValue<'_>) -> Option<()>,
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
    key("state", "a folder", ".araneus", "Folder of the archive.", |config, value| {
        config.state = config.folder.join(value.as_str()?);
        Some(())
    }),
    key("out", "a folder", "out", "Folder for results.", |config, value| {
        config.out = config.folder.join(value.as_str()?);
        Some(())
    }),
    key(
        "warning_lists",
        "a list of paths",
        "none",
        "MISP warning lists, files or globs. Listed values are so common that their links have weight 0 and connect no entities. A listed host also covers the names below it that belong to the same registrant.",
        |config, value| {
            config.warning_lists = texts(value)?;
            Some(())
        },
    ),
    key(
        "pseudonym_key_file",
        "a path",
        "none",
        "File with the key of pseudonyms, 16 bytes or more, which other users of the machine must not be able to read; see docs/pseudonyms.md.",
        |config, value| {
            config.pseudonym_key_file = Some(config.folder.join(value.as_str()?));
            Some(())
        },
    ),
    key(
        "pseudonym_key_env",
        "the name of a variable",
        "none",
        "Variable of the environment with the key of pseudonyms. A variable that is set wins over the file.",
        |config, value| {
            config.pseudonym_key_env = Some(value.as_str().filter(|name| !name.is_empty())?.to_owned());
            Some(())
        },
    ),
    key(
        "review.budget",
        "a whole number",
        "20",
        "Most flags in the review queue of one run.",
        |config, value| {
            config.rules.review.budget = whole(value)?;
            Some(())
        },
    ),
    key(
        "review.exploration",
        "a whole number",
        "2",
        "Places of the queue for unflagged candidates that are drawn at random, so that verdicts are a fair sample; 0 switches this off. Such candidates are not flags. They use at most half of the budget.",
        |config, value| {
            config.rules.review.exploration = whole(value)?;
            Some(())
        },
    ),
    key(
        "resolve.match_probability",
        "a number from 0 to 1",
        "0.95",
        "Rules of identity and pairs of names that are less probable than this join nothing.",
        |config, value| {
            config.rules.analysis.resolve.match_probability = share(value)?;
            Some(())
        },
    ),
    key(
        "resolve.attributes",
        "a path",
        "none",
        "Model of attributes that `araneus compare --save-model` fitted to records of your own. Its columns have the names of attributes, such as `birth-date`.",
        |config, value| {
            let text = std::fs::read_to_string(config.folder.join(value.as_str()?)).ok()?;
            config.rules.analysis.resolve.attributes = Some(read_attribute_model(&text).ok()?);
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
        "False-discovery rate over the candidates of a run: the share of passing candidates that may be chance.",
        |config, value| {
            config.rules.review.fdr = share(value)?;
            Some(())
        },
    ),
    key(
        "patterns.window_days",
        "a whole number from 1",
        "7",
        "Days in which a pattern emerges; more if runs are further apart.",
        |config, value| {
            config.rules.analysis.window_days = whole(value).filter(|days| *days > 0)?;
            Some(())
        },
    ),
    key(
        "metrics.pagerank_passes",
        "a whole number from 1",
        "none",
        "Computes PageRank in exactly this many passes, in whole units of 2^-60. A cluster can then compute it with the same result; see docs/cluster.md. Otherwise the ranks are exact to 1e-13.",
        |config, value| {
            config.rules.analysis.pagerank_passes = Some(whole(value).filter(|passes| *passes > 0)?);
            Some(())
        },
    ),
    key(
        "model.id",
        "a name",
        "default",
        "Name of the model that orders the flags: `default`, `rules` (no model), or one of the state's folder `models`. Without the key it is the model in service (`araneus models use`), else `default`.",
        |config, value| {
            config.model = Some(value.as_str()?.to_owned());
            Some(())
        },
    ),
    key(
        "keep.runs",
        "a whole number from 1",
        "all",
        "Number of the newest runs whose folders `araneus gc` leaves. It also leaves the run that `latest` names and the newest folder of each audience.",
        |config, value| {
            config.keep.runs = Some(whole(value).filter(|runs| *runs > 0)?);
            Some(())
        },
    ),
    key(
        "keep.monthly",
        "a whole number",
        "0",
        "Number of the newest months of which `araneus gc` leaves the last run, too.",
        |config, value| {
            config.keep.monthly = whole(value)?;
            Some(())
        },
    ),
    key(
        "reader.worker",
        "true or false",
        "true",
        "If true, a process of its own unpacks each compressed, Parquet and Arrow file, so that a file that makes its decoder fail costs only itself; see docs/operations.md.",
        |config, value| {
            config.has_workers = value.as_bool()?;
            Some(())
        },
    ),
    key(
        "reader.memory_mib",
        "a whole number from 16",
        "4096",
        "Most memory in MiB of the process that reads one compressed, Parquet or Arrow file, besides the stored bytes of the file. Also the most unpacked bytes of one such file in memory. A file that needs more is rejected (`reader-memory`).",
        |config, value| {
            config.reader.memory = u64::from(whole(value).filter(|mib| *mib >= 16)?) << 20;
            Some(())
        },
    ),
    key(
        "reader.seconds",
        "a whole number from 1",
        "300",
        "Most seconds of processor time of the process that reads one compressed, Parquet or Arrow file, and most seconds without output of it. Each MiB of the file adds a second. A file that needs more is rejected (`reader-time`).",
        |config, value| {
            config.reader.seconds = u64::from(whole(value).filter(|seconds| *seconds > 0)?);
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
        "Files and folders that a run without INPUT reads.",
        |config, value| {
            source(config).paths = texts(value)?;
            Some(())
        },
    ),
    key(
        "source.taxii",
        "a table with `url` (https) and `collection`; also `user_file` or `token_file`, or `user_env` or `token_env`; `ca`; `private`",
        "none",
        "Collection of a TAXII 2.1 server that `araneus fetch` reads, instead of `paths`. `url` is that of the discovery resource or of an API root; see docs/fetch.md.",
        |config, value| {
            let remote = remote::taxii(&config.folder, value)?;
            source(config).remote = Some(remote);
            Some(())
        },
    ),
    key(
        "source.url",
        "an address (https), or a table with `url` and the other keys of `taxii` without `collection`",
        "none",
        "File, or folder of a MISP feed, that `araneus fetch` reads, instead of `paths`. A folder ends with `/`; its manifest.json is followed within the folder. See docs/fetch.md.",
        |config, value| {
            let remote = remote::url(&config.folder, value)?;
            source(config).remote = Some(remote);
            Some(())
        },
    ),
    key(
        "source.ignore",
        "a list of globs",
        "none",
        "Files and folders that are not read. A pattern with `/`, such as `*/hashes.csv`, is compared with the whole path, and `*` also matches `/`. A pattern without `/` is compared with each name on the path. Members of archives count as files. An ignored file does not make a snapshot incomplete.",
        |config, value| {
            source(config).ignore = Ignore::new(&texts(value)?)?;
            Some(())
        },
    ),
    key(
        "source.mode",
        "\"snapshot\" or \"increment\"",
        "increment",
        "Kind of delivery: a snapshot contains everything that the source holds, an increment only additions and changes.",
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
        "Origin of an object's recorded time: the run's as-of time, or the object's own time up to that.",
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
        "The source is overdue, and a run ends with 4, if its last delivery was first read longer ago. Equal bytes at the same path do not count as a new delivery. Without this key, an increment source may be silent and a snapshot source may not.",
        |config, value| {
            source(config).expect = Some(duration(value.as_str()?)?);
            Some(())
        },
    ),
    key(
        "source.reliability",
        "\"A\" to \"F\"",
        "F",
        "Reliability in the Admiralty system; F (cannot be judged) weighs as C.",
        |config, value| {
            source(config).terms.reliability = reliability(value.as_str()?)?;
            Some(())
        },
    ),
    key(
        "source.duplicate_free",
        "true or false",
        "false",
        "If true, two entries of this source are never one entity.",
        |config, value| {
            source(config).terms.duplicate_free = value.as_bool()?;
            Some(())
        },
    ),
    key(
        "source.marking",
        "a TLP marking",
        "unmarked",
        "Marking of records that the source leaves unmarked. Records without a marking are shown only to audiences without a clearance.",
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
        "source.hold",
        "a table of objects, growth and withdrawn, each a number",
        "none",
        "Limits beyond which a delivery is set aside until a person decides; see docs/held.md. `objects` is the most objects of one file. `growth` limits the new objects of a run: at most this multiple of the live objects of the source. `withdrawn` is the largest share of the live objects that a snapshot may withdraw.",
        |config, value| {
            for (limit, value) in value.as_table()? {
                let hold = &mut source(config).hold;
                match limit.get_ref().as_ref() {
                    "objects" => hold.objects = Some(u64::from(whole(value.get_ref())?)),
                    "growth" => hold.growth = Some(number(value.get_ref()).filter(|growth| *growth >= 0.0)?),
                    "withdrawn" => hold.withdrawn = Some(share(value.get_ref())?),
                    _ => return None,
                }
            }
            Some(())
        },
    ),
    key(
        "source.pseudonymise",
        "a list of fields, such as `payer`, `person.name` or `*.description`",
        "none",
        "Fields whose values become pseudonyms before anything is stored: a column, or a property of objects of a kind; see docs/pseudonyms.md.",
        |config, value| {
            let fields = texts(value)?;
            if fields.iter().any(|field| Field::parse(field).is_none()) {
                return None;
            }
            source(config).pseudonymise = fields;
            Some(())
        },
    ),
    key(
        "source.agreement",
        "the name of an [[agreement]]",
        "none",
        "Agreement under which the source shares its records; see docs/agreements.md. If the configuration has no agreement of this name, nobody gets a record of the source.",
        |config, value| {
            source(config).agreement = Some(value.as_str().filter(|name| !name.is_empty())?.to_owned());
            Some(())
        },
    ),
    key("agreement.name", "a name", "required", "Name of the agreement.", |config, value| {
        let name = value.as_str().filter(|name| !name.is_empty())?;
        name.clone_into(&mut agreement(config).name);
        Some(())
    }),
    key(
        "agreement.purposes",
        "a list of words",
        "every purpose",
        "Purposes that the agreement allows. An audience gets records of the source only if all its purposes are in the list. An audience without purposes gets none, and an empty list allows no audience.",
        |config, value| {
            agreement(config).purposes = Some(texts(value)?);
            Some(())
        },
    ),
    key(
        "agreement.recipients",
        "a list of names of audiences",
        "every audience",
        "Audiences that may get records of the source. An empty list allows no audience.",
        |config, value| {
            agreement(config).recipients = Some(texts(value)?);
            Some(())
        },
    ),
    key(
        "agreement.retain_days",
        "a whole number from 1",
        "no limit",
        "Days after which records of the source must be erased, counted from their recorded time.",
        |config, value| {
            agreement(config).retain_days = Some(whole(value).filter(|days| *days > 0)?);
            Some(())
        },
    ),
    key(
        "agreement.obligations",
        "a list of sentences",
        "none",
        "Obligations that each report with records of the source shows, and each export.",
        |config, value| {
            agreement(config).obligations = texts(value)?;
            Some(())
        },
    ),
    key(
        "audience.name",
        "a name of letters, digits, - and _, not `steward` or `all`",
        "required",
        "Name of the audience, and of its folder in a run.",
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
        "Purposes for which the audience reads. An agreement that lists purposes must allow all of them; see docs/agreements.md.",
        |config, value| {
            audience(config).purposes = texts(value)?;
            Some(())
        },
    ),
    key(
        "audience.sharing_groups",
        "a list of uuids",
        "none: the level of a record decides",
        "Sharing groups of MISP that the audience belongs to. With this key it sees no record of another sharing group; see docs/misp.md.",
        |config, value| {
            let groups: Vec<String> = texts(value)?.iter().map(|group| group.to_ascii_lowercase()).collect();
            let are_uuids = groups.iter().all(|group| is_uuid(group));
            audience(config).sharing_groups = Some(groups).filter(|_| are_uuids);
            are_uuids.then_some(())
        },
    ),
    key(
        "audience.focus",
        "a table of sectors, regions and kinds, each a list of names",
        "none",
        "Subjects of the audience. Its queue has first the flags that meet most of the criteria, and leaves out those that meet none; it counts these. An entity meets a sector or region if it is that one or has a link to it. Nothing that is computed changes.",
        |config, value| {
            for (criterion, names) in value.as_table()? {
                let names = texts(names.get_ref())?;
                let focus = &mut audience(config).focus;
                match criterion.get_ref().as_ref() {
                    "sectors" => focus.sectors = names,
                    "regions" => focus.regions = names,
                    "kinds" => focus.kinds = names,
                    _ => return None,
                }
            }
            Some(())
        },
    ),
    key(
        "audience.budget",
        "a whole number",
        "that of `review.budget`",
        "Most flags in the review queue of this audience.",
        |config, value| {
            audience(config).budget = Some(whole(value)?);
            Some(())
        },
    ),
];

pub(super) fn source(config: &mut Config) -> &mut Source {
    config.sources.last_mut().expect("a source was begun before its keys are set")
}

pub(super) fn agreement(config: &mut Config) -> &mut Agreement {
    config.agreements.last_mut().expect("an agreement was begun before its keys are set")
}

pub(super) fn audience(config: &mut Config) -> &mut Audience {
    config.rules.audiences.last_mut().expect("an audience was begun before its keys are set")
}

/// Returns `docs/configuration.md`.
pub fn configuration_markdown() -> String {
    let mut text =
        "# Configuration\n\nMade from `KEYS` in `src/run/config/keys.rs`, the table that reads the file. \
        Paths are relative to the file's folder; a flag wins over a key; an unknown key is an error.\n\n\
        | Key | Takes | Default | Effect |\n|---|---|---|---|\n"
            .to_owned();
    for key in KEYS {
        let _ = writeln!(text, "| `{}` | {} | {} | {} |", key.name, key.takes, key.default, key.about);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_one_name_and_a_sentence() {
        for (index, key) in KEYS.iter().enumerate() {
            assert!(key.about.ends_with('.'), "{}", key.name);
            assert!(KEYS[..index].iter().all(|other| other.name != key.name), "{}", key.name);
        }
    }
}
