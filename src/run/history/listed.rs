//! Values of the archived records that the warning lists contain.
//!
//! A warning list decides the stages of an earlier run only through the values of its records. So the keys of the stages have a
//! digest of the listed values instead of the lists. A changed list without other values of the archive replays no run. The
//! archive keeps the listed values of each commit, because finding them needs its contents.

use std::sync::Arc;

use rayon::prelude::*;

use super::{
    stage_files::{digest_of, read, write},
    versions::READS,
};
use crate::{
    archive::{Archive, ArchiveContents},
    ingest::{self, Mappings},
    record::{ArchivedRecord, PackedContent},
    resolve::{self, WarningLists},
    run::{config::Rules, error::RunError},
    time::Moment,
};

/// Listed values of the records since the run before, for each run.
pub(super) struct Listed {
    /// Sum of the digests of the listed values of each record.
    pub(super) sums: Vec<u128>,
    /// Keys of the kept values.
    pub(super) keys: Vec<String>,
}

/// Position of each record with a listed value in its commit, and a digest of its listed values.
type Rows = Vec<(usize, String)>;

/// Finds the listed values of the records of each run.
pub(super) fn of_runs(
    archive: &Archive,
    contents: &ArchiveContents,
    rules: &Rules,
    runs: &[Moment],
) -> Result<Listed, RunError> {
    let lists = &rules.analysis.weight.warning_lists;
    let mut listed = Listed { sums: vec![0; runs.len()], keys: Vec::new() };
    if lists.digest().is_empty() {
        return Ok(listed);
    }
    let mappings = ingest::mappings(&rules.terms);
    let mut first = 0;
    for commit in contents.records().chunk_by(|record, next| record.commit == next.commit) {
        let key = key(contents.segment(first), commit, &mappings, lists);
        let rows = if let Some(rows) = read::<Rows>(archive, &key)? {
            rows
        } else {
            let positions: Vec<usize> = (first..first + commit.len()).collect();
            let rows = rows(&contents.contents(&positions, &mappings)?, lists);
            write(archive, &key, &rows)?;
            rows
        };
        for (offset, digest) in rows {
            // A file of another commit cannot have this key.
            let Some(record) = commit.get(offset) else { continue };
            let run = runs.partition_point(|run| *run < record.earliest());
            if let (Some(sum), Ok(digest)) = (listed.sums.get_mut(run), u128::from_str_radix(&digest, 16)) {
                *sum = sum.wrapping_add(digest);
            }
        }
        listed.keys.push(key);
        first += commit.len();
    }
    Ok(listed)
}

/// Returns the key of the listed values of a commit. A later commit may have replaced the records of some sources.
fn key(segment: &str, commit: &[ArchivedRecord], mappings: &Mappings, lists: &WarningLists) -> String {
    let mut sources: Vec<&str> =
        commit.chunk_by(|a, b| a.source == b.source).map(|of| &*of[0].source).collect();
    sources.sort_unstable();
    sources.dedup();
    let mapping = |source: &&str| mappings.get(*source).map(|mapping| format!("{:?}", mapping.digest));
    let mappings: Vec<Option<String>> = sources.iter().map(mapping).collect();
    digest_of(&("listed", READS, segment, sources, mappings, lists.digest()))
}

fn rows(contents: &[Arc<PackedContent>], lists: &WarningLists) -> Rows {
    let digest = |(offset, content): (usize, &Arc<PackedContent>)| {
        let digest = if content.part().is_some() {
            // The claims of such a content come from several records, so every list may decide it.
            digest_of(&lists.digest())
        } else {
            let values = resolve::listed(content, lists);
            if values.is_empty() {
                return None;
            }
            digest_of(&values.iter().map(ToString::to_string).collect::<Vec<String>>())
        };
        Some((offset, digest[..32].to_owned()))
    };
    contents.par_iter().enumerate().filter_map(digest).collect()
}
