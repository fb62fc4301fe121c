//! Sources that deliver the same files as in an earlier run. If no run in between changed their objects, every object is a
//! duplicate, and the files are digested and not read.
//!
//! The rows of an object's key decide how a run counts and stores the object. If a run delivers the same files as an
//! earlier run, and no later row has one of their keys, then those rows are as that run left them. So each
//! object is unchanged, each reject is the same, nothing is withdrawn, and nothing is stored.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rayon::prelude::*;

use super::{
    Archive, Commit,
    commit::SourceDelivery,
    contents::ArchiveContents,
    counts::DeliveryCounts,
    report::{self, DeliveryReport},
    rows::ArchivedDelivery,
    store::ArchiveError,
};
use crate::{
    ingest::{self, Input, Mappings, ReadingKey, RejectRule, Status},
    record::{ArchivedRecord, Mode, RecordState},
    time::Moment,
};

/// Runs that are searched for the same files, from the last one backwards.
const RUNS: usize = 32;

/// Reports of the sources that deliver again what an earlier run read.
#[derive(Debug, Default)]
pub struct Redelivered {
    reports: Vec<DeliveryReport>,
}

/// A file of a source, and what decides besides its bytes what is read of it.
type File<'a> = (&'a Input, ReadingKey);

impl Redelivered {
    /// Returns whether the files of a source need not be read.
    pub fn has(&self, source: &str) -> bool {
        self.reports.iter().any(|report| report.source == source)
    }

    /// Returns source and digest of each file.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.reports.iter().filter_map(|report| Some((&*report.source, report.digest.as_deref()?)))
    }

    /// Adds the reports and the deliveries to a commit of the other sources.
    pub fn add_to(self, commit: &mut Commit, contents: &ArchiveContents, run: Moment) {
        let known: BTreeSet<(&str, &str, &str)> =
            contents.deliveries.iter().map(ArchivedDelivery::identity).collect();
        let archived = self.reports.iter().filter_map(|report| {
            Some(ArchivedDelivery {
                source: report.source.clone(),
                delivery: report.digest.clone()?,
                path: report.path.clone(),
                format: report.format.clone().unwrap_or_default(),
                recorded_at: run,
            })
        });
        commit.deliveries.extend(archived.filter(|delivery| !known.contains(&delivery.identity())));
        commit.deliveries.sort();
        commit.deliveries.dedup();
        commit.reports.extend(self.reports);
        commit.reports.sort_by(|a, b| (&a.source, &a.path).cmp(&(&b.source, &b.path)));
    }
}

impl Archive {
    /// Finds the sources whose files an earlier run read, and digests these files. `inputs` must be in order of source.
    ///
    /// # Errors
    /// If the reports of an earlier run are damaged or cannot be read.
    pub fn redelivered(
        &self,
        contents: &ArchiveContents,
        inputs: &[Input],
        (sources, mappings): (&BTreeMap<String, SourceDelivery>, &Mappings),
        run: Moment,
    ) -> Result<Redelivered, ArchiveError> {
        let mut redelivered = Redelivered::default();
        let blocks = self.blocks()?;
        let mut earlier =
            EarlierReports { archive: self, reports: HashMap::new(), erasures: blocks.erasures() };
        let rows = SourceRows::of(contents);
        for of_source in inputs.chunk_by(|a, b| a.source == b.source) {
            let name = of_source[0].source.as_str();
            let Some(source) = sources.get(name) else { continue };
            let Some(rows) = rows.of_source(name, source, run) else { continue };
            let Some(files) = files(of_source, mappings) else { continue };
            let is_whole = source.is_complete || source.mode != Mode::Snapshot;
            if !is_whole || files.is_empty() {
                continue;
            }
            if let Some(known) = earlier.find(&rows, &files, source.mode, run)? {
                let ignored = of_source.iter().filter(|input| input.location.is_ignored());
                redelivered.reports.extend(repeated(&files, known));
                redelivered.reports.extend(ignored.flat_map(|input| ignored_report(input, source.mode, run)));
            }
        }
        Ok(redelivered)
    }
}

