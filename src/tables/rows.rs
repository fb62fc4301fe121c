//! A night's results as columns: one function for each table.

use std::ops::Range;

use rayon::prelude::*;

use super::{Extra, Folder, Table, arrow::BATCH_ROWS, table};
use crate::{
    analysis::Analysis,
    archive::{ArchiveContents, Counts, DeliveryReport, Origin, StoredReject},
    columns::{Column, Columns},
    features::{self, Candidate, FEATURES},
    index::{EntityIndex, RecordIndex},
    marking::Marking,
    metrics::METRICS,
    model::Model,
    record::{Record, RecordId},
    resolve::Resolution,
    review::{self, Gate, GateTest, Outcome, QueuedFlag},
    temporal::ChangeGroup,
    time::Moment,
};

/// A table, filled part by part as it is written: the largest are larger than what they are made from.
pub struct Filled<'a> {
    /// Its schema.
    pub table: &'static Table,
    /// Columns beyond the schema.
    pub extra: Vec<Extra>,
    /// Its rows.
    pub parts: Box<dyn Iterator<Item = Columns> + Send + 'a>,
}

/// Fills a table from its rows.
fn filled<'a, T: 'a, const N: usize>(
    folder: Folder,
    name: &str,
    rows: impl AsRef<[T]> + Send + 'a,
    fill: impl Fn(&[T]) -> [Column; N] + Send + 'a,
) -> Filled<'a> {
    let table = table(folder, name);
    let parts = parts(rows.as_ref().len()).map(move |part| {
        let names = table.fields.iter().map(|field| field.name);
        Columns::new(names.zip(fill(&rows.as_ref()[part])))
    });
    Filled { table, extra: Vec::new(), parts: Box::new(parts) }
}

/// Parts so many rows into those that are written together.
fn parts(rows: usize) -> impl Iterator<Item = Range<usize>> {
    (0..rows).step_by(BATCH_ROWS).map(move |start| start..rows.min(start + BATCH_ROWS))
}

pub(super) fn text<T>(rows: &[T], of: impl Fn(&T) -> String) -> Column {
    Column::Text(rows.iter().map(|row| Some(of(row))).collect())
}

pub(super) fn maybe_text<T>(rows: &[T], of: impl Fn(&T) -> Option<String>) -> Column {
    Column::Text(rows.iter().map(of).collect())
}

fn texts<T>(rows: &[T], of: impl Fn(&T) -> Vec<String>) -> Column {
    Column::Texts(rows.iter().map(of).collect())
}

pub(super) fn count<T>(rows: &[T], of: impl Fn(&T) -> u64) -> Column {
    Column::Count(rows.iter().map(|row| Some(of(row))).collect())
}

pub(super) fn number<T>(rows: &[T], of: impl Fn(&T) -> Option<f64>) -> Column {
    Column::Number(rows.iter().map(|row| of(row).filter(|number| !number.is_nan())).collect())
}

pub(super) fn time<T>(rows: &[T], of: impl Fn(&T) -> Option<Moment>) -> Column {
    Column::Time(rows.iter().map(|row| of(row).map(Moment::micros)).collect())
}

pub(super) fn marking_text(marking: Marking) -> Option<String> {
    (marking != Marking::Unmarked).then(|| marking.to_string())
}

fn confidence_count(confidence: Option<f64>) -> Option<u64> {
    confidence.map(|mean| mean.round() as u64)
}

/// Deliveries read in this run, each with its numbers.
pub fn deliveries(rows: &[DeliveryReport], told: Moment) -> Filled<'_> {
    filled(Folder::Steward, "deliveries", rows, move |rows| {
        let of = |get: fn(&Counts) -> u64| count(rows, |row| get(&row.counts));
        [
            maybe_text(rows, |row| row.digest.clone()),
            text(rows, |row| row.source.clone()),
            text(rows, |row| row.path.clone()),
            maybe_text(rows, |row| row.format.clone()),
            text(rows, |row| row.mode.to_string()),
            time(rows, |_| Some(told)),
            text(rows, |row| row.status.clone()),
            of(|counts| counts.delivered),
            of(|counts| counts.taken),
            of(|counts| counts.duplicate),
            of(|counts| counts.rejected),
            count(rows, |_| 0),
            of(|counts| counts.new),
            of(|counts| counts.changed),
            of(|counts| counts.changed_unannounced),
            of(|counts| counts.withdrawn),
            maybe_text(rows, |row| row.encoding.clone()),
        ]
    })
}

