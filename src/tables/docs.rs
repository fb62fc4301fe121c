//! `docs/tables.md`, written from `TABLES` so that it cannot disagree with the files.

use std::fmt::Write;

use super::schema::{Field, Folder, TABLES};
use crate::{
    columns::ColumnType,
    community::METHODS,
    ingest::{
        self, FORMATS, ftm,
        table::{MAPPINGS, mapping_keys, time_forms},
    },
    metrics::METRICS,
    resolve::RULES,
};

const INTRODUCTION: &str = "# The tables of a night

Made from `TABLES` in `src/tables/schema.rs`; a test keeps this page equal to it.

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
        "# Metrics and methods\n\nMade from `METRICS` in `crates/araneus-graph/src/metrics/mod.rs` and `METHODS` in `crates/araneus-graph/src/community/method.rs`. \
         A run measures the links of all layers except provenance, in their stated direction; parallel links are merged \
         and their weights added.\n",
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
    page.push_str("\n## Reject rules\n\n| Rule | An object or a file breaks it if |\n|---|---|\n");
    for (_, name, sentence) in ingest::RULES {
        let _ = writeln!(page, "| {name} | {sentence} |");
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
  the header is read as if the rest were empty. A table without a column that the mapping needs is refused whole (`missing-column`),
  and so is an empty file where a header should be.
- **Of several `identifiers`** one that is not of its kind, such as `n/a` for a digest, is left out; a row of which none is left is refused.
- **A sign between thousands** parts groups of three digits (as in India also of two, the last of three): `1,5` is never 15.
- **Keys tell case apart**: `aB3` and `Ab3` are two.

## Parquet and Arrow

The same mapping reads CSV, Parquet, and Arrow IPC as a file (also called Feather) or a stream; the format is found by content.
A value has the spelling that it has in CSV: a number the fewest digits that are read back as it (with the mapping's `decimal`),
a moment RFC 3339 in UTC (one without a zone has no offset: `year-first` and a `zone` read it), a day `2017-10-02`, truth
`true` or `false`, bytes of a fixed number as hexadecimal digits (a UUID with its hyphens), a dictionary's values themselves. Null is an empty cell.

- A column within a structure is called `outer.inner`. A mapping that counts columns counts them here, too.
- A list is kept as a list: what may be split (`value`, `key`, `id`, `aliases`) takes its parts, whatever sign is said to part
  them in a text; elsewhere they stand with commas between.
- Bytes that are no text refuse the row where the mapping reads the column (`encoding`), and are left out where it does not;
  in a column that says that it holds text they refuse the file (`unreadable`). Lists within lists say nothing.
- Rejects name the row, from 1. A file that is cut off or altered is refused whole (`unreadable`), and so is one that would
  unpack to more than a compressed file may (`size`). Parquet may be packed by Snappy, gzip, LZ4 or Zstandard, Arrow by LZ4 or
  Zstandard; Brotli is refused (`compression`), since its unpacking cannot be held within a limit.
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

const FTM: &str = "# FollowTheMoney: what is read of it

Made from the tables that read it (`src/ingest/ftm/words.rs`, `numbers.rs`) and from the schema that is built in
(`datasets/ftm/schema.toml`, of the Python package `followthemoney`, MIT); a test keeps this page equal to them.

Found by content: entities as JSON lines, in a list or bare, also nested in one another (each nested one is an object of its own);
statements as JSON lines, and as CSV or pack, known by the header (`entity_id`, `prop`, `value`, `dataset`), for a source without
a `mapping`. No setting is needed: `araneus run donations=entities.ftm.json`.

- **One object** is an entity or a statement; its key is its `id` (of a statement without one: dataset, entity, property, value,
  language). `version` is `last_change`, else `last_seen`, which a statement alone has. With `recorded_at = \"object\"` the recorded time of an entity is its
  `last_change`, else `last_seen`, else `first_seen`; that of a statement is its `first_seen`.
- **Refused** is an object without an id that is one word (`bad-id`), of no schema that is known (`unknown-schema`), an edge without an end
  (`missing-reference`), a date that is none where a beginning or end is read (`bad-time`), values that are no texts (`wrong-type`). A property
  that the schema does not have is kept and says nothing; so is an amount that is no number.
- **Who is who.** An id is its source's own, since FollowTheMoney makes ids from whatever keys a table had; only what nomenklatura draws at
  random (`NK-` and twenty signs or more) is everybody's. `referents` and a statement's `entity_id` join what the source joined, and
  part when it says otherwise. Beyond that only the numbers below join, wallets (`publicKey`), accounts (`iban`), addresses of one text, and
  papers of one kind, country and number: they tie those who hold or have them, and make nobody one. Registration, tax and telephone numbers
  join nothing.
- **Values with where they are from** are rows of the table `properties`: the properties listed below, each value with the dataset it is from
  and when it was first and last met there, and, where a statement tells it, its language and what it was before it was cleaned. An entity
  tells its dataset and times of all its values together: where it names several datasets, `dataset` is null, and its times are those of the
  entity, since nobody can say which value is from which. A value of a tie is a row for each pair that it ties; an edge that makes no link,
  and an `external` statement, have none. `percentage` and the like are shown as told and counted by nothing. A text of more than 4,096 bytes
  is left in the record.
- **Names** are all kept apart as they are written: `caption`, else the first of the schema's caption properties, is the label; the other
  names, `alias`, `previousName` and `abbreviation` are aliases. A `weakAlias` names too many and is none.
- **Times.** `2021` is all of that year: a beginning is its first moment, an end its last. A payment or call on a `date` was then; what has a
  `date` and no end holds from then on. `first_seen` is when the source made it.
- **Amounts** are `amount` with `currency`, else `amountEur`, `amountUsd`, else `amount` alone; where several stand, none is taken.
- **Statements** are records one by one, each with its own origin and times. Several tell one edge: the link stands on all of them, and is
  there where both ends are. An `external` one says nothing.
- **Kept in the record, and read by nothing**: countries and topics (shared by too many to tie anybody), nationality and citizenship, ethnicity, religion, politics
  (`politicalGroup` of an occupancy with it), gender, looks, birth and death, education, profession and `position`, a person's own numbers (passport,
  tax, social security) and whatever else protects a person or tells more of one than a name; names of parents, who are others; `riskSource`. Numbers
  are shown of organisations, vessels and securities only, thus not of what is just called a `LegalEntity`, which may be a person. FollowTheMoney
  has no markings: the source's decides, of a value as of its record.
";

/// Returns `docs/ftm.md`.
pub fn ftm_markdown() -> String {
    let mut page = String::from(FTM);
    page.push_str(
        "\n## Edges: links\n\n| Schema | From | To | Kind | Layer | Directed |\n|---|---|---|---|---|---|\n",
    );
    for (schema, kind, edge) in ftm::schemata() {
        if let Some([from, to, layer, directed]) = edge {
            let _ = writeln!(page, "| {schema} | {from} | {to} | {kind} | {layer} | {directed} |");
        }
    }
    page.push_str("\n## Other schemata: entities\n\n| Schema | Kind |\n|---|---|\n");
    for (schema, kind, _) in ftm::schemata().into_iter().filter(|(.., edge)| edge.is_none()) {
        let _ = writeln!(page, "| {schema} | {kind} |");
    }
    page.push_str(
        "\n## Properties that are links\n\nAny other property that names an entity is a link of its own name, in the layer `other`.\n\n\
         | Property | Kind | Layer |\n|---|---|---|\n",
    );
    for (property, kind, layer) in ftm::ties() {
        let _ = writeln!(page, "| {property} | {kind} | {layer} |");
    }
    page.push_str(
        "\n## Properties shown value by value\n\nOf the schema and of all that extend it.\n\n| Schema | Properties |\n|---|---|\n",
    );
    for (schema, properties) in ftm::shown() {
        let _ = writeln!(page, "| {schema} | {} |", properties.join(", "));
    }
    page.push_str("\n## Numbers that join\n\nEach where its check digits hold.\n\n| Schema | Property | Catalogue |\n|---|---|---|\n");
    for (schema, property, catalogue) in ftm::numbers() {
        let _ = writeln!(page, "| {schema} | {property} | {catalogue} |");
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
