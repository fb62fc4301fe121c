//! Words written where a picture is free: over no shape, no name and no other word, within the frame.

use super::places::{Area, overlap, text_width};

/// A word and the middle of its foot.
pub(super) struct Word {
    pub(super) text: String,
    pub(super) x: f64,
    pub(super) y: f64,
}

/// What is taken of a frame so far.
pub(super) struct Free {
    pub(super) taken: Vec<Area>,
    pub(super) frame: (f64, f64),
}

impl Free {
    /// Writes a text of a size where the first of some middles is free.
    pub(super) fn write(
        &mut self,
        text: String,
        size: f64,
        middles: impl Iterator<Item = (f64, f64)>,
    ) -> Option<Word> {
        let half = text_width(&text) * size / 12.0 / 2.0;
        let area = |(x, y): (f64, f64)| (x - half, y - 7.0, x + half, y + 7.0);
        let within = |area: Area| {
            area.0 >= 2.0 && area.2 <= self.frame.0 - 2.0 && area.1 >= 0.0 && area.3 <= self.frame.1
        };
        let clear = |area: Area| {
            self.taken.iter().all(|other| {
                let (wide, high) = overlap(area, *other, 1.0);
                wide <= 0.0 || high <= 0.0
            })
        };
        let (x, y) = middles.into_iter().find(|&middle| within(area(middle)) && clear(area(middle)))?;
        self.taken.push(area((x, y)));
        Some(Word { text, x, y: y + 4.0 })
    }
}
