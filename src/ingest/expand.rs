//! Expands what the user names into inputs: paths, folders, glob patterns, standard input.

use std::{io, path::Path};

use super::{
    folders::{self, PathKind},
    input::{Input, InputError, Location, describe, folder_name},
};

/// Expands one INPUT, `PATH` or `SOURCE=PATH`. `stdin` reads standard input if the INPUT asks for it.
pub fn expand(text: &str, stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>) -> Result<Vec<Input>, InputError> {
    let (source, path) = source_and_path(text);
    expand_path(source, path, Path::new(""), stdin)
}

/// Returns the source of an INPUT: the name as given, else the name of the folder.
pub fn source_of(text: &str) -> String {
    let (source, path) = source_and_path(text);
    source.map_or_else(|| folder_name(Path::new(path)), str::to_owned)
}

/// Splits an INPUT into source and path.
fn source_and_path(text: &str) -> (Option<&str>, &str) {
    match text.split_once('=') {
        Some((name, path)) if is_source_name(name) && !Path::new(text).exists() => (Some(name), path),
        _ => (None, text),
    }
}

fn is_source_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '\\', '*', '?'])
}

/// Expands a path that is relative to a folder; tables show the path as given. A path that exists
/// but cannot be inspected becomes an input that fails.
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
        let location = stdin().map_or_else(|error| Location::Failed(describe(&error)), Location::Bytes);
        return Ok(vec![Input { source, path: "-".to_owned(), location, pseudonyms: None }]);
    }
    let is_pattern = folders::is_pattern(shown);
    match folders::inspect(path) {
        PathKind::Folder { .. } => {
            let source = source.map_or_else(|| folder_name(path), str::to_owned);
            let shown = if shown.len() > 1 { shown.trim_end_matches('/') } else { shown };
            Ok(folders::walk(path, shown, &source))
        }
        PathKind::File => Ok(vec![Input::of_file(source, shown, path)]),
        PathKind::Failed(reason) if !is_pattern => Ok(vec![Input::of_failed(source, shown, path, reason)]),
        PathKind::Failed(_) | PathKind::Absent if is_pattern => {
            let inputs = folders::expand_pattern(shown, folder, source)?;
            if inputs.is_empty() { Err(InputError::Missing(shown.to_owned())) } else { Ok(inputs) }
        }
        PathKind::Failed(_) | PathKind::Absent => Err(InputError::Missing(shown.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::ingest::input::Location;

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

    /// Returns the path of each input below the folder, and how the input is read.
    fn places(inputs: Vec<Input>, folder: &Path) -> Vec<String> {
        let folder = format!("{}/", folder.display());
        let described = |input: Input| {
            let what = match input.location {
                Location::File { .. } => "read",
                Location::Ignored { could_hold_objects: true } => "not entered",
                Location::Ignored { .. } => "ignored",
                Location::Failed(_) => "failed",
                Location::Bytes(_) => "bytes",
            };
            format!("{} {what}", input.path.replace(&folder, ""))
        };
        inputs.into_iter().map(described).collect()
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
        // A path that exists and cannot be opened fails; only a path that does not exist is missing.
        for name in ["self", "lost", "self/a.json"] {
            assert!(matches!(
                given(&format!("feed={text}/{name}"))[..],
                [Input { location: Location::Failed(_), .. }]
            ));
        }
        for name in ["none", "none/*", "north/a.json/b.json", "north/*.csv"] {
            let missing = expand(&format!("{text}/{name}"), &mut || Ok(Vec::new()));
            assert!(matches!(missing, Err(InputError::Missing(_))), "{name}");
        }
        let broken = expand("feed=-", &mut || Err(io::Error::other("gone"))).expect("an input");
        assert!(matches!(broken[..], [Input { location: Location::Failed(_), .. }]));
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
}
