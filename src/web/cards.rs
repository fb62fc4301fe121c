//! Cards of a run, by id. Their JSON and their pictures are most of the memory that flags need, so they are kept compressed.

use std::{collections::BTreeMap, path::Path};

use super::data::scan;
use crate::{
    explain::{self, QuestionError},
    report::card::CardContent,
};

/// A card as it is kept in memory.
pub(super) struct PackedCard {
    /// Place in the table.
    pub(super) row: usize,
    /// flag, lead or near-miss.
    pub(super) kind: String,
    /// Id of the candidate.
    pub(super) candidate_id: String,
    content: Vec<u8>,
    graph: Vec<u8>,
    timeline: Vec<u8>,
}

/// A card of the table.
pub(super) struct StoredCard {
    pub(super) content: CardContent,
    pub(super) graph: String,
    pub(super) timeline: String,
}

/// Reads the cards in a folder of an audience. A run of an older version has none.
pub(super) fn read(folder: &Path) -> Result<BTreeMap<String, PackedCard>, QuestionError> {
    let mut cards = BTreeMap::new();
    if !explain::has_table(folder, "cards") {
        return Ok(cards);
    }
    let columns = ["flag_id", "kind", "candidate_id", "content", "graph", "timeline"];
    let mut rows = 0;
    scan(folder, "cards", &columns, |part| {
        let text = |name: &str| part.text(name);
        let (kinds, candidates) = (text("kind")?, text("candidate_id")?);
        let (contents, graphs, timelines) = (text("content")?, text("graph")?, text("timeline")?);
        for (position, id) in text("flag_id")?.iter().enumerate() {
            // The first card of an id is the one that is shown.
            cards.entry(id.clone()?).or_insert_with(|| PackedCard {
                row: rows + position,
                kind: kinds[position].clone().unwrap_or_default(),
                candidate_id: candidates[position].clone().unwrap_or_default(),
                content: packed(contents[position].as_deref()),
                graph: packed(graphs[position].as_deref()),
                timeline: packed(timelines[position].as_deref()),
            });
        }
        rows += part.rows();
        Some(())
    })?;
    Ok(cards)
}

impl PackedCard {
    /// Returns the card; `None` if its content is not that of this version.
    pub(super) fn unpack(&self) -> Option<StoredCard> {
        Some(StoredCard {
            content: serde_json::from_slice(&unpacked(&self.content)).ok()?,
            graph: String::from_utf8(unpacked(&self.graph)).ok()?,
            timeline: String::from_utf8(unpacked(&self.timeline)).ok()?,
        })
    }
}

fn packed(text: Option<&str>) -> Vec<u8> {
    zstd::encode_all(text.unwrap_or_default().as_bytes(), 1).expect("compressing in memory")
}

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    zstd::decode_all(bytes).expect("compressed by this server")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_text_is_the_same_when_it_is_unpacked() {
        for text in ["", "a", &"<svg>\u{738b}</svg>".repeat(5_000)] {
            assert_eq!(unpacked(&packed(Some(text))), text.as_bytes());
        }
        assert_eq!(unpacked(&packed(None)), b"");
        assert!(packed(Some(&"<svg>".repeat(5_000))).len() < 500);
    }
}
