//! Inputs: which file to read, for which source, and what its name says.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use glob::Pattern;

use super::pseudonym::Pseudonyms;
use crate::time::Moment;

/// One file to read, and its source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    /// Name of the source.
    pub source: String,
    /// Path as tables show it.
    pub path: String,
    /// Place of its bytes.
    pub location: Location,
    /// Fields whose values become pseudonyms; `None` if its source has none.
    pub pseudonyms: Option<Arc<Pseudonyms>>,
}

/// Place of the bytes of an input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// A file to read.
    File {
        /// The file's path.
        path: PathBuf,
        /// Members that are not read if the file is an archive.
        ignore: Ignore,
    },
    /// A file that is not read, because of its name or the configuration.
    Ignored {
        /// True if a file with its name can hold objects, as an archive does.
        could_hold_objects: bool,
    },
    /// A file or folder that cannot be inspected, with the reason.
    Failed(String),
    /// Bytes already read from standard input.
    Bytes(Vec<u8>),
}

impl Location {
    /// Returns whether nothing is read there.
    pub fn is_ignored(&self) -> bool {
        matches!(self, Self::Ignored { .. })
    }
}

/// Glob patterns of paths that a source does not read.
///
/// A pattern without `/` is compared with each part of a path. A pattern with `/` is compared with
/// the path and with every folder on it. `*` also matches `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ignore(Arc<Vec<Pattern>>);

impl Ignore {
    /// Creates it from patterns; returns `None` if one of them is not a glob pattern.
    pub fn new(patterns: &[String]) -> Option<Self> {
        let patterns: Result<Vec<Pattern>, _> =
            patterns.iter().map(|pattern| Pattern::new(pattern)).collect();
        patterns.ok().map(|patterns| Self(Arc::new(patterns)))
    }

    /// Returns the patterns as they are written.
    pub(super) fn patterns(&self) -> Vec<String> {
        self.0.iter().map(|pattern| pattern.as_str().to_owned()).collect()
    }

    /// Returns whether a path matches one of the patterns.
    pub(super) fn matches(&self, path: &str) -> bool {
        let path = path.strip_prefix("./").unwrap_or(path);
        let ends = path.match_indices('/').map(|(position, _)| position).chain([path.len()]);
        let folders: Vec<&str> = ends.map(|end| &path[..end]).filter(|folder| !folder.is_empty()).collect();
        self.0.iter().any(|pattern| {
            let is_name = !pattern.as_str().contains('/');
            let matches = |folder: &str| match folder.rsplit_once('/') {
                Some((_, name)) if is_name => pattern.matches(name),
                _ => pattern.matches(folder),
            };
            folders.iter().any(|folder| matches(folder))
        })
    }
}

impl Input {
    /// Applies the patterns of a source to the input, or to the members of the archive that it may be.
    #[must_use]
    pub fn without(mut self, ignored: &Ignore) -> Self {
        if ignored.matches(&self.path) {
            self.location = Location::Ignored { could_hold_objects: false };
        } else if let Location::File { ignore, .. } = &mut self.location {
            *ignore = ignored.clone();
        }
        self
    }

    /// Creates an input for a file. Without a source name, its folder names the source.
    pub(super) fn of_file(source: Option<&str>, shown: &str, path: &Path) -> Self {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let source = source.map_or_else(|| folder_name(parent), str::to_owned);
        let location = Location::File { path: path.to_owned(), ignore: Ignore::default() };
        Self { source, path: shown.to_owned(), location, pseudonyms: None }
    }

    /// Creates an input for a path that cannot be inspected. Without a source name, the file or
    /// folder names the source.
    pub(super) fn of_failed(source: Option<&str>, shown: &str, path: &Path, reason: String) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut input = Self::of_file(source, shown, path);
        if source.is_none() && !is_read(&name) {
            input.source = name;
        }
        Self { location: Location::Failed(reason), ..input }
    }
}

/// Reason why an input cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// Nothing has this name.
    #[error("there is no file, folder or match for `{0}`")]
    Missing(String),
    /// An INPUT has no path.
    #[error("an empty path names no file and no folder; `.` is the current folder")]
    Empty,
    /// An INPUT is in the program's own folders.
    #[error(
        "`{input}` is in `{folder}`, where the program keeps its own files; they are never read as deliveries"
    )]
    Own {
        /// The input as given.
        input: String,
        /// The folder of the archive, or that of results.
        folder: PathBuf,
    },
    /// Standard input has no source name.
    #[error("standard input needs the name of its source: write NAME=-")]
    NamelessStdin,
    /// Standard input is given for two sources.
    #[error("standard input can be read only once")]
    StdinTwice,
    /// A replay is of a time before the first record.
    #[error("there is nothing to replay: the archive has no record of {as_of} or before{}", first_run(*first))]
    NothingRecorded {
        /// The as-of time of the replay.
        as_of: Moment,
        /// Time of the first run, if there is one.
        first: Option<Moment>,
    },
    /// A pattern is not a glob pattern.
    #[error("`{0}` is not a glob pattern that can be read")]
    BadGlob(String),
}

