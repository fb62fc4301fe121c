//! What was asked for, to files: paths, folders, globs, standard input, and whose they are.

use std::{
    fs, io,
    io::Read,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use glob::Pattern;

use super::{
    Refusal, Rule,
    folders::{self, Look, why},
    unpack,
};
use crate::time::Moment;

/// One file to read, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    /// Name of the source.
    pub source: String,
    /// Path as tables show it.
    pub path: String,
    /// Where its bytes are.
    pub place: Place,
}

/// Where bytes are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A file to be read.
    File {
        /// Where it is.
        path: PathBuf,
        /// Members that are not read where it is an archive.
        ignore: Ignore,
    },
    /// A file that is not read: by its name, or because the configuration says so.
    Ignored {
        /// Whether its name allows that it holds objects, as that of an archive does.
        could_hold_objects: bool,
    },
    /// A file or folder that could not be looked into, with the reason.
    Failed(String),
    /// Bytes already read, from standard input.
    Bytes(Vec<u8>),
}

impl Place {
    /// Returns whether nothing is read there.
    pub fn is_ignored(&self) -> bool {
        matches!(self, Self::Ignored { .. })
    }
}

/// Glob patterns of paths that a source does not read.
///
/// A pattern without `/` is compared with each part of a path, another one with the path and
/// with every folder on it; `*` also matches `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ignore(Arc<Vec<Pattern>>);

impl Ignore {
    /// Takes patterns; `None` if one of them is no pattern.
    pub fn new(patterns: &[String]) -> Option<Self> {
        let patterns: Result<Vec<Pattern>, _> =
            patterns.iter().map(|pattern| Pattern::new(pattern)).collect();
        patterns.ok().map(|patterns| Self(Arc::new(patterns)))
    }

    /// Returns whether a path is one of those.
    pub(super) fn matches(&self, path: &str) -> bool {
        let path = path.strip_prefix("./").unwrap_or(path);
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        let folders: Vec<&str> = ends.map(|end| &path[..end]).filter(|folder| !folder.is_empty()).collect();
        self.0.iter().any(|pattern| {
            let is_name = !pattern.as_str().contains('/');
            let part = |folder: &str| match folder.rsplit_once('/') {
                Some((_, name)) if is_name => pattern.matches(name),
                _ => pattern.matches(folder),
            };
            folders.iter().any(|folder| part(folder))
        })
    }
}

impl Input {
    /// Leaves out what a source does not read: the input, or members of an archive that it may be.
    #[must_use]
    pub fn without(mut self, ignored: &Ignore) -> Self {
        if ignored.matches(&self.path) {
            self.place = Place::Ignored { could_hold_objects: false };
        } else if let Place::File { ignore, .. } = &mut self.place {
            *ignore = ignored.clone();
        }
        self
    }
}

/// Why an input cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// Nothing of that name.
    #[error("there is no file, folder or match for `{0}`")]
    Missing(String),
    /// An INPUT without a path.
    #[error("an empty path names no file and no folder; `.` is the current folder")]
    Empty,
    /// An INPUT in the program's own folders.
    #[error(
        "`{input}` lies in `{folder}`, where the program keeps its own files; they are never read as deliveries"
    )]
    Own {
        /// As given.
        input: String,
        /// The folder of the archive, or that of results.
        folder: PathBuf,
    },
    /// Standard input without a name.
    #[error("standard input needs the name of its source: write NAME=-")]
    NamelessStdin,
    /// Standard input for two sources.
    #[error("standard input can be read only once")]
    StdinTwice,
    /// A replay of a time at which there was nothing.
    #[error("there is nothing to replay: the archive holds no record of {as_of} or before{}", first_run(*first))]
    NothingRecorded {
        /// Asked for.
        as_of: Moment,
        /// The first run, if there is one.
        first: Option<Moment>,
    },
    /// A pattern that is none.
    #[error("`{0}` is not a glob pattern that can be read")]
    BadGlob(String),
}

