//! Central entities, communities, and the map of communities.

use std::collections::BTreeMap;

use super::METRICS_SHOWN;
use crate::{
    analysis::{Analysis, Community},
    index::EntityIndex,
    language::Language,
    null_model::RandomDraws,
    report::{
        content::{CentralRow, CommunityRow},
        facts::{keep_central, most_central, name_of},
        picture::{Bubble, MapEdge, Picture, community_map},
        text::thousands,
    },
};

/// Largest number of central entities on a page.
const CENTRAL_MAX: usize = 20;
/// Largest number of central entities of one kind, because attack patterns alone would fill the list.
const KIND_MAX: usize = 5;
/// Largest number of other communities named for a community.
const NEIGHBOURS_MAX: usize = 3;
/// Largest number of members named for a community.
const MEMBERS_MAX: usize = 8;

/// Returns the entities with the highest PageRank that have a link.
pub(super) fn central_entities(language: &Language, analysis: &Analysis) -> Vec<CentralRow> {
    let degree = analysis.metric("degree");
    let linked =
        EntityIndex::first(analysis.resolution.entities.len()).filter(|&entity| degree[entity.index()] > 0.0);
    let rank = analysis.metric("pagerank");
    let mut best_of_kind: BTreeMap<&str, Vec<EntityIndex>> = BTreeMap::new();
    for entity in linked {
        keep_central(best_of_kind.entry(&analysis[entity].kind).or_default(), rank, entity, KIND_MAX);
    }
    most_central(rank, best_of_kind.into_values().flatten(), CENTRAL_MAX)
        .into_iter()
        .map(|entity| central_row(language, analysis, entity))
        .collect()
}

fn central_row(language: &Language, analysis: &Analysis, index: EntityIndex) -> CentralRow {
    let entity = &analysis[index];
    let value = |name: &str| analysis.metric(name)[index.index()];
    let from_others = value("in_degree") as u64;
    let values = [
        ("count", thousands(&from_others)),
        ("out", thousands(&(value("out_degree") as u64))),
        ("sources", entity.sources.len().to_string()),
        ("source", entity.sources.first().copied().unwrap_or_default().into()),
    ];
    CentralRow {
        id: entity.id.into(),
        label: entity.label.to_string(),
        kind: entity.kind.into(),
        values: METRICS_SHOWN.map(|name| Some(value(name)).filter(|value| !value.is_nan())).to_vec(),
        why: match analysis.draws_of_broker(index) {
            Some(draws) => format!(
                "{}; {}",
                language.fill("entity.links", &values),
                in_words(language, "chance.broker", draws)
            ),
            None => language.fill("entity.links", &values),
        },
    }
}

/// Returns the number of random networks that have such a structure, in words.
fn in_words(language: &Language, key: &str, draws: RandomDraws) -> String {
    let values = [
        ("count", thousands(&draws.as_good.into())),
        ("draws", thousands(&draws.draws.into())),
        ("chance", if draws.is_significant() { String::new() } else { "1".to_owned() }),
    ];
    language.fill(key, &values)
}

/// Returns the sentences on random networks with such a partition; `None` if it was not compared.
pub(super) fn partition_chance(language: &Language, analysis: &Analysis) -> Option<String> {
    let found = analysis.significance.as_ref()?;
    Some(in_words(language, "chance.partition", found.partition))
}

/// Returns a row for each community, in the order of the map.
pub(super) fn community_rows(
    language: &Language,
    analysis: &Analysis,
    communities: &[&Community],
    edges: &[MapEdge],
) -> Vec<CommunityRow> {
    let numbers = (0..).zip(&analysis.communities).filter(|(_, community)| community.members.len() > 1);
    let row = |((position, community), (number, _)): ((usize, &&Community), (usize, &Community))| {
        let members = community.members.iter().copied();
        let central = most_central(analysis.metric("pagerank"), members, MEMBERS_MAX);
        CommunityRow {
            number: position as u64 + 1,
            edges: heaviest_edges(position, edges),
            id: community.id.clone(),
            label: name_of(language, analysis, community),
            size: community.members.len() as u64,
            density: Some(community.density),
            conductance: Some(community.conductance),
            share: Some(community.modularity_share),
            chance: analysis
                .draws_of_community(number)
                .map(|draws| in_words(language, "chance.community", draws)),
            state: community.event.map(|event| event.name().to_owned()),
            members: central.into_iter().map(|member| analysis[member].label.to_string()).collect(),
        }
    };
    communities.iter().enumerate().zip(numbers).map(row).collect()
}

/// Returns number and weight of the neighbours of a community, the heaviest edge first.
fn heaviest_edges(position: usize, edges: &[MapEdge]) -> Vec<(u64, f64)> {
    let mut neighbours: Vec<(u64, f64)> = edges
        .iter()
        .filter(|edge| edge.from == position || edge.to == position)
        .map(|edge| ((edge.from + edge.to - position) as u64 + 1, edge.weight))
        .collect();
    neighbours.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    neighbours.truncate(NEIGHBOURS_MAX);
    neighbours
}

/// Returns an edge for each pair of communities, with the sum of the weights of the links between them.
pub(super) fn edges_between(analysis: &Analysis, communities: &[&Community]) -> Vec<MapEdge> {
    let mut community_of: Vec<Option<u32>> = vec![None; analysis.resolution.entities.len()];
    for (position, community) in (0..).zip(communities) {
        for member in &community.members {
            community_of[member.index()] = Some(position);
        }
    }
    let mut weights: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for link in analysis.resolution.links.iter().filter(|link| link.layer.is_measured()) {
        if let (Some(a), Some(b)) = (community_of[link.from.index()], community_of[link.to.index()])
            && a != b
        {
            *weights.entry((a.min(b) as usize, a.max(b) as usize)).or_default() += link.weight;
        }
    }
    weights
        .into_iter()
        .filter(|(_, weight)| *weight > 0.0)
        .map(|((from, to), weight)| MapEdge { from, to, weight })
        .collect()
}

/// Returns the map of the communities; `None` without a community.
pub(super) fn map(
    language: &Language,
    analysis: &Analysis,
    communities: &[&Community],
    edges: &[MapEdge],
) -> Option<Picture> {
    if communities.is_empty() {
        return None;
    }
    let bubble = |(number, community): (usize, &&Community)| Bubble {
        number,
        label: name_of(language, analysis, community),
        size: community.members.len() as u64,
        note: None,
    };
    let bubbles: Vec<Bubble> = (1..).zip(communities).map(bubble).collect();
    Some(community_map(language, &language.text("picture.map.title"), &bubbles, edges))
}
