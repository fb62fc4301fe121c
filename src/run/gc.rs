//! Removal of old results and of files that nothing in the archive names.

use super::{config::Config, erase, error::RunError, undo};
use crate::{
    archive::{Access, Archive, Orphan, audit},
    progress::Progress,
    tables::{self, KeptBecause, RunFolder},
};

/// Folders and files that [`gc`] removes, and folders that it leaves.
#[derive(Debug)]
pub struct Garbage {
    /// Folders of runs that are removed, the earliest first.
    pub removed: Vec<RunFolder>,
    /// Folders of runs that stay, each with the reason.
    pub kept: Vec<(RunFolder, KeptBecause)>,
    /// Files that nothing in the archive names.
    pub orphans: Vec<Orphan>,
}

impl Garbage {
    /// Returns the bytes that a removal frees.
    pub fn bytes(&self) -> u64 {
        let folders: u64 = self.removed.iter().map(|run| run.bytes).sum();
        folders + self.orphans.iter().map(|orphan| orphan.bytes).sum::<u64>()
    }
}

/// Returns what [`gc`] would remove; changes nothing.
pub fn garbage(config: &Config) -> Result<Garbage, RunError> {
    tables::check_owner(&config.out, &config.state)?;
    let archive = Archive::open(&config.state, Access::Read)?;
    found(config, &archive)
}

/// Removes the folders of runs beyond the configured retention, and the files that nothing in the archive names.
///
/// Each folder disappears in one step. After a kill at any time the next run or the next call removes the remaining files.
/// `by` names the person, for the audit log; a call that finds nothing has no entry.
pub fn gc(config: &Config, by: &str, progress: &Progress) -> Result<Garbage, RunError> {
    tables::check_owner(&config.out, &config.state)?;
    let mut archive = Archive::open(&config.state, Access::Write)?;
    undo::complete(&mut archive, config, progress)?;
    erase::clear(&mut archive, config, true)?;
    let garbage = found(config, &archive)?;
    if !garbage.removed.is_empty() || !garbage.orphans.is_empty() {
        audit::append(
            &config.state,
            &[audit::Entry {
                action: audit::Action::Collected,
                by: by.to_owned(),
                audience: None,
                subjects: garbage.removed.iter().map(|run| audit::Subject::Run(run.name.clone())).collect(),
            }],
        )?;
    }
    for run in &garbage.removed {
        tables::withdraw(&config.out, &run.name)?;
    }
    archive.remove_orphans(&garbage.orphans)?;
    Ok(garbage)
}

fn found(config: &Config, archive: &Archive) -> Result<Garbage, RunError> {
    // A folder that this archive does not own has no run of this archive.
    let is_owned = tables::is_owned(&config.out, &config.state);
    let runs = if is_owned { tables::run_folders(&config.out)? } else { Vec::new() };
    let reasons = tables::kept(&runs, config.keep);
    let (mut removed, mut kept) = (Vec::new(), Vec::new());
    for (run, reason) in runs.into_iter().zip(reasons) {
        match reason {
            Some(reason) => kept.push((run, reason)),
            None => removed.push(run),
        }
    }
    Ok(Garbage { removed, kept, orphans: archive.orphans()? })
}
