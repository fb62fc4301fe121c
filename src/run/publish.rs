//! Files of a run: the tables and the report of the data steward and of each audience.

use std::path::Path;

use rayon::prelude::*;

use super::{audience::AudienceRun, error::RunError, manifest, publication::Publication};
use crate::{
    features,
    output::{self, morning, night, page},
};

/// Writes all tables and reports.
pub(super) fn write(folder: &Path, publication: &Publication<'_>) -> Result<(), RunError> {
    let run = publication.unrestricted();
    let steward = folder.join("steward");
    write_tables(
        &steward,
        publication,
        [
            night::deliveries(publication.deliveries, publication.runs.as_of),
            night::rejects(publication.deliveries),
            night::sources(publication.contents, publication.runs.as_of),
            night::identity(&run.analysis),
            night::contested(&run.analysis),
            night::record_evidence(&run.analysis, publication.contents),
        ],
    )?;
    write_report(&steward, publication, run, true)?;
    publication.audiences.iter().try_for_each(|run| write_audience(folder, publication, run))
}

fn write_audience(folder: &Path, publication: &Publication<'_>, run: &AudienceRun) -> Result<(), RunError> {
    let (analysis, queue) = (&run.analysis, &run.queue);
    let folder = folder.join(&run.audience.name);
    let features = features::by_feature(&queue.features);
    write_tables(
        &folder,
        publication,
        [
            night::entities(analysis),
            night::links(analysis),
            output::flows(analysis, &queue.candidates),
            output::properties(analysis),
            night::evidence(analysis, &queue.flags),
            night::metrics(analysis),
            night::communities(analysis),
            night::members(analysis),
            night::changes(&run.changes),
            night::candidates(analysis, &queue.candidates, &queue.gates, &queue.outcomes),
            night::gate(&queue.candidates, &queue.gates),
            night::features(&queue.candidates, &features),
            night::flags(&queue.flags, publication.model),
        ],
    )?;
    write_report(&folder, publication, run, false)
}

fn write_report(
    folder: &Path,
    publication: &Publication<'_>,
    run: &AudienceRun,
    is_steward: bool,
) -> Result<(), RunError> {
    let previous = publication.runs.previous.as_ref();
    let facts = page::Facts {
        moment: publication.runs.as_of,
        previous: previous.map(|previous| previous.as_of),
        audience: if is_steward { "the steward" } else { &run.audience.name },
        survey: &run.analysis,
        changes: &run.changes,
        morning: &run.queue.flags,
        closed: &morning::closed(&run.remembered),
        candidates: &run.queue.candidates,
        gates: &run.queue.gates,
        outcomes: &run.queue.outcomes,
        model: publication.model,
        model_before: previous.and_then(|previous| previous.model.clone()),
        deliveries: run.sees_everything().then_some(publication.deliveries),
        shows_files: is_steward,
        provenance: manifest::provenance(publication, run),
    };
    output::write_text(folder, "report.html", &output::render(&page::page(&facts)))?;
    Ok(())
}

fn write_tables<const N: usize>(
    folder: &Path,
    publication: &Publication<'_>,
    tables: [night::Filled<'_>; N],
) -> Result<(), RunError> {
    output::make_folder(folder)?;
    let format = publication.request.format;
    tables.into_par_iter().try_for_each(|filled| {
        output::write_parts(folder, filled.table, &filled.extra, filled.parts, format).map(|_| ())
    })?;
    Ok(())
}
