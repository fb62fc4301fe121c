//! Pages of a collection: the facts of a document about further pages.

use super::outline::{Outline, Raw, outline_of};

/// Facts of the documents of a delivery about further pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pages {
    /// Number of documents that announce a further page.
    pub open: u64,
    /// Number of documents that can be the last page.
    pub last: u64,
}

/// Members by which an interface says whether a further page exists.
const MORE: [&str; 5] = ["more", "has_more", "hasMore", "has_next", "hasNext"];
/// Members that name the next page.
const NEXT: [&str; 9] = [
    "next",
    "next_page",
    "nextPage",
    "next_cursor",
    "nextCursor",
    "next_page_token",
    "nextPageToken",
    "nextLink",
    "@odata.nextLink",
];

impl Pages {
    /// Counts a document by what it says about further pages: TAXII's `more` and `next`, and the
    /// names of other interfaces.
    pub(super) fn count(&mut self, outline: &Outline<'_>) {
        // Bundles and lists are not pages.
        if !matches!(outline, Outline::Object { .. }) || outline.text("type").is_some() {
            return;
        }
        let affirms = |name: &&str| -> Option<bool> { Some(is_affirmed(outline.member(name)?)) };
        let links = outline.member("links").or_else(|| outline.member("_links"));
        let links = links.and_then(|links| outline_of(links).ok());
        let linked = links.and_then(|links| links.member("next").map(is_affirmed));
        let explicit = MORE.iter().find_map(affirms).or_else(|| NEXT.iter().find_map(affirms));
        if explicit.or(linked).unwrap_or(false) {
            self.open += 1;
        } else {
            self.last += 1;
        }
    }
}

/// Returns whether a value is true, or names something.
fn is_affirmed(raw: Raw<'_>) -> bool {
    !matches!(
        raw.get().to_ascii_lowercase().as_str(),
        "null" | "false" | "\"false\"" | "0" | "\"0\"" | "\"\"" | "{}" | "[]"
    )
}
