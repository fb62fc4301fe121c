//! Differences between two runs of the archive.

use serde::Serialize;

use super::{error::QuestionError, run_names::find_run};
use crate::{
    archive::{Access, Archive, ArchivedRun},
    language::{self, Language},
    run::{
        Config, audience,
        changes::{self, ComparedRuns},
        rules,
    },
    temporal::{Cause, ChangeGroup, ChangeKind, Subject},
};

/// Differences between two runs.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// Name of the later run.
    pub run: String,
    /// Name of the earlier run; `None` where there is none.
    pub compared_with: Option<String>,
    /// Changes by cause.
    pub changes: Vec<ChangeLine>,
}

/// Changes of one kind and cause.
#[derive(Clone, Debug, Serialize)]
pub struct ChangeLine {
    /// Id of the group.
    pub change_id: String,
    /// Cause of the changes.
    pub cause: Cause,
    /// Type of subject.
    pub subject: Subject,
    /// Type of change.
    pub what: ChangeKind,
    /// Number of changes.
    pub count: usize,
    /// Source of changed records; empty for other subjects.
    pub source: String,
    /// Description with the cause.
    pub detail: String,
    /// Labels of some subjects.
    pub examples: Vec<String>,
    /// The changes as data.
    #[serde(skip)]
    pub group: ChangeGroup,
}

impl ChangeLine {
    fn new(language: &Language, group: ChangeGroup) -> Self {
        Self {
            change_id: group.id.clone(),
            cause: group.cause,
            subject: group.subject,
            what: group.what,
            count: group.subject_ids.len(),
            source: group.source.clone(),
            detail: language::change_detail(language, &group),
            examples: group.examples.clone(),
            group,
        }
    }
}

/// Compares two runs of the archive. Without names these are the last two; with one name, the named run and
/// the one before it.
pub fn diff(config: &Config, names: &[String], audience: Option<&str>) -> Result<Difference, QuestionError> {
    let archive = Archive::open(&config.state, Access::Read)?;
    let runs = archive.runs();
    let last = runs.last().ok_or_else(|| QuestionError::NoRun(config.state.display().to_string()))?;
    let named = |text: &String| Ok::<ArchivedRun, QuestionError>(runs[find_run(&runs, text)?].clone());
    let (previous, run) = match names {
        [] => (archive.run_before(last.moment), last.clone()),
        [name] => {
            let run = named(name)?;
            (archive.run_before(run.moment), run)
        }
        [one, other, ..] => {
            let (one, other) = (named(one)?, named(other)?);
            if one.moment <= other.moment { (Some(one), other) } else { (Some(other), one) }
        }
    };
    let rules = rules::of_earlier_run(&archive, &run, &config.rules)?;
    let contents = archive.read()?;
    let compared = ComparedRuns::open(&archive, run.moment, previous, &rules)?;
    let audience = audience::asked(&rules, audience)?;
    let changes = changes::between(&contents, &compared, &audience)?;
    Ok(Difference {
        run: run.moment.folder(),
        compared_with: compared.previous.map(|previous| previous.as_of.folder()),
        changes: changes.into_iter().map(|group| ChangeLine::new(Language::english(), group)).collect(),
    })
}
