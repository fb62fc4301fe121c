//! What a run will read: the INPUT given, or what is configured.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use super::{Config, Request, RunError};
use crate::{
    archive::{Archive, SourceRun},
    ingest::{self, Input, InputError},
    record::Mode,
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
    let newest = archive.newest_told();
    let is_past = newest.is_some_and(|newest| request.moment < newest);
    let mut plan =
        Plan { inputs: Vec::new(), sources: BTreeMap::new(), missing: Vec::new(), is_told: !is_past };
    if request.inputs.is_empty() {
        if !is_past {
            read_configured(&request.config, &mut plan, stdin)?;
        }
    } else {
        if request.inputs.iter().filter(|text| text.ends_with("=-")).count() > 1 {
            return Err(InputError::StdinTwice.into());
        }
        for text in &request.inputs {
            let found = ingest::expand(text, stdin)?;
            if found.is_empty() {
                plan.missing.push(ingest::source_of(text));
            }
            plan.inputs.extend(found);
        }
    }
    leave_out(&request.config, &mut plan.inputs);
    plan.inputs.sort();
    plan.inputs.dedup();
    let names: BTreeSet<String> = plan.inputs.iter().map(|input| input.source.clone()).collect();
    for name in names {
        let source = request.config.source(&name);
        // What a snapshot withdrew later cannot be told of the past any more.
        let may_be_past = source.told_by_object && source.mode == Mode::Increment;
        if let (true, false, Some(newest)) = (is_past, may_be_past, newest) {
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

/// Leaves out what the sources are configured not to read.
fn leave_out(config: &Config, inputs: &mut Vec<Input>) {
    let ignored: BTreeMap<&str, &ingest::Ignore> =
        config.sources.iter().map(|source| (source.name.as_str(), &source.ignore)).collect();
    let leave_out = |input: Input| match ignored.get(input.source.as_str()) {
        Some(ignore) => input.without(ignore),
        None => input,
    };
    *inputs = std::mem::take(inputs).into_iter().map(leave_out).collect();
}

/// Expands the paths of every configured source; one without any match is missing.
fn read_configured(
    config: &Config,
    plan: &mut Plan,
    stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>,
) -> Result<(), RunError> {
    for source in &config.sources {
        for shown in &source.paths {
            match ingest::expand_path(Some(&source.name), shown, &config.folder, stdin) {
                Ok(inputs) if inputs.iter().all(|input| input.place.is_ignored()) => {
                    plan.missing.push(source.name.clone());
                    plan.inputs.extend(inputs);
                }
                Ok(inputs) => plan.inputs.extend(inputs),
                Err(InputError::Missing(_)) => plan.missing.push(source.name.clone()),
                Err(error) => return Err(error.into()),
            }
        }
    }
    plan.missing.dedup();
    Ok(())
}
