//! Expands folders and glob patterns into inputs.
//!
//! A path that cannot be inspected becomes an input that fails, so only its own source is incomplete. Links
//! to folders are followed; a link to a folder above itself fails.

use std::{
    collections::BTreeSet,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use glob::{MatchOptions, Pattern};

use super::input::{self, Ignore, Input, InputError, Location, describe};

/// Device and inode: they identify a folder, whatever path leads to it.
type FileId = (u64, u64);

/// Kind of the object at a path, behind any links.
pub(super) enum PathKind {
    Folder {
        id: FileId,
        is_link: bool,
    },
    File,
    /// Nothing has this name.
    Absent,
    /// The path exists and cannot be inspected, with the reason.
    Failed(String),
}

/// Inspects a path. The empty path is the current folder.
pub(super) fn inspect(path: &Path) -> PathKind {
    let path = or_here(path);
    let link = || fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            PathKind::Folder { id: (metadata.dev(), metadata.ino()), is_link: link() }
        }
        Ok(_) => PathKind::File,
        Err(error) if is_absent(&error) && !link() => PathKind::Absent,
        Err(error) if is_absent(&error) => PathKind::Failed("a link without a target".to_owned()),
        Err(error) => PathKind::Failed(describe(&error)),
    }
}

fn is_absent(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | InvalidFilename | InvalidInput)
}

fn or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

/// Returns whether a name is that of a companion: a file or folder that macOS or this program adds to a
/// folder. Companions are not deliveries.
pub(super) fn is_companion(name: &str) -> bool {
    // A marker by which the program recognises its own folder.
    let is_marker = name.strip_prefix(".araneus-").is_some_and(|rest| rest.strip_suffix(".json").is_some());
    is_marker || name.starts_with("._") || name == ".DS_Store" || name == "__MACOSX"
}

/// Lists the files of a folder and of all folders below it.
pub(super) fn walk(folder: &Path, shown: &str, source: &str) -> Vec<Input> {
    let input = |entry: Entry| {
        let location = match entry.kind {
            EntryKind::Folder => return None,
            EntryKind::File if input::is_read(&entry.name) => {
                Location::File { path: entry.path, ignore: Ignore::default() }
            }
            EntryKind::File => {
                Location::Ignored { could_hold_objects: input::could_hold_objects(&entry.name) }
            }
            EntryKind::Companion | EntryKind::Again => Location::Ignored { could_hold_objects: false },
            EntryKind::Failed(reason) => Location::Failed(reason),
        };
        Some(Input { source: source.to_owned(), path: entry.shown, location, pseudonyms: None })
    };
    below(folder, shown).into_iter().filter_map(input).collect()
}

/// An entry below a folder.
struct Entry {
    /// Path as tables show it.
    shown: String,
    path: PathBuf,
    /// The last part of the path.
    name: String,
    kind: EntryKind,
}

enum EntryKind {
    File,
    /// A folder whose own entries are listed, too.
    Folder,
    /// A companion of other files; not entered.
    Companion,
    /// A link to a folder that another link led to before; not entered again.
    Again,
    Failed(String),
}

/// Lists everything below a folder, in order of names.
fn below(folder: &Path, shown: &str) -> Vec<Entry> {
    let mut walk = Walk::default();
    match inspect(folder) {
        PathKind::Folder { id, .. } => walk.enter(folder, shown, id),
        PathKind::Failed(reason) => walk.fail(folder, shown, reason),
        PathKind::File | PathKind::Absent => {}
    }
    walk.found
}

#[derive(Default)]
struct Walk {
    found: Vec<Entry>,
    /// The folders from the first one down to the one being listed.
    above: Vec<FileId>,
    /// Folders that links led to: entering each once bounds the walk.
    linked: BTreeSet<FileId>,
}

impl Walk {
    fn add(&mut self, path: &Path, shown: &str, kind: EntryKind) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.found.push(Entry { shown: shown.to_owned(), path: path.to_owned(), name, kind });
    }

    fn fail(&mut self, path: &Path, shown: &str, reason: String) {
        self.add(path, shown, EntryKind::Failed(reason));
    }

    fn enter(&mut self, folder: &Path, shown: &str, id: FileId) {
        let (names, failure) = list(folder);
        if let Some(reason) = failure {
            self.fail(folder, shown, reason);
        }
        self.above.push(id);
        for (path, name) in names {
            let shown = joined(shown, &name);
            if is_companion(&name) {
                self.add(&path, &shown, EntryKind::Companion);
                continue;
            }
            match inspect(&path) {
                PathKind::File => self.add(&path, &shown, EntryKind::File),
                PathKind::Folder { id, .. } if self.above.contains(&id) => {
                    self.fail(&path, &shown, "a link to a folder above it".to_owned());
                }
                PathKind::Folder { id, is_link: true } if !self.linked.insert(id) => {
                    self.add(&path, &shown, EntryKind::Again);
                }
                PathKind::Folder { id, .. } => {
                    self.add(&path, &shown, EntryKind::Folder);
                    self.enter(&path, &shown, id);
                }
                PathKind::Absent => {
                    self.fail(&path, &shown, "disappeared after its folder was listed".to_owned());
                }
                PathKind::Failed(reason) => self.fail(&path, &shown, reason),
            }
        }
        self.above.pop();
    }
}

