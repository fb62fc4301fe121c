//! Content of flags that needed a replay, kept in the archive for the next question.

use serde::{Deserialize, Serialize};

use super::{
    answers::Explanation,
    error::QuestionError,
    flag_content::{FlagContent, FlagStatus, explanation},
    opened::{OpenedRun, open_with_rules},
    records::{indices_of, record},
};
use crate::{
    archive::{Access, Archive},
    run::{RunError, engine_version, history, models, rules},
    time::Moment,
};

/// Version of the stored form.
const VERSION: u32 = 1;

/// Content of a flag, as the archive keeps it.
#[derive(Serialize, Deserialize)]
struct KeptContent {
    status: FlagStatus,
    content: FlagContent,
    /// Ids of the records behind the flag.
    records: Vec<String>,
    /// As-of time of the run that has its candidate.
    as_of: Moment,
    /// True if that run has the flag by its own rules, and false if by the rules of the question.
    has_own_rules: bool,
}

/// Returns the key of a flag's content: a digest of everything that it follows from.
fn key(opened: &OpenedRun, id: &str) -> Result<String, QuestionError> {
    let state = history::key_of(&opened.archive, opened.replay_inputs(), opened.run.moment)?;
    let models = models::load(&opened.config).map_err(RunError::from)?;
    // The key of the state leaves out what decides scores and ranks only.
    let parts = (VERSION, engine_version(), state, models.ids(), &opened.audience, id);
    Ok(blake3::hash(&serde_json::to_vec(&parts).expect("plain data")).to_hex().to_string())
}

/// Explains a flag by its kept content; `None` without one.
pub(super) fn explain_kept(opened: &OpenedRun, id: &str) -> Result<Option<Explanation>, QuestionError> {
    let Some(bytes) = opened.archive.explained(&key(opened, id)?) else { return Ok(None) };
    // Another version may have kept another form.
    let Ok(mut kept) = serde_json::from_slice::<KeptContent>(&bytes) else { return Ok(None) };
    let earlier = if kept.as_of == opened.run.moment {
        None
    } else {
        let run = opened.archive.runs().into_iter().find(|run| run.moment == kept.as_of);
        let Some(run) = run else { return Ok(None) };
        let rules = if kept.has_own_rules {
            rules::of_earlier_run(&opened.archive, &run, &opened.config.rules)?
        } else {
            opened.rules.clone()
        };
        let archive = Archive::open(&opened.config.state, Access::Read)?;
        Some(open_with_rules(archive, &opened.config, Some(&opened.audience.name), run, rules)?)
    };
    let opened = earlier.as_ref().unwrap_or(opened);
    let Some(records) = indices_of(opened, kept.records) else { return Ok(None) };
    kept.content.records = records;
    Ok(Some(explanation(opened, kept.content, &kept.status)))
}

/// Keeps the content of a flag that a replay found, and returns its explanation. `found_in` is the run that has its candidate,
/// by its own rules or by those of the question.
pub(super) fn keep(
    opened: &OpenedRun,
    (found_in, has_own_rules): (&OpenedRun, bool),
    content: FlagContent,
    status: FlagStatus,
) -> Result<Explanation, QuestionError> {
    let key = key(opened, &content.id)?;
    let records = content.records.iter().map(|index| record(found_in, *index).id.to_string()).collect();
    let kept = KeptContent { status, content, records, as_of: found_in.run.moment, has_own_rules };
    opened.archive.keep_explained(&key, &serde_json::to_vec(&kept).expect("plain data"));
    Ok(explanation(found_in, kept.content, &kept.status))
}