fn first_run(first: Option<Moment>) -> String {
    first.map_or_else(String::new, |first| format!("; its first run is of {first}"))
}

/// Endings of the files that a folder is read for.
const ENDINGS: [&str; 9] =
    [".json", ".jsonl", ".ndjson", ".stix", ".stix2", ".csv", ".tsv", ".parquet", ".arrow"];
/// How many of them, from the first, say JSON.
const JSON_ENDINGS: usize = 5;
/// Endings that may follow them.
const PACKINGS: [&str; 3] = [".gz", ".zst", ".zip"];

/// Names of archives, which hold files of any kind.
const ARCHIVES: [&str; 7] = [".zip", ".tar", ".tgz", ".tbz2", ".txz", ".7z", ".rar"];
/// Endings of compressed files, also of those that are not read.
const COMPRESSED: [&str; 6] = [".gz", ".zst", ".bz2", ".xz", ".lz4", ".br"];

/// Expands one INPUT, `PATH` or `SOURCE=PATH`. `stdin` brings standard input if it is asked for.
pub fn expand(text: &str, stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>) -> Result<Vec<Input>, InputError> {
    let (source, path) = named(text);
    expand_path(source, path, Path::new(""), stdin)
}

/// Returns the name of the source of an INPUT: as given, else that of the folder.
pub fn source_of(text: &str) -> String {
    let (source, path) = named(text);
    source.map_or_else(|| folder_name(Path::new(path)), str::to_owned)
}

/// Parts an INPUT into source and path.
fn named(text: &str) -> (Option<&str>, &str) {
    match text.split_once('=') {
        Some((name, path)) if is_source_name(name) && !Path::new(text).exists() => (Some(name), path),
        _ => (None, text),
    }
}

/// Expands a path that is relative to a folder; tables show it as it was given. What exists and
/// cannot be looked into is an input that fails.
pub fn expand_path(
    source: Option<&str>,
    shown: &str,
    folder: &Path,
    stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>,
) -> Result<Vec<Input>, InputError> {
    let path = &folder.join(shown);
    if shown.is_empty() {
        return Err(InputError::Empty);
    }
    if shown == "-" {
        let source = source.ok_or(InputError::NamelessStdin)?.to_owned();
        let place = stdin().map_or_else(|error| Place::Failed(why(&error)), Place::Bytes);
        return Ok(vec![Input { source, path: "-".to_owned(), place }]);
    }
    let is_pattern = folders::is_pattern(shown);
    match folders::look(path) {
        Look::Folder { .. } => {
            let source = source.map_or_else(|| folder_name(path), str::to_owned);
            let shown = if shown.len() > 1 { shown.trim_end_matches('/') } else { shown };
            Ok(folders::walk(path, shown, &source))
        }
        Look::File => Ok(vec![of_file(source, shown, path)]),
        Look::Failed(reason) if !is_pattern => Ok(vec![of_failed(source, shown, path, reason)]),
        Look::Failed(_) | Look::Absent if is_pattern => {
            let inputs = folders::matches(shown, folder, source)?;
            if inputs.is_empty() { Err(InputError::Missing(shown.to_owned())) } else { Ok(inputs) }
        }
        Look::Failed(_) | Look::Absent => Err(InputError::Missing(shown.to_owned())),
    }
}

fn is_source_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '\\', '*', '?'])
}

/// Returns a file as an input; without a name its folder names the source.
pub(super) fn of_file(source: Option<&str>, shown: &str, path: &Path) -> Input {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let source = source.map_or_else(|| folder_name(parent), str::to_owned);
    let place = Place::File { path: path.to_owned(), ignore: Ignore::default() };
    Input { source, path: shown.to_owned(), place }
}

/// Returns what could not be looked into as an input; without a name that of a file or folder names the source.
pub(super) fn of_failed(source: Option<&str>, shown: &str, path: &Path, reason: String) -> Input {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut input = of_file(source, shown, path);
    if source.is_none() && !is_read(&name) {
        input.source = name;
    }
    Input { place: Place::Failed(reason), ..input }
}

