//! Judgements that an audience may see, read again only after a change.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    archive::{Access, Archive, ArchiveError},
    judgement::{Judgement, Kind, Value},
};

/// Inode, size and change time of the file of judgements; every write replaces the file.
type Stamp = Option<(u64, u64, i64, i64)>;

/// Judgements of an archive.
pub(super) struct JudgementCache {
    state: PathBuf,
    known: Mutex<Option<(Stamp, Arc<Vec<Judgement>>)>>,
}

impl JudgementCache {
    /// Creates an empty cache for the archive in a folder.
    pub(super) fn new(state: &Path) -> Self {
        Self { state: state.to_owned(), known: Mutex::new(None) }
    }

    /// Returns every judgement, in order of recorded time.
    ///
    /// # Errors
    /// If the archive is damaged or cannot be read.
    pub(super) fn read(&self) -> Result<Arc<Vec<Judgement>>, ArchiveError> {
        let stamp = self.stamp();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, judgements)) = &*known
            && *of == stamp
        {
            return Ok(Arc::clone(judgements));
        }
        let read = Arc::new(Archive::open(&self.state, Access::Read)?.judgements()?);
        *known = Some((stamp, Arc::clone(&read)));
        Ok(read)
    }

    fn stamp(&self) -> Stamp {
        let file = fs::metadata(self.state.join("judgements.jsonl")).ok()?;
        Some((file.ino(), file.size(), file.mtime(), file.mtime_nsec()))
    }
}

/// Returns the judgements about flags that an audience may see. The audience has the flag, as `has_flag` says. A reason and
/// a note stay hidden if the person saw results of another audience, because the text may quote them.
pub(super) fn visible(
    all: &[Judgement],
    audience: &str,
    sees_everything: bool,
    has_flag: impl Fn(&str) -> bool,
) -> Vec<Judgement> {
    all.iter()
        .filter(|judgement| judgement.kind == Kind::Flag && has_flag(&judgement.subject_id))
        .map(|judgement| {
            // The id derives from the whole content, so it is fixed before texts are left out.
            let mut shown = Judgement { judgement_id: Some(judgement.id()), ..judgement.clone() };
            if !sees_everything && judgement.audience.as_deref() != Some(audience) {
                shown.reason.clear();
                shown.note = None;
            }
            shown
        })
        .collect()
}

/// Returns a sentence about a judgement that was just made.
pub(super) fn done_notice(judgements: &[Judgement], done: &str) -> Option<String> {
    let judgement = judgements.iter().find(|judgement| !done.is_empty() && judgement.id() == done)?;
    Some(match judgement.value {
        Value::Withdrawn => "The verdict was withdrawn.".to_owned(),
        value => format!("Saved: {} on {}.", value.name(), judgement.subject_id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{judgement::Value, time::Moment};

    #[test]
    fn an_audience_sees_judgements_of_its_flags_and_texts_of_its_own_readers() {
        let judgement = |flag: &str, audience: Option<&str>| Judgement {
            judgement_id: None,
            recorded_at: Moment::from_micros(1),
            by: "ana".to_owned(),
            subject_id: flag.to_owned(),
            other_id: None,
            kind: Kind::Flag,
            value: Value::Benign,
            reason: "seen in a hidden record".to_owned(),
            reason_code: None,
            note: Some("a hidden name".to_owned()),
            identifiers: Vec::new(),
            audience: audience.map(str::to_owned),
        };
        let all = [judgement("flag-1", None), judgement("flag-1", Some("team")), judgement("flag-2", None)];
        let seen = visible(&all, "team", false, |flag| flag == "flag-1");
        assert_eq!(seen.iter().map(Judgement::id).collect::<Vec<_>>(), [all[0].id(), all[1].id()]);
        assert_eq!((seen[0].reason.as_str(), seen[0].note.as_deref()), ("", None));
        assert_eq!(seen[1].reason, "seen in a hidden record");
        assert_eq!(visible(&all, "all", true, |_| true)[2].note.as_deref(), Some("a hidden name"));
    }
}
