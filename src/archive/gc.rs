//! Files of the archive that nothing names: segments and warning lists of killed runs, and run state that no later
//! run needs.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::{
    Archive, keyed,
    store::{self, ArchiveError},
};

/// A file that nothing in the archive names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// Path of the file.
    pub path: PathBuf,
    /// Size in bytes.
    pub bytes: u64,
}

impl Archive {
    /// Returns the files that nothing in the archive names, in order of their paths. A file whose name the archive would
    /// not give is left out.
    ///
    /// # Errors
    /// If the list of the run state is damaged or cannot be read.
    pub fn orphans(&self) -> Result<Vec<Orphan>, ArchiveError> {
        let named = self.named_digests();
        let is_orphan = |path: &PathBuf| digest_of(path).is_some_and(|digest| !named.contains(digest));
        let folders = [self.folder.join("segments"), self.folder.join("lists")];
        let mut paths: Vec<PathBuf> =
            folders.iter().flat_map(|folder| store::files(folder)).filter(is_orphan).collect();
        paths.extend(self.needless_run_states()?);
        paths.extend(self.needless_held()?.into_iter().map(|orphan| orphan.path));
        paths.sort();
        // A file that disappears meanwhile needs no removal.
        let orphan = |path: PathBuf| {
            let metadata = fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
            Some(Orphan { bytes: metadata.len(), path })
        };
        Ok(paths.into_iter().filter_map(orphan).collect())
    }

    /// Removes orphans. Only an archive that is open for writing may do so, because a run that works writes segments
    /// before it names them.
    ///
    /// # Errors
    /// If a file cannot be removed.
    ///
    /// # Panics
    /// If the archive is open for reading.
    pub fn remove_orphans(&self, orphans: &[Orphan]) -> Result<(), ArchiveError> {
        assert!(self.lock.is_some(), "orphans are removed under the lock");
        orphans.iter().try_for_each(|orphan| store::remove(&orphan.path))
    }

    pub(super) fn named_digests(&self) -> BTreeSet<&str> {
        let named =
            self.manifest.commits.iter().flat_map(|commit| {
                [&commit.records, &commit.deliveries, &commit.reports, &commit.warning_lists]
            });
        named.flatten().map(String::as_str).collect()
    }

    /// Returns the files of run state that the last run did not keep. A run that is not yet published, or that is being
    /// undone, has not written its list.
    fn needless_run_states(&self) -> Result<Vec<PathBuf>, ArchiveError> {
        let kept = self.kept_run_states()?;
        let is_changing = self.pending_undo()?.is_some() || self.pending_erasure()?.is_some();
        if kept.is_empty() || self.unpublished()?.is_some() || is_changing {
            return Ok(Vec::new());
        }
        let files = keyed::files(&self.folder.join(store::RUN_STATE))?;
        let is_needless = |key: &String| key != super::run_state::KEPT && !kept.contains(key);
        Ok(files.into_iter().filter(|(key, _)| is_needless(key)).map(|(_, path)| path).collect())
    }
}

/// Returns the digest in the name of a file; `None` if the archive gives no such name.
fn digest_of(path: &Path) -> Option<&str> {
    let (digest, ending) = path.file_name()?.to_str()?.split_once('.')?;
    let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_ours = [store::SEGMENT, store::REPORT, keyed::ENDING].contains(&ending);
    (is_digest && is_ours).then_some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Access;

    #[test]
    fn only_files_with_names_of_the_archive_that_nothing_names_are_orphans() {
        let folder = tempfile::tempdir().expect("a folder");
        let archive = Archive::open(folder.path(), Access::Write).expect("an empty archive");
        let digest = "ab".repeat(32);
        let orphans = [format!("{digest}.parquet"), format!("{digest}.report.json.zst")];
        let foreign = ["notes.parquet".to_owned(), format!("{digest}.csv"), format!("{digest}0.parquet")];
        for name in orphans.iter().chain(&foreign) {
            fs::write(folder.path().join("segments").join(name), "12345").expect("a file");
        }
        let found = archive.orphans().expect("readable");
        assert_eq!(found.len(), orphans.len(), "{found:?}");
        assert!(found.iter().all(|orphan| orphan.bytes == 5));
        archive.remove_orphans(&found).expect("removed");
        assert_eq!(archive.orphans().expect("readable"), []);
        assert_eq!(store::files(&folder.path().join("segments")).len(), foreign.len(), "foreign files stay");
        archive.remove_orphans(&found).expect("a second removal changes nothing");
    }
}
