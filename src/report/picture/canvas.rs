//! Texts of a picture at free positions: within the frame, and over no entity, name or other text.

use super::places::{PlacedArea, overlap, text_width};

/// A text with the middle of its baseline.
pub(super) struct PlacedText {
    pub(super) text: String,
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A frame with the areas that are in use.
pub(super) struct Canvas {
    pub(super) taken: Vec<PlacedArea>,
    /// Width and height.
    pub(super) frame: (f64, f64),
}

impl Canvas {
    /// Writes a text of a size at the first free position; returns `None` if no position is free.
    pub(super) fn write(
        &mut self,
        text: String,
        size: f64,
        middles: impl Iterator<Item = (f64, f64)>,
    ) -> Option<PlacedText> {
        let half = text_width(&text) * size / 12.0 / 2.0;
        let area = |(x, y): (f64, f64)| (x - half, y - 7.0, x + half, y + 7.0);
        let is_within = |area: PlacedArea| {
            area.0 >= 2.0 && area.2 <= self.frame.0 - 2.0 && area.1 >= 0.0 && area.3 <= self.frame.1
        };
        let is_clear = |area: PlacedArea| {
            self.taken.iter().all(|other| {
                let (wide, high) = overlap(area, *other, 1.0);
                wide <= 0.0 || high <= 0.0
            })
        };
        let (x, y) = middles.into_iter().find(|&middle| is_within(area(middle)) && is_clear(area(middle)))?;
        self.taken.push(area((x, y)));
        Some(PlacedText { text, x, y: y + 4.0 })
    }
}