/// What was refused.
pub fn rejects(readings: &[DeliveryReport]) -> Filled<'_> {
    let rows: Vec<(&DeliveryReport, &StoredReject)> = readings
        .iter()
        .flat_map(|reading| reading.rejects.iter().map(move |refused| (reading, refused)))
        .collect();
    filled(Folder::Steward, "rejects", rows, move |rows| {
        [
            maybe_text(rows, |(reading, _)| reading.digest.clone()),
            text(rows, |(reading, _)| reading.source.clone()),
            text(rows, |(reading, _)| reading.path.clone()),
            maybe_text(rows, |(_, refused)| refused.position.clone()),
            maybe_text(rows, |(_, refused)| refused.object_id.clone()),
            text(rows, |(_, refused)| refused.rule.clone()),
            text(rows, |(_, refused)| refused.reason.clone()),
            Column::Flag(rows.iter().map(|(_, refused)| Some(refused.known)).collect()),
        ]
    })
}

/// Every delivery read up to a moment.
pub fn sources(holdings: &ArchiveContents, recorded_until: Moment) -> Filled<'_> {
    let rows: Vec<_> = holdings.deliveries.iter().filter(|fact| fact.recorded_at <= recorded_until).collect();
    filled(Folder::Steward, "sources", rows, move |rows| {
        [
            text(rows, |fact| fact.source.clone()),
            text(rows, |fact| fact.delivery.clone()),
            text(rows, |fact| fact.path.clone()),
            maybe_text(rows, |fact| Some(fact.format.clone()).filter(|format| !format.is_empty())),
            time(rows, |fact| Some(fact.recorded_at)),
        ]
    })
}

fn entity_id(resolution: &Resolution, at: EntityIndex) -> String {
    resolution[at].id.clone()
}

/// Why each identifier belongs to its entity.
pub fn identity(analysis: &Analysis) -> Filled<'_> {
    let rows = &analysis.resolution.identity;
    filled(Folder::Steward, "identity", rows, move |rows| {
        [
            text(rows, |row| entity_id(&analysis.resolution, row.entity)),
            text(rows, |row| row.identifier.to_string()),
            text(rows, |row| analysis[row.record].source.to_string()),
            text(rows, |row| analysis[row.record].id.to_string()),
            text(rows, |row| row.rule.to_owned()),
            text(rows, |row| row.reason.to_string()),
            time(rows, |row| Some(row.told)),
        ]
    })
}

/// Merges that were refused.
pub fn contested(analysis: &Analysis) -> Filled<'_> {
    let rows = &analysis.resolution.contested;
    filled(Folder::Steward, "contested", rows, move |rows| {
        [
            text(rows, |row| entity_id(&analysis.resolution, row.entity)),
            text(rows, |row| entity_id(&analysis.resolution, row.other)),
            text(rows, |row| row.rule.to_owned()),
            text(rows, |row| row.reason.clone()),
            number(rows, |row| Some(row.weight)),
        ]
    })
}

/// Where each record in use was read.
pub fn record_evidence<'a>(analysis: &'a Analysis, holdings: &'a ArchiveContents) -> Filled<'a> {
    let records = analysis.view.records();
    let origins = holdings.origins(records, analysis.view.as_of().recorded_until);
    let mut rows: Vec<(RecordId, &Origin)> =
        origins.into_iter().map(|(at, origin)| (records[at].id, origin)).collect();
    rows.par_sort();
    filled(Folder::Steward, "record_evidence", rows, move |rows| {
        [
            text(rows, |(id, _)| id.to_string()),
            text(rows, |(_, origin)| origin.delivery.to_string()),
            text(rows, |(_, origin)| origin.path.to_string()),
            maybe_text(rows, |(_, origin)| {
                Some(origin.position.to_string()).filter(|position| !position.is_empty())
            }),
        ]
    })
}

/// Entities.
pub fn entities(analysis: &Analysis) -> Filled<'_> {
    let rows = &analysis.resolution.entities;
    filled(Folder::Audience, "entities", rows, move |rows| {
        [
            text(rows, |row| row.id.clone()),
            text(rows, |row| row.kind.clone()),
            text(rows, |row| row.label.clone()),
            texts(rows, |row| row.aliases.clone()),
            texts(rows, |row| row.sources.clone()),
            count(rows, |row| row.records.len() as u64),
            time(rows, |row| row.seen.start),
            time(rows, |row| row.seen.end),
            time(rows, |row| Some(row.recorded_first)),
            time(rows, |row| Some(row.recorded_last)),
            Column::Count(rows.iter().map(|row| confidence_count(row.confidence)).collect()),
            maybe_text(rows, |row| marking_text(row.marking)),
            texts(rows, |row| row.warning_lists.clone()),
        ]
    })
}

