//! Rows of the tables in `steward/`.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::entity_id;
use crate::{
    analysis::Analysis,
    archive::{
        ArchiveContents, ArchivedOrigin, DeliveryCounts, DeliveryReport, StoredReject, VersionConflict,
    },
    language::Language,
    record::{Record, RecordId, Remark, Terms},
    resolve::Identity,
    tables::{
        Folder,
        fill::{self, FilledTable, count, flag, lent_text, maybe_text, number, text, texts, time},
    },
    temporal::Disturbance,
    time::Moment,
};

/// Fills `deliveries` with the deliveries of a run and their recorded time.
pub fn deliveries(rows: &[DeliveryReport], recorded_at: Moment) -> FilledTable<'_> {
    fill::from_slice(Folder::Steward, "deliveries", rows, move |rows| {
        let number_of = |get: fn(&DeliveryCounts) -> u64| count(rows, |row| get(&row.counts));
        [
            ("delivery", maybe_text(rows, |row| row.digest.clone())),
            ("source", text(rows, |row| &row.source)),
            ("path", text(rows, |row| &row.path)),
            ("format", maybe_text(rows, |row| row.format.clone())),
            ("mode", text(rows, |row| row.mode.to_string())),
            ("recorded_at", time(rows, |_| Some(recorded_at))),
            ("status", text(rows, |row| &row.status)),
            ("delivered", number_of(|counts| counts.delivered)),
            ("taken", number_of(|counts| counts.taken)),
            ("duplicate", number_of(|counts| counts.duplicate)),
            ("rejected", number_of(|counts| counts.rejected)),
            ("held", number_of(|counts| counts.held)),
            ("new", number_of(|counts| counts.new)),
            ("changed", number_of(|counts| counts.changed)),
            ("changed_unannounced", number_of(|counts| counts.changed_unannounced)),
            ("withdrawn", number_of(|counts| counts.withdrawn)),
            ("encoding", maybe_text(rows, |row| row.encoding.clone())),
        ]
    })
}

/// Fills `rejects` with the rejected objects of a run.
pub fn rejects(deliveries: &[DeliveryReport]) -> FilledTable<'_> {
    let rows: Vec<(&DeliveryReport, &StoredReject)> = deliveries
        .iter()
        .flat_map(|delivery| delivery.rejects.iter().map(move |reject| (delivery, reject)))
        .collect();
    fill::from_slice(Folder::Steward, "rejects", rows, move |rows| {
        [
            ("delivery", maybe_text(rows, |(delivery, _)| delivery.digest.clone())),
            ("source", text(rows, |(delivery, _)| delivery.source.clone())),
            ("path", text(rows, |(delivery, _)| delivery.path.clone())),
            ("position", maybe_text(rows, |(_, reject)| reject.position.clone())),
            ("object_id", maybe_text(rows, |(_, reject)| reject.object_id.clone())),
            ("rule", text(rows, |(_, reject)| reject.rule.clone())),
            ("reason", text(rows, |(_, reject)| reject.reason.clone())),
            ("known", flag(rows, |(_, reject)| Some(reject.known))),
        ]
    })
}

/// Fills `sources` with every delivery up to a recorded time, and the agreement of its source.
pub fn sources<'a>(
    contents: &'a ArchiveContents,
    terms: &'a BTreeMap<String, Terms>,
    recorded_until: Moment,
) -> FilledTable<'a> {
    let agreement = |source: &str| Some(terms.get(source)?.agreement.as_ref()?.name.clone());
    let rows: Vec<_> = contents.deliveries.iter().filter(|fact| fact.recorded_at <= recorded_until).collect();
    fill::from_slice(Folder::Steward, "sources", rows, move |rows| {
        [
            ("source", text(rows, |fact| fact.source.clone())),
            ("delivery", text(rows, |fact| fact.delivery.clone())),
            ("path", text(rows, |fact| fact.path.clone())),
            (
                "format",
                maybe_text(rows, |fact| Some(fact.format.clone()).filter(|format| !format.is_empty())),
            ),
            ("recorded_at", time(rows, |fact| Some(fact.recorded_at))),
            ("agreement", maybe_text(rows, |fact| agreement(&fact.source))),
        ]
    })
}

/// Fills `identity` with the rule and record behind each identifier of an entity.
pub fn identity(analysis: &Analysis) -> FilledTable<'_> {
    assigned(analysis, Folder::Steward, "identity")
}

/// Fills `identifiers` with the same rows for an audience, from its own view.
pub fn identifiers(analysis: &Analysis) -> FilledTable<'_> {
    assigned(analysis, Folder::Audience, "identifiers")
}

