//! Files of a run: the tables and the report of the data steward and of each audience.

use std::path::Path;

use rayon::prelude::*;

use super::{audience::AudienceRun, error::RunError, manifest, publication::Publication};
use crate::{
    features,
    language::Language,
    report::{self, page},
    tables::{self, rows},
    temporal::{self, Disturbance},
};

/// Writes all tables and reports.
pub(super) fn write(folder: &Path, publication: &Publication<'_>) -> Result<(), RunError> {
    let run = publication.unrestricted();
    let steward = folder.join("steward");
    let disturbances = temporal::disturbances(
        &run.analysis.view,
        &run.analysis.resolution,
        &run.changes,
        run.analysis.recent.previous,
    );
    write_tables(
        &steward,
        publication,
        [
            rows::deliveries(publication.deliveries, publication.runs.as_of),
            rows::rejects(publication.deliveries),
            rows::sources(publication.contents, &publication.runs.rules.terms, publication.runs.as_of),
            rows::identity(&run.analysis),
            rows::contested(&run.analysis),
            rows::comparisons(&run.analysis),
            rows::record_evidence(&run.analysis, publication.contents),
            rows::remarks(&run.analysis, publication.contents),
            rows::disturbances(&disturbances),
        ],
    )?;
    write_report(&steward, publication, run, Some(&disturbances))?;
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
            rows::entities(analysis),
            rows::identifiers(analysis),
            rows::pairs(analysis),
            rows::links(analysis),
            tables::flows(analysis, &queue.candidates),
            tables::properties(analysis),
            rows::evidence(analysis, &queue.flags),
            rows::relays(analysis),
            rows::metrics(analysis),
            rows::communities(analysis),
            rows::significance(analysis),
            rows::members(analysis),
            rows::changes(&run.changes),
            rows::candidates(analysis, &queue.candidates, &queue.gates, &queue.statuses),
            rows::gate(&queue.candidates, &queue.gates),
            rows::features(&queue.candidates, &features),
            rows::flags(&queue.flags, &publication.models.flags),
        ],
    )?;
    let cards = with_facts(publication, run, None, &|facts| report::cards(facts));
    write_tables(&folder, publication, [tables::cards(cards)])?;
    write_report(&folder, publication, run, None)
}

fn write_report(
    folder: &Path,
    publication: &Publication<'_>,
    run: &AudienceRun,
    disturbances: Option<&[Disturbance]>,
) -> Result<(), RunError> {
    let html = with_facts(publication, run, disturbances, &|facts| {
        report::render(facts.language, &page::page(facts))
    });
    tables::write_text(folder, "report.html", &html)?;
    Ok(())
}

/// Calls a function with the facts of a run for one audience; for the data steward also with disturbances of identity.
fn with_facts<T>(
    publication: &Publication<'_>,
    run: &AudienceRun,
    disturbances: Option<&[Disturbance]>,
    make: &dyn Fn(&page::Facts<'_>) -> T,
) -> T {
    let is_steward = disturbances.is_some();
    let previous = publication.runs.previous.as_ref();
    let language = Language::english();
    let steward = language.text("audience.steward");
    make(&page::Facts {
        language,
        moment: publication.runs.as_of,
        previous: previous.map(|previous| previous.as_of),
        audience: if is_steward { &steward } else { &run.audience.name },
        analysis: &run.analysis,
        changes: &run.changes,
        disturbances: disturbances.unwrap_or_default(),
        flags: &run.queue.flags,
        closed: &report::closed(language, &run.remembered),
        candidates: &run.queue.candidates,
        gates: &run.queue.gates,
        statuses: &run.queue.statuses,
        model: &publication.models.flags,
        model_before: previous.and_then(|previous| previous.model.clone()),
        deliveries: run.sees_everything().then_some(publication.deliveries),
        shows_files: is_steward,
        provenance: manifest::provenance(publication, run),
    })
}

fn write_tables<const N: usize>(
    folder: &Path,
    publication: &Publication<'_>,
    tables: [tables::FilledTable<'_>; N],
) -> Result<(), RunError> {
    tables::make_folder(folder)?;
    let format = publication.request.format;
    tables.into_par_iter().try_for_each(|filled| {
        tables::write_parts(folder, filled.table, &filled.extra, filled.parts, format).map(|_| ())
    })?;
    Ok(())
}
