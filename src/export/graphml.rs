//! GraphML: a directed graph with typed attributes, for networkx, igraph, Gephi and yEd.
//!
//! Lists are one text with `|` between the values, and times are texts. Control characters become U+FFFD.

use std::io;

use super::{
    Export, ExportError, ONE_FILE, Selection, Staging, Target, agreements,
    graph_values::{Attribute, EDGES, NODES, ValueType},
    xml::Document,
};

pub(super) const EXPORT: Export = Export {
    name: "graphml",
    about: "GraphML: a directed graph with typed attributes, for networkx, igraph, Gephi and yEd.",
    target: Target::File,
    write,
};

const SCHEMA: &str = "http://graphml.graphdrawing.org/xmlns";

fn write(selection: &Selection, staging: &mut Staging) -> Result<(), ExportError> {
    super::add_flag_losses(selection, staging);
    staging.write(ONE_FILE, |writer| {
        let mut document = Document::new(writer)?;
        document.open("graphml", &[("xmlns", SCHEMA)])?;
        if !selection.obligations.is_empty() {
            document.text("desc", &[], &agreements::as_text(&selection.obligations))?;
        }
        key(&mut document, "node", "label", ValueType::Text)?;
        for attribute in &NODES {
            key(&mut document, "node", attribute.name, attribute.value_type)?;
        }
        key(&mut document, "edge", "weight", ValueType::Number)?;
        for attribute in &EDGES {
            key(&mut document, "edge", attribute.name, attribute.value_type)?;
        }
        document.open("graph", &[("id", selection.run.as_str()), ("edgedefault", "directed")])?;
        for entity in &selection.entities {
            document.open("node", &[("id", entity.id.as_str())])?;
            document.text("data", &[("key", "node_label")], entity.label.as_str())?;
            data(&mut document, "node", &NODES, entity)?;
            document.close()?;
        }
        for link in &selection.links {
            document.open(
                "edge",
                &[("id", link.id.as_str()), ("source", link.from.as_str()), ("target", link.to.as_str())],
            )?;
            document.text("data", &[("key", "edge_weight")], &link.weight.to_string())?;
            data(&mut document, "edge", &EDGES, link)?;
            document.close()?;
        }
        document.finish()
    })
}

fn key<W: io::Write>(
    document: &mut Document<W>,
    of: &str,
    name: &str,
    value_type: ValueType,
) -> io::Result<()> {
    let type_name = match value_type {
        ValueType::Text => "string",
        ValueType::Whole => "long",
        ValueType::Number => "double",
    };
    let id = format!("{of}_{name}");
    document.empty("key", &[("id", id.as_str()), ("for", of), ("attr.name", name), ("attr.type", type_name)])
}

fn data<W: io::Write, Row>(
    document: &mut Document<W>,
    of: &str,
    attributes: &[Attribute<Row>],
    row: &Row,
) -> io::Result<()> {
    for attribute in attributes {
        if let Some(value) = (attribute.value)(row) {
            let key = format!("{of}_{}", attribute.name);
            document.text("data", &[("key", key.as_str())], &value)?;
        }
    }
    Ok(())
}