fn assigned<'a>(analysis: &'a Analysis, folder: Folder, name: &str) -> FilledTable<'a> {
    let rows = analysis.resolution.identity(&analysis.view);
    fill::from_iter(folder, name, rows, move |rows: &[Identity<'_>]| {
        [
            ("entity_id", lent_text(rows, |row| entity_id(&analysis.resolution, row.entity))),
            ("identifier", lent_text(rows, |row| row.identifier)),
            ("source", maybe_text(rows, |row| Some(&analysis[row.record?].source))),
            ("record_id", maybe_text(rows, |row| Some(analysis[row.record?].id))),
            ("rule", lent_text(rows, |row| row.rule)),
            ("reason", lent_text(rows, |row| &row.reason)),
            ("recorded_at", time(rows, |row| Some(row.recorded_first))),
        ]
    })
}

/// Fills `contested` with the merges that a rule prevented.
pub fn contested(analysis: &Analysis) -> FilledTable<'_> {
    let rows = &analysis.resolution.contested;
    fill::from_slice(Folder::Steward, "contested", rows, move |rows| {
        [
            ("entity_id", text(rows, |row| entity_id(&analysis.resolution, row.entity))),
            ("other_id", text(rows, |row| entity_id(&analysis.resolution, row.other))),
            ("rule", text(rows, |row| row.rule)),
            ("reason", text(rows, |row| &row.reason)),
            ("weight", number(rows, |row| Some(row.weight))),
        ]
    })
}

/// Fills `disturbances` with the many merges and splits of a run.
pub fn disturbances(rows: &[Disturbance]) -> FilledTable<'_> {
    fill::from_slice(Folder::Steward, "disturbances", rows, move |rows| {
        [
            ("cause", text(rows, |row| row.cause.name())),
            ("source", maybe_text(rows, |row| row.source.clone())),
            ("what", text(rows, |row| row.what.name())),
            ("count", count(rows, |row| row.count as u64)),
            ("expected", number(rows, |row| row.expected)),
            ("probability", number(rows, |row| row.probability)),
            ("entity_ids", texts(rows, |row| &row.entities)),
        ]
    })
}

/// Fills `record_evidence` with the place of each record of the view.
pub fn record_evidence<'a>(analysis: &'a Analysis, contents: &'a ArchiveContents) -> FilledTable<'a> {
    let records = analysis.view.records();
    let origins = contents.origins(records, analysis.view.as_of().recorded_until);
    let mut rows: Vec<(usize, ArchivedOrigin<'a>)> = origins;
    rows.par_sort_unstable_by_key(|(position, origin)| (records[*position].id, *origin));
    fill::from_slice(Folder::Steward, "record_evidence", rows, move |rows| {
        [
            ("record_id", text(rows, |(position, _)| records[*position].id)),
            ("delivery", lent_text(rows, |(_, origin)| origin.delivery())),
            ("path", lent_text(rows, |(_, origin)| origin.path())),
            (
                "position",
                maybe_text(rows, |(_, origin)| {
                    Some(origin.position()).filter(|position| !position.is_empty())
                }),
            ),
        ]
    })
}

/// One row of `remarks`.
struct RemarkRow<'a> {
    source: &'a str,
    key: &'a str,
    record: RecordId,
    remark: Remark,
    version: Option<&'a str>,
    other: Option<RecordId>,
}

/// Fills `remarks` with the accepted objects that contradict their format.
pub fn remarks<'a>(analysis: &'a Analysis, contents: &'a ArchiveContents) -> FilledTable<'a> {
    let view = &analysis.view;
    let of_record = |record: &'a Record| {
        record.content.remarks.iter().map(move |remark| RemarkRow {
            source: &record.source,
            key: &record.key,
            record: record.id,
            remark,
            version: record.version.as_deref(),
            other: None,
        })
    };
    let conflicts = contents.version_conflicts(view.as_of().recorded_until);
    let of_conflict = |conflict: VersionConflict<'a>| RemarkRow {
        source: conflict.source,
        key: conflict.key,
        record: conflict.record,
        remark: Remark::VersionConflict,
        version: Some(conflict.version),
        other: Some(conflict.other),
    };
    let records = view.records().iter().chain(view.retired());
    let mut rows: Vec<RemarkRow<'_>> =
        records.flat_map(of_record).chain(conflicts.into_iter().map(of_conflict)).collect();
    rows.sort_by_key(|row| (row.source, row.key, row.remark, row.record, row.other));
    fill::from_slice(Folder::Steward, "remarks", rows, move |rows| {
        let reason = |row: &RemarkRow<'_>| Language::english().text(&format!("remark.{}", row.remark.name()));
        [
            ("source", text(rows, |row| row.source)),
            ("object_id", text(rows, |row| row.key)),
            ("record_id", text(rows, |row| row.record)),
            ("remark", text(rows, |row| row.remark.name())),
            ("version", maybe_text(rows, |row| row.version)),
            ("other_record_id", maybe_text(rows, |row| row.other)),
            ("reason", text(rows, reason)),
        ]
    })
}
