//! `araneus judgements add|import|list|export`: judgements into the archive and out of it.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::{
    CommandError, Common,
    clock::{is_ahead, now},
    config,
    console::Console,
    identity_judgements::{completed, identity_judgement, known_entities},
    judgement_file::{self, flag_judgement, is_blank, line_error, parse_identity, parse_value},
    known_flags::KnownFlags,
    rank::rank,
    require_archive, resolver_file, sheet,
    user::reviewer,
};
use crate::{
    archive::{Access, Archive, add_judgements},
    judgement::{self, Judgement, Kind, Value},
    learn::agreement::{self, Agreement},
    run::{Config, RunError},
    time::Moment,
};

#[derive(Subcommand)]
pub(super) enum Judgements {
    /// Add one judgement
    #[command(
        after_help = "The archive must exist: this command does not create one. FLAG is the id of a flag, at least six digits of an id if \
no other id begins with them, or a rank in the latest queue. For withdrawn, it is the id of a judgement, as \
`judgements list` shows it.\n\n\
Two entities A and B take same, different, unsure or contested. Each is an id, an identifier or a name. The next run joins entities that are the same, \
and never joins entities that are different. `araneus resolve --review` lists the pairs that wait.\n\n\
Examples:\n  araneus judgements add flag-0123456789abcdef0123 benign --reason \"our own exercise\" --by ana\n  \
araneus judgements add \"Grey Heron\" \"Ash Heron\" different --reason \"two countries\" --by ana"
    )]
    Add(Add),
    /// Add the judgements of a CSV file with a header, or of JSON lines; if one of them is wrong, none is added
    #[command(
        after_help = "`kind` is flag or identity. For flag, `value` is confirmed, benign, needs-more, duplicate or withdrawn. For identity, \
`subject_id` and `other_id` are entities, and `value` is same, different, unsure, contested or withdrawn. A file whose first line is a JSON list is \
a resolver file of nomenklatura. `araneus queue --json` and \
`araneus queue --open --json` print the ids of flags. A file of one judgement:\n\n  \
recorded_at,by,subject_id,kind,value,reason\n  2026-03-02,ana,flag-0123456789abcdef0123,flag,benign,our own exercise\n\n\
Example: araneus judgements import decisions.csv"
    )]
    Import {
        /// Columns or members: `recorded_at`, `by`, `subject_id`, `kind`, `value`, `reason`, and optionally
        /// `judgement_id` and `other_id` (the second entity; for withdrawn, the id of the judgement); checked as by add
        file: PathBuf,
    },
    /// Every judgement as a table, in order of time, and how far reviewers agree
    #[command(after_help = "Example: araneus judgements list")]
    List,
    /// Agreement of reviewers on the flags that two people or more judged
    #[command(after_help = "Example: araneus judgements agreement --json")]
    Agreement,
    /// Print every judgement as JSON lines
    #[command(after_help = "Example: araneus judgements export > judgements.jsonl")]
    Export {
        /// Print the judgements about entities that are in force, as a resolver file of nomenklatura
        #[arg(long)]
        nomenklatura: bool,
    },
}

#[derive(clap::Args)]
pub(super) struct Add {
    /// The flag: its id, the beginning of its id, or its rank; for withdrawn, the id of a judgement. Or an entity
    #[arg(value_name = "FLAG|ENTITY")]
    subject: String,
    /// The other entity: an id, an identifier or a name. Left out for a flag
    #[arg(value_name = "OTHER")]
    other_or_value: String,
    /// Verdict about a flag: confirmed, benign, needs-more or duplicate; about two entities: same, different, unsure or
    /// contested; withdrawn takes a judgement back
    #[arg(value_name = "VERDICT")]
    value: Option<String>,
    /// Reason; required for confirmed, benign, same and different
    #[arg(long)]
    reason: Option<String>,
    /// Person who decided [default: the user of the system]
    #[arg(long)]
    by: Option<String>,
    /// Time of the decision: RFC 3339 with an offset, or a date [default: now]
    #[arg(long, value_name = "TIME")]
    recorded_at: Option<String>,
}

