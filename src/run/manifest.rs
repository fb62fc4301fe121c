//! Provenance of a run: `manifest.json`, `run.json`, and the lines of the report.

use std::path::Path;

use serde_json::{Value, json};

use super::{
    audience::AudienceRun,
    clock::{Clock, Step, peak_bytes},
    error::RunError,
    publication::Publication,
    rules,
};
use crate::{analysis::Analysis, archive, resolve, tables};

/// Returns the version of this program.
pub fn engine_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Returns a digest of every record of a view, in order.
fn records_digest(analysis: &Analysis) -> String {
    let mut hasher = blake3::Hasher::new();
    for record in analysis.view.records() {
        hasher.update(record.id.to_string().as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// Returns names and values of the report's provenance, as far as the audience may know them.
pub(super) fn provenance(publication: &Publication<'_>, run: &AudienceRun) -> Vec<(String, String)> {
    let rules = rules::as_json(publication.runs.rules);
    // An audience may not know the other audiences, nor the terms of sources.
    let configuration = if run.sees_everything() { rules.to_string() } else { rules["analysis"].to_string() };
    vec![
        ("araneus".to_owned(), engine_version().to_owned()),
        ("records".to_owned(), records_digest(&run.analysis)),
        ("configuration".to_owned(), configuration),
        ("rules of identity".to_owned(), format!("version {}", resolve::VERSION)),
        ("model".to_owned(), publication.models.flags.id().to_owned()),
        ("seed".to_owned(), publication.runs.rules.analysis.seed.to_string()),
    ]
}

/// Writes both files. They are the last ones of the folder, because the manifest has the digests of all others.
pub(super) fn write(folder: &Path, publication: &Publication<'_>, clock: &Clock<'_>) -> Result<(), RunError> {
    write_json(folder, "manifest.json", &manifest(folder, publication)?)?;
    let step =
        |step: &Step| json!({ "name": step.name, "seconds": step.seconds, "cpu_seconds": step.cpu_seconds });
    let run = json!({
        "threads": rayon::current_num_threads(),
        "inputs": publication.request.inputs,
        "peak_bytes": peak_bytes(),
        "steps": clock.so_far().iter().map(step).collect::<Vec<_>>(),
    });
    write_json(folder, "run.json", &run)
}

fn manifest(folder: &Path, publication: &Publication<'_>) -> Result<Value, RunError> {
    let analysis = &publication.unrestricted().analysis;
    let runs = publication.runs;
    let blocking = analysis.resolution.blocking;
    let counts = archive::total(publication.deliveries);
    Ok(json!({
        "araneus": engine_version(),
        "run": runs.as_of.folder(),
        "as_of": runs.as_of,
        "compared_with": runs.previous.as_ref().map(|previous| previous.as_of),
        "configuration": rules::as_json(runs.rules),
        "resolver": resolve::VERSION,
        "seeds": { "community": runs.rules.analysis.seed },
        "models": publication.models.ids(),
        "records": { "count": analysis.view.records().len(), "digest": records_digest(analysis) },
        "counts": {
            "delivered": counts.delivered, "taken": counts.taken, "duplicate": counts.duplicate,
            "rejected": counts.rejected, "held": counts.held, "new": counts.new, "changed": counts.changed,
            "changed_unannounced": counts.changed_unannounced, "withdrawn": counts.withdrawn,
            "entities": analysis.resolution.entities.len(), "links": analysis.resolution.links.len(),
            "communities": analysis.communities.len(),
        },
        "comparisons": {
            "entities": blocking.entities, "pairs": blocking.pairs, "wide_keys": blocking.wide_keys,
            "lost_pairs": blocking.lost_pairs,
        },
        "quality": { "modularity": analysis.modularity },
        "outputs": tables::digests(folder)?,
    }))
}

fn write_json(folder: &Path, name: &str, value: &Value) -> Result<(), RunError> {
    let text = serde_json::to_string_pretty(value).expect("a JSON value is written");
    tables::write_text(folder, name, &format!("{text}\n"))?;
    Ok(())
}
