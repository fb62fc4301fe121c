//! `araneus erase`: removes records from the archive, and everything that could contain them.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;
use serde_json::{Value, json};

use super::{
    CommandError, Common, clock::now, config, console::Console, counted, require_archive, user::reviewer,
};
use crate::{
    archive::{Access, Archive, Lift, Selector, Tombstone},
    progress::Progress,
    run::{
        self, Config, RunError,
        erase::{self, Erasure, ErasureRequest},
    },
};

/// Most runs and models that a message names.
const NAMED_MAX: usize = 10;
/// Shortest beginning of a digest that names a delivery.
const DIGITS_MIN: usize = 8;

#[derive(Args)]
pub(super) struct EraseArgs {
    /// Every version of an object, by the id that its source gave, such as a STIX id, a uuid of MISP or the key of a row.
    /// Objects inside it are erased, too
    #[arg(long, value_name = "ID")]
    id: Vec<String>,
    /// One version of an object, by the id of its record
    #[arg(long, value_name = "RECORD_ID")]
    record: Vec<String>,
    /// Everything that was recorded from a delivery, by its digest or the first digits of it
    #[arg(long, value_name = "DIGEST")]
    delivery: Vec<String>,
    /// Everything of a source; with --id or --delivery: only in this source
    #[arg(long, value_name = "NAME")]
    source: Vec<String>,
    /// Reason. It stays, so do not write a name into it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Name of the person who erases [default: the user of the system]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Print what would be erased, and erase nothing
    #[arg(long)]
    dry_run: bool,
    /// Erase without a question
    #[arg(long)]
    yes: bool,
    /// End the block of an erasure: its objects may be delivered again
    #[arg(long, value_name = "ERASURE", conflicts_with_all = ["id", "record", "delivery", "source", "dry_run"])]
    lift: Option<String>,
    /// List the erasures
    #[arg(long, conflicts_with_all = ["id", "record", "delivery", "source", "dry_run", "lift"])]
    list: bool,
}

impl EraseArgs {
    /// Returns the selection.
    fn selectors(&self) -> Result<Vec<Selector>, CommandError> {
        if let Some(digest) = self.delivery.iter().find(|digest| digest.len() < DIGITS_MIN) {
            return Err(CommandError::Usage(format!(
                "--delivery {digest} is too short; give {DIGITS_MIN} digits of the digest or more"
            )));
        }
        let within = !self.id.is_empty() || !self.delivery.is_empty();
        let sources: Vec<Option<String>> = match (within, self.source.is_empty()) {
            (true, false) => self.source.iter().cloned().map(Some).collect(),
            _ => vec![None],
        };
        let mut selectors: Vec<Selector> = self.record.iter().cloned().map(Selector::Record).collect();
        for source in sources {
            let ids = self.id.iter().map(|id| Selector::Id { id: id.clone(), source: source.clone() });
            selectors.extend(ids);
            selectors.extend(self.delivery.iter().map(|digest| Selector::Delivery {
                digest: digest.to_ascii_lowercase(),
                source: source.clone(),
            }));
        }
        if !within {
            selectors.extend(self.source.iter().cloned().map(Selector::Source));
        }
        Ok(selectors)
    }

    fn reason(&self) -> Result<String, CommandError> {
        let reason = self.reason.clone().filter(|reason| !reason.trim().is_empty());
        reason.ok_or_else(|| {
            CommandError::Usage("--reason TEXT is required; do not write a name into it".to_owned())
        })
    }
}

pub(super) fn erase(common: &Common, args: &EraseArgs, console: &Console) -> Result<u8, CommandError> {
    let config = config(common)?;
    require_archive(common, &config)?;
    if args.list {
        return list(common, &config);
    }
    if let Some(erasure) = &args.lift {
        let (by, reason) = (reviewer(args.by.as_deref())?, args.reason()?);
        let end = Lift { erasure: erasure.clone(), lifted_at: now(), by, reason };
        erase::lift(&config, &end)?;
        console.say(&format!("The objects of {erasure} may be delivered again."));
        return Ok(0);
    }
    let selectors = args.selectors()?;
    let progress = Progress::new(|step| console.step(step));
    let is_begun = Archive::open(&config.state, Access::Read)
        .and_then(|archive| archive.pending_erasure())
        .map_err(RunError::from)?
        .is_some();
    if selectors.is_empty() && !is_begun {
        return Err(CommandError::Usage(
            "name what to erase: --id, --record, --delivery or --source".to_owned(),
        ));
    }
    if args.dry_run && !is_begun {
        let erasure = erase::planned(&config, &selectors, &progress)?;
        console.end();
        print(common, &erasure, true, console);
        return Ok(0);
    }
    let (by, reason) = (reviewer(args.by.as_deref())?, if is_begun { String::new() } else { args.reason()? });
    if !args.yes && !is_begun {
        let erasure = erase::planned(&config, &selectors, &progress)?;
        console.end();
        if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
            return Err(CommandError::Usage(format!(
                "erase would remove {}; give --yes to do it without a terminal",
                described(&erasure)
            )));
        }
        if !is_confirmed(&erasure) {
            console.say("Nothing was erased.");
            return Ok(2);
        }
    }
    let request = ErasureRequest { selectors, reason, by, erased_at: now() };
    let erasure = run::erase(&config, &request, &progress)?;
    console.end();
    print(common, &erasure, false, console);
    Ok(0)
}

