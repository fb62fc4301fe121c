//! `docs/mapping.md`, made from the keys of the mapping language.

use std::fmt::Write;

use araneus::ingest::table::{MAPPINGS, mapping_keys, time_forms};

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
pub(crate) fn mapping_markdown() -> String {
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
