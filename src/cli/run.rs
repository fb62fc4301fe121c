//! `araneus run`.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::json;

use super::{
    args::{Common, FailOn, RunArgs},
    console::{Console, counted},
    error::CommandError,
    held, lock_wait, metrics_file, queue,
    request::{request, standard_input, unconfigured},
};
use crate::{
    archive::{DeliveryCounts, HeldDelivery},
    explain,
    join_steps::JoinSteps,
    progress::Progress,
    run::{self, Outcome, Request},
};

/// Runs with the steps of a join form on an engine, and prints the outcome.
pub(super) fn run(
    common: &Common,
    args: &RunArgs,
    steps: Arc<dyn JoinSteps>,
    console: &Console,
) -> Result<u8, CommandError> {
    let request = Request { steps, ..request(common, &args.inputs)? };
    if args.record_only {
        return record_only(common, &request, args.wait, console);
    }
    if let Some(path) = &args.metrics_file {
        metrics_file::check(path)?;
    }
    let mut unconfigured = unconfigured(common, &request);
    unconfigured.extend(request.config.missing_agreements());
    let mut outcome = lock_wait::until_free(args.wait, console, || {
        run::run(&request, &mut standard_input, &Progress::new(|step| console.step(step)))
    })?;
    outcome.warnings.splice(0..0, unconfigured);
    console.end();
    print_outcome(&outcome, console);
    let code = exit_code(&outcome, &args.fail_on);
    if let Some(path) = &args.metrics_file {
        metrics_file::write(path, &outcome, request.as_of, code)?;
    }
    // The queue is read from the published tables.
    let readable: &[String] = if request.format.is_readable() { &outcome.audiences } else { &[] };
    if common.json {
        let queues = explain::queue_summaries(&request.config, &outcome.folder, readable)?;
        let mut answer = as_json(&outcome, code);
        answer["queues"] = json!(queues);
        answer["warnings"] = json!(outcome.warnings);
        answer["published_late"] = json!(outcome.published_late);
        answer["state"] = json!(request.config.state);
        out!("{answer}");
    } else {
        queue::print_queue(&request.config, common.out.as_deref(), &outcome.folder, readable, console)?;
    }
    Ok(code)
}

