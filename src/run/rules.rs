//! Rules of a run, and the rules that an earlier run followed.

use super::{config::Rules, error::RunError, inputs::Plan, request::Request};
use crate::{
    agreement::Agreement,
    archive::{Archive, ArchivedRun},
    model::ModelsInService,
    record::Terms,
    resolve::WarningLists,
    view::Audience,
};

/// Returns the rules of a run: the configured ones, its model of flags, and the reliability given for its INPUT.
pub(super) fn of_run(request: &Request, plan: &Plan, models: &ModelsInService) -> Rules {
    let mut rules = Rules { model: models.flags.id().to_owned(), ..request.config.rules.clone() };
    if let Some(reliability) = request.reliability {
        for source in plan.sources.keys() {
            rules.terms.entry(source.clone()).or_default().reliability = reliability;
        }
        rules.terms.retain(|_, terms| *terms != Terms::default());
    }
    rules
}

/// Closes each source that the present agreements close to an audience. So an earlier run is read with its own agreements
/// and with the present ones.
pub(crate) fn with_present_agreements(mut rules: Rules, present: &Rules, audience: &Audience) -> Rules {
    let now = present.audiences_of_run().into_iter().find(|known| known.name == audience.name);
    let now = now.unwrap_or_else(|| audience.clone());
    for (source, terms) in &present.terms {
        if let Some(agreement) = &terms.agreement
            && !present.access_policy(&now).agrees(source)
        {
            rules.terms.entry(source.clone()).or_default().agreement =
                Some(Agreement::missing(&agreement.name));
        }
    }
    rules
}

/// Returns the rules as plain data, for the archive, the manifest and the report.
pub(super) fn as_json(rules: &Rules) -> serde_json::Value {
    serde_json::to_value(rules).expect("rules are plain data")
}

/// Stores the warning lists of a run, so that a later run can show the effect of a changed list. Returns
/// the digest of the lists; `None` without lists.
pub(super) fn store_warning_lists<'a>(
    archive: &Archive,
    rules: &'a Rules,
) -> Result<Option<&'a str>, RunError> {
    let lists = &rules.analysis.weight.warning_lists;
    if lists.digest().is_empty() {
        return Ok(None);
    }
    archive.keep_lists(lists.digest(), lists.texts())?;
    Ok(Some(lists.digest()))
}

/// Returns the rules of an earlier run. Rules that this version cannot read count as the current ones, so that
/// no change is attributed to them.
pub(crate) fn of_earlier_run(
    archive: &Archive,
    run: &ArchivedRun,
    current: &Rules,
) -> Result<Rules, RunError> {
    let mut rules: Rules = serde_json::from_value(run.rules.clone()).unwrap_or_else(|_| current.clone());
    let lists = &mut rules.analysis.weight.warning_lists;
    let current_lists = &current.analysis.weight.warning_lists;
    if *lists == *current_lists {
        *lists = current_lists.clone();
    }
    if lists.is_unread() {
        // Lists that this version cannot read count as the current ones.
        let read = WarningLists::read(archive.lists(lists.digest())?);
        *lists = read.unwrap_or_else(|_| current_lists.clone());
    }
    Ok(rules)
}
