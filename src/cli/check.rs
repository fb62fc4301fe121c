//! `araneus plan` and `araneus check`: a run without its effects.

use std::{collections::BTreeMap, io};

use serde_json::{Value, json};

use super::{
    args::{CheckArgs, Common, RunInputs},
    clock::{is_ahead, now},
    console::{Console, counted, files},
    error::CommandError,
    locate::places_without_config,
    mapped,
    request::{request, standard_input, unconfigured},
};
use crate::{
    archive::{Access, Archive},
    explain,
    ingest::{self, Delivery},
    record::ArchivedRecord,
    run::{self, Plan, Request, RunError},
    tables,
    time::{DAY, Moment},
};

/// Warns about an archive whose newest run is ahead of the clock, because no run before it reads anything.
fn warn_of_future(archive: &Archive, console: &Console) {
    if let Some(newest) = archive.newest_recorded().filter(|newest| is_ahead(*newest, now())) {
        console.say(&format!(
            "The newest run of the archive, {newest}, is ahead of the clock: no run before it reads anything. \
`araneus undo` takes it back."
        ));
    }
}

fn planned(
    request: &Request,
    stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>,
    console: &Console,
) -> Result<(Archive, Plan), CommandError> {
    tables::check_owner(&request.config.out, &request.config.state)?;
    let archive = Archive::open(&request.config.state, Access::Read).map_err(RunError::from)?;
    warn_of_future(&archive, console);
    let plan = run::plan(request, &archive, stdin)?;
    Ok((archive, plan))
}

/// Prints what a run would do.
pub(super) fn plan(common: &Common, args: &RunInputs, console: &Console) -> Result<u8, CommandError> {
    let request = request(common, args)?;
    let (archive, plan) = planned(&request, &mut || Ok(Vec::new()), console)?;
    let expired = expired(&request, &archive)?;
    let previous = archive.run_before(request.as_of).map(|run| run.moment);
    let mut warnings = unconfigured(common, &request);
    warnings.extend(request.config.missing_agreements());
    if common.json {
        out!("{}", plan_json((&request, &plan), previous, &expired, &warnings));
    } else {
        print_plan((&request, &plan), previous, &expired);
    }
    warn(&warnings, console);
    Ok(if plan.missing.is_empty() && plan.unfetched.is_empty() { 0 } else { 4 })
}

fn warn(warnings: &[String], console: &Console) {
    for warning in warnings {
        console.say(&format!("Warning: {warning}"));
    }
}

/// Returns the fetched sources that are not complete, with their reasons.
fn unfetched(plan: &Plan) -> BTreeMap<&str, &str> {
    plan.unfetched.iter().map(|(name, reason)| (name.as_str(), reason.as_str())).collect()
}

fn paths_by_source(plan: &Plan) -> BTreeMap<&str, Vec<&str>> {
    let mut paths: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for input in &plan.inputs {
        paths.entry(&input.source).or_default().push(&input.path);
    }
    paths
}

fn audiences(request: &Request) -> Vec<String> {
    request.config.rules.audiences_of_run().into_iter().map(|audience| audience.name).collect()
}

fn plan_json(
    (request, plan): (&Request, &Plan),
    previous: Option<Moment>,
    expired: &[Expired],
    warnings: &[String],
) -> Value {
    let expired: Vec<Value> = expired
        .iter()
        .map(|one| json!({ "source": one.source, "retain_days": one.days, "records": one.records }))
        .collect();
    let sources: Vec<Value> = paths_by_source(plan)
        .iter()
        .map(|(name, paths)| json!({ "source": name, "mode": plan.sources[*name].mode, "paths": paths }))
        .collect();
    json!({
        "run": request.config.out.join(request.as_of.folder()), "as_of": request.as_of, "state": request.config.state,
        "compared_with": previous, "audiences": audiences(request), "sources": sources, "missing": plan.missing, "unfetched": unfetched(plan),
        "accepted": plan.copies.iter().map(|copy| &copy.entry.held.id).collect::<Vec<_>>(),
        "silent": plan.silent, "replay": !plan.is_recorded, "expired": expired, "warnings": warnings,
    })
}

/// Records of a source that are older than its agreement allows.
struct Expired {
    source: String,
    days: u32,
    /// Number of its archived records, with earlier versions of an object.
    records: usize,
}

