//! Flags that a command can name: by id, by the first digits of an id, or by rank.

use super::{CommandError, Common, answer, rank::PREFIX_MIN};
use crate::{
    progress::Progress,
    run::{Config, known_flags::known_flags, published::published_runs},
    tables::latest_folder,
};

/// Prefix of the id of a flag.
const FLAG: &str = "flag-";

/// Flags of the latest run's tables, then those of earlier runs' tables, and then those of the archive. The archive
/// forgets flags that were closed long ago.
pub(super) struct KnownFlags<'a> {
    config: &'a Config,
    /// Names of the audiences whose flags count.
    readers: Vec<String>,
    /// Ids and titles.
    flags: Vec<(String, String)>,
    /// Sources of more flags that were not read yet, the last one first.
    unread: Vec<MoreFlags>,
}

#[derive(Clone, Copy)]
enum MoreFlags {
    Archive,
    EarlierRuns,
}

impl<'a> KnownFlags<'a> {
    pub(super) fn of(common: &Common, config: &'a Config) -> Result<Self, CommandError> {
        let folder = latest_folder(&config.out);
        let (mut flags, readers) = (Vec::new(), answer::readers_of(common, config));
        for reader in &readers {
            if folder.join(reader).is_dir() {
                flags.extend(answer::all_flags(&folder, reader)?);
            }
        }
        Ok(Self { config, readers, flags, unread: vec![MoreFlags::Archive, MoreFlags::EarlierRuns] })
    }

    /// Returns the id of a flag by its id, or by at least the first six digits of it.
    pub(super) fn find(&mut self, text: &str) -> Result<String, CommandError> {
        if text.contains('…') || text.contains("...") {
            return Err(CommandError::Usage(
                "the id is shortened by `…`; write the whole id, at least its first six digits, or its rank in the queue"
                    .to_owned(),
            ));
        }
        if let Some(id) = self.with_prefix(text)? {
            return Ok(id);
        }
        while let Some(more) = self.unread.pop() {
            match more {
                MoreFlags::EarlierRuns => self.flags.extend(self.of_earlier_runs()),
                MoreFlags::Archive => self.flags.extend(known_flags(self.config, &Progress::silent())?),
            }
            if let Some(id) = self.with_prefix(text)? {
                return Ok(id);
            }
        }
        Err(CommandError::Usage(format!(
            "no flag has the id `{}`{}",
            text.escape_debug(),
            self.similar(text)
        )))
    }

    /// Returns the flags of all published runs. A run of an older version may have other tables, and is skipped.
    fn of_earlier_runs(&self) -> Vec<(String, String)> {
        let mut flags = Vec::new();
        for run in published_runs(&self.config.out) {
            let folder = self.config.out.join(run);
            for reader in self.readers.iter().filter(|reader| folder.join(reader).is_dir()) {
                flags.extend(answer::all_flags(&folder, reader).unwrap_or_default());
            }
        }
        flags
    }

    /// Returns the flag whose id begins with these digits; `None` if there is none.
    ///
    /// # Errors
    /// If there are several.
    fn with_prefix(&mut self, text: &str) -> Result<Option<String>, CommandError> {
        self.flags.sort();
        self.flags.dedup_by(|a, b| a.0 == b.0);
        let digits = text.strip_prefix(FLAG).unwrap_or(text).to_ascii_lowercase();
        if digits.len() < PREFIX_MIN || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let has_prefix =
            |(id, _): &&(String, String)| id.strip_prefix(FLAG).is_some_and(|id| id.starts_with(&digits));
        let matches: Vec<&(String, String)> = self.flags.iter().filter(has_prefix).collect();
        match matches[..] {
            [] => Ok(None),
            [(id, _)] => Ok(Some(id.clone())),
            _ => Err(CommandError::Usage(format!(
                "several flags have ids that begin with `{digits}`; write more digits: {}",
                listed(&matches)
            ))),
        }
    }

    pub(super) fn title(&self, id: &str) -> Option<&str> {
        self.flags.iter().find(|(known, _)| known == id).map(|(_, title)| title.as_str())
    }

    pub(super) fn with_rank(&self, common: &Common, rank: u64) -> Result<String, CommandError> {
        let folder = latest_folder(&self.config.out);
        let mut ids = Vec::new();
        for reader in answer::readers_of(common, self.config) {
            if folder.join(&reader).is_dir() {
                ids.extend(answer::flag_of_rank(&folder, &reader, rank)?);
            }
        }
        ids.sort();
        ids.dedup();
        match &ids[..] {
            [id] => Ok(id.clone()),
            [] => Err(CommandError::Usage(format!(
                "the latest queue has no rank {rank}; `araneus queue` shows the ranks"
            ))),
            _ => Err(CommandError::Usage(format!(
                "rank {rank} is a different flag for each audience; add --audience, or write the id"
            ))),
        }
    }

    /// Lists the flags with the most similar ids, for an error message.
    pub(super) fn similar(&self, text: &str) -> String {
        let mut by_distance: Vec<(usize, &(String, String))> =
            self.flags.iter().map(|flag| (strsim::damerau_levenshtein(text, &flag.0), flag)).collect();
        by_distance.sort();
        let similar: Vec<&(String, String)> = by_distance.into_iter().take(3).map(|(_, flag)| flag).collect();
        if similar.is_empty() {
            "; there are not flags yet".to_owned()
        } else {
            format!("; similar ids are {}", listed(&similar))
        }
    }
}

fn listed(flags: &[&(String, String)]) -> String {
    flags.iter().map(|(id, title)| format!("{id} ({title})")).collect::<Vec<_>>().join(", ")
}
