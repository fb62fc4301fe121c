//! What a night was made from, and how long that took: `manifest.json` and `run.json`.

use std::{path::Path, time::Instant};

use serde_json::{Value, json};

use super::{
    Rules, RunError,
    publish::{Night, Reader},
};
use crate::{archive, resolve, tables};

/// Returns the version of this program.
pub fn engine_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Returns the rules as they are kept and shown.
pub(crate) fn rules_value(rules: &Rules) -> Value {
    serde_json::to_value(rules).expect("rules are plain data")
}

/// Digest of every record in a view, in order.
fn records_digest(look: &crate::analysis::Analysis) -> String {
    let mut hasher = blake3::Hasher::new();
    for record in look.view.records() {
        hasher.update(record.id.to_string().as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// Returns what a report says of how it came about, as its reader may know it.
pub(crate) fn provenance(night: &Night<'_>, reader: &Reader) -> Vec<(String, String)> {
    let rules = rules_value(night.nights.rules);
    // An audience is told of its own terms, not of who else reads or what sources agreed.
    let shown =
        if reader.audience.clearance.is_none() { rules.to_string() } else { rules["analysis"].to_string() };
    vec![
        ("araneus".to_owned(), engine_version().to_owned()),
        ("records".to_owned(), records_digest(&reader.look)),
        ("configuration".to_owned(), shown),
        ("rules of identity".to_owned(), format!("version {}", resolve::VERSION)),
        ("model".to_owned(), night.model.id().to_owned()),
        ("seed".to_owned(), night.nights.rules.analysis.seed.to_string()),
    ]
}

/// Writes both files; the folder then is complete.
pub(crate) fn write(folder: &Path, night: &Night<'_>, clock: &Clock<'_>) -> Result<(), RunError> {
    let whole = &night.whole().look;
    let counts = archive::total(night.read);
    let manifest = json!({
        "araneus": engine_version(),
        "night": night.nights.tonight.folder(),
        "moment": night.nights.tonight,
        "compared_with": night.nights.before.as_ref().map(|before| before.moment),
        "configuration": rules_value(night.nights.rules),
        "resolver": resolve::VERSION,
        "seeds": { "community": night.nights.rules.analysis.seed },
        "models": [night.model.id()],
        "records": { "count": whole.view.records().len(), "digest": records_digest(whole) },
        "counts": {
            "delivered": counts.delivered, "taken": counts.taken, "duplicate": counts.duplicate,
            "rejected": counts.rejected, "new": counts.new, "changed": counts.changed,
            "changed_unannounced": counts.changed_unannounced, "withdrawn": counts.withdrawn,
            "entities": whole.resolution.entities.len(), "links": whole.resolution.links.len(),
            "communities": whole.communities.len(),
        },
        "quality": { "modularity": whole.modularity },
        "outputs": tables::digests(folder)?,
    });
    write_json(folder, "manifest.json", &manifest)?;
    let run = json!({
        "threads": rayon::current_num_threads(),
        "inputs": night.request.inputs,
        "peak_bytes": peak_bytes(),
        "steps": clock.so_far().iter().map(|(name, seconds)| json!({ "name": name, "seconds": seconds })).collect::<Vec<_>>(),
    });
    write_json(folder, "run.json", &run)
}

fn write_json(folder: &Path, name: &str, value: &Value) -> Result<(), RunError> {
    let text = serde_json::to_string_pretty(value).expect("a JSON value is written");
    tables::write_text(folder, name, &format!("{text}\n"))?;
    Ok(())
}

/// Returns the most memory this process ever held, in bytes; `None` where the system does not tell.
pub(crate) fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Times the steps of a run.
pub(crate) struct Clock<'a> {
    tell: &'a (dyn Fn(&str) + Sync),
    steps: Vec<(String, f64)>,
    running: Option<(String, Instant)>,
}

impl<'a> Clock<'a> {
    /// Starts without a step; `tell` hears the name of each that begins.
    pub(crate) fn start(tell: &'a (dyn Fn(&str) + Sync)) -> Self {
        Self { tell, steps: Vec::new(), running: None }
    }

    /// Ends the step that runs and begins another.
    pub(crate) fn step(&mut self, name: &str) {
        self.end();
        (self.tell)(name);
        self.running = Some((name.to_owned(), now()));
    }

    fn end(&mut self) {
        if let Some((name, begun)) = self.running.take() {
            self.steps.push((name, begun.elapsed().as_secs_f64()));
        }
    }

    /// Returns the steps so far, with the one that runs.
    pub(crate) fn so_far(&self) -> Vec<(String, f64)> {
        let running = self.running.iter().map(|(name, begun)| (name.clone(), begun.elapsed().as_secs_f64()));
        self.steps.iter().cloned().chain(running).collect()
    }

    /// Ends the last step and returns all.
    pub(crate) fn finish(mut self) -> Vec<(String, f64)> {
        self.end();
        self.steps
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "run is the room that times; nothing but run.json and timings.json shows it"
)]
fn now() -> Instant {
    Instant::now()
}
