//! `araneus run`, `check` and `plan`.

use std::{
    collections::BTreeMap,
    io::{self, Read},
    path::Path,
};

use serde_json::json;

use super::{
    CheckArgs, CommandError, Common, FailOn, NightArgs, RunArgs, answer, config, counted, files, looked_in,
    mapped, talk::Talk,
};
use crate::{
    archive::{Access, Archive, Counts},
    ingest::{self, Delivery},
    output,
    run::{self, Outcome, Request, RunError},
    time::{DAY, Moment},
    watch::Watch,
};

pub(super) fn standard_input() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns the moment that it is.
pub(super) fn now() -> Moment {
    Moment::from_micros(jiff::Timestamp::now().as_microsecond())
}

/// How far ahead of the clock an as-of time may be without `--future`: clocks of two machines differ.
const AHEAD_MAX: i64 = DAY / 24;

fn request(common: &Common, night: &NightArgs) -> Result<Request, CommandError> {
    let now = now();
    let moment = match &night.as_of {
        None => now,
        Some(text) => Moment::parse_as_of_at(text, now).ok_or_else(|| {
            CommandError::Usage(
                "--as-of takes RFC 3339 with an offset, such as 2026-11-21T02:00:00Z, or a date".to_owned(),
            )
        })?,
    };
    if !night.future && is_ahead(moment, now) {
        return Err(CommandError::Usage(format!(
            "the as-of time {moment} is more than an hour ahead of the clock, {}; a run there would keep every run before it from \
reading anything. If it is meant, say --future",
            now.spoken()
        )));
    }
    let config = config(common)?;
    let is_configured = config.sources.iter().any(|source| !source.paths.is_empty());
    if night.inputs.is_empty() && !is_configured && !Archive::exists(&config.state) {
        let configuration = match &common.config {
            Some(path) => format!("no source of `{}` has `paths`", path.display()),
            None => format!("no configuration is found ({})", looked_in()),
        };
        return Err(CommandError::Usage(format!(
            "there is nothing to run: {configuration}, there is no archive at `{}`, and no INPUT is given",
            config.state.display()
        )));
    }
    Ok(Request {
        config,
        inputs: night.inputs.clone(),
        moment,
        audience: common.audience.clone(),
        format: night.format.into(),
        replay: night.replay,
        reliability: night.reliability,
    })
}

/// Warns of sources that INPUT names and the configuration does not.
fn unconfigured(common: &Common, request: &Request) -> Vec<String> {
    let name = common.config.as_deref().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    run::queue::unconfigured_sources(&request.config, &name, &request.inputs)
}

/// Returns whether a time is further ahead of the clock than two clocks differ.
pub(super) fn is_ahead(moment: Moment, now: Moment) -> bool {
    moment.micros() - now.micros() > AHEAD_MAX
}

/// Runs a night and says what it left.
pub(super) fn run(common: &Common, args: &RunArgs, talk: &Talk) -> Result<u8, CommandError> {
    let request = request(common, &args.night)?;
    let unconfigured = unconfigured(common, &request);
    let mut outcome = run::run(&request, &mut standard_input, &Watch::new(), &|step| talk.step(step))?;
    outcome.warnings.splice(0..0, unconfigured);
    talk.end();
    tell(&outcome, talk);
    let code = exit_code(&outcome, &args.fail_on);
    if common.json {
        let queues = run::queue::queue_summaries(&request.config, &outcome.folder, &outcome.readers)?;
        let mut answer = as_json(&outcome, code);
        answer["queues"] = json!(queues);
        answer["warnings"] = json!(outcome.warnings);
        answer["published_late"] = json!(outcome.published_late);
        out!("{answer}");
    } else {
        answer::print_queue(&request.config, common.out.as_deref(), &outcome.folder, &outcome.readers, talk)?;
    }
    Ok(code)
}

/// Returns the exit code of a complete run: 4 outranks 10, and 10 outranks 3.
fn exit_code(outcome: &Outcome, fail_on: &[FailOn]) -> u8 {
    let all_rejects = fail_on.contains(&FailOn::KnownRejects);
    let rejects = if all_rejects { outcome.rejects } else { outcome.rejects_new() };
    let has_flags = outcome.flags.iter().any(|flags| flags.queued > 0);
    if outcome.lacks_a_source() {
        4
    } else if has_flags && fail_on.contains(&FailOn::Flags) {
        10
    } else if rejects > 0 {
        3
    } else {
        0
    }
}

