//! `araneus undo`: takes back the newest run.

use std::io::{self, BufRead, IsTerminal, Write};

use serde_json::json;

use super::{CommandError, Common, config, console::Console, counted, files, user::actor};
use crate::{
    progress::Progress,
    run::undo::{self, Newest},
};

pub(super) fn undo(common: &Common, yes: bool, console: &Console) -> Result<u8, CommandError> {
    let config = config(common)?;
    let newest = undo::newest(&config)?;
    if !yes && !newest.is_begun {
        if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
            return Err(CommandError::Usage(format!(
                "undo would take back {}; give --yes to do it without a terminal",
                described(&newest)
            )));
        }
        if !is_confirmed(&newest) {
            console.say("Nothing was taken back.");
            return Ok(2);
        }
    }
    let latest = undo::undo(&config, newest.moment, &actor(), &Progress::new(|step| console.step(step)))?;
    console.end();
    if common.json {
        let counts = newest.counts;
        let kept: Vec<_> = newest.judgements.iter().map(|judgement| json!({ "subject_id": judgement.subject_id, "value": judgement.value, "by": judgement.by, "recorded_at": judgement.recorded_at })).collect();
        out!(
            "{}",
            json!({
                "undone": newest.moment, "folder": newest.folder, "files": newest.files, "delivered": counts.delivered, "taken": counts.taken,
                "rejected": counts.rejected, "withdrawn": counts.withdrawn, "latest": latest, "judgements_kept": kept, "completed": newest.is_begun,
            })
        );
        return Ok(0);
    }
    if newest.is_begun {
        console.say(&format!("Completed an interrupted undo: the run of {} is taken back.", newest.moment));
    } else {
        console.say(&format!("Took back {}.", described(&newest)));
    }
    match latest {
        Some(latest) => console.say(&format!("`latest` is {latest}.")),
        None => console.say("No run is left in the folder for results, and there is no `latest`."),
    }
    for judgement in &newest.judgements {
        console.say(&format!(
            "Kept: {} was judged {} by {}.",
            judgement.subject_id,
            judgement.value.name(),
            judgement.by
        ));
    }
    Ok(0)
}

/// Describes the run that is taken back.
fn described(newest: &Newest) -> String {
    let counts = newest.counts;
    let folder = match &newest.folder {
        Some(folder) => format!("its folder `{}`", folder.display()),
        None => "no folder of its own".to_owned(),
    };
    format!(
        "the run of {} ({} read, {}: {} accepted, {} rejected, {} withdrawn), with {folder}",
        newest.moment,
        files(newest.files),
        counted(counts.delivered, "object", "objects"),
        counts.taken,
        counts.rejected,
        counts.withdrawn
    )
}

fn is_confirmed(newest: &Newest) -> bool {
    let question = format!("Take back {}? Type yes: ", described(newest));
    let mut answer = String::new();
    let is_asked = io::stderr().lock().write_all(question.as_bytes()).is_ok();
    is_asked && io::stdin().lock().read_line(&mut answer).is_ok() && answer.trim() == "yes"
}
