//! Folders that commands create: a command writes only into an empty folder, or into one that it created before.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::CommandError;
use crate::tables;

/// A folder that a command has started to fill.
pub(super) struct Made<'a> {
    folder: &'a Path,
    mark: FolderMark,
    /// Names of files that the command created here before.
    earlier: Vec<String>,
    is_new: bool,
    is_finished: bool,
}

/// Mark that a command leaves in a folder that it created.
#[derive(Serialize, Deserialize)]
struct FolderMark {
    made_by: String,
    /// Names, directly in the folder, that the command creates.
    makes: Vec<String>,
    /// Every file of the command with the digest of its bytes; `None` if the command was interrupted.
    files: Option<BTreeMap<String, String>>,
}

fn mark_path(folder: &Path, command: &str) -> PathBuf {
    folder.join(format!(".araneus-{command}.json"))
}

fn cannot_write(path: &Path) -> impl FnOnce(io::Error) -> CommandError {
    let path = path.to_owned();
    move |source| CommandError::Write { path, source }
}

/// Starts to fill a folder with files and folders of these names.
///
/// Fails if the folder has other files, a changed file of the command, or a file of somebody else with one of
/// the names.
pub(super) fn begin<'a>(folder: &'a Path, command: &str, makes: &[&str]) -> Result<Made<'a>, CommandError> {
    begin_in(folder, command, makes, false)
}

/// As [`begin`], for a command that may also write into the folder for results of this state.
pub(super) fn begin_beside_runs<'a>(
    folder: &'a Path,
    state: &Path,
    command: &str,
    makes: &[&str],
) -> Result<Made<'a>, CommandError> {
    begin_in(folder, command, makes, tables::is_owned(folder, state))
}

fn begin_in<'a>(
    folder: &'a Path,
    command: &str,
    makes: &[&str],
    may_hold_others: bool,
) -> Result<Made<'a>, CommandError> {
    let is_new = !folder.exists();
    fs::create_dir_all(folder).map_err(cannot_write(folder))?;
    let path = mark_path(folder, command);
    let is_empty = fs::read_dir(folder).map_err(cannot_write(folder))?.next().is_none();
    let before: Option<FolderMark> =
        fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if before.is_none() && !is_empty && !may_hold_others {
        return Err(CommandError::Usage(format!(
            "`{}` is not empty, and `araneus {command}` did not make it; choose an empty or a new folder",
            folder.display()
        )));
    }
    let (files, earlier) = match before {
        Some(mark) => (mark.files, mark.makes),
        None => (Some(BTreeMap::new()), Vec::new()),
    };
    // An interrupted command listed no files, so all files with these names count as its own.
    if let Some(files) = files {
        let names: Vec<&str> = earlier.iter().map(String::as_str).chain(makes.iter().copied()).collect();
        for (name, digest) in files_with_digests(folder, &names)? {
            if files.get(&name) != Some(&digest) {
                return Err(CommandError::Usage(format!(
                    "`{}` was added or changed by somebody else, and `araneus {command}` would overwrite or delete it; choose another folder",
                    folder.join(name).display()
                )));
            }
        }
    }
    let mark = FolderMark {
        made_by: command.to_owned(),
        makes: makes.iter().map(|name| (*name).to_owned()).collect(),
        files: None,
    };
    let made = Made { folder, mark, earlier, is_new, is_finished: false };
    made.write()?;
    Ok(made)
}

impl Made<'_> {
    /// Removes the files that the command created here before.
    pub(super) fn clear(&self) -> Result<(), CommandError> {
        self.earlier.iter().try_for_each(|name| take_away(&self.folder.join(name)))
    }

    /// Lists the created files in the mark.
    pub(super) fn finish(mut self) -> Result<(), CommandError> {
        let names: Vec<&str> = self.mark.makes.iter().map(String::as_str).collect();
        self.mark.files = Some(files_with_digests(self.folder, &names)?);
        self.is_finished = true;
        self.write()
    }

    fn write(&self) -> Result<(), CommandError> {
        let path = mark_path(self.folder, &self.mark.made_by);
        let text = serde_json::to_string_pretty(&self.mark).expect("a mark is plain data");
        let fresh = path.with_extension("json.partial");
        fs::write(&fresh, format!("{text}\n")).map_err(cannot_write(&fresh))?;
        fs::rename(&fresh, &path).map_err(cannot_write(&path))
    }
}

