//! `araneus undo`: takes back the newest run.

use std::io::{self, BufRead, IsTerminal, Write};

use serde_json::json;

use super::{CommandError, Common, config, counted, files, talk::Talk};
use crate::{
    progress::Progress,
    run::undo::{self, Newest},
};

pub(super) fn undo(common: &Common, yes: bool, talk: &Talk) -> Result<u8, CommandError> {
    let config = config(common)?;
    let newest = undo::newest(&config)?;
    if !yes && !newest.is_begun {
        if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
            return Err(CommandError::Usage(format!(
                "undo would take back {}; say --yes to do it without a terminal",
                described(&newest)
            )));
        }
        if !is_confirmed(&newest) {
            talk.say("Nothing was taken back.");
            return Ok(2);
        }
    }
    let latest = undo::undo(&config, newest.moment, &Progress::silent(), &|step| talk.step(step))?;
    talk.end();
    if common.json {
        let counts = newest.counts;
        let kept: Vec<_> = newest.judgements.iter().map(|own| json!({ "subject_id": own.subject_id, "value": own.value, "by": own.by, "recorded_at": own.recorded_at })).collect();
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
        talk.say(&format!("Completed what was begun: the run of {} is taken back.", newest.moment));
    } else {
        talk.say(&format!("Took back {}.", described(&newest)));
    }
    match latest {
        Some(latest) => talk.say(&format!("`latest` is {latest}.")),
        None => talk.say("No run is left in the folder for results, and there is no `latest`."),
    }
    for own in &newest.judgements {
        talk.say(&format!("Kept: {} was judged {} by {}.", own.subject_id, own.value.name(), own.by));
    }
    Ok(0)
}

/// Says what is taken.
fn described(newest: &Newest) -> String {
    let counts = newest.counts;
    let folder = match &newest.folder {
        Some(folder) => format!("its folder `{}`", folder.display()),
        None => "no folder of its own".to_owned(),
    };
    format!(
        "the run of {} ({} read, {}: {} taken, {} rejected, {} withdrawn), with {folder}",
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