pub(super) fn judgements(common: &Common, command: &Judgements, talk: &Console) -> Result<u8, CommandError> {
    let config = config(common)?;
    // Judgements remain after the only run was undone. To add one, its flag must exist.
    let can_be_empty = Archive::keeps_judgements(&config.state) && !matches!(command, Judgements::Add(_));
    if !can_be_empty {
        require_archive(common, &config)?;
    }
    let archive = Archive::open(&config.state, Access::Read).map_err(RunError::from)?;
    let stored = archive.judgements().map_err(RunError::from)?;
    match command {
        Judgements::Add(add) => add_one(common, &config, add, &stored, talk)?,
        Judgements::Import { file } => import(common, &config, file, &stored, talk)?,
        Judgements::List => list(common, &KnownFlags::of(common, &config)?, &stored, talk),
        Judgements::Agreement => {
            let agreement = agreement::of(&stored);
            if common.json {
                out!("{}", serde_json::to_value(&agreement).expect("an agreement is plain data"));
            } else {
                out!("{}", agreement_sentence(&agreement));
            }
        }
        Judgements::Export { nomenklatura: true } => {
            for line in resolver_file::lines(&stored, Moment::from_micros(i64::MAX)) {
                out!("{line}");
            }
        }
        Judgements::Export { nomenklatura: false } => {
            for judgement in stored {
                let judgement = Judgement { judgement_id: Some(judgement.id()), ..judgement };
                out!("{}", serde_json::to_string(&judgement).expect("a judgement is plain data"));
            }
        }
    }
    Ok(0)
}

fn add_one(
    common: &Common,
    config: &Config,
    add: &Add,
    stored: &[Judgement],
    talk: &Console,
) -> Result<(), CommandError> {
    let recorded_at = match &add.recorded_at {
        None => now(),
        Some(text) => Moment::parse_as_of_at(text, now()).ok_or_else(|| {
            CommandError::Usage("--recorded-at takes RFC 3339 with an offset, or a date".to_owned())
        })?,
    };
    if is_ahead(recorded_at, now()) {
        return Err(CommandError::Usage(format!(
            "--recorded-at {recorded_at} is more than an hour ahead of the clock, {}; give an earlier time",
            now().display_utc()
        )));
    }
    let by = &*reviewer(add.by.as_deref())?;
    if add.reason.as_deref().is_some_and(is_blank) {
        return Err(CommandError::Usage(
            "--reason has no letter or digit; give a reason in words, or leave the option out".to_owned(),
        ));
    }
    let reason = add.reason.as_deref().unwrap_or_default();
    if let Some(value) = &add.value {
        let words = [add.subject.as_str(), add.other_or_value.as_str()];
        return add_identity(common, config, words, value, (recorded_at, by, reason), talk);
    }
    let value = parse_value(Kind::Flag.name(), &add.other_or_value, reason).map_err(CommandError::Usage)?;
    if value == Value::Withdrawn {
        let named = withdrawn(&add.subject, stored)?;
        if named.kind == Kind::Identity {
            return withdraw_identity(common, config, named, (recorded_at, by, reason), talk);
        }
    }
    let mut flags = KnownFlags::of(common, config)?;
    let withdrawn = if value == Value::Withdrawn { Some(withdrawn(&add.subject, stored)?) } else { None };
    let subject = match (&withdrawn, rank(&add.subject)) {
        (Some(withdrawn), _) => withdrawn.subject_id.clone(),
        (None, Some(rank)) => flags.with_rank(common, rank)?,
        (None, None) => flags.find(&add.subject)?,
    };
    let mut judgement = flag_judgement(recorded_at, by, &subject, value, reason);
    judgement.other_id = withdrawn.map(Judgement::id);
    judgement.audience = restricted_audience(common, config);
    let id = judgement.id();
    let added = add_judgements(&config.state, &[judgement]).map_err(RunError::from)?;
    let title = flags.title(&subject).unwrap_or_default();
    if common.json {
        out!(
            "{}",
            json!({
                "added": added, "judgement_id": id, "flag_id": subject, "title": title, "value": value.name(), "by": by,
                "reason": reason, "recorded_at": recorded_at,
            })
        );
    }
    let flag = if title.is_empty() { subject } else { format!("{subject} ({title})") };
    let value = value.name();
    talk.say(&if added == 0 {
        format!("{flag}: the archive already has this judgement, {value} by {by}.")
    } else if let Some(withdrawn) = withdrawn {
        format!("{} by {} on {flag} is withdrawn by {by}.", withdrawn.value.name(), withdrawn.by)
    } else {
        format!("{flag} is judged {value} by {by}; the next run uses the judgement.")
    });
    Ok(())
}