/// Returns the files of a source; `None` if it has inputs that cannot be compared with an earlier run.
fn files<'a>(inputs: &'a [Input], mappings: &Mappings) -> Option<Vec<File<'a>>> {
    let mut files = Vec::with_capacity(inputs.len());
    for input in inputs {
        if let ingest::Location::Ignored { could_hold_objects: false } = input.location {
            continue;
        }
        files.push((input, ReadingKey::of(input, ingest::mapping_of(mappings, input))?));
    }
    Some(files)
}

/// Returns the reports of files that were read before: each object is a duplicate.
fn repeated(files: &[File<'_>], known: Vec<DeliveryReport>) -> Vec<DeliveryReport> {
    let report = |((input, _), known): (&File<'_>, DeliveryReport)| {
        let DeliveryCounts { delivered, rejected, .. } = known.counts;
        let duplicate = delivered - rejected;
        let counts = DeliveryCounts { delivered, duplicate, rejected, ..DeliveryCounts::default() };
        DeliveryReport { path: input.path.clone(), counts, ..known }
    };
    files.iter().zip(known).map(report).collect()
}

/// Returns the reports of an ignored file.
fn ignored_report(input: &Input, mode: Mode, run: Moment) -> Vec<DeliveryReport> {
    let deliveries = ingest::read(std::slice::from_ref(input), &|_| {});
    let report = |delivery| report::report(delivery, DeliveryCounts::default(), (mode, false), run);
    deliveries.iter().map(report).collect()
}

/// Rows of all sources, in the order of commits.
struct SourceRows<'a>(HashMap<&'a str, Vec<&'a ArchivedRecord>>);

impl<'a> SourceRows<'a> {
    fn of(contents: &'a ArchiveContents) -> Self {
        let mut rows: HashMap<&str, Vec<&ArchivedRecord>> = HashMap::new();
        for run in contents.records().chunk_by(|a, b| a.source == b.source) {
            rows.entry(&run[0].source).or_default().extend(run);
        }
        Self(rows)
    }

    /// Returns the rows of a source; `None` if its recorded times are not those of runs in the order of commits. The rows of
    /// a key then say more than their order.
    fn of_source(&self, name: &str, source: &SourceDelivery, run: Moment) -> Option<Vec<&'a ArchivedRecord>> {
        let rows = self.0.get(name)?;
        let is_in_order = rows.is_sorted_by_key(|row| row.run) && rows.last()?.run < run;
        let has_object_times = source.has_object_times || rows.iter().any(|row| row.object_time.is_some());
        (is_in_order && !has_object_times).then(|| rows.clone())
    }
}

/// Reports of earlier runs by the position of their commit.
struct EarlierReports<'a> {
    archive: &'a Archive,
    reports: HashMap<usize, Vec<DeliveryReport>>,
    /// Ids of the erasures whose objects are rejected.
    erasures: HashSet<&'a str>,
}

impl EarlierReports<'_> {
    /// Returns the report of each file in the last run that read the same files, if they still have the state of that run.
    fn find(
        &mut self,
        rows: &[&ArchivedRecord],
        files: &[File<'_>],
        mode: Mode,
        run: Moment,
    ) -> Result<Option<Vec<DeliveryReport>>, ArchiveError> {
        let name = files[0].0.source.as_str();
        let mut wanted: Vec<&ReadingKey> = files.iter().map(|(_, key)| key).collect();
        wanted.sort_unstable();
        let mut digests: Option<Vec<String>> = None;
        let mut end = rows.len();
        let commits = &self.archive.manifest.commits;
        let with_reports = commits.iter().enumerate().rev().filter(|(_, commit)| commit.reports.is_some());
        for (position, commit) in with_reports.take(RUNS) {
            while end > 0 && rows[end - 1].commit as usize > position {
                end -= 1;
            }
            let is_later = commit.as_of >= run;
            // A later snapshot withdraws what it does not have.
            if is_later || (mode == Mode::Snapshot && end < rows.len()) {
                break;
            }
            let erasures = &self.erasures.clone();
            let reports = self.of_commit(position)?;
            if is_same(reports, name, mode, &wanted) {
                let digests = match &digests {
                    Some(digests) => digests,
                    None => match stored_digests(files) {
                        Some(stored) => digests.insert(stored),
                        None => break,
                    },
                };
                if let Some(matched) = matched(reports, name, digests)
                    && is_untouched(rows.split_at(end))
                    && (mode != Mode::Snapshot || have_rejected_rows(&rows[..end], &matched))
                    && are_still_erased(&matched, erasures)
                {
                    return Ok(Some(matched.into_iter().cloned().collect()));
                }
            }
            // An earlier commit of a replaced snapshot does not count.
            if commit.replaced.contains(name) {
                break;
            }
        }
        Ok(None)
    }

    fn of_commit(&mut self, position: usize) -> Result<&[DeliveryReport], ArchiveError> {
        if !self.reports.contains_key(&position) {
            let digest = self.archive.manifest.commits[position].reports.as_deref().unwrap_or_default();
            self.reports.insert(position, report::read(&self.archive.folder, digest)?);
        }
        Ok(&self.reports[&position])
    }
}

