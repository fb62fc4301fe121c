//! `araneus verify`: is everything still what it was when it was written?

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Value, json};

use super::{CommandError, Common, config, files, require_archive, talk::Talk};
use crate::{
    archive::{Access, Archive},
    run::RunError,
    tables,
};

/// Checks the archive, then each published night against its manifest.
pub(super) fn verify(common: &Common, talk: &Talk) -> Result<u8, CommandError> {
    let config = config(common)?;
    require_archive(common, &config)?;
    talk.step("archive");
    let archive = Archive::open(&config.state, Access::Read).map_err(RunError::from)?;
    let (commits, statements) = archive.verify().map_err(RunError::from)?;
    talk.step("nights");
    let mut nights = 0;
    let mut differing = Vec::new();
    for entry in fs::read_dir(&config.out).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if tables::is_night_name(&name) {
            nights += 1;
            differing.extend(differences(&entry.path(), &name)?);
        }
    }
    talk.end();
    differing.sort();
    if common.json {
        out!(
            "{}",
            json!({ "commits": commits, "statements": statements, "nights": nights, "differing": differing })
        );
    } else {
        out!("archive: {commits} commits, {statements} statements, all as written");
        out!("nights: {nights}; unlike their manifest: {}", files(differing.len()));
        for name in &differing {
            out!("  {name}");
        }
    }
    if differing.is_empty() {
        Ok(0)
    } else {
        Err(CommandError::Damaged("a published night was altered; run that night again".to_owned()))
    }
}

fn differences(folder: &Path, name: &str) -> Result<Vec<String>, CommandError> {
    let manifest: Option<Value> =
        fs::read(folder.join("manifest.json")).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(outputs) = manifest.as_ref().and_then(|manifest| manifest["outputs"].as_object()) else {
        return Ok(vec![format!("{name}/manifest.json")]);
    };
    let written: BTreeMap<String, String> = outputs
        .iter()
        .map(|(path, digest)| (path.clone(), digest.as_str().unwrap_or_default().to_owned()))
        .collect();
    let mut found = tables::digests(folder)?;
    found.retain(|path, _| !matches!(path.as_str(), "manifest.json" | "run.json"));
    let names = written.keys().chain(found.keys()).collect::<std::collections::BTreeSet<_>>();
    Ok(names
        .into_iter()
        .filter(|path| written.get(*path) != found.get(*path))
        .map(|path| format!("{name}/{path}"))
        .collect())
}
