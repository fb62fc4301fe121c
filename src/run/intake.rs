//! Intake: deliveries are read, compared with the archive, and recorded in it.

use std::collections::BTreeSet;

use super::{
    clock::Clock,
    config::Rules,
    decided::{AcceptedCopy, Decided},
    erase,
    error::RunError,
    fetched,
    hold::{self, HoldContext, Sorted},
    inputs::{Plan, plan},
    models, pseudonyms,
    request::Request,
    rules, undo,
};
use crate::{
    archive::{
        self, Access, Archive, ArchiveContents, DeliveryCounts, DeliveryReport, HeldDelivery, KnownRecords,
    },
    ingest::{self, Input, Status},
    progress::Progress,
    time::Moment,
};

/// Result of reading the deliveries of a run.
pub(crate) struct ReadResult {
    /// A report for each file.
    pub(crate) reports: Vec<DeliveryReport>,
    /// Sources of which a file is missing or could not be read.
    pub(crate) incomplete: BTreeSet<String>,
    /// Files that a limit of their source set aside.
    pub(crate) held: Vec<HeldDelivery>,
    /// Contents of the archive before the run.
    pub(crate) contents: ArchiveContents,
}

/// Reads the planned deliveries and records them in the archive.
///
/// The objects that were read are freed here; the analysis reads them from the archive.
pub(crate) fn record_deliveries(
    archive: &mut Archive,
    plan: &Plan,
    rules: &Rules,
    as_of: Moment,
    clock: &mut Clock<'_>,
) -> Result<ReadResult, RunError> {
    clock.step("read");
    let contents = archive.read()?;
    let mappings = ingest::mappings(&rules.terms);
    let (decided, known_held) = (Decided::of(archive, &plan.inputs)?, archive.held()?);
    let has_copy = |source: &str| plan.copies.iter().any(|copy| copy.input.source == source);
    let comparable: Vec<Input> = decided
        .inputs
        .iter()
        .filter(|input| !has_copy(&input.source) && !decided.concerns(&input.source))
        .cloned()
        .collect();
    let redelivered = archive.redelivered(&contents, &comparable, (&plan.sources, &mappings), as_of)?;
    let inputs: Vec<Input> =
        decided.inputs.iter().filter(|input| !redelivered.has(&input.source)).cloned().collect();
    // Only objects in JSON files are recognised by their bytes.
    let copies = decided.copies_to_read(&plan.copies);
    let copied: Vec<Input> = copies.iter().map(|copy| copy.input.clone()).collect();
    let json = inputs.iter().chain(&copied).filter(|input| ingest::is_named_json(&input.path));
    let sources = json.map(|input| input.source.as_str()).collect();
    let known = KnownRecords::of(&contents, &sources)?;
    let of_known = |source: &str, raw| known.object(source, raw);
    let most = |input: &Input| {
        plan.holds.get(&input.source).and_then(|hold| hold.objects).filter(|_| !decided.is_exempt(input))
    };
    let rules_of_reading = (&mappings, &plan.reader);
    let mut tonight = ingest::read_within(&inputs, rules_of_reading, &of_known, &most, &|_| {});
    tonight.extend(decided.rejected.iter().cloned());
    let read_copy = |copy: &AcceptedCopy| {
        let inputs = std::slice::from_ref(&copy.input);
        ingest::read_within(inputs, rules_of_reading, &of_known, &|_| None, &|_| {})
    };
    let copies = copies.into_iter().map(|copy| (copy, read_copy(copy))).collect();
    drop(known);
    clock.step("archive");
    let context =
        HoldContext { archive, contents: &contents, plan, decided: &decided, known: &known_held, as_of };
    let Sorted { mut deliveries, mut held, lists, mut settled, sources } =
        hold::sort(context, tonight, copies)?;
    let blocks = archive.blocks()?;
    blocks.reject(&mut deliveries);
    blocks.reject(&mut held);
    settled.extend(context.known_ids(redelivered.files()));
    let mut intake = archive::prepare_commit(&contents, &deliveries, &sources, as_of);
    redelivered.add_to(&mut intake, &contents, as_of);
    intake.add_held_reports(&held, &sources, as_of);
    (intake.held, intake.settled) = (lists, settled);
    let failed = deliveries.iter().filter(|delivery| delivery.status == Status::Failed);
    let failed: Vec<String> = failed.map(|delivery| delivery.source.clone()).collect();
    drop((deliveries, held));
    let held: Vec<HeldDelivery> = intake.held.values().flatten().cloned().collect();
    if plan.is_recorded {
        // The commit names the lists, so they are stored before it.
        let lists = rules::store_warning_lists(archive, rules)?;
        archive.commit(as_of, rules::as_json(rules), lists, &intake)?;
    }
    let unfetched = plan.unfetched.iter().map(|(source, _)| source.clone());
    let incomplete =
        plan.missing.iter().cloned().chain(unfetched).chain(intake.incomplete).chain(failed).collect();
    Ok(ReadResult { reports: intake.reports, incomplete, held, contents })
}

/// A run whose deliveries are recorded.
pub(super) struct RecordedRun {
    /// Contents of the archive with the run.
    pub(super) contents: ArchiveContents,
    /// A report for each file: of the files that were read, or, if none was read, those in the archive.
    pub(super) reports: Vec<DeliveryReport>,
    /// Counts of the files that were read; `None` if none was read.
    pub(super) counts: Option<DeliveryCounts>,
    /// Sources of which a file is missing or could not be read.
    pub(super) incomplete: BTreeSet<String>,
    /// Files that a limit of their source set aside.
    pub(super) held: Vec<HeldDelivery>,
}

/// Records the planned deliveries, and marks the run as one that is to be published.
pub(super) fn record(
    archive: &mut Archive,
    plan: &Plan,
    rules: &Rules,
    as_of: Moment,
    clock: &mut Clock<'_>,
) -> Result<RecordedRun, RunError> {
    if plan.is_recorded {
        archive.begin_publishing(as_of)?;
    }
    let ReadResult { reports, incomplete, held, contents } =
        record_deliveries(archive, plan, rules, as_of, clock)?;
    let contents = archive.read_on(contents)?;
    let counts = (!reports.is_empty()).then(|| archive::total(&reports));
    let mut reports = if reports.is_empty() { archive.reports(as_of)? } else { reports };
    archive.mark_known_rejects(&mut reports, as_of)?;
    Ok(RecordedRun { contents, reports, counts, incomplete, held })
}

/// Reads deliveries and records them, without analysis and without publication. A later run finds in the
/// archive what a complete run would have left.
///
/// Inputs are files, folders or globs; standard input is not read.
pub fn keep(request: &Request) -> Result<DeliveryCounts, RunError> {
    let mut archive = Archive::open(&request.config.state, Access::Write)?;
    let progress = Progress::silent();
    undo::complete(&mut archive, &request.config, &progress)?;
    erase::clear(&mut archive, &request.config, true)?;
    let model = models::load(&request.config)?;
    let plan = plan(request, &archive, &mut || Ok(Vec::new()))?;
    let rules = rules::of_run(request, &plan, &model);
    pseudonyms::remember(&request.config, &plan.inputs)?;
    let mut clock = Clock::start(&progress);
    let read = record_deliveries(&mut archive, &plan, &rules, request.as_of, &mut clock)?;
    fetched::mark_read(request, &plan.fetched, &read.reports)?;
    Ok(archive::total(&read.reports))
}