impl Drop for Made<'_> {
    /// Removes the mark, and a new folder, if the command failed before it created a file.
    fn drop(&mut self) {
        let is_bare = || fs::read_dir(self.folder).is_ok_and(|entries| entries.count() == 1);
        if !self.is_finished && self.earlier.is_empty() && is_bare() {
            let _ = fs::remove_file(mark_path(self.folder, &self.mark.made_by));
            if self.is_new {
                let _ = fs::remove_dir(self.folder);
            }
        }
    }
}

/// Returns every file with one of these names in a folder, and every file below them, with the digest of its
/// bytes. For a symbolic link, the digest is that of its target's path.
fn files_with_digests(folder: &Path, names: &[&str]) -> Result<BTreeMap<String, String>, CommandError> {
    let mut files = BTreeMap::new();
    let mut waiting: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    while let Some(name) = waiting.pop() {
        let path = folder.join(&name);
        let Ok(kind) = path.symlink_metadata() else { continue };
        if kind.is_dir() {
            for entry in fs::read_dir(&path).map_err(cannot_write(&path))? {
                let entry = entry.map_err(cannot_write(&path))?;
                waiting.push(format!("{name}/{}", entry.file_name().to_string_lossy()));
            }
            continue;
        }
        let mut hasher = blake3::Hasher::new();
        if kind.is_symlink() {
            hasher.update(fs::read_link(&path).map_err(cannot_write(&path))?.as_os_str().as_encoded_bytes());
        } else {
            let file = fs::File::open(&path).map_err(cannot_write(&path))?;
            hasher.update_reader(file).map_err(cannot_write(&path))?;
        }
        files.insert(name, hasher.finalize().to_hex().to_string());
    }
    Ok(files)
}

/// Removes a file or a folder, if it is there.
fn take_away(path: &Path) -> Result<(), CommandError> {
    let removed = match path.symlink_metadata() {
        Ok(kind) if kind.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => Ok(()),
    };
    removed.map_err(cannot_write(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(folder: &Path, command: &str) -> Result<(), CommandError> {
        let made = begin(folder, command, &["out", "page.md"])?;
        made.clear()?;
        fs::create_dir_all(folder.join("out")).expect("made");
        fs::write(folder.join("out/one.json"), "1").expect("written");
        fs::write(folder.join("page.md"), "page").expect("written");
        made.finish()
    }

    #[test]
    fn only_an_empty_folder_or_one_of_its_own_is_filled() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path().join("made");
        make(&folder, "demo").expect("a new folder");
        make(&folder, "demo").expect("its own");
        make(&folder, "scenario").expect_err("another command's");
        fs::write(folder.join("notes.txt"), "mine").expect("written");
        make(&folder, "demo").expect("what it does not make is no matter");
        assert!(folder.join("notes.txt").exists());

        let theirs = place.path().join("theirs");
        fs::create_dir(&theirs).expect("made");
        make(&theirs, "demo").expect("an empty folder");
        let theirs = place.path().join("full");
        fs::create_dir(&theirs).expect("made");
        fs::write(theirs.join("page.md"), "mine").expect("written");
        make(&theirs, "demo").expect_err("somebody's");
        assert_eq!(fs::read_to_string(theirs.join("page.md")).expect("there"), "mine");
        assert_eq!(fs::read_dir(&theirs).expect("a folder").count(), 1, "nothing is added");
    }

    #[test]
    fn what_was_changed_or_added_in_its_own_folder_is_kept() {
        for (name, text) in [("page.md", "changed"), ("out/two.json", "added")] {
            let folder = tempfile::tempdir().expect("a folder");
            make(folder.path(), "demo").expect("an empty folder");
            fs::write(folder.path().join(name), text).expect("written");
            let error = make(folder.path(), "demo").expect_err("somebody's");
            assert!(error.to_string().contains(name), "{error}");
            assert_eq!(fs::read_to_string(folder.path().join(name)).expect("there"), text);
            assert!(folder.path().join("out/one.json").exists());
        }
    }

    #[test]
    fn what_was_stopped_is_begun_again_and_what_made_nothing_leaves_nothing() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path().join("made");
        drop(begin(&folder, "demo", &["out", "page.md"]).expect("begun"));
        assert!(!folder.exists());
        let made = begin(&folder, "demo", &["out", "page.md"]).expect("begun");
        fs::write(folder.join("page.md"), "half").expect("written");
        drop(made);
        make(&folder, "demo").expect("begun again");
        assert_eq!(fs::read_to_string(folder.join("page.md")).expect("there"), "page");
    }
}
