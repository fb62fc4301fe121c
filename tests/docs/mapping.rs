//! `docs/mapping.md`, made from the keys of the mapping language.

use std::fmt::Write;

use araneus::ingest::table::{MAPPINGS, mapping_keys, time_forms};

const MAPPING: &str = "# Mappings: meaning of a table's columns

This page derives from the table of the mapping language (`src/ingest/table/keys.rs`); a test compares both.

A `[[source]]` names the mapping of its tables: `mapping = \"payments.toml\"`, a path relative to the configuration,
or a name from `araneus list mappings`. `araneus check --mapping FILE INPUT` shows the first rows as records, the
columns that the mapping does not read, and the rows that it would reject.

- **A row is one object.** The archive keeps the cells as delivered. Each run interprets them by its current mapping, so a new
  mapping gives a `configuration-change`, also for old rows, and never news. Some values are fixed when a row is read: its key,
  `version`, `recorded_at`, `marking`, and whether it is rejected. They stay as they are until the row is delivered again.
- **A template** is a constant (`\"bank-account\"`), a column (`\"{Amount}\"`), several of both (`\"{first} {last}\"`), or
  `\"{C2|C2 Server}\"`: the first of these columns that is not empty. A template with an empty column has no value.
- **No guesses.** A time is read only in the forms that the mapping names, and the mapping states whether day or month comes
  first. The encoding is that of the byte-order mark or of the mapping, else UTF-8; a row in another encoding is rejected.
- **Network values** are read in their defanged form, too, such as `hxxp://evil[.]example`. The type `observable` detects the
  form: address (also with port or as a network), domain, URL, bare path, mailbox, digest, file name, registry key.
- **Rejected rows** are listed with their line and never with their value. Reasons are: no value where an entity needs one
  (`missing-value`); a time or number in no form of the mapping (`bad-time`, `wrong-type`); a value that is not of its kind
  (`unknown-form`); more cells than columns (`row-length`); a quote without an end (`csv-syntax`); another encoding (`encoding`).
  A row that is shorter than the header counts as a row with empty cells at its end.
- **Rejected tables.** A table is rejected as a whole if it lacks a column that the mapping needs (`missing-column`), or if it is
  an empty file without the expected header.
- **Several `identifiers`.** An identifier that is not of its kind, such as `n/a` for a digest, is left out. A row without any
  valid identifier is rejected.
- **A thousands separator** separates groups of three digits, in Indian numbers also groups of two before the last group of
  three: `1,5` is never 15.
- **Keys are case-sensitive**: `aB3` and `Ab3` are two keys.

## Parquet and Arrow

The same mapping reads CSV, Parquet, and Arrow IPC as a file (also called Feather) or a stream. Araneus detects the format by content.
A value has the form that it has in CSV. A number has the fewest digits that read back as the same number, with the mapping's `decimal`.
A time is RFC 3339 in UTC; a time without a zone has no offset, and `year-first` with a `zone` reads it. A date is `2017-10-02`, a truth
value `true` or `false`. Bytes of fixed length become hexadecimal digits, a UUID with its hyphens. A dictionary column has its values.
Null is an empty cell.

- A column within a structure has the name `outer.inner`. A mapping that counts columns counts these columns, too.
- A list stays a list: a key with several values (`value`, `key`, `id`, `aliases`) takes its items, and ignores the separator of
  the mapping. For other keys the items are joined by commas.
- A cell with bytes that are not text rejects the row (`encoding`) if the mapping reads the column; otherwise the cell is left
  out. In a column of type text such bytes reject the file (`unreadable`). A list within a list has no value.
- Rejects name the row, from 1. A truncated or altered file is rejected as a whole (`unreadable`), and so is a file above the size
  limit for unpacked data (`size`). Parquet may use Snappy, gzip, LZ4 or Zstandard, Arrow LZ4 or Zstandard. Brotli is rejected
  (`compression`), because its memory cannot be limited.
";

/// Returns `docs/mapping.md`.
pub(crate) fn mapping_markdown() -> String {
    let mut page = String::from(MAPPING);
    let keys = mapping_keys();
    for (title, table) in [
        ("The row", ""),
        ("`[table]`: format of the file", "table"),
        ("`[time]`: forms of times", "time"),
        ("`[[entity]]`: entities of a row", "entity"),
        ("`[[link]]`: links of a row", "link"),
    ] {
        let _ = write!(page, "\n## {title}\n\n| Key | Type | Default | Effect |\n|---|---|---|---|\n");
        for key in &keys {
            let (key_table, name) = key.name.split_once('.').unwrap_or(("", key.name));
            if key_table == table {
                let _ = writeln!(page, "| `{name}` | {} | {} | {} |", key.takes, key.default, key.about);
            }
        }
    }
    page.push_str("\n## Forms of times\n\n| Form | Meaning |\n|---|---|\n");
    for (name, about) in time_forms() {
        let _ = writeln!(page, "| `{name}` | {about} |");
    }
    for (name, text) in MAPPINGS {
        let _ = write!(page, "\n## `{name}`, shipped with the program\n\n```toml\n{text}```\n");
    }
    page
}
