//! Flags in the history of a deployment.

use std::collections::BTreeSet;

use super::{
    config::Config,
    error::RunError,
    history::{self, ReplayInputs},
    rules,
};
use crate::{
    archive::{Access, Archive},
    language::{self, Language},
    progress::Progress,
    time::Moment,
    view::Audience,
};

/// Returns id and title of every flag in the history of any audience, by id.
pub(crate) fn known_flags(config: &Config, progress: &Progress) -> Result<Vec<(String, String)>, RunError> {
    let archive = Archive::open(&config.state, Access::Read)?;
    let Some(last) = archive.runs().pop() else { return Ok(Vec::new()) };
    let rules = rules::of_earlier_run(&archive, &last, &config.rules)?;
    let after = Moment::from_micros(last.moment.micros() + 1);
    let (contents, judgements) = (archive.read()?, archive.judgements()?);
    let mut flags = BTreeSet::new();
    for audience in rules.audiences_of_run().into_iter().chain([Audience::all()]) {
        let inputs =
            ReplayInputs { contents: &contents, rules: &rules, audience: &audience, judgements: &judgements };
        let state = history::flags_before(&archive, inputs, after, progress)?;
        flags.extend(
            state
                .flags
                .known()
                .map(|flag| (flag.id.clone(), language::flag_title(Language::english(), &flag.title))),
        );
    }
    Ok(flags.into_iter().collect())
}