/// Returns the paths and names in a folder, in order of names. After an error, the entries before it are
/// returned.
fn list(folder: &Path) -> (Vec<(PathBuf, String)>, Option<String>) {
    let entries = match fs::read_dir(or_here(folder)) {
        Ok(entries) => entries,
        Err(error) => return (Vec::new(), Some(describe(&error))),
    };
    let (mut names, mut failure) = (Vec::new(), None);
    for entry in entries {
        match entry {
            Ok(entry) => names.push(entry.file_name()),
            Err(error) => {
                failure = Some(describe(&error));
                break;
            }
        }
    }
    names.sort();
    let names = names.into_iter().map(|name| (folder.join(&name), name.to_string_lossy().into_owned()));
    (names.collect(), failure)
}

fn joined(shown: &str, name: &str) -> String {
    if shown.is_empty() || shown.ends_with('/') {
        format!("{shown}{name}")
    } else {
        format!("{shown}/{name}")
    }
}

/// Returns whether a path is a glob pattern.
pub(super) fn is_pattern(shown: &str) -> bool {
    shown.contains(['*', '?', '['])
}

/// Expands a glob pattern: files, the files below folders, and paths that cannot be inspected. The pattern
/// is relative to a folder.
pub(super) fn expand_pattern(
    shown: &str,
    folder: &Path,
    source: Option<&str>,
) -> Result<Vec<Input>, InputError> {
    let bad = |_| InputError::BadGlob(shown.to_owned());
    Pattern::new(shown).map_err(bad)?;
    let parts: Vec<&str> = shown.split('/').filter(|part| !part.is_empty()).collect();
    let root = if shown.starts_with('/') { "/" } else { "" };
    let mut at_root = Walk::default();
    at_root.add(&folder.join(root), root, EntryKind::Folder);
    let mut entries = at_root.found;
    for (number, part) in parts.iter().enumerate() {
        let is_last = number + 1 == parts.len();
        if *part == "**" {
            if !is_last {
                let remaining = Pattern::new(&parts[number..].join("/")).map_err(bad)?;
                entries = entries.into_iter().flat_map(|entry| below_that_match(entry, &remaining)).collect();
            }
            // At the end of a pattern, `**` means everything in the folder.
            break;
        }
        let pattern = Pattern::new(part).map_err(bad)?;
        let mut next = Walk::default();
        for entry in entries {
            match entry.kind {
                EntryKind::Failed(_) => next.found.push(entry),
                _ if is_pattern(part) => next.list_matching(&entry, &pattern, is_last),
                _ => next.add(&entry.path.join(part), &joined(&entry.shown, part), EntryKind::Folder),
            }
        }
        entries = next.found;
    }
    Ok(inputs_of(entries, source))
}

/// Returns the inputs of the entries that match a pattern.
fn inputs_of(entries: Vec<Entry>, source: Option<&str>) -> Vec<Input> {
    let mut inputs = Vec::new();
    for Entry { shown, path, name, kind } in entries {
        match kind {
            EntryKind::Failed(reason) => inputs.push(Input::of_failed(source, &shown, &path, reason)),
            EntryKind::Again => {}
            _ if is_companion(&name) => {
                let mut input = Input::of_file(source, &shown, &path);
                input.location = Location::Ignored { could_hold_objects: false };
                inputs.push(input);
            }
            _ => match inspect(&path) {
                PathKind::Folder { .. } => {
                    let source = source.map_or_else(|| input::folder_name(&path), str::to_owned);
                    inputs.extend(walk(&path, &shown, &source));
                }
                PathKind::File => inputs.push(Input::of_file(source, &shown, &path)),
                PathKind::Absent => {}
                PathKind::Failed(reason) => inputs.push(Input::of_failed(source, &shown, &path, reason)),
            },
        }
    }
    inputs
}

impl Walk {
    /// Adds the entries of a folder whose names match; before the last part of a pattern only folders.
    fn list_matching(&mut self, entry: &Entry, pattern: &Pattern, is_last: bool) {
        match inspect(&entry.path) {
            PathKind::Folder { .. } => {}
            PathKind::File | PathKind::Absent => return,
            PathKind::Failed(reason) => return self.fail(&entry.path, &entry.shown, reason),
        }
        let (names, failure) = list(&entry.path);
        if let Some(reason) = failure {
            self.fail(&entry.path, &entry.shown, reason);
        }
        for (path, name) in names.into_iter().filter(|(_, name)| pattern.matches(name)) {
            let shown = joined(&entry.shown, &name);
            if is_last {
                self.add(&path, &shown, EntryKind::File);
                continue;
            }
            match inspect(&path) {
                PathKind::Folder { .. } if is_companion(&name) => {}
                PathKind::Folder { .. } => self.add(&path, &shown, EntryKind::Folder),
                PathKind::File | PathKind::Absent => {}
                PathKind::Failed(reason) => self.fail(&path, &shown, reason),
            }
        }
    }
}

/// Returns the entries below a folder, at any depth, that match a pattern which begins with `**`.
fn below_that_match(entry: Entry, pattern: &Pattern) -> Vec<Entry> {
    if let EntryKind::Failed(_) = entry.kind {
        return vec![entry];
    }
    let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
    let is_wanted = |found: &Entry| {
        let relative = found.path.strip_prefix(&entry.path).unwrap_or(&found.path);
        let relative = relative.to_string_lossy();
        match &found.kind {
            EntryKind::Failed(_) => true,
            EntryKind::File | EntryKind::Folder | EntryKind::Companion => {
                pattern.matches_with(&relative, options)
            }
            EntryKind::Again => false,
        }
    };
    below(&entry.path, &entry.shown).into_iter().filter(is_wanted).collect()
}
