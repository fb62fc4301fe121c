//! `docs/formats-and-rules.md`, made from `FORMATS`, the reject rules and the identity rules.

use std::fmt::Write;

use araneus::{
    ingest::{self, FORMATS},
    resolve::RULES,
};

/// Returns `docs/formats-and-rules.md`.
pub(crate) fn rules_markdown() -> String {
    let mut page = String::from(
        "# Formats, rejects and rules of identity\n\nMade from `FORMATS` in `src/ingest/mod.rs`, `RULES` in `src/ingest/reject.rs` and `RULES` in `src/resolve/rules.rs`.\n\n\
         ## Formats\n\n| Format | Content |\n|---|---|\n",
    );
    for format in FORMATS {
        let _ = writeln!(page, "| {} | {} |", format.name, format.about);
    }
    page.push_str("\n## Reject rules\n\n| Rule | An object or a file breaks it if |\n|---|---|\n");
    for (_, name, sentence) in ingest::RULES {
        let _ = writeln!(page, "| {name} | {sentence} |");
    }
    page.push_str("\n## Rules of identity\n\n| Rule | Meaning | Probability | Since |\n|---|---|---|---|\n");
    for rule in RULES {
        let _ = writeln!(page, "| {} | {} | {} | {} |", rule.name, rule.about, rule.probability, rule.since);
    }
    page.push_str(
        "\nA source of increments can give a STIX id to a second object, which was created at another time and has no name \
         in common with the first. Links that are older than the second object then have no effect. The reason of the id \
         in `identity` says so.\n",
    );
    page
}