pub(super) fn tell(outcome: &Outcome, talk: &Talk) {
    let counts = outcome.counts;
    if counts == Counts::default() {
        talk.say("Nothing was read: the night was surveyed from the archive.");
    } else {
        let sentence = format!(
            "{} delivered: {} taken, {} as before, {} rejected; {} new, {} changed ({} unannounced), {} withdrawn.",
            counted(counts.delivered, "object", "objects"),
            counts.taken,
            counts.duplicate,
            counts.rejected,
            counts.new,
            counts.changed,
            counts.changed_unannounced,
            counts.withdrawn
        );
        let fields = serde_json::to_value(counts).expect("counts are plain data");
        talk.say_with(&sentence, None, &fields);
    }
    let (entities, links, communities) = outcome.found;
    talk.say(&format!(
        "{}, {}, {} of two or more.",
        counted(entities as u64, "entity", "entities"),
        counted(links as u64, "link", "links"),
        counted(communities as u64, "community", "communities"),
    ));
    if let Some(earlier) = outcome.published_late {
        talk.say(&format!(
            "The run of {} had not been published, and was published first: `araneus queue {}` shows what was new in it.",
            earlier.spoken(),
            earlier.folder()
        ));
    }
    for warning in &outcome.warnings {
        talk.say(&format!("Warning: {warning}"));
    }
    let of_source = |source: &String, what: &str| {
        talk.say_with(&format!("Source {source} {what}."), Some(source), &json!({}));
    };
    for source in &outcome.incomplete {
        of_source(source, "failed or is incomplete: nothing of it was withdrawn");
    }
    for source in &outcome.overdue {
        of_source(source, "is overdue: its last delivery was read longer ago than its `expect`");
    }
    for source in &outcome.silent {
        of_source(source, "delivered nothing");
    }
    if outcome.rejects > 0 {
        let fields = json!({ "rejected": outcome.rejects, "new": outcome.rejects_new() });
        let sentence = format!(
            "{} rejected, {} of them in no earlier run: each with file, position, id and rule in {}.",
            outcome.rejects,
            outcome.rejects_new(),
            outcome.folder.join("steward").join("report.html").display()
        );
        talk.say_with(&sentence, None, &fields);
    }
    for (name, seconds) in &outcome.steps {
        talk.detail(&format!("{name}: {seconds:.2} s"));
    }
    for reader in &outcome.readers {
        talk.say(&format!("Report: {}", outcome.folder.join(reader).join("report.html").display()));
    }
}

fn as_json(outcome: &Outcome, code: u8) -> serde_json::Value {
    let counts = outcome.counts;
    let of_readers = || outcome.readers.iter().zip(&outcome.flags);
    let flags: BTreeMap<_, _> = of_readers().map(|(reader, flags)| (reader, &flags.by_state)).collect();
    let queued: BTreeMap<_, _> = of_readers().map(|(reader, flags)| (reader, flags.queued)).collect();
    let waiting: BTreeMap<_, _> = of_readers().map(|(reader, flags)| (reader, flags.waiting)).collect();
    json!({
        "night": outcome.folder, "readers": outcome.readers, "incomplete": outcome.incomplete, "exit": code,
        "overdue": outcome.overdue, "silent": outcome.silent,
        "delivered": counts.delivered, "taken": counts.taken, "duplicate": counts.duplicate, "rejected": counts.rejected,
        "held": counts.held, "new": counts.new, "changed": counts.changed, "changed_unannounced": counts.changed_unannounced,
        "withdrawn": counts.withdrawn, "entities": outcome.found.0, "links": outcome.found.1, "communities": outcome.found.2,
        "rejects": outcome.rejects_by_rule, "flags": flags, "queued": queued, "waiting": waiting,
    })
}

/// Says that the archive has a run ahead of the clock, before which nothing can be read.
fn warn_of_future(archive: &Archive, talk: &Talk) {
    if let Some(newest) = archive.newest_told().filter(|newest| is_ahead(*newest, now())) {
        talk.say(&format!(
            "The newest run of the archive, {newest}, is ahead of the clock: no run before it reads anything. \
`araneus undo` takes it back."
        ));
    }
}

fn planned(
    request: &Request,
    stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>,
    talk: &Talk,
) -> Result<(Archive, run::Plan), CommandError> {
    output::check_owner(&request.config.out, &request.config.state)?;
    let archive = Archive::open(&request.config.state, Access::Read).map_err(RunError::from)?;
    warn_of_future(&archive, talk);
    let plan = run::plan(request, &archive, stdin)?;
    Ok((archive, plan))
}