/// Counts the records that the agreements want to be erased as of a run.
fn expired(request: &Request, archive: &Archive) -> Result<Vec<Expired>, CommandError> {
    let retention = request.config.retention();
    if retention.is_empty() {
        return Ok(Vec::new());
    }
    let contents = archive.read().map_err(RunError::from)?;
    let of_source = |(source, days): (&str, u32)| {
        let limit = request.as_of.micros().saturating_sub(i64::from(days).saturating_mul(DAY));
        let is_old = |record: &&ArchivedRecord| {
            *record.source == *source && record.content().is_some() && record.earliest().micros() < limit
        };
        Expired { source: source.to_owned(), days, records: contents.records().iter().filter(is_old).count() }
    };
    Ok(retention.into_iter().map(of_source).collect())
}

fn print_plan((request, plan): (&Request, &Plan), previous: Option<Moment>, expired: &[Expired]) {
    out!("run            {}", request.config.out.join(request.as_of.folder()).display());
    out!("as of          {}", request.as_of);
    out!("archive        {}", request.config.state.display());
    out!("compared with  {}", previous.map_or("nothing: a first run".to_owned(), Moment::folder));
    out!("audiences      {}", audiences(request).join(", "));
    let sources = paths_by_source(plan);
    for (name, paths) in &sources {
        out!("source         {name} ({}): {}", plan.sources[*name].mode, files(paths.len()));
        for path in paths {
            out!("               {path}");
        }
    }
    for copy in &plan.copies {
        out!("accepted       {} of {} ({})", copy.input.path, copy.input.source, copy.entry.held.id);
    }
    for name in &plan.missing {
        out!("missing        {name}");
    }
    for (name, reason) in &plan.unfetched {
        out!("not fetched    {name}: {reason}");
    }
    for name in &plan.silent {
        out!("silent         {name}");
    }
    for one in expired {
        let records = counted(one.records as u64, "record is", "records are");
        out!("retention      {}: {records} older than {} days", one.source, one.days);
    }
    if sources.is_empty() {
        out!("input          none: the run would be made again from the archive");
    }
}

/// Reads everything that a run would read, and prints what it would reject.
pub(super) fn check(common: &Common, args: &CheckArgs, console: &Console) -> Result<u8, CommandError> {
    let request = request(common, &args.inputs)?;
    let (_, plan) = planned(&request, &mut standard_input, console)?;
    let named = plan.inputs.iter().map(|input| input.source.clone());
    let mut warnings = unconfigured(common, &request);
    warnings.extend(explain::source_warning(&request.config, named));
    let missing = request.config.missing_agreements();
    let mappings = match &args.mapping {
        Some(mapping) => mapped::for_all(mapping, &plan)?,
        None => ingest::mappings(&request.config.rules.terms),
    };
    console.step("read");
    let deliveries =
        ingest::read_within(&plan.inputs, (&mappings, &plan.reader), &|_, _| None, &|_| None, &|_| {});
    console.end();
    let rejects: u64 = deliveries.iter().map(ingest::Delivery::rejected).sum();
    if common.json {
        let rows: Vec<_> = deliveries.iter().map(|delivery| checked_json(delivery, &mappings)).collect();
        out!(
            "{}",
            json!({ "deliveries": rows, "missing": plan.missing, "unfetched": unfetched(&plan), "silent": plan.silent, "warnings": warnings, "errors": missing })
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
        for (name, reason) in &plan.unfetched {
            out!("not fetched: source {name}: {reason}");
        }
        for name in &plan.silent {
            out!("silent: source {name}");
        }
    }
    warn(&warnings, console);
    for error in &missing {
        console.say(&format!("Error: {error}"));
    }
    let configured = match &common.config {
        Some(config) if missing.is_empty() => format!("Configuration {}: fine.", config.display()),
        Some(config) => format!("Configuration {}: not complete.", config.display()),
        None => format!("No configuration: there is {}.", places_without_config()),
    };
    console.say(&format!(
        "{configured} {}, {} objects would be accepted, {rejects} rejected.",
        files(deliveries.len()),
        deliveries.iter().map(|delivery| delivery.accepted.len()).sum::<usize>(),
    ));
    Ok(if !missing.is_empty() {
        2
    } else if !plan.missing.is_empty() || !plan.unfetched.is_empty() {
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
        "{}  {}  {}  {} accepted, {} rejected",
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

fn checked_json(delivery: &Delivery, mappings: &ingest::Mappings) -> Value {
    let rejects: Vec<_> = delivery
        .rejects
        .iter()
        .map(|reject| json!({ "position": reject.position, "object_id": reject.object_id, "rule": reject.cause.rule.name(), "reason": reject.cause.reason }))
        .collect();
    json!({ "source": delivery.source, "path": delivery.path, "status": delivery.status.name(), "format": delivery.format, "taken": delivery.accepted.len(), "rejects": rejects, "table": mapped::as_json(delivery, mappings) })
}
