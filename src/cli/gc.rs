//! `araneus gc`: removes old results, and files that nothing in the archive names.

use serde_json::{Value, json};

use super::{CommandError, Common, config, console::Console, counted, files, require_archive, user::actor};
use crate::{
    progress::Progress,
    run::gc::{self, Garbage},
    tables::KeptBecause,
};

pub(super) fn gc(common: &Common, is_dry: bool, console: &Console) -> Result<u8, CommandError> {
    let config = config(common)?;
    require_archive(common, &config)?;
    let garbage = if is_dry {
        gc::garbage(&config)?
    } else {
        gc::gc(&config, &actor(), &Progress::new(|step| console.step(step)))?
    };
    console.end();
    if common.json {
        out!("{}", as_json(&garbage, is_dry));
        return Ok(0);
    }
    for run in &garbage.removed {
        out!("{}", config.out.join(&run.name).display());
    }
    for orphan in &garbage.orphans {
        out!("{}", orphan.path.display());
    }
    console.say(&format!(
        "{} {} and {}: {}. {} left.",
        if is_dry { "Would remove" } else { "Removed" },
        counted(garbage.removed.len() as u64, "run", "runs"),
        files(garbage.orphans.len()),
        size(garbage.bytes()),
        counted(garbage.kept.len() as u64, "run", "runs"),
    ));
    for (run, reason) in &garbage.kept {
        if let KeptBecause::Obstacle(obstacle) = reason {
            console.say(&format!(
                "`{}` {} and stays.",
                config.out.join(&run.name).display(),
                obstacle.described()
            ));
        }
    }
    if config.keep.runs.is_none() && !garbage.kept.is_empty() {
        console.say("The configuration does not limit the number of runs: set `runs` under [keep].");
    }
    Ok(0)
}

fn as_json(garbage: &Garbage, is_dry: bool) -> Value {
    let removed: Vec<Value> =
        garbage.removed.iter().map(|run| json!({ "run": run.name, "bytes": run.bytes })).collect();
    let kept: Vec<Value> = garbage
        .kept
        .iter()
        .map(|(run, reason)| json!({ "run": run.name, "bytes": run.bytes, "reason": reason.name() }))
        .collect();
    let orphans: Vec<Value> =
        garbage.orphans.iter().map(|orphan| json!({ "path": orphan.path, "bytes": orphan.bytes })).collect();
    json!({ "dry_run": is_dry, "removed": removed, "kept": kept, "orphans": orphans, "bytes": garbage.bytes() })
}

/// Returns a number of bytes in a unit that people read.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KB", "MB", "GB", "TB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_decimal_from_a_thousand_bytes() {
        assert_eq!(
            [0, 999, 1000, 1_850_000_000].map(size),
            ["0 B", "999 B", "1.0 KB", "1.9 GB"].map(str::to_owned)
        );
    }
}
