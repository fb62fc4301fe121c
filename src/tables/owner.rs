//! Owner of a folder for results: one archive alone publishes into it.
//!
//! Two archives in one folder would replace each other's runs and move each other's `latest`.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write as _},
    path::{Component, Path, PathBuf},
};

use rustix::{
    fs::{CWD, RenameFlags, renameat_with},
    io::Errno,
};
use serde_json::{Value, json};

use super::{OutputError, latest::sync, unreadable, unwritable};

/// Name of the file that names the owner; it does not belong to a run.
const OWNER: &str = ".araneus-out.json";

/// Returns an error if `out` belongs to another archive than the one in `state`. Writes nothing.
pub fn check_owner(out: &Path, state: &Path) -> Result<(), OutputError> {
    match owner(out)? {
        Some(owner) if owner != relative(out, state) => {
            Err(OutputError::OtherState { out: out.to_owned(), owner, file: out.join(OWNER) })
        }
        _ => Ok(()),
    }
}

/// Makes `out` belong to the archive in `state`, unless it belongs to another archive.
pub fn claim(out: &Path, state: &Path) -> Result<(), OutputError> {
    check_owner(out, state)?;
    let path = out.join(OWNER);
    if path.exists() {
        return Ok(());
    }
    fs::create_dir_all(out).map_err(unwritable(out))?;
    // Two archives may claim the folder at once: each writes its own file, and the first to move it wins.
    let partial = out.join(format!("{OWNER}.{}.partial", std::process::id()));
    let text = format!("{}\n", json!({ "araneus": "results", "state": relative(out, state) }));
    // After a power failure an incomplete file would look like one of another program.
    let written = File::create(&partial).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(unwritable(&partial))?;
    let moved = match renameat_with(CWD, &partial, CWD, &path, RenameFlags::NOREPLACE) {
        // Some network and overlay file systems have no such rename.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => fs::rename(&partial, &path),
        Err(Errno::EXIST) => fs::remove_file(&partial),
        moved => moved.map_err(Into::into),
    };
    match moved {
        Err(error) if !path.exists() => Err(unwritable(&path)(error)),
        _ => {
            sync(out)?;
            check_owner(out, state)
        }
    }
}

/// Returns whether a file of that name is left from a run that was killed while it claimed its folder.
pub(super) fn is_owner_partial(name: &str) -> bool {
    name.strip_prefix(OWNER).is_some_and(|rest| rest.starts_with('.') && rest.ends_with(".partial"))
}

/// Returns whether `out` belongs to the archive in `state`.
pub fn is_owned(out: &Path, state: &Path) -> bool {
    matches!(owner(out), Ok(Some(owner)) if owner == relative(out, state))
}

/// Returns the path of the archive that `out` belongs to, relative to `out`.
fn owner(out: &Path) -> Result<Option<String>, OutputError> {
    let path = out.join(OWNER);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        // A path whose parent is a file fails later, at the first write.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(unreadable(&path)(error)),
    };
    let read: Option<Value> = serde_json::from_slice(&bytes).ok();
    let state = read.as_ref().and_then(|read| read["state"].as_str());
    state.map(|state| Some(state.to_owned())).ok_or(OutputError::InTheWay { path })
}

/// Returns the path of `state` relative to `out`, both as the file system knows them: so a project that is
/// moved as a whole keeps it.
fn relative(out: &Path, state: &Path) -> String {
    let (out, state) = (canonical(out), canonical(state));
    let common = out.components().zip(state.components()).take_while(|(a, b)| a == b).count();
    let up = out.components().skip(common).map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(state.components().skip(common)).collect();
    if path.as_os_str().is_empty() { ".".to_owned() } else { path.to_string_lossy().into_owned() }
}

/// Returns a path without links, as far as it exists.
fn canonical(path: &Path) -> PathBuf {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let known = full.ancestors().find_map(|known| Some((known, known.canonicalize().ok()?)));
    match known {
        Some((known, real)) => match full.strip_prefix(known) {
            Ok(rest) if rest.as_os_str().is_empty() => real,
            Ok(rest) => real.join(rest),
            Err(_) => full,
        },
        None => full,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_belong_to_the_archive_that_came_first_also_where_the_project_moves() {
        let folder = tempfile::tempdir().expect("a folder");
        let project = folder.path().join("project");
        let at = |name: &str| project.join(name);
        fs::create_dir_all(at("state")).expect("made");
        check_owner(&at("out"), &at("state")).expect("nobody has it");
        assert!(!at("out").exists(), "looking makes nothing");
        claim(&at("out"), &at("state")).expect("taken");
        claim(&at("out"), &at("state")).expect("its own");
        claim(&at("out/../out"), &at("./state")).expect("its own, in other words");
        let error = claim(&at("out"), &at("other")).expect_err("somebody has it");
        assert!(matches!(&error, OutputError::OtherState { owner, .. } if owner == "../state"), "{error}");
        assert!(is_owned(&at("out"), &at("state")) && !is_owned(&at("out"), &at("other")));

        let moved = folder.path().join("moved");
        fs::rename(&project, &moved).expect("moved");
        claim(&moved.join("out"), &moved.join("state")).expect("both moved");
        claim(&moved.join("out"), &at("state")).expect_err("the old place is another one");
        assert_eq!(fs::read_dir(moved.join("out")).expect("a folder").count(), 1, "one file");
    }

    #[test]
    fn what_is_no_mark_of_ours_is_in_the_way() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(OWNER), "{}").expect("written");
        let error = claim(folder.path(), &folder.path().join("state")).expect_err("not ours");
        assert!(matches!(error, OutputError::InTheWay { .. }), "{error}");
    }
}
