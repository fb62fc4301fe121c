//! `docs/tables.md`, made from `TABLES`.

use std::fmt::Write;

use araneus::{
    columns::ColumnType,
    tables::{Field, Folder, TABLES},
};

const INTRODUCTION: &str = "# The tables of a run

This page derives from `TABLES` in `src/tables/schema.rs`; a test compares both.

Files are Arrow IPC (`.arrow`) or Parquet (`.parquet`), with the descriptions below in the metadata of
table and fields under `description`. Times are microseconds, UTC. Whole numbers are int64. Unknown
is null. Ids are text and lasting. A list is never null, but may be empty.
";

/// Returns `docs/tables.md`.
pub(crate) fn tables_markdown() -> String {
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

/// Returns the type as a notebook shows it.
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

#[test]
fn the_page_names_every_table_and_column() {
    let page = tables_markdown();
    let columns: usize = TABLES.iter().map(|table| table.fields.len()).sum();
    let growing = TABLES.iter().filter(|table| table.grows.is_some()).count();
    let rows = page.lines().filter(|line| line.starts_with("| ")).count();
    assert_eq!(rows, TABLES.len() + columns + growing, "a head for each table, and its columns");
    assert!(page.contains("| recorded_at | timestamp (µs, UTC) | never | "));
    let cells = page.lines().filter(|line| line.starts_with("| "));
    assert!(cells.clone().all(|line| line.replace("\\|", "").matches('|').count() == 5));
}
