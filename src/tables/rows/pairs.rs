//! Rows of the tables `comparisons` and `pairs`.

use std::cmp::Reverse;

use super::entity_id;
use crate::{
    analysis::Analysis,
    index::EntityIndex,
    resolve::{ComparedPair, lasting_id},
    tables::{
        Folder,
        fill::{self, FilledTable, count, marking_text, maybe_text, number, text, texts},
    },
};

/// Fills `comparisons` with every compared or judged pair.
pub fn comparisons(analysis: &Analysis) -> FilledTable<'_> {
    let rows = &analysis.resolution.compared;
    fill::from_slice(Folder::Steward, "comparisons", rows, move |rows| {
        [
            ("entity_id", text(rows, |row| entity_id(&analysis.resolution, row.entity))),
            ("other_id", text(rows, |row| entity_id(&analysis.resolution, row.other))),
            ("identifier", text(rows, |row| &row.identifiers[0])),
            ("other_identifier", text(rows, |row| &row.identifiers[1])),
            ("name", maybe_text(rows, |row| name(row, 0))),
            ("other_name", maybe_text(rows, |row| name(row, 1))),
            ("levels", texts(rows, levels)),
            ("weights", texts(rows, weights)),
            ("bits", number(rows, |row| row.bits)),
            ("probability", number(rows, ComparedPair::probability)),
            ("review_probability", number(rows, |row| row.review_probability)),
            ("constraint", maybe_text(rows, |row| row.constraint.clone())),
            ("state", text(rows, |row| row.state.name().to_owned())),
        ]
    })
}

/// A pair that waits, with the consequences of a merge.
struct WaitingPair<'a> {
    pair: &'a ComparedPair,
    id: String,
    communities: u64,
    links: u64,
}

/// Fills `pairs` with the pairs that wait for a person, the most consequential first.
pub fn pairs(analysis: &Analysis) -> FilledTable<'_> {
    let resolution = &analysis.resolution;
    fill::from_slice(Folder::Audience, "pairs", waiting(analysis), move |rows| {
        let entity = |index: EntityIndex| &resolution[index];
        [
            ("pair_id", text(rows, |row| row.id.clone())),
            ("entity_id", text(rows, |row| entity_id(resolution, row.pair.entity))),
            ("other_id", text(rows, |row| entity_id(resolution, row.pair.other))),
            ("label", text(rows, |row| &entity(row.pair.entity).label)),
            ("other_label", text(rows, |row| &entity(row.pair.other).label)),
            ("name", maybe_text(rows, |row| name(row.pair, 0))),
            ("other_name", maybe_text(rows, |row| name(row.pair, 1))),
            ("levels", texts(rows, |row| levels(row.pair))),
            ("weights", texts(rows, |row| weights(row.pair))),
            ("bits", number(rows, |row| row.pair.bits)),
            ("probability", number(rows, |row| row.pair.probability())),
            ("review_probability", number(rows, |row| row.pair.review_probability)),
            ("constraint", maybe_text(rows, |row| row.pair.constraint.clone())),
            ("state", text(rows, |row| row.pair.state.name().to_owned())),
            ("communities", count(rows, |row| row.communities)),
            ("link_count", count(rows, |row| row.links)),
            (
                "marking",
                maybe_text(rows, |row| {
                    let [one, other] = [row.pair.entity, row.pair.other].map(|index| entity(index).marking);
                    marking_text(one.join(other))
                }),
            ),
        ]
    })
}

fn waiting(analysis: &Analysis) -> Vec<WaitingPair<'_>> {
    let resolution = &analysis.resolution;
    let mut degrees = vec![0_u64; resolution.entities.len()];
    for link in resolution.links.iter().filter(|link| link.from != link.to) {
        degrees[link.from.index()] += 1;
        degrees[link.to.index()] += 1;
    }
    // A community of one entity does not count.
    let community = |index: EntityIndex| {
        let community = *analysis.community_of.get(index.index())?;
        (analysis.communities[community.index()].members.len() > 1).then_some(community)
    };
    let waits = resolution.compared.iter().filter(|pair| pair.waits());
    let mut rows: Vec<WaitingPair<'_>> = waits
        .map(|pair| {
            let ids = [pair.entity, pair.other].map(|index| entity_id(resolution, index));
            let communities = match (community(pair.entity), community(pair.other)) {
                (Some(one), Some(other)) if one != other => 2,
                (None, None) => 0,
                _ => 1,
            };
            let links = degrees[pair.entity.index()].min(degrees[pair.other.index()]);
            WaitingPair { pair, id: lasting_id("pair", &ids), communities, links }
        })
        .collect();
    rows.sort_by(|a, b| {
        (Reverse(a.communities).cmp(&Reverse(b.communities)))
            .then_with(|| b.pair.sorted_by().total_cmp(&a.pair.sorted_by()))
            .then_with(|| b.links.cmp(&a.links))
            .then_with(|| a.id.cmp(&b.id))
    });
    rows
}

fn name(pair: &ComparedPair, side: usize) -> Option<String> {
    Some(pair.names[side].clone()).filter(|name| !name.is_empty())
}

fn levels(pair: &ComparedPair) -> Vec<&'static str> {
    pair.levels.iter().map(|level| level.level).collect()
}

fn weights(pair: &ComparedPair) -> Vec<String> {
    pair.levels.iter().map(|level| format!("{:+.2}", level.bits)).collect()
}
