//! A night written: the steward's tables, and each reader's tables and report.

use std::path::Path;

use rayon::prelude::*;

use super::{Request, RunError, looks::Nights, manifest, morning::Morning};
use crate::{
    analysis::Analysis,
    archive::{ArchiveContents, DeliveryReport},
    model::Model,
    report::{self, page},
    tables::{self, rows},
    temporal::ChangeGroup,
    view::Audience,
};

/// One for whom the night is published.
pub(crate) struct Reader {
    /// Who.
    pub(crate) audience: Audience,
    /// What may be known.
    pub(crate) look: Analysis,
    /// What changed in that.
    pub(crate) changes: Vec<ChangeGroup>,
    /// What comes before a person.
    pub(crate) morning: Morning,
}

/// Everything a night's files are made from.
pub(crate) struct Night<'a> {
    /// What was asked.
    pub(crate) request: &'a Request,
    /// Tonight and the night before.
    pub(crate) nights: &'a Nights<'a>,
    /// Everything kept.
    pub(crate) holdings: &'a ArchiveContents,
    /// What scores.
    pub(crate) model: &'a Model,
    /// What this run read.
    pub(crate) read: &'a [DeliveryReport],
    /// The steward's own look, where no reader sees everything.
    pub(crate) steward: Option<&'a Reader>,
    /// Who reads.
    pub(crate) readers: &'a [Reader],
}

impl Night<'_> {
    /// Returns the look at everything.
    pub(crate) fn whole(&self) -> &Reader {
        let sees_all = || self.readers.iter().find(|reader| reader.audience.clearance.is_none());
        self.steward.or_else(sees_all).expect("the steward's look is made where no reader sees everything")
    }
}

/// Writes all tables and reports; returns how many entities, links and communities there are.
pub(crate) fn write(folder: &Path, night: &Night<'_>) -> Result<(usize, usize, usize), RunError> {
    let (steward, moment) = (night.whole(), night.nights.tonight);
    let whole = &steward.look;
    write_all(
        &folder.join("steward"),
        night,
        [
            rows::deliveries(night.read, moment),
            rows::rejects(night.read),
            rows::sources(night.holdings, moment),
            rows::identity(whole),
            rows::contested(whole),
            rows::record_evidence(whole, night.holdings),
        ],
    )?;
    write_report(&folder.join("steward"), night, steward, true)?;
    for reader in night.readers {
        write_reader(folder, night, reader)?;
    }
    let groups = whole.communities.iter().filter(|community| community.members.len() > 1).count();
    Ok((whole.resolution.entities.len(), whole.resolution.links.len(), groups))
}

fn write_reader(folder: &Path, night: &Night<'_>, reader: &Reader) -> Result<(), RunError> {
    let (look, morning) = (&reader.look, &reader.morning);
    let own = folder.join(&reader.audience.name);
    let (shown, queued) = (morning.by_feature(), morning.queued());
    write_all(
        &own,
        night,
        [
            rows::entities(look),
            rows::links(look),
            tables::flows(look, &morning.candidates),
            tables::properties(look),
            rows::evidence(look, &morning.candidates, &morning.flags),
            rows::metrics(look),
            rows::communities(look),
            rows::members(look),
            rows::changes(&reader.changes),
            rows::candidates(look, &morning.candidates, &morning.gates, &morning.outcomes),
            rows::gate(&morning.candidates, &morning.gates),
            rows::features(&morning.candidates, &shown),
            rows::flags(&queued, night.model),
        ],
    )?;
    write_report(&own, night, reader, false)
}

fn write_report(folder: &Path, night: &Night<'_>, reader: &Reader, is_steward: bool) -> Result<(), RunError> {
    let facts = page::Facts {
        moment: night.nights.tonight,
        previous: night.nights.before.as_ref().map(|before| before.moment),
        audience: if is_steward { "the steward" } else { &reader.audience.name },
        analysis: &reader.look,
        changes: &reader.changes,
        morning: &reader.morning.queued(),
        closed: &reader.morning.closed,
        candidates: &reader.morning.candidates,
        gates: &reader.morning.gates,
        outcomes: &reader.morning.outcomes,
        model: night.model,
        model_before: model_before(night),
        deliveries: reader.audience.clearance.is_none().then_some(night.read),
        shows_files: is_steward,
        provenance: manifest::provenance(night, reader),
    };
    tables::write_text(folder, "report.html", &report::render(&page::page(&facts)))?;
    Ok(())
}

/// Returns the id of the model of the night before, where it is known.
fn model_before(night: &Night<'_>) -> Option<String> {
    let model = night.nights.before.as_ref()?.rules.get("model")?.as_str()?;
    Some(model.to_owned()).filter(|model| !model.is_empty())
}

fn write_all<const N: usize>(
    folder: &Path,
    night: &Night<'_>,
    tables: [rows::Filled<'_>; N],
) -> Result<(), RunError> {
    tables::make_folder(folder)?;
    let format = night.request.format;
    tables.into_par_iter().try_for_each(|filled| {
        tables::write_parts(folder, filled.table, &filled.extra, filled.parts, format).map(|_| ())
    })?;
    Ok(())
}
