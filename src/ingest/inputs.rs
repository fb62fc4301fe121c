//! What was asked for, to files: paths, folders, globs, standard input, and whose they are.

use std::{
    fs, io,
    io::Read,
    path::{Component, Path, PathBuf},
};

use super::{Refusal, Rule, unpack};

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
    File(PathBuf),
    /// A file whose name is none that a folder is read for.
    Ignored(PathBuf),
    /// Bytes already read, from standard input.
    Bytes(Vec<u8>),
}

/// Why an input cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// Nothing of that name.
    #[error("there is no file, folder or match for `{0}`")]
    Missing(String),
    /// Standard input without a name.
    #[error("standard input needs the name of its source: write NAME=-")]
    NamelessStdin,
    /// Standard input for two sources.
    #[error("standard input can be read only once")]
    StdinTwice,
    /// A pattern that is none.
    #[error("`{0}` is not a glob pattern that can be read")]
    BadGlob(String),
    /// A folder that cannot be listed.
    #[error("cannot read `{path}`")]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
}

/// Endings of the files that a folder is read for.
const ENDINGS: [&str; 9] =
    [".json", ".jsonl", ".ndjson", ".stix", ".stix2", ".csv", ".tsv", ".parquet", ".arrow"];
/// How many of them, from the first, say JSON.
const JSON_ENDINGS: usize = 5;
/// Endings that may follow them.
const PACKINGS: [&str; 3] = [".gz", ".zst", ".zip"];

/// Expands one INPUT, `PATH` or `SOURCE=PATH`. `stdin` brings standard input if it is asked for.
pub fn expand(text: &str, stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>) -> Result<Vec<Input>, InputError> {
    let (source, path) = match text.split_once('=') {
        Some((name, path)) if is_source_name(name) && !Path::new(text).exists() => (Some(name), path),
        _ => (None, text),
    };
    expand_path(source, path, Path::new(""), stdin)
}

/// Expands a path that is relative to a folder; tables show it as it was given.
pub fn expand_path(
    source: Option<&str>,
    shown: &str,
    folder: &Path,
    stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>,
) -> Result<Vec<Input>, InputError> {
    let path = &folder.join(shown);
    if shown == "-" {
        let source = source.ok_or(InputError::NamelessStdin)?.to_owned();
        let bytes = stdin().map_err(|source| InputError::Unreadable { path: "-".to_owned(), source })?;
        return Ok(vec![Input { source, path: "-".to_owned(), place: Place::Bytes(bytes) }]);
    }
    if path.is_dir() {
        let source = source.map_or_else(|| folder_name(path), str::to_owned);
        let mut inputs = Vec::new();
        walk(path, shown.trim_end_matches('/'), &source, &mut inputs)?;
        return Ok(inputs);
    }
    if path.exists() {
        return Ok(vec![of_file(source, shown, path)]);
    }
    if !shown.contains(['*', '?', '[']) {
        return Err(InputError::Missing(shown.to_owned()));
    }
    let mut inputs = Vec::new();
    for (shown, found) in matches(shown, folder)? {
        inputs.extend(match found {
            Ok(path) if path.is_dir() => expand_path(source, &shown, folder, stdin)?,
            // A folder that cannot be read is a file that fails: nothing of its source is then withdrawn.
            Ok(path) | Err(path) => vec![of_file(source, &shown, &path)],
        });
    }
    if inputs.is_empty() { Err(InputError::Missing(shown.to_owned())) } else { Ok(inputs) }
}

/// What a pattern matched: as tables show it, and where it is; `Err` for what could not be read.
type Match = (String, Result<PathBuf, PathBuf>);

fn matches(shown: &str, folder: &Path) -> Result<Vec<Match>, InputError> {
    let bad = || InputError::BadGlob(shown.to_owned());
    // The folder is no part of the pattern, and `.` is not repeated by what is found.
    let folder: PathBuf = folder.components().filter(|part| *part != Component::CurDir).collect();
    let before = folder.to_str().ok_or_else(bad)?;
    let is_below = !before.is_empty() && Path::new(shown).is_relative();
    let pattern =
        if is_below { format!("{}/{shown}", glob::Pattern::escape(before)) } else { shown.to_owned() };
    let found = glob::glob(&pattern).map_err(|_| bad())?;
    Ok(found
        .map(|entry| {
            let path = entry.map_err(|error| error.path().to_owned());
            let (Ok(whole) | Err(whole)) = &path;
            let own = if is_below { whole.strip_prefix(&folder).unwrap_or(whole) } else { whole };
            let own = own.to_string_lossy();
            let dotted = shown.starts_with("./") && !own.starts_with("./");
            (if dotted { format!("./{own}") } else { own.into_owned() }, path)
        })
        .collect())
}

fn is_source_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '\\', '*', '?'])
}

fn of_file(source: Option<&str>, shown: &str, path: &Path) -> Input {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let source = source.map_or_else(|| folder_name(parent), str::to_owned);
    Input { source, path: shown.to_owned(), place: Place::File(path.to_owned()) }
}

/// Returns a folder's own name, also where it is given as `.` or `..`.
fn folder_name(folder: &Path) -> String {
    let full = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    full.file_name().map_or_else(|| "root".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn walk(folder: &Path, shown: &str, source: &str, inputs: &mut Vec<Input>) -> Result<(), InputError> {
    let unreadable = |source| InputError::Unreadable { path: shown.to_owned(), source };
    let mut entries =
        fs::read_dir(folder).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let shown = format!("{shown}/{name}");
        // A link to a folder is not followed: it could lead back here.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&path, &shown, source, inputs)?;
        } else {
            let place = if is_read(&name) { Place::File(path) } else { Place::Ignored(path) };
            inputs.push(Input { source: source.to_owned(), path: shown, place });
        }
    }
    Ok(())
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

/// Reads the stored bytes; `None` for a file that is not to be read.
pub(super) fn load(place: &Place) -> Result<Option<Vec<u8>>, Refusal> {
    let failed =
        |error: io::Error| Refusal::new(Rule::Unreadable, format!("could not be read: {}", error.kind()));
    match place {
        Place::Ignored(_) => Ok(None),
        Place::Bytes(bytes) => Ok(Some(bytes.clone())),
        Place::File(path) => {
            if !fs::metadata(path).map_err(failed)?.is_file() {
                return Err(Refusal::new(Rule::Unreadable, "no regular file"));
            }
            let mut bytes = Vec::new();
            let file = fs::File::open(path).map_err(failed)?;
            file.take(unpack::SIZE_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
            Ok(Some(bytes))
        }
    }
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
}
