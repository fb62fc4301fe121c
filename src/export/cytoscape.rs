//! Cytoscape JSON: nodes and edges as Cytoscape.js and Cytoscape read them (`elements`).
//!
//! Every value of the tables is in `data`; lists stay lists. Not expressed: nothing of the network; flags are ids at nodes.

use std::io::Write as _;

use serde_json::{Map, Value, json};

use super::{Export, ExportError, ONE_FILE, Selection, Staging, Target, agreements, json_rows};

pub(super) const EXPORT: Export = Export {
    name: "cytoscape",
    about: "Cytoscape JSON: nodes and edges with all values, for Cytoscape and Cytoscape.js.",
    target: Target::File,
    write,
};

fn write(selection: &Selection, staging: &mut Staging) -> Result<(), ExportError> {
    super::add_flag_losses(selection, staging);
    staging.write(ONE_FILE, |writer| {
        let name = format!("{} {}", selection.audience, selection.run);
        write!(
            writer,
            "{{\"data\": {}, \"directed\": true, \"multigraph\": true, \"elements\": {{\"nodes\": [",
            json!({ "name": name, "obligations": agreements::as_json(&selection.obligations) })
        )?;
        let nodes = selection.entities.iter().map(|entity| {
            let more = [("id", json!(entity.id)), ("name", json!(entity.label))];
            element(json_rows::entity(entity), more)
        });
        put(writer, nodes)?;
        writer.write_all(b"], \"edges\": [")?;
        let edges = selection.links.iter().map(|link| {
            let more = [
                ("id", json!(link.id)),
                ("source", json!(link.from)),
                ("target", json!(link.to)),
                ("interaction", json!(link.kind)),
            ];
            element(json_rows::link(link), more)
        });
        put(writer, edges)?;
        writer.write_all(b"]}}\n")
    })
}

fn element<const N: usize>(mut data: Map<String, Value>, more: [(&str, Value); N]) -> Value {
    data.extend(more.map(|(name, value)| (name.to_owned(), value)));
    json!({ "data": data })
}

fn put(writer: &mut impl std::io::Write, elements: impl Iterator<Item = Value>) -> std::io::Result<()> {
    for (at, element) in elements.enumerate() {
        writer.write_all(if at == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *writer, &element)?;
    }
    Ok(())
}