/// Links.
pub fn links(analysis: &Analysis) -> Filled<'_> {
    let rows = &analysis.resolution.links;
    filled(Folder::Audience, "links", rows, move |rows| {
        [
            text(rows, |row| row.id.clone()),
            text(rows, |row| entity_id(&analysis.resolution, row.from)),
            text(rows, |row| entity_id(&analysis.resolution, row.to)),
            text(rows, |row| row.kind.clone()),
            text(rows, |row| row.layer.to_string()),
            number(rows, |row| Some(row.weight)),
            count(rows, |row| row.source_count as u64),
            count(rows, |row| row.records.len() as u64),
            time(rows, |row| row.seen.start),
            time(rows, |row| row.seen.end),
            time(rows, |row| Some(row.recorded_first)),
            time(rows, |row| Some(row.recorded_last)),
            Column::Count(rows.iter().map(|row| confidence_count(row.confidence)).collect()),
            maybe_text(rows, |row| marking_text(row.marking)),
            number(rows, |row| row.amount().map(|(sum, _)| sum)),
            maybe_text(rows, |row| row.amount()?.1.map(str::to_owned)),
        ]
    })
}

/// Records behind entities, links and flags.
pub fn evidence<'a>(analysis: &'a Analysis, flags: &'a [QueuedFlag]) -> Filled<'a> {
    let of_entities = analysis.resolution.entities.iter().map(|entity| (&entity.id, &entity.records));
    let of_links = analysis.resolution.links.iter().map(|link| (&link.id, &link.records));
    let mut by_id: Vec<&QueuedFlag> = flags.iter().collect();
    by_id.sort_by(|a, b| a.flag.id.cmp(&b.flag.id));
    let of_flags = by_id
        .into_iter()
        .filter_map(|flag| Some((&flag.flag.id, features::records(analysis, flag.candidate.as_ref()?))));
    let of_all = |(id, behind): (&'a String, &Vec<RecordIndex>)| {
        behind.iter().map(move |&at| (id, &analysis[at])).collect::<Vec<_>>()
    };
    let mut rows: Vec<(&String, &Record)> = of_entities.chain(of_links).flat_map(of_all).collect();
    for (id, behind) in of_flags {
        rows.extend(of_all((id, &behind)));
    }
    filled(Folder::Audience, "evidence", rows, move |rows| {
        [
            text(rows, |(id, _)| (*id).clone()),
            text(rows, |(_, record)| record.id.to_string()),
            text(rows, |(_, record)| record.source.to_string()),
            text(rows, |(_, record)| record.key.to_string()),
            time(rows, |(_, record)| Some(record.recorded_at)),
            maybe_text(rows, |(_, record)| marking_text(record.marking)),
        ]
    })
}

/// Metrics: one column for each row of `METRICS`.
pub fn metrics(analysis: &Analysis) -> Filled<'_> {
    let entities = &analysis.resolution.entities;
    let extra = METRICS
        .iter()
        .map(|metric| Extra { name: metric.name.to_owned(), about: metric.about.to_owned() })
        .collect();
    let parts = parts(entities.len()).map(|part| {
        let ids = ("entity_id".to_owned(), text(&entities[part.clone()], |row| row.id.clone()));
        let numbers = METRICS.iter().zip(&analysis.metrics).map(|(metric, values)| {
            (metric.name.to_owned(), number(&values[part.clone()], |value| Some(*value)))
        });
        Columns::new(std::iter::once(ids).chain(numbers))
    });
    Filled { table: table(Folder::Audience, "metrics"), extra, parts: Box::new(parts) }
}

/// Communities.
pub fn communities(analysis: &Analysis) -> Filled<'_> {
    let rows = &analysis.communities;
    filled(Folder::Audience, "communities", rows, move |rows| {
        [
            text(rows, |row| row.id.clone()),
            count(rows, |row| row.members.len() as u64),
            number(rows, |row| Some(row.density).filter(|_| row.members.len() > 1)),
            number(rows, |row| Some(row.conductance).filter(|_| row.members.len() > 1)),
            number(rows, |row| Some(row.modularity_share)),
            number(rows, |_| None),
            time(rows, |row| row.born),
            maybe_text(rows, |row| row.fate.map(|fate| fate.name().to_owned())),
        ]
    })
}

/// Who belongs where.
pub fn members(analysis: &Analysis) -> Filled<'_> {
    let rows: Vec<_> = analysis
        .communities
        .iter()
        .flat_map(|community| {
            community
                .members
                .iter()
                .zip(&community.belonging)
                .map(move |(member, weight)| (community, *member, *weight))
        })
        .collect();
    filled(Folder::Audience, "members", rows, move |rows| {
        [
            text(rows, |(community, ..)| community.id.clone()),
            text(rows, |(_, member, _)| entity_id(&analysis.resolution, *member)),
            number(rows, |(.., weight)| Some(*weight)),
        ]
    })
}

