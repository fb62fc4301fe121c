//! The table `cards`: content and pictures of the flags, leads and near misses of a run, for the review page.

use super::{
    Folder,
    fill::{self, FilledTable, maybe_text, text},
};
use crate::report::card::Card;

/// Fills `cards`.
pub fn cards(cards: Vec<Card>) -> FilledTable<'static> {
    fill::from_slice(Folder::Audience, "cards", cards, |cards: &[Card]| {
        let picture = |svg: &String| Some(svg.clone()).filter(|svg| !svg.is_empty());
        [
            ("flag_id", text(cards, |card| card.flag_id.clone())),
            ("kind", text(cards, |card| card.kind.name().to_owned())),
            ("candidate_id", text(cards, |card| card.candidate_id.clone())),
            (
                "content",
                text(cards, |card| serde_json::to_string(&card.content).expect("a card is plain data")),
            ),
            ("graph", maybe_text(cards, |card| picture(&card.graph))),
            ("timeline", maybe_text(cards, |card| picture(&card.timeline))),
        ]
    })
}