/// Adds a judgement about two entities.
fn add_identity(
    common: &Common,
    config: &Config,
    words: [&str; 2],
    value: &str,
    (recorded_at, by, reason): (Moment, &str, &str),
    talk: &Console,
) -> Result<(), CommandError> {
    let value = parse_identity(value, reason).map_err(CommandError::Usage)?;
    if value == Value::Withdrawn {
        return Err(CommandError::Usage(
            "withdrawn names one judgement: `araneus judgements add JUDGEMENT withdrawn`".to_owned(),
        ));
    }
    let known = known_entities(common, config)?;
    let judgement =
        identity_judgement(&known, words, (recorded_at, by), value, reason).map_err(CommandError::Usage)?;
    let judgement = Judgement { audience: restricted_audience(common, config), ..judgement };
    store_identity(common, config, &judgement, talk)
}

/// Withdraws a judgement about two entities.
fn withdraw_identity(
    common: &Common,
    config: &Config,
    named: &Judgement,
    (recorded_at, by, reason): (Moment, &str, &str),
    talk: &Console,
) -> Result<(), CommandError> {
    let withdrawal = Judgement {
        other_id: Some(named.id()),
        kind: Kind::Identity,
        audience: restricted_audience(common, config),
        ..flag_judgement(recorded_at, by, &named.subject_id, Value::Withdrawn, reason)
    };
    store_identity(common, config, &withdrawal, talk)
}

/// Returns the audience of a command, if it may not read everything.
fn restricted_audience(common: &Common, config: &Config) -> Option<String> {
    let audiences = config.rules.audiences_of_run();
    let is_restricted =
        |name: &String| audiences.iter().any(|one| one.name == *name && one.clearance.is_some());
    common.audience.clone().filter(is_restricted)
}

fn store_identity(
    common: &Common,
    config: &Config,
    judgement: &Judgement,
    talk: &Console,
) -> Result<(), CommandError> {
    let added = add_judgements(&config.state, std::slice::from_ref(judgement)).map_err(RunError::from)?;
    let Judgement { subject_id, other_id, by, value, reason, recorded_at, .. } = judgement;
    let (id, value, other) = (judgement.id(), value.name(), other_id.as_deref().unwrap_or_default());
    if common.json {
        out!(
            "{}",
            json!({
                "added": added, "judgement_id": id, "subject_id": subject_id, "other_id": other, "value": value, "by": by,
                "reason": reason, "recorded_at": recorded_at,
            })
        );
    }
    let pair = format!("{subject_id} and {other}");
    talk.say(&if added == 0 {
        format!("{pair}: the archive already has this judgement, {value} by {by}.")
    } else if judgement.value == Value::Withdrawn {
        format!("{other} is withdrawn by {by}; the next run is as if it had never been made.")
    } else {
        format!("{pair} are judged {value} by {by} ({id}); the next run uses the judgement.")
    });
    Ok(())
}

/// Returns the stored judgement that a withdrawal names.
fn withdrawn<'a>(id: &str, stored: &'a [Judgement]) -> Result<&'a Judgement, CommandError> {
    let matches = |judgement: &&Judgement| {
        let full = judgement.id();
        full == id || (id.len() >= judgement::ID_PREFIX.len() + 6 && full.starts_with(id))
    };
    let found: Vec<&Judgement> = stored.iter().filter(matches).collect();
    match found[..] {
        [one] => Ok(one),
        [] => Err(CommandError::Usage(format!(
            "no judgement has the id `{}`; `araneus judgements list` shows the ids",
            id.escape_debug()
        ))),
        _ => Err(CommandError::Usage(format!("several judgements have ids that begin with `{id}`"))),
    }
}

fn import(
    common: &Common,
    config: &Config,
    file: &Path,
    stored: &[Judgement],
    talk: &Console,
) -> Result<(), CommandError> {
    let text = judgement_file::read_text(file)?;
    if resolver_file::is_resolver_file(&text) {
        return import_resolver_file(common, config, (file, &text), stored, talk);
    }
    let mut flags = KnownFlags::of(common, config)?;
    let (mut entities, mut read) = (None, 0);
    let mut judgements = Vec::new();
    for (line, mut judgement) in judgement_file::read(file, &text)? {
        let is_known = |judgement: &Judgement| stored.iter().any(|known| known.id() == judgement.id());
        if judgement.kind == Kind::Identity && judgement.value != Value::Withdrawn {
            if entities.is_none() {
                entities = Some(known_entities(common, config)?);
            }
            let known = entities.as_ref().expect("read above");
            judgement = completed(known, judgement, (file, line))?;
            if is_known(&judgement) {
                read += 1;
                continue;
            }
        } else if judgement.value == Value::Withdrawn
            && let Some(named) = &judgement.other_id
        {
            let known = stored.iter().chain(&judgements).find(|known| known.id() == *named);
            let known = known.ok_or_else(|| {
                line_error(file, line, &format!("no judgement before this line has the id `{named}`"))
            })?;
            judgement.subject_id.clone_from(&known.subject_id);
            judgement.kind = known.kind;
        } else if !stored.contains(&judgement) {
            // A stored judgement may be about a flag of a run that was undone.
            judgement.subject_id = flags
                .find(&judgement.subject_id)
                .map_err(|error| line_error(file, line, &error.to_string()))?;
        }
        judgements.push(judgement);
    }
    let added = add_judgements(&config.state, &judgements).map_err(RunError::from)?;
    let read = read + judgements.len();
    if common.json {
        out!("{}", json!({ "added": added, "read": read }));
    }
    talk.say(&format!("{added} of {read} judgements added; the archive already had the others."));
    Ok(())
}

