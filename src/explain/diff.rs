//! Differences between two runs of the archive.

use super::{error::QuestionError, run_names::find_run};
use crate::{
    archive::{Access, Archive, ArchivedRun},
    run::{
        Config, audience,
        changes::{self, ComparedRuns},
        rules,
    },
    temporal::ChangeGroup,
    time::Moment,
};

/// Differences between two runs.
pub struct Difference {
    /// As-of time of the later run.
    pub as_of: Moment,
    /// As-of time of the earlier run; `None` where there is none.
    pub previous: Option<Moment>,
    /// Changes by cause.
    pub changes: Vec<ChangeGroup>,
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
    let previous = compared.previous.map(|previous| previous.as_of);
    Ok(Difference { as_of: run.moment, previous, changes })
}
