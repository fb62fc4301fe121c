//! Manifest: the list of commits, and the version of the archive's layout.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::{
    held::HeldDelivery,
    store::{self, ArchiveError},
};
use crate::time::Moment;

/// Version of the archive's layout. Archives of other versions are neither read nor changed.
pub(super) const LAYOUT: u32 = 3;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    layout: u32,
    pub(super) commits: Vec<CommitEntry>,
}

/// Entry of one commit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CommitEntry {
    /// As-of time of the run.
    pub(super) as_of: Moment,
    /// Rules of the run, in the form that `run` writes.
    pub(super) rules: serde_json::Value,
    /// Digest of the warning lists that the rules name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) warning_lists: Option<String>,
    /// Digest of the segment of records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) records: Option<String>,
    /// Digest of the segment of deliveries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) deliveries: Option<String>,
    /// Digest of the delivery reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reports: Option<String>,
    /// Snapshot sources whose rows in earlier commits of the same as-of time no longer count.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) replaced: BTreeSet<String>,
    /// Held deliveries of each source with limits that the run read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) held: BTreeMap<String, Vec<HeldDelivery>>,
    /// Ids of the accepted deliveries that the run read, or that newer files of a snapshot replaced.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) settled: BTreeSet<String>,
}

impl Manifest {
    pub(super) fn of(commits: &[CommitEntry]) -> Self {
        Self { layout: LAYOUT, commits: commits.to_vec() }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("a manifest is plain data")
    }

    /// Returns the digest that names its file.
    pub(super) fn digest(&self) -> String {
        blake3::hash(&self.bytes()).to_hex().to_string()
    }

    /// Returns whether the manifest with this digest has some of the first commits of this one, and no others.
    /// `None` is the digest of the empty archive before its first commit.
    pub(super) fn has_grown_from(&self, digest: Option<&str>) -> bool {
        let Some(digest) = digest else { return self.commits.len() == 1 };
        let is_earlier = |count| Self::of(&self.commits[..count]).digest() == digest;
        (0..self.commits.len()).rev().any(is_earlier)
    }
}

/// Returns the sources whose rows in the commit at a position no longer count, because a later commit for the same as-of
/// time replaced them.
pub(super) fn replaced(commits: &[CommitEntry], position: usize) -> BTreeSet<&str> {
    let later = commits[position + 1..].iter().filter(|later| later.as_of == commits[position].as_of);
    later.flat_map(|later| later.replaced.iter().map(String::as_str)).collect()
}

/// Reads the manifest that a digest names.
///
/// # Errors
/// If the file is missing or damaged, or if its layout has another version.
pub(super) fn read(folder: &Path, digest: &str) -> Result<Manifest, ArchiveError> {
    let (path, bytes) = store::read_manifest(folder, digest)?;
    parse(&path, &bytes)
}

/// Reads a manifest that `store::prepare_manifest` wrote.
///
/// # Errors
/// If the file is missing or damaged, or if its layout has another version.
pub(super) fn read_prepared(folder: &Path, digest: &str) -> Result<Manifest, ArchiveError> {
    let (path, bytes) = store::read_prepared_manifest(folder, digest)?;
    parse(&path, &bytes)
}

/// Reads a manifest from the bytes of its file.
pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Manifest, ArchiveError> {
    #[derive(Deserialize)]
    struct Version {
        layout: u32,
    }
    let damaged = |_| ArchiveError::Damaged { path: path.to_owned(), what: "cannot be read as a manifest" };
    let version: Version = serde_json::from_slice(bytes).map_err(damaged)?;
    let (path, found, known) = (path.to_owned(), version.layout, LAYOUT);
    match found.cmp(&known) {
        Ordering::Greater => Err(ArchiveError::Newer { path, found, known }),
        Ordering::Less => Err(ArchiveError::Older { path, found, known }),
        Ordering::Equal => serde_json::from_slice(bytes).map_err(damaged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_of_another_layout_is_refused_with_both_versions() {
        let path = Path::new("state/manifests/0.json");
        for (layout, advice) in [
            (1, "has layout 1, but this version of araneus reads layout 3. Start with an empty state folder"),
            (2, "has layout 2, but this version of araneus reads layout 3. Start with an empty state folder"),
            (4, "has layout 4, but this version of araneus reads layout 3. Install a newer version"),
        ] {
            let bytes = format!(r#"{{"layout":{layout},"commits":[{{"moment":"2020-01-01T00:00:00Z"}}]}}"#);
            let error = parse(path, bytes.as_bytes()).map(|_| ()).expect_err("another layout").to_string();
            assert!(error.contains(advice), "{error}");
        }
    }
}