fn list(common: &Common, config: &Config) -> Result<u8, CommandError> {
    let erasures = erase::erasures(config)?;
    if common.json {
        let row =
            |(tombstone, lift): &(Tombstone, Option<Lift>)| json!({ "erasure": tombstone, "lifted": lift });
        out!("{}", Value::Array(erasures.iter().map(row).collect()));
        return Ok(0);
    }
    for (Tombstone { id, erased_at, by, reason, counts, .. }, lift) in erasures {
        let records: u64 = counts.records.values().sum();
        let end = lift.map_or_else(String::new, |lift| format!("; lifted {} by {}", lift.lifted_at, lift.by));
        out!("{id}  {erased_at}  {}  by {by}: {reason}{end}", counted(records, "record", "records"));
    }
    Ok(0)
}

fn print(common: &Common, erasure: &Erasure, is_dry: bool, console: &Console) {
    if common.json {
        out!("{}", as_json(erasure, is_dry));
        return;
    }
    for (source, records) in &erasure.counts.records {
        out!("{source}: {}", counted(*records, "record", "records"));
    }
    let what = described(erasure);
    match (&erasure.id, erasure.is_completed) {
        (Some(id), true) => console.say(&format!("Completed an interrupted erasure, {id}: {what}.")),
        (Some(id), false) => console.say(&format!("Erased {what}. The tombstone is {id}.")),
        (None, _) => console.say(&format!("Would erase {what}.")),
    }
    if let Some(run) = &erasure.computed_again {
        let verb = if is_dry { "would be" } else { "is" };
        console.say(&format!("The newest run, {run}, {verb} computed again without them."));
    }
    named("Runs that a tombstone replaces", &erasure.runs, console);
    named("Beyond reach: models that learned from such runs", &erasure.models, console);
    named("Beyond reach: exports of such runs", &erasure.exports, console);
    named("Other records that name an erased id, and stay", &erasure.mentions, console);
    console
        .say("Beyond reach: other exports, copies of the state and of the results, and the delivered files.");
}

fn named(what: &str, names: &[String], console: &Console) {
    if names.is_empty() {
        return;
    }
    let shown = names.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(NAMED_MAX);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    console.say(&format!("{what}: {shown}{more}."));
}

fn as_json(erasure: &Erasure, is_dry: bool) -> Value {
    let counts = &erasure.counts;
    json!({
        "dry_run": is_dry, "erasure": erasure.id, "completed": erasure.is_completed, "records": counts.records,
        "rejects": counts.rejects, "deliveries": counts.deliveries, "judgements": counts.judgements,
        "runs": erasure.runs, "computed_again": erasure.computed_again,
        "mentions": erasure.mentions,
        "beyond_reach": { "models": erasure.models, "exports": erasure.exports },
    })
}

/// Describes what is removed.
fn described(erasure: &Erasure) -> String {
    let counts = &erasure.counts;
    format!(
        "{}, {}, {}, {} and the folders of {}",
        counted(counts.records.values().sum(), "record", "records"),
        counted(counts.rejects, "reject", "rejects"),
        counted(counts.deliveries, "delivery", "deliveries"),
        counted(counts.judgements, "judgement or its text", "judgements or their texts"),
        counted(counts.runs, "run", "runs"),
    )
}

fn is_confirmed(erasure: &Erasure) -> bool {
    let question = format!("Erase {}? Type yes: ", described(erasure));
    let mut answer = String::new();
    let is_asked = io::stderr().lock().write_all(question.as_bytes()).is_ok();
    is_asked && io::stdin().lock().read_line(&mut answer).is_ok() && answer.trim() == "yes"
}
