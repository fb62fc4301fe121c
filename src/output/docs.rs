//! `docs/tables.md`, written from `TABLES` so that it cannot disagree with the files.

use std::fmt::Write;

use super::tables::{Field, Folder, TABLES};
use crate::{
    columns::ColumnType,
    community::METHODS,
    ingest::{
        self, FORMATS,
        table::{MAPPINGS, mapping_keys, time_forms},
    },
    metrics::METRICS,
    resolve::RULES,
};

const INTRODUCTION: &str = "# The tables of a night

Made from `TABLES` in `src/output/tables.rs`; a test keeps this page equal to it.

Files are Arrow IPC (`.arrow`) or Parquet (`.parquet`), with the sentences below in the metadata of
table and fields under `description`. Times are microseconds, UTC. Whole numbers are int64. Unknown
is null. Ids are text and lasting. A list is never null; it may be empty.
";

/// Returns `docs/tables.md`.
pub fn tables_markdown() -> String {
    let mut page = String::from(INTRODUCTION);
    for (folder, title) in [
        (Folder::Audience, "In an audience's folder (`all/` where none is configured)"),
        (Folder::Steward, "In `steward/`"),
        (Folder::Measure, "From `araneus measure`"),
        (Folder::Backtest, "From `araneus backtest`"),
    ] {
        let _ = write!(page, "\n## {title}\n");
        for table in TABLES.iter().filter(|table| table.folder == folder) {
            let _ = write!(page, "\n### {}\n\n{}\n\n", table.name, table.about);
            page.push_str("| Column | Type | Null | Meaning |\n|---|---|---|---|\n");
            for field in table.fields {
                let null = if field.nullable { "may be" } else { "never" };
                let _ = writeln!(
                    page,
                    "| {} | {} | {null} | {} |",
                    field.name,
                    stored(field),
                    field.about.replace('|', "\\|")
                );
            }
            if let Some(more) = table.grows {
                let _ = writeln!(page, "| … | float64 | may be | {} |", more.replace('|', "\\|"));
            }
        }
    }
    page
}

/// Returns `docs/metrics.md`.
pub fn metrics_markdown() -> String {
    let mut page = String::from(
        "# Metrics and methods\n\nMade from `METRICS` in `src/metrics/mod.rs` and `METHODS` in `src/community/mod.rs`. \
         On a night every metric reads the links of all layers but provenance, parallel links merged and weights added, \
         in the direction in which they are told.\n",
    );
    for metric in METRICS {
        let reads = &metric.reads;
        let _ = write!(
            page,
            "\n## {}\n\n{}\n\nUnit: {}. Source: {}.\n\n",
            metric.name, metric.about, metric.unit, metric.source
        );
        for said in [reads.direction, reads.weights, reads.dead_ends, reads.self_links, reads.disconnected] {
            let _ = writeln!(page, "- {said}");
        }
    }
    page.push_str("\n## Methods for communities\n\n| Method | Objective |\n|---|---|\n");
    for (name, method) in METHODS {
        let _ = writeln!(page, "| {name} | {} |", method.objective());
    }
    page
}

/// Returns `docs/formats-and-rules.md`.
pub fn rules_markdown() -> String {
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

const MAPPING: &str = "# Mappings: what a table's columns mean

Made from the table that describes the language (`src/ingest/table/keys.rs`); a test keeps both equal to what is read.

A `[[source]]` names the mapping of its tables: `mapping = \"payments.toml\"`, a path relative to the configuration,
or a name of `araneus list mappings`. `araneus check --mapping FILE INPUT` shows the first rows as records, which
columns are not read, and what would be rejected.

- **A row is one object.** Its cells are kept as they are delivered; what they say is read anew each night by the mapping
  in force. So a changed mapping is a `configuration-change`, also for rows of long ago, and never news. What is decided
  when a row is read (its key, `version`, `told`, `marking`, and whether it is refused) stays as it was until it is delivered again.
- **A template** is a constant (`\"bank-account\"`), a column (`\"{Amount}\"`), several of both (`\"{first} {last}\"`), or
  `\"{C2|C2 Server}\"`: the first of these columns that holds something. It says nothing where a column is empty.
- **Nothing is guessed**: a time is read in the forms that the mapping names; which comes first, day or month, is said;
  an encoding is that of the byte-order mark or the one said, else UTF-8, and a row that is not is refused.
- **Values of the network** come back from `hxxp://evil[.]example`. `observable` is found by form: address (also with port
  or as a network), domain, URL, bare path, mailbox, digest, file name, registry key.
- **What is refused**, with its line and never its value: a row without what an entity needs (`missing-value`), a time or number in
  no form that is said (`bad-time`, `wrong-type`), a value that is not of its kind (`unknown-form`), more cells than
  columns (`row-length`), a quote that does not end (`csv-syntax`), text in another encoding (`encoding`). A row shorter than
  the header is read as if the rest were empty. A table without a column that the mapping needs is refused whole (`missing-column`).
";

/// Returns `docs/mapping.md`.
pub fn mapping_markdown() -> String {
    let mut page = String::from(MAPPING);
    let keys = mapping_keys();
    for (title, table) in [
        ("The row", ""),
        ("`[table]`: how the file is read", "table"),
        ("`[time]`: how moments are spelled", "time"),
        ("`[[entity]]`: what a row tells of", "entity"),
        ("`[[link]]`: what it ties", "link"),
    ] {
        let _ = write!(page, "\n## {title}\n\n| Key | Takes | Default | What it does |\n|---|---|---|---|\n");
        for key in &keys {
            let (own, name) = key.name.split_once('.').unwrap_or(("", key.name));
            if own == table {
                let _ = writeln!(page, "| `{name}` | {} | {} | {} |", key.takes, key.default, key.about);
            }
        }
    }
    page.push_str("\n## Forms of moments\n\n| Form | Means |\n|---|---|\n");
    for (name, about) in time_forms() {
        let _ = writeln!(page, "| `{name}` | {about} |");
    }
    for (name, text) in MAPPINGS {
        let _ = write!(page, "\n## `{name}`, which comes with the program\n\n```toml\n{text}```\n");
    }
    page
}

/// The type as a notebook shows it.
fn stored(field: &Field) -> &'static str {
    match field.column_type {
        ColumnType::Text => "text",
        ColumnType::Texts => "list of text",
        ColumnType::Count | ColumnType::Whole => "int64",
        ColumnType::Number => "float64",
        ColumnType::Time => "timestamp (µs, UTC)",
        ColumnType::Flag => "boolean",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_table_and_column() {
        let page = tables_markdown();
        let columns: usize = TABLES.iter().map(|table| table.fields.len()).sum();
        let growing = TABLES.iter().filter(|table| table.grows.is_some()).count();
        let rows = page.lines().filter(|line| line.starts_with("| ")).count();
        assert_eq!(rows, TABLES.len() + columns + growing, "a head for each table, and its columns");
        assert!(page.contains("| told | timestamp (µs, UTC) | never | "));
        let cells = page.lines().filter(|line| line.starts_with("| "));
        assert!(cells.clone().all(|line| line.replace("\\|", "").matches('|').count() == 5));
    }
}
