//! What a run will read: the INPUT given, or what is configured.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use super::{Config, Request, RunError};
use crate::{
    archive::{Archive, SourceRun},
    ingest::{self, Input, InputError},
};

/// What a run will read, and as what.
#[derive(Debug)]
pub struct Plan {
    /// Files, in order of source and path.
    pub inputs: Vec<Input>,
    /// How each source takes part.
    pub sources: BTreeMap<String, SourceRun>,
    /// Configured sources of which something was to be read and was not found.
    pub missing: Vec<String>,
    /// Whether the night is told now; a replay of an earlier one is not.
    pub is_told: bool,
}

/// Plans a run without touching anything.
pub fn plan(
    request: &Request,
    archive: &Archive,
    stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>,
) -> Result<Plan, RunError> {
    let newest = archive.nights().last().map(|night| night.moment);
    let is_past = newest.is_some_and(|newest| request.moment < newest);
    let mut plan =
        Plan { inputs: Vec::new(), sources: BTreeMap::new(), missing: Vec::new(), is_told: !is_past };
    if request.inputs.is_empty() {
        if !is_past {
            read_configured(&request.config, &mut plan, stdin)?;
        }
    } else {
        for text in &request.inputs {
            plan.inputs.extend(ingest::expand(text, stdin)?);
        }
    }
    plan.inputs.sort();
    plan.inputs.dedup();
    let names: BTreeSet<String> = plan.inputs.iter().map(|input| input.source.clone()).collect();
    for name in names {
        let source = request.config.source(&name);
        if let (true, false, Some(newest)) = (is_past, source.told_by_object, newest) {
            return Err(RunError::TooLate { newest, moment: request.moment });
        }
        plan.is_told = true;
        let is_complete = !plan.missing.contains(&name);
        plan.sources.insert(
            name,
            SourceRun { mode: source.mode, told_by_object: source.told_by_object, is_complete },
        );
    }
    Ok(plan)
}

/// Expands the paths of every configured source; one without any match is missing.
fn read_configured(
    config: &Config,
    plan: &mut Plan,
    stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>,
) -> Result<(), RunError> {
    for source in &config.sources {
        for shown in &source.paths {
            let path = config.folder.join(shown);
            match ingest::expand_path(Some(&source.name), shown, &path, stdin) {
                Ok(inputs) => plan.inputs.extend(inputs),
                Err(InputError::Missing(_)) => plan.missing.push(source.name.clone()),
                Err(error) => return Err(error.into()),
            }
        }
    }
    plan.missing.dedup();
    Ok(())
}