fn first_run(first: Option<Moment>) -> String {
    first.map_or_else(String::new, |first| format!("; its first run is of {first}"))
}

/// Returns a folder's own name, also if it is given as `.` or `..`.
pub(super) fn folder_name(folder: &Path) -> String {
    let full = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    full.file_name().map_or_else(|| "root".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Describes an error of the operating system, without its number.
pub(crate) fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    format!("could not be read: {text}")
}

/// Endings of the files that a folder is read for.
const ENDINGS: [&str; 9] =
    [".json", ".jsonl", ".ndjson", ".stix", ".stix2", ".csv", ".tsv", ".parquet", ".arrow"];
/// Number of endings, from the first, that say JSON.
const JSON_ENDINGS: usize = 5;
/// Endings that may follow the endings above.
const PACKINGS: [&str; 3] = [".gz", ".zst", ".zip"];

/// Endings of archives, which hold files of any kind.
const ARCHIVES: [&str; 7] = [".zip", ".tar", ".tgz", ".tbz2", ".txz", ".7z", ".rar"];
/// Endings of compressed files, including those that cannot be unpacked.
const COMPRESSED: [&str; 6] = [".gz", ".zst", ".bz2", ".xz", ".lz4", ".br"];

/// Returns whether folders are read for a file with this name.
pub(super) fn is_read(name: &str) -> bool {
    ends_with_any(name, &ENDINGS)
}

/// Returns whether a file's name says that it holds JSON.
pub(crate) fn is_named_json(name: &str) -> bool {
    ends_with_any(name, &ENDINGS[..JSON_ENDINGS])
}

/// Returns whether a file's name says that it holds JSON lines.
pub(super) fn is_named_json_lines(name: &str) -> bool {
    ends_with_any(name, &[".jsonl", ".ndjson"])
}

fn ends_with_any(name: &str, endings: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    let stem = PACKINGS.iter().find_map(|packing| name.strip_suffix(packing)).unwrap_or(&name);
    endings.iter().any(|ending| stem.ends_with(ending))
}

/// Returns whether a file that is not read can hold objects, by its name: an archive, or a
/// compressed file of a kind that is not unpacked.
pub(super) fn could_hold_objects(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    if ARCHIVES.iter().any(|ending| name.ends_with(ending)) {
        return true;
    }
    let stem = COMPRESSED.iter().find_map(|ending| name.strip_suffix(ending));
    stem.is_some_and(|stem| {
        !stem.contains('.') || ENDINGS.iter().chain(&ARCHIVES).any(|ending| stem.ends_with(ending))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_leaves_out_what_its_patterns_name() {
        let ignore = |patterns: &[&str]| {
            Ignore::new(&patterns.iter().map(ToString::to_string).collect::<Vec<_>>()).expect("patterns")
        };
        for (pattern, path, is_left_out) in [
            ("*/hashes.csv", "feed/hashes.csv", true),
            ("*/hashes.csv", "./feed/deep/hashes.csv", true),
            ("*/hashes.csv", "feed/pack.json.zip!/hashes.csv", true),
            ("*/hashes.csv", "feed/other-hashes.csv", false),
            ("hashes.csv", "feed/hashes.csv", true),
            ("lost+found", "/data/feed/lost+found/a.json", true),
            ("feed/old", "feed/old/a.json", true),
            ("feed/old", "feed/older/a.json", false),
            ("*.csv", "feed/a.csv", true),
            ("*.csv", "feed/a.csv.json", false),
        ] {
            assert_eq!(ignore(&[pattern]).matches(path), is_left_out, "{pattern} {path}");
        }
        assert!(!ignore(&[]).matches("feed/a.json"));
        assert_eq!(Ignore::new(&["[".to_owned()]), None);
    }

    #[test]
    fn a_file_that_is_not_read_could_hold_objects_if_it_is_packed() {
        for name in ["a.zip", "a.tar", "a.tar.gz", "a.TGZ", "a.json.bz2", "feed.gz", "b.7z"] {
            assert!(!is_read(name) && could_hold_objects(name), "{name}");
        }
        for name in ["notes.txt", "notes.txt.gz", "README", "a.xml", "a.md"] {
            assert!(!could_hold_objects(name), "{name}");
        }
    }
}
