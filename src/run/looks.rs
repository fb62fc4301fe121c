//! What each reader is shown: a survey of what it may know, and what changed in that.

use std::convert::Infallible;

use super::{
    Rules, RunError,
    memory::{self, Story},
    morning::Morning,
    publish::Reader,
    warnings,
};
use crate::{
    analysis::{self, Depth},
    archive::{Archive, ArchiveContents, ArchivedRun},
    judgement::Judgement,
    model::Model,
    progress::Progress,
    resolve::{self, Resolution},
    temporal::{self, Cause, ChangeGroup, Groups, ResolvedView},
    time::Moment,
    view::{AccessPolicy, AsOf, Audience, Live, View},
};

/// Tonight, and the night it is compared with.
pub(crate) struct Nights<'a> {
    /// Tonight's moment.
    pub(crate) tonight: Moment,
    /// The night before.
    pub(crate) before: Option<ArchivedRun>,
    /// The rules of then; tonight's where there is no night before.
    pub(crate) rules_before: Rules,
    /// Tonight's rules.
    pub(crate) rules: &'a Rules,
}

impl<'a> Nights<'a> {
    /// Returns a night beside the one before.
    pub(crate) fn of(
        archive: &Archive,
        tonight: Moment,
        before: Option<ArchivedRun>,
        rules: &'a Rules,
    ) -> Result<Self, RunError> {
        let rules_before = match &before {
            Some(night) => warnings::rules_of(archive, night, rules)?,
            None => rules.clone(),
        };
        Ok(Self { tonight, before, rules_before, rules })
    }

    /// Returns the vantage of the night before, to which nothing of tonight's run was told.
    fn then(&self, before: Moment) -> AsOf {
        AsOf { without: Some(self.tonight), ..AsOf::of(before) }
    }
}

/// Returns those for whom a night is published.
pub(crate) fn readers(rules: &Rules, only: Option<&str>) -> Result<Vec<Audience>, RunError> {
    let all = rules.readers();
    match only {
        None => Ok(all),
        Some(name) => {
            let found = all.into_iter().find(|audience| audience.name == name);
            found.map(|audience| vec![audience]).ok_or_else(|| RunError::NoAudience(name.to_owned()))
        }
    }
}

/// What a run looks at, for whomever.
pub(crate) struct Desk<'a> {
    pub(crate) archive: &'a Archive,
    pub(crate) holdings: &'a ArchiveContents,
    pub(crate) nights: &'a Nights<'a>,
    pub(crate) judgements: &'a [Judgement],
    pub(crate) model: &'a Model,
}

/// Returns what a reader is shown tonight, and what changed in that; and the names under which
/// what the night leaves is kept.
pub(crate) fn reader(
    desk: &Desk<'_>,
    audience: Audience,
    watch: &Progress,
    tell: &dyn Fn(&str),
) -> Result<(Reader, Vec<String>), RunError> {
    let nights = desk.nights;
    let story = Story {
        holdings: desk.holdings,
        rules: nights.rules,
        audience: &audience,
        judgements: desk.judgements,
    };
    let before = memory::before(desk.archive, story, nights.tonight, watch, tell)?;
    let view = memory::shown(story, nights.tonight)?;
    let then = Then::of(desk.holdings, nights, &audience)?;
    // Much of saying who is who cannot be shared among threads: both nights at once can.
    let (resolution, then) =
        rayon::join(|| memory::resolved(nights.rules, &view), || then.map(Then::resolved));
    // Compared before it is measured, so that the night before is let go of meanwhile.
    let tonight = ResolvedView { view: &view, resolution: &resolution };
    let mut changes = changes(desk.holdings, nights, &audience, then, tonight)?;
    let night = (view, resolution);
    let followed =
        memory::follow_resolved(nights.rules, desk.judgements, &before, night, Depth::Whole, watch)?;
    let kept = memory::keep(desk.archive, story, nights.tonight, &followed.memory)?;
    changes.extend(temporal::group(analysis::changes(&followed.analysis)));
    let morning = Morning::of(&followed, desk.model, &nights.rules.review);
    Ok((Reader { audience, look: followed.analysis, changes, morning }, kept))
}

/// Looks at everything for the steward, where no reader sees everything anyway.
pub(crate) fn steward(
    desk: &Desk<'_>,
    readers: &[Reader],
    watch: &Progress,
    tell: &dyn Fn(&str),
) -> Result<Option<(Reader, Vec<String>)>, RunError> {
    if readers.iter().any(|reader| reader.audience.clearance.is_none()) {
        return Ok(None);
    }
    reader(desk, Audience::all(), watch, tell).map(Some)
}

/// Records and what they resolve to, by some rules, from some vantage.
pub(crate) struct Side {
    view: View,
    resolution: Resolution,
}

