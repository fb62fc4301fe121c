//! `araneus run`, `check` and `plan`.

use std::{
    collections::BTreeMap,
    io::{self, Read},
    path::Path,
};

use serde_json::json;

use super::{CheckArgs, CommandError, Common, NightArgs, answer, config, counted, files, mapped, talk::Talk};
use crate::{
    archive::{Access, Archive, Counts},
    ingest::{self, Delivery},
    run::{self, Outcome, Request, RunError},
    time::Moment,
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

fn request(common: &Common, night: &NightArgs) -> Result<Request, CommandError> {
    let moment = match &night.as_of {
        None => now(),
        Some(text) => Moment::parse_as_of(text).ok_or_else(|| {
            CommandError::Usage(
                "--as-of takes RFC 3339 with an offset, such as 2026-11-21T02:00:00Z, or a date".to_owned(),
            )
        })?,
    };
    Ok(Request {
        config: config(common)?,
        inputs: night.inputs.clone(),
        moment,
        audience: common.audience.clone(),
        format: night.format.into(),
    })
}

/// Runs a night and says what it left.
pub(super) fn run(common: &Common, night: &NightArgs, talk: &Talk) -> Result<u8, CommandError> {
    let request = request(common, night)?;
    let outcome = run::run(&request, &mut standard_input, &Watch::new(), &|step| talk.step(step))?;
    talk.end();
    tell(&outcome, talk);
    if common.json {
        let queues = run::queue::queue_summaries(&request.config, &outcome.folder, &outcome.readers)?;
        let mut answer = as_json(&outcome);
        answer["queues"] = json!(queues);
        answer["warnings"] = json!(outcome.warnings);
        out!("{answer}");
    } else {
        answer::print_queue(&request.config, &outcome.folder, &outcome.readers, talk)?;
    }
    Ok(exit_code(&outcome))
}

/// 4 outranks 3: CONTRACTS, section 1.
pub(super) fn exit_code(outcome: &Outcome) -> u8 {
    match (outcome.incomplete.is_empty(), outcome.rejects) {
        (false, _) => 4,
        (true, 0) => 0,
        (true, _) => 3,
    }
}

pub(super) fn tell(outcome: &Outcome, talk: &Talk) {
    let counts = outcome.counts;
    if counts == Counts::default() {
        talk.say("Nothing was read: the night was surveyed from the archive.");
    } else {
        talk.say(&format!(
            "{} delivered: {} taken, {} as before, {} rejected; {} new, {} changed ({} unannounced), {} withdrawn.",
            counted(counts.delivered, "object", "objects"),
            counts.taken,
            counts.duplicate,
            counts.rejected,
            counts.new,
            counts.changed,
            counts.changed_unannounced,
            counts.withdrawn
        ));
    }
    let (entities, links, communities) = outcome.found;
    talk.say(&format!(
        "{}, {}, {} of two or more.",
        counted(entities as u64, "entity", "entities"),
        counted(links as u64, "link", "links"),
        counted(communities as u64, "community", "communities"),
    ));
    for warning in &outcome.warnings {
        talk.say(&format!("Warning: {warning}"));
    }
    for source in &outcome.incomplete {
        talk.say(&format!("Source {source} was missing, failed or incomplete: nothing of it was withdrawn."));
    }
    if outcome.rejects > 0 {
        talk.say(&format!(
            "{} rejected: each with file, position, id and rule in {}.",
            outcome.rejects,
            outcome.folder.join("steward").join("report.html").display()
        ));
    }
    for (name, seconds) in &outcome.steps {
        talk.detail(&format!("{name}: {seconds:.2} s"));
    }
    for reader in &outcome.readers {
        talk.say(&format!("Report: {}", outcome.folder.join(reader).join("report.html").display()));
    }
}

fn as_json(outcome: &Outcome) -> serde_json::Value {
    let counts = outcome.counts;
    json!({
        "night": outcome.folder, "readers": outcome.readers, "incomplete": outcome.incomplete, "exit": exit_code(outcome),
        "delivered": counts.delivered, "taken": counts.taken, "duplicate": counts.duplicate, "rejected": counts.rejected,
        "held": counts.held, "new": counts.new, "changed": counts.changed, "changed_unannounced": counts.changed_unannounced,
        "withdrawn": counts.withdrawn, "entities": outcome.found.0, "links": outcome.found.1, "communities": outcome.found.2,
    })
}

fn planned(
    request: &Request,
    stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>,
) -> Result<(Archive, run::Plan), CommandError> {
    let archive = Archive::open(&request.config.state, Access::Read).map_err(RunError::from)?;
    let plan = run::plan(request, &archive, stdin)?;
    Ok((archive, plan))
}

/// Says what a run would do.
pub(super) fn plan(common: &Common, night: &NightArgs) -> Result<u8, CommandError> {
    let request = request(common, night)?;
    let (archive, plan) = planned(&request, &mut || Ok(Vec::new()))?;
    let before = archive.night_before(request.moment).map(|night| night.moment);
    let mut given: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for input in &plan.inputs {
        given.entry(&input.source).or_default().push(&input.path);
    }
    let readers: Vec<String> =
        request.config.rules.readers().into_iter().map(|audience| audience.name).collect();
    let folder = request.config.out.join(request.moment.folder());
    if common.json {
        let sources: Vec<_> = given
            .iter()
            .map(|(name, paths)| json!({ "source": name, "mode": plan.sources[*name].mode, "paths": paths }))
            .collect();
        out!(
            "{}",
            json!({
                "night": folder, "moment": request.moment, "state": request.config.state, "compared_with": before,
                "readers": readers, "sources": sources, "missing": plan.missing, "replay": !plan.is_told,
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
        if given.is_empty() {
            out!("input          none: the night would be surveyed again from the archive");
        }
    }
    Ok(if plan.missing.is_empty() { 0 } else { 4 })
}

/// Reads everything that a run would read, and says what it would reject.
pub(super) fn check(common: &Common, args: &CheckArgs, talk: &Talk) -> Result<u8, CommandError> {
    let request = request(common, &args.night)?;
    let (_, plan) = planned(&request, &mut standard_input)?;
    let named = plan.inputs.iter().map(|input| input.source.clone());
    let warning = run::queue::source_warning(&request.config, named);
    let mappings = match &args.mapping {
        Some(written) => mapped::for_all(written, &plan)?,
        None => ingest::table::mappings(&request.config.rules.terms),
    };
    talk.step("read");
    let deliveries = ingest::read_mapped(&plan.inputs, &mappings, &|_| {});
    talk.end();
    let rejects: u64 = deliveries.iter().map(ingest::Delivery::refused).sum();
    if common.json {
        let rows: Vec<_> = deliveries.iter().map(|delivery| checked_json(delivery, &mappings)).collect();
        out!(
            "{}",
            json!({ "deliveries": rows, "missing": plan.missing, "warnings": warning.iter().collect::<Vec<_>>() })
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
    }
    if let Some(warning) = warning {
        talk.say(&format!("Warning: {warning}"));
    }
    let config = common.config.as_deref().unwrap_or(Path::new("araneus.toml"));
    let configured = if config.exists() {
        format!("Configuration {}: fine.", config.display())
    } else {
        format!("No configuration: there is no {} here.", config.display())
    };
    talk.say(&format!(
        "{configured} {}, {} objects would be taken, {rejects} rejected.",
        files(deliveries.len()),
        deliveries.iter().map(|delivery| delivery.taken.len()).sum::<usize>(),
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
        delivery.taken.len(),
        delivery.refused()
    );
    for reject in &delivery.rejects {
        let id = reject.object_id.as_deref().unwrap_or("no id");
        out!(
            "  {}  {}  {}: {}",
            reject.position,
            id.escape_debug(),
            reject.refusal.rule.name(),
            reject.refusal.reason
        );
    }
}

fn checked_json(delivery: &Delivery, mappings: &ingest::Mappings) -> serde_json::Value {
    let rejects: Vec<_> = delivery
        .rejects
        .iter()
        .map(|reject| json!({ "position": reject.position, "object_id": reject.object_id, "rule": reject.refusal.rule.name(), "reason": reject.refusal.reason }))
        .collect();
    json!({ "source": delivery.source, "path": delivery.path, "status": delivery.status.name(), "format": delivery.format, "taken": delivery.taken.len(), "rejects": rejects, "table": mapped::as_json(delivery, mappings) })
}
