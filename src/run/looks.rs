//! What each reader is shown: a survey of what it may know, and what changed in that.

use super::{Rules, RunError, publish::Reader};
use crate::{
    archive::{Holdings, Night},
    resolve::{self, Resolution},
    survey::{self, Survey},
    temporal::{self, Cause, ChangeGroup, Look},
    time::Moment,
    view::{Audience, Vantage, View},
    watch::Watch,
};

/// Tonight, and the night it is compared with.
pub(super) struct Nights<'a> {
    /// Tonight's moment.
    pub(super) tonight: Moment,
    /// The night before, with the rules of then.
    pub(super) before: Option<Night>,
    /// Tonight's rules.
    pub(super) rules: &'a Rules,
}

/// Returns those for whom a night is published.
pub(super) fn readers(rules: &Rules, only: Option<&str>) -> Result<Vec<Audience>, RunError> {
    let all = rules.readers();
    match only {
        None => Ok(all),
        Some(name) => {
            let found = all.into_iter().find(|audience| audience.name == name);
            found.map(|audience| vec![audience]).ok_or_else(|| RunError::NoAudience(name.to_owned()))
        }
    }
}

/// Surveys what an audience may know tonight.
pub(super) fn look(
    holdings: &Holdings,
    nights: &Nights<'_>,
    audience: &Audience,
    watch: &Watch,
) -> Result<Survey, RunError> {
    let vantage = Vantage { told_by: nights.tonight, at: nights.tonight };
    let view = holdings.view(&nights.rules.terms, audience, vantage)?;
    survey::survey(view, &nights.rules.survey, watch).ok_or(RunError::Stopped)
}

/// Returns what a reader is shown tonight, and what changed in that.
pub(super) fn reader(
    holdings: &Holdings,
    nights: &Nights<'_>,
    audience: Audience,
    watch: &Watch,
) -> Result<Reader, RunError> {
    let look = look(holdings, nights, &audience, watch)?;
    let changes = changes(holdings, nights, &audience, &look)?;
    Ok(Reader { audience, look, changes })
}

/// Looks at everything for the steward, where no reader sees everything anyway.
pub(super) fn steward(
    holdings: &Holdings,
    nights: &Nights<'_>,
    readers: &[Reader],
    watch: &Watch,
) -> Result<Option<Reader>, RunError> {
    if readers.iter().any(|reader| reader.audience.clearance.is_none()) {
        return Ok(None);
    }
    reader(holdings, nights, Audience::all(), watch).map(Some)
}

/// Records and what they resolve to, by some rules, from some vantage.
struct Side {
    view: View,
    resolution: Resolution,
}

impl Side {
    fn of(
        holdings: &Holdings,
        rules: &Rules,
        audience: &Audience,
        told_by: Moment,
        at: Moment,
    ) -> Result<Self, RunError> {
        let view = holdings.view(&rules.terms, audience, Vantage { told_by, at })?;
        let resolution = resolve::resolve(&view, &rules.survey.resolve, &rules.survey.weight);
        Ok(Self { view, resolution })
    }

    fn look(&self) -> Look<'_> {
        Look { view: &self.view, resolution: &self.resolution }
    }
}

/// Compares tonight with the night before, one cause at a time: see `temporal`.
pub(super) fn changes(
    holdings: &Holdings,
    nights: &Nights<'_>,
    audience: &Audience,
    tonight: &Survey,
) -> Result<Vec<ChangeGroup>, RunError> {
    let after = Look { view: &tonight.view, resolution: &tonight.resolution };
    let Some(night) = &nights.before else {
        let nothing = nothing(nights, audience);
        return Ok(temporal::group(temporal::compare_world(nothing.look(), after, nights.tonight)));
    };
    let then = night.moment;
    let mut changes = Vec::new();
    // Rules of a version that cannot be read count as tonight's: nothing is blamed on them.
    let old: Rules = serde_json::from_value(night.rules.clone()).unwrap_or_else(|_| nights.rules.clone());
    let old_audience = old.readers().into_iter().find(|known| known.name == audience.name);
    let was_read = old_audience.is_some();
    let by_old = Side::of(holdings, &old, old_audience.as_ref().unwrap_or(audience), then, then)?;
    let mut renewed = old.clone();
    renewed.survey.resolve.version = nights.rules.survey.resolve.version;
    let mut by_rules = by_old;
    if renewed != old {
        let next = Side::of(holdings, &renewed, old_audience.as_ref().unwrap_or(audience), then, then)?;
        changes.extend(temporal::compare_rules(by_rules.look(), next.look(), Cause::ResolverChange));
        by_rules = next;
    }
    if renewed != *nights.rules || !was_read {
        let next = Side::of(holdings, nights.rules, audience, then, then)?;
        changes.extend(temporal::compare_rules(by_rules.look(), next.look(), Cause::ConfigurationChange));
        by_rules = next;
    }
    let aged = Side::of(holdings, nights.rules, audience, then, nights.tonight)?;
    changes.extend(temporal::compare_rules(by_rules.look(), aged.look(), Cause::Expiry));
    changes.extend(temporal::compare_world(aged.look(), after, then));
    Ok(temporal::group(changes))
}

/// What was known before anything was told.
fn nothing(nights: &Nights<'_>, audience: &Audience) -> Side {
    let vantage = Vantage { told_by: nights.tonight, at: nights.tonight };
    let read = |_: &[crate::view::Live]| Ok::<_, std::convert::Infallible>(Vec::new());
    let Ok(view) = View::open(&[], &nights.rules.terms, audience, vantage, read);
    Side { view, resolution: Resolution::default() }
}
