//! `docs/mapping.md`, made from the keys of the mapping language.

use std::fmt::Write;

use araneus::ingest::table::{MAPPINGS, mapping_keys, time_forms};

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
pub(crate) fn mapping_markdown() -> String {
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
