//! `latest`: a link to the newest run below `out`. On a system without symbolic links it is a file with the name of the run.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read as _},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use rustix::io::Errno;

use super::{OutputError, is_run_name, unwritable};

pub(super) const LATEST: &str = "latest";
pub(super) const LATEST_PARTIAL: &str = ".latest.partial";
/// Bytes of the file: a name of a run and a line feed.
const NAME_BYTES_MAX: u64 = 17;

/// Returns the folder of the latest run below `out`; without a run, the path does not exist.
pub fn latest_folder(out: &Path) -> PathBuf {
    let latest = out.join(LATEST);
    named_in(&latest).map_or(latest, |run| out.join(run))
}

/// Returns the folder of the run that a path names: a folder, or a file `latest`.
pub fn named_run_folder(path: &Path) -> PathBuf {
    let is_latest = path.file_name().is_some_and(|name| name == LATEST);
    path.parent().filter(|_| is_latest).map_or_else(|| path.to_owned(), latest_folder)
}

/// Returns the run that `latest` names; an obstacle under that name is an error before anything moves.
pub(super) fn latest_run(out: &Path) -> Result<Option<String>, OutputError> {
    let latest = out.join(LATEST);
    match fs::read_link(&latest) {
        Ok(target) => Ok(target.to_str().filter(|name| is_run_name(name)).map(str::to_owned)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(_) => named_in(&latest).map(Some).ok_or(OutputError::InTheWay { path: latest }),
    }
}

/// Lets `latest` name a run.
pub(super) fn point_latest(out: &Path, run: &str) -> Result<(), OutputError> {
    point_by(out, run, |run, link| symlink(run, link))
}

/// Synchronises a file or a folder to disk.
pub(super) fn sync(path: &Path) -> Result<(), OutputError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(unwritable(path))
}

/// Function that makes a symbolic link to its first path.
type MakeLink = fn(&str, &Path) -> io::Result<()>;

fn point_by(out: &Path, run: &str, link: MakeLink) -> Result<(), OutputError> {
    let fresh = out.join(LATEST_PARTIAL);
    match link(run, &fresh) {
        Ok(()) => {}
        Err(error) if is_without_links(&error) => {
            fs::write(&fresh, format!("{run}\n")).map_err(unwritable(&fresh))?;
            sync(&fresh)?;
        }
        Err(error) => return Err(unwritable(&fresh)(error)),
    }
    let latest = out.join(LATEST);
    fs::rename(&fresh, &latest).map_err(unwritable(&latest))?;
    sync(out)
}

/// Returns whether a file system answers in this way that it has no symbolic links. FAT answers `EPERM`.
fn is_without_links(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(code, Some(Errno::PERM | Errno::NOSYS | Errno::NOTSUP | Errno::INVAL))
        || error.kind() == ErrorKind::Unsupported
}

/// Returns the name of a run that a file contains, if it is a file of this kind.
fn named_in(path: &Path) -> Option<String> {
    path.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
    let mut text = String::new();
    fs::File::open(path).ok()?.take(NAME_BYTES_MAX).read_to_string(&mut text).ok()?;
    Some(text.trim_end().to_owned()).filter(|name| is_run_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::{OutputError, prepare, publish, withdraw, write_text};

    const RUN: &str = "20261121T020000Z";
    const LATER: &str = "20261122T020000Z";

    const REFUSE: MakeLink = |_, _| Err(Errno::PERM.into());

    fn put(out: &Path, run: &str) {
        let partial = prepare(out, run).expect("a fresh folder");
        write_text(&partial, "manifest.json", "{}").expect("a file");
        publish(out, run).expect("published");
    }

    #[test]
    fn without_links_latest_is_a_file_that_every_reader_follows() {
        let out = tempfile::tempdir().expect("a folder");
        put(out.path(), RUN);
        point_by(out.path(), RUN, REFUSE).expect("a file");
        let latest = out.path().join(LATEST);
        assert_eq!(fs::read_to_string(&latest).expect("a file"), format!("{RUN}\n"));
        assert_eq!(latest_run(out.path()).expect("a run").as_deref(), Some(RUN));
        assert_eq!(latest_folder(out.path()), out.path().join(RUN));
        assert_eq!(named_run_folder(&latest), out.path().join(RUN));
        assert_eq!(named_run_folder(out.path()), out.path());
        assert!(!out.path().join(LATEST_PARTIAL).exists());
    }

    #[test]
    fn a_file_follows_later_runs_and_an_undo() {
        let out = tempfile::tempdir().expect("a folder");
        put(out.path(), LATER);
        point_by(out.path(), LATER, REFUSE).expect("a file");
        put(out.path(), RUN);
        assert_eq!(latest_folder(out.path()), out.path().join(LATER), "an earlier run does not move it");
        assert_eq!(withdraw(out.path(), LATER).expect("withdrawn").as_deref(), Some(RUN));
        point_by(out.path(), RUN, REFUSE).expect("a file");
        assert_eq!(withdraw(out.path(), RUN).expect("withdrawn"), None);
        assert!(out.path().join(LATEST).symlink_metadata().is_err());
    }

    #[test]
    fn other_errors_and_other_files_are_errors() {
        let out = tempfile::tempdir().expect("a folder");
        let full: MakeLink = |_, _| Err(Errno::NOSPC.into());
        assert!(matches!(point_by(out.path(), RUN, full), Err(OutputError::Unwritable { .. })));
        for text in ["", "mine", "20261121T020000Z and more", "../20261121T02"] {
            fs::write(out.path().join(LATEST), text).expect("a file");
            assert!(matches!(latest_run(out.path()), Err(OutputError::InTheWay { .. })), "{text}");
            assert_eq!(latest_folder(out.path()), out.path().join(LATEST));
        }
    }
}