/// Records the input of a run, and prints the counts.
fn record_only(
    common: &Common,
    request: &Request,
    wait: Option<Duration>,
    console: &Console,
) -> Result<u8, CommandError> {
    let counts = lock_wait::until_free(wait, console, || run::keep(request))?;
    print_counts(counts, console);
    if common.json {
        out!("{}", json!({ "counts": counts }));
    }
    if counts.held > 0 {
        console.say("Files are held: `araneus held list` shows them.");
        return Ok(4);
    }
    Ok(if counts.rejected > 0 { 3 } else { 0 })
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

/// Prints the outcome of a run, in sentences.
pub(super) fn print_outcome(outcome: &Outcome, console: &Console) {
    let counts = outcome.counts;
    if counts == DeliveryCounts::default() {
        console.say("No input was read: the run was made from the archive.");
    } else {
        print_counts(counts, console);
    }
    print_network(outcome, console);
    print_sources(outcome, console);
    if outcome.rejects > 0 {
        let fields = json!({ "rejected": outcome.rejects, "new": outcome.rejects_new() });
        let sentence = format!(
            "{} rejected, {} of them in no earlier run: each with file, position, id and rule in {}.",
            outcome.rejects,
            outcome.rejects_new(),
            outcome.folder.join("steward").join("report.html").display()
        );
        console.say_with(&sentence, None, &fields);
    }
    if !outcome.remarks.is_empty() {
        let counts: Vec<String> =
            outcome.remarks.iter().map(|(remark, count)| format!("{count} {remark}")).collect();
        let sentence = format!(
            "Remarks about accepted objects that contradict their format: {}. The table steward/remarks names each.",
            counts.join(", ")
        );
        console.say_with(&sentence, None, &json!({ "remarks": outcome.remarks }));
    }
    for (name, seconds) in &outcome.steps {
        console.detail(&format!("{name}: {seconds:.2} s"));
    }
    for audience in &outcome.audiences {
        console.say(&format!("Report: {}", outcome.folder.join(audience).join("report.html").display()));
    }
}

/// Prints the counts of the objects that were read.
fn print_counts(counts: DeliveryCounts, console: &Console) {
    let sentence = format!(
        "{} delivered: {} accepted, {} as before, {} rejected{}; {} new, {} changed ({} unannounced), {} withdrawn.",
        counted(counts.delivered, "object", "objects"),
        counts.taken,
        counts.duplicate,
        counts.rejected,
        if counts.held > 0 { format!(", {} held", counts.held) } else { String::new() },
        counts.new,
        counts.changed,
        counts.changed_unannounced,
        counts.withdrawn
    );
    let fields = serde_json::to_value(counts).expect("counts are plain data");
    console.say_with(&sentence, None, &fields);
}

/// Prints the size of the network, and the warnings of the run.
fn print_network(outcome: &Outcome, console: &Console) {
    let network = outcome.network;
    console.say(&format!(
        "{}, {}, {} of two or more.",
        counted(network.entities as u64, "entity", "entities"),
        counted(network.links as u64, "link", "links"),
        counted(network.communities as u64, "community", "communities"),
    ));
    if let Some(earlier) = outcome.published_late {
        console.say(&format!(
            "The run of {} had not been published, and was published first: `araneus queue {}` shows its queue.",
            earlier.display_utc(),
            earlier.folder()
        ));
    }
    for warning in &outcome.warnings {
        console.say(&format!("Warning: {warning}"));
    }
}

/// Prints the sources that failed, are overdue or delivered no input.
fn print_sources(outcome: &Outcome, console: &Console) {
    let say_of = |source: &String, what: &str| {
        console.say_with(&format!("Source {source} {what}."), Some(source), &json!({}));
    };
    print_held(&outcome.held, console);
    for source in &outcome.incomplete {
        say_of(source, "failed or is incomplete: none of its records was withdrawn");
    }
    for (source, reason) in &outcome.unfetched {
        say_of(source, &format!("was not fetched whole: {reason}"));
    }
    for source in &outcome.overdue {
        say_of(source, "is overdue: its last delivery was read longer ago than its `expect`");
    }
    for source in &outcome.silent {
        say_of(source, "delivered nothing");
    }
}

/// Prints the held files, with the limit and the next step.
fn print_held(files: &[HeldDelivery], console: &Console) {
    for file in files {
        let HeldDelivery { id, source, path, exceeded, .. } = file;
        let sentence = format!("Source {source}: {path} is held ({id}): {}.", held::described(exceeded));
        let fields = json!({ "held": id, "found": exceeded.found, "allowed": exceeded.allowed, "live": exceeded.live });
        console.say_with(&sentence, Some(source), &fields);
    }
    if !files.is_empty() {
        console.say(
            "Nothing of a held file is recorded, and its source keeps the last good state. `araneus held list` shows what waits.",
        );
    }
}

fn as_json(outcome: &Outcome, code: u8) -> serde_json::Value {
    let counts = outcome.counts;
    let by_audience = || outcome.audiences.iter().zip(&outcome.flags);
    let flags: BTreeMap<_, _> = by_audience().map(|(audience, flags)| (audience, &flags.by_state)).collect();
    let queued: BTreeMap<_, _> = by_audience().map(|(audience, flags)| (audience, flags.queued)).collect();
    let sampled: BTreeMap<_, _> = by_audience().map(|(audience, flags)| (audience, flags.sampled)).collect();
    let waiting: BTreeMap<_, _> = by_audience().map(|(audience, flags)| (audience, flags.waiting)).collect();
    json!({
        "run": outcome.folder, "audiences": outcome.audiences, "incomplete": outcome.incomplete, "exit": code,
        "unfetched": outcome.unfetched.iter().cloned().collect::<BTreeMap<_, _>>(),
        "overdue": outcome.overdue, "silent": outcome.silent, "remarks": outcome.remarks,
        "delivered": counts.delivered, "taken": counts.taken, "duplicate": counts.duplicate, "rejected": counts.rejected,
        "held": counts.held, "held_files": outcome.held.iter().map(|held| &held.id).collect::<Vec<_>>(),
        "new": counts.new, "changed": counts.changed, "changed_unannounced": counts.changed_unannounced,
        "withdrawn": counts.withdrawn, "entities": outcome.network.entities, "links": outcome.network.links, "communities": outcome.network.communities,
        "rejects": outcome.rejects_by_rule, "flags": flags, "queued": queued, "sampled": sampled, "waiting": waiting,
    })
}