/// Returns a folder's own name, also where it is given as `.` or `..`.
pub(super) fn folder_name(folder: &Path) -> String {
    let full = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    full.file_name().map_or_else(|| "root".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Returns whether folders are read for a file of that name.
pub(super) fn is_read(name: &str) -> bool {
    ends_with_any(name, &ENDINGS)
}

/// Returns whether a file's name says that it holds JSON.
pub(super) fn is_named_json(name: &str) -> bool {
    ends_with_any(name, &ENDINGS[..JSON_ENDINGS])
}

fn ends_with_any(name: &str, endings: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    let stem = PACKINGS.iter().find_map(|packing| name.strip_suffix(packing)).unwrap_or(&name);
    endings.iter().any(|ending| stem.ends_with(ending))
}

/// Returns whether a file that is not read could hold objects, by its name: an archive, or a compressed
/// file of a kind that is not unpacked.
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

/// Held by each file that is being read, and by one alone where too many were open.
static OPEN: RwLock<()> = RwLock::new(());

/// Reads the stored bytes; `None` for a file that is not to be read.
pub(super) fn load(place: &Place) -> Result<Option<Vec<u8>>, Refusal> {
    let failed = |error: io::Error| Refusal::new(Rule::Unreadable, why(&error));
    match place {
        Place::Ignored { .. } => Ok(None),
        Place::Failed(reason) => Err(Refusal::new(Rule::Unreadable, reason.as_str())),
        Place::Bytes(bytes) => Ok(Some(bytes.clone())),
        Place::File { path, .. } => {
            if !fs::metadata(path).map_err(failed)?.is_file() {
                return Err(Refusal::new(Rule::Unreadable, "no regular file"));
            }
            open_and_read(path).map(Some).map_err(failed)
        }
    }
}

/// Reads a file. Descriptors run out where many files are read at once: it is then read alone.
fn open_and_read(path: &Path) -> io::Result<Vec<u8>> {
    let read = || {
        let mut bytes = Vec::new();
        fs::File::open(path)?.take(unpack::SIZE_MAX + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let result: io::Result<Vec<u8>> = {
        let _beside_others = OPEN.read().unwrap_or_else(PoisonError::into_inner);
        read()
    };
    match result {
        Err(error) if is_out_of_descriptors(&error) => {
            let _alone = OPEN.write().unwrap_or_else(PoisonError::into_inner);
            read()
        }
        result => result,
    }
}

fn is_out_of_descriptors(error: &io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::MFILE, Errno::NFILE].iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(String, String)> {
        let inputs = expand(text, &mut || Ok(Vec::new())).expect("exists");
        inputs.into_iter().map(|input| (input.source, input.path)).collect()
    }

    #[test]
    fn a_source_is_named_or_takes_the_name_of_its_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let feed = folder.path().join("feed");
        fs::create_dir_all(feed.join("deep")).expect("made");
        for name in ["b.json", "a.STIX2.zst", "notes.txt", "deep/c.jsonl"] {
            fs::write(feed.join(name), "{}").expect("written");
        }
        let feed = feed.to_str().expect("text");
        let file = format!("{feed}/b.json");
        assert_eq!(shown(&file), [("feed".to_owned(), file.clone())]);
        assert_eq!(shown(&format!("mine={file}")), [("mine".to_owned(), file.clone())]);
        let names: Vec<String> =
            shown(feed).into_iter().map(|(_, path)| path[feed.len()..].to_owned()).collect();
        assert_eq!(names, ["/a.STIX2.zst", "/b.json", "/deep/c.jsonl", "/notes.txt"]);
        assert_eq!(shown(&format!("{feed}/*.json")), [("feed".to_owned(), file)]);
        assert!(matches!(expand("nothing-here", &mut || Ok(Vec::new())), Err(InputError::Missing(_))));
        assert!(matches!(expand("-", &mut || Ok(Vec::new())), Err(InputError::NamelessStdin)));
    }
    /// Returns of each input its path below the folder, and what is to be done with it.
    fn places(inputs: Vec<Input>, folder: &Path) -> Vec<String> {
        let folder = format!("{}/", folder.display());
        let told = |input: Input| {
            let what = match input.place {
                Place::File { .. } => "read",
                Place::Ignored { could_hold_objects: true } => "not entered",
                Place::Ignored { .. } => "ignored",
                Place::Failed(_) => "failed",
                Place::Bytes(_) => "bytes",
            };
            format!("{} {what}", input.path.replace(&folder, ""))
        };
        inputs.into_iter().map(told).collect()
    }

    fn given(text: &str) -> Vec<Input> {
        expand(text, &mut || Ok(Vec::new())).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn links_to_folders_are_followed_and_what_cannot_be_entered_fails() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().expect("a folder");
        let feed = folder.path().join("feed");
        fs::create_dir_all(feed.join("north")).expect("made");
        fs::create_dir_all(folder.path().join("elsewhere/deep")).expect("made");
        for name in ["feed/north/a.json", "elsewhere/b.json", "elsewhere/deep/c.json", "feed/pack.tar.gz"] {
            fs::write(folder.path().join(name), "{}").expect("written");
        }
        symlink("../elsewhere", feed.join("south")).expect("a link");
        symlink("../elsewhere", feed.join("twice")).expect("a link");
        symlink("..", feed.join("north/up")).expect("a link");
        symlink("nowhere", feed.join("lost")).expect("a link");
        symlink("self", feed.join("self")).expect("a link");
        let text = feed.to_str().expect("text");
        let expected = [
            "lost failed",
            "north/a.json read",
            "north/up failed",
            "pack.tar.gz not entered",
            "self failed",
            "south/b.json read",
            "south/deep/c.json read",
            "twice ignored",
        ];
        assert_eq!(places(given(text), &feed), expected);
        assert_eq!(
            places(given(&format!("{text}/*/*.json")), &feed),
            ["lost failed", "north/a.json read", "self failed", "south/b.json read", "twice/b.json read"]
        );
        let below = places(given(&format!("{text}/**/*.json")), &feed);
        let read: Vec<&String> = below.iter().filter(|place| place.ends_with("read")).collect();
        assert_eq!(read, ["north/a.json read", "south/b.json read", "south/deep/c.json read"]);
        assert_eq!(below.iter().filter(|place| place.ends_with("failed")).count(), 3, "{below:?}");
        // What exists and cannot be opened fails; only what does not exist is missing.
        for name in ["self", "lost", "self/a.json"] {
            assert!(matches!(
                given(&format!("feed={text}/{name}"))[..],
                [Input { place: Place::Failed(_), .. }]
            ));
        }
        for name in ["none", "none/*", "north/a.json/b.json", "north/*.csv"] {
            let missing = expand(&format!("{text}/{name}"), &mut || Ok(Vec::new()));
            assert!(matches!(missing, Err(InputError::Missing(_))), "{name}");
        }
        let broken = expand("feed=-", &mut || Err(io::Error::other("gone"))).expect("an input");
        assert!(matches!(broken[..], [Input { place: Place::Failed(_), .. }]));
    }

    #[test]
    fn companions_of_files_are_ignored_however_they_are_met() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(folder.path().join("__MACOSX")).expect("made");
        for name in ["a.json", "._a.json", ".DS_Store", "__MACOSX/._a.json", ".b.json"] {
            fs::write(folder.path().join(name), "{}").expect("written");
        }
        let text = folder.path().to_str().expect("text");
        let expected =
            [".DS_Store ignored", "._a.json ignored", ".b.json read", "__MACOSX ignored", "a.json read"];
        assert_eq!(places(given(text), folder.path()), expected);
        assert_eq!(
            places(given(&format!("{text}/*.json")), folder.path()),
            ["._a.json ignored", ".b.json read", "a.json read"]
        );
        assert_eq!(places(given(&format!("{text}/._a.json")), folder.path()), ["._a.json read"]);
    }

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