impl Side {
    fn of(
        holdings: &ArchiveContents,
        rules: &Rules,
        lens: AccessPolicy<'_>,
        also: Option<AccessPolicy<'_>>,
        vantage: AsOf,
    ) -> Result<Self, RunError> {
        Ok(Self::resolved(holdings.view(lens, also, vantage)?, rules))
    }

    fn resolved(view: View, rules: &Rules) -> Self {
        let (config, weights) = (&rules.analysis.resolve, &rules.analysis.weight);
        let resolution = resolve::resolve_without_reasons(&view, config, weights);
        Self { view, resolution }
    }

    /// Resolves what an audience may know tonight, without measuring it.
    pub(crate) fn tonight(
        holdings: &ArchiveContents,
        nights: &Nights<'_>,
        audience: &Audience,
    ) -> Result<Self, RunError> {
        Self::of(holdings, nights.rules, nights.rules.lens(audience), None, AsOf::of(nights.tonight))
    }

    pub(crate) fn look(&self) -> ResolvedView<'_> {
        ResolvedView { view: &self.view, resolution: &self.resolution }
    }
}

/// The night before, as a reader of tonight may know it, by the rules of then.
pub(crate) struct Then<'a, S> {
    rules: &'a Rules,
    /// The reader as then configured, if it was.
    audience: Option<Audience>,
    night: Moment,
    seen: S,
}

impl<'a> Then<'a, View> {
    /// Shows the night before; `None` where there is none.
    pub(crate) fn of(
        holdings: &ArchiveContents,
        nights: &'a Nights<'_>,
        audience: &Audience,
    ) -> Result<Option<Self>, RunError> {
        let Some(night) = &nights.before else { return Ok(None) };
        let rules = &nights.rules_before;
        let known = rules.readers().into_iter().find(|known| known.name == audience.name);
        // What the reader may no longer know is not told to it as a change.
        let lens = rules.lens(known.as_ref().unwrap_or(audience));
        let seen = holdings.view(lens, Some(nights.rules.lens(audience)), nights.then(night.moment))?;
        Ok(Some(Self { rules, audience: known, night: night.moment, seen }))
    }

    /// Says who was who.
    pub(crate) fn resolved(self) -> Then<'a, Side> {
        let Self { rules, audience, night, seen } = self;
        Then { rules, audience, night, seen: Side::resolved(seen, rules) }
    }
}

/// Compares tonight with the night before, one cause at a time: see `temporal`.
pub(crate) fn changes(
    holdings: &ArchiveContents,
    nights: &Nights<'_>,
    audience: &Audience,
    then: Option<Then<'_, Side>>,
    tonight: ResolvedView<'_>,
) -> Result<Vec<ChangeGroup>, RunError> {
    let mut changes = Groups::default();
    let Some(Then { rules: old, audience: old_audience, night: then, seen: mut side }) = then else {
        let nothing = nothing(nights, audience);
        temporal::compare_world(nothing.look(), tonight, None, &mut changes);
        return Ok(changes.finish());
    };
    let new_lens = nights.rules.lens(audience);
    let old_lens = old.lens(old_audience.as_ref().unwrap_or(audience));
    let vantage = nights.then(then);
    let mut renewed = old.clone();
    renewed.analysis.resolve.version = nights.rules.analysis.resolve.version;
    // Which model scores changes no record, entity or link.
    renewed.model.clone_from(&nights.rules.model);
    if renewed != *old {
        let next = Side::of(holdings, &renewed, old_lens, Some(new_lens), vantage)?;
        temporal::compare_rules(side.look(), next.look(), Cause::ResolverChange, &mut changes);
        side = next;
    }
    if renewed != *nights.rules || old_audience.is_none() {
        let next = Side::of(holdings, nights.rules, new_lens, None, vantage)?;
        temporal::compare_rules(side.look(), next.look(), Cause::ConfigurationChange, &mut changes);
        side = next;
    }
    // Where nothing expired since, who is who is as it was: only weights grew older, and no
    // comparison here reads them.
    let Side { view, resolution } = side;
    let aged = match view.still(nights.tonight) {
        Ok(view) => Side { view, resolution },
        Err(view) => {
            let view_tonight = holdings.view(new_lens, None, AsOf { valid_at: nights.tonight, ..vantage })?;
            let side = Side { view: *view, resolution };
            let aged = Side::resolved(view_tonight, nights.rules);
            temporal::compare_rules(side.look(), aged.look(), Cause::Expiry, &mut changes);
            aged
        }
    };
    temporal::compare_world(aged.look(), tonight, Some(then), &mut changes);
    // Millions of small things: whoever goes on need not wait until they are gone.
    rayon::spawn(|| drop(aged));
    Ok(changes.finish())
}

/// What was known before anything was told.
fn nothing(nights: &Nights<'_>, audience: &Audience) -> Side {
    let read = |_: &[Live]| Ok::<_, Infallible>(Vec::new());
    let Ok(view) = View::open(&[], nights.rules.lens(audience), None, AsOf::of(nights.tonight), read);
    Side { view, resolution: Resolution::default() }
}
