//! A night written: the steward's tables, and each reader's tables and report.

use std::path::Path;

use super::{Request, RunError, looks::Nights, manifest};
use crate::{
    archive::{Counts, Holdings},
    features,
    ingest::Delivery,
    model::Model,
    output::{self, night, page},
    record::Mode,
    review,
    survey::Survey,
    temporal::ChangeGroup,
    view::Audience,
};

/// One for whom the night is published.
pub(super) struct Reader {
    /// Who.
    pub(super) audience: Audience,
    /// What may be known.
    pub(super) look: Survey,
    /// What changed in that.
    pub(super) changes: Vec<ChangeGroup>,
}

/// Everything a night's files are made from.
pub(super) struct Night<'a> {
    /// What was asked.
    pub(super) request: &'a Request,
    /// Tonight and the night before.
    pub(super) nights: &'a Nights<'a>,
    /// Everything kept.
    pub(super) holdings: &'a Holdings,
    /// What this run read.
    pub(super) read: &'a [(Delivery, Counts, Mode)],
    /// The steward's own survey, where no reader sees everything.
    pub(super) steward: Option<&'a Survey>,
    /// Who reads.
    pub(super) readers: &'a [Reader],
}

impl Night<'_> {
    /// Returns the survey of everything.
    pub(super) fn whole(&self) -> &Survey {
        let sees_all = || self.readers.iter().find(|reader| reader.audience.clearance.is_none()).map(|reader| &reader.look);
        self.steward.or_else(sees_all).expect("the steward's survey is made where no reader sees everything")
    }
}

/// Writes all tables and reports; returns how many entities, links and communities there are.
pub(super) fn write(folder: &Path, night: &Night<'_>) -> Result<(usize, usize, usize), RunError> {
    let whole = night.whole();
    let moment = night.nights.tonight;
    write_all(&folder.join("steward"), night, vec![
        night::deliveries(night.read, moment),
        night::rejects(night.read),
        night::sources(night.holdings, moment),
        night::identity(whole),
        night::contested(whole),
        night::record_evidence(whole, night.holdings),
    ])?;
    for reader in night.readers {
        write_reader(folder, night, reader)?;
    }
    let groups = whole.communities.iter().filter(|community| community.members.len() > 1).count();
    Ok((whole.resolution.entities.len(), whole.resolution.links.len(), groups))
}

fn write_reader(folder: &Path, night: &Night<'_>, reader: &Reader) -> Result<(), RunError> {
    let (look, moment) = (&reader.look, night.nights.tonight);
    let own = folder.join(&reader.audience.name);
    let candidates = review::candidates(look);
    let shown = features::by_feature(&features::features(look, &candidates));
    let model = Model::default();
    let ranked = review::queue(&candidates, model, &night.nights.rules.review);
    write_all(&own, night, vec![
        night::entities(look),
        night::links(look),
        night::evidence(look),
        night::metrics(look),
        night::communities(look),
        night::members(look),
        night::changes(&reader.changes),
        night::candidates(look, &candidates),
        night::features(&candidates, &shown),
        night::flags(look, &candidates, &ranked, model, moment),
    ])?;
    let facts = page::Facts {
        moment,
        previous: night.nights.before.as_ref().map(|before| before.moment),
        audience: &reader.audience.name,
        survey: look,
        changes: &reader.changes,
        deliveries: reader.audience.clearance.is_none().then_some(night.read),
        provenance: manifest::provenance(night, reader),
    };
    output::write_text(&own, "report.html", &output::render(&page::page(&facts)))?;
    Ok(())
}

fn write_all(folder: &Path, night: &Night<'_>, tables: Vec<night::Filled>) -> Result<(), RunError> {
    output::make_folder(folder)?;
    for filled in tables {
        output::write_table(folder, filled.table, &filled.extra, &filled.columns, night.request.format)?;
    }
    Ok(())
}

/// Adds up the numbers of all deliveries.
pub(super) fn total(read: &[(Delivery, Counts, Mode)]) -> Counts {
    read.iter().fold(Counts::default(), |sum, (_, counts, _)| Counts {
        delivered: sum.delivered + counts.delivered,
        taken: sum.taken + counts.taken,
        duplicate: sum.duplicate + counts.duplicate,
        rejected: sum.rejected + counts.rejected,
        held: sum.held + counts.held,
        new: sum.new + counts.new,
        changed: sum.changed + counts.changed,
        changed_unannounced: sum.changed_unannounced + counts.changed_unannounced,
        withdrawn: sum.withdrawn + counts.withdrawn,
    })
}