/// Changes, one row for each group.
pub fn changes(rows: &[ChangeGroup]) -> Filled<'_> {
    filled(Folder::Audience, "changes", rows, move |rows| {
        [
            text(rows, |row| row.id.clone()),
            maybe_text(rows, |row| match row.subject_ids.as_slice() {
                [only] => Some(only.clone()),
                _ => None,
            }),
            text(rows, |row| row.subject.name().to_owned()),
            text(rows, |row| row.what.name().to_owned()),
            text(rows, |row| row.cause.name().to_owned()),
            count(rows, |row| row.subject_ids.len() as u64),
            text(rows, |row| row.detail.clone()),
            texts(rows, |row| row.subject_ids.clone()),
        ]
    })
}

/// Candidates of the night's patterns.
pub fn candidates<'a>(
    analysis: &'a Analysis,
    candidates: &'a [Candidate],
    gates: &'a [Gate],
    outcomes: &'a [Outcome],
) -> Filled<'a> {
    let rows: Vec<((&Candidate, &Gate), &Outcome)> = candidates.iter().zip(gates).zip(outcomes).collect();
    filled(Folder::Audience, "candidates", rows, move |rows| {
        let ids =
            |members: &[EntityIndex]| members.iter().map(|&at| entity_id(&analysis.resolution, at)).collect();
        [
            text(rows, |((row, _), _)| row.id.clone()),
            text(rows, |((row, _), _)| row.pattern.to_owned()),
            texts(rows, |((row, _), _)| ids(&row.members)),
            number(rows, |((row, _), _)| Some(row.statistic)),
            number(rows, |((row, _), _)| row.null_p),
            texts(rows, |((_, gate), _)| gate.fails().into_iter().map(str::to_owned).collect()),
            text(rows, |((row, _), _)| row.lineage.clone()),
            text(rows, |((row, _), _)| (review::named(row.pattern).title)(analysis, row)),
            text(rows, |(_, outcome)| outcome.name().to_owned()),
        ]
    })
}

/// What each candidate showed at each test of the gate.
pub fn gate<'a>(candidates: &'a [Candidate], gates: &'a [Gate]) -> Filled<'a> {
    let tests =
        |(candidate, gate): (&'a Candidate, &Gate)| gate.tests().map(|test| (candidate.id.as_str(), test));
    let rows: Vec<(&str, GateTest)> = candidates.iter().zip(gates).flat_map(tests).collect();
    filled(Folder::Audience, "gate", rows, move |rows| {
        [
            text(rows, |(id, _)| (*id).to_owned()),
            text(rows, |(_, test)| test.name.to_owned()),
            Column::Flag(rows.iter().map(|(_, test)| Some(test.passed)).collect()),
            number(rows, |(_, test)| test.value),
            number(rows, |(_, test)| test.threshold),
        ]
    })
}

/// What a model is shown of each candidate: one column for each row of `FEATURES`.
pub fn features<'a>(rows: &[Candidate], shown: &[Vec<f64>]) -> Filled<'a> {
    let ids = ("candidate_id".to_owned(), text(rows, |row| row.id.clone()));
    let numbers = FEATURES
        .iter()
        .zip(shown)
        .map(|(feature, values)| (feature.name.to_owned(), number(values, |value| Some(*value))));
    let extra = FEATURES
        .iter()
        .map(|feature| Extra { name: feature.name.to_owned(), about: feature.about.to_owned() })
        .collect();
    Filled {
        table: table(Folder::Audience, "features"),
        extra,
        parts: Box::new(std::iter::once(Columns::new(std::iter::once(ids).chain(numbers)))),
    }
}

/// Flags alive or closed tonight: those of the queue in order, then the others by id.
pub fn flags<'a>(rows: &'a [QueuedFlag], model: &Model) -> Filled<'a> {
    let model_id = match model {
        Model::Rules => None,
        Model::Logistic(logistic) => Some(logistic.id().to_owned()),
    };
    filled(Folder::Audience, "flags", rows, move |rows| {
        [
            text(rows, |row| row.flag.id.clone()),
            Column::Count(rows.iter().map(|row| row.rank.map(u64::from)).collect()),
            text(rows, |row| row.flag.pattern.to_owned()),
            text(rows, |row| row.flag.title.clone()),
            texts(rows, |row| row.flag.entity_ids.clone()),
            maybe_text(rows, |row| row.flag.community_id.clone()),
            number(rows, |row| Some(row.score)),
            number(rows, |row| row.probability),
            maybe_text(rows, |_| None),
            maybe_text(rows, |_| model_id.clone()),
            texts(rows, |row| row.reasons.for_it.clone()),
            texts(rows, |row| row.reasons.against.clone()),
            count(rows, |row| row.flag.sources.len() as u64),
            time(rows, |row| Some(row.flag.first_flagged)),
            text(rows, |row| row.flag.state.name().to_owned()),
            maybe_text(rows, |row| marking_text(row.flag.marking)),
            maybe_text(rows, |row| row.flag.judged.map(|(value, _)| value.name().to_owned())),
            time(rows, |row| row.flag.answered),
        ]
    })
}
