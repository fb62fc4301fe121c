//! `docs/tables.md`, written from `TABLES` so that it cannot disagree with the files.

use std::fmt::Write;

use super::tables::{Field, Folder, TABLES};
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
        "# Formats, rejects and rules of identity\n\nMade from `FORMATS` in `src/ingest/mod.rs`, `RULES` in `src/ingest/reject.rs` and `RULES` in `src/resolve/mod.rs`.\n\n\
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
    page
}

const MAPPING: &str = "# Mappings: the meaning of a table's columns

Made from the table of keys (`src/ingest/table/keys.rs`); a test compares this page with the reader.

A `[[source]]` names the mapping of its tables: `mapping = \"payments.toml\"`. It is a path relative to the configuration,
or a name from `araneus list mappings`. `araneus check --mapping FILE INPUT` shows the first rows as records. It also lists
the columns that are not read and the rows that would be rejected.

- **A row is one object.** Its cells are archived as delivered, and each run interprets them by the current mapping. So a
  changed mapping is a `configuration-change`, also for old rows, and never news. Some properties are fixed when a row is
  read: its key, `version`, `recorded_at`, `marking`, and whether it is rejected. They change only with a new delivery of the row.
- **A template** is a constant (`\"bank-account\"`), a column (`\"{Amount}\"`), several of them (`\"{first} {last}\"`), or
  `\"{C2|C2 Server}\"`: the first filled one of these columns. It has no value if one of its columns is empty.
- **Nothing is guessed.** A time is read in the forms that the mapping names, which also give the order of day and month.
  The encoding is that of the byte-order mark or of the mapping, else UTF-8. A row with other bytes is rejected.
- **Network values** are restored from `hxxp://evil[.]example`. The kind of an `observable` follows from its form: address (also
  with a port or as a network), domain, URL, bare path, mailbox, digest, file name, registry key.
- **Rejects** name the line and never the value. A row is rejected if it lacks a required value (`missing-value`), or has a
  time or number in another form (`bad-time`, `wrong-type`). Other reasons are a value without the form of its kind
  (`unknown-form`), more cells than columns (`row-length`), a quote without an end (`csv-syntax`) and another encoding
  (`encoding`). A row shorter than the header has empty cells at its end. A table without a required column, or an empty file
  without a header, is rejected as a whole (`missing-column`).
- **Of several `identifiers`**, one without the form of its kind, such as `n/a` for a digest, is left out. A row without any valid
  identifier is rejected.
- **A sign between thousands** separates groups of three digits, or of two as in India with three at the end: `1,5` is never 15.
- **Keys are case-sensitive**: `aB3` and `Ab3` are different.

## Parquet and Arrow

The same mapping reads CSV, Parquet, and Arrow IPC as a file (also called Feather) or a stream. The content shows the format.
A value has the same text as in CSV. A number has the fewest digits that give the same number again, with the mapping's
`decimal`. A time is RFC 3339 in UTC; a time without a zone has no offset and needs `year-first` and a `zone`. A day is
`2017-10-02`, a truth value `true` or `false`. Bytes of a fixed length are hexadecimal digits, a UUID with its hyphens.
A dictionary has its values. Null is an empty cell.

- A column within a structure is called `outer.inner`. A mapping that numbers columns does so here, too.
- A list stays a list. Keys that can be split (`value`, `key`, `id`, `aliases`) use its parts, whatever separator the mapping
  names for texts. Other keys use the parts with commas between them.
- Bytes that are not text reject the row if the mapping reads the column (`encoding`); otherwise they are left out.
  In a column of texts they reject the file (`unreadable`). Lists within lists claim nothing.
- Rejects name the row, from 1. A file that is cut off or altered is rejected as a whole (`unreadable`), and so is one that
  would unpack to more than a compressed file may (`size`). Parquet may be packed by Snappy, gzip, LZ4 or Zstandard, Arrow by
  LZ4 or Zstandard. Brotli is rejected (`compression`), because the memory for unpacking it cannot be limited.
";

/// Returns `docs/mapping.md`.
pub fn mapping_markdown() -> String {
    let mut page = String::from(MAPPING);
    let keys = mapping_keys();
    for (title, table) in [
        ("The row", ""),
        ("`[table]`: how the file is read", "table"),
        ("`[time]`: the notation of times", "time"),
        ("`[[entity]]`: an entity of the row", "entity"),
        ("`[[link]]`: a link between entities of the row", "link"),
    ] {
        let _ = write!(page, "\n## {title}\n\n| Key | Value | Default | Effect |\n|---|---|---|---|\n");
        for key in &keys {
            let (own, name) = key.name.split_once('.').unwrap_or(("", key.name));
            if own == table {
                let _ = writeln!(page, "| `{name}` | {} | {} | {} |", key.takes, key.default, key.about);
            }
        }
    }
    page.push_str("\n## Forms of times\n\n| Form | Meaning |\n|---|---|\n");
    for (name, about) in time_forms() {
        let _ = writeln!(page, "| `{name}` | {about} |");
    }
    for (name, text) in MAPPINGS {
        let _ = write!(page, "\n## The built-in mapping `{name}`\n\n```toml\n{text}```\n");
    }
    page
}