/// Adds the judgements of a resolver file of nomenklatura.
fn import_resolver_file(
    common: &Common,
    config: &Config,
    (file, text): (&Path, &str),
    stored: &[Judgement],
    talk: &Console,
) -> Result<(), CommandError> {
    let known = known_entities(common, config)?;
    let now = now();
    let read = resolver_file::read(file, text, &known, now)?;
    // An edge without a time has that of the import, and a second import must not add it again.
    let is_same = |known: &Judgement, judgement: &Judgement| {
        let untimed = Judgement { recorded_at: known.recorded_at, ..judgement.clone() };
        known.id() == judgement.id() || (judgement.recorded_at == now && known.id() == untimed.id())
    };
    let is_new = |judgement: &&Judgement| !stored.iter().any(|known| is_same(known, judgement));
    let new: Vec<Judgement> = read.judgements.iter().filter(is_new).cloned().collect();
    let added = add_judgements(&config.state, &new).map_err(RunError::from)?;
    let (count, unknown) = (read.judgements.len(), read.unknown);
    if common.json {
        out!("{}", json!({ "added": added, "read": count, "unknown": unknown }));
    }
    talk.say(&format!(
        "{added} of {count} judgements added; the archive already had the others. {unknown} edges name an entity that \
         the latest run does not have."
    ));
    Ok(())
}

/// Prints judgements as a table, with the titles of the flags of the latest run, and the agreement of reviewers.
fn list(common: &Common, flags: &KnownFlags<'_>, stored: &[Judgement], talk: &Console) {
    if common.json {
        let rows: Vec<serde_json::Value> = stored
            .iter()
            .map(|judgement| {
                json!({
                    "judgement_id": judgement.id(), "recorded_at": judgement.recorded_at, "by": judgement.by,
                    "subject_id": judgement.subject_id, "other_id": judgement.other_id,
                    "title": flags.title(&judgement.subject_id), "kind": judgement.kind,
                    "value": judgement.value, "reason": judgement.reason, "reason_code": judgement.reason_code,
                    "note": judgement.note,
                })
            })
            .collect();
        out!("{}", serde_json::Value::Array(rows));
        return;
    }
    let width = stored.iter().map(|judgement| sheet::columns(&judgement.by)).max().unwrap_or_default();
    for judgement in stored {
        let Judgement { recorded_at, by, subject_id, value, reason, .. } = judgement;
        let title = flags.title(subject_id).map_or_else(String::new, |title| format!("  {title}"));
        let reason = if reason.is_empty() { String::new() } else { format!("  [{reason}]") };
        let of = judgement.other_id.as_ref().map(|id| format!("  of {id}")).unwrap_or_default();
        let (value, id) = (value.name(), judgement.id());
        let by = sheet::padded(by, width);
        let line = format!("{recorded_at}  {value:<10}  {by}  {subject_id}{title}{of}{reason}  {id}");
        out!("{}", sheet::one_line(&line));
    }
    talk.say(&if stored.is_empty() {
        "The archive has no judgements.".to_owned()
    } else {
        agreement_sentence(&agreement::of(stored))
    });
}

/// Returns the agreement of reviewers in a sentence.
fn agreement_sentence(agreement: &Agreement) -> String {
    let Agreement { flags, agreed, contested, alpha } = agreement;
    if *flags == 0 {
        return "No flag has the verdicts of two people, so that their agreement is not known.".to_owned();
    }
    let number =
        |value: Option<f64>| value.map_or_else(|| "not defined".to_owned(), |value| format!("{value:.2}"));
    let interval = match (alpha.low, alpha.high) {
        (Some(low), Some(high)) => format!(" ({low:.2} to {high:.2})"),
        _ => String::new(),
    };
    format!(
        "Flags with the verdicts of two people or more: {flags}; agreed: {agreed}, contested: {contested}; \
         Krippendorff's alpha {}{interval}.",
        number(alpha.value)
    )
}
