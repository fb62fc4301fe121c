//! `docs/formats-and-rules.md`, made from `FORMATS`, the reject rules and the identity rules.

use std::fmt::Write;

use araneus::{
    ingest::{self, FORMATS},
    resolve::RULES,
};

/// Returns `docs/formats-and-rules.md`.
pub(crate) fn rules_markdown() -> String {
    let mut page = String::from(
        "# Formats, rejects and rules of identity\n\nMade from `FORMATS` in `src/ingest/mod.rs` and `RULES` in `src/resolve/mod.rs`.\n\n\
         ## Formats\n\n| Format | What is read |\n|---|---|\n",
    );
    for format in FORMATS {
        let _ = writeln!(page, "| {} | {} |", format.name, format.about);
    }
    page.push_str("\n## Rules by which an object or a file is refused\n\n| Rule | Broken by |\n|---|---|\n");
    for rule in ingest::Rule::ALL {
        let _ = writeln!(page, "| {} | {} |", rule.name(), rule.about());
    }
    page.push_str("\n## Rules of identity\n\n| Rule | Says | Probability | Since |\n|---|---|---|---|\n");
    for rule in RULES {
        let _ = writeln!(page, "| {} | {} | {} | {} |", rule.name, rule.about, rule.probability, rule.since);
    }
    page
}