/// Says what a run would do.
pub(super) fn plan(common: &Common, night: &NightArgs, talk: &Talk) -> Result<u8, CommandError> {
    let request = request(common, night)?;
    let (archive, plan) = planned(&request, &mut || Ok(Vec::new()), talk)?;
    let before = archive.night_before(request.moment).map(|night| night.moment);
    let mut given: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for input in &plan.inputs {
        given.entry(&input.source).or_default().push(&input.path);
    }
    let readers: Vec<String> =
        request.config.rules.readers().into_iter().map(|audience| audience.name).collect();
    let folder = request.config.out.join(request.moment.folder());
    let warnings = unconfigured(common, &request);
    if common.json {
        let sources: Vec<_> = given
            .iter()
            .map(|(name, paths)| json!({ "source": name, "mode": plan.sources[*name].mode, "paths": paths }))
            .collect();
        out!(
            "{}",
            json!({
                "night": folder, "moment": request.moment, "state": request.config.state, "compared_with": before,
                "readers": readers, "sources": sources, "missing": plan.missing, "silent": plan.silent, "replay": !plan.is_told,
                "warnings": warnings,
            })
        );
    } else {
        out!("night          {}", folder.display());
        out!("moment         {}", request.moment);
        out!("archive        {}", request.config.state.display());
        out!("compared with  {}", before.map_or("nothing: a first night".to_owned(), Moment::folder));
        out!("readers        {}", readers.join(", "));
        for (name, paths) in &given {
            out!("source         {name} ({}): {}", plan.sources[*name].mode, files(paths.len()));
            for path in paths {
                out!("               {path}");
            }
        }
        for name in &plan.missing {
            out!("missing        {name}");
        }
        for name in &plan.silent {
            out!("silent         {name}");
        }
        if given.is_empty() {
            out!("input          none: the night would be surveyed again from the archive");
        }
    }
    for warning in &warnings {
        talk.say(&format!("Warning: {warning}"));
    }
    Ok(if plan.missing.is_empty() { 0 } else { 4 })
}

/// Reads everything that a run would read, and says what it would reject.
pub(super) fn check(common: &Common, args: &CheckArgs, talk: &Talk) -> Result<u8, CommandError> {
    let request = request(common, &args.night)?;
    let (_, plan) = planned(&request, &mut standard_input, talk)?;
    let named = plan.inputs.iter().map(|input| input.source.clone());
    let mut warnings = unconfigured(common, &request);
    warnings.extend(run::queue::source_warning(&request.config, named));
    let mappings = match &args.mapping {
        Some(written) => mapped::for_all(written, &plan)?,
        None => ingest::mappings(&request.config.rules.terms),
    };
    talk.step("read");
    let deliveries = ingest::read_mapped(&plan.inputs, &mappings, &|_| {});
    talk.end();
    let rejects: u64 = deliveries.iter().map(ingest::Delivery::rejected).sum();
    if common.json {
        let rows: Vec<_> = deliveries.iter().map(|delivery| checked_json(delivery, &mappings)).collect();
        out!(
            "{}",
            json!({ "deliveries": rows, "missing": plan.missing, "silent": plan.silent, "warnings": warnings })
        );
    } else {
        for delivery in &deliveries {
            print_checked(delivery);
            if args.mapping.is_some() {
                mapped::print(delivery, &mappings);
            }
        }
        for name in &plan.missing {
            out!("missing: source {name}");
        }
        for name in &plan.silent {
            out!("silent: source {name}");
        }
    }
    for warning in &warnings {
        talk.say(&format!("Warning: {warning}"));
    }
    let configured = match &common.config {
        Some(config) => format!("Configuration {}: fine.", config.display()),
        None => format!("No configuration: there is {}.", looked_in()),
    };
    talk.say(&format!(
        "{configured} {}, {} objects would be taken, {rejects} rejected.",
        files(deliveries.len()),
        deliveries.iter().map(|delivery| delivery.accepted.len()).sum::<usize>(),
    ));
    Ok(if !plan.missing.is_empty() {
        4
    } else if rejects > 0 {
        3
    } else {
        0
    })
}

fn print_checked(delivery: &Delivery) {
    let format = delivery.format.unwrap_or("no format");
    out!(
        "{}  {}  {}  {} taken, {} rejected",
        delivery.path,
        delivery.status.name(),
        format,
        delivery.accepted.len(),
        delivery.rejected()
    );
    for reject in &delivery.rejects {
        let id = reject.object_id.as_deref().unwrap_or("no id");
        out!(
            "  {}  {}  {}: {}",
            reject.position,
            id.escape_debug(),
            reject.cause.rule.name(),
            reject.cause.reason
        );
    }
}

fn checked_json(delivery: &Delivery, mappings: &ingest::Mappings) -> serde_json::Value {
    let rejects: Vec<_> = delivery
        .rejects
        .iter()
        .map(|reject| json!({ "position": reject.position, "object_id": reject.object_id, "rule": reject.cause.rule.name(), "reason": reject.cause.reason }))
        .collect();
    json!({ "source": delivery.source, "path": delivery.path, "status": delivery.status.name(), "format": delivery.format, "taken": delivery.accepted.len(), "rejects": rejects, "table": mapped::as_json(delivery, mappings) })
}