const FTM: &str = "# FollowTheMoney: entities, links and identifiers

Made from the tables that the reader uses (`src/ingest/ftm/vocabulary.rs`, `numbers.rs`) and from the built-in schema
(`datasets/ftm/schema.toml`, from the Python package `followthemoney`, MIT); a test compares this page with them.

The content shows the format: entities as JSON lines, in a list or bare, also nested (each nested entity is an object of its
own); statements as JSON lines, and as CSV or pack. CSV is recognised by its header (`entity_id`, `prop`, `value`, `dataset`),
if the source has no `mapping`. No setting is needed: `araneus run donations=entities.ftm.json`.

- **One object** is an entity or a statement. Its key is its `id`; a statement without one has a key from its dataset, entity,
  property, value and language. `version` is `last_change`, else `last_seen`; a statement has only the latter. With
  `recorded_at = \"object\"`, the recorded time of an entity is its `last_change`, else `last_seen`, else `first_seen`. That of
  a statement is its `first_seen`.
- **Rejects.** An object is rejected if its id is missing or not one word (`bad-id`), or its schema is unknown
  (`unknown-schema`). An edge needs both ends (`missing-reference`), a start or end must be a date (`bad-time`), and values must
  be texts (`wrong-type`). An unknown property is kept and claims nothing; so is an amount that is not a number.
- **Identity.** An id belongs to its source, because FollowTheMoney makes ids from the keys of tables. Only ids that
  nomenklatura draws at random (`NK-` and at least twenty characters) are global. `referents` and a statement's `entity_id`
  join what the source joined, and no longer join if the source changes them. Otherwise only some identifiers join: the
  numbers below, wallets (`publicKey`), accounts (`iban`), addresses with one text, and papers of one kind, country and
  number. They link their holders and never join them. Registration, tax and telephone numbers join nothing.
- **Values with their origin** are rows of the table `properties`. Each has its dataset, and the times at which it was first and
  last seen there. A statement also gives the language and the form before cleaning. An entity has one dataset and times
  for all its values. If it names several datasets, `dataset` is null, and the times are those of the entity, because nobody
  can say which value is from which. A value of a link is a row for each pair that it links. An edge without links, and an
  `external` statement, have no rows. `percentage` and similar values are shown and not used. A text of more than 4,096 bytes
  stays in the record only.
- **Names** stay as written. The label is `caption`, else the first of the schema's caption properties. The other names, `alias`,
  `previousName` and `abbreviation` are aliases. A `weakAlias` is not, because many entities share it.
- **Times.** `2021` is the whole year: a start is its first moment, an end its last. A payment or call with a `date` happened
  then; any other edge with a `date` and without an end continues. `first_seen` is when the source created it.
- **Amounts** are `amount` with `currency`, else `amountEur`, `amountUsd`, else `amount` alone. Of several amounts none counts.
- **Statements** are records, each with its own origin and times. Several statements make one edge: they all support its
  link, which exists if both ends do. An `external` statement claims nothing.
- **Kept in the record and not used**: countries and topics, which too many entities share; nationality and citizenship,
  ethnicity, religion, politics (with the `politicalGroup` of an occupancy), gender, looks, birth and death, education,
  profession and `position`. So are a person's own numbers (passport, tax, social security), and anything else that is a
  protected characteristic or more than a name. So are names of parents, who are other people, and `riskSource`. Numbers are shown only of
  organisations, vessels and securities, not of an entity that is only a `LegalEntity`: it may be a person. FollowTheMoney
  has no markings: a value, like its record, has the marking of the source.
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
        "\n## Properties that are links\n\nAny other property that names an entity is a link with its own name as kind, in the layer `other`.\n\n\
         | Property | Kind | Layer |\n|---|---|---|\n",
    );
    for (property, kind, layer) in ftm::property_links() {
        let _ = writeln!(page, "| {property} | {kind} | {layer} |");
    }
    page.push_str(
        "\n## Properties shown value by value\n\nA row applies to the schema and to all schemata that extend it.\n\n| Schema | Properties |\n|---|---|\n",
    );
    for (schema, properties) in ftm::shown() {
        let _ = writeln!(page, "| {schema} | {} |", properties.join(", "));
    }
    page.push_str("\n## Numbers that join\n\nA number joins only with valid check digits.\n\n| Schema | Property | Catalogue |\n|---|---|---|\n");
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
