//! Rows of the tables of a run: one function fills one table, and names each column beside its values.

mod network;
mod pairs;
mod steward;

pub use network::{changes, communities, entities, evidence, links, members, metrics, relays, significance};
pub use pairs::{comparisons, pairs};
pub use steward::{
    contested, deliveries, disturbances, identifiers, identity, record_evidence, rejects, remarks, sources,
};

use super::{
    Folder,
    fill::{
        self, FilledTable, NamedColumn, arrange, count, feature_columns, flag, marking_text, maybe_count,
        maybe_text, number, text, texts, time,
    },
    table,
};
use crate::{
    analysis::Analysis,
    features::{Candidate, FEATURES},
    index::EntityIndex,
    language::{self, Language},
    model::Model,
    resolve::Resolution,
    review::{self, CandidateStatus, Gate, GateTest, QueuedFlag},
};

fn entity_id(resolution: &Resolution, entity: EntityIndex) -> &str {
    &resolution[entity].id
}

/// Fills `candidates` with the instances of patterns.
pub fn candidates<'a>(
    analysis: &'a Analysis,
    candidates: &'a [Candidate],
    gates: &'a [Gate],
    statuses: &'a [CandidateStatus],
) -> FilledTable<'a> {
    let rows: Vec<(&Candidate, (&Gate, &CandidateStatus))> =
        candidates.iter().zip(gates.iter().zip(statuses)).collect();
    fill::from_slice(Folder::Audience, "candidates", rows, move |rows| {
        let ids = |members: &[EntityIndex]| {
            members.iter().map(|&member| entity_id(&analysis.resolution, member)).collect::<Vec<_>>()
        };
        [
            ("candidate_id", text(rows, |(row, _)| &row.id)),
            ("pattern", text(rows, |(row, _)| row.pattern)),
            ("members", texts(rows, |(row, _)| ids(&row.members))),
            ("statistic", number(rows, |(row, _)| Some(row.statistic))),
            ("null_p", number(rows, |(row, _)| row.null_p)),
            ("expected", number(rows, |(row, _)| row.expected)),
            ("lineage", text(rows, |(row, _)| &row.lineage)),
            (
                "title",
                text(rows, |(row, _)| {
                    language::flag_title(
                        Language::english(),
                        &(review::named(row.pattern).title_of)(analysis, row),
                    )
                }),
            ),
            ("status", text(rows, |(_, (_, status))| status.name().to_owned())),
            ("lead", maybe_text(rows, |(_, (gate, _))| gate.lead().map(|lead| lead.name().to_owned()))),
        ]
    })
}

/// Returns the forecast behind the probability of a flag; `None` if it has no probability.
fn calibration(row: &QueuedFlag) -> Option<&review::Forecast> {
    row.forecast.as_ref().filter(|forecast| forecast.probability.is_some())
}

/// Fills `gate` with the value of each candidate at each test of the emergence gate.
pub fn gate<'a>(candidates: &'a [Candidate], gates: &'a [Gate]) -> FilledTable<'a> {
    let tests = |(candidate, gate): (&'a Candidate, &Gate)| {
        gate.tests().into_iter().map(|test| (candidate.id.as_str(), test))
    };
    let rows: Vec<(&str, GateTest)> = candidates.iter().zip(gates).flat_map(tests).collect();
    fill::from_slice(Folder::Audience, "gate", rows, move |rows| {
        [
            ("candidate_id", text(rows, |(id, _)| (*id).to_owned())),
            ("test", text(rows, |(_, test)| test.name.to_owned())),
            ("passed", flag(rows, |(_, test)| Some(test.passed))),
            ("value", number(rows, |(_, test)| test.value)),
            ("threshold", number(rows, |(_, test)| test.threshold)),
        ]
    })
}

/// Fills `features`, with one column for each row of `FEATURES`; `values` has a list for each feature.
pub fn features<'a>(candidates: &[Candidate], values: &[Vec<f64>]) -> FilledTable<'a> {
    let (table, extra) = (table(Folder::Audience, "features"), feature_columns());
    let ids: NamedColumn = ("candidate_id", text(candidates, |row| row.id.clone()));
    let columns = FEATURES
        .iter()
        .zip(values)
        .map(|(feature, values)| (feature.name, number(values, |value| Some(*value))));
    let columns = arrange(table, &extra, std::iter::once(ids).chain(columns));
    FilledTable { table, extra, parts: Box::new(std::iter::once(columns)) }
}

/// Fills `flags` with the open flags and those that this run closed: the queue in order, then the others by id.
pub fn flags<'a>(rows: &'a [QueuedFlag], model: &Model) -> FilledTable<'a> {
    let model_id = model.trained().map(|model| model.id().to_owned());
    fill::from_slice(Folder::Audience, "flags", rows, move |rows| {
        [
            ("flag_id", text(rows, |row| row.flag.id.clone())),
            ("rank", maybe_count(rows, |row| row.rank.map(u64::from))),
            ("pattern", text(rows, |row| row.flag.pattern.to_owned())),
            ("title", text(rows, |row| language::flag_title(Language::english(), &row.flag.title))),
            ("entity_ids", texts(rows, |row| row.flag.entity_ids.clone())),
            ("community_id", maybe_text(rows, |row| row.flag.community_id.clone())),
            ("score", number(rows, |row| Some(row.score))),
            ("probability", number(rows, |row| row.forecast.as_ref()?.probability)),
            (
                "calibrated_on",
                maybe_text(rows, |row| calibration(row).map(|known| known.calibrated_on.clone())),
            ),
            ("probability_of", maybe_text(rows, |row| calibration(row).map(|known| known.outcome.clone()))),
            ("model_id", maybe_text(rows, |_| model_id.clone())),
            ("reasons_for", texts(rows, |row| language::reasons(Language::english(), &row.reasons.for_it))),
            (
                "reasons_against",
                texts(rows, |row| language::reasons(Language::english(), &row.reasons.against)),
            ),
            ("source_count", count(rows, |row| row.flag.sources.len() as u64)),
            ("first_flagged", time(rows, |row| Some(row.flag.first_flagged))),
            ("state", text(rows, |row| row.flag.state.name().to_owned())),
            ("marking", maybe_text(rows, |row| marking_text(row.flag.marking))),
            (
                "verdict",
                maybe_text(rows, |row| row.flag.verdicts.judged().map(|(value, _)| value.name().to_owned())),
            ),
            ("verdict_at", time(rows, |row| row.flag.verdicts.answered)),
            ("verdicts", texts(rows, verdict_values)),
            ("verdicts_after", time(rows, |row| row.flag.verdicts.after)),
            ("sampled", flag(rows, |row| Some(row.flag.sampled.is_some()))),
            ("focus", maybe_count(rows, |row| row.focus.map(u64::from))),
            ("sampling_probability", number(rows, |row| row.flag.sampled)),
        ]
    })
}

fn verdict_values(row: &QueuedFlag) -> Vec<String> {
    let mut values: Vec<String> =
        row.flag.verdicts.in_force.iter().map(|verdict| verdict.value.name().to_owned()).collect();
    values.sort();
    values
}

#[cfg(test)]
mod tests;
