//! JSON lines: one object for each flag, entity and link, with the names of the published tables. Objects with the
//! obligations of agreements come first.
//!
//! Every exported value is expressed.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::{Export, ExportError, ONE_FILE, Selection, Staging, Target, json_rows};

pub(super) const EXPORT: Export = Export {
    name: "jsonl",
    about: "JSON lines: one object for each flag, entity and link, with all values.",
    target: Target::File,
    write,
};

fn write(selection: &Selection, staging: &mut Staging) -> Result<(), ExportError> {
    staging.write(ONE_FILE, |writer| {
        for obligations in &selection.obligations {
            if let Value::Object(row) = obligations.to_json() {
                put(writer, "obligations", row)?;
            }
        }
        for flag in &selection.flags {
            put(writer, "flag", json_rows::flag(flag, selection))?;
        }
        for entity in &selection.entities {
            put(writer, "entity", json_rows::entity(entity))?;
        }
        selection.links.iter().try_for_each(|link| put(writer, "link", json_rows::link(link)))
    })
}

/// Writes a line; the member `object` names what it describes.
fn put(writer: &mut impl Write, object: &str, mut row: Map<String, Value>) -> io::Result<()> {
    row.insert("object".to_owned(), object.into());
    serde_json::to_writer(&mut *writer, &row)?;
    writer.write_all(b"\n")
}
