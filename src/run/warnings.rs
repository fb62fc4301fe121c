//! Warning lists: read with the configuration, and kept for as long as a night is compared by them.

use std::path::Path;

use super::{ConfigError, Rules, RunError, looks::Nights};
use crate::{
    archive::{Archive, Night},
    ingest,
    resolve::WarningLists,
};

/// Reads the lists that are configured; paths are relative to `folder`.
pub(super) fn read(patterns: &[String], folder: &Path) -> Result<WarningLists, ConfigError> {
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

fn key(digest: &str) -> String {
    format!("warning-lists-{digest}")
}

/// Keeps the lists by which a night is made, so that the next can tell what became of them.
/// Returns the names of what is to be kept: tonight's lists, and those of the night before.
pub(super) fn keep(archive: &Archive, nights: &Nights<'_>) -> Result<Vec<String>, RunError> {
    let lists = &nights.rules.survey.weight.warning_lists;
    if !lists.digest().is_empty() {
        let texts = serde_json::to_vec(lists.texts()).expect("texts are plain data");
        archive.keep_memory(&key(lists.digest()), &texts)?;
    }
    let digests = [lists.digest(), nights.rules_before.survey.weight.warning_lists.digest()];
    Ok(digests.map(key).to_vec())
}

/// Returns the rules of an earlier night. Rules of a version that cannot be read, and lists that
/// are not kept any more, count as today's: nothing is blamed on them.
pub(super) fn rules_of(archive: &Archive, night: &Night, today: &Rules) -> Result<Rules, RunError> {
    let mut rules: Rules = serde_json::from_value(night.rules.clone()).unwrap_or_else(|_| today.clone());
    let lists = &mut rules.survey.weight.warning_lists;
    let of_today = &today.survey.weight.warning_lists;
    if *lists == *of_today {
        *lists = of_today.clone();
    }
    if lists.is_unread() {
        let kept = archive.memory(&key(lists.digest()))?;
        let texts: Option<Vec<String>> = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let read = texts.and_then(|texts| WarningLists::read(texts).ok());
        *lists = read.unwrap_or_else(|| of_today.clone());
    }
    Ok(rules)
}
