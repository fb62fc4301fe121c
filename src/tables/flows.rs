//! Rows of the table `flows`: links and amounts that enter and leave entities and candidates.

use super::{
    Folder,
    fill::{self, FilledTable, NamedColumn, count, marking_text, maybe_text, number, text},
};
use crate::{
    analysis::Analysis,
    features::{self, Candidate, Flow},
    index::{EntityIndex, LinkIndex},
};

/// One entity or candidate with one of its flows.
struct FlowRow<'a> {
    id: &'a str,
    subject: &'static str,
    flow: Flow<'a>,
}

/// Fills `flows`: for each entity with links of directed layers, then for each candidate.
pub fn flows<'a>(analysis: &'a Analysis, candidates: &'a [Candidate]) -> FilledTable<'a> {
    let ends = ends(analysis);
    let is_first = |position: &usize| *position == 0 || ends[position - 1].0 != ends[*position].0;
    let starts: Vec<usize> = (0..ends.len()).filter(is_first).collect();
    let of_entities = (0..starts.len()).flat_map(move |number| {
        let end = starts.get(number + 1).copied().unwrap_or(ends.len());
        of_entity(analysis, &ends[starts[number]..end])
    });
    let rows = of_entities.chain(candidates.iter().flat_map(|candidate| of_candidate(analysis, candidate)));
    fill::from_iter(Folder::Audience, "flows", rows, columns)
}

/// Returns each end of each link of a directed layer with that link, in order.
fn ends(analysis: &Analysis) -> Vec<(EntityIndex, LinkIndex)> {
    let links = LinkIndex::enumerate(&analysis.resolution.links).filter(|(_, link)| link.layer.is_directed());
    let mut ends: Vec<(EntityIndex, LinkIndex)> =
        links.flat_map(|(index, link)| [(link.from, index), (link.to, index)]).collect();
    ends.sort_unstable();
    ends
}

fn of_entity<'a>(analysis: &'a Analysis, ends: &[(EntityIndex, LinkIndex)]) -> Vec<FlowRow<'a>> {
    let entity = ends[0].0;
    let links = ends.iter().map(|(_, link)| &analysis[*link]);
    let row = |flow| FlowRow { id: &analysis[entity].id, subject: "entity", flow };
    features::flows(links, |other| other == entity).into_iter().map(row).collect()
}

fn of_candidate<'a>(analysis: &'a Analysis, candidate: &'a Candidate) -> Vec<FlowRow<'a>> {
    let is_member = |entity| candidate.members.binary_search(&entity).is_ok();
    let row = |flow| FlowRow { id: &candidate.id, subject: "candidate", flow };
    features::flows(features::directed_links(analysis, candidate), is_member).into_iter().map(row).collect()
}

fn columns(rows: &[FlowRow<'_>]) -> [NamedColumn; 13] {
    [
        ("subject_id", text(rows, |row| row.id.to_owned())),
        ("subject", text(rows, |row| row.subject.to_owned())),
        ("layer", text(rows, |row| row.flow.layer.to_string())),
        ("currency", maybe_text(rows, |row| row.flow.currency.map(str::to_owned))),
        ("links_in", count(rows, |row| row.flow.inward.links as u64)),
        ("links_out", count(rows, |row| row.flow.outward.links as u64)),
        ("links_inside", count(rows, |row| row.flow.inside.links as u64)),
        ("others_in", count(rows, |row| row.flow.inward.others.len() as u64)),
        ("others_out", count(rows, |row| row.flow.outward.others.len() as u64)),
        ("amount_in", number(rows, |row| row.flow.inward.amount)),
        ("amount_out", number(rows, |row| row.flow.outward.amount)),
        ("amount_inside", number(rows, |row| row.flow.inside.amount)),
        ("marking", maybe_text(rows, |row| marking_text(row.flow.marking))),
    ]
}
