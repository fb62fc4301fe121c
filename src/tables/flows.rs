//! What goes in and out of entities and candidates, as a table.

use std::iter;

use super::{
    Folder,
    arrow::BATCH_ROWS,
    rows::{Filled, count, marking_text, maybe_text, number, text},
    table,
};
use crate::{
    analysis::Analysis,
    columns::Columns,
    features::{self, Candidate, DIRECTED, Flow},
    index::{EntityIndex, LinkIndex},
};

/// One entity or candidate with one of its flows.
struct Row<'a> {
    id: &'a str,
    subject: &'static str,
    flow: Flow<'a>,
}

/// What goes in and out: of each entity with links of [`DIRECTED`] layers, and of each candidate.
pub fn flows<'a>(analysis: &'a Analysis, candidates: &'a [Candidate]) -> Filled<'a> {
    let ends = ends(analysis);
    let is_first = |at: &usize| *at == 0 || ends[at - 1].0 != ends[*at].0;
    let starts: Vec<usize> = (0..ends.len()).filter(is_first).collect();
    let of_entities = (0..starts.len()).flat_map(move |at| {
        let end = starts.get(at + 1).copied().unwrap_or(ends.len());
        of_entity(analysis, &ends[starts[at]..end])
    });
    let mut rows =
        of_entities.chain(candidates.iter().flat_map(|candidate| of_candidate(analysis, candidate)));
    let parts = iter::from_fn(move || {
        let part: Vec<Row<'a>> = rows.by_ref().take(BATCH_ROWS).collect();
        (!part.is_empty()).then(|| columns(&part))
    });
    Filled { table: table(Folder::Audience, "flows"), extra: Vec::new(), parts: Box::new(parts) }
}

/// Returns each end of each link of a directed layer with that link, in order.
fn ends(analysis: &Analysis) -> Vec<(EntityIndex, LinkIndex)> {
    let links =
        LinkIndex::enumerate(&analysis.resolution.links).filter(|(_, link)| DIRECTED.contains(&link.layer));
    let mut ends: Vec<(EntityIndex, LinkIndex)> =
        links.flat_map(|(at, link)| [(link.from, at), (link.to, at)]).collect();
    ends.sort_unstable();
    ends
}

fn of_entity<'a>(analysis: &'a Analysis, ends: &[(EntityIndex, LinkIndex)]) -> Vec<Row<'a>> {
    let entity = ends[0].0;
    let links = ends.iter().map(|(_, link)| &analysis[*link]);
    let row = |flow| Row { id: &analysis[entity].id, subject: "entity", flow };
    features::flows(links, |at| at == entity).into_iter().map(row).collect()
}

fn of_candidate<'a>(analysis: &'a Analysis, candidate: &'a Candidate) -> Vec<Row<'a>> {
    let is_member = |at| candidate.members.binary_search(&at).is_ok();
    let row = |flow| Row { id: &candidate.id, subject: "candidate", flow };
    features::flows(features::directed(analysis, candidate), is_member).into_iter().map(row).collect()
}

fn columns(rows: &[Row<'_>]) -> Columns {
    let names = table(Folder::Audience, "flows").fields.iter().map(|field| field.name);
    Columns::new(names.zip([
        text(rows, |row| row.id.to_owned()),
        text(rows, |row| row.subject.to_owned()),
        text(rows, |row| row.flow.layer.to_string()),
        maybe_text(rows, |row| row.flow.currency.map(str::to_owned)),
        count(rows, |row| row.flow.inward.links as u64),
        count(rows, |row| row.flow.outward.links as u64),
        count(rows, |row| row.flow.inside.links as u64),
        count(rows, |row| row.flow.inward.others.len() as u64),
        count(rows, |row| row.flow.outward.others.len() as u64),
        number(rows, |row| row.flow.inward.amount),
        number(rows, |row| row.flow.outward.amount),
        number(rows, |row| row.flow.inside.amount),
        maybe_text(rows, |row| marking_text(row.flow.marking)),
    ]))
}
