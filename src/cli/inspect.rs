//! `araneus verify`: checks that nothing was altered since it was listed.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Value, json};

use super::{CommandError, Common, config, console::Console, counted, files, require_archive};
use crate::{
    archive::{Access, Archive, audit},
    run::RunError,
    tables,
};

/// Checks the archive, then each published run against its manifest.
pub(super) fn verify(common: &Common, console: &Console) -> Result<u8, CommandError> {
    let config = config(common)?;
    require_archive(common, &config)?;
    console.step("archive");
    let archive = Archive::open(&config.state, Access::Read).map_err(RunError::from)?;
    let (commits, records) = archive.verify().map_err(RunError::from)?;
    console.step("audit log");
    let audit = audit::read(&config.state, &mut |_| {}).map_err(RunError::from)?;
    console.step("runs");
    let mut runs = 0;
    let mut differing = Vec::new();
    for entry in fs::read_dir(&config.out).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if tables::is_run_name(&name) {
            runs += 1;
            differing.extend(differences(&entry.path(), &name)?);
        }
    }
    console.end();
    differing.sort();
    if common.json {
        out!(
            "{}",
            json!({
                "commits": commits, "records": records, "runs": runs, "differing": differing,
                "audit": { "entries": audit.entries, "head": audit.digest },
            })
        );
    } else {
        let (commits, records) =
            (counted(commits as u64, "commit", "commits"), counted(records as u64, "record", "records"));
        out!("archive: {commits}, {records}, all as written");
        let entries = counted(audit.entries, "entry", "entries");
        out!("audit log: {entries}, all as written; its head is {}", audit.digest);
        out!("runs: {runs}; unlike their manifest: {}", files(differing.len()));
        for name in &differing {
            out!("  {name}");
        }
    }
    if differing.is_empty() {
        Ok(0)
    } else {
        Err(CommandError::Damaged(
            "a published run was altered; run `araneus run --replay` for its as-of time".to_owned(),
        ))
    }
}

fn differences(folder: &Path, name: &str) -> Result<Vec<String>, CommandError> {
    if tables::is_erased(folder) {
        // The folder of an erased run has its tombstone and nothing else.
        let present = tables::digests(folder)?;
        let is_whole = tables::tombstone(folder).is_some_and(|tombstone| tombstone.run == name);
        let differing = present.into_keys().filter(|path| path != "erased.json" || !is_whole);
        return Ok(differing.map(|path| format!("{name}/{path}")).collect());
    }
    let manifest: Option<Value> =
        fs::read(folder.join("manifest.json")).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(outputs) = manifest.as_ref().and_then(|manifest| manifest["outputs"].as_object()) else {
        return Ok(vec![format!("{name}/manifest.json")]);
    };
    let listed: BTreeMap<String, String> = outputs
        .iter()
        .map(|(path, digest)| (path.clone(), digest.as_str().unwrap_or_default().to_owned()))
        .collect();
    let mut present = tables::digests(folder)?;
    present.retain(|path, _| !matches!(path.as_str(), "manifest.json" | "run.json"));
    let names = listed.keys().chain(present.keys()).collect::<std::collections::BTreeSet<_>>();
    Ok(names
        .into_iter()
        .filter(|path| listed.get(*path) != present.get(*path))
        .map(|path| format!("{name}/{path}"))
        .collect())
}