/// Returns whether no later row has the key of an earlier one.
fn is_untouched((earlier, later): (&[&ArchivedRecord], &[&ArchivedRecord])) -> bool {
    let later: HashSet<&str> = later.iter().map(|row| &*row.key).collect();
    later.is_empty() || earlier.par_iter().all(|row| !later.contains(&*row.key))
}

/// Returns whether each known key of a rejected object has a row that says so. A run that learns a key and rejects another
/// object of it has none, and the next run adds it.
fn have_rejected_rows(rows: &[&ArchivedRecord], reports: &[&DeliveryReport]) -> bool {
    let ids =
        reports.iter().flat_map(|report| &report.rejects).filter_map(|reject| reject.object_id.as_deref());
    let ids: HashSet<&str> = ids.collect();
    // The last rows of each key: their commit, and whether one of them is a rejected object.
    let mut last: HashMap<&str, (u32, bool)> = HashMap::new();
    for row in rows.iter().filter(|_| !ids.is_empty()).filter(|row| ids.contains(&*row.key)) {
        let is_rejected = row.state == RecordState::Rejected;
        let known = last.entry(&row.key).or_insert((row.commit, false));
        *known = (row.commit, is_rejected || (known.1 && known.0 == row.commit));
    }
    last.values().all(|(_, is_rejected)| *is_rejected)
}

/// Returns whether the objects that were rejected as erased still are. After the end of a block they are read again.
fn are_still_erased(reports: &[&DeliveryReport], erasures: &HashSet<&str>) -> bool {
    let mut rejects = reports.iter().flat_map(|report| &report.rejects);
    rejects.all(|reject| {
        reject.rule != RejectRule::Erased.name()
            || reject.reason.split(['(', ')']).any(|part| erasures.contains(part))
    })
}

fn stored_digests(files: &[File<'_>]) -> Option<Vec<String>> {
    files.par_iter().map(|(input, _)| ingest::stored_digest(&input.location)).collect()
}

/// Returns the reports of the files of a source that were read.
fn read_files<'a>(reports: &'a [DeliveryReport], name: &'a str) -> impl Iterator<Item = &'a DeliveryReport> {
    let is_read =
        move |report: &&DeliveryReport| report.source == name && report.status != Status::Ignored.name();
    reports.iter().filter(is_read)
}

/// Returns whether a run read files with these sizes by the same rules.
fn is_same(reports: &[DeliveryReport], name: &str, mode: Mode, wanted: &[&ReadingKey]) -> bool {
    let keys = read_files(reports, name)
        .map(|report| report.reading.as_ref().filter(|_| report.mode == mode))
        .collect::<Option<Vec<&ReadingKey>>>();
    keys.is_some_and(|mut keys| {
        keys.sort_unstable();
        keys == wanted
    })
}

/// Returns the report of each digest; `None` if one of them has none, or if a report is left over.
fn matched<'a>(
    reports: &'a [DeliveryReport],
    name: &'a str,
    digests: &[String],
) -> Option<Vec<&'a DeliveryReport>> {
    let mut by_digest: HashMap<&str, Vec<&DeliveryReport>> = HashMap::new();
    let mut left = 0;
    for report in read_files(reports, name) {
        by_digest.entry(report.digest.as_deref()?).or_default().push(report);
        left += 1;
    }
    let matched: Vec<&DeliveryReport> =
        digests.iter().map(|digest| by_digest.get_mut(digest.as_str())?.pop()).collect::<Option<_>>()?;
    (matched.len() == left).then_some(matched)
}

#[cfg(test)]
mod tests;
