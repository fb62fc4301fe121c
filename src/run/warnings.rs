//! Warning lists: read with the configuration, and kept for as long as a night is compared by them.

use std::path::Path;

use super::{ConfigError, Rules, RunError};
use crate::{
    archive::{Archive, ArchivedRun},
    ingest,
    resolve::WarningLists,
};

/// Reads the lists that are configured; paths are relative to `folder`.
pub(crate) fn read(patterns: &[String], folder: &Path) -> Result<WarningLists, ConfigError> {
    let wrong = |path: &str, what: String| ConfigError::WarningList { path: path.to_owned(), what };
    let (mut paths, mut texts) = (Vec::new(), Vec::new());
    for pattern in patterns {
        let found = ingest::expand_path(None, pattern, folder, &mut || Ok(Vec::new()));
        for input in found.map_err(|error| wrong(pattern, error.to_string()))? {
            if let Some(text) =
                ingest::text_of(&input).map_err(|refusal| wrong(&input.path, refusal.reason))?
            {
                paths.push(input.path);
                texts.push(text);
            }
        }
    }
    WarningLists::read(texts).map_err(|(at, what)| wrong(&paths[at], what))
}

/// Keeps the lists by which a run is made, so that later ones can tell what a changed list changed. Returns
/// their digest; `None` where there are none.
pub(crate) fn keep<'a>(archive: &Archive, rules: &'a Rules) -> Result<Option<&'a str>, RunError> {
    let lists = &rules.analysis.weight.warning_lists;
    if lists.digest().is_empty() {
        return Ok(None);
    }
    archive.keep_lists(lists.digest(), lists.texts())?;
    Ok(Some(lists.digest()))
}

/// Returns the rules of an earlier run. Rules of a version that cannot be read count as today's: nothing is
/// blamed on them.
pub(crate) fn rules_of(archive: &Archive, night: &ArchivedRun, today: &Rules) -> Result<Rules, RunError> {
    let mut rules: Rules = serde_json::from_value(night.rules.clone()).unwrap_or_else(|_| today.clone());
    let lists = &mut rules.analysis.weight.warning_lists;
    let of_today = &today.analysis.weight.warning_lists;
    if *lists == *of_today {
        *lists = of_today.clone();
    }
    if lists.is_unread() {
        let read = WarningLists::read(archive.lists(lists.digest())?);
        // Lists that this version cannot read count as today's.
        *lists = read.unwrap_or_else(|_| of_today.clone());
    }
    Ok(rules)
}
