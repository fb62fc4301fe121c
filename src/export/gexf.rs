//! GEXF 1.3: a dynamic directed graph for Gephi, with the time from first to last seen of each node and edge.
//!
//! Times of the timeline are days, because networkx reads no other form; attributes have the exact times.
//! A row without a valid time is there at all times. A row without an end stays. Lists are
//! one text with `|` between the values. Control characters become U+FFFD.

use std::io;

use super::{
    Export, ExportError, ONE_FILE, Selection, SourceObligations, Staging, Target,
    graph_values::{Attribute, EDGES, NODES, ValueType},
    xml::Document,
};
use crate::time::Moment;

pub(super) const EXPORT: Export = Export {
    name: "gexf",
    about: "GEXF 1.3: a dynamic directed graph for Gephi, with times from first and last seen.",
    target: Target::File,
    write,
};

const SCHEMA: &str = "http://gexf.net/1.3";
/// Length of the day in a time: `2026-03-02`.
const DAY_LENGTH: usize = 10;

fn write(selection: &Selection, staging: &mut Staging) -> Result<(), ExportError> {
    super::add_flag_losses(selection, staging);
    staging.write(ONE_FILE, |writer| {
        let mut document = Document::new(writer)?;
        document.open("gexf", &[("xmlns", SCHEMA), ("version", "1.3")])?;
        let exported = selection.exported_at.to_string();
        document.open("meta", &[("lastmodifieddate", exported.get(..DAY_LENGTH).unwrap_or(&exported))])?;
        document.text("creator", &[], "Araneus")?;
        let mut description = format!("{} {}", selection.audience, selection.run);
        for line in selection.obligations.iter().flat_map(SourceObligations::lines) {
            description.push('\n');
            description.push_str(&line);
        }
        document.text("description", &[], &description)?;
        document.close()?;
        let graph = [
            ("mode", "dynamic"),
            ("defaultedgetype", "directed"),
            ("timeformat", "date"),
            ("timerepresentation", "interval"),
        ];
        document.open("graph", &graph)?;
        attributes(&mut document, "node", &NODES)?;
        attributes(&mut document, "edge", &EDGES)?;
        document.open("nodes", &[])?;
        for entity in &selection.entities {
            let span = (entity.first_seen, entity.last_seen);
            document.open("node", &[("id", entity.id.as_str()), ("label", entity.label.as_str())])?;
            values(&mut document, &NODES, entity)?;
            spells(&mut document, span)?;
            document.close()?;
        }
        document.close()?;
        document.open("edges", &[])?;
        for link in &selection.links {
            let weight = link.weight.to_string();
            let edge = [
                ("id", link.id.as_str()),
                ("source", link.from.as_str()),
                ("target", link.to.as_str()),
                ("label", link.kind.as_str()),
                ("weight", weight.as_str()),
            ];
            document.open("edge", &edge)?;
            values(&mut document, &EDGES, link)?;
            spells(&mut document, (link.first_seen, link.last_seen))?;
            document.close()?;
        }
        document.finish()
    })
}

fn attributes<W: io::Write, Row>(
    document: &mut Document<W>,
    class: &str,
    attributes: &[Attribute<Row>],
) -> io::Result<()> {
    document.open("attributes", &[("class", class), ("mode", "static")])?;
    for attribute in attributes {
        let type_name = match attribute.value_type {
            ValueType::Text => "string",
            ValueType::Whole => "long",
            ValueType::Number => "double",
        };
        document
            .empty("attribute", &[("id", attribute.name), ("title", attribute.name), ("type", type_name)])?;
    }
    document.close()
}

fn values<W: io::Write, Row>(
    document: &mut Document<W>,
    attributes: &[Attribute<Row>],
    row: &Row,
) -> io::Result<()> {
    document.open("attvalues", &[])?;
    for attribute in attributes {
        if let Some(value) = (attribute.value)(row) {
            document.empty("attvalue", &[("for", attribute.name), ("value", &value)])?;
        }
    }
    document.close()
}

/// Writes the valid time of a row. An end before the start is left out.
fn spells<W: io::Write>(
    document: &mut Document<W>,
    (start, end): (Option<Moment>, Option<Moment>),
) -> io::Result<()> {
    let (start, end) = match (start, end) {
        (None, None) => return Ok(()),
        (Some(start), Some(end)) if end < start => (Some(start), None),
        (start, end) => (start, end),
    };
    let [start, end] = [start, end]
        .map(|time| time.map(|time| time.to_string().chars().take(DAY_LENGTH).collect::<String>()));
    let named = [("start", start.as_deref()), ("end", end.as_deref())];
    let spell: Vec<(&str, &str)> = named.into_iter().filter_map(|(name, time)| Some((name, time?))).collect();
    document.open("spells", &[])?;
    document.empty("spell", &spell)?;
    document.close()
}
